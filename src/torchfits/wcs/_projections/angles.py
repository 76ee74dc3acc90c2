# SPDX-License-Identifier: BSD-3-Clause
"""Longitudes and latitudes, known as angles or by sine and cosine, and the directions of them.

What a projection gives or takes is what it knows anyway: nothing is worked out before it is asked
for, and a sphere that is not turned asks for angles alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import torch

from .native import SQUARE_OF_TINY, TINY

if TYPE_CHECKING:
    from .projection import Direction


@dataclass(frozen=True)
class Angle:
    """A longitude or a latitude itself, in radians; perhaps with its cosine."""

    angle: torch.Tensor
    known_cosine: torch.Tensor | None = None

    @property
    def cosine(self) -> torch.Tensor:
        return torch.cos(self.angle) if self.known_cosine is None else self.known_cosine

    @property
    def sine(self) -> torch.Tensor:
        return torch.sin(self.angle)

    @property
    def from_pole(self) -> torch.Tensor:
        """Of a latitude: the sine of half the distance from the nearer pole."""
        return torch.sin(torch.rsub(self.angle.abs(), 0.25 * pi, alpha=0.5))


@dataclass(frozen=True)
class Longitude:
    """A longitude by its cosine and sine."""

    cosine: torch.Tensor
    sine: torch.Tensor

    @property
    def angle(self) -> torch.Tensor:
        return torch.atan2(self.sine, self.cosine + TINY)


@dataclass(frozen=True)
class Latitude:
    """A latitude by its cosine, above 0, and its sine, both times any positive length."""

    cosine: torch.Tensor
    sine: torch.Tensor

    @property
    def angle(self) -> torch.Tensor:
        """To the last bit at the poles, too."""
        return torch.atan(self.sine / self.cosine)

    @property
    def from_pole(self) -> torch.Tensor:
        """The same, of a latitude whose length is 1: the square of it is (1 - |sine|) / 2."""
        square = self.cosine.square() / (2.0 + 2.0 * self.sine.abs())
        return torch.sqrt(torch.clamp(square, min=SQUARE_OF_TINY))


def direction(longitude: Angle | Longitude, latitude: Angle | Latitude) -> Direction:
    """The vector of a longitude and a latitude."""
    across = latitude.cosine
    return across * longitude.cosine, across * longitude.sine, latitude.sine


def angles(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Longitude in -pi to pi and latitude of a direction, with finite gradients at the poles."""
    square = torch.addcmul(x * x, y, y)
    if x.requires_grad:
        at_pole = square < 1e-60
        square = torch.where(at_pole, 1e-60, square)
        x = torch.where(at_pole, 1.0, x)
    return torch.atan2(y, x), torch.atan(z / torch.sqrt(square))
