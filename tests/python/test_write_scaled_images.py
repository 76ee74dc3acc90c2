# SPDX-License-Identifier: BSD-3-Clause
"""Images that are scaled to integers: raw bytes, and what astropy, fitsio and fitsverify say."""

import io

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from other_programs import check_by_fitsverify

import torchfits

STORED = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8"}


def written(image, **options):
    file = io.BytesIO()
    torchfits.write(file, image, **options)
    return file.getvalue()


def stored_numbers(content, bitpix, count):
    """By the Standard alone: the data of a file of one HDU with a short header."""
    return np.frombuffer(content, STORED[bitpix], count, 2880)


def test_the_bytes_are_those_of_the_standard():
    image = torch.tensor([[-1.0, 0.0, 0.26], [1.0, 2.5, float("nan")]])
    content = written(image, bitpix=16, bscale=0.5, bzero=-1.0, blank=-32768)
    header = fits.Header.fromstring(content)
    assert [header[k] for k in ("BITPIX", "BSCALE", "BZERO", "BLANK")] == [16, 0.5, -1, -32768]
    # Halves go to the even neighbour: 0.26 is 2.52 steps from bzero, 2.5 is 7.
    assert stored_numbers(content, 16, 6).tolist() == [0, 2, 3, 4, 7, -32768]
    found = torchfits.read(content)
    assert found.dtype == torch.float32
    assert found[:, :2].tolist() == [[-1.0, 0.0], [1.0, 2.5]]
    assert found[1, 2].isnan()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e4, 1e4) | st.just(float("nan")), min_size=1, max_size=30),
    st.sampled_from([16, 32, 64]),
    st.floats(0.5, 8.0) | st.floats(-8.0, -0.5),
    st.floats(-100.0, 100.0),
)
def test_values_come_back_within_half_a_step(values, bitpix, bscale, bzero):
    image = torch.tensor(values, dtype=torch.float64)
    content = written(image, bitpix=bitpix, bscale=bscale, bzero=bzero, blank=-(2 ** (bitpix - 1)))
    found = torchfits.read(content, dtype=torch.float64)
    assert torch.equal(found.isnan(), image.isnan())
    step = abs(bscale) / 2 * (1 + 1e-9)
    assert bool(((found - image).abs().nan_to_num() <= step).all())
    with fits.open(io.BytesIO(content)) as f:
        scaled = (np.array(values) - bzero) / bscale
        expected = np.where(np.isnan(values), -(2 ** (bitpix - 1)), np.rint(scaled))
        np.testing.assert_array_equal(stored_numbers(content, bitpix, len(values)), expected)
        assert f[0].header["BITPIX"] == bitpix


@pytest.mark.parametrize("bitpix", [8, 16, 32, 64])
@pytest.mark.parametrize("compress", [None, "RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"])
def test_other_readers_agree(tmp_path, bitpix, compress):
    low = 0 if bitpix == 8 or compress == "PLIO_1" else -100
    image = (torch.arange(600).reshape(20, 30) % 90 + low) * 0.25 + 3
    image[4, 5] = float("nan")
    options = {"bitpix": bitpix, "bscale": 0.25, "bzero": 3.0, "blank": 101}
    path = tmp_path / "s.fits"
    torchfits.write(path, image, compress=compress, checksum=True, **options)
    found = torchfits.read(path)
    assert torch.equal(found.double().nan_to_num(-9), image.double().nan_to_num(-9))
    known = ~image.isnan().numpy()
    with fits.open(path, checksum=True) as f:
        np.testing.assert_array_equal(f[-1].data[known], image.numpy()[known])
        assert np.isnan(f[-1].data[4, 5])
    if bitpix < 64:  # of 64 bits CFITSIO gives whole numbers
        with fitsio.FITS(str(path)) as f:
            np.testing.assert_array_equal(f[-1].read()[known], image.numpy()[known])
    check_by_fitsverify(path)


