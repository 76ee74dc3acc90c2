# SPDX-License-Identifier: BSD-3-Clause
"""Polynomials of two variables, several at once, with half of the work in one matrix product.

A matrix of coefficients times the powers of y gives, for each power of x, what it is multiplied by;
Horner's scheme does the rest, for all functions in one operation a power. Monomials of both
variables would be more rows than the second-level cache holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch

ODD = (1, 3, 5, 7)
"""Powers of the radius that TPV has terms of."""


@dataclass(frozen=True)
class Surfaces:
    """Functions of the plane, as many as wanted: polynomials, and odd powers of the radius."""

    matrix: torch.Tensor
    """``[power of x, function, power of y]``; with gradients, the derivatives of the functions by y
    follow these."""
    radial: torch.Tensor | None
    """``[functions, 4]``: coefficients of r, r**3, r**5 and r**7."""
    has_gradients: bool
    """Whether derivatives by x, then by y, are given after the functions."""

    def __call__(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The functions at the points, then their derivatives if there are any."""
        degree, number, size = len(self.matrix) - 1, *self.matrix.shape[1:]
        powers = _powers(y, size).reshape(size, x.numel())
        products = self.matrix[:degree].reshape(degree * number, size) @ powers
        factors = products.reshape(degree, number, *x.shape).unbind()
        # the highest power of x is multiplied by a number
        sums = self.matrix[degree, :, :1].reshape(number, *(1,) * x.dim())
        slopes = sums[: number // 2]
        for power in range(degree - 1, -1, -1):
            sums = torch.addcmul(factors[power], sums, x)
            if self.has_gradients and power:
                slopes = torch.addcmul(sums[: number // 2], slopes, x)
        if self.has_gradients:
            values = sums[: number // 2]
            sums = torch.cat((values, slopes.expand_as(values), sums[number // 2 :]))
        return (sums if self.radial is None else sums + self._radial(x, y)).unbind(0)

    def _radial(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """The radial terms, and their derivatives ``x / r d/dr`` and ``y / r d/dr``."""
        assert self.radial is not None
        square = torch.addcmul(x * x, y, y)
        # at the origin nothing depends on these terms: values, derivatives and gradients are 0
        at_origin = square == 0
        reciprocal = torch.where(at_origin, 1.0, square).rsqrt()
        reciprocal = torch.where(at_origin, 0.0, reciprocal)
        rows = [reciprocal]
        for _ in ODD:
            rows.append(rows[-1] * square)
        powers = torch.stack(rows).reshape(len(rows), x.numel())
        values = (self.radial @ powers[1:]).reshape(len(self.radial), *x.shape)
        if not self.has_gradients:
            return values
        orders = torch.arange(1, 2 * len(ODD), 2, dtype=x.dtype, device=x.device)
        slopes = ((self.radial * orders) @ powers[:-1]).reshape(values.shape)
        return torch.cat((values, slopes * x, slopes * y))


def surfaces(coefficients: torch.Tensor, radial: torch.Tensor | None = None) -> Surfaces:
    """Functions of ``coefficients[function, power of x, power of y]``; autograd follows these.

    The terms that count are those whose powers sum up to the highest of one variable, or to less.
    """
    counted, _ = (part.to(coefficients.device) for part in _frame(coefficients.shape[1]))
    values = (coefficients * counted).transpose(0, 1).contiguous()
    return Surfaces(values, radial, has_gradients=False)


def with_gradients(functions: Surfaces) -> Surfaces:
    """The functions and their derivatives, unknown to autograd."""
    matrix, radial = functions.matrix.detach(), functions.radial
    _, orders = (part.to(matrix.device) for part in _frame(matrix.shape[2]))
    by_y = torch.nn.functional.pad((matrix * orders)[:, :, 1:], (0, 1))
    rows = torch.cat((matrix, by_y), 1)
    return Surfaces(rows, None if radial is None else radial.detach(), has_gradients=True)


def without_gradients(jet: Surfaces) -> Surfaces:
    """The functions alone."""
    number = jet.matrix.shape[1] // 2
    return Surfaces(jet.matrix[:, :number].contiguous(), jet.radial, has_gradients=False)


def combined(matrix: torch.Tensor, jet: Surfaces) -> Surfaces:
    """A matrix times the functions, whose constant terms are left out."""
    degrees, number, size = jet.matrix.shape
    parts = jet.matrix.reshape(degrees, 2, number // 2, size)
    rows = (matrix @ parts).reshape(jet.matrix.shape)
    rows[0, : number // 2, 0] = 0.0
    radial = None if jet.radial is None else matrix @ jet.radial
    return Surfaces(rows, radial, has_gradients=True)


@cache
def _frame(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Which terms count, by power of x and of y, and the powers of y."""
    powers = torch.arange(size, dtype=torch.float64)
    return (powers[:, None] + powers < size).to(torch.float64), powers


def _powers(x: torch.Tensor, count: int) -> torch.Tensor:
    """The powers below `count`, stacked."""
    powers = [torch.ones_like(x), x]
    while len(powers) < count:
        powers.append(powers[len(powers) // 2] * powers[(len(powers) + 1) // 2])
    return torch.stack(powers[:count])
