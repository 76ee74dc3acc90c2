# SPDX-License-Identifier: BSD-3-Clause
"""Compressed images that lie: an error that says where, or pixels; never a crash or much memory."""

from __future__ import annotations

import gzip
import re
import struct
import time
from collections.abc import Callable

import numpy as np
import pytest
import raw_decoder
import torch
from child_process import MIB, in_child
from comparison import assert_same
from compressed_files import astropy_file
from fits_bytes import card, empty_primary
from tile_bytes import compressed, encode, gzip_tile, heap_table, tiled_file, z_keywords

import torchfits

pytestmark = pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")

SMALL = np.array([[7, 7, 7, 9, 250, 3], [0, 1, 2, 3, 90, 91]], "i2")
QUANTISED = {"ZQUANTIZ": "SUBTRACTIVE_DITHER_2", "ZDITHER0": 3, "ZBLANK": 0}
SMOOTHED = {"hcomp_smooth": 1, "hcomp_scale": -4}
HDU_AND_TILE = r"HDU 1\b.*\btile \d+\b|\btile \d+\b.*HDU 1\b"


def numbers(rows: int) -> list[tuple[str, str, list[object]]]:
    return [("ZSCALE", "1D", [0.5] * rows), ("ZZERO", "1D", [9.0] * rows)]


def masked(array: np.ndarray) -> bytes:
    column = ("NULL_PIXEL_MASK", "1PB", [gzip_tile(np.array([0, 1, 0, 1, 1, 0], "u1")), b""])
    return compressed(array, (1, 6), columns=[column], keywords={"ZMASKCMP": "GZIP_1"})


def square(code: str) -> np.ndarray:
    return (np.arange(16).reshape(4, 4) ** 2 % 97).astype(code)


TILES: dict[str, Callable[[], bytes]] = {
    "rice of bytes": lambda: compressed(SMALL.astype("u1"), (1, 6), "RICE_1", word=1),
    "rice of 16 bits": lambda: compressed(SMALL, (2, 4), "RICE_1", word=2, block=4),
    "rice of 32 bits": lambda: compressed(SMALL.astype("i4"), (2, 6), "RICE_1"),
    "gzip": lambda: compressed(SMALL, (2, 6), "GZIP_1"),
    "shuffled gzip": lambda: compressed(SMALL.astype("i8"), (2, 6), "GZIP_2"),
    "plio": lambda: compressed(SMALL, (1, 6), "PLIO_1", form="1PI"),
    "hcompress": lambda: astropy_file(
        square("i2"), compression_type="HCOMPRESS_1", tile_shape=(4, 4)
    ),
    "wide hcompress": lambda: astropy_file(
        square("i4"), compression_type="HCOMPRESS_1", tile_shape=(4, 4), **SMOOTHED
    ),
    "dithered rice": lambda: compressed(
        SMALL.astype("i4"), (2, 4), "RICE_1", columns=numbers(2), bitpix=-32, keywords=QUANTISED
    ),
    "lossless floats": lambda: compressed(SMALL.astype("f8"), (2, 6), "GZIP_2"),
    "not compressed": lambda: tiled_file(
        (2, 6),
        (1, 6),
        [
            ("COMPRESSED_DATA", "1QB", [b"", gzip_tile(SMALL[1])]),
            ("UNCOMPRESSED_DATA", "1PI", [encode(SMALL[0], "NOCOMPRESS"), b""]),
        ],
    ),
    "null pixel mask": lambda: masked(SMALL),
}


def complaint(source: bytes, shape: tuple[int, ...], must_name: str) -> str | None:
    """Why the outcome of a read is not good, if it is not."""
    try:
        got = torchfits.read(source, 1)
    except torchfits.FITSError as error:
        found = re.search(must_name, str(error))
        return None if found else f"a message without {must_name!r}: {error}"
    except Exception as error:  # noqa: BLE001  (any other kind is the failure)
        return f"{type(error).__name__}: {error}"
    return None if tuple(got.shape) == shape else f"shape {tuple(got.shape)}"


@pytest.mark.parametrize("name", TILES)
def test_every_mutation_of_a_byte(name: str) -> None:
    """Pixels of the right shape, or an error that names the HDU and the tile."""
    content = TILES[name]()
    hdu = raw_decoder.read_hdus(content)[1]
    shape = (hdu.integer("ZNAXIS2"), hdu.integer("ZNAXIS1"))

    def work() -> None:
        assert complaint(content, shape, "never") is None
        wrong = {}
        changed = bytearray(content)
        for position in range(hdu.data_offset, hdu.data_offset + len(hdu.data)):
            for value in range(256):
                changed[position] = value
                found = complaint(
                    bytes(changed), shape, r"HDU 1\b.*\btile \d+\b|\btile \d+\b.*HDU 1\b"
                )
                if found:
                    wrong[position - hdu.data_offset, value] = found
            changed[position] = content[position]
        assert not wrong, dict(list(wrong.items())[:5])

    in_child(work, extra_bytes=512 * MIB, seconds=120)


