# SPDX-License-Identifier: BSD-3-Clause
"""Zenithal projections whose radius has no closed inverse (Paper II, sections 5.1.7 and 5.1.8).

The way back to the sphere starts from a table and takes a fixed number of steps of Newton's method,
found when the table is made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from .inverse_table import SAMPLES, InverseTable, inverse_table, steps_needed
from .native import AT_POLE, horner, kept, length, nudged, opposite, radius
from .projection import Direction, Parameters, Plane, Projection

if TYPE_CHECKING:
    from collections.abc import Sequence

_TERMS = 30
"""The parameters of ZPN are PVi_0 to PVi_29."""

_LEAST = 1e-36
"""The least radius: quotients by it stay finite, and it moves nothing."""


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
    table: InverseTable
    """Distance by `argument`."""
    steps: int

    def argument(self, radius: torch.Tensor) -> torch.Tensor:
        """What the distance is a smooth function of, at each scale and up to the maximum."""
        range_ = math.log1p((self.greatest - self.least) / self.bend)
        return torch.sqrt((range_ - torch.log1p((radius - self.least) / self.bend)).clamp(min=0.0))

    def step(
        self, distance: torch.Tensor, wanted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One of Newton's steps, and the difference that it is for."""
        value, slope = horner(self.pairs, distance.reshape(1, -1)).unbind()
        difference = value.reshape(distance.shape) - wanted
        slope = slope.reshape(distance.shape).clamp(min=self.slope)
        return (distance - difference / slope).clamp(0.0, self.limit), difference

    def start(self, wanted: torch.Tensor) -> torch.Tensor:
        """The distance, roughly."""
        return self.table.at(self.argument(wanted.detach()))


def _polynomial(parameters: Parameters) -> _Polynomial:
    degree = max((m for m, number in parameters.items() if number and m < _TERMS), default=0)
    numbers = [parameters.get(m, 0.0) for m in range(degree + 1)]
    if degree == 0 or numbers[1] <= 0.0:
        raise ValueError("ZPN needs a PVi_1 above 0, for the radius has to grow at the pole")
    return _tabulated(tuple(numbers))


@lru_cache(64)
def _tabulated(numbers: tuple[float, ...]) -> _Polynomial:
    """The polynomial and its inverse, which takes longer to make than all else of a WCS.

    The images of one camera share it.
    """
    derivative = [m * number for m, number in enumerate(numbers)][1:]
    both = torch.tensor((numbers, [*derivative, 0.0]), dtype=torch.float64)
    coefficients = both[0].unbind()
    limit = _first_maximum(derivative, both[1].unbind())
    least, greatest = numbers[0], _value(numbers, limit)
    share = torch.linspace(0.0, 1.0, SAMPLES, dtype=torch.float64)
    distances = limit * (1.0 - (share * share if limit == math.pi else share))
    radii = horner(coefficients, distances).clamp(least, greatest)
    polynomial = _Polynomial(
        coefficients,
        both.T.unsqueeze(2).unbind(),
        limit,
        least,
        greatest,
        1e-8 * numbers[1],
        _bend(numbers, limit),
        InverseTable(distances, 1.0),
        0,
    )
    table = inverse_table(polynomial.argument(radii), distances)
    polynomial = replace(polynomial, table=table)
    tested = torch.cat((radii[1:-1:2], least + (greatest - least) * share[1::2] ** 6))
    return replace(
        polynomial, steps=steps_needed(polynomial.step, polynomial.start(tested), tested)
    )


def _bend(numbers: tuple[float, ...], distance: float) -> float:
    while distance > 1e-6 and _value(numbers, distance) - numbers[0] > 2.0 * numbers[1] * distance:
        distance *= 0.5
    return numbers[1] * distance


def _first_maximum(derivative: list[float], terms: tuple[torch.Tensor, ...]) -> float:
    """Distance up to which the radius grows, looked for by degrees as wcslib does."""
    degrees = torch.arange(1 if len(derivative) > 1 else 180, 180, dtype=torch.float64)
    falling = torch.nonzero(horner(terms, degrees * (math.pi / 180.0)) <= 0.0)
    if not len(falling):
        return math.pi
    above = math.radians(float(falling[0]) + 1.0)
    below = above - math.radians(1.0)
    while below < (middle := 0.5 * (below + above)) < above:
        below, above = (middle, above) if _value(derivative, middle) > 0.0 else (below, middle)
    return below


def _value(numbers: Sequence[float], argument: float) -> float:
    result = 0.0
    for number in reversed(numbers):
        result = result * argument + number
    return result


