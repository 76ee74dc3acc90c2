# SPDX-License-Identifier: BSD-3-Clause
"""Columns of variable length: the places where readers go wrong. T60 concerns writing."""

from __future__ import annotations

import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import fitsio
import numpy as np
import pytest
import raw_decoder
import torch
from astropy.io import fits
from comparison import assert_same
from corpus_files import corpus_files
from fits_bytes import BLOCK, card, empty_primary, field, make_header, table, table_cards

import torchfits
from torchfits import Ragged, Strings

Cells = Sequence[Sequence[object]]
Column = tuple[str, str, np.ndarray]


def column(form: str, cells: Cells, dtype: str, *, start: int = 0) -> tuple[Column, bytes]:
    """A column V of these cells, which follow each other from byte `start` of the heap on."""
    stored = [np.array(cell, np.dtype(dtype).newbyteorder(">")) for cell in cells]
    ends = np.cumsum([0, *(cell.nbytes for cell in stored)])
    descriptors = [[len(c), start + at] for c, at in zip(stored, ends, strict=False)]
    kind = "i8" if form.lstrip("01")[0] == "Q" else "i4"
    heap = b"".join(cell.tobytes() for cell in stored)
    return ("V", form, field(np.array(descriptors).reshape(-1, 2), kind)), heap


def descriptors(form: str, pairs: list[tuple[int, int]]) -> Column:
    """A column V whose descriptors say exactly this."""
    return ("V", form, field(np.array(pairs).reshape(-1, 2), "i8" if "Q" in form else "i4"))


def file_of(columns: Sequence[Column], extra: Sequence[bytes] = (), heap: bytes = b"") -> bytes:
    return empty_primary() + table(columns, extra, heap=heap)


def read_cells(
    form: str, cells: Cells, dtype: str, extra: Sequence[bytes] = (), **options: object
) -> torchfits.Table:
    made, heap = column(form, cells, dtype)
    return torchfits.read(file_of([made], extra, heap), **options)


def assert_cells(got: Ragged, expected: Sequence[np.ndarray]) -> None:
    assert isinstance(got, Ragged)
    assert len(got) == len(expected)
    for cell, array in zip(got, expected, strict=True):
        assert_same(cell, array)


NUMBERS = [[1, 2, 3], [], [4], [5, 0]]


@pytest.mark.parametrize("letter", ["P", "Q"])
@pytest.mark.parametrize(
    ("code", "dtype"),
    list(zip("BIJKEDCM", ["u1", "i2", "i4", "i8", "f4", "f8", "c8", "c16"], strict=True)),
)
def test_every_type_of_number(letter: str, code: str, dtype: str) -> None:
    got = read_cells(f"1{letter}{code}(3)", NUMBERS, dtype)
    assert_cells(got["V"], [np.array(cell, dtype) for cell in NUMBERS])
    assert got.null_mask("V") is None
    described = got.columns[0]
    assert (described.dtype, described.shape) == (got["V"].dtype, (-1,))
    assert described.format == f"{letter}{code}(3)"


@pytest.mark.parametrize(("code", "dtype"), [("I", "i2"), ("J", "i4"), ("E", "f4"), ("D", "f8")])
def test_numbers_agree_with_astropy_and_fitsio(tmp_path: Path, code: str, dtype: str) -> None:
    random = np.random.default_rng(3)
    cells = [random.integers(-99, 99, n).astype(dtype) for n in random.integers(1, 30, 200)]
    values = np.empty(200, object)
    values[:] = cells
    made = fits.Column("V", f"P{code}()", array=values)
    plain = fits.Column("ID", "J", array=np.arange(200))
    path = tmp_path / "v.fits"
    fits.BinTableHDU.from_columns([plain, made]).writeto(path)
    got = torchfits.read(path)
    assert got["ID"].tolist() == list(range(200))
    with fits.open(path) as f:
        assert_cells(got["V"], [cell.astype(dtype) for cell in f[1].data["V"]])
    with fitsio.FITS(path, vstorage="object") as f:
        assert_cells(got["V"], [cell.astype(dtype) for cell in f[1]["V"].read()])


