# SPDX-License-Identifier: BSD-3-Clause
"""Perspective zenithal projections, whose plane may be tilted (Paper II, sections 5.1.1, 5.1.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from .native import LEAST_DEPTH, kept, opposite, rooted
from .projection import Direction, Parameters, Plane, Projection


@dataclass(frozen=True)
class _Tilt:
    """AZP: the distance of the centre of projection, and the tilt of the plane."""

    mu: float
    sine: float
    cosine: float


def _tilt(parameters: Parameters) -> _Tilt:
    mu, gamma = parameters.get(1, 0.0), parameters.get(2, 0.0)
    if mu == -1.0:
        raise ValueError("PVi_1 = -1 puts the centre of projection on the native pole")
    if abs(gamma) % 180.0 == 90.0:
        raise ValueError(f"PVi_2 = {gamma} turns the plane of projection edge on; use less than 90")
    return _Tilt(mu, math.sin(math.radians(gamma)), math.cos(math.radians(gamma)))


def _azp_to_sphere(tilt: _Tilt, x: torch.Tensor, y: torch.Tensor) -> Direction:
    """Equations 26 to 30, multiplied by the distance of the plane instead of divided by it.

    Of the two points on a ray the one is taken whose native latitude is from -90 to 90 degrees,
    and the higher of these.
    """
    mu = tilt.mu
    y_plane = tilt.cosine * y
    distance = (mu + 1.0) + tilt.sine * y
    square = torch.addcmul(x * x, y_plane, y_plane)
    discriminant = torch.addcmul((1.0 - mu * mu) * square, distance, distance)
    inside = torch.add(discriminant, torch.addcmul(square, distance, distance), alpha=2e-13)
    root = torch.copysign(rooted(discriminant), distance)
    root = torch.copysign(root, root * (mu * distance + root))
    across = mu * distance + root
    above = distance * root - mu * square
    inside = torch.minimum(inside, across)
    return kept(inside, -y_plane * across, x * across, above)


def _azp_to_plane(tilt: _Tilt, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equations 20 and 21, in front of the limb and of the plane through the centre."""
    mu, side = tilt.mu, math.copysign(1.0, tilt.mu + 1.0)
    depth = side * (mu + w + (tilt.sine / tilt.cosine) * u)
    inside = depth - LEAST_DEPTH
    if abs(mu) > 1.0:
        inside = torch.minimum(inside, w + (1.0 / mu + 1e-16))
    factor = abs(mu + 1.0) / torch.clamp(depth, min=LEAST_DEPTH)
    return kept(inside, v * factor, u * factor * (-1.0 / tilt.cosine))


@dataclass(frozen=True)
class _Centre:
    """SZP: the centre of projection, in the coordinates of the plane."""

    mu: float
    x: float
    y: float
    z: float


def _centre(parameters: Parameters) -> _Centre:
    mu, phi, theta = parameters.get(1, 0.0), parameters.get(2, 0.0), parameters.get(3, 90.0)
    phi, theta = math.radians(phi), math.radians(theta)
    z = mu * math.sin(theta) + 1.0
    if z == 0.0:
        raise ValueError("PVi_1 and PVi_3 put the centre of projection into the plane; change one")
    across = 0.0 if parameters.get(3, 90.0) == 90.0 else mu * math.cos(theta)
    return _Centre(mu, -across * math.sin(phi), across * math.cos(phi), z)


def _szp_to_sphere(centre: _Centre, x: torch.Tensor, y: torch.Tensor) -> Direction:
    """Equations 38 to 42: the slanted SIN whose slant differs from ray to ray."""
    xi = (x - centre.x) * (1.0 / centre.z)
    eta = (y - centre.y) * (1.0 / centre.z)
    square = torch.addcmul(x * x, y, y)
    middle = torch.addcmul(1.0 + x * xi, y, eta)
    # middle^2 - (1 + xi^2 + eta^2) square, without its terms that cancel
    turn = torch.sub(y * (centre.x / centre.z), x, alpha=centre.y / centre.z)
    discriminant = torch.addcmul(2.0 * middle - 1.0 - square, turn, turn, value=-1.0)
    inside = torch.minimum(discriminant, middle)
    versine = square / torch.clamp(middle + rooted(discriminant), min=LEAST_DEPTH)
    return kept(inside, eta * versine - y, x - xi * versine, 1.0 - versine)


def _szp_to_plane(centre: _Centre, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equations 36 and 37; in front of the limb and of the plane through the centre."""
    side = math.copysign(1.0, centre.z)
    depth = side * ((centre.z - 1.0) + w)
    inside = depth - LEAST_DEPTH
    if abs(centre.mu) > 1.0:
        limb = 1.0 + (centre.z - 1.0) * w - centre.x * v + centre.y * u
        inside = torch.minimum(inside, side * limb)
    factor = side / torch.clamp(depth, min=LEAST_DEPTH)
    versine = opposite(u, v, -w)
    x = (centre.z * v - centre.x * versine) * factor
    return kept(inside, x, -(centre.z * u + centre.y * versine) * factor)


AZP = Projection("AZP", 90.0, _tilt, _azp_to_sphere, _azp_to_plane)
SZP = Projection("SZP", 90.0, _centre, _szp_to_sphere, _szp_to_plane)