@pytest.mark.parametrize("name", TILES)
def test_every_length_of_the_file(name: str) -> None:
    content = TILES[name]()
    hdu = raw_decoder.read_hdus(content)[1]
    for end in range(hdu.data_offset, hdu.data_offset + len(hdu.data)):
        with pytest.raises(torchfits.TruncatedError, match=r"HDU 1\b"):
            torchfits.read(content[:end], 1)


CELLS = [gzip_tile(np.arange(6, dtype="i2") + 10 * row) for row in range(4)]
WHOLE = (np.arange(6) + 10 * np.arange(4)[:, None]).astype("i2")


def rows_of(cells: list[object], **options: object) -> bytes:
    """Four rows of six pixels in tiles of a row."""
    form = str(options.pop("form", "1PB"))
    return tiled_file((4, 6), (1, 6), [("COMPRESSED_DATA", form, cells)], **options)


def test_the_file_that_the_others_are_made_of_is_good() -> None:
    assert_same(torchfits.read(rows_of(CELLS)), WHOLE)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("ZTILE1", 0),
        ("ZTILE1", -6),
        ("ZTILE2", "abc"),
        ("ZTILE1", 1.5),
        ("ZTILE2", 10**30),
        ("ZCMPTYPE", "RISE_1"),
        ("ZCMPTYPE", ""),
        ("ZCMPTYPE", 7),
        ("ZBITPIX", 7),
        ("ZBITPIX", 0),
        ("ZBITPIX", "16"),
        ("ZNAXIS", -1),
        ("ZNAXIS", 1000),
        ("ZNAXIS", "2"),
        ("ZNAXIS1", -6),
        ("ZNAXIS2", "abc"),
        ("ZNAXIS2", 2**63),
        ("ZNAXIS2", 10**30),
    ],
)
def test_a_wrong_keyword_is_named(keyword: str, value: object) -> None:
    content = rows_of(CELLS, keywords={keyword: value})
    with pytest.raises(torchfits.FITSError, match=rf"HDU 1\b.*{keyword}|{keyword}.*HDU 1\b"):
        torchfits.read(content)
    assert torchfits.read_header(content, 0)["NAXIS"] == 0


@pytest.mark.parametrize("keyword", ["ZCMPTYPE", "ZBITPIX", "ZNAXIS", "ZNAXIS1", "ZNAXIS2"])
def test_a_missing_keyword_is_named(keyword: str) -> None:
    with pytest.raises(torchfits.FITSError, match=keyword):
        torchfits.read(rows_of(CELLS, without=[keyword]))


@pytest.mark.parametrize(
    ("algorithm", "keywords", "named"),
    [
        ("RICE_1", {"ZNAME1": "BLOCKSIZE", "ZVAL1": 0}, "BLOCKSIZE"),
        ("RICE_1", {"ZNAME1": "BLOCKSIZE", "ZVAL1": -32}, "BLOCKSIZE"),
        ("RICE_1", {"ZNAME1": "BYTEPIX", "ZVAL1": 3}, "BYTEPIX"),
        ("RICE_1", {"ZNAME1": "BYTEPIX", "ZVAL1": 8}, "BYTEPIX"),
        ("RICE_1", {"ZNAME1": "BYTEPIX", "ZVAL1": "two"}, "BYTEPIX"),
        ("RICE_1", {"ZNAME1": "BYTEPIX"}, "BYTEPIX"),
        ("RICE_1", {"ZBITPIX": -32}, "ZSCALE"),
        ("GZIP_1", {"ZBITPIX": -32, "ZSCALE": "x", "ZZERO": 0.0}, "ZSCALE"),
        (
            "GZIP_1",
            {"ZBITPIX": -32, "ZSCALE": 1.0, "ZZERO": 0.0, "ZQUANTIZ": "DITHER_9"},
            "ZQUANTIZ",
        ),
        (
            "GZIP_1",
            {"ZBITPIX": -32, "ZSCALE": 1.0, "ZZERO": 0.0, "ZQUANTIZ": "SUBTRACTIVE_DITHER_1"}
            | {"ZDITHER0": -3},
            "ZDITHER0",
        ),
    ],
)
def test_a_wrong_parameter_is_named(
    algorithm: str, keywords: dict[str, object], named: str
) -> None:
    content = rows_of(CELLS, algorithm=algorithm, keywords=keywords)
    with pytest.raises(torchfits.FITSError, match=named):
        torchfits.read(content)


