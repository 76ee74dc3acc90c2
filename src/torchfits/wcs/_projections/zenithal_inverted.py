# SPDX-License-Identifier: BSD-3-Clause
"""Zenithal projections whose radius has no closed inverse (Paper II, sections 5.1.7 and 5.1.8).

The way back to the sphere starts from a table and takes a fixed number of steps of Newton's method,
found when the table is made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Generic, TypeVar

import torch

from .._later import Later
from .inverse_table import SAMPLES, Inverse, InverseTable, inverse_table, steps_needed
from .native import AT_POLE, horner, kept, length, nudged, opposite, radius
from .projection import Direction, Parameters, Plane, Projection

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_TERMS = 30
"""The parameters of ZPN are PVi_0 to PVi_29."""

_LEAST = 1e-36
"""The least radius: quotients by it stay finite, and it moves nothing."""


@dataclass(frozen=True)
class _Both(Generic[T]):
    """A function for the way to the plane, and its inverse."""

    function: T
    inverse: Later[Inverse]


@dataclass(frozen=True)
class _Polynomial:
    """ZPN: the radius as a polynomial of the distance from the pole, ascending up to `limit`."""

    coefficients: tuple[torch.Tensor, ...]
    pairs: tuple[torch.Tensor, ...]
    """Coefficients of the polynomial above those of its derivative."""
    limit: float
    least: float
    greatest: float
    slope: float
    """Below this the derivative counts as this: no quotient by the 0 of the maximum."""
    bend: float
    """Radius at which the higher terms outweigh the linear one."""

    @property
    def range(self) -> float:
        """Of the radius, on the scale of its logarithm."""
        return math.log1p((self.greatest - self.least) / self.bend)

    def argument(self, radius: torch.Tensor) -> torch.Tensor:
        """What the distance is a smooth function of, at each scale and up to the maximum."""
        return torch.sqrt(
            (self.range - torch.log1p((radius - self.least) / self.bend)).clamp(min=0.0)
        )

    def step(
        self, distance: torch.Tensor, wanted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One of Newton's steps, and the difference that it is for."""
        value, slope = horner(self.pairs, distance.reshape(1, -1)).unbind()
        difference = value.reshape(distance.shape) - wanted
        slope = slope.reshape(distance.shape).clamp(min=self.slope)
        return (distance - difference / slope).clamp(0.0, self.limit), difference


def _polynomial(parameters: Parameters) -> _Both[_Polynomial]:
    degree = max((m for m, number in parameters.items() if number and m < _TERMS), default=0)
    numbers = [parameters.get(m, 0.0) for m in range(degree + 1)]
    if degree == 0 or numbers[1] <= 0.0:
        raise ValueError("ZPN needs a PVi_1 above 0, for the radius has to grow at the pole")
    return _tabulated(tuple(numbers))


@lru_cache(64)
def _tabulated(numbers: tuple[float, ...]) -> _Both[_Polynomial]:
    """The polynomial; the images of one camera share it, and its inverse."""
    derivative = [m * number for m, number in enumerate(numbers)][1:]
    both = torch.tensor((numbers, [*derivative, 0.0]), dtype=torch.float64)
    limit = _first_maximum(derivative, both[1].unbind())
    polynomial = _Polynomial(
        both[0].unbind(),
        both.T.unsqueeze(2).unbind(),
        limit,
        numbers[0],
        _value(numbers, limit),
        1e-8 * numbers[1],
        _bend(numbers, limit),
    )
    if not polynomial.bend > 0.0 or not 0.0 < polynomial.range < math.inf:
        raise ValueError("the radius of these PVi_m does not grow from the pole on; correct them")
    return _Both(polynomial, Later(partial(_inverse, polynomial)))


def _inverse(polynomial: _Polynomial) -> Inverse:
    """The table gives the distance by `argument`."""
    limit, least, greatest = polynomial.limit, polynomial.least, polynomial.greatest
    share = torch.linspace(0.0, 1.0, SAMPLES, dtype=torch.float64)
    distances = limit * (1.0 - (share * share if limit == math.pi else share))
    radii = horner(polynomial.coefficients, distances).clamp(least, greatest)
    table = inverse_table(polynomial.argument(radii), distances)
    tested = torch.cat((radii[1:-1:2], least + (greatest - least) * share[1::2] ** 6))
    start = table.at(polynomial.argument(tested))
    return Inverse(table, greatest, steps_needed(polynomial.step, start, tested))


def _bend(numbers: tuple[float, ...], distance: float) -> float:
    while distance > 1e-6 and _value(numbers, distance) - numbers[0] > 2.0 * numbers[1] * distance:
        distance *= 0.5
    return numbers[1] * distance


def _first_maximum(derivative: list[float], terms: tuple[torch.Tensor, ...]) -> float:
    """Distance up to which the radius grows, looked for by degrees as wcslib does."""
    falling = (horner(terms, _degrees()) <= 0.0).tolist() if len(derivative) > 1 else []
    if True not in falling:
        return math.pi
    above = math.radians(falling.index(True) + 1.0)
    below = above - math.radians(1.0)
    while below < (middle := 0.5 * (below + above)) < above:
        below, above = (middle, above) if _value(derivative, middle) > 0.0 else (below, middle)
    return below


@cache
def _degrees() -> torch.Tensor:
    """The distances from 1 to 179 degrees."""
    return torch.arange(1, 180, dtype=torch.float64) * (math.pi / 180.0)


