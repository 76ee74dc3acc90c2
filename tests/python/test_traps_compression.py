# SPDX-License-Identifier: BSD-3-Clause
"""Tiles and their algorithms: the places where readers of FITS go wrong. T39 concerns tables."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import fitsio
import numpy as np
import pytest
import raw_decoder
from astropy.io import fits
from comparison import assert_same
from compressed_files import astropy_file, check, noise
from fits_bytes import card
from tile_bytes import compressed, encode, gzip_tile, rice_tile, tiled_file

import torchfits

INTEGERS = np.array([[0, 1, 2, -3, 4, 5], [6, -7, 8, 9, 1, 11]], "i2")


def test_t20_ztile1_belongs_to_the_last_axis_of_numpy() -> None:
    array = np.arange(7 * 11, dtype="i2").reshape(7, 11)
    content = compressed(array, (2, 5))
    hdu = raw_decoder.read_hdus(content)[1]
    assert (hdu.get("ZTILE1"), hdu.get("ZTILE2")) == (5, 2)
    check(content, array)
    check(astropy_file(array, compression_type="GZIP_1", tile_shape=(2, 5)), array)


def test_t20_the_first_axis_of_the_header_runs_fastest_over_the_rows() -> None:
    array = np.arange(4 * 6 * 5, dtype="i2").reshape(4, 6, 5)
    check(compressed(array, (3, 2, 4)), array)


@pytest.mark.parametrize(("word", "code"), [(1, "u1"), (2, "i2"), (4, "i4"), (4, "i2"), (4, "u1")])
@pytest.mark.parametrize("block", [32, 16, 1, 7, 1000])
def test_t29_rice_of_any_bytepix_and_blocksize(word: int, code: str, block: int) -> None:
    rng = np.random.default_rng(block)
    info = np.iinfo(code)
    array = rng.integers(0, 100, (5, 70), dtype=code)
    array[1] = 7  # blocks without differences
    array[2] = rng.integers(info.min, info.max, 70, dtype=code, endpoint=True)
    array[3, ::2], array[3, 1::2] = info.min, info.max
    check(compressed(array, (1, 70), "RICE_1", word=word, block=block), array)
    check(compressed(array, (2, 33), "RICE_1", word=word, block=block), array)


@pytest.mark.parametrize("split", [0, 1, 2, 5, 13, 14])
def test_t29_rice_of_every_split(split: int) -> None:
    array = np.array([[5, 3, 3, 9, 250, 17, 0, 1]], "i2")
    cells = [rice_tile(array[0].tolist(), 2, 4, split)]
    keywords = {"ZNAME1": "BYTEPIX", "ZVAL1": 2, "ZNAME2": "BLOCKSIZE", "ZVAL2": 4}
    content = tiled_file(
        (1, 8), (1, 8), [("COMPRESSED_DATA", "1PB", cells)], algorithm="RICE_1", keywords=keywords
    )
    check(content, array)


@pytest.mark.parametrize(
    "keywords",
    [
        {"ZNAME1": "BLOCKSIZE", "ZVAL1": 16, "ZNAME2": "BYTEPIX", "ZVAL2": 2},
        {"ZNAME1": "BYTEPIX", "ZVAL1": 2, "ZNAME2": "BLOCKSIZE", "ZVAL2": 16},
        {"ZNAME1": "bytepix", "ZVAL1": 2, "ZNAME2": "BlockSize", "ZVAL2": 16},
        {"ZNAME1": "NOISEBIT", "ZVAL1": 4, "ZNAME2": "BYTEPIX", "ZVAL2": 2}
        | {"ZNAME3": "BLOCKSIZE", "ZVAL3": 16},
    ],
)
@pytest.mark.parametrize("algorithm", ["RICE_1", "RICE_ONE"])
def test_t29_parameters_in_any_order_and_case(keywords: dict[str, object], algorithm: str) -> None:
    array = (np.arange(120).reshape(3, 40) ** 2 % 331).astype("i2")
    cells = [rice_tile(part.tolist(), 2, 16) for part in array]
    columns = [("COMPRESSED_DATA", "1PB", cells)]
    content = tiled_file((3, 40), (1, 40), columns, algorithm=algorithm, keywords=keywords)
    assert_same(torchfits.read(content), array)


def test_t29_defaults_of_the_standard_are_4_and_32() -> None:
    array = (np.arange(120).reshape(3, 40) ** 2 % 331).astype("i2")
    columns = [("COMPRESSED_DATA", "1PB", [rice_tile(part.tolist(), 4, 32) for part in array])]
    check(tiled_file((3, 40), (1, 40), columns, algorithm="RICE_1"), array)


def test_t29_rice_of_64_bits_is_refused_by_name() -> None:
    content = compressed(INTEGERS, (1, 6), "RICE_1")
    content = content.replace(card("ZVAL2", 4), card("ZVAL2", 8))
    with pytest.raises(torchfits.UnsupportedError, match="BYTEPIX"):
        torchfits.read(content)
    with torchfits.open(content) as f:
        assert f[1].kind == "compressed_image"
        assert f[1].shape == (2, 6)


@pytest.mark.parametrize("code", ["u1", "i2", "i4"])
def test_t30_plio(code: str) -> None:
    top = {"u1": 255, "i2": 2**15 - 1, "i4": 2**24 - 1}[code]
    array = np.zeros((4, 9001), code)
    array[0, 3:7000], array[1, ::500], array[2] = top, 5, 1
    check(compressed(array, (1, 9001), "PLIO_1", form="1PI"), array)
    one = np.array([[top]], code)
    check(compressed(one, (1, 1), "PLIO_1", form="1PI(9)"), one)


def test_t30_every_instruction_of_plio() -> None:
    words = [0x1005, 0, 0x4003, 0x2002, 0x5004, 0x3001, 0x4001, 0x6007, 0x7003, 0x0002, 0x1FFF, 1]
    words += [0x4002]
    head = [0, 7, -100, 7 + len(words), 0, 0, 0]
    cell = struct.pack(">7h", *head) + struct.pack(f">{len(words)}H", *words)
    expected = [5, 5, 5, 0, 0, 0, 7, 6, 13, 10, 0, 0, 8191, 8191, 0, 0]
    columns = [("COMPRESSED_DATA", "1PI", [cell])]
    content = tiled_file((16,), (16,), columns, bitpix=32, algorithm="PLIO_1")
    check(content, np.array(expected, "i4"))


def test_t30_the_old_header_of_plio_has_three_words() -> None:
    cell = struct.pack(">3h", 0, 0, 5) + struct.pack(">2H", 0x4002, 0x0001)
    columns = [("COMPRESSED_DATA", "1PI", [cell])]
    content = tiled_file((4,), (4,), columns, bitpix=16, algorithm="PLIO_1")
    check(content, np.array([1, 1, 0, 0], "i2"))


@pytest.mark.parametrize("smooth", [0, 1])
@pytest.mark.parametrize("scale", [0, 1, 2.5, -16])
@pytest.mark.parametrize("code", ["u1", "i2", "i4"])
def test_t31_hcompress(tmp_path: Path, smooth: int, scale: float, code: str) -> None:
    array = noise((37, 50), code)
    content = astropy_file(
        array, compression_type="HCOMPRESS_1", hcomp_scale=scale, hcomp_smooth=smooth,
        tile_shape=(20, 17),
    )  # fmt: skip
    (tmp_path / "a.fits").write_bytes(content)
    theirs = np.asarray(fits.getdata(io.BytesIO(content)), code)
    assert np.array_equal(theirs, fitsio.read(str(tmp_path / "a.fits")))
    assert_same(torchfits.read(content), theirs)
    if scale in (0, 1):
        assert_same(torchfits.read(content), array)


def test_t31_planes_of_a_cube() -> None:
    array = noise((3, 20, 24), "i2")
    content = astropy_file(array, compression_type="HCOMPRESS_1", tile_shape=(1, 20, 24))
    assert_same(torchfits.read(content), array)


@pytest.mark.parametrize("code", ["u1", "i2", "i4", "i8", "f4", "f8"])
def test_t32_shuffled_bytes(code: str) -> None:
    array = (np.arange(30) * 0x01020304).astype(code).reshape(5, 6)
    check(compressed(array, (2, 4), "GZIP_2"), array)


@pytest.mark.parametrize("algorithm", ["GZIP_1", "GZIP_2"])
@pytest.mark.parametrize("stored", ["u1", "i2", "i4"])
@pytest.mark.parametrize("code", ["i2", "i4"])
def test_t32_the_width_of_integers_is_that_of_the_stream(
    algorithm: str, stored: str, code: str
) -> None:
    """CFITSIO before version 3.03 stored 16-bit images as 32-bit integers."""
    array = np.arange(30, dtype=code).reshape(5, 6)
    cells = [encode(part.astype(stored), algorithm) for part in array]
    columns = [("COMPRESSED_DATA", "1PB", cells)]
    bitpix = 8 * array.itemsize
    content = tiled_file((5, 6), (1, 6), columns, bitpix=bitpix, algorithm=algorithm)
    check(content, array)


@pytest.mark.parametrize(
    ("shape", "tile"),
    [
        ((17,), (5,)),
        ((7, 11), (3, 4)),
        ((7, 11), (7, 1)),
        ((5, 4, 7), (2, 3, 4)),
        ((2, 3, 2, 5, 3), (1, 2, 2, 3, 2)),
        ((3, 1, 1, 4), (2, 1, 1, 3)),
        ((1, 1), (1, 1)),
    ],
)
def test_t33_tiles_at_the_edges_are_smaller(shape: tuple[int, ...], tile: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype="i4").reshape(shape)
    for algorithm in ("RICE_1", "GZIP_2"):
        content = compressed(array, tile, algorithm)
        check(content, array)
        with torchfits.open(content) as f:
            key = tuple(slice(None, None, -2) for _ in shape)
            assert_same(f[1][key], np.ascontiguousarray(array[key]))


def test_t33_without_ztile_a_tile_is_a_line() -> None:
    array = np.arange(3 * 4 * 5, dtype="i2").reshape(3, 4, 5)
    cells = [gzip_tile(line) for line in array.reshape(-1, 5)]
    check(tiled_file((3, 4, 5), None, [("COMPRESSED_DATA", "1PB", cells)]), array)


def test_t33_a_tile_larger_than_the_image_ends_with_it() -> None:
    array = np.arange(20, dtype="i2").reshape(4, 5)
    columns = [("COMPRESSED_DATA", "1PB", [gzip_tile(array)])]
    check(tiled_file((4, 5), (100, 7), columns), array)


@pytest.mark.parametrize(
    "form", ["1PB", "PB", "1PB(1)", "1PB(999999)", "QB", "1QB", "1QB(44)", "pb", "1PB()"]
)
@pytest.mark.parametrize("gap", [b"", b"gap"])
def test_t34_forms_of_the_data_column(form: str, gap: bytes) -> None:
    array = np.arange(30, dtype="i2").reshape(5, 6)
    content = compressed(array, (2, 4), form=form, gap=gap)
    assert_same(torchfits.read(content), array)


@pytest.mark.parametrize("form", ["1PI", "PI(20)", "QI", "1PJ", "PJ(7)"])
def test_t34_data_in_wider_elements(form: str) -> None:
    """The descriptor counts elements, not bytes."""
    array = np.repeat(np.arange(5, dtype="i2"), 8).reshape(5, 8)
    if "J" in form:
        cells = [encode(part, "NOCOMPRESS") for part in array]
        columns = [("COMPRESSED_DATA", form, cells)]
        content = tiled_file((5, 8), (1, 8), columns, algorithm="NOCOMPRESS")
    else:
        content = compressed(array, (1, 8), "PLIO_1", form=form)
    check(content, array)


def test_t34_offsets_beyond_2_gib_are_not_negative(tmp_path: Path) -> None:
    """32-bit descriptors of a large heap count on as unsigned numbers, as CFITSIO writes them."""
    first = gzip_tile(np.arange(6, dtype="i2"))
    second = gzip_tile(np.arange(10, 16, dtype="i2"))
    far = 2**31 + 5000
    cells = [(len(first), 0), (len(second), far - 2**32)]
    content = tiled_file((2, 6), (1, 6), [("COMPRESSED_DATA", "1PB", cells)])
    size = far + len(second)
    content = content.replace(card("PCOUNT", 0), card("PCOUNT", size))
    start = raw_decoder.read_hdus(content)[1].data_offset + 16
    place = tmp_path / "large.fits"
    with place.open("wb") as f:
        f.write(content[:start])
        f.write(first)
        f.seek(start + far)
        f.write(second)
        f.truncate(-(-(start + size) // 2880) * 2880)
    assert torchfits.read(place).tolist() == [list(range(6)), list(range(10, 16))]
