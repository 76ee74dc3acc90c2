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

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TRIES = 3
LARGE = 2**27  # bytes


def versions() -> dict[str, str]:
    return {"pypi": torchfits.__version__, "numpy": np.__version__}


def set_threads(count: int) -> None:
    """Nothing of its own to set: it follows torch."""


def text(column: Any) -> np.ndarray:
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
    path: str, columns: list[str] | None = None, rows: Sequence[int] | None = None
) -> dict[str, Any]:
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


def _cells(name: str, column: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """One tensor of all elements and one of where each cell starts."""
    offsets = torch.zeros(len(column) + 1, dtype=torch.int64)
    torch.cumsum(torch.tensor([len(cell) for cell in column]), 0, out=offsets[1:])
    return {f"{name}.values": torch.cat(column), f"{name}.offsets": offsets}


def header_value(path: str, key: str) -> Any:
    return _value_reader(path, key)()


def header_values(path: str) -> dict[str, Any]:
    return dict(torchfits.read_header(path).items())


def count_hdus(path: str) -> int:
    return torchfits.read_num_hdus(path)


def read_hdus(path: str, count: int) -> list[torch.Tensor]:
    return torchfits.read_hdus(path, list(range(count)))


def read_files(paths: list[str]) -> list[torch.Tensor]:
    return [read_image(path) for path in paths]


def read_batch(paths: list[str]) -> torch.Tensor:
    return torch.stack(torchfits.read_batch(paths))


def write_image(path: str, target: str, compress: str | None = None) -> None:
    torchfits.write(target, _in_memory(path), overwrite=True, compress=compress or False)


@cache
def _in_memory(path: str) -> torch.Tensor:
    return read_image(path)