def test_t34_positions_beyond_two_gib_are_unsigned(tmp_path: Path) -> None:
    """A descriptor P of 32 bits, whose position a writer let wrap: 2**31 + 8 is negative."""
    rows = field([[2, 8 - 2**31], [1, 0]], "i4").tobytes()
    heap = 2**31 + 16
    cards = table_cards(8, 2, 1, pcount=heap)
    cards += [card("TTYPE1", "V"), card("TFORM1", "PI(2)")]
    head = empty_primary() + make_header(cards)
    path = tmp_path / "large.fits"
    with path.open("wb") as f:
        f.write(head + rows)
        f.write(field([[7]], "i2").tobytes())
        f.seek(len(head) + len(rows) + 2**31 + 8)
        f.write(field([[11, -12]], "i2").tobytes())
        f.truncate(len(head) + -(-(len(rows) + heap) // BLOCK) * BLOCK)
    assert torchfits.read(path)["V"].to_list() == [[11, -12], [7]]


def test_t48_bits_beside_a_variable_length_column() -> None:
    bits = ("X", "11X", field([[0b10100000, 0], [0xFF, 0xE0]], "u1"))
    made, heap = column("PB(2)", [[1], [2, 3]], "u1")
    got = torchfits.read(file_of([bits, made, ("Z", "B", field([8, 9], "u1"))], heap=heap))
    assert got["X"].tolist() == [[True, False, True] + [False] * 8, [True] * 11]
    assert got["V"].to_list() == [[1], [2, 3]]
    assert got["Z"].tolist() == [8, 9]


def test_t48_variable_length_bits_are_padded_cell_by_cell() -> None:
    packed = np.array([0b10100000, 0xFF, 0b10000000, 0b00000001], np.uint8)
    made = descriptors("PX(9)", [(3, 0), (9, 1), (0, 77), (8, 3), (16, 2)])
    got = torchfits.read(file_of([made], heap=packed.tobytes()))["V"]
    expected = [np.unpackbits(packed[a:b])[:n] for a, b, n in [(0, 1, 3), (1, 3, 9), (0, 0, 0)]]
    expected += [np.unpackbits(packed[3:4]), np.unpackbits(packed[2:4])]
    assert_cells(got, [bits.astype(bool) for bits in expected])


def test_t49_nulls_of_variable_length_logicals(corpus: Path) -> None:
    with pytest.warns(match="NULL"), fits.open(corpus / "table/vla_logical_null.fits") as f:
        expected = [cell.tolist() for cell in f[1].data["flag"]]
    got = torchfits.read(corpus / "table/vla_logical_null.fits")
    assert got["flag"].to_list() == expected == [[True, False, True], [False, True]]
    nulls = got.null_mask("flag")
    assert isinstance(nulls, Ragged)
    assert nulls.to_list() == [[False, True, False], [False, False]]


def test_t50_logicals_of_zeros_and_ones_are_bools(corpus: Path) -> None:
    path = corpus / "bad/vla_logical_pre_fix.fits"
    with pytest.warns(match="7.2.0"), fits.open(path) as f:
        expected = [cell.tolist() for cell in f[1].data["flag"]]
    with pytest.warns(torchfits.FITSWarning, match=r"HDU 1.*'flag'.* 0 and 1"):
        got = torchfits.read(path)
    assert got["flag"].to_list() == expected
    assert got["flag"].dtype == torch.bool
    assert not any(map(any, got.null_mask("flag").to_list()))


@pytest.mark.parametrize("rows", [[1], slice(1, 3), [2, 1, 2, 1]], ids=str)
def test_t50_what_a_zero_means_does_not_depend_on_the_rows(rows: object) -> None:
    made, heap = column("PL(2)", [[0, 1], [0, 0], [0]], "u1")
    data = file_of([made], heap=heap)
    with pytest.warns(torchfits.FITSWarning, match="0 and 1"):
        got = torchfits.read(data, rows=rows)
    with pytest.warns(torchfits.FITSWarning, match="0 and 1"):
        whole = torchfits.read(data)[rows]
    assert got["V"].to_list() == whole["V"].to_list()
    assert got.null_mask("V").to_list() == whole.null_mask("V").to_list()
    assert not got.null_mask("V").values.any()


def test_t50_other_rows_do_not_spoil_those_that_are_read() -> None:
    made, heap = column("PL(2)", [[0], [1, 120]], "u1")
    got = torchfits.read(file_of([made], heap=heap), rows=[0])
    assert got.null_mask("V").to_list() == [[True]]


def test_t50_a_heap_of_zeros_follows_the_standard() -> None:
    got = read_cells("PL(2)", [[0, 0], [0]], "u1")
    assert got["V"].to_list() == [[False, False], [False]]
    assert got.null_mask("V").to_list() == [[True, True], [True]]


@pytest.mark.parametrize("cells", [[[84, 70], [0, 1]], [[84, 70], [120]], [[1, 0], [2]]])
def test_t50_other_bytes_are_an_error_with_row_and_column(cells: Cells) -> None:
    with pytest.raises(torchfits.FormatError, match=r"HDU 1.*column 'V', row 1: byte 0x"):
        read_cells("PL(2)", cells, "u1")


@pytest.mark.parametrize("cells", [[b"TF", b"\1\0"], [b"\1\0", b"TF"]])
def test_t50_letters_far_from_numbers_are_an_error_too(cells: list[bytes]) -> None:
    """Far enough apart for a part of the heap each."""
    far = 1 << 20
    made = descriptors("PL(2)", [(2, 0), (2, far)])
    data = file_of([made], heap=cells[0] + bytes(far - 2) + cells[1])
    row = cells.index(b"\1\0")
    with pytest.raises(torchfits.FormatError, match=rf"column 'V', row {row}: byte 0x01"):
        torchfits.read(data)
    for other, expected in enumerate(cells):
        found = torchfits.read(data, rows=[1 - row]) if other != row else None
        assert found is None or found["V"].to_list() == [[c == ord("T") for c in expected]]


def test_t50_logicals_written_by_astropy(tmp_path: Path) -> None:
    values = np.empty(3, object)
    values[:] = [np.array([True, False]), np.array([], bool), np.array([False])]
    made = fits.Column("V", "PL()", array=values)
    fits.BinTableHDU.from_columns([made]).writeto(tmp_path / "l.fits")
    got = torchfits.read(tmp_path / "l.fits")
    assert got["V"].to_list() == [[True, False], [], [False]]
    assert not any(map(any, got.null_mask("V").to_list()))


def test_t55_offsets_count_from_theap(corpus: Path) -> None:
    made, heap = column("PJ(3)", NUMBERS, "i4")
    start = 4 * 8 + 100
    got = torchfits.read(file_of([made], [card("THEAP", start)], heap=b"\xff" * 100 + heap))
    assert got["V"].to_list() == NUMBERS
    path = corpus / "table/theap-gap.fits"
    with fits.open(path) as f:
        assert f[1].header["THEAP"] > f[1].header["NAXIS1"] * f[1].header["NAXIS2"]
        assert_cells(torchfits.read(path)["arr"], list(f[1].data["arr"]))


def test_t55_the_gap_is_not_part_of_the_heap() -> None:
    data = file_of([descriptors("PB", [(5, 0)])], [card("THEAP", 12)], heap=b"abcdefgh")
    with pytest.raises(torchfits.FormatError, match="which has 4 bytes"):
        torchfits.read(data)


def test_t56_empty_cells_may_lie_anywhere() -> None:
    made = descriptors("PI(1)", [(0, -1), (1, 2), (0, 2**31 - 1), (0, 0)])
    heap = field([[5, 6]], "i2").tobytes()
    assert torchfits.read(file_of([made], heap=heap))["V"].to_list() == [[], [6], [], []]


def test_t56_a_column_of_empty_cells() -> None:
    got = torchfits.read(file_of([descriptors("PD(0)", [(0, 0), (0, 400)])]))["V"]
    assert got.to_list() == [[], []]
    assert got.dtype == torch.float64


@pytest.mark.parametrize("form", ["PJ", "1PJ", "PJ()", "PJ(1)", "PJ(99999)", "PJ(0)", "pj(3)"])
def test_t57_the_maximum_in_tform_does_not_count(form: str) -> None:
    made, heap = column("PJ", NUMBERS, "i4")
    got = torchfits.read(file_of([("V", form, made[2])], heap=heap))["V"]
    assert got.to_list() == NUMBERS


def test_t58_cells_with_tdim_keep_every_element() -> None:
    cells = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]
    made, heap = column("PI(6)", cells, "i2")
    data = file_of([made], [card("TDIM1", "(3,2)")], heap=heap)
    got = torchfits.read(data)
    assert got["V"].to_list() == cells
    assert got.columns[0].dim == "(3,2)"
    with fits.open(io.BytesIO(data)) as f:
        assert [cell.ravel().tolist() for cell in f[1].data["V"]] == cells


def test_the_row_of_a_number_that_overflows_is_named() -> None:
    cells: Cells = [[1, 2], [], [3, 2**63 - 1], [4]]
    for rows in (None, [3, 2], slice(None, None, -1)):
        with pytest.raises(torchfits.FITSError, match="column 'V', row 2: .*no int64"):
            read_cells("1PK", cells, "i8", [card("TZERO1", 1)], rows=rows)


def test_t59_descriptors_of_64_bits() -> None:
    made, heap = column("QK(3)", NUMBERS, "i8")
    data = file_of([made], heap=heap)
    assert torchfits.read(data)["V"].to_list() == NUMBERS
    with fits.open(io.BytesIO(data)) as f:
        assert [cell.tolist() for cell in f[1].data["V"]] == NUMBERS


@pytest.mark.parametrize(("code", "dtype"), [("C", "c8"), ("M", "c16")])
def test_t66_complex_cells_swap_each_part(code: str, dtype: str) -> None:
    cells = [[1 + 2j, -3.5j], [], [0.25 - 8j]]
    got = read_cells(f"P{code}(2)", cells, dtype)["V"]
    assert_cells(got, [np.array(cell, dtype) for cell in cells])


def test_zero_width_and_zero_row_columns() -> None:
    empty = torchfits.read(file_of([("V", "PE(3)", np.zeros((0, 8), np.uint8))]), 1)
    assert len(empty) == 0
    assert empty["V"].to_list() == []
    assert empty["V"].dtype == torch.float32
    nothing = ("V", "0PJ(3)", np.zeros((2, 0), np.uint8))
    got = torchfits.read(file_of([nothing, ("Z", "B", field([8, 9], "u1"))]))
    assert got["V"].to_list() == [[], []]
    assert got["Z"].tolist() == [8, 9]


def test_rows_without_bytes_take_no_memory() -> None:
    """No descriptor, no other column: 2**26 rows in a file of one block."""
    cards = [*table_cards(0, 2**26, 1), card("TTYPE1", "V"), card("TFORM1", "0PI(3)")]
    got = torchfits.read(empty_primary() + make_header(cards), 1)["V"]
    assert len(got) == 2**26
    assert got[2**25].shape == (0,)


def test_text_of_variable_length() -> None:
    texts = [b"M31", b"", b"NGC 1001  ", b"a\0b", b"\xe9t\xe9"]
    made, heap = column("PA(10)", [list(text) for text in texts], "u1")
    got = torchfits.read(file_of([made], heap=heap))
    names = got["V"]
    assert isinstance(names, Strings)
    assert names.to_list() == ["M31", "", "NGC 1001", "a", "été"]
    assert (names == "NGC 1001").tolist() == [False, False, True, False, False]
    assert names[2] == "NGC 1001"
    assert bytes(names.bytes.tolist()) == b"".join(texts)
    assert got.columns[0].dtype is None
    assert got.columns[0].shape == ()
    assert got[[2, 0]]["V"].to_list() == ["NGC 1001", "M31"]
    assert got[1]["V"] == ""
    assert "NGC 1001" in repr(got)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ([("TZERO1", 32768)], [[32769, 0], [32767]]),
        ([("TSCAL1", 0.5), ("TZERO1", 1.0)], [[1.5, -16383.0], [0.5]]),
    ],
)
def test_scaled_cells(extra: list[tuple[str, object]], expected: list[list[float]]) -> None:
    cards = [card(key, value) for key, value in extra]
    cells = [[1, -32768], [-1]]
    got = read_cells("PI(2)", cells, "i2", cards)
    assert got["V"].to_list() == expected
    assert got["V"].dtype == (torch.uint16 if len(extra) == 1 else torch.float64)
    stored = read_cells("PI(2)", cells, "i2", cards, scaled=False)
    assert stored["V"].to_list() == cells
    assert stored.columns[0].dtype == torch.int16


