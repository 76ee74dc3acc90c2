# SPDX-License-Identifier: BSD-3-Clause
"""Compressed images: headers, unsigned numbers and the table underneath (T36 to T38)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from astropy.io import fits
from comparison import assert_same
from compressed_files import astropy_file, check, fitsio_file
from tile_bytes import compressed, gzip_tile, tiled_file

import torchfits

CARDS = [
    ("OBJECT", "NGC 1", "what it is"),
    ("EXPTIME", 12.5, "s"),
    ("NREADS", 3, ""),
    ("GOOD", True, ""),
    ("CRPIX1", 4.0, ""),
]
IMAGE = np.arange(48, dtype="i2").reshape(6, 8)


def with_header(array: np.ndarray) -> bytes:
    header = fits.Header(CARDS)
    header.add_history("made by hand")
    header.add_comment("a comment")
    return astropy_file(array, header=header, name="SCI", compression_type="RICE_1")


@pytest.mark.parametrize("code", ["u1", "i2", "u2", "i4", "f4"])
def test_t36_the_header_is_that_of_the_image(code: str) -> None:
    content = with_header(IMAGE.astype(code))
    header = torchfits.read_header(content, 1)
    theirs = fits.getheader(io.BytesIO(content), 1)
    assert header["BITPIX"] == theirs["BITPIX"]
    assert (header["NAXIS"], header["NAXIS1"], header["NAXIS2"]) == (2, 8, 6)
    assert header["EXTNAME"] == "SCI"
    for key, value, comment in CARDS:
        assert header[key] == value
        assert header.comments[key] == comment
    assert "made by hand" in header["HISTORY"]
    assert "a comment" in header["COMMENT"]
    assert header.get("BZERO") == theirs.get("BZERO")
    for key in header:
        assert not key.startswith(("Z", "TTYPE", "TFORM")), key
    for key in ("TFIELDS", "THEAP"):
        assert key not in header


def test_t36_a_primary_header_comes_back_as_one(tmp_path: Path) -> None:
    """ZSIMPLE and ZEXTEND take their names back, SIMPLE first."""
    keywords = {"ZSIMPLE": True, "ZEXTEND": True, "EXTNAME": "COMPRESSED_IMAGE"}
    header = torchfits.read_header(compressed(IMAGE, (1, 8), keywords=keywords), 1)
    assert list(header.keys())[:5] == ["SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2"]
    assert header["SIMPLE"] is True
    assert "XTENSION" not in header
    assert "EXTNAME" not in header


def test_t36_an_extension_comes_back_as_one() -> None:
    keywords = {"ZTENSION": "IMAGE", "ZPCOUNT": 0, "ZGCOUNT": 1, "EXTVER": 4}
    header = torchfits.read_header(compressed(IMAGE, (1, 8), keywords=keywords), 1)
    assert header["XTENSION"] == "IMAGE"
    assert header["PCOUNT"] == 0
    assert header["GCOUNT"] == 1
    assert header["EXTVER"] == 4


def test_t36_checksums_are_those_of_the_image() -> None:
    keywords = {"CHECKSUM": "of the table", "DATASUM": "1", "ZHECKSUM": "abc", "ZDATASUM": "77"}
    header = torchfits.read_header(compressed(IMAGE, (1, 8), keywords=keywords), 1)
    assert header["CHECKSUM"] == "abc"
    assert header["DATASUM"] == "77"
    header = torchfits.read_header(
        compressed(IMAGE, (1, 8), keywords={"CHECKSUM": "of the table", "DATASUM": "1"}), 1
    )
    assert "CHECKSUM" not in header
    assert "DATASUM" not in header


def test_t36_keywords_that_only_look_like_those_of_compression_stay() -> None:
    """ZEROCOR and ZTEMP of cameras are not the Standard's."""
    keywords = {"ZEROCOR": "zero.fits", "ZTEMP": 4.5, "ZBLANKET": 1, "ZNAXISX": 2}
    header = torchfits.read_header(compressed(IMAGE, (1, 8), keywords=keywords), 1)
    for key, value in keywords.items():
        assert header[key] == value


def test_t36_a_cutout_has_the_header_of_its_box() -> None:
    keywords = {"CRPIX1": 4.0, "CRPIX2": 3.0}
    content = compressed(IMAGE, (1, 8), keywords=keywords)
    section = (slice(2, 5), slice(1, 4))
    data, header = torchfits.cutout(content, section, 1, header=True)
    assert_same(data, IMAGE[2:5, 1:4])
    assert (header["NAXIS1"], header["NAXIS2"]) == (3, 3)
    assert (header["CRPIX1"], header["CRPIX2"]) == (3.0, 1.0)


