# SPDX-License-Identifier: BSD-3-Clause
"""Every WCS of the corpus beside wcslib: 200 pixels over and around each image, both ways."""

import pickle
import warnings

import astropy.wcs
import numpy as np
import pytest
from astropy.io import fits
from corpus_files import CORPUS, REASON, corpus_files
from wcs_headers import of_astropy, separation

import torchfits
from torchfits import WCS

POINTS = 200
MARGIN = 0.1  # of the length of each axis, on either side
WORLD, PIXEL = 1e-9, 1e-6  # degrees on the sky; pixels
SKY = ("RA", "DE")
RELATIVE = 1e-12  # of other world coordinates
pytestmark = pytest.mark.filterwarnings("ignore")


def header_files():
    paths = sorted(CORPUS.glob("wcs_headers/*.hdr"))
    if not paths:
        return [pytest.param(None, marks=pytest.mark.skip(reason=REASON), id="no-corpus")]
    return [pytest.param(path, id=path.name) for path in paths]


def pixels_around(shape):
    """0-based pixels in the order of FITS; axes of one pixel stay on it."""
    rng = np.random.default_rng(20)
    return [
        rng.uniform(-MARGIN * n, (1 + MARGIN) * n, POINTS) if n > 1 else np.zeros(POINTS)
        for n in shape
    ]


def compare(ours, theirs):
    lengths = ours.pixel_shape or theirs.pixel_shape or [1000] * ours.pixel_n_dim
    pixels = pixels_around(lengths)
    with np.errstate(all="ignore"):
        expected = np.atleast_2d(theirs.all_pix2world(*pixels, 0))
    found = np.atleast_2d(ours.pixel_to_world_values(*pixels))
    outside = ~np.isfinite(expected).all(0)
    assert np.isnan(found[:, outside]).any(0).all(), "points that wcslib does not have"
    assert np.isfinite(found[:, ~outside]).all(), "points that wcslib has"
    pixels, expected, found = (np.array(part)[:, ~outside] for part in (pixels, expected, found))
    if pixels.size:
        compare_world(ours, found, expected)
        compare_way_back(ours, theirs, found, pixels)


def compare_world(ours, found, expected):
    sky = list(ours._description.celestial or ())
    if sky:
        # wcslib computes CSC in single precision
        limit = 2e-5 if ours.ctype[sky[0]].endswith("CSC") else WORLD
        assert separation(*found[sky], *expected[sky]).max() < limit
    for axis in set(range(ours.world_n_dim)) - set(sky):
        np.testing.assert_allclose(found[axis], expected[axis], rtol=RELATIVE, atol=1e-15)


def compare_way_back(ours, theirs, world, pixels):
    back = np.atleast_2d(ours.world_to_pixel_values(*world))
    bound = np.maximum(1e-8, 8 * np.spacing(np.abs(world)).max(0) / ours.pixel_scale().min().item())
    assert (np.abs(back - pixels) <= bound).all(), f"round trip: {np.abs(back - pixels).max()}"
    try:
        reference = np.atleast_2d(theirs.all_world2pix(*world, 0, quiet=True))
    except Exception:  # noqa: BLE001  wcslib has no way back for some
        return
    right = np.abs(reference - pixels).max(0) < PIXEL / 10  # it is coarse for some
    np.testing.assert_allclose(back[:, right], reference[:, right], rtol=0, atol=PIXEL)


def header_text(path):
    """Cards of 80 characters, one after another or one a line."""
    text = path.read_text("latin-1")
    return "".join(f"{line:80}" for line in text.splitlines()) if "\n" in text else text


@pytest.mark.parametrize("path", header_files())
def test_headers(path):
    header = fits.Header.fromstring(header_text(path))
    pair = [int(key[5:]) for key in header if key.startswith("TCTYP") and header[key][:2] in SKY]
    if pair:  # a pixel list
        compare(WCS(header, columns=pair), of_astropy(header, keysel=["pixel"], colsel=pair))
    else:
        compare(WCS(header_text(path)), of_astropy(header))


@pytest.mark.parametrize("path", corpus_files(but=("bad",)))
def test_images(path):
    """Headers that say nothing of coordinates have linear ones, here as there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = fits.open(path)
        except ModuleNotFoundError as error:
            pytest.skip(f"astropy: {error}")
    with theirs, torchfits.open(path) as file:
        for hdu, other in zip(file, theirs, strict=True):
            if hdu.kind not in ("image", "compressed_image"):
                continue
            if not hdu.shape and "CTYPE1" not in hdu.header:
                continue
            try:
                reference = of_astropy(other.header, fobj=theirs)
            except astropy.wcs.WcsError:
                with pytest.raises(ValueError, match="[A-Z]+[0-9]"):
                    _ = hdu.wcs
                continue
            compare(hdu.wcs, reference)


@pytest.mark.parametrize("path", corpus_files("wcs"))
def test_loaded_tables_travel_with_a_pickle(path):
    with torchfits.open(path) as file:
        wcs = next(hdu for hdu in file if "CTYPE1" in hdu.header).wcs
    copy = pickle.loads(pickle.dumps(wcs))
    pixels = [np.array([3.0, 5.5])] * wcs.pixel_n_dim
    found, expected = copy.pixel_to_world_values(*pixels), wcs.pixel_to_world_values(*pixels)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        copy.world_to_pixel_values(*expected), wcs.world_to_pixel_values(*expected)
    )
