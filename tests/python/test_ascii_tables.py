# SPDX-License-Identifier: BSD-3-Clause
"""ASCII tables (FITS 4.0 section 7.2): the forms, nulls, scaling, selections, bad fields."""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import raw_decoder
import text_decoder
import torch
from astropy.io import fits
from comparison import assert_column, assert_same
from corpus_files import corpus_paths
from fits_bytes import axes_cards, card, empty_primary, make_hdu
from hypothesis import given
from hypothesis import strategies as st

import torchfits

Field = tuple[str | None, str, Sequence[str]]


def table(fields: Sequence[Field], extra: Sequence[bytes] = (), gap: str = "") -> bytes:
    """A file with one ASCII table: TTYPE, TFORM and the texts of the fields, `gap` between them."""
    widths = [int(form[1:].split(".")[0]) for _, form, _ in fields]
    rows = list(zip(*(texts for _, _, texts in fields), strict=True))
    cards, first = [], 1
    for number, ((name, form, _), width) in enumerate(zip(fields, widths, strict=True), 1):
        cards += [card(f"TFORM{number}", form), card(f"TBCOL{number}", first)]
        cards += [] if name is None else [card(f"TTYPE{number}", name)]
        first += width + len(gap)
    assert all(len(t) == w for row in rows for t, w in zip(row, widths, strict=True)), rows
    lines = "".join(gap.join(row) for row in rows)
    return file_of(cards, lines.encode("latin-1"), len(fields), len(rows), extra)


