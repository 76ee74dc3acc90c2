# SPDX-License-Identifier: BSD-3-Clause
"""`torchfits diff`: what differs, and what counts as equal."""

import json
import shutil

import pytest
import torch
from command_line import DATA, torchfits_command

import torchfits
from torchfits import Ragged, Table
from torchfits.cli import comparison

np = pytest.importorskip("numpy")
astropy_fits = pytest.importorskip("astropy.io.fits")


@pytest.fixture
def pair(tmp_path):
    """Two names, and a function that writes both files and compares them."""
    paths = tmp_path / "a.fits", tmp_path / "b.fits"

    def compare(a, b, *options, header_a=None, header_b=None):
        for path, data, header in zip(paths, (a, b), (header_a, header_b), strict=True):
            torchfits.write(path, data, header=header, overwrite=True)
        done = torchfits_command("diff", *options, *paths)
        records = torchfits_command("diff", "--json", *options, *paths).records
        assert records[0]["equal"] is (done.code == 0) is (not done.out)
        return done, records[0]

    return compare


def astropy_finds(tmp_path, **options):
    found = astropy_fits.FITSDiff(tmp_path / "a.fits", tmp_path / "b.fits", **options)
    return not found.identical


def test_the_same_bytes_are_equal():
    done = torchfits_command("diff", DATA / "m13.fits", DATA / "m13.fits")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_cards_that_differ(pair, tmp_path):
    a = {"A": 1, "B": (2.0, "two"), "C": "x", "HISTORY": "one", "COMMENT": "same", "T": True}
    b = {"D": None, "B": (2.0, "zwei"), "A": 2, "COMMENT": "same", "HISTORY": "other", "T": 1}
    done, record = pair(None, None, header_a=a, header_b=b)
    assert done.code == 1
    (hdu,) = record["hdus"]
    found = {(card["keyword"], card["what"], card["a"], card["b"]) for card in hdu["cards"]}
    assert found == {
        ("A", "value", 1, 2),
        ("B", "comment", "two", "zwei"),
        ("C", "only in a", "x", None),
        ("D", "only in b", None, None),
        ("HISTORY", "only in a", "one", None),
        ("HISTORY", "only in b", None, "other"),
        ("T", "value", True, 1),
    }
    assert "  A        1 | 2\n" in done.out
    assert astropy_finds(tmp_path)


def test_the_order_of_cards_does_not_count(pair, tmp_path):
    a, b = {"A": 1, "B": 2}, {"B": 2, "A": 1}
    assert pair(None, None, header_a=a, header_b=b)[0].code == 0
    assert not astropy_finds(tmp_path)


def test_keywords_and_comments_can_be_ignored(pair):
    a, b = {"DATE-OBS": "x", "A": (1, "one")}, {"A": (1, "eins")}
    assert pair(None, None, "-k", "date*", header_a=a, header_b=b)[0].code == 1
    assert pair(None, None, "-k", "date*", "-c", "A", header_a=a, header_b=b)[0].code == 0


def test_pixels_that_differ(pair, tmp_path):
    a = torch.arange(600, dtype=torch.float32).reshape(20, 30)
    b = a.clone()
    b[3, 4] += 2.5
    b[19, 29] = torch.nan
    done, record = pair(a, b)
    (data,) = record["hdus"][0]["data"]
    assert (data["count"], data["total"], data["largest"]) == (2, 600, 2.5)
    assert data["first"] == [[[3, 4], 94.0, 96.5], [[19, 29], 599.0, None]]
    assert (
        "  pixels 2 of 600 (0.33 %) differ, by 2.5 at most\n    [3, 4]: 94.0 | 96.5\n" in done.out
    )
    expected = astropy_fits.FITSDiff(tmp_path / "a.fits", tmp_path / "b.fits")
    assert expected.diff_hdus[0][1].diff_data.diff_total == 2


def test_the_list_of_pixels_is_bounded(pair):
    done, _ = pair(torch.zeros(50, dtype=torch.int16), torch.ones(50, dtype=torch.int16), "-n", 3)
    lines = done.out.splitlines()
    assert lines[-4:] == [
        "    [0]: 0 | 1",
        "    [1]: 0 | 1",
        "    [2]: 0 | 1",
        "    ... and 47 more",
    ]
    assert torchfits_command("diff", "-q", DATA / "m13.fits", DATA / "tb.fits").out == ""


@pytest.mark.parametrize("options", [("-a", 0.11), ("-r", 0.05), ("-r", 0.01, "-a", 0.09)])
def test_tolerances(pair, tmp_path, options):
    a, b = torch.tensor([1.0, 10.0, torch.nan, 0.0]), torch.tensor([1.02, 10.1, torch.nan, 0.0])
    assert pair(a, b)[0].code == 1
    assert pair(a, b, *options)[0].code == 0
    named = {"-a": "atol", "-r": "rtol"}
    limits = {named[key]: value for key, value in zip(options[::2], options[1::2], strict=True)}
    assert not astropy_finds(tmp_path, **limits)
    assert pair(a, b, "-a", 0.05)[0].code == 1


def test_infinity_is_near_nothing_but_itself(pair):
    a, b = torch.tensor([torch.inf, 1.0]), torch.tensor([torch.inf, torch.inf])
    assert pair(a, a.clone(), "-r", 1)[0].code == 0
    assert pair(a, b, "-r", 1, "-a", 1e30)[0].code == 1