def test_t42_tnull_in_cells() -> None:
    cells = [[5, -9], [], [-9], [7]]
    cards = [card("TNULL1", -9)]
    got = read_cells("PJ(2)", cells, "i4", cards)
    assert got["V"].to_list() == cells
    nulls = got.null_mask("V")
    assert nulls.to_list() == [[False, True], [], [True], [False]]
    assert got[[3, 0]].null_mask("V").to_list() == [[False], [False, True]]
    floats = read_cells("PJ(2)", cells, "i4", cards, null="nan")
    assert floats["V"].dtype == torch.float64
    assert floats["V"].values.isnan().tolist() == [False, True, True, False]
    assert floats.null_mask("V") is None
    assert floats.columns[0].dtype == torch.float64
    plain = read_cells("PJ(2)", cells, "i4", cards, null="raw")
    assert plain["V"].to_list() == cells
    assert plain.null_mask("V") is None
    without = read_cells("PJ(2)", [[1], []], "i4", cards)
    assert without.null_mask("V").to_list() == [[False], []]
    scaled = read_cells("PJ(2)", cells, "i4", [*cards, card("TSCAL1", 2.0)])
    assert scaled["V"].values.isnan().tolist() == [False, True, True, False]
    assert scaled["V"].values[0] == 10


def test_t42_each_column_of_cells_has_its_own_nulls() -> None:
    places = {name: [[2, 4 * at], [1, 4 * at + 8]] for name, at in (("A", 0), ("B", 3), ("C", 6))}
    columns = [(name, "PJ(2)", field(pairs, "i4")) for name, pairs in places.items()]
    cells = [1, 2, 3, 4, -9, 6, 7, 8, -9]
    cards = [card(f"TNULL{number}", -9) for number in (1, 2, 3)]
    got = torchfits.read(file_of(columns, cards, field([cells], "i4").tobytes()))
    assert [got[name].to_list() for name in "ABC"] == [
        [[1, 2], [3]],
        [[4, -9], [6]],
        [[7, 8], [-9]],
    ]
    assert [got.null_mask(name).to_list() for name in "ABC"] == [
        [[False, False], [False]],
        [[False, True], [False]],
        [[False, False], [True]],
    ]


