# SPDX-License-Identifier: BSD-3-Clause
"""torchfits as this repository builds it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import wcs_recipes

import torchfits
from engines.loading import epoch, square

if TYPE_CHECKING:
    from collections.abc import Sequence


def versions() -> dict[str, str]:
    return {"torchfits": torchfits.__version__}


def set_threads(count: int) -> None:
    torchfits.set_num_threads(count)


def counters() -> dict[str, int]:
    """What the library counts: bytes read and decoded, scratch memory."""
    return torchfits.stats()


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


def stamps(
    path: str, positions: Sequence[tuple[float, float]], size: int, hdu: int = 0
) -> torch.Tensor:
    return torchfits.cutouts(path, positions, size, hdu)


@cache
def _opened(path: str) -> torchfits.FITS:
    return torchfits.open(path)


def section(path: str, bounds: Sequence[tuple[int, int]], hdu: int = 0) -> torch.Tensor:
    return torchfits.read(path, hdu, section=tuple(slice(*pair) for pair in bounds))


def read_table(
    path: str,
    columns: list[str] | None = None,
    rows: Sequence[int] | None = None,
    where: str | None = None,
) -> dict[str, Any]:
    selected = None if rows is None else slice(rows[0], rows[1])
    return _columns(torchfits.read(path, 1, columns=columns, rows=selected, where=where))


def scan_table(path: str, column: str, batch_rows: int = 65536) -> torch.Tensor:
    """Batches of all columns; the largest value of one column in each."""
    with torchfits.open(path) as hdus:
        return torch.stack([table[column].max() for table in hdus[1].scan(batch_rows=batch_rows)])


def _columns(table: torchfits.Table) -> dict[str, Any]:
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


def header_of_files(paths: list[str], keys: list[str]) -> list[list[Any]]:
    headers = (torchfits.read_header(path) for path in paths)
    return [[header[key] for key in keys] for header in headers]


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


def read_epoch(paths: list[str], workers: int = 0) -> torch.Tensor:
    return epoch(read_batch, paths, workers)


def write_image(
    path: str, target: str, compress: str | None = None, checksum: bool = False
) -> None:
    torchfits.write(target, _in_memory(path), overwrite=True, compress=compress, checksum=checksum)


@cache
def _in_memory(path: str) -> torch.Tensor:
    return read_image(path)


def write_table(path: str, target: str) -> None:
    torchfits.write(target, _tables(path)[0], overwrite=True)


@cache
def _tables(path: str) -> list[torchfits.Table]:
    """All tables of a file."""
    with torchfits.open(path) as hdus:
        return [hdu.read() for hdu in hdus if hdu.kind == "table"]


def append_image(path: str, side: int) -> None:
    torchfits.append(path, square(side))


def set_key(paths: list[str], key: str, value: int) -> None:
    for path in paths:
        with torchfits.open(path, "r+") as hdus:
            hdus[0].header[key] = value


def verify_sums(path: str) -> bool:
    return bool(torchfits.verify(path).ok)


def filter_table(path: str, where: str) -> dict[str, Any]:
    return _columns(_tables(path)[0].filter(where))


def group_table(path: str, key: str) -> dict[str, Any]:
    groups = _tables(path)[0].group_by(key)
    return _columns(groups.agg(N="count", MEAN=("X", "mean"), MOST=("X", "max")))


def join_tables(path: str, key: str, how: str) -> dict[str, Any]:
    left, right = _sides(path, key)
    return _columns(left.join(right, on=key, how=how))


@cache
def _sides(path: str, key: str) -> tuple[torchfits.Table, torchfits.Table]:
    left, right = _tables(path)
    return left, right[[key, "Y"]]


@cache
def _sky(path: str) -> tuple[torchfits.Header, torchfits.WCS, torch.Tensor, torch.Tensor]:
    header = torchfits.read_header(path)
    pixels, world = wcs_recipes.points(path)
    return header, torchfits.WCS(header), torch.from_numpy(pixels), torch.from_numpy(world)


def pixel_to_world(path: str) -> list[torch.Tensor]:
    _, wcs, pixels, _ = _sky(path)
    return list(wcs.pixel_to_world_values(*pixels))


def world_to_pixel(path: str) -> list[torch.Tensor]:
    _, wcs, _, world = _sky(path)
    return list(wcs.world_to_pixel_values(*world))


def make_wcs(path: str) -> torch.Tensor:
    """Make it of a header that is in memory; the scale of its pixels shows that it is there."""
    return torchfits.WCS(_sky(path)[0]).pixel_scale()
