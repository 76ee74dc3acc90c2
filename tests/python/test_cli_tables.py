# SPDX-License-Identifier: BSD-3-Clause
"""`torchfits table`, and tables through `convert`."""

import csv
import io

import pytest
import torch
from command_line import DATA, torchfits_command

import torchfits
from torchfits import Ragged, Table
from torchfits.cli import table as table_command

astropy_fits = pytest.importorskip("astropy.io.fits")


@pytest.fixture
def path(tmp_path):
    columns = {
        "ID": torch.arange(4, dtype=torch.int32),
        "MAG": torch.tensor([0.1, 1e-20, torch.nan, torch.inf]),
        "NAME": ["a", 'b, "c"', "", "d"],
        "POS": torch.tensor([[1.0, 2], [3, 4], [5, 6], [7, 8]]),
        "LIST": Ragged.from_list([[1], [], [2, 3], [4]]),
        "OK": torch.tensor([True, False, True, True]),
    }
    masks = {"ID": torch.tensor([False, True, False, False])}
    path = tmp_path / "t.fits"
    units = {"MAG": "mag"}
    torchfits.write(path, [(None,), (Table(columns, units=units, masks=masks), None, "CAT")])
    return path


def csv_rows(text):
    return list(csv.reader(io.StringIO(text)))


def test_rows_are_shown(path):
    done = torchfits_command("table", path, "-c", "ID,MAG,NAME,POS,LIST,OK")
    assert done.out.splitlines() == [
        f"{path} HDU 1 'CAT': 4 rows, 6 of 6 columns",
        "ID    MAG  NAME    POS         LIST       OK",
        "      mag",
        " 0    0.1  a       [1.0, 2.0]  [1]      true",
        '    1e-20  b, "c"  [3.0, 4.0]  []      false',
        " 2    nan          [5.0, 6.0]  [2, 3]   true",
        " 3    inf  d       [7.0, 8.0]  [4]      true",
    ]


def test_csv(path):
    done = torchfits_command("table", "--csv", path)
    assert csv_rows(done.out) == [
        ["ID", "MAG", "NAME", "POS", "LIST", "OK"],
        ["0", "0.1", "a", "[1.0, 2.0]", "[1]", "true"],
        ["", "1e-20", 'b, "c"', "[3.0, 4.0]", "[]", "false"],
        ["2", "nan", "", "[5.0, 6.0]", "[2, 3]", "true"],
        ["3", "inf", "d", "[7.0, 8.0]", "[4]", "true"],
    ]


def test_json_is_a_record_for_each_row(path):
    rows = torchfits_command("table", "--json", "-n", 3, path).records
    names = ["ID", "MAG", "NAME", "POS", "LIST", "OK"]
    assert rows[1] == dict(zip(names, [None, 1e-20, 'b, "c"', [3, 4], [], False], strict=True))
    assert rows[2]["MAG"] is None
    assert len(rows) == 3


def test_numbers_are_those_that_astropy_reads(monkeypatch):
    monkeypatch.setattr(table_command, "_BATCH", 1000)
    done = torchfits_command("table", "--csv", DATA / "chandra_test.fits")
    names, *rows = csv_rows(done.out)
    with astropy_fits.open(DATA / "chandra_test.fits") as f:
        expected = f[1].data
        assert len(rows) == len(expected)
        for i, name in enumerate(names):
            column = expected[name]
            assert (column == [column.dtype.type(row[i]) for row in rows]).all()


def test_rows_are_selected(path):
    ids = [row["ID"] for row in torchfits_command("table", "--json", "-w", "OK", path).records]
    assert ids == [0, 2, 3]
    done = torchfits_command("table", "--csv", "-w", "OK", "-n", 2, "-c", "name,id", path)
    assert csv_rows(done.out) == [["NAME", "ID"], ["a", "0"], ["", "2"]]
    done = torchfits_command("table", "--csv", "-w", "ID > 100", "-c", "ID,OK", path)
    assert csv_rows(done.out) == [["ID", "OK"]]
    done = torchfits_command("table", "-n", 0, path, "-c", "ID")
    assert done.out.splitlines() == [f"{path} HDU 1 'CAT': 0 of 4 rows, 1 of 6 columns", "ID"]