def test_integers_stay_exact_beyond_53_bits():
    image = torch.tensor([2**62 + 1, -(2**62) - 1])
    content = written(image, bitpix=64, bzero=1.0)
    assert stored_numbers(content, 64, 2).tolist() == [2**62, -(2**62) - 2]
    with pytest.raises(ValueError, match="is 4611686018427387904.*beyond the 32 bits"):
        written(image, bitpix=32)


def test_bitpix_alone_narrows_integers():
    content = written(torch.tensor([1, -5, 300]), bitpix=16)
    assert torchfits.read(content).dtype == torch.int16
    assert stored_numbers(content, 16, 3).tolist() == [1, -5, 300]


@pytest.mark.parametrize(
    ("dtype", "blank", "null"), [("int16", -1, -1), ("uint16", -32768, 0), ("uint8", 7, 7)]
)
def test_blank_marks_integers_without_a_value(dtype, blank, null):
    image = torch.tensor([null, 5, 100]).to(getattr(torch, dtype))
    found = torchfits.read(written(image, blank=blank))
    assert found.isnan().tolist() == [True, False, False]
    assert found[1:].tolist() == [5, 100]


def test_many_blocks_are_scaled_in_parallel():
    image = torch.randn(700, 1000, generator=torch.manual_seed(1), dtype=torch.float64)
    for compress in (None, "RICE_1"):
        content = written(image, bitpix=32, bscale=1e-6, compress=compress, checksum=True)
        assert (torchfits.read(content) - image).abs().max() <= 0.5e-6 * (1 + 1e-6)
        assert torchfits.verify(content).ok


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([[1, 2], [3, 1e6]], {"bitpix": 16}, "pixel \\[1, 1\\] is 1e\\+06.*beyond the 16 bits"),
        ([[1, -1]], {"bitpix": 8}, "pixel \\[0, 1\\] is -1 .*8 bits \\(0 to 255\\)"),
        ([[1, np.nan]], {"bitpix": 16}, "pixel \\[0, 1\\] is nan.*pass blank="),
        ([[np.inf]], {"bitpix": 32, "blank": 0}, "pixel \\[0, 0\\] is inf.*beyond"),
        ([[0.1]], {"bitpix": 32, "blank": 0}, "stored as 0, which is blank="),
        ([[0.1]], {"bitpix": 8, "blank": -1}, "blank=-1 is no integer of the stored 8 bits"),
        ([[0.1]], {"bscale": 2}, "bscale= store float32 as integers: say which with bitpix="),
        ([[0.1]], {"bitpix": -32}, "bitpix=-32; use 8, 16, 32 or 64"),
        ([[0.1]], {"bitpix": 16, "bscale": 0}, "bscale=0"),
        ([[0.1]], {"bitpix": 16, "bzero": np.inf}, "bzero=inf is not finite"),
    ],
)
def test_what_does_not_fit_is_an_error(tmp_path, values, options, message):
    path = tmp_path / "s.fits"
    with pytest.raises(ValueError, match=message):
        torchfits.write(path, torch.tensor(values), **options)
    assert list(tmp_path.iterdir()) == []


def test_wrong_types():
    image = torch.zeros(2)
    for wrong in ({"bscale": "a"}, {"blank": 1.5}, {"bzero": True}):
        with pytest.raises(TypeError):
            written(image, bitpix=16, **wrong)
    with pytest.raises(TypeError, match="take an image"):
        written(None, bitpix=16)


def test_an_open_file_takes_scaled_images(tmp_path):
    path = tmp_path / "s.fits"
    with torchfits.open(path, "w") as f:
        f.append(torch.ones(2, 2))
        f.append(torch.ones(2, 2), bitpix=16, bscale=0.5, name="B")
        f.replace("B", 2 * torch.ones(2, 2), bitpix=8, bscale=0.25)
    assert torchfits.read_header(path, "B")["BITPIX"] == 8
    assert torchfits.read(path, "B").tolist() == [[2, 2], [2, 2]]
