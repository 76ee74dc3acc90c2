# SPDX-License-Identifier: BSD-3-Clause
"""Tables that are created empty and filled by rows."""

from __future__ import annotations

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits
from other_programs import check_file

import torchfits
from torchfits import Column, Ragged, Strings, Table


def text(words: list[str]) -> Strings:
    """Strings of any length."""
    lengths = torch.tensor([0, *map(len, words)]).cumsum(0)
    joined = bytearray("".join(words).encode())
    data = torch.frombuffer(joined, dtype=torch.uint8) if joined else torch.empty(0).byte()
    return Strings(data, lengths)


def block(first: int, rows: int) -> dict[str, object]:
    """Rows of a table that has every kind of column."""
    numbers = range(first, first + rows)
    return {
        "ID": torch.arange(first, first + rows),
        "U": torch.tensor([i % 60000 for i in numbers], dtype=torch.uint16),
        "V": torch.arange(6.0 * first, 6.0 * (first + rows)).reshape(rows, 2, 3),
        "OK": torch.tensor([i % 3 == 0 for i in numbers], dtype=torch.bool),
        "NAME": Strings.from_list([f"star {i % 1000:04}" for i in numbers]),
        "CELLS": Ragged.from_list([[i / 2] * (i % 4) for i in numbers], torch.float32),
        "WORDS": text(["x" * (i % 5) for i in numbers]),
    }


SPEC = {
    "ID": torch.int64,
    "U": torch.uint16,
    "V": (torch.float32, (2, 3)),
    "OK": torch.bool,
    "NAME": (str, 9),
    "CELLS": (torch.float32, ...),
    "WORDS": (str, ...),
}
PLAIN = [name for name in SPEC if name not in ("CELLS", "WORDS")]


def part(rows: dict[str, object], names: list[str]) -> dict[str, object]:
    return {name: rows[name] for name in names}


@pytest.mark.parametrize("mode", ["w", "a", "r+"])
@pytest.mark.parametrize("names", [PLAIN, list(SPEC)])
def test_a_table_that_is_filled_by_rows(tmp_path, mode, names):
    path = tmp_path / "f.fits"
    if mode == "r+":
        torchfits.write(path, None)
    with torchfits.open(path, mode) as f:
        spec = {name: SPEC[name] for name in names}
        hdu = f.create_table(spec, header={"ORIGIN": "here"}, name="CAT", checksum=True)
        assert (hdu.name, hdu.kind, len(hdu)) == ("CAT", "table", 0)
        assert [column.name for column in hdu.columns] == names
        for first, rows in ((0, 700), (700, 1), (701, 0), (701, 1299)):
            given = part(block(first, rows), names)
            hdu.append_rows(given if first else dict(reversed(given.items())))
        assert len(hdu) == 2000
    check_file(path)
    expected = part(block(0, 2000), names)
    found = torchfits.read(path, "CAT")
    assert found.names == names
    assert torchfits.read_header(path, "CAT")["ORIGIN"] == "here"
    with fits.open(path) as f:
        data = f["CAT"].data
        for name in ("ID", "U", "V", "OK"):
            np.testing.assert_array_equal(data[name], expected[name].numpy())
        assert [x.rstrip() for x in data["NAME"]] == expected["NAME"].to_list()
        if "CELLS" in names:
            for i in (0, 1, 699, 700, 1999):
                assert data["CELLS"][i].tolist() == [i / 2] * (i % 4)
                assert "".join(data["WORDS"][i]) == "x" * (i % 5)
    with fitsio.FITS(path) as f:
        np.testing.assert_array_equal(f["CAT"]["ID"][:], np.arange(2000))
        if "CELLS" in names:
            assert f["CAT"]["CELLS"][1999].tolist() == [999.5] * 3


def test_a_table_without_cells_in_the_heap_is_that_of_write(tmp_path):
    whole, filled, reserved = (tmp_path / name for name in ("whole", "filled", "reserved"))
    rows = part(block(0, 3000), PLAIN)
    torchfits.write(whole, rows, name="CAT", checksum=True)
    table = torchfits.read(whole)
    for path, count in ((filled, 0), (reserved, 3000)):
        with torchfits.open(path, "w") as f:
            hdu = f.create_table(table, count, name="CAT", checksum=True)
            for place in (slice(i, i + 800) for i in range(0, 3000, 800)):
                piece = table[place]
                if count:
                    hdu[place] = piece
                else:
                    hdu.append_rows(piece)
        assert path.read_bytes() == whole.read_bytes()


def test_one_block_of_a_table_with_a_heap_is_that_of_write_with_long_descriptors(tmp_path):
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        f.create_table(SPEC).append_rows(block(0, 500))
    with fits.open(path) as f:
        header = f[1].header
        assert (header["TFORM6"], header["TFORM7"]) == ("1QE(3)", "1QA(4)")
        assert header["PCOUNT"] == sum(4 * (i % 4) + i % 5 for i in range(500))
    check_file(path)


