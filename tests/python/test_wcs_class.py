# SPDX-License-Identifier: BSD-3-Clause
"""The class `WCS`: what it takes, what it gives, what it is."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from wcs_headers import CUBE, LINE, MANY, SIP, TAN, of_astropy, separation

import torchfits
from torchfits import WCS

X = torch.linspace(-20, 320, 7, dtype=torch.float64)
Y = torch.linspace(-10, 210, 5, dtype=torch.float64)[:, None]
TAN_WCS = WCS(TAN)


@pytest.mark.parametrize("header", [TAN, SIP], ids=["TAN", "SIP"])
def test_values_are_those_of_astropy(header):
    ours, theirs = WCS(header), of_astropy(header)
    x, y = (values.numpy() for values in torch.broadcast_tensors(X, Y))
    lon, lat = theirs.all_pix2world(x, y, 0)
    world = ours.pixel_to_world_values(X, Y)
    assert world[0].shape == (5, 7)
    assert separation(*world, lon, lat).max() < 1e-9
    assert (world[0] >= 0).all()
    assert (world[0] < 360).all()
    for found, expected in zip(ours.world_to_pixel_values(*world), (x, y), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


def test_a_cube_has_three_of_each():
    ours, theirs = WCS(CUBE), of_astropy(CUBE)
    pixels = np.random.default_rng(1).uniform(-5, 45, (3, 50))
    world = ours.pixel_to_world_values(*pixels)
    lon, lat, frequency = theirs.wcs_pix2world(*pixels, 0)
    assert separation(world[0], world[1], lon, lat).max() < 1e-9
    np.testing.assert_allclose(world[2], frequency, rtol=1e-14)
    np.testing.assert_allclose(ours.world_to_pixel_values(*world), pixels, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int64, torch.uint8, torch.bool]
)
def test_every_dtype_is_computed_in_float64(dtype):
    x, y = torch.tensor([0, 1]).to(dtype), torch.tensor([1, 0]).to(dtype)
    given = TAN_WCS.pixel_to_world_values(x, y)
    expected = TAN_WCS.pixel_to_world_values(x.double(), y.double())
    assert given[0].dtype == torch.float64
    assert torch.equal(torch.stack(given), torch.stack(expected))


def test_numbers_lists_and_empty_tensors():
    lon, lat = TAN_WCS.pixel_to_world_values(149.5, 89)
    assert lon.shape == ()
    assert (lon.item(), lat.item()) == (210.5, 54.25)
    assert TAN_WCS.pixel_to_world_values([1, 2], 3.0)[0].shape == (2,)
    assert TAN_WCS.pixel_to_world_values(torch.empty(0, 3), 1)[1].shape == (0, 3)


def test_numpy_arrays_give_numpy_arrays():
    for x in (np.arange(6.0).reshape(2, 3)[:, ::-1], np.arange(3, dtype=">i2"), np.float32(5)):
        lon, lat = TAN_WCS.pixel_to_world_values(x, 5)
        assert isinstance(lon, np.ndarray)
        assert lon.shape == np.shape(x)
        expected = TAN_WCS.pixel_to_world_values(torch.tensor(np.array(x, float)), 5)
        np.testing.assert_array_equal(lat, expected[1])
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    assert TAN_WCS.pixel_to_world_values(fixed, fixed)[0].shape == (3,)
    assert isinstance(TAN_WCS.pixel_to_world_values(torch.ones(2), np.ones(2))[0], torch.Tensor)


def test_one_axis_gives_one_tensor():
    line = WCS(LINE)
    world = line.pixel_to_world_values([0, 10])
    torch.testing.assert_close(world, torch.tensor([5e-7, 5.01e-7], dtype=torch.float64))
    torch.testing.assert_close(
        line.world_to_pixel_values(world), torch.tensor([0.0, 10], dtype=torch.float64)
    )


def test_array_indices_are_reversed_and_rounded():
    world = TAN_WCS.array_index_to_world_values(7, 250)
    assert torch.equal(torch.stack(world), torch.stack(TAN_WCS.pixel_to_world_values(250, 7)))
    index = TAN_WCS.world_to_array_index_values(*TAN_WCS.pixel_to_world_values(249.7, 7.4))
    assert [part.dtype for part in index] == [torch.int64] * 2
    assert [part.item() for part in index] == [7, 250]
    lowest = TAN_WCS.world_to_array_index_values(30.5, -54.25)  # behind the plane of TAN
    assert [part.item() for part in lowest] == [-(2**63)] * 2


def test_long_arrays_are_those_of_short_ones():
    x = torch.rand(200_001, dtype=torch.float64) * 300
    y = torch.rand(3, 1, dtype=torch.float64) * 200
    lon, lat = TAN_WCS.pixel_to_world_values(x, y)
    assert lon.shape == (3, 200_001)
    rows = [TAN_WCS.pixel_to_world_values(x[5::10_000], row) for row in y]
    torch.testing.assert_close(
        lon[:, 5::10_000], torch.stack([r[0] for r in rows]), rtol=1e-15, atol=0
    )
    torch.testing.assert_close(
        lat[:, 5::10_000], torch.stack([r[1] for r in rows]), rtol=1e-15, atol=0
    )


@pytest.mark.parametrize("header", [TAN, CUBE, LINE], ids=["TAN", "CUBE", "LINE"])
def test_axes_are_described_as_astropy_does(header):
    ours, theirs = WCS(header), of_astropy(header)
    for name in (
        "pixel_n_dim", "world_n_dim", "pixel_shape", "array_shape", "world_axis_physical_types",
        "world_axis_units", "world_axis_names", "pixel_axis_names", "serialized_classes",
    ):  # fmt: skip
        expected = getattr(theirs, name)
        expected = tuple(expected) if isinstance(expected, list) else expected
        assert getattr(ours, name) == expected, name
    np.testing.assert_array_equal(ours.axis_correlation_matrix, theirs.axis_correlation_matrix)


def test_distortion_mixes_the_axes():
    assert WCS(SIP).axis_correlation_matrix.all()
    assert WCS(SIP).has_distortion
    assert not TAN_WCS.has_distortion


def test_sizes_on_the_sky():
    from astropy.wcs.utils import proj_plane_pixel_area, proj_plane_pixel_scales

    theirs = of_astropy(TAN)
    np.testing.assert_allclose(TAN_WCS.pixel_scale(), proj_plane_pixel_scales(theirs), rtol=1e-14)
    np.testing.assert_allclose(TAN_WCS.pixel_area(), proj_plane_pixel_area(theirs), rtol=1e-14)
    corners = theirs.calc_footprint()
    assert separation(*TAN_WCS.footprint().T, *corners.T).max() < 1e-9
    corners = theirs.calc_footprint(axes=(60, 50))
    assert separation(*TAN_WCS.footprint((50, 60)).T, *corners.T).max() < 1e-9
    assert WCS(CUBE).footprint().shape == (4, 2)


def test_copies_and_pickles():
    for wcs in (TAN_WCS, WCS(SIP), WCS(CUBE)[3, ::2]):
        expected = wcs.pixel_to_world_values(*[3.0] * wcs.pixel_n_dim)
        for other in (copy.copy(wcs), copy.deepcopy(wcs), pickle.loads(pickle.dumps(wcs))):
            found = other.pixel_to_world_values(*[3.0] * wcs.pixel_n_dim)
            assert torch.equal(torch.stack(found), torch.stack(expected))
            assert repr(other) == repr(wcs)


def test_to_a_device():
    meta = TAN_WCS.to("meta")
    assert meta.device.type == "meta"
    lon, _ = meta.pixel_to_world_values(torch.zeros(5, device="meta"), 1)
    assert (lon.device.type, lon.shape) == ("meta", (5,))
    assert TAN_WCS.device.type == "cpu"
    assert TAN_WCS.to("cpu").pixel_to_world_values(1, 1)[0].device.type == "cpu"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("header", MANY.values(), ids=MANY.keys())
def test_nothing_stays_on_the_host(header):
    wcs = WCS(header).to("meta")
    pixels = [torch.zeros(10, device="meta")] * wcs.pixel_n_dim
    back = wcs.world_to_pixel_values(*wcs.pixel_to_world_values(*pixels))
    assert {part.device.type for part in back} == {"meta"}


def test_coordinates_may_be_on_another_device_than_the_wcs():
    lon, lat = TAN_WCS.pixel_to_world_values(torch.zeros(5, device="meta"), 1)
    assert lon.device.type == lat.device.type == "meta"


def test_repr_tells_axes_scale_and_frame():
    text = repr(WCS(CUBE))
    for part in (
        "3 world axes",
        "20 x 30 x 40",
        "ICRS",
        "RA---SIN",
        "83.6 deg",
        "FREQ",
        "1.42e+09 Hz",
    ):
        assert part in text
    assert "distorted" in repr(WCS(SIP))


def test_frames_are_kept():
    assert (TAN_WCS.radesys, TAN_WCS.equinox, TAN_WCS.key) == ("FK5", 2000.0, " ")


def test_import_torchfits_imports_no_torch():
    code = "import sys, torchfits; assert 'torch' not in sys.modules; torchfits.WCS; import torch"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1,), TypeError, r"takes 2 arguments \(pixel axis 1, pixel axis 2\), 1 was given"),
        ((1, 2, 3), TypeError, "takes 2 arguments .*, 3 were given"),
        ((1, "2"), TypeError, "pixel axis 2 is '2'; coordinates are numbers"),
        ((None, 2), TypeError, "pixel axis 1 is None"),
        ((1j, 2), TypeError, "coordinates are numbers"),
        ((torch.ones(2) * 1j, 2), TypeError, "pixel axis 1 is complex"),
        ((np.array(["a"]), 2), TypeError, "array of dtype <U1"),
        (({}, 2), TypeError, "of type dict"),
        ((torch.ones(2), torch.ones(3)), ValueError, r"shapes \(2,\), \(3,\) do not broadcast"),
    ],
)
def test_wrong_coordinates(arguments, error, message):
    with pytest.raises(error, match=message):
        TAN_WCS.pixel_to_world_values(*arguments)


def test_wrong_world_coordinates_are_named():
    with pytest.raises(TypeError, match=r"takes 3 arguments \(RA, DEC, FREQ\), 1 was given"):
        WCS(CUBE).world_to_pixel_values(1)
    from astropy import units

    with pytest.raises(TypeError, match=r"RA is a Quantity; give its numbers: x.to_value\('deg'\)"):
        TAN_WCS.world_to_pixel_values(3 * units.deg, 4)


def test_a_footprint_needs_two_axes_and_a_shape():
    with pytest.raises(ValueError, match="needs two pixel and two world axes, not 1 and 1"):
        WCS(LINE).footprint()
    without = {key: value for key, value in TAN.items() if not key.startswith("NAXIS")}
    with pytest.raises(ValueError, match=r"give shape=\(height, width\)"):
        WCS(without).footprint()
    with pytest.raises(ValueError, match="at least one pixel"):
        WCS(without).footprint((0, 5))


def test_a_singular_matrix_is_named():
    with pytest.raises(ValueError, match="CDELT2 = 0"):
        WCS({**CUBE, "CDELT2": 0.0})
    with pytest.raises(ValueError, match=r"CDi_j = .* is singular"):
        WCS({**TAN, "CD1_1": 0.1, "CD1_2": 0.2, "CD2_1": 0.3, "CD2_2": 0.6})


def test_an_open_file_gives_the_wcs_of_its_hdus(tmp_path):
    path = tmp_path / "field.fits"
    header = {key: value for key, value in TAN.items() if not key.startswith("NAXIS")}
    torchfits.write(path, torch.zeros(200, 300), header=header)
    with torchfits.open(path) as f:
        wcs = f[0].wcs
    assert wcs.array_shape == (200, 300)
    assert wcs.pixel_to_world_values(149.5, 89)[0].item() == 210.5


def test_points_that_a_distortion_does_not_reach_are_counted():
    wcs = WCS({**SIP, "A_2_0": 1e-3})  # folds 500 pixels from the centre
    lon = torch.tensor([210.5, 210.5 + 0.6, 30.5], dtype=torch.float64)
    lat = torch.tensor([54.25, 54.25, -54.25], dtype=torch.float64)
    x, _ = wcs.world_to_pixel_values(lon, lat)
    assert x.isnan().tolist() == [False, True, True]  # the last is behind the plane of TAN
    assert wcs.unconverged(lon, lat).tolist() == [False, True, False]
    assert wcs.unconverged(lon, lat).sum() == 1


def test_times_are_told():
    wcs = WCS({**LINE, "CTYPE1": "TIME", "CUNIT1": "s", "MJDREF": 51544.5, "TIMESYS": "TT"})
    assert wcs.time.scale == "TT"
    assert (wcs.time.days, wcs.time.fraction) == (51544, 0.5)
    assert wcs.world_axis_physical_types == ("time",)
    assert TAN_WCS.time is None
