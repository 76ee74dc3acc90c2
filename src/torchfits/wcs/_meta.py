# SPDX-License-Identifier: BSD-3-Clause
"""Keywords beside the coordinates: the frame of the sky and of velocities, rest lines, time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._dates import times_of

if TYPE_CHECKING:
    from ._axes import Axis
    from ._found import Found

_ELSEWHERE = {"WCSAXES", "LONPOLE", "LATPOLE", "NAXIS", "XTENSION", "VELREF"}
_TEXTS = {"WCSNAME", "SPECSYS", "SSYSOBS", "SSYSSRC"}
_NUMBERS = {"RESTFRQ", "RESTWAV", "VELOSYS", "VELANGL", "ZSOURCE"}
_OLD = {"RESTFREQ": "RESTFRQ", "RADECSYS": "RADESYS", "EPOCH": "EQUINOX", "VSOURCE": "ZSOURCE"}
_WITH_FRAME = {"RA", "ELON", "HLON"}
_LIGHT = 299792458.0


def meta_of(found: Found, axes: list[Axis]) -> dict[str, Any]:
    """Keywords that `Description` has no place for, without the letter of the WCS."""
    cards = {k: v for k, v in found.single.items() if k not in _ELSEWHERE and k[:5] != "PROJP"}
    meta: dict[str, Any] = _frame(found, cards, axes)
    for old, new in _OLD.items():
        if old in cards:
            value = _translated(found, old, cards.pop(old))
            if value is not None:
                cards.setdefault(new, value)
    for keyword in [k for k in cards if k in _TEXTS or k in _NUMBERS]:
        value = cards.pop(keyword)
        name = keyword + found.suffix
        meta[keyword] = str(value).strip() if keyword in _TEXTS else found.lenient(name, value)
    meta |= times_of(found, cards)
    for keyword in ("CRDER", "CSYER", "CZPHS", "CPERI"):
        values = found.axes.get(keyword, {})
        if values:
            meta[keyword] = {
                axis: number
                for axis, value in values.items()
                if (number := found.lenient(f"{keyword}{axis}{found.suffix}", value)) is not None
            }
    return {keyword: value for keyword, value in meta.items() if value not in (None, {})}


def _translated(found: Found, old: str, value: Any) -> Any:
    """The value of a keyword of before the Standard, for the one that replaced it."""
    if old == "VSOURCE":
        speed = (found.lenient(old + found.suffix, value) or 0.0) / _LIGHT
        if not -1 < speed < 1:
            return None
        value = (1 + speed) / (1 - speed**2) ** 0.5 - 1  # relativistic: Paper III, section 7
    found.notes.append(f"{old}{found.suffix} is an old form of {_OLD[old]}{found.suffix}")
    return value


def _frame(found: Found, cards: dict[str, Any], axes: list[Axis]) -> dict[str, Any]:
    """RADESYS and EQUINOX with the defaults of Paper II, section 3.1.

    They belong to equatorial and ecliptic coordinates alone, and ICRS has no equinox.
    """
    system, equinox = cards.pop("RADESYS", None), cards.pop("EQUINOX", None)
    old_system, old_equinox = cards.pop("RADECSYS", None), cards.pop("EPOCH", None)
    if not any(axis.kind == "longitude" for axis in axes):
        return {}
    first = next(axis for axis in axes if axis.kind == "longitude")
    if first.name not in _WITH_FRAME:
        return {}
    if system is None and old_system is not None:
        system = _translated(found, "RADECSYS", old_system)
    if equinox is None and old_equinox is not None:
        equinox = _translated(found, "EPOCH", old_equinox)
    if isinstance(equinox, str):
        equinox = equinox.strip().lstrip("JBjb")
    year = None if equinox is None else found.lenient(f"EQUINOX{found.suffix}", equinox)
    name = str(system or "").strip().upper()
    if not name:
        name = "ICRS" if year is None else "FK4" if year < 1984 else "FK5"
    if name in {"ICRS", "GAPPT"}:
        year = None
    elif year is None:
        year = {"FK5": 2000.0, "FK4": 1950.0, "FK4-NO-E": 1950.0}.get(name)
    return {"RADESYS": name, "EQUINOX": year}
