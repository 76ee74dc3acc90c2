# SPDX-License-Identifier: BSD-3-Clause
"""Tables to and from pandas, astropy and Parquet, and column by column through DLPack."""

import dataclasses
import subprocess
import sys
import textwrap

import arrow_tables
import numpy as np
import pytest
import torch
from arrow_tables import UNSIGNED, nulled, same_values
from hypothesis import given, settings
from hypothesis import strategies as st

import torchfits
from torchfits import Ragged, Strings, Table

KINDS = arrow_tables.kinds()
NAMES = sorted(KINDS)
# Cells of no elements have no type, and texts of one width come back so.
ROUND = [name for name in NAMES if name != "EMPTY_CELLS"]


def described() -> Table:
    table = Table(
        {"RA": torch.tensor([1.5, 2.5]), "N": torch.tensor([1, 2]), "NAME": ["a", "b"]},
        units={"RA": "deg"},
        masks={"N": torch.tensor([False, True])},
    )
    table._columns[0] = dataclasses.replace(table.columns[0], comment="right ascension")
    table._columns[1] = dataclasses.replace(
        table.columns[1], null=-9, display="I5", ucd="meta.number"
    )
    return table


def plain(cell):
    """Give a cell of pandas or astropy as Python numbers, complex ones as pairs."""
    if isinstance(cell, (complex, np.complexfloating)):
        return [cell.real, cell.imag]
    if isinstance(cell, np.ma.MaskedArray):
        cell = cell.tolist()
    if isinstance(cell, (np.ndarray, list)):
        return [plain(one) for one in cell]
    return cell.item() if isinstance(cell, np.generic) else cell


def held_of(name: str) -> list:
    values, held = KINDS[name]
    return plain(held) if not isinstance(values, Ragged) else held


# ----------------------------------------------------------------------------------------- pandas


@pytest.mark.parametrize("name", NAMES)
def test_pandas_has_every_kind_of_column(name):
    pytest.importorskip("pandas")
    frame = Table({"X": KINDS[name][0]}).to_pandas()
    assert [plain(cell) for cell in frame["X"]] == held_of(name)


@pytest.mark.parametrize("name", ROUND)
@pytest.mark.parametrize("rows", [slice(None), slice(1, 4), slice(0, 0)])
def test_pandas_round_trips(name, rows):
    pytest.importorskip("pandas")
    table = Table({"X": KINDS[name][0]})[rows]
    again = Table.from_pandas(table.to_pandas())
    if len(table) or table.to_pandas()["X"].dtype != object:  # else there is nothing to go by
        assert same_values(table["X"], again["X"])
    assert len(again) == len(table)
    assert again.null_mask("X") is None


def test_pandas_dtypes():
    pd = pytest.importorskip("pandas")
    mask = torch.tensor([False, True, False])
    none = torch.zeros(3, dtype=torch.bool)
    columns = {
        "U": torch.tensor([1, 2, 3]).to(torch.uint16),
        "F": torch.tensor([1.5, 2, 3]),
        "B": torch.tensor([True, False, True]),
        "T": ["a", "b", "c"],
        "C": torch.tensor([1j, 2, 3]),
    }
    frame = Table(columns, masks=dict.fromkeys(columns, mask)).to_pandas()
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    text = "str" if pd.__version__ >= "3" else "object"
    assert kinds == {"U": "UInt16", "F": "float32", "B": "boolean", "T": text, "C": "complex64"}
    assert frame.isna().to_numpy().tolist() == [[False] * 5, [True] * 5, [False] * 5]
    frame = Table(columns, masks=dict.fromkeys(columns, none)).to_pandas()
    kinds = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert kinds == {"U": "uint16", "F": "float32", "B": "bool", "T": text, "C": "complex64"}


def test_pandas_frames_are_copies():
    pytest.importorskip("pandas")
    table = Table({"X": torch.arange(3), "M": torch.arange(3)}, masks={"M": torch.arange(3) == 1})
    frame = table.to_pandas()
    frame.loc[0, "X"] = 99
    frame.loc[0, "M"] = 99
    assert table["X"].tolist() == table["M"].tolist() == [0, 1, 2]
    Table.from_pandas(frame)["X"].fill_(5)
    assert frame["X"].tolist() == [99, 1, 2]


