# SPDX-License-Identifier: BSD-3-Clause
"""The stages of a WCS, in the order in which a pixel passes them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from .._real_numbers import working_dtype
from ._celestial import celestial_stage
from ._chunks import one_thread
from ._dependence import dependence, linear_axes
from ._distortion import Distortion
from ._dss import dss_description, dss_stages
from ._linear import linear_stage, offset_stage
from ._logarithmic import Logarithmic, logarithmic_stages
from ._lookup import Displacement, lookup_stages, sequent_stage
from ._newton import unconverged
from ._sip import sip_stage
from ._spectral import Spectral, spectral_stages
from ._stage import moved
from ._tab import tab_stage
from ._tnx import tnx_stage, zpx_description
from ._tpv import tpv_stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._dependence import Dependence
    from ._description import Description
    from ._stage import Coordinates, Stage


ITERATED = (Distortion, Displacement)
"""Stages whose inverse is found by steps."""


@dataclass(frozen=True)
class Pipeline:
    """All steps between 0-based pixels and world coordinates."""

    stages: tuple[Stage, ...]
    dependence: Dependence
    distorted: bool
    """Whether pixels are moved before the linear part (SIP, look-up tables, a plate solution)."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    requires_grad: bool = False
    """Whether gradients of parameters are wanted."""

    def forward(self, coordinates: Coordinates) -> Coordinates:
        """Pixels to world coordinates."""
        for stage in self.stages:
            coordinates = stage.forward(coordinates)
        return coordinates

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        """World coordinates to pixels."""
        for stage in reversed(self.stages):
            coordinates = stage.inverse(coordinates)
        return coordinates


@one_thread()
def assembled(
    description: Description, cards: Mapping[str, Any], file: Any = None, sip: Any = None
) -> Pipeline:
    """The pipeline of a header, each builder asked for its step."""
    plate = dss_stages(cards, description)
    description = zpx_description(cards, dss_description(cards, description))
    linear = linear_stage(description)
    sip_step = sip_stage(cards, description, sip)
    before: tuple[Stage | None, ...] = plate or lookup_stages(cards, description, file, sip_step)
    curved: tuple[Spectral | Logarithmic, ...] = (
        *spectral_stages(description),
        *logarithmic_stages(description),
    )
    stages = (
        *before,
        linear,
        sequent_stage(cards, description, file),
        tpv_stage(description),
        tnx_stage(cards, description),
        celestial_stage(description),
        *curved,
        tab_stage(description, file),
        offset_stage(description, linear_axes(description, [stage.axis for stage in curved])),
    )
    present = tuple(stage for stage in stages if stage is not None)
    distorted = bool(before) or any(isinstance(stage, Displacement) for stage in present)
    return Pipeline(present, dependence(description, linear.rows, distorted), distorted)


def lost_points(pipeline: Pipeline, world: Coordinates) -> torch.Tensor:
    """Where the way back through a distortion was not found, though all before it was."""
    lost = torch.zeros_like(world[0], dtype=torch.bool)
    for stage in reversed(pipeline.stages):
        if isinstance(stage, ITERATED):
            lost = lost | unconverged(stage, world)
        world = stage.inverse(world)
    return lost


def tensors_of(part: Any) -> Iterator[torch.Tensor]:
    """Every tensor in a step, or in any tuple or dataclass."""
    if isinstance(part, torch.Tensor):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from tensors_of(item)
    elif is_dataclass(part) and not isinstance(part, type):
        for member in fields(part):
            yield from tensors_of(getattr(part, member.name))


def placed(pipeline: Pipeline, device: torch.device) -> Pipeline:
    """The pipeline on a device; its tensors in single precision where there is no other."""
    dtype = working_dtype(device)
    copy = moved(pipeline, device=device, dtype=None if dtype == torch.float64 else dtype)
    tensors = list(tensors_of(copy))
    requires_grad = any(tensor.requires_grad for tensor in tensors)
    return replace(copy, device=tensors[0].device, requires_grad=requires_grad)
