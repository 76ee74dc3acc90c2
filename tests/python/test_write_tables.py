# SPDX-License-Identifier: BSD-3-Clause
"""Whole tables on disk: what becomes one, what is refused, and what other readers say of it."""

import io
import warnings

import numpy as np
import pytest
import raw_decoder
import torch
from astropy.io import fits
from corpus_files import corpus_files
from hypothesis import given, settings
from other_programs import check_by_fitsverify, needs_fitsverify
from written_tables import (
    NUMBERS,
    astropy_rows,
    numbers,
    round_trip,
    same_column,
    same_values,
    tables,
)

import torchfits
from torchfits import Ragged, Strings, Table


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.fits"


# What becomes a table


def test_dicts_of_arrays_tensors_and_lists(path):
    columns = {
        "TENSOR": torch.tensor([1, 2]), "ARRAY": np.array([0.1, 0.2]),
        "SWAPPED": np.array([1, 2], ">u2"),
        "LIST": [0.1, 0.2], "TEXT": ["a", "bc"], "TUPLE": ("x", b"y"), "CELLS": [[1, 2], [3, 4]],
        "BYTES": np.array([b"ab", b"c"]), "UNICODE": np.array(["\xe9", "abc"]),
        "MASKED": np.ma.MaskedArray([1, 2], [False, True]),
        "RAGGED": Ragged.from_list([[1.0], []]),
    }  # fmt: skip
    torchfits.write(path, columns)
    rows, header = astropy_rows(path)
    assert rows.names == list(columns)
    same_values(rows["TENSOR"], [1, 2])
    same_values(rows["ARRAY"], [0.1, 0.2])
    same_values(rows["SWAPPED"], [1, 2])
    same_values(rows["LIST"], [0.1, 0.2])
    same_values(rows["CELLS"], [[1, 2], [3, 4]])
    assert np.char.rstrip(rows["TEXT"]).tolist() == ["a", "bc"]
    assert rows["TUPLE"].tolist() == ["x", "y"]
    assert rows["BYTES"].tolist() == ["ab", "c"]
    assert torchfits.read(path, 1, columns="UNICODE").to_list() == ["\xe9", "abc"]
    assert rows["MASKED"][1] == header["TNULL10"]


def test_structured_arrays(path):
    rows = np.zeros(3, [("A", ">i4"), ("B", "f8", (2,)), ("C", "S4"), ("D", "?"), ("E", "U2")])
    rows["A"], rows["B"], rows["C"], rows["D"] = [1, 2, 3], np.eye(3, 2), b"abcd", [1, 0, 1]
    rows["E"] = "xy"
    for array in (rows, rows.view(np.recarray), np.ma.MaskedArray(rows)):
        torchfits.write(path, array, overwrite=True)
        found, _ = astropy_rows(path)
        for name in "ABD":
            same_values(found[name], rows[name])
        assert found["C"].tolist() == ["abcd"] * 3
        assert found["E"].tolist() == ["xy"] * 3
    masked = np.ma.MaskedArray(rows, [(0, 0, 0, 0, 0), (1, 0, 0, 1, 0), (0, 0, 0, 0, 0)])
    torchfits.write(path, masked, overwrite=True)
    table = torchfits.read(path, 1)
    assert table.null_mask("A").tolist() == [False, True, False]
    assert table.null_mask("D").tolist() == [False, True, False]


def test_tables_and_images_in_one_file(path):
    torchfits.write(
        path,
        [
            (None, {"TELESCOP": "VLT"}),
            (Table({"A": torch.arange(3)}), {"EXTVER": 2}, "CAT"),
            (torch.ones(2, 2), None, "IMG"),
            {"B": [1.5]},
        ],
        checksum=True,
    )
    with fits.open(path, checksum=True) as f:
        assert [hdu.name for hdu in f] == ["PRIMARY", "CAT", "IMG", ""]
        assert (f[0].header["TELESCOP"], f["CAT", 2].data["A"].tolist()) == ("VLT", [0, 1, 2])
        assert f[3].data["B"].tolist() == [1.5]


def test_a_table_is_no_primary_hdu_and_may_be_empty(path):
    torchfits.write(path, Table({}))
    with fits.open(path) as f:
        f.verify("exception")
        assert (len(f), f[1].header["TFIELDS"], f[1].header["NAXIS2"]) == (2, 0, 0)
    torchfits.write(path, {"A": np.zeros(0), "B": Strings(torch.zeros(0, 7, dtype=torch.uint8))},
                    overwrite=True)  # fmt: skip
    table = torchfits.read(path, 1)
    assert (table.names, table["B"].width) == (["A", "B"], 7)


