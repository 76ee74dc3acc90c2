# SPDX-License-Identifier: BSD-3-Clause
"""Headers of real files, and cards in any form, described as wcslib reads them."""

from __future__ import annotations

import dataclasses
import random
import re
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from corpus_files import REASON, corpus_paths
from hypothesis import given, settings
from hypothesis import strategies as st
from wcs_oracle import LOOK_UPS, astropy_wcs, differences, headers_of_texts

import torchfits
from torchfits.wcs._header import describe
from torchfits.wcs._to_header import to_header

ROOMS = ("ascii", "cube", "compressed", "events", "groups", "healpix", "image", "lightcurve", "mef")
ROOMS += ("spectrum", "table", "wcs")
NO_STEP = ("file009.fits[0]", "idi-test.fits[7]", "10074-190_HCOp.fits[0]")  # CDELT is 0
NOT_COMPARED = (
    *NO_STEP,
    "HST_WFPC_II.fits[1]",  # CRVAL1 = 'right ascension of reference pixel (deg)'
    "example_4d_tab.fits[0]",  # astropy wants the table of -TAB
    "dss.",  # astropy replaces the linear part by the plate solution
)

# Tables 22 and 26 of the Standard: keywords for images, for pixel lists, for images in cells.
AXIS = re.compile(
    r"(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER)\d+[A-Z]?|(PC|CD|PV|PS)\d+_\d+[A-Z]?"
    r"|T(CTYP?|CUNI?|CRV|CRVL|CRPX?|CDLT?|CDE)\d+[A-Z]?|\d+(CTYP?|CRVL?|CUNI?|CDLT?|CDE|CRPX?)\d+[A-Z]?"
    r"|\d\d(PC|CD)\d+[A-Z]?"
)

pytestmark = pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")


def real_headers() -> Iterator[tuple[str, int, torchfits.Header]]:
    for path in headers_of_texts():
        yield path.name, 0, torchfits.Header.from_file(path)
    for path in corpus_paths(*ROOMS):
        with torchfits.open(path) as file:
            for index, hdu in enumerate(file):
                yield path.name, index, hdu.header


def keys_of(header: torchfits.Header) -> list[str]:
    letters = {k[-1] for k in header if k[:5] in {"CTYPE", "CRVAL"} and k[-1].isalpha()}
    return [" ", *sorted(letters)]


def one_wcs() -> Iterator[tuple[str, torchfits.Header, str]]:
    """Every WCS for images of the corpus, with the name of its test."""
    for name, index, header in real_headers():
        for key in keys_of(header):
            yield f"{name}[{index}]{key.strip()}", header, key


def is_table(header: torchfits.Header) -> bool:
    return header.get("XTENSION") == "BINTABLE"


def has_wcs(header: torchfits.Header) -> bool:
    """Whether a keyword is of an axis; wcslib takes rows and bytes of a table for axes too."""
    if header.get("XTENSION") not in ("BINTABLE", "TABLE") or "ZIMAGE" in header:
        return True
    return any(AXIS.fullmatch(keyword) for keyword in header)


ALL = list(one_wcs())
REAL = [(name, header, key) for name, header, key in ALL if has_wcs(header)]
IMAGES = [
    (name, header, key)
    for name, header, key in REAL
    if not is_table(header) and not name.startswith(NOT_COMPARED)
]


def test_the_corpus_is_there() -> None:
    if not REAL:
        pytest.skip(REASON)
    assert len(IMAGES) > 60


def test_every_image_of_the_corpus_is_described_as_by_wcslib() -> None:
    wrong = {}
    for name, header, key in IMAGES:
        found = differences(describe(header, key)[0], astropy_wcs(header, key))
        if found:
            wrong[name] = found
    assert not wrong


def test_every_table_without_columns_is_described_as_by_wcslib() -> None:
    """Image keywords in tables; those of columns have tests of their own."""
    wrong = {}
    for name, header, key in REAL:
        columns = any(k[:4] in {"TCRV", "1CRV"} for k in header)
        if not is_table(header) or columns or name in NO_STEP:
            continue
        found = differences(describe(header, key)[0], astropy_wcs(header, key))
        if found:
            wrong[name] = found
    assert not wrong


def test_tables_without_a_wcs_have_none() -> None:
    without = [(name, header) for name, header, _ in ALL if not has_wcs(header)]
    assert bool(without) == bool(ALL)
    for _, header in without:
        with pytest.raises(torchfits.KeywordNotFoundError, match="no WCS"):
            describe(header)