def test_missing_columns_are_named() -> None:
    keywords = z_keywords(16, (4, 6), (1, 6), "GZIP_1")
    other = empty_primary() + heap_table([("DATA", "1PB", CELLS)], keywords)
    with pytest.raises(torchfits.FormatError, match="COMPRESSED_DATA"):
        torchfits.read(other)
    wrong = empty_primary() + heap_table([("COMPRESSED_DATA", "1J", [1, 2, 3, 4])], keywords)
    with pytest.raises(torchfits.FormatError, match="COMPRESSED_DATA"):
        torchfits.read(wrong)
    scales = [("COMPRESSED_DATA", "1PB", CELLS), ("ZSCALE", "1PB", CELLS)]
    floats = empty_primary() + heap_table(scales, keywords | {"ZBITPIX": -32})
    with pytest.raises(torchfits.FormatError, match="ZSCALE"):
        torchfits.read(floats)


@pytest.mark.parametrize(
    "keywords", [{"ZNAXIS2": 5}, {"ZTILE1": 5}, {"ZNAXIS2": 2**40}, {"ZNAXIS1": 7}]
)
def test_too_few_rows_for_the_tiles(keywords: dict[str, object]) -> None:
    with pytest.raises(torchfits.FormatError, match=r"(?i)tiles.*rows|rows.*tiles"):
        torchfits.read(rows_of(CELLS, keywords=keywords))


def test_rows_beyond_the_last_tile_are_left_alone() -> None:
    cells = [*CELLS, b"nonsense"]
    assert_same(torchfits.read(rows_of(cells)), WHOLE)


HEAP = sum(len(cell) for cell in CELLS[:2]) + len(CELLS[3])


@pytest.mark.parametrize(
    "descriptor",
    [
        (10**9, 0),
        (5, 10**9),
        (-1, 0),
        (-(2**31), 0),
        (5, -1),
        (HEAP + 1, 0),
        (1, HEAP),
        (2**31 - 1, 2**31 - 1),
    ],
)
@pytest.mark.parametrize("form", ["1PB", "1QB"])
def test_descriptors_outside_of_the_heap(descriptor: tuple[int, int], form: str) -> None:
    cells = [CELLS[0], CELLS[1], descriptor, CELLS[3]]
    with pytest.raises(torchfits.FormatError, match=r"(?s)HDU 1\b.*tile 2\b.*heap|tile 2\b.*heap"):
        torchfits.read(rows_of(cells, form=form))
    with torchfits.open(rows_of(cells, form=form)) as f:  # the other tiles are there
        assert_same(f[1][3], WHOLE[3])
        assert_same(f[1][:2, 1:], np.ascontiguousarray(WHOLE[:2, 1:]))


@pytest.mark.parametrize(
    "descriptor", [(2**63 - 1, 2**63 - 1), (2**62, 5), (5, 2**63 - 1), (-(2**63), 0)]
)
def test_64_bit_descriptors_do_not_overflow(descriptor: tuple[int, int]) -> None:
    cells = [CELLS[0], CELLS[1], descriptor, CELLS[3]]
    with pytest.raises(torchfits.FormatError, match=r"tile 2\b"):
        torchfits.read(rows_of(cells, form="1QB"))


def test_a_tile_without_any_data() -> None:
    with pytest.raises(torchfits.FormatError, match=r"tile 2\b"):
        torchfits.read(rows_of([*CELLS[:2], b"", CELLS[3]]))


# What is missing from a line of PLIO_1 is zero by definition.
@pytest.mark.parametrize(
    ("algorithm", "length"),
    [(name, n) for name in ("GZIP_1", "GZIP_2", "NOCOMPRESS") for n in (5, 7, 1, 100)]
    + [("PLIO_1", 7), ("PLIO_1", 100)],
)
def test_tiles_of_another_length(algorithm: str, length: int) -> None:
    good = [encode(row, algorithm) for row in WHOLE]
    bad = encode(np.ones(length, "i2"), algorithm)
    form = "1PI" if algorithm == "PLIO_1" else "1PB"
    with pytest.raises(torchfits.FormatError, match=r"tile 2\b"):
        torchfits.read(rows_of([*good[:2], bad, good[3]], algorithm=algorithm, form=form))


def test_tiles_may_share_their_bytes() -> None:
    cells = [CELLS[0], (len(CELLS[0]), 0), (len(CELLS[0]), 0), CELLS[3]]
    assert_same(torchfits.read(rows_of(cells)), WHOLE[[0, 0, 0, 3]])


