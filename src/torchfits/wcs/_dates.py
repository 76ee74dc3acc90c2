# SPDX-License-Identifier: BSD-3-Clause
"""Dates and times of a header: FITS Standard 4.0, sections 4.4.2 and 9.1; Paper IV."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._found import Found

_DATE = re.compile(
    r"(?:(?P<year>\d{4})(?P<mark>[-/])(?P<month>\d\d)(?P=mark)(?P<day>\d\d)"
    r"|(?P<old_day>\d\d)(?P<old_mark>[-/])(?P<old_month>\d\d)(?P=old_mark)(?P<old_year>\d{2}|\d{4}))"
    r"(?:(?P<gap>[T ])(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d(?:\.\d*)?))?)?Z?"
)
_DAY_ZERO = dt.date(1858, 11, 17).toordinal()
_FAR = 1e9  # days: what is farther is no date
_TEXTS = {"TIMESYS", "TREFPOS", "TREFDIR", "TIMEREF", "TIMEUNIT", "PLEPHEM", "OBSORBIT"}
_INFORMAL = {"DATE-REF": "DATEREF", "MJD-REF": "MJDREF", "JD-REF": "JDREF"}


def times_of(found: Found, cards: dict[str, Any]) -> dict[str, Any]:
    """The keywords of `cards` with dates in the Standard's form, MJDREF in two parts, MJD of dates.

    ``MJDREF`` is (days, fraction of a day), which sum to the reference: a double of both would be
    good to a microsecond only.
    """
    meta: dict[str, Any] = {}
    for given, value in cards.items():
        keyword = _standard(given)
        if keyword.startswith("DATE"):
            _take_date(found, meta, keyword, value)
        elif keyword in _TEXTS:
            meta[keyword] = str(value).strip()
        elif (number := found.lenient(given, value)) is not None:
            meta[keyword] = number
    reference = _reference(meta)
    for keyword in [k for k in meta if k.startswith(("JDREF", "MJDREF", "BJDREF"))]:
        del meta[keyword]
    if reference is not None:
        meta["MJDREF"] = reference
    for name in ("OBS", "BEG", "AVG", "END"):
        date = meta.get(f"DATE-{name}")
        if date and f"MJD-{name}" not in meta:
            meta[f"MJD-{name}"] = sum(modified_julian_date(date))
    return meta


def _standard(keyword: str) -> str:
    """Without the hyphen of ``MJD-REFI`` and its like."""
    for informal, formal in _INFORMAL.items():
        if keyword.startswith(informal):
            return formal + keyword[len(informal) :]
    return keyword


def _take_date(found: Found, meta: dict[str, Any], keyword: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        return
    text = value.strip()
    date = standard_date(text)
    if date is None:
        found.notes.append(f"{keyword} = '{text}' is no date; it is left out")
        return
    if date != text:
        found.notes.append(f"{keyword} = '{text}' is read as '{date}'")
    meta[keyword] = date


def standard_date(text: str) -> str | None:
    """A date as ``CCYY-MM-DD[Thh:mm:ss[.s...]]``; also of ``DD/MM/YY`` and other old forms."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year = match["year"] or match["old_year"]
    year = "19" + year if len(year) == 2 else year
    date = f"{year}-{match['month'] or match['old_month']}-{match['day'] or match['old_day']}"
    try:
        dt.date.fromisoformat(date)
    except ValueError:
        return None
    if match["gap"] is None:
        return date
    return f"{date}T{match['hour']}:{match['minute']}:{match['second'] or '00'}"


def modified_julian_date(date: str) -> tuple[float, float]:
    """Day and fraction of a date in the Standard's form."""
    day = dt.date.fromisoformat(date[:10]).toordinal() - _DAY_ZERO
    if len(date) == 10:
        return float(day), 0.0
    hour, minute, second = date[11:].split(":")
    return float(day), (int(hour) + (int(minute) + float(second) / 60) / 60) / 24


def _reference(meta: dict[str, Any]) -> tuple[float, float] | None:
    """MJDREF: in parts, as one number, as a Julian date, or by DATEREF, in this order."""
    julian = (2400000.0, 0.5)
    # BJDREFI and BJDREFF are those of Kepler and TESS.
    for prefix, zero in (("MJDREF", (0.0, 0.0)), ("JDREF", julian), ("BJDREF", julian)):
        whole, fraction, both = (meta.get(prefix + end) for end in ("I", "F", ""))
        parts = [part for part in (whole, fraction) if part is not None]
        if len(parts) == 2 or (parts and both is None):  # one part alone yields to one number
            return (whole or 0.0) - zero[0], (fraction or 0.0) - zero[1]
        if both is not None and abs(both) < _FAR:
            exact = decimal.Decimal(repr(both))  # the digits of the header, not of the double
            return float(exact // 1) - zero[0], float(exact % 1) - zero[1]
    if "DATEREF" in meta:
        return modified_julian_date(meta["DATEREF"])
    return None
