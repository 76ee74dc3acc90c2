# SPDX-License-Identifier: BSD-3-Clause
"""Plate solutions of the Digitized Sky Survey, which replace the standard keywords beside them.

Millimetres on the plate, ``x = (PPO3 - XPIXELSZ X) / 1000`` and ``y = (YPIXELSZ Y - PPO6) / 1000``,
of pixels counted from the corner of the plate, give standard coordinates in seconds of arc by the
polynomials AMDX and AMDY (Paper IV draft of 2004, section 5.2; Lasker et al. 1990), in whose y the
two variables are exchanged. What follows is a TAN projection at the centre of the plate.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ._distortion import Distortion, distortion
from ._reach import image_box, mapped
from ._stage import gathered_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._description import Description

TERMS: dict[int, dict[tuple[int, int], float]] = {
    1: {(1, 0): 1.0},
    2: {(0, 1): 1.0},
    3: {(0, 0): 1.0},
    4: {(2, 0): 1.0},
    5: {(1, 1): 1.0},
    6: {(0, 2): 1.0},
    7: {(2, 0): 1.0, (0, 2): 1.0},
    8: {(3, 0): 1.0},
    9: {(2, 1): 1.0},
    10: {(1, 2): 1.0},
    11: {(0, 3): 1.0},
    12: {(3, 0): 1.0, (1, 2): 1.0},
    13: {(5, 0): 1.0, (3, 2): 2.0, (1, 4): 1.0},
}
"""What AMDXm is multiplied with: powers of x and of y."""
DEGREE = 5
PLATE = 180.0
"""Half the side of a plate in millimetres."""


def dss_description(cards: Mapping[str, Any], description: Description) -> Description:
    """The description with the plate solution in it: the TAN projection that follows the stage.

    Its linear part is the identity; without a plate solution it is the description as it came.
    """
    if not _has_solution(cards, description):
        return description
    hours = [_number(cards, f"PLTRA{part}", needed=part == "H") for part in "HMS"]
    degrees = [_number(cards, f"PLTDEC{part}", needed=part == "D") for part in "DMS"]
    south = str(cards.get("PLTDECSN", "")).strip().startswith("-")
    right_ascension = 15.0 * (hours[0] + (hours[1] + hours[2] / 60.0) / 60.0)
    declination = degrees[0] + (degrees[1] + degrees[2] / 60.0) / 60.0
    return replace(
        description,
        ctype=("RA---TAN", "DEC--TAN"),
        cunit=("deg", "deg"),
        crpix=(1.0, 1.0),
        crval=(right_ascension, -declination if south else declination),
        cdelt=(1.0, 1.0),
        pc=((1.0, 0.0), (0.0, 1.0)),
        is_cd=False,
        pv={},
        lonpole=None,
        latpole=None,
    )


def dss_stages(cards: Mapping[str, Any], description: Description) -> tuple[Distortion, ...]:
    """The step from pixels to standard coordinates; none where there is no plate solution.

    Raises
    ------
    ValueError
        Where a keyword of the solution is missing, or it has no inverse.
    """
    if not _has_solution(cards, description):
        return ()
    sides = [_number(cards, f"{axis}PIXELSZ") / 1000.0 for axis in "XY"]
    corner = [_number(cards, f"CNPIX{axis}") + 0.5 for axis in "12"]
    centre = [_number(cards, f"PPO{m}") / 1000.0 for m in "36"]
    slope = (-sides[0], sides[1])
    shift = (centre[0] - sides[0] * corner[0], sides[1] * corner[1] - centre[1])
    matrices = [_matrix(cards, "AMDX"), _matrix(cards, "AMDY")]
    matrices[1] = [list(row) for row in zip(*matrices[1], strict=True)]
    (a1, a2), (b2, b1) = ((matrix[1][0], matrix[0][1]) for matrix in matrices)
    if not all(sides) or a1 * b1 == a2 * b2:
        raise ValueError(
            "AMDX1, AMDX2, AMDY1, AMDY2, XPIXELSZ, YPIXELSZ: this plate solution has no inverse; "
            "correct the cards, or remove all of AMDXm and AMDYm to use CTYPE and its like"
        )
    pixels = image_box(replace(description, crpix=(1.0, 1.0))) if description.shape else None
    box = mapped(pixels, slope, shift) or ((-PLATE, PLATE),) * 2
    values = [value / 3600.0 for matrix in matrices for row in matrix for value in row]
    coefficients = gathered_numbers(values).reshape(2, DEGREE + 1, DEGREE + 1)
    return (distortion((0, 1), coefficients, normalisation=(slope, shift), box=box),)


def _has_solution(cards: Mapping[str, Any], description: Description) -> bool:
    """Keywords that survive in other images, as CNPIX1 and XPIXELSZ do, make no plate solution."""
    return description.key == " " and description.naxis == 2 and "AMDX1" in cards


def _matrix(cards: Mapping[str, Any], name: str) -> list[list[float]]:
    """Coefficients by power of the axis itself, and of the other one."""
    matrix = [[0.0] * (DEGREE + 1) for _ in range(DEGREE + 1)]
    for m in range(1, 21):
        keyword = f"{name}{m}"
        value = _number(cards, keyword, needed=m == 1)
        if value and m not in TERMS:
            raise ValueError(
                f"{keyword} = {value}: terms of the magnitude and the colour of a star are no "
                "coordinates of an image; remove the card"
            )
        for (first, second), factor in TERMS.get(m, {}).items():
            matrix[first][second] += factor * value
    return matrix


def _number(cards: Mapping[str, Any], keyword: str, *, needed: bool = True) -> float:
    value = cards.get(keyword)
    if value is None and not needed:
        return 0.0
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(
        f"{keyword} = {value!r}: a plate solution (AMDXm, AMDYm) needs a number here; add it, or "
        "remove all of AMDXm and AMDYm to use CTYPE and its like"
    )