@pytest.mark.parametrize(
    ("algorithm", "bad"),
    [
        ("GZIP_1", b"\x1f\x8b" + b"\xff" * 18),
        ("GZIP_2", CELLS[1][:-9]),
        ("RICE_1", b"\0\0\0\1\xff\xff"),
        ("PLIO_1", struct.pack(">9h", 0, 7, -100, 9, 0, 0, 0, 0x4005, 0x4005)),
        ("HCOMPRESS_1", b"\xdd\x99" + b"\0" * 18),
    ],
)
def test_an_error_says_where(algorithm: str, bad: bytes) -> None:
    """The HDU, the tile, the algorithm, and the byte of the tile."""
    form = "1PI" if algorithm == "PLIO_1" else "1PB"
    shape, tile = ((8, 6), (4, 6)) if algorithm == "HCOMPRESS_1" else ((2, 6), (1, 6))
    columns = [("COMPRESSED_DATA", form, [bad, bad])]
    content = tiled_file(shape, tile, columns, algorithm=algorithm)
    last = shape[0] - 1
    with torchfits.open(content) as f, pytest.raises(torchfits.FormatError) as caught:
        f[1][last]
    text = str(caught.value)
    assert "HDU 1" in text
    assert "tile 1" in text
    assert algorithm in text
    found = re.search(r"byte (\d+) of (\d+)", text)
    assert found, text
    assert int(found[1]) <= int(found[2]) == len(bad)


def refused_soon(content: bytes, read: Callable[[bytes], object]) -> None:
    def work() -> None:
        start = time.process_time()
        with pytest.raises(torchfits.FITSError):
            read(content)
        assert time.process_time() - start < 2

    in_child(work, extra_bytes=256 * MIB)


@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1"])
@pytest.mark.parametrize("tile", [(10**6, 10**6), (1, 10**6)])
def test_a_bomb_of_a_million_squared(algorithm: str, tile: tuple[int, int]) -> None:
    """A tiny heap cannot hold 10^12 pixels: no memory is taken for them."""
    cell = encode(np.zeros(64, "i2"), "GZIP_1" if algorithm == "HCOMPRESS_1" else algorithm)
    form = "1PI" if algorithm == "PLIO_1" else "1PB"
    content = tiled_file(
        (10**6, 10**6), tile, [("COMPRESSED_DATA", form, [cell])], algorithm=algorithm
    )
    refused_soon(content, torchfits.read)
    refused_soon(content, lambda source: torchfits.cutout(source, (slice(0, 5), slice(0, 5)), 1))


def test_a_stream_that_inflates_without_end() -> None:
    bomb = gzip.compress(bytes(200 << 20), mtime=0)
    refused_soon(rows_of([CELLS[0], bomb, *CELLS[2:]]), torchfits.read)


def test_a_line_list_that_says_too_much() -> None:
    words = [0x4FFF] * 5000
    head = struct.pack(">7h", 0, 7, -100, 7 + len(words), 0, 0, 0)
    cell = head + struct.pack(f">{len(words)}H", *words)
    content = tiled_file((1, 6), (1, 6), [("COMPRESSED_DATA", "1PI", [cell])], algorithm="PLIO_1")
    refused_soon(content, torchfits.read)


def test_scales_that_are_not_finite_give_pixels() -> None:
    for scale in (np.nan, np.inf, -np.inf, 1e308, 0.0):
        columns = [("ZSCALE", "1D", [scale] * 2), ("ZZERO", "1D", [1.0] * 2)]
        content = compressed(SMALL.astype("i4"), (1, 6), "RICE_1", columns=columns, bitpix=-32)
        got = torchfits.read(content)
        assert got.shape == (2, 6)
        with np.errstate(invalid="ignore", over="ignore"):
            expected = (SMALL * np.float64(scale) + 1.0).astype("f4")
        assert torch.equal(got.isnan(), torch.from_numpy(np.isnan(expected)))


@pytest.mark.parametrize("value", [0, -1, 10001, 2**31, 2**62])
def test_odd_dither_seeds(value: int) -> None:
    """Outside of 1 to 10000: refused by name, or counted on around the sequence."""
    keywords = {"ZQUANTIZ": "SUBTRACTIVE_DITHER_1", "ZDITHER0": value}
    content = compressed(
        SMALL.astype("i4"), (1, 6), "RICE_1", columns=numbers(2), bitpix=-32, keywords=keywords
    )
    assert complaint(content, (2, 6), "ZDITHER0") is None


def test_the_table_under_a_bad_image_can_be_read() -> None:
    content = rows_of(CELLS, keywords={"ZCMPTYPE": "RISE_1"})
    assert card("ZCMPTYPE", "RISE_1") in content
    table = torchfits.read(content, 1, raw=True)
    assert [bytes(bytearray(cell)) for cell in table["COMPRESSED_DATA"].to_list()] == CELLS
