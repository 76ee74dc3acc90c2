# SPDX-License-Identifier: BSD-3-Clause
"""Coordinate arrays of -TAB with several dimensions: values between the nodes of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress, product
from math import prod
from typing import TYPE_CHECKING

import torch

from ._gathered import elements
from ._tab_cell import bilinear_places
from ._tab_index import NAN, cell_of
from ._tab_search import Search, search_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Places = tuple[torch.Tensor, ...]

STEPS_OF_CELLS, STEPS_OF_BLOCKS = 8, 16
"""Of Newton, from the middle of a cell and of a block of cells."""
TOLERANCE, SINGLE_TOLERANCE = 1e-9, 1e-4
"""Of the last step, in cells; where there is no double precision."""


@dataclass(frozen=True)
class Grid:
    """Vectors at the nodes of a grid, multilinear between them (Paper III, section 6.1.1)."""

    lengths: tuple[int, ...]
    """Nodes along each axis, the fastest first."""
    nodes: torch.Tensor
    """``[nodes, components]``, centred and scaled."""
    centres: torch.Tensor
    scales: torch.Tensor
    """What the components are divided by."""
    flat: torch.Tensor | None
    """A matrix with 1 for each axis of one node, along which nothing changes."""
    last: torch.Tensor
    """Of the nodes along each axis."""
    search: Search

    def values(self, places: Places) -> Places:
        """The vector at a place, counted from 0 along each axis."""
        vectors = self._jet(torch.stack(places, -1))[..., 0]
        return torch.addcmul(self.centres, vectors, self.scales).unbind(-1)

    def places(self, values: Places) -> Places:
        """The place of a vector, the first cell's where there are several; NaN of none."""
        target = (torch.stack(values, -1) - self.centres) / self.scales
        with torch.no_grad():
            known = target.detach()
            known = torch.where(known.isfinite(), known, 0.0)
            best, lowest = torch.full_like(known, NAN), torch.full_like(known[..., 0], torch.inf)
            for place, rank in self._solutions(known):
                better = rank < lowest
                best = torch.where(better.unsqueeze(-1), place, best)
                lowest = torch.where(better, rank, lowest)
        missing = best.isnan() | ~target.isfinite().all(-1, keepdim=True)
        place = torch.where(missing, 0.0, best)
        step, _ = self._step(place, torch.where(missing, 0.0, target))
        place = torch.minimum((place - step).clamp(min=-0.5), self.last + 0.5)
        return torch.where(missing, NAN, place).unbind(-1)

    def _solutions(self, target: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Places that may be the one, with their ranks: the lowest counts.

        The cells that a vector may lie in have a closed form if they have four corners. Steps of
        Newton, which may go from one cell to another, find it where cells are sheared or too many.
        """
        starts = self.search.starts(target)
        if len(self.lengths) == 2 and self.search.size == 1 and self.flat is None:
            for start in starts:
                yield from self._in_cell(start, target)
            starts = starts[:1]
        for start in starts:
            yield self._by_steps(start, target)

    def _in_cell(
        self, middle: torch.Tensor, target: torch.Tensor
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Both solutions in the cell around a place, or just beyond the edge of the grid."""
        first, _ = self._first_corner(middle)
        width = self.lengths[0]
        origin, right, up, far = (
            elements(self.nodes, first + step) for step in (0, 1, width, width + 1)
        )
        cell = middle - 0.5
        low = torch.where(cell == 0, -0.5, 0.0) - self._tolerance
        high = torch.where(cell == self.last - 1, 1.5, 1.0) + self._tolerance
        for along in bilinear_places((origin, right, up, far), target):
            found = ((along >= low) & (along <= high)).all(-1)
            place = cell + along
            yield place, torch.where(found, self._rank(place, first), torch.inf)

    def _by_steps(
        self, place: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        step = place
        for _ in range(STEPS_OF_CELLS if self.search.size == 1 else STEPS_OF_BLOCKS):
            step, _ = self._step(place, target)
            place = torch.minimum((place - step).clamp(min=-0.5), self.last + 0.5)
        rest = self._step(place, target)[1]
        found = (step.abs() < self._tolerance).all(-1) & (rest.abs() < self._tolerance).all(-1)
        rank = self._rank(place, self._first_corner(place)[0])
        return place, torch.where(found, rank, torch.inf)

    @property
    def _tolerance(self) -> float:
        return TOLERANCE if self.nodes.dtype == torch.float64 else SINGLE_TOLERANCE

    def _rank(self, place: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
        """The number of a cell, in which the first is taken; behind all what is beyond the edge."""
        outside = ((place < -self._tolerance) | (place > self.last + self._tolerance)).any(-1)
        return first + outside * float(prod(self.lengths))

    def _step(self, place: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A step of Newton, and what there is to be made good; the Jacobian is a constant."""
        jet = self._jet(place.detach())
        values, matrix = jet[..., :1], jet[..., 1:]
        rest = values - target.unsqueeze(-1)
        if self.flat is not None:  # least squares, for there are more values than unknowns
            matrix, wanted = matrix.mT @ matrix + self.flat, matrix.mT @ rest
        else:
            wanted = rest
        return solved(matrix, wanted).squeeze(-1), rest.squeeze(-1)

    def _jet(self, place: torch.Tensor) -> torch.Tensor:
        """``[..., component, 1 + axes]``: values, and their derivatives by each axis."""
        first, along = self._first_corner(place)
        strides = [prod(self.lengths[:m]) * (n > 1) for m, n in enumerate(self.lengths)]
        parts = [
            [elements(self.nodes, first + sum(compress(reversed(strides), bits)))]
            for bits in product((0, 1), repeat=len(strides))
        ]
        for part in along:
            parts = [
                [
                    *(torch.lerp(a, b, part) for a, b in zip(low, high, strict=True)),
                    high[0] - low[0],
                ]
                for low, high in zip(parts[::2], parts[1::2], strict=True)
            ]
        return torch.stack(parts[0], -1)

    def _first_corner(self, place: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The first node of the cell of a place, and how far from it the place is."""
        first: torch.Tensor | int = 0
        along = []
        for m, n in enumerate(self.lengths):
            cell = cell_of(place[..., m], n)
            along.append((place[..., m] - cell).unsqueeze(-1))
            first = first + cell * prod(self.lengths[:m])
        assert isinstance(first, torch.Tensor)
        return first, along


def grid_of(array: torch.Tensor) -> Grid:
    """The grid of ``array[..., m_2, m_1, component]``."""
    lengths = tuple(reversed(array.shape[:-1]))
    nodes = array.reshape(-1, array.shape[-1])
    low, high = nodes.amin(0), nodes.amax(0)
    centres = (low + high) / 2
    scales = torch.where(high > low, (high - low) / 2, 1.0)
    scaled = (array - centres) / scales
    flat = torch.tensor([float(n == 1) for n in lengths], dtype=array.dtype)
    return Grid(
        lengths,
        scaled.reshape(nodes.shape).contiguous(),
        centres,
        scales,
        torch.diag(flat) if 1 in lengths else None,
        torch.tensor(lengths, dtype=array.dtype) - 1.0,
        search_of(scaled),
    )


def solved(matrix: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Small linear systems; not finite where there is no solution."""
    if matrix.shape[-1] != 2:
        inverse: torch.Tensor = torch.linalg.inv_ex(matrix).inverse
        return inverse @ wanted
    a, b, c, d = matrix.flatten(-2).unbind(-1)
    adjugate = torch.stack((d, -b, -c, a), -1).reshape(matrix.shape)
    determinant = torch.addcmul(a * d, b, c, value=-1.0)
    return torch.matmul(adjugate, wanted) / determinant[..., None, None]
