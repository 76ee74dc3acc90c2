# SPDX-License-Identifier: BSD-3-Clause
"""The two polynomials of the COBE spherical cube (Paper II, section 5.6.2).

Each is only near the inverse of the other, within 24 seconds of arc. As in wcslib, the one from a
face to the sky, P, gives the places of pixels. That of the paper from the sky to a face, F, starts
Newton's steps here, which leave nothing between both ways; wcslib takes it as it is.

Both have the form x (1 + (1 - a) p(a, b)) with a = x**2 and b = y**2, and p(b, a) for the other
coordinate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from .._polynomial import Surfaces, surfaces, with_gradients

if TYPE_CHECKING:
    from .projection import Parameters, Plane

Rows = tuple[tuple[float, ...], ...]
"""Coefficients of p: a row for each power of b, from 0, of powers of a."""

_GAMMA_STAR, _OMEGA1 = 1.37484847732, -0.159596235474
_M, _GAMMA = 0.004869491981, -0.13161671474
_D0, _D1 = 0.0759196200467, -0.0217762490699
_C00, _C10, _C01 = 0.141189631152, 0.0809701286525, -0.281528535557
_C11, _C20, _C02 = 0.15384112876, -0.178251207466, 0.106959469314

# p of F: a row for each power of b, of powers of a
_F: Rows = (
    (_GAMMA_STAR - 1.0, _OMEGA1 - _D0, _D0 - _D1, _D1),
    (_GAMMA + _C00, _M - _GAMMA + _C10, _C20),
    (_C01 - _C00, _C11 - _C10, -_C20),
    (_C02 - _C01, -_C11),
    (-_C02,),
)

# p of P
_P: Rows = (
    (-0.27292696, -0.07629969, -0.22797056, 0.54852384, -0.62930065, 0.25795794, 0.02584375),
    (-0.02819452, -0.01471565, 0.48051509, -1.74114454, 1.71547508, -0.53022337),
    (0.27058160, -0.56800938, 0.30803317, 0.98938102, -0.83180469),
    (-0.60441560, 1.50880086, -0.93678576, 0.08693841),
    (0.93412077, -1.41601920, 0.33887446),
    (-0.63915306, 0.52032238),
    (0.14381585,),
)

_CHORDS = 2
"""Steps with the slopes of the first: each leaves 3e-4 of what was left."""


@dataclass(frozen=True)
class Cobe:
    """Both polynomials, each as p(a, b) and p(b, a)."""

    to_sky: Surfaces
    to_sky_with_slopes: Surfaces
    to_face: Surfaces


def cobe(_: Parameters) -> Cobe:
    """CSC has no parameters."""
    to_sky = _surfaces(_P)
    return Cobe(to_sky, with_gradients(to_sky), _surfaces(_F))


def _surfaces(rows: Rows) -> Surfaces:
    size = len(rows)
    table = torch.zeros(size, size, dtype=torch.float64)
    for power, row in enumerate(rows):
        table[: len(row), power] = torch.tensor(row, dtype=torch.float64)
    return surfaces(torch.stack((table, table.T)))


def _mapped(polynomials: Surfaces, x: torch.Tensor, y: torch.Tensor) -> Plane:
    a, b = x * x, y * y
    p, q = polynomials(a, b)
    return torch.addcmul(x, x - x * a, p), torch.addcmul(y, y - y * b, q)


def cobe_to_tangents(cobe: Cobe, u: torch.Tensor, v: torch.Tensor) -> Plane:
    """The tangents of coordinates on a face: P."""
    return _mapped(cobe.to_sky, u, v)


def cobe_to_face(cobe: Cobe, chi: torch.Tensor, psi: torch.Tensor) -> Plane:
    """The inverse of `cobe_to_tangents`.

    Gradients pass through all steps, of which each leaves as little of their error as of that of
    the values; those of the slopes are not needed for it.
    """
    u, v = _mapped(cobe.to_face, chi, psi)
    a, b = u * u, v * v
    p, q, *slopes = cobe.to_sky_with_slopes(a, b)
    across_u, across_v, along_u, along_v = _inverse_slopes(
        *(part.detach() for part in (u, v, a, b, p, q, *slopes))
    )
    near_chi, near_psi = torch.addcmul(u, u - u * a, p), torch.addcmul(v, v - v * b, q)
    for step in range(1 + _CHORDS):
        if step:
            near_chi, near_psi = _mapped(cobe.to_sky, u, v)
        right, up = chi - near_chi, psi - near_psi
        u = torch.addcmul(torch.addcmul(u, right, across_u), up, across_v)
        v = torch.addcmul(torch.addcmul(v, right, along_u), up, along_v)
    return u, v


def _inverse_slopes(
    u: torch.Tensor,
    v: torch.Tensor,
    a: torch.Tensor,
    b: torch.Tensor,
    p: torch.Tensor,
    q: torch.Tensor,
    *of_both: torch.Tensor,
) -> tuple[torch.Tensor, ...]:
    """Derivatives of u for chi and for psi, then those of v; `of_both` are those of p and q."""
    p_a, q_a, p_b, q_b = of_both
    chi_u = torch.addcmul(1.0 + p - 3.0 * a * p, 2.0 * (a - a * a), p_a)
    psi_v = torch.addcmul(1.0 + q - 3.0 * b * q, 2.0 * (b - b * b), q_b)
    cross = 2.0 * u * v
    chi_v, psi_u = (cross - cross * a) * p_b, (cross - cross * b) * q_a
    scale = torch.reciprocal(torch.addcmul(chi_u * psi_v, chi_v, psi_u, value=-1.0))
    return psi_v * scale, -chi_v * scale, -psi_u * scale, chi_u * scale
