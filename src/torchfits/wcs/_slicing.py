# SPDX-License-Identifier: BSD-3-Clause
"""A WCS of which some pixels, and some axes, are seen: slices and parts of a larger one."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from ._stage import Coordinates

Lengths = tuple["int | None", ...]


@dataclass(frozen=True)
class Window:
    """Which pixels of the whole WCS are seen, and which axes.

    Every tuple but `pixel_axes` and `world_axes` has an element for each axis of the whole.
    """

    pixel_axes: tuple[int, ...]
    """Of the whole, in the order in which they are seen."""
    world_axes: tuple[int, ...]
    starts: tuple[float, ...]
    """The pixel of the whole where a seen axis begins, or where a hidden one is fixed."""
    steps: tuple[int, ...]
    lengths: Lengths
    """Pixels of an axis; `None` where unknown."""
    world: tuple[float, ...] = ()
    """What world coordinates that are not seen are taken for on the way to the pixels."""

    @property
    def plain(self) -> bool:
        """Whether this is the whole itself."""
        every = tuple(range(len(self.starts)))
        return (
            self.pixel_axes == self.world_axes == every
            and not any(self.starts)
            and all(step == 1 for step in self.steps)
        )

    def widen_pixels(self, pixels: Coordinates) -> Coordinates:
        """Pixels of the whole."""
        wide = [torch.full_like(pixels[0], start) for start in self.starts]
        for axis, pixel in zip(self.pixel_axes, pixels, strict=True):
            wide[axis] = pixel * self.steps[axis] + self.starts[axis]
        return tuple(wide)

    def narrow_pixels(self, pixels: Coordinates) -> Coordinates:
        """Pixels of the window."""
        return tuple(
            (pixels[axis] - self.starts[axis]) / self.steps[axis] for axis in self.pixel_axes
        )

    def widen_world(self, world: Coordinates) -> Coordinates:
        """World coordinates of the whole."""
        wide = [torch.full_like(world[0], value) for value in self.world]
        for axis, values in zip(self.world_axes, world, strict=True):
            wide[axis] = values
        return tuple(wide)

    def narrow_world(self, world: Coordinates) -> Coordinates:
        """Those world coordinates that are seen."""
        return tuple(world[axis] for axis in self.world_axes)


def whole_window(naxis: int, shape: tuple[int, ...] | None) -> Window:
    """The window through which all is seen; `shape` in the order of FITS, perhaps shorter."""
    every = tuple(range(naxis))
    known = tuple(shape or ())[:naxis]
    lengths = (*known, *(None,) * (naxis - len(known)))
    return Window(every, every, (0,) * naxis, (1,) * naxis, lengths, (0.0,) * naxis)


def sliced(window: Window, key: Any) -> Window:
    """The window after an index in the order of numpy; world axes are left as they are.

    Raises
    ------
    IndexError
        For more indices than axes, or an integer outside of the array.
    TypeError
        For anything but integers, slices and an ellipsis.
    ValueError
        If no pixel axis is left, or a negative index meets an axis of unknown length.
    """
    axes = window.pixel_axes
    indices = full_index(key, len(axes))[::-1]
    starts, steps, lengths = list(window.starts), list(window.steps), list(window.lengths)
    kept = []
    for axis, index in zip(axes, indices, strict=True):
        if isinstance(index, slice):
            first, step, length = slice_of(index, window.lengths[axis])
            kept.append(axis)
        else:
            first, step, length = position_of(index, window.lengths[axis]), 1, 1
        starts[axis] += first * steps[axis]
        steps[axis] *= step
        lengths[axis] = length
    if not kept:
        raise ValueError("integers for all axes leave no pixel axis; use slices for some of them")
    return Window(
        tuple(kept), window.world_axes, tuple(starts), tuple(steps), tuple(lengths), window.world
    )


def full_index(key: Any, naxis: int) -> list[Any]:
    """An index of one element for each axis."""
    parts = list(key) if isinstance(key, tuple) else [key]
    ellipses = [position for position, part in enumerate(parts) if part is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index has one ellipsis (...) at most")
    if len(parts) - len(ellipses) > naxis:
        raise IndexError(f"{len(parts)} indices for a WCS of {naxis} pixel axes")
    middle = ellipses[0] if ellipses else len(parts)
    missing = [slice(None)] * (naxis - len(parts) + len(ellipses))
    return [*parts[:middle], *missing, *parts[middle + len(ellipses) :]]


def slice_of(index: slice, length: int | None) -> tuple[int, int, int | None]:
    """First pixel, step and number of pixels."""
    if length is not None:
        chosen = range(*index.indices(length))
        return chosen.start, chosen.step, len(chosen)
    start = 0 if index.start is None else operator.index(index.start)
    step = 1 if index.step is None else operator.index(index.step)
    stop = None if index.stop is None else operator.index(index.stop)
    if start < 0 or step <= 0 or (stop is not None and stop < 0):
        raise ValueError(
            f"{index} counts from the end of an axis whose length the header does not tell; "
            "add NAXISn to the header"
        )
    return start, step, None if stop is None else len(range(start, stop, step))


def position_of(index: Any, length: int | None) -> int:
    """An integer index, counted from the start."""
    if isinstance(index, bool) or not hasattr(type(index), "__index__"):
        raise TypeError(
            f"a WCS is indexed by integers, slices and '...', not by {type(index).__name__}"
        )
    position = operator.index(index)
    if position < 0 and length is not None:
        position += length
    if position < 0 or (length is not None and position >= length):
        size = "unknown length" if length is None else f"length {length}"
        raise IndexError(f"index {index} is outside of an axis of {size}")
    return position
