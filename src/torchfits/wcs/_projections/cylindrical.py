# SPDX-License-Identifier: BSD-3-Clause
"""Cylindrical projections (Paper II, section 5.2): x is the native longitude, scaled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from .native import (
    AT_POLE,
    COSINE_OF_POLE,
    TINY,
    kept,
    latitude,
    margin,
    no_parameters,
    polar,
    rooted,
)
from .projection import Direction, Parameters, Plane, Projection

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


def _cyp_to_sphere(cylinder: _Perspective, x: torch.Tensor, y: torch.Tensor) -> Direction:
    """Equations 82 and 83, both multiplied by 1 + eta^2."""
    phi, eta = x / cylinder.radius, y / (cylinder.mu + cylinder.radius)
    square, slack = eta * eta, _SLACK
    discriminant = 1.0 + (1.0 - cylinder.mu**2) * square
    root = rooted(discriminant)
    across = root - cylinder.mu * square
    inside = torch.minimum(discriminant * 1e-5, across) + slack * square
    inside = torch.minimum(inside + slack, margin(phi, math.pi, _SLACK))
    across = across.clamp(min=0.0)
    height = eta * (root + cylinder.mu)
    return kept(inside, across * torch.cos(phi), across * torch.sin(phi), height)


def _cyp_to_plane(
    cylinder: _Perspective, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor
) -> Plane:
    """Equations 80 and 81."""
    phi, across = polar(u, v)
    depth = torch.clamp(across, min=COSINE_OF_POLE) + cylinder.mu
    height = (cylinder.mu + cylinder.radius) * w / (depth + TINY)
    return kept(depth.abs() - _COSINE_AT_POLE, cylinder.radius * phi, height)


def _conformal_latitude(parameters: Parameters) -> float:
    """CEA: PVi_1."""
    squared_cosine = parameters.get(1, 1.0)
    if not 0.0 < squared_cosine <= 1.0:
        raise ValueError(f"PVi_1 = {squared_cosine} is no squared cosine; it lies in (0, 1]")
    return squared_cosine


def _cea_to_sphere(squared_cosine: float, x: torch.Tensor, y: torch.Tensor) -> Direction:
    sine = y * squared_cosine
    across = rooted((1.0 - sine) * (1.0 + sine))
    inside = torch.minimum(margin(x, math.pi, _SLACK), margin(sine, 1.0, 1e-13))
    return kept(inside, across * torch.cos(x), across * torch.sin(x), sine)


def _cea_to_plane(
    squared_cosine: float, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor
) -> Plane:
    """Equations 84 and 85: y = sin(theta) / lambda."""
    return polar(u, v)[0], w / squared_cosine


def _car_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    across = torch.cos(y)
    inside = torch.minimum(margin(x, math.pi, _SLACK), margin(y, 0.5 * math.pi, _SLACK))
    return kept(inside, across * torch.cos(x), across * torch.sin(x), torch.sin(y))


def _car_to_plane(_: None, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equations 87 and 88: y = theta."""
    phi, across = polar(u, v)
    return phi, latitude(across, w)


def _mer_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    """Equation 91, 2 atan(exp(y)) - 90 degrees, multiplied by cosh(y) = 1 / cos(theta)."""
    height = torch.sinh(y.clamp(-200.0, 200.0))
    return kept(margin(x, math.pi, _SLACK), torch.cos(x), torch.sin(x), height)


def _mer_to_plane(_: None, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equation 90: ln((1 + |w|) / cos(theta)), whose argument less 1 is exact at the equator."""
    phi, across = polar(u, v)
    inside = across - _COSINE_AT_POLE
    size, across = w.abs(), torch.clamp(across, min=_COSINE_AT_POLE)
    excess = torch.addcdiv(size, w * w, 1.0 + across) / across
    return kept(inside, phi, torch.copysign(torch.log1p(excess), w))


FAMILY: dict[str, Projection] = {
    "CYP": Projection("CYP", 0.0, _perspective, _cyp_to_sphere, _cyp_to_plane),
    "CEA": Projection("CEA", 0.0, _conformal_latitude, _cea_to_sphere, _cea_to_plane),
    "CAR": Projection("CAR", 0.0, no_parameters, _car_to_sphere, _car_to_plane),
    "MER": Projection("MER", 0.0, no_parameters, _mer_to_sphere, _mer_to_plane),
}
