# SPDX-License-Identifier: BSD-3-Clause
"""Slices and parts of a WCS."""

import numpy as np
import pytest
import torch
from astropy.wcs.wcsapi import SlicedLowLevelWCS
from wcs_headers import CUBE, SIP, TAN, of_astropy

from torchfits import WCS

CUBE_WCS = WCS(CUBE)


def test_a_slice_begins_at_its_first_pixel():
    wcs = WCS(SIP)
    part = wcs[10:50, 20:]
    assert part.array_shape == (40, 280)
    expected = torch.stack(wcs.pixel_to_world_values(25.5, 13))
    found = part.pixel_to_world_values(5.5, 3)
    torch.testing.assert_close(torch.stack(found), expected, rtol=1e-15, atol=0)
    np.testing.assert_allclose(torch.stack(part.world_to_pixel_values(*found)), [5.5, 3], atol=1e-8)


@pytest.mark.parametrize(
    "key",
    [np.s_[::2, 5::3], np.s_[::-1], np.s_[-20:-10, -1:5:-2], np.s_[..., 7:1000], np.s_[:, 4:5]],
)
def test_pixels_of_a_slice_are_those_of_the_array(key):
    wcs = WCS(TAN)
    y, x = np.mgrid[:200, :300]
    part = wcs[key]
    assert part.array_shape == x[key].shape
    y_new, x_new = np.indices(x[key].shape)
    expected = wcs.pixel_to_world_values(x[key], y[key])
    np.testing.assert_allclose(part.pixel_to_world_values(x_new, y_new), expected, rtol=1e-14)


def test_slices_of_slices():
    whole = WCS(TAN)
    part = whole[5:100:3][2:, 10:][4:6, 1:40:2]
    expected = whole.pixel_to_world_values(11 + 2 * 7, 5 + 3 * (2 + 4 + 1))
    assert torch.equal(torch.stack(part.pixel_to_world_values(7, 1)), torch.stack(expected))
    assert part.array_shape == (2, 20)


@pytest.mark.parametrize(
    "key",
    [np.s_[3], np.s_[:, 4], np.s_[:, :, 5], np.s_[2:9, 4, 5], np.s_[3, 4], np.s_[-1, 2:7, 3:]],
)
def test_an_integer_drops_axes_as_in_astropy(key):
    ours = CUBE_WCS[key]
    full = tuple(
        index if index != -1 else 19 for index in (key if isinstance(key, tuple) else (key,))
    )
    theirs = SlicedLowLevelWCS(of_astropy(CUBE), full)
    assert (ours.pixel_n_dim, ours.world_n_dim) == (theirs.pixel_n_dim, theirs.world_n_dim)
    assert ours.world_axis_physical_types == tuple(theirs.world_axis_physical_types)
    np.testing.assert_array_equal(ours.axis_correlation_matrix, theirs.axis_correlation_matrix)
    pixels = [np.array([1.0, 2.5])] * ours.pixel_n_dim
    world, expected = ours.pixel_to_world_values(*pixels), theirs.pixel_to_world_values(*pixels)
    np.testing.assert_allclose(world, expected, rtol=1e-12)
    world = np.atleast_2d(world)
    np.testing.assert_allclose(
        np.atleast_2d(ours.world_to_pixel_values(*world)), pixels, rtol=0, atol=1e-8
    )


def test_astropy_slices_ours():
    theirs = SlicedLowLevelWCS(CUBE_WCS.low_level_wcs, np.s_[3, 2:9, ::1])
    pixels = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    ours = CUBE_WCS[3, 2:9].pixel_to_world_values(*pixels)
    np.testing.assert_allclose(theirs.pixel_to_world_values(*pixels), ours, rtol=1e-15)
    np.testing.assert_allclose(theirs.world_to_pixel_values(*ours), pixels, atol=1e-8)


def test_parts():
    sky, line = CUBE_WCS.celestial, CUBE_WCS.spectral
    assert sky.ctype == ("RA---SIN", "DEC--SIN")
    assert sky.array_shape == (30, 40)
    world = CUBE_WCS.pixel_to_world_values(3, 4, 5)
    assert torch.equal(torch.stack(sky.pixel_to_world_values(3, 4)), torch.stack(world[:2]))
    assert torch.equal(line.pixel_to_world_values(5), world[2])
    np.testing.assert_allclose(line.world_to_pixel_values(world[2]), 5, atol=1e-8)
    turned = CUBE_WCS.sub([3, 2, 1])
    assert turned.ctype == ("FREQ", "DEC--SIN", "RA---SIN")
    assert turned.array_shape == (40, 30, 20)
    assert torch.equal(torch.stack(turned.pixel_to_world_values(5, 4, 3)), torch.stack(world[::-1]))
    assert CUBE_WCS.sub(["spectral", "celestial"]).ctype[0] == "FREQ"
    assert sky.celestial.ctype == sky.ctype


def test_gradients_pass_a_slice():
    part = CUBE_WCS[4, ::2, 3:]
    x = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: part.pixel_to_world_values(x, x + 1), (x,), atol=1e-6)


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (np.s_[1, 2, 3], ValueError, "leave no pixel axis"),
        (np.s_[1, 2, 3, 4], IndexError, "4 indices for a WCS of 3 pixel axes"),
        (np.s_[..., 1, ...], IndexError, "one ellipsis"),
        (np.s_[20], IndexError, "index 20 is outside of an axis of length 20"),
        (np.s_[-21], IndexError, "index -21 is outside"),
        (np.s_[[1, 2]], TypeError, "not by list"),
        (np.s_[True], TypeError, "not by bool"),
        (np.s_[1.0], TypeError, "not by float"),
        (np.s_["SCI"], TypeError, "not by str"),
        (np.s_[1.0:2], TypeError, "slice"),
        (np.s_[::0], ValueError, "zero"),
    ],
)
def test_wrong_slices(key, error, message):
    with pytest.raises(error, match=message):
        CUBE_WCS[key]


def test_a_length_that_is_not_known():
    wcs = WCS({key: value for key, value in TAN.items() if not key.startswith("NAXIS")})
    assert wcs.array_shape is None
    assert wcs[5:9, 2:5].array_shape == (4, 3)
    assert wcs[5:, 2:5].array_shape is None
    with pytest.raises(ValueError, match="counts from the end"):
        wcs[-5:]
    with pytest.raises(IndexError, match="of unknown length"):
        wcs[-5]


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ("color", "no kind of axes 'color'; use 'celestial'"),
        ("stokes", "no stokes axes among CTYPE"),
        (0, "no axis 0; axes are 1 to 3"),
        (4, "no axis 4"),
        ([1, 1, 2], "name each axis once"),
        ([], "at least one"),
        (1, r"depends on pixel axis"),
        ("longitude", r"depends on pixel axis"),
    ],
)
def test_wrong_parts(axes, message):
    with pytest.raises(ValueError, match=message):
        CUBE_WCS.sub(axes)
