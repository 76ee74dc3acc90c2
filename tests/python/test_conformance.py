# SPDX-License-Identifier: BSD-3-Clause
"""Every real file, HDU by HDU, against an independent decoding of its bytes."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import pytest
import raw_decoder
from comparison import assert_column, assert_same
from corpus_files import CORPUS, corpus_files, corpus_paths
from raw_decoder import Junk, RawHDU

import torchfits

pytestmark = pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
every_good_file = pytest.mark.parametrize("path", corpus_files(but=("bad",)))


@functools.cache
def raw(path: Path) -> list[RawHDU]:
    return raw_decoder.read_hdus(raw_decoder.load(path))


def is_compressed(hdu: RawHDU) -> bool:
    """Shown as the image or table that it holds: test_compressed_*.py."""
    return hdu.get("ZIMAGE") is True or hdu.get("ZTABLE") is True


def test_the_corpus_is_whole(corpus: Path) -> None:
    listed = (corpus / "manifest.tsv").read_text().splitlines()[1:]
    names = {line.split("\t")[0] for line in listed}
    assert {f"{path.parent.name}/{path.name}" for path in corpus_paths()} == {
        name for name in names if not name.endswith(".hdr")
    }


@every_good_file
def test_hdus(path: Path) -> None:
    with torchfits.open(path) as f:
        assert len(f) == len(raw(path))
        for index, (hdu, expected) in enumerate(zip(f, raw(path), strict=True)):
            assert hdu.index == index
            assert hdu.kind == expected.kind
            name = str(expected.get("EXTNAME", "" if index else "PRIMARY")).strip()
            assert hdu.name == name
            assert hdu.version == expected.integer("EXTVER", 1)
            assert hdu.has_data == (expected.size() > 0)
            if hdu.kind == "image" and expected.axes:
                assert tuple(hdu.shape) == tuple(expected.axes[::-1])


@every_good_file
def test_headers(path: Path) -> None:
    with torchfits.open(path) as f:
        for index, expected in enumerate(raw(path)):
            if is_compressed(expected):
                continue
            header = f[index].header
            for key, value in expected.keywords.items():
                if isinstance(value, Junk):
                    continue
                got = header[key]
                assert got == value, f"HDU {index}, {key}"
                assert type(got) is type(value), f"HDU {index}, {key}"


@every_good_file
def test_commentary_and_bytes(path: Path) -> None:
    with torchfits.open(path) as f:
        for index, expected in enumerate(raw(path)):
            if is_compressed(expected):
                continue
            header = f[index].header
            for key in ("COMMENT", "HISTORY"):
                cards = [c.decode("latin-1") for c in expected.cards]
                texts = [c[8:].rstrip(" ") for c in cards if c[:8].rstrip() == key]
                assert list(header.get(key, [])) == texts, f"HDU {index}"
            text = b"".join(expected.cards).decode("latin-1")
            assert header.to_string().startswith(text), f"HDU {index}"


@every_good_file
def test_read_header_alone(path: Path) -> None:
    for index, expected in enumerate(raw(path)[:20]):
        if is_compressed(expected):
            continue
        header = torchfits.read_header(path, index)
        assert header["NAXIS"] == expected.keywords["NAXIS"]
        assert header["BITPIX"] == expected.keywords["BITPIX"]


@every_good_file
def test_images(path: Path) -> None:
    with torchfits.open(path) as f:
        for index, expected in enumerate(raw(path)):
            if expected.kind != "image":
                continue
            where = f"HDU {index}"
            if not expected.axes:
                with pytest.raises(torchfits.NoDataError):
                    f[index].read()
                continue
            assert_same(f[index].read(), raw_decoder.image(expected), where)
            stored = raw_decoder.stored_image(expected)
            assert_same(f[index].read(scaled=False), stored, where)


@every_good_file
def test_fixed_width_columns(path: Path) -> None:
    with torchfits.open(path) as f:
        for index, expected in enumerate(raw(path)):
            if expected.kind != "table":
                continue
            hdu = f[index]
            pairs = list(zip(hdu.columns, raw_decoder.columns(expected), strict=True))
            names = [ours.name for ours, raw_column in pairs if raw_column.code not in "PQ"]
            if not names:
                continue
            table = hdu.read(columns=names)
            assert list(table.names) == names
            assert len(table) == expected.axes[1]
            for ours, column in pairs:
                where = f"HDU {index}, column {column.name}"
                if column.name is not None and ours.name != column.name.rstrip():
                    assert ours.name.upper().startswith(f"{column.name.upper()}_"), where
                if column.code in "PQ":
                    continue
                assert_column(table[ours.name], column.values, where)
                nulls = table.null_mask(ours.name)
                if column.nulls is None:
                    assert nulls is None, where
                else:
                    assert_same(nulls, column.nulls, where)


@every_good_file
def test_variable_length_columns(path: Path) -> None:
    with torchfits.open(path) as f:
        for index, expected in enumerate(raw(path)):
            if expected.kind != "table" or expected.get("ZTABLE") is True:
                continue
            for number, ours in enumerate(f[index].columns, 1):
                if ours.format.lstrip("01")[0] not in "PQ":
                    continue
                table = f[index].read(columns=[ours.name])
                assert_cells(table, raw_decoder.cells(expected, number), f"HDU {index}, {ours}")


def assert_cells(table: torchfits.Table, cells: list[raw_decoder.RawColumn], where: str) -> None:
    """A column of variable length, values and nulls, cell by cell."""
    name = table.names[0]
    values, nulls = table[name], table.null_mask(name)
    assert len(values) == len(cells), where
    for row, cell in enumerate(cells):
        if cell.code == "A":
            assert values[row] == cell.values[0], where
            continue
        assert_same(values[row], cell.values, where)
        if cell.nulls is None:
            assert nulls is None, where
        else:
            assert_same(nulls[row], cell.nulls, where)


@every_good_file
def test_one_call_reads_the_first_hdu_with_data(path: Path) -> None:
    expected = next((hdu for hdu in raw(path) if hdu.size() > 0), None)
    if expected is None:
        return
    if expected.kind == "image":
        assert_same(torchfits.read(path), raw_decoder.image(expected))
    elif expected.kind in ("table", "ascii_table"):
        rows = expected.get("ZNAXIS2") if expected.get("ZTABLE") is True else expected.axes[1]
        assert len(torchfits.read(path)) == rows
    elif expected.kind == "random_groups":
        assert len(torchfits.read(path)) == expected.integer("GCOUNT")


def readable(name: str, hdus: int) -> None:
    """A file of corpus/bad whose images and fixed-width columns are all there."""
    path = CORPUS / "bad" / name
    test_hdus(path)
    test_images(path)
    test_fixed_width_columns(path)
    assert len(raw(path)) == hdus


def test_bad_astro_uit_has_stray_bytes_after_the_last_hdu(corpus: Path) -> None:
    """Section 3.6: special records may follow the last HDU; readers ignore them."""
    readable("Astro_UIT.fits", 1)


@pytest.mark.parametrize("name", ["Combined.fits", "HinodeXRT.fits"])
def test_bad_padding_after_the_last_data_is_missing(corpus: Path, name: str) -> None:
    """All the data are there; only fill bytes are not."""
    readable(name, 1)


def test_bad_npix8_has_a_blank_with_a_decimal_point(corpus: Path) -> None:
    """BLANK is to be an integer; a whole float says the same number, so it is used and reported."""
    with pytest.warns(torchfits.FITSWarning, match="BLANK"):
        torchfits.read(corpus / "bad/Npix8.fits")
    readable("Npix8.fits", 1)


def test_bad_checksum_false_reads_unless_asked_to_verify(corpus: Path) -> None:
    """Checksums are verified on demand, as in every other reader."""
    readable("checksum_false.fits", 2)


def test_bad_group_invalid_has_groups_without_axes(corpus: Path) -> None:
    """GROUPS means something only where NAXIS1 = 0: this is a header without data."""
    with torchfits.open(corpus / "bad/group_invalid.fits") as f:
        assert len(f) == 1
        assert f[0].kind == "image"
        with pytest.raises(torchfits.NoDataError):
            f[0].read()


def test_bad_jwst_nod2_cal_ends_with_part_of_a_block_of_zeros(corpus: Path) -> None:
    """Bytes after the last HDU that do not begin one."""
    readable("jwst_nod2_cal.fits", 17)


def test_bad_medn_halph_is_cut_in_its_data(corpus: Path) -> None:
    """522 of 2*1500*1340 bytes: the header reads, the data say what is missing."""
    path = corpus / "bad/medn_halph_fl_20050501_074655.fts"
    assert torchfits.read_header(path)["NAXIS1"] == 1500
    with torchfits.open(path) as f:
        assert f[0].shape == (1340, 1500)
        with pytest.raises(torchfits.TruncatedError, match=str(4020000 - 522)):
            f[0].read()


def test_bad_random_test_does_not_begin_with_simple(corpus: Path) -> None:
    """A merge conflict's marker stands where SIMPLE must stand: no FITS file."""
    path = corpus / "bad/random_test.fits"
    for attempt in (torchfits.read, torchfits.read_header, torchfits.info):
        with pytest.raises(torchfits.FormatError, match="SIMPLE"):
            attempt(path)