def _zpn_to_sphere(polynomial: _Polynomial, x: torch.Tensor, y: torch.Tensor) -> Direction:
    reach = radius(x, y).clamp(min=_LEAST)
    slack = 1e-13 + 1e-15 * polynomial.greatest
    lower, upper = polynomial.least - slack, polynomial.greatest + slack
    inside = torch.minimum(reach - lower, upper - reach)
    wanted = reach.clamp(polynomial.least, polynomial.greatest)
    distance = polynomial.start(wanted)
    for _ in range(polynomial.steps):
        distance, _difference = polynomial.step(distance, wanted)
    scale = torch.sin(distance) / reach
    return kept(inside, -y * scale, x * scale, torch.cos(distance))


def _zpn_to_plane(
    polynomial: _Polynomial, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor
) -> Plane:
    """Equation 68: R = sum of P_m s^m."""
    u = nudged(u)
    sine = length(u, v)
    distance = torch.atan2(sine, w)
    scale = horner(polynomial.coefficients, distance) / sine
    return kept((polynomial.limit + 1e-13) - distance, v * scale, -u * scale)


@dataclass(frozen=True)
class _Airy:
    """AIR: what stands before tan(xi), and the inverse for T = tan(xi), xi = s / 2.

    R(T) = ln(1 + T^2) / T + factor T. The table gives T / (1 + T) by R / (1 + R).
    """

    factor: float
    greatest: float
    table: InverseTable
    steps: int

    def step(
        self, tangent: torch.Tensor, wanted: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One of Newton's steps, and the difference that it is for."""
        square = (tangent * tangent).clamp(min=_LEAST)
        mean = torch.log1p(square) / square
        difference = torch.addcmul(-wanted, tangent, mean + self.factor)
        slope = (2.0 / (1.0 + square) - mean + self.factor).clamp(min=1e-12)
        return (tangent - difference / slope).clamp(min=0.0), difference

    def start(self, wanted: torch.Tensor) -> torch.Tensor:
        """The tangent, roughly."""
        share = self.table.at(wanted.detach() / (1.0 + wanted.detach()))
        return share / (1.0 - share).clamp(min=1e-16)


def _airy(parameters: Parameters) -> _Airy:
    latitude = parameters.get(1, 90.0)
    if latitude <= -90.0:
        raise ValueError(f"PVi_1 = {latitude} has to be above -90 degrees")
    cosine = math.cos(math.radians(90.0 - latitude) / 2.0)
    squared_sine = math.sin(math.radians(90.0 - latitude) / 2.0) ** 2
    factor = -math.log1p(-squared_sine) * cosine**2 / squared_sine if squared_sine else 1.0
    share = torch.linspace(0.0, 1.0, SAMPLES, dtype=torch.float64)
    tangents = (share / (1.0 - share)).clamp(max=1e15)
    squares = (tangents * tangents).clamp(min=_LEAST)
    radii = tangents * (torch.log1p(squares) / squares + factor)
    falling = torch.nonzero(radii.diff() <= 0.0)  # where theta_b is below -76 degrees
    last = int(falling[0]) if len(falling) else SAMPLES - 1
    table = inverse_table((radii / (1.0 + radii))[: last + 1], share[: last + 1])
    airy = _Airy(factor, float(radii[last]), table, 0)
    tested = radii[1:last]
    return replace(airy, steps=steps_needed(airy.step, airy.start(tested), tested))


def _air_to_sphere(airy: _Airy, x: torch.Tensor, y: torch.Tensor) -> Direction:
    reach = radius(x, y).clamp(min=_LEAST)
    wanted = reach.clamp(max=airy.greatest)
    tangent = airy.start(wanted)
    for _ in range(airy.steps):
        tangent, _difference = airy.step(tangent, wanted)
    scale = 2.0 * tangent / reach
    inside = airy.greatest * (1.0 + 1e-16) - reach
    return kept(inside, -y * scale, x * scale, 1.0 - tangent * tangent)


def _air_to_plane(airy: _Airy, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equations 70 and 71, with sin^2(xi) = (1 - w) / 2, and divided by sin(s)."""
    squared_sine = (0.5 * opposite(u, v, -w)).clamp(min=_LEAST)
    height = opposite(u, v, w)
    doubled = torch.clamp(height, min=AT_POLE)  # twice the squared cosine
    logarithm = torch.log1p(-squared_sine.clamp(max=0.5)) + torch.log(doubled.clamp(max=1.0))
    scale = airy.factor / doubled - 0.5 * logarithm / squared_sine
    return kept(height - AT_POLE, v * scale, -u * scale)


ZPN = Projection("ZPN", 90.0, _polynomial, _zpn_to_sphere, _zpn_to_plane)
AIR = Projection("AIR", 90.0, _airy, _air_to_sphere, _air_to_plane)