def file_of(
    cards: Sequence[bytes],
    data: bytes,
    fields: int = 1,
    rows: int = 1,
    extra: Sequence[bytes] = (),
) -> bytes:
    start = [card("XTENSION", "TABLE"), *axes_cards(8, (len(data) // max(rows, 1), rows))]
    start += [card("PCOUNT", 0), card("GCOUNT", 1), card("TFIELDS", fields)]
    return empty_primary() + make_hdu([*start, *cards, *extra], data)


def column(form: str, texts: Sequence[str], *extra: bytes, **options: object) -> torchfits.Table:
    return torchfits.read(table([("X", form, texts)], extra), **options)


# ------------------------------------------------------------------------------------ the forms


def test_t43_integers_are_int64() -> None:
    texts = ["   42", "42   ", "  +42", "-0042", "    0", "99999"]
    got = column("I5", texts)
    assert_same(got["X"], np.array([42, 42, 42, -42, 0, 99999]))
    assert got.null_mask("X").tolist() == [False] * 6


def test_t43_integers_of_any_width_are_exact() -> None:
    numbers = [2**63 - 1, -(2**63), 2**53 + 1, 0]
    assert_same(column("I20", [f"{n:>20}" for n in numbers])["X"], np.array(numbers))
    wide = column("I30", [f"{n:030}" for n in numbers])
    assert_same(wide["X"], np.array(numbers))


@pytest.mark.parametrize("form", ["F12.3", "E12.3", "D12.3"])
def test_t43_reals_of_every_form_are_float64_and_their_text_decides(form: str) -> None:
    texts = [" 1.5        ", "1.5E3", "1.5e+03", "-1.5D-03", "+1.5d3", "1.5+3", "15.-1", ".5"]
    got = column(form, [text.rjust(12) for text in texts])
    assert_same(got["X"], np.array([1.5, 1500, 1500, -0.0015, 1500, 1500, 1.5, 0.5]))


@pytest.mark.parametrize("form", ["F8.3", "E8.3", "D8.3"])
def test_t43_a_missing_point_stands_before_the_last_digits(form: str) -> None:
    texts = ["   12345", "      -5", "12345E+2", "  123.4 ", "      0 "]
    assert_same(column(form, texts)["X"], np.array([12.345, -0.005, 1234.5, 123.4, 0]))


def test_t43_without_digits_in_tform_no_point_is_implied() -> None:
    assert_same(column("F5", ["   42", "  4.2"])["X"], np.array([42, 4.2]))


def test_t43_blank_and_tnull_are_null() -> None:
    blank = torchfits.read(
        table(
            [
                ("I", "I4", ["  12", "    ", " -99", "-99 "]),
                ("E", "E6.1", ["  12.5", "      ", "  -99 ", " -99.0"]),
                ("A", "A4", ["abcd", "    ", "-99 ", " -99"]),
            ],
            [card(f"TNULL{i}", "-99") for i in (1, 2, 3)],
        )
    )
    assert_same(blank["I"], np.array([12, 0, 0, 0]))
    assert blank.null_mask("I").tolist() == [False, True, True, True]
    assert_same(blank["E"], np.array([12.5, np.nan, np.nan, -99.0]))
    assert blank.null_mask("E").tolist() == [False, True, True, False]
    assert blank["A"].to_list() == ["abcd", "", "-99", " -99"]
    assert blank.null_mask("A").tolist() == [False, False, True, True]


def test_t43_a_blank_field_is_null_without_tnull() -> None:
    got = column("I3", [" 12", "   ", "\0\0\0"])
    assert_same(got["X"], np.array([12, 0, 0]))
    assert got.null_mask("X").tolist() == [False, True, True]


def test_t43_tnull_may_be_any_text() -> None:
    got = column(
        "F6.2", ["  1.25", "  N/A ", "******"], card("TNULL1", "N/A"), columns=["X"], rows=[0, 1]
    )
    assert got.null_mask("X").tolist() == [False, True]


@pytest.mark.parametrize(("null", "nulls"), [("mask", [False, True]), ("raw", None)])
def test_t43_null_mask_and_raw(null: str, nulls: list[bool] | None) -> None:
    got = column("I3", [" 12", "   "], null=null)
    assert_same(got["X"], np.array([12, 0]))
    mask = got.null_mask("X")
    assert mask is None if nulls is None else mask.tolist() == nulls


def test_t43_null_as_nan_leaves_text_its_mask() -> None:
    file = table(
        [("I", "I3", [" 12", "   "]), ("A", "A3", ["abc", "-  "])],
        [card("TNULL2", "-")],
    )
    got = torchfits.read(file, null="nan")
    assert_same(got["I"], np.array([12, np.nan]))
    assert got.null_mask("I") is None
    assert got["A"].to_list() == ["abc", "-"]
    assert got.null_mask("A").tolist() == [False, True]
    assert got.columns[0].dtype == torch.float64
    assert torchfits.read(file, null="raw").null_mask("A") is None


def test_scaling_gives_float64_and_nulls_nan() -> None:
    extra = [card("TSCAL1", 0.5), card("TZERO1", 1.0), card("TNULL1", "-1")]
    got = column("I3", [" 12", "   ", " -1", "  0"], *extra)
    assert_same(got["X"], np.array([7.0, np.nan, np.nan, 1.0]))
    stored = column("I3", [" 12", "   ", " -1", "  0"], *extra, scaled=False)
    assert_same(stored["X"], np.array([12, 0, 0, 0]))
    assert stored.null_mask("X").tolist() == [False, True, True, False]


def test_many_scaled_rows_keep_their_place() -> None:
    texts = [f"{i:>5}" if i % 7 else "     " for i in range(5000)]
    got = column("I5", texts, card("TSCAL1", 0.25))
    expected = np.arange(5000) * 0.25
    expected[::7] = np.nan
    assert_same(got["X"], expected)
    assert_same(got.null_mask("X"), np.isnan(expected))


def test_unsigned_convention_is_exact() -> None:
    got = column("I20", [f"{-(2**63):>20}", f"{2**63 - 1:>20}"], card("TZERO1", 2**63))
    assert got["X"].dtype == torch.uint64
    assert got["X"].tolist() == [0, 2**64 - 1]


@pytest.mark.parametrize(
    ("rows", "element"), [(None, 1999), ([3, 1999], 1), (slice(None, None, -1), 0)]
)
def test_an_overflow_says_which_element_it_is(rows: object, element: int) -> None:
    texts = [f"{row:>20}" for row in range(1999)] + [f"{2**63 - 1:>20}"]
    place = rf"column 'X', row 1999: .*\(element {element} of the output\)"
    with pytest.raises(torchfits.FITSError, match=place):
        column("I20", texts, card("TZERO1", 1), rows=rows)


def test_strings_keep_leading_blanks() -> None:
    got = column("A5", [" ab  ", "abcde", "a\0b  "])
    assert got["X"].to_list() == [" ab", "abcde", "a"]


# ------------------------------------------------------------------------ as every other table


FILE = table(
    [
        ("ID", "I4", [f"{i:>4}" for i in range(10)]),
        ("mag", "F6.2", [f"{i / 4:6.2f}" for i in range(10)]),
        ("NAME", "A3", [f"s{i}" + " " for i in range(10)]),
        ("MAG", "E9.2", [f"{i:9.2E}" for i in range(10)]),
        (None, "I1", [str(i) for i in range(10)]),
    ],
    [card("TUNIT2", "mag"), card("TDISP2", "F5.1"), card("TNULL5", "9"), card("EXTNAME", "CAT")],
    gap="|",
)


def test_columns_are_described() -> None:
    with torchfits.open(FILE) as f:
        hdu = f["CAT"]
        assert (hdu.kind, hdu.shape, hdu.dtype, len(hdu)) == ("ascii_table", (10,), None, 10)
        columns = hdu.columns
        assert repr(hdu) == "<HDU 1 'CAT': ascii_table of 10 rows x 5 columns>"
        assert "ascii_table of 10 rows x 5 columns" in str(f.info())
    assert [c.name for c in columns] == ["ID", "mag", "NAME", "MAG_2", "COL5"]
    assert [c.ttype for c in columns] == ["ID", "mag", "NAME", "MAG", ""]
    assert [c.format for c in columns] == ["I4", "F6.2", "A3", "E9.2", "I1"]
    int64, float64 = torch.int64, torch.float64
    assert [c.dtype for c in columns] == [int64, float64, None, float64, int64]
    assert [c.null for c in columns] == [None, None, None, None, "9"]
    assert all(c.shape == () for c in columns)
    assert (columns[1].unit, columns[1].display) == ("mag", "F5.1")


def test_selections() -> None:
    whole = torchfits.read(FILE)
    with torchfits.open(FILE) as f:
        hdu = f[1]
        assert hdu["ID"].tolist() == list(range(10))
        assert hdu["NAME", 2:4].to_list() == ["s2", "s3"]
        assert hdu[5] == {"ID": 5, "mag": 1.25, "NAME": "s5", "MAG_2": 5.0, "COL5": 5}
        assert hdu[9]["COL5"] is None
        for rows in (slice(2, 8, 3), slice(None, None, -1), [7, 7, 0, -1], [], range(3)):
            some = hdu.read(columns=["mag", "NAME", "COL5"], rows=rows)
            order = np.arange(10)[rows if isinstance(rows, slice) else np.array(list(rows), int)]
            index = torch.tensor(order.tolist(), dtype=torch.int64)
            assert torch.equal(some["mag"], whole["mag"][index])
            assert some["NAME"].to_list() == [f"s{i}" for i in order]
            assert some.null_mask("COL5").tolist() == [i == 9 for i in order]
    mask = torch.arange(10) % 2 == 1
    assert torchfits.read(FILE, columns="ID", rows=mask).tolist() == [1, 3, 5, 7, 9]
    assert "int64" in repr(whole)
    assert pickle.loads(pickle.dumps(whole))["mag"].tolist() == whole["mag"].tolist()


def test_a_null_string_is_none_in_a_row() -> None:
    got = column("A3", ["abc", "-  "], card("TNULL1", "-"))
    assert [got[0]["X"], got[1]["X"]] == ["abc", None]
    assert "null" in repr(got)


def test_rows_of_large_tables_are_read_in_blocks_and_by_threads() -> None:
    count = 60_000
    numbers = np.random.default_rng(3).normal(size=count) * 1e5
    texts = [f"{x:25.17E}" for x in numbers]
    file = table([("N", "I7", [f"{i:>7}" for i in range(count)]), ("X", "D25.17", texts)])
    got = torchfits.read(file)
    assert_same(got["N"], np.arange(count))
    assert_same(got["X"], np.array([float(t) for t in texts]))
    torchfits.set_num_threads(1)
    try:
        assert torch.equal(torchfits.read(file, columns="X"), got["X"])
    finally:
        torchfits.set_num_threads(0)


def test_keywords_of_images_are_refused() -> None:
    for keyword in ({"section": (0,)}, {"dtype": torch.float32}, {"out": torch.zeros(10)}):
        with pytest.raises(TypeError, match="ascii_table"):
            torchfits.read(FILE, 1, **keyword)


def test_a_table_without_rows_keeps_its_columns() -> None:
    cards = [card("TFORM1", "I4"), card("TBCOL1", 1), card("TFORM2", "A2"), card("TBCOL2", 5)]
    start = [card("XTENSION", "TABLE"), *axes_cards(8, (6, 0)), card("PCOUNT", 0)]
    file = empty_primary() + make_hdu([*start, card("GCOUNT", 1), card("TFIELDS", 2), *cards])
    got = torchfits.read(file)
    assert got.names == ["COL1", "COL2"]
    assert got["COL1"].dtype == torch.int64
    assert got["COL1"].shape == got.null_mask("COL1").shape == (0,)
    assert got["COL2"].to_list() == []


# ---------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("I5", "  12x", "'12x' is no integer"),
        ("I5", " 1 2 ", "'1 2' is no integer"),
        ("I5", " 12.5", "'12.5' is no integer"),
        ("I5", "*****", r"'\*\*\*\*\*' is no integer"),
        ("I19", "9999999999999999999", "'9999999999999999999' does not fit a 64-bit integer"),
        ("F6.2", " 1,25 ", "'1,25' is no number"),
        ("E9.2", " 1.2E3.4 ", r"'1.2E3.4' is no number"),
        ("D6.1", "\x80bad\xff ", r"'\?bad\?' is no number"),
    ],
)
def test_t43_a_field_that_is_no_number_is_an_error(form: str, text: str, said: str) -> None:
    good = "1".rjust(len(text))
    file = table([("ID", "I1", ["1", "2", "3"]), ("X", form, [good, good, text])])
    where = rf"column 'X', row 2: {said}.*TNULLn.*columns="
    with pytest.raises(torchfits.FormatError, match=where):
        torchfits.read(file)
    with pytest.raises(torchfits.FormatError, match=where):
        torchfits.read(file, columns="X", rows=[2, 0])
    with pytest.raises(torchfits.FormatError, match=where):
        torchfits.read(file, rows=slice(None, None, -1))
    assert torchfits.read(file, columns="ID").tolist() == [1, 2, 3]
    assert len(torchfits.read(file, rows=slice(0, 2))) == 2


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ([card("TFORM1", "I5")], "TBCOL1 is missing.*'COL1'"),
        ([card("TFORM1", "I5"), card("TBCOL1", 0)], "TBCOL1 = 0 .*'COL1'.*NAXIS1 = 8"),
        ([card("TFORM1", "I5"), card("TBCOL1", 5)], r"TBCOL1 = 5 .*'I5'\).*NAXIS1 = 8"),
        ([card("TFORM1", "I5"), card("TBCOL1", "1")], "TBCOL1 .* is not an integer"),
        ([card("TBCOL1", 1)], "TFORM1 is missing"),
        ([card("TFORM1", "5I"), card("TBCOL1", 1)], "TFORM1: TFORM '5I'.*Aw, Iw, Fw.d, Ew.d, Dw.d"),
        ([card("TFORM1", "F8.x"), card("TBCOL1", 1)], "TFORM1.*'F8.x'.*digits"),
        ([card("TFORM1", "I99999999999999999999"), card("TBCOL1", 1)], "TFORM1.*no width"),
        ([card("TFORM1", "I5"), card("TBCOL1", 1), card("TSCAL1", "x")], "TSCAL1"),
    ],
)
def test_headers_that_do_not_fit_are_errors(cards: list[bytes], said: str) -> None:
    file = file_of(cards, b"12345678")
    with pytest.raises(torchfits.FormatError, match=f"HDU 1.*{said}"):
        torchfits.read(file)


