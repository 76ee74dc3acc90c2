# SPDX-License-Identifier: BSD-3-Clause
"""WCS beside astropy's objects: SkyCoord in and out, and the interface of APE 14."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.wcs.wcsapi import BaseLowLevelWCS, HighLevelWCSWrapper
from wcs_headers import CUBE, LINE, SIP, TAN, of_astropy

from torchfits import WCS

FRAMES = [
    {"RADESYS": "ICRS"}, {"RADESYS": "FK5", "EQUINOX": 1975.0},
    {"RADESYS": "FK4", "EQUINOX": 1950.0},
    {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"}, {"CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"},
]  # fmt: skip


def framed(frame):
    return {**{k: v for k, v in TAN.items() if k not in ("RADESYS", "EQUINOX")}, **frame}


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: "-".join(map(str, frame.values())))
def test_sky_coordinates_are_in_the_frame_of_the_header(frame):
    ours, theirs = WCS(framed(frame)), of_astropy(framed(frame))
    x, y = np.array([1.0, 250.0]), np.array([7.0, 150.0])
    found, expected = ours.pixel_to_world(x, y), theirs.pixel_to_world(x, y)
    assert found.is_equivalent_frame(expected)
    assert found.separation(expected).max() < 1e-9 * units.deg
    position = SkyCoord(210.5, 54.2, unit="deg", frame="icrs")
    position = found[0].transform_to("icrs") if position is None else position
    np.testing.assert_allclose(ours.world_to_pixel(found), (x, y), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        ours.world_to_pixel(position), theirs.world_to_pixel(position), rtol=0, atol=1e-6
    )


def test_tensors_and_numbers_become_sky_coordinates():
    wcs = WCS(SIP)
    several = wcs.pixel_to_world(torch.tensor([1, 2]), torch.tensor([3.0, 4.0]))
    assert several.shape == (2,)
    one = wcs.pixel_to_world(1, 3)
    assert one.shape == ()
    assert one.separation(several[0]).deg < 1e-12


def test_other_axes_are_quantities():
    sky, frequency = WCS(CUBE).pixel_to_world([3.0], [4.0], [5.0])
    assert isinstance(sky, SkyCoord)
    assert frequency.unit == units.Hz
    assert abs(frequency[0] - 1.4205e9 * units.Hz) < 1e-5 * units.Hz
    back = WCS(CUBE).world_to_pixel(sky, frequency)
    np.testing.assert_allclose(np.ravel(back), [3, 4, 5], rtol=0, atol=1e-6)
    assert abs(WCS(LINE).pixel_to_world(10) - 5.01e-7 * units.m) < 1e-20 * units.m


def test_the_wrapper_of_astropy_takes_it():
    wcs = WCS(TAN)
    assert isinstance(wcs, BaseLowLevelWCS)
    wrapped = HighLevelWCSWrapper(wcs)
    for pixels in ((np.float64(1), np.float64(2)), (np.arange(3.0), np.ones(3))):
        expected = of_astropy(TAN).pixel_to_world(*pixels)
        assert wrapped.pixel_to_world(*pixels).separation(expected).max() < 1e-9 * units.deg
    position = SkyCoord([210.5], [54.2], unit="deg", frame="fk5")
    np.testing.assert_allclose(
        wrapped.world_to_pixel(position), of_astropy(TAN).world_to_pixel(position), atol=1e-6
    )
    index = wrapped.world_to_array_index(position)
    assert [int(part[0]) for part in index] == [
        int(part[0]) for part in of_astropy(TAN).world_to_array_index(position)
    ]
    three, four = np.array([3]), np.array([4])
    apart = wrapped.array_index_to_world(three, four).separation(
        wrapped.pixel_to_world(four, three)
    )
    assert apart.deg < 1e-12


def test_a_wcs_from_before_astropy_is_known_when_asked():
    code = f"""
import torchfits
wcs = torchfits.WCS({TAN!r})
from astropy.wcs.wcsapi import HighLevelWCSWrapper
import numpy
pixel = numpy.array([149.5]), numpy.array([89])
print(HighLevelWCSWrapper(wcs.low_level_wcs).pixel_to_world(*pixel).ra.deg[0].item())
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "210.5"


def test_without_astropy_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "astropy", None)
    monkeypatch.setitem(sys.modules, "astropy.wcs", None)
    with pytest.raises(ImportError, match=r"pip install 'torchfits\[astropy\]'"):
        WCS(TAN).pixel_to_world(1, 2)


def test_headers_written_are_those_that_astropy_reads():
    for header, key, shape in (
        (TAN, np.s_[10:, 20:], 2), (SIP, np.s_[10:, 20:], 2), (SIP, np.s_[10::2, 20::3], 2),
        (CUBE, np.s_[4], 2), (CUBE, np.s_[4, 3:9, ::2], 2), (TAN, np.s_[:, ::-2], 2),
    ):  # fmt: skip
        part = WCS(header)[key]
        theirs = of_astropy(dict(part.to_header().items()))
        again = WCS(part.to_header())
        pixels = np.arange(5.0), np.arange(5.0) + 2
        expected = part.pixel_to_world_values(*pixels)
        np.testing.assert_allclose(theirs.all_pix2world(*pixels, 0), expected, rtol=1e-13)
        np.testing.assert_allclose(again.pixel_to_world_values(*pixels), expected, rtol=1e-13)
        assert again.pixel_n_dim == shape


def test_the_header_of_a_row_has_the_other_axis_behind():
    part = WCS(CUBE)[4, :, 7]
    header = part.to_header()
    assert header["WCSAXES"] == 2
    whole = WCS(header)
    expected = part.pixel_to_world_values([1.0, 5.0])
    found = whole.pixel_to_world_values([1.0, 5.0], 0)
    np.testing.assert_allclose(torch.stack(found), torch.stack(expected), rtol=1e-14)
    with pytest.raises(ValueError, match="A_ORDER: this distortion belongs to the first two axes"):
        WCS(SIP)[:, 7].to_header()


def test_matplotlib_draws_it():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    figure = pyplot.figure()
    axes = figure.add_subplot(projection=WCS(TAN))
    axes.imshow(np.zeros((200, 300)))
    figure.canvas.draw()
    assert axes.coords[0].coord_type == "longitude"
    pyplot.close(figure)