def test_a_number_of_rows_ends_the_search_in_later_batches(path, monkeypatch):
    monkeypatch.setattr(table_command, "_BATCH", 1)
    for count in range(5):
        rows = torchfits_command("table", "--json", "-w", "ID >= 0", "-n", count, path).records
        assert [row["ID"] for row in rows] == [0, 2, 3][:count]


def test_many_files_are_one_table(path, tmp_path):
    other = tmp_path / "u.fits"
    torchfits.write(other, {"ID": torch.tensor([9]), "X": torch.tensor([1])})
    done = torchfits_command("table", "--csv", "-c", "ID", "-n", 1, path, other)
    assert csv_rows(done.out) == [["file", "ID"], [str(path), "0"], [str(other), "9"]]
    done = torchfits_command("table", "--csv", path, other)
    assert done.code == 3
    assert "its columns are not those of the files before it" in done.err


def test_errors_name_the_way_out(path):
    done = torchfits_command("table", "-c", "MAGG", path)
    assert done.code == 3
    assert "MAG" in done.err
    done = torchfits_command("table", "-w", "ID >", path)
    assert done.err.splitlines()[1:] == ["    ID >", "        ^"]
    assert "no table" in torchfits_command("table", DATA / "m13.fits").err
    assert "choose one with -e" in torchfits_command("table", "-e", 0, path).err


def test_a_terminal_gets_the_columns_that_it_can_show(monkeypatch):
    cells = [["AAAA", "BBBB", "CCCC"], ["1", "2", "3"]]
    assert table_command._fitting(cells) == 3
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for columns, shown in ((4, 1), (3, 1), (10, 2), (15, 2), (16, 3)):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert table_command._fitting(cells) == shown


def test_a_table_becomes_csv_beside_it(path):
    assert torchfits_command("convert", "--to", "csv", path).code == 0
    text = path.with_suffix(".csv").read_text()
    assert text == torchfits_command("table", "--csv", path).out
    done = torchfits_command("convert", "--to", "csv", path)
    assert done.code == 3
    taken = f"{path.with_suffix('.csv')} exists already; --overwrite replaces it"
    assert done.err == f"torchfits: {path}: {taken}\n"
    assert torchfits_command("convert", "--to", "csv", "--overwrite", path).code == 0


def test_a_table_becomes_parquet_and_comes_back(path, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "t.parquet"
    assert torchfits_command("convert", path, "-o", target, "-w", "OK").code == 0
    columns = parquet.read_table(target).to_pydict()
    assert columns["ID"] == [0, 2, 3]
    assert columns["LIST"] == [[1], [2, 3], [4]]
    back = tmp_path / "back.fits"
    assert torchfits_command("convert", target, "-o", back).code == 0
    table = torchfits.read(back)
    assert table["POS"].tolist() == [[1, 2], [5, 6], [7, 8]]
    assert table["NAME"].to_list() == ["a", "", "d"]


def test_csv_becomes_a_table(tmp_path):
    pytest.importorskip("pyarrow")
    source = tmp_path / "cat.csv"
    source.write_text("ID,MAG,NAME\n1,2.5,a\n2,3.5,b\n")
    assert torchfits_command("convert", "--to", "fits", source).code == 0
    with astropy_fits.open(tmp_path / "cat.fits") as f:
        assert f["CAT"].data.tolist() == [[1, 2.5, "a"], [2, 3.5, "b"]]


def test_some_rows_and_columns_become_a_file(path, tmp_path):
    target = tmp_path / "some.fits"
    done = torchfits_command("convert", path, "-o", target, "-c", "NAME,ID", "-w", "MAG < 1")
    assert done.code == 0
    with astropy_fits.open(target) as f:
        assert f["CAT"].data.names == ["NAME", "ID"]
        assert list(f["CAT"].data["NAME"]) == ["a", 'b, "c"']


def test_nothing_is_left_after_an_error(path, tmp_path):
    done = torchfits_command("convert", "--to", "csv", "-w", "NOPE > 1", path)
    assert done.code == 3
    assert [each.name for each in tmp_path.iterdir()] == ["t.fits"]
