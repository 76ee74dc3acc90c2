# SPDX-License-Identifier: BSD-3-Clause
"""Habits from before the Standard: CTYPEs of AIPS and SCAMP, and units, read as they are meant."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from ._axes import PROJECTION_CODES, Axis, axis_of
from ._units import factor_to, standard_spelling

if TYPE_CHECKING:
    from ._found import Found

Parameters = dict[tuple[int, int], float]

_SIP = re.compile(r"[AB]P?_(?:ORDER|DMAX|\d+_\d+)")
_AIPS_FRAMES = {"-LSR": "LSRK", "-HEL": "BARYCENT", "-OBS": "TOPOCENT"}
_VELREF_FRAMES = ("LSRK", "BARYCENT", "TOPOCENT", "LSRD", "GEOCENTR", "SOURCE", "GALACTOC")


def modern_ctypes(found: Found, ctypes: list[str]) -> list[str]:
    """CTYPEs with capitals where they need them, and without the spectral types of AIPS."""
    changed = [_aips(found, _capitals(ctype)) for ctype in ctypes]
    for i, (old, new) in enumerate(zip(ctypes, changed, strict=True)):
        if old != new:
            _note(found, f"CTYPE{i + 1}", old, new)
    return changed


def _capitals(ctype: str) -> str:
    upper = ctype.upper()
    if ctype != upper and axis_of(upper).code in PROJECTION_CODES:
        return upper
    return ctype


def _aips(found: Found, ctype: str) -> str:
    """The spectral types of AIPS, as Paper III's table 4 and wcslib read them.

    ``FREQ-LSR`` tells a frame, ``VELO-HEL`` is a radio or optical velocity by VELREF, and ``FELO``
    an optical velocity that is linear in frequency.
    """
    name, frame = ctype[:4], ctype[4:]
    if name not in {"FREQ", "VELO", "FELO"} or (frame and frame not in _AIPS_FRAMES):
        return ctype
    velref = int(found.lenient("VELREF" + found.suffix, found.single.get("VELREF", 0)) or 0)
    reference, convention = velref % 256, velref // 256
    system = _AIPS_FRAMES.get(frame, "")
    if 0 < reference <= len(_VELREF_FRAMES):
        system = _VELREF_FRAMES[reference - 1]
    elif reference:
        found.notes.append(f"VELREF{found.suffix} = {velref} is no code of AIPS; it is left out")
        return name if frame else ctype
    if system and not found.single.get("SPECSYS"):
        found.single["SPECSYS"] = system
        found.notes.append(f"SPECSYS{found.suffix} is missing; '{system}' by CTYPE or VELREF")
    if name == "FELO":
        return "VOPT-F2W"
    if name == "VELO" and system and convention in {0, 1}:
        return "VRAD" if convention else "VOPT"
    return name


def scamp_ctypes(found: Found, ctypes: list[str], pv: Parameters) -> list[str]:
    """TAN with the polynomials of SCAMP becomes TPV; of TPV and SIP together only one counts.

    As astropy does: a TAN with any PVi_m of m >= 5 is a TPV of before 2012, which leaves SIP out;
    where CTYPE says SIP, it is the polynomials of SCAMP that are left out.
    """
    scamp = {i for i, m in pv if m >= 5 and ctypes[i - 1][4:8] == "-TAN"}
    if not scamp and not any(ctype.endswith("-TPV") for ctype in ctypes):
        return ctypes
    ends = [axis + 1 for axis, ctype in enumerate(ctypes) if ctype.endswith("-TAN")]
    with_sip = any(keyword[0] in "AB" and _SIP.fullmatch(keyword) for keyword in found.cards)
    if len(ends) == 2 and scamp & set(ends):
        found.notes.append(
            f"CTYPE{ends[0]}{found.suffix} = '{ctypes[ends[0] - 1]}' has the polynomials of SCAMP "
            "(PVi_5 and above); it is read as TPV"
        )
        ctypes = [ctype[:-3] + "TPV" if ctype.endswith("-TAN") else ctype for ctype in ctypes]
    elif scamp and with_sip and all(ctype.endswith("-SIP") for ctype in ctypes):
        found.notes.append("PVi_m of SCAMP are left out, for there is SIP too, which CTYPE names")
        pv.clear()
    if with_sip and sum(ctype.endswith("-TPV") for ctype in ctypes) == 2:
        found.notes.append("SIP keywords are left out: CTYPE or PVi_m tell of TPV polynomials")
        for keyword in [keyword for keyword in found.cards if _SIP.fullmatch(keyword)]:
            del found.cards[keyword]
    return ctypes


def modern_projections(
    found: Found, ctypes: list[str], axes: list[Axis], pv: Parameters, crval: list[float]
) -> list[str]:
    """GLS and NCP, the projections of AIPS: Paper II, sections 6.1.1 and 6.1.4."""
    pair = {axis.kind: i for i, axis in enumerate(axes) if axis.celestial}
    if not pair or axes[pair["latitude"]].code not in {"GLS", "NCP"}:
        return ctypes
    lon, lat = pair["longitude"] + 1, pair["latitude"] + 1
    old = axes[lat - 1].code
    new = "SFL" if old == "GLS" else "SIN"
    if old == "NCP":
        if crval[lat - 1] == 0:
            raise ValueError(
                f"CRVAL{lat}{found.suffix} = 0: the projection NCP does not exist there; use SIN"
            )
        delta = math.radians(crval[lat - 1])
        pv |= {(lat, 1): 0.0, (lat, 2): math.cos(delta) / math.sin(delta)}
    elif crval[lon - 1] or crval[lat - 1]:
        pv |= {(lon, 0): 1.0, (lon, 1): 0.0, (lon, 2): crval[lat - 1]}
    changed = list(ctypes)
    for axis in (lon, lat):
        changed[axis - 1] = ctypes[axis - 1][:5] + new + ctypes[axis - 1][8:]
        _note(found, f"CTYPE{axis}", ctypes[axis - 1], changed[axis - 1])
    return changed


def modern_units(found: Found, axes: list[Axis], units: list[str]) -> tuple[list[str], list[float]]:
    """Units that world coordinates come in, and how many of these the header's are.

    Angles become degrees and spectral coordinates SI; other axes keep their unit, as in wcslib.
    """
    changed, factors = [], []
    for i, (axis, unit) in enumerate(zip(axes, units, strict=True)):
        target, factor, read = axis.unit, 1.0, ""
        if target is None:
            read = standard_spelling(unit)
        else:
            try:
                factor, read = factor_to(unit, target, longitude=axis.kind == "longitude")
            except ValueError as error:
                name = found.named(f"CUNIT{i + 1}{found.suffix}")
                raise ValueError(f"{name} = '{unit}' {error}") from None
        if unit and read not in {unit, unit.strip("[] ")}:
            _note(found, f"CUNIT{i + 1}", unit, read)
        changed.append(read if target is None or (factor == 1 and unit) else target)
        factors.append(factor)
    return changed, factors


def _note(found: Found, keyword: str, old: str, new: str) -> None:
    name = found.named(keyword + found.suffix)
    found.notes.append(f"{name} = '{old}' is not of the Standard; it is read as '{new}'")
