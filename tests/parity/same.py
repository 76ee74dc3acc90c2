# SPDX-License-Identifier: BSD-3-Clause
"""Results and files of three libraries in one form, so that they can be compared."""

from __future__ import annotations

from pathlib import Path

import fitsio
import numpy as np
import torch
from astropy.io import fits
from astropy.table import Table

import torchfits

DESCRIBES_DATA = {
    *("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "BSCALE", "BZERO"),
    *("TFIELDS", "TFORM", "TTYPE", "TZERO", "TSCAL", "EXTNAME", "CHECKSUM", "DATASUM"),
}
BOILERPLATE = ("  FITS (Flexible Image Transport", "  and Astrophysics', volume 376")
"""Two comments that CFITSIO puts into every primary header."""


def plain(result: object) -> object:
    """Scalars, lists, native numpy arrays, and lists of (keyword, value, comment)."""
    if isinstance(result, torch.Tensor):
        return result.numpy()
    if isinstance(result, (fits.Header, torchfits.Header, fitsio.FITSHDR)):
        return cards(result)
    if isinstance(result, (torchfits.Table, Table)):
        names = result.names if isinstance(result, torchfits.Table) else result.colnames
        return {name: plain(result[name]) for name in names}
    if isinstance(result, torchfits.Strings):
        return result.to_list()
    if isinstance(result, np.ndarray) and result.dtype.names:
        return {name: plain(np.asarray(result[name])) for name in result.dtype.names}
    if isinstance(result, (np.ndarray, np.generic)):
        return plain_array(np.asarray(result))
    if isinstance(result, dict):
        return {name: plain(value) for name, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [plain(item) for item in result]
    return result


def plain_array(array: np.ndarray) -> object:
    if array.dtype.kind == "S":
        array = np.char.decode(array, "ascii")
    if array.dtype.kind == "U":
        return np.char.rstrip(array).tolist()
    native = array.astype(array.dtype.newbyteorder("="))
    return native if native.ndim else native.item()


def cards(header: object) -> list[tuple[str, object, str]]:
    """(keyword, value, comment) in order; text of COMMENT and HISTORY is the value."""
    if isinstance(header, fitsio.FITSHDR):
        found = [(r["name"], r["value"], r.get("comment") or "") for r in header.records()]
    else:
        found = [tuple(card) for card in header.cards]
    without = ("COMMENT", "HISTORY", "TUNIT1")  # fitsio gives units a comment of its own
    return [(k, v, "" if k in without else c.strip()) for k, v, c in found]


def own_cards(header: fits.Header) -> list[tuple[str, object, str]]:
    """The cards that tell more than where the data are and how they are stored."""
    return [
        card
        for card in cards(header)
        if card[0].rstrip("0123456789") not in DESCRIBES_DATA
        and not str(card[1]).startswith(BOILERPLATE)
    ]


def content(path: Path) -> list[tuple[object, ...]]:
    """A file as astropy sees it: for each HDU its kind, name, own cards, and data."""
    with fits.open(path, memmap=False) as hdus:
        return [
            (type(hdu).__name__, hdu.name, own_cards(hdu.header), plain(hdu.data)) for hdu in hdus
        ]


def assert_same(ours: object, theirs: object, where: str = "result") -> None:
    """Equal types, dtypes and values, at any depth."""
    assert type(ours) is type(theirs), f"{where}: {ours!r} and {theirs!r}"
    if isinstance(ours, dict):
        assert list(ours) == list(theirs), where
        for key in ours:
            assert_same(ours[key], theirs[key], f"{where}[{key!r}]")
    elif isinstance(ours, (list, tuple)):
        assert len(ours) == len(theirs), f"{where}: {ours!r} and {theirs!r}"
        for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(a, b, f"{where}[{index}]")
    elif isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype, f"{where}: {ours.dtype} and {theirs.dtype}"
        assert np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f"), where
    else:
        assert ours == theirs, f"{where}: {ours!r} and {theirs!r}"