def scattered() -> tuple[bytes, list[list[int]], list[list[float]]]:
    """Two columns whose cells take turns in the heap, one of them backwards, with gaps."""
    random = np.random.default_rng(8)
    lengths = random.integers(0, 300, (400, 2))
    heap, first, second = bytearray(), [], []
    ints: list[list[int]] = [[] for _ in range(400)]
    floats: list[list[float]] = [[] for _ in range(400)]
    places = np.zeros((400, 2, 2), int)
    for row in random.permutation(400):
        heap += b"\xee" * int(random.integers(0, 3))
        for which, dtype in enumerate([">i2", ">f8"]):
            cell = random.integers(-999, 999, lengths[row, which]).astype(dtype)
            places[row, which] = len(cell), len(heap)
            (ints if which == 0 else floats)[row] = cell.tolist()
            heap += cell.tobytes()
    first = ("V", "PI", field(places[:, 0], "i4"))
    second = ("W", "QD", field(places[:, 1], "i8"))
    return file_of([first, second], heap=bytes(heap)), ints, floats


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
@pytest.mark.parametrize("path", corpus_files("compressed"))
def test_tiles_are_cells(path: Path) -> None:
    """The table of a compressed image or table, whose keyword has been renamed."""
    data = raw_decoder.load(path).replace(b"ZIMAGE  =", b"AIMAGE  =")
    data = data.replace(b"ZTABLE  =", b"ATABLE  =")
    with torchfits.open(data) as f:
        for hdu, expected in zip(f, raw_decoder.read_hdus(data), strict=True):
            if hdu.kind != "table":
                continue
            for number, described in enumerate(hdu.columns, 1):
                if described.format.lstrip("01")[0] not in "PQ":
                    continue
                cells = raw_decoder.cells(expected, number)
                assert_cells(hdu[described.name], [cell.values for cell in cells])


