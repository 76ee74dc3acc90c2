# SPDX-License-Identifier: BSD-3-Clause
"""Some axes of a WCS: by number, or by what they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ._axes import axis_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ._dependence import Dependence
    from ._description import Description
    from ._slicing import Window

KINDS = ("longitude", "latitude", "spectral", "time", "stokes")


def chosen_axes(
    description: Description, window: Window, axes: str | int | Iterable[str | int]
) -> tuple[int, ...]:
    """World axes of the whole that `WCS.sub` is asked for; numbers are those of seen axes."""
    seen = window.world_axes
    chosen: list[int] = []
    for wanted in [axes] if isinstance(axes, (str, int)) else axes:
        if isinstance(wanted, str):
            kind = axes_of_kind(description, wanted.lower())
            if not set(kind) & set(seen):
                ctype = tuple(description.ctype[axis] for axis in seen)
                raise ValueError(f"no {wanted} axes among CTYPE = {ctype}")
            chosen += [axis for axis in seen if axis in kind]
        elif 1 <= wanted <= len(seen):
            chosen.append(seen[wanted - 1])
        else:
            raise ValueError(f"no axis {wanted}; axes are 1 to {len(seen)}")
    if len(set(chosen)) < len(chosen) or not chosen:
        raise ValueError(f"axes {axes!r}: name each axis once, and at least one")
    return tuple(chosen)


def axes_of_kind(description: Description, wanted: str) -> tuple[int, ...]:
    """The axes of a name."""
    if wanted == "celestial":
        return description.celestial or ()
    if wanted in KINDS:
        kinds = [axis_of(ctype).kind for ctype in description.ctype]
        return tuple(axis for axis, kind in enumerate(kinds) if kind == wanted)
    raise ValueError(
        f"no kind of axes {wanted!r}; use 'celestial', {', '.join(map(repr, KINDS))}, or the "
        "number of an axis, from 1"
    )


def part_of(
    window: Window, chosen: tuple[int, ...], dependence: Dependence, ctype: Sequence[str]
) -> Window:
    """The window on the pixel axes of some world axes.

    Raises
    ------
    ValueError
        If the two halves depend on each other.
    """
    pixels = tuple(axis for axis in chosen if axis in window.pixel_axes)
    for world, row in enumerate(dependence):
        for pixel in window.pixel_axes:
            if row[pixel] and (world in chosen) != (pixel in pixels):
                raise ValueError(
                    f"world axis {world + 1} ({ctype[world]!r}) depends on pixel axis {pixel + 1}: "
                    "take both or neither"
                )
    return replace(window, pixel_axes=pixels)
