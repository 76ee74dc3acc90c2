# SPDX-License-Identifier: BSD-3-Clause
"""All idioms, in the order of the page."""

from __future__ import annotations

from . import headers, reading, tables, updating, writing
from .idiom import registered

MODULES = (headers, reading, tables, updating, writing)
"""Importing them registers their idioms."""

ALL = registered()