OFFSETS = {"u1": -128, "i2": 2**15, "i4": 2**31, "i8": 2**63}
EXACT = {"u1": torch.int8, "i2": torch.uint16, "i4": torch.uint32, "i8": torch.uint64}


# T29: there is no RICE_1 of 64 bits.
LOSSLESS = [
    (algorithm, code)
    for algorithm in ("RICE_1", "GZIP_1", "GZIP_2", "NOCOMPRESS")
    for code in OFFSETS
    if (algorithm, code) != ("RICE_1", "i8")
]


@pytest.mark.parametrize(("algorithm", "code"), LOSSLESS)
@pytest.mark.parametrize("spelling", [int, float])
def test_t37_unsigned_and_signed_bytes(algorithm: str, code: str, spelling: type) -> None:
    info = np.iinfo(code)
    stored = np.array([[info.min, info.min + 1, 0, info.max - 1, info.max]], code)
    word = stored.itemsize
    keywords = {"BZERO": spelling(OFFSETS[code]), "BSCALE": 1.0}
    content = compressed(stored, (1, 5), algorithm, word=word, keywords=keywords)
    got = torchfits.read(content)
    assert got.dtype == EXACT[code]
    assert got.tolist()[0] == [int(value) + OFFSETS[code] for value in stored[0]]
    check(content)


@pytest.mark.parametrize("code", ["i1", "u2", "u4", "u8"])
def test_t37_offsets_of_other_writers(tmp_path: Path, code: str) -> None:
    info = np.iinfo(code)
    array = np.array([[info.min, info.min + 1, 5, info.max - 1, info.max]] * 4, code)
    content = astropy_file(array, compression_type="GZIP_1")
    assert_same(torchfits.read(content), array)
    if code != "u8":
        content = fitsio_file(tmp_path / "f.fits", array, compress="RICE_1")
        assert_same(torchfits.read(content), array)


@pytest.mark.parametrize("scaling", [(0.5, 3.0), (1.0, 7.0), (2.0, 0.0)])
@pytest.mark.parametrize("code", ["u1", "i2", "i4", "f4", "f8"])
def test_t37_true_scaling_on_top(code: str, scaling: tuple[float, float]) -> None:
    array = np.arange(12, dtype=code).reshape(3, 4)
    keywords = {"BSCALE": scaling[0], "BZERO": scaling[1]}
    content = compressed(array, (2, 3), "GZIP_2", keywords=keywords)
    wide = np.float64 if code in ("i4", "f8") else np.float32
    assert_same(torchfits.read(content), (array * scaling[0] + scaling[1]).astype(wide))
    assert_same(torchfits.read(content, scaled=False), array)


def test_t38_raw_gives_the_table() -> None:
    cells = [gzip_tile(IMAGE[row]) for row in range(6)]
    columns = [("COMPRESSED_DATA", "1PB", cells), ("ZBLANK", "1J", list(range(6)))]
    content = tiled_file((6, 8), (1, 8), columns)
    table = torchfits.read(content, 1, raw=True)
    assert isinstance(table, torchfits.Table)
    assert list(table.names) == ["COMPRESSED_DATA", "ZBLANK"]
    assert table["ZBLANK"].tolist() == list(range(6))
    found = table["COMPRESSED_DATA"].to_list()
    assert [bytes(bytearray(np.asarray(cell).tolist())) for cell in found] == cells
    with torchfits.open(content) as f:
        assert f[1].kind == "compressed_image"
        assert list(f[1].read(raw=True).names) == ["COMPRESSED_DATA", "ZBLANK"]


def test_t38_raw_reads_what_cannot_be_decoded() -> None:
    columns = [("COMPRESSED_DATA", "1PB", [b"\x01\x02\x03"] * 6)]
    content = tiled_file((6, 8), (1, 8), columns, algorithm="BZIP2_1")
    with pytest.raises(torchfits.UnsupportedError, match="BZIP2_1"):
        torchfits.read(content)
    table = torchfits.read(content, 1, raw=True)
    assert [list(cell) for cell in table["COMPRESSED_DATA"].to_list()] == [[1, 2, 3]] * 6
