# SPDX-License-Identifier: BSD-3-Clause
"""Quantised floats and nulls of tiles: the places where readers of FITS go wrong."""

from __future__ import annotations

import io
from pathlib import Path

import fitsio
import numpy as np
import pytest
import tile_decoder
import torch
from astropy.io import fits
from comparison import assert_same
from compressed_files import astropy_file, check, decoded, fitsio_file, noise
from fits_bytes import empty_primary
from tile_bytes import big_endian, compressed, encode, gzip_tile, tiled_file, tiled_hdu, tiles_of

import torchfits

STEPS = np.arange(-12, 12, dtype="i4").reshape(4, 6)


def quantised(
    steps: np.ndarray,
    tile: tuple[int, ...],
    method: str | None = None,
    *,
    bitpix: int = -32,
    keywords: dict[str, object] | None = None,
    columns: list[tuple[str, str, list[object]]] | None = None,
    without: tuple[str, ...] = (),
) -> bytes:
    """A float image whose quantised numbers are `steps`, each tile with a scale and zero."""
    parts = list(tiles_of(steps.astype("i4"), tile))
    numbers = range(len(parts))
    every = [
        ("COMPRESSED_DATA", "1PB", [gzip_tile(part) for part in parts]),
        ("ZSCALE", "1D", [0.1 + n / 7 for n in numbers]),
        ("ZZERO", "1D", [1000.0 / 3 + n for n in numbers]),
        *(columns or []),
    ]
    every = [column for column in every if column[0] not in without]
    settings: dict[str, object] = {} if method is None else {"ZQUANTIZ": method, "ZDITHER0": 1}
    settings |= keywords or {}
    return tiled_file(steps.shape, tile, every, bitpix=bitpix, keywords=settings)


def test_t19_files_of_either_default_read_alike(tmp_path: Path) -> None:
    """The defaults of writers differ; a reader takes all it needs from the header."""
    pixels = noise((40, 50))
    plain = astropy_file(pixels)
    assert_same(torchfits.read(plain), np.asarray(fits.getdata(io.BytesIO(plain)), "f4"))
    dithered = fitsio_file(tmp_path / "a.fits", pixels, compress="RICE_1")
    assert_same(torchfits.read(dithered), fitsio.read(str(tmp_path / "a.fits")))
    assert torchfits.read_header(plain, 1).get("ZQUANTIZ") is None
    for content in (plain, dithered):
        assert_same(torchfits.read(content), decoded(content))


def test_t21_dither_sequence() -> None:
    """seed = 16807 seed mod (2^31 - 1); the check is in `dither_sequence`."""
    assert tile_decoder.dither_sequence()[0] == np.float32(16807 / 2147483647)
    check(quantised(STEPS, (1, 6), "SUBTRACTIVE_DITHER_1"))


@pytest.mark.parametrize("seed", [1, 2, 5000, 9998, 9999, 10000])
@pytest.mark.parametrize("method", ["SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"])
def test_t21_the_seed_counts_tiles_and_wraps_at_10000(
    tmp_path: Path, seed: int, method: str
) -> None:
    content = quantised(STEPS, (1, 3), method, keywords={"ZDITHER0": seed})
    check(content)
    (tmp_path / "f.fits").write_bytes(content)
    assert_same(torchfits.read(content), fitsio.read(str(tmp_path / "f.fits")))


@pytest.mark.parametrize("seed", [1, 9999, 10000])
def test_t21_a_tile_beyond_the_end_of_the_sequence_goes_on_with_the_next_seed(seed: int) -> None:
    steps = (np.arange(2 * 21000) % 911).reshape(2, 21000)
    content = quantised(steps, (1, 21000), "SUBTRACTIVE_DITHER_1", keywords={"ZDITHER0": seed})
    check(content)
    with torchfits.open(content) as f:
        assert_same(f[1][1, 9000:20500:7], decoded(content)[1, 9000:20500:7])


def test_t21_a_part_of_a_tile_has_the_dither_of_its_place() -> None:
    content = quantised(STEPS, (3, 4), "SUBTRACTIVE_DITHER_1")
    expected = decoded(content)
    with torchfits.open(content) as f:
        for key in [(2, 5), (slice(1, 4), slice(3, 6)), (slice(3, None, -2), slice(None, None, 3))]:
            assert_same(torch.as_tensor(f[1][key]), np.asarray(expected[key]))


MARKS = np.array([[5, -2147483646, -2147483647, -2147483648, 0, -1]], "i4")