def test_cells_in_any_order_of_the_heap() -> None:
    data, ints, floats = scattered()
    got = torchfits.read(data)
    assert got["V"].to_list() == ints
    assert got["W"].to_list() == floats
    assert torchfits.read(data, columns="W").to_list() == floats


@pytest.mark.parametrize(
    "rows",
    [
        slice(10, 90),
        slice(None, None, -7),
        slice(5, 5),
        [3, 399, 3, 0],
        range(1, 400, 3),
        [-1],
        np.arange(400) % 5 == 0,
    ],
    ids=["slice", "steps back", "empty", "list", "range", "last", "mask"],
)
def test_rows_are_those_of_the_whole(rows: object) -> None:
    data, ints, floats = scattered()
    got = torchfits.read(data, rows=rows)
    positions = np.arange(400)[rows if isinstance(rows, slice) else np.asarray(rows)]
    assert got["V"].to_list() == [ints[row] for row in positions]
    assert got["W"].to_list() == [floats[row] for row in positions]


def test_every_source_gives_the_same(tmp_path: Path) -> None:
    data, ints, _ = scattered()
    plain, zipped = tmp_path / "a.fits", tmp_path / "a.fits.gz"
    plain.write_bytes(data)
    zipped.write_bytes(gzip.compress(data, 1))
    with plain.open("rb") as stream:
        for source in (plain, zipped, stream, memoryview(data)):
            assert torchfits.read(source)["V"].to_list() == ints


