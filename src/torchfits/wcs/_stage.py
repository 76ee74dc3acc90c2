# SPDX-License-Identifier: BSD-3-Clause
"""One step of the way between pixels and the world; how such steps go to another device."""

from __future__ import annotations

from array import array
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import torch

from ._later import Later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._description import Numbers

Coordinates = tuple[torch.Tensor, ...]
"""One tensor for each axis, in the order of FITS; all of one shape, dtype and device."""

T = TypeVar("T")


class Stage(Protocol):
    """One invertible step; a frozen dataclass whose numbers are tensors.

    Both ways take and give the coordinates of all axes and leave those of other steps alone. A
    point without an image is NaN in the axes of the step; nothing is raised, no value is looked at
    from Python, and nothing is changed in place, so that gradients, `torch.func.vmap` and
    `torch.compile` pass through.
    """

    def forward(self, coordinates: Coordinates) -> Coordinates:
        """Away from the pixels."""
        ...

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        """Towards the pixels."""
        ...


def constant(value: Numbers) -> torch.Tensor:
    """A parameter as a float64 tensor; the same tensor where it is one, with its gradients."""
    if isinstance(value, torch.Tensor):
        return value if value.dtype == torch.float64 else value.to(torch.float64)
    return torch.tensor(value, dtype=torch.float64)


def gathered_numbers(values: Sequence[Any]) -> torch.Tensor:
    """Numbers, and tensors of one number each, as one float64 tensor of one dimension."""
    if {float}.issuperset(map(type, values)):
        return torch.frombuffer(array("d", values), dtype=torch.float64)  # sooner than torch.tensor
    return torch.stack([constant(value) for value in values])


def number(value: Any) -> float:
    """A parameter as a float, without its gradients."""
    return float(value.detach()) if isinstance(value, torch.Tensor) else float(value)


def moved(part: T, *, device: Any = None, dtype: torch.dtype | None = None) -> T:
    """A copy of a step, or of any tuple or dataclass, with its tensors elsewhere."""
    if isinstance(part, torch.Tensor):
        wanted = dtype if part.is_floating_point() else None
        return part.to(device=device, dtype=wanted)  # type: ignore[return-value]
    if isinstance(part, tuple) and type(part) is tuple:
        return tuple(moved(item, device=device, dtype=dtype) for item in part)  # type: ignore[return-value]
    if isinstance(part, Later):
        return Later.made(moved(part.value, device=device, dtype=dtype))  # type: ignore[return-value]
    if is_dataclass(part) and not isinstance(part, type):
        changes = {
            item.name: moved(getattr(part, item.name), device=device, dtype=dtype)
            for item in fields(part)
        }
        return replace(part, **changes)
    return part
