# SPDX-License-Identifier: BSD-3-Clause
"""Grisms: axes that are linear in the place on a detector behind one (Paper III, section 5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ._stage import constant

if TYPE_CHECKING:
    from ._description import Description

NAN = float("nan")

DEFAULTS = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
"""PVi_0 to PVi_6: G, m, alpha, n_r, n'_r, epsilon, theta."""


@dataclass(frozen=True)
class Grism:
    """Place on the detector to wavelength, both as differences from the reference point.

    With beta the angle of a ray behind the grism, delta = beta - beta_r is what a step y along
    the detector, in units of its distance, is seen under, and by the grism equation sin(beta) is
    linear in the wavelength: G m lambda / cos(epsilon) = n sin(alpha) + sin(beta), where
    n = n_r + n'_r (lambda - lambda_r).
    """

    step: torch.Tensor
    """dy/dw."""
    length: torch.Tensor
    """Wavelength per sin(beta)."""
    sin_beta: torch.Tensor
    cos_beta: torch.Tensor
    """Of the reference point."""
    tan_theta: torch.Tensor

    def forward(self, offset: torch.Tensor) -> torch.Tensor:
        """Intermediate world coordinates to wavelengths less that of the reference point."""
        y = offset * self.step
        x = 1 + self.tan_theta * (self.tan_theta - y)
        distance = torch.hypot(x, y)
        change = self.cos_beta * (y / distance) + self.sin_beta * (x / distance - 1)
        return change * self.length

    def inverse(self, offset: torch.Tensor) -> torch.Tensor:
        """The way back; a wavelength that no angle sends there is NaN."""
        change = offset / self.length
        sin_beta = self.sin_beta + change
        square = (1 - sin_beta) * (1 + sin_beta)
        exists = square >= 0
        cos_beta = torch.sqrt(torch.where(square > 0, square, 1))
        cos_beta = torch.where(square > 0, cos_beta, 0)
        # cos(beta) - cos(beta_r), then sin(delta) and cos(delta), without cancellation.
        fall = -change * (sin_beta + self.sin_beta) / (cos_beta + self.cos_beta)
        sin_delta = change * self.cos_beta - fall * self.sin_beta
        cos_delta = cos_beta * self.cos_beta + sin_beta * self.sin_beta
        # y = tan(delta - theta) + tan(theta).
        y = sin_delta * (1 + self.tan_theta**2) / (cos_delta + sin_delta * self.tan_theta)
        return torch.where(exists, y / self.step, NAN)


def grism(
    description: Description, axis: int, wavelength: torch.Tensor, slope: torch.Tensor
) -> Grism:
    """The grism of PVi_m, about a wavelength that changes by `slope` per world coordinate.

    Raises
    ------
    ValueError
        If the parameters disperse nothing, or send the reference wavelength nowhere.
    """
    parameters = [description.pv.get((axis + 1, m), value) for m, value in enumerate(DEFAULTS)]
    density, order, alpha, index, index_slope, epsilon, theta = parameters
    sin_alpha = math.sin(math.radians(alpha))
    lines = density * order / math.cos(math.radians(epsilon))
    per_length = lines - index_slope * sin_alpha
    sin_beta = lines * wavelength - index * sin_alpha
    cos_theta = math.cos(math.radians(theta))
    where = f"CTYPE{axis + 1}{description.key.strip()} = {description.ctype[axis]!r}"
    names = f"PV{axis + 1}_0 to PV{axis + 1}_6 = {', '.join(f'{v:g}' for v in parameters)}"
    if not math.isfinite(per_length) or per_length == 0:
        raise ValueError(
            f"{where}: the grism of {names} disperses nothing; "
            f"set PV{axis + 1}_0 (ruling density, 1/m) and PV{axis + 1}_1 (order)"
        )
    if not abs(sin_beta.detach().item()) < 1 or abs(cos_theta) < 1e-15:
        raise ValueError(
            f"{where}: no ray of CRVAL{axis + 1} reaches the detector behind the grism of {names}; "
            "correct them (lengths are in m, angles in degrees)"
        )
    cos_beta = torch.sqrt((1 - sin_beta) * (1 + sin_beta))
    return Grism(
        step=slope * per_length / (cos_beta * cos_theta**2),
        length=constant(1 / per_length),
        sin_beta=sin_beta,
        cos_beta=cos_beta,
        tan_theta=constant(math.tan(math.radians(theta))),
    )
