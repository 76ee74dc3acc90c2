# SPDX-License-Identifier: BSD-3-Clause
"""polars and duckdb take tables and give them; random tables go around."""

import arrow_tables
import numpy as np
import pytest
import torch
from arrow_tables import nulled
from hypothesis import given, settings
from hypothesis import strategies as st

from torchfits import Ragged, Table

pa = pytest.importorskip("pyarrow")
KINDS = arrow_tables.kinds()
NAMES = sorted(KINDS)


def test_duckdb_asks_a_table():
    duckdb = pytest.importorskip("duckdb")
    names = ["int32", "DOUBLE", "TEXT", "uint64", "BOOL", "RAGGED", "VECTOR"]
    events = arrow_tables.table_of({name: KINDS[name] for name in names})
    found = duckdb.sql("select * from events where TEXT != ''").fetchall()
    keep = [i for i, text in enumerate(KINDS["TEXT"][1]) if text]
    for position, name in enumerate(names):
        cells = [row[position] for row in found]
        plain = [list(cell) if isinstance(cell, tuple) else cell for cell in cells]
        assert plain == [KINDS[name][1][i] for i in keep]
    assert duckdb.from_arrow(events).filter("BOOL").count("*").fetchall() == [(3,)]
    again = Table.from_arrow(duckdb.sql("select int32, RAGGED from events order by int32"))
    order = np.argsort(KINDS["int32"][1])
    assert again["int32"].tolist() == sorted(KINDS["int32"][1])
    assert again["RAGGED"].to_list() == [KINDS["RAGGED"][1][i] for i in order]


POLARS = [name for name in NAMES if name != "HALF"]


@pytest.mark.parametrize("name", POLARS)
def test_polars_reads_every_kind_of_column(name):
    pl = pytest.importorskip("polars")
    values, held = KINDS[name]
    frame = Table({"X": values}).to_polars()
    assert isinstance(frame, pl.DataFrame)
    assert frame["X"].to_list() == held


@pytest.mark.parametrize("name", [n for n in POLARS if not n.startswith("COMPLEX")])
def test_polars_gives_every_kind_of_column(name):
    pytest.importorskip("polars")
    table = Table({"X": KINDS[name][0]})
    assert arrow_tables.same_values(table["X"], Table.from_polars(table.to_polars())["X"])


def test_polars_nulls_text_and_categories():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "N": [1, None, 3],
            "T": ["é", None, "a long text of more than twelve"],
            "C": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
            "E": pl.Series(["x", "y", None], dtype=pl.Enum(["y", "x"])),
        }
    )
    table = Table.from_polars(frame)
    assert table.null_mask("N").tolist() == [False, True, False]
    assert table["T"].to_list() == ["é", "", "a long text of more than twelve"]
    assert table["C"].to_list() == ["x", "y", "x"]
    assert table["E"].to_list() == ["x", "y", ""]
    assert table.to_polars()["T"].to_list() == frame["T"].to_list()
    assert (
        Table.from_polars(pl.concat([frame, frame], rechunk=False))["C"].to_list()
        == ["x", "y", "x"] * 2
    )
    with pytest.raises(TypeError, match="LazyFrame; call its collect"):
        Table.from_polars(frame.lazy())
    with pytest.raises(TypeError, match="column 'D' holds dates"):
        Table.from_polars(pl.DataFrame({"D": pl.Series([1], dtype=pl.Date)}))
    with pytest.raises(TypeError, match="column 'O' holds Python objects"):
        Table.from_polars(pl.DataFrame({"O": [object()]}))


def test_lists_that_polars_made_null_are_empty():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"N": [1, 2, 3], "L": [[1, 2], [3], [4, 5, 6]]})
    some = pl.when(pl.col("N") != 2).then(pl.col("L")).otherwise(None)
    table = Table.from_polars(frame.select(L=some))
    assert table["L"].to_list() == [[1, 2], [], [4, 5, 6]]
    assert table.null_mask("L") is None


def test_polars_shares_memory():
    pl = pytest.importorskip("polars")
    values = torch.arange(1000.0)
    frame = Table({"X": values}).to_polars()
    assert frame["X"].to_numpy(allow_copy=False).ctypes.data == values.data_ptr()
    foreign = pl.DataFrame({"X": np.arange(1000.0)})
    taken = Table.from_polars(foreign)["X"]
    assert taken.data_ptr() == foreign["X"].to_numpy(allow_copy=False).ctypes.data


INTEGERS = st.sampled_from([torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8])
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\0"), max_size=20)


@st.composite
def columns(draw, rows: int):
    kind = draw(st.sampled_from(["int", "float", "bool", "text", "vector", "ragged"]))
    nulls = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    mask = torch.tensor(nulls, dtype=torch.bool)

    def some(values):
        return draw(st.lists(values, min_size=rows, max_size=rows))

    if kind == "int":
        dtype = draw(INTEGERS)
        limits = torch.iinfo(dtype)
        held = some(st.integers(limits.min, limits.max))
        values = torch.tensor(held, dtype=dtype)
    elif kind == "float":
        held = some(st.floats(width=32, allow_nan=False))
        values = torch.tensor(held, dtype=torch.float32)
    elif kind == "bool":
        held = some(st.booleans())
        values = torch.tensor(held, dtype=torch.bool)
    elif kind == "text":
        values = [text.rstrip(" ") for text in some(LATIN)]
        ascii_only = all(text.isascii() for text in values)
        held = values if ascii_only else [text.encode("latin-1") for text in values]
    elif kind == "vector":
        held = some(st.tuples(*[st.integers(-9, 9)] * 3).map(list))
        mask = mask.unsqueeze(1).expand(rows, 3).contiguous()
        values = torch.tensor(held, dtype=torch.int16).view(rows, 3)
    else:
        held = some(st.lists(st.integers(-9, 9), max_size=4))
        values = Ragged.from_list(held, dtype=torch.int32)
        mask = Ragged(values.values % 2 == 1, values.offsets)
    return values, mask, nulled(held, arrow_tables.listed(mask))


@st.composite
def tables(draw):
    rows = draw(st.integers(0, 20))
    parts = [draw(columns(rows)) for _ in range(draw(st.integers(1, 4)))]
    names = [f"C{i}" for i in range(len(parts))]
    values, masks, held = (dict(zip(names, part, strict=True)) for part in zip(*parts, strict=True))
    return Table(values, masks=masks), held


def as_text(cells):
    """Without the cell that made a column binary, its bytes are text again."""
    found = [cell for cell in cells if isinstance(cell, bytes)]
    if not all(cell.isascii() for cell in found):
        return cells
    return [cell.decode() if isinstance(cell, bytes) else cell for cell in cells]


@settings(max_examples=150, deadline=None)
@given(tables(), st.integers(1, 7), st.integers(0, 5))
def test_round_trips(made, chunk, skipped):
    table, held = made
    arrow = table.to_arrow()
    arrow.validate(full=True)
    assert arrow.to_pydict() == held
    pieces = pa.Table.from_batches(arrow.to_batches(chunk), schema=arrow.schema).slice(skipped)
    again = Table.from_arrow(pieces)
    left = {name: as_text(cells[skipped:]) for name, cells in held.items()}
    assert again.to_arrow().to_pydict() == left


@settings(max_examples=60, deadline=None)
@given(tables())
def test_round_trips_through_polars(made):
    pytest.importorskip("polars")
    table, held = made
    again = Table.from_polars(table.to_polars())
    for name, cells in held.items():
        texts = [text.decode("latin-1") if isinstance(text, bytes) else text for text in cells]
        assert again.to_polars()[name].to_list() == texts
