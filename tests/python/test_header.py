# SPDX-License-Identifier: BSD-3-Clause
"""The Header class: a dict-like, ordered, case-insensitive list of cards."""

from __future__ import annotations

import bz2
import copy
import gzip
import lzma
import math
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from corpus_files import corpus_files
from hypothesis import given
from hypothesis import strategies as st

from torchfits import Header, KeywordNotFoundError


def cards(*lines: str) -> str:
    return "".join(line.ljust(-(-len(line) // 80) * 80) for line in lines)


@pytest.fixture
def header() -> Header:
    return Header.from_string(
        cards(
            "SIMPLE  =                    T / conforms",
            "NAXIS   =                    2",
            "NAXIS1  =                   10 / width",
            "NAXIS2  =                   20",
            "HISTORY one",
            "HIERARCH ESO DET ID = 'chip' / which",
            "HISTORY two",
            "K       = 1",
            "K       = 2 / second",
            "OBJECT  = 'M&'",
            "CONTINUE  '31'",
        )
    )


def test_lookup(header: Header) -> None:
    assert header["naxis1"] == 10
    assert header["SIMPLE"] is True
    assert header["K"] == 1
    assert header["K", 1] == 2
    assert header["ESO DET ID"] == header["HIERARCH ESO DET ID"] == "chip"
    assert header["OBJECT"] == "M31"
    assert header["HISTORY"] == ["one", "two"]
    assert header["HISTORY", 1] == "two"
    assert header[0] is True
    assert header[-1] == "M31"
    assert "naxis" in header
    assert ("K", 1) in header
    assert ("K", 2) not in header
    assert "ABSENT" not in header
    assert header.get("ABSENT") is None
    assert header.get(("K", 5), 7) == 7
    assert header.get("COMMENT", []) == []
    assert header.count("K") == 2


def test_a_missing_keyword_names_near_ones(header: Header) -> None:
    with pytest.raises(KeywordNotFoundError, match=r"'NAXIS3'.*did you mean.*'NAXIS[12]'"):
        header["NAXIS3"]
    with pytest.raises(KeyError, match="no card 2 of keyword 'K': the header has 2"):
        header["K", 2]
    with pytest.raises(IndexError):
        header[100]
    for key in (True, 1.5, None):
        with pytest.raises(TypeError, match="position or a slice"):
            header[key]  # type: ignore[index]


def test_sequence(header: Header) -> None:
    assert len(header) == 10
    assert list(header) == header.keys()
    assert header.keys()[4:9] == ["HISTORY", "ESO DET ID", "HISTORY", "K", "K"]
    assert header.items() == list(zip(header.keys(), header.values(), strict=True))
    assert header.cards[2] == ("NAXIS1", 10, "width")
    assert header.cards["K", 1].comment == "second"
    assert [card.keyword for card in header.cards] == header.keys()
    assert header.cards[1:3] == list(header.cards)[1:3]
    assert len(header.cards) == 10


def test_parts_are_headers(header: Header) -> None:
    assert header["NAXIS*"].keys() == ["NAXIS", "NAXIS1", "NAXIS2"]
    assert header["naxis?"].keys() == ["NAXIS1", "NAXIS2"]
    assert len(header["X*"]) == 0
    assert header[-1:].to_string(endcard=False, padding=False) == cards(
        "OBJECT  = 'M&'", "CONTINUE  '31'"
    )
    assert header[::-1].keys() == header.keys()[::-1]


def test_setting(header: Header) -> None:
    header["NAXIS1"] = 11
    assert header.comments["NAXIS1"] == "width"
    header["NAXIS1"] = 12, "wider"
    assert header.cards["NAXIS1"] == ("NAXIS1", 12, "wider")
    header["K", 1] = 5
    assert (header["K"], header["K", 1]) == (1, 5)
    header[0] = False
    assert header["SIMPLE"] is False
    header.comments["NAXIS2"] = "height"
    assert header.cards["NAXIS2"] == ("NAXIS2", 20, "height")
    header["NEW"] = "x"
    assert header.keys()[-1] == "NEW"
    with pytest.raises(KeywordNotFoundError):
        header["K", 9] = 1


def test_new_cards_go_before_blank_ones() -> None:
    header = Header.from_string(cards("A       = 1", " ", " "))
    header["B"] = 2
    assert header.keys() == ["A", "B", "", ""]
    header.insert(0, "FIRST", 0, "c")
    header.insert(-1, "INNER")
    assert header.keys() == ["FIRST", "A", "B", "", "INNER", ""]
    assert header["INNER"] is None


def test_commentary(header: Header) -> None:
    header.add_history("x" * 100)
    assert header["HISTORY"] == ["one", "two", "x" * 72, "x" * 28]
    header["COMMENT"] = "first"
    header["COMMENT"] = "second\nthird"
    assert header["COMMENT"] == ["first", "second", "third"]
    header["HISTORY"] = ["only"]
    assert header["HISTORY"] == ["only"]
    header.add_comment("")
    assert header["COMMENT"][-1] == ""


def test_deleting(header: Header) -> None:
    del header["K", 0]
    assert header["K"] == 2
    del header["HISTORY"]
    assert "HISTORY" not in header
    del header[0]
    del header["naxis"]
    assert header.keys() == ["NAXIS1", "NAXIS2", "ESO DET ID", "K", "OBJECT"]
    del header[1:3]
    assert header.keys() == ["NAXIS1", "K", "OBJECT"]
    with pytest.raises(KeywordNotFoundError):
        del header["NAXIS"]


def test_making() -> None:
    header = Header({"A": 1, "B": (2.5, "comment"), "HISTORY": "made"})
    assert list(header.cards) == [("A", 1, ""), ("B", 2.5, "comment"), ("HISTORY", "made", "")]
    assert Header(header.cards) == header
    other = Header([("K", 1), ("K", 2, "c")])
    assert other.values() == [1, 2]
    other.update(header)
    other.update({"K": 7})
    assert other["B"] == 2.5
    assert other["K"] == 7
    assert len(Header()) == 0


def test_editing_leaves_the_bytes_of_other_cards(header: Header) -> None:
    header = Header.from_string(cards("A  = 1", "B       =1.50  /x", "C       = 'abc'"))
    header["C"] = "def"
    text = header.to_string(endcard=False, padding=False)
    assert text[:160] == cards("A  = 1", "B       =1.50  /x")


@pytest.mark.parametrize("scalar", [np.int16(5), np.float32(0.5), np.bool_(True), np.str_("s")])
def test_numpy_scalars(scalar: np.generic) -> None:
    header = Header({"K": scalar})
    assert header["K"] == scalar.item()
    assert type(header["K"]) is type(scalar.item())


def test_values_that_no_card_holds() -> None:
    header = Header({"K": 1})
    for value in (math.nan, math.inf, complex(0, math.nan), "Zo\u00e9", "a\nb"):
        with pytest.raises(ValueError, match=r"keyword 'K'|NaN or infinity"):
            header["K"] = value
    for value in (b"bytes", object(), {}):
        with pytest.raises(TypeError, match="header value"):
            header["K"] = value
    assert header["K"] == 1


def test_text_forms(header: Header) -> None:
    whole = header.to_string()
    assert len(whole) % 2880 == 0
    assert whole[11 * 80 :].rstrip() == "END"
    assert Header.from_string(whole) == header
    assert Header.from_string(whole.encode()) == header
    lines = header.to_string(sep="\n", padding=False)
    assert lines.splitlines()[-1].rstrip() == "END"
    assert Header.from_string(lines) == header
    assert Header.from_string("\n".join(line.rstrip() for line in lines.splitlines())) == header
    assert Header.from_string(header.to_string(endcard=False, padding=False)) == header
    with pytest.raises(ValueError, match="neither whole cards"):
        Header.from_string("x" * 81)


def test_copies_and_pickles(header: Header) -> None:
    for other in (
        header.copy(),
        copy.copy(header),
        copy.deepcopy(header),
        pickle.loads(pickle.dumps(header)),
    ):
        assert other == header
        other["NAXIS"] = 0
        assert other != header
        assert header["NAXIS"] == 2
    assert header != "text"
    assert Header({"A": 1}) == Header.from_string(cards("A =  1"))
    with pytest.raises(TypeError, match="unhashable"):
        hash(header)


def test_repr_is_the_cards(header: Header) -> None:
    lines = repr(header).splitlines()
    assert lines[0] == "SIMPLE  =                    T / conforms"
    assert lines[-1] == "CONTINUE  '31'"
    assert "width" in repr(header.comments)
    assert "Card(keyword='NAXIS1', value=10, comment='width')" in repr(header.cards)


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)
KEYWORDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=20)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.complex_numbers(allow_nan=False, allow_infinity=False).filter(
        lambda z: math.isfinite(z.real) and math.isfinite(z.imag)
    ),
    PRINTABLE.map(lambda text: text.rstrip(" ")),
)


