# SPDX-License-Identifier: BSD-3-Clause
"""What the libraries of data frames start from: the columns of a file, in memory."""

from __future__ import annotations

import numpy as np
from astropy.io import fits


def plain_tables(path: str) -> list[dict[str, np.ndarray]]:
    """Return the tables of a file as native columns; text as numpy's text."""
    with fits.open(path) as hdus:
        return [
            {name: _native(hdu.data[name]) for name in hdu.data.names}
            for hdu in hdus
            if isinstance(hdu, fits.BinTableHDU)
        ]


def _native(column: np.ndarray) -> np.ndarray:
    return np.array(column).astype(column.dtype.newbyteorder("="), copy=False)
