# SPDX-License-Identifier: BSD-3-Clause
"""Which world axes belong together, and on which pixel axes each depends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ._description import Description

Dependence = tuple[tuple[bool, ...], ...]
"""``[world axis][pixel axis]``."""


def linear_axes(description: Description, taken: Iterable[int]) -> tuple[int, ...]:
    """Axes whose world coordinate is CRVAL plus the intermediate one; `taken` have stages."""
    others = {*taken, *(description.celestial or ())}
    return tuple(
        axis
        for axis in range(description.naxis)
        if axis not in others and description.projection(axis) != "TAB"
    )


def dependence(
    description: Description, rows: Sequence[Sequence[int]], distorted: bool
) -> Dependence:
    """Which pixel axes change a world axis.

    `rows` are the non-zero elements of the matrix; distortions mix the first two pixel axes.
    """
    naxis = description.naxis
    pixels = [set(columns) for columns in rows]
    if distorted:
        for columns in pixels:
            columns.update({0, 1} if columns & {0, 1} else ())
    for group in coupled_axes(description):
        together = set().union(*(pixels[axis] for axis in group))
        for axis in group:
            pixels[axis] = together
    return tuple(tuple(axis in columns for axis in range(naxis)) for columns in pixels)


def coupled_axes(description: Description) -> list[tuple[int, ...]]:
    """World axes that are computed together: longitude and latitude, and the axes of one table."""
    tables: dict[tuple[object, ...], list[int]] = {}
    for axis in range(description.naxis):
        if description.projection(axis) == "TAB":
            table = tuple(description.ps.get((axis + 1, m)) for m in (0, 1))
            place = tuple(description.pv.get((axis + 1, m), 1) for m in (1, 2))
            tables.setdefault((*table, *place), []).append(axis)
    groups = [tuple(axes) for axes in tables.values()]
    return [description.celestial, *groups] if description.celestial else groups