@pytest.mark.parametrize("name", ["VECTOR", "CUBE", "RAGGED", "int32", "BOOL", "TEXT", "uint64"])
def test_pandas_nulls_come_back(name):
    pytest.importorskip("pandas")
    values, held = KINDS[name]
    table = Table({"X": values})
    if isinstance(values, Ragged):
        mask = Ragged(torch.arange(len(values.values)) % 2 == 1, values.offsets)
    else:
        shape = tuple(table["X"].shape)
        mask = (torch.arange(int(np.prod(shape))) % 3 == 1).view(shape)
    table = Table({"X": values}, masks={"X": mask})
    frame = table.to_pandas()
    wanted = nulled(held, arrow_tables.listed(mask))
    found = [
        None if frame["X"].isna()[i] is np.True_ else plain(c) for i, c in enumerate(frame["X"])
    ]
    assert found == wanted
    again = Table.from_pandas(frame)
    assert arrow_tables.listed(again.null_mask("X")) == arrow_tables.listed(mask)


def test_pandas_keeps_units_and_descriptions():
    pytest.importorskip("pandas")
    frame = described().to_pandas()
    assert frame.attrs == {"units": {"RA": "deg"}, "descriptions": {"RA": "right ascension"}}
    again = Table.from_pandas(frame)
    assert [column.unit for column in again.columns] == ["deg", None, None]
    assert again.columns[0].comment == "right ascension"
    assert again.null_mask("N").tolist() == [False, True]


def test_from_pandas_takes_what_people_have():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "CAT": pd.Categorical(["b", None, "a"]),
            "NUM": pd.Categorical([2.5, 1.5, 2.5]),
            "OBJ": np.array(["x", None, float("nan")], dtype=object),
            "BIG": np.array([1, 2, 3], dtype=">i4"),
            "I": pd.array([1, None, 3], dtype="Int64"),
            "F": pd.array([1.5, None, 3], dtype="Float32"),
            "NAN": [1.5, float("nan"), 2],
            "CELLS": [[1, 2], None, [3]],
        },
        index=pd.Index([5, 6, 7], name="id"),
    )
    table = Table.from_pandas(frame)
    assert table["CAT"][[0, 2]].to_list() == ["b", "a"]
    assert table.null_mask("CAT").tolist() == [False, True, False]
    assert table["NUM"].tolist() == [2.5, 1.5, 2.5]
    assert table["OBJ"].to_list() == ["x", "", ""]
    assert table.null_mask("OBJ").tolist() == [False, True, True]
    assert table["BIG"].tolist() == [1, 2, 3]
    assert table["I"].dtype == torch.int64
    assert table.null_mask("I").tolist() == [False, True, False]
    assert table["F"].dtype == torch.float32
    assert table.null_mask("F").tolist() == [False, True, False]
    assert table.null_mask("NAN") is None
    assert table["CELLS"].to_list() == [[1, 2], [], [3]]
    assert Table.from_pandas(frame, index=True)["id"].tolist() == [5, 6, 7]
    nothing = pd.DataFrame({"C": pd.Categorical([None, None], categories=[])})
    assert Table.from_pandas(nothing).null_mask("C").tolist() == [True, True]


def test_from_pandas_refuses_by_name():
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2020-01-01", periods=2)
    for series in (days, days.tz_localize("UTC"), days - days[0], days.to_period("D")):
        with pytest.raises(TypeError, match="column 'T'.*astype"):
            Table.from_pandas(pd.DataFrame({"OK": [1, 2], "T": series}))
    for objects in ([1, None], [{"a": 1}, 2], [1, "a"]):
        with pytest.raises(TypeError, match="column 'T'"):
            Table.from_pandas(pd.DataFrame({"T": pd.Series(objects, dtype=object)}))
    with pytest.raises(TypeError, match="columns.map"):
        Table.from_pandas(pd.DataFrame([[1, 2]]))
    with pytest.raises(ValueError, match="column 'T'.* 1.*Latin-1"):
        Table.from_pandas(pd.DataFrame({"T": ["a", "日"]}))
    with pytest.raises(ValueError, match="column 'T', row 1: '日'.*Latin-1"):
        Table.from_pandas(pd.DataFrame({"T": pd.Series(["a", "日"], dtype=object)}))
    with pytest.raises(ValueError, match="named twice"):
        Table.from_pandas(pd.DataFrame([[1, 2]], columns=["a", "a"]))


