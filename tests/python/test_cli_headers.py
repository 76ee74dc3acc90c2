# SPDX-License-Identifier: BSD-3-Clause
"""`torchfits info`, `header` and `verify`."""

import csv
import io

import pytest
from command_line import DATA, torchfits_command

import torchfits

astropy_fits = pytest.importorskip("astropy.io.fits")

FILES = sorted(DATA.glob("*.fits"))


@pytest.fixture
def two(tmp_path):
    for name, value in (("a", 30.0), ("b", 5)):
        cards = {"OBJECT": f"M {name}", "EXPTIME": (value, "in s"), "HISTORY": "made"}
        items = [(None, cards), (None, {"GAIN": 2.5, "UNSET": None, "GOOD": True}, "SCI")]
        torchfits.write(tmp_path / f"{name}.fits", items)
    return tmp_path / "a.fits", tmp_path / "b.fits"


def test_info_tells_what_astropy_finds():
    done = torchfits_command("info", "--json", *FILES)
    assert done.code == 0
    for path, record in zip(FILES, done.records, strict=True):
        with astropy_fits.open(path) as expected:
            assert record["file"] == str(path)
            assert len(record["hdus"]) == len(expected)
            for found, hdu in zip(record["hdus"], expected, strict=True):
                assert found["name"] == hdu.name
                assert found["version"] == hdu.ver
                if "columns" in found:
                    assert [c["name"] for c in found["columns"]] == hdu.columns.names
                    assert found["shape"] == [len(hdu.data)]
                else:
                    assert tuple(found["shape"]) == hdu.shape


def test_info_prints_what_the_library_prints():
    done = torchfits_command("info", DATA / "m13.fits", DATA / "tb.fits")
    tables = [str(torchfits.info(DATA / name)) for name in ("m13.fits", "tb.fits")]
    assert done.out == "\n\n".join(tables) + "\n"


def test_info_lists_columns():
    done = torchfits_command("info", "-c", DATA / "chandra_time.fits")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["chipx", "I", "int16", "pixel", "Chip", "coords"] in lines
    assert ["status", "32X", "bool[32]", "event", "status", "bits"] in lines


def test_a_header_is_shown_card_for_card():
    done = torchfits_command("header", "-e", "0", DATA / "m13.fits")
    text = astropy_fits.getheader(DATA / "m13.fits").tostring(
        sep="\n", endcard=False, padding=False
    )
    assert done.out.split("\n") == [line.rstrip() for line in text.split("\n")] + [""]


def test_cards_of_all_hdus_are_those_of_astropy():
    (record,) = torchfits_command("header", "--json", DATA / "o4sp040b0_raw.fits").records
    with astropy_fits.open(DATA / "o4sp040b0_raw.fits", disable_image_compression=True) as expected:
        for found, hdu in zip(record["hdus"], expected, strict=True):
            cards = [
                [card["keyword"], card["value"]]
                for card in found["cards"]
                if card["keyword"] not in ("", "COMMENT", "HISTORY")
            ]
            assert cards == [
                [card.keyword, card.value]
                for card in hdu.header.cards
                if card.keyword not in ("", "COMMENT", "HISTORY")
            ]


def test_keywords_are_picked_by_patterns(two):
    done = torchfits_command("header", "-k", "NAXIS,obj*", two[0], "-e", 0)
    assert done.out == "NAXIS   =                    0 / number of axes\nOBJECT  = 'M a     '\n"
    done = torchfits_command("header", "-q", "-k", "EXPTIME", "-k", "GOOD", *two)
    assert done.out == "30.0\nT\n5\nT\n"


def test_a_missing_keyword_is_code_1_with_a_hint(two):
    done = torchfits_command("header", "-k", "OBJCT", "-e", 0, two[0])
    assert done.code == 1
    assert done.err == (
        f"torchfits: {two[0]}: no keyword 'OBJCT' in the header; did you mean 'OBJECT'?\n"
    )
    assert torchfits_command("header", "-k", "GAIN", two[0]).code == 0


def test_a_missing_hdu_is_told(two):
    done = torchfits_command("header", "-e", "SC", two[0])
    assert done.code == 3
    assert "'SCI'" in done.err


def test_keywords_of_many_files_are_a_table(two):
    done = torchfits_command("header", "-k", "OBJECT,EXP*", "--csv", "--sort", "EXPTIME", *two)
    rows = list(csv.reader(io.StringIO(done.out)))
    assert rows == [
        ["file", "hdu", "OBJECT", "EXPTIME"],
        [str(two[1]), "0", "M b", "5"],
        [str(two[0]), "0", "M a", "30.0"],
    ]
    lines = torchfits_command("header", "-k", "GAIN,GOOD", "-t", *two).out.splitlines()
    assert [line.split()[1:] for line in lines] == [["hdu", "GAIN", "GOOD"]] + [
        ["1", "2.5", "T"]
    ] * 2
    records = torchfits_command("header", "-t", "-k", "UNSET,GAIN", "--json", *two).records
    assert records[0] == {"file": str(two[0]), "hdu": 1, "UNSET": None, "GAIN": 2.5}


def test_a_table_without_the_keyword_is_code_1(two):
    done = torchfits_command("header", "-t", "-k", "NOPE", *two)
    assert (done.code, done.out) == (1, "")
    assert done.err == "torchfits: no keyword NOPE in 2 files\n"


def test_verify_tells_of_damage(tmp_path):
    good, bad = tmp_path / "good.fits", tmp_path / "bad.fits"
    torchfits.write(good, [(None,), (None, {"OBJECT": "M13"})], checksum=True)
    data = bytearray(good.read_bytes())
    data[data.index(b"M13")] = ord("N")
    bad.write_bytes(data)
    done = torchfits_command("verify", good, bad)
    assert done.code == 1
    first, second, problem = done.out.splitlines()
    assert first == f"{good}: 2 HDUs, ok"
    assert second == f"{bad}: 2 HDUs, 1 error"
    assert problem.startswith("  error: HDU 1, CHECKSUM: ")
    assert torchfits_command("verify", "-q", bad).out == ""
    assert torchfits_command("verify", "--no-checksum", bad).code == 0
    assert "CHECKSUM  DATASUM  found" in torchfits_command("verify", "-v", good).out


def test_verify_gives_the_report_as_json(tmp_path):
    (record,) = torchfits_command("verify", "--json", DATA / "fixed-1890.fits").records
    report = torchfits.verify(DATA / "fixed-1890.fits")
    assert record.pop("file") == str(DATA / "fixed-1890.fits")
    assert record == report.to_dict()
    assert record["ok"] is False


def test_warnings_count_if_wished(tmp_path):
    path = tmp_path / "f.fits"
    torchfits.write(path, None, header=[("A", 1), ("A", 2)])
    assert torchfits.verify(path).warnings
    assert torchfits_command("verify", path).code == 0
    assert torchfits_command("verify", "--strict", path).code == 1
