# SPDX-License-Identifier: BSD-3-Clause
"""Pixel lists and images in cells: FITS Standard 4.0, table 22, as wcslib's wcsbth reads them."""

from __future__ import annotations

from typing import Any

import pytest
from corpus_files import CORPUS, REASON
from wcs_oracle import astropy_wcs, differences

import torchfits
from torchfits.wcs._header import describe
from torchfits.wcs._table_keywords import wcs_columns

Cards = dict[str, Any]

LIST: Cards = {
    "TCTYP2": "RA---SIN", "TCTYP4": "DEC--SIN", "TCRVL2": 10.0, "TCRVL4": 20.0, "TCRPX2": 5.0,
    "TCRPX4": 6.0, "TCDLT2": -0.1, "TCDLT4": 0.1, "TCUNI2": "arcsec", "TCUNI4": "arcsec",
}  # fmt: skip
CELL: Cards = {
    "1CTYP3": "RA---SIN", "2CTYP3": "DEC--SIN", "1CRVL3": 10.0, "2CRVL3": 20.0, "1CRPX3": 5.0,
    "2CRPX3": 6.0, "1CDLT3": -0.1, "2CDLT3": 0.1, "1CUNI3": "arcsec", "2CUNI3": "arcsec",
}  # fmt: skip
ALTERNATE: Cards = {
    "TCTY2A": "RA---SIN", "TCTY4A": "DEC--SIN", "TCRV2A": 10.0, "TCRV4A": 20.0, "TCRP2A": 5.0,
    "TCRP4A": 6.0, "TCDE2A": -0.1, "TCDE4A": 0.1, "TP2_4A": 0.5, "TV4_1A": 0.1, "LONP2A": 100.0,
    "TS2_0A": "text", "TWCS2A": "name",
}  # fmt: skip
CELL_ALTERNATE: Cards = {
    "1CTY3A": "RA---SIN", "2CTY3A": "DEC--SIN", "1CRV3A": 10.0, "2CRV3A": 20.0, "1CRP3A": 5.0,
    "2CRP3A": 6.0, "1CDE3A": -0.1, "2CDE3A": 0.1, "12PC3A": 0.5, "2V3_1A": 0.1, "2S3_0A": "text",
}  # fmt: skip
OF_COLUMNS: Cards = {
    "LONP2": 100.0, "LATP4": 10.0, "RADE2": "FK5", "EQUI2": 1990.0, "TCNA2": "x", "WCSN2": "name",
    "RFRQ2": 1.4e9, "RWAV2": 0.2, "MJDOB2": 50000.0, "SPEC2": "LSRK", "VSYS2": 3.0,
    "SOBS2": "LSRK",
    "SSRC2": "LSRK", "ZSOU2": 0.5, "VANG2": 5.0, "TCRD2": 0.5,
}  # fmt: skip


def table(cards: Cards) -> torchfits.Header:
    header = torchfits.Header({"XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 80})
    header.update({"NAXIS2": 3, "PCOUNT": 0, "GCOUNT": 1, "TFIELDS": 5})
    for number, name in enumerate(("time", "X", "image", "Y", "y"), 1):
        header.update({f"TTYPE{number}": name, f"TFORM{number}": "1D"})
    header.update(cards)
    return header


@pytest.mark.parametrize(
    "more",
    [
        {},
        OF_COLUMNS,
        {"TP2_4": 0.5, "TP4_2": -0.5, "TV4_1": 0.1, "TV4_2": 0.2},
        {"TPC2_4": 0.5, "TPC4_2": -0.5, "TPV4_1": 0.1},
        {"TC2_2": 0.5, "TC2_4": 0.1, "TC4_4": -0.5, "TC4_2": 0.05},
        {"TCD2_2": 0.5, "TCD4_4": -0.5},
        {"TCROT4": 30.0},
        {"TCRVL5": 99.0, "LONP5": 1.0, "CRVAL1": 7.0, "2CRVL3": 8.0},  # of others
    ],
)
def test_a_pixel_list(more: Cards) -> None:
    header = table({**LIST, **more})
    theirs = astropy_wcs(header, keysel=["pixel"], colsel=[2, 4])
    ours = describe(header, columns=("X", "Y"))[0]
    assert differences(ours, theirs) == []
    assert describe(header, columns=(2, 4))[0] == ours
    if "CRVAL1" not in more:
        assert describe(header)[0] == ours


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"12PC3": 0.5, "21PC3": -0.5, "2V3_1": 0.1, "LONP3": 100.0, "RADE3": "FK5", "1CNA3": "q"},
        {"11CD3": 0.5, "22CD3": -0.5, "2PV3_1": 0.1},
        {"2CROT3": 33.0},
        {"WCAX3": 3, "3CTYP3": "FREQ", "3CUNI3": "GHz", "3CRVL3": 1.0},
    ],
)
def test_images_in_the_cells_of_a_column(more: Cards) -> None:
    header = table({**CELL, **more, "TDIM3": "(10,20)"})
    ours = describe(header, columns="image")[0]
    assert differences(ours, astropy_wcs(header, keysel=["binary"], colsel=[3])) == []
    assert ours.shape == (10, 20, 1)[: ours.naxis]
    assert describe(header)[0] == describe(header, columns=[3])[0] == ours


