# SPDX-License-Identifier: BSD-3-Clause
"""Starts for Newton's method: the inverse of a function of one variable, tabulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

_CELLS = 256

SAMPLES = 2 * _CELLS
"""How many values of the function a table is best made of."""

_ROUNDING = 5e-15
"""Relative difference that is not worth a step."""

_USUAL = 3
"""More steps than these tell of a wild function, which gets some for points between samples."""


@dataclass(frozen=True)
class InverseTable:
    """Values over equal steps of an argument from 0 to `greatest`."""

    values: torch.Tensor
    greatest: float

    def at(self, argument: torch.Tensor) -> torch.Tensor:
        """Interpolated linearly; arguments outside, and NaN, take some value inside."""
        place = argument * (_CELLS / self.greatest)
        cell = place.long().clamp(0, _CELLS - 1)
        flat = cell.reshape(-1)
        lower = self.values.index_select(0, flat).reshape(cell.shape)
        upper = self.values.index_select(0, flat + 1).reshape(cell.shape)
        return torch.addcmul(lower, upper - lower, place - cell)


@dataclass(frozen=True)
class Inverse:
    """The way from the value of a function to its argument."""

    table: InverseTable
    """Where Newton's method starts."""
    greatest: float
    """The highest value that the function has."""
    steps: int


def inverse_table(arguments: torch.Tensor, values: torch.Tensor) -> InverseTable:
    """The table of samples, whose arguments ascend from 0."""
    greatest = float(arguments[-1])
    wanted = torch.linspace(0.0, greatest, _CELLS + 1, dtype=arguments.dtype)
    after = torch.searchsorted(arguments, wanted).clamp(1, len(arguments) - 1)
    start, end = arguments[after - 1], arguments[after]
    share = (wanted - start) / (end - start).clamp(min=1e-300)
    return InverseTable(torch.lerp(values[after - 1], values[after], share), greatest)


def steps_needed(
    step: Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]],
    start: torch.Tensor,
    wanted: torch.Tensor,
) -> int:
    """How many steps of Newton's method bring all samples as close as rounding lets them come.

    `step` gives the next point, and by how much the function differed at the last one. Two steps
    are the least: with fewer, second derivatives are wrong.
    """
    point, last = start, float("inf")
    scale = wanted.abs().clamp(min=1e-30)
    for count in range(64):
        point, difference = step(point, wanted)
        largest = float((difference.abs() / scale).max())
        if largest <= _ROUNDING or (largest <= 1e-11 and largest > 0.5 * last):
            return max(count, 2) if count <= _USUAL else count + 2
        if count and largest < 1e-3 * last and largest**3 < 1e-18 * last**2:  # as the digits double
            return max(count + 1, 2) if count < _USUAL else count + 3
        last = largest
    return 64