def test_large_integers_are_compared_exactly(pair):
    a = torch.tensor([2**53, 1])
    assert pair(a, torch.tensor([2**53 + 1, 1]))[1]["hdus"][0]["data"][0]["count"] == 1


def test_shapes_and_dtypes(pair):
    done, _ = pair(torch.zeros(2, 3), torch.zeros(3, 2))
    assert "  shape: [2, 3] and [3, 2]\n" in done.out
    done, _ = pair(torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.int16))
    assert "  dtype: float32 and int16\n" in done.out
    assert "pixels" not in done.out


def test_positions_are_right_in_every_block(pair, monkeypatch):
    a = torch.arange(2 * 3 * 4 * 5, dtype=torch.int32).reshape(2, 3, 4, 5)
    b = a.clone()
    places = [[0, 0, 0, 0], [0, 2, 3, 4], [1, 1, 2, 3], [1, 2, 3, 4]]
    for place in places:
        b[tuple(place)] = -1
    for size in (1, 4, 7, 20, 45, 1000):
        monkeypatch.setattr(comparison, "_BLOCK_ELEMENTS", size)
        (data,) = pair(a, b)[1]["hdus"][0]["data"]
        assert [first[0] for first in data["first"]] == places
        assert (data["count"], data["total"]) == (4, 120)


def test_columns_that_differ(pair, monkeypatch):
    monkeypatch.setattr(comparison, "_BATCH_ROWS", 2)
    a = {
        "X": torch.arange(5.0), "V": torch.zeros(5, 2), "S": ["a", "b", "c", "d", "e"],
        "R": Ragged.from_list([[1], [2, 3], [], [4], [5]]), "OLD": torch.ones(5),
    }  # fmt: skip
    b = {
        "S": ["a", "b", "C", "d", "e"], "NEW": torch.ones(5), "x": torch.arange(5.0),
        "V": torch.zeros(5, 2), "R": Ragged.from_list([[1], [2], [], [4], [6]]),
    }  # fmt: skip
    b["x"][3] = -3
    b["V"][4, 1] = 1
    done, record = pair(a, b, "-k", "NAXIS1,PCOUNT,TFORM*,TTYPE*")
    (hdu,) = record["hdus"]
    assert hdu["notes"] == ["column 'OLD': only in a", "column 'NEW': only in b"]
    assert hdu["cards"] == []
    assert {data["column"]: [place for place, _, _ in data["first"]] for data in hdu["data"]} == {
        "X": [[3]], "V": [[4, 1]], "S": [[2]], "R": [[1], [4]],
    }  # fmt: skip
    assert "    row 2: 'c' | 'C'\n" in done.out
    assert "    row 1: [2, 3] | [2]\n" in done.out


def test_nulls_differ_from_values_and_equal_each_other(pair):
    mask = torch.tensor([True, False, True])
    a = Table({"N": torch.tensor([1, 2, 3])}, masks={"N": mask})
    b = Table({"N": torch.tensor([7, 2, 3])}, masks={"N": mask})
    assert pair(a, b)[0].code == 0
    b = Table({"N": torch.tensor([1, 2, 3])}, masks={"N": torch.tensor([True, False, False])})
    _, record = pair(a, b)
    assert [place for place, _, _ in record["hdus"][0]["data"][0]["first"]] == [[2]]


def test_the_rows_that_both_have_are_compared(pair):
    done, _ = pair({"X": torch.arange(3)}, {"X": torch.arange(5)}, "-k", "NAXIS2")
    assert done.out.splitlines()[2:] == ["HDU 1", "  rows: 3 and 5; the first 3 are compared"]


def test_more_hdus(tmp_path):
    one, two = tmp_path / "a.fits", tmp_path / "b.fits"
    torchfits.write(one, [torch.zeros(2)])
    torchfits.write(two, [torch.zeros(2), torch.zeros(3)])
    done = torchfits_command("diff", one, two)
    assert done.code == 1
    assert done.out.splitlines()[2:] == ["  HDUs: 1 and 2; the first 1 are compared"]


def test_a_compressed_image_equals_the_plain_one():
    done = torchfits_command("diff", DATA / "m13.fits", DATA / "m13_rice.fits")
    assert (done.code, done.out) == (0, "")


def test_directories_and_standard_input(tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    shutil.copy(DATA / "m13.fits", folder)
    done = torchfits_command("diff", DATA / "m13.fits", DATA / "tb.fits", folder)
    assert done.code == 3
    assert done.err.startswith(f"torchfits: {folder}/tb.fits: ")
    data = (DATA / "m13.fits").read_bytes()
    assert torchfits_command("diff", "-", DATA / "m13.fits", stdin=data).code == 0
    done = torchfits_command("diff", DATA / "tb.fits", "-", stdin=data)
    assert done.code == 1
    assert done.out.startswith(f"a: {DATA}/tb.fits\nb: <stdin>\n")


def test_json_of_every_difference_is_json(pair):
    a, b = {"Z": torch.tensor([1 + 2j, 1j])}, {"Z": torch.tensor([1 + 2j, complex("nan")])}
    _, record = pair(a, b)
    assert json.dumps(record, allow_nan=False)
    assert record["hdus"][0]["data"][0]["first"] == [[[1], [0.0, 1.0], [None, 0.0]]]
