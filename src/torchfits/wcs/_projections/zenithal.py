# SPDX-License-Identifier: BSD-3-Clause
"""Zenithal projections with closed formulas both ways (Paper II, section 5.1).

With s the distance from the native pole, x = R(s) sin(phi) and y = -R(s) cos(phi). Here u, v, w is
the native direction: sin(s) sin(phi) = v, sin(s) cos(phi) = u, cos(s) = w. R / sin(s) has no
singularity at the pole. `versine` is 1 - cos(s).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from .native import (
    AT_POLE,
    LEAST_DEPTH,
    kept,
    length,
    no_parameters,
    nudged,
    opposite,
    radius,
    rooted,
)
from .perspective import AZP, SZP
from .projection import Direction, Parameters, Plane, Projection
from .zenithal_inverted import AIR, ZPN


def _tan_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    return -y, x, torch.ones_like(x)


def _tan_to_plane(_: None, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equation 54: R = cot(theta); the hemisphere of the pole."""
    factor = 1.0 / torch.clamp(w, min=LEAST_DEPTH)
    return kept(w - LEAST_DEPTH, v * factor, -u * factor)


def _stg_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    square = torch.addcmul(x * x, y, y)
    return -4.0 * y, 4.0 * x, 4.0 - square


def _stg_to_plane(_: None, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equation 55: R = 2 tan(s / 2) = 2 sin(s) / (1 + cos(s))."""
    height = opposite(u, v, w)
    factor = 2.0 / torch.clamp(height, min=AT_POLE)
    return kept(height - AT_POLE, v * factor, -u * factor)


@dataclass(frozen=True)
class _Slant:
    """PVi_1 and PVi_2 of SIN."""

    xi: float
    eta: float


_UPRIGHT = _Slant(0.0, 0.0)


def _slant(parameters: Parameters) -> _Slant:
    return _Slant(parameters.get(1, 0.0), parameters.get(2, 0.0))


def _sin_to_sphere(slant: _Slant, x: torch.Tensor, y: torch.Tensor) -> Direction:
    """Equations 60 to 62 inverted: a quadratic for the versine; the solution next to the pole."""
    square = torch.addcmul(x * x, y, y)
    if slant == _UPRIGHT:
        rest = 1.0 - square
        return kept(rest + 2e-15, -y, x, rooted(rest))
    middle = 1.0 + slant.xi * x + slant.eta * y
    # middle^2 - (1 + xi^2 + eta^2) square, without its terms that cancel
    turn = slant.eta * x - slant.xi * y
    discriminant = torch.addcmul(2.0 * middle - 1.0 - square, turn, turn, value=-1.0)
    inside = torch.minimum(discriminant + 2e-15, middle)
    versine = square / torch.clamp(middle + rooted(discriminant), min=LEAST_DEPTH)
    return kept(inside, slant.eta * versine - y, x - slant.xi * versine, 1.0 - versine)


def _sin_to_plane(slant: _Slant, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equations 61 and 62; the hemisphere that the slanted rays meet first."""
    if slant == _UPRIGHT:
        return kept(w + LEAST_DEPTH, v, -u)
    inside = torch.add(w, v, alpha=slant.xi) - (slant.eta * u - LEAST_DEPTH)
    versine = opposite(u, v, -w)
    return kept(inside, v + slant.xi * versine, slant.eta * versine - u)


def _arc_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    distance = radius(x, y)
    scale = torch.sin(distance) / distance
    inside = (math.pi + 2e-15) - distance
    return kept(inside, -y * scale, x * scale, torch.cos(distance))


def _arc_to_plane(_: None, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equation 67: R = s."""
    u = nudged(u)
    sine = length(u, v)
    scale = torch.atan2(sine, w) / sine
    return v * scale, -u * scale


def _zea_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    versine = 0.5 * torch.addcmul(x * x, y, y)
    rest = 1.0 - 0.5 * versine
    scale = rooted(rest)
    return kept(rest + 1e-14, -y * scale, x * scale, 1.0 - versine)


def _zea_to_plane(_: None, u: torch.Tensor, v: torch.Tensor, w: torch.Tensor) -> Plane:
    """Equation 69: R = 2 sin(s / 2) = sin(s) sqrt(2 / (1 + cos(s)))."""
    u = nudged(u)
    factor = torch.sqrt(2.0 / opposite(u, v, w))
    return v * factor, -u * factor


FAMILY: dict[str, Projection] = {
    "AZP": AZP,
    "SZP": SZP,
    "TAN": Projection("TAN", 90.0, no_parameters, _tan_to_sphere, _tan_to_plane),
    "STG": Projection("STG", 90.0, no_parameters, _stg_to_sphere, _stg_to_plane),
    "SIN": Projection("SIN", 90.0, _slant, _sin_to_sphere, _sin_to_plane),
    "ARC": Projection("ARC", 90.0, no_parameters, _arc_to_sphere, _arc_to_plane),
    "ZPN": ZPN,
    "ZEA": Projection("ZEA", 90.0, no_parameters, _zea_to_sphere, _zea_to_plane),
    "AIR": AIR,
}
