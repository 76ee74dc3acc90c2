# SPDX-License-Identifier: BSD-3-Clause
"""HEALPix projections: HPX of H by K facets, and XPH, the butterfly.

After Calabretta and Roukema (2007, MNRAS 381, 865), and Calabretta and Lowe (2013, PASA 30, e050).

Both are a cylindrical equal-area belt with polar caps of triangular facets that narrow by sigma,
1 at the border of a cap and 0 at its pole. The belt and the caps are one formula here, in which
sigma is 1, or the part of z within the belt is full, by clamping: nothing branches.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import torch

from .angles import Angle, Latitude
from .native import (
    HALF_PI,
    SLACK,
    SQUARE_OF_TINY,
    TINY,
    kept,
    margin,
    no_parameters,
    of_a_turn,
    polar,
)
from .projection import ByLongitude, Direction, Native, Parameters, Plane, Projection

_SLIVER = 1e-13
"""Least sigma that facets are divided by: the pole itself keeps the longitude of its facet."""


@dataclass(frozen=True)
class Facets:
    """H and K in the forms that the formulas take."""

    h: float
    k: float
    step: float
    """2 pi / H: from facet to facet in longitude."""
    ratio: float
    """1 - 1 / K: |z| up to which the projection is cylindrical."""
    slope: float
    """z / y within the belt: 2 H / (pi K)."""
    turned: bool
    """For even K the southern facets are half a step beside the northern ones."""


def _facets(parameters: Parameters) -> Facets:
    h, k = float(parameters.get(1, 4.0)), float(parameters.get(2, 3.0))
    for index, value in ((1, h), (2, k)):
        if not value > 0.0:
            message = f"PVi_{index} = {value} is no number of facets; use 1 or more (4 and 3)"
            raise ValueError(message)
    return Facets(
        h=h,
        k=k,
        step=2 * pi / h,
        ratio=(k - 1) / k,
        slope=2 * h / (pi * k),
        turned=int(k + 0.5) % 2 == 0,
    )


def _from_centre(facets: Facets, longitude: torch.Tensor, south: torch.Tensor) -> torch.Tensor:
    """Longitude from the middle of its facet, in facets: -1/2 to 1/2.

    Whole turns of a facet are its borders; adding H / 2 rounds what is next to one onto it.
    """
    turns = longitude * (1 / facets.step) + 0.5 * facets.h
    offset = turns - torch.clamp(torch.floor(turns), 0.0, facets.h - 1.0) - 0.5
    if not facets.turned:
        return offset
    return offset - 0.5 * torch.copysign(torch.le(south, 0.0).to(offset.dtype), offset)


def _hpx_to_sphere(facets: Facets, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Z = 2 H / (pi K) y in the belt, and beyond |Z| = 1 - sigma**2 / K."""
    height = y * facets.slope
    within = torch.clamp(height, -facets.ratio, facets.ratio)
    beyond = height - within
    size = beyond.abs()
    sigma = torch.rsub(size, 1.0, alpha=0.5 * facets.k)
    sine = torch.addcmul(height, beyond, size, value=-0.25 * facets.k)
    versine = torch.addcmul(facets.ratio - within.abs(), sigma, sigma, value=1 / facets.k)
    cosine = torch.sqrt(torch.clamp(versine * (2.0 - versine), min=SQUARE_OF_TINY))
    del within, beyond, versine  # the fewer live, the more of them stay in the cache
    offset = _from_centre(facets, x, y)
    inside = torch.add(SLACK - offset.abs(), sigma, alpha=0.5)
    if facets.turned:
        inside = torch.minimum(inside, margin(x, pi))
    offset = offset / torch.clamp(sigma, min=_SLIVER)
    phi = torch.addcmul(x, offset, size, value=0.5 * facets.k * facets.step)
    return inside, Angle(of_a_turn(phi)), Latitude(cosine, sine)


def _hpx_to_plane(facets: Facets, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Beyond the belt x = phi_c + (phi - phi_c) sigma, |y| = pi / H ((K + 1) / 2 - sigma)."""
    z = theta.sine
    narrowed = 1.0 - _sigma(facets.k, theta)
    belt = torch.clamp(z, -facets.ratio, facets.ratio) * (1 / facets.slope)
    offset = _from_centre(facets, phi, z)
    return (
        torch.addcmul(phi, offset, narrowed, value=-facets.step),
        torch.add(belt, torch.copysign(narrowed, z), alpha=0.5 * facets.step),
    )


def _sigma(k: float, theta: Angle | Latitude) -> torch.Tensor:
    """The root of K (1 - |z|); 1 within the belt."""
    return torch.clamp(theta.from_pole * sqrt(2.0 * k), max=1.0)


def _xph_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    """HPX of 4 by 3, with the sum and the difference of |x| and |y| for y and x of its gores."""
    across, along = x.abs() * sqrt(0.5), y.abs() * sqrt(0.5)
    distance = across + along  # from the north pole, pi at the south pole
    nearest = torch.minimum(distance, pi - distance) * (4 / pi)
    sigma = torch.clamp(nearest, max=1.0)
    offset = (across - along) / torch.clamp(sigma, min=TINY)
    inside = torch.minimum(margin(offset, pi / 4, 1e-13), nearest + 1e-14)
    versine = torch.addcmul((nearest - sigma) * (2 / 3), sigma, sigma, value=1 / 3)
    cosine = torch.sqrt(torch.clamp(versine * (2.0 - versine), min=SQUARE_OF_TINY))
    phi = torch.clamp(offset, -1.0, 1.0) + pi / 4
    return kept(
        inside,
        torch.copysign(cosine * torch.cos(phi), -y),
        torch.copysign(cosine * torch.sin(phi), x),
        torch.copysign(1.0 - versine, HALF_PI - distance),
    )


def _xph_to_plane(_: None, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> Plane:
    """HPX of 4 by 3, turned; a longitude on the border of two gores belongs to the eastern one."""
    angle, cosine = polar(x.abs(), y.abs())
    sigma = _sigma(3.0, Latitude(cosine, z))
    belt = torch.clamp(z, -2 / 3, 2 / 3) * (3 * pi / 8)
    distance = HALF_PI - torch.add(belt, torch.copysign(1.0 - sigma, z), alpha=pi / 4)
    offset = (angle - pi / 4) * sigma
    across, along = (distance + offset) * sqrt(0.5), (distance - offset) * sqrt(0.5)
    return (
        torch.copysign(across, torch.add(y, x, alpha=1e-15)),
        torch.copysign(along, torch.add(-x, y, alpha=1e-15)),
    )


FAMILY: dict[str, Projection | ByLongitude] = {
    "HPX": ByLongitude("HEALPix", 0.0, _facets, _hpx_to_sphere, _hpx_to_plane),
    "XPH": Projection("butterfly", 90.0, no_parameters, _xph_to_sphere, _xph_to_plane),
}
