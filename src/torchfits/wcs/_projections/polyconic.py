# SPDX-License-Identifier: BSD-3-Clause
"""Polyconic and pseudoconic projections (Paper II, section 5.5): BON and PCO."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, radians, tan

import torch

from .angles import Angle, Latitude
from .native import (
    COSINE_OF_POLE,
    HALF_PI,
    SLACK,
    SQUARE_OF_TINY,
    TINY,
    margin,
    no_parameters,
    of_a_half_turn,
    of_a_turn,
    polar,
    required,
)
from .projection import ByLongitude, Native, Parameters, Plane
from .pseudocylindrical import sfl_to_plane, sfl_to_sphere

_SMALL_SINE = 1e-8
"""Of a smaller sin(theta) the square is nothing beside 1, and the polyconic is at its limit."""

_STEPS = 4
"""Newton's, of which the error after each is at most half the square of that before."""


@dataclass(frozen=True)
class Bonne:
    """The hemisphere of theta_1 (1 north, -1 south) and Y0 = cot(theta_1) + theta_1."""

    side: float
    y0: float


def _bonne(parameters: Parameters) -> Bonne | None:
    """`None` for theta_1 = 0, where the projection is that of Sanson and Flamsteed."""
    degrees = required(parameters, 1, "BON")
    if degrees == 0.0:
        return None
    theta1 = radians(degrees)
    return Bonne(1.0 if theta1 > 0.0 else -1.0, 1.0 / tan(theta1) + theta1)


def _bon_to_sphere(bonne: Bonne | None, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.5.1 turned round; theta = Y0 - R without the cancellation of a large Y0."""
    if bonne is None:
        return sfl_to_sphere(None, x, y)
    side = bonne.side
    height = bonne.y0 - y if side > 0.0 else y - bonne.y0
    alpha, radius = polar(height, x)
    excess = x * x / (radius + height.abs())
    theta = torch.add(y, 2.0 * torch.clamp(height, max=0.0) - excess, alpha=side)
    cosine = torch.clamp(torch.cos(theta), min=COSINE_OF_POLE)
    phi = alpha * radius / cosine
    inside = torch.minimum(margin(phi, pi, 10 * SLACK), margin(theta, HALF_PI, 10 * SLACK))
    return inside, Angle(of_a_turn(phi)), Angle(of_a_half_turn(theta), cosine)


def _bon_to_plane(bonne: Bonne | None, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.5.1: x = R sin(alpha), where alpha = phi cos(theta) / R and R = Y0 - theta.

    And y = theta + R (1 - cos(alpha)), by the sine of half of alpha.
    """
    if bonne is None:
        return sfl_to_plane(None, phi, theta)
    angle = theta.angle
    radius = (bonne.y0 - angle) + bonne.side * TINY
    half = 0.5 * phi * theta.cosine / radius
    sine = torch.sin(half)
    width = 2.0 * radius * sine
    return width * torch.cos(half), torch.addcmul(angle, width, sine)


def _pco_to_plane(_: None, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.5.2 by the half of phi sin(theta), regular at the equator."""
    sine = theta.sine
    size = torch.clamp(sine.abs(), min=_SMALL_SINE)
    width = 2.0 * theta.cosine * torch.sin(0.5 * phi * size) / size
    half = 0.5 * phi * sine
    return width * torch.cos(half), torch.addcmul(theta.angle, width, torch.sin(half))


def _height(versine: torch.Tensor, from_pole: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """cos(theta) and y - theta, of versine = 1 - sin(theta): accurate up to the pole."""
    cosine = torch.sqrt(torch.clamp(versine * (2.0 - versine), min=SQUARE_OF_TINY))
    colatitude = 2.0 * torch.asin(torch.sqrt(torch.clamp(0.5 * versine, min=SQUARE_OF_TINY)))
    return cosine, colatitude - from_pole


def _improved(versine: torch.Tensor, x: torch.Tensor, from_pole: torch.Tensor) -> torch.Tensor:
    """One step of Newton's for theta (section 5.5.2), times sin(theta), in sin(theta).

    The slope is at least 2 everywhere: the steps come home from any start.
    """
    cosine, height = _height(versine, from_pole)
    square = torch.addcmul(x * x, height, height)
    residual = square * (1.0 - versine) - 2.0 * height * cosine
    return versine + residual / (2.0 + square).detach()


def _pco_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.5.2 turned round, in the northern half, solved by Newton's steps.

    All but the last are without gradients; the last has those of the implicit function.
    """
    from_pole = HALF_PI - y.abs()
    fixed_x, fixed_pole = x.detach(), from_pole.detach()
    up = HALF_PI - fixed_pole
    versine = torch.clamp(1.0 - 2.0 * up / (2.0 + fixed_x * fixed_x + up * up), 0.0, 1.0)
    for _step in range(_STEPS):
        versine = torch.clamp(_improved(versine, fixed_x, fixed_pole), 0.0, 1.0)
    versine = _improved(versine, x, from_pole)
    cosine, height = _height(versine, from_pole)
    sine = 1.0 - versine
    size = torch.clamp(sine, min=_SMALL_SINE)
    phi = torch.atan2(x * size, cosine - height * size + TINY) / size
    return margin(phi, pi), Angle(of_a_turn(phi)), Latitude(cosine, torch.copysign(sine, y))


FAMILY = {
    "BON": ByLongitude("Bonne", 0.0, _bonne, _bon_to_sphere, _bon_to_plane),
    "PCO": ByLongitude("polyconic", 0.0, no_parameters, _pco_to_sphere, _pco_to_plane),
}
