# SPDX-License-Identifier: BSD-3-Clause
"""A file to be changed, and what astropy says of it afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from fits_bytes import card, field, image, table

PIXELS = np.arange(12, dtype="i2").reshape(3, 4)
NEW = torch.arange(6, dtype=torch.float32).reshape(2, 3)


def content(count: int = 3) -> bytes:
    """A primary image, image extensions E1, E2, ..., and a table CAT."""
    hdus = [image(PIXELS, [card("OBJECT", "M 13", "target"), card("EXPTIME", 30.5)])]
    hdus += [image(PIXELS + i, extension=True, name=f"E{i}") for i in range(1, count)]
    hdus.append(table([("X", "D", field([0.5, 1.5], "f8"))], [card("EXTNAME", "CAT")]))
    return b"".join(hdus)


def structure(path: Path, hdu: str) -> dict[str, object]:
    """The cards by which the tiles of a compressed image are found."""
    with fits.open(path, disable_image_compression=True) as f:
        header = f[hdu].header
        return {key: header[key] for key in header if key.startswith(("Z", "T", "NAXIS", "PC"))}


def names(path: Path) -> list[str]:
    with fits.open(path) as f:
        return [hdu.name for hdu in f]
