# SPDX-License-Identifier: BSD-3-Clause
"""What times in a file count from: MJDREF, TIMESYS, TIMEUNIT (FITS Standard, section 9; Paper IV).

Axes of time and phase are linear, and need nothing but CRVAL.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import torch

from .._errors import FITSWarning
from ._dates import standard_date, times_of
from ._found import Found
from ._header import as_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._header import AnyHeader

SCALES = {
    **{name: name for name in ("TAI", "TT", "UT1", "UTC", "GPS", "TCG", "TCB", "TDB", "LOCAL")},
    "TDT": "TT",
    "ET": "TT",
    "IAT": "TAI",
    "GMT": "UTC",
}
"""Time scales (Standard, section 9.2.1), and what other names stand for."""

UNITS = {
    "s": Fraction(1, 86400),
    "ms": Fraction(1, 86400_000),
    "us": Fraction(1, 86400_000_000),
    "ns": Fraction(1, 86400_000_000_000),
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
    "a": Fraction(1461, 4),
    "yr": Fraction(1461, 4),
    "cy": Fraction(36525),
    "ta": Fraction("365.24219"),
    "Ba": Fraction("365.2421988"),
}
"""Days in each (Standard, section 9.3)."""

OTHER_UNITS = {"sec": "s", "second": "s", "seconds": "s", "day": "d", "days": "d", "year": "yr"}
"""Names that are not of the Standard and are common."""

POSITIONS = {
    "LOCAL": "TOPOCENTER",
    "GEOCENTRIC": "GEOCENTER",
    "HELIOCENTRIC": "HELIOCENTER",
    "SOLARSYSTEM": "BARYCENTER",
}
"""TREFPOS of a TIMEREF, its forerunner in files of X-ray missions."""

TEXTS = ("TIMESYS", "TIMEUNIT", "TREFPOS", "TIMEREF", "TREFDIR")
DATES = ("DATEREF", "DATE-REF")
NUMBERS = (
    *("TIMEOFFS", "TIMEZERO", "BJDREFI", "BJDREFF"),
    *(f"{name}REF{part}" for name in ("MJD", "MJD-", "JD", "JD-") for part in ("", "I", "F")),
)


@dataclass(frozen=True)
class TimeReference:
    """The zero point, unit and scale of times.

    The zero point is an MJD as whole days and a fraction of a day, in which one second keeps all of
    its digits.
    """

    scale: str
    """TIMESYS by its usual name, in capitals; ``"UTC"`` where the header is silent, and what the
    header says where that is none of the Standard."""
    unit: str
    """TIMEUNIT, of times that have no unit of their own; ``"s"`` by default."""
    days: int
    fraction: float
    """In [0, 1); with TIMEOFFS (or TIMEZERO, as X-ray missions call it) in it."""
    position: str = "TOPOCENTER"
    """TREFPOS: where the times are valid."""
    direction: str | None = None
    """TREFDIR: the columns or the direction of the path-length correction, as in the header."""

    def to_mjd(self, values: Any, unit: str | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Times as modified Julian dates, in two float64 tensors whose sum they are.

        The first has whole days, the second the rest, in [0, 1). Both are in `scale`; nothing is
        known of leap seconds, so that a day of UTC has 86,400 s.

        Parameters
        ----------
        values
            A tensor of any shape, or numbers; integers stay exact.
        unit
            Of the values: TUNITn of a column, or CUNIT of an axis. `self.unit` by default.
        """
        length = unit_length(unit or self.unit)
        values = exact_tensor(values)
        if length <= 1:
            per_day = round(1 / length)
            whole = torch.div(values, per_day, rounding_mode="floor").to(torch.float64)
            rest = torch.remainder(values, per_day).to(torch.float64) / per_day
        else:
            values = values.to(torch.float64)
            units = torch.floor(values)
            count = units * float(length)
            whole = torch.floor(count)
            rest = (count - whole) + (values - units) * float(length)
        rest = rest + self.fraction
        carry = torch.floor(rest)
        return whole + carry + self.days, rest - carry

    def from_mjd(self, days: Any, fraction: Any = 0.0, unit: str | None = None) -> torch.Tensor:
        """Times of the file, in `unit`, from modified Julian dates in one or two parts."""
        days = torch.as_tensor(days, dtype=torch.float64)
        fraction = torch.as_tensor(fraction, dtype=torch.float64, device=days.device)
        per_day = float(1 / unit_length(unit or self.unit))
        values: torch.Tensor = (days - self.days) * per_day + (fraction - self.fraction) * per_day
        return values


