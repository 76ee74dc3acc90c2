# SPDX-License-Identifier: BSD-3-Clause
"""What headers have and the Standard has not: read as wcslib reads it, reported, or refused."""

from __future__ import annotations

import dataclasses
import math
import warnings
from typing import Any

import astropy.io.fits
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from wcs_oracle import astropy_wcs, differences

import torchfits
from torchfits.wcs._dates import standard_date
from torchfits.wcs._header import describe
from torchfits.wcs._to_header import to_header

SKY = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
Cards = dict[str, Any]


def pair(code: str) -> Cards:
    return {"CTYPE1": f"RA---{code}", "CTYPE2": f"DEC--{code}"}


def reported(cards: Cards, key: str = " ") -> tuple[Any, str]:
    """The description, and the warnings as one text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        description = describe(cards, key)[0]
    assert all(warning.category is torchfits.FITSWarning for warning in caught)
    return description, " | ".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        ({**SKY, "RADECSYS": "FK5"}, "RADECSYS is an old form of RADESYS"),
        ({**SKY, "EPOCH": 1950.0}, "EPOCH is an old form of EQUINOX"),
        ({**SKY, "CUNIT1": "DEG", "CUNIT2": "degrees"}, "CUNIT1 = 'DEG' is not of the Standard"),
        ({**pair("GLS"), "CRVAL1": 30.0, "CRVAL2": 40.0}, "it is read as 'DEC--SFL'"),
        ({**pair("GLS"), "CRVAL2": 60.0, "CUNIT1": "arcmin", "CUNIT2": "arcmin"}, "RA---SFL"),
        (pair("GLS"), "it is read as 'RA---SFL'"),
        ({**pair("NCP"), "CRVAL2": 40.0}, "it is read as 'DEC--SIN'"),
        ({**pair("ZPN"), "PROJP1": 1.0, "PROJP3": 0.5}, "PROJP3 is an old form of PV2_3"),
        ({**SKY, "PC001001": 0.5, "PC002001": 0.1}, "PC002001 is an old form of PC2_1"),
        ({**SKY, "CD01_02": 0.5, "CD2_1": 0.1}, "CD01_02 is an old form of CD1_2"),
        ({**SKY, "CD1_1": 2.0, "CD2_2": 2.0, "CDELT1": 7.0, "CROTA2": 9.0}, "CROTAi is left out"),
        ({**SKY, "CD1_1": 2.0, "PC1_1": 3.0, "CDELT1": 5.0}, "CDi_j is left out"),
        ({**SKY, "CD1_1": 2.0}, "CD2_2 is read as 1"),
        ({"CTYPE1": "X", "CTYPE2": "Y", "CROTA2": 9.0}, "CROTAi is left out"),
        ({"CTYPE1": "FREQ-LSR", "CRVAL1": 1.0}, "SPECSYS is missing; 'LSRK'"),
        ({"CTYPE1": "VELO-HEL", "VELREF": 258, "CUNIT1": "km/s"}, "it is read as 'VRAD'"),
        ({"CTYPE1": "VELO-OBS", "CUNIT1": "km/s", "CRVAL1": 1.0}, "it is read as 'VOPT'"),
        ({"CTYPE1": "VELO", "VELREF": 1}, "it is read as 'VOPT'"),
        ({"CTYPE1": "FELO-HEL", "RESTFRQ": 1.4e9, "CRVAL1": 1e5}, "it is read as 'VOPT-F2W'"),
        ({**SKY, "DATE-OBS": "23/05/98"}, "is read as '1998-05-23'"),
        ({**SKY, "DATE-OBS": "1998/05/23"}, "is read as '1998-05-23'"),
        ({**SKY, "WCSAXES": 1}, "WCSAXES = 1, but there are keywords of axis 2"),
        ({**SKY, "WCSAXES": -1}, "WCSAXES = -1 is no count"),
        ({**SKY, "RESTFREQ": 1.4e9}, "RESTFREQ is an old form of RESTFRQ"),
        ({**SKY, "VSOURCE": 3e7}, "VSOURCE is an old form of ZSOURCE"),
    ],
)
def test_a_habit_is_read_as_by_wcslib_and_reported(cards: Cards, message: str) -> None:
    description, notes = reported(cards)
    assert message in notes
    assert differences(description, astropy_wcs(torchfits.Header(cards))) == []
    again, silence = reported(dict(to_header(description).items()))
    assert silence == ""
    assert again == description


@pytest.mark.parametrize(
    "cards",
    [
        {**SKY, "CROTA2": 30.0, "CDELT1": -0.1, "CDELT2": 0.2},
        {**SKY, "CROTA1": 30.0, "CDELT1": -0.1, "CDELT2": 0.2},
        {"CTYPE1": "DEC", "CTYPE2": "RA", "CROTA1": 30.0, "CDELT1": -0.1, "CDELT2": 0.2},
        {**SKY, "CROTA2": 30.0, "PC1_1": 0.5, "CDELT1": -0.1},
    ],
)
def test_crota_turns_the_latitude_axis(cards: Cards) -> None:
    assert differences(describe(cards)[0], astropy_wcs(torchfits.Header(cards))) == []


def test_a_count_of_axes_is_not_believed() -> None:
    for count in (33, 10**9, 10**30):
        with pytest.raises(ValueError, match=f"WCSAXES = {count}: a WCS has 32 axes at most"):
            describe({**SKY, "WCSAXES": count})
        with pytest.raises(ValueError, match=f"NAXIS = {count}: a WCS has 32 axes at most"):
            describe({**SKY, "NAXIS": count})


def test_alternates_have_keywords_of_their_own() -> None:
    cards = {**SKY, "CRVAL1": 1.0, "CTYPE1B": "WAVE", "CUNIT1B": "nm", "CRVAL1B": 500.0}
    cards |= {"CNAME1B": "lambda", "RESTFRQB": 5.0, "RADESYS": "FK5", "WCSNAMEB": "spectrum"}
    header = torchfits.Header(cards)
    for key in " B":
        assert differences(describe(header, key)[0], astropy_wcs(header, key)) == []
    assert describe(header, "B")[0].crval == pytest.approx((5e-7,), rel=1e-15)


def test_polynomials_of_scamp_are_those_of_tpv() -> None:
    description, notes = reported({**SKY, "PV1_7": 0.5, "PV2_1": 1.0, "A_ORDER": 2, "A_2_0": 0.1})
    assert description.ctype == ("RA---TPV", "DEC--TPV")
    assert "polynomials of SCAMP" in notes
    assert "SIP keywords are left out" in notes


def test_where_ctype_says_sip_the_polynomials_of_scamp_are_left_out() -> None:
    cards = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2}
    cards |= {
        "CRPIX1": 1.0,
        "CRPIX2": 1.0,
        "A_2_0": 1e-5,
        "B_0_2": 1e-5,
        "PV1_7": 0.5,
        "PV2_1": 1.0,
    }
    description, notes = reported(cards)
    assert description.pv == {}
    assert "PVi_m of SCAMP are left out" in notes
    assert differences(description, astropy_wcs(torchfits.Header(cards))) == []


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        ({"CTYPE1": "RA---TAN"}, "CTYPE1 = 'RA---TAN' has no partner.*CTYPE 'DEC--TAN'"),
        ({"CTYPE2": "GLAT-AIT"}, "CTYPE2 = 'GLAT-AIT' has no partner.*CTYPE 'GLON-AIT'"),
        ({"CTYPE1": "HPLN-TAN"}, "has no partner.*'HPLT-TAN'"),
        ({**SKY, "CTYPE2": "DEC--SIN"}, "CTYPE2 = 'DEC--SIN' does not fit CTYPE1.*'DEC--TAN'"),
        ({**SKY, "CTYPE2": "GLAT-TAN"}, "does not fit.*should be 'DEC--TAN'"),
        (pair("TNA"), "CTYPE1 = 'RA---TNA': 'TNA' is no projection.*TAN"),
        ({"CTYPE1": "LONG-TAN"}, "'LONG' is no celestial axis"),
        ({"CTYPE1": "FREQ-X2F"}, "CTYPE1 = 'FREQ-X2F': 'X2F' is no algorithm for FREQ.*W2F"),
        ({"CTYPE1": "FREQ-W2F", "CTYPE2": "WAVE-F2W"}, "one spectral axis that is not linear"),
        ({**SKY, "CTYPE3": "GLON-TAN", "CTYPE4": "GLAT-TAN"}, "one pair of celestial axes"),
        ({**SKY, "CUNIT1": "furlong"}, "CUNIT1 = 'furlong' is no unit.*'deg'"),
        ({**SKY, "CUNIT2": "m"}, "CUNIT2 = 'm' is no kind of 'deg'"),
        ({**SKY, "WCSAXES": 33}, "WCSAXES = 33: a WCS has 32 axes at most"),
        ({"CRVAL33": 1.0}, "CRVAL33 speaks of axis 33"),
        ({"PC1_99": 1.0}, "PC1_99 speaks of axis 99"),
        ({**SKY, "CROTA2": 30.0, "CDELT1": 0.0}, "CDELT1 = 0: the pixels of axis 1"),
        ({**pair("SIN"), "PV1_7": 1.0}, "PV1_7: a longitude axis has parameters 0 to 4"),
        ({**pair("NCP"), "CRVAL2": 0.0}, "CRVAL2 = 0: the projection NCP does not exist there"),
    ],
)
def test_what_wcslib_refuses_is_refused_with_keyword_value_and_remedy(
    cards: Cards, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        describe(cards)
    with pytest.raises(Exception, match=".") as theirs:
        astropy_wcs(torchfits.Header(cards))
    assert not isinstance(theirs.value, Warning)


@pytest.mark.parametrize("value", [math.nan, math.inf, "abc", True, 1j])
@pytest.mark.parametrize("keyword", ["CRVAL1", "CRPIX2", "CDELT1", "PC1_2", "CD1_1", "PV2_1"])
def test_a_value_that_is_no_number_is_refused(keyword: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{keyword} = .* is not a finite number; correct"):
        describe({**SKY, keyword: value})
    with pytest.raises(ValueError, match="LONPOLE = .* is not a finite number"):
        describe({**SKY, "LONPOLE": value})


def test_text_that_is_a_number_is_read() -> None:
    for text, number in (("12.5", 12.5), ("1.5D2", 150.0), ("0.8058610690795-297", 0.806e-297)):
        description, notes = reported({**SKY, "CRVAL1": text})
        assert description.crval[0] == pytest.approx(number, rel=1e-3, abs=0)
        assert f"CRVAL1 = '{text}' is text" in notes


def test_keywords_that_coordinates_do_without_are_left_out() -> None:
    cards = {**SKY, "EQUINOX": "now", "RESTFRQ": "x", "MJDREF": "x", "DATE-OBS": "yesterday"}
    description, notes = reported(cards)
    assert description.meta == {"RADESYS": "ICRS"}
    for keyword in ("EQUINOX", "RESTFRQ", "MJDREF", "DATE-OBS"):
        assert f"{keyword} = '" in notes
    assert describe({**SKY, "CRVAL1": None, "PV2_1": None})[0].pv == {}
    assert reported({**SKY, "EQUINOX": "J2000.0"})[0].meta["EQUINOX"] == 2000
    assert reported({**SKY, "CUNIT1": "UNITS"})[0].cunit == ("deg", "deg")
    assert reported({**SKY, "CUNIT1": "hours", "CRVAL1": 2.0})[0].crval == (30, 0)


def test_a_key_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(torchfits.KeywordNotFoundError, match="no WCS of key 'C'.*' ', 'B'"):
        describe({**SKY, "CTYPE1B": "X"}, "C")
    with pytest.raises(torchfits.KeywordNotFoundError, match="no WCS of key ' '.*'B'"):
        describe({"CTYPE1B": "X"})
    for key in ("b", "AB", "", "1", None, 5):
        with pytest.raises(ValueError, match="key is ' ' or one of the letters"):
            describe(SKY, key)  # type: ignore[arg-type]


def test_what_is_no_header_is_refused() -> None:
    with pytest.raises(TypeError, match=r"not int; of an open file take hdu\.header"):
        describe(5)
    with pytest.raises(ValueError, match="no text of a header"):
        describe("rubbish")
    with pytest.raises(ValueError, match="columns= is for the WCS of a binary table"):
        describe({"SIMPLE": True, **SKY}, columns=("X", "Y"))


def test_a_header_of_astropy_may_have_an_end_of_line_in_its_last_card() -> None:
    text = "".join(f"{card:80}" for card in ("CTYPE1  = 'WAVE'", "CRVAL1  =                  2.5"))
    header = astropy.io.fits.Header.fromstring(text.rstrip() + "\n")
    assert describe(header)[0].crval[0] == 2.5


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1998-05-23", "1998-05-23"),
        ("1998-05-23T01:02:03.5", "1998-05-23T01:02:03.5"),
        ("1998-05-23 01:02:03", "1998-05-23T01:02:03"),
        ("1998-05-23T01:02", "1998-05-23T01:02:00"),
        ("1998-05-23T01:02:03Z", "1998-05-23T01:02:03"),
        ("23-05-1998", "1998-05-23"),
        ("29/02/2000", "2000-02-29"),
        ("29/02/99", None),
        ("1998-13-01", None),
        ("1998-05-23T1:2:3", None),
        ("May 1998", None),
    ],
)
def test_dates_in_old_forms(text: str, date: str | None) -> None:
    assert standard_date(text) == date


INDEXED = ("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT", "CROTA")
NAMES = [f"{name}{axis}" for name in INDEXED for axis in (1, 2, 3)]
NAMES += ["PC1_2", "CD1_1", "CD2_2", "PV1_1", "PV2_1", "PS1_0", "WCSAXES", "NAXIS", "NAXIS1"]
NAMES += ["EQUINOX", "RADESYS", "MJDREF", "JDREFI", "DATE-OBS", "OBSGEO-X", "CZPHS1", "DP1"]
NAMES += ["PROJP1", "VELREF"]
NAMES += ["XTENSION", "TFIELDS", "TCTYP1", "TCRVL2", "1CTYP1", "12PC1", "TDIM1", "LONP1", "TP1_2"]
VALUES: list[Any] = [0, 1, -1, 1.5, 1e300, 10**40, math.nan, True, None, "", "x", "[1]"]
VALUES += [
    "RA---TAN",
    "DEC--TAN",
    "DEC--GLS",
    "RA---NCP",
    "FELO-HEL",
    "VELO",
    "TT---TAB",
    "deg",
    "km/s",
    "BINTABLE",
]
VALUES += ["EXTVER: 1", "2000-01-01", "01/02/03", "(1,2)", "1D400", [1], (), {}, b"x"]


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=12),
    st.sampled_from([None, (1, 2), 1, "x"]),
)
@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_any_cards_are_described_or_refused(cards: Cards, columns: Any) -> None:
    try:
        description, found = describe(cards, columns=columns)
    except (ValueError, torchfits.KeywordNotFoundError, torchfits.ColumnNotFoundError):
        return
    assert 0 < description.naxis <= 32
    again = describe(to_header(description, found))[0]
    assert dataclasses.replace(again, shape=description.shape) == description


def test_numbers_that_are_tensors_are_written_as_they_are() -> None:
    description = describe({**SKY, "PC1_2": 0.5})[0]
    learned = {
        name: torch.tensor(getattr(description, name), dtype=torch.float64, requires_grad=True)
        for name in ("crpix", "crval", "cdelt", "pc")
    }
    header = to_header(dataclasses.replace(description, **learned))
    assert describe(header)[0] == description
