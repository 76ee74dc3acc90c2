# SPDX-License-Identifier: BSD-3-Clause
"""Compressed images that astropy, fitsio and fpack write, in every combination that they can."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import raw_decoder
import tile_decoder
import torch
from comparison import assert_same
from compressed_files import (
    astropy_file,
    astropy_pixels,
    fitsio_file,
    fitsio_pixels,
    noise,
)
from fits_bytes import image

import torchfits

ALGORITHMS = ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1", "NOCOMPRESS"]
DTYPES = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
# Shape of the image and of its tiles; HCOMPRESS_1 takes planes.
LAYOUTS = {
    "lines": ((20, 33), (1, 33)),
    "whole": ((20, 33), (20, 33)),
    "odd": ((23, 37), (9, 10)),
    "cube": ((5, 12, 17), (2, 5, 17)),
    "planes": ((5, 12, 17), (1, 7, 6)),
}


def pixels_of(dtype: str, shape: tuple[int, ...], algorithm: str) -> np.ndarray:
    """Values over the range that the algorithm can hold, with a quiet part."""
    rng = np.random.default_rng(len(dtype) + len(shape))
    if dtype[0] == "f":
        array = noise(shape, dtype)
        array.reshape(-1)[5:9] = np.nan
        return array
    if algorithm in ("PLIO_1", "HCOMPRESS_1"):  # CFITSIO's HCOMPRESS overruns small tiles of noise
        return rng.integers(0, 50, shape).astype(dtype)
    info = np.iinfo(dtype)
    wide = (info.min // 4, info.max // 4) if dtype[1] != "8" else (-(2**20), 2**20)
    array = rng.integers(max(info.min, wide[0]), wide[1], shape).astype(dtype)
    array.reshape(-1)[: array.size // 2] = rng.integers(90, 110, array.size // 2)
    return array


def fits_hcompress(algorithm: str, layout: str) -> bool:
    """HCOMPRESS_1 takes planes of at least 4 x 4 pixels."""
    return algorithm != "HCOMPRESS_1" or layout in ("whole", "odd", "planes")


def astropy_can(algorithm: str, dtype: str, layout: str) -> bool:
    if algorithm == "PLIO_1" and dtype not in ("u1", "i2", "i4"):
        return False
    return fits_hcompress(algorithm, layout) and (algorithm != "NOCOMPRESS" or dtype[0] != "f")


def fitsio_can(algorithm: str, dtype: str, layout: str) -> bool:
    if algorithm == "NOCOMPRESS" or (algorithm == "PLIO_1" and dtype not in ("u1", "i2", "i4")):
        return False
    return fits_hcompress(algorithm, layout) and dtype not in ("i8", "u8")


def every_combination(can: Callable[[str, str, str], bool]) -> pytest.MarkDecorator:
    """What a writer can write; the rest it refuses."""
    every = itertools.product(ALGORITHMS, DTYPES, LAYOUTS)
    return pytest.mark.parametrize(
        ("algorithm", "dtype", "layout"), [each for each in every if can(*each)]
    )


def other_decoding(content: bytes) -> np.ndarray | None:
    hdu = raw_decoder.read_hdus(content)[1]
    return None if hdu.get("ZCMPTYPE") == "HCOMPRESS_1" else tile_decoder.image(hdu)


def check_equal(content: bytes, theirs: np.ndarray, where: str) -> None:
    with torchfits.open(content) as f:
        assert f[1].kind == "compressed_image"
        assert_same(f[1].read(), theirs, where)
        key = tuple(slice(length - 2, 1, -3) for length in theirs.shape)
        assert_same(f[1][key], np.ascontiguousarray(theirs[key]), where)
    if (expected := other_decoding(content)) is not None:
        assert_same(torchfits.read(content), expected, where)


@every_combination(astropy_can)
def test_astropy_writes(algorithm: str, dtype: str, layout: str) -> None:
    shape, tile = LAYOUTS[layout]
    array = pixels_of(dtype, shape, algorithm)
    methods = [-1, 1, 2] if dtype[0] == "f" else [-1]
    for method in methods:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = astropy_file(
                array, compression_type=algorithm, tile_shape=tile, quantize_method=method,
                dither_seed=77,
            )  # fmt: skip
        theirs = astropy_pixels(content)
        check_equal(content, theirs, f"method {method}")
        if dtype[0] != "f" and not (dtype[1] == "8" and algorithm in ("RICE_1", "HCOMPRESS_1")):
            assert_same(torchfits.read(content), array)


@every_combination(fitsio_can)
def test_fitsio_writes(tmp_path: Path, algorithm: str, dtype: str, layout: str) -> None:
    shape, tile = LAYOUTS[layout]
    array = pixels_of(dtype, shape, algorithm)
    floats = [(level, method) for level in (4, -0.3) for method in (None, "SUBTRACTIVE_DITHER_1")]
    floats += [(8, "SUBTRACTIVE_DITHER_2")] if algorithm != "HCOMPRESS_1" else []
    for level, method in floats if dtype[0] == "f" else [(None, None)]:
        place = tmp_path / "f.fits"
        content = fitsio_file(
            place, array, compress=algorithm, tile_dims=tile, qlevel=level, qmethod=method,
            dither_seed=4321,
        )  # fmt: skip
        theirs = fitsio_pixels(place, content)
        check_equal(content, theirs, f"{level} {method}")
        if dtype[0] != "f":
            assert_same(torchfits.read(content), array)


@pytest.mark.parametrize("flags", [["-r"], ["-g2"], ["-g1"], ["-h"], ["-h", "-s", "2"], ["-p"]])
@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4"])
def test_fpack_writes(tmp_path: Path, flags: list[str], dtype: str) -> None:
    if shutil.which("fpack") is None or shutil.which("funpack") is None:
        pytest.skip("fpack and funpack of CFITSIO are not installed")
    array = np.abs(noise((64, 90), "i2" if flags == ["-p"] else dtype))
    place = tmp_path / "f.fits"
    place.write_bytes(image(array))
    subprocess.run(["fpack", *flags, str(place)], check=True, capture_output=True)
    packed, unpacked = tmp_path / "f.fits.fz", tmp_path / "u.fits"
    command = ["funpack", "-O", str(unpacked), str(packed)]
    subprocess.run(command, check=True, capture_output=True)
    theirs = raw_decoder.image(raw_decoder.read_hdus(unpacked.read_bytes())[0])
    assert_same(torchfits.read(packed), theirs)
    if "-s" not in flags and array.dtype.kind != "f":
        assert_same(torch.from_numpy(theirs), array)
