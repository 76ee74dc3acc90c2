# SPDX-License-Identifier: BSD-3-Clause
"""Tables of offsets over the plane, and how they are found in a file."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from .._errors import FITSWarning
from ._extensions import extension
from ._gathered import elements
from ._stage import constant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Pair = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class OffsetTable:
    """A bilinear function of x and y; beyond its edge it is what it is at the edge."""

    offsets: torch.Tensor
    """Row by row, in one dimension."""
    lengths: tuple[int, int]
    """Along x and y."""
    slope: tuple[torch.Tensor, torch.Tensor]
    shift: tuple[torch.Tensor, torch.Tensor]
    """The place in the table, counted from 0, is ``slope * x + shift``."""

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The offset at a place."""
        (_, right), (_, up), (low, along_x, along_y, twist) = self._cell(x, y)
        return low + right * (along_x + up * twist) + up * along_y

    def jet(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The offset, and its derivatives by x and y, which are 0 beyond the edge."""
        (in_x, right), (in_y, up), (low, along_x, along_y, twist) = self._cell(x, y)
        by_x, by_y = along_x + up * twist, along_y + right * twist
        return (
            low + right * by_x + up * along_y,
            torch.where(in_x, by_x * self.slope[0], 0.0),
            torch.where(in_y, by_y * self.slope[1], 0.0),
        )

    def extent(self) -> tuple[float, float]:
        """The largest offset, and a bound for how much it may change over a unit of x or y."""
        width, height = self.lengths
        rows = self.offsets.reshape(height, width)
        largest = [
            part.abs().amax().item() if part.numel() else 0.0
            for part in (rows, rows.diff(dim=1) * self.slope[0], rows.diff(dim=0) * self.slope[1])
        ]
        return largest[0], largest[1] + largest[2]

    def rescaled(self, scales: Sequence[float], unit: float) -> OffsetTable:
        """The table for coordinates that are `scales` times those it was made for.

        They begin with 0 where pixels do with 1; offsets are `unit` times as large.
        """
        (by_x, by_y), (from_x, from_y) = self.slope, self.shift
        return replace(
            self,
            offsets=self.offsets * unit,
            slope=(by_x / scales[0], by_y / scales[1]),
            shift=(from_x - by_x, from_y - by_y),
        )

    def _cell(
        self, x: torch.Tensor, y: torch.Tensor
    ) -> tuple[Pair, Pair, tuple[torch.Tensor, ...]]:
        """Of x and y whether they are inside, and how far in the cell; then its coefficients."""
        width = self.lengths[0]
        in_x, column, right = self._place(x, 0)
        in_y, row, up = self._place(y, 1)
        step_x, step_y = int(width > 1), width * int(self.lengths[1] > 1)
        first = row * width + column
        low, low_right, high, high_right = (
            elements(self.offsets, first + step) for step in (0, step_x, step_y, step_x + step_y)
        )
        along_x, along_y = low_right - low, high - low
        return (in_x, right), (in_y, up), (low, along_x, along_y, high_right - high - along_x)

    def _place(
        self, value: torch.Tensor, axis: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        last = self.lengths[axis] - 1
        place = torch.addcmul(self.shift[axis], value, self.slope[axis])
        clamped = place.clamp(0.0, last)
        cell = clamped.detach().floor().clamp(max=max(last - 1, 0))
        index = torch.where(cell.isnan(), 0.0, cell).to(torch.int64)
        return (place > 0) & (place < last), index, clamped - cell


def offset_table(
    cards: Mapping[str, Any], file: Any, names: tuple[str, str, str], axis: int
) -> OffsetTable:
    """The table of one axis: `names` are CPDISj, what DPj begins with, and the EXTNAME.

    DPj.AXIS.j tells whether the table has its axes in the order of the image, or the other way.
    """
    keyword, record, extname = names
    record = f"{record}{axis}"
    version = _integer(cards, f"{record}.EXTVER")
    order = _integer(cards, f"{record}.AXIS.{axis}", axis)
    hdu = extension(file, extname, version, f"{keyword} = {cards[keyword]!r}")
    offsets = _image(hdu, f"{extname}, version {version}, of {keyword}")
    if order != axis:
        offsets = offsets.T
    return _with_header(hdu, offsets, 2, f"{extname}, version {version}")


def detector_table(
    cards: Mapping[str, Any], file: Any
) -> tuple[OffsetTable | None, OffsetTable | None]:
    """The older form: AXISCORR names the axis that the one row of D2IMARR is for."""
    axis = cards["AXISCORR"]
    said = f"AXISCORR = {axis!r}"
    if axis not in (1, 2) or file is None or ("D2IMARR", 1) not in file:
        reason = "there is no extension D2IMARR" if axis in (1, 2) else "it is 1 or 2"
        warnings.warn(f"{said}: {reason}; it is left out", FITSWarning, stacklevel=5)
        return None, None
    hdu = extension(file, "D2IMARR", 1, said)
    offsets = _image(hdu, f"D2IMARR of {said}")
    table = _with_header(hdu, offsets, len(hdu.shape), "D2IMARR")
    return (table, None) if axis == 1 else (None, table)


def _image(hdu: Any, said: str) -> torch.Tensor:
    """Pixels as float64, of two dimensions."""
    shape = tuple(hdu.shape) if hdu.kind not in ("table", "ascii_table") else ()
    if len(shape) not in (1, 2) or not all(shape):
        raise ValueError(f"{said}: a look-up table is an image of two axes, not one of {shape}")
    pixels: torch.Tensor = hdu.read().to(torch.float64)
    return pixels if len(shape) > 1 else pixels[None]


def _with_header(hdu: Any, offsets: torch.Tensor, axes: int, said: str) -> OffsetTable:
    """CRPIX, CRVAL and CDELT of the table's own header, of its first `axes`."""
    height, width = offsets.shape
    by_x, from_x = _scale(hdu.header, 1, said)
    by_y, from_y = _scale(hdu.header if axes > 1 else {}, 2, said)
    flat = offsets.reshape(-1).contiguous()
    return OffsetTable(flat, (width, height), (by_x, by_y), (from_x, from_y))


def _scale(header: Mapping[str, Any], axis: int, said: str) -> Pair:
    """Slope and shift from pixels counted from 0 to elements counted from 0."""
    crpix, crval, cdelt = (
        _number(header, f"{name}{axis}", default, said)
        for name, default in (("CRPIX", 0.0), ("CRVAL", 0.0), ("CDELT", 1.0))
    )
    if cdelt == 0:
        raise ValueError(f"CDELT{axis} = 0 in {said}: the cells of the table have no extent")
    return constant(1.0 / cdelt), constant((1.0 - crval) / cdelt + crpix - 1.0)


def _number(header: Mapping[str, Any], keyword: str, default: float, said: str) -> float:
    value = header.get(keyword, default)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(f"{keyword} = {value!r} in {said} is not a finite number; correct the card")


def _integer(cards: Mapping[str, Any], keyword: str, default: int = 1) -> int:
    value = cards.get(keyword, default)
    if isinstance(value, (int, float)) and math.isfinite(value) and value == int(value):
        return int(value)
    raise ValueError(f"{keyword} = {value!r} is not a whole number; correct the card")
