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
from ._stage import gathered_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    size = 1 + max(sum(POWERS[m]) for m in [1, *used] if m in POWERS)
    radial = None
    if any(m in RADIAL for m in used):
        radial = gathered_numbers([own.get(m, 0.0) for own in both for m in RADIAL]).reshape(2, 4)
    return distortion(
        axes,
        gathered_numbers(_coefficients(both, size)).reshape(2, size, size),
        radial=radial,
        box=field_box(description, axes) if is_plain else None,
    )


def _coefficients(both: Sequence[Mapping[int, Any]], size: int) -> list[Any]:
    """Of either axis, by power of longitude's and of latitude's variable."""
    values: list[Any] = [0.0] * (2 * size * size)
    for axis, own in enumerate(both):
        for m, value in own.items():
            if m in POWERS and sum(POWERS[m]) < size:
                powers = POWERS[m]
                values[(axis * size + powers[axis]) * size + powers[1 - axis]] = value
    return values


def _parameters(description: Description, axis: int) -> Mapping[int, Any]:
    """PVi_m of an axis, by m."""
    found = {m: value for (i, m), value in description.pv.items() if i == axis + 1}
    for m in found:
        if m not in POWERS and m not in RADIAL:
            name = f"PV{axis + 1}_{m}{description.key.strip()}"
            raise ValueError(f"{name}: TPV has the parameters 0 to 39; remove the card")
    return found
