# SPDX-License-Identifier: BSD-3-Clause
"""One file as torchfits, astropy and fitsio read it, in one form."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import fitsio
import numpy as np
from astropy.io import fits

import torchfits

Keywords = dict[str, list[object]]
"""The values of each keyword, in order; text of COMMENT, HISTORY and blank cards too."""
Data = np.ndarray | dict[str, object] | None
"""An image, columns by position and name, or nothing. Text is a list of str, a cell an array."""


@dataclass
class Reading:
    """What one reader makes of one HDU; an error takes the place of what it cannot read."""

    kind: str = ""
    keywords: Keywords = field(default_factory=dict)
    stored_keywords: Keywords = field(default_factory=dict)
    """Of the binary table in which a compressed image is stored."""
    data: Data = None
    error: str = ""
    problems: list[str] = field(default_factory=list)
    """Cards that break the Standard, as torchfits tells them."""
    columns: dict[str, torchfits.Column] = field(default_factory=dict)
    """By the names in `data`; of torchfits only."""


Readings = list[Reading] | str
"""The HDUs, or the error of a file that cannot be opened."""
CRASH = "crash of the process"


def torchfits_reads(path: Path) -> Readings:
    try:
        with torchfits.open(path) as f:
            return [_guarded(_of_torchfits, hdu) for hdu in f]
    except torchfits.FITSError as error:
        return _said(error)


def _of_torchfits(hdu: torchfits.HDU, reading: Reading) -> None:
    reading.kind = hdu.kind
    reading.keywords = _keywords((card.keyword, card.value) for card in hdu.header.cards)
    reading.problems = list(map(str, hdu.header.problems))
    if hdu.kind == "unknown" or not hdu.shape:
        return
    if hdu.kind == "compressed_image":
        stored = hdu.read(raw=True, rows=slice(0, 0), header=True)[1]
        reading.stored_keywords = _keywords((card.keyword, card.value) for card in stored.cards)
    data = hdu.read()
    if not isinstance(data, torchfits.Table):
        reading.data = data.numpy()
        return
    labels = [f"{i} {name}" for i, name in enumerate(data.names)]
    reading.data = {
        label: _column(data[name]) for label, name in zip(labels, data.names, strict=True)
    }
    if hdu.kind != "random_groups":
        reading.columns = dict(zip(labels, hdu.columns, strict=True))


def _column(values: object) -> object:
    if isinstance(values, torchfits.Strings):
        return values.to_list()
    if isinstance(values, torchfits.Ragged):
        return [values[row].numpy() for row in range(len(values))]
    return values.numpy()  # type: ignore[attr-defined]


def astropy_reads(path: Path) -> Readings:
    try:
        with fits.open(path, memmap=False) as hdus:
            return [_guarded(_of_astropy, hdu) for hdu in hdus]
    except Exception as error:  # noqa: BLE001  whatever a reader says of a file is its answer
        return _said(error)


_ASTROPY_KINDS = {
    fits.CompImageHDU: "compressed_image",
    fits.GroupsHDU: "random_groups",
    fits.PrimaryHDU: "image",
    fits.ImageHDU: "image",
    fits.BinTableHDU: "table",
    fits.TableHDU: "ascii_table",
}


def _of_astropy(hdu: fits.hdu.base._BaseHDU, reading: Reading) -> None:
    kinds = (kind for cls, kind in _ASTROPY_KINDS.items() if isinstance(hdu, cls))
    reading.kind = next(kinds, "unknown")
    reading.keywords = _keywords((card.keyword, card.value) for card in hdu.header.cards)
    if reading.kind == "unknown":
        return
    data = hdu.data
    if data is None or data.dtype.names is None:
        reading.data = None if data is None else _native(data)
        return
    reading.data = {f"{i} {name}": _cells(data.field(i)) for i, name in enumerate(data.dtype.names)}


def fitsio_reads(path: Path) -> Readings:
    try:
        with fitsio.FITS(str(path)) as f:
            return [_guarded(_of_fitsio, hdu) for hdu in f]
    except (OSError, ValueError) as error:
        return _said(error)


_FITSIO_KINDS = {0: "image", 1: "ascii_table", 2: "table"}


def _of_fitsio(hdu: fitsio.hdu.base.HDUBase, reading: Reading) -> None:
    compressed = getattr(hdu, "is_compressed", lambda: False)()
    reading.kind = "compressed_image" if compressed else _FITSIO_KINDS[hdu.get_info()["hdutype"]]
    records = hdu.read_header().records()
    reading.keywords = _keywords((record["name"], record["value"]) for record in records)
    if compressed:
        reading.stored_keywords = reading.keywords
    if reading.kind in ("image", "compressed_image"):
        reading.data = None if not hdu.get_info()["ndims"] else _native(hdu.read())
        return
    data = hdu.read(vstorage="object")
    reading.data = {f"{i} {name}": _cells(data[name]) for i, name in enumerate(data.dtype.names)}


def _guarded(read: Callable[..., None], hdu: object) -> Reading:
    reading = Reading()
    try:
        read(hdu, reading)
    except Exception as error:  # noqa: BLE001  whatever a reader says of a file is its answer
        reading.error = _said(error)
    return reading


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _keywords(cards: object) -> Keywords:
    found: Keywords = {}
    for keyword, value in cards:  # type: ignore[attr-defined]
        plain = None if isinstance(value, fits.card.Undefined) else value
        plain = plain.item() if isinstance(plain, np.generic) else plain
        plain = plain.rstrip() if isinstance(plain, str) else plain
        found.setdefault((keyword or "").upper(), []).append(plain)
    return found


def _native(array: np.ndarray) -> np.ndarray:
    return np.asarray(array).astype(array.dtype.newbyteorder("="), copy=False)


def _cells(column: object) -> object:
    """A column as an array, a list of str, or a list of arrays."""
    array = np.asarray(column)
    if array.dtype == object:
        return [_cell(cell) for cell in column]  # type: ignore[attr-defined]
    if array.dtype.kind == "S":
        array = np.char.decode(array, "latin-1")
    if array.dtype.kind == "U":
        return np.char.rstrip(array).tolist()
    return _native(array)


def _cell(cell: object) -> object:
    """Of a column of variable length; astropy gives text as an array of characters."""
    if isinstance(cell, str):
        return cell
    array = np.asarray(cell)
    return "".join(array.tolist()).rstrip() if array.dtype.kind == "U" else _native(array)


READERS: dict[str, Callable[[Path], Readings]] = {
    "torchfits": torchfits_reads,
    "astropy": astropy_reads,
    "fitsio": fitsio_reads,
}


def quietly_read(reader: str, path: Path) -> Readings:
    """What a reader gives; what it warns of is not looked at."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return READERS[reader](path)


class Processes:
    """Each reader in a process of its own: what crashes one of them is its answer, too."""

    def __init__(self) -> None:
        self._pools: dict[str, ProcessPoolExecutor] = {}

    def read(self, path: Path) -> dict[str, Readings]:
        """By reader; they work side by side."""
        coming = {name: self._pool(name).submit(quietly_read, name, path) for name in READERS}
        return {name: self._result(name, future) for name, future in coming.items()}

    def _pool(self, reader: str) -> ProcessPoolExecutor:
        if reader not in self._pools:
            spawn = multiprocessing.get_context("spawn")
            self._pools[reader] = ProcessPoolExecutor(1, mp_context=spawn)
        return self._pools[reader]

    def _result(self, reader: str, future: Future[Readings]) -> Readings:
        try:
            return future.result(timeout=300)
        except BrokenProcessPool:
            self._pools.pop(reader).shutdown()
            return CRASH

    def close(self) -> None:
        """End the processes."""
        for pool in self._pools.values():
            pool.shutdown()