# ---------------------------------------------------------------------------------------- astropy


@pytest.mark.parametrize("name", NAMES)
def test_astropy_has_every_kind_of_column(name):
    pytest.importorskip("astropy")
    table = Table({"X": KINDS[name][0]}).to_astropy()
    assert [plain(cell) for cell in table["X"]] == held_of(name)


@pytest.mark.parametrize("name", ROUND)
@pytest.mark.parametrize("rows", [slice(None), slice(1, 4), slice(0, 0)])
def test_astropy_round_trips(name, rows):
    pytest.importorskip("astropy")
    table = Table({"X": KINDS[name][0]})[rows]
    again = Table.from_astropy(table.to_astropy())
    if len(table) or not isinstance(table["X"], Ragged):
        assert same_values(table["X"], again["X"])
        assert (
            again["X"].shape == table["X"].shape if isinstance(table["X"], torch.Tensor) else True
        )
    assert again.null_mask("X") is None


def test_astropy_keeps_what_is_known():
    module = pytest.importorskip("astropy.table")
    units = pytest.importorskip("astropy.units")
    table = described()
    made = table.to_astropy()
    assert made["RA"].unit == units.deg
    assert made["RA"].description == "right ascension"
    assert isinstance(made["N"], module.MaskedColumn)
    assert made["N"].mask.tolist() == [False, True]
    assert not isinstance(made["RA"], module.MaskedColumn)
    assert made["NAME"].tolist() == ["a", "b"]
    again = Table.from_astropy(made)
    assert again.columns == table.columns
    assert again.null_mask("N").tolist() == [False, True]


def test_astropy_quantities():
    module = pytest.importorskip("astropy.table")
    units = pytest.importorskip("astropy.units")
    table = described().to_astropy(quantities=True)
    assert isinstance(table, module.QTable)
    assert isinstance(table["RA"], units.Quantity)
    assert Table.from_astropy(table)["RA"].tolist() == [1.5, 2.5]
    assert Table.from_astropy(table).columns[0].unit == "deg"
    masked = Table(
        {"F": torch.tensor([1.5, 2])}, units={"F": "m"}, masks={"F": torch.tensor([True, False])}
    )
    again = Table.from_astropy(masked.to_astropy(quantities=True))
    assert again.null_mask("F").tolist() == [True, False]


def test_units_that_astropy_does_not_know_stay():
    pytest.importorskip("astropy")
    table = Table({"X": torch.zeros(1)}, units={"X": "bananas/fortnight"})
    assert Table.from_astropy(table.to_astropy()).columns[0].unit == "bananas/fortnight"


def test_astropy_shares_memory():
    pytest.importorskip("astropy")
    values = torch.arange(5.0)
    made = Table({"X": values}).to_astropy()
    assert made["X"].data.ctypes.data == values.data_ptr()
    assert Table.from_astropy(made)["X"].data_ptr() == values.data_ptr()


def test_from_astropy_takes_what_files_give():
    table = pytest.importorskip("astropy.table")
    units = pytest.importorskip("astropy.units")
    path = "examples/data/chandra_test.fits"
    ours = torchfits.read(path, "EVENTS")
    theirs = Table.from_astropy(table.Table.read(path, hdu="EVENTS"))
    assert theirs.names == ours.names
    for one, other in zip(ours.columns, theirs.columns, strict=True):
        assert same_values(ours[one.name], theirs[one.name])
        assert (one.unit is None) == (other.unit is None)
        assert one.unit is None or units.Unit(one.unit) == units.Unit(other.unit)


def test_from_astropy_refuses_by_name():
    table = pytest.importorskip("astropy.table")
    time = pytest.importorskip("astropy.time")
    with pytest.raises(TypeError, match="column 'T' is a Time;.*mjd"):
        Table.from_astropy(table.Table({"T": time.Time([50000.0], format="mjd")}))
    with pytest.raises(TypeError, match="column 'T'.*dtype"):
        Table.from_astropy(table.Table({"T": np.zeros(2, dtype="M8[s]")}))
    with pytest.raises(TypeError, match="column 'T'.*dtype"):
        Table.from_astropy(table.Table({"T": np.zeros(2, dtype=np.longdouble)}))
    with pytest.raises(ValueError, match="column 'T', row 1: .*Latin-1"):
        Table.from_astropy(table.Table({"T": ["a", "日"]}))


