# SPDX-License-Identifier: BSD-3-Clause
"""What a header says of its world coordinates: numbers and text, not yet put to work."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ._axes import Axis, axis_of, physical_type

if TYPE_CHECKING:
    from collections.abc import Mapping

Numbers = (
    Any  # a tuple of floats, or a float64 tensor of the same shape, which may require gradients
)


@dataclass(frozen=True)
class Description:
    """The linear part, the codes and the parameters of one WCS.

    Axes are in the order of FITS (the first is the fastest) and counted from 0 here; the indices of
    `pv` and `ps` are those of the keywords, from 1. Values are in the units of `cunit`, which are
    already those that world coordinates come in: degrees for angles, SI without prefixes for
    spectral axes, and what the header says for the rest.
    """

    key: str
    """The letter of the alternate WCS, a blank for the first."""
    ctype: tuple[str, ...]
    """As in the header, trimmed; obsolete forms already replaced (`GLS`, `NCP`, `FREQ-LSR`)."""
    cunit: tuple[str, ...]
    crpix: Numbers
    """Counted from 1, as in FITS."""
    crval: Numbers
    cdelt: Numbers
    pc: Numbers
    """``[world axis][pixel axis]``; of CDi_j it is CD itself, and `cdelt` is 1."""
    is_cd: bool = False
    cname: tuple[str, ...] = ()
    pv: Mapping[tuple[int, int], float] = field(default_factory=dict)
    ps: Mapping[tuple[int, int], str] = field(default_factory=dict)
    lonpole: float | None = None
    latpole: float | None = None
    shape: tuple[int, ...] | None = None
    """NAXISj in the order of FITS; `None` where unknown."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Other keywords, without number and letter: RADESYS, EQUINOX, SPECSYS, RESTFRQ, MJDREF, ...

    RADESYS and EQUINOX have the Standard's defaults, dates its form, MJD-OBS follows from DATE-OBS,
    MJDREF is (day, fraction); CZPHS, CPERI, CRDER and CSYER are dicts by axis, counted from 1.
    """

    @property
    def naxis(self) -> int:
        """Number of pixel axes, and of world axes."""
        return len(self.ctype)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """What each axis is."""
        return tuple(map(axis_of, self.ctype))

    def projection(self, axis: int) -> str:
        """The algorithm code of an axis: ``"TAN"`` of ``RA---TAN-SIP``, ``"F2W"``; ``""`` else."""
        return axis_of(self.ctype[axis]).code

    @cached_property
    def celestial(self) -> tuple[int, int] | None:
        """The axes of longitude and latitude, where both have one celestial projection."""
        pair = {axis.kind: i for i, axis in enumerate(self.axes) if axis.celestial}
        return (pair["longitude"], pair["latitude"]) if len(pair) == 2 else None

    @property
    def spectral(self) -> int | None:
        """The first spectral axis, linear or not."""
        return self._first("spectral")

    @property
    def cubeface(self) -> int | None:
        """The axis that counts the faces of a quadrilateralised cube: Paper II, section 5.6."""
        return self._first("cubeface")

    @property
    def physical_types(self) -> tuple[str | None, ...]:
        """The UCD1+ of each world axis, as APE 14 wants them."""
        return tuple(map(physical_type, self.ctype))

    def _first(self, kind: str) -> int | None:
        return next((i for i, axis in enumerate(self.axes) if axis.kind == kind), None)