@pytest.mark.parametrize("kind", ["BINTABLE", "TABLE"])
def test_an_image_without_a_wcs_has_a_linear_one_and_a_table_none(kind: str) -> None:
    assert describe({"NAXIS": 2, "NAXIS1": 8, "NAXIS2": 5})[0].ctype == ("", "")
    table = {"XTENSION": kind, "NAXIS": 2, "NAXIS1": 8, "NAXIS2": 5, "TFIELDS": 1, "TTYPE1": "X"}
    for cards in (table, {**table, "RADESYS": "ICRS"}):
        with pytest.raises(torchfits.KeywordNotFoundError, match="no column has keywords"):
            describe(cards)
    assert describe({**table, "CTYPE1": "WAVE"})[0].ctype[0] == "WAVE"


def test_to_header_gives_the_same_wcs_again() -> None:
    wrong = {}
    for name, header, key in IMAGES:
        ours, cards = describe(header, key)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nothing is left that must be read leniently
            again, kept = describe(to_header(ours, cards), key)
        same = dataclasses.replace(again, shape=ours.shape) == ours
        lost = {k for k in cards if k.startswith(("A_", "B_", "WAT", *LOOK_UPS))} - set(kept)
        if not same or lost:
            wrong[name] = (ours, again, lost)
    assert not wrong


def test_astropy_reads_to_header_as_the_header() -> None:
    wrong = {}
    rng = np.random.default_rng(8)
    for name, header, key in IMAGES:
        ours, cards = describe(header, key)
        theirs, again = astropy_wcs(header, key), astropy_wcs(to_header(ours, cards), key)
        pixels = rng.uniform(1, 300, (20, ours.naxis))
        distorted = theirs.sip is not None or "WAT1_001" in header
        transform = "all_pix2world" if distorted else "wcs_pix2world"
        expected = getattr(theirs, transform)(pixels, 1)
        found = getattr(again, transform)(pixels, 1)
        if not np.allclose(found, expected, rtol=1e-13, atol=1e-12, equal_nan=True):
            wrong[name] = np.nanmax(np.abs(found - expected))
    assert not wrong


def test_keywords_beside_the_coordinates_are_kept() -> None:
    header = {
        "CTYPE1": "TIME",
        "MJDREFI": 51910,
        "MJDREFF": 7.428703703703703e-4,
        "TIMESYS": "TT",
        "TIMEUNIT": "s",
        "TREFPOS": "GEOCENTER",
        "OBSGEO-X": 1.5e6,
        "CZPHS1": 0.5,
        "DATE-OBS": "2020-02-29T12:00:00",
    }
    meta = describe(header)[0].meta
    assert meta["MJDREF"] == (51910.0, 7.428703703703703e-4)
    assert meta["CZPHS"] == {1: 0.5}
    assert meta["MJD-OBS"] == 58908.5
    assert (meta["TIMESYS"], meta["TIMEUNIT"], meta["TREFPOS"]) == ("TT", "s", "GEOCENTER")
    assert meta["OBSGEO-X"] == 1.5e6


