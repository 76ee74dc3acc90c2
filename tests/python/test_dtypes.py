# SPDX-License-Identifier: BSD-3-Clause
"""`dtype=`, `out=` and batches: the conversion that is part of the one pass over the bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from comparison import assert_same, assert_same_bits
from fits_bytes import card, empty_primary, field, image, table

import torchfits

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
INTEGERS = [
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint16,
    torch.uint32,
    torch.uint64,
]
OFFSET = {"u1": -128, "i2": 2**15, "i4": 2**31, "i8": 2**63}
refused = pytest.raises((ValueError, OverflowError, torchfits.FITSError))


def spread(code: str) -> np.ndarray:
    """Numbers of every size of a type, and those where a rounding decides."""
    rng = np.random.default_rng(11)
    if code[0] == "f":
        width = {"f4": "u4", "f8": "u8"}[code]
        bits = rng.integers(0, 2 ** (8 * int(code[1])), 3000, dtype="u8").astype(width)
        ties = 1 + np.arange(4096) / 4096
        ties = np.concatenate([ties, ties * 2.0**-15, ties * 2.0**-24, ties * 65504])
        small = rng.normal(size=3000) * 10.0 ** rng.integers(-9, 9, 3000)
        special = [0.0, -0.0, np.inf, -np.inf, np.nan, 65504, 65519.99, 65520, 3.3895314e38]
        parts = [bits.view(code), ties, -ties, small, special]
        with np.errstate(over="ignore", invalid="ignore"):
            return np.concatenate([np.asarray(part).astype(code) for part in parts])
    info = np.iinfo(code)
    shifted = rng.integers(info.min, info.max, 4000, dtype=code, endpoint=True)
    shifted >>= rng.integers(0, 8 * np.dtype(code).itemsize, 4000).astype(code)
    near = [2**p + d for p in range(7, 63) for d in (-1, 0, 1, 2, 3)]
    edges = [n for n in (*near, *(-n for n in near)) if info.min <= n <= info.max]
    return np.concatenate([shifted, np.array([info.min, info.max, 0, *edges], code)])


def cards(**values: object) -> list[bytes]:
    return [card(key, value) for key, value in values.items()]


def scalings(code: str) -> list[list[bytes]]:
    found = [[], cards(BSCALE=0.1, BZERO=-3.7), cards(BSCALE=2.0**-30, BZERO=1e5)]
    if code[0] != "f":
        found += [cards(BZERO=OFFSET[code]), cards(BLANK=0), cards(BLANK=5, BSCALE=3.25)]
    return found


def assert_same_floats(got: torch.Tensor, expected: torch.Tensor) -> None:
    """Every bit, but any NaN equals any NaN."""
    assert got.dtype == expected.dtype
    nan = torch.isnan(expected)
    assert torch.equal(torch.isnan(got), nan)
    assert_same_bits(got[~nan], expected[~nan])


@pytest.mark.parametrize("target", FLOATS)
@pytest.mark.parametrize("code", ["u1", "i2", "i4", "i8", "f4", "f8"])
def test_float_targets_equal_read_then_to(code: str, target: torch.dtype) -> None:
    for scaling in scalings(code):
        content = image(spread(code), scaling)
        expected = torchfits.read(content).to(target)
        assert_same_floats(torchfits.read(content, dtype=target), expected)
        with torchfits.open(content) as f:
            section = f[0].read(section=(slice(10, 2000, 3),), dtype=target)
        assert_same_floats(section, expected[10:2000:3])


@pytest.mark.parametrize("target", FLOATS)
def test_float_targets_of_unscaled_reads(target: torch.dtype) -> None:
    content = image(spread("i2"), cards(BSCALE=0.1))
    expected = torch.from_numpy(spread("i2")).to(target)
    assert_same_floats(torchfits.read(content, dtype=target, scaled=False), expected)


@pytest.mark.parametrize("target", INTEGERS)
@pytest.mark.parametrize("code", ["u1", "i2", "i4", "i8"])
def test_integer_targets_hold_what_fits_and_refuse_the_rest(code: str, target: torch.dtype) -> None:
    limits = torch.iinfo(target)
    low, high = max(limits.min, np.iinfo(code).min), min(limits.max, np.iinfo(code).max)
    inside = np.array([low, high, 0, 1, 100], code)
    got = torchfits.read(image(inside), dtype=target)
    assert got.dtype == target
    assert got.tolist() == inside.tolist()
    for outside in (low - 1, high + 1):
        if np.iinfo(code).min <= outside <= np.iinfo(code).max:
            with refused:
                torchfits.read(image(np.array([0, outside], code)), dtype=target)


@pytest.mark.parametrize("target", INTEGERS)
@pytest.mark.parametrize("code", ["f4", "f8"])
def test_integer_targets_of_floats(code: str, target: torch.dtype) -> None:
    whole = np.array([0, -0.0, 1, 100, 127], code)
    assert torchfits.read(image(whole), dtype=target).tolist() == [0, 0, 1, 100, 127]
    limits = torch.iinfo(target)
    beyond = [float(limits.max) * 1.01 + 2, float(limits.min) * 1.01 - 2]
    for value in (0.5, np.nan, np.inf, -np.inf, 1e300 if code == "f8" else 1e38, *beyond):
        with refused:
            torchfits.read(image(np.array([1, value], code)), dtype=target)


def test_the_first_float_outside_of_int64_is_refused() -> None:
    for value in (2.0**63, -(2.0**63) - 2048):
        with refused:
            torchfits.read(image(np.array([value])), dtype=torch.int64)
    lowest = torchfits.read(image(np.array([-(2.0**63)])), dtype=torch.int64)
    assert lowest.tolist() == [-(2**63)]
    with refused:
        torchfits.read(image(np.array([2.0**64])), dtype=torch.uint64)


def test_integer_target_of_a_scaled_image() -> None:
    numbers = np.array([1, 2, 3], "i2")
    got = torchfits.read(image(numbers, cards(BSCALE=2.0, BZERO=10.0)), dtype=torch.int32)
    assert_same(got, np.array([12, 14, 16], "i4"))
    with refused:
        torchfits.read(image(numbers, cards(BSCALE=0.5)), dtype=torch.int32)
    with refused:
        torchfits.read(image(numbers, cards(BLANK=2)), dtype=torch.int32)


def test_unsigned_convention_to_other_integers() -> None:
    numbers = np.array([-(2**15), 0, 2**15 - 1], "i2")
    content = image(numbers, cards(BZERO=2**15))
    assert torchfits.read(content, dtype=torch.int32).tolist() == [0, 2**15, 2**16 - 1]
    assert torchfits.read(content, dtype=torch.int64).tolist() == [0, 2**15, 2**16 - 1]
    with refused:
        torchfits.read(content, dtype=torch.int16)


@pytest.mark.parametrize("target", [torch.complex64, torch.bool, "float32", np.float32, 3])
def test_other_targets_are_refused(target: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        torchfits.read(image(np.array([1, 2], "i2")), dtype=target)


def test_large_images_convert_alike_on_every_thread() -> None:
    numbers = np.arange(3_000_001, dtype="i4") * 701
    content = image(numbers, cards(BSCALE=0.1, BZERO=1.0))
    for target in (torch.float32, torch.float16):
        expected = torch.from_numpy(1.0 + 0.1 * numbers.astype("f8")).to(target)
        assert_same_floats(torchfits.read(content, dtype=target), expected)


def test_dtype_is_for_images() -> None:
    content = empty_primary() + table([("X", "J", field([1, 2], "i4"))])
    with pytest.raises(TypeError, match="table"):
        torchfits.read(content, columns="X", dtype=torch.float64)


NUMBERS = np.arange(12, dtype="i2").reshape(3, 4)


def test_out_is_filled_and_returned() -> None:
    out = torch.full((3, 4), -1, dtype=torch.int16)
    address = out.data_ptr()
    got = torchfits.read(image(NUMBERS), out=out)
    assert got.data_ptr() == address
    assert_same(out, NUMBERS)


def test_out_of_another_dtype_with_dtype() -> None:
    out = torch.empty(2, 4, dtype=torch.float32)
    torchfits.read(image(NUMBERS), section=(slice(1, 3),), dtype=torch.float32, out=out)
    assert_same(out, NUMBERS[1:3].astype("f4"))


@pytest.mark.parametrize(
    "out",
    [
        torch.zeros(4, 3, dtype=torch.int16),
        torch.zeros(12, dtype=torch.int16),
        torch.zeros(3, 4, dtype=torch.int64),
        torch.zeros(3, 4, 1, dtype=torch.int16),
        np.zeros((3, 4), "i2"),
    ],
)
def test_out_of_another_shape_or_dtype_is_refused(out: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        torchfits.read(image(NUMBERS), out=out)
    assert not np.asarray(out).any()


def test_out_that_is_not_contiguous_is_filled_or_refused() -> None:
    backing = torch.zeros(3, 8, dtype=torch.int16)
    view = backing[:, ::2]
    try:
        torchfits.read(image(NUMBERS), out=view)
    except ValueError:
        assert not backing.any()
    else:
        assert_same(view.contiguous(), NUMBERS)
        assert not backing[:, 1::2].any()


@pytest.fixture
def batch(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{i}.fits" for i in range(7)]
    for number, path in enumerate(paths):
        path.write_bytes(image(NUMBERS + 100 * number))
    return paths


def test_read_many_stacks_equal_images(batch: list[Path]) -> None:
    expected = np.stack([NUMBERS + 100 * i for i in range(7)])
    assert_same(torchfits.read_many(batch), expected)
    assert_same(torchfits.read_many([str(path) for path in batch], hdu=0), expected)
    assert_same(torchfits.read_many([path.read_bytes() for path in batch]), expected)
    got = torchfits.read_many(batch, section=(slice(1, 3), slice(None, None, -1)))
    assert_same(got, np.ascontiguousarray(expected[:, 1:3, ::-1]))
    assert_same(torchfits.read_many(batch, dtype=torch.float32), expected.astype("f4"))


def test_read_many_fills_out(batch: list[Path]) -> None:
    out = torch.zeros(7, 3, 4, dtype=torch.int16)
    torchfits.read_many(batch, out=out)
    assert_same(out, np.stack([NUMBERS + 100 * i for i in range(7)]))


def test_read_many_takes_each_files_own_scaling(tmp_path: Path) -> None:
    paths = []
    for number in (1, 2):
        paths.append(tmp_path / f"{number}.fits")
        paths[-1].write_bytes(image(NUMBERS, cards(BSCALE=float(number), BZERO=0.5)))
    expected = np.stack([NUMBERS + 0.5, 2 * NUMBERS + 0.5]).astype("f4")
    assert_same(torchfits.read_many(paths), expected)
    assert_same(torchfits.read_many(paths, scaled=False), np.stack([NUMBERS, NUMBERS]))


def test_read_many_refuses_different_shapes_and_names_the_file(batch: list[Path]) -> None:
    batch[4].write_bytes(image(NUMBERS.T))
    with pytest.raises((ValueError, torchfits.FITSError), match=r"4\.fits"):
        torchfits.read_many(batch)


def test_read_many_names_the_missing_file(batch: list[Path]) -> None:
    batch[3].unlink()
    with pytest.raises(torchfits.FileMissingError, match=r"3\.fits"):
        torchfits.read_many(batch)


def test_read_many_of_nothing_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"(?i)empty|at least one|no sources"):
        torchfits.read_many([])
