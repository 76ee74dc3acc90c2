# SPDX-License-Identifier: BSD-3-Clause
"""`torchfits setkey`: values, comments and places, in many files."""

import pytest
import torch
from command_line import DATA, torchfits_command

import torchfits
from torchfits.cli.setkey import assignment_of

astropy_fits = pytest.importorskip("astropy.io.fits")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "f.fits"
    items = [(torch.arange(6).reshape(2, 3), {"OLD": (1, "one")}), (None, {"OLD": 2}, "SCI")]
    torchfits.write(path, items, checksum=True)
    return path


@pytest.mark.parametrize(
    ("text", "value", "comment"),
    [
        ("5", 5, None), ("-7", -7, None), ("2.50", 2.5, None), ("1e3", 1000.0, None),
        ("1D-2", 0.01, None), (".5", 0.5, None), ("5.", 5.0, None), ("T", True, None),
        ("F", False, None), ("", None, None), ("M 13", "M 13", None), ("nan", "nan", None),
        ("'12'", "12", None), ("''", "", None), ("'it''s'", "it's", None), ("1_000", "1_000", None),
        ("2026/01/02", "2026/01/02", None), ("5 / five", 5, "five"),
        ("a b / c / d", "a b", "c / d"),
        ("' / ' / slash", " / ", "slash"), (" / nothing", None, "nothing"), ("T / ", True, ""),
    ],
)  # fmt: skip
def test_values_are_read_as_people_write_them(text, value, comment):
    found = assignment_of("key", text)
    assert (found.keyword, found.value, found.comment) == ("KEY", value, comment)
    assert type(found.value) is type(value)


def test_keywords_are_set_as_astropy_reads_them(path):
    words = ["OLD=7", "NEW=x / new one", "ESO DET DIT=3.5", "HISTORY=a = b"]
    done = torchfits_command("setkey", *words, path)
    assert (done.code, done.out, done.err) == (0, "", "")
    with astropy_fits.open(path, checksum=True) as f:
        header = f[0].header
        assert (header["OLD"], header.comments["OLD"]) == (7, "one")
        assert (header["NEW"], header.comments["NEW"]) == ("x", "new one")
        assert header["ESO DET DIT"] == 3.5
        assert list(header["HISTORY"]) == ["a = b"]
        assert f[0].data.tolist() == [[0, 1, 2], [3, 4, 5]]
        assert f["SCI"].header["OLD"] == 2
    assert torchfits.verify(path).ok


def test_hdus_are_chosen(path):
    assert torchfits_command("setkey", "A=1", path, "-e", "SCI").code == 0
    assert torchfits_command("setkey", "B=1", "--all", path).code == 0
    with torchfits.open(path) as f:
        assert ["A" in hdu.header for hdu in f] == [False, True]
        assert ["B" in hdu.header for hdu in f] == [True, True]


def test_cards_are_deleted_and_placed(path):
    torchfits_command("setkey", "A=1", "B=2", "--before", "OLD", path)
    assert [k for k in torchfits.read_header(path) if k in ("A", "B", "OLD")] == ["A", "B", "OLD"]
    done = torchfits_command("setkey", "-d", "O?D", "-d", "A", "-v", path)
    assert done.out == f"{path}: HDU 0 OLD deleted (was 1)\n{path}: HDU 0 A deleted (was 1)\n"
    assert "OLD" not in torchfits.read_header(path)


def test_a_dry_run_changes_nothing(path):
    before = path.read_bytes()
    done = torchfits_command("setkey", "-n", "OLD=2", "N=x", path)
    assert done.out == f"{path}: HDU 0 OLD = 2 (was 1)\n{path}: HDU 0 N = 'x'\n"
    assert path.read_bytes() == before


def test_what_describes_the_data_stays(path):
    done = torchfits_command("setkey", "NAXIS1=5", "A=1", path)
    assert done.code == 3
    assert "NAXIS1 cannot change" in done.err
    header = torchfits.read_header(path)
    assert (header["NAXIS1"], header["A"]) == (3, 1)


def test_a_wrong_value_leaves_the_file_as_it_was(path):
    before = path.read_bytes()
    done = torchfits_command("setkey", "A=1", "B=ü", path)
    assert done.code == 3
    assert "is not ASCII" in done.err
    assert path.read_bytes() == before


def test_many_files_and_an_error_among_them(path, tmp_path):
    other = tmp_path / "g.fits"
    other.write_bytes(path.read_bytes())
    packed = tmp_path / "p.fits.gz"
    packed.write_bytes(b"\x1f\x8b")
    done = torchfits_command("setkey", "A=1", "--json", path, tmp_path / "no.fits", packed, other)
    assert done.code == 3
    assert [record.get("changes", "error") for record in done.records] == [
        [{"hdu": 0, "keyword": "A", "old": None, "new": 1, "deleted": False}],
        "error", "error",
        [{"hdu": 0, "keyword": "A", "old": None, "new": 1, "deleted": False}],
    ]  # fmt: skip
    assert torchfits.read_header(other)["A"] == 1


def test_a_file_that_is_open_for_changes_is_told(path):
    with torchfits.open(path, "r+"):
        done = torchfits_command("setkey", "A=1", path)
    assert done.code == 3
    assert done.err.startswith(f"torchfits: {path}")


def test_the_header_of_a_compressed_image(tmp_path):
    path = tmp_path / "f.fits"
    path.write_bytes((DATA / "m13_rice.fits").read_bytes())
    assert torchfits_command("setkey", "OBJECT=M13", "-e", 1, path).code == 0
    with astropy_fits.open(path) as f:
        assert f[1].header["OBJECT"] == "M13"