def _value(numbers: Sequence[float], argument: float) -> float:
    result = 0.0
    for number in reversed(numbers):
        result = result * argument + number
    return result


def _zpn_to_sphere(zpn: _Both[_Polynomial], x: torch.Tensor, y: torch.Tensor) -> Direction:
    polynomial, inverse = zpn.function, zpn.inverse.value
    reach = radius(x, y).clamp(min=_LEAST)
    slack = 1e-13 + 1e-15 * polynomial.greatest
    lower, upper = polynomial.least - slack, polynomial.greatest + slack
    inside = torch.minimum(reach - lower, upper - reach)
    wanted = reach.clamp(polynomial.least, polynomial.greatest)
    distance = inverse.table.at(polynomial.argument(wanted.detach()))
    for _ in range(inverse.steps):
        distance, _difference = polynomial.step(distance, wanted)
    scale = torch.sin(distance) / reach
    return kept(inside, -y * scale, x * scale, torch.cos(distance))


def _zpn_to_plane(
    zpn: _Both[_Polynomial], u: torch.Tensor, v: torch.Tensor, w: torch.Tensor
) -> Plane:
    """Equation 68: R = sum of P_m s^m."""
    polynomial = zpn.function
    u = nudged(u)
    sine = length(u, v)
    distance = torch.atan2(sine, w)
    scale = horner(polynomial.coefficients, distance) / sine
    return kept((polynomial.limit + 1e-13) - distance, v * scale, -u * scale)


@dataclass(frozen=True)
class _Airy:
    """AIR: what stands before T = tan(xi), xi = s / 2, in R(T) = ln(1 + T^2) / T + factor T."""

    factor: float

    def step(
        self, tangent: torch.Tensor, wanted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One of Newton's steps, and the difference that it is for."""
        square = (tangent * tangent).clamp(min=_LEAST)
        mean = torch.log1p(square) / square
        difference = torch.addcmul(-wanted, tangent, mean + self.factor)
        slope = (2.0 / (1.0 + square) - mean + self.factor).clamp(min=1e-12)
        return (tangent - difference / slope).clamp(min=0.0), difference


def _airy(parameters: Parameters) -> _Both[_Airy]:
    latitude = parameters.get(1, 90.0)
    if latitude <= -90.0:
        raise ValueError(f"PVi_1 = {latitude} has to be above -90 degrees")
    cosine = math.cos(math.radians(90.0 - latitude) / 2.0)
    squared_sine = math.sin(math.radians(90.0 - latitude) / 2.0) ** 2
    factor = -math.log1p(-squared_sine) * cosine**2 / squared_sine if squared_sine else 1.0
    airy = _Airy(factor)
    return _Both(airy, Later(partial(_air_inverse, airy)))


def _air_inverse(airy: _Airy) -> Inverse:
    """The table gives T / (1 + T) by R / (1 + R)."""
    share = torch.linspace(0.0, 1.0, SAMPLES, dtype=torch.float64)
    tangents = (share / (1.0 - share)).clamp(max=1e15)
    squares = (tangents * tangents).clamp(min=_LEAST)
    radii = tangents * (torch.log1p(squares) / squares + airy.factor)
    falling = torch.nonzero(radii.diff() <= 0.0)  # where theta_b is below -76 degrees
    last = int(falling[0]) if len(falling) else SAMPLES - 1
    table = inverse_table((radii / (1.0 + radii))[: last + 1], share[: last + 1])
    tested = radii[1:last]
    steps = steps_needed(airy.step, _air_start(table, tested), tested)
    return Inverse(table, float(radii[last]), steps)


def _air_start(table: InverseTable, wanted: torch.Tensor) -> torch.Tensor:
    """The tangent, roughly."""
    share = table.at(wanted / (1.0 + wanted))
    return share / (1.0 - share).clamp(min=1e-16)


def _air_to_sphere(air: _Both[_Airy], x: torch.Tensor, y: torch.Tensor) -> Direction:
    airy, inverse = air.function, air.inverse.value
    reach = radius(x, y).clamp(min=_LEAST)
    wanted = reach.clamp(max=inverse.greatest)
    tangent = _air_start(inverse.table, wanted.detach())
    for _ in range(inverse.steps):
        tangent, _difference = airy.step(tangent, wanted)
    scale = 2.0 * tangent / reach
    inside = inverse.greatest * (1.0 + 1e-16) - reach
    return kept(inside, -y * scale, x * scale, 1.0 - tangent * tangent)


def _air_to_plane(air: _Both[_Airy], u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equations 70 and 71, with sin^2(xi) = (1 - w) / 2, and divided by sin(s)."""
    squared_sine = (0.5 * opposite(u, v, -w)).clamp(min=_LEAST)
    height = opposite(u, v, w)
    doubled = torch.clamp(height, min=AT_POLE)  # twice the squared cosine
    logarithm = torch.log1p(-squared_sine.clamp(max=0.5)) + torch.log(doubled.clamp(max=1.0))
    scale = air.function.factor / doubled - 0.5 * logarithm / squared_sine
    return kept(height - AT_POLE, v * scale, -u * scale)


ZPN = Projection("ZPN", 90.0, _polynomial, _zpn_to_sphere, _zpn_to_plane)
AIR = Projection("AIR", 90.0, _airy, _air_to_sphere, _air_to_plane)
