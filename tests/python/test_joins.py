# SPDX-License-Identifier: BSD-3-Clause
"""Joins against pandas' merge, and against the definition where pandas differs."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchfits
from torchfits import ColumnNotFoundError, Ragged, Strings, Table

HOW = ["inner", "left", "right", "outer", "semi", "anti"]
SIGNED = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}


def rows_of(table):
    """Rows as tuples, None for nulls."""
    columns = []
    for name in table.names:
        values, mask = table[name], table.null_mask(name)
        cells = values.to_list() if isinstance(values, (Strings, Ragged)) else values.tolist()
        nulls = [False] * len(table) if mask is None or isinstance(mask, Ragged) else mask.tolist()
        columns.append([None if null else cell for cell, null in zip(cells, nulls, strict=True)])
    return list(zip(*columns, strict=True))


def frame(pd, keys, payload):
    """A DataFrame with nullable keys: what pandas joins exactly."""
    columns = {}
    for name, values in keys.items():
        dtype = "string" if any(isinstance(value, str) for value in values) else "Int64"
        columns[name] = pd.array(values, dtype=dtype)
    columns[payload] = pd.array(range(len(next(iter(keys.values())))), dtype="Int64")
    return pd.DataFrame(columns)


def table(keys, payload):
    columns, masks = {}, {}
    for name, values in keys.items():
        if any(isinstance(value, str) for value in values):
            columns[name] = Strings.from_list([value or "" for value in values])
        else:
            columns[name] = torch.tensor([value or 0 for value in values], dtype=torch.int64)
        masks[name] = torch.tensor([value is None for value in values], dtype=torch.bool)
    columns[payload] = torch.arange(len(next(iter(columns.values()))))
    return Table(columns, masks=masks)


def from_pandas(pd, left, right, names, how):
    """Pandas' merge of rows whose keys are not null, with the others as nothing matches them."""
    if how in ("semi", "anti"):
        known = left.dropna(subset=names).merge(right.dropna(subset=names)[names], on=names)
        met = left["A"].isin(known["A"])
        return left[met if how == "semi" else ~met]
    # pandas lets nulls match each other: a counter makes them all different.
    tags = iter(range(10**6))
    parts = []
    for data in (left, right):
        nulls = data[names].isna().any(axis=1)
        parts.append(data.assign(tag=[next(tags) if null else -1 for null in nulls]))
    merged = parts[0].merge(parts[1], on=[*names, "tag"], how=how)
    return merged.drop(columns="tag")


def plain(pd, data):
    return [
        tuple(
            None if pd.isna(value) else value if isinstance(value, str) else int(value)
            for value in row
        )
        for row in data.itertuples(index=False)
    ]


whole = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([-(2**63), 2**63 - 1, 2**53 + 1]))
text = st.one_of(st.none(), st.sampled_from(["", "a", "ab", "NGC 1", "NGC 1023 in Perseus"]))


@st.composite
def tables(draw, kinds):
    sizes = draw(st.integers(0, 12)), draw(st.integers(0, 12))
    return [
        {
            f"K{i}": draw(st.lists(kind, min_size=size, max_size=size))
            for i, kind in enumerate(kinds)
        }
        for size in sizes
    ]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(
    "kinds", [[whole], [text], [whole, text], [whole, whole, whole]], ids=["i", "s", "is", "iii"]
)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_join_is_the_merge_of_pandas(how, kinds, data):
    pd = pytest.importorskip("pandas")
    left, right = data.draw(tables(kinds))
    for side in (left, right):  # a column without values would have no type
        for values, kind in zip(side.values(), kinds, strict=True):
            values.append("a" if kind is text else 1)
    names = list(left)
    ours = table(left, "A").join(table(right, "B"), on=names, how=how)
    theirs = from_pandas(pd, frame(pd, left, "A"), frame(pd, right, "B"), names, how)
    assert ours.names == list(theirs.columns)
    found, expected = rows_of(ours), plain(pd, theirs)
    if how == "outer":  # the order of the keys, in which pandas leaves nulls of several keys open
        found, expected = (sorted(rows, key=repr) for rows in (found, expected))
    if how == "inner":  # pandas 3 leaves the order of equal keys open: left rows, then right ones
        places = [ours.names.index(name) for name in "AB"]
        expected.sort(key=lambda row: [row[place] for place in places])
    assert found == expected


