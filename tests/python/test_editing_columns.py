# SPDX-License-Identifier: BSD-3-Clause
"""Columns that come, go and change their names: their cards go with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from astropy.io import fits
from edited_files import ROWS, cells, check_refused, columns_of, make_file, same
from fits_bytes import card, field, image, table
from hypothesis import given, settings
from hypothesis import strategies as st
from other_programs import check_file, hdu_bytes

import torchfits
from torchfits import Ragged, Strings

I = np.arange(ROWS)  # noqa: E741


@pytest.fixture(params=[False, True], ids=["inside", "last"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "cat.fits"
    make_file(place, last=request.param)
    return place


NEW: list[tuple[Any, str, Any]] = [
    (I * 2, "K", I * 2),
    (torch.arange(ROWS).to(torch.uint16), "I", I),
    (I.astype("f4"), "E", I),
    ((I + 1j).astype("c16"), "M", I + 1j),
    (I % 2 == 0, "L", I % 2 == 0),
    (np.arange(3 * ROWS).reshape(ROWS, 3), "3K", np.arange(3 * ROWS).reshape(ROWS, 3)),
    ([f"t{k}" for k in I], "3A", [f"t{k}" for k in I]),
    (Strings.from_list(["abc"] * ROWS), "3A", ["abc"] * ROWS),
    (Ragged.from_list([list(range(k % 4)) for k in I]), "1PK(3)", [np.arange(k % 4) for k in I]),
    (np.ma.array(I, mask=I == 3), "K", np.where(I == 3, -(2**63), I)),
    (7, "K", np.full(ROWS, 7)),
    (0.5, "D", np.full(ROWS, 0.5)),
    (True, "L", np.full(ROWS, True)),
    ("same", "4A", ["same"] * ROWS),
    (torch.tensor(1, dtype=torch.int16), "I", np.ones(ROWS)),
]


@pytest.mark.parametrize(("values", "form", "expected"), NEW)
@pytest.mark.parametrize("before", [None, "X", 3, "CELLS"])
def test_add_column(path: Path, values: Any, form: str, expected: Any, before: Any) -> None:
    old, others = columns_of(path), hdu_bytes(path)
    names = list(old)
    at = {None: 9, "X": 0, 3: 3, "CELLS": 8}[before]
    with torchfits.open(path, "r+") as f:
        f["CAT"].add_column("NEW", values, unit="s", before=before, comment="fresh")
        assert f["CAT"].columns[at].unit == "s"
    check_file(path)
    names.insert(at, "NEW")
    found = columns_of(path)
    assert list(found) == names
    for name in old:
        same(found[name], old[name])
    if form.startswith("1P"):
        assert all(list(a) == list(b) for a, b in zip(found["NEW"], expected, strict=True))
    elif form.endswith("A"):
        assert [text.rstrip() for text in found["NEW"]] == expected
    else:
        np.testing.assert_array_equal(found["NEW"], expected)
    header = fits.getheader(path, "CAT")
    assert header[f"TFORM{at + 1}"].removeprefix("1") == form.removeprefix("1")
    assert header.comments[f"TTYPE{at + 1}"] == "fresh"
    assert header[f"TLMIN{3 + (at < 3)}"] == 0
    now = hdu_bytes(path)
    del now[1], others[1]
    assert now == others


def test_add_column_with_its_words(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        f["CAT"].add_column("N", I, null=-5, display="I8", ucd="meta.id")
        f["CAT"]["N", 3] = None
    header = fits.getheader(path, "CAT")
    words = [header[f"{stem}10"] for stem in ("TTYPE", "TFORM", "TNULL", "TDISP", "TUCD")]
    assert words == ["N", "1K", -5, "I8", "meta.id"]
    assert columns_of(path)["N"][3] == -5
    check_file(path)


@pytest.mark.parametrize("name", ["X", "cells", "BITS", "U", "V"])
def test_delete_column(path: Path, name: str) -> None:
    old = columns_of(path)
    before = fits.getheader(path, "CAT")
    number = 1 + [one.upper() for one in old].index(name.upper())
    with torchfits.open(path, "r+") as f:
        f["CAT"].delete_column(name)
    check_file(path)
    found = columns_of(path)
    assert list(found) == [one for one in old if one != name.upper()]
    for one, values in found.items():
        same(values, old[one])
    header = fits.getheader(path, "CAT")
    assert header["TFIELDS"] == 8
    assert (header["PCOUNT"] == 0) == (name == "cells")
    assert header["OBSERVER"] == before["OBSERVER"]
    assert header[f"TLMIN{3 - (number < 3)}"] == 0
    assert header[f"TNULL{3 - (number < 3)}"] == -99


def test_cards_of_coordinates_go_with_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "events.fits"
    keywords = {
        "TCTYP2": "RA---TAN", "TCRVL3": 1.5, "TCTY3A": "DEC", "TPC2_3": 0.5, "TP3_3": 1,
        "TPV3_1": 2, "2CTYP3": "WAVE", "12PC3A": 3, "WCSN3": "sky", "TLMAX3": 9, "TEMP3": 20,
        "T3": 1, "TCTYP9": "none", "TELESCOP": "XMM", "NAXIS3": "?",
    }  # fmt: skip
    extra = [card(key, value) for key, value in keywords.items() if key != "NAXIS3"]
    columns = [(name, "D", field(np.arange(2.0), "f8")) for name in "ABC"]
    path.write_bytes(image(np.zeros(1, "u1")) + table(columns, extra))
    with torchfits.open(path, "r+") as f:
        f[1].delete_column("A")
        header = dict(f[1].header.items())
        f[1].add_column("Z", 1, before=0)
        f[1].add_column("Y", 1, before="B")
        again = dict(f[1].header.items())
        f[1].delete_column("B")
        last = dict(f[1].header.items())

    def renamed(**moved: str) -> dict[str, Any]:
        kept = {moved.get(key.replace("_", "x"), key): v for key, v in keywords.items()}
        return {key: value for key, value in kept.items() if key not in ("gone", "NAXIS3")}

    def shown(cards: dict[str, Any]) -> dict[str, Any]:
        plain = ("TTYPE", "TFORM", "NAXIS", "TFIELDS", "XTENSION", "BITPIX", "PCOUNT", "GCOUNT")
        return {key: value for key, value in cards.items() if not key.startswith(plain)}

    assert shown(header) == renamed(
        TCTYP2="TCTYP1", TCRVL3="TCRVL2", TCTY3A="TCTY2A", TPC2x3="TPC1_2", TP3x3="TP2_2",
        TPV3x1="TPV2_1", **{"2CTYP3": "2CTYP2", "12PC3A": "12PC2A"}, WCSN3="WCSN2", TLMAX3="TLMAX2",
    )  # fmt: skip
    assert shown(again) == renamed(
        TCTYP2="TCTYP3", TCRVL3="TCRVL4", TCTY3A="TCTY4A", TPC2x3="TPC3_4", TP3x3="TP4_4",
        TPV3x1="TPV4_1", **{"2CTYP3": "2CTYP4", "12PC3A": "12PC4A"}, WCSN3="WCSN4", TLMAX3="TLMAX4",
    )  # fmt: skip
    assert shown(last) == renamed(TCTYP2="gone", TPC2x3="gone")


def test_a_table_without_columns(tmp_path: Path) -> None:
    path = tmp_path / "empty.fits"
    path.write_bytes(image(np.zeros(1, "u1")) + table([("A", "D", field([], "f8"))], []))
    with torchfits.open(path, "r+") as f:
        f[1].delete_column("A")
        assert f[1].columns == []
        f[1].add_column("B", [1.5, 2.5])
        f[1].add_column("C", ["x", "y"], before="B")
        f[1].append_rows({"B": [3.5], "C": ["z"]})
    data = fits.getdata(path, 1)
    assert data["B"].tolist() == [1.5, 2.5, 3.5]
    assert data["C"].tolist() == ["x", "y", "z"]
    check_file(path)


def test_rename_column(path: Path) -> None:
    old = path.stat().st_size
    with torchfits.open(path, "r+") as f:
        f["CAT"].rename_column("X", "Distance")
        f["CAT"].rename_column("name", "NAME2")
        f["CAT"].rename_column("I", "i")
        assert f["CAT"]["Distance"][2] == 3.0
        for bad in ("U", "u", "", "a\n", "é", " a"):
            with pytest.raises(ValueError, match="name"):
                f["CAT"].rename_column("V", bad)
        with pytest.raises(torchfits.ColumnNotFoundError, match="no column 'X'"):
            f["CAT"].rename_column("X", "Y")
    check_file(path)
    assert list(columns_of(path))[:3] == ["Distance", "NAME2", "i"]
    assert path.stat().st_size == old


REFUSED: list[tuple[Callable[[torchfits.HDU], object], type[Exception], str]] = [
    (lambda h: h.add_column("x", I), ValueError, "there is a column 'X' already"),
    (lambda h: h.add_column("N", I[1:]), ValueError, "39 rows, the table 40"),
    (lambda h: h.add_column("N", I, before="Q"), torchfits.ColumnNotFoundError, "no column 'Q'"),
    (lambda h: h.add_column("N", I, before=9), IndexError, "'N': before=9, and the table"),
    (lambda h: h.add_column("N", I, before=-10), IndexError, "'N': before=-10, and the table"),
    (lambda h: h.add_column("N", I, before=1.5), TypeError, "'N': before= takes a name or a pos"),
    (lambda h: h.add_column("N", I, unit=5), TypeError, "'N': unit= takes text, not 5"),
    (lambda h: h.add_column("N", I, comment=["a"]), TypeError, "'N': comment= takes text"),
    (lambda h: h.add_column("N", I, null="a"), TypeError, "'N': null= takes an integer, not 'a'"),
    (lambda h: h.add_column("N", I, null=2**63), ValueError, "null=9223372036854775808 is no st"),
    (lambda h: h.add_column("N", I.astype("i2"), null=70000), ValueError, "-32768 to 32767"),
    (lambda h: h.add_column("N", I.astype("u1"), null=-1), ValueError, "uint8: those are 0 to 255"),
    (
        lambda h: h.add_column("N", I * 0.5, null=3),
        ValueError,
        "null=3 is for integers, and.*float",
    ),
    (lambda h: h.add_column("N", ["a"] * ROWS, null=3), ValueError, "'N': null=3.*values are text"),
    (lambda h: h.add_column("N", object()), TypeError, "N"),
    (lambda h: h.add_column("é", I), ValueError, "ASCII"),
    (lambda h: h.delete_column("Q"), torchfits.ColumnNotFoundError, "no column 'Q'"),
]


@pytest.mark.parametrize(("work", "error", "message"), REFUSED)
def test_what_cannot_be_is_refused_and_nothing_changes(
    path: Path, work: Callable[[torchfits.HDU], object], error: type[Exception], message: str
) -> None:
    check_refused(path, work, error, message)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_any_sequence_of_columns(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("c") / "c.fits"
    make_file(path, last=data.draw(st.booleans()), checksum=data.draw(st.booleans()))
    model = columns_of(path)
    others = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        for turn in range(data.draw(st.integers(1, 6))):
            names = list(model)
            step = data.draw(st.sampled_from(["add", "delete", "rename"] if names else ["add"]))
            at = data.draw(st.integers(0, max(len(names) - 1, 0)))
            fresh = f"N{turn}"
            if step == "add":
                values = data.draw(st.sampled_from([I, I / 3, I.astype("u4"), cells(ROWS)]))
                ragged = values.dtype == object
                given = Ragged.from_list(list(map(torch.from_numpy, values))) if ragged else values
                f["CAT"].add_column(fresh, given, before=at if names else None)
                items = list(model.items())
                model = dict([*items[:at], (fresh, values), *items[at:]])
            elif step == "delete":
                f["CAT"].delete_column(names[at])
                del model[names[at]]
            else:
                f["CAT"].rename_column(names[at], fresh)
                model = {fresh if n == names[at] else n: v for n, v in model.items()}
    check_file(path)
    found = columns_of(path)
    assert list(found) == list(model)
    for name, values in model.items():
        same(found[name], values)
    now = hdu_bytes(path)
    del others[1], now[1]
    assert now == others


@pytest.mark.parametrize("name", [5, None, b"ID"])
def test_a_name_is_a_text(tmp_path: Path, name: Any) -> None:
    place = tmp_path / "t.fits"
    torchfits.write(place, {"ID": torch.arange(3)})
    changes: list[Callable[[torchfits.HDU], None]] = [
        lambda hdu: hdu.add_column(name, 1),
        lambda hdu: hdu.delete_column(name),
        lambda hdu: hdu.rename_column(name, "X"),
        lambda hdu: hdu.rename_column("ID", name),
    ]
    with torchfits.open(place, "r+") as f:
        for change in changes:
            with pytest.raises(TypeError, match="the name of a column is a str"):
                change(f[1])


def test_a_new_name_fits_one_card(tmp_path: Path) -> None:
    place = tmp_path / "t.fits"
    torchfits.write(place, {"ID": torch.arange(3)})
    with torchfits.open(place, "r+") as f:
        for name in ("x" * 69, "'" * 35):
            with pytest.raises(ValueError, match="at most 68 characters"):
                f[1].rename_column("ID", name)
        f[1].rename_column("ID", "x" * 68)
    with fits.open(place) as found:
        assert found[1].columns.names == ["x" * 68]


@pytest.mark.parametrize(("null", "error"), [(1.5, TypeError), (2**70, ValueError)])
def test_a_null_is_an_integer_of_64_bits(tmp_path: Path, null: Any, error: type[Exception]) -> None:
    place = tmp_path / "t.fits"
    torchfits.write(place, {"ID": torch.arange(3)})
    with torchfits.open(place, "r+") as f, pytest.raises(error):
        f[1].add_column("X", [1, 2, 3], null=null)
