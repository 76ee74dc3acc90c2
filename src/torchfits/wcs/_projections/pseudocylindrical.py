# SPDX-License-Identifier: BSD-3-Clause
"""Pseudocylindrical projections and Aitoff's (Paper II, section 5.3): SFL, PAR, MOL, AIT."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import torch

from .._stage import constant
from .angles import Angle, Latitude, Longitude
from .native import (
    COSINE_OF_POLE,
    HALF_PI,
    SLACK,
    SQUARE_OF_TINY,
    TINY,
    horner,
    margin,
    no_parameters,
    of_a_half_turn,
    of_a_turn,
    risen,
)
from .projection import ByLongitude, Native, Parameters, Plane

_OF_POLE = 1e-100
"""Keeps the square of a cosine, and that of its reciprocal, off zero and infinity."""

_EXCESS_OF_POLE = 1e-32
"""What rounding leaves of pi (1 - sin(theta)) at a pole, which would put it beside the edge."""


def sfl_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.3.1 turned round: phi = x / cos(theta), theta = y."""
    cosine = torch.clamp(torch.cos(y), min=COSINE_OF_POLE)
    phi = x / cosine
    inside = torch.minimum(margin(phi, pi), margin(y, HALF_PI))
    return inside, Angle(of_a_turn(phi)), Angle(of_a_half_turn(y), cosine)


