# SPDX-License-Identifier: BSD-3-Clause
"""Compressed images of other writers, and the one question that most tests ask of a file."""

from __future__ import annotations

import io
from pathlib import Path

import fitsio
import numpy as np
import raw_decoder
import tile_decoder
import torch
from astropy.io import fits
from comparison import assert_same

import torchfits


def decoded(content: bytes, index: int = 1) -> np.ndarray:
    """What the independent decoder makes of an HDU."""
    return tile_decoder.image(raw_decoder.read_hdus(content)[index])


def check(content: bytes, expected: np.ndarray | None = None) -> None:
    """What `read` gives is what the independent decoder gives, and what the test expects."""
    truth = decoded(content)
    if expected is not None:
        assert_same(torch.from_numpy(truth), expected)
    assert_same(torchfits.read(content), truth)


def native(array: np.ndarray) -> np.ndarray:
    return np.asarray(array, array.dtype.newbyteorder("="))


def noise(shape: tuple[int, ...], dtype: str = "f4") -> np.ndarray:
    rng = np.random.default_rng(len(shape))
    return rng.normal(100, 10, shape).astype(dtype)


def astropy_file(array: np.ndarray, **options: object) -> bytes:
    """A compressed image written by astropy."""
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(array, **options)]).writeto(stream)
    return stream.getvalue()


def astropy_pixels(content: bytes, index: int = 1) -> np.ndarray:
    return native(fits.getdata(io.BytesIO(content), index))


def fitsio_file(place: Path, array: np.ndarray, **options: object) -> bytes:
    """A compressed image written by fitsio."""
    with fitsio.FITS(str(place), "rw", clobber=True) as f:
        f.write(array, **options)
    return place.read_bytes()


def fitsio_pixels(place: Path, content: bytes, index: int = 1) -> np.ndarray:
    place.write_bytes(content)
    return native(fitsio.read(str(place), ext=index))
