# SPDX-License-Identifier: BSD-3-Clause
"""Positions on the sky and sizes of boxes, as users give them, become pixels of an image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ._table import Table

if TYPE_CHECKING:
    import torch

    from ._hdu import HDU
    from .sky import Frame
    from .wcs import WCS

_PAIRS = (
    ("RA", "DEC"), ("RAJ2000", "DEJ2000"), ("RAJ2000", "DECJ2000"), ("RA_ICRS", "DE_ICRS"),
    ("ALPHA_J2000", "DELTA_J2000"), ("LON", "LAT"), ("GLON", "GLAT"),
)  # fmt: skip
"""Columns that hold positions, in the order in which they are looked for."""
_DEGREES = (None, "", "deg", "degree", "degrees")
_SIZE = re.compile(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]+|'|\"|)\s*")
_UNIT = {
    "deg": 1.0, "degree": 1.0, "degrees": 1.0, "": 1.0, "arcmin": 1 / 60, "'": 1 / 60,
    "arcsec": 1 / 3600, '"': 1 / 3600, "mas": 1 / 3.6e6,
}  # fmt: skip
_PIXELS = ("pix", "pixel", "pixels")
_NOWHERE = -(1 << 40)
"""Where a box begins that has no place in the image."""


@dataclass(frozen=True)
class Positions:
    """Some points: longitudes and latitudes, or x and y, one float64 tensor on the host each."""

    first: torch.Tensor
    second: torch.Tensor
    frame: Frame | str | None = None
    """``"pixel"``, or the frame of the sky; `None` for that of the image."""
    alone: bool = False
    """One that was given by itself."""

    def __len__(self) -> int:
        return len(self.first)

    def name(self, index: int) -> str:
        """One of them, for a message."""
        pair = f"({self.first[index].item():.7g}, {self.second[index].item():.7g})"
        pair = f"{pair} (x, y)" if self.frame == "pixel" else pair
        return pair if self.alone else f"position {index} {pair}"


def positions_of(given: Any, frame: Frame | str | None) -> Positions:
    """A list of positions: a table, a SkyCoord of astropy, or an array ``[N, 2]``.

    Raises
    ------
    TypeError, ValueError
        For what is none of these, and for a table without columns of positions.
    """
    if hasattr(given, "icrs"):
        return _of_sky_coordinates(given, frame)
    if isinstance(given, (Table, Mapping)):
        return _of_table(given, frame)
    points = _numbers(given, "positions=")
    if points.ndim == 1 and len(points) == 0:
        points = points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            f"positions have shape {tuple(points.shape)}; pass longitude and latitude in degrees "
            "(x and y for frame='pixel'), [N, 2], or a table with columns RA and DEC"
        )
    return Positions(points[:, 0], points[:, 1], _checked_frame(frame))


def position_of(center: Any, frame: Frame | str | None) -> Positions:
    """One position: two numbers, or a SkyCoord of astropy."""
    if hasattr(center, "icrs"):
        points = _of_sky_coordinates(center, frame)
    else:
        points = positions_of(_numbers(center, "center=").reshape(1, -1), frame)
    if len(points) != 1:
        raise ValueError("center= takes one position; cutouts() takes many")
    return replace(points, alone=True)


def _numbers(given: Any, what: str) -> torch.Tensor:
    import torch

    from ._real_numbers import as_real

    return as_real(given, torch.device("cpu"), lambda: what).detach().cpu()


def _checked_frame(frame: Frame | str | None) -> Frame | str | None:
    if frame is None or frame == "pixel":
        return frame
    from .sky._frames import Frame, as_frame

    if isinstance(frame, (str, Frame)):
        return as_frame(frame)
    raise TypeError(f"frame= takes a name or a torchfits.sky.Frame, not {type(frame).__name__}")


def _of_sky_coordinates(given: Any, frame: Frame | str | None) -> Positions:
    if frame is not None:
        raise TypeError("a SkyCoord has a frame; leave frame= away")
    icrs = given.icrs
    lon, lat = (_numbers(angle.deg, "positions=").reshape(-1) for angle in (icrs.ra, icrs.dec))
    return Positions(lon, lat, _checked_frame("icrs"))


def _of_table(table: Table | Mapping[str, Any], frame: Frame | str | None) -> Positions:
    if frame == "pixel":
        raise TypeError("frame='pixel' takes positions [N, 2], not a table")
    names = {str(name).upper(): name for name in reversed(list(table))}
    for pair in _PAIRS:
        if all(name in names for name in pair):
            lon, lat = (_column(table, names[name]) for name in pair)
            return Positions(lon, lat, _checked_frame(frame))
    raise ValueError(
        f"no columns of positions among {', '.join(map(str, table))}; name them RA and DEC, or "
        "pass torch.stack([lon, lat], 1)"
    )


def _column(table: Table | Mapping[str, Any], name: str) -> torch.Tensor:
    if isinstance(table, Table):
        unit = next(column.unit for column in table.columns if column.name == name)
        if unit not in _DEGREES:
            raise ValueError(f"column {name} is in {unit}; positions are in degrees")
    values = _numbers(table[name], f"column {name} of positions")
    if values.ndim != 1:
        raise ValueError(f"column {name} has shape {tuple(values.shape)}; one number a position")
    return values


@dataclass(frozen=True)
class ImagePlane:
    """The two axes of an image in which boxes are cut."""

    shape: tuple[int, ...]
    axes: tuple[int, int]
    """In numpy order: of the image, slower one first."""
    wcs: WCS | None
    """Of these axes; `None` where positions are pixels."""

    @classmethod
    def of(cls, hdu: HDU, frame: Frame | str | None) -> ImagePlane:
        """The axes with the celestial coordinates; for pixels the last two.

        Raises
        ------
        ValueError
            If the header has no celestial WCS, or the image fewer axes than it.
        """
        shape = hdu.shape
        if hdu.kind not in ("image", "compressed_image"):
            raise TypeError(f"{hdu._label()} is of kind '{hdu.kind}'; cutouts are of images")
        if len(shape) < 2:
            raise ValueError(f"{hdu._label()} has {len(shape)} axes; a box needs two")
        if frame == "pixel":
            return cls(shape, (len(shape) - 2, len(shape) - 1), None)
        wcs = hdu.wcs
        if not wcs.has_celestial:
            raise ValueError(
                f"{hdu._label()} has no celestial axes (CTYPE = {', '.join(wcs.ctype)}); "
                "give a section=, or pixels with frame='pixel'"
            )
        wcs = wcs.celestial
        x, y = wcs._window.pixel_axes
        if max(x, y) >= len(shape):
            raise ValueError(f"{hdu._label()} has celestial axes that its image lacks")
        rows, columns = sorted((len(shape) - 1 - x, len(shape) - 1 - y))
        return cls(shape, (rows, columns), wcs)

    def pixels(self, positions: Positions) -> tuple[torch.Tensor, torch.Tensor]:
        """Where the positions are along both axes, counted from 0; NaN where nowhere."""
        lon, lat = positions.first, positions.second
        if self.wcs is None:
            return lat, lon
        pair = self.wcs._description.celestial
        if positions.frame is not None:
            from . import sky

            lon, lat = sky.transform(lon, lat, positions.frame, sky.frame_of(self.wcs))
        world = (lon, lat) if pair == self.wcs._window.world_axes else (lat, lon)
        first, second = self.wcs.world_to_pixel_values(*world)
        return (second, first) if self._x_first() else (first, second)

    def _x_first(self) -> bool:
        """Whether the WCS names the faster axis first, as it does but for exotic orders."""
        assert self.wcs is not None
        return self.wcs._window.pixel_axes[0] < self.wcs._window.pixel_axes[1]

    def box(self, size: Any) -> tuple[int, int]:
        """Pixels along both axes of a size: pixels, an angle, or one of them an axis."""
        pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
        if len(pair) != 2:
            raise ValueError(f"size={size!r}; one size, or (height, width)")
        height, width = (self._length(one, place) for place, one in enumerate(pair))
        return height, width

    def _length(self, size: Any, place: int) -> int:
        length = as_length(size)
        if isinstance(length, int):
            pixels = length
        elif self.wcs is None:
            raise ValueError(f"size={size!r} is an angle; with frame='pixel' give whole pixels")
        else:
            scales = self.wcs.pixel_scale()
            pixels = round(length / scales[1 - place if self._x_first() else place].item())
        if not 1 <= pixels < 1 << 31:
            raise ValueError(f"size={size!r} is {pixels} pixels; a box has 1 at least")
        return pixels

    def starts(self, positions: Positions, box: tuple[int, int]) -> torch.Tensor:
        """The first pixel of each box along both axes, ``[N, 2]``.

        A box of n pixels begins at ceil(center - n / 2), so that an odd one has the pixel of the
        center in its middle. It begins far outside where a position has no pixel.
        """
        import torch

        centers = torch.stack(self.pixels(positions), dim=-1)
        first = torch.ceil(centers - torch.tensor(box, dtype=torch.float64) / 2)
        first = torch.where(first.abs() < -_NOWHERE, first, float(_NOWHERE))
        return first.to(torch.int64)


def is_somewhere(start: torch.Tensor) -> bool:
    """Whether a box that begins there has a position."""
    return bool((start != _NOWHERE).all())


def as_length(size: Any) -> int | float:
    """One size: whole pixels, or an angle in degrees.

    Raises
    ------
    TypeError, ValueError
        For what is no number, no text such as ``"30 arcsec"``, and no quantity.
    """
    if isinstance(size, bool):
        raise TypeError("size= takes pixels (int) or an angle (float, '30 arcsec'), not a bool")
    if hasattr(size, "to_value"):
        return (
            round(float(size.value)) if str(size.unit) in _PIXELS else float(size.to_value("deg"))
        )
    if isinstance(size, str):
        match = _SIZE.fullmatch(size)
        unit = match[2] if match else None
        if match and unit in _PIXELS:
            return round(float(match[1]))
        if match is None or unit not in _UNIT:
            raise ValueError(f"size={size!r}; write '30 arcsec', '2 arcmin', '0.1 deg' or '64 pix'")
        return float(match[1]) * _UNIT[unit]
    if hasattr(size, "__index__"):
        return int(size)
    if hasattr(size, "__float__") and float(size) > 0 and float(size) < float("inf"):
        return float(size)
    raise TypeError(f"size= takes pixels (int) or an angle (float, '30 arcsec'), not {size!r}")
