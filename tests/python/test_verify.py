# SPDX-License-Identifier: BSD-3-Clause
"""`torchfits.verify`: what is wrong with a file, compared with fitsverify, and what is repaired."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from corpus_files import corpus_files
from fits_bytes import (
    BLOCK,
    axes_cards,
    card,
    empty_primary,
    field,
    image,
    make_hdu,
    make_header,
    padded,
    start_cards,
    table,
    table_cards,
    text_card,
    text_field,
)
from other_programs import FITSVERIFY, fitsverify, needs_fitsverify

import torchfits

# Where fitsverify and verify differ, and why.
DIFFERENT = {
    # fitsverify tells wrong sums as warnings; here a sum that is wrong is an error.
    "bad/checksum_false.fits": "checksums",
    "events/chandra_test.fits": "checksums",
    "events/gbm.fits": "checksums",
    "table/memtest.fits": "checksums",
    # It compares the number of a parameter with GCOUNT; parameters are counted by PCOUNT.
    "groups/random_groups.fits": "PTYPE4 to PTYPE5 with GCOUNT = 3 and PCOUNT = 5",
    # It counts the gap before THEAP twice; PCOUNT is "heap size + gap" (section 7.3.5).
    "table/theap-gap.fits": "the gap before the heap is a part of PCOUNT",
}


def fitsverify_errors(path: Path) -> int:
    """The number of errors that fitsverify finds; a file that it does not open has some."""
    found = re.search(r"warning\(s\) and (\d+) error", fitsverify(path))
    return int(found[1]) if found else 1


def rules(report: torchfits.Report) -> set[str]:
    return {problem.rule for problem in report.errors}


def checked(data: bytes, tmp_path: Path) -> torchfits.Report:
    """The report, after fitsverify has found errors too."""
    report = torchfits.verify(data)
    if FITSVERIFY is not None:
        path = tmp_path / "broken.fits"
        path.write_bytes(data)
        assert fitsverify_errors(path) > 0
    return report


@needs_fitsverify
@pytest.mark.parametrize("path", corpus_files())
def test_the_verdict_on_a_real_file_is_that_of_fitsverify(path):
    report = torchfits.verify(path)
    name = f"{path.parent.name}/{path.name}"
    theirs = fitsverify_errors(path) == 0
    assert report.ok == theirs or name in DIFFERENT, f"{report}"
    assert DIFFERENT.get(name) != "checksums" or rules(report) == {"checksum", "datasum"}


def three_hdus() -> bytes:
    columns = [
        ("FLAG", "L", np.frombuffer(b"TF\0T", np.uint8).reshape(4, 1)),
        ("NAME", "3A", text_field([b"abc", b"d", b"", b"ef"], 3)),
        ("BITS", "3X", np.array([[0xE0], [0x20], [0], [0x40]], np.uint8)),
        ("ARR", "PJ(2)", field([[2, 0], [0, 0], [1, 8], [2, 12]], "i4")),
    ]
    return (
        empty_primary()
        + image(np.arange(12, dtype=">i2").reshape(3, 4), extension=True, name="SCI")
        + table(columns, heap=bytes(20), name="CAT")
    )


@needs_fitsverify
def test_a_right_file_is_right(tmp_path):
    path = tmp_path / "right.fits"
    path.write_bytes(three_hdus())
    report = torchfits.verify(path)
    assert report.ok
    assert not report.problems
    assert fitsverify_errors(path) == 0
    assert [(h.index, h.name, h.kind, h.data_bytes) for h in report.hdus] == [
        (0, "PRIMARY", "image", 0),
        (1, "SCI", "image", 24),
        (2, "CAT", "table", 4 * 13 + 20),
    ]


def swapped(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1, f"{data.count(old)} of {old!r}"
    assert len(old) == len(new)
    return data.replace(old, new)


def with_byte(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


FILE = three_hdus()
ROWS = 4 * BLOCK
IMAGE_HEADER = FILE[BLOCK : 2 * BLOCK]


def image_header(*cards: bytes, drop: bytes | None = None) -> bytes:
    """The file with the cards appended to the header of the image, or one taken out."""
    lines = [IMAGE_HEADER[i : i + 80] for i in range(0, BLOCK, 80)]
    lines = [line for line in lines if line.strip() not in (b"", b"END")]
    lines = [line for line in lines if drop is None or not line.startswith(drop)]
    return FILE[:BLOCK] + make_header([*lines, *cards]) + FILE[2 * BLOCK :]


def table_header(*cards: bytes) -> bytes:
    lines = [FILE[i : i + 80] for i in range(3 * BLOCK, 4 * BLOCK, 80)]
    lines = [line for line in lines if line.strip() not in (b"", b"END")]
    return FILE[: 3 * BLOCK] + make_header([*lines, *cards]) + FILE[4 * BLOCK :]


ERRORS = {
    "nul in a header": (with_byte(FILE, BLOCK + 630, 0), "header-text"),
    "header not filled with blanks": (with_byte(FILE, 2 * BLOCK - 5, ord("x")), "header-padding"),
    "keyword in lower case": (image_header(card("object", "M31")), "keyword-name"),
    "keyword not to the left": (image_header(text_card(" OBJECT = 'M31'")), "keyword-name"),
    "string without closing quote": (image_header(text_card("ORIGIN  = 'here")), "card-value"),
    "lower-case exponent": (image_header(text_card("EXPTIME = 1.0e5")), "card-value"),
    "no slash before the comment": (image_header(text_card("EXPTIME = 1.0 s")), "card-value"),
    "no number": (image_header(text_card("EXPTIME = 1.2.3")), "card-value"),
    "PCOUNT missing": (image_header(drop=b"PCOUNT"), "mandatory-missing"),
    "GCOUNT is 2": (
        make_hdu([*start_cards(None), *axes_cards(8, ())])
        + make_hdu(
            [*start_cards("IMAGE"), *axes_cards(8, (4,)), card("PCOUNT", 0), card("GCOUNT", 2)],
            bytes(8),
        ),
        "mandatory-value",
    ),
    "PCOUNT before NAXIS1": (
        empty_primary()
        + make_hdu(
            [*start_cards("IMAGE"), card("BITPIX", 8), card("NAXIS", 1), card("PCOUNT", 0),
             card("NAXIS1", 4), card("GCOUNT", 1)],
            bytes(4),
        ),
        "mandatory-order",
    ),
    "NAXIS3 of two": (image_header(card("NAXIS3", 5)), "keyword-place"),
    "NAXIS1 twice": (image_header(card("NAXIS1", 4)), "keyword-repeated"),
    "SIMPLE in an extension": (image_header(card("SIMPLE", True)), "keyword-place"),
    "EXTEND = F": (
        empty_primary([card("AUTHOR", "me"), card("EXTEND", False)]) + FILE[BLOCK:],
        "keyword-value",
    ),
    "EXTVER a string": (image_header(card("EXTVER", "one")), "keyword-value"),
    "date": (image_header(card("DATE-OBS", "2020-13:01")), "keyword-value"),
    "CDELT 0": (image_header(card("CDELT1", 0.0)), "keyword-value"),
    "PC and CD": (image_header(card("PC1_1", 1.0), card("CD1_1", 1.0)), "keyword-value"),
    "WCSAXES behind": (image_header(card("CRPIX1", 1.0), card("WCSAXES", 2)), "keyword-value"),
    "TFORM in an image": (image_header(card("TFORM1", "E")), "keyword-place"),
    "BSCALE in a table": (table_header(card("BSCALE", 2.0)), "keyword-place"),
    "column beyond TFIELDS": (table_header(card("TUNIT9", "s")), "column"),
    "TDISP of another type": (table_header(card("TDISP1", "F8.3")), "column"),
    "TDISP nonsense": (table_header(card("TDISP2", "A")), "column"),
    "TNULL of text": (table_header(card("TNULL2", 0)), "column"),
    "TSCAL of logicals": (table_header(card("TSCAL1", 2.0)), "column"),
    "TDIM too large": (table_header(card("TDIM3", "(2,2)")), "column"),
    "TBCOL": (table_header(card("TBCOL1", 1)), "keyword-place"),
    "logical": (with_byte(FILE, ROWS, 1), "logical-value"),
    "text": (with_byte(FILE, ROWS + 2, 0xE9), "text-value"),
    "fill bits": (with_byte(FILE, ROWS + 4, 0xE1), "bit-padding"),
    "descriptor": (with_byte(FILE, ROWS + 5 + 6, 1), "descriptor"),
    "descriptor longer than TFORM says": (with_byte(FILE, ROWS + 5 + 3, 3), "descriptor"),
    "data not filled with zeros": (with_byte(FILE, 3 * BLOCK - 1, 1), "data-padding"),
    "cut in the rows": (FILE[: ROWS + 30], "truncated"),
    "last block not whole": (FILE[:-100], "truncated"),
    "bytes behind the last HDU": (FILE + bytes(BLOCK), "trailing-bytes"),
    "text behind the last HDU": (FILE + b"hello".ljust(BLOCK), "trailing-bytes"),
    "no END": (FILE[: BLOCK + 400], "header-end"),
    "not FITS": (b"GIF89a".ljust(BLOCK), "header-unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_what_is_broken_is_named_and_fitsverify_agrees(name, tmp_path):
    data, rule = ERRORS[name]
    report = checked(data, tmp_path)
    assert not report
    assert rule in rules(report), f"{report}"
    assert all(problem.remedy for problem in report.problems)


def ascii_table(rows: list[bytes], *extra: bytes) -> bytes:
    cards = [
        *start_cards("TABLE"), *axes_cards(8, (12, len(rows))), card("PCOUNT", 0),
        card("GCOUNT", 1), card("TFIELDS", 2), card("TTYPE1", "N"), card("TBCOL1", 1),
        card("TFORM1", "I4"), card("TTYPE2", "X"), card("TBCOL2", 6), card("TFORM2", "F7.2"),
    ]  # fmt: skip
    return empty_primary() + make_header([*cards, *extra]) + padded(b"".join(rows), b" ")


RIGHT_ROWS = [b"   1    1.25", b"  -7        ", b"         -.5"]


@pytest.mark.parametrize(
    ("row", "rule"),
    [(b"   1  1 1.25", "number-text"), (b"   1     125", "number-text"),
     (b"   1   1.2\xe9", "text-value"), (b"   1\xe9   1.2", "text-value")],
)  # fmt: skip
def test_fields_of_ascii_tables(row, rule, tmp_path):
    assert torchfits.verify(ascii_table(RIGHT_ROWS)).ok
    data = ascii_table([RIGHT_ROWS[0], row.ljust(12)])
    report = checked(data, tmp_path)
    assert rule in rules(report)
    assert "row 1" in str(report) or "the table" in str(report)


def test_an_integer_field_that_is_none():
    report = torchfits.verify(ascii_table([b"  1x    1.25"]))
    assert [(p.rule, p.where) for p in report.errors] == [("number-text", "column 'N', row 0")]


def test_an_ascii_table_is_filled_with_blanks(tmp_path):
    data = ascii_table(RIGHT_ROWS)
    report = checked(data[:-1] + b"\0", tmp_path)
    assert rules(report) == {"data-padding"}


@pytest.fixture
def summed(tmp_path) -> Path:
    path = tmp_path / "summed.fits"
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(np.arange(5000, dtype=np.int32), name="SCI")]
    fits.HDUList(hdus).writeto(path, checksum=True)
    return path


def test_checksums_of_another_writer_are_right(summed):
    report = torchfits.verify(summed)
    assert report.ok
    assert [(h.checksum, h.datasum) for h in report.hdus] == [("right", "right")] * 2
    skipped = torchfits.verify(summed, checksum=False)
    assert {h.checksum for h in skipped.hdus} == {"absent"}


def test_a_changed_byte_is_found_in_its_hdu(summed):
    data = bytearray(summed.read_bytes())
    data[-5000] ^= 4
    report = torchfits.verify(bytes(data))
    verdicts = [(h.checksum, h.datasum) for h in report.hdus]
    assert verdicts == [("right", "right"), ("wrong", "wrong")]
    assert rules(report) == {"checksum", "datasum"}
    assert not report.hdus[1].ok
    assert report.hdus[0].ok
    with fits.open(summed) as theirs:
        announced = theirs[1].header["DATASUM"]
    assert announced in str(report)


def test_a_changed_header_is_told_from_changed_data(summed):
    data = summed.read_bytes().replace(b"'SCI     '", b"'SKY     '")
    report = torchfits.verify(data)
    assert (report.hdus[1].checksum, report.hdus[1].datasum) == ("wrong", "right")
    assert "the header was changed" in str(report)


def test_tiles_that_do_not_decode(tmp_path):
    path = tmp_path / "tiles.fits"
    pixels = np.arange(100 * 100, dtype=np.int16).reshape(100, 100)
    tiles = fits.CompImageHDU(pixels, compression_type="GZIP_1")
    fits.HDUList([fits.PrimaryHDU(), tiles]).writeto(path)
    assert torchfits.verify(path).ok
    data = bytearray(path.read_bytes())
    with fits.open(path, disable_image_compression=True) as stored:
        start = stored[1].fileinfo()["datLoc"] + stored[1].header["NAXIS1"] * 100
    data[start + 20] ^= 0xFF
    report = torchfits.verify(bytes(data))
    assert rules(report) == {"tile"}
    assert torchfits.verify(bytes(data), data=False).ok


def test_arrays_that_share_bytes_are_a_warning():
    descriptors = field([[2, 0], [2, 4], [2, 4]], "i4")
    data = empty_primary() + table([("A", "PJ(2)", descriptors)], heap=bytes(12))
    report = torchfits.verify(data)
    assert report.ok
    assert [problem.rule for problem in report.warnings] == ["heap-overlap"]


def test_the_report_prints_as_a_table_and_goes_to_json(summed):
    report = torchfits.verify(swapped(FILE, b"'SCI     '", b"'CAT     '"))
    assert report.ok
    lines = str(report).splitlines()
    assert lines[0] == "<bytes>: 3 HDUs, ok"
    assert lines[1].split() == ["name", "ver", "kind", "bytes", "CHECKSUM", "DATASUM", "found"]
    assert lines[3].split() == ["1", "CAT", "1", "image", "24", "ok"]
    broken = torchfits.verify(ERRORS["TDISP nonsense"][0])
    assert "HDU 2, card" in str(broken)
    assert "repair: " in str(broken)
    told = json.loads(json.dumps(broken.to_dict()))
    assert told["ok"] is False
    assert told["problems"][0]["rule"] == "column"
    assert told["problems"][0]["hdu"] == 2
    assert repr(torchfits.verify(summed)) == str(torchfits.verify(summed))


def test_a_file_of_garbage_makes_a_short_report():
    cards = b"".join(text_card(f"x{i}") for i in range(20000))
    data = padded(start_cards(None)[0] + cards + text_card("END"), b" ")
    report = torchfits.verify(data)
    assert not report
    assert len(report.problems) < 40
    assert "more of this kind" in str(report)


def test_what_cannot_be_read_at_all_is_an_error_not_a_report(tmp_path):
    with pytest.raises(torchfits.FileMissingError):
        torchfits.verify(tmp_path / "none.fits")
    with pytest.raises(TypeError):
        torchfits.verify(FILE, checksum=1)


def test_table_cards_of_the_wrong_width(tmp_path):
    data = empty_primary() + make_hdu(
        [*table_cards(5, 2, 1), card("TTYPE1", "A"), card("TFORM1", "J")], bytes(10)
    )
    assert "column" in rules(checked(data, tmp_path))


def test_open_with_checksum_compares_an_hdu_when_it_is_read(summed, tmp_path):
    with torchfits.open(summed, checksum=True) as right:
        assert int(right["SCI"].read()[-1]) == 4999
        assert int(right["SCI"][17]) == 17
    data = bytearray(summed.read_bytes())
    data[-5000] ^= 4
    path = tmp_path / "changed.fits"
    path.write_bytes(data)
    with fits.open(summed) as theirs:
        announced = theirs[1].header["DATASUM"]
    with torchfits.open(path, checksum=True) as changed:
        assert changed[1].shape == (5000,)
        for read in (changed[1].read, lambda: changed[1][0:3], lambda: changed[1].read(dtype=None)):
            with pytest.raises(torchfits.FormatError, match=f"HDU 1 'SCI'.*{announced}.*found"):
                read()
    with torchfits.open(path) as unchecked:
        assert int(unchecked[1][0]) == 0


def test_a_changed_header_is_refused_too(summed):
    data = summed.read_bytes().replace(b"'SCI     '", b"'SKY     '")
    with (
        torchfits.open(data, checksum=True) as changed,
        pytest.raises(torchfits.FormatError, match="the header was changed"),
    ):
        changed[1].read()


CUT_IMAGE = FILE[: 2 * BLOCK + 3 * 8 - 5]  # of 3 lines of 8 bytes, 2 are whole


def test_lines_that_are_there_of_an_image_that_is_cut_off():
    with pytest.raises(torchfits.TruncatedError):
        torchfits.read(CUT_IMAGE)
    with pytest.warns(torchfits.FITSWarning, match=r"HDU 1 'SCI'.* 5 bytes are missing; 2 of 3 "):
        pixels = torchfits.read(CUT_IMAGE, allow_truncated=True)
    np.testing.assert_array_equal(pixels.numpy(), np.arange(8).reshape(2, 4))
    with torchfits.open(CUT_IMAGE, allow_truncated=True) as cut:
        with pytest.warns(torchfits.FITSWarning, match="2 of 3"):
            assert len(cut) == 2
        assert cut[1].shape == (2, 4)
        assert cut[1][1, 3] == 7


def test_rows_that_are_there_of_a_table_that_is_cut_off():
    cut = FILE[: ROWS + 2 * 13 + 6]
    with pytest.raises(torchfits.TruncatedError):
        torchfits.read(cut, "CAT", columns=["FLAG", "NAME"])
    with pytest.warns(torchfits.FITSWarning, match="2 of 4 rows"):
        rows = torchfits.read(cut, "CAT", columns=["FLAG", "NAME"], allow_truncated=True)
    assert rows["FLAG"].tolist() == [True, False]
    assert rows["NAME"].to_list() == ["abc", "d"]


def test_rows_of_a_table_whose_heap_is_cut_off():
    cut = FILE[: ROWS + 4 * 13 + 14]
    with pytest.warns(torchfits.FITSWarning, match="the heap is cut off: 6 bytes are missing"):
        rows = torchfits.read(
            cut, "CAT", columns=["NAME", "ARR"], rows=slice(0, 3), allow_truncated=True
        )
    assert rows["NAME"].to_list() == ["abc", "d", ""]
    assert rows["ARR"].to_list() == [[0, 0], [], [0]]


def test_a_file_that_is_whole_gives_no_warning_and_the_same(recwarn):
    whole = torchfits.read(FILE, "SCI", allow_truncated=True)
    np.testing.assert_array_equal(whole.numpy(), np.arange(12).reshape(3, 4))
    assert not recwarn.list


def test_groups_that_are_there(tmp_path):
    cards = [
        *start_cards(None), *axes_cards(-32, (0, 3)), card("GROUPS", True), card("PCOUNT", 1),
        card("GCOUNT", 4), card("PTYPE1", "U"),
    ]  # fmt: skip
    numbers = np.arange(16, dtype=">f4")
    cut = make_header(cards) + numbers.tobytes()[:50]
    with pytest.warns(torchfits.FITSWarning, match="3 of 4 groups"):
        groups = torchfits.read(cut, allow_truncated=True)
    np.testing.assert_array_equal(groups["U"].numpy(), [0, 4, 8])
    np.testing.assert_array_equal(groups["DATA"].numpy()[2], [9, 10, 11])


def test_checksum_and_allow_truncated_are_for_reading(tmp_path):
    path = tmp_path / "new.fits"
    for option in ({"checksum": True}, {"allow_truncated": True}):
        with pytest.raises(ValueError, match="mode 'r'"):
            torchfits.open(path, "w", **option)
    assert not path.exists()


def test_tiles_that_are_there_of_a_compressed_image_that_is_cut_off(tmp_path):
    path = tmp_path / "tiles.fits"
    pixels = np.random.default_rng(3).integers(0, 99, (100, 100), dtype=np.int16)
    tiles = fits.CompImageHDU(pixels, compression_type="GZIP_1")
    fits.HDUList([fits.PrimaryHDU(), tiles]).writeto(path)
    with fits.open(path, disable_image_compression=True) as stored:
        heap = stored[1].fileinfo()["datLoc"] + stored[1].header["NAXIS1"] * 100
        size = stored[1].header["PCOUNT"]
    cut = path.read_bytes()[: heap + size // 2]
    with torchfits.open(cut, allow_truncated=True) as file:
        with pytest.warns(torchfits.FITSWarning, match="the heap is cut off"):
            assert file[1].shape == (100, 100)
        np.testing.assert_array_equal(file[1][:40].numpy(), pixels[:40])
        with pytest.raises(torchfits.FormatError):
            file[1].read()


def journal_of(data: bytes, inode: int, ranges: list[tuple[int, int]]) -> bytes:
    """The journal of a change that was interrupted, byte by byte."""
    entries = b"".join(struct.pack(">QQ", *part) for part in ranges)
    kept = b"".join(data[at : at + size] for at, size in ranges)

    def head(crc: int) -> bytes:
        return b"TFUNDO1\n" + struct.pack(">QQQII", inode, len(data), len(ranges), crc, 0)

    return head(zlib.crc32(head(0) + entries + kept)) + entries + kept


def test_an_interrupted_update_names_hdus_and_bytes(tmp_path):
    path = tmp_path / "half.fits"
    path.write_bytes(FILE)
    ranges = [(BLOCK + 400, 160), (ROWS + 3, 20)]
    journal = tmp_path / ".half.fits.torchfits-undo"
    journal.write_bytes(journal_of(FILE, path.stat().st_ino, ranges))
    report = torchfits.verify(path)
    assert rules(report) == {"unfinished-update"}
    assert [(p.hdu, p.where) for p in report.errors] == [
        (1, f"bytes {BLOCK + 400} to {BLOCK + 559}"),
        (2, f"bytes {ROWS + 3} to {ROWS + 22}"),
        (None, ""),
    ]
    assert "the header is among them" in report.errors[0].problem
    assert "the header" not in report.errors[1].problem
    assert str(journal) in report.errors[2].problem
    assert all("mode 'r+'" in problem.remedy for problem in report.errors)
    journal.write_bytes(b"TFUNDO1\n")
    assert "is damaged" in str(torchfits.verify(path))
    journal.unlink()
    assert torchfits.verify(path).ok
