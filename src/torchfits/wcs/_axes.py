# SPDX-License-Identifier: BSD-3-Clause
"""What an axis is, by its CTYPE: Papers I to IV and FITS Standard 4.0, sections 8 and 9."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache

_CODES = (
    "AZP SZP TAN STG SIN ARC ZPN ZEA AIR CYP CEA CAR MER SFL PAR MOL AIT COP COE COD COO BON PCO "
    "TSC CSC QSC HPX XPH TPV TNX ZPX GLS NCP"
)
PROJECTION_CODES = frozenset(_CODES.split())
_PLAIN_CODES = {"", "LOG", "TAB"}

# Paper III, table 1: the unit, and the letter of the variable that each is linear in.
SPECTRAL = {
    "FREQ": ("Hz", "F"),
    "AFRQ": ("rad/s", "F"),
    "ENER": ("J", "F"),
    "WAVN": ("/m", "F"),
    "VRAD": ("m/s", "F"),
    "WAVE": ("m", "W"),
    "VOPT": ("m/s", "W"),
    "ZOPT": ("", "W"),
    "AWAV": ("m", "A"),
    "VELO": ("m/s", "V"),
    "BETA": ("", "V"),
}
_SCALES = "TIME UTC TAI IAT TT TDB TDT GPS TCB TCG GMT UT1 UT ET LOCAL"
TIMES = frozenset(_SCALES.split())

_PHYSICAL = {
    "RA": "pos.eq.ra",
    "DEC": "pos.eq.dec",
    "GLON": "pos.galactic.lon",
    "GLAT": "pos.galactic.lat",
    "ELON": "pos.ecliptic.lon",
    "ELAT": "pos.ecliptic.lat",
    "TLON": "pos.bodyrc.lon",
    "TLAT": "pos.bodyrc.lat",
    "HPLN": "custom:pos.helioprojective.lon",
    "HPLT": "custom:pos.helioprojective.lat",
    "HPRZ": "custom:pos.helioprojective.z",
    "HGLN": "custom:pos.heliographic.stonyhurst.lon",
    "HGLT": "custom:pos.heliographic.stonyhurst.lat",
    "CRLN": "custom:pos.heliographic.carrington.lon",
    "CRLT": "custom:pos.heliographic.carrington.lat",
    "SOLX": "custom:pos.heliocentric.x",
    "SOLY": "custom:pos.heliocentric.y",
    "SOLZ": "custom:pos.heliocentric.z",
    "FREQ": "em.freq",
    "ENER": "em.energy",
    "WAVN": "em.wavenumber",
    "WAVE": "em.wl",
    "AWAV": "em.wl;obs.atmos",
    "VRAD": "spect.dopplerVeloc.radio",
    "VOPT": "spect.dopplerVeloc.opt",
    "VELO": "spect.dopplerVeloc",
    "BETA": "custom:spect.doplerVeloc.beta",  # spelt so in APE 14's table
    "ZOPT": "src.redshift",
    "STOKES": "phys.polarization.stokes",
    "DIST": "pos.distance",
    "DSUN": "custom:pos.distance.sunToObserver",
    **dict.fromkeys(TIMES - {"UT"}, "time"),
}


@dataclass(frozen=True)
class Axis:
    """What one CTYPE says."""

    kind: str
    """``longitude``, ``latitude``, ``spectral``, ``stokes``, ``time``, ``cubeface``, ``linear``,
    or ``unknown`` where its algorithm code is none."""
    name: str
    """``"RA"`` of ``RA---TAN-SIP``, ``"FREQ"`` of ``FREQ-W2F``."""
    code: str
    """The algorithm code: ``"TAN"``, ``"W2F"``, ``"LOG"``, ``"TAB"``; ``""`` where linear."""

    @property
    def celestial(self) -> bool:
        """Whether it is one of the two axes of a projection."""
        return self.code not in _PLAIN_CODES and self.kind in {"longitude", "latitude"}

    @property
    def unit(self) -> str | None:
        """The unit that world coordinates have, `None` where that is for CUNIT to say."""
        if self.code == "TAB":  # CRVAL and CDELT count rows of the table
            return None
        if self.kind in {"longitude", "latitude", "cubeface"}:
            return "deg"
        return SPECTRAL[self.name][0] if self.kind == "spectral" else None

    @property
    def partner(self) -> str:
        """The name of the other axis of a celestial pair."""
        if self.name in {"RA", "DEC"}:
            return "DEC" if self.name == "RA" else "RA"
        ends = {"LON": "LAT", "LAT": "LON", "LN": "LT", "LT": "LN"}
        cut = 1 if self.name[1:] in ends else 2
        return self.name[:cut] + ends[self.name[cut:]]


@lru_cache(maxsize=256)
def axis_of(ctype: str) -> Axis:
    """What a CTYPE says: ``4-3`` form, with or without a distortion code, or a plain name."""
    base = ctype[:8]
    if len(ctype) == 12 and ctype[8] == "-":
        base = base.rstrip("-")
    coded = len(base) == 8 and base[4] == "-"
    if not coded:
        return Axis(_kind_of_name(base), base, "")
    name, code = base[:4].rstrip("-"), base[5:]
    if code in _PLAIN_CODES:
        return Axis(_kind_of_name(name), name, code)
    return Axis(_kind_of_pair(name, code), name, code)


def physical_type(ctype: str) -> str | None:
    """The UCD1+ of APE 14, or `None`."""
    upper = ctype.upper()
    if upper.startswith(("UT(", "TT(")):
        return "time"
    return _PHYSICAL.get(upper.split("-", 1)[0])


def check_axes(axes: list[Axis], ctypes: list[str], suffix: str) -> None:
    """Refuse unknown codes, lone halves of celestial pairs, and second pairs or spectral codes.

    Raises
    ------
    ValueError
        Naming the CTYPE.
    """
    pairs = {i: axis for i, axis in enumerate(axes) if axis.celestial}
    spectral = [
        i
        for i, axis in enumerate(axes)
        if axis.kind == "spectral" and axis.code not in _PLAIN_CODES
    ]
    for i, axis in enumerate(axes):
        if axis.kind == "unknown":
            raise ValueError(_unknown(axis, _said(i, ctypes, suffix)))
    if len(pairs) > 2:
        said = " and ".join(_said(i, ctypes, suffix) for i in pairs)
        raise ValueError(f"{said}: one WCS has one pair of celestial axes; use alternate letters")
    if len(spectral) > 1:
        said = " and ".join(_said(i, ctypes, suffix) for i in spectral)
        raise ValueError(f"{said}: one WCS has one spectral axis that is not linear")
    if pairs:
        _check_pair(pairs, ctypes, suffix)


def _check_pair(pairs: dict[int, Axis], ctypes: list[str], suffix: str) -> None:
    first = min(pairs)
    axis = pairs[first]
    wanted = f"{axis.partner:-<4}-{axis.code}"
    if len(pairs) == 1:
        raise ValueError(
            f"{_said(first, ctypes, suffix)} has no partner: a projection needs a second axis "
            f"with CTYPE '{wanted}'"
        )
    other = max(pairs)
    if pairs[other].name != axis.partner or pairs[other].code != axis.code:
        raise ValueError(
            f"{_said(other, ctypes, suffix)} does not fit {_said(first, ctypes, suffix)}: it "
            f"should be '{wanted}'"
        )


def _said(axis: int, ctypes: list[str], suffix: str) -> str:
    return f"CTYPE{axis + 1}{suffix} = '{ctypes[axis]}'"


def _unknown(axis: Axis, said: str) -> str:
    if axis.code in PROJECTION_CODES:
        return f"{said}: '{axis.name}' is no celestial axis; expected RA, DEC, xLON, xLAT, ..."
    if axis.name in SPECTRAL:
        letter = SPECTRAL[axis.name][1]
        codes = [f"{x}2{letter}" for x in "FWAV" if x != letter]
        return (
            f"{said}: '{axis.code}' is no algorithm for {axis.name}; expected one of "
            f"{', '.join(codes)}, GRI, GRA, LOG, TAB, or none"
        )
    near = difflib.get_close_matches(axis.code.upper(), sorted(PROJECTION_CODES), n=3, cutoff=0.3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return (
        f"{said}: '{axis.code}' is no projection that is known{hint}; a linear axis has no '-' as "
        "fifth character"
    )


def _kind_of_name(name: str) -> str:
    if name == "RA" or (len(name) == 4 and (name[1:] == "LON" or name[2:] == "LN")):
        return "longitude"
    if name == "DEC" or (len(name) == 4 and (name[1:] == "LAT" or name[2:] == "LT")):
        return "latitude"
    if name in SPECTRAL:
        return "spectral"
    if name in TIMES or name.startswith(("UT(", "TT(")):
        return "time"
    return {"STOKES": "stokes", "CUBEFACE": "cubeface"}.get(name, "linear")


def _kind_of_pair(name: str, code: str) -> str:
    kind = _kind_of_name(name)
    if kind == "spectral":
        known = code in {"GRI", "GRA"} or (
            code[0] in "FWAV" and code[1:] == "2" + SPECTRAL[name][1]
        )
        return kind if known else "unknown"
    known = code in PROJECTION_CODES and kind in {"longitude", "latitude"}
    return kind if known else "unknown"
