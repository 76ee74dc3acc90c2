# SPDX-License-Identifier: BSD-3-Clause
"""PNG files of gray images (ISO/IEC 15948)."""

from __future__ import annotations

import struct
import zlib
from typing import Any

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST = 2**31 - 1


def png_bytes(levels: Any) -> bytes:
    """Give the PNG of bytes ``[lines, pixels]``, the first line on top."""
    import numpy as np

    height, width = levels.shape
    if not (0 < height <= _MOST and 0 < width <= _MOST):
        raise ValueError(f"an image of {width} x {height} pixels is no PNG")
    no_filter = np.zeros((height, 1), np.uint8)
    lines = np.concatenate([no_filter, levels], axis=1).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits, gray
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", head),
            _chunk(b"IDAT", zlib.compress(lines, 6)),
            _chunk(b"IEND"),
        ]
    )


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