def test_a_file_object_and_names_that_are_long(path):
    name = "it's a name that fills the card of a header to the very last of its"
    with path.open("wb") as file:
        torchfits.write(file, {name: [1]})
    assert astropy_rows(path)[0].names == [name]


# What is refused


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ({"A": [1, 2], "B": [1]}, ValueError, "columns differ in length"),
        ({"A": 5}, TypeError, "column 'A': a tensor"),
        ({"A": np.array(5)}, TypeError, "column 'A'"),
        ({"A": torch.zeros(2), "a": torch.zeros(2)}, ValueError, "differ in case only"),
        ({"A": [[1], [2, 3]]}, ValueError, "Ragged.from_list"),
        ({"A": np.array(["2020-01-01"], "M8[D]")}, TypeError, "no type for times"),
        ({"A": np.zeros(2, "f16")}, TypeError, "column 'A' is of dtype"),
        ({"A": np.array(["\u0394"])}, ValueError, "outside Latin-1"),
        ({"\u0394": [1]}, ValueError, "printable ASCII"),
        ({"A ": [1]}, ValueError, "blanks at the end of a name"),
        ({"A" * 69: [1]}, ValueError, "68 characters"),
        ({5: [1]}, TypeError, "the name of a column is a str"),
        (Table({"A": torch.zeros(1)}, units={"A": "\xb5m"}), ValueError, "its unit"),
        ({"A": torch.zeros(2, 2).to_sparse()}, TypeError, "to_dense"),
        ({"A": torch.zeros(2).to(torch.float8_e4m3fn)}, TypeError, "float8_e4m3fn"),
        ({"A": torch.zeros(2, device="meta")}, ValueError, "meta"),
        ({f"C{i}": [1] for i in range(1000)}, ValueError, "at most 999 columns"),
        (np.zeros((2, 2), [("A", "i4")]), ValueError, "one dimension"),
    ],
)
def test_what_no_table_holds(tmp_path, data, error, message):
    with pytest.raises(error, match=message):
        torchfits.write(tmp_path / "no.fits", data)
    with pytest.raises(error, match="item 1 of the list: "):
        torchfits.write(tmp_path / "no.fits", [None, data])
    assert not list(tmp_path.iterdir())


def test_rows_of_astropy_may_mean_other_numbers(path):
    column = fits.Column("A", "I", bscale=2.0, array=np.array([1.0, 2.0]))
    rows = fits.BinTableHDU.from_columns([column]).data
    with pytest.raises(TypeError, match="Table.from_astropy"):
        torchfits.write(path, rows)


def test_offsets_that_were_changed_are_found():
    ragged = Ragged.from_list([[1, 2], [3]])
    ragged.offsets[1] = 5
    with pytest.raises(ValueError, match="column 'A': its offsets do not rise"):
        torchfits.write(io.BytesIO(), Table({"A": ragged}))


# All together


def every_kind():
    """A table of each kind of column, with and without nulls."""
    columns, masks = {}, {}
    offsets = torch.tensor([0, 2, 2, 3, 7])
    for dtype in [*NUMBERS, "bool"]:
        columns[dtype] = torch.from_numpy(numbers(dtype, 4))
        columns[f"{dtype}_cell"] = torch.from_numpy(numbers(dtype, (4, 2, 3)))
        columns[f"{dtype}_ragged"] = Ragged(torch.from_numpy(numbers(dtype, 7)), offsets)
        columns[f"{dtype}_null"] = torch.from_numpy(numbers(dtype, (4, 2)))
        masks[f"{dtype}_null"] = torch.tensor([[False, True]] * 4)
    columns["text"] = Strings.from_list(["a", "", "abc", "x y"])
    columns["texts"] = Strings(torch.randint(65, 90, (4, 3, 2), dtype=torch.uint8))
    columns["letters"] = Strings(torch.randint(65, 90, (7,), dtype=torch.uint8), offsets)
    return Table(columns, masks=masks)


@needs_fitsverify
def test_fitsverify_has_nothing_to_say(path):
    torchfits.write(path, every_kind(), name="ALL", checksum=True)
    check_by_fitsverify(path)


