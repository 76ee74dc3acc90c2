# SPDX-License-Identifier: BSD-3-Clause
"""PCi_j with CDELTi, CDi_j, or CROTAi: which of them a header means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._axes import Axis
    from ._found import Found

Matrix = list[list[float]]


def linear_part(found: Found, axes: list[Axis]) -> tuple[Matrix, list[float], bool]:
    """The matrix, CDELTi, and whether the matrix is CD.

    Where a header has several forms, wcslib's order holds: PCi_j (with CDELTi), CDi_j (without),
    CROTAi. Axes of a CD matrix without any element of their own count pixels.
    """
    count = len(axes)
    cdelt = found.numbers("CDELT", count, 1.0)
    if found.pairs.get("PC") or not found.pairs.get("CD"):
        pc = _filled(found, "PC", [[float(i == j) for j in range(count)] for i in range(count)])
        if found.pairs.get("PC"):
            if found.pairs.get("CD"):
                found.notes.append(
                    f"PCi_j{found.suffix} and CDi_j{found.suffix} are both there, which the "
                    "Standard forbids; CDi_j is left out"
                )
        else:
            _rotate(found, axes, pc, cdelt)
        return pc, cdelt, False
    cd = _filled(found, "CD", [[0.0] * count for _ in range(count)])
    for i in range(count):
        if not any(cd[i]) and not any(row[i] for row in cd):
            cd[i][i] = 1.0
            found.notes.append(
                f"all CDi_j{found.suffix} of axis {i + 1} are 0 or missing; "
                f"CD{i + 1}_{i + 1}{found.suffix} is read as 1"
            )
    if any(found.numbers("CROTA", count, 0.0)):
        found.notes.append(f"CROTAi{found.suffix} is left out, for there is CDi_j")
    return cd, [1.0] * count, True


def _filled(found: Found, name: str, matrix: Matrix) -> Matrix:
    for (i, j), keyword, value in found.of_pairs(name):
        matrix[i - 1][j - 1] = found.number(keyword, value)
    return matrix


def _rotate(found: Found, axes: list[Axis], pc: Matrix, cdelt: list[float]) -> None:
    """CROTA of the latitude axis, behind CDELT: Paper II, equation 189."""
    crota = found.numbers("CROTA", len(axes), 0.0)
    if not any(crota):
        return
    lon, lat = (
        next((i for i, axis in enumerate(axes) if axis.kind == kind), None)
        for kind in ("longitude", "latitude")
    )
    if lon is None or lat is None:
        found.notes.append(f"CROTAi{found.suffix} is left out: no two axes are celestial")
        return
    if not cdelt[lon] or not cdelt[lat]:
        zero = (lat if cdelt[lon] else lon) + 1
        raise ValueError(
            f"CDELT{zero}{found.suffix} = 0: the pixels of axis {zero} have no extent; set it, or "
            "leave it out for 1"
        )
    angle, ratio = math.radians(crota[lat]), cdelt[lat] / cdelt[lon]
    pc[lon][lon] = pc[lat][lat] = math.cos(angle)
    pc[lon][lat], pc[lat][lon] = -ratio * math.sin(angle), math.sin(angle) / ratio