def test_cells_larger_than_a_piece(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 2**40, 1_000_000)
    path = tmp_path / "wide.fits"
    made, heap = column("PK", [values[:400_001], values[400_001:400_002], values[400_002:]], "i8")
    path.write_bytes(file_of([made], heap=heap))
    got = torchfits.read(path)["V"]
    assert got.lengths.tolist() == [400_001, 1, 599_998]
    assert_same(got.values, values)


@pytest.mark.parametrize(
    ("form", "pair", "words"),
    [
        ("PJ(3)", (3, 0), "3 elements (J) from byte 0 of the heap on, which has 8 bytes"),
        ("PJ(3)", (1, 5), "1 elements (J) from byte 5"),
        ("PJ(3)", (1, 2**31 - 1), "from byte 2147483647"),
        ("PJ(3)", (-1, 0), "-1 elements"),
        ("PJ(3)", (1, -4), "from byte 4294967292"),
        ("QD(3)", (2**61, 0), f"{2**61} elements"),
        ("QD(3)", (2**62 + 1, 8), f"{2**62 + 1} elements"),
        ("QB(3)", (-(2**63), 0), f"{-(2**63)} elements"),
        ("QB(3)", (1, -1), "from byte -1 "),
        ("QB(3)", (9, 2**63 - 1), f"from byte {2**63 - 1}"),
        ("PX(3)", (65, 0), "65 elements (X)"),
    ],
)
def test_descriptors_outside_of_the_heap(form: str, pair: tuple[int, int], words: str) -> None:
    good = ("Z", "B", field([8, 9], "u1"))
    data = file_of([good, descriptors(form, [(1, 0), pair])], heap=b"\0" * 8)
    with pytest.raises(torchfits.FormatError) as caught:
        torchfits.read(data)
    assert words in str(caught.value)
    assert "HDU 1: column 'V', row 1" in str(caught.value)
    assert torchfits.read(data, columns=["Z"])["Z"].tolist() == [8, 9]
    assert len(torchfits.read(data, rows=[0])["V"][0]) == 1


def test_rows_that_share_a_cell() -> None:
    made = descriptors("PB(4)", [(4, 0), (4, 0), (2, 1)])
    got = torchfits.read(file_of([made], heap=b"\1\2\3\4"))["V"]
    assert got.to_list() == [[1, 2, 3, 4], [1, 2, 3, 4], [2, 3]]


def test_rows_that_share_a_cell_do_not_grow_without_bound() -> None:
    """20 KB of descriptors over a heap of 1 MiB ask for 2.5 GB."""
    size = 2**20
    made = descriptors("PB(4)", [(size, 0)] * 2500)
    data = file_of([made], heap=bytes(size))
    with pytest.raises(torchfits.FormatError, match=r"share.*rows="):
        torchfits.read(data)
    assert torchfits.read(data, rows=slice(0, 3))["V"].lengths.tolist() == [size] * 3


def test_a_heap_that_is_cut_off() -> None:
    made, heap = column("PJ(3)", NUMBERS, "i4")
    data = file_of([made], heap=heap * 900)
    with pytest.raises(torchfits.TruncatedError):
        torchfits.read(data[:-2880])
