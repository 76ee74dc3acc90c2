# SPDX-License-Identifier: BSD-3-Clause
"""Headers with world coordinates, and the points that cases convert."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recipes import Recipe, seeded

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

POINTS = 10**6
FIRST, LAST = 200.0, 3900.0  # pixels; none is near 0, where units in the last place are small


@dataclass(frozen=True)
class Sky(Recipe):
    """A primary header without data."""

    cards: tuple[tuple[str, str | float], ...]

    def write(self, path: Path) -> None:
        from astropy.io import fits

        fits.PrimaryHDU(header=fits.Header(self.cards)).writeto(path, overwrite=True)


def points(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of random pixels, and where they are on the sky, as astropy says.

    The same in every engine; pixels that are not on the sky are replaced by some that are.
    """
    import numpy as np
    from astropy.io import fits
    from astropy.wcs import WCS

    pixels = seeded("pixels").uniform(FIRST, LAST, (2, POINTS))
    world = np.array(WCS(fits.getheader(path)).all_pix2world(*pixels, 0))
    inside = np.flatnonzero(np.isfinite(world).all(0))
    chosen = np.resize(inside, POINTS)
    return pixels[:, chosen], world[:, chosen]
