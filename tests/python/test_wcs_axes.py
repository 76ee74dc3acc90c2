# SPDX-License-Identifier: BSD-3-Clause
"""What CTYPE and CUNIT say, against wcslib's reading of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcs_oracle import astropy_wcs

import torchfits
from torchfits.wcs._axes import PROJECTION_CODES, SPECTRAL, TIMES, axis_of, physical_type
from torchfits.wcs._header import describe
from torchfits.wcs._units import factor_to

NAMES = ["RA", "DEC", "GLON", "GLAT", "ELON", "HLAT", "XLON", "HPLN", "HPLT", "ABLN", "STOKES"]
NAMES += [
    "CUBEFACE",
    "LINEAR",
    "",
    "PIXEL",
    "LONG",
    "LAMBDA",
    "SOLX",
    "DIST",
    *SPECTRAL,
    *sorted(TIMES),
]
KINDS = {0: "linear", 1: "stokes", 2: "celestial", 3: "spectral", 4: "time"}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_has_the_kind_and_physical_type_of_wcslib(name: str) -> None:
    wcs = astropy_wcs(torchfits.Header({"CTYPE1": name, "WCSAXES": 1}))
    kind = axis_of(name).kind
    coarse = "celestial" if kind in {"longitude", "latitude", "cubeface"} else kind
    assert coarse == KINDS[wcs.wcs.axis_types[0] // 1000]
    assert physical_type(name) == wcs.world_axis_physical_types[0]
    assert describe({"CTYPE1": name})[0].cunit[0] in {
        str(wcs.wcs.cunit[0]).replace(" / ", "/"),
        "/m",
    }


@pytest.mark.parametrize("code", sorted(PROJECTION_CODES - {"NCP", "GLS"}))
def test_pairs_are_found_in_any_order(code: str) -> None:
    for lon, lat in (("RA--", "DEC-"), ("GLON", "GLAT"), ("XLON", "XLAT"), ("HPLN", "HPLT")):
        cards = {"CTYPE1": "FREQ", "CTYPE2": f"{lat}-{code}", "CTYPE3": "STOKES"}
        description = describe({**cards, "CTYPE4": f"{lon}-{code}"})[0]
        assert description.celestial == (3, 1)
        assert description.spectral == 0
        assert description.projection(3) == code
        assert description.cubeface is None


def test_codes_of_distortions_and_of_spectra() -> None:
    assert axis_of("RA---TAN-SIP").code == "TAN"
    assert axis_of("FREQ----SIP").code == "---"  # eleven letters, which wcslib refuses as well
    assert (axis_of("FREQ-LOG").kind, axis_of("FREQ-LOG").code) == ("spectral", "LOG")
    assert (axis_of("TT---TAB").kind, axis_of("TT---TAB").code) == ("time", "TAB")
    assert axis_of("RA---TAB").kind == "longitude"
    assert not axis_of("RA---TAB").celestial
    assert axis_of("AWAV-GRA").kind == axis_of("VELO-F2V").kind == "spectral"
    assert axis_of("VELO-F2W").kind == axis_of("STOK-TAN").kind == "unknown"
    assert physical_type("TT(TAI)") == physical_type("UT(NIST)") == "time"


UNITS = {
    "RA": [
        "deg",
        "arcmin",
        "arcsec",
        "mas",
        "rad",
        "mrad",
        "turn",
        "10**-3 deg",
        "10-3deg",
        "(deg)",
    ],
    "WAVE": ["m", "nm", "um", "Angstrom", "Angstroms", "angstrom", "km", "AU", "pc", "lyr", "cm"],
    "WAVN": ["m-1", "1/m", "cm-1", "/cm", "cm**(-1)", "cm^(-1)", "1 / cm", "m^-1", "cm**-1"],
    "VRAD": ["km/s", "km s-1", "km.s-1", "km s**-1", "km*s^-1", "km/sec", "m/h", "AU/yr", "km/(s)"],
    "FREQ": ["Hz", "kHz", "MHZ", "GHz", "s-1", "1/s", "THz", "HZ"],
    "ENER": ["J", "eV", "keV", "MeV", "erg", "Ry", "kg m2 s-2", "kg.m**2/s**2", "g m2/s2"],
}


@pytest.mark.parametrize(("name", "unit"), [(n, u) for n, us in UNITS.items() for u in us])
@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_a_unit_is_as_large_as_in_wcslib(name: str, unit: str) -> None:
    cards = {"CTYPE1": name, "CRVAL1": 3.0, "CDELT1": 7.0, "CUNIT1": unit}
    theirs = astropy_wcs(torchfits.Header(cards)).wcs
    ours = describe(cards)[0]
    assert ours.crval[0] == pytest.approx(theirs.crval[0], rel=1e-15)
    assert ours.cdelt[0] == pytest.approx(theirs.cdelt[0], rel=1e-15)
    rows = {"CTYPE1": name, "CTYPE2": "X", "CUNIT1": unit, "CD1_1": 2.0, "CD1_2": 3.0, "CD2_2": 4.0}
    theirs = astropy_wcs(torchfits.Header(rows)).wcs
    assert describe(rows)[0].pc[0] == pytest.approx(tuple(theirs.cd[0]), rel=1e-15)


@pytest.mark.parametrize(
    ("name", "unit"),
    [("RA", u) for u in ("m", "km/s", "deg/pixel", "1", "deg deg", "arcsec.", "(deg", "deg)", "'")]
    + [("WAVE", u) for u in ("1/cm", "Hz", "0.1nm", "log(m)", "m**", "m per s", "m//s", "m^")]
    + [("FREQ", "10**99 Hz"), ("FREQ", "(" * 60), ("FREQ", "Hz**9999"), ("FREQ", "Hz" * 500)],
)
def test_what_is_no_unit_of_the_axis_is_refused(name: str, unit: str) -> None:
    with pytest.raises(ValueError, match="CUNIT1 = .*; expected a unit that converts to"):
        describe({"CTYPE1": name, "CUNIT1": unit})


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_spellings_that_wcslib_refuses_are_read() -> None:
    for name, unit, factor in (
        ("WAVE", "micron", 1e-6),
        ("WAVE", "ANGSTROM", 1e-10),
        ("VOPT", "KM/S", 1e3),
        ("RA", "hourangle", 15.0),
        ("RA", "Radians", 57.29577951308232),
    ):
        description = describe({"CTYPE1": name, "CUNIT1": unit, "CRVAL1": 1.0})[0]
        assert description.crval[0] == pytest.approx(factor, rel=1e-15)


def test_other_axes_keep_their_unit() -> None:
    for unit in ("ms", "d", "Jy/beam", "furlong", ""):
        description = describe({"CTYPE1": "TIME", "CUNIT1": unit, "CRVAL1": 2.0})[0]
        assert (description.cunit[0], description.crval[0]) == (unit, 2)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="10 mskHzdeg/*.^()[]-+2Å", max_size=30))
def test_any_text_is_a_unit_or_refused(text: str) -> None:
    try:
        scale, _ = factor_to(text, "m/s")
    except ValueError:
        return
    assert 0 < scale < float("inf")