def test_rows_that_are_there_at_once(tmp_path):
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        hdu = f.create_table({name: SPEC[name] for name in PLAIN}, 100, checksum=True)
        hdu[10:20] = part(block(10, 10), PLAIN)
        hdu["ID", 90:] = torch.arange(90, 100)
        with pytest.raises(ValueError, match="rows=5 is for cells of one size.*'CELLS'"):
            f.create_table(SPEC, 5)
        with pytest.raises(ValueError, match="0 rows or more"):
            f.create_table({"A": torch.uint8}, -1)
    check_file(path)
    with fits.open(path) as f:
        data = f[1].data
        expected = np.zeros(100, int)
        expected[10:20], expected[90:] = np.arange(10, 20), np.arange(90, 100)
        np.testing.assert_array_equal(data["ID"], expected)
        assert data["NAME"][15] == "star 0015"
        assert data["NAME"][50] == ""


def test_columns_of_another_table_are_a_pattern(tmp_path):
    path = tmp_path / "f.fits"
    columns = [
        fits.Column("I", "J", null=-99, unit="ct", array=np.arange(4)),
        fits.Column("BITS", "11X", array=np.ones((4, 11), bool)),
        fits.Column("NAMES", "12A", dim="(4,3)", array=np.array([["ab"] * 3] * 4)),
        fits.Column("CELLS", "PE()", array=np.array([np.ones(i, "f4") for i in range(4)], object)),
        fits.Column("S", "E", bscale=0.5, bzero=1.0, array=np.arange(4.0)),
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(path)
    with torchfits.open(path, "r+") as f:
        old = f[1].read()
        for template in (f[1].columns, old):
            hdu = f.create_table(template)
            hdu.append_rows(old[:2])
            hdu.append_rows(old[2:])
            f.flush()
            new = hdu.columns
            assert [c.format for c in new] == ["J", "11X", "12A", "QE(3)", "D"]
            assert (new[0].unit, new[0].null, new[2].shape) == ("ct", -99, (3,))
            again = hdu.read()
            assert again["NAMES"].to_list() == old["NAMES"].to_list()
            assert torch.equal(again["BITS"], old["BITS"])
            assert again["CELLS"][3].tolist() == [1, 1, 1]
            assert again["S"].tolist() == old["S"].tolist()
    check_file(path)


def test_nulls_need_a_number_that_stands_for_them(tmp_path):
    path = tmp_path / "f.fits"
    rows = Table(
        {"A": torch.tensor([1, 2]), "V": Ragged.from_list([[1], []])},
        masks={"A": torch.tensor([False, True])},
    )
    with torchfits.open(path, "w") as f:
        hdu = f.create_table({"A": torch.int64, "V": (torch.int64, ...)})
        with pytest.raises(ValueError, match="'A'"):
            hdu.append_rows(rows)
        hdu = f.create_table(
            {"A": Column("A", dtype=torch.int64, null=-1), "V": (torch.int64, ...)}
        )
        hdu.append_rows(rows)
    with fits.open(path) as f:
        assert f[2].header["TNULL1"] == -1
        assert f[2].data["A"].tolist() == [1, -1]
        assert len(f[1].data) == 0


@pytest.mark.parametrize(
    ("rows", "kind", "message"),
    [
        ({"A": torch.arange(3)}, ValueError, "missing: 'T', 'V'"),
        ({"B": torch.arange(3)}, torchfits.ColumnNotFoundError, "B"),
        ([1, 2, 3], TypeError, "rows are a Table"),
        (
            {"A": torch.arange(2), "T": ["abcde", "b"], "V": Ragged.from_list([[1.0], []])},
            ValueError,
            "'T'",
        ),
        (
            {"A": torch.tensor([1.5, 2]), "T": ["a", "b"], "V": Ragged.from_list([[1.0], []])},
            ValueError,
            "'A'",
        ),
    ],
)
def test_rows_that_do_not_fit(tmp_path, rows, kind, message):
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        hdu = f.create_table({"A": torch.int64, "T": (str, 3), "V": (torch.float32, ...)})
        hdu.append_rows({"A": torch.arange(1), "T": ["a"], "V": Ragged.from_list([[1.0]])})
        with pytest.raises(kind, match=message):
            hdu.append_rows(rows)
        assert len(hdu) == 1
    check_file(path)
    with fits.open(path) as f:
        assert len(f[1].data) == 1


@pytest.mark.parametrize(
    ("columns", "kind", "message"),
    [
        ({}, ValueError, "at least one column"),
        ("ID", TypeError, "columns are a mapping"),
        ({"A": str}, TypeError, r"\(str, 16\)"),
        ({"A": (torch.int16, (2,), 3)}, TypeError, "columns are a mapping"),
        ({"A": (torch.int16, -2)}, ValueError, "shape of a cell"),
        ([Column("A")], ValueError, "how wide is the text"),
        ({"A": torch.float16, "a": torch.int16}, ValueError, "a"),
    ],
)
def test_columns_that_cannot_be(tmp_path, columns, kind, message):
    with torchfits.open(tmp_path / "f.fits", "w") as f, pytest.raises(kind, match=message):
        f.create_table(columns)
