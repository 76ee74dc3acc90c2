# SPDX-License-Identifier: BSD-3-Clause
"""astropy.io.fits, mapping files as it does by default: one numpy pass to a native array."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import astropy
import numpy as np
import torch
import wcs_recipes
from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.table import Table
from astropy.wcs import WCS

from engines.loading import epoch, square

if TYPE_CHECKING:
    from collections.abc import Sequence


def versions() -> dict[str, str]:
    return {"astropy": astropy.__version__, "numpy": np.__version__}


def set_threads(count: int) -> None:
    """Nothing to set: astropy reads on one thread."""


def text(column: np.ndarray) -> np.ndarray:
    # A slice of rows loses character_as_bytes and comes decoded.
    return np.char.encode(column, "ascii") if column.dtype.kind == "U" else column


def _tensor(array: np.ndarray) -> torch.Tensor:
    # Scaled and unsigned data are native and in memory already. Bytes need no swap, but they lie in
    # the mapping of the file: a copy is what makes them the user's.
    native = array.dtype.newbyteorder("=")
    copy = array.dtype.itemsize == 1 or not array.flags.c_contiguous
    return torch.from_numpy(array.astype(native, copy=copy))


def read_image(path: str, hdu: int = 0) -> torch.Tensor:
    with fits.open(path) as hdus:
        return _tensor(hdus[hdu].data)


def cutouts(
    path: str, boxes: Sequence[tuple[int, int, int, int]], hdu: int = 0
) -> list[torch.Tensor]:
    """Several boxes come from a file that stays open, as in training; one pays for opening it."""
    hdus = fits.open(path) if len(boxes) == 1 else _opened(path)
    # Of a compressed image, `data` would decode all tiles; `section` decodes those that are met.
    image = hdus[hdu].section if hdu else hdus[hdu].data
    cut = [_tensor(image[y0:y1, x0:x1]) for y0, y1, x0, x1 in boxes]
    if len(boxes) == 1:
        hdus.close()
    return cut


def stamps(
    path: str, positions: Sequence[tuple[float, float]], size: int, hdu: int = 0
) -> torch.Tensor:
    """All positions become pixels at once, which is a tenth of giving each as a SkyCoord.

    Of a compressed image `data` is faster than `section`, which decodes tiles again and again.
    """
    with fits.open(path) as hdus:
        image = hdus[hdu].data
        pixels = WCS(hdus[hdu].header).all_world2pix(np.asarray(positions), 0)
        batch = np.empty((len(pixels), size, size), image.dtype.newbyteorder("="))
        for stamp, at in zip(batch, pixels, strict=True):
            stamp[:] = Cutout2D(image, at, size).data
    return torch.from_numpy(batch)


@cache
def _opened(path: str) -> fits.HDUList:
    return fits.open(path)


def section(path: str, bounds: Sequence[tuple[int, int]], hdu: int = 0) -> torch.Tensor:
    with fits.open(path) as hdus:
        return _tensor(hdus[hdu].data[tuple(slice(*pair) for pair in bounds)])


def read_table(
    path: str,
    columns: list[str] | None = None,
    rows: Sequence[int] | None = None,
    where: str | None = None,
) -> dict[str, Any]:
    with fits.open(path, character_as_bytes=True) as hdus:
        data = hdus[1].data
        if rows is not None:
            data = data[rows[0] : rows[1]]
        passing = None if where is None else _passing(data, where)
        return _columns(data, columns or data.names, passing)


def _passing(data: fits.FITS_rec, where: str) -> np.ndarray:
    name, _, limit = where.split()
    return data[name] > float(limit)


def _columns(
    data: fits.FITS_rec, names: list[str], passing: np.ndarray | None = None
) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name in names:
        # A mask of one column at a time copies less than one of whole rows.
        column = data[name] if passing is None else data[name][passing]
        if column.dtype == object:
            table |= _cells(name, column)
            continue
        is_text = column.dtype.kind in "SU"
        table[name] = np.array(column) if is_text else _tensor(column)
    return table


def scan_table(path: str, column: str, batch_rows: int = 65536) -> torch.Tensor:
    """Slices of the mapped table; the largest value of one column in each."""
    with fits.open(path, character_as_bytes=True) as hdus:
        data = hdus[1].data
        starts = range(0, len(data), batch_rows)
        batches = (_columns(data[start : start + batch_rows], data.names) for start in starts)
        return torch.stack([batch[column].max() for batch in batches])


def _cells(name: str, column: Any) -> dict[str, torch.Tensor]:
    """One tensor of all elements and one of where each cell starts."""
    cells = list(column)
    offsets = torch.zeros(len(cells) + 1, dtype=torch.int64)
    torch.cumsum(torch.tensor([len(cell) for cell in cells]), 0, out=offsets[1:])
    return {f"{name}.values": _tensor(np.concatenate(cells)), f"{name}.offsets": offsets}


def header_value(path: str, key: str) -> Any:
    return fits.getheader(path)[key]


def header_values(path: str) -> dict[str, Any]:
    return dict(fits.getheader(path).items())


def header_of_files(paths: list[str], keys: list[str]) -> list[list[Any]]:
    headers = (fits.getheader(path) for path in paths)
    return [[header[key] for key in keys] for header in headers]


def count_hdus(path: str) -> int:
    with fits.open(path) as hdus:
        return len(hdus)


def read_hdus(path: str, count: int) -> list[torch.Tensor]:
    with fits.open(path) as hdus:
        return [_tensor(hdus[i].data) for i in range(count)]


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
    if compress is None:
        fits.writeto(target, pixels, overwrite=True, checksum=checksum)
        return
    hdu = fits.CompImageHDU(pixels, compression_type=compress)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(target, overwrite=True, checksum=checksum)


@cache
def _in_memory(path: str) -> torch.Tensor:
    return read_image(path)


def write_table(path: str, target: str) -> None:
    # By way of Table, which takes text as bytes: a record array with text takes three times longer.
    Table(_columns_in_memory(path), copy=False).write(target, format="fits", overwrite=True)


@cache
def _columns_in_memory(path: str) -> dict[str, np.ndarray]:
    rows = fits.getdata(path, 1, character_as_bytes=True)
    columns = {name: np.array(rows[name]) for name in rows.names}
    return {name: column.astype(column.dtype.newbyteorder("=")) for name, column in columns.items()}


def append_image(path: str, side: int) -> None:
    fits.append(path, square(side).numpy())


def set_key(paths: list[str], key: str, value: int) -> None:
    for path in paths:
        fits.setval(path, key, value=value)


def verify_sums(path: str) -> bool:
    with fits.open(path) as hdus:
        return all(hdu.verify_datasum() == 1 and hdu.verify_checksum() == 1 for hdu in hdus)


@cache
def _sky(path: str) -> tuple[fits.Header, WCS, np.ndarray, np.ndarray]:
    header = fits.getheader(path)
    return header, WCS(header), *wcs_recipes.points(path)


def pixel_to_world(path: str) -> list[torch.Tensor]:
    _, wcs, pixels, _ = _sky(path)
    return [torch.from_numpy(part) for part in wcs.all_pix2world(*pixels, 0)]


def world_to_pixel(path: str) -> list[torch.Tensor]:
    _, wcs, _, world = _sky(path)
    return [torch.from_numpy(part) for part in wcs.all_world2pix(*world, 0)]


def make_wcs(path: str) -> torch.Tensor:
    """Make it of a header that is in memory; the scale of its pixels shows that it is there."""
    wcs = WCS(_sky(path)[0])
    return torch.from_numpy(np.sqrt(np.square(wcs.pixel_scale_matrix).sum(0)))
