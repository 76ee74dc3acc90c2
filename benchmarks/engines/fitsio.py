# SPDX-License-Identifier: BSD-3-Clause
"""fitsio: images come native from CFITSIO; table columns come big-endian and are swapped here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import fitsio
import numpy as np
import torch

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


def cutouts(path: str, boxes: Sequence[tuple[int, int, int, int]]) -> list[torch.Tensor]:
    """Several boxes come from a file that stays open, as in training; one pays for opening it."""
    hdus = fitsio.FITS(path) if len(boxes) == 1 else _opened(path)
    image = hdus[0]
    cut = [_tensor(image[y0:y1, x0:x1]) for y0, y1, x0, x1 in boxes]
    if len(boxes) == 1:
        hdus.close()
    return cut


@cache
def _opened(path: str) -> fitsio.FITS:
    return fitsio.FITS(path)


def read_table(
    path: str, columns: list[str] | None = None, rows: Sequence[int] | None = None
) -> dict[str, Any]:
    with fitsio.FITS(path) as hdus:
        table = hdus[1]
        records = table[slice(*rows)] if rows is not None else table.read(columns=columns)
    result: dict[str, Any] = {}
    for name in records.dtype.names:
        is_text = records.dtype[name].kind in "SU"
        result[name] = (np.ascontiguousarray if is_text else _tensor)(records[name])
    return result


def header_value(path: str, key: str) -> Any:
    return fitsio.read_header(path)[key]


def header_values(path: str) -> dict[str, Any]:
    header = fitsio.read_header(path)
    return {key: header[key] for key in header}


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
