# SPDX-License-Identifier: BSD-3-Clause
"""The command line: `torchfits COMMAND ...`, or `python -m torchfits COMMAND ...`."""

from .program import main

__all__ = ["main"]