def test_every_kind_comes_back(path):
    table = every_kind()
    again = round_trip(table)
    assert again.names == table.names
    for name in table:
        mask = table.null_mask(name)
        if mask is None:
            same_column(again[name], table[name])
        elif table[name].dtype in (torch.float32, torch.float64, torch.complex64, torch.complex128):
            assert torch.equal(torch.isnan(again[name]), mask)
        else:
            assert torch.equal(again.null_mask(name), mask)
            assert again[name].numpy()[~mask].tolist() == table[name].numpy()[~mask].tolist()


def check_raw(column, hdu, number, values, mask):
    """A column of a file by the independent reader."""
    if isinstance(values, Ragged):
        for cell, expected in zip(raw_decoder.cells(hdu, number), values, strict=True):
            same_values(cell.values, expected.numpy())
    elif isinstance(values, Strings):
        assert column.values.tolist() == values.to_list()
    elif mask is None:
        same_values(column.values, values.numpy())
    else:
        nulls = mask.numpy()
        same_values(column.nulls, nulls)
        same_values(column.values[~nulls], values.numpy()[~nulls])


@settings(max_examples=150, deadline=None)
@given(tables())
def test_any_table(table):
    file = io.BytesIO()
    torchfits.write(file, table, checksum=True)
    (_, hdu) = raw_decoder.read_hdus(file.getvalue())
    columns = raw_decoder.columns(hdu)
    again = torchfits.read(file.getvalue(), 1, columns=list(table))
    for number, (name, column) in enumerate(zip(table, columns, strict=True), 1):
        mask = table.null_mask(name)
        check_raw(column, hdu, number, table[name], mask)
        if mask is None:
            same_column(again[name], table[name])
    with fits.open(io.BytesIO(file.getvalue()), checksum=True) as f:
        f.verify("exception")
        for name in table:
            values = table[name]
            if (
                isinstance(values, torch.Tensor)
                and values.numel()
                and table.null_mask(name) is None
            ):
                same_values(f[1].data[name], values.numpy())


# Real tables


@pytest.mark.parametrize("source", corpus_files("table"))
def test_tables_of_the_corpus_come_back(source, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with torchfits.open(source) as f:
                tables = [(hdu.read(), hdu.header) for hdu in f if "table" in hdu.kind]
        except torchfits.FITSError:
            return  # a file that cannot be read is the business of other tests
        torchfits.write(path, tables or None, checksum=True)
        for number, (table, _) in enumerate(tables, 1):
            again = torchfits.read(path, number, columns=list(table))
            assert again.names == table.names
            for name, before in zip(table, table.columns, strict=True):
                compare_field(table, again, name)
                after = again.columns[again.names.index(name)]
                assert (after.unit, after.ucd) == (before.unit, before.ucd)


def compare_field(table, again, name):
    one, other = table[name], again[name]
    mask = table.null_mask(name)
    if mask is not None and isinstance(mask, torch.Tensor) and bool(mask.any()):
        if isinstance(one, Strings):
            return
        if not one.is_floating_point():
            assert torch.equal(again.null_mask(name), mask)
        assert one.numpy()[~mask].tobytes() == other.numpy()[~mask].tobytes()
    else:
        same_column(other, one)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_records_without_gaps_are_written(path, rows):
    records = np.array(
        [(i, i + 0.5, b"a") for i in range(rows)], dtype=[("x", "i4"), ("y", ">f8"), ("s", "S3")]
    )
    torchfits.write(path, records)
    with torchfits.open(path, "r+") as f:
        f[1].append_rows(records)
        f[1][:rows] = records
    with fits.open(path) as found:
        for name in ("x", "y"):
            np.testing.assert_array_equal(found[1].data[name], np.tile(records[name], 2))


def test_integers_by_their_other_name_are_written(path):
    columns = {
        "A": np.array([1, 2], dtype=np.longlong),
        "B": [2**63, 1],
        "C": np.array([3, 4], ">q"),
    }
    torchfits.write(path, columns)
    with fits.open(path) as found:
        assert found[1].data["A"].tolist() == [1, 2]
        assert found[1].data["B"].tolist() == [2**63, 1]
        assert found[1].data["C"].tolist() == [3, 4]


@pytest.mark.parametrize("mixed", [[1, "a"], ["a", 1.5], [True, b"a"]])
def test_numbers_among_texts_are_refused(path, mixed):
    with pytest.raises(TypeError, match="'A' has numbers and texts"):
        torchfits.write(path, {"A": mixed})
