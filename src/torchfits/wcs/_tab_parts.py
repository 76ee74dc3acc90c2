# SPDX-License-Identifier: BSD-3-Clause
"""A coordinate array of -TAB as parts that know nothing of each other, where it is made of such.

A frequency that depends on one axis alone is a line, whatever the array has beside. Lines are
quick, and no search in all dimensions is needed for the way back.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ._tab_grid import Grid, grid_of
from ._tab_index import NAN
from ._tab_line import Line, line_of

Places = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Part:
    """Some components of the array, which depend on as many of its axes."""

    axes: tuple[int, ...]
    components: tuple[int, ...]
    field: Line | Grid


@dataclass(frozen=True)
class Parts:
    """All components."""

    parts: tuple[Part, ...]

    def values(self, places: Places) -> Places:
        """Coordinates of places, counted from 0; NaN where one place is."""
        results = list(places)
        for part in self.parts:
            found = part.field.values(tuple(places[axis] for axis in part.axes))
            for component, value in zip(part.components, found, strict=True):
                results[component] = value
        return _all_or_none(results)

    def places(self, values: Places) -> Places:
        """Places of coordinates; NaN where one has none."""
        results = list(values)
        for part in self.parts:
            found = part.field.places(tuple(values[component] for component in part.components))
            for axis, place in zip(part.axes, found, strict=True):
                results[axis] = place
        return _all_or_none(results)


def _all_or_none(results: list[torch.Tensor]) -> Places:
    if len(results) == 1:
        return tuple(results)
    missing = torch.stack([result.isnan() for result in results]).any(0)
    return tuple(torch.where(missing, NAN, result) for result in results)


def parts_of(array: torch.Tensor, repeated: list[torch.Tensor | None]) -> Parts:
    """The parts of ``array[..., m_2, m_1, component]``.

    `repeated` tells of each axis which of its cells belong to no psi.
    """
    return Parts(
        tuple(
            Part(axes, components, _field(array, axes, components, repeated))
            for axes, components in _groups(array)
        )
    )


def _field(
    array: torch.Tensor,
    axes: tuple[int, ...],
    components: tuple[int, ...],
    repeated: list[torch.Tensor | None],
) -> Line | Grid:
    count = array.shape[-1]
    kept = {count - 1 - axis for axis in axes}
    first = tuple(slice(None) if dim in kept else 0 for dim in range(count))
    part = array[first][..., list(components)]
    return line_of(part[..., 0], repeated[axes[0]]) if len(axes) == 1 else grid_of(part)


def _groups(array: torch.Tensor) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Axes and components that belong together."""
    count = array.shape[-1]
    groups: list[tuple[set[int], set[int]]] = []
    for component in range(count):
        values = array[..., component]
        axes = {m for m in range(count) if not _constant(values, count - 1 - m)}
        merged, components = set(axes), {component}
        for group in [group for group in groups if group[0] & axes]:
            groups.remove(group)
            merged |= group[0]
            components |= group[1]
        groups.append((merged, components))
    uneven = [group for group in groups if len(group[0]) != len(group[1])]
    groups = [group for group in groups if len(group[0]) == len(group[1])]
    free = set(range(count)).difference(*(axes for axes, _ in groups))
    if uneven:
        groups.append((free, set().union(*(components for _, components in uneven))))
    return [(tuple(sorted(axes)), tuple(sorted(components))) for axes, components in groups]


def _constant(values: torch.Tensor, dim: int) -> bool:
    return bool((values == values.narrow(dim, 0, 1)).all())
