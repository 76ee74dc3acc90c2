# SPDX-License-Identifier: BSD-3-Clause
"""A projection of the sphere: one row of the table of pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .angles import Angle, Latitude, Longitude, angles, direction
from .native import kept, polar

if TYPE_CHECKING:
    import torch

Parameters = Mapping[int, float]
"""PVi_m of the latitude axis by m; those that the header leaves out are missing."""

Plane = tuple["torch.Tensor", "torch.Tensor"]
"""x and y of the plane of projection, in radians (r0 = 1 in Paper II)."""

Direction = tuple["torch.Tensor", "torch.Tensor", "torch.Tensor"]
"""cos(theta) cos(phi), cos(theta) sin(phi) and sin(theta) of native longitude and latitude."""

Native = tuple["torch.Tensor", Angle | Longitude, Angle | Latitude]
"""What is above 0 inside of the projection, and native longitude and latitude."""


@dataclass(frozen=True)
class Projection:
    """One projection, whose formulas are of vectors.

    `constants` checks the parameters (`ValueError` names the PV that is wrong) and works out
    everything that depends on them alone, as Python floats or small tensors, for the two formulas.
    `to_sphere` gives a direction of any positive length, `to_plane` takes one of length 1; a point
    that the projection does not have is NaN in every result.
    """

    name: str
    theta0: float | Callable[[Parameters], float]
    """Native latitude of the reference point, in degrees; its native longitude is 0."""
    constants: Callable[[Parameters], Any]
    to_sphere: Callable[[Any, torch.Tensor, torch.Tensor], Direction]
    to_plane: Callable[[Any, torch.Tensor, torch.Tensor, torch.Tensor], Plane]

    def to_angles(
        self, constants: Any, x: torch.Tensor, y: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Native longitude and latitude in radians, as `to_sphere` gives the direction."""
        return angles(*self.to_sphere(constants, x, y))

    def from_angles(self, constants: Any, phi: torch.Tensor, theta: torch.Tensor) -> Plane:
        """As `to_plane`, of native longitude in -pi to pi, and latitude."""
        return self.to_plane(constants, *direction(Angle(phi), Angle(theta)))


@dataclass(frozen=True)
class ByLongitude:
    """One projection, whose formulas are of the native longitude: the same for other callers.

    What is outside is made NaN here; the formulas give finite values there.
    """

    name: str
    theta0: float | Callable[[Parameters], float]
    constants: Callable[[Parameters], Any]
    to_native: Callable[[Any, torch.Tensor, torch.Tensor], Native]
    from_native: Callable[[Any, torch.Tensor, Angle | Latitude], Plane]

    def to_sphere(self, constants: Any, x: torch.Tensor, y: torch.Tensor) -> Direction:
        inside, longitude, latitude = self.to_native(constants, x, y)
        return kept(inside, *direction(longitude, latitude))

    def to_plane(self, constants: Any, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> Plane:
        phi, cosine = polar(x, y)
        return self.from_native(constants, phi, Latitude(cosine, z))

    def to_angles(
        self, constants: Any, x: torch.Tensor, y: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        inside, longitude, latitude = self.to_native(constants, x, y)
        return kept(inside, longitude.angle, latitude.angle)

    def from_angles(self, constants: Any, phi: torch.Tensor, theta: torch.Tensor) -> Plane:
        return self.from_native(constants, phi, Angle(theta))
