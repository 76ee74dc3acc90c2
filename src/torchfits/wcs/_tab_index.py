# SPDX-License-Identifier: BSD-3-Clause
"""Index vectors of -TAB: from psi to the place in an array of coordinates (Paper III, 6.1.2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ._gathered import elements

NAN = float("nan")


@dataclass(frozen=True)
class IndexVector:
    """The places of an array along one of its axes, counted from 0."""

    length: int
    vector: torch.Tensor | None
    """Increasing, with psi taken times `sense`; `None` where psi counts elements from 1."""
    sense: int
    steps: torch.Tensor | None
    """Between its elements; 1 where they are the same."""
    first: int
    """The first cell that has an extent."""
    ends: torch.Tensor | None
    """Half a cell beyond the ends."""
    repeated: torch.Tensor | None
    """Which cells have no extent."""

    def places(self, psi: torch.Tensor) -> torch.Tensor:
        """From psi; NaN more than half a cell beyond the ends."""
        if self.vector is None or self.steps is None or self.ends is None:
            place = psi - 1.0
        elif self.length == 1:
            place = psi * self.sense - self.vector[0]
        else:
            psi = psi * self.sense
            cell = torch.bucketize(psi.detach().contiguous(), self.vector) - 1
            cell = cell.clamp(self.first, self.length - 2)
            place = cell + (psi - elements(self.vector, cell)) / elements(self.steps, cell)
            inside = (psi >= self.ends[0]) & (psi <= self.ends[1])
            place = torch.where(inside, place, NAN)
        inside = (place >= -0.5) & (place <= self.length - 0.5)
        return torch.where(inside, place, NAN)

    def values(self, place: torch.Tensor) -> torch.Tensor:
        """What psi is at places."""
        if self.vector is None or self.steps is None:
            return place + 1.0
        if self.length == 1:
            return torch.where(place.isnan(), NAN, self.vector[0]) * self.sense
        cell = cell_of(place, self.length)
        low, high = elements(self.vector, cell), elements(self.vector, cell + 1)
        return torch.lerp(low, high, place - cell) * self.sense


def index_vector(vector: torch.Tensor | None, length: int) -> IndexVector:
    """Check a vector, and make it ready.

    Raises
    ------
    ValueError
        If it goes up and down, or has the same value everywhere.
    """
    if vector is None:
        return IndexVector(length, None, 1, None, 0, None, None)
    steps = vector.diff()
    down = bool((steps <= 0).all()) and length > 1
    if not bool(torch.isfinite(vector).all()) or not (down or bool((steps >= 0).all())):
        raise ValueError("the index vector neither increases nor decreases all along")
    if length > 1 and not bool(steps.any()):
        raise ValueError("all elements of the index vector are the same")
    sense = -1 if down else 1
    vector, steps = vector * sense, steps * sense
    repeated = steps == 0
    if length == 1:
        return IndexVector(1, vector, sense, steps, 0, vector[[0, 0]], repeated)
    return IndexVector(
        length,
        vector,
        sense,
        torch.where(repeated, 1.0, steps),
        int((~repeated).to(torch.int8).argmax()),
        torch.stack((vector[0] - 0.5 * steps[0], vector[-1] + 0.5 * steps[-1])),
        repeated,
    )


def cell_of(place: torch.Tensor, length: int) -> torch.Tensor:
    """The cell between two of `length` elements that a place is in or next to; 0 for NaN."""
    cell = place.detach().floor().clamp(0.0, max(length - 2, 0))
    return torch.where(cell.isnan(), 0.0, cell).to(torch.int64)
