# SPDX-License-Identifier: BSD-3-Clause
"""The inverse of a map of the plane, by a number of Newton steps that is fixed beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch.autograd.forward_ad import unpack_dual

from ._projections.native import floor_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._stage import Coordinates, Stage

Plane = tuple[torch.Tensor, torch.Tensor]
Values = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, ...]]
"""Both values of a map."""
Jet = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, ...]]
"""Both values of a map, their derivatives by x, their derivatives by y."""

TOLERANCE = 1e-9
"""How far the last step may go, relative to 1 and the coordinates. The error that is left is this
times the change of the Jacobian over the steps before."""


def solution(values: Values, rough: Jet, target: Plane, rough_target: Plane, steps: int) -> Plane:
    """Where a map takes the values of `target`; NaN where the steps did not find it.

    Coordinates are of order 1 over the image, and the map is near the identity: `rough` is its
    difference from that, in single precision (or what matrix products are told to make of it), near
    enough to make steps of, for half the price. The start is `rough_target`, and each of `steps`
    takes a new Jacobian. Two steps with the map in full precision and the last Jacobian follow.
    Autograd does not see any of it.
    """
    with torch.no_grad():
        x, y = rough_target
        for _ in range(steps):
            apart_x, apart_y, x_x, y_x, x_y, y_y = rough(x, y)
            inverse = _inverse(1.0 + x_x, y_x, x_y, 1.0 + y_y)
            rest_x, rest_y = x - rough_target[0] + apart_x, y - rough_target[1] + apart_y
            step = _applied(inverse, rest_x, rest_y)
            x, y = x - step[0], y - step[1]
        rough_type, full_type = x.dtype, target[0].dtype
        size = 1.0 + x.abs() + y.abs()
        x, y = x.to(full_type), y.to(full_type)
        for _ in range(2):
            value_x, value_y = values(x, y)
            rest = (value_x - target[0]).to(rough_type), (value_y - target[1]).to(rough_type)
            step = _applied(inverse, *rest)
            x, y = x - step[0].to(full_type), y - step[1].to(full_type)
        tolerance = TOLERANCE if full_type == torch.float64 else 1e4 * TOLERANCE
        spare = torch.sub(size, step[0].abs() + step[1].abs(), alpha=1.0 / tolerance)
        floor = floor_of(torch.minimum(spare, inverse[4])).to(full_type)
        return torch.clamp(x, min=floor), torch.clamp(y, min=floor)


def tracked(point: Plane, values: Values, jet: Jet, target: Plane) -> Plane:
    """The same point as a function of the target and of all that the map is made of.

    One more step with the Jacobian as a constant: its derivatives are those of the implicit
    function, ``dx = J**-1 (dtarget - dmap)``. A point that is NaN has gradients of 0.
    """
    missing = torch.isnan(point[0])
    x, y = (torch.where(missing, 0.0, part).detach() for part in point)
    with torch.no_grad():
        inverse = _inverse(*jet(x, y)[2:])
    value_x, value_y = values(x, y)
    rest_x = torch.where(missing, 0.0, value_x - target[0])
    rest_y = torch.where(missing, 0.0, value_y - target[1])
    step_x, step_y = _applied(inverse, rest_x, rest_y)
    return torch.where(missing, torch.nan, x - step_x), torch.where(missing, torch.nan, y - step_y)


def _inverse(
    x_x: torch.Tensor, y_x: torch.Tensor, x_y: torch.Tensor, y_y: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """The inverse of a Jacobian at each point: its derivatives, determinant and reciprocal.

    The derivatives are those of both values by x, then by y. A tuple: not every torch that has
    `torch.compile` can trace an object that is made on the way.
    """
    determinant = torch.addcmul(x_x * y_y, x_y, y_x, value=-1.0)
    return x_x, y_x, x_y, y_y, determinant, determinant.reciprocal()


def _applied(inverse: tuple[torch.Tensor, ...], x: torch.Tensor, y: torch.Tensor) -> Plane:
    x_x, y_x, x_y, y_y, _, reciprocal = inverse
    return (
        torch.addcmul(y_y * x, x_y, y, value=-1.0) * reciprocal,
        torch.addcmul(x_x * y, y_x, x, value=-1.0) * reciprocal,
    )


def is_tracked(tensors: Iterable[torch.Tensor]) -> bool:
    """Whether derivatives by any of the tensors are wanted, in either mode."""
    return any(
        (tensor.requires_grad and torch.is_grad_enabled())
        or unpack_dual(tensor).tangent is not None  # type: ignore[no-untyped-call]
        for tensor in tensors
    )


def unconverged(stage: Stage, coordinates: Coordinates) -> torch.Tensor:
    """Points that a step has no inverse for, though their coordinates are numbers."""
    known = torch.stack([torch.isfinite(part) for part in coordinates]).all(0)
    results = stage.inverse(coordinates)
    return known & torch.stack([torch.isnan(part) for part in results]).any(0)