def test_bad_verify_has_naxis_before_bitpix(corpus: Path) -> None:
    """The order is wrong, the values are plain: header read, no data."""
    path = corpus / "bad/verify.fits"
    test_headers(path)
    with pytest.raises(torchfits.NoDataError):
        torchfits.read(path)


def test_bad_vla_logical_pre_fix_has_logicals_of_zeros_and_ones(corpus: Path) -> None:
    """They are read as bools, with a warning."""
    path = corpus / "bad/vla_logical_pre_fix.fits"
    test_headers(path)
    hdu = raw(path)[1]
    heap = hdu.data[hdu.axes[0] * hdu.axes[1] :]
    assert set(heap) == {0, 1}
    with pytest.warns(torchfits.FITSWarning, match="0 and 1"):
        got = torchfits.read(path)["flag"]
    expected = [[byte == 1 for byte in heap[:3]], [byte == 1 for byte in heap[3:5]], []]
    assert got.to_list() == [*expected, [byte == 1 for byte in heap[5:]]]


def test_bad_zerowidth_has_an_empty_image_and_a_zero_width_column(corpus: Path) -> None:
    """NAXIS = 777777701 x 0 holds no byte and is an empty tensor of that shape."""
    readable("zerowidth.fits", 6)
    empty = torchfits.read(corpus / "bad/zerowidth.fits", 0)
    assert empty.shape == (0, 777777701)
    assert math.prod(empty.shape) == 0
