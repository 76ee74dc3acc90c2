# SPDX-License-Identifier: BSD-3-Clause
"""Where the native pole of a projection lies on the sky (Paper II, section 2.4).

Angles are degrees. The latitude of the reference point may be a tensor with gradients: cases are
told apart by its value, and what follows from it is computed in torch.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from ._stage import number

Angle = Any  # a float, or a tensor of no dimensions

_TOLERANCE = 1e-10

_ROUNDING = 3e-14
"""Of 90 degrees: two places of the last digit."""


def native_pole(
    latitude: Angle, fiducial: tuple[float, float], lonpole: float, latpole: float
) -> tuple[Angle, Angle]:
    """Latitude of the native pole, and its longitude counted from the reference point.

    `fiducial` is (phi_0, theta_0). `ValueError` tells why there is no such pole.
    """
    if fiducial[1] == 90.0:
        return latitude, 0.0
    pole = _latitude(latitude, fiducial, lonpole, latpole)
    return pole, _longitude(latitude, fiducial, lonpole, pole)


def _latitude(
    latitude: Angle, fiducial: tuple[float, float], lonpole: float, latpole: float
) -> Angle:
    """Equation 8; of two solutions the one that is nearer to LATPOLE."""
    phi, theta = fiducial
    if lonpole == phi:
        middle, distance = theta, 90.0 - latitude
    else:
        x, y = cosine(theta) * cosine(lonpole - phi), sine(theta)
        z = math.hypot(x, y)
        if z == 0.0:
            if number(sine(latitude)) != 0.0:
                raise ValueError(
                    "the latitude of the reference point has to be 0 where its native latitude is"
                    " 0 and LONPOLE lies 90 degrees from its native longitude"
                )
            return min(max(latpole, -90.0), 90.0)
        ratio = sine(latitude) / z
        if abs(number(ratio)) >= 1.0 + _TOLERANCE:
            raise ValueError(
                "the latitude of the reference point has to lie within"
                f" {math.degrees(math.asin(z)):.6g} degrees of the equator for this LONPOLE"
            )
        if abs(number(ratio)) >= 1.0:
            ratio = math.copysign(1.0, number(ratio))
        arc = torch.acos(ratio) if isinstance(ratio, torch.Tensor) else math.acos(ratio)
        middle, distance = math.degrees(math.atan2(y, x)), arc * (180.0 / math.pi)
    solutions = [_half_turn(middle - distance), _half_turn(middle + distance)]
    solutions.sort(key=lambda solution: abs(latpole - number(solution)))
    for solution in solutions:
        if (excess := abs(number(solution)) - 90.0) < _TOLERANCE:
            return solution - math.copysign(max(excess, 0.0), number(solution))
    raise ValueError("no latitude of the native pole agrees with this LONPOLE")


def _longitude(
    latitude: Angle, fiducial: tuple[float, float], lonpole: float, pole: Angle
) -> Angle:
    """Equations 9 and 10, and the cases where either point is a celestial pole."""
    phi, theta = fiducial
    z = cosine(pole) * cosine(latitude)
    if abs(number(z)) < _TOLERANCE:
        if abs(number(cosine(latitude))) < _TOLERANCE:
            return 0.0
        return lonpole - phi - 180.0 if number(pole) > 0.0 else phi - lonpole
    x = (sine(theta) - sine(pole) * sine(latitude)) / z
    y = sine(lonpole - phi) * cosine(theta) / cosine(latitude)
    if not isinstance(x, torch.Tensor):
        return -math.degrees(math.atan2(y, x))
    return torch.atan2(torch.as_tensor(y, dtype=x.dtype, device=x.device), x) * (-180.0 / math.pi)


def about_pole(pole: Angle, longitude: Angle, lonpole: float) -> tuple[float, float] | None:
    """What `rotation` is where the native pole is a celestial one: a sign and a shift.

    Celestial longitude, counted as `native_pole` does, is the sign times the native one, plus the
    shift; celestial latitude is the sign times the native one. `None` for any other pole, and for
    one with gradients, which would leave it.
    """
    if isinstance(pole, torch.Tensor) and pole.requires_grad:
        return None
    if abs(abs(number(pole)) - 90.0) > _ROUNDING:
        return None
    if number(pole) > 0.0:
        return 1.0, math.remainder(number(longitude) + 180.0 - lonpole, 360.0)
    return -1.0, math.remainder(number(longitude) + lonpole, 360.0)


def rotation(pole: Angle, longitude: Angle, lonpole: float) -> torch.Tensor:
    """The matrix from native directions to celestial ones, longitude counted as `native_pole` does.

    Equation 2 with cos(theta) cos(phi), cos(theta) sin(phi), sin(theta) for columns.
    """
    sin_pole, cos_pole = sine(pole), cosine(pole)
    sin_phi, cos_phi = sine(lonpole), cosine(lonpole)
    turn_sin, turn_cos = sine(longitude), cosine(longitude)
    x = (-sin_pole * cos_phi, -sin_pole * sin_phi, cos_pole)
    y = (sin_phi, -cos_phi, 0.0)
    entries = [
        *(turn_cos * a - turn_sin * b for a, b in zip(x, y, strict=True)),
        *(turn_sin * a + turn_cos * b for a, b in zip(x, y, strict=True)),
        *(cos_pole * cos_phi, cos_pole * sin_phi, sin_pole),
    ]
    tensors = [entry for entry in entries if isinstance(entry, torch.Tensor)]
    if not tensors:
        return torch.tensor(entries, dtype=torch.float64).reshape(3, 3)
    like = tensors[0]
    return torch.stack([torch.as_tensor(entry).to(like) for entry in entries]).reshape(3, 3)


def sine(angle: Angle) -> Angle:
    """Sine of degrees, exact at multiples of 90."""
    return _turned_sine(angle, 0)


def cosine(angle: Angle) -> Angle:
    """Cosine of degrees, exact at multiples of 90."""
    return _turned_sine(angle, 1)


def _turned_sine(angle: Angle, quarters: int) -> Angle:
    functions: Any = torch if isinstance(angle, torch.Tensor) else math
    nearest = round(number(angle) / 90.0)
    rest = (angle - 90.0 * nearest) * (math.pi / 180.0)
    quarter = (nearest + quarters) % 4
    result = functions.cos(rest) if quarter % 2 else functions.sin(rest)
    return -result if quarter >= 2 else result


def _half_turn(angle: Angle) -> Angle:
    if number(angle) > 180.0:
        return angle - 360.0
    return angle + 360.0 if number(angle) < -180.0 else angle
