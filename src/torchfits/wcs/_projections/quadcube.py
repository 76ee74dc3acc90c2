# SPDX-License-Identifier: BSD-3-Clause
"""Projections on the faces of a cube (Paper II, section 5.6): TSC, CSC, QSC.

The plane is counted in half faces here. A face is known by `turn`, its number of quarter turns
round the equator, and `pole`, 1 at the north, -1 at the south and 0 elsewhere; upon it, u is to
the right and v is up, each from -1 to 1. Each projection says how u and v follow from the tangents
of the face's own angles, and the other way.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import torch

from .cobe import Cobe, cobe, cobe_to_face, cobe_to_tangents
from .native import TINY, kept, no_parameters
from .projection import Direction, Plane, Projection

if TYPE_CHECKING:
    from collections.abc import Callable

Face = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Along the axis of the face, to the right and up: components of a direction."""

_EDGE = 1e-14
"""How far beyond an edge a point may be by rounding."""


def _to_sphere(
    x: torch.Tensor,
    y: torch.Tensor,
    on_face: Callable[[torch.Tensor, torch.Tensor], Face],
) -> Direction:
    """The direction of a point of the plane (section 5.6).

    An edge between two faces belongs to the one whose middle is the nearer to the origin.
    """
    u, v = x * (4 / pi), y * (4 / pi)
    turn, row = torch.round(u * (0.5 - _EDGE)), torch.round(v * (0.5 - _EDGE))
    pole = torch.clamp(row, -1.0, 1.0)
    turn = torch.clamp(turn, -3.0, 3.0)
    u, v = torch.sub(u, turn, alpha=2.0), torch.sub(v, pole, alpha=2.0)
    beyond = torch.maximum(torch.maximum(u.abs(), v.abs()), 2.0 * (turn * pole).abs())
    axis, right, up = on_face(u, v)
    angle = turn * (pi / 2)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    level = 1.0 - pole.abs()
    outward = torch.addcmul(axis * level, up, pole, value=-1.0)  # at turn 0, as for any pole
    return kept(
        (1.0 + _EDGE) - beyond,
        torch.addcmul(outward * cosine, right, sine, value=-1.0),
        torch.addcmul(right * cosine, outward, sine),
        torch.addcmul(up * level, axis, pole),
    )


def _to_plane(
    x: torch.Tensor,
    y: torch.Tensor,
    z: torch.Tensor,
    from_face: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Plane],
) -> Plane:
    """Section 5.6: the face is that of the greatest component, of equal ones the first in order."""
    around = torch.maximum(x.abs(), y.abs())
    size = torch.maximum(around, z.abs())
    greatest = size.detach()  # of a component divided by it, only that of the face comes to 1
    pole = torch.trunc(z.detach() / greatest)
    pole = torch.clamp(pole, min=torch.trunc(around.detach() / greatest) - 1.0)
    polar = pole.abs()
    level = 1.0 - polar
    east = torch.trunc(x.detach() / greatest) * level
    north = torch.trunc(y.detach() / greatest) * (1.0 - (east + polar).abs())
    right = torch.addcmul(y * (east + polar), x, north, value=-1.0)
    up = torch.addcmul(z * level, x, pole, value=-1.0)
    u, v = _within(*from_face(size, right, up))
    turns = 2.0 * (east.abs() - east) + (4.0 * north.abs() - 2.0 * north)
    return (
        (u + turns) * (pi / 4),
        torch.add(v, pole, alpha=2.0) * (pi / 4),
    )


def _within(u: torch.Tensor, v: torch.Tensor) -> Plane:
    """On the face; what is beside has no direction, and formulas that go wild."""
    return torch.clamp(u, -1.0, 1.0), torch.clamp(v, -1.0, 1.0)


def _tsc_face(u: torch.Tensor, v: torch.Tensor) -> Face:
    """Section 5.6.1: u and v are the tangents themselves."""
    return torch.ones_like(u), u, v


def _tsc_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    return _to_sphere(x, y, _tsc_face)


def _tsc_to_plane(_: None, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> Plane:
    return _to_plane(x, y, z, lambda size, right, up: (right / size, up / size))


def _csc_to_sphere(cobe: Cobe, x: torch.Tensor, y: torch.Tensor) -> Direction:
    def on_face(u: torch.Tensor, v: torch.Tensor) -> Face:
        return (torch.ones_like(u), *cobe_to_tangents(cobe, *_within(u, v)))

    return _to_sphere(x, y, on_face)


def _csc_to_plane(cobe: Cobe, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> Plane:
    return _to_plane(x, y, z, lambda size, right, up: cobe_to_face(cobe, right / size, up / size))


def _qsc_face(u: torch.Tensor, v: torch.Tensor) -> Face:
    """Section 5.6.3 turned round: the greater of u and v, and the ratio of both, rule."""
    u, v = _within(u, v)
    wide = (u.abs() > v.abs()).to(u.dtype)
    greater, lesser = torch.lerp(v, u, wide), torch.lerp(u, v, wide)
    angle = lesser / (greater + TINY) * (pi / 12)
    omega = torch.sin(angle) / (torch.cos(angle) - 0.5**0.5)
    tau = torch.addcmul(torch.ones_like(omega), omega, omega)
    share = 1.0 - torch.rsqrt(1.0 + tau)
    versine = greater * greater * share
    greater = greater * torch.sqrt(share * (2.0 - versine) / tau)
    lesser = greater * omega
    return 1.0 - versine, torch.lerp(lesser, greater, wide), torch.lerp(greater, lesser, wide)


def _qsc_to_sphere(_: None, x: torch.Tensor, y: torch.Tensor) -> Direction:
    return _to_sphere(x, y, _qsc_face)


def _qsc_from_face(axis: torch.Tensor, right: torch.Tensor, up: torch.Tensor) -> Plane:
    """Section 5.6.3, without cancellation in 1 - axis."""
    wide = (right.abs() > up.abs()).to(right.dtype)
    greater, lesser = torch.lerp(up, right, wide), torch.lerp(right, up, wide)
    omega = lesser / (greater + TINY)
    tau = torch.addcmul(torch.ones_like(omega), omega, omega)
    share = 1.0 - torch.rsqrt(1.0 + tau)
    greater = greater * torch.sqrt(tau / ((1.0 + axis) * share))
    bend = torch.atan(omega) - torch.asin(omega * torch.rsqrt(tau + tau))
    lesser = greater * (12 / pi) * bend
    return torch.lerp(lesser, greater, wide), torch.lerp(greater, lesser, wide)


def _qsc_to_plane(_: None, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> Plane:
    return _to_plane(x, y, z, _qsc_from_face)


FAMILY = {
    "TSC": Projection(
        "tangential spherical cube", 0.0, no_parameters, _tsc_to_sphere, _tsc_to_plane
    ),
    "CSC": Projection("COBE spherical cube", 0.0, cobe, _csc_to_sphere, _csc_to_plane),
    "QSC": Projection("quadrilateralized cube", 0.0, no_parameters, _qsc_to_sphere, _qsc_to_plane),
}
