# SPDX-License-Identifier: BSD-3-Clause
"""Boxes around positions: pixel for pixel those of astropy's Cutout2D, each byte read once."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from comparison import assert_same
from fits_bytes import card, empty_primary, field, image, table
from hypothesis import given, settings
from hypothesis import strategies as st
from tile_bytes import compressed

import torchfits
from torchfits import sky

nddata = pytest.importorskip("astropy.nddata")
astropy_wcs = pytest.importorskip("astropy.wcs")
units = pytest.importorskip("astropy.units")
coordinates = pytest.importorskip("astropy.coordinates")

HEIGHT, WIDTH, TILE = 60, 75, 16
PIXELS = (np.arange(HEIGHT * WIDTH) % 32749 - 9000).astype("i2").reshape(HEIGHT, WIDTH)
WCS_CARDS = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 359.999, "CRVAL2": 41.0, "CRPIX1": 30.5,
    "CRPIX2": 20.0, "CD1_1": -1e-4, "CD1_2": 2e-5, "CD2_1": 1e-5, "CD2_2": 2e-4,
    "RADESYS": "FK5", "EQUINOX": 2000.0,
}  # fmt: skip
CARDS = [card(keyword, value) for keyword, value in WCS_CARDS.items()]
PLAIN = image(PIXELS, extra=CARDS)
TILED = compressed(PIXELS, (TILE, TILE), "RICE_1", word=2, keywords=WCS_CARDS)
BOTH = pytest.mark.parametrize("content", [PLAIN, TILED], ids=["plain", "tiled"])


def their_wcs() -> astropy_wcs.WCS:
    return astropy_wcs.WCS(WCS_CARDS)


def partial(pixels: np.ndarray, x: float, y: float, size: object, fill: float) -> np.ndarray:
    """Cutout2D; a box that lies outside altogether is all fill."""
    try:
        return nddata.Cutout2D(pixels, (x, y), size, mode="partial", fill_value=fill).data
    except nddata.NoOverlapError:
        shape = size if isinstance(size, tuple) else (size, size)
        return np.full(shape, fill, pixels.dtype)


sizes = st.integers(1, 9)
# Halves and quarters are exact; beyond the edges and far away.
places = st.integers(-60, 400).map(lambda n: n / 4) | st.floats(-1e6, 1e6)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(places, places), max_size=8), st.tuples(sizes, sizes), st.booleans())
def test_boxes_are_those_of_astropy(
    positions: list[tuple[float, float]], size: tuple[int, int], tiled: bool
) -> None:
    got = torchfits.cutouts(TILED if tiled else PLAIN, positions, size, frame="pixel", fill=-32768)
    expected = [partial(PIXELS, x, y, size, -32768) for x, y in positions]
    assert_same(got, np.array(expected, "i2").reshape(-1, *size))


def pixels_on_sky(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels well inside, and their RA and DEC by astropy."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(8, WIDTH - 9, count), random.uniform(8, HEIGHT - 9, count)
    ra, dec = their_wcs().all_pix2world(x, y, 0)
    return np.stack([x, y], 1), ra, dec


@BOTH
def test_positions_on_the_sky(content: bytes) -> None:
    pixels, ra, dec = pixels_on_sky(40)
    got = torchfits.cutouts(content, np.stack([ra, dec], 1), 7)
    expected = [partial(PIXELS, x, y, 7, 0) for x, y in pixels]
    assert_same(got, np.stack(expected))
    for index in (0, 13):
        one = torchfits.cutout(content, center=(ra[index], dec[index]), size=7)
        assert_same(one, expected[index])


def test_every_form_of_positions() -> None:
    pixels, ra, dec = pixels_on_sky(9)
    expected = torchfits.cutouts(PLAIN, pixels, 5, frame="pixel")
    points = coordinates.SkyCoord(ra * units.deg, dec * units.deg, frame="fk5")
    lon, lat = sky.transform(ra, dec, "fk5", "galactic")
    named = {"ID": torch.arange(9), "ra": torch.from_numpy(ra), "Dec": torch.from_numpy(dec)}
    in_table = torchfits.Table({**named, "RAJ2000": torch.zeros(9), "DEJ2000": torch.zeros(9)})
    for positions, frame in [
        (torch.from_numpy(np.stack([ra, dec], 1)), None),
        (np.stack([ra, dec], 1).astype(">f8"), None),
        (np.stack([ra, dec], 1).tolist(), "fk5"),
        (in_table, None),
        (named, None),
        ({"RAJ2000": ra, "DEJ2000": dec}, None),
        (points, None),
        (points.galactic, None),
        (torch.stack([lon, lat], 1), "galactic"),
        ({"GLON": lon, "GLAT": lat}, sky.Frame("galactic")),
        (torch.stack(sky.fk5_to_icrs(ra, dec), 1), "icrs"),
    ]:
        got = torchfits.cutouts(PLAIN, positions, 5, frame=frame)
        assert torch.equal(got, expected)


def test_centers_of_every_form() -> None:
    pixels, ra, dec = pixels_on_sky(1)
    expected = torchfits.cutout(PLAIN, center=pixels[0], size=(3, 6), frame="pixel")
    assert expected.shape == (3, 6)
    point = coordinates.SkyCoord(ra[0] * units.deg, dec[0] * units.deg, frame="fk5")
    lon, lat = sky.transform(ra[0], dec[0], "fk5", "ecliptic")
    for center, frame in [
        ((ra[0], dec[0]), None),
        (torch.tensor([ra[0], dec[0]], dtype=torch.float64), "fk5"),
        (point, None),
        (point.galactic, None),
        ((lon, lat), "ecliptic"),
    ]:
        got = torchfits.cutout(PLAIN, center=center, size=(3, 6), frame=frame)
        assert torch.equal(got, expected)


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (5, (5, 5)),
        (np.int64(5), (5, 5)),
        ((4, 6), (4, 6)),
        ([4, 6], (4, 6)),
        ("5 pix", (5, 5)),
        (1e-3, (5, 10)),  # pixels are 1e-4 wide and 2e-4 high
        ((1e-3, 7), (5, 7)),
        ("3.6 arcsec", (5, 10)),
        ('3.6"', (5, 10)),
        (("0.06'", "1e-3 deg"), (5, 10)),
        (3.6 * units.arcsec, (5, 10)),
        ((6 * units.pix, 3.6 * units.arcsec), (6, 10)),
    ],
)
def test_sizes(size: object, shape: tuple[int, int]) -> None:
    _, ra, dec = pixels_on_sky(1)
    assert torchfits.cutout(PLAIN, center=(ra[0], dec[0]), size=size).shape == shape
    assert torchfits.cutouts(PLAIN, [(ra[0], dec[0])], size).shape == (1, *shape)


@BOTH
def test_the_same_from_an_open_file(content: bytes, tmp_path: Path) -> None:
    pixels, ra, dec = pixels_on_sky(30)
    expected = torchfits.cutouts(content, pixels, (6, 5), frame="pixel")
    path = tmp_path / "f.fits"
    path.write_bytes(content)
    with torchfits.open(path) as f:
        for _ in range(2):  # the second time from the tiles that are kept
            got = torchfits.cutouts(f, np.stack([ra, dec], 1), (6, 5), hdu=len(f) - 1)
            assert torch.equal(got, expected)
        assert not f.closed


def test_each_tile_is_decoded_once() -> None:
    positions = [(x, y) for y in range(4, 56, 3) for x in range(70, 4, -3)] * 2
    before = torchfits.stats()
    got = torchfits.cutouts(TILED, positions, 8, frame="pixel")
    after = torchfits.stats()
    tiles = math.ceil(HEIGHT / TILE) * math.ceil(WIDTH / TILE)
    assert after["tiles_decoded"] - before["tiles_decoded"] == tiles
    assert_same(got, np.stack([partial(PIXELS, x, y, 8, 0) for x, y in positions]))


@pytest.mark.parametrize("tile", [(1, WIDTH), (7, 75), (60, 75)])
def test_tiles_of_every_shape(tile: tuple[int, int]) -> None:
    pixels, _, _ = pixels_on_sky(50, seed=3)
    content = compressed(PIXELS, tile, "RICE_1", word=2)
    got = torchfits.cutouts(content, pixels, 11, frame="pixel")
    assert torch.equal(got, torchfits.cutouts(PLAIN, pixels, 11, frame="pixel"))


@BOTH
def test_only_what_is_needed_is_read(content: bytes) -> None:
    before = torchfits.stats()
    torchfits.cutouts(content, [(10.0, 10.0)], 4, frame="pixel")
    after = torchfits.stats()
    assert after["bytes_decoded"] - before["bytes_decoded"] == 2 * 16
    assert after["tiles_decoded"] - before["tiles_decoded"] == (content is TILED)


@BOTH
def test_positions_without_a_pixel(content: bytes) -> None:
    """Not a number, the other side of the sphere, infinite, and far outside."""
    pixels, ra, dec = pixels_on_sky(1)
    positions = [
        (math.nan, dec[0]), (ra[0], math.nan), (ra[0] + 180, -dec[0]), (math.inf, 0.0),
        (ra[0], dec[0] + 20), (ra[0], dec[0]),
    ]  # fmt: skip
    got, headers = torchfits.cutouts(content, positions, 5, fill=7, header=True)
    assert (got[:5] == 7).all()
    assert_same(got[5], partial(PIXELS, *pixels[0], 5, 0))
    assert [head is None for head in headers] == [True, True, True, True, False, False]
    for wrong in (0, 1, 2, 3):
        with pytest.raises(IndexError, match=r"position 1 \(.*\) has no pixel in the image"):
            torchfits.cutouts(content, [positions[5], positions[wrong]], 5)
    with pytest.raises(IndexError, match=r"position 1 \(359.99.*, 61.*\): the box \[.* outside"):
        torchfits.cutouts(content, [positions[5], positions[4]], 5)
    with pytest.raises(IndexError, match=r"^\(nan, 4.*has no pixel.*fill="):
        torchfits.cutout(content, center=(math.nan, 41.0), size=5)
    assert (torchfits.cutout(content, center=(math.nan, 41.0), size=5, fill=3) == 3).all()


def test_a_box_at_the_edge() -> None:
    with pytest.raises(IndexError, match=r"position 0 \(1, 30\) \(x, y\): the box \[28:33, -1:4\]"):
        torchfits.cutouts(PLAIN, [(1.0, 30.0)], 5, frame="pixel")
    got = torchfits.cutouts(PLAIN, [(1.0, 30.0)], 5, frame="pixel", fill=-1)
    assert_same(got[0], partial(PIXELS, 1, 30, 5, -1))
    assert torchfits.cutouts(PLAIN, [(2.0, 30.0)], 5, frame="pixel").shape == (1, 5, 5)


def test_forms_of_the_result() -> None:
    scaled = image(PIXELS, extra=[card("BSCALE", 0.5), card("BZERO", 10.0)])
    positions = [(20.0, 20.0), (40.25, 30.0)]
    natural = torchfits.cutouts(scaled, positions, 4, frame="pixel")
    assert natural.dtype == torch.float32
    stored = torchfits.cutouts(scaled, positions, 4, frame="pixel", scaled=False)
    assert stored.dtype == torch.int16
    assert torch.equal(natural, stored.float() * 0.5 + 10)
    double = torchfits.cutouts(PLAIN, positions, 4, frame="pixel", dtype=torch.float64)
    assert torch.equal(double, stored.double())
    out = torch.zeros(2, 4, 4, dtype=torch.int16)
    assert torchfits.cutouts(PLAIN, positions, 4, frame="pixel", out=out) is out
    assert torch.equal(out, stored)
    for edge in ([(0.0, 0.0), (20.0, 20.0)], [(20.0, 20.0), (0.0, 0.0)]):
        out = torch.zeros(2, 4, 4, dtype=torch.int16)
        torchfits.cutouts(PLAIN, edge, 4, frame="pixel", out=out, fill=9)
        assert torch.equal(out, torchfits.cutouts(PLAIN, edge, 4, frame="pixel", fill=9))
    with pytest.raises(ValueError, match="does not fit int16"):
        torchfits.cutouts(PLAIN, [(0.0, 0.0)], 4, frame="pixel", fill=math.nan)
    floats = torchfits.cutouts(
        PLAIN, [(0.0, 0.0)], 4, frame="pixel", fill=math.nan, dtype=torch.float32
    )
    assert floats.isnan().sum() == 12


@BOTH
def test_no_positions(content: bytes) -> None:
    for positions in ([], torch.zeros(0, 2)):
        assert torchfits.cutouts(content, positions, (3, 4), frame="pixel").shape == (0, 3, 4)


def test_headers_of_boxes() -> None:
    pixels, ra, dec = pixels_on_sky(5)
    data, headers = torchfits.cutouts(TILED, np.stack([ra, dec], 1), (6, 9), header=True)
    for one, head, (x, y) in zip(data, headers, pixels, strict=True):
        box = nddata.Cutout2D(PIXELS, (x, y), (6, 9), wcs=their_wcs(), mode="partial")
        assert_same(one, box.data)
        assert (head["NAXIS1"], head["NAXIS2"]) == (9, 6)
        assert (head["CRPIX1"], head["CRPIX2"]) == pytest.approx(box.wcs.wcs.crpix.tolist())
        again = torchfits.cutout(
            image(box.data, extra=[card(k, head[k]) for k in WCS_CARDS]),
            center=torchfits.WCS(head).pixel_to_world_values(4, 3), size=1,
        )  # fmt: skip
        assert again.item() == one[3, 4]
    _, head = torchfits.cutout(TILED, center=(ra[0], dec[0]), size=(6, 9), header=True)
    assert head == headers[0]


def test_other_reference_pixels_are_shifted() -> None:
    extra = [*CARDS, card("CNPIX1", 100), card("CNPIX2", 200.5), card("LTV1", 0.0)]
    extra += [card("CRPIX1A", 3), card("CTYPE2A", "LINEAR")]
    _, head = torchfits.cutout(
        image(PIXELS, extra=extra), center=(20, 10), size=5, frame="pixel", header=True
    )
    assert [head["CNPIX1"], head["CNPIX2"], head["LTV1"]] == [118, 208.5, -18]
    assert [head["CRPIX1A"], head["CRPIX2A"]] == [-15, -8]


@pytest.mark.parametrize("order", [(1, 2, 3), (2, 1, 3), (2, 3, 1), (3, 2, 1), (1, 3, 2)])
@pytest.mark.parametrize("tiled", [False, True])
def test_other_axes_are_whole(order: tuple[int, int, int], tiled: bool) -> None:
    """RA, DEC and FREQ on the axes that are named."""
    lon, lat, freq = order
    values = {
        f"CTYPE{lon}": "RA---SIN", f"CTYPE{lat}": "DEC--SIN", f"CTYPE{freq}": "FREQ",
        f"CRVAL{lon}": 10.0, f"CRVAL{lat}": 20.0, f"CRVAL{freq}": 1.4e9, f"CDELT{freq}": 1e6,
        f"CDELT{lon}": -1e-3, f"CDELT{lat}": 2e-3, f"CRPIX{freq}": 1.0, f"CRPIX{lon}": 7.0,
        f"CRPIX{lat}": 5.0,
    }  # fmt: skip
    cube = np.arange(10 * 11 * 12, dtype="i4").reshape(10, 11, 12)
    content = image(cube, extra=[card(keyword, value) for keyword, value in values.items()])
    if tiled:
        content = compressed(cube, (4, 5, 6), "RICE_1", keywords=values)
    # The center is the reference pixel: 6 along RA and 4 along DEC, counted from 0.
    section = [slice(None)] * 3
    section[3 - lon], section[3 - lat] = slice(5, 8), slice(3, 6)
    got = torchfits.cutout(content, center=(10.0, 20.0), size=3)
    assert_same(got, cube[tuple(section)])
    assert torch.equal(torchfits.cutouts(content, [(10, 20)] * 2, 3), torch.stack([got, got]))
    # Angles: 4e-3 degrees are 4 pixels along RA and 2 along DEC.
    section[3 - lon], section[3 - lat] = slice(4, 8), slice(3, 5)
    assert_same(torchfits.cutout(content, center=(10.0, 20.0), size=4e-3), cube[tuple(section)])


def test_pixels_of_a_cube_are_of_its_last_axes() -> None:
    cube = np.arange(3 * 11 * 12, dtype="u1").reshape(3, 11, 12)
    got = torchfits.cutouts(image(cube), [(5.0, 4.0)], (3, 1), frame="pixel")
    assert_same(got[0], cube[:, 3:6, 5:6])


NO_SKY = image(PIXELS)
WITH_TABLE = empty_primary() + table([("A", "1J", field([0, 0], ">i4"))])
WRONG = [
    (PLAIN, [1.0, 2.0], 5, {}, ValueError, r"positions have shape \(2,\); pass longitude and"),
    (PLAIN, [("a", "b")], 5, {}, TypeError, "positions= is of type list; coordinates are numbers"),
    (PLAIN, {"X": [1.0], "Y": [2.0]}, 5, {}, ValueError, "no columns of positions among X, Y"),
    (PLAIN, [(1.0, 2.0)], 0, {}, ValueError, "size=0 is 0 pixels"),
    (PLAIN, [(1.0, 2.0)], -3, {}, ValueError, "is -3 pixels"),
    (PLAIN, [(1.0, 2.0)], 1e-9, {}, ValueError, "is 0 pixels"),
    (PLAIN, [(1.0, 2.0)], True, {}, TypeError, "not a bool"),
    (PLAIN, [(1.0, 2.0)], None, {}, TypeError, "size= takes pixels"),
    (PLAIN, [(1.0, 2.0)], math.nan, {}, TypeError, "size= takes pixels"),
    (PLAIN, [(1.0, 2.0)], "5 parsec", {}, ValueError, "'30 arcsec'"),
    (PLAIN, [(1.0, 2.0)], (1, 2, 3), {}, ValueError, r"\(height, width\)"),
    (PLAIN, [(1.0, 2.0)], 0.1, {"frame": "pixel"}, ValueError, "give whole pixels"),
    (PLAIN, [(1.0, 2.0)], 5, {"frame": "fk6"}, ValueError, "use one of icrs"),
    (PLAIN, [(1.0, 2.0)], 5, {"frame": 5}, TypeError, "torchfits.sky.Frame"),
    (PLAIN, [(1.0, 2.0)], 5, {"fill": "0"}, TypeError, "fill= takes a number"),
    (PLAIN, [(1.0, 2.0)], 5, {"header": 1}, TypeError, "header= takes True or False"),
    (PLAIN, {"RA": [1.0], "DEC": [2.0]}, 5, {"frame": "pixel"}, TypeError, "not a table"),
    (NO_SKY, [(1.0, 2.0)], 5, {}, ValueError, "."),
    (image(PIXELS[0]), [(1.0, 2.0)], 5, {"frame": "pixel"}, ValueError, "has 1 axes"),
    (WITH_TABLE, [(1.0, 2.0)], 5, {"hdu": 1}, TypeError, "of kind 'table'; cutouts are of images"),
]


@pytest.mark.parametrize(("source", "positions", "size", "keywords", "kind", "words"), WRONG)
def test_wrong_cutouts(
    source: bytes, positions: object, size: object, keywords: dict[str, object],
    kind: type[Exception], words: str,
) -> None:  # fmt: skip
    with pytest.raises(kind, match=words):
        torchfits.cutouts(source, positions, size, **keywords)


def test_a_column_in_hours_is_refused() -> None:
    columns = [(name, "1D", field([0.0], ">f8")) for name in ("RA", "DEC")]
    content = empty_primary() + table(columns, extra=[card("TUNIT1", "hourangle")])
    with pytest.raises(ValueError, match="column RA is in hourangle"):
        torchfits.cutouts(PLAIN, torchfits.read(content, 1), 5)


@pytest.mark.parametrize("center", [1.0, (1.0,), (1.0, 2.0, 3.0), [(1.0, 2.0)] * 2])
def test_one_center(center: object) -> None:
    with pytest.raises(ValueError, match="pass longitude and latitude"):
        torchfits.cutout(PLAIN, center=center, size=5)


def test_one_skycoord() -> None:
    points = coordinates.SkyCoord([1, 2] * units.deg, [1, 2] * units.deg)
    with pytest.raises(ValueError, match="takes one position"):
        torchfits.cutout(PLAIN, center=points, size=5)


def test_a_skycoord_has_a_frame() -> None:
    point = coordinates.SkyCoord(1 * units.deg, 2 * units.deg)
    with pytest.raises(TypeError, match="leave frame= away"):
        torchfits.cutout(PLAIN, center=point, size=5, frame="icrs")
