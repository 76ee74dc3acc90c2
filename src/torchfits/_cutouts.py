# SPDX-License-Identifier: BSD-3-Clause
"""Boxes cut out of images, by pixels or around positions on the sky."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from . import _core
from ._device import deliver, host_form
from ._fits import FITS, core_source
from ._header import Header
from ._keywords import check_flag
from ._runtime import settle_threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    import torch

    from ._device import Device
    from ._hdu import HDU
    from ._positions import ImagePlane, Positions
    from .sky import Frame


def cutout(
    source: Any,
    section: Any = None,
    hdu: int | str | tuple[str, int] | None = None,
    *,
    center: Any = None,
    size: Any = None,
    frame: Frame | str | None = None,
    fill: float | None = None,
    scaled: bool = True,
    dtype: Any = None,
    device: Device = None,
    out: torch.Tensor | None = None,
    header: bool = False,
) -> Any:
    """Read a box of an image, which may reach past its edges.

    Parameters
    ----------
    source : str, path-like, bytes-like, binary file object or FITS
    section : tuple of slices
        In numpy order and absolute: a negative start is outside the image. No steps. An integer
        takes one position and drops the axis, ``...`` stands for whole axes.
    hdu : int, str, (str, int) or None
        ``None``: the first image that has data.
    center : (number, number) or SkyCoord, optional
        Instead of `section`: longitude and latitude in degrees, in the frame of the image's WCS
        unless `frame` says another one.
    size : int, float, str, Quantity, or two of them
        Of the box around `center`. An ``int`` counts pixels; a ``float`` is an angle in degrees,
        which a text (``"30 arcsec"``) or a Quantity may also be. Two sizes are height and width, in
        numpy order. Axes other than those two are whole.
    frame : str or torchfits.sky.Frame, optional
        Of `center`: ``"icrs"``, ``"fk5"``, ``"galactic"``, ... ``"pixel"``: it is (x, y), from 0.
    fill : number, optional
        Value of pixels outside the image; must fit the dtype. Without it a box that leaves the
        image is an error.
    scaled, dtype, device, out
        As in `read`.
    header : bool
        Return ``(data, header)``, with the NAXISn of the box (1 for an axis that an integer drops)
        and the CRPIXn of every WCS shifted to it.

    Raises
    ------
    IndexError
        If the box leaves the image and ``fill`` is not given.
    ValueError
        If ``fill`` does not fit the dtype, the box ends before it begins, or the header has no
        celestial WCS.
    TypeError
        If the HDU is no image, or an argument is of a wrong type.
    """
    if center is not None or size is not None:
        if section is not None:
            raise TypeError("give a section=, or center= and size=, not both")
        if center is None or size is None:
            raise TypeError("a box on the sky needs center= and size=")
    elif section is None:
        raise TypeError("cutout() needs a section (slices in numpy order), or center= and size=")
    elif frame is not None:
        raise TypeError("frame= is of a center=; a section is in pixels")
    _check_fill(fill)
    check_flag("header", header)
    settle_threads()
    form = host_form(scaled, dtype, device, out)
    if center is not None:
        with _opened(source) as fits:
            image = _image(fits, hdu)
            section = _section_around(image, center, size, frame, fill)
            file, hdu = fits._open_file(), image.index
    else:
        file = source._open_file() if isinstance(source, FITS) else _core.File(core_source(source))
    data, start, index = file.cutout(hdu, section, fill, form)
    data = deliver(data, device, out)
    if not header:
        return data
    return data, shifted(Header._from_core(file.header(index)), start, section, data.shape)


def cutouts(
    source: Any,
    positions: Any,
    size: Any,
    hdu: int | str | tuple[str, int] | None = None,
    *,
    frame: Frame | str | None = None,
    fill: float | None = None,
    scaled: bool = True,
    dtype: Any = None,
    device: Device = None,
    out: torch.Tensor | None = None,
    header: bool = False,
) -> Any:
    """Read boxes of one size around many positions of an image into one tensor.

    The boxes are read in the order in which they lie in the file, whatever the order of the
    positions is; of a compressed image each tile that they meet is decoded once.

    Parameters
    ----------
    source : str, path-like, bytes-like, binary file object or FITS
    positions : Table, mapping, SkyCoord, or tensor or array [N, 2]
        Of a table the columns RA and DEC (or RAJ2000 and DEJ2000, ALPHA_J2000 and DELTA_J2000,
        GLON and GLAT, ...) are taken. Longitude and latitude in degrees, in the frame of the
        image's WCS unless `frame` says another one.
    size : int, float, str, Quantity, or two of them
        As in `cutout`.
    hdu : int, str, (str, int) or None
        ``None``: the first image that has data.
    frame : str or torchfits.sky.Frame, optional
        Of the positions: ``"icrs"``, ``"fk5"``, ``"galactic"``, ... ``"pixel"``: they are (x, y),
        counted from 0.
    fill : number, optional
        Value of pixels outside the image, and of all pixels of a position that is NaN or that the
        projection does not have. Without it such a position is an error.
    scaled, dtype, device, out
        As in `read`.
    header : bool
        Return ``(data, headers)``: for each box a header with the CRPIXn of every WCS shifted to
        it, or `None` where a position has no pixel.

    Returns
    -------
    torch.Tensor
        Shape ``[N, height, width]``, in the order of the positions; an image of more axes has them
        whole: ``[N, ..., height, width]``.

    Raises
    ------
    IndexError
        If a box leaves the image and ``fill`` is not given; the message names the position.
    ValueError, TypeError
        As in `cutout`, and for a table without positions.
    """
    from ._positions import ImagePlane, positions_of

    _check_fill(fill)
    check_flag("header", header)
    points = positions_of(positions, frame)
    settle_threads()
    form = host_form(scaled, dtype, device, out)
    with _opened(source) as fits:
        image = _image(fits, hdu)
        plane = ImagePlane.of(image, points.frame)
        file = fits._open_file()
    box = plane.box(size)
    starts = plane.starts(points, box)
    if fill is None:
        _refuse_outside(plane, points, starts, box)
    every, lengths = _in_all_axes(plane, starts, box)
    read: Any = file.cutouts(image.index, every, lengths, fill, form)
    data = deliver(read, device, out)
    if not header:
        return data
    return data, _headers(file, image.index, every, lengths)


def _opened(source: Any) -> AbstractContextManager[FITS]:
    """A file of the caller's stays open."""
    return nullcontext(source) if isinstance(source, FITS) else FITS(source, tile_cache=0)


