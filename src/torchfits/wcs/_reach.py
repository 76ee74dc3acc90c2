# SPDX-License-Identifier: BSD-3-Clause
"""Where an image lies, as seen from its reference point: how strong its distortion may become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._stage import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._description import Description

Box = tuple[tuple[float, float], tuple[float, float]]
"""The lowest and the highest coordinate, of two axes."""

MARGIN = 0.25
"""Positions around the image are asked for too, this part of its side off."""

UNKNOWN = 512.0
"""Pixels to either side of CRPIX that an image has at least where its size is unknown."""


def image_box(description: Description) -> Box | None:
    """The first two axes in pixels from CRPIX, with the margin.

    Where NAXISj is unknown the first pixel is taken for a corner, and CRPIX for the middle.
    """
    shape = description.shape
    if shape is None or len(shape) < 2 or not all(shape[:2]):
        if description.naxis < 2:
            return None
        halves = [max(abs(number(reference)), UNKNOWN) for reference in description.crpix[:2]]
        x, y = ((1.0 + 2.0 * MARGIN) * half for half in halves)
        return (-x, x), (-y, y)
    first, second = (
        (
            0.5 - MARGIN * length - number(reference),
            length + 0.5 + MARGIN * length - number(reference),
        )
        for reference, length in zip(description.crpix[:2], shape[:2], strict=True)
    )
    return first, second


def field_box(description: Description, axes: tuple[int, int]) -> Box | None:
    """Intermediate world coordinates of two axes over `image_box`, in degrees."""
    pixels = image_box(description)
    if pixels is None:
        return None
    first, second = (
        _sum(number(description.cdelt[axis]), description.pc[axis], pixels) for axis in axes
    )
    return first, second


def mapped(box: Box | None, slope: Sequence[float], shift: Sequence[float]) -> Box | None:
    """``slope * x + shift`` on either axis."""
    if box is None:
        return None
    first, second = (
        (min(a * x + b for x in ends), max(a * x + b for x in ends))
        for ends, a, b in zip(box, slope, shift, strict=True)
    )
    return first, second


def _sum(scale: float, row: Sequence[float], box: Box) -> tuple[float, float]:
    """The range of a sum over pixel axes."""
    factors = [scale * number(factor) for factor in row[:2]]
    terms = [
        (factor * low, factor * high) for factor, (low, high) in zip(factors, box, strict=True)
    ]
    return sum(map(min, terms)), sum(map(max, terms))
