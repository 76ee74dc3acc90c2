# SPDX-License-Identifier: BSD-3-Clause
"""The keywords of world coordinates: which they are, and the axes that they name."""

from __future__ import annotations

import re
from functools import lru_cache
from string import ascii_uppercase

_OF_AXIS = "CTYPE CUNIT CRVAL CRPIX CDELT CROTA CNAME CRDER CSYER CZPHS CPERI"
_OF_WCS = (
    "WCSAXES WCSNAME LONPOLE LATPOLE RESTFRQ RESTWAV RADESYS EQUINOX SPECSYS SSYSOBS SSYSSRC "
    "VELOSYS VELANGL ZSOURCE VSOURCE VELREF EPOCH"
)
_OF_HEADER = (
    "NAXIS XTENSION TIMESYS TREFPOS TREFDIR TIMEREF PLEPHEM TIMEUNIT DATEREF DATE-REF MJDREF "
    "MJD-REF MJDREFI MJD-REFI MJDREFF MJD-REFF JDREF JD-REF JDREFI JD-REFI JDREFF JD-REFF BJDREFI "
    "BJDREFF TIMEOFFS TIMEZERO DATE-OBS DATE-BEG DATE-AVG DATE-END MJD-OBS MJD-BEG MJD-AVG MJD-END "
    "JEPOCH BEPOCH TSTART TSTOP XPOSURE TELAPSE TIMSYER TIMRDER TIMEDEL TIMEPIXR OBSGEO-X OBSGEO-Y "
    "OBSGEO-Z OBSGEO-L OBSGEO-B OBSGEO-H OBSORBIT RSUN_REF DSUN_OBS CRLN_OBS HGLN_OBS CRLT_OBS "
    "HGLT_OBS A_RADIUS B_RADIUS C_RADIUS BLON_OBS BLAT_OBS BDIS_OBS"
)
_DISTORTION_STARTS = "A_ B_ AP BP CP CQ DP DQ D2 DV AX WA WC CN PP XP YP PL AM"

AXIS = frozenset(_OF_AXIS.split())
PAIRS = frozenset(("PC", "CD", "PV", "PS"))
LETTERED = frozenset(_OF_WCS.split())
COMMON = frozenset(_OF_HEADER.split())
_PRIMARY = ("RESTFREQ", "RADECSYS", *(f"PROJP{m}" for m in range(10)))  # of the first WCS alone
_SINGLE = {name + letter: (name, letter) for name in LETTERED for letter in ("", *ascii_uppercase)}
_SINGLE |= {name: (name, "") for name in _PRIMARY}
_DISTORTED = frozenset(_DISTORTION_STARTS.split())
_PAIR = re.compile(r"(PC|CD|PV|PS)0{0,2}([1-9]\d?)_0{0,2}(\d{1,2})([A-Z]?)|(PC|CD)(0\d\d)(0\d\d)()")
DISTORTION = re.compile(
    r"[AB]P?_(?:ORDER|DMAX|\d+_\d+)|(?:DP|DQ|D2IM|D2IMDIS|D2IMERR|CPDIS|CQDIS|CPERR|CQERR)\d.*|"
    r"DVERR[A-Z]?|D2IMEXT|AXISCORR|WAT\d_\d{1,3}|WCSDIM|CNPIX\d|PPO\d|[XY]PIXELSZ|PLTRA[HMS]|"
    r"PLTDEC(?:SN|[DMS])|PLTSCALE|PLATEID|AMD[XY]\d{1,2}"
)
_SIZES = re.compile(r"Z?NAXIS\d{1,3}|ZNAXIS|ZIMAGE")
# The first two letters: most keywords of a header need no closer look.
PREFIXES = (
    frozenset(word[:2] for word in (*AXIS, *_SINGLE, *COMMON))
    | PAIRS
    | _DISTORTED
    | {"NA", "ZN", "ZI"}
)
Indices = tuple[str, str, int, int]
"""Name, letter of the alternate WCS, and the indices of a keyword, 0 where it has none."""


@lru_cache(4096)
def indices_of(keyword: str) -> Indices | None:
    """What a keyword of world coordinates stands for; `None` of others.

    The name is empty where the keyword belongs to every WCS, or to a distortion.
    """
    if keyword in COMMON:
        return keyword, "*", 0, 0
    single = _SINGLE.get(keyword)
    if single is not None:
        return *single, 0, 0
    start = keyword[:5]
    if start in AXIS:
        letter = keyword[-1]
        letter = "" if letter.isdigit() else letter
        number = keyword[5:-1] if letter else keyword[5:]
        if (
            number.isdecimal()
            and len(number) <= 2
            and number[0] != "0"
            and letter in ascii_uppercase
        ):
            return start, letter, int(number), 0
        return None
    start = keyword[:2]
    if start in PAIRS and (match := _PAIR.fullmatch(keyword)):
        name, i, j, letter = match.groups()[:4] if match[1] else match.groups()[4:]
        return name, letter, int(i), int(j)
    if start in _DISTORTED and DISTORTION.fullmatch(keyword):
        return "", "*", 0, 0
    if start in {"NA", "ZN", "ZI"} and _SIZES.fullmatch(keyword):
        return "", "*", 0, 0
    return None
