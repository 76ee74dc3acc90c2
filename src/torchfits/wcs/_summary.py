# SPDX-License-Identifier: BSD-3-Clause
"""A WCS in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._arguments import counted
from ._footprint import scale_matrix
from ._stage import constant

if TYPE_CHECKING:
    from ._wcs import WCS


def summary(wcs: WCS) -> str:
    """One line about the whole, one for each world axis."""
    parts = [counted(wcs.world_n_dim, "world axis")]
    if wcs.pixel_n_dim != wcs.world_n_dim:
        parts.append(counted(wcs.pixel_n_dim, "pixel axis"))
    if wcs.array_shape:
        parts.append(f"array {' x '.join(str(length) for length in wcs.array_shape)}")
    if wcs.has_celestial and wcs.radesys:
        parts.append(wcs.radesys)
    if wcs.has_distortion:
        parts.append("distorted")
    if wcs.key != " ":
        parts.append(f"alternate {wcs.key}")
    if wcs.device.type != "cpu":
        parts.append(str(wcs.device))
    return "\n  ".join([f"<WCS: {', '.join(parts)}", *axis_lines(wcs)]) + ">"


def axis_lines(wcs: WCS) -> list[str]:
    """CTYPE, CRVAL, unit and the change per pixel of each world axis."""
    values = constant(wcs._description.crval).detach().tolist()
    steps = scale_matrix(wcs).detach().square().sum(1).sqrt().tolist()
    width = max(len(ctype) for ctype in wcs.ctype)
    lines = []
    for place, (ctype, unit, step) in enumerate(
        zip(wcs.ctype, wcs.world_axis_units, steps, strict=True)
    ):
        value = values[wcs._window.world_axes[place]]
        pace = f"{step * 3600:.6g} arcsec" if unit == "deg" else f"{step:.6g} {unit}".rstrip()
        lines.append(
            f"{ctype or '(linear)':{width}}  {value:.9g} {unit}".rstrip() + f", {pace}/pixel"
        )
    return lines