@pytest.mark.parametrize("how", HOW)
def test_empty_tables_join(how):
    empty = Table({"K": torch.zeros(0, dtype=torch.int64), "A": torch.zeros(0)})
    full = Table({"K": torch.tensor([1, 2]), "B": ["x", "y"], "V": torch.ones(2, 3)})
    rows = {"inner": 0, "left": 0, "right": 2, "outer": 2, "semi": 0, "anti": 0}
    assert len(empty.join(full, "K", how)) == rows[how]
    swapped = full.join(empty, "K", how)
    assert len(swapped) == {"left": 2, "outer": 2, "anti": 2}.get(how, 0)
    if how == "left":
        assert swapped.null_mask("A").tolist() == [True, True]
        assert swapped["A"].isnan().all()


@pytest.mark.parametrize("how", ["left", "right", "outer"])
def test_rows_without_a_partner_are_null_in_every_kind_of_column(how):
    left = Table({"K": torch.tensor([1, 2])})
    right = Table(
        {
            "K": torch.tensor([2, 3], dtype=torch.int16),
            "U": torch.tensor([2**63, 7], dtype=torch.uint64),
            "F": torch.tensor([1.5, 2.5]),
            "C": torch.tensor([1 + 2j, 3j]),
            "L": torch.tensor([True, True]),
            "M": torch.arange(4, dtype=torch.int32).view(2, 2),
            "S": ["one", "two"],
            "T": Strings(torch.tensor([97, 98, 99], dtype=torch.uint8), torch.tensor([0, 2, 3])),
            "R": Ragged.from_list([[1, 2], [3]]),
        },
        units={"F": "mag"},
    )
    joined = left.join(right, "K", how)
    if how != "right":
        row = joined["K"].tolist().index(1)
        assert joined.null_mask("U")[row]
        assert joined["F"][row].isnan()
        assert torch.view_as_real(joined["C"])[row].isnan().any()
        assert joined.null_mask("C")[row]
        assert not joined["L"][row]
        assert joined.null_mask("M")[row].tolist() == [True, True]
        assert joined["S"][row] == joined["T"][row] == ""
        assert joined.null_mask("S")[row]
        assert joined.null_mask("T")[row]
        assert joined["R"][row].tolist() == []
    row = joined["K"].tolist().index(2)
    assert joined["U"].tolist()[row] == 2**63
    assert joined["T"][row] == "ab"
    assert joined["R"][row].tolist() == [1, 2]
    assert joined.columns[joined.names.index("F")].unit == "mag"
    assert joined["K"].dtype == (torch.int16 if how == "right" else torch.int64)


@pytest.mark.parametrize(
    "one",
    [
        torch.int8,
        torch.uint8,
        torch.int16,
        torch.uint16,
        torch.int32,
        torch.uint32,
        torch.int64,
        torch.uint64,
    ],
)
@pytest.mark.parametrize("other", [torch.int64, torch.uint64, torch.uint8])
def test_integers_of_all_dtypes_compare_exactly(one, other):
    limits = torch.iinfo(one), torch.iinfo(other)
    values = [sorted({each.min, 0, 5, 100, each.max}) for each in limits]
    left, right = (
        Table({"K": torch.tensor(some, dtype=dtype)})
        for some, dtype in zip(values, (one, other), strict=True)
    )
    assert left.join(right, "K")["K"].tolist() == sorted(set(values[0]) & set(values[1]))


def test_floats_match_by_value_nan_never_and_zeros_are_one():
    left = Table({"K": torch.tensor([math.nan, 0.0, 0.5, math.inf, 0.1])})
    right = Table({"K": torch.tensor([math.nan, -0.0, math.inf, 0.5, 0.1], dtype=torch.float64)})
    assert left.join(right, "K")["K"].tolist() == [0.0, 0.5, math.inf]
    assert len(left.join(right, "K", "outer")) == 3 + 2 + 2
    half = Table({"K": torch.tensor([0.5], dtype=torch.float16)})
    assert len(half.join(right, "K")) == 1