def test_t22_zero_and_null_of_dither_2() -> None:
    content = quantised(MARKS, (1, 6), "SUBTRACTIVE_DITHER_2", keywords={"ZBLANK": -2147483647})
    got = torchfits.read(content)
    assert got[0, 1] == 0.0
    assert got.isnan().tolist() == [[False, False, True, False, False, False]]
    check(content)


def test_t22_only_dither_2_has_a_mark_for_zero() -> None:
    for method in ("SUBTRACTIVE_DITHER_1", "NO_DITHER"):
        content = quantised(MARKS, (1, 6), method, keywords={"ZBLANK": -2147483647})
        assert torchfits.read(content)[0, 1] < -1e8
        check(content)


def test_t22_exact_zeros_of_other_writers(tmp_path: Path) -> None:
    pixels = noise((20, 40))
    pixels[:, ::7] = 0
    for content in (
        astropy_file(pixels, quantize_method=2, quantize_level=16, dither_seed=1),
        fitsio_file(tmp_path / "a", pixels, compress="RICE", qmethod="SUBTRACTIVE_DITHER_2"),
    ):
        assert (torchfits.read(content)[:, ::7] == 0).all()
        check(content)


@pytest.mark.parametrize("blank", [-2147483648, -2147483647, 7, 0])
@pytest.mark.parametrize("bitpix", [-32, -64])
def test_t23_zblank_as_keyword(blank: int, bitpix: int) -> None:
    steps = STEPS.copy()
    steps[1, 2] = steps[3, 5] = blank
    for method in (None, "SUBTRACTIVE_DITHER_1"):
        content = quantised(steps, (2, 3), method, bitpix=bitpix, keywords={"ZBLANK": blank})
        assert torch.equal(torchfits.read(content).isnan(), torch.from_numpy(steps == blank))
        check(content)


@pytest.mark.parametrize("form", ["1J", "1K"])
def test_t23_zblank_as_column_is_of_its_tile_and_comes_before_the_keyword(form: str) -> None:
    blanks: list[object] = [-12, -6, 0, 6]
    column = [("ZBLANK", form, blanks)]
    content = quantised(STEPS, (1, 6), columns=column, keywords={"ZBLANK": -11})
    expected = np.array(blanks)[:, None] == STEPS
    assert torch.equal(torchfits.read(content).isnan(), torch.from_numpy(expected))
    check(content)


def test_t23_zblank_is_compared_before_dequantising() -> None:
    """A pixel whose restored value happens to equal ZBLANK stays."""
    steps = np.array([[2, 4, 8]])
    keywords = {"ZBLANK": 8, "ZSCALE": 2.0, "ZZERO": 0.0}
    content = quantised(steps, (1, 3), keywords=keywords, without=("ZSCALE", "ZZERO"))
    assert torchfits.read(content)[0, :2].tolist() == [4.0, 8.0]
    assert torchfits.read(content)[0, 2].isnan()


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("method", [None, "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"])
def test_t24_tiles_that_could_not_be_quantised(code: str, method: str | None) -> None:
    """Each row in another column; the dither of the others counts every tile."""
    pixels = noise((4, 6), code)
    pixels[1, :3] = [np.nan, np.inf, -0.0]
    letter = {"f4": "E", "f8": "D"}[code]
    keywords: dict[str, object] = {"ZQUANTIZ": method, "ZDITHER0": 3} if method else {}
    content = tiled_file(
        (4, 6),
        (1, 6),
        [
            ("COMPRESSED_DATA", "1PB", [b"", gzip_tile(STEPS[1]), b"", gzip_tile(STEPS[3])]),
            ("GZIP_COMPRESSED_DATA", "1PB", [b"", b"", gzip_tile(pixels[2]), b""]),
            ("UNCOMPRESSED_DATA", f"1P{letter}", [big_endian(pixels[0]), b"", b"", b""]),
            ("ZSCALE", "1D", [0.0, 0.5, 0.0, 0.25]),
            ("ZZERO", "1D", [0.0, 1.0, 0.0, 2.0]),
        ],
        bitpix={"f4": -32, "f8": -64}[code],
        keywords=keywords,
    )
    got = torchfits.read(content)
    assert_same(got[0], pixels[0])
    assert_same(got[2], pixels[2])
    check(content)


