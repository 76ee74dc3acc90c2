# SPDX-License-Identifier: BSD-3-Clause
"""Distortions by look-up tables beside astropy: detector, prior, with SIP, and the way back."""

import io
import pickle

import numpy as np
import pytest
import torch
from astropy.io import fits
from corpus_files import CORPUS, REASON
from wcs_headers import SIP, TAN, of_astropy, separation

import torchfits
from torchfits import WCS

RNG = np.random.default_rng(4)
SMALL = RNG.normal(0, 0.2, (2, 9, 13)).astype(np.float32)


def lookup_file(base, tables, **changes):
    """`tables` is a list of (keyword, record, EXTNAME, axis, data, header)."""
    header = fits.Header(list(base.items()))
    hdus = []
    for keyword, record, extname, axis, data, cards in tables:
        version = 1 + sum(hdu.name == extname for hdu in hdus)
        header[f"{keyword}{axis}"] = "LOOKUP"
        for text in (f"EXTVER: {version}", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2"):
            header.append((f"{record}{axis}", text), end=True)
        hdu = fits.ImageHDU(data, name=extname, ver=version)
        hdu.header.update(cards)
        hdus.append(hdu)
    header.update(changes)
    for keyword in ("NAXIS", "NAXIS1", "NAXIS2"):
        header.remove(keyword)
    stream = io.BytesIO()
    primary = fits.PrimaryHDU(np.zeros((200, 300), np.uint8), header)
    fits.HDUList([primary, *hdus]).writeto(stream)
    return stream.getvalue()


def table(keyword, axis, data, **cards):
    record = {"CPDIS": "DP", "D2IMDIS": "D2IM", "CQDIS": "DQ"}[keyword]
    extname = "D2IMARR" if keyword == "D2IMDIS" else "WCSDVARR"
    cards = {"CRPIX1": 1.0, "CRPIX2": 1.0, "CRVAL1": 1.0, "CRVAL2": 1.0,
             "CDELT1": 24.0, "CDELT2": 24.0} | cards  # fmt: skip
    return keyword, record, extname, axis, data, cards


PRIOR = [table("CPDIS", 1, SMALL[0]), table("CPDIS", 2, SMALL[1], CRPIX1=0.0, CRVAL2=-7.5)]
DETECTOR = [
    table("D2IMDIS", 1, SMALL[1, :1], CDELT2=1.0),
    table("D2IMDIS", 2, SMALL[0].T.copy(), CDELT1=33.5),
]
CASES = {
    "prior": (TAN, PRIOR),
    "one": (TAN, PRIOR[1:]),
    "detector": (TAN, DETECTOR),
    "both": (TAN, [*DETECTOR, *PRIOR]),
    "sip": (SIP, PRIOR),
    "all": (SIP, [*DETECTOR, *PRIOR]),
}


def pixels():
    x, y = RNG.uniform(-40, 340, 400), RNG.uniform(-40, 240, 400)
    x[:60], y[:60] = RNG.integers(-2, 14, 60) * 24.0, RNG.integers(-2, 10, 60) * 24.0
    return x, y


def compare(ours, theirs, places):
    expected = theirs.all_pix2world(*places, 0)
    found = ours.pixel_to_world_values(*places)
    assert separation(*found, *expected).max() < 1e-11
    back = ours.world_to_pixel_values(*found)
    np.testing.assert_allclose(back, places, rtol=0, atol=1e-8)


def both(data, hdu=0):
    theirs = fits.open(io.BytesIO(data))
    return torchfits.open(data)[hdu].wcs, of_astropy(theirs[hdu].header, fobj=theirs)


@pytest.mark.parametrize("case", CASES)
def test_beside_astropy(case):
    ours, theirs = both(lookup_file(*CASES[case]))
    assert ours.has_distortion
    compare(ours, theirs, pixels())


def test_sip_and_prior_tables_are_added_at_the_same_pixel():
    ours, theirs = both(lookup_file(SIP, PRIOR))
    x, y = pixels()
    moved = theirs.sip_pix2foc(x, y, 0)
    moved = [m + c for m, c in zip(moved, (150.5, 90.0), strict=True)]
    tables = theirs.p4_pix2foc(x, y, 0)
    moved = [m + t - p for m, t, p in zip(moved, tables, (x, y), strict=True)]
    expected = theirs.wcs_pix2world(*moved, 0)
    assert separation(*ours.pixel_to_world_values(x, y), *expected).max() < 1e-11


def test_a_transposed_table():
    data = lookup_file(TAN, PRIOR).replace(b"'AXIS.1: 1'", b"'AXIS.1: 2'", 1)
    compare(*both(data), pixels())


@pytest.mark.parametrize("axis", [1, 2])
def test_axiscorr(axis):
    """The older form for the detector: one row, or a vector, for the axis that is named."""
    stream = io.BytesIO()
    header = fits.Header([(k, v) for k, v in TAN.items() if "NAXIS" not in k])
    header["AXISCORR"] = axis
    row = fits.ImageHDU(RNG.normal(0, 0.01, 300).astype(np.float32), name="D2IMARR")
    row.header.update({"CRPIX1": 12.0, "CRVAL1": 10.0, "CDELT1": 1.0})
    fits.HDUList([fits.PrimaryHDU(np.zeros((9, 9)), header), row]).writeto(stream)
    data = stream.getvalue()
    compare(*both(data), pixels())
    with pytest.warns(torchfits.FITSWarning, match="AXISCORR.*left out"):
        assert not WCS(torchfits.open(data)[0].header).has_distortion


def test_a_real_file():
    path = CORPUS / "wcs" / "dist_lookup.fits.gz"
    if not path.exists():
        pytest.skip(REASON)
    theirs = fits.open(path)
    ours = torchfits.open(path)[1].wcs
    places = RNG.uniform(-200, 4300, 300), RNG.uniform(-200, 2300, 300)
    compare(ours, of_astropy(theirs[1].header, fobj=theirs), places)


def test_tables_behind_the_matrix():
    """CQDISi: the table is over intermediate pixels, its offsets are in these (draft, 2.2)."""
    base = {k: v for k, v in TAN.items() if "CD" not in k}
    base |= {"CDELT1": -2e-4, "CDELT2": 2.1e-4, "PC1_2": 0.1, "PC2_1": -0.1}
    cards = {"CRVAL1": -144.0, "CRVAL2": -96.0}
    ours = torchfits.open(lookup_file(base, [table("CQDIS", 1, SMALL[0], **cards)]))[0].wcs
    x, y = RNG.uniform(40, 260, 50), RNG.uniform(30, 150, 50)
    p, q = x - 149.5, y - 89.0
    p, q = p + 0.1 * q, q - 0.1 * p
    s, t = (p + 144) / 24, (q + 96) / 24
    i, j = np.floor(s).astype(int), np.floor(t).astype(int)
    s, t = s - i, t - j
    data = SMALL[0].astype(float)
    offset = (data[j, i] * (1 - s) + data[j, i + 1] * s) * (1 - t)
    offset += (data[j + 1, i] * (1 - s) + data[j + 1, i + 1] * s) * t
    straight = WCS(base)
    inverse = np.linalg.inv([[1, 0.1], [-0.1, 1]]) @ [p + offset, q]
    expected = straight.pixel_to_world_values(inverse[0] + 149.5, inverse[1] + 89.0)
    found = ours.pixel_to_world_values(x, y)
    assert separation(*found, *expected).max() < 1e-11
    back = ours.world_to_pixel_values(*found)
    np.testing.assert_allclose(back, (x, y), rtol=0, atol=1e-8)


def test_a_fold_has_no_way_back():
    """Offsets that turn the image over are not solved with a wrong pixel."""
    steep = np.tile(np.array([0, -60, 60, 0], np.float32), (4, 1))
    ours = torchfits.open(lookup_file(TAN, [table("CPDIS", 1, steep)]))[0].wcs
    places = np.linspace(1, 71, 50), np.full(50, 30.0)
    world = ours.pixel_to_world_values(*places)
    back = np.array(ours.world_to_pixel_values(*world))
    known = np.isfinite(back).all(0)
    again = np.array(ours.pixel_to_world_values(*back[:, known]))
    np.testing.assert_allclose(again, np.array(world)[:, known], rtol=0, atol=1e-10)


@pytest.mark.parametrize("case", ["both", "all"])
def test_gradients_vmap_and_pickle(case):
    wcs = torchfits.open(lookup_file(*CASES[case]))[0].wcs
    places = [torch.tensor(v, dtype=torch.float64) for v in ([30.0, 100.3], [50.5, -30.0])]
    world = wcs.pixel_to_world_values(*places)

    def offsets(*pixels):
        return [
            1e4 * (a - b[0]) for a, b in zip(wcs.pixel_to_world_values(*pixels), world, strict=True)
        ]

    def back(*steps):
        return wcs.world_to_pixel_values(*(w + 1e-4 * s for w, s in zip(world, steps, strict=True)))

    for call, values in ((offsets, places), (back, [torch.zeros_like(v) for v in places])):
        inputs = [value.clone().requires_grad_() for value in values]
        checked = lambda *v, call=call: tuple(call(*v))  # noqa: E731
        assert torch.autograd.gradcheck(checked, inputs, eps=1e-4, atol=1e-5)
    for name, values in (("pixel_to_world_values", places), ("world_to_pixel_values", world)):
        plain = torch.stack(getattr(wcs, name)(*values))
        mapped = torch.stack(torch.func.vmap(getattr(wcs, name))(*values))
        torch.testing.assert_close(mapped, plain, rtol=1e-13, atol=1e-9)
        copied = pickle.loads(pickle.dumps(wcs))
        assert torch.equal(torch.stack(getattr(copied, name)(*values)), plain)


def test_missing_points():
    wcs = torchfits.open(lookup_file(*CASES["all"]))[0].wcs
    values = [torch.tensor([torch.nan, torch.inf, -torch.inf, 1.0], requires_grad=True)] * 2
    for call in (wcs.pixel_to_world_values, wcs.world_to_pixel_values):
        assert torch.isnan(torch.stack(call(*values))[:, :3]).all()


@pytest.mark.parametrize("keyword", ["CPDIS", "D2IMDIS"])
def test_the_table_is_needed(keyword):
    data = lookup_file(TAN, [table(keyword, 1, SMALL[0])])
    file = torchfits.open(data)
    with pytest.raises(ValueError, match=rf"{keyword}1 = 'LOOKUP'.*hdu\.wcs.*file="):
        WCS(file[0].header)
    with pytest.raises(ValueError, match=rf"{keyword}1 = 'LOOKUP'.*version 1.*has none"):
        WCS(file[0].header, file={})
    name = file[1].name
    assert WCS(file[0].header, file={(name, 1): file[1]}).has_distortion


@pytest.mark.parametrize(
    ("data", "cards", "message"),
    [
        (np.zeros((2, 3, 4), np.float32), {}, "image of two axes"),
        (SMALL[0], {"CDELT1": 0.0}, "CDELT1 = 0"),
        (SMALL[0], {"CRVAL2": "text"}, "CRVAL2 = 'text'"),
        (None, {}, "image of two axes"),
    ],
)
def test_bad_tables(data, cards, message):
    file = torchfits.open(lookup_file(TAN, [table("CPDIS", 1, data, **cards)]))
    with pytest.raises(ValueError, match=message):
        _ = file[0].wcs


def test_other_distortions_are_reported():
    """As in astropy, a polynomial of this kind is left out with a warning."""
    with pytest.warns(torchfits.FITSWarning, match="CPDIS1 = 'POLYNOMIAL'"):
        assert not WCS(TAN | {"CPDIS1": "POLYNOMIAL"}).has_distortion
