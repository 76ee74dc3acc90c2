# SPDX-License-Identifier: BSD-3-Clause
"""Spectral axes that are linear in another variable than their own (Paper III, section 3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ._grism import Grism, grism
from ._spectral_variables import LIGHT, VARIABLES, Change, conversions
from ._stage import constant

if TYPE_CHECKING:
    from ._description import Description
    from ._stage import Coordinates

GRISMS = {"GRI": "W", "GRA": "A"}
"""The basic variable that a grism disperses, in vacuum and in air."""

OTHER_CODES = ("", "LOG", "TAB")
"""What spectral axes may have that is not done here."""


@dataclass(frozen=True)
class Proportional:
    """An axis that is linear in X itself."""

    slope: torch.Tensor
    """dX/dS."""

    def forward(self, offset: torch.Tensor) -> torch.Tensor:
        return offset * self.slope

    def inverse(self, offset: torch.Tensor) -> torch.Tensor:
        return offset / self.slope


@dataclass(frozen=True)
class Spectral:
    """An axis of type S, linear in X: w -> X -> P -> S (Paper III, section 3.1).

    All steps work on differences from the reference point.
    """

    axis: int
    reference: torch.Tensor
    """CRVAL."""
    dispersion: Proportional | Grism
    """Intermediate world coordinates to X."""
    scale: torch.Tensor
    """dS/dP."""
    outward: tuple[Change, ...]
    """X to P."""
    homeward: tuple[Change, ...]
    """P to X."""

    def forward(self, coordinates: Coordinates) -> Coordinates:
        offset = self.dispersion.forward(coordinates[self.axis])
        for change in self.outward:
            offset = change(offset)
        return self._replaced(coordinates, torch.addcmul(self.reference, offset, self.scale))

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        offset = (coordinates[self.axis] - self.reference) / self.scale
        for change in self.homeward:
            offset = change(offset)
        return self._replaced(coordinates, self.dispersion.inverse(offset))

    def _replaced(self, coordinates: Coordinates, value: torch.Tensor) -> Coordinates:
        return (*coordinates[: self.axis], value, *coordinates[self.axis + 1 :])


def spectral_stages(description: Description) -> tuple[Spectral, ...]:
    """One stage for each axis with a code such as ``F2W``, ``GRI`` or ``GRA``; they add CRVAL.

    The codes are known to be good ones.

    Raises
    ------
    ValueError
        If RESTFRQ and RESTWAV are missing where they are needed, if the reference value has no
        counterpart in the other variable, or the parameters of a grism make none.
    """
    stages = []
    for axis, ctype in enumerate(description.ctype):
        variable = VARIABLES.get(ctype[:4])
        code = description.projection(axis)
        if variable is None or code in OTHER_CODES:
            continue
        x = GRISMS.get(code, code[0])
        if x != variable.basic or code in GRISMS:
            stages.append(spectral_stage(description, axis, x, code))
    return tuple(stages)


def spectral_stage(description: Description, axis: int, x: str, code: str) -> Spectral:
    """The stage of one axis; see `spectral_stages`."""
    variable = VARIABLES[description.ctype[axis][:4]]
    rests = rest_values(description, axis, needed=variable.is_velocity != (x == "V"))
    value = constant(description.crval)[axis]
    rest = rests["F" if variable.basic == "F" else "W"]
    scale = constant(variable.scale(rest.item()))
    start = value / scale + rest if variable.from_rest else value / scale

    homeward = conversions(variable.basic, x, start, rests)
    reference = homeward[-1].image if homeward else start
    slope = 1 / scale
    for change in homeward:
        slope = slope * change.slope
    known = slope.detach().item()
    if not math.isfinite(known) or known == 0:
        raise ValueError(
            f"CRVAL{axis + 1}{description.key.strip()} = {value.item()!r} has no counterpart in "
            f"the variable that {description.ctype[axis]!r} is linear in; correct it, or the code"
        )
    outward = conversions(x, variable.basic, reference, rests)
    dispersion: Proportional | Grism = Proportional(slope)
    if code in GRISMS:
        dispersion = grism(description, axis, reference, slope)
    return Spectral(axis, value, dispersion, scale, outward, homeward)


def rest_values(description: Description, axis: int, *, needed: bool) -> dict[str, torch.Tensor]:
    """Frequency and wavelength of the line at rest, as F and W; any pair where none is needed."""
    frequency = float(description.meta.get("RESTFRQ") or 0)
    wavelength = float(description.meta.get("RESTWAV") or 0)
    if frequency == 0 and wavelength == 0:
        if needed:
            key = description.key.strip()
            raise ValueError(
                f"CTYPE{axis + 1}{key} = {description.ctype[axis]!r} needs the line at rest: "
                f"set RESTFRQ{key} (in Hz) or RESTWAV{key} (in m)"
            )
        wavelength = 1.0
    frequency = frequency or LIGHT / wavelength
    return {"F": constant(frequency), "W": constant(LIGHT / frequency)}