@pytest.mark.parametrize(("code", "letter"), [("u1", "B"), ("i2", "I"), ("i4", "J"), ("i8", "K")])
def test_t24_uncompressed_integer_tiles(code: str, letter: str) -> None:
    array = np.arange(24, dtype=code).reshape(4, 6)
    array[0, :2] = np.iinfo(code).min, np.iinfo(code).max
    cells = [gzip_tile(part) for part in array]
    plain = [big_endian(part) for part in array]
    empty = [b""] * 2
    columns = [
        ("COMPRESSED_DATA", "1PB", [*empty, *cells[2:]]),
        ("UNCOMPRESSED_DATA", f"1Q{letter}", [*plain[:2], *empty]),
    ]
    bitpix = 8 * array.itemsize
    check(tiled_file((4, 6), (1, 6), columns, bitpix=bitpix), array)


def test_t24_constant_tiles_of_other_writers(tmp_path: Path) -> None:
    """Tiles without noise cannot be quantised: astropy and CFITSIO fall back to gzip."""
    pixels = noise((6, 50))
    pixels[2], pixels[4, 3] = 1 / 3, np.inf
    content = astropy_file(pixels)
    assert_same(torchfits.read(content), np.asarray(fits.getdata(io.BytesIO(content)), "f4"))
    check(content)
    pixels[4, 3] = 1e30
    check(fitsio_file(tmp_path / "a.fits", pixels, compress="RICE"))


@pytest.mark.parametrize("code", ["f4", "f8"])
@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_1", "GZIP_2"])
@pytest.mark.parametrize("method", [None, "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"])
def test_t25_nan_survives_in_quantised_tiles(
    tmp_path: Path, code: str, algorithm: str, method: str | None
) -> None:
    pixels = noise((12, 40), code)
    pixels[3, 5:9] = pixels[0, 0] = pixels[7] = np.nan
    place = tmp_path / "a.fits"
    ours = fitsio_file(place, pixels, compress=algorithm, qmethod=method, qlevel=4)
    number = {None: -1, "SUBTRACTIVE_DITHER_1": 1, "SUBTRACTIVE_DITHER_2": 2}[method]
    theirs = astropy_file(pixels, compression_type=algorithm, quantize_method=number, dither_seed=5)
    for content in (ours, theirs):
        got = torchfits.read(content)
        assert torch.equal(got.isnan(), torch.from_numpy(np.isnan(pixels)))
        check(content)


def test_t25_nan_of_a_real_file(corpus: Path) -> None:
    path = corpus / "compressed/compressed_with_nan.fits"
    got = torchfits.read(path)
    assert_same(got, decoded(path.read_bytes()))
    assert got.isnan().any()
    assert got[~got.isnan()].min() > -1e6


def test_t26_scales_without_zquantiz_mean_no_dither() -> None:
    got = torchfits.read(quantised(STEPS, (4, 6)))
    assert_same(got, (STEPS * 0.1 + 1000.0 / 3).astype("f4"))


@pytest.mark.parametrize("method", ["NO_DITHER", "NONE", "SUBTRACTIVE_DITHER_1", None])
@pytest.mark.parametrize("algorithm", ["GZIP_1", "GZIP_2", "NOCOMPRESS"])
@pytest.mark.parametrize("code", ["f4", "f8"])
def test_t26_without_scales_floats_are_as_they_were(
    method: str | None, algorithm: str, code: str
) -> None:
    pixels = noise((5, 8), code)
    pixels[2, :4] = [np.nan, -np.inf, -0.0, 1e-40]
    keywords: dict[str, object] = {} if method is None else {"ZQUANTIZ": method, "ZDITHER0": 1}
    content = compressed(pixels, (2, 3), algorithm, keywords=keywords)
    assert_same(torchfits.read(content), pixels)
    assert torch.equal(torchfits.read(content).signbit(), torch.from_numpy(np.signbit(pixels)))


@pytest.mark.parametrize("names", [("ZSCALE",), ("ZZERO",), ("ZSCALE", "ZZERO")])
@pytest.mark.parametrize("method", [None, "SUBTRACTIVE_DITHER_1"])
def test_t26_zscale_and_zzero_as_keywords(names: tuple[str, ...], method: str | None) -> None:
    keywords: dict[str, object] = {name: {"ZSCALE": 0.3, "ZZERO": -7.25}[name] for name in names}
    content = quantised(STEPS, (2, 4), method, keywords=keywords, without=names)
    check(content)


