# SPDX-License-Identifier: BSD-3-Clause
"""Cells and rows of tables that are changed, against a model of numpy columns."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits
from edited_files import ROWS, cells, check_refused, columns_of, make_file, same
from fits_bytes import card, field, image, table
from hypothesis import given, settings
from hypothesis import strategies as st
from other_programs import check_file, hdu_bytes

import torchfits
from torchfits import Ragged, Strings, Table


@pytest.fixture(params=[False, True], ids=["inside", "last"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "cat.fits"
    make_file(place, last=request.param)
    return place


def expect(path: Path, changed: dict[str, Any], old: dict[str, Any]) -> None:
    check_file(path)
    found = columns_of(path)
    assert list(found) == list(old)
    for name, values in (old | changed).items():
        same(found[name], values)


def edited(path: Path, work: Callable[[torchfits.HDU], object]) -> None:
    """Edit the table; other HDUs keep their bytes, and our reading agrees with astropy's."""
    before = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        work(f["CAT"])
        ours = f["CAT"].read()
    after = hdu_bytes(path)
    del before[1], after[1]
    assert before == after
    for name, values in columns_of(path).items():
        if name not in ("NAME", "CELLS"):
            np.testing.assert_array_equal(ours[name].numpy(), values)


CELLS: list[tuple[str, Any, Any, str, Any]] = [
    ("X", None, np.arange(ROWS) / 3, "X", np.arange(ROWS) / 3),
    ("x", slice(3, 9, 2), 7, "X", 7),
    ("X", [-1, 4, 4], [1.0, 2.0, 3.0], "X", {-1: 1, 4: 3}),
    ("X", np.arange(ROWS) % 7 == 0, float("inf"), "X", np.inf),
    ("NAME", slice(2, 4), ["a", "bcdefghi"[:8]], "NAME", ["a", "bcdefghi"]),
    ("NAME", 5, "M 31", "NAME", "M 31"),
    ("NAME", [5, 7], Strings.from_list(["xy        ", "z"]), "NAME", ["xy", "z"]),
    ("I", slice(None, None, -1), torch.arange(ROWS), "I", np.arange(ROWS)),
    ("I", 3, 2.0, "I", 2),
    ("I", [1, 2], None, "I", -99),
    ("I", slice(0, 2), np.ma.array([5, 6], mask=[True, False]), "I", [-99, 6]),
    ("V", 4, np.ones((2, 3)), "V", 1),
    ("V", slice(4, 6), np.ones((2, 3), "f4"), "V", 1),
    ("OK", slice(0, 5), True, "OK", True),
    ("OK", [3, 1], torch.tensor([False, True]), "OK", [False, True]),
    ("U", slice(0, 2), [65535, 0], "U", [65535, 0]),
    ("BITS", 9, torch.ones(11, dtype=torch.bool), "BITS", True),
    ("C", [0, 39], torch.tensor([1j, 2], dtype=torch.complex128), "C", [1j, 2]),
]


@pytest.mark.parametrize(("name", "rows", "values", "column", "expected"), CELLS)
def test_cells_of_one_column(
    path: Path, name: str, rows: Any, values: Any, column: str, expected: Any
) -> None:
    old = columns_of(path)
    changed = old[column].copy()
    size = path.stat().st_size
    if isinstance(expected, dict):
        for row, value in expected.items():
            changed[row] = value
    else:
        changed[slice(None) if rows is None else rows] = expected
    edited(path, lambda hdu: hdu.__setitem__(name if rows is None else (name, rows), values))
    expect(path, {column: changed}, old)
    assert path.stat().st_size == size