def test_astropy_bytes_and_masks():
    table = pytest.importorskip("astropy.table")
    given = table.Table({"S": np.array([b"ab", b"c "]), "E": np.array(["", ""])})
    given["M"] = table.MaskedColumn(["x", "y"], mask=[True, False])
    taken = Table.from_astropy(given)
    assert taken["S"].to_list() == ["ab", "c"]
    assert taken["E"].to_list() == ["", ""]
    assert taken.null_mask("M").tolist() == [True, False]


def test_astropy_masks_of_every_class_are_kept():
    table = pytest.importorskip("astropy.table")
    masked = pytest.importorskip("astropy.utils.masked").Masked
    given = table.QTable({"N": masked(np.array([1, 2, 3]), mask=[True, False, False])})
    taken = Table.from_astropy(given)
    assert taken["N"].tolist()[1:] == [2, 3]
    assert taken.null_mask("N").tolist() == [True, False, False]


def test_astropy_cells_that_are_masked_are_empty():
    table = pytest.importorskip("astropy.table")
    cells = np.empty(3, dtype=object)
    cells[:] = [np.array([1, 2]), np.array([3]), np.array([4, 5])]
    given = table.Table({"R": table.MaskedColumn(cells, mask=[True, False, False])})
    given["T"] = table.MaskedColumn(np.array(["x", "y", "z"], object), mask=[False, True, False])
    taken = Table.from_astropy(given)
    assert taken["R"].to_list() == [[], [3], [4, 5]]
    assert taken["T"].to_list() == ["x", "", "z"]
    assert taken.null_mask("T").tolist() == [False, True, False]
    assert given["R"].data.data[0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("dtype", "number"), [("uint8", 63), ("int16", 16959), ("int32", 999999), ("int64", 999999)]
)
def test_astropy_writes_tnull_under_masks(tmp_path, dtype, number):
    fits = pytest.importorskip("astropy.io.fits")
    # astropy's own choice would be the number that stands in the first row.
    values = torch.tensor([number, 5, 7], dtype=getattr(torch, dtype))
    table = Table({"N": values}, masks={"N": torch.tensor([False, True, False])})
    table._columns[0] = dataclasses.replace(table.columns[0], null=99)
    table.to_astropy().write(tmp_path / "t.fits")
    assert fits.getheader(tmp_path / "t.fits", 1)["TNULL1"] == 99
    again = torchfits.read(tmp_path / "t.fits", 1)
    assert again["N"].tolist() == [number, 99, 7]
    assert again.null_mask("N").tolist() == [False, True, False]


def test_a_tnull_that_the_column_cannot_hold_stays_in_the_meta():
    pytest.importorskip("astropy.table")
    table = Table(
        {"B": torch.tensor([1, 2], dtype=torch.uint8)}, masks={"B": torch.tensor([False, True])}
    )
    table._columns[0] = dataclasses.replace(table.columns[0], null=-5)
    made = table.to_astropy()
    assert made["B"].tolist() == [1, None]
    assert made["B"].meta == {"TNULL": -5}


def test_one_long_text_does_not_blow_up_the_others():
    table = pytest.importorskip("astropy.table")
    long = 10**6
    texts = ["é" * long, *("b" for _ in range(10**5)), None]  # padded they would take 100 GB
    taken = Table.from_astropy(table.Table({"T": np.array(texts, dtype=object)}))
    assert taken["T"].offsets is not None
    assert taken["T"].offsets.diff().tolist() == [long, *(1 for _ in range(10**5)), 0]
    assert taken["T"][:2].to_list() == texts[:2]
    assert taken.null_mask("T").nonzero().tolist() == [[10**5 + 1]]
    given = taken.to_astropy()
    assert given["T"].dtype == object
    assert (given["T"][0], given["T"][1]) == (texts[0], "b")
    with pytest.raises(ValueError, match="column 'T', row 1: .*Latin-1"):
        Table.from_astropy(table.Table({"T": np.array([texts[0], "日", *texts[1:]], object)}))


