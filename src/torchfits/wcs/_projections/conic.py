# SPDX-License-Identifier: BSD-3-Clause
"""Conic projections (Paper II, section 5.4): COP, COE, COD, COO.

PVi_1 is theta_a, the mean latitude of the two standard parallels, and PVi_2 is eta, half of their
difference. All are x = R sin(C phi) and y = Y0 - R cos(C phi), where R is a function of theta and
Y0 is R(theta_a). Radii are positive here: R is turned by the `side` of the cone's apex.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, isfinite, log, pi, radians, sin, sqrt, tan

import torch

from .angles import Angle, Latitude
from .native import (
    HALF_PI,
    SLACK,
    SQUARE_OF_TINY,
    TINY,
    kept,
    margin,
    of_a_half_turn,
    polar,
    required,
    risen,
)
from .projection import ByLongitude, Native, Parameters, Plane

_FLAT = 1e-15
"""A constant of the cone that is 0 but for rounding."""

_HALF_OF_POLE = 5e-17
"""What rounding leaves of the tangent of half the distance from a pole, at the pole."""


@dataclass(frozen=True)
class Cone:
    """What a projection needs of theta_a and eta."""

    side: float
    """Of the apex: 1 north, -1 south."""
    constant: float
    """C."""
    y0: float
    a: float
    """And what follows differs by projection: see the functions that make the cones."""
    b: float
    c: float = 0.0


def _theta_a(parameters: Parameters) -> float:
    """PVi_1, in degrees: the latitude of the reference point."""
    return required(parameters, 1, "a conic projection")


def _parallels(parameters: Parameters) -> tuple[float, float]:
    """theta_a and eta, in radians."""
    theta_a = _theta_a(parameters)
    if theta_a == 0.0:
        message = "PVi_1 = 0 flattens the cone into a cylinder; use a cylindrical projection"
        raise ValueError(message)
    if not abs(theta_a) <= 90.0:
        raise ValueError(f"PVi_1 = {theta_a}: a latitude lies in -90 to 90 degrees")
    return radians(theta_a), radians(parameters.get(2, 0.0))


def _checked(cone: Cone, parameters: Parameters) -> Cone:
    if abs(cone.constant) < _FLAT or not isfinite(cone.constant * cone.y0 * cone.a):
        message = (
            f"PVi_1 = {parameters[1]} and PVi_2 = {parameters.get(2, 0.0)} make no cone; "
            "use standard parallels PVi_1 - PVi_2 and PVi_1 + PVi_2 short of the poles"
        )
        raise ValueError(message)
    return cone


def _unrolled(
    cone: Cone, x: torch.Tensor, y: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Native longitude, positive radius, and how far inside the cut it is.

    That is taken along the parallel, so that rounding does not cut at the apex.
    """
    north = cone.side > 0.0
    alpha, radius = polar(cone.y0 - y if north else y - cone.y0, x if north else -x)
    phi = alpha * (1 / cone.constant)
    rounding = (SLACK + 2e-15 * cone.y0 * cone.y0) * (2.0 + abs(cone.y0))
    return phi, radius, (pi - phi.abs()) * radius + rounding


def _rolled(cone: Cone, phi: torch.Tensor, radius: torch.Tensor) -> Plane:
    """Section 5.4: x = R sin(C phi), y = Y0 - R cos(C phi)."""
    alpha = phi * cone.constant
    radius = cone.side * radius
    return radius * torch.sin(alpha), cone.y0 - radius * torch.cos(alpha)


def _cop(parameters: Parameters) -> Cone:
    """With the sine and the cosine of theta_a, and the cosine of eta."""
    theta_a, eta = _parallels(parameters)
    if abs(eta) >= HALF_PI:
        message = f"PVi_2 = {parameters[2]} must be between -90 and 90 degrees for COP"
        raise ValueError(message)
    side = 1.0 if theta_a > 0.0 else -1.0
    y0 = cos(eta) / tan(theta_a)
    return Cone(side, sin(theta_a), y0, sin(theta_a), cos(theta_a), cos(eta))


