# SPDX-License-Identifier: BSD-3-Clause
"""TPV: polynomials of SCAMP between the linear part and a TAN projection (FITS registry, 2012).

Of intermediate world coordinates x and y in degrees; those of the latitude axis have x and y
exchanged. PVi_0 to PVi_39 are in order of degree, the odd ones followed by a power of the radius.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from ._distortion import Distortion, distortion
from ._reach import field_box
from ._stage import constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._description import Description

RADIAL = {3: 0, 11: 1, 23: 2, 39: 3}
"""PVi_m of r, r**3, r**5 and r**7."""


def _powers() -> dict[int, tuple[int, int]]:
    """Powers of x and of y for every other m."""
    numbers = (m for m in range(40) if m not in RADIAL)
    terms = ((degree - y, y) for degree in range(8) for y in range(degree + 1))
    return dict(zip(numbers, terms, strict=True))


POWERS = _powers()


def tpv_stage(description: Description) -> Distortion | None:
    """The step of TPV; `None` where CTYPE has another projection.

    PVi_1 is 1 where it is missing, and the others 0, as the convention has it.
    """
    axes = description.celestial
    if axes is None or description.projection(axes[0]) != "TPV":
        return None
    both = [{1: 1.0, **_parameters(description, axis)} for axis in axes]
    is_plain = not any(isinstance(value, torch.Tensor) for own in both for value in own.values())
    used = [m for own in both for m, value in own.items() if not is_plain or value != 0.0]
    degree = max(sum(POWERS[m]) for m in [1, *used] if m in POWERS)
    coefficients = [_square(own, degree + 1) for own in both]
    coefficients[1] = [list(row) for row in zip(*coefficients[1], strict=True)]
    radial = None
    if any(m in RADIAL for m in used):
        radial = _tensor([[own.get(m, 0.0) for m in RADIAL] for own in both])
    return distortion(
        axes,
        _tensor(coefficients),
        degree,
        radial=radial,
        box=field_box(description, axes) if is_plain else None,
    )


def _parameters(description: Description, axis: int) -> Mapping[int, Any]:
    """PVi_m of an axis, by m."""
    found = {m: value for (i, m), value in description.pv.items() if i == axis + 1}
    for m in found:
        if m not in POWERS and m not in RADIAL:
            name = f"PV{axis + 1}_{m}{description.key.strip()}"
            raise ValueError(f"{name}: TPV has the parameters 0 to 39; remove the card")
    return found


def _square(own: Mapping[int, Any], size: int) -> list[list[Any]]:
    """Coefficients by power of the axis itself and of the other one."""
    square: list[list[Any]] = [[0.0] * size for _ in range(size)]
    for m, value in own.items():
        if m in POWERS and sum(POWERS[m]) < size:
            first, second = POWERS[m]
            square[first][second] = value
    return square


def _tensor(values: Any) -> torch.Tensor:
    """Nested lists of numbers and of tensors with one number."""
    flat: list[Any] = []
    shape = _flatten(values, flat)
    tensors = [value for value in flat if isinstance(value, torch.Tensor)]
    if not tensors:
        return constant(values)
    parts = [constant(value).to(tensors[0].device) for value in flat]
    return torch.stack(parts).reshape(shape)


def _flatten(values: Any, flat: list[Any]) -> tuple[int, ...]:
    if not isinstance(values, list):
        flat.append(values)
        return ()
    shapes = [_flatten(value, flat) for value in values]
    return (len(values), *shapes[0])
