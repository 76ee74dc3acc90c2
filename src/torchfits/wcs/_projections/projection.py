# SPDX-License-Identifier: BSD-3-Clause
"""A projection of the sphere: one row of the table of pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

Parameters = Mapping[int, float]
"""PVi_m of the latitude axis by m; those that the header leaves out are missing."""

Plane = tuple["torch.Tensor", "torch.Tensor"]
"""x and y of the plane of projection, in radians (r0 = 1 in Paper II)."""

Direction = tuple["torch.Tensor", "torch.Tensor", "torch.Tensor"]
"""cos(theta) cos(phi), cos(theta) sin(phi) and sin(theta) of native longitude and latitude."""


@dataclass(frozen=True)
class Projection:
    """One projection.

    `constants` checks the parameters (`ValueError` names the PV that is wrong) and works out
    everything that depends on them alone, as Python floats or small tensors, for the two formulas.
    `to_sphere` gives a direction of any positive length, `to_plane` takes one of length 1; a point
    that the projection does not have is NaN in every result.
    """

    name: str
    theta0: float | Callable[[Parameters], float]
    """Native latitude of the reference point, in degrees; its native longitude is 0."""
    constants: Callable[[Parameters], Any]
    to_sphere: Callable[[Any, torch.Tensor, torch.Tensor], Direction]
    to_plane: Callable[[Any, torch.Tensor, torch.Tensor, torch.Tensor], Plane]