@given(keyword=KEYWORDS.filter(lambda k: k not in ("COMMENT", "HISTORY")), value=SCALARS)
def test_values_round_trip(keyword: str, value: object) -> None:
    try:
        header = Header({keyword: value})
    except ValueError:
        assert len(keyword) > 8  # a long keyword leaves too few columns
        return
    again = Header.from_string(header.to_string())
    assert again[keyword] == value
    assert type(again[keyword]) is type(value)
    assert again.problems == []
    assert len(again) == 1


@given(value=SCALARS)
def test_astropy_reads_what_is_written(value: object) -> None:
    text = Header({"KEY": value}).to_string()
    theirs = fits.Header.fromstring(text)["KEY"]
    if isinstance(theirs, fits.card.Undefined):
        theirs = None
    assert theirs == value
    assert type(theirs) is type(value)


@given(value=PRINTABLE, comment=PRINTABLE)
def test_long_strings_keep_comments_that_fit(value: str, comment: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        header = Header([("KEY", value, comment)])
    again = Header.from_string(header.to_string()).cards[0]
    assert again.value == value.rstrip(" ")
    assert comment.startswith(again.comment)
    assert bool(caught) == (again.comment != comment.rstrip(" "))


def headers_of(path: Path) -> list[tuple[bytes, fits.Header]]:
    """The bytes of each header that lies where the HDU before it ends, found with astropy."""
    openers = {b"\x1f\x8b": gzip.decompress, b"BZ": bz2.decompress, b"\xfd7": lzma.decompress}
    data = path.read_bytes()
    data = openers.get(data[:2], lambda same: same)(data)
    if not data.startswith(b"SIMPLE"):
        return []
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path, disable_image_compression=True, ignore_missing_end=True) as hdus:
            for hdu in hdus:
                info = hdu.fileinfo()
                raw = data[info["hdrLoc"] : info["datLoc"]]
                text = raw.replace(b"\0", b" ").decode("latin-1")
                found.append((raw, fits.Header.fromstring(text)))
    return found