def _cop_to_sphere(cone: Cone, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.4.1 turned round: two tangents put together, unnormalised."""
    phi, radius, inside = _unrolled(cone, x, y)
    radius = radius * (1 / cone.c)
    sine = 1 / cone.a - (cone.side * cone.b) * radius
    cosine = torch.clamp(abs(cone.a) * radius, min=TINY)
    return inside, Angle(phi), Latitude(cosine, sine)


def _cop_to_plane(cone: Cone, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.4.1: R = cos(eta) (cot(theta_a) - tan(theta - theta_a)).

    Nothing is seen from the centre at 90 degrees and more from theta_a.
    """
    cosine = theta.cosine
    depth = cosine * cone.b + theta.sine * cone.a
    radius = (cone.c / abs(cone.a)) * cosine / torch.clamp(depth, min=1e-16)
    return kept(depth - 1e-16, *_rolled(cone, phi, radius))


def _coe(parameters: Parameters) -> Cone:
    """With (C R)**2 at the pole of the apex and at the other, and |gamma| = 2 |C|."""
    theta_a, eta = _parallels(parameters)
    sine1, sine2 = sin(theta_a - eta), sin(theta_a + eta)
    gamma = sine1 + sine2
    side = 1.0 if theta_a > 0.0 else -1.0
    if gamma * side <= 0.0:
        return _checked(Cone(side, 0.0, 0.0, 0.0, 0.0), parameters)
    square = 1 + sine1 * sine2 - gamma * sin(theta_a)
    north, south = (1 - sine1) * (1 - sine2), (1 + sine1) * (1 + sine2)
    near, far = (north, south) if side > 0 else (south, north)
    y0 = 2 / gamma * sqrt(max(square, 0.0))
    return _checked(Cone(side, gamma / 2, y0, near, far, abs(gamma)), parameters)


def _coe_to_sphere(cone: Cone, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.4.2 turned round, as the distances from both poles in sin(theta), times gamma."""
    phi, radius, inside = _unrolled(cone, x, y)
    square = radius * radius * (cone.constant * cone.constant)
    near, far = square - cone.a, cone.b - square
    inside = torch.minimum(inside, torch.minimum(near, far) + 2e-12 * cone.c)
    cosine = torch.sqrt(torch.clamp(near * far, min=SQUARE_OF_TINY))
    return inside, Angle(phi), Latitude(cosine, (cone.side * 0.5) * (far - near))


def _coe_to_plane(cone: Cone, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.4.2: R = 2 / gamma sqrt(1 + sin(theta_1) sin(theta_2) - gamma z).

    The distance from the pole of the apex, 1 -+ sin(theta), comes without cancellation.
    """
    versine = risen(theta.cosine.square(), -cone.side * theta.sine)
    radius = torch.sqrt(torch.clamp(cone.a + cone.c * versine, min=SQUARE_OF_TINY))
    return _rolled(cone, phi, (1 / abs(cone.constant)) * radius)


def _cod(parameters: Parameters) -> Cone:
    """With Y0 + theta_a, where R is 0."""
    theta_a, eta = _parallels(parameters)
    constant = sin(theta_a) * (sin(eta) / eta if eta else 1.0)
    side = 1.0 if theta_a > 0.0 else -1.0
    y0 = cos(eta) * cos(theta_a) / constant if constant else 0.0
    return _checked(Cone(side, constant, y0, y0 + theta_a, 0.0), parameters)


def _cod_to_sphere(cone: Cone, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.4.3 turned round."""
    phi, radius, inside = _unrolled(cone, x, y)
    theta = cone.a - radius if cone.side > 0.0 else cone.a + radius
    inside = torch.minimum(inside, margin(theta, HALF_PI))
    return inside, Angle(phi), Angle(of_a_half_turn(theta))


def _cod_to_plane(cone: Cone, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.4.3: R = theta_a - theta + eta cot(eta) cot(theta_a)."""
    return _rolled(cone, phi, cone.side * (cone.a - theta.angle))


def _coo(parameters: Parameters) -> Cone:
    """With |psi|, its logarithm, and |C|."""
    theta_a, eta = _parallels(parameters)
    theta1, theta2 = theta_a - eta, theta_a + eta
    side = 1.0 if theta_a > 0.0 else -1.0
    empty = Cone(side, 0.0, 0.0, 0.0, 0.0)
    if max(abs(theta1), abs(theta2)) > HALF_PI * (1 - 1e-15):
        return _checked(empty, parameters)
    half1, half2 = tan((HALF_PI - theta1) / 2), tan((HALF_PI - theta2) / 2)
    constant = sin(theta_a)
    if eta:
        constant = log(cos(theta2) / cos(theta1)) / log(half2 / half1)
    if constant * side <= 0.0:
        return _checked(empty, parameters)
    psi = cos(theta1) / constant * half1**-constant
    y0 = psi * tan((HALF_PI - theta_a) / 2) ** constant
    return _checked(Cone(side, constant, y0, abs(psi), log(abs(psi)), abs(constant)), parameters)


def _coo_to_sphere(cone: Cone, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.4.4 turned round: t is the tangent of half the distance from the apex's pole."""
    phi, radius, inside = _unrolled(cone, x, y)
    t = torch.exp((torch.log(radius) - cone.b) * (1 / cone.c))
    inside = torch.minimum(inside, 1e100 - t)
    t = torch.clamp(t, 1e-100, 1e100)
    return inside, Angle(phi), Latitude(2.0 * t, cone.side * (1.0 - t * t))


def _coo_to_plane(cone: Cone, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.4.4: R = psi tan((90 - theta) / 2)**C; one pole is at infinity."""
    cosine = theta.cosine
    height = risen(cosine.square(), cone.side * theta.sine)
    t = cosine / torch.clamp(height, min=1e-31)
    t = torch.clamp(t - _HALF_OF_POLE, min=1e-300)
    radius = torch.exp(torch.log(t) * cone.c + cone.b)
    return kept(height - 1e-31, *_rolled(cone, phi, radius))


FAMILY = {
    "COP": ByLongitude("conic perspective", _theta_a, _cop, _cop_to_sphere, _cop_to_plane),
    "COE": ByLongitude("conic equal-area", _theta_a, _coe, _coe_to_sphere, _coe_to_plane),
    "COD": ByLongitude("conic equidistant", _theta_a, _cod, _cod_to_sphere, _cod_to_plane),
    "COO": ByLongitude("conic orthomorphic", _theta_a, _coo, _coo_to_sphere, _coo_to_plane),
}
