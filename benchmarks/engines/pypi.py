# SPDX-License-Identifier: BSD-3-Clause
"""The package that bears the name torchfits on PyPI; it runs in its own virtual environment.

It keeps metadata of a path between calls; that is its normal way of working and stays on, but an
answer from a store of earlier results is not a read. Where its documentation offers two calls for
one job and which is faster depends on the file, both are tried at the first use of a file and the
faster one stays.
"""

from __future__ import annotations

import time
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import torchfits
from engines.loading import epoch, square

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TRIES = 3
LARGE = 2**27  # bytes


def versions() -> dict[str, str]:
    return {"pypi": torchfits.__version__, "numpy": np.__version__}


def set_threads(count: int) -> None:
    """Nothing of its own to set: it follows torch."""


def text(column: Any) -> np.ndarray:
    if hasattr(column, "to_pylist"):
        return np.asarray(column.to_pylist(), dtype=np.bytes_)
    rows, width = column.shape
    return np.ascontiguousarray(column.numpy()).view(f"S{width}").reshape(rows)


def _shortest(call: Callable[[], Any]) -> float:
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def _open_and_read(path: str, **selection: Any) -> dict[str, Any]:
    with torchfits.open_table_reader(path, hdu=1) as reader:
        return reader.read_torch(**selection)


@cache
def _image_reader(path: str, hdu: int) -> Callable[[], torch.Tensor]:
    calls = (torchfits.read_tensor, torchfits.read)
    return min((partial(call, path, hdu=hdu) for call in calls), key=_shortest)


@cache
def _table_reader(path: str, *selection: tuple[str, Any]) -> Callable[[], dict[str, Any]]:
    # Not torchfits.read: it keeps tables that it has read, and a second call copies from memory.
    words = {name: list(value) if name == "columns" else value for name, value in selection}
    direct = partial(torchfits.table.read_torch, path, hdu=1, **words)
    # Its reader object returns wrong values past some hundred thousand rows of a large table.
    if Path(path).stat().st_size > LARGE:
        return direct
    return min([direct, partial(_open_and_read, path, **words)], key=_shortest)


@cache
def _filter_reader(path: str, where: str) -> Callable[[], dict[str, Any]]:
    calls = (_filtered_tensors, _filtered_arrow, _filtered_by_mask)
    return min((partial(call, path, where) for call in calls), key=_shortest)


def _filtered_tensors(path: str, where: str) -> dict[str, Any]:
    return torchfits.table.read_torch(path, hdu=1, where=where)


def _filtered_arrow(path: str, where: str) -> dict[str, Any]:
    table = torchfits.table.read(path, hdu=1, where=where, decode_bytes=False)
    result: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if "binary" in str(column.type):
            result[name] = column
        else:
            result[name] = torch.from_numpy(np.require(column.to_numpy(), requirements="W"))
    return result


def _filtered_by_mask(path: str, where: str) -> dict[str, Any]:
    name, _, limit = where.split()
    table = torchfits.table.read_torch(path, hdu=1)
    passing = table[name] > float(limit)
    return {name: column[passing] for name, column in table.items()}


@cache
def _value_reader(path: str, key: str) -> Callable[[], Any]:
    return min(
        [lambda: torchfits.read_header(path)[key], lambda: torchfits.read_keys(path, [key])[key]],
        key=_shortest,
    )


def read_image(path: str, hdu: int = 0) -> torch.Tensor:
    return _image_reader(path, hdu)()


def cutouts(
    path: str, boxes: Sequence[tuple[int, int, int, int]], hdu: int = 0
) -> list[torch.Tensor]:
    """Several boxes come from a file that stays open, as in training; one pays for opening it."""
    if len(boxes) > 1:
        return [_opened(path, hdu).read_subset(x0, y0, x1, y1) for y0, y1, x0, x1 in boxes]
    with torchfits.open_subset_reader(path, hdu=hdu) as reader:
        return [reader.read_subset(x0, y0, x1, y1) for y0, y1, x0, x1 in boxes]


@cache
def _opened(path: str, hdu: int) -> Any:
    return torchfits.open_subset_reader(path, hdu=hdu)


def read_table(
    path: str,
    columns: list[str] | None = None,
    rows: Sequence[int] | None = None,
    where: str | None = None,
) -> dict[str, Any]:
    if where is not None:
        return _filter_reader(path, where)()
    selection: list[tuple[str, Any]] = []
    if columns is not None:
        selection.append(("columns", tuple(columns)))
    if rows is not None:
        selection += [("start_row", rows[0] + 1), ("num_rows", rows[1] - rows[0])]
    table = _table_reader(path, *selection)()
    result: dict[str, Any] = {}
    for name, column in table.items():
        result |= _cells(name, column) if isinstance(column, list) else {name: column}
    return result


def scan_table(path: str, column: str, batch_rows: int = 65536) -> torch.Tensor:
    batches = torchfits.table.scan_torch(path, hdu=1, batch_size=batch_rows)
    return torch.stack([batch[column].max() for batch in batches])


def _cells(name: str, column: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """One tensor of all elements and one of where each cell starts."""
    offsets = torch.zeros(len(column) + 1, dtype=torch.int64)
    torch.cumsum(torch.tensor([len(cell) for cell in column]), 0, out=offsets[1:])
    return {f"{name}.values": torch.cat(column), f"{name}.offsets": offsets}


def header_value(path: str, key: str) -> Any:
    return _value_reader(path, key)()


def header_values(path: str) -> dict[str, Any]:
    return dict(torchfits.read_header(path).items())


def header_of_files(paths: list[str], keys: list[str]) -> list[list[Any]]:
    found = (torchfits.read_keys(path, keys) for path in paths)
    return [[values[key] for key in keys] for values in found]


def count_hdus(path: str) -> int:
    return torchfits.read_num_hdus(path)


def read_hdus(path: str, count: int) -> list[torch.Tensor]:
    return torchfits.read_hdus(path, list(range(count)))


def read_files(paths: list[str]) -> list[torch.Tensor]:
    return [read_image(path) for path in paths]


def read_batch(paths: list[str]) -> torch.Tensor:
    return torch.stack(torchfits.read_batch(paths))


def read_epoch(paths: list[str], workers: int = 0) -> torch.Tensor:
    return epoch(read_batch, paths, workers)


def write_image(
    path: str, target: str, compress: str | None = None, checksum: bool = False
) -> None:
    pixels = _in_memory(path)
    torchfits.write(target, pixels, overwrite=True, compress=compress or False, checksum=checksum)


@cache
def _in_memory(path: str) -> torch.Tensor:
    return read_image(path)


def write_table(path: str, target: str) -> None:
    torchfits.table.write(target, _table_in_memory(path), overwrite=True)


@cache
def _table_in_memory(path: str) -> dict[str, Any]:
    table = read_table(path)
    return {name: text(c) if c.dtype == torch.uint8 else c for name, c in table.items()}


def append_image(path: str, side: int) -> None:
    torchfits.insert_hdu(path, square(side), index=1)


def verify_sums(path: str) -> bool:
    return bool(torchfits.verify_checksums(path)["ok"])