def test_small_and_large_unsigned_keys_have_one_order():
    small = Table({"K": torch.tensor([200, 5], dtype=torch.uint8)})
    large = Table({"K": torch.tensor([2**63 + 1, 5, 2**63], dtype=torch.uint64)})
    for joined in (small.join(large, "K", "outer"), large.join(small, "K", "outer")):
        assert joined["K"].tolist() == [5, 200, 2**63, 2**63 + 1]


@pytest.mark.parametrize(
    ("how", "left", "right"),
    [("inner", False, False), ("left", False, True), ("right", True, False), ("outer", True, True)],
)
def test_only_columns_without_a_partner_can_be_null(how, left, right):
    one = Table({"K": torch.tensor([1, 2]), "A": torch.zeros(2)})
    other = Table({"K": torch.tensor([2, 1]), "B": torch.zeros(2)})
    joined = one.join(other, "K", how)
    masks = {name: joined.null_mask(name) is not None for name in "AB"}
    assert masks == {"A": left, "B": right}


def test_short_floats_match_the_doubles_that_they_are():
    doubles = Table({"K": torch.tensor([0.1, 0.5, float(np.float32(0.1))], dtype=torch.float64)})
    floats = Table({"K": torch.tensor([0.1, 0.5])})
    assert doubles.join(floats, "K")["K"].tolist() == [0.5, float(np.float32(0.1))]
    assert floats.join(doubles, "K")["K"].tolist() == [float(np.float32(0.1)), 0.5]
    assert doubles.join(floats, "K", "anti")["K"].tolist() == [0.1]


def test_an_outer_join_is_sorted_by_its_keys_with_nulls_last():
    left = Table({"K": torch.tensor([3.0, math.nan, 1.0]), "A": torch.arange(3)})
    right = Table({"K": torch.tensor([2.0, 3.0, math.nan]), "B": torch.arange(3)})
    assert [(a, b) for _, a, b in rows_of(left.join(right, "K", "outer"))] == [
        (2, None), (None, 0), (0, 1), (1, None), (None, 2),
    ]  # fmt: skip


def test_keys_of_two_names_are_both_kept():
    left = Table({"ID": torch.tensor([1, 2]), "X": torch.tensor([10, 20])})
    right = Table({"SRC": torch.tensor([2, 3]), "x": torch.tensor([200, 300])})
    joined = left.join(right, on={"id": "src"}, how="outer")
    assert joined.names == ["ID", "X", "SRC", "x_2"]
    assert rows_of(joined) == [(1, 10, None, None), (2, 20, 2, 200), (None, None, 3, 300)]
    assert left.join(right, {"ID": "SRC"}, suffixes=("_l", "_r")).names == [
        "ID",
        "X_l",
        "SRC",
        "x_r",
    ]


def test_cells_of_several_elements_are_keys_element_by_element():
    left = Table({"K": torch.tensor([[1, 2], [3, 4]]), "A": torch.arange(2)})
    right = Table({"K": torch.tensor([[3, 4], [1, 9]], dtype=torch.int16)})
    assert rows_of(left.join(right, "K")) == [([3, 4], 1)]