def exact_tensor(values: Any) -> torch.Tensor:
    """Integers as they are, all else in float64."""
    tensor = torch.as_tensor(values)
    if not tensor.is_floating_point():
        return tensor
    # Anew where they are Python's: torch has just rounded them to its default type.
    if not torch.is_tensor(values):
        return torch.as_tensor(values, dtype=torch.float64)
    return tensor.to(torch.float64)


def time_reference(header: AnyHeader) -> TimeReference | None:
    """The reference of the times in a header or in the table below it; `None` where it has none.

    Parameters
    ----------
    header : Header, mapping, str or header of astropy
        Of a table of events, a light curve, an image with an axis of time. The keywords are
        TIMESYS, TIMEUNIT, MJDREF (also in parts), JDREF, DATEREF, TIMEOFFS or TIMEZERO, TREFPOS or
        TIMEREF, and TREFDIR. One of the first five has to be there. MJDREF counts before JDREF, and
        that before DATEREF; without any of them times count from MJD 0.

    Raises
    ------
    ValueError
        If one of them cannot be understood.

    Warns
    -----
    FITSWarning
        For numbers in quotes and old forms of dates.

    Examples
    --------
    >>> reference = torchfits.wcs.time_reference({"TIMESYS": "TT", "MJDREF": 50814.0})
    >>> days, fraction = reference.to_mjd(231513532.84166, "s")
    """
    source = as_mapping(header)
    found = Found("")
    for keyword in (*TEXTS, *DATES, *NUMBERS):
        value = source.get(keyword)
        if keyword in DATES and value is not None and standard_date(str(value).strip()) is None:
            raise ValueError(f"{keyword} = {value!r} is no date; write it as 2001-12-31T23:59:59")
        if keyword in NUMBERS and value is not None:
            value = found.number(keyword, value)
        found.take(keyword, value)
    meta = times_of(found, found.single)
    for note in found.notes:
        warnings.warn(note, FITSWarning, stacklevel=2)
    return reference_of(meta)


def reference_of(meta: Mapping[str, Any], ctype: str = "TIME") -> TimeReference | None:
    """The same of a `Description`'s `meta`.

    An axis of type ``UTC``, ``TT(TAI)`` or the like has its own scale: give its CTYPE.
    """
    if all(meta.get(keyword) is None for keyword in ("TIMESYS", "TIMEUNIT", "MJDREF")):
        return None
    unit = str(meta.get("TIMEUNIT") or "s").strip()
    unit = OTHER_UNITS.get(unit.lower(), unit)
    zero = sum(map(Fraction, meta.get("MJDREF") or (0,)))
    offset = meta.get("TIMEOFFS", meta.get("TIMEZERO"))
    if offset is not None:
        zero += Fraction(Found("").number("TIMEOFFS", offset)) * unit_length(unit, "TIMEUNIT")
    days = math.floor(zero)
    fraction = float(zero - days)
    if fraction == 1:
        days, fraction = days + 1, 0.0
    position = str(meta.get("TREFPOS") or meta.get("TIMEREF") or "TOPOCENTER").strip().upper()
    direction = meta.get("TREFDIR")
    system = str(meta.get("TIMESYS") or "UTC").strip()
    return TimeReference(
        scale=time_scale(ctype) or time_scale(system) or system.upper(),
        unit=unit,
        days=days,
        fraction=fraction,
        position=POSITIONS.get(position, position),
        direction=None if direction is None else str(direction),
    )


def time_scale(name: str) -> str | None:
    """The scale that a CTYPE or a TIMESYS names, ``TT`` for ``TDT`` and ``TT(TAI)``; or `None`."""
    return SCALES.get(name.partition("(")[0].strip().upper())


def unit_length(unit: str, keyword: str = "unit") -> Fraction:
    """Days in a unit of time."""
    unit = unit.strip()
    length = UNITS.get(OTHER_UNITS.get(unit.lower(), unit))
    if length is None:
        raise ValueError(f"{keyword} = {unit!r} is no unit of time; use one of {', '.join(UNITS)}")
    return length