def sfl_to_plane(_: None, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.3.1: x = phi cos(theta), y = theta."""
    return phi * theta.cosine, theta.angle


def _par_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.3.2 turned round: the sine and cosine of theta = 3 arcsin(y / pi) by products."""
    third = y * (1 / pi)
    square = third * third
    width = 1.0 - 4.0 * square
    wide = torch.clamp(width, min=TINY)
    phi = x / wide
    # theta passes 90 degrees where width passes 0; there it changes by sqrt(3) for 1 of it
    inside = torch.minimum(margin(phi, pi), width + 1e-13)
    cosine = wide * torch.sqrt(torch.clamp(1.0 - square, min=0.5))
    return inside, Angle(of_a_turn(phi)), Latitude(cosine, third * (2.0 + width))


def _par_to_plane(_: None, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.3.2: x = phi (2 cos(2 theta / 3) - 1), y = pi sin(theta / 3)."""
    third = torch.sin(theta.angle * (1 / 3))
    return phi * (1.0 - 4.0 * (third * third)), pi * third


# (w - sin w) / w**3 in powers of w**2, within 6e-17 for w up to pi
_EXCESS = (
    0.16666666666666666,
    -0.008333333333333321,
    0.00019841269841265803,
    -2.7557319223461554e-06,
    2.5052108350865958e-08,
    -1.6059042526455246e-10,
    7.647133470698864e-13,
    -2.8110240293365784e-15,
    8.183034293211593e-18,
    -1.7751648819769004e-20,
)

# w / q in powers of q**2, where q**3 = 6 (w - sin w): within 3e-6 for w up to pi
_START = (
    1.00000063,
    0.01665178749,
    0.0007496307538,
    1.078892131e-05,
    1.307905866e-05,
    -1.66115314e-06,
    1.407443572e-07,
)


@dataclass(frozen=True)
class Mollweide:
    """Coefficients as tensors, which torch multiplies and adds in one go."""

    excess: tuple[torch.Tensor, ...]
    start: tuple[torch.Tensor, ...]


def _mollweide(_: Parameters) -> Mollweide:
    """MOL has no parameters."""
    return Mollweide(constant(_EXCESS).unbind(), constant(_START).unbind())


def _excess(mollweide: Mollweide, w: torch.Tensor) -> torch.Tensor:
    """Gives w - sin(w) without cancellation."""
    square = w * w
    return square * w * horner(mollweide.excess, square)


def _mol_to_sphere(mollweide: Mollweide, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.3.3 turned round: pi sin(theta) = 2 gamma + sin(2 gamma), y = sqrt(2) sin(gamma).

    Near the poles by w = pi - 2 |gamma|, in which pi (1 - |sin(theta)|) = w - sin(w).
    """
    sine = y * sqrt(0.5)
    square = (1.0 - sine) * (1.0 + sine)
    cosine = torch.sqrt(torch.clamp(square, min=SQUARE_OF_TINY))
    phi = x * (pi / sqrt(8)) / cosine
    beside = (pi - phi.abs()) * cosine  # along the parallel, lest rounding cut near the poles
    inside = torch.minimum(beside + 10 * SLACK, square + 5e-13)
    gamma = torch.atan(sine / cosine)
    colatitude = _excess(mollweide, pi - 2.0 * gamma.abs()) * (1 / pi)
    cos_theta = torch.sqrt(torch.clamp(colatitude * (2.0 - colatitude), min=SQUARE_OF_TINY))
    sin_theta = torch.addcmul(gamma, sine, cosine) * (2 / pi)
    return inside, Angle(of_a_turn(phi)), Latitude(cos_theta, sin_theta)


def _doubled(mollweide: Mollweide, excess: torch.Tensor) -> torch.Tensor:
    """Finds w of w - sin(w), in [0, pi]: a polynomial in the cube root, then one step of Halley's.

    The gradient is that of the implicit function, 1 / (1 - cos w), whatever the steps were.
    """
    excess = torch.clamp(excess - _EXCESS_OF_POLE, min=SQUARE_OF_TINY)
    target = excess.detach()
    root = torch.exp(torch.log(6.0 * target) * (1 / 3))
    w = root * horner(mollweide.start, root * root)
    sine, cosine = torch.sin(0.5 * w), torch.cos(0.5 * w)
    newton = (_excess(mollweide, w) - target) / (2.0 * sine * sine)
    w = w - newton / (1.0 - newton * cosine / (2.0 * sine))
    slope = 1.0 - torch.cos(w)
    return w + (excess - target) / torch.clamp(slope, min=1e-12)


def _mol_to_plane(mollweide: Mollweide, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.3.3, solved for w = pi - 2 |gamma|, in which the poles are regular.

    x = sqrt(8) / pi phi cos(gamma), y = sqrt(2) sin(gamma).
    """
    sine = theta.sine
    half = 0.5 * _doubled(mollweide, pi * risen(theta.cosine.square(), -sine.abs()))
    return (
        (sqrt(8) / pi) * phi * torch.sin(half),
        torch.copysign(sqrt(2) * torch.cos(half), sine),
    )


def _ait_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Native:
    """Section 5.3.4 turned round, with the double of the half longitude by products."""
    square = 1.0 - torch.addcmul(x * x * 0.0625, y, y, value=0.25)
    inside = square - (0.5 - 1e-13)
    square = torch.clamp(square, min=0.5)
    root = torch.sqrt(square)
    a = 0.5 * x * root
    b = 2.0 * square - 1.0
    squared_cosine = torch.addcmul(b * b, a, a) + _OF_POLE
    scale = torch.reciprocal(squared_cosine)
    return (
        inside,
        Longitude((b - a) * (b + a) * scale, 2.0 * a * b * scale),
        Latitude(torch.sqrt(squared_cosine), y * root),
    )


def _ait_to_plane(_: None, phi: torch.Tensor, theta: Angle | Latitude) -> Plane:
    """Section 5.3.4: x = 2 gamma cos(theta) sin(phi / 2), y = gamma sin(theta)."""
    cosine, half = theta.cosine, 0.5 * phi
    gamma = torch.sqrt(2.0 / torch.addcmul(torch.ones_like(phi), cosine, torch.cos(half)))
    return 2.0 * gamma * cosine * torch.sin(half), gamma * theta.sine


FAMILY = {
    "SFL": ByLongitude("Sanson-Flamsteed", 0.0, no_parameters, sfl_to_sphere, sfl_to_plane),
    "PAR": ByLongitude("parabolic", 0.0, no_parameters, _par_to_sphere, _par_to_plane),
    "MOL": ByLongitude("Mollweide", 0.0, _mollweide, _mol_to_sphere, _mol_to_plane),
    "AIT": ByLongitude("Hammer-Aitoff", 0.0, no_parameters, _ait_to_sphere, _ait_to_plane),
}
