# SPDX-License-Identifier: BSD-3-Clause
"""Coordinate arrays of -TAB with one dimension, and their inverse by search in sorted nodes."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import torch

from ._gathered import elements
from ._tab_index import NAN, cell_of

Single = tuple[torch.Tensor]


@dataclass(frozen=True)
class Line:
    """Values along a line, linear from one to the next.

    The way back knows the first cell for each node, and for each gap between sorted nodes.
    """

    nodes: torch.Tensor
    sorted_nodes: torch.Tensor
    first_cells: torch.Tensor
    """Below all nodes, at the first, between it and the second, ...; -1 where there is none."""
    steps: torch.Tensor
    """Of `nodes`, 1 where there is none."""

    def values(self, places: tuple[torch.Tensor, ...]) -> Single:
        """Coordinates of a place, counted from 0."""
        (place,) = places
        if len(self.nodes) == 1:
            return (self.nodes[0] + 0.0 * place,)
        cell = cell_of(place, len(self.nodes))
        low, high = elements(self.nodes, cell), elements(self.nodes, cell + 1)
        return (torch.lerp(low, high, place - cell),)

    def places(self, values: tuple[torch.Tensor, ...]) -> Single:
        """The first place that has a coordinate; half a cell beyond the ends only if no other."""
        (value,) = values
        known = value.detach().contiguous()
        if len(self.nodes) == 1:
            return (torch.where(known == self.nodes[0], value - self.nodes[0], NAN),)
        below = torch.bucketize(known, self.sorted_nodes)
        up_to = torch.bucketize(known, self.sorted_nodes, right=True)
        cell = elements(self.first_cells, below + up_to)
        exists = (cell >= 0) & ~known.isnan()
        cell = cell.clamp(min=0)
        place = cell + (value - elements(self.nodes, cell)) / elements(self.steps, cell)
        place = place.clamp(-0.5, len(self.nodes) - 0.5)
        return (torch.where(exists, place, NAN),)


def line_of(nodes: torch.Tensor, repeated: torch.Tensor | None) -> Line:
    """The line through nodes; `repeated` cells belong to no psi, and are left out."""
    nodes = nodes.contiguous()
    steps = nodes.diff()
    usable = torch.isfinite(nodes[:-1]) & torch.isfinite(nodes[1:])
    if repeated is not None:
        usable &= ~repeated
    known = nodes[:0], torch.full((1,), -1)
    if len(steps) and bool(usable.all()) and bool((steps > 0).all() | (steps < 0).all()):
        known = _monotonic(nodes, steps)
    elif len(steps):
        known = _by_sweep(nodes.tolist(), usable.tolist())
    return Line(nodes, *known, torch.where(steps == 0, 1.0, steps))


def _monotonic(nodes: torch.Tensor, steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Ends and nodes in order, and the cells at and between them."""
    places = torch.cat((nodes[:1] - steps[:1] / 2, nodes, nodes[-1:] + steps[-1:] / 2))
    numbers = torch.arange(len(places))
    cells = torch.stack((numbers - 2, numbers - 1), 1).clamp(0, len(steps) - 1).flatten()[:-1]
    if bool(steps[0] < 0):
        places, cells = places.flip(0), cells.flip(0)
    nowhere = torch.full((1,), -1)
    return places, torch.cat((nowhere, cells, nowhere))


def _by_sweep(nodes: list[float], usable: list[bool]) -> tuple[torch.Tensor, torch.Tensor]:
    """The same of nodes that go up and down."""
    last = len(usable) - 1
    intervals = [
        (min(nodes[k : k + 2]), max(nodes[k : k + 2]), k, k) for k in range(last + 1) if usable[k]
    ]
    for end, inner, cell in ((0, 1, 0), (last + 1, last, last)):
        if usable[cell]:  # beyond an end is where nothing else is: it ranks behind all cells
            ends = nodes[end], 1.5 * nodes[end] - 0.5 * nodes[inner]
            intervals.append((min(ends), max(ends), len(nodes) + end, cell))
    places = sorted({end for interval in intervals for end in interval[:2]})
    cells = _first_cells(intervals, places)
    return torch.tensor(places, dtype=torch.float64), torch.tensor(cells)


def _first_cells(intervals: list[tuple[float, float, int, int]], places: list[float]) -> list[int]:
    """The cell of the lowest rank at each of the places and in each gap between them."""
    intervals = sorted(intervals)
    active: list[tuple[int, float, int]] = []
    found, following = [-1], 0
    for place in places:
        while following < len(intervals) and intervals[following][0] <= place:
            _, end, rank, cell = intervals[following]
            heappush(active, (rank, end, cell))
            following += 1
        while active and active[0][1] < place:
            heappop(active)
        found.append(active[0][2] if active else -1)
        while active and active[0][1] <= place:
            heappop(active)
        found.append(active[0][2] if active else -1)
    return found