@pytest.mark.parametrize(
    ("cards", "reference"),
    [
        ({"MJDREF": 50814.1}, (50814.0, 0.1)),
        ({"MJD-REF": 50814.1}, (50814.0, 0.1)),
        ({"MJDREFI": 50814}, (50814.0, 0.0)),
        ({"JDREF": 2450814.75}, (50814.0, 0.25)),
        ({"JDREFI": 2450814, "JDREFF": 0.75}, (50814.0, 0.25)),
        ({"DATEREF": "2000-01-01"}, (51544.0, 0.0)),
        ({"DATEREF": "2000-01-01T12:00:00", "MJDREF": 1.5}, (1.0, 0.5)),
    ],
)
def test_a_reference_time_has_two_exact_parts(
    cards: dict[str, Any], reference: tuple[float, float]
) -> None:
    assert describe({"CTYPE1": "TIME", **cards})[0].meta["MJDREF"] == reference


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({}, ("ICRS", None)),
        ({"EQUINOX": 1983.9}, ("FK4", 1983.9)),
        ({"EQUINOX": 1984.0}, ("FK5", 1984.0)),
        ({"RADESYS": "FK5"}, ("FK5", 2000.0)),
        ({"RADESYS": "FK4-NO-E"}, ("FK4-NO-E", 1950.0)),
        ({"RADESYS": "ICRS", "EQUINOX": 2000.0}, ("ICRS", None)),
    ],
)
def test_frames_have_the_defaults_of_the_standard(cards: dict[str, Any], expected: Any) -> None:
    pair = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", **cards}
    meta = describe(pair)[0].meta
    assert (meta["RADESYS"], meta.get("EQUINOX")) == expected
    theirs = astropy_wcs(torchfits.Header(pair)).wcs
    assert theirs.radesys == expected[0]
    galactic = {**pair, "CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}
    assert not {"RADESYS", "EQUINOX"} & set(describe(galactic)[0].meta)


def test_all_kinds_of_header_say_the_same() -> None:
    cards = {"NAXIS": 2, "NAXIS1": 30, "NAXIS2": 20, "CTYPE1": "DEC--TAN", "CTYPE2": "RA---TAN"}
    cards |= {"CRVAL1": -30.5, "CRVAL2": 10.25, "CD1_1": 1e-3, "CD2_2": -1e-3}
    header = torchfits.Header(cards)
    expected, found = describe(header)
    lines = "\n".join(str(card) for card in fits.Header(cards).cards)
    forms: list[Any] = [
        cards,
        {k.lower(): (v, "comment") for k, v in cards.items()},
        header.to_string(),
        header.to_string().encode(),
        header.to_string(endcard=False, padding=False).rstrip() + "\n",
        lines,
        fits.Header(cards),
        {**cards, "CRVAL1": np.float32(-30.5), "NAXIS1": np.int16(30)} | {"NAXIS1": 30},
    ]
    for form in forms:
        assert describe(form) == (expected, found)
    assert expected.celestial == (1, 0)
    assert expected.shape == (30, 20)


def test_records_of_distortions_become_cards_of_their_own() -> None:
    header = torchfits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CPDIS1": "LOOKUP"})
    for text in ("EXTVER: 1.0", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2.5E0"):
        header.append(("DP1", text))
    header["D2IM1"] = "EXTVER: 3"
    cards = describe(header)[1]
    assert cards["CPDIS1"] == "LOOKUP"
    assert cards["DP1.EXTVER"] == 1
    assert (cards["DP1.AXIS.1"], cards["DP1.AXIS.2"]) == (1, 2.5)
    assert cards["D2IM1.EXTVER"] == 3
    again = describe(to_header(*describe(header)))[1]
    assert {key: again[key] for key in cards if key[0] == "D"} == {
        key: value for key, value in cards.items() if key[0] == "D"
    }


def test_a_compressed_image_as_its_binary_table_shows_it() -> None:
    header = {"XTENSION": "BINTABLE", "NAXIS": 2, "NAXIS1": 8, "NAXIS2": 300, "ZIMAGE": True}
    header |= {"ZNAXIS": 3, "ZNAXIS1": 10, "ZNAXIS2": 30, "ZNAXIS3": 4, "CTYPE1": "RA---TAN"}
    description = describe({**header, "CTYPE2": "DEC--TAN"})[0]
    assert description.shape == (10, 30, 4)
    assert description.naxis == 3


def test_a_header_without_wcs_counts_pixels() -> None:
    description = describe({"NAXIS": 3, "NAXIS1": 4, "NAXIS2": 5, "NAXIS3": 6})[0]
    assert description.pc == ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    assert description.shape == (4, 5, 6)
    assert description.celestial is None
    assert describe({})[0].naxis == 2


WORDS = st.sampled_from(
    [
        ("CRPIX1", 5.5), ("CRPIX2", -3), ("CRVAL1", 12.25), ("CRVAL2", 1e-3), ("CDELT1", -0.5),
        ("CDELT2", 0.25), ("PC1_2", 0.125), ("PC2_1", -0.125), ("CUNIT1", "arcsec"),
        ("CUNIT2", "arcmin"), ("CNAME1", "x"), ("LONPOLE", 170.0), ("EQUINOX", 1950.0),
        ("PV2_1", 0.5), ("PV1_1", 0.0), ("WCSAXES", 3), ("CTYPE3", "FREQ"), ("CUNIT3", "GHz"),
        ("CRVAL3", 1.5), ("CRVAL1A", 99.0), ("OBSERVER", "CRVAL1"), ("RESTFRQ", 1.4e9),
        ("MJD-OBS", 58000.5), ("DATE-OBS", "2017-09-04"), ("RADESYS", "FK5"),
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, unique_by=lambda card: card[0]), st.randoms(use_true_random=False))
def test_cards_are_found_in_any_order_and_spacing(
    words: list[tuple[str, Any]], generator: random.Random
) -> None:
    cards = [("CTYPE1", "RA---SIN"), ("CTYPE2", "DEC--SIN"), *words]
    generator.shuffle(cards)
    lines = []
    for keyword, value in cards:
        text = f"'{value}'" if isinstance(value, str) else repr(value)
        gap = " " * generator.randrange(20)
        lines.append(f"{keyword:<8}= {gap}{text}{' / why' if generator.random() < 0.5 else ''}")
    header = torchfits.Header.from_string("\n".join(lines))
    assert differences(describe(header)[0], astropy_wcs(header)) == []
    assert describe(dict(cards))[0] == describe(header)[0]


def test_a_repeated_card_counts_as_in_wcslib() -> None:
    header = torchfits.Header()
    for card in (("CTYPE1", "LINEAR"), ("CRVAL1", 1.0), ("CRVAL1", 2.0)):
        header.append(card)
    with pytest.warns(torchfits.FITSWarning, match="CRVAL1 is there twice, as 1.0 and 2.0"):
        description = describe(header)[0]
    assert description.crval == tuple(astropy_wcs(header).wcs.crval) == (2.0,)
