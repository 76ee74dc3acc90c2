# SPDX-License-Identifier: BSD-3-Clause
"""Tables of fixed-width columns: the places where readers go wrong. T41 concerns writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import raw_decoder
import torch
from comparison import assert_same
from fits_bytes import (
    axes_cards,
    card,
    empty_primary,
    field,
    make_hdu,
    table,
    table_cards,
    text_field,
)

import torchfits
from torchfits import FITSWarning

Columns = Sequence[tuple[str | None, str, np.ndarray]]


def file_of(columns: Columns, extra: Sequence[bytes] = (), **options: object) -> bytes:
    return empty_primary() + table(columns, extra, **options)  # type: ignore[arg-type]


def read(columns: Columns, extra: Sequence[bytes] = (), **options: object) -> torchfits.Table:
    return torchfits.read(file_of(columns, extra), **options)


def test_t40_nul_ends_a_string_and_trailing_blanks_go() -> None:
    cells = [b"abc\0def ", b"  ab    ", b"\0xyz    ", b"        ", b"12345678", b"a b  \0  "]
    got = read([("S", "8A", text_field(cells, 8))])["S"]
    assert got.to_list() == ["abc", "  ab", "", "", "12345678", "a b"]


def test_t42_tnull_is_compared_with_stored_values() -> None:
    column = ("X", "I", field([5, 15, 25], "i2"))
    extra = [card("TSCAL1", 10.0), card("TZERO1", 5.0), card("TNULL1", 15)]
    got = read([column], extra)
    assert_same(got["X"], np.array([55.0, np.nan, 255.0]))
    assert got.null_mask("X").tolist() == [False, True, False]


@pytest.mark.parametrize(("code", "kind"), [("B", "u1"), ("I", "i2"), ("J", "i4"), ("K", "i8")])
@pytest.mark.parametrize("tnull", [0, 99])
def test_t42_tnull_masks_and_the_sentinel_stays(code: str, kind: str, tnull: int) -> None:
    column = ("X", code, field([99, 0, 7], kind))
    got = read([column], [card("TNULL1", tnull)])
    assert_same(got["X"], np.array([99, 0, 7], kind))
    assert got.null_mask("X").tolist() == [tnull == 99, tnull == 0, False]


def test_t42_a_declared_null_that_never_occurs_gives_a_mask_of_false() -> None:
    got = read([("X", "J", field([1, 2], "i4"))], [card("TNULL1", -1)])
    assert got.null_mask("X").tolist() == [False, False]


def test_t42_no_tnull_no_mask() -> None:
    columns = [("X", "J", field([1], "i4")), ("Y", "E", field([np.nan], "f4"))]
    got = read([*columns, ("S", "2A", text_field([b"  "], 2))])
    assert [got.null_mask(name) for name in "XYS"] == [None, None, None]


def test_t42_null_nan_and_raw() -> None:
    columns = [("X", "J", field([1, 2], "i4"))]
    extra = [card("TNULL1", 2)]
    got = read(columns, extra, null="nan")
    assert_same(got["X"], np.array([1.0, np.nan]))
    got = read(columns, extra, null="raw")
    assert_same(got["X"], np.array([1, 2], "i4"))
    assert got.null_mask("X") is None


def test_t42_the_sentinel_of_an_unsigned_column_stays_under_the_mask() -> None:
    extra = [card("TZERO1", 2**15), card("TNULL1", -(2**15))]
    got = read([("X", "I", field([-(2**15), 1], "i2"))], extra)
    assert got["X"].dtype == torch.uint16
    assert got["X"].tolist() == [0, 2**15 + 1]
    assert got.null_mask("X").tolist() == [True, False]


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_t42_tnull_of_a_float_column_means_nothing() -> None:
    column = ("X", "E", field([1.0, 2.0], "f4"))
    got = read([column], [card("TNULL1", 1)])
    assert_same(got["X"], np.array([1.0, 2.0], "f4"))
    assert got.null_mask("X") is None


def test_t42_scaled_false_gives_stored_numbers_without_nulls() -> None:
    extra = [card("TSCAL1", 10.0), card("TNULL1", 15)]
    got = read([("X", "I", field([5, 15], "i2"))], extra, scaled=False)
    assert_same(got["X"], np.array([5, 15], "i2"))
    assert got.null_mask("X") is None


def test_t43_blank_and_tnull_fields_of_ascii_tables(corpus: Path) -> None:
    """More of ASCII tables in test_ascii_tables.py."""
    hdu = raw_decoder.read_hdus((corpus / "ascii/ascii.fits").read_bytes())[1]
    assert hdu.data[16 * 3 : 16 * 4].split() == [b"*", b"*"]
    got = torchfits.read(corpus / "ascii/ascii.fits")
    assert_same(got["a"], np.array([10.123, 5.2, 15.61, np.nan, 345.0]))
    assert_same(got["b"], np.array([37, 23, 17, 0, 345]))
    for name in "ab":
        assert got.null_mask(name).tolist() == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("code", "kind", "bits"), [("I", "i2", 16), ("J", "i4", 32), ("K", "i8", 64)]
)
@pytest.mark.parametrize("rows", [4, 0])
def test_t44_unsigned_columns(code: str, kind: str, bits: int, rows: int) -> None:
    numbers = [-(2 ** (bits - 1)), -1, 0, 2 ** (bits - 1) - 1][:rows]
    columns = [("X", code, field(numbers, kind)), ("Y", "B", field([9] * rows, "u1"))]
    got = read(columns, [card("TSCAL1", 1), card("TZERO1", 2 ** (bits - 1))])
    assert got["X"].dtype == getattr(torch, f"uint{bits}")
    assert got["X"].tolist() == [0, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 1][:rows]
    assert got["Y"].tolist() == [9] * rows


def test_t45_signed_bytes() -> None:
    got = read([("X", "B", field([0, 127, 128, 255], "u1"))], [card("TZERO1", -128)])
    assert_same(got["X"], np.array([-128, -1, 0, 127], "i1"))


def test_t45_signed_bytes_of_a_real_catalogue(corpus: Path) -> None:
    path = corpus / "table/healpix-04669.fits"
    got = torchfits.read(path, columns="ASTROMETRIC_PARAMS_SOLVED")
    assert got.dtype == torch.int8


@pytest.mark.parametrize("tzero", [1, -100, 10.0, 2**62, 2**53 + 1, -(2**60) - 1])
def test_t46_a_64_bit_column_with_a_whole_zero_stays_exact(tzero: float) -> None:
    numbers = [2**53 + 1, -5, 0]
    got = read([("X", "K", field(numbers, "i8"))], [card("TZERO1", tzero)])
    assert got["X"].dtype == torch.int64
    assert got["X"].tolist() == [n + int(tzero) for n in numbers]


def test_t46_a_zero_that_no_double_holds_is_exact() -> None:
    got = read([("X", "K", field([0, -5], "i8"))], [card("TZERO1", 2**63 - 1)])
    assert got["X"].dtype == torch.int64
    assert got["X"].tolist() == [2**63 - 1, 2**63 - 6]


def test_t46_overflow_is_an_error_not_another_number() -> None:
    with pytest.raises(torchfits.FITSError, match=r"(?i)overflow|range|int64"):
        read([("X", "K", field([2**63 - 1], "i8"))], [card("TZERO1", 1)])


@pytest.mark.parametrize("width", [1, 3, 700])
def test_t46_the_row_that_overflows_is_named(width: int) -> None:
    numbers = np.zeros((1500, width), "i8")
    numbers[1203, width - 1] = 2**63 - 1
    column = ("X", f"{width}K", field(numbers, "i8"))
    for rows in (None, slice(1400, 100, -1), [3, 1203, 5], np.arange(1000, 1500, 7)):
        with pytest.raises(torchfits.FITSError, match="column 'X', row 1203: "):
            read([column], [card("TZERO1", 1)], rows=rows)


@pytest.mark.parametrize("zero", [1, -1])
def test_t46_a_null_at_the_edge_does_not_overflow(zero: int) -> None:
    edge = 2**63 - 1 if zero > 0 else -(2**63)
    column = ("X", "K", field([edge, 5], "i8"))
    got = read([column], [card("TZERO1", zero), card("TNULL1", edge)])
    assert got["X"].tolist()[1] == 5 + zero
    assert got.null_mask("X").tolist() == [True, False]


def test_t46_a_fraction_makes_floats() -> None:
    got = read([("X", "K", field([1, 2], "i8"))], [card("TZERO1", 0.5)])
    assert_same(got["X"], np.array([1.5, 2.5]))


@pytest.mark.parametrize(("code", "kind"), [("B", "u1"), ("I", "i2"), ("J", "i4"), ("E", "f4")])
def test_t47_scaled_columns_are_double_and_leave_the_next_one_alone(code: str, kind: str) -> None:
    columns = [("X", code, field([1, 2, 3], kind)), ("Y", "J", field([70000, -1, 5], "i4"))]
    got = read(columns, [card("TSCAL1", 0.5), card("TZERO1", 1.0)])
    assert_same(got["X"], np.array([1.5, 2.0, 2.5]))
    assert_same(got["Y"], np.array([70000, -1, 5], "i4"))


@pytest.mark.parametrize("elements", [7, 300, 520, 3000])
def test_t47_scaled_cells_of_any_width(elements: int) -> None:
    numbers = np.random.default_rng(elements).integers(-999, 999, (37, elements))
    got = read(
        [("X", f"{elements}J", field(numbers, "i4")), ("Y", "I", field(range(37), "i2"))],
        [card("TSCAL1", 0.5), card("TZERO1", 1.0)],
    )
    assert_same(got["X"], numbers * 0.5 + 1)
    assert got["Y"].tolist() == list(range(37))


@pytest.mark.parametrize("bits", [1, 3, 8, 9, 13, 24, 69])
def test_t48_bits_are_msb_first_and_padding_never_slips(bits: int) -> None:
    rows = 5
    packed = np.random.default_rng(bits).integers(0, 256, (rows, (bits + 7) // 8), np.uint8)
    columns = [("A", "B", field(range(rows), "u1")), ("X", f"{bits}X", packed)]
    got = read([*columns, ("Z", "I", field(range(rows), "i2"))])
    assert_same(got["X"], np.unpackbits(packed, axis=1)[:, :bits].astype(bool))
    assert got["Z"].tolist() == [0, 1, 2, 3, 4]


def test_t49_logical_null_is_neither_true_nor_false() -> None:
    got = read([("L", "L", field([ord("T"), ord("F"), 0], "u1"))])
    assert got["L"].dtype == torch.bool
    assert got["L"].tolist()[:2] == [True, False]
    assert got.null_mask("L").tolist() == [False, False, True]


@pytest.mark.parametrize("byte", [1, ord("t"), ord("1"), ord(" "), 255])
def test_t49_other_bytes_are_an_error_with_row_and_column(byte: int) -> None:
    column = ("FLAG", "2L", field([[ord("T")] * 2, [ord("F"), byte]], "u1"))
    with pytest.raises(torchfits.FITSError, match=r"(?s)(?=.*FLAG)(?=.*\b1\b)"):
        read([column])


def test_t49_logicals_with_tdim() -> None:
    letters = np.array([[84, 70, 70, 84, 84, 70]], np.uint8)
    got = read([("L", "6L", letters)], [card("TDIM1", "(3,2)")])
    assert got["L"].tolist() == [[[True, False, False], [True, True, False]]]


def test_t51_tdim_is_in_fortran_order() -> None:
    numbers = np.arange(24, dtype="i2").reshape(2, 12)
    got = read([("X", "12I", field(numbers, "i2"))], [card("TDIM1", "(2,3,2)")])
    assert_same(got["X"], numbers.reshape(2, 2, 3, 2))


def test_t51_the_first_dimension_of_a_string_is_its_width() -> None:
    cells = text_field([b"ab cd ef gh ij kl "], 18)
    got = read([("S", "18A", cells)], [card("TDIM1", "(3,2,3)")])
    assert got["S"].to_list() == [[["ab", "cd"], ["ef", "gh"], ["ij", "kl"]]]


def test_t51_a_product_below_the_repeat_takes_the_first_elements() -> None:
    columns = [("X", "5J", field([[1, 2, 3, 4, 5]], "i4")), ("Y", "B", field([6], "u1"))]
    got = read(columns, [card("TDIM1", "(2,2)")])
    assert got["X"].tolist() == [[[1, 2], [3, 4]]]
    assert got["Y"].tolist() == [6]


@pytest.mark.parametrize("tdim", ["(2,3)", "(9)", "2,2", "(a,b)", "()", "(-1,2)", "(2,2"])
def test_t51_an_impossible_tdim_is_ignored_with_a_warning(tdim: str) -> None:
    with pytest.warns(FITSWarning, match="TDIM"):
        got = read([("X", "4J", field([[1, 2, 3, 4]], "i4"))], [card("TDIM1", tdim)])
    assert got["X"].tolist() == [[1, 2, 3, 4]]


def test_t51_a_tdim_of_one_keeps_its_axis() -> None:
    got = read([("X", "1J", field([1, 2], "i4"))], [card("TDIM1", "(1)")])
    assert got["X"].shape == (2, 1)


ROWS = 20
SOME = [
    ("A", "J", field(range(ROWS), "i4")),
    ("B", "2E", field(np.arange(40).reshape(20, 2), "f4")),
]


def test_t52_index_forms() -> None:
    with torchfits.open(file_of(SOME)) as f:
        hdu = f[1]
        assert_same(hdu["A"], np.arange(ROWS, dtype="i4"))
        assert hdu["A"][3].item() == 3
        assert hdu[5]["A"] == 5
        assert hdu[[2, 2, 5]]["A"].tolist() == [2, 2, 5]
        assert hdu["A", "B"][10:20:2]["A"].tolist() == [10, 12, 14, 16, 18]
        assert hdu["A", 10:14].tolist() == [10, 11, 12, 13]
        assert hdu[15:1000]["A"].tolist() == [15, 16, 17, 18, 19]
        assert list(hdu["A",].names) == ["A"]
        assert isinstance(hdu[5], dict)


def test_t52_index_forms_of_a_table() -> None:
    got = read(SOME)
    assert list(got.names) == ["A", "B"]
    assert len(got) == ROWS
    assert got[10:13]["A"].tolist() == [10, 11, 12]
    assert list(got[["B"]].names) == ["B"]
    mask = torch.arange(ROWS) % 7 == 0
    assert got[mask]["A"].tolist() == [0, 7, 14]


@pytest.mark.parametrize("names", [["S", "A"], ["B", "S"], ["B", "R", "A"], ["R", "S"]], ids=str)
def test_t52_columns_in_any_order_keep_their_kind(names: list[str]) -> None:
    texts = [b"%02d" % row for row in range(ROWS)]
    first, last = (text_field(some, 2) for some in (texts, texts[::-1]))
    data = file_of([SOME[0], ("S", "2A", first), SOME[1], ("R", "2A", last)])
    expected = {
        "A": list(range(ROWS)),
        "B": np.arange(40).reshape(20, 2).tolist(),
        "S": [text.decode() for text in texts],
        "R": [text.decode() for text in texts[::-1]],
    }
    with torchfits.open(data) as f:
        # Nobody asked the whole table for its text before.
        for got in (f[1].read()[names], f[1].read()[tuple(names)], f[1][names]):
            assert got.names == names
            for name in names:
                column = got[name]
                values = column.to_list() if name in "SR" else column.tolist()
                assert values == expected[name]


@pytest.mark.parametrize(("tform", "shape"), [("0J", (3, 0)), ("0X", (3, 0)), ("0D", (3, 0))])
def test_t53_zero_width_columns(tform: str, shape: tuple[int, int]) -> None:
    columns = [("A", "I", field([1, 2, 3], "i2")), ("Z", tform, np.zeros((3, 0), np.uint8))]
    got = read([*columns, ("B", "I", field([4, 5, 6], "i2"))])
    assert got["Z"].shape == shape
    assert got["A"].tolist() == [1, 2, 3]
    assert got["B"].tolist() == [4, 5, 6]


def test_t53_zero_width_strings_are_empty_strings() -> None:
    columns = [("Z", "0A", np.zeros((2, 0), np.uint8)), ("B", "I", field([4, 5], "i2"))]
    got = read(columns)
    assert got["Z"].to_list() == ["", ""]
    assert got["B"].tolist() == [4, 5]


def without_bytes(extension: str, form: str, rows: int) -> bytes:
    """A table of rows of no bytes, in a file of two headers."""
    cards = [card("XTENSION", extension), *axes_cards(8, (0, rows)), card("PCOUNT", 0)]
    cards += [card("GCOUNT", 1), card("TFIELDS", 1), card("TTYPE1", "X"), card("TFORM1", form)]
    return empty_primary() + make_hdu([*cards, card("TBCOL1", 1)] if form == "A0" else cards)


@pytest.mark.parametrize("rows", [2**26 + 1, 10**13, 2**62])
@pytest.mark.parametrize(
    ("extension", "form"),
    [("TABLE", "A0"), ("BINTABLE", "0A"), ("BINTABLE", "0L"), ("BINTABLE", "0PJ")],
)
def test_t53_a_header_alone_does_not_make_huge_masks(extension: str, form: str, rows: int) -> None:
    data = without_bytes(extension, form, rows)
    ways: list[Callable[[torchfits.HDU], object]] = [
        lambda hdu: hdu.read().null_mask("X"),
        lambda hdu: hdu.read(null="nan"),
        lambda hdu: hdu.read(where="1 == 1"),
        lambda hdu: next(iter(hdu.scan())),
        lambda hdu: next(iter(hdu.scan(where="1 == 2"))),
    ]
    with torchfits.open(data) as f:
        for way in ways:
            with pytest.raises(torchfits.FormatError, match=f"HDU 1: NAXIS2 = {rows} rows of no"):
                way(f[1])


def test_t53_rows_of_no_bytes_are_read_masked_and_selected() -> None:
    for extension, form in (("TABLE", "A0"), ("BINTABLE", "0A")):
        got = torchfits.read(without_bytes(extension, form, 5), 1)
        assert got["X"].to_list() == [""] * 5
        assert len(torchfits.read(without_bytes(extension, form, 5), 1, where="X == ''")) == 5


def test_t54_a_table_without_rows_keeps_its_columns(corpus: Path) -> None:
    path = corpus / "table/empty-v0.fits"
    hdu = raw_decoder.read_hdus(path.read_bytes())[1]
    got = torchfits.read(path, 1)
    assert len(got.names) == hdu.integer("TFIELDS") == 94
    assert len(got) == 0
    for name, column in zip(got.names, raw_decoder.columns(hdu), strict=True):
        if column.code != "A":
            assert_same(got[name], column.values, name)


def test_t61_exact_then_case_insensitive() -> None:
    with torchfits.open(file_of(SOME)) as f:
        assert_same(f[1]["a"], np.arange(ROWS, dtype="i4"))
        assert f[1].read(columns=["b"])["B"].shape == (ROWS, 2)
        with pytest.raises(torchfits.ColumnNotFoundError, match="A") as caught:
            f[1]["C"]
        assert isinstance(caught.value, KeyError)


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_t61_names_that_differ_in_case_are_repeated_names() -> None:
    columns = [("a", "J", field([1], "i4")), ("A", "J", field([2], "i4"))]
    got = read(columns)
    assert list(got.names) == ["a", "A_2"]
    assert [got[name].item() for name in got.names] == [1, 2]


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_t61_one_rule_finds_names_in_files_and_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "names.fits"
    columns = [
        ("RA", "J", field([1, 2], "i4")),
        ("ra", "J", field([3, 4], "i4")),
        ("N", "J", field([5, 6], "i4")),
        ("N", "J", field([7, 8], "i4")),
    ]
    path.write_bytes(file_of(columns))
    whole = torchfits.read(path)
    for name, values in (("RA", [1, 2]), ("ra", [3, 4]), ("n", [5, 6]), (whole.names[1], [3, 4])):
        assert torchfits.read(path, columns=name).tolist() == values, name
        assert whole[name].tolist() == values, name
        where = f"{name} == {values[1]}"
        assert torchfits.read(path, where=where)["RA"].tolist() == [2], name
        assert whole.filter(where)["RA"].tolist() == [2], name
    asked: list[Callable[[], object]] = [
        lambda: whole["Ra"],
        lambda: whole.columns["Ra"],
        lambda: torchfits.read(path, columns="Ra"),
        lambda: torchfits.read(path, where="Ra > 0"),
        lambda: whole.filter("Ra > 0"),
    ]
    for ask in asked:
        with pytest.raises(torchfits.ColumnNotFoundError, match="'Ra' is ambig.*'RA' or 'ra_2'"):
            ask()
    with torchfits.open(path, "r+") as f:
        f[1]["ra", 0] = 30
        f[1]["ra"] = [31, 41]
        f[1][1] = {"ra": 42}
        assert f[1]["ra"].tolist() == [31, 42]
        assert f[1].columns["ra"].name == "ra_2"
        with pytest.raises(torchfits.ColumnNotFoundError, match="spell 'RA' or 'ra_2' exactly"):
            f[1]["Ra"] = 1
    stored = np.frombuffer(path.read_bytes()[-2880:], ">i4")[:8].reshape(2, 4)
    assert stored.tolist() == [[1, 31, 5, 7], [2, 42, 6, 8]]


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_t61_repeated_and_missing_names_are_made_unique() -> None:
    names = ["X", "X", None, "X_2", "X"]
    columns = [(name, "J", field([i], "i4")) for i, name in enumerate(names)]
    got = read(columns)
    assert got.names[0] == "X"
    assert got.names[2] == "COL3"
    assert len({name.upper() for name in got.names}) == 5
    with pytest.raises(torchfits.ColumnNotFoundError, match="no column ''"):
        got[""]
    assert [got[name].item() for name in got.names] == [0, 1, 2, 3, 4]


def test_t62_rows_keep_order_and_repeats() -> None:
    content = file_of(SOME)
    for rows in ([5, 2, 2, -1], np.array([5, 2, 2, -1]), torch.tensor([5, 2, 2, -1])):
        got = torchfits.read(content, rows=rows)
        assert got["A"].tolist() == [5, 2, 2, 19]
        assert got["B"].tolist() == [[10, 11], [4, 5], [4, 5], [38, 39]]
    assert len(torchfits.read(content, rows=[])) == 0
    assert torchfits.read(content, rows=7)["A"].tolist() == [7]
    assert torchfits.read(content, rows=range(18, 0, -6))["A"].tolist() == [18, 12, 6]


@pytest.mark.parametrize("rows", [[20], [-21], 20, np.array([0, 99]), [0, -100]])
def test_t62_rows_outside_of_the_table_are_an_index_error(rows: object) -> None:
    with pytest.raises(IndexError):
        read(SOME, rows=rows)


@pytest.mark.parametrize("rows", [[0.5], "A", 1.0, [True, False], np.array([1.0])])
def test_t62_rows_of_the_wrong_kind_are_refused(rows: object) -> None:
    with pytest.raises((TypeError, ValueError, IndexError)):
        read(SOME, rows=rows)


def test_t63_strings_are_text_and_fall_back_to_latin_1() -> None:
    got = read([("S", "4A", text_field([b"abc", b"\xe9t\xe9"], 4))])["S"]
    assert got.to_list() == ["abc", "\xe9t\xe9"]
    assert isinstance(got[0], str)
    assert got[1] == "\xe9t\xe9"


@pytest.mark.parametrize(("code", "kind"), [("C", "c8"), ("M", "c16")])
def test_t66_complex_numbers_swap_each_part(code: str, kind: str) -> None:
    numbers = np.array([[1 + 2j, -0.5j], [complex(np.nan, 3), 4e-30 - 7j]], kind)
    assert_same(read([("X", f"2{code}", field(numbers, kind))])["X"], numbers)


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_real_table_without_ttype() -> None:
    columns = [(None, "J", field([1, 2], "i4")), (None, "2A", text_field([b"x", b"y"], 2))]
    got = read(columns)
    assert list(got.names) == ["COL1", "COL2"]
    assert got["COL1"].tolist() == [1, 2]


def test_real_table_without_columns_or_rows(corpus: Path) -> None:
    got = torchfits.read(corpus / "mef/multi_extension_metadata.fits", 2)
    assert len(got) == 0
    assert list(got.names) == []


def test_rows_of_a_table_without_columns() -> None:
    content = empty_primary() + make_hdu(table_cards(0, 0, 0))
    assert len(torchfits.read(content)) == 0


def test_columns_describe_themselves() -> None:
    extra = [
        card("TUNIT1", "mag"),
        card("TNULL1", -1),
        card("TDISP1", "I5"),
        card("TDIM2", "(2,1)"),
    ]
    with torchfits.open(file_of(SOME, extra)) as f:
        first, second = f[1].columns
        assert (first.name, first.format, first.unit, first.display) == ("A", "J", "mag", "I5")
        assert first.null == -1
        assert (second.dim, tuple(second.shape)) == ("(2,1)", (1, 2))
        assert (first.dtype, second.dtype) == (torch.int32, torch.float32)


def test_one_name_gives_a_column_and_a_list_of_one_a_table() -> None:
    content = file_of(SOME)
    assert isinstance(torchfits.read(content, columns="A"), torch.Tensor)
    for one in (["A"], ("A",)):
        assert isinstance(torchfits.read(content, columns=one), torchfits.Table)
    assert list(torchfits.read(content, columns=["B", "A"]).names) == ["B", "A"]


def test_image_keywords_on_a_table_are_a_type_error() -> None:
    with torchfits.open(file_of(SOME)) as f, pytest.raises(TypeError, match="table"):
        f[1].read(section=(slice(0, 1),))