@pytest.mark.parametrize("algorithm", ["GZIP_1", "GZIP_2"])
@pytest.mark.parametrize("code", ["f4", "f8"])
def test_t27_lossless_floats_of_other_writers(tmp_path: Path, algorithm: str, code: str) -> None:
    pixels = noise((12, 30), code)
    content = astropy_file(pixels, compression_type=algorithm, quantize_level=0)
    assert_same(torchfits.read(content), pixels)
    place = tmp_path / "a.fits"
    assert_same(torchfits.read(fitsio_file(place, pixels, compress=algorithm, qlevel=0)), pixels)


def test_t27_each_hdu_has_settings_of_its_own() -> None:
    pixels = noise((4, 6))
    content = empty_primary()
    for columns, keywords in [
        ([("COMPRESSED_DATA", "1PB", [gzip_tile(pixels)])], {"ZQUANTIZ": "NO_DITHER"}),
        (
            [
                ("COMPRESSED_DATA", "1PB", [gzip_tile(STEPS)]),
                ("ZSCALE", "1D", [0.5]),
                ("ZZERO", "1D", [3.0]),
            ],
            {"ZQUANTIZ": "SUBTRACTIVE_DITHER_1", "ZDITHER0": 9},
        ),
        ([("COMPRESSED_DATA", "1PB", [gzip_tile(pixels)])], {}),
    ]:
        content += tiled_hdu((4, 6), (4, 6), columns, bitpix=-32, keywords=keywords)
    for index in (1, 2, 3, 1):
        assert_same(torchfits.read(content, index), decoded(content, index))
    assert_same(torchfits.read(content, 3), pixels)


INTEGERS = np.array([[0, 1, 2, -3, 4, 5], [6, -7, 8, 9, 1, 11]], "i2")


@pytest.mark.parametrize("keyword", ["BLANK", "ZBLANK"])
@pytest.mark.parametrize("blank", [1, 0, -3, -32768])
@pytest.mark.parametrize("scaling", [{}, {"BSCALE": 0.5, "BZERO": 10.0}, {"BZERO": 32768}])
@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_2"])
def test_t28_nulls_of_integer_images(
    keyword: str, blank: int, scaling: dict[str, object], algorithm: str
) -> None:
    keywords = {keyword: blank, **scaling}
    content = compressed(INTEGERS, (1, 4), algorithm, word=2, keywords=keywords)
    got = torchfits.read(content)
    assert got.dtype == torch.float32
    assert torch.equal(got.isnan(), torch.from_numpy(blank == INTEGERS))
    check(content)
    assert_same(torchfits.read(content, scaled=False), INTEGERS)


@pytest.mark.parametrize("code", ["u1", "i2", "i4"])
def test_t28_zblank_as_column_of_an_integer_image(code: str) -> None:
    array = np.arange(12, dtype=code).reshape(3, 4)
    column = ("ZBLANK", "1J", [0, 6, 99])
    content = compressed(array, (1, 4), columns=[column])
    got = torchfits.read(content)
    expected = array.astype("f8" if code == "i4" else "f4")
    expected[0, 0] = expected[1, 2] = np.nan
    assert_same(got, expected)
    check(content)


@pytest.mark.parametrize("method", ["GZIP_1", "GZIP_2", "PLIO_1"])
@pytest.mark.parametrize("code", ["i2", "f4"])
def test_t28_null_pixel_mask(method: str, code: str) -> None:
    array = np.arange(12, dtype=code).reshape(3, 4)
    mask = np.zeros((3, 4), "u1")
    mask[0, 1:3] = mask[2, 3] = 1
    cells = [encode(part, method) if part.any() else b"" for part in mask]
    column = ("NULL_PIXEL_MASK", "1PI" if method == "PLIO_1" else "1PB", cells)
    content = compressed(array, (1, 4), columns=[column], keywords={"ZMASKCMP": method})
    got = torchfits.read(content)
    assert torch.equal(got.isnan(), torch.from_numpy(mask != 0))
    assert_same(got[~got.isnan()], array[mask == 0].astype("f4"))


@pytest.mark.parametrize("bitpix", [-32, -64])
def test_t35_each_product_and_sum_is_rounded_by_itself(bitpix: int) -> None:
    """A fused multiply-add would differ in the last bit of some of these."""
    rng = np.random.default_rng(35)
    steps = rng.integers(-(2**31) + 9, 2**31, (50, 200))
    for method in (None, "SUBTRACTIVE_DITHER_1"):
        check(quantised(steps, (1, 200), method, bitpix=bitpix))
