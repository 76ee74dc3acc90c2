# SPDX-License-Identifier: BSD-3-Clause
"""The description and the cards of what is seen through a window: a header of a slice or a part."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from ._stage import constant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._dependence import Dependence
    from ._description import Description
    from ._slicing import Window

_SIP = re.compile(r"([AB]P?)_(\d+)_(\d+)")
_TABLES = re.compile(r"(CP|CQ|D2IM)DIS\d.*|D2IM(ARR|EXT).*|AXISCORR")
_OF_TWO_AXES = re.compile(rf"[AB]P?_ORDER|WAT\d_\d+|CNPIX\d|{_TABLES.pattern}")


def seen_parts(
    description: Description, cards: Mapping[str, Any], window: Window, dependence: Dependence
) -> tuple[Description, dict[str, Any]]:
    """Hidden pixel axes that are needed come last, and their only pixel is the one that is meant.

    Raises
    ------
    ValueError
        If a distortion cannot be told in a header of such a slice.
    """
    pixels, world = axes_needed(window, dependence)
    seen = set(window.pixel_axes)
    steps = [window.steps[axis] if axis in seen else 1 for axis in pixels]
    crpix, crval, cdelt, pc = (
        constant(numbers).detach().cpu()
        for numbers in (description.crpix, description.crval, description.cdelt, description.pc)
    )
    starts = constant(window.starts)[list(pixels)]
    scale = constant(steps)
    shape = tuple((window.lengths[axis] if axis in seen else 1) for axis in pixels)
    changed = replace(
        description,
        ctype=tuple(description.ctype[axis] for axis in world),
        cunit=tuple(description.cunit[axis] for axis in world),
        cname=tuple(description.cname[axis] for axis in world) if description.cname else (),
        crpix=tuple(((crpix[list(pixels)] - 1 - starts) / scale + 1).tolist()),
        crval=tuple(crval[list(world)].tolist()),
        cdelt=tuple(cdelt[list(world)].tolist()),
        pc=tuple(map(tuple, (pc[list(world)][:, list(pixels)] * scale).tolist())),
        pv=renumbered(description.pv, world),
        ps=renumbered(description.ps, world),
        shape=None if None in shape else shape,  # type: ignore[arg-type]
        meta={name: of_axes(value, world) for name, value in description.meta.items()},
    )
    return changed, changed_cards(cards, window, pixels, world)


def axes_needed(window: Window, dependence: Dependence) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Pixel and world axes, as many of each, that what is seen depends on."""
    hidden = [
        axis
        for axis in range(len(window.starts))
        if axis not in window.pixel_axes and any(dependence[w][axis] for w in window.world_axes)
    ]
    pixels, world = (*window.pixel_axes, *hidden), window.world_axes
    if len(pixels) == len(world):
        return pixels, world
    every = range(len(window.starts))
    return (
        (*window.pixel_axes, *(axis for axis in every if axis not in window.pixel_axes)),
        (*world, *(axis for axis in every if axis not in world)),
    )


def renumbered(
    parameters: Mapping[tuple[int, int], Any], world: Sequence[int]
) -> dict[tuple[int, int], Any]:
    """PVi_m and PSi_m of the axes that are left."""
    return {
        (world.index(i - 1) + 1, m): value.item() if isinstance(value, torch.Tensor) else value
        for (i, m), value in parameters.items()
        if i - 1 in world
    }


def of_axes(value: Any, world: Sequence[int]) -> Any:
    """Keywords that have an axis number, such as CRDERi."""
    if not isinstance(value, dict):
        return value
    return {world.index(i - 1) + 1: part for i, part in value.items() if i - 1 in world}


def changed_cards(
    cards: Mapping[str, Any], window: Window, pixels: Sequence[int], world: Sequence[int]
) -> dict[str, Any]:
    """The cards of distortions; those of the first two axes can only be told of these."""
    needy = [keyword for keyword in cards if _OF_TWO_AXES.fullmatch(keyword)]
    if not needy:
        return dict(cards)
    (start_x, start_y), (step_x, step_y) = window.starts[:2], window.steps[:2]
    moved = (start_x, start_y, step_x, step_y) != (0, 0, 1, 1)
    tables = [keyword for keyword in needy if _TABLES.fullmatch(keyword)]
    plate = "CNPIX1" in cards and (step_x, step_y) != (1, 1)
    if (moved and (tables or plate)) or tuple(pixels[:2]) != (0, 1) or tuple(world[:2]) != (0, 1):
        raise ValueError(
            f"{(tables or needy)[0]}: this distortion belongs to the first two axes of the whole "
            "image, and no header can say the same of this slice; use the WCS as it is, or write "
            "the header of the whole image"
        )
    result = dict(cards)
    for keyword, value in cards.items():
        term = _SIP.fullmatch(keyword)
        if term:
            unit = step_x if term[1][0] == "A" else step_y
            result[keyword] = value * step_x ** int(term[2]) * step_y ** int(term[3]) / unit
    for keyword, start in (("CNPIX1", start_x), ("CNPIX2", start_y)):
        if keyword in cards:
            result[keyword] = cards[keyword] + start
    return result