def test_what_is_known_of_the_columns_survives_a_join():
    events = torchfits.read("examples/data/chandra_test.fits", "EVENTS")[:100]
    flags = Table({"ccd_id": torch.arange(4), "NOTE": ["a", "b", "c", "d"]})
    joined = events.join(flags, "CCD_ID", "left")
    assert joined.names == [*events.names, "NOTE"]
    assert joined.columns[5] == events.columns[5]
    assert torch.equal(joined["energy"], events["energy"])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"on": "IDD"}, ColumnNotFoundError, "did you mean 'ID'"),
        ({"on": "ID", "how": "lefft"}, ValueError, "'inner', .*'anti'; did you mean 'left'"),
        ({"on": "ID", "how": "INNER"}, ValueError, "did you mean 'inner'"),
        ({"on": "E"}, ValueError, "the cells of 'E' have no elements to compare"),
        ({"on": []}, ValueError, "on= names no key"),
        ({"on": 3}, TypeError, "a list of names, or a dict"),
        ({"on": {"ID": "NAME"}}, TypeError, r"'ID' \(int64\) and 'NAME' \(text\) do not compare"),
        ({"on": {"ID": "X"}}, TypeError, "integers go with integers"),
        ({"on": {"ID": "V"}}, TypeError, r"'V' \(int64 \[2\]\)"),
        ({"on": "R"}, TypeError, "variable length"),
        ({"on": "Z"}, TypeError, "complex"),
        ({"on": "ID", "suffixes": ("", "")}, ValueError, "two columns 'NAME'; choose other suff"),
        ({"on": "ID", "suffixes": "_x"}, TypeError, "two texts"),
    ],
)
def test_mistakes_are_explained(arguments, error, message):
    columns = {
        "ID": torch.tensor([1]), "NAME": ["a"], "X": torch.ones(1), "V": torch.ones(1, 2).long(),
        "R": Ragged.from_list([[1]]), "Z": torch.ones(1, dtype=torch.complex64),
        "E": torch.zeros(1, 0),
    }  # fmt: skip
    with pytest.raises(error, match=message):
        Table(columns).join(Table(columns), **arguments)


def test_a_shared_key_has_the_unit_of_its_values():
    left = Table({"K": torch.tensor([1, 2]), "A": torch.arange(2)}, units={"K": "deg"})
    right = Table({"K": torch.tensor([2, 3])}, units={"K": "arcsec"})
    plain = Table({"K": torch.tensor([2, 3])})
    assert left.join(right, "K", "inner").columns[0].unit == "deg"
    assert left.join(right, "K", "right").columns[0].unit == "arcsec"
    assert left.join(plain, "K", "right").columns[0].unit == "deg"
    with pytest.raises(ValueError, match="has the units deg and arcsec"):
        left.join(right, "K", "outer")


@pytest.mark.parametrize("how", ["inner", "left", "right", "outer"])
def test_a_shared_key_is_described_as_in_the_left_table(how):
    left = Table({"K": torch.tensor([1, 2]), "A": torch.zeros(2)}, units={"K": "s", "A": "m"})
    right = Table({"K": torch.tensor([2, 3]), "B": torch.zeros(2)}, units={"B": "Jy"})
    units = {column.name: column.unit for column in left.join(right, "K", how).columns}
    assert units == {"K": "s", "A": "m", "B": "Jy"}


def test_more_pairs_than_memory_holds_are_counted_in_the_error():
    rows = 2_000_000
    table = Table({"K": torch.zeros(rows, dtype=torch.uint8)})
    with pytest.raises(MemoryError, match=r"has 4000000000000 rows.* t\.unique"):
        table.join(table, "K")
    assert len(table.join(table, "K", "semi")) == rows


def test_tables_on_two_devices_are_refused():
    table = Table({"K": torch.tensor([1, 2])})
    with pytest.raises(
        ValueError, match=r"the tables are on cpu and meta; move one with t\.to\('cpu'\)"
    ):
        table.join(table.to("meta"), "K")


def test_an_outer_key_that_no_dtype_holds_is_refused():
    left = Table({"K": torch.tensor([-1])})
    right = Table({"K": torch.tensor([2**63], dtype=torch.uint64)})
    with pytest.raises(TypeError, match="convert one"):
        left.join(right, "K", "outer")
    with pytest.raises(TypeError, match="convert one"):
        left.join(Table({"Q": right["K"]}), {"K": "Q"}, "outer")
    assert len(left.join(right, "K", "left")) == 1
    with pytest.raises(TypeError, match="takes a Table"):
        left.join({"K": torch.tensor([1])}, "K")


def test_numpy_agrees_on_a_join_of_many_rows():
    generator = np.random.default_rng(1)
    keys = generator.integers(-(2**62), 2**62, 50_000)
    order = generator.permutation(len(keys))
    left = Table({"K": torch.from_numpy(keys), "A": torch.arange(len(keys))})
    right = Table({"K": torch.from_numpy(keys[order]), "B": torch.from_numpy(order.copy())})
    joined = left.join(right, "K")
    assert torch.equal(joined["A"], joined["B"])
    assert torch.equal(joined["K"], left["K"])
