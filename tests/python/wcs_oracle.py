# SPDX-License-Identifier: BSD-3-Clause
"""What astropy.wcs (wcslib) makes of a header, to be compared with a `Description`."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from astropy import units
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import WCS, FITSFixedWarning
from corpus_files import CORPUS

import torchfits
from torchfits.wcs._description import Description

# Tables of distortions lie in other HDUs, and wcslib gives the codes of polynomials away.
LOOK_UPS = ("CPDIS", "CQDIS", "D2IM", "DP", "DQ", "AXISCORR")
POLYNOMIALS = {"TPV": "TAN", "TNX": "TAN", "ZPX": "ZPN"}
NUMBERS = {
    "RESTFRQ": "restfrq",
    "RESTWAV": "restwav",
    "VELOSYS": "velosys",
    "VELANGL": "velangl",
    "ZSOURCE": "zsource",
    "EQUINOX": "equinox",
    "MJD-OBS": "mjdobs",
    "MJD-BEG": "mjdbeg",
    "MJD-AVG": "mjdavg",
    "MJD-END": "mjdend",
    "TSTART": "tstart",
    "TELAPSE": "telapse",
    "TIMEDEL": "timedel",
    "TIMEPIXR": "timepixr",
    "XPOSURE": "xposure",
}
TEXTS = {
    "RADESYS": "radesys",
    "SPECSYS": "specsys",
    "SSYSOBS": "ssysobs",
    "SSYSSRC": "ssyssrc",
    "TIMESYS": "timesys",
    "TREFPOS": "trefpos",
    "TREFDIR": "trefdir",
    "TIMEUNIT": "timeunit",
    "PLEPHEM": "plephem",
    "WCSNAME": "name",
}


def headers_of_texts() -> list[Any]:
    """The header files of the corpus."""
    return sorted(CORPUS.glob("wcs_headers/*.hdr"))


def astropy_header(header: torchfits.Header) -> fits.Header:
    """The cards as astropy's header, without references to tables in other HDUs."""
    read = fits.Header.fromstring(header.to_string())
    for keyword in {k for k in read if k.startswith(LOOK_UPS)}:
        del read[keyword]
    return read


def astropy_wcs(header: torchfits.Header, key: str = " ", **choice: Any) -> WCS:
    """The WCS of astropy, with wcslib's repairs made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        warnings.simplefilter("ignore", AstropyUserWarning)
        wcs = WCS(astropy_header(header), key=key, **choice)
        wcs.wcs.set()
    return wcs


def differences(ours: Description, wcs: WCS) -> list[str]:
    """What of a description is not as wcslib has it."""
    theirs = wcs.wcs
    if ours.naxis != theirs.naxis:
        return [f"naxis: {ours.naxis}, {theirs.naxis}"]
    scale = 1 if ours.is_cd else np.array(ours.cdelt)[:, None]
    found = [
        f"{name}: {mine}, {other}"
        for name, mine, other, tolerance in (
            ("crpix", ours.crpix, theirs.crpix, 0),
            ("crval", ours.crval, theirs.crval, 1e-15),
            ("matrix", np.array(ours.pc) * scale, wcs.pixel_scale_matrix, 1e-13),
        )
        if not np.allclose(mine, other, rtol=tolerance, atol=1e-13 * np.abs(other).max())
    ]
    if plain(ours.ctype) != plain(theirs.ctype):
        found.append(f"ctype: {ours.ctype}, {list(theirs.ctype)}")
    if not all(map(same_unit, ours.cunit, theirs.cunit)):
        found.append(f"cunit: {ours.cunit}, {list(theirs.cunit)}")
    if list(ours.cname) != list(theirs.cname):
        found.append(f"cname: {ours.cname}, {list(theirs.cname)}")
    if not {ours.projection(axis) for axis in range(ours.naxis)} & {"TPV", "ZPX"}:
        found += _parameters(ours, theirs)
    if {(i, m): text for i, m, text in theirs.get_ps()} != dict(ours.ps):
        found.append(f"ps: {ours.ps}, {theirs.get_ps()}")
    found += _poles(ours, theirs)
    return found + _meta(ours, theirs)


def plain(ctypes: Any) -> list[str]:
    return [ctype[:5] + POLYNOMIALS.get(ctype[5:8], ctype[5:8]) + ctype[8:] for ctype in ctypes]


def same_unit(ours: str, theirs: Any) -> bool:
    if ours == str(theirs):
        return True
    try:
        return bool(units.Unit("m-1" if ours == "/m" else ours) == theirs)
    except ValueError:
        return False


def _parameters(ours: Description, theirs: Any) -> list[str]:
    other = {(i, m): value for i, m, value in theirs.get_pv()}
    same = set(other) == set(ours.pv) and all(
        math.isclose(other[index], value, rel_tol=1e-15) for index, value in ours.pv.items()
    )
    return [] if same else [f"pv: {ours.pv}, {other}"]


def _poles(ours: Description, theirs: Any) -> list[str]:
    """Where the header has them; wcslib has defaults, and PVi_3 and PVi_4, beside."""
    given = (("lonpole", ours.lonpole, theirs.lonpole), ("latpole", ours.latpole, theirs.latpole))
    return [
        f"{name}: {mine}, {other}"
        for name, mine, other in given
        if mine is not None
        and not math.isclose(mine, other)
        and ours.celestial
        and not (name == "latpole" and abs(other) <= 90)
    ]


def _meta(ours: Description, theirs: Any) -> list[str]:
    if not any(theirs.ctype) and not np.any(theirs.crpix):
        # wcslib looks at nothing where no axis is described.
        return []
    found = []
    for keyword, name in NUMBERS.items():
        mine, other = ours.meta.get(keyword, math.nan), getattr(theirs, name)
        if keyword.startswith("REST") and not other:
            other = math.nan
        if not (math.isnan(mine) and math.isnan(other)) and not math.isclose(mine, other):
            found.append(f"{keyword}: {mine}, {other}")
    for keyword, name in TEXTS.items():
        if ours.meta.get(keyword, "") != getattr(theirs, name):
            found.append(f"{keyword}: {ours.meta.get(keyword)}, {getattr(theirs, name)}")
    for keyword, name in (("DATE-OBS", "dateobs"), ("DATE-END", "dateend")):
        date = ours.meta.get(keyword, "")
        if date and date[:19] != getattr(theirs, name)[:19]:
            found.append(f"{keyword}: {date}, {getattr(theirs, name)}")
    reference = ours.meta.get("MJDREF", (0, 0))
    known = sum(theirs.mjdref) > 0  # not of BJDREFI, nor of a MJDREFF that is text
    if known and not math.isclose(sum(reference), sum(theirs.mjdref), abs_tol=1e-9):
        found.append(f"MJDREF: {reference}, {theirs.mjdref}")
    return found