def test_alternates_of_tables() -> None:
    for cards, columns, kind in ((ALTERNATE, (2, 4), "pixel"), (CELL_ALTERNATE, (3,), "binary")):
        header = table(cards)
        theirs = astropy_wcs(header, "A", keysel=[kind], colsel=list(columns))
        assert differences(describe(header, "A", columns)[0], theirs) == []
        assert describe(header, "A")[0] == describe(header, "A", columns)[0]
        with pytest.raises(torchfits.KeywordNotFoundError, match="no WCS of key 'B'.*'A'"):
            describe(header, "B", columns)


def test_columns_are_axes_in_the_order_that_they_are_asked_for() -> None:
    ours = describe(table({**LIST, "TP2_4": 0.5, "TV4_1": 0.1}), columns=("Y", "X"))[0]
    assert ours.ctype == ("DEC--SIN", "RA---SIN")
    assert ours.pc == ((1, 0), (0.5, 1))
    assert ours.pv == {(1, 1): 0.1}
    assert ours.celestial == (1, 0)


def test_keywords_without_axes_hold_for_tables_too() -> None:
    ours = describe(table({**LIST, "RADESYS": "FK5", "EQUINOX": 1999.0, "LATP2": 5.0}))[0]
    assert (ours.meta["RADESYS"], ours.meta["EQUINOX"], ours.latpole) == ("FK5", 1999, 5)
    ours = describe(table({**LIST, "RADESYS": "FK5", "RADE2": "ICRS"}))[0]
    assert ours.meta["RADESYS"] == "ICRS"


def test_messages_name_the_keywords_of_the_table() -> None:
    with pytest.raises(ValueError, match="TCRVL2 = 'x' is not a finite number"):
        describe(table({**LIST, "TCRVL2": "x"}))
    with pytest.raises(ValueError, match="TCUNI4 = 'm' is no kind of 'deg'"):
        describe(table({**LIST, "TCUNI4": "m"}))
    with pytest.raises(torchfits.ColumnNotFoundError, match="no column 'Z': the header has time"):
        describe(table(LIST), columns=("X", "Z"))
    with pytest.raises(torchfits.ColumnNotFoundError, match="no column 6: the table has 5"):
        describe(table(LIST), columns=(2, 6))
    with pytest.raises(torchfits.KeywordNotFoundError, match=r"columns \(1, 5\) have no WCS"):
        describe(table(LIST), columns=(1, 5))
    with pytest.raises(ValueError, match="32 axes at most"):
        describe(table(LIST), columns=(2,) * 40)


def test_names_are_found_exactly_before_they_are_found_in_any_case() -> None:
    header = table({**LIST, "TCTYP5": "DEC--SIN", "TCRVL5": 50.0})
    assert describe(header, columns=("X", "y"))[0].crval[1] == 50 / 1  # degrees, no TCUNI5
    assert describe(header, columns=("x", "Y"))[0].crval[1] == 20 / 3600


def test_equatorial_columns_are_preferred() -> None:
    cards = {f"TCTYP{n}": t for n, t in enumerate(("X", "GLON-TAN", "GLAT-TAN", "RA---TAN"), 1)}
    cards |= {"TCTYP5": "DEC--TAN", "TCRVL1": 1.0}
    assert wcs_columns(cards) == (4, 5)
    del cards["TCTYP5"]
    assert wcs_columns(cards) == (2, 3)
    assert wcs_columns({"TCTYP7": "ENER", "1CTYP3": "X"}) == (7,)
    assert wcs_columns({"1CTYP3": "X", "1CTYP2": "X"}) == (2,)
    assert wcs_columns({}) == ()


def test_chandra_has_chip_detector_and_sky_coordinates() -> None:
    path = CORPUS / "wcs_headers/chandra-pixlist-wcs.hdr"
    if not path.exists():
        pytest.skip(REASON)
    header = torchfits.Header.from_file(path)
    for columns in ((11, 12), (5, 6)):
        ours = describe(header, columns=columns)[0]
        theirs = astropy_wcs(header, keysel=["image", "pixel"], colsel=list(columns))
        assert (ours.crpix, ours.crval) == (tuple(theirs.wcs.crpix), tuple(theirs.wcs.crval))
        assert ours.ctype == tuple(theirs.wcs.ctype)
        assert ours.cdelt == tuple(theirs.wcs.cdelt)
    table = torchfits.Header({"XTENSION": "BINTABLE"})
    table.extend(header)
    assert describe(table)[0] == describe(header, columns=(11, 12))[0]
    with pytest.raises(ValueError, match="'LONG' is no celestial axis"):
        describe(header, columns=("detx", "dety"))
