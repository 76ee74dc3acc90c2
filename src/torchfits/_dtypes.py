# SPDX-License-Identifier: BSD-3-Clause
"""Dtypes by the names that torch, numpy and the core share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

IMAGE_STORES = {"float16": "float32", "bfloat16": "float32", "bool": "uint8"}
"""What an image becomes whose dtype FITS has not."""


def dtype_name(dtype: torch.dtype | None) -> str:
    """Without ``torch.``."""
    return str(dtype).removeprefix("torch.")
