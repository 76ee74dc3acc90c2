# SPDX-License-Identifier: BSD-3-Clause
"""Distortions by look-up tables: what is added to a pixel stands in images of the same file.

The draft of "Representations of distortions in FITS world coordinate systems" (Calabretta et al.,
2004), as astropy and the pipelines of HST read it. Tables of the detector (D2IMDISj) move a pixel
first. At the place where it is then, SIP and the tables of CPDISj are looked up, and both are
added. Those of CQDISi are for intermediate pixel coordinates, behind the matrix.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from .._errors import FITSWarning
from ._lookup_tables import OffsetTable, detector_table, offset_table
from ._newton import TOLERANCE, is_tracked, tracked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._description import Description
    from ._distortion import Distortion
    from ._newton import Plane
    from ._stage import Coordinates

    Tables = tuple[OffsetTable | None, OffsetTable | None]

FEWEST, MOST = 3, 10
"""Steps of Newton."""
CURVED = 1e-3
"""More than the slopes of a polynomial change over an offset."""
ENOUGH = 1e-11
"""Error that may be left, in pixels."""


@dataclass(frozen=True)
class Displacement:
    """Offsets of two tables, and of a polynomial, at the same place, are added to it."""

    tables: Tables
    steps: int
    """Of Newton."""
    polynomial: Distortion | None = None

    def forward(self, coordinates: Coordinates) -> Coordinates:
        """Away from the pixels: the offsets."""
        return (*self._values(*coordinates[:2]), *coordinates[2:])

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        """Towards the pixels: from the solution of the polynomial, steps of Newton."""
        target = coordinates[0], coordinates[1]
        point = self._solution(target[0].detach(), target[1].detach())
        if is_tracked((*target, *self._parameters())):
            point = tracked(point, self._values, self._jet, target)
        return (*point, *coordinates[2:])

    def _solution(self, target_x: torch.Tensor, target_y: torch.Tensor) -> Plane:
        """The point, NaN where the steps did not find it; autograd does not see any of it."""
        with torch.no_grad():
            x, y = target_x, target_y
            if self.polynomial is not None:
                x, y = self.polynomial.inverse((x, y))
            slopes = self._slopes(x, y)  # it is the tables that change from place to place
            for _ in range(self.steps):
                moved_x, moved_y, x_x, y_x, x_y, y_y = self._jet(x, y, slopes)
                determinant = torch.addcmul(x_x * y_y, x_y, y_x, value=-1.0)
                rest_x, rest_y = moved_x - target_x, moved_y - target_y
                step_x = torch.addcmul(y_y * rest_x, x_y, rest_y, value=-1.0) / determinant
                step_y = torch.addcmul(x_x * rest_y, y_x, rest_x, value=-1.0) / determinant
                x, y = x - step_x, y - step_y
            tolerance = TOLERANCE if x.dtype == torch.float64 else 1e4 * TOLERANCE
            bound = tolerance * (1.0 + x.abs() + y.abs())
            found = (step_x.abs() + step_y.abs() <= bound) & (determinant > 0)
            return torch.where(found, x, torch.nan), torch.where(found, y, torch.nan)

    def _parameters(self) -> tuple[torch.Tensor, ...]:
        """What gradients may be wanted of, but coordinates."""
        return () if self.polynomial is None else (self.polynomial.outward.matrix,)

    def _values(self, x: torch.Tensor, y: torch.Tensor) -> Plane:
        moved_x, moved_y = (x, y) if self.polynomial is None else self.polynomial.forward((x, y))
        for_x, for_y = self.tables
        return (
            moved_x if for_x is None else moved_x + for_x(x, y),
            moved_y if for_y is None else moved_y + for_y(x, y),
        )

    def _jet(
        self,
        x: torch.Tensor,
        y: torch.Tensor,
        slopes: tuple[torch.Tensor, ...] | None = None,
    ) -> tuple[torch.Tensor, ...]:
        """Values, their derivatives by x, by y; `slopes` are the polynomial's, if known."""
        moved_x, moved_y = (x, y) if self.polynomial is None else self.polynomial.forward((x, y))
        x_x, y_x, x_y, y_y = self._slopes(x, y) if slopes is None else slopes
        for_x, for_y = self.tables
        if for_x is not None:
            offset, by_x, by_y = for_x.jet(x, y)
            moved_x, x_x, x_y = moved_x + offset, x_x + by_x, x_y + by_y
        if for_y is not None:
            offset, by_x, by_y = for_y.jet(x, y)
            moved_y, y_x, y_y = moved_y + offset, y_x + by_x, y_y + by_y
        return moved_x, moved_y, x_x, y_x, x_y, y_y

    def _slopes(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Derivatives of the polynomial, or of the identity."""
        if self.polynomial is None:
            one, zero = x.new_ones(x.shape), x.new_zeros(x.shape)
            return one, zero, zero, one
        (by_x, by_y), (u_0, v_0) = self.polynomial.slope, self.polynomial.shift
        jet = self.polynomial.way_back.value.jet(by_x * x + u_0, by_y * y + v_0)
        x_x, y_x, x_y, y_y = jet[2:]
        return x_x * by_x, y_x * by_x, x_y * by_y, y_y * by_y


def lookup_stages(
    cards: Mapping[str, Any],
    description: Description,
    file: Any,
    polynomial: Distortion | None = None,
) -> tuple[Displacement | Distortion, ...]:
    """The steps before the matrix, `polynomial` (SIP) among them.

    Parameters
    ----------
    cards : mapping
        D2IMDISj, D2IMj, AXISCORR, CPDISj, DPj.
    description : Description
        Tables are for its first two axes.
    file : FITS, or mapping of (EXTNAME, EXTVER) to HDUs
        Where the tables are.

    Raises
    ------
    ValueError
        If a table is not there, or is none.
    """
    read = partial(_tables, cards, description, file)
    detector = read("D2IMDIS", "D2IM", "D2IMARR")
    if not any(detector) and "AXISCORR" in cards:
        detector = detector_table(cards, file)
    prior = read("CPDIS", "DP", "WCSDVARR")
    stages: list[Displacement | Distortion] = []
    if any(detector):
        stages.append(_displacement(detector))
    if any(prior):
        stages.append(_displacement(prior, polynomial))
    elif polynomial is not None:
        stages.append(polynomial)
    return tuple(stages)


def sequent_stage(
    cards: Mapping[str, Any], description: Description, file: Any
) -> Displacement | None:
    """The tables behind the matrix, CQDISi and DQi; `None` where there are none."""
    tables = _tables(cards, description, file, "CQDIS", "DQ", "WCSDVARR")
    if not any(tables):
        return None
    scales = [float(value) for value in description.cdelt[:2]]
    first, second = (
        table and table.rescaled(scales, scale) for table, scale in zip(tables, scales, strict=True)
    )
    return _displacement((first, second))


def _displacement(tables: Tables, polynomial: Distortion | None = None) -> Displacement:
    """With the steps that the way back needs: each multiplies the error by a change of slopes."""
    extents = [table.extent() for table in tables if table is not None]
    error, change = (sum(parts) for parts in zip(*extents, strict=True))
    change = 2.0 * change + (0.0 if polynomial is None else CURVED)
    steps = FEWEST
    while steps < MOST and not error * change**steps < ENOUGH:
        steps += 1
    return Displacement(tables, steps, polynomial)


def _tables(cards: Mapping[str, Any], description: Description, file: Any, *names: str) -> Tables:
    """The tables that the keywords of both axes name."""
    code, record, extension = names
    found: list[OffsetTable | None] = [None, None]
    for axis in range(1, description.naxis + 1):
        keyword = f"{code}{axis}"
        kind = cards.get(keyword)
        if kind is None:
            continue
        if not isinstance(kind, str) or kind.strip().upper() != "LOOKUP":
            _warn(f"{keyword} = {kind!r}: distortions other than LOOKUP are not applied")
        elif axis > 2 or description.naxis < 2:
            raise ValueError(f"{keyword} = {kind!r}: look-up tables are for the first two of axes")
        else:
            found[axis - 1] = offset_table(cards, file, (keyword, record, extension), axis)
    return found[0], found[1]


def _warn(message: str) -> None:
    warnings.warn(message, FITSWarning, stacklevel=5)
