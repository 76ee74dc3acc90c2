# SPDX-License-Identifier: BSD-3-Clause
"""Files whose data are edited, and their columns as astropy reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

import torchfits

ROWS = 40


def cells(count: int) -> np.ndarray[Any, Any]:
    """Cells of variable length, of 0 to 3 elements."""
    made = np.empty(count, dtype=object)
    for i in range(count):
        made[i] = np.arange(i % 4, dtype="f4") + i
    return made


def table_hdu(count: int = ROWS, *, heap: bool = True) -> fits.BinTableHDU:
    """A table of astropy's: numbers, text, truth values, bits, vectors, cells of any length."""
    i = np.arange(count)
    columns = [
        fits.Column("X", "D", unit="m", array=i * 1.5),
        fits.Column("NAME", "8A", array=np.array([f"star {k}" for k in i])),
        fits.Column("I", "J", null=-99, array=i),
        fits.Column("V", "6E", dim="(3,2)", array=np.arange(6.0 * count).reshape(count, 2, 3)),
        fits.Column("OK", "L", array=i % 3 == 0),
        fits.Column("U", "I", bzero=32768, array=i.astype("u2") + 40000),
        fits.Column("BITS", "11X", array=(np.arange(11 * count) % 3 == 0).reshape(count, 11)),
        fits.Column("C", "C", array=(i + 1j * i).astype("c8")),
    ]
    if heap:
        columns.append(fits.Column("CELLS", "PE()", array=cells(count)))
    hdu = fits.BinTableHDU.from_columns(columns, name="CAT")
    hdu.header["OBSERVER"] = "Hubble", "who"
    hdu.header["TLMIN3"] = 0, "least"
    hdu.header["COMMENT"] = "kept"
    return hdu


def make_file(path: Path, *, last: bool = False, checksum: bool = True, heap: bool = True) -> None:
    """A primary image, the table CAT, and (unless it is the last) an image behind it."""
    hdus = [fits.PrimaryHDU(np.arange(50, dtype="i2")), table_hdu(heap=heap)]
    if not last:
        hdus.append(fits.ImageHDU(np.arange(12, dtype="f4").reshape(3, 4), name="IMG"))
    fits.HDUList(hdus).writeto(path, checksum=checksum)


def check_refused(
    path: Path, work: Callable[[torchfits.HDU], object], error: type[Exception], message: str
) -> None:
    """The table CAT cannot be changed so, and the file stays as it is."""
    before = path.read_bytes()
    with torchfits.open(path, "r+") as f, pytest.raises(error, match=message):
        work(f["CAT"])
    assert path.read_bytes() == before


def columns_of(path: Path, hdu: str = "CAT") -> dict[str, Any]:
    """The columns as astropy reads them."""
    with fits.open(path) as f:
        data = f[hdu].data
        return {name: np.array(data[name], copy=True) for name in data.columns.names}


def same(found: Any, expected: Any) -> None:
    """Equal columns, also of cells of different lengths."""
    assert len(found) == len(expected)
    if getattr(found, "dtype", np.dtype(int)).hasobject:
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)
    else:
        np.testing.assert_array_equal(found, expected)