def test_missing_rows_are_counted() -> None:
    file = table([("X", "A1000", ["a" * 1000] * 10)])
    with pytest.raises(torchfits.TruncatedError):
        torchfits.read(file[:-6000])


# ------------------------------------------------------------------------------------ properties


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.integers(0, 16))
def test_reals_read_as_python_reads_them(numbers: list[float], digits: int) -> None:
    texts = [f"{x:{digits + 10}.{digits}E}" for x in numbers]
    width = max(map(len, texts))
    got = column(f"E{width}.{digits}", [text.rjust(width) for text in texts])["X"]
    assert_same(got, np.array([float(text) for text in texts]))


@given(
    st.from_regex(
        r"[+-]?([0-9]{1,25}\.?[0-9]{0,25}|\.[0-9]{1,30})([ED][+-]?[0-9]{1,3})?", fullmatch=True
    ),
    st.integers(0, 20),
    st.integers(0, 3),
)
def test_any_number_is_the_nearest_double(text: str, digits: int, blanks: int) -> None:
    field = " " * blanks + text + " " * (3 - blanks)
    got = column(f"D{len(field)}.{digits}", [field])["X"]
    assert_same(got, np.array([text_decoder.real(text, digits)]))


@given(st.text(st.sampled_from("0123456789+-.EeDd \0x"), min_size=1, max_size=12))
def test_any_text_is_a_number_null_or_an_error_that_shows_it(text: str) -> None:
    form, stripped = f"F{len(text)}.2", text.strip(" \0")
    if not stripped:
        assert column(form, [text]).null_mask("X").tolist() == [True]
    elif text_decoder.is_real(stripped):
        assert_same(column(form, [text])["X"], np.array([text_decoder.real(stripped, 2)]))
    else:
        shown = re.escape(repr(stripped.replace("\0", "?")))
        with pytest.raises(torchfits.FormatError, match=shown):
            column(form, [text])