def test_rows_of_several_columns(path: Path) -> None:
    old = columns_of(path)

    def work(hdu: torchfits.HDU) -> None:
        hdu[5] = {"X": -1, "name": "five", "V": np.zeros((2, 3)), "OK": True, "U": 7}
        hdu[-1] = {"I": None, "CELLS": [9.0, 8.0, 7.0, 6.0]}
        hdu[10:12] = Table({"X": torch.tensor([1.0, 2.0]), "I": torch.tensor([3, 4])})
        hdu[["X", "U"], 20:22] = {"U": [1, 2], "X": 0}
        hdu["I", "X"] = {"I": np.arange(ROWS) * 2, "X": hdu["X"]}
        hdu[12] = hdu[5]
        hdu[torch.arange(ROWS) == 30] = {"X": 30}

    edited(path, work)
    old["X"][[5, 10, 11, 20, 21, 12, 30]] = [-1, 1, 2, 0, 0, -1, 30]
    old["NAME"][[5, 12]] = "five"
    old["V"][[5, 12]] = 0
    old["OK"][[5, 12]] = True
    old["U"][[5, 12, 20, 21]] = [7, 7, 1, 2]
    old["I"] = np.arange(ROWS) * 2
    old["I"][12] = 10
    old["BITS"][12], old["C"][12], old["CELLS"][12] = old["BITS"][5], old["C"][5], old["CELLS"][5]
    old["CELLS"][-1] = [9, 8, 7, 6]
    expect(path, {}, old)


def test_cells_of_any_length(path: Path) -> None:
    old = columns_of(path)
    heap = fits.getheader(path, "CAT")["PCOUNT"]

    def work(hdu: torchfits.HDU) -> None:
        hdu["CELLS", 3] = torch.arange(1000)
        hdu["CELLS", [4, 0]] = Ragged.from_list([[], [1, 2]])
        hdu["CELLS", 7:9] = np.ones((2, 5))

    edited(path, work)
    old["CELLS"][3], old["CELLS"][4], old["CELLS"][0] = np.arange(1000), [], [1, 2]
    old["CELLS"][7] = old["CELLS"][8] = np.ones(5)
    expect(path, {}, old)
    header = fits.getheader(path, "CAT")
    assert header["TFORM9"] == "1PE(1000)"
    assert header["PCOUNT"] == heap + 4 * (1000 + 2 + 10)  # what was there before stays in the heap


def test_rows_come_and_go(path: Path) -> None:
    old = columns_of(path)
    header = fits.getheader(path, "CAT")

    def work(hdu: torchfits.HDU) -> None:
        some = hdu[2:4]
        hdu.append_rows(some)
        hdu.insert_rows(0, some[["CELLS", "C", "X", "BITS", "NAME", "I", "V", "U", "OK"]])
        hdu.insert_rows(-1, some)
        hdu.delete_rows(slice(1, 20, 2))
        hdu.delete_rows([0, -1, 0])
        hdu.delete_rows(3)
        assert len(hdu) == ROWS + 6 - 10 - 3

    edited(path, work)
    order = [2, 3, *range(ROWS), 2, 2, 3, 3]
    order = [row for i, row in enumerate(order) if not (i < 20 and i % 2)]
    order = order[1:-1]
    del order[3]
    expect(path, {name: values[order] for name, values in old.items()}, old)
    now = fits.getheader(path, "CAT")
    changed = {"NAXIS2", "PCOUNT", "CHECKSUM", "DATASUM"}
    assert list(now) == list(header)
    assert {key for key in now if now[key] != header[key]} == changed
    assert now.comments["OBSERVER"] == "who"


def test_all_rows_go_and_others_come(path: Path) -> None:
    old = columns_of(path)
    with torchfits.open(path, "r+") as f:
        some = f["CAT"].read()
        f["CAT"].delete_rows(slice(None))
        assert f["CAT"].header["PCOUNT"] == 0
        assert len(f["CAT"]) == 0
        check_file(path)
        f["CAT"].append_rows(some)
        f["CAT"].append_rows(some[:0])
        f["CAT"].delete_rows([])
    expect(path, {}, old)


def test_rows_are_appended_in_place_where_nothing_follows(tmp_path: Path) -> None:
    path = tmp_path / "big.fits"
    count = 100_000
    columns = {"X": torch.arange(count, dtype=torch.float64), "I": torch.arange(count)}
    torchfits.write(path, columns, checksum=True)
    inode, before = path.stat().st_ino, path.read_bytes()
    with torchfits.open(path, "r+") as f:
        for k in range(5):
            f[1].append_rows({"I": [k], "X": [k / 2]})
        f[1].append_rows(columns)
    assert path.stat().st_ino == inode
    assert path.read_bytes()[5760 : 5760 + 16 * count] == before[5760 : 5760 + 16 * count]
    check_file(path)
    data = fitsio.read(path, ext=1)
    np.testing.assert_array_equal(data["X"], [*range(count), 0, 0.5, 1, 1.5, 2, *range(count)])
    np.testing.assert_array_equal(data["I"], [*range(count), *range(5), *range(count)])


