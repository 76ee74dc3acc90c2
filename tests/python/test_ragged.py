# SPDX-License-Identifier: BSD-3-Clause
"""Ragged and Strings whose cells differ in length, alone and in tables."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchfits import Ragged, Strings, Table

CELLS = [[1, 2, 3], [], [4], [5, 6]]
UNSIGNED = [torch.uint16, torch.uint32, torch.uint64]
DTYPES = [*UNSIGNED, torch.uint8, torch.int8, torch.int64, torch.float32, torch.complex64]


def ragged(dtype: torch.dtype = torch.int32) -> Ragged:
    return Ragged.from_list(CELLS, dtype)


def test_cells_are_views() -> None:
    cells = ragged()
    assert len(cells) == 4
    assert cells.to_list() == CELLS
    assert [cell.tolist() for cell in cells] == CELLS
    assert cells[0].tolist() == [1, 2, 3]
    assert cells[-1].tolist() == cells[3].tolist() == [5, 6]
    assert cells[np.int64(2)].tolist() == cells[torch.tensor(2)].tolist() == [4]
    assert cells[1].shape == (0,)
    cells[0][1] = 9
    assert cells.values.tolist() == [1, 9, 3, 4, 5, 6]
    assert cells.offsets.tolist() == [0, 3, 3, 4, 6]
    assert cells.lengths.tolist() == [3, 0, 1, 2]


@pytest.mark.parametrize("position", [4, -5])
def test_a_position_outside_is_an_error(position: int) -> None:
    with pytest.raises(IndexError, match=f"cell {position} is outside of 4"):
        ragged()[position]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(
    "key",
    [
        slice(1, 3),
        slice(None),
        slice(3, 1),
        slice(None, None, -1),
        slice(0, 4, 2),
        [3, 0, 0, 1],
        [],
        range(1, 4),
        np.array([2, -1]),
        torch.tensor([True, False, False, True]),
        torch.zeros(4, dtype=torch.bool),
    ],
    ids=str,
)
def test_selections(key: object, dtype: torch.dtype) -> None:
    got = ragged(dtype)[key]
    assert got.to_list() == [CELLS[i] for i in positions(key)]
    assert got.dtype == dtype
    assert got.offsets.dtype == torch.int64
    Ragged(got.values, got.offsets)


def positions(key: object) -> list[int]:
    """What a key selects of four, without the code under test."""
    if isinstance(key, slice):
        return list(range(4))[key]
    entries = key.tolist() if hasattr(key, "tolist") else list(key)  # type: ignore[call-overload]
    marked = bool(entries) and isinstance(entries[0], bool)
    return [i for i in range(4) if entries[i]] if marked else entries


def test_a_slice_shares_memory() -> None:
    cells = ragged()
    cells[2:][1][0] = 50
    assert cells.to_list()[3] == [50, 6]


@pytest.mark.parametrize("key", [[4], [-5], [True, False], 1.5, "x", (0, 1)])
def test_other_selections_are_refused(key: object) -> None:
    with pytest.raises((IndexError, TypeError)):
        ragged()[[key]] if isinstance(key, tuple) else ragged()[key]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_padded(dtype: torch.dtype) -> None:
    padded = ragged(dtype).to_padded(7)
    assert padded.dtype == dtype
    assert padded.tolist() == [[1, 2, 3], [7, 7, 7], [4, 7, 7], [5, 6, 7]]
    assert ragged(dtype).to_padded().tolist()[2] == [4, 0, 0]


def test_padded_without_elements() -> None:
    assert Ragged.from_list([[], []]).to_padded(1).shape == (2, 0)
    assert Ragged.from_list([]).to_padded(1).shape == (0, 0)
    assert Ragged.from_list([[1.0]], torch.float32).to_padded(torch.nan).tolist() == [[1.0]]
    with pytest.raises((RuntimeError, ValueError, TypeError)):
        ragged(torch.uint8).to_padded(1000)


@pytest.mark.parametrize(
    ("dtype", "fill"),
    [
        (torch.uint8, -1),
        (torch.uint16, 65536),
        (torch.int32, 1.5),
        (torch.int64, 2**70),
        (torch.int16, torch.nan),
        (torch.bool, 2),
    ],
)
def test_padding_that_the_dtype_cannot_hold_is_refused(dtype: torch.dtype, fill: float) -> None:
    with pytest.raises(RuntimeError, match="fill"):
        Ragged.from_list([[1], []], dtype).to_padded(fill)


@pytest.mark.skipif(
    not hasattr(torch.nested, "nested_tensor_from_jagged"), reason="needs torch 2.4 or later"
)
def test_nested() -> None:
    nested = Ragged.from_list(CELLS, torch.float32).to_nested()
    assert nested.layout == torch.jagged
    assert [cell.tolist() for cell in nested.unbind()] == CELLS


def test_equal_cells() -> None:
    other = Ragged.from_list([[1, 0, 3], [], [4], [5, 7]], torch.int32)
    assert (ragged() == other).to_list() == [[True, False, True], [], [True], [True, False]]
    assert (ragged() != other).to_list() == [[False, True, False], [], [False], [False, True]]
    assert bool((ragged(torch.uint64) == ragged(torch.uint64)).values.all())
    assert bool((ragged() == ragged(torch.float64)).values.all())
    with pytest.raises(ValueError, match="length"):
        assert ragged() == ragged()[:3]
    assert (ragged() == "text") is False
    with pytest.raises(TypeError, match="unhashable"):
        hash(ragged())


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_equal_to_a_number(dtype: torch.dtype) -> None:
    assert (ragged(dtype) == 4).to_list() == [[False] * 3, [], [True], [False] * 2]
    assert (ragged(dtype) != 4.0).to_list() == [[True] * 3, [], [False], [True] * 2]
    for none in (1.5, 10**6, -1, float("nan"), 4 + 1j):
        if dtype not in (torch.uint8, torch.int8):
            assert not (ragged(dtype) == none).values.any()


def test_equal_to_large_unsigned_numbers() -> None:
    top = Ragged.from_list([[2**64 - 1, 2**63], [5]], torch.uint64)
    assert (top == 2**64 - 1).to_list() == [[True, False], [False]]
    assert (top == 2**63).to_list() == [[False, True], [False]]
    assert (top == -1).to_list() == [[False, False], [False]]


@pytest.mark.parametrize("dtype", [*DTYPES, torch.bool], ids=str)
@pytest.mark.parametrize("number", [torch.inf, -torch.inf, torch.nan, 2**70, -(2**70), 10**400])
def test_no_number_is_too_large_to_compare(dtype: torch.dtype, number: float) -> None:
    cells = Ragged.from_list([[0, 1], [1]], dtype)
    assert not (cells == number).values.any()
    assert (cells != number).values.all()


def test_integers_compare_exactly() -> None:
    cells = Ragged.from_list([[2**24 + 1, 2**24]], torch.int32)
    assert (cells == 2.0**24).to_list() == [[False, True]]
    for number in (np.int64(2**24), np.float32(2**24), np.array(2**24), torch.tensor(2**24)):
        assert (cells == number).to_list() == [[False, True]]


@pytest.mark.parametrize("one", DTYPES, ids=str)
@pytest.mark.parametrize("other", [torch.uint16, torch.uint32, torch.uint64], ids=str)
def test_unsigned_cells_compare_with_any_others(one: torch.dtype, other: torch.dtype) -> None:
    ones, others = Ragged.from_list([[1, 2], [3]], one), Ragged.from_list([[1, 5], [3]], other)
    assert (ones == others).to_list() == [[True, False], [True]]
    assert (others != ones).to_list() == [[False, True], [False]]


def test_large_unsigned_cells_are_not_negative_ones() -> None:
    large, negative = Ragged.from_list([[2**64 - 1]], torch.uint64), Ragged.from_list([[-1]])
    assert (large == negative).to_list() == (negative == large).to_list() == [[False]]


def test_cells_of_tensors_and_arrays_keep_their_dtype() -> None:
    precise = torch.tensor([0.1, 0.2], dtype=torch.float64)
    for cells in ([precise, precise[:0]], [precise, [0.5]], [precise.numpy().astype(">f8"), []]):
        made = Ragged.from_list(cells)
        assert made.dtype == torch.float64
        assert made[0].tolist() == [0.1, 0.2]
    for dtype in (torch.int16, torch.uint16, torch.uint64, torch.bool, torch.complex128):
        made = Ragged.from_list([torch.tensor([1], dtype=dtype), torch.tensor([])])
        assert made.dtype == dtype
    mixed = [torch.tensor([1], dtype=torch.int16), torch.tensor([2.5])]
    assert Ragged.from_list(mixed).dtype == torch.float32
    assert Ragged.from_list([precise], torch.float32).dtype == torch.float32
    assert Ragged.from_list([[0.5]]).dtype == torch.float32


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_pickle(dtype: torch.dtype) -> None:
    again = pickle.loads(pickle.dumps(ragged(dtype)))
    assert again.dtype == dtype
    assert again.to_list() == CELLS


def test_a_slice_pickles_its_own_elements_only() -> None:
    many = Ragged(torch.arange(100_000), torch.arange(0, 100_001, 10))
    assert len(pickle.dumps(many[5:7])) < 5000


def test_moving() -> None:
    assert ragged().to("cpu").to_list() == CELLS
    meta = ragged().to("meta")
    assert meta.device.type == "meta"
    assert meta.offsets.device.type == "meta"
    assert repr(meta) == "Ragged(4 cells, 6 elements, int32)"


@pytest.mark.parametrize(
    ("values", "offsets", "error"),
    [
        ([1, 2], [0, 1], ValueError),
        ([1, 2], [1, 2], ValueError),
        ([1, 2], [0, 2, 1, 2], ValueError),
        ([1, 2], [0, -1, 2], ValueError),
        ([1, 2], [], ValueError),
        ([[1, 2]], [0, 1], TypeError),
    ],
)
def test_offsets_are_checked(values: list[int], offsets: list[int], error: type) -> None:
    with pytest.raises(error):
        Ragged(torch.tensor(values), torch.tensor(offsets, dtype=torch.int64))


def test_what_is_no_tensor_is_refused() -> None:
    with pytest.raises(TypeError):
        Ragged([1, 2], torch.tensor([0, 2]))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Ragged(torch.tensor([1, 2]), torch.tensor([0, 2], dtype=torch.int32))
    with pytest.raises(ValueError, match="devices?|are on"):
        Ragged(torch.tensor([1, 2], device="meta"), torch.tensor([0, 2]))


def test_repr_is_short() -> None:
    assert repr(ragged()) == (
        "Ragged(4 cells, 6 elements, lengths 0 to 3, int32: [[1, 2, 3], [], [4], [5, 6]])"
    )
    many = Ragged(torch.rand(1_000_000), torch.arange(0, 1_000_001, 1000))
    assert len(repr(many)) < 300
    assert "lengths 1000, float32" in repr(many)
    assert repr(Ragged.from_list([])) == "Ragged(0 cells, 0 elements, float32)"


@given(st.lists(st.lists(st.integers(-99, 99), max_size=6), max_size=12), st.data())
def test_selections_are_those_of_a_list(cells: list[list[int]], data: st.DataObject) -> None:
    made = Ragged.from_list(cells, torch.int16)
    assert made.to_list() == cells
    key = data.draw(st.slices(len(cells)))
    assert made[key].to_list() == cells[key]
    if cells:
        rows = data.draw(st.lists(st.integers(-len(cells), len(cells) - 1), max_size=9))
        assert made[rows].to_list() == [cells[i] for i in rows]


# Strings of different lengths

RAW = [b"M31  ", b"", b"a\0zz", b"NGC 1001", b"\xe9"]
TEXT = ["M31", "", "a", "NGC 1001", "é"]


def names() -> Strings:
    offsets = torch.tensor([0, *map(len, RAW)]).cumsum(0)
    return Strings(torch.tensor(list(b"".join(RAW)), dtype=torch.uint8), offsets)


def test_t40_text_of_any_length() -> None:
    assert names().to_list() == list(names()) == TEXT
    assert [names()[i] for i in range(-5, 0)] == TEXT
    assert names().shape == (5,)
    assert names().width == 8
    assert bytes(names().bytes.tolist()) == b"".join(RAW)
    with pytest.raises(IndexError, match="string 5 is outside"):
        names()[5]


def test_selections_of_text() -> None:
    assert names()[1:4].to_list() == TEXT[1:4]
    assert names()[::-2].to_list() == TEXT[::-2]
    assert names()[[3, 3, 0]].to_list() == ["NGC 1001", "NGC 1001", "M31"]
    assert names()[torch.tensor([True, False, False, False, True])].to_list() == ["M31", "é"]


def test_comparison_of_text() -> None:
    assert (names() == "M31").tolist() == [True, False, False, False, False]
    assert (names() == b"a\0x").tolist() == [False, False, True, False, False]
    assert (names() != "é").tolist() == [True, True, True, True, False]
    assert (names() == "中").tolist() == [False] * 5
    assert (names() == TEXT).tolist() == [True] * 5
    assert (Strings.from_list(TEXT) == names()).tolist() == [True] * 5
    assert (names() == names()).tolist() == [True] * 5


def test_other_forms_of_text() -> None:
    assert names().to_numpy().tolist() == [b"M31  ", b"", b"a\0zz", b"NGC 1001", b"\xe9"]
    assert repr(names()) == "Strings(5, longest=8: ['M31', '', 'a', 'NGC 1001', 'é'])"
    assert pickle.loads(pickle.dumps(names())).to_list() == TEXT
    assert names().to("cpu").to_list() == TEXT
    with pytest.raises(TypeError, match="offsets="):
        Strings(names().bytes)
    with pytest.raises(ValueError, match="offsets"):
        Strings(names().bytes, torch.tensor([0, 1]))


# In a Table


def simple() -> Table:
    masks = {"V": Ragged.from_list([[False, True, False], [], [True], [False] * 2], torch.bool)}
    columns = {"ID": torch.arange(4), "V": ragged(torch.uint16), "S": names()[:4]}
    return Table(columns, units={"V": "mJy"}, masks=masks)


def test_a_table_takes_ragged_columns() -> None:
    table = simple()
    assert len(table) == 4
    assert table["V"].to_list() == CELLS
    assert table["S"].to_list() == TEXT[:4]
    column = table.columns[1]
    assert (column.format, column.dtype, column.shape) == ("PI(3)", torch.uint16, (-1,))
    assert table.columns[2].format == "PA(8)"
    assert table.null_mask("S") is None


def test_rows_of_a_table() -> None:
    for key, positions in [(slice(1, 3), [1, 2]), ([3, 0], [3, 0]), (slice(None, None, -1), None)]:
        some = simple()[key]
        wanted = positions or [3, 2, 1, 0]
        assert some["V"].to_list() == [CELLS[i] for i in wanted]
        assert some["S"].to_list() == [TEXT[i] for i in wanted]
        assert some.null_mask("V").lengths.tolist() == [len(CELLS[i]) for i in wanted]
    row = simple()[0]
    assert row["V"].tolist() == [1, 2, 3]
    assert row["S"] == "M31"
    assert simple()["S", "V"].names == ["S", "V"]


def test_nulls_of_a_table() -> None:
    table = simple()
    assert table.null_mask("V").to_list() == [[False, True, False], [], [True], [False, False]]
    floats = table._with_nulls("nan")
    assert floats["V"].dtype == torch.float64
    assert floats["V"].values.isnan().tolist() == [False, True, False, True, False, False]
    assert table._with_nulls("raw").null_mask("V") is None


@pytest.mark.parametrize(
    "mask",
    [
        Ragged.from_list([[True]], torch.bool),
        Ragged.from_list(CELLS, torch.int32),
        torch.zeros(4, dtype=torch.bool),
    ],
)
def test_masks_are_checked(mask: object) -> None:
    with pytest.raises(ValueError, match="'V'"):
        Table({"V": ragged()}, masks={"V": mask})  # type: ignore[dict-item]


def test_a_table_pickles_and_moves() -> None:
    again = pickle.loads(pickle.dumps(simple()))
    assert again["V"].dtype == torch.uint16
    assert again["V"].to_list() == CELLS
    assert again["S"].to_list() == TEXT[:4]
    assert again.null_mask("V").to_list() == simple().null_mask("V").to_list()
    meta = simple().to("meta")
    assert meta["V"].device.type == meta.null_mask("V").device.type == "meta"
    assert "uint16[*]" in repr(meta)


def test_a_table_shows_cells() -> None:
    text = repr(simple())
    assert "uint16[*]" in text
    assert "[1, null, 3]" in text
    assert "mJy" in text
    assert "NGC 1001" in simple()._repr_html_()


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="length"):
        Table({"V": ragged(), "X": torch.arange(3)})


@pytest.mark.parametrize("cells", [1, "abc", None, [1, 2], ["ab"]])
def test_what_are_no_cells(cells: object) -> None:
    with pytest.raises(TypeError, match=r"Ragged\.from_list takes"):
        Ragged.from_list(cells)  # type: ignore[arg-type]
