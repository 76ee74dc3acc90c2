# SPDX-License-Identifier: BSD-3-Clause
"""A part that is read equals the part of the whole: sections, cutouts, rows and columns."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from comparison import assert_column, assert_same
from fits_bytes import card, empty_primary, field, image, table, text_field
from hypothesis import example, given, settings
from hypothesis import strategies as st

import torchfits

CODES = ["u1", "i2", "i4", "i8", "f4", "f8"]
bounds = st.none() | st.integers(-12, 12)
steps = st.none() | st.integers(-4, 4).filter(bool)
slices = st.builds(slice, bounds, bounds, steps)


def numbers(shape: tuple[int, ...], code: str) -> np.ndarray:
    """Different values everywhere, in every byte."""
    count = math.prod(shape)
    if code[0] == "f":
        return ((np.arange(count) - count / 3) * 1.37).astype(code).reshape(shape)
    return (np.arange(count) * 1234567891011).astype(code).reshape(shape)


@st.composite
def keys(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[object, ...]:
    """An index that numpy accepts: ints inside, any slices, at most one ellipsis."""
    used = draw(st.integers(0, len(shape)))
    ellipsis = draw(st.booleans()) and used > 0
    split = draw(st.integers(0, used)) if ellipsis else used
    axes = [*shape[:split], *shape[len(shape) - (used - split) :]] if ellipsis else shape[:used]
    parts: list[object] = []
    for length in axes:
        whole = st.integers(-length, length - 1) if length else slices
        parts.append(draw(slices | whole))
    return (*parts[:split], ..., *parts[split:]) if ellipsis else tuple(parts)


@st.composite
def images_with_keys(draw: st.DrawFn) -> tuple[np.ndarray, tuple[object, ...]]:
    shape = tuple(draw(st.lists(st.integers(0, 9), min_size=1, max_size=4)))
    return numbers(shape, draw(st.sampled_from(CODES))), draw(keys(shape))


@settings(max_examples=300)
@given(images_with_keys())
@example((numbers((3, 4), "i2"), ()))
@example((numbers((5,), "f4"), (slice(None, None, -1),)))
def test_section_equals_slice_of_the_whole(case: tuple[np.ndarray, tuple[object, ...]]) -> None:
    whole, key = case
    content = image(whole)
    expected = np.asarray(whole[key])
    with torchfits.open(content) as f:
        assert_same(f[0][key], expected)
        assert_same(f[0].read(section=key), expected)


@settings(max_examples=60)
@given(images_with_keys(), st.sampled_from([(2.5, -7.0, None), (1, 2**15, None), (None, None, 0)]))
def test_scaled_section_equals_slice_of_the_scaled_whole(
    case: tuple[np.ndarray, tuple[object, ...]], scaling: tuple[object, ...]
) -> None:
    whole, key = case
    whole = (np.nan_to_num(whole) % 100).astype("i2")
    pairs = zip(("BSCALE", "BZERO", "BLANK"), scaling, strict=True)
    content = image(whole, [card(name, value) for name, value in pairs if value is not None])
    expected = torchfits.read(content).numpy()[key]
    assert_same(torchfits.read(content, section=key), np.asarray(expected))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """More bytes than one range or window of a read."""
    whole = numbers((40, 700, 900), "i2")
    path = tmp_path_factory.mktemp("large") / "large.fits"
    path.write_bytes(image(whole))
    return path, whole


@pytest.mark.parametrize(
    "key",
    [
        ...,
        (slice(None, None, -1),),
        (slice(None), slice(None, None, 7)),
        (slice(1, None, 3), slice(650, 10, -9), slice(880, 3, -2)),
        (..., slice(5, 890)),
        (..., 899),
        (39,),
        (slice(None), 699, slice(None, None, 2)),
    ],
)
def test_large_sections(large: tuple[Path, np.ndarray], key: object) -> None:
    path, whole = large
    with torchfits.open(path) as f:
        assert_same(f[0][key], np.ascontiguousarray(whole[key]))


def test_a_small_section_reads_little(large: tuple[Path, np.ndarray]) -> None:
    path, whole = large
    with torchfits.open(path) as f:
        f[0].header  # noqa: B018  (brings the header in)
        before = torchfits.stats()["bytes_read"]
        assert_same(f[0][20, 300:310, 400:420], whole[20, 300:310, 400:420])
        assert torchfits.stats()["bytes_read"] - before < 128 << 10


@settings(max_examples=150)
@given(
    st.lists(st.integers(0, 7), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 9)), min_size=3, max_size=3),
    st.sampled_from(CODES),
)
def test_cutout_with_fill_equals_a_padded_copy(
    shape: list[int], boxes: list[tuple[int, int]], code: str
) -> None:
    whole = numbers(tuple(shape), code)
    boxes = boxes[: len(shape)]
    section = tuple(slice(start, start + length) for start, length in boxes)
    expected = np.full([length for _, length in boxes], 77, code)
    inside = [range(max(s, 0), min(s + n, size)) for (s, n), size in zip(boxes, shape, strict=True)]
    if all(len(axis) for axis in inside):
        source = tuple(slice(axis.start, axis.stop) for axis in inside)
        target = tuple(
            slice(axis.start - s, axis.stop - s) for axis, (s, _) in zip(inside, boxes, strict=True)
        )
        expected[target] = whole[source]
    assert_same(torchfits.cutout(image(whole), section, 0, fill=77), expected)


def test_cutout_inside_needs_no_fill() -> None:
    whole = numbers((6, 7), "f4")
    got = torchfits.cutout(image(whole), (slice(1, 4), slice(2, 7)))
    assert_same(got, whole[1:4, 2:7])


@pytest.mark.parametrize("section", [(slice(-1, 2), slice(0, 2)), (slice(0, 2), slice(5, 8))])
def test_cutout_outside_without_fill_is_an_error(section: tuple[slice, ...]) -> None:
    with pytest.raises((IndexError, ValueError), match=r"(?i)fill"):
        torchfits.cutout(image(numbers((6, 7), "f4")), section)


def test_cutout_has_no_steps() -> None:
    with pytest.raises((TypeError, ValueError), match=r"(?i)step"):
        torchfits.cutout(image(numbers((6, 7), "f4")), (slice(0, 4, 2), slice(0, 2)))


@pytest.mark.parametrize(
    ("code", "fill"), [("u1", 256), ("u1", -1), ("i2", 1.5), ("i2", float("nan")), ("i4", 2**31)]
)
def test_fill_has_to_fit_the_dtype(code: str, fill: float) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError), match=r"(?i)fill"):
        torchfits.cutout(image(numbers((3, 3), code)), (slice(-1, 2), slice(0, 2)), fill=fill)


def test_fill_of_nan_in_a_float_image() -> None:
    whole = numbers((2, 2), "f8")
    got = torchfits.cutout(image(whole), (slice(-1, 1), slice(0, 2)), fill=float("nan"))
    assert torch.isnan(got[0]).all()
    assert got[1].tolist() == whole[0].tolist()


def test_fill_is_not_scaled() -> None:
    content = image(np.array([1, 2], "i2"), [card("BSCALE", 2.0), card("BZERO", 100.0)])
    got = torchfits.cutout(content, (slice(1, 3),), fill=5)
    assert got.tolist() == [104.0, 5.0]


ROWS = 37
RNG = np.random.default_rng(5)
PLAIN = {
    "FLAG": ("L", RNG.choice([ord("T"), ord("F"), 0], (ROWS, 1)).astype("u1")),
    "BYTES": ("3B", RNG.integers(0, 256, (ROWS, 3)).astype("u1")),
    "BITS": ("11X", RNG.integers(0, 256, (ROWS, 2)).astype("u1")),
    "SHORT": ("I", field(np.arange(ROWS), "i2")),
    "LONG": ("2J", field(np.arange(2 * ROWS).reshape(ROWS, 2), "i4")),
    "HUGE": ("K", field(np.arange(ROWS) * 10**15, "i8")),
    "NAME": ("5A", text_field([f"n{i}".encode() for i in range(ROWS)], 5)),
    "MAG": ("E", field(np.arange(ROWS) / 7, "f4")),
    "POS": ("2D", field(np.arange(2 * ROWS).reshape(ROWS, 2) / 3, "f8")),
    "PHASE": ("C", field(np.arange(ROWS) * (1 - 2j), "c8")),
}
TABLE = empty_primary() + table(
    [(name, form, cells) for name, (form, cells) in PLAIN.items()],
    [card("TNULL4", 7), card("TSCAL5", 0.25), card("TZERO6", 2**63)],
)


def as_array(column: object) -> np.ndarray:
    if isinstance(column, torch.Tensor):
        return column.numpy()
    return np.array(column.to_list(), object)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def whole_table() -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    got = torchfits.read(TABLE)
    nulls = {name: got.null_mask(name) for name in got.names}
    return {
        name: (as_array(got[name]), None if mask is None else mask.numpy())
        for name, mask in nulls.items()
    }


row_lists = st.lists(st.integers(-ROWS, ROWS - 1), max_size=50)
masks = st.lists(st.booleans(), min_size=ROWS, max_size=ROWS).map(np.array)
far = st.none() | st.integers(-50, 50)
row_slices = st.builds(slice, far, far, st.none() | st.integers(-5, 5).filter(bool))


@settings(max_examples=200)
@given(
    rows=row_slices | row_lists | masks | st.none(),
    names=st.lists(st.sampled_from(sorted(PLAIN)), min_size=1, unique=True),
)
@example(rows=slice(None), names=["NAME"])
def test_rows_and_columns_equal_indexing_of_the_whole_table(
    rows: object, names: list[str], whole_table: dict[str, tuple[np.ndarray, np.ndarray | None]]
) -> None:
    got = torchfits.read(TABLE, columns=names, rows=rows)
    index = slice(None) if rows is None else rows
    if isinstance(index, list):
        index = np.array(index, np.int64)
    assert list(got.names) == names
    for name in names:
        values, nulls = whole_table[name]
        assert_column(got[name], values[index], name)
        if nulls is None:
            assert got.null_mask(name) is None
        else:
            assert_same(got.null_mask(name), nulls[index], name)


@settings(max_examples=60)
@given(row_slices)
def test_slices_of_a_table_hdu(key: slice) -> None:
    with torchfits.open(TABLE) as f:
        assert f[1][key]["SHORT"].tolist() == list(range(ROWS))[key]
        assert f[1]["SHORT", key].tolist() == list(range(ROWS))[key]


def test_a_mask_has_exactly_one_element_a_row() -> None:
    for length in (ROWS - 1, ROWS + 1):
        with pytest.raises((IndexError, ValueError)):
            torchfits.read(TABLE, rows=torch.ones(length, dtype=torch.bool))


@pytest.fixture(scope="module")
def long_table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """More rows than one block of a read."""
    rows = 120_000
    path = tmp_path_factory.mktemp("long") / "long.fits"
    columns = [
        ("ID", "J", field(np.arange(rows), "i4")),
        ("PAD", "13B", np.zeros((rows, 13), "u1")),
        ("X", "D", field(np.arange(rows) * 0.5, "f8")),
    ]
    path.write_bytes(empty_primary() + table(columns))
    return path, rows


@pytest.mark.parametrize(
    "rows",
    [slice(None), slice(None, None, -1), slice(17, -5, 1013), slice(119_000, 50, -7), slice(5, 5)],
)
def test_rows_of_a_long_table(long_table: tuple[Path, int], rows: slice) -> None:
    path, count = long_table
    expected = np.arange(count, dtype="i4")[rows]
    got = torchfits.read(path, rows=rows)
    assert_same(got["ID"], expected)
    assert_same(got["X"], expected * 0.5)
    scattered = np.random.default_rng(1).integers(-count, count, 5000)
    got = torchfits.read(path, rows=scattered, columns=["ID"])
    assert_same(got["ID"], np.arange(count, dtype="i4")[scattered])