def test_what_is_no_table_of_theirs():
    pandas, table = pytest.importorskip("pandas"), pytest.importorskip("astropy.table")
    with pytest.raises(TypeError, match="takes a DataFrame, not Series"):
        Table.from_pandas(pandas.Series([1]))
    with pytest.raises(TypeError, match="takes a Table or QTable of astropy, not Row"):
        Table.from_astropy(table.Table({"X": [1]})[0])
    with pytest.raises(TypeError, match="not DataFrame"):
        Table.from_astropy(pandas.DataFrame({"X": [1]}))


@pytest.mark.parametrize("units", ["mJy", None, 5, {"X": 5}, {"Y": "Jy"}])
def test_attributes_of_a_frame_may_be_anything(units):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"X": [1.0]})
    frame.attrs["units"] = units
    unit = Table.from_pandas(frame).columns[0].unit
    assert unit == ("5" if units == {"X": 5} else None)


def test_cells_that_do_not_go_are_refused_by_name():
    pandas = pytest.importorskip("pandas")
    unsigned = np.array([2**64 - 1], dtype=np.uint64)
    for cells, message in (
        ([[1], [[1], [2, 3]]], "column 'C', row 1: a cell that is no regular array"),
        ([np.array([2**63 - 1]), unsigned], "column 'C' has cells of uint64 and of signed"),
    ):
        with pytest.raises(TypeError, match=message):
            Table.from_pandas(pandas.DataFrame({"C": pandas.Series(cells, dtype=object)}))
    groups = pandas.Categorical([(1,), (1, 2), (1,)])
    assert Table.from_pandas(pandas.DataFrame({"C": groups}))["C"].to_list() == [[1], [1, 2], [1]]


# ---------------------------------------------------------------------------------------- Parquet


