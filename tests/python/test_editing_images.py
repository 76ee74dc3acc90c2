# SPDX-License-Identifier: BSD-3-Clause
"""Sections of images that are changed in place: numpy says what must stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from other_programs import check_file, hdu_bytes

import torchfits

STORED = [
    "uint8",
    "int16",
    "int32",
    "int64",
    "float32",
    "float64",
    "int8",
    "uint16",
    "uint32",
    "uint64",
]


def write(path: Path, pixels: np.ndarray[Any, Any], **keywords: object) -> None:
    """The image between two others; keywords are set after the pixels were stored."""
    other = np.arange(20, dtype="f4")
    data = torch.from_numpy(pixels)
    torchfits.write(
        path,
        [(other, None), (data, None, "SCI"), (other, None, "ERR")],
        checksum=True,
        overwrite=True,
    )
    if keywords:
        with fits.open(path, mode="update", do_not_scale_image_data=True) as f:
            for keyword, value in keywords.items():
                f["SCI"].header[keyword] = value
            f["SCI"].add_checksum()


def stored(path: Path) -> np.ndarray[Any, Any]:
    with fits.open(path, do_not_scale_image_data=True) as f:
        return np.array(f["SCI"].data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "image.fits"


@pytest.mark.parametrize("dtype", STORED)
@pytest.mark.parametrize(
    "key",
    [
        np.s_[2:5, 1:4], np.s_[3], np.s_[:, 2], np.s_[::2, ::3], np.s_[::-1, 4:1:-1], np.s_[...],
        np.s_[4, 5], np.s_[-1, ..., 2:], np.s_[5:2],
    ],
)  # fmt: skip
def test_a_section_changes_and_nothing_else(path: Path, dtype: str, key: Any) -> None:
    pixels = np.arange(42).reshape(6, 7).astype(dtype)
    write(path, pixels)
    old = hdu_bytes(path)
    values = (np.arange(pixels[key].size) + 60).reshape(pixels[key].shape).astype(dtype)
    with torchfits.open(path, "r+") as f:
        f["SCI"][key] = torch.from_numpy(np.asarray(values))
        pixels[key] = values
        np.testing.assert_array_equal(f["SCI"].read().numpy(), pixels)
    now = hdu_bytes(path)
    assert [now[0], now[2]] == [old[0], old[2]]
    assert now[1][:1200] == old[1][:1200] or "CHECKSUM" in str(old[1][:2880])
    check_file(path)
    np.testing.assert_array_equal(fits.getdata(path, "SCI"), pixels)
    np.testing.assert_array_equal(fitsio.read(path, "SCI"), pixels)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_sections_as_numpy_does(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("i") / "i.fits"
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
    dtype = data.draw(st.sampled_from(STORED))
    pixels = np.zeros(shape, dtype)
    write(path, pixels)
    with torchfits.open(path, "r+") as f:
        for turn in range(data.draw(st.integers(1, 4))):
            bounds = st.none() | st.integers(-10, 10)
            steps = st.none() | st.integers(1, 4) | st.integers(-4, -1)
            axis = [st.builds(slice, bounds, bounds, steps) | st.integers(-n, n - 1) for n in shape]
            key = tuple(data.draw(one) for one in axis[: data.draw(st.integers(0, len(axis)))])
            part = pixels[key]
            values = np.asarray((np.arange(part.size) + 1 + turn) % 120).reshape(part.shape)
            if data.draw(st.booleans()):
                values = np.asarray(turn + 1)
            f["SCI"][key] = values.astype(data.draw(st.sampled_from(["int64", "float32", "uint8"])))
            pixels[key] = values
            np.testing.assert_array_equal(f["SCI"].read().numpy(), pixels)
    check_file(path)
    np.testing.assert_array_equal(fits.getdata(path, "SCI"), pixels)


@pytest.mark.parametrize(
    ("dtype", "value", "problem"),
    [
        ("uint8", 256, "256 does not fit the stored uint8"),
        ("uint8", -1, "does not fit"),
        ("int8", 128, "128 does not fit"),
        ("uint16", -1, "does not fit"),
        ("uint16", 65536, "does not fit"),
        ("int16", 1.5, "1.5 does not fit the stored int16"),
        ("int32", float("nan"), "NaN cannot be stored: there is no BLANK"),
        ("int64", 2.0**63, "does not fit"),
        ("uint64", 2.0**64, "does not fit"),
        ("int64", np.uint64(2**63), "does not fit"),
        ("float32", 1e39, "1e\\+39 does not fit the stored float32"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    path: Path, dtype: str, value: Any, problem: str
) -> None:
    write(path, np.zeros((6, 7), dtype))
    before = path.read_bytes()
    values = np.zeros((3, 3), np.asarray(value).dtype)
    values[1, 2] = value
    with torchfits.open(path, "r+") as f:
        with pytest.raises(ValueError, match=rf"HDU 1 'SCI': the value for \[3, 6\]: .*{problem}"):
            f["SCI"][1:6:2, 4:] = values
        with pytest.raises(ValueError, match=r"the value for \[0, 0\]"):
            f["SCI"][...] = value
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("uint16", [0, 65535.0]), ("uint64", np.array([0, 2**64 - 1], "u8")),
        ("int64", [-(2**63), 2**63 - 1]),
        ("int8", [-128, 127]), ("float32", [0.1, float("inf")]), ("float64", [2**60, -1]),
        ("uint8", [True, False]), ("int16", torch.tensor([1.0, -3.0], dtype=torch.bfloat16)),
        ("float32", torch.tensor([0.1, 3], dtype=torch.float16)),
    ],
)  # fmt: skip
def test_the_limits_of_a_type_are_stored(path: Path, dtype: str, values: Any) -> None:
    write(path, np.zeros((2, 2), dtype))
    given = values if isinstance(values, torch.Tensor) else np.array(values)
    with torchfits.open(path, "r+") as f:
        f["SCI"][1] = given
    expected = given.double().numpy() if isinstance(given, torch.Tensor) else given
    np.testing.assert_array_equal(fits.getdata(path, "SCI")[1], expected.astype(dtype))
    check_file(path)


def test_scaled_images_take_physical_values(path: Path) -> None:
    write(path, np.zeros((3, 4), "i2"), BSCALE=0.5, BZERO=100.0, BLANK=-1)
    with torchfits.open(path, "r+") as f:
        f["SCI"][0] = torch.tensor([100.0, 100.2, 100.26, float("nan")])
        f["SCI"][1, 1] = 0
        with pytest.raises(ValueError, match="1000000 does not fit the stored int16 after scaling"):
            f["SCI"][2, 0] = 1e6
        with pytest.raises(ValueError, match="99.5 would be stored as -1, which BLANK marks"):
            f["SCI"][2, 0] = 99.5
    expected = np.zeros((3, 4), "i2")
    expected[0] = [0, 0, 1, -1]
    expected[1, 1] = -200
    np.testing.assert_array_equal(stored(path), expected)
    check_file(path)


def test_the_sum_of_zeros_is_zero_and_of_others_never(path: Path) -> None:
    write(path, np.full((5, 4), -1, "i4"))
    for value in (0, -1, 0):
        with torchfits.open(path, "r+") as f:
            f["SCI"][:3] = value
        check_file(path)
        with torchfits.open(path, "r+") as f:
            f["SCI"][3:] = value
        check_file(path)
    assert fits.getheader(path, "SCI")["DATASUM"] == "0"


def test_a_section_of_a_large_image_touches_its_bytes_alone(path: Path) -> None:
    pixels = np.arange(1500 * 1000, dtype="i4").reshape(1500, 1000)
    write(path, pixels)
    old = path.read_bytes()
    inode = path.stat().st_ino
    values = np.full((1400, 3), -7)
    with torchfits.open(path, "r+") as f:
        f["SCI"][50:1450, 400:403] = values
        f["SCI"][7, ::5] = 3
        f["SCI"][:, 999] = np.arange(1500)
    pixels[50:1450, 400:403] = values
    pixels[7, ::5] = 3
    pixels[:, 999] = np.arange(1500)
    new = path.read_bytes()
    assert path.stat().st_ino == inode
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    start = new.index(pixels[0].astype(">i4").tobytes())
    size = pixels.nbytes
    assert new[start : start + size] == pixels.astype(">i4").tobytes()
    assert new[start + size :] == old[start + size :]
    check_file(path)


def test_tensors_of_any_layout(path: Path) -> None:
    write(path, np.zeros((3, 4), "f4"))
    base = torch.arange(12.0).reshape(4, 3).requires_grad_()
    with torchfits.open(path, "r+") as f:
        f["SCI"][...] = base.t()
        f["SCI"][1] = torch.tensor(5.0).expand(4)
        f["SCI"][2] = [[1, 2, 3, 4]][0]
    expected = base.detach().numpy().T.copy()
    expected[1], expected[2] = 5, [1, 2, 3, 4]
    np.testing.assert_array_equal(fits.getdata(path, "SCI"), expected)


def test_wrong_uses_are_told(path: Path) -> None:
    write(path, np.zeros((3, 4), "f4"))
    with torchfits.open(path) as f, pytest.raises(ValueError, match="mode 'r\\+'"):
        f["SCI"][0] = 1
    with torchfits.open(path, "r+") as f:
        f.append(torch.zeros(40, 40), compress=True, name="Z")
        before = path.read_bytes()
        f.append(None, name="NONE")
        with pytest.raises(torchfits.UnsupportedError, match=r"f.replace\(3, tensor, compress"):
            f["Z"][0] = 1
        with pytest.raises(ValueError, match="cannot be stretched to the section of shape"):
            f["SCI"][0] = torch.zeros(3)
        with pytest.raises(IndexError):
            f["SCI"][7] = 1
        with pytest.raises(TypeError, match="complex"):
            f["SCI"][0] = 1j
        with pytest.raises(TypeError, match="numbers"):
            f["SCI"][0] = "text"
        with pytest.raises(TypeError, match="None"):
            f["SCI"][None] = 1
        with pytest.raises(torchfits.FITSError):
            f["NONE"][...] = 1
    assert path.read_bytes().startswith(before)


def test_images_of_new_files_are_filled(path: Path) -> None:
    with torchfits.open(path, "w") as f:
        f.append(torch.zeros(30, 40, dtype=torch.uint16), checksum=True)
        with pytest.raises(ValueError, match="does not fit"):
            f[0][0] = -1
        for row in range(30):
            f[0][row] = torch.full((40,), row)
    check_file(path)
    np.testing.assert_array_equal(fits.getdata(path)[:, 3], np.arange(30))


def test_values_for_an_image_that_became_another_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.fits"
    torchfits.write(path, torch.zeros(2, 3))

    class Replacing:
        """What another thread could do between the look at the shape and the write."""

        def __array__(self, *_args: object, **_words: object) -> np.ndarray[Any, Any]:
            f[0] = torch.zeros(3000, 400)
            return np.ones((2, 3), "f4")

    with torchfits.open(path, "r+") as f:
        with pytest.raises(torchfits.FileChangedError, match="1200000 elements, and 6 are given"):
            f[0][...] = Replacing()
        f[0][0, :2] = np.array([1, 2], dtype=np.longlong)
    assert fits.getdata(path).sum() == 3
