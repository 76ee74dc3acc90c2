# SPDX-License-Identifier: BSD-3-Clause
"""The linear part: CRPIX and the matrix on the side of the pixels, CRVAL on that of the world."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

import torch

from ._stage import constant

if TYPE_CHECKING:
    from ._description import Description
    from ._stage import Coordinates

Rows = tuple[tuple[int, ...], ...]
"""The columns that each row of a matrix needs; the others are zero."""

WORST_CONDITION = 1e14
"""Beyond it a matrix of doubles has no inverse worth the name."""


@dataclass(frozen=True)
class Linear:
    """Intermediate world coordinates, x_i = s_i sum_j m_ij (p_j - r_j) (Paper I, equation 9)."""

    reference: tuple[torch.Tensor, ...]
    """CRPIX, counted from 0."""
    matrix: torch.Tensor
    inverse_matrix: torch.Tensor
    rows: Rows
    inverse_rows: Rows
    # One element each, taken out of the matrices once.
    entries: tuple[torch.Tensor, ...] = field(repr=False)
    inverse_entries: tuple[torch.Tensor, ...] = field(repr=False)

    def forward(self, coordinates: Coordinates) -> Coordinates:
        offsets = tuple(p - r for p, r in zip(coordinates, self.reference, strict=True))
        return product(self.rows, self.entries, offsets)

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        offsets = product(self.inverse_rows, self.inverse_entries, coordinates)
        return tuple(p + r for p, r in zip(offsets, self.reference, strict=True))


@dataclass(frozen=True)
class Offset:
    """Axes whose world coordinate is linear: CRVAL is added."""

    axes: tuple[int, ...]
    values: tuple[torch.Tensor, ...]

    def forward(self, coordinates: Coordinates) -> Coordinates:
        return self._with(coordinates, 1)

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        return self._with(coordinates, -1)

    def _with(self, coordinates: Coordinates, sign: int) -> Coordinates:
        result = list(coordinates)
        for axis, value in zip(self.axes, self.values, strict=True):
            result[axis] = torch.add(result[axis], value, alpha=sign)
        return tuple(result)


def linear_stage(description: Description) -> Linear:
    """CRPIX, PCi_j and CDELTi, or CDi_j.

    Raises
    ------
    ValueError
        If the matrix has no inverse.
    """
    matrix = matrix_of(description)
    inverse = torch.linalg.inv_ex(matrix).inverse
    values, inverse_values = matrix.detach().tolist(), inverse.detach().tolist()
    check_invertible(description, values, inverse_values)
    keep = isinstance(description.pc, torch.Tensor) and description.pc.requires_grad
    rows, inverse_rows = (sparse(part, keep=keep) for part in (values, inverse_values))
    return Linear(
        (constant(description.crpix) - 1).unbind(),
        matrix,
        inverse,
        rows,
        inverse_rows,
        elements(matrix, rows),
        elements(inverse, inverse_rows),
    )


def matrix_of(description: Description) -> torch.Tensor:
    """CDi_j, or CDELTi times PCi_j: ``[world axis, pixel axis]``."""
    pc = constant(description.pc)
    return pc if description.is_cd else constant(description.cdelt)[:, None] * pc


def offset_stage(description: Description, axes: tuple[int, ...]) -> Offset | None:
    """CRVAL of the axes that no other stage takes."""
    if not axes:
        return None
    values = constant(description.crval).unbind()
    return Offset(axes, tuple(values[axis] for axis in axes))


def product(rows: Rows, entries: tuple[torch.Tensor, ...], vector: Coordinates) -> Coordinates:
    """A matrix times a vector, without the elements that are zero.

    A loss leaves out points that are NaN, but 0 times NaN would still be NaN in the gradients of
    the elements; so NaN is taken out and put back where these are wanted.
    """
    absent = None
    if any(entry.requires_grad for entry in entries):
        absent = [torch.isnan(part) for part in vector]
        vector = tuple(
            torch.where(gone, 0.0, part) for gone, part in zip(absent, vector, strict=True)
        )
    remaining = iter(entries)
    result = []
    for columns in rows:
        total = vector[columns[0]] * next(remaining)
        for column in columns[1:]:
            total = torch.addcmul(total, vector[column], next(remaining))
        if absent is not None:
            gone = reduce(torch.logical_or, (absent[column] for column in columns))
            total = torch.where(gone, math.nan, total)
        result.append(total)
    return tuple(result)


def sparse(matrix: list[list[float]], *, keep: bool) -> Rows:
    """Where the elements that count are; all of them where gradients may change them."""
    return tuple(tuple(j for j, value in enumerate(row) if keep or value != 0) for row in matrix)


def elements(matrix: torch.Tensor, rows: Rows) -> tuple[torch.Tensor, ...]:
    """Those elements, one by one."""
    flat = matrix.flatten().unbind()
    return tuple(flat[i * len(rows) + j] for i, row in enumerate(rows) for j in row)


def check_invertible(
    description: Description, matrix: list[list[float]], inverse: list[list[float]]
) -> None:
    """Judge by the condition number that no scaling of the axes changes (Skeel's)."""
    columns = list(zip(*matrix, strict=True))
    if all(  # unlike their maximum, this does not miss what is no number
        sum(abs(a * b) for a, b in zip(row, column, strict=True)) < WORST_CONDITION
        for row in inverse
        for column in columns
    ):
        return
    name = "CD" if description.is_cd else "PC"
    for axis, step in enumerate(torch.as_tensor(description.cdelt).tolist(), 1):
        if step == 0:
            raise ValueError(
                f"CDELT{axis}{description.key.strip()} = 0: the pixels of axis {axis} have no "
                "extent; set it, or leave it out for 1"
            )
    raise ValueError(
        f"the matrix {name}i_j{description.key.strip()} = {matrix} is singular: no pixel "
        f"can be computed from world coordinates; correct {name}1_1, {name}1_2, ..."
    )