def test_parquet_keeps_columns_and_metadata(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "table.parquet"
    names = [name for name in NAMES if name != "BITS"]
    table = Table({name: KINDS[name][0] for name in names}, units={"FLOAT": "Jy"})
    table.write_parquet(path, compression="zstd")
    again = Table.from_arrow(parquet.read_table(path))
    for name in names:
        assert same_values(table[name], again[name]), name
    assert again.columns[names.index("FLOAT")].unit == "Jy"
    described().write_parquet(path)
    assert Table.from_arrow(parquet.read_table(path)).columns == described().columns


def test_a_parquet_file_that_was_there_outlives_a_failure(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path, link = tmp_path / "t.parquet", tmp_path / "link.parquet"
    described().write_parquet(path)
    link.symlink_to(path)
    with pytest.raises(TypeError, match="compressing"):
        described()[:1].write_parquet(path, compressing="zstd")
    assert parquet.read_table(path).num_rows == 2
    described()[:1].write_parquet(str(link))
    assert link.is_symlink()
    assert parquet.read_table(path).num_rows == 1
    assert sorted(tmp_path.iterdir()) == [link, path]
    with (tmp_path / "t.parquet").open("wb") as file:
        described().write_parquet(file)
    assert parquet.read_table(path).num_rows == 2


# ----------------------------------------------------------------------------------------- DLPack


@pytest.mark.parametrize("name", [n for n in NAMES if isinstance(KINDS[n][0], torch.Tensor)])
def test_columns_go_through_dlpack(name):
    values = Table({"X": KINDS[name][0]})["X"]
    array = np.from_dlpack(values)
    assert array.ctypes.data == values.data_ptr()
    assert array.dtype == values.numpy().dtype
    assert torch.from_dlpack(values).data_ptr() == values.data_ptr()


def test_unsigned_columns_are_covered():
    assert {f"uint{width}" for width in UNSIGNED.values()} <= set(NAMES)


# -------------------------------------------------------------------------------- what is missing


MISSING = {
    "t.to_arrow()": "pyarrow",
    "t.write_parquet('x.parquet')": "pyarrow",
    "t.to_polars()": "polars",
    "t.to_pandas()": "pandas",
    "t.to_astropy()": "astropy",
}


def test_a_missing_package_is_named():
    code = f"""
        import sys
        class Hidden:
            def find_spec(self, name, path=None, target=None):
                if (package := name.partition(".")[0]) in {set(MISSING.values())!r}:
                    raise ModuleNotFoundError(f"No module named {{name!r}}", name=package)
        sys.meta_path.insert(0, Hidden())
        import torch, torchfits
        t = torchfits.Table({{"X": torch.arange(3)}})
        for call in {list(MISSING)!r}:
            try:
                eval(call)
            except ImportError as error:
                print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    for line, (call, package) in zip(done.stdout.splitlines(), MISSING.items(), strict=True):
        method = call[2:].partition("(")[0]
        assert line.startswith(f"{method}() needs {package}, which is not installed: pip install")
        assert "torchfits[" in line


def test_arrow_without_pyarrow():
    pytest.importorskip("polars")
    code = """
        import sys
        sys.modules["pyarrow"] = None
        import polars, torch
        from torchfits import Table, Ragged
        cells = Ragged.from_list([[1], [], [2]])
        t = Table({"X": torch.arange(3), "T": ["a", "b", "c"], "R": cells})
        again = Table.from_polars(t.to_polars())
        assert again["T"].to_list() == ["a", "b", "c"], again
        assert again["R"].to_list() == [[1], [], [2]]
        print(polars.DataFrame(t).shape)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "(3, 3)"


def test_nothing_is_imported_before_it_is_used():
    code = (
        "import sys, torch, torchfits\n"
        "t = torchfits.Table({'X': torch.arange(3)}); repr(t); t._repr_html_()\n"
        "print(sorted({'pyarrow', 'polars', 'pandas', 'astropy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------------------------ hypothesis

NUMBERS = st.sampled_from(
    ["i1", "i2", "<i4", ">i8", "u1", "<u2", "u4", "u8", "f4", ">f8", "c8", "?"]
)


@settings(max_examples=100, deadline=None)
@given(NUMBERS, st.lists(st.integers(0, 100), max_size=9), st.integers(0, 2), st.data())
def test_arrays_round_trip_through_astropy(dtype, numbers, axes, data):
    table = pytest.importorskip("astropy.table")
    array = np.array(numbers).astype(dtype)
    array = np.stack([array] * 2, axis=-1) if axes else array
    mask = data.draw(st.lists(st.booleans(), min_size=array.size, max_size=array.size))
    mask = np.array(mask, dtype=bool).reshape(array.shape)
    given_ = table.Table({"X": table.MaskedColumn(array, mask=mask)})
    taken = Table.from_astropy(given_)
    assert taken["X"].numpy().tobytes() == array.astype(array.dtype.newbyteorder("=")).tobytes()
    assert (taken.null_mask("X") is None) == (not mask.any())
    again = taken.to_astropy()["X"]
    assert np.array_equal(np.ma.getmaskarray(again), mask)
    assert np.array_equal(np.ma.getdata(again), array)


def test_strings_keep_their_bytes_on_the_way_from_numpy():
    table = pytest.importorskip("astropy.table")
    taken = Table.from_astropy(table.Table({"S": np.array([b"a\0b", b"xyz"])}))
    assert isinstance(taken["S"], Strings)
    assert taken["S"].bytes.tolist() == [[97, 0, 98], [120, 121, 122]]


def test_flags_and_frames_of_a_wrong_kind() -> None:
    table = Table({"X": torch.arange(2.0)})
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    refused = [
        (lambda: table.to_astropy(quantities="no"), "quantities= takes True or False, not 'no'"),
        (lambda: Table.from_pandas(pandas.DataFrame({"X": [1]}), index=0), "index= takes True or"),
        (lambda: Table.from_pandas({"X": [1]}), r"from_pandas\(\) takes a DataFrame, not dict"),
        (lambda: Table.from_polars(1), r"from_polars\(\) takes a DataFrame of polars, not int"),
        (lambda: Table.from_polars(polars.DataFrame().lazy()), r"LazyFrame; call its collect\(\)"),
        (lambda: Table.from_astropy({"X": [1]}), "takes a Table or QTable of astropy, not dict"),
    ]
    for call, message in refused:
        with pytest.raises(TypeError, match=message):
            call()
