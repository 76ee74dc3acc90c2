# SPDX-License-Identifier: BSD-3-Clause
"""The celestial step: from the plane of projection to longitude and latitude (Paper II)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from ._native_pole import about_pole, cosine, native_pole, rotation, sine
from ._projections import PROJECTIONS
from ._projections.angles import Angle, angles, direction
from ._stage import constant, number

if TYPE_CHECKING:
    from ._description import Description
    from ._projections import ByLongitude, Projection
    from ._stage import Coordinates

_DEGREE = math.pi / 180.0

_ALIASES = {"TPV": "TAN", "TPU": "TAN", "TNX": "TAN", "ZPX": "ZPN"}
"""Projections with a distortion, which is a step of its own."""

_UNDEFINED = 999.0

_TURN = (1.0 - 1e-15) / 360.0
"""Turns in a degree, so few that 180 degrees round to none: native longitudes include both ends."""


@dataclass(frozen=True)
class CelestialStage:
    """A projection, and the rotation of its sphere onto the sky."""

    axes: tuple[int, int]
    """Longitude and latitude among the axes."""
    projection: Projection | ByLongitude
    constants: Any
    offset: tuple[float, float]
    """x and y of the reference point in the plane of the projection, in radians."""
    meridian: torch.Tensor
    """Celestial longitude of what the rotation gives for 0, in degrees."""
    rotation: torch.Tensor | None
    """Native direction to celestial direction, whose longitude counts from `meridian`.

    `None` where both have the same axis: angles stay what they are, but for `sign`.
    """
    sign: float
    """Of both angles: -1 where the native pole is the south pole and nothing else is turned."""
    below_zero: bool
    """Longitudes are -360 to 0 rather than 0 to 360: those of a negative CRVAL, as in wcslib."""

    def forward(self, coordinates: Coordinates) -> Coordinates:
        """Projection plane coordinates to longitude and latitude, all in degrees."""
        x, y, absent = self._present(coordinates)
        x, y = x * _DEGREE, y * _DEGREE
        if self.offset != (0.0, 0.0):
            x, y = x + self.offset[0], y + self.offset[1]
        if self.rotation is None:
            longitude, latitude = self.projection.to_angles(self.constants, x, y)
        else:
            native = torch.stack(self.projection.to_sphere(self.constants, x, y))
            if absent is not None:
                absent = absent | torch.isnan(native[2])
                native = torch.where(absent, 0.0, native)
            longitude, latitude = angles(*_turned(self.rotation, native))
        longitude = torch.add(self.meridian, longitude, alpha=self.sign / _DEGREE)
        turns = longitude * (1.0 / 360.0)
        turns = torch.ceil(turns) if self.below_zero else torch.floor(turns)
        longitude = torch.sub(longitude, turns, alpha=360.0)
        return self._replaced(coordinates, longitude, latitude * (self.sign / _DEGREE), absent)

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        """Longitude and latitude to projection plane coordinates, all in degrees."""
        longitude, latitude, absent = self._present(coordinates)
        longitude, degree = longitude - self.meridian, self.sign * _DEGREE
        if self.rotation is None:
            longitude = torch.sub(longitude, torch.round(longitude * _TURN), alpha=360.0)
            phi, theta = longitude * degree, latitude * degree
            x, y = self.projection.from_angles(self.constants, phi, theta)
        else:
            angles_of_sky = Angle(longitude * degree), Angle(latitude * degree)
            native = _turned(self.rotation.mT, torch.stack(direction(*angles_of_sky)))
            x, y = self.projection.to_plane(self.constants, *native)
        if self.offset != (0.0, 0.0):
            x, y = x - self.offset[0], y - self.offset[1]
        return self._replaced(coordinates, x * (1.0 / _DEGREE), y * (1.0 / _DEGREE), absent)

    def _present(
        self, coordinates: Coordinates
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """The two coordinates, without NaN where gradients are wanted, and where that was.

        A loss leaves out points that are NaN, but 0 times NaN would still be NaN in the gradients
        of what all points have in common: CRVAL, and parameters of the steps before.
        """
        first, second = (coordinates[axis] for axis in self.axes)
        turn = self.meridian if self.rotation is None else self.rotation
        if not (first.requires_grad or second.requires_grad or turn.requires_grad):
            return first, second, None
        absent = torch.isnan(first + second)
        return torch.where(absent, 0.0, first), torch.where(absent, 0.0, second), absent

    def _replaced(
        self,
        coordinates: Coordinates,
        first: torch.Tensor,
        second: torch.Tensor,
        absent: torch.Tensor | None,
    ) -> Coordinates:
        if absent is not None:
            first = torch.where(absent, math.nan, first)
            second = torch.where(absent, math.nan, second)
        changed = list(coordinates)
        changed[self.axes[0]], changed[self.axes[1]] = first, second
        return tuple(changed)


def celestial_stage(description: Description) -> CelestialStage | None:
    """The step of the celestial axes; `None` where there are none."""
    axes = description.celestial
    if axes is None:
        return None
    code, parameters, of_longitude = _parameters(description, axes)
    projection = PROJECTIONS[code]
    try:
        constants = projection.constants(parameters)
    except (ValueError, ArithmeticError) as error:
        name = f"CTYPE{axes[1] + 1}{description.key.strip()}"
        why = error if isinstance(error, ValueError) else f"no projection has such PVi_m: {error}"
        raise ValueError(f"{name} = {description.ctype[axes[1]]!r}: {why}") from None
    theta0 = projection.theta0(parameters) if callable(projection.theta0) else projection.theta0
    fiducial = (of_longitude.get(1, 0.0), min(max(of_longitude.get(2, theta0), -90.0), 90.0))
    if abs(of_longitude.get(2, theta0)) > 90.0 + 1e-10:
        name = f"PV{axes[0] + 1}_2{description.key.strip()}"
        raise ValueError(f"{name} = {of_longitude[2]}: a native latitude lies in -90 to 90 degrees")
    offset = (0.0, 0.0)
    if of_longitude.get(0) and 1 in of_longitude and 2 in of_longitude:
        offset = _offset(description, projection, constants, fiducial)
    crval = [description.crval[axis] for axis in axes]
    pole = _pole(description, crval[1], fiducial, of_longitude)
    sign, shift = about_pole(*pole) or (1.0, None)
    return CelestialStage(
        axes=axes,
        projection=projection,
        constants=constants,
        offset=offset,
        meridian=constant(crval[0]) + (shift or 0.0),
        rotation=rotation(*pole) if shift is None else None,
        sign=sign,
        below_zero=number(crval[0]) < 0.0,
    )


def _parameters(
    description: Description, axes: tuple[int, int]
) -> tuple[str, dict[int, float], dict[int, float]]:
    """Code of the projection, PVi_m of the latitude axis and of the longitude axis."""
    code = description.projection(axes[0])
    if code in {"TPV", "TPU"}:  # all its PVi_m are those of the distortion
        return _ALIASES[code], {}, {}
    both: tuple[dict[int, float], dict[int, float]] = ({}, {})
    for (axis, index), parameter in description.pv.items():
        if axis - 1 in axes:
            both[axes.index(axis - 1)][index] = parameter
    if both[0] and max(both[0]) > 4:
        name = f"PV{axes[0] + 1}_{max(both[0])}{description.key.strip()}"
        raise ValueError(f"{name}: a longitude axis has no parameters beyond 4; remove it")
    return _ALIASES.get(code, code), both[1], both[0]


def _offset(
    description: Description,
    projection: Projection | ByLongitude,
    constants: Any,
    fiducial: tuple[float, float],
) -> tuple[float, float]:
    """Where the projection puts the reference point of PVi_1 and PVi_2 (Paper II, section 2.5)."""
    phi, theta = fiducial
    numbers = (cosine(theta) * cosine(phi), cosine(theta) * sine(phi), sine(theta))
    x, y = (part.item() for part in projection.to_plane(constants, *map(constant, numbers)))
    if math.isnan(x) or math.isnan(y):
        assert description.celestial is not None
        axis, key = description.celestial[0] + 1, description.key.strip()
        raise ValueError(
            f"PV{axis}_1{key} = {phi}, PV{axis}_2{key} = {theta}: the projection"
            f" {projection.name} does not have this point; PV{axis}_0{key} = 0 leaves it out"
        )
    return x, y


def _pole(
    description: Description,
    latitude: Any,
    fiducial: tuple[float, float],
    of_longitude: dict[int, float],
) -> tuple[Any, Any, float]:
    """Latitude and relative longitude of the native pole, and LONPOLE."""
    lonpole = of_longitude.get(3, description.lonpole)
    latpole = of_longitude.get(4, description.latpole)
    if lonpole is None or lonpole == _UNDEFINED:
        lonpole = fiducial[0] + (180.0 if number(latitude) < fiducial[1] else 0.0)
        lonpole -= 360.0 if lonpole > 180.0 else 0.0
        lonpole += 360.0 if lonpole < -180.0 else 0.0
    latpole = 90.0 if latpole is None else latpole
    try:
        pole, longitude = native_pole(latitude, fiducial, lonpole, latpole)
    except ValueError as error:
        assert description.celestial is not None
        key = description.key.strip()
        raise ValueError(
            f"CRVAL{description.celestial[1] + 1}{key} = {number(latitude)},"
            f" LONPOLE{key} = {lonpole}, LATPOLE{key} = {latpole}: no celestial pole, as {error}"
        ) from None
    return pole, longitude, lonpole


def _turned(matrix: torch.Tensor, direction: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """A matrix times each of the directions, which lie along the first dimension."""
    return (matrix @ direction.reshape(3, -1)).reshape(direction.shape).unbind()
