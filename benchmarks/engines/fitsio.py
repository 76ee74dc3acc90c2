# SPDX-License-Identifier: BSD-3-Clause
"""fitsio: images come native from CFITSIO; table columns come big-endian and are swapped here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import fitsio
import numpy as np
import torch

from engines.loading import epoch, square

if TYPE_CHECKING:
    from collections.abc import Sequence


def versions() -> dict[str, str]:
    return {"fitsio": fitsio.__version__, "cfitsio": str(fitsio.cfitsio_version())}


def set_threads(count: int) -> None:
    """Nothing to set: fitsio reads on one thread."""


def text(column: Any) -> np.ndarray:
    return np.char.encode(column, "latin-1") if column.dtype.kind == "U" else np.asarray(column)


def _tensor(array: np.ndarray) -> torch.Tensor:
    native = array.dtype.newbyteorder("=")
    return torch.from_numpy(np.ascontiguousarray(array, dtype=native))


def read_image(path: str, hdu: int = 0) -> torch.Tensor:
    return _tensor(fitsio.read(path, ext=hdu))


def cutouts(
    path: str, boxes: Sequence[tuple[int, int, int, int]], hdu: int = 0
) -> list[torch.Tensor]:
    """Several boxes come from a file that stays open, as in training; one pays for opening it."""
    hdus = fitsio.FITS(path) if len(boxes) == 1 else _opened(path)
    image = hdus[hdu]
    cut = [_tensor(image[y0:y1, x0:x1]) for y0, y1, x0, x1 in boxes]
    if len(boxes) == 1:
        hdus.close()
    return cut


@cache
def _opened(path: str) -> fitsio.FITS:
    return fitsio.FITS(path)


def section(path: str, bounds: Sequence[tuple[int, int]], hdu: int = 0) -> torch.Tensor:
    with fitsio.FITS(path) as hdus:
        return _tensor(hdus[hdu][tuple(slice(*pair) for pair in bounds)])


def read_table(
    path: str,
    columns: list[str] | None = None,
    rows: Sequence[int] | None = None,
    where: str | None = None,
) -> dict[str, Any]:
    # Cells of variable length come as objects, without padding.
    with fitsio.FITS(path, vstorage="object") as hdus:
        table = hdus[1]
        if rows is not None:
            return _columns(table[slice(*rows)])
        passing = None if where is None else table.where(where)
        return _columns(table.read(columns=columns, rows=passing))


def scan_table(path: str, column: str, batch_rows: int = 65536) -> torch.Tensor:
    """Ranges of rows; the largest value of one column in each."""
    with fitsio.FITS(path) as hdus:
        table = hdus[1]
        starts = range(0, table.get_nrows(), batch_rows)
        batches = (_columns(table[start : start + batch_rows]) for start in starts)
        return torch.stack([batch[column].max() for batch in batches])


def _columns(records: np.ndarray) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in records.dtype.names:
        if records.dtype[name].hasobject:
            result |= _cells(name, records[name])
            continue
        is_text = records.dtype[name].kind in "SU"
        result[name] = (np.ascontiguousarray if is_text else _tensor)(records[name])
    return result


def _cells(name: str, column: Any) -> dict[str, torch.Tensor]:
    """One tensor of all elements (fitsio widens them to 64 bits) and one of where cells start."""
    offsets = torch.zeros(len(column) + 1, dtype=torch.int64)
    torch.cumsum(torch.tensor([len(cell) for cell in column]), 0, out=offsets[1:])
    return {f"{name}.values": _tensor(np.concatenate(column)).int(), f"{name}.offsets": offsets}


def header_value(path: str, key: str) -> Any:
    return fitsio.read_header(path)[key]


def header_values(path: str) -> dict[str, Any]:
    header = fitsio.read_header(path)
    return {key: header[key] for key in header}


def header_of_files(paths: list[str], keys: list[str]) -> list[list[Any]]:
    headers = (fitsio.read_header(path) for path in paths)
    return [[header[key] for key in keys] for header in headers]


def count_hdus(path: str) -> int:
    with fitsio.FITS(path) as hdus:
        return len(hdus)


def read_hdus(path: str, count: int) -> list[torch.Tensor]:
    with fitsio.FITS(path) as hdus:
        return [_tensor(hdus[i].read()) for i in range(count)]


def read_files(paths: list[str]) -> list[torch.Tensor]:
    return [read_image(path) for path in paths]


def read_batch(paths: list[str]) -> torch.Tensor:
    return torch.stack([read_image(path) for path in paths])


def read_epoch(paths: list[str], workers: int = 0) -> torch.Tensor:
    return epoch(read_batch, paths, workers)


def write_image(
    path: str, target: str, compress: str | None = None, checksum: bool = False
) -> None:
    pixels = _in_memory(path).numpy()
    if not checksum:
        fitsio.write(target, pixels, clobber=True, compress=compress)
        return
    with fitsio.FITS(target, "rw", clobber=True) as hdus:
        hdus.write(pixels, compress=compress)
        hdus[0].write_checksum()


@cache
def _in_memory(path: str) -> torch.Tensor:
    return read_image(path)


def write_table(path: str, target: str) -> None:
    fitsio.write(target, _columns_in_memory(path), clobber=True)


@cache
def _columns_in_memory(path: str) -> dict[str, np.ndarray]:
    """Native columns with text as bytes: from a dict fitsio writes faster than from records."""
    rows = fitsio.read(path, ext=1)
    kinds = {name: rows.dtype[name].str.replace("U", "S")[1:] for name in rows.dtype.names}
    return {name: np.ascontiguousarray(rows[name], dtype=kind) for name, kind in kinds.items()}


def append_image(path: str, side: int) -> None:
    with fitsio.FITS(path, "rw") as hdus:
        hdus.write(square(side).numpy())


def set_key(paths: list[str], key: str, value: int) -> None:
    for path in paths:
        with fitsio.FITS(path, "rw") as hdus:
            hdus[0].write_key(key, value)


def verify_sums(path: str) -> bool:
    with fitsio.FITS(path) as hdus:
        for hdu in hdus:
            hdu.verify_checksum()  # raises where it differs
    return True