def test_a_table_of_a_new_file_is_filled_block_by_block(tmp_path: Path) -> None:
    path = tmp_path / "new.fits"
    block = {"X": torch.zeros(0, dtype=torch.float32), "NAME": Strings.from_list(["abc"])[:0]}
    with torchfits.open(path, "w") as f:
        f.append(block, name="T", checksum=True)
        for k in range(4):
            f["T"].append_rows({"NAME": [str(k)] * 500, "X": torch.full((500,), k)})
    check_file(path)
    data = fits.getdata(path)
    np.testing.assert_array_equal(data["X"], np.repeat(np.arange(4), 500))
    assert list(data["NAME"][::500]) == ["0", "1", "2", "3"]


REFUSED: list[tuple[Callable[[torchfits.HDU], object], type[Exception], str]] = [
    (lambda h: h.__setitem__("NEW", 1), torchfits.ColumnNotFoundError, r"add_column\('NEW'"),
    (lambda h: h.__setitem__(3, {"NEW": 1}), torchfits.ColumnNotFoundError, "no column 'NEW'"),
    (lambda h: h.__setitem__(("NAME", 0), "123456789"), ValueError, "has 9 bytes, .* holds 8"),
    (lambda h: h.__setitem__(("NAME", 0), 3), TypeError, "holds text"),
    (lambda h: h.__setitem__(("X", 0), "3"), TypeError, "holds no text"),
    (lambda h: h.__setitem__(("I", 0), 1.5), ValueError, "1.5 does not fit the stored int32"),
    (lambda h: h.__setitem__(("I", [0, 1]), [1, 2**31]), ValueError, "row 1: 2147483648 does not"),
    (lambda h: h.__setitem__(("I", 0), -99), ValueError, "TNULL3 marks as no value"),
    (lambda h: h.__setitem__(("U", 0), None), ValueError, "the header has no TNULL6"),
    (lambda h: h.__setitem__(("U", 0), -1), ValueError, "-1 does not fit the stored uint16"),
    (lambda h: h.__setitem__(("OK", 0), 1), TypeError, r"\.to\(torch.bool\)"),
    (lambda h: h.__setitem__(("BITS", 0), None), ValueError, "a bit cannot be null"),
    (lambda h: h.__setitem__(("X", 0), 1j), TypeError, "cannot be stored as float64"),
    (lambda h: h.__setitem__(("V", 0), [1, 2, 3]), ValueError, r"cells of shape"),
    (lambda h: h.__setitem__("X", [1.0, 2.0]), ValueError, "2 rows, and 40 are selected"),
    (lambda h: h.__setitem__(("X", 40), 1), IndexError, "row 40"),
    (lambda h: h.__setitem__(slice(0, 2), 5), TypeError, "a table takes"),
    (lambda h: h.__setitem__(("A", "B", 3), 5), TypeError, "a table takes"),
    (lambda h: h.__setitem__(None, 5), TypeError, "None"),
    (lambda h: h.__setitem__(["X", "I"], {"X": h["X"]}), ValueError, "assigned to"),
    (lambda h: h.append_rows({"X": [1.0]}), ValueError, "missing: 'NAME', 'I', 'V'"),
    (lambda h: h.append_rows({**{n: h[:1][n] for n in h[:1].names}, "Q": [1]}),
     torchfits.ColumnNotFoundError, "no column 'Q'"),
    (lambda h: h.append_rows(5), TypeError, "rows are a Table"),
    (lambda h: h.insert_rows(41, h[:1]), IndexError, "row 41"),
    (lambda h: h.delete_rows(40), IndexError, "row 40"),
    (lambda h: h.delete_rows([True]), IndexError, "1 entries"),
]  # fmt: skip


