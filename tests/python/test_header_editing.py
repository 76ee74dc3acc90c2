# SPDX-License-Identifier: BSD-3-Clause
"""Editing a Header: places, texts, merging, removing, text files, and what is refused."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from astropy.io import fits

import torchfits
from torchfits import FITSIOError, FITSWarning, Header, KeywordNotFoundError
from torchfits._header import Card


def lines_of(header: Header) -> list[str]:
    text = header.to_string(endcard=False, padding=False)
    assert len(text) % 80 == 0
    return [text[i : i + 80].rstrip() for i in range(0, len(text), 80)]


def header_of(*lines: str) -> Header:
    return Header.from_string("".join(line.ljust(80) for line in lines))


@pytest.fixture
def header() -> Header:
    return header_of(
        "A       = 1 / one", "HISTORY first", "B       = 1.50", "A       = 2", "HISTORY second"
    )


# Places


def test_set_changes_only_what_is_given(header: Header) -> None:
    header.set("A", 5)
    assert header.cards[0] == ("A", 5, "one")
    header.set("A", comment="five")
    assert header.cards[0] == ("A", 5, "five")
    header.set(("A", 1), 7, "second")
    assert header.cards["A", 1] == ("A", 7, "second")
    header.set("A", None, "")
    assert header.cards[0] == ("A", None, "")
    header.set(3, "x")
    assert header["A", 1] == "x"
    header.set("NEW")
    assert header.cards[-1] == ("NEW", None, "")
    assert lines_of(header)[2] == "B       = 1.50"


def test_set_at_a_place_equals_astropy() -> None:
    cards = [("A", 1), ("B", 2), ("C", 3), ("D", 4)]
    for keyword in ("NEW", "A", "C", "D"):
        for side in ("before", "after"):
            # A position is that of the header as it is; astropy first takes a known card out.
            positions = {0, 2, 3} if keyword == "NEW" else set()
            for place in {"A", "B", "D", *positions} - {keyword}:
                ours, theirs = Header(cards), fits.Header(cards)
                ours.set(keyword, 9, "c", **{side: place})  # type: ignore[arg-type]
                theirs.set(keyword, 9, "c", **{side: place})
                assert ours.items() == list(theirs.items()), (keyword, side, place)
    for place in ("A", 0):  # beside itself
        ours = Header(cards)
        ours.set("A", 9, before=place)
        ours.set("B", 9, after=1)
        assert ours.keys() == ["A", "B", "C", "D"]
    ours.set("A", 9, after=-1)
    assert ours.keys() == ["B", "C", "D", "A"]


def test_set_needs_one_place_that_is_there(header: Header) -> None:
    with pytest.raises(TypeError, match="exclude each other"):
        header.set("A", 1, before="B", after="B")
    with pytest.raises(KeywordNotFoundError, match="'X'"):
        header.set("A", 1, before="X")
    with pytest.raises(KeywordNotFoundError, match="'X'"):
        header.insert("X", "A", 1)
    assert header.keys() == ["A", "HISTORY", "B", "A", "HISTORY"]


def test_insert_takes_keywords_positions_and_cards() -> None:
    header = Header([("A", 1), ("B", 2)])
    header.insert("B", ("C", 3, "three"))
    header.insert("B", Card("D", 4), after=True)
    header.insert(0, "E", 5, "five")
    header.insert(99, ["F"])
    header.insert(-1, "G", 6)
    header.insert(-99, "H", 7)
    header.insert(-1, "I", 8, after=True)
    header.insert(("A", 0), fits.Card("J", 9, "astropy's"))
    assert header.keys() == ["H", "E", "J", "A", "C", "B", "D", "G", "F", "I"]
    assert header.cards["C"] == ("C", 3, "three")
    assert header.cards["J"] == ("J", 9, "astropy's")
    assert header["F"] is None


def test_append_keeps_blank_cards_at_the_end() -> None:
    header = header_of("A       = 1", "", "")
    header.append(("B", 2, "two"))
    header.append("C", 3, "three")
    header.append(Card("D", 4), end=True)
    header.append("")
    assert header.keys() == ["A", "B", "C", "", "", "D", ""]
    for wrong in (5, None, {"K": 1}, ("A", 1, "c", 2), (), (1, 2)):
        with pytest.raises(TypeError, match="a card is"):
            header.append(wrong)
    with pytest.raises(TypeError, match="a card has its own"):
        header.append(("A", 1), 5)


def test_rename(header: Header) -> None:
    header.rename_keyword("B", "exposure time")
    assert header.cards[2] == ("EXPOSURE TIME", 1.5, "")
    header.rename_keyword(("A", 1), "C")
    assert header.keys() == ["A", "HISTORY", "EXPOSURE TIME", "C", "HISTORY"]
    header.rename_keyword("A", "a")
    with pytest.raises(ValueError, match="'C' already; force=True"):
        header.rename_keyword("A", "c")
    header.rename_keyword("A", "C", force=True)
    assert header.count("C") == 2
    with pytest.raises(ValueError, match="one has text, one a value"):
        header.rename_keyword("C", "HISTORY")
    header.rename_keyword(("HISTORY", 1), "COMMENT")
    assert header["COMMENT"] == ["second"]


# Texts


def test_texts_are_cut_and_placed(header: Header) -> None:
    header.add_history("x" * 73, before="A")
    assert header["HISTORY"] == ["x" * 72, "x", "first", "second"]
    header.add_comment("top\n\nnext", after=0)
    assert header.keys()[:5] == ["HISTORY", "COMMENT", "COMMENT", "COMMENT", "HISTORY"]
    assert header["COMMENT"] == ["top", "", "next"]
    header.add_blank("  Section", before="B")
    assert header[header.index("B") - 1] == "  Section"
    header.insert("B", "COMMENT", "y" * 100)
    assert header["COMMENT"][-2:] == ["y" * 72, "y" * 28]
    header["HISTORY", 3] = "changed"
    assert header["HISTORY"][3] == "changed"


def test_a_list_replaces_texts_where_the_first_stood(header: Header) -> None:
    header["HISTORY"] = ["one", "two"]
    assert header.keys() == ["A", "HISTORY", "HISTORY", "B", "A"]
    header["HISTORY"] = []
    assert "HISTORY" not in header
    header["HISTORY"] = ("text",)
    assert header["HISTORY"] == ["text"]
    before = lines_of(header)
    for wrong in (["fine", "Zo\u00e9"], 5, ["fine", 5], {"a": 1}, ("text", "comment")):
        with pytest.raises((TypeError, ValueError), match=r"HISTORY"):
            header["HISTORY"] = wrong
    assert lines_of(header) == before


def test_a_text_has_no_comment(header: Header) -> None:
    with pytest.raises(ValueError, match="no comment beside its text"):
        header.comments["HISTORY"] = "lost otherwise"


# Merging


def test_update(header: Header) -> None:
    header.update({"A": 10, "N": (5, "new")}, M=6, B=(7, "seven"))
    assert list(header.cards)[:4] == [
        ("A", 10, "one"), ("HISTORY", "first", ""), ("B", 7, "seven"), ("A", 2, "")
    ]  # fmt: skip
    assert (header["N"], header["M"]) == (5, 6)
    header.update([("A", 11), ("N", 6, "six"), ("Q", (1, "q"))])
    assert header.cards["A"] == ("A", 11, "one")
    assert header.cards["N"] == ("N", 6, "six")
    assert header.cards["Q"] == ("Q", 1, "q")


def test_cards_of_a_header_are_taken_byte_for_byte(header: Header) -> None:
    other = header_of("B       =  2.500  /x", "HISTORY third", "This is junk", "L       = 'a&'",
                      "CONTINUE  'b'", "odd key = 5")  # fmt: skip
    header.update(other)
    assert lines_of(header)[2] == "B       =  2.500  /x"
    assert lines_of(header)[5:] == lines_of(other)[1:]
    copied = header.copy()
    copied.update(copied)
    assert copied["HISTORY"] == header["HISTORY"] * 2


def test_extend_equals_astropy() -> None:
    ours_first = [("A", 1), ("B", 2), ("HISTORY", "x")]
    others = [("SIMPLE", True), ("NAXIS", 0), ("B", 3), ("C", 4), ("C", 5),
              ("HISTORY", "x"), ("HISTORY", "y")]  # fmt: skip
    for options in ({}, {"strip": False}, {"unique": True}, {"update": True}):
        ours, theirs = Header(ours_first), fits.Header(ours_first)
        ours.extend(Header(others), **options)
        theirs.extend(fits.Header(others), bottom=True, **options)
        if "update" in options:  # the second C replaces the first there too
            assert sorted(map(str, ours.items())) == sorted(map(str, theirs.items()))
        else:
            assert ours.items() == list(theirs.items()), options


def test_strip_and_copy() -> None:
    theirs = fits.BinTableHDU.from_columns(
        [fits.Column("x", "E", unit="m", null=None), fits.Column("y", "I", bzero=32768)]
    ).header
    theirs["OBSERVER"] = "me"
    theirs["EXTNAME"] = "CAT"
    stripped = Header(theirs).copy(strip=True)
    assert stripped.keys() == ["OBSERVER", "EXTNAME"]
    whole = Header(theirs)
    assert whole.copy() == whole
    assert len(whole) == len(theirs)
    whole.strip()
    assert whole == stripped


def test_a_header_of_astropy() -> None:
    theirs = fits.Header([("A", 1, "one"), ("HIERARCH LONGKEYWORD", "x" * 100, "c"), ("K", None)])
    theirs.add_history("h")
    ours = Header(theirs)
    assert ours.to_string() == theirs.tostring()
    assert ours.cards["LONGKEYWORD"] == ("LONGKEYWORD", "x" * 100, "c")
    assert ours["K"] is None
    assert Header([fits.Card("K"), fits.Card("L", 5, "c")]).cards[1] == ("L", 5, "c")


# Removing


def test_removing(header: Header) -> None:
    header.remove("A")
    assert header["A"] == 2
    header.remove("X", ignore_missing=True)
    header.remove(99, ignore_missing=True)
    with pytest.raises(KeywordNotFoundError):
        header.remove("X")
    header.remove("HISTORY", remove_all=True)
    assert header.keys() == ["B", "A"]
    assert header.popitem() == ("A", 2)
    assert header.pop("B") == 1.5
    assert header.pop("B", "gone") == "gone"
    for empty in (header.pop, header.popitem):
        with pytest.raises((KeyError, IndexError)):
            empty()
    assert header.setdefault("B", 8) == header.setdefault("B", 9) == 8
    header.update(NAXIS=2, NAXIS1=5, NAXIS2=6)
    del header["naxis?"]
    assert header.keys() == ["B", "NAXIS"]
    with pytest.raises(KeywordNotFoundError):
        del header["X*"]
    header.clear()
    assert len(header) == 0
    assert Header.fromkeys(["A", "B"], (1, "c")).cards[1] == ("B", 1, "c")


def test_a_stray_continue_card_is_never_swallowed() -> None:
    header = header_of("A       = 'abc&'", "B       = 1", "CONTINUE  'stray'")
    before = lines_of(header)
    edits: list[Any] = [
        lambda: header.remove("B"),
        lambda: header.set("B", "text&"),
        lambda: header.insert(2, "K", "text&"),
        lambda: header.set("B", 1, before="A"),
        lambda: header[::2],
    ]
    for edit in edits:
        with pytest.raises(ValueError, match="remove that card first"):
            edit()
        assert lines_of(header) == before
    del header["CONTINUE"]
    header.remove("B")
    assert header.items() == [("A", "abc&")]


# Values

EXACT = [
    -0.0, 1e308, 1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 0.1, 1 / 3, 1e22,
    2**63, -(2**63), 10**60, True, False, 0, None, complex(-0.0, 5e-324), complex(1e308, -1), "",
    " lead", "it's", "&", "x" * 68 + "&", "'" * 90, "T", "1.5",
]  # fmt: skip


@pytest.mark.parametrize("value", EXACT, ids=repr)
@pytest.mark.parametrize("keyword", ["K", "ESO K"])
def test_values_read_back_equal_here_and_in_astropy(keyword: str, value: Any) -> None:
    text = Header({keyword: value}).to_string()
    assert repr(Header.from_string(text)[keyword]) == repr(value)
    theirs = fits.Header.fromstring(text)[keyword]
    theirs = None if isinstance(theirs, fits.card.Undefined) else theirs
    assert theirs == value
    assert type(theirs) is type(value)
    assert isinstance(value, complex) or repr(theirs) == repr(value)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (np.float32(0.1), 0.10000000149011612), (np.uint64(2**64 - 1), 2**64 - 1),
        (np.complex64(1 + 2j), 1 + 2j), (np.array(5), 5), (torch.tensor(2.5), 2.5),
        (torch.tensor(True), True), (np.str_("s"), "s"),
    ],
)  # fmt: skip
def test_scalars_of_numpy_and_torch(given: Any, value: Any) -> None:
    header = Header([("K", given)])
    header["L"] = given
    assert repr(header["K"]) == repr(header["L"]) == repr(value)


def test_refusals_say_what_to_do() -> None:
    header = Header({"K": 1})
    for value, why in (
        (math.nan, "'K': a header cannot hold NaN or infinity; set None"),
        ("Zo\u00e9 B.", "'K': character 3 of the value, '\u00e9', is not ASCII.*plain letters"),
        ("a\nb", "'K': character 2 of the value is a line break.*add_history"),
        ("a\tb", "'K': character 2 of the value is a control character"),
        ((1, "5 \u00b5m"), "character 3 of the comment, '\u00b5'"),
        (10**90, "'K': the value does not fit one card"),
    ):
        with pytest.raises(ValueError, match=why):
            header["K"] = value
    for value in (np.arange(3), (1, 2), (1, "c", 2), torch.zeros(2), [1], b"x"):
        with pytest.raises(TypeError, match=r"one value|a comment is a str|tuple of 3|not"):
            header["K"] = value
    for keyword in ("END", "CONTINUE", "HIERARCH"):
        with pytest.raises(ValueError, match="reserves this keyword"):
            header[keyword] = 1
    with pytest.raises(TypeError, match="one at a time"):
        header[0:1] = 1  # type: ignore[index]
    assert header.items() == [("K", 1)]


def test_a_comment_that_is_cut_warns() -> None:
    header = Header({"K": 1})
    with pytest.warns(FITSWarning, match="'K': the comment is cut to 47 of 60 characters"):
        header["K"] = 2, "c" * 60
    assert header.cards[0] == ("K", 2, "c" * 47)
    header["S"] = "text " * 20, "word " * 40  # goes on in CONTINUE cards
    assert header.comments["S"] == ("word " * 40).strip()


# Text files


@pytest.mark.parametrize("sep", ["\n", ""])
def test_text_files(tmp_path: Path, header: Header, sep: str) -> None:
    path = tmp_path / "cards.hdr"
    header["L"] = "long " * 40 + "end", "comment"
    header.to_file(path, sep=sep)
    assert Header.from_file(path).to_string() == header.to_string()
    raw = path.read_bytes()
    if sep:
        assert raw.endswith(b"\nEND\n")
        assert fits.Header.fromtextfile(str(path))["L"] == header["L"]
    else:
        assert len(raw) == 2880
        assert fits.Header.fromfile(str(path))["L"] == header["L"]
    with pytest.raises(FITSIOError, match="overwrite=True"):
        header.to_file(path)
    header["L"] = 5
    header.to_file(str(path), sep=sep, overwrite=True)
    assert Header.from_file(os.fsencode(path))["L"] == 5
    assert list(tmp_path.iterdir()) == [path]


def test_text_files_of_others(tmp_path: Path) -> None:
    path = tmp_path / "their.hdr"
    theirs = fits.Header([("A", 1.5, "c"), ("HISTORY", "x")])
    theirs.totextfile(str(path))
    assert Header.from_file(path).items() == [("A", 1.5), ("HISTORY", "x")]
    path.write_bytes(b"A       = 1\r\nB = 2 / free\r\n\r\nEND\r\nrest of it")
    assert Header.from_file(path).items() == [("A", 1), ("B", 2), ("", "")]
    assert Header.from_file("examples/data/m13.fits").keys()[0] == "SIMPLE"


def test_text_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "cards.hdr"
    path.write_text("A = 1\n" + "x" * 83 + "\n")
    with pytest.raises(ValueError, match=re.escape(f"{path}: ") + ".*line 2 has 83"):
        Header.from_file(path)
    with pytest.raises(torchfits.FileMissingError, match="absent"):
        Header.from_file(tmp_path / "absent")
    with pytest.raises(FITSIOError):
        Header.from_file(tmp_path)
    with pytest.raises(ValueError, match="sep="):
        Header().to_file(path, sep="\t")
    with pytest.raises(ValueError, match="sep=''"):
        Header.from_string("A" * 40 + "\n" + "B" * 119).to_file(path, overwrite=True)


# The bridge


def test_an_edit_is_noticed_without_a_copy(header: Header) -> None:
    at_reading = header.copy()
    assert header._list.same_text(at_reading._list)
    header["B"] = 1.5  # the same value in another spelling
    assert not header._list.same_text(at_reading._list)


def test_html_escapes_and_ends() -> None:
    header = Header({"K": "<b>", "HISTORY": "<i>", "U": None, "L": (True, "a & b")})
    page = header._repr_html_()
    assert "&lt;b&gt;" in page
    assert "&lt;i&gt;" in page
    assert "a &amp; b" in page
    assert "undefined" in page
    assert "<b>" not in page
    many = Header([(f"K{i}", i) for i in range(501)])
    assert "1 more card<" in many._repr_html_()


def test_a_large_header_is_built_in_time_that_grows_with_it() -> None:
    header = Header()
    for number in range(20_000):
        header.append(f"K{number}", number)
    assert len(header) == 20_000
    assert header["K19999"] == header[19_999] == 19_999
