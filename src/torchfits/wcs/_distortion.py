# SPDX-License-Identifier: BSD-3-Clause
"""A polynomial distortion of two axes, whatever the convention that its coefficients came from.

All conventions are one map: normalised coordinates ``u = slope * x + shift`` on either axis, then
polynomials of u and v, with odd powers of the radius beside them for TPV. To be solved it is made
to look like the identity at its reference point, by the inverse of its linear terms. So Newton has
a start, and a solution where the Jacobian has changed its sign lies beyond a fold of the map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import torch

from ._later import Later
from ._newton import is_tracked, solution, tracked
from ._polynomial import (
    ODD,
    Surfaces,
    combined,
    surfaces,
    with_gradients,
    without_gradients,
)
from ._stage import gathered_numbers, moved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._reach import Box
    from ._stage import Coordinates

Plane = tuple[torch.Tensor, torch.Tensor]

USUAL_STEPS, MOST_STEPS = 4, 8
STEEPEST = 0.8
"""Above this bound for the derivatives of a distortion its image may have folds."""
SINGLE = 1e-6
"""Relative error of a polynomial in single precision."""
SAMPLES = 5
ENOUGH = 1e-13
"""Error that may be left, relative to the size of the image."""


@dataclass(frozen=True)
class WayBack:
    """What only the inverse of a distortion needs; all of it is unknown to autograd."""

    jet: Surfaces
    """Normalised coordinates to the results, with derivatives."""
    base: tuple[torch.Tensor, ...]
    """The results at the origin of normalised coordinates."""
    unmix: tuple[torch.Tensor, ...]
    """The inverse of the linear terms there, row by row."""
    inward: Surfaces
    """The results, less `base`, times `unmix`."""
    rough: Surfaces
    """`inward` less the identity, with its gradients, in single precision."""
    steps: int

    def solution(self, target: Sequence[torch.Tensor]) -> Plane:
        """Normalised coordinates of the target."""
        x, y = target[0].detach() - self.base[0], target[1].detach() - self.base[1]
        a, b, c, d = self.unmix
        x, y = torch.addcmul(a * x, b, y), torch.addcmul(c * x, d, y)
        dtype = self.rough.matrix.dtype
        return solution(self.inward, self.rough, (x, y), (x.to(dtype), y.to(dtype)), self.steps)


@dataclass(frozen=True)
class Distortion:
    """The step of a polynomial distortion."""

    axes: tuple[int, int]
    slope: tuple[torch.Tensor, ...]
    shift: tuple[torch.Tensor, ...]
    """Normalised coordinates are ``slope * x + shift``."""
    back_slope: tuple[torch.Tensor, ...]
    back_shift: tuple[torch.Tensor, ...]
    is_normalised: bool
    """Whether slope is 1 and shift 0, so that nothing needs to be done."""
    outward: Surfaces
    """Normalised coordinates to the results."""
    way_back: Later[WayBack]

    def forward(self, coordinates: Coordinates) -> Coordinates:
        """Away from the pixels: the polynomials."""
        x, y = (coordinates[axis] for axis in self.axes)
        if not self.is_normalised:
            x = torch.addcmul(self.shift[0], x, self.slope[0])
            y = torch.addcmul(self.shift[1], y, self.slope[1])
        if not self.outward.matrix.requires_grad:
            return self._replaced(coordinates, self.outward(x, y))
        # 0 times NaN would be NaN in the gradients of coefficients, though a loss left it out
        absent = torch.isnan(x + y)
        results = self.outward(*(torch.where(absent, 0.0, part) for part in (x, y)))
        return self._replaced(coordinates, [torch.where(absent, torch.nan, p) for p in results])

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        """Towards the pixels: Newton."""
        target = coordinates[self.axes[0]], coordinates[self.axes[1]]
        way_back = self.way_back.value
        point = way_back.solution(target)
        tensors = (self.outward.matrix, self.outward.radial)
        if is_tracked((*target, *(part for part in tensors if part is not None))):
            point = tracked(point, self.outward, way_back.jet, target)
        if not self.is_normalised:
            x, y = point
            point = (
                torch.addcmul(self.back_shift[0], x, self.back_slope[0]),
                torch.addcmul(self.back_shift[1], y, self.back_slope[1]),
            )
        return self._replaced(coordinates, point)

    def _replaced(self, coordinates: Coordinates, results: Sequence[torch.Tensor]) -> Coordinates:
        changed = list(coordinates)
        changed[self.axes[0]], changed[self.axes[1]] = results
        return tuple(changed)


def distortion(
    axes: tuple[int, int],
    coefficients: torch.Tensor,
    *,
    normalisation: tuple[Sequence[Any], Sequence[Any]] | None = None,
    radial: torch.Tensor | None = None,
    box: Box | None = None,
) -> Distortion:
    """The step of ``coefficients[axis, power of u, power of v]``.

    Parameters
    ----------
    axes : tuple of int
        First and second variable, which the first and second polynomial are for.
    coefficients : Tensor
        As `surfaces` takes them, of two powers at least.
    normalisation : tuple, optional
        Slopes and shifts of the normalised coordinates u and v, each for both axes.
    radial : Tensor, optional
        ``[2, 4]``: coefficients of r, r**3, r**5 and r**7.
    box : tuple, optional
        Where the image is in normalised coordinates; without it the number of Newton steps is the
        usual one. It tells that all coefficients are numbers, which may be looked at.
    """
    outward = surfaces(coefficients, radial)
    slope, shift = normalisation or ((1.0, 1.0), (0.0, 0.0))
    back = [1.0 / a for a in slope], [b / -a for a, b in zip(slope, shift, strict=True)]
    numbers = gathered_numbers([*slope, *shift, *back[0], *back[1]]).unbind()
    return Distortion(
        axes=axes,
        slope=numbers[:2],
        shift=numbers[2:4],
        back_slope=numbers[4:6],
        back_shift=numbers[6:],
        is_normalised=normalisation is None,
        outward=outward,
        way_back=Later(partial(_way_back, outward, box)) if box else Later.made(_way_back(outward)),
    )


def _way_back(outward: Surfaces, box: Box | None = None) -> WayBack:
    """The other half of `distortion`."""
    jet = with_gradients(outward)
    matrix = outward.matrix.detach()
    unmix = torch.linalg.inv_ex(torch.stack((matrix[1, :, 0], matrix[0, :, 1]), 1)).inverse
    near = combined(unmix, jet)
    difference = replace(near, matrix=near.matrix - _identity(len(matrix)).to(matrix.device))
    rough = moved(difference, dtype=torch.float32)
    return WayBack(
        jet=jet,
        base=matrix[0, :, 0].unbind(),
        unmix=unmix.reshape(4).unbind(),
        inward=without_gradients(near),
        rough=rough,
        steps=USUAL_STEPS if box is None else newton_steps(rough, box),
    )


def newton_steps(rough: Surfaces, box: Box) -> int:
    """How many Newton steps lead to the solution anywhere in the image, by samples all over it.

    With e the error, a step leaves e' = e**2 H / (2 (1 - G)), with G and H the largest first and
    second derivatives of what the map differs from the identity by. The error begins as the whole
    difference. The steps that follow with the last Jacobian multiply it by e H / (1 - G) each.
    """
    size = len(rough.matrix)
    x, y = (_derivatives(size, low, high) for low, high in box)
    terms = rough.matrix[:, :2].transpose(0, 1)
    samples = (x @ terms.to(x.dtype) @ y.T).reshape(2, 3, SAMPLES, 3, SAMPLES)
    (error, y_1, y_2), (x_1, mixed, _), (x_2, _, _) = samples.abs().amax((0, 2, 4)).tolist()
    # a row has two derivatives, hence the factors
    first, second = 2.0 * max(x_1, y_1), 2.0 * max(x_2, mixed, y_2)
    reach = max(abs(end) for ends in box for end in ends)
    if rough.radial is not None:
        lower = 1.0 / (reach or 1.0)  # and products, not powers: these raise where too large
        for power, factor in zip(ODD, rough.radial.abs().amax(0).tolist(), strict=True):
            # the radius itself is bent at the origin, as if over the space between two samples
            second += 2.0 * power * max(power - 1, SAMPLES) * factor * lower
            first += 2.0 * power * factor * lower * reach
            error += factor * lower * reach * reach
            lower *= reach * reach
    if not first < STEEPEST:
        return MOST_STEPS
    for steps in range(1, MOST_STEPS):
        change = error * second / (1.0 - first) + SINGLE
        error = error * error * second / (2.0 * (1.0 - first))
        if max(error, SINGLE * reach) * change * change < ENOUGH * reach:
            return steps
    return MOST_STEPS


@lru_cache(64)
def _derivatives(size: int, low: float, high: float) -> torch.Tensor:
    """The powers at points of a range, and their first and second derivatives: 3 blocks of rows."""
    points = torch.linspace(low, high, SAMPLES, dtype=torch.float64)
    rows = [points[:, None] ** torch.arange(size)]
    orders = torch.arange(1.0, size, dtype=torch.float64)
    for _ in range(2):
        rows.append(torch.nn.functional.pad(rows[-1][:, :-1] * orders, (1, 0)))
    return torch.cat(rows)


@lru_cache(64)
def _identity(size: int) -> torch.Tensor:
    """The matrix of the identity, with its derivatives."""
    coefficients = torch.zeros(2, size, size, dtype=torch.float64)
    coefficients[0, 1, 0] = coefficients[1, 0, 1] = 1.0
    return with_gradients(surfaces(coefficients)).matrix
