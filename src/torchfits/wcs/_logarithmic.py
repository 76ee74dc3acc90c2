# SPDX-License-Identifier: BSD-3-Clause
"""Logarithmic axes: types such as ``WAVE-LOG`` (Paper III, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ._stage import constant

if TYPE_CHECKING:
    from ._description import Description
    from ._stage import Coordinates

NAN = float("nan")


@dataclass(frozen=True)
class Logarithmic:
    """S = S_r exp(w / S_r) (Paper III, equation 5)."""

    axis: int
    reference: torch.Tensor
    """CRVAL, which is positive."""

    def forward(self, coordinates: Coordinates) -> Coordinates:
        value = self.reference * torch.exp(coordinates[self.axis] / self.reference)
        return self._replaced(coordinates, value)

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        ratio = coordinates[self.axis] / self.reference
        exists = ratio > 0
        value = self.reference * torch.log(torch.where(exists, ratio, 1))
        return self._replaced(coordinates, torch.where(exists, value, NAN))

    def _replaced(self, coordinates: Coordinates, value: torch.Tensor) -> Coordinates:
        return (*coordinates[: self.axis], value, *coordinates[self.axis + 1 :])


def logarithmic_stages(description: Description) -> tuple[Logarithmic, ...]:
    """One stage for each axis with the code ``LOG``, of whatever type; they add CRVAL.

    Raises
    ------
    ValueError
        If CRVAL of such an axis is not positive.
    """
    stages = []
    for axis in range(description.naxis):
        if description.projection(axis) != "LOG":
            continue
        reference = constant(description.crval)[axis]
        if not reference.detach().item() > 0:
            raise ValueError(
                f"CRVAL{axis + 1}{description.key.strip()} = {reference.item()!r}: the logarithmic "
                f"axis {description.ctype[axis]!r} needs a positive one"
            )
        stages.append(Logarithmic(axis, reference))
    return tuple(stages)