@pytest.mark.parametrize(("work", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_changes(
    path: Path, work: Callable[[torchfits.HDU], object], error: type[Exception], message: str
) -> None:
    check_refused(path, work, error, message)


def test_a_failed_change_leaves_a_new_file_usable(tmp_path: Path) -> None:
    path = tmp_path / "new.fits"
    with torchfits.open(path, "w") as f:
        f.append({"I": torch.arange(3, dtype=torch.int16)})
        with pytest.raises(ValueError, match="does not fit"):
            f[1]["I", 1] = 70000
        f[1]["I", 1] = 7
    assert fits.getdata(path)["I"].tolist() == [0, 7, 2]


def test_scaled_columns_store_in_their_own_form(tmp_path: Path) -> None:
    path = tmp_path / "scaled.fits"
    extra = [card("TSCAL1", 0.5), card("TZERO1", 10.0), card("TNULL1", -1)]
    extra += [card("TSCAL2", 1), card("TZERO2", 1000)]
    columns = [("S", "I", field([0, 1, 2], "i2")), ("K", "K", field([0, 1, 2], "i8"))]
    path.write_bytes(image(np.zeros(1, "u1")) + table(columns, extra))
    with torchfits.open(path, "r+") as f:
        f[1]["S"] = [10.2, float("nan"), 12.3]
        f[1]["K", 2] = 999
        with pytest.raises(ValueError, match="after scaling"):
            f[1]["S", 0] = 1e6
        with pytest.raises(ValueError, match="does not fit"):
            f[1]["K", 0] = -(2**63)
        assert f[1]["K"].tolist() == [1000, 1001, 999]
    raw = path.read_bytes()[8640:]
    assert raw[:30] == b"".join(
        np.array(s, ">i2").tobytes() + np.array(k, ">i8").tobytes()
        for s, k in [(0, 0), (-1, 1), (5, -1)]
    )


def test_texts_of_any_length(tmp_path: Path) -> None:
    path = tmp_path / "text.fits"
    words = Strings(torch.tensor(list(b"abcd"), dtype=torch.uint8), torch.tensor([0, 1, 4]))
    torchfits.write(path, {"T": words, "F": ["x", "y"]})
    with torchfits.open(path, "r+") as f:
        f[1]["T", 0] = "a longer text"
        f[1]["F"] = Strings(torch.tensor(list(b"z"), dtype=torch.uint8), torch.tensor([0, 0, 1]))
        f[1].append_rows({"T": ["new", ""], "F": ["p", "q"]})
        assert f[1]["T"].to_list() == ["a longer text", "bcd", "new", ""]
        assert f[1]["F"].to_list() == ["", "z", "p", "q"]
    check_file(path)
    found = fitsio.FITS(str(path), vstorage="object")[1].read()["T"]
    assert [text.rstrip() for text in found] == ["a longer text", "bcd", "new", ""]


@pytest.mark.parametrize("keyword", ["DATASUM", "CHECKSUM"])
def test_one_sum_alone_stays_right(tmp_path: Path, keyword: str) -> None:
    path = tmp_path / "sum.fits"
    make_file(path)
    with fits.open(path, mode="update") as f:
        del f["CAT"].header["DATASUM" if keyword == "CHECKSUM" else "CHECKSUM"]
    assert keyword in fits.getheader(path, "CAT")
    with torchfits.open(path, "r+") as f:
        f["CAT"]["X"] = 3.5
        f["CAT"].delete_rows(3)
        f["CAT"]["X", 2] = 1
    check_file(path)


def test_compressed_tables_say_the_way_out(tmp_path: Path) -> None:
    plain, path = tmp_path / "plain.fits", tmp_path / "z.fits"
    torchfits.write(plain, {"A": torch.arange(20000), "B": torch.rand(20000)})
    fpack = shutil.which("fpack")
    if fpack is None:
        pytest.skip("no fpack on PATH")
    subprocess.run([fpack, "-table", "-O", path, plain], check=True, capture_output=True)
    assert fits.getheader(path, 1)["ZTABLE"]
    before = path.read_bytes()
    with torchfits.open(path, "r+") as f:
        for work in (
            lambda h: h.__setitem__(("A", 3), 1),
            lambda h: h.append_rows(h[:1]),
            lambda h: h.delete_rows(0),
            lambda h: h.delete_column("A"),
        ):
            with pytest.raises(torchfits.UnsupportedError, match=r"compressed.*f\[1\] = table"):
                work(f[1])
    assert path.read_bytes() == before


def test_a_pending_tnull_counts(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        f["CAT"].header["TNULL6"] = -32768
        f["CAT"]["U", 3] = None
        assert f["CAT"][3]["U"] is None
        assert f["CAT"][4]["U"] == 40004
    check_file(path)


def test_other_kinds_say_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "other.fits"
    ascii_hdu = fits.TableHDU.from_columns(
        [fits.Column("A", "I5", array=np.arange(400)), fits.Column("B", "F8.2", array=np.ones(400))]
    )
    fits.HDUList([fits.PrimaryHDU(), ascii_hdu, fits.ImageHDU(np.zeros(3))]).writeto(
        path, checksum=True
    )
    with torchfits.open(path, "r+") as f:
        before = path.read_bytes()
        for work in (
            lambda h: h.__setitem__(("A", 3), 1),
            lambda h: h.append_rows(h[:1]),
            lambda h: h.add_column("C", 0),
            lambda h: h.delete_column("A"),
        ):
            with pytest.raises(torchfits.UnsupportedError, match=r"f\[1\] = table"):
                work(f[1])
        with pytest.raises(TypeError, match="no rows and columns"):
            f[2].append_rows({"A": [1]})
        assert path.read_bytes() == before
        f[1].delete_rows(slice(1, None, 2))
        f[1].rename_column("A", "AA")
    check_file(path)
    assert fits.getdata(path, 1)["AA"].tolist() == list(range(0, 400, 2))


class Model:
    """The table as numpy columns, beside the file."""

    def __init__(self, path: Path, draw: st.DrawFn) -> None:
        self.path, self.draw = path, draw
        make_file(path, last=draw(st.booleans()), checksum=draw(st.booleans()))
        self.columns = columns_of(path)
        self.turn = 0

    def __len__(self) -> int:
        return len(self.columns["X"])

    def fresh(self, count: int) -> dict[str, Any]:
        """New rows, of values that occurred in none before."""
        self.turn += 1
        i = np.arange(count) + 100 * self.turn
        bits = (i[:, None] >> np.arange(11)) % 2 == 1
        return {
            "X": i / 7, "NAME": np.array([f"n{k % 999999}" for k in i], "U8"), "I": i,
            "V": np.repeat(i, 6).reshape(count, 2, 3).astype("f4"), "OK": i % 2 == 0,
            "U": (i % 65536).astype("u2"), "BITS": bits, "C": (i - 1j * i).astype("c8"),
            "CELLS": cells(count),
        }  # fmt: skip

    def given(self, rows: dict[str, Any]) -> dict[str, Any]:
        ragged = [torch.from_numpy(np.array(cell)) for cell in rows["CELLS"]]
        values = Ragged.from_list(ragged, torch.float32)
        names = self.draw(st.permutations(list(rows)))
        return {name: values if name == "CELLS" else rows[name] for name in names}

    def step(self, hdu: torchfits.HDU) -> None:
        self.draw(st.sampled_from([self.insert, self.delete, self.change]))(hdu)

    def insert(self, hdu: torchfits.HDU) -> None:
        at = self.draw(st.integers(0, len(self)) | st.just(len(self)))
        rows = self.fresh(self.draw(st.sampled_from([0, 1, 5, 200])))
        if at == len(self) and self.draw(st.booleans()):
            hdu.append_rows(self.given(rows))
        else:
            hdu.insert_rows(at, self.given(rows))
        for name, values in self.columns.items():
            joined = [values[:at], rows[name], values[at:]]
            self.columns[name] = np.concatenate(joined)

    def delete(self, hdu: torchfits.HDU) -> None:
        gone = self.draw(st.lists(st.integers(0, max(len(self) - 1, 0)), max_size=8))
        gone = gone if len(self) else []
        hdu.delete_rows(gone)
        self.columns = {n: np.delete(v, gone, axis=0) for n, v in self.columns.items()}

    def change(self, hdu: torchfits.HDU) -> None:
        rows = self.draw(st.lists(st.integers(0, max(len(self) - 1, 0)), max_size=6, unique=True))
        rows = rows if len(self) else []
        values = self.fresh(len(rows))
        some = self.draw(st.sets(st.sampled_from(sorted(values)), min_size=1))
        given = self.given(values)
        hdu[rows] = {name: given[name] for name in given if name in some}
        for name in some:
            self.columns[name][rows] = values[name]


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_any_sequence_of_edits(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("t") / "t.fits"
    model = Model(path, data.draw)
    others = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        for _ in range(data.draw(st.integers(1, 6))):
            model.step(f["CAT"])
    check_file(path)
    now = hdu_bytes(path)
    del others[1], now[1]
    assert now == others
    for name, values in columns_of(path).items():
        same(values, model.columns[name])


def test_a_list_for_a_cell_of_variable_length_is_stored_as_exactly_as_it_is_given(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cells.fits"
    lists: dict[str, tuple[str, list[Any]]] = {
        "D": ("PD()", [0.1, 0.2, 1 / 3]),
        "M": ("PM()", [0.1 + 0.7j]),
        "K": ("PK()", [2**53 + 1, -(2**63)]),
        "I": ("PI()", [-32768, 7]),
        "L": ("PL()", [True, False]),
        "E": ("PE()", [0.5]),
    }
    two = np.empty(2, dtype=object)
    two[:] = [np.zeros(1), np.zeros(2)]
    fits.BinTableHDU.from_columns(
        [fits.Column(name, form, array=two) for name, (form, _) in lists.items()]
    ).writeto(path)
    with torchfits.open(path, "r+") as f:
        f[1][0] = {name: cell for name, (_, cell) in lists.items()}
        f[1]["D", 1] = (0.3,)
        with pytest.raises(TypeError, match="'D': a cell of variable length is a list.*not 5.0"):
            f[1][0] = {"D": 5.0}
        with pytest.raises(ValueError, match="'I'.*70000 does not fit"):
            f[1][0] = {"I": [70000]}
    with fits.open(path) as f:
        for name, (_, cell) in lists.items():
            assert f[1].data[name][0].tolist() == cell, name
        assert f[1].data["D"][1].tolist() == [0.3]
    torchfits.write(path, {"U": Ragged.from_list([[1]], torch.uint64)}, overwrite=True)
    with torchfits.open(path, "r+") as f:
        f[1][0] = {"U": [2**63 + 1]}
    rows = path.read_bytes()[-2880:]
    count, offset = np.frombuffer(rows[:8], ">i4")
    assert count == 1
    assert int.from_bytes(rows[8 + offset :][:8], "big", signed=True) + 2**63 == 2**63 + 1
    assert torchfits.read(path)["U"][0].tolist() == [2**63 + 1]


def test_scalars_are_one_new_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.fits"
    v = torch.zeros(1, 3)
    torchfits.write(path, {"X": torch.zeros(1), "NAME": ["a"], "V": v, "K": torch.zeros(1).int()})
    with torchfits.open(path, "r+") as f:
        hdu = f[1]
        hdu.append_rows({"X": 0.5, "NAME": "b", "V": [1, 2, 3], "K": np.int16(4)})
        hdu.insert_rows(0, {"K": torch.tensor(9), "X": 2, "NAME": b"c", "V": [4.0, 5.0, 6.0]})
        with pytest.raises(TypeError, match="'X' has a single value, and column 'NAME' a list"):
            hdu.append_rows({"X": 0.5, "NAME": ["b", "c"], "V": v, "K": 1})
        with pytest.raises(ValueError, match="missing: 'NAME', 'V', 'K'"):
            hdu.append_rows({"X": 0.5})
        with pytest.raises(torchfits.ColumnNotFoundError, match="Q"):
            hdu.append_rows({"X": 0.5, "NAME": "b", "V": [1, 2, 3], "K": 1, "Q": 1})
    check_file(path)
    with fits.open(path) as f:
        data = f[1].data
        assert data["X"].tolist() == [2.0, 0.0, 0.5]
        assert data["NAME"].tolist() == ["c", "a", "b"]
        assert data["V"].tolist() == [[4, 5, 6], [0, 0, 0], [1, 2, 3]]
        assert data["K"].tolist() == [9, 0, 4]


def test_positions_of_numpy_where_are_rows_of_a_file(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        hdu = f["CAT"]
        last = np.where(hdu["X"] > 56)
        assert hdu[last]["I"].tolist() == hdu["I", last].tolist() == [38, 39]
        assert hdu.read(rows=last)["I"].tolist() == [38, 39]
        assert torchfits.read(path, "CAT", rows=last)["I"].tolist() == [38, 39]
        hdu["I", last] = 7
        hdu[last] = {"X": 0.5}
        hdu.delete_rows(np.where(hdu["X"] < 0.1))
        with pytest.raises(TypeError, match="a tuple of 2 arrays"):
            hdu[np.where(np.eye(3))]
    found = columns_of(path)
    assert found["I"].tolist() == [*range(1, 38), 7, 7]
    assert found["X"][-2:].tolist() == [0.5, 0.5]