# ---------------------------------------------------------------------------------- real files


def ascii_hdus() -> list[object]:
    found = [
        pytest.param(path, index, id=f"{path.parent.name}/{path.name}[{index}]")
        for path in corpus_paths("ascii", "table", "mef")
        for index, hdu in enumerate(raw_decoder.read_hdus(raw_decoder.load(path)))
        if hdu.kind == "ascii_table"
    ]
    return found or [pytest.param(None, 0, marks=pytest.mark.skip(reason="no corpus"))]


@pytest.mark.parametrize(("path", "index"), ascii_hdus())
def test_real_tables(path: Path, index: int) -> None:
    hdu = raw_decoder.read_hdus(raw_decoder.load(path))[index]
    got = torchfits.read(path, index)
    expected = text_decoder.ascii_columns(hdu)
    assert len(got.names) == len(expected) > 0
    for name, raw in zip(got.names, expected, strict=True):
        assert name == raw.name
        assert_column(got[name], raw.values, name)
        assert_same(got.null_mask(name), raw.nulls, name)


@pytest.mark.parametrize(("path", "index"), ascii_hdus())
@pytest.mark.filterwarnings("ignore")
def test_real_tables_as_astropy_reads_them(path: Path, index: int) -> None:
    got = torchfits.read(path, index)
    with fits.open(path) as hdus:
        data = hdus[index].data
        for number, name in enumerate(got.names):
            theirs = np.asarray(data.field(number))
            ours = got[name]
            if theirs.dtype.kind == "U":
                assert ours.to_list() == [str(text).rstrip() for text in theirs], name
            else:
                assert np.array_equal(ours.numpy(), theirs, equal_nan=True), name


