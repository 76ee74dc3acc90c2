# SPDX-License-Identifier: BSD-3-Clause
"""Images: the places where readers of FITS go wrong. T11 and T13 concern writing alone, T17 too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import raw_decoder
import torch
from comparison import assert_same
from fits_bytes import card, empty_primary, image, make_hdu, start_cards

import torchfits

EXTREMES = {
    "u1": [0, 1, 127, 128, 255],
    "i2": [-(2**15), -1, 0, 1, 2**15 - 1],
    "i4": [-(2**31), -1, 0, 1, 2**31 - 1],
    "i8": [-(2**63), -1, 0, 1, 2**63 - 1],
}


def stored(code: str) -> np.ndarray:
    return np.array(EXTREMES[code], code)


def scaling(bscale: object = None, bzero: object = None, blank: object = None) -> list[bytes]:
    pairs = {"BSCALE": bscale, "BZERO": bzero, "BLANK": blank}
    return [card(key, value) for key, value in pairs.items() if value is not None]


def read(array: np.ndarray, *args: object, **options: object) -> torch.Tensor:
    return torchfits.read(image(array, scaling(*args)), **options)


@pytest.mark.parametrize(
    ("code", "bzero", "dtype", "values"),
    [
        ("u1", -128, torch.int8, [-128, -127, -1, 0, 127]),
        ("i2", 2**15, torch.uint16, [0, 2**15 - 1, 2**15, 2**15 + 1, 2**16 - 1]),
        ("i4", 2**31, torch.uint32, [0, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1]),
        ("i8", 2**63, torch.uint64, [0, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1]),
    ],
)
@pytest.mark.parametrize("bscale", [1, 1.0, None])
@pytest.mark.parametrize("spelling", [int, float])
def test_t01_offset_convention(
    code: str, bzero: int, dtype: torch.dtype, values: list[int], bscale: object, spelling: type
) -> None:
    got = read(stored(code), bscale, spelling(bzero))
    assert got.dtype == dtype
    assert got.tolist() == values


def test_t02_uint64_is_exact() -> None:
    every = np.array([-(2**63) + 1, -(2**53) - 1, 2**53 + 1, 2**63 - 2], "i8")
    assert read(every, 1, 2**63).tolist() == [1, 2**63 - 2**53 - 1, 2**63 + 2**53 + 1, 2**64 - 2]


def test_t02_a_zero_that_no_double_holds_is_exact() -> None:
    got = read(np.array([0, -5], "i8"), 1, 2**53 + 1)
    assert got.dtype == torch.int64
    assert got.tolist() == [2**53 + 1, 2**53 - 4]


@pytest.mark.parametrize(
    ("code", "dtype"),
    [
        ("u1", torch.float32),
        ("i2", torch.float32),
        ("i4", torch.float64),
        ("i8", torch.float64),
        ("f4", torch.float32),
        ("f8", torch.float64),
    ],
)
def test_t03_true_scaling_gives_floats(code: str, dtype: torch.dtype) -> None:
    got = read(np.array([0, 1, 2, 5], code), 2.0, 0.5)
    assert got.dtype == dtype
    assert got.tolist() == [0.5, 2.5, 4.5, 10.5]


def test_t03_whole_scaling_of_16_bits_is_not_an_integer_type() -> None:
    got = read(np.array([0, 1, 2], "i2"), 2, 10)
    assert got.dtype == torch.float32
    assert got.tolist() == [10.0, 12.0, 14.0]


def test_t03_scaling_is_done_in_double_and_rounded_once() -> None:
    numbers = np.arange(-(2**15), 2**15, dtype="i2")
    got = read(numbers, 0.1, 1e6 / 3)
    assert_same(got, (1e6 / 3 + 0.1 * numbers.astype("f8")).astype("f4"))


@pytest.mark.parametrize("code", ["u1", "i2", "i4", "i8", "f4", "f8"])
def test_t04_tensors_are_native_and_contiguous(code: str) -> None:
    numbers = np.arange(12, dtype=code).reshape(3, 4)
    got = read(numbers)
    assert got.is_contiguous()
    assert got.numpy().dtype.isnative
    assert_same(got, numbers)


@pytest.mark.parametrize("args", [(2.0, 0.5, 3), (1, 2**15), (1, 0, -5)])
def test_t05_t12_reading_leaves_the_header_alone(args: tuple[object, ...]) -> None:
    with torchfits.open(image(stored("i2"), scaling(*args))) as f:
        before = f[0].header.to_string()
        f[0].read()
        f[0].read(scaled=False)
        assert f[0].header.to_string() == before
        assert f[0].header["BITPIX"] == 16
        assert f[0].header["BSCALE"] == args[0]


@pytest.mark.parametrize(
    ("code", "dtype"),
    [("u1", "f4"), ("i2", "f4"), ("i4", "f8"), ("i8", "f8")],
)
def test_t06_blank_makes_floats_and_nan(code: str, dtype: str) -> None:
    numbers = stored(code)
    expected = numbers.astype(dtype)
    expected[1] = np.nan
    assert_same(read(numbers, None, None, int(numbers[1])), expected)


def test_t06_dtype_follows_from_the_header_not_from_the_pixels() -> None:
    assert read(np.array([1, 2, 3], "i2"), None, None, -9).dtype == torch.float32


@pytest.mark.parametrize("code", ["u1", "i2", "i4", "i8"])
@pytest.mark.parametrize("args", [(None, None), (2.0, 5.0)])
def test_t07_blank_of_zero_is_a_blank(code: str, args: tuple[object, object]) -> None:
    numbers = np.array([0, 1, 0, 2], code)
    assert torch.isnan(read(numbers, *args, 0)).tolist() == [True, False, True, False]


def test_t08_blank_counts_under_the_unsigned_convention() -> None:
    got = read(stored("i2"), 1, 2**15, -(2**15))
    expected = np.array([np.nan, 2**15 - 1, 2**15, 2**15 + 1, 2**16 - 1], "f4")
    assert_same(got, expected)


def test_t08_blank_counts_for_signed_bytes() -> None:
    assert_same(read(np.array([0, 255], "u1"), 1, -128, 255), np.array([-128, np.nan], "f4"))


def test_t09_blank_is_compared_with_the_stored_number() -> None:
    got = read(np.array([5, 15, 25], "i2"), 10.0, 5.0, 15)
    assert_same(got, np.array([55.0, np.nan, 255.0], "f4"))


def test_t09_scaled_false_shows_the_sentinel() -> None:
    got = read(np.array([5, 15], "i2"), 10.0, 5.0, 15, scaled=False)
    assert_same(got, np.array([5, 15], "i2"))


def test_t10_blank_in_a_float_image_is_ignored_with_a_warning() -> None:
    numbers = np.array([1.0, -5.0, np.nan], "f4")
    with pytest.warns(torchfits.FITSWarning, match="BLANK"):
        got = read(numbers, None, None, -5)
    assert_same(got, numbers)


def test_t12_scaled_false_gives_the_stored_integers_of_the_unsigned_convention() -> None:
    assert_same(read(stored("i4"), 1, 2**31, scaled=False), stored("i4"))


def test_t14_axes_are_reversed() -> None:
    numbers = np.arange(24, dtype="i2").reshape(2, 3, 4)
    with torchfits.open(image(numbers)) as f:
        assert [f[0].header[f"NAXIS{i}"] for i in (1, 2, 3)] == [4, 3, 2]
        assert f[0].shape == (2, 3, 4)
        assert_same(f[0].read(), numbers)


def test_t14_naxis_zero_has_no_data() -> None:
    with pytest.raises(torchfits.NoDataError):
        torchfits.read(empty_primary(), 0)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4)])
def test_t14_a_zero_axis_is_an_empty_tensor(shape: tuple[int, ...]) -> None:
    got = torchfits.read(image(np.zeros(shape, "f4")))
    assert got.shape == shape
    assert got.dtype == torch.float32


def test_t14_no_data_error_lists_the_hdus_with_data() -> None:
    content = empty_primary() + image(np.ones(3, "f4"), extension=True, name="SCI")
    with pytest.raises(torchfits.NoDataError, match="SCI"):
        torchfits.read(content, 0)


CUBE = np.arange(2 * 5 * 7, dtype="i4").reshape(2, 5, 7)


@pytest.mark.parametrize(
    "key",
    [
        (1, 2, 3),
        (-1, -1, -1),
        1,
        (slice(None), 2),
        (..., 2),
        (0, ..., slice(1, None, 3)),
        ...,
        (),
        (slice(None), slice(None), slice(None, None, -1)),
        (slice(None), slice(-3, None), slice(-2, -100, -2)),
        (0, slice(4, 100), slice(3, 3)),
        (slice(5, 9),),
    ],
)
def test_t15_sections_are_those_of_numpy(key: object) -> None:
    with torchfits.open(image(CUBE)) as f:
        got = f[0][key]
        assert isinstance(got, torch.Tensor)
        assert_same(got, np.asarray(CUBE[key]))


@pytest.mark.parametrize("key", [2, (0, 5), (0, 0, -8), (0, 0, 0, 0), (..., ...)])
def test_t15_what_numpy_refuses_is_an_index_error(key: object) -> None:
    with torchfits.open(image(CUBE)) as f, pytest.raises(IndexError):
        f[0][key]


@pytest.mark.parametrize("key", ["x", 1.0, (0, None), (slice(0.5, 2),)])
def test_t15_keys_of_no_meaning_are_refused(key: object) -> None:
    with (
        torchfits.open(image(CUBE)) as f,
        pytest.raises((TypeError, IndexError, torchfits.FITSError)),
    ):
        f[0][key]


def test_t15_a_step_of_zero_is_a_value_error() -> None:
    with torchfits.open(image(CUBE)) as f, pytest.raises(ValueError, match="step"):
        f[0][:, ::0]


def test_t16_slicing_is_not_cfitsios() -> None:
    plane = np.arange(20, dtype="f4").reshape(4, 5)
    with torchfits.open(image(plane)) as f:
        assert f[0][1].shape == (5,)
        assert f[0][1, 2].shape == ()
        assert f[0][3:1, :].shape == (0, 5)
        assert_same(f[0][:, ::-1], plane[:, ::-1])
        assert_same(f[0][0:-1, :], plane[0:-1, :])


@pytest.mark.parametrize(("code", "width"), [("f4", "u4"), ("f8", "u8")])
def test_t18_subnormals_and_payloads_survive(code: str, width: str) -> None:
    patterns = np.array([1, 2, 0x7FFFFF, 0x80000001], width).view(code)
    if code == "f8":
        patterns = np.array([1, 2, 2**52 - 1, 2**63 + 1, 0x7FF8000000000123], width).view(code)
    got = read(patterns)
    assert got.numpy().view(width).tolist() == patterns.view(width).tolist()


def test_t18_subnormals_survive_scaling_and_conversion() -> None:
    tiny = np.array([5e-324, -5e-324, 1e-310], "f8")
    assert_same(read(tiny, 2.0, 0.0), tiny * 2)
    small = np.array([1e-45, -1e-40], "f4")
    assert_same(read(small, dtype=torch.float64), small.astype("f8"))


def test_sixty_four_axes_and_no_more() -> None:
    numbers = np.array([7, 8], "i2")
    for naxis in (64, 65):
        cards = [card("BITPIX", 16), card("NAXIS", naxis)]
        cards += [card(f"NAXIS{i}", 2 if i == naxis else 1) for i in range(1, naxis + 1)]
        content = make_hdu([*start_cards(None), *cards], numbers.astype(">i2").tobytes())
        if naxis == 64:
            got = torchfits.read(content)
            assert got.shape == (2,) + (1,) * 63
            assert got.flatten().tolist() == [7, 8]
        else:
            with pytest.raises(torchfits.UnsupportedError, match="65"):
                torchfits.read(content)


def test_bitpix_64_with_a_whole_bzero_stays_exact() -> None:
    got = read(np.array([2**53 + 1, -3], "i8"), 1, 100)
    assert got.dtype == torch.int64
    assert got.tolist() == [2**53 + 101, 97]


def test_bitpix_64_with_a_whole_bzero_does_not_wrap_around() -> None:
    with pytest.raises(torchfits.FITSError, match=r"(?i)overflow|range|int64"):
        read(np.array([2**63 - 1], "i8"), 1, 100)


def test_real_cutout_of_an_extension_of_a_gzip_file(corpus: Path) -> None:
    path = corpus / "wcs/dist_lookup.fits.gz"
    hdus = raw_decoder.read_hdus(raw_decoder.load(path))
    whole = raw_decoder.image(hdus[3])
    section = (slice(10, 20), slice(30, 60))
    assert_same(torchfits.cutout(path, section, 3), whole[section])
    with torchfits.open(path) as f:
        assert_same(f[3][section], whole[section])


def test_real_blank_of_zero_masks_every_blank_pixel(tmp_path: Path, corpus: Path) -> None:
    content = (corpus / "compressed/m13.fits").read_bytes()
    numbers = raw_decoder.stored_image(raw_decoder.read_hdus(content)[0]).copy()
    numbers[::2] = 0
    path = tmp_path / "blank.fits"
    path.write_bytes(image(numbers, scaling(None, None, 0)))
    got = torchfits.read(path)
    assert int(torch.isnan(got).sum()) == int((numbers == 0).sum()) > 45000 - 1


def test_real_blank_on_64_bits(corpus: Path) -> None:
    hdu = raw_decoder.read_hdus((corpus / "image/blank.fits").read_bytes())[0]
    got = torchfits.read(corpus / "image/blank.fits")
    assert got.dtype == torch.float64
    assert_same(got, raw_decoder.image(hdu))
