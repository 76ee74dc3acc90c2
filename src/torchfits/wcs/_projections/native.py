# SPDX-License-Identifier: BSD-3-Clause
"""Native longitude and latitude, lengths and validity, as all projections use them.

No function here branches on values. A choice between formulas is made by clamping, because
`torch.where` costs more than a sine; and a point without an image gets its NaN at the very end, so
that everything before stays finite.
"""

from __future__ import annotations

from math import inf, pi, radians
from typing import TYPE_CHECKING, overload

import torch

if TYPE_CHECKING:
    from .projection import Direction, Parameters, Plane

HALF_PI = pi / 2

TINY = 1e-150
"""Keeps divisors and square roots off zero; its square is still a normal number."""

SQUARE_OF_TINY = TINY * TINY

COSINE_OF_POLE = 6e-17
"""What the cosine of 90 degrees is in double precision."""

SLACK = radians(1e-12)
"""How far beyond its limits a native coordinate may be by rounding."""

AT_POLE = 1e-32
"""Versine of what is the pole itself: half the last place of 90 degrees away from it."""

LEAST_DEPTH = 1e-15
"""Rounding of a direction; what comes nearer to the edge of a projection lies on it."""


def polar(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Angle from x towards y, and radius; finite gradients at the origin, where the angle is 0."""
    x = x + TINY
    return torch.atan2(y, x), length(x, y)


def length(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The square root of the sum of squares, which must not be 0 where gradients are wanted."""
    return torch.sqrt(torch.addcmul(x * x, y, y))


def radius(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Distance from the origin, above 0 there, with a gradient of 0 there."""
    least = 1e-200 if x.dtype == torch.float64 else 1e-36
    return torch.sqrt(torch.addcmul(x * x + least, y, y))


def rooted(square: torch.Tensor) -> torch.Tensor:
    """Square root, of 0 where it has none; its gradient is finite there."""
    return torch.sqrt(square.clamp(min=1e-200 if square.dtype == torch.float64 else 1e-36))


def nudged(u: torch.Tensor) -> torch.Tensor:
    """Moved by nothing that counts, so that the pole itself has a native longitude of 0."""
    return u + (1e-100 if u.dtype == torch.float64 else 1e-18)


def opposite(u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """1 + w of a direction, to full relative accuracy at the pole where it vanishes."""
    return risen(torch.addcmul(u * u, v, v), w)


def risen(square: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    """1 + sine, of the square of the cosine, to full relative accuracy.

    With s = |sine| it is (1 - s) + (s + sine), where 1 - s = square / (1 + s).
    """
    size = sine.abs()
    return square / (1.0 + size) + (size + sine)


def horner(coefficients: tuple[torch.Tensor, ...], t: torch.Tensor) -> torch.Tensor:
    """A polynomial in t, of two or more coefficients, ascending, each a number or several."""
    result = t * coefficients[-1] + coefficients[-2]  # addcmul is slow with two numbers
    for coefficient in coefficients[-3::-1]:
        result = torch.addcmul(coefficient, result, t)
    return result


def floor_of(margin: torch.Tensor) -> torch.Tensor:
    """A lower bound for the results: none where `margin` is above 0, else NaN.

    `torch.clamp` with it gives NaN to what is outside, and stops the gradient there.
    """
    return torch.clamp(margin.detach(), min=0.0) * -inf


@overload
def kept(inside: torch.Tensor, x: torch.Tensor, y: torch.Tensor, /) -> Plane: ...
@overload
def kept(
    inside: torch.Tensor, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor, /
) -> Direction: ...
def kept(inside: torch.Tensor, *parts: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The values of the points where `inside` is above 0; NaN elsewhere, with a gradient of 0."""
    floor = floor_of(inside)
    return tuple(torch.clamp(part, min=floor) for part in parts)


def margin(angle: torch.Tensor, limit: float, slack: float = SLACK) -> torch.Tensor:
    """How far an angle, of either sign, is from its limit; above 0 inside."""
    return (limit + slack) - angle.abs()


def of_a_turn(phi: torch.Tensor) -> torch.Tensor:
    """Any longitude; what is beyond pi is nowhere, and slow to take a sine of."""
    return torch.clamp(phi, -4.0, 4.0)


def of_a_half_turn(theta: torch.Tensor) -> torch.Tensor:
    """Any latitude; what is beyond a pole by rounding is the pole."""
    return torch.clamp(theta, -HALF_PI, HALF_PI)


def no_parameters(_: Parameters) -> None:
    """For projections without any."""


def required(parameters: Parameters, index: int, code: str) -> float:
    """A parameter without a default, as it is in the header."""
    if index not in parameters:
        message = f"PVi_{index} is missing: {code} has no default for it; add PVi_{index}"
        raise ValueError(message)
    return float(parameters[index])
