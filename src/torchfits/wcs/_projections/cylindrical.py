# SPDX-License-Identifier: BSD-3-Clause
"""Cylindrical projections (Paper II, section 5.2): x is the native longitude, scaled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from .angles import Angle, Latitude
from .native import (
    AT_POLE,
    COSINE_OF_POLE,
    TINY,
    kept,
    margin,
    no_parameters,
    of_a_half_turn,
    rooted,
)
from .projection import ByLongitude, Native, Parameters, Plane

_SLACK = 2e-15
"""Native coordinates may pass their limits by 1e-13 degrees."""

_COSINE_AT_POLE = math.sqrt(AT_POLE)


@dataclass(frozen=True)
class _Perspective:
    """CYP: PVi_1 and PVi_2."""

    mu: float
    radius: float


def _perspective(parameters: Parameters) -> _Perspective:
    mu, radius = parameters.get(1, 1.0), parameters.get(2, 1.0)
    if radius == 0.0:
        raise ValueError("PVi_2 = 0 leaves no cylinder; use a radius above 0")
    if mu + radius == 0.0:
        raise ValueError(f"PVi_1 = {mu} puts the centre of projection on the cylinder; change it")
    return _Perspective(mu, radius)


def _cyp_to_sphere(cylinder: _Perspective, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Equations 82 and 83, both multiplied by 1 + eta^2."""
    phi, eta = x / cylinder.radius, y / (cylinder.mu + cylinder.radius)
    square, slack = eta * eta, _SLACK
    discriminant = 1.0 + (1.0 - cylinder.mu * cylinder.mu) * square
    root = rooted(discriminant)
    across = root - cylinder.mu * square
    inside = torch.minimum(discriminant * 1e-5, across) + slack * square
    inside = torch.minimum(inside + slack, margin(phi, math.pi, _SLACK))
    height = eta * (root + cylinder.mu)
    return inside, Angle(phi), Latitude(across.clamp(min=TINY), height)


def _cyp_to_plane(cylinder: _Perspective, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Equations 80 and 81."""
    depth = torch.clamp(theta.cosine, min=COSINE_OF_POLE) + cylinder.mu
    height = (cylinder.mu + cylinder.radius) * theta.sine / (depth + TINY)
    return kept(depth.abs() - _COSINE_AT_POLE, cylinder.radius * phi, height)


def _conformal_latitude(parameters: Parameters) -> float:
    """CEA: PVi_1."""
    squared_cosine = parameters.get(1, 1.0)
    if not 0.0 < squared_cosine <= 1.0:
        raise ValueError(f"PVi_1 = {squared_cosine} is no squared cosine; it lies in (0, 1]")
    return squared_cosine


def _cea_to_sphere(squared_cosine: float, x: torch.Tensor, y: torch.Tensor) -> Native:
    sine = y * squared_cosine
    across = rooted((1.0 - sine) * (1.0 + sine))
    inside = torch.minimum(margin(x, math.pi, _SLACK), margin(sine, 1.0, 1e-13))
    return inside, Angle(x), Latitude(across, sine)


def _cea_to_plane(squared_cosine: float, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Equations 84 and 85: y = sin(theta) / lambda."""
    return phi, theta.sine / squared_cosine


def _car_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Native:
    inside = torch.minimum(margin(x, math.pi, _SLACK), margin(y, 0.5 * math.pi, _SLACK))
    return inside, Angle(x), Angle(of_a_half_turn(y))


def _car_to_plane(_: None, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Equations 87 and 88: y = theta."""
    return phi, theta.angle


def _mer_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Equation 91, 2 atan(t) - 90 degrees with t = exp(y), its cosine and sine times t^2 + 1."""
    t = torch.exp(y.clamp(-40.0, 40.0))  # which are the poles
    return margin(x, math.pi, _SLACK), Angle(x), Latitude(2.0 * t, t * t - 1.0)


def _mer_to_plane(_: None, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Equation 90: ln((1 + |w|) / cos(theta)), whose argument less 1 is exact at the equator."""
    across, w = theta.cosine, theta.sine
    inside = across - _COSINE_AT_POLE
    size, across = w.abs(), torch.clamp(across, min=_COSINE_AT_POLE)
    excess = torch.addcdiv(size, w * w, 1.0 + across) / across
    return kept(inside, phi, torch.copysign(torch.log1p(excess), w))


FAMILY: dict[str, ByLongitude] = {
    "CYP": ByLongitude("CYP", 0.0, _perspective, _cyp_to_sphere, _cyp_to_plane),
    "CEA": ByLongitude("CEA", 0.0, _conformal_latitude, _cea_to_sphere, _cea_to_plane),
    "CAR": ByLongitude("CAR", 0.0, no_parameters, _car_to_sphere, _car_to_plane),
    "MER": ByLongitude("MER", 0.0, no_parameters, _mer_to_sphere, _mer_to_plane),
}