def test_a_table_that_astropy_wrote(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    values = random.normal(size=50) * 10.0 ** random.integers(-200, 200, size=50)
    columns = [
        fits.Column("N", "I10", array=np.arange(50), ascii=True),
        fits.Column("X", "D25.17", array=values, unit="Jy", ascii=True),
        fits.Column("S", "A6", array=[f"s{i}" for i in range(50)], ascii=True),
    ]
    path = tmp_path / "table.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.TableHDU.from_columns(columns)]).writeto(path)
    got = torchfits.read(path)
    assert_same(got["N"], np.arange(50))
    assert_same(got["X"], values)
    assert got["S"].to_list() == [f"s{i}" for i in range(50)]
    assert got.columns[1].unit == "Jy"


def test_a_table_that_fitsio_wrote(tmp_path: Path) -> None:
    fitsio = pytest.importorskip("fitsio")
    path = tmp_path / "table.fits"
    data = np.array([(1, 2.5, b"ab"), (-7, 1e-30, b"c")], [("N", "i4"), ("X", "f8"), ("S", "S4")])
    fitsio.write(path, data, table_type="ascii")
    got, theirs = torchfits.read(path), fitsio.read(path)
    assert got["N"].tolist() == theirs["N"].tolist() == [1, -7]
    assert got["X"].tolist() == [2.5, 1e-30]
    assert theirs["X"].tolist() == pytest.approx([2.5, 1e-30], rel=1e-15)
    assert got["S"].to_list() == ["ab", "c"]
