# SPDX-License-Identifier: BSD-3-Clause
"""torchfits as this repository builds it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import torchfits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch


def versions() -> dict[str, str]:
    return {"torchfits": torchfits.__version__}


def set_threads(count: int) -> None:
    torchfits.set_num_threads(count)


def text(column: torchfits.Strings) -> np.ndarray:
    rows, width = column.bytes.shape
    return column.bytes.numpy().view(f"S{width}").reshape(rows)


def read_image(path: str, hdu: int = 0) -> torch.Tensor:
    return torchfits.read(path, hdu)


def cutouts(
    path: str, boxes: Sequence[tuple[int, int, int, int]], hdu: int = 0
) -> list[torch.Tensor]:
    """Several boxes come from a file that stays open, as in training; one pays for opening it."""
    if len(boxes) == 1:
        y0, y1, x0, x1 = boxes[0]
        return [torchfits.cutout(path, (slice(y0, y1), slice(x0, x1)), hdu)]
    image = _opened(path)[hdu]
    return [image[y0:y1, x0:x1] for y0, y1, x0, x1 in boxes]


@cache
def _opened(path: str) -> torchfits.FITS:
    return torchfits.open(path)


def read_table(
    path: str, columns: list[str] | None = None, rows: Sequence[int] | None = None
) -> dict[str, Any]:
    selected = None if rows is None else slice(rows[0], rows[1])
    table = torchfits.read(path, 1, columns=columns, rows=selected)
    result: dict[str, Any] = {}
    for name in table.names:
        column = table[name]
        if isinstance(column, torchfits.Ragged):
            result |= {f"{name}.values": column.values, f"{name}.offsets": column.offsets}
        else:
            result[name] = column
    return result


def header_value(path: str, key: str) -> Any:
    return torchfits.read_header(path)[key]


def header_values(path: str) -> dict[str, Any]:
    return dict(torchfits.read_header(path).items())


def count_hdus(path: str) -> int:
    with torchfits.open(path) as hdus:
        return len(hdus)


def read_hdus(path: str, count: int) -> list[torch.Tensor]:
    with torchfits.open(path) as hdus:
        return [hdus[i].read() for i in range(count)]


def read_files(paths: list[str]) -> list[torch.Tensor]:
    return [torchfits.read(path) for path in paths]


def read_batch(paths: list[str]) -> torch.Tensor:
    return torchfits.read_many(paths)


def write_image(path: str, target: str, compress: str | None = None) -> None:
    torchfits.write(target, _in_memory(path), overwrite=True, compress=compress)


@cache
def _in_memory(path: str) -> torch.Tensor:
    return read_image(path)
