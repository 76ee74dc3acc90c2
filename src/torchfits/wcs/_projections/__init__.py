# SPDX-License-Identifier: BSD-3-Clause
"""The table of projections: a pair of formulas for each three-letter code of a CTYPE."""

from __future__ import annotations

from . import conic, cylindrical, healpix, polyconic, pseudocylindrical, quadcube, zenithal
from .projection import ByLongitude, Projection

__all__ = ["PROJECTIONS", "ByLongitude", "Projection"]

PROJECTIONS: dict[str, Projection | ByLongitude] = {
    **zenithal.FAMILY,
    **cylindrical.FAMILY,
    **pseudocylindrical.FAMILY,
    **conic.FAMILY,
    **polyconic.FAMILY,
    **quadcube.FAMILY,
    **healpix.FAMILY,
}
