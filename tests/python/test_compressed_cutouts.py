# SPDX-License-Identifier: BSD-3-Clause
"""A cutout of a compressed image: it touches the tiles that it meets, and those only once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import raw_decoder
import tile_decoder
import torch
from comparison import assert_same
from tile_bytes import compressed

import torchfits

SIDE, TILE = 512, 32
TILES = (SIDE // TILE) ** 2
ROW_BYTES = 8
TILE_BYTES = 2 * TILE * TILE

pixels = np.random.default_rng(3).integers(-(2**15), 2**15, (SIDE, SIDE)).astype("i2")


@pytest.fixture(scope="module")
def content() -> bytes:
    """256 tiles of noise, so that a tile takes a little more than its 2 KiB."""
    return compressed(pixels, (TILE, TILE), "GZIP_1")


@pytest.fixture
def path(content: bytes, tmp_path: Path) -> Path:
    place = tmp_path / "f.fits"
    place.write_bytes(content)
    return place


def spent(work: Callable[[], object]) -> dict[str, int]:
    """How much the counters have grown by."""
    before = torchfits.stats()
    work()
    return {name: after - before[name] for name, after in torchfits.stats().items()}


@pytest.fixture
def opened(path: Path) -> Iterator[torchfits.HDU]:
    with torchfits.open(path) as f:
        f[1].shape  # noqa: B018  (brings the header in)
        yield f[1]


@pytest.mark.parametrize(
    ("key", "tiles"),
    [
        ((5, 7), 1),
        ((slice(0, TILE), slice(0, TILE)), 1),
        ((slice(TILE - 1, TILE + 1), slice(TILE - 1, TILE + 1)), 4),
        ((slice(100, 200), slice(300, 400)), 16),
        ((slice(None), 0), SIDE // TILE),
        ((0, slice(None)), SIDE // TILE),
        ((slice(None, None, -TILE), slice(None, None, 2 * TILE)), TILES // 2),
        ((slice(0, 0), slice(None)), 0),
        (..., TILES),
    ],
)
def test_only_the_tiles_that_are_met(opened: torchfits.HDU, key: object, tiles: int) -> None:
    found: list[torch.Tensor] = []
    cost = spent(lambda: found.append(torch.as_tensor(opened[key])))
    assert_same(found[0], np.asarray(pixels[key]))
    assert cost["tiles_decoded"] == tiles
    assert cost["bytes_read"] <= tiles * (TILE_BYTES + 200) + ROW_BYTES * TILES + 8192


def test_a_cutout_past_the_edge_meets_no_tile_outside(opened: torchfits.HDU, path: Path) -> None:
    expected = np.full((40, 40), -1, "i2")
    expected[20:, 20:] = pixels[:20, :20]
    section = (slice(-20, 20), slice(-20, 20))
    cost = spent(lambda: assert_same(torchfits.cutout(path, section, fill=-1), expected))
    assert cost["tiles_decoded"] == 1
    outside = (slice(600, 610), slice(0, 5))
    cost = spent(lambda: torchfits.cutout(path, outside, fill=0))
    assert cost["tiles_decoded"] == 0


def test_a_second_look_decodes_nothing(opened: torchfits.HDU) -> None:
    first = spent(lambda: opened[100:200, 300:400])
    assert first["tiles_decoded"] == 16
    again = spent(lambda: opened[100:200, 300:400])
    assert again["tiles_decoded"] == 0
    assert again["tile_cache_hits"] == 16
    assert again["bytes_read"] <= 8192
    inside = spent(lambda: assert_same(opened[150:160, 350:360], pixels[150:160, 350:360]))
    assert inside["tiles_decoded"] == 0


def test_one_call_functions_keep_nothing(path: Path) -> None:
    section = (slice(100, 110), slice(100, 110))
    for _ in range(2):
        assert spent(lambda: torchfits.cutout(path, section))["tiles_decoded"] == 1
    assert spent(lambda: None)["tile_cache_bytes"] == 0


def test_the_cache_is_bounded_and_goes_with_the_handle(path: Path) -> None:
    before = torchfits.stats()["tile_cache_bytes"]
    with torchfits.open(path, tile_cache=4 * TILE_BYTES) as f:
        for x in range(0, SIDE, TILE):
            assert_same(f[1][0:4, x : x + 4], pixels[0:4, x : x + 4])
            assert torchfits.stats()["tile_cache_bytes"] - before <= 4 * TILE_BYTES
        assert spent(lambda: f[1][0:4, SIDE - 4 : SIDE])["tiles_decoded"] == 0
        assert spent(lambda: f[1][0:4, 0:4])["tiles_decoded"] == 1
        assert torchfits.stats()["tile_cache_bytes"] > before
    assert torchfits.stats()["tile_cache_bytes"] == before


def test_the_cache_can_be_off(path: Path) -> None:
    with torchfits.open(path, tile_cache=0) as f:
        for _ in range(2):
            assert spent(lambda: f[1][0:4, 0:4])["tiles_decoded"] == 1
        assert spent(lambda: None)["tile_cache_bytes"] == 0


@pytest.mark.parametrize("wrong", [-1, 1.5, "64 MB", None, True])
def test_a_wrong_size_of_the_cache_is_refused(path: Path, wrong: object) -> None:
    with pytest.raises((TypeError, ValueError), match="tile_cache"):
        torchfits.open(path, tile_cache=wrong)


def test_a_tile_larger_than_the_cache_is_read_all_the_same(path: Path) -> None:
    with torchfits.open(path, tile_cache=TILE_BYTES // 2) as f:
        for _ in range(2):
            assert_same(f[1][3:40, 3:40], pixels[3:40, 3:40])


def test_different_views_of_a_tile_share_it(opened: torchfits.HDU) -> None:
    """What is kept must not depend on dtype=, scaled= or the selection."""
    opened[0:4, 0:4]
    for options in ({"dtype": torch.float64}, {"scaled": False}, {"dtype": torch.int32}, {}):
        section = (slice(3, 0, -1), slice(0, 4))
        got = opened.read(section=section, **options)
        assert_same(got.to(torch.int16), np.ascontiguousarray(pixels[section]))


def test_tiles_of_two_hdus_are_not_mixed_up(content: bytes) -> None:
    other = (pixels // 2).astype("i2")
    both = content + compressed(other, (TILE, TILE), "RICE_1", word=2)[2880:]
    with torchfits.open(both) as f:
        for _ in range(2):
            assert_same(f[1][0:9, 0:9], pixels[0:9, 0:9])
            assert_same(f[2][0:9, 0:9], other[0:9, 0:9])


def test_what_the_user_changes_is_not_what_the_cache_holds(opened: torchfits.HDU) -> None:
    for _ in range(2):
        got = opened[0:TILE, 0:TILE]
        assert_same(got, pixels[0:TILE, 0:TILE])
        got.zero_()


def test_threads_share_the_cache(path: Path) -> None:
    rng = np.random.default_rng(1)
    corners = [tuple(map(int, rng.integers(0, SIDE - 50, 2))) for _ in range(60)] * 4
    with torchfits.open(path, tile_cache=16 * TILE_BYTES) as f, ThreadPoolExecutor(8) as pool:
        hdu = f[1]
        found = pool.map(lambda at: hdu[at[0] : at[0] + 50, at[1] : at[1] + 50], corners)
        for (y, x), got in zip(corners, found, strict=True):
            assert_same(got, pixels[y : y + 50, x : x + 50])
    with torchfits.open(path) as f:
        hdu = f[1]
        barrier = threading.Barrier(4)

        def look() -> None:
            barrier.wait()
            for _ in range(20):
                hdu[1:TILE, 0:TILE]

        def together() -> None:
            with ThreadPoolExecutor(4) as pool:
                for job in [pool.submit(look) for _ in range(4)]:
                    job.result()

        assert spent(together)["tiles_decoded"] <= 4


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_a_pixel(path: Path, threads: int) -> None:
    torchfits.set_num_threads(threads)
    try:
        assert_same(torchfits.read(path), pixels)
        assert_same(torchfits.read(path, dtype=torch.float32), pixels.astype("f4"))
        section = (slice(None, None, -3), slice(500, 3, -7))
        assert_same(torchfits.read(path, section=section), np.ascontiguousarray(pixels[section]))
    finally:
        torchfits.set_num_threads(0)


def test_a_whole_read_of_a_compressed_float_in_parts(tmp_path: Path) -> None:
    """Cutouts put together are the whole image, dither included."""
    steps = np.random.default_rng(2).integers(-1000, 1000, (40, 90)).astype("i4")
    numbers = [("ZSCALE", "1D", [0.25] * 9), ("ZZERO", "1D", [3.0] * 9)]
    content = compressed(
        steps, (16, 32), "RICE_1", columns=numbers, bitpix=-32,
        keywords={"ZQUANTIZ": "SUBTRACTIVE_DITHER_1", "ZDITHER0": 10000},
    )  # fmt: skip
    expected = tile_decoder.image(raw_decoder.read_hdus(content)[1])
    with torchfits.open(content) as f:
        rows = [
            torch.cat([f[1][y : y + 7, x : x + 11] for x in range(0, 90, 11)], 1)
            for y in range(0, 40, 7)
        ]
    assert_same(torch.cat(rows, 0), expected)
