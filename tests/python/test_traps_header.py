# SPDX-License-Identifier: BSD-3-Clause
"""Headers that other readers get wrong.

Expected values are the Standard's, or what astropy and fitsio agree on.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import fitsio
import pytest
from astropy.io import fits

from torchfits import Header


def header_of(*lines: str) -> Header:
    return Header.from_string("".join(line.ljust(80) for line in lines).encode("latin-1"))


def value_of(card: str) -> object:
    return header_of(card)["K"]


def astropy_value(*lines: str, keyword: str = "K") -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = fits.Header.fromstring("".join(line.ljust(80) for line in lines))[keyword]
        return None if isinstance(value, fits.card.Undefined) else value


def fitsio_value(tmp_path: Path, *lines: str, keyword: str = "K") -> object:
    mandatory = ("SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   = 0")
    text = "".join(line.ljust(80) for line in (*mandatory, *lines, "END"))
    path = tmp_path / "header.fits"
    path.write_bytes(text.ljust(2880).encode("latin-1"))
    return fitsio.read_header(str(path))[keyword]


def test_t67_record_values_are_plain_strings() -> None:
    header = header_of("DP1     = 'AXIS.1: 1'", "DP1     = 'NAXES: 2'")
    assert header.items() == [("DP1", "AXIS.1: 1"), ("DP1", "NAXES: 2")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-7, "1.0E-07"),
        (1e20, "1.0E+20"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (-1.7976931348623157e308, "-1.7976931348623157E+308"),
        (1 / 3, "0.3333333333333333"),
    ],
)
def test_t68_floats_are_written_shortest_and_whole(value: float, text: str) -> None:
    header = Header({"K": value})
    assert header.to_string()[10:].split()[0] == text
    assert header["K"] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5D3", 1500.0), ("00042", 42), ("-007", -7), ("+5", 5), ("1.5e3", 1500.0), (".5", 0.5),
     ("5.", 5.0), ("1E5", 1e5), ("- 22", -22), ("1.5 E 3", 1500.0), ("-0", 0)],
)  # fmt: skip
def test_t69_numbers_in_every_spelling(text: str, value: float) -> None:
    card = f"K       = {text}"
    assert value_of(card) == astropy_value(card) == value
    assert type(value_of(card)) is type(value)


@pytest.mark.parametrize("card", ["K       =", "K       =                      / why"])
def test_t70_undefined_is_none(card: str, tmp_path: Path) -> None:
    assert value_of(card) is None
    assert astropy_value(card) is None
    assert fitsio_value(tmp_path, card) is None


def test_t70_none_is_written_as_undefined() -> None:
    header = Header({"K": (None, "not measured")})
    assert header.to_string()[:80].rstrip() == "K       =                      / not measured"
    assert Header.from_string(header.to_string()).cards[0] == ("K", None, "not measured")
    assert header_of(" text of a blank keyword".rjust(40))[""] == [
        "text of a blank keyword".rjust(32)
    ]


@pytest.mark.parametrize(
    ("card", "value"),
    [("K       = 'it''s  '", "it's"), ("K       = '  lead'", "  lead"), ("K       = ''", ""),
     ("K       = '    '", ""), ("K       = 'a/b' / c", "a/b"), ("K       = ''''", "'")],
)  # fmt: skip
def test_t71_strings(card: str, value: str, tmp_path: Path) -> None:
    assert value_of(card) == astropy_value(card) == fitsio_value(tmp_path, card) == value


STANDARD_LONG_STRING = (
    "WEATHER = 'Partly cloudy during the evening f&'",
    "CONTINUE  'ollowed by cloudy skies overnight.&'",
    "CONTINUE  ' Low 21C. Winds NNE at 5 to 10 mph.'",
)


def test_t72_the_long_string_of_the_standard(tmp_path: Path) -> None:
    header = header_of(*STANDARD_LONG_STRING)
    expected = (
        "Partly cloudy during the evening followed by cloudy skies overnight."
        " Low 21C. Winds NNE at 5 to 10 mph."
    )
    assert header["WEATHER"] == expected
    assert fitsio_value(tmp_path, *STANDARD_LONG_STRING, keyword="WEATHER") == expected
    assert astropy_value(*STANDARD_LONG_STRING, keyword="WEATHER") == expected
    assert len(header) == 1


def test_t72_an_ampersand_without_continuation_stays() -> None:
    assert header_of("K       = 'a&'", "L       = 1")["K"] == "a&"
    header = header_of("K       = 'a'", "CONTINUE  'orphan'")
    assert header["K"] == "a"
    assert header["CONTINUE"] == "  'orphan'"
    assert header.problems


def test_t72_corrupt_continue() -> None:
    header = header_of("K       = 'a&'", "CONTINUE= 'b'", "L       = 1")
    assert header["K"] == "ab"
    assert header["L"] == 1
    assert "CONTINUE" in header.problems[0]


def test_t72_long_strings_are_written_so_that_others_read_them(tmp_path: Path) -> None:
    text = "it's a long string & more, " * 12 + "end"
    lines = Header([("K", text, "the comment")]).to_string(endcard=False, padding=False)
    cards = [lines[i : i + 80] for i in range(0, len(lines), 80)]
    assert cards[1].startswith("CONTINUE  '")
    assert astropy_value(*cards) == fitsio_value(tmp_path, *cards) == text


def test_t73_hierarch(tmp_path: Path) -> None:
    card = "HIERARCH ESO DET CHIP1 ID = 'CCD-44' / chip"
    header = header_of(card)
    assert header.cards[0] == ("ESO DET CHIP1 ID", "CCD-44", "chip")
    assert header["eso det chip1 id"] == header["HIERARCH ESO DET CHIP1 ID"] == "CCD-44"
    assert astropy_value(card, keyword="ESO DET CHIP1 ID") == "CCD-44"
    assert fitsio_value(tmp_path, card, keyword="ESO DET CHIP1 ID") == "CCD-44"
    assert header_of("HIERARCH eso x = 5")["ESO X"] == 5
    assert header_of("HIERARCH ESO X = 'a&'", "CONTINUE  'b' / c").cards[0] == ("ESO X", "ab", "c")


def test_t74_long_and_odd_keywords_are_hierarch(tmp_path: Path) -> None:
    header = Header({"LONGKEYWORD": 1, "ESO TEL ALT": 2.5, "A.B#": "x"})
    lines = header.to_string(endcard=False, padding=False)
    cards = [lines[i : i + 80] for i in range(0, len(lines), 80)]
    assert all(card.startswith("HIERARCH ") for card in cards)
    assert header.values() == [1, 2.5, "x"]
    assert astropy_value(*cards, keyword="ESO TEL ALT") == 2.5
    assert fitsio_value(tmp_path, *cards[:2], keyword="LONGKEYWORD") == 1
    with pytest.raises(ValueError, match="shorter keyword"):
        header["X" * 75] = 1
    for odd in ("A*", "A?B", "A=B", "Z\u00e9"):  # the first two are patterns of a lookup
        with pytest.raises(ValueError, match=r"a keyword is 1 to 8 of A-Z, 0-9, '-' and '_'"):
            header[odd] = 1
    assert header_of("HIERARCH A.B#*? = 'x'")["A.B#*?"] == "x"


@pytest.mark.parametrize(
    "text", ["NAN", "INF", "-Infinity", "25-3", "1_000", "0x10", "1.2.3", "abc"]
)
def test_t75_what_is_no_number_stays_text(text: str) -> None:
    header = header_of(f"K       = {text}")
    assert header["K"] == text
    assert text in header.problems[0]


def test_t76_commentary_gives_every_line() -> None:
    header = header_of("COMMENT one", "HISTORY  h", "COMMENT   two", "COMMENT")
    assert header["COMMENT"] == ["one", "  two", ""]
    assert header["HISTORY"] == [" h"]
    header.add_comment("w" * 150)
    assert [len(text) for text in header["COMMENT"][3:]] == [72, 72, 6]


def test_t77_the_first_of_repeated_keywords_wins() -> None:
    cards = ("K       = 1", "K       = 2")
    header = header_of(*cards)
    assert header["K"] == astropy_value(*cards) == 1
    assert header["K", 1] == 2


def test_t77_integers_of_any_size() -> None:
    big = 123456789012345678901234567890
    assert value_of(f"K       = {big}") == big
    for value in (2**63 - 1, -(2**63), 2**63, 2**64, -big):
        assert Header({"K": value})["K"] == value


def test_t78_every_form_of_key() -> None:
    header = header_of("NAXIS   = 2", "NAXIS1  = 3", "NAXIS2  = 4", "K       = 5")
    assert header["NAXIS*"].values() == [2, 3, 4]
    assert header["NAXIS?"].values() == [3, 4]
    assert header[1:3].keys() == ["NAXIS1", "NAXIS2"]
    assert header[3] == header[-1] == header["K", 0] == 5


def test_t79_nan_is_refused_and_types_are_kept() -> None:
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="NaN or infinity"):
            Header({"K": value})
    header = Header({"B": True, "I": 1, "F": 1.0, "C": 1 + 2j})
    assert [type(value) for value in header.values()] == [bool, int, float, complex]
    assert value_of("K       = (1.0, 2.0)") == 1 + 2j


def test_t80_bytes_that_are_not_ascii(tmp_path: Path) -> None:
    card = "K       = 'Zo\u00e9'"
    header = header_of(card)
    assert header["K"] == "Zo?"
    assert header.to_string().startswith(card)
    assert "not printable ASCII" in header.problems[0]


def test_t81_the_equals_sign() -> None:
    assert value_of("K       =5") == 5
    assert value_of("K= 5") == astropy_value("K= 5") == 5
    for card in ("K       =5", "K= 5"):
        assert "columns 9 and 10" in header_of(card).problems[0]
    assert header_of("COMMENT = 'x' / y")["COMMENT"] == ["= 'x' / y"]
    assert value_of("K       text = 5") == "text = 5"


@pytest.mark.parametrize("end", ["END", "END" + " " * 77, "END" + " " * 2000, "END\0\0\0"])
def test_t82_end_cards(end: str) -> None:
    text = "K       = 1".ljust(80) + "COMMENT END".ljust(80)
    header = Header.from_string(text + end)
    assert header.keys() == ["K", "COMMENT"]
    assert header["COMMENT"] == ["END"]


def test_t82_a_keyword_that_begins_with_end() -> None:
    assert header_of("ENDTIME = 5", "END     = 6", "K       = 7").keys() == ["ENDTIME", "END", "K"]


def test_t84_keys_are_case_insensitive() -> None:
    header = header_of("ExpTime = 5")
    assert header["EXPTIME"] == header["exptime"] == 5
    header["exptime"] = 6
    assert header.items() == [("EXPTIME", 6)]


def test_t85_inherit_is_a_plain_keyword() -> None:
    assert header_of("INHERIT =                    T")["INHERIT"] is True
