# SPDX-License-Identifier: BSD-3-Clause
"""Sorting, grouping, unique rows, concatenation and summaries of tables."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchfits
from torchfits import ColumnNotFoundError, Ragged, Strings, Table, concat
from torchfits._fields import fields_of
from torchfits._order import order_by_torch, sorted_rows

INTEGERS = [torch.int8, torch.uint8, torch.int16, torch.uint16, torch.int32, torch.uint32,
            torch.int64, torch.uint64]  # fmt: skip
FLOATS = [torch.float32, torch.float64]


def random_column(dtype, rows, generator):
    if dtype in FLOATS:
        values = torch.from_numpy(generator.choice([math.nan, -1.5, 0.0, -0.0, 2.0, 7e30], rows))
        return values.to(dtype)
    limits = torch.iinfo(dtype)
    some = [limits.min, limits.max, 0, 1, 5, 5]
    return torch.tensor([some[i] for i in generator.integers(0, len(some), rows)], dtype=dtype)


def rank(values, mask):
    """What Python sorts as the column should be sorted: values, NaN, nulls."""
    listed = values.to_list() if isinstance(values, Strings) else values.tolist()
    nulls = [False] * len(listed) if mask is None else mask.tolist()
    ranks = []
    for value, null in zip(listed, nulls, strict=True):
        nan = isinstance(value, float) and math.isnan(value)
        ranks.append((2, 0) if null else (1, 0) if nan else (0, value))
    return ranks


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
@pytest.mark.parametrize("masked", [False, True])
def test_one_key_of_any_dtype_sorts_stably_nulls_last(dtype, masked):
    generator = np.random.default_rng(4)
    values = random_column(dtype, 200, generator)
    mask = torch.from_numpy(generator.random(200) < 0.2) if masked else None
    table = Table({"K": values, "I": torch.arange(200)}, masks={"K": mask} if masked else None)
    ranks = rank(values, mask)
    expected = sorted(range(200), key=ranks.__getitem__)
    assert table.sort_by("K")["I"].tolist() == expected
    kept = [i for i in expected if ranks[i][0] == 0]
    kept.sort(key=ranks.__getitem__, reverse=True)  # stable, too
    falling = kept + [i for i in expected if ranks[i][0] > 0]
    assert table.sort_by("K", descending=True)["I"].tolist() == falling
    # What a CUDA device would do.
    fields = fields_of(table)[:1]
    assert order_by_torch(fields, [False]).tolist() == expected
    assert order_by_torch(fields, [True]).tolist() == falling


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-2, 2), st.sampled_from([0.5, -1.0, 3e9]),
                            st.sampled_from(["", "b", "ab", "a longer text"])), max_size=30),
    falling=st.tuples(st.booleans(), st.booleans()),
)  # fmt: skip
def test_several_keys_sort_as_numpy_lexsort(rows, falling):
    a, b, c = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    table = Table({"A": torch.tensor(a, dtype=torch.int64), "B": torch.tensor(b).double(),
                   "C": Strings.from_list(c), "I": torch.arange(len(rows))})  # fmt: skip
    signs = [-1 if fall else 1 for fall in falling]
    texts = np.array(c, dtype="S20")
    expected = np.lexsort((texts, signs[1] * np.array(b), signs[0] * np.array(a, dtype=int)))
    found = table.sort_by(["A", "B", "c"], descending=[*falling, False])
    assert found["I"].tolist() == expected.tolist()
    numeric = fields_of(table)[:2]
    assert torch.equal(order_by_torch(numeric, falling), sorted_rows(numeric, falling))


def test_text_sorts_by_its_bytes():
    texts = ["NGC 10", "NGC 1", "ngc", "", "NGC 1023 b", "NGC 1023 a", "Z"]
    table = Table({"S": texts})
    assert table.sort_by("S")["S"].to_list() == sorted(texts)
    data = "".join(texts).encode()
    places = torch.tensor([0, *map(len, texts)]).cumsum(0)
    free = Strings(torch.tensor(list(data), dtype=torch.uint8), places)
    assert Table({"S": free}).sort_by("S", True)["S"].to_list() == sorted(texts)[::-1]


def test_sorting_carries_every_column_along():
    table = Table({"K": torch.tensor([3, 1, 2]), "R": Ragged.from_list([[3, 3], [], [2]]),
                   "V": torch.arange(6).view(3, 2)}, units={"V": "deg"})  # fmt: skip
    found = table.sort_by("K")
    assert found["R"].to_list() == [[], [2], [3, 3]]
    assert found["V"].tolist() == [[2, 3], [4, 5], [0, 1]]
    assert found.columns == table.columns


def grouped(pd, keys, values):
    data = pd.DataFrame({"K": pd.array(keys, dtype="Int64"), "X": values})
    return data.groupby("K", dropna=False)["X"]


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-2, 3)),
            st.one_of(st.just(math.nan), st.floats(-1e6, 1e6)),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_aggregates_are_those_of_pandas(rows):
    pd = pytest.importorskip("pandas")
    keys, values = (list(column) for column in zip(*rows, strict=True))
    table = Table(
        {
            "K": torch.tensor([key or 0 for key in keys]),
            "X": torch.tensor(values, dtype=torch.float64),
        },
        masks={"K": torch.tensor([key is None for key in keys])},
    )
    names = ["count", "sum", "mean", "std", "var", "median", "min", "max", "first", "last",
             "nunique"]  # fmt: skip
    found = table.group_by("K").agg(**{name: ("X", name) for name in names}, N="count")
    groups = grouped(pd, keys, values)
    for name in names:
        expected = getattr(groups, name)().to_numpy(dtype=float)
        close = np.testing.assert_allclose
        close(found[name].double().numpy(), expected, rtol=1e-9, atol=1e-6, err_msg=name)
    assert found["N"].tolist() == groups.size().tolist()
    assert found["K"].tolist()[: found.null_mask("K").logical_not().sum()] == sorted(
        {key for key in keys if key is not None}
    )


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_aggregates_of_any_dtype(dtype):
    values = torch.tensor([1, 100, 3, 7, 9], dtype=dtype)
    mask = torch.tensor([False, False, False, True, True])
    table = Table(
        {"K": ["a", "b", "a", "c", "b"], "X": values}, units={"X": "s"}, masks={"X": mask}
    )
    found = table.group_by("K").agg(
        LOW=("X", "min"), HIGH=("X", "max"), SUM=("X", "sum"), MEAN=("X", "mean"), VAR=("X", "var")
    )
    assert found["LOW"].dtype == found["HIGH"].dtype == dtype
    assert found["LOW"].tolist()[:2] == [1, 100]
    assert found["HIGH"].tolist()[:2] == [3, 100]
    assert found.null_mask("LOW").tolist() == [False, False, True]
    total = dtype if dtype in (*FLOATS, torch.uint64) else torch.int64
    assert found["SUM"].dtype == total
    assert found["SUM"].tolist() == [4, 100, 0]
    assert found["MEAN"].dtype == (dtype if dtype in FLOATS else torch.float64)
    assert found["MEAN"].tolist()[:2] == [2, 100]
    assert found["MEAN"].isnan().tolist() == [False, False, True]
    units = {column.name: column.unit for column in found.columns}
    assert units == {"K": None, "LOW": "s", "HIGH": "s", "SUM": "s", "MEAN": "s", "VAR": "s**2"}


def test_elements_of_cells_are_null_on_their_own():
    values = torch.tensor([[1, 9], [5, 4], [7, 2], [0, 3]])
    mask = torch.tensor([[True, False], [False, True], [True, False], [True, True]])
    table = Table({"K": torch.tensor([1, 1, 2, 2]), "V": values}, masks={"V": mask})
    names = ("min", "max", "first", "last")
    found = table.group_by("K").agg(**{name: ("V", name) for name in names}, N=("V", "count"))
    assert found["N"].tolist() == [[1, 1], [0, 1]]
    for name in names:
        null = found.null_mask(name)
        assert null.tolist() == [[False, False], [True, False]]
        assert found[name][~null].tolist() == [5, 9, 2]


@pytest.mark.parametrize(
    "pair",
    [(1.5e308, 1.7e308), (-1.7e308, -1.6e308), (5e-324, 5e-324), (0.1, 0.2), (math.inf, math.inf)],
)
def test_the_median_of_two_values_is_between_them(pair):
    table = Table({"K": torch.tensor([1, 1]), "X": torch.tensor(pair, dtype=torch.float64)})
    (found,) = table.group_by("K").agg(M=("X", "median"))["M"].tolist()
    if math.isinf(pair[0]):
        assert found == pair[0]
    else:
        assert found == float((Fraction(pair[0]) + Fraction(pair[1])) / 2)


def test_groups_of_null_texts_have_no_text():
    null = torch.tensor([False, True, True, False])
    table = Table(
        {"K": torch.tensor([1, 1, 2, 3]), "S": ["b", "a", "c", ""]}, masks={"S": null}
    )  # fmt: skip
    found = table.group_by("K").agg(
        LOW=("S", "min"), LAST=("S", "last"), N=("S", "count"), D=("S", "nunique")
    )
    for name in ("LOW", "LAST"):
        assert found.null_mask(name).tolist() == [False, True, False]
        assert found[name].to_list() == ["b", "", ""]
    assert found["N"].tolist() == found["D"].tolist() == [1, 0, 1]


def test_units_of_aggregates():
    table = Table({"K": torch.tensor([1, 1]), "V": torch.ones(2)}, units={"V": "km/s"})
    found = table.group_by("K").agg(
        N=("V", "count"), D=("V", "nunique"), ANY=("V", "any"), SUM=("V", "sum"), STD=("V", "std"),
        VAR=("V", "var"), MAX=("V", "max"),
    )  # fmt: skip
    units = {column.name: column.unit for column in found.columns}
    assert units == {
        "K": None, "N": None, "D": None, "ANY": None, "SUM": "km/s", "STD": "km/s",
        "VAR": "(km/s)**2", "MAX": "km/s",
    }  # fmt: skip
    assert [found.null_mask(name) for name in ("N", "SUM", "STD")] == [None] * 3


def test_bools_text_and_cells_have_aggregates():
    table = Table(
        {"K": torch.tensor([1, 1, 2]), "L": torch.tensor([True, False, True]),
         "S": ["b", "a", "c"], "V": torch.tensor([[1, 5], [3, 4], [9, 9]])}
    )  # fmt: skip
    found = table.group_by("K").agg(
        ANY=("L", "any"), ALL=("L", "all"), HOW_MANY=("L", "sum"), S=("S", "min"),
        D=("S", "nunique"), V=("V", "max"), M=("V", "mean"), LAST=("S", "last"),
    )  # fmt: skip
    assert found["ANY"].tolist() == [True, True]
    assert found["ALL"].tolist() == [False, True]
    assert found["HOW_MANY"].tolist() == [1, 1]
    assert found["S"].to_list() == ["a", "c"]
    assert found["LAST"].to_list() == ["a", "c"]
    assert found["D"].tolist() == [2, 1]
    assert found["V"].tolist() == [[3, 5], [9, 9]]
    assert found["M"].tolist() == [[2, 4.5], [9, 9]]


def test_groups_number_the_rows():
    table = Table({"A": torch.tensor([2, 1, 2]), "B": ["x", "x", "x"]})
    groups = table.group_by(["A", "B"])
    assert len(groups) == 2
    assert groups.ids.tolist() == [1, 0, 1]
    assert groups.agg().names == ["A", "B"]
    empty = table[:0].group_by("A").agg(N="count", M=("A", "mean"), F=("A", "first"))
    assert len(empty) == 0
    assert empty.names == ["A", "N", "M", "F"]


def test_unique_keeps_first_rows():
    table = Table({"K": torch.tensor([2.0, math.nan, 2.0, math.nan, 1.0]), "I": torch.arange(5)})
    assert table.unique("K")["I"].tolist() == [0, 1, 4]
    assert len(table.unique()) == 5
    doubled = concat([table["K",], table["K",]])
    assert len(doubled.unique()) == 3
    ragged = Table({"R": Ragged.from_list([[1]])})
    with pytest.raises(TypeError, match="variable length"):
        ragged.unique()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (torch.int16, torch.int16, torch.int16),
        (torch.uint8, torch.int8, torch.int16),
        (torch.uint32, torch.int16, torch.int64),
        (torch.uint16, torch.uint64, torch.uint64),
        (torch.float32, torch.float64, torch.float64),
        (torch.int16, torch.float32, torch.float32),
        (torch.int32, torch.float32, torch.float64),
        (torch.uint64, torch.int8, None),
        (torch.int64, torch.float64, None),
        (torch.bool, torch.uint8, None),
    ],
)
def test_concat_takes_a_dtype_that_holds_both(one, other, expected):
    tables = [Table({"X": torch.tensor([1, 0], dtype=dtype)}) for dtype in (one, other)]
    for order in (tables, tables[::-1]):
        if expected is None:
            with pytest.raises(TypeError, match="column 'X' is .* and .*: .*convert one"):
                concat(order)
        else:
            assert concat(order)["X"].dtype == expected
            assert concat(order)["X"].tolist() == [1, 0, 1, 0]


def test_concat_joins_every_kind_of_column_by_name():
    free = Strings(torch.tensor(list(b"longer"), dtype=torch.uint8), torch.tensor([0, 6]))
    one = Table({"X": torch.tensor([1, 2]), "S": ["a", "bc"], "T": ["p", "q"],
                 "R": Ragged.from_list([[1], [2, 3]])}, units={"X": "m"},
                masks={"X": torch.tensor([False, True])})  # fmt: skip
    other = Table({"R": Ragged.from_list([[], [4]])[1:], "s": ["wide one"], "T": free,
                   "X": torch.tensor([3])})  # fmt: skip
    both = concat([one, other, one[:0]])
    assert both.names == ["X", "S", "T", "R"]
    assert both["X"].tolist() == [1, 2, 3]
    assert both.null_mask("X").tolist() == [False, True, False]
    assert both["S"].to_list() == ["a", "bc", "wide one"]
    assert both["T"].to_list() == ["p", "q", "longer"]
    assert both["R"].to_list() == [[1], [2, 3], [4]]
    assert both.columns[0].unit == "m"
    assert both.columns[1].format == "8A"


@pytest.mark.parametrize(
    ("tables", "error", "message"),
    [
        ([], ValueError, "one table at least"),
        ([Table({"X": torch.ones(1)}), {}], TypeError, "item 1 of the list is dict"),
        ([Table({"X": torch.ones(1)}), Table({"Y": torch.ones(1)})], ValueError,
         r"table 1 .* has no \['X'\] and has also \['Y'\]; select"),
        ([Table({"X": torch.ones(1)}), Table({"X": ["a"]})], TypeError, "numbers and text"),
        ([Table({"X": torch.ones(1)}), Table({"X": torch.ones(1, 2)})], ValueError, "shapes"),
        ([Table({"X": torch.ones(1)}, units={"X": "deg"}),
          Table({"X": torch.ones(1)}, units={"X": "rad"})], ValueError, "units deg and rad"),
    ],
)  # fmt: skip
def test_concat_says_what_does_not_fit(tables, error, message):
    with pytest.raises(error, match=message):
        concat(tables)


def test_a_summary_prints_and_answers():
    table = Table(
        {"MAG": torch.tensor([18.5, math.nan, 20.5]),
         "ID": torch.tensor([2**63, 1, 5], dtype=torch.uint64),
         "NAME": ["b", "a", "c"], "R": Ragged.from_list([[1, 3], [], [5]])},
        units={"MAG": "mag"}, masks={"ID": torch.tensor([False, False, True])},
    )  # fmt: skip
    summary = table.describe()
    assert summary["MAG"] == {"dtype": "float32", "unit": "mag", "count": 2, "nulls": 1,
                              "min": 18.5, "max": 20.5, "mean": 19.5,
                              "std": pytest.approx(math.sqrt(2))}  # fmt: skip
    assert summary["ID"]["max"] == 2**63
    assert summary["ID"]["nulls"] == 1
    assert summary["NAME"]["min"] == "a"
    assert summary["NAME"]["mean"] is None
    assert summary["R"]["mean"] == 3
    assert list(summary) == table.names
    lines = repr(summary).splitlines()
    assert lines[0] == "Summary: 3 rows"
    assert lines[1].split() == ["column", "dtype", "unit", "count", "nulls", "min", "max", "mean",
                                "std"]  # fmt: skip
    assert "<th>column</th>" in summary._repr_html_()
    assert table[:0].describe()["MAG"]["count"] == 0
    assert summary["mag"] == summary["MAG"]
    assert repr(table[:1].describe()).splitlines()[0] == "Summary: 1 row"


def test_t53_cells_without_elements_have_aggregates():
    columns = {
        "K": torch.tensor([1, 1, 2]), "E": torch.zeros(3, 0, dtype=torch.int16),
        "S": Strings(torch.zeros(3, 2, 0, dtype=torch.uint8)),
    }  # fmt: skip
    table = Table(columns)
    found = table.group_by("K").agg(
        **{name: ("E", name) for name in ("count", "sum", "mean", "max", "any")}, self="count"
    )
    assert [tuple(found[name].shape) for name in found] == [(2,), *[(2, 0)] * 5, (2,)]
    assert [found[name].dtype for name in found] == [
        torch.int64, torch.int64, torch.int64, torch.float64, torch.int16, torch.bool, torch.int64,
    ]  # fmt: skip
    summary = table.describe()
    assert summary["E"]["count"] == 0
    assert summary["S"]["count"] == 6
    assert summary["S"]["max"] == ""


def test_head_and_tail_are_slices():
    table = Table({"X": torch.arange(9)})
    assert table.head()["X"].tolist() == [0, 1, 2, 3, 4]
    assert table.tail(2)["X"].tolist() == [7, 8]
    assert table.tail(20)["X"].tolist() == list(range(9))
    assert len(table.tail(0)) == len(table.head(0)) == 0
    assert table.head(-7)["X"].tolist() == [0, 1]
    assert table.tail(-7)["X"].tolist() == [7, 8]
    assert table.head()["X"].data_ptr() == table["X"].data_ptr()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: t.sort_by("MG"), ColumnNotFoundError, "did you mean 'MAG'"),
        (lambda t: t.sort_by([]), ValueError, "one column at least"),
        (lambda t: t.sort_by(3), TypeError, "a name or a list of names"),
        (lambda t: t.sort_by(["MAG", "mag"]), ValueError, "twice"),
        (lambda t: t.sort_by("MAG", [True, False]), ValueError, "a list of 1"),
        (lambda t: t.sort_by("Z"), TypeError, "complex numbers have no order"),
        (lambda t: t.group_by("R"), TypeError, "variable length"),
        (lambda t: t.group_by("K").agg(M=("MAG", "men")), ValueError, "did you mean 'mean'"),
        (lambda t: t.sort_by("E"), ValueError, "the cells of 'E' have no elements"),
        (lambda t: t["E",].unique(), ValueError, "the cells of 'E' have no elements"),
        (lambda t: t.head("5"), TypeError, "head takes a number of rows, such as 5, not '5'"),
        (lambda t: t.tail(0.5), TypeError, "tail takes a number of rows"),
        (lambda t: t.describe()["MG"], ColumnNotFoundError, "no column 'MG' in the summary"),
        (lambda t: t.group_by("K").agg(**{"": ("MAG", "mean")}), ValueError, "not empty"),
        (lambda t: t.group_by("K").agg(M=np.array(["MAG", "mean"])), TypeError, "such as"),
        (lambda t: t.group_by("K").agg(M="mean"), TypeError, r"such as \('MAG', 'mean'\)"),
        (lambda t: t.group_by("K").agg(M=("MG", "mean")), ColumnNotFoundError, "'MAG'"),
        (lambda t: t.group_by("K").agg(k=("MAG", "mean")), ValueError, "taken by 'K'"),
        (lambda t: t.group_by("K").agg(K=("MAG", "mean")), ValueError, "'K' is taken by 'K'"),
        (lambda t: t.group_by("K").agg(M=("Z", "nunique")), TypeError, "complex numbers have"),
        (lambda t: t.group_by("K").agg(M=("TEXTS", "min")), TypeError, "take one element"),
        (lambda t: t.group_by("K").agg(M="count", m="count"), ValueError, "'m' is taken by 'M'"),
        (lambda t: t.group_by("K").agg(M=("NAME", "mean")), TypeError, "text has count"),
        (lambda t: t.group_by("K").agg(M=("R", "sum")), TypeError, "to_padded"),
        (lambda t: t.group_by("K").agg(M=("BIG", "sum")), ValueError, "beyond 64 bits"),
    ],
)
def test_mistakes_are_explained(call, error, message):
    table = Table(
        {"K": torch.tensor([1, 1]), "MAG": torch.ones(2), "NAME": ["a", "b"],
         "Z": torch.ones(2, dtype=torch.complex64), "R": Ragged.from_list([[1], []]),
         "TEXTS": Strings(torch.zeros(2, 3, 4, dtype=torch.uint8)),
         "BIG": torch.tensor([2**62, 2**62 + 2**62 - 1]), "E": torch.zeros(2, 0)}
    )  # fmt: skip
    with pytest.raises(error, match=message):
        call(table)


def test_columns_of_a_file_sort_and_group():
    events = torchfits.read("examples/data/chandra_test.fits", "EVENTS")
    by_energy = events.sort_by("energy", descending=True)
    assert torch.equal(by_energy["energy"], events["energy"].sort(descending=True).values)
    chips = events.group_by("ccd_id").agg(N="count", E=("energy", "mean"))
    for chip, count, mean in zip(
        chips["ccd_id"].tolist(), chips["N"].tolist(), chips["E"].tolist(), strict=True
    ):
        chosen = events["energy"][events["ccd_id"] == chip]
        assert len(chosen) == count
        assert chosen.double().mean().item() == pytest.approx(mean, rel=1e-6)


def test_groups_pick_the_same_rows_however_many_slices_the_rows_are_summed_in():
    rng = np.random.default_rng(5)
    rows = 300_000  # several slices, with equal values in all of them
    key, value = rng.integers(0, 7, rows), rng.integers(0, 50, rows).astype(np.float32)
    value[rng.random(rows) < 0.1] = np.nan
    table = Table({"K": torch.from_numpy(key), "X": torch.from_numpy(value)})
    names = ("first", "last", "min", "max")
    found = table.group_by("K").agg(N="count", **{name: ("X", name) for name in names})
    members = [value[key == k] for k in range(7)]
    assert found["N"].tolist() == [len(some) for some in members]
    present = [some[~np.isnan(some)] for some in members]
    assert found["first"].tolist() == [some[0] for some in present]
    assert found["last"].tolist() == [some[-1] for some in present]
    assert found["min"].tolist() == [some.min() for some in present]
    assert found["max"].tolist() == [some.max() for some in present]


def test_sums_lose_nothing_to_large_values_that_cancel():
    rows = 300_000  # several slices
    value = np.ones(rows)
    value[::1000], value[999::1000] = 1e16, -1e16
    key = np.arange(rows) // 1000 % 7
    table = Table({"K": torch.from_numpy(key), "X": torch.from_numpy(value)})
    found = table.group_by("K").agg(SUM=("X", "sum"), MEAN=("X", "mean"))
    sums = [math.fsum(value[key == k]) for k in range(7)]
    assert found["SUM"].tolist() == sums
    np.testing.assert_allclose(found["MEAN"], sums / np.bincount(key), rtol=1e-15)