def _image(fits: FITS, hdu: Any) -> HDU:
    """The image that is meant."""
    return fits[fits._open_file().choose(hdu, (Ellipsis, None, None, False, None))]


def _check_fill(fill: Any) -> None:
    if fill is not None and not hasattr(fill, "__float__"):
        raise TypeError(f"fill= takes a number, not {fill!r}")


def _section_around(image: HDU, center: Any, size: Any, frame: Any, fill: Any) -> Any:
    """The section of a box on the sky."""
    from ._positions import ImagePlane, position_of

    point = position_of(center, frame)
    plane = ImagePlane.of(image, point.frame)
    box = plane.box(size)
    starts = plane.starts(point, box)
    if fill is None:
        _refuse_outside(plane, point, starts, box)
    section = [slice(None)] * len(plane.shape)
    for axis, start, length in zip(plane.axes, starts[0].tolist(), box, strict=True):
        section[axis] = slice(start, start + length)
    return tuple(section)


def _refuse_outside(
    plane: ImagePlane, points: Positions, starts: torch.Tensor, box: tuple[int, int]
) -> None:
    """Name the first position whose box is not inside the image."""
    import torch

    from ._positions import is_somewhere

    lengths = torch.tensor([plane.shape[axis] for axis in plane.axes])
    outside = ((starts < 0) | (starts + torch.tensor(box) > lengths)).any(1)
    if not outside.any():
        return
    index = int(outside.nonzero()[0])
    name = points.name(index)
    if not is_somewhere(starts[index]):
        raise IndexError(f"{name} has no pixel in the image; pass fill= to pad it")
    (row, column), (height, width) = starts[index].tolist(), box
    raise IndexError(
        f"{name}: the box [{row}:{row + height}, {column}:{column + width}] reaches outside the "
        f"image of shape {plane.shape}; pass fill= to pad it"
    )


def _in_all_axes(
    plane: ImagePlane, starts: torch.Tensor, box: tuple[int, int]
) -> tuple[torch.Tensor, tuple[int, ...]]:
    """Starts and lengths along all axes of the image: the others are whole."""
    import torch

    every = torch.zeros(len(starts), len(plane.shape), dtype=torch.int64)
    every[:, list(plane.axes)] = starts
    lengths = list(plane.shape)
    for axis, length in zip(plane.axes, box, strict=True):
        lengths[axis] = length
    return every, tuple(lengths)


def _headers(
    file: _core.File, index: int, starts: torch.Tensor, lengths: tuple[int, ...]
) -> list[Header | None]:
    from ._positions import is_somewhere

    return [
        shifted(Header._from_core(file.header(index)), start.tolist(), ..., lengths)
        if is_somewhere(start)
        else None
        for start in starts
    ]


def shifted(header: Header, start: Sequence[int], section: Any, shape: Iterable[int]) -> Header:
    """The header of a box that begins at `start` and reads as a tensor of `shape`."""
    items = list(section) if isinstance(section, tuple) else [section]
    ellipsis = [i for i, item in enumerate(items) if item is Ellipsis]
    at = ellipsis[0] if ellipsis else len(items)
    items[at : at + 1] = [slice(None)] * (len(start) - len(items) + len(ellipsis))
    kept = iter(shape)
    for axis, (first, item) in enumerate(zip(start, items, strict=True)):
        number = len(start) - axis
        header[f"NAXIS{number}"] = next(kept) if isinstance(item, slice) else 1
        if first:
            _shift_reference_pixels(header, number, first)
    return header


def _shift_reference_pixels(header: Header, number: int, first: int) -> None:
    """Count the CRPIX of one axis from `first`, in every WCS; one that is not given is 0.

    So do the corner of a plate scan (CNPIX, which counts the other way) and IRAF's LTV.
    """
    of_a_wcs = re.compile(rf"(?:CRPIX|CRVAL|CTYPE|CDELT){number}([A-Z]?)")
    found = [match[1] for keyword in header if (match := of_a_wcs.fullmatch(keyword))]
    moved = {f"CRPIX{number}{letter}": -first for letter in dict.fromkeys(found)}
    others = {f"CNPIX{number}": first, f"LTV{number}": -first}
    moved |= {keyword: by for keyword, by in others.items() if keyword in header}
    for keyword, by in moved.items():
        value = header.get(keyword, 0.0)
        if isinstance(value, (int, float)):
            header[keyword] = value + by