def clean_cards(header: fits.Header) -> list[tuple[str, object] | None]:
    """(keyword, value) of each card as astropy reads it; None where it refuses or splits it."""
    result: list[tuple[str, object] | None] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for card in header.cards:
            try:
                value = card.value
            except (fits.VerifyError, Warning):
                result.append(None)
                continue
            if card.field_specifier:
                result.append(None)
                continue
            if isinstance(value, fits.card.Undefined):
                value = None
            result.append((card.keyword.upper(), value))
    return result


@pytest.mark.parametrize(
    "path", corpus_files(but=("bad", "wcs_headers")), ids=lambda path: getattr(path, "name", "")
)
def test_corpus_headers_equal_astropy(path: Path) -> None:
    for raw, theirs in headers_of(path):
        ours = Header.from_string(raw)
        padded = raw.rstrip(b"\0 ").ljust(len(raw))  # one file pads with NUL
        assert ours.to_string().encode("latin-1") == padded
        expected = clean_cards(theirs)
        assert len(ours) == len(expected)
        for got, want in zip(ours.items(), expected, strict=True):
            if want is not None:
                assert got == want
                assert type(got[1]) is type(want[1])


def test_keys_that_mean_nothing() -> None:
    header = Header({"A": 1, "B": 2})
    for wrong in (True, 1.5, None, ("A", "B"), ("A", True), ("A", 0, 1), ("A",), (0, "A"), b"A"):
        with pytest.raises(TypeError, match="a header key is"):
            header[wrong]
        assert wrong not in header
    for outside in (2, -3, 2**70):
        with pytest.raises(IndexError, match="the header has 2"):
            header[outside]
    assert ("A", -1) not in header
    assert header[np.int64(1)] == header[-1] == 2


def test_text_is_taken_by_from_string_alone():
    for text in ("A       = 1", b"A       = 1"):
        with pytest.raises(TypeError, match=r"Header.from_string\(\) takes text"):
            Header(text)
