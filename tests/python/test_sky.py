# SPDX-License-Identifier: BSD-3-Clause
"""Directions on the sky against astropy.coordinates; gradients at the awkward places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import torchfits
from torchfits import sky

units = pytest.importorskip("astropy.units")
coordinates = pytest.importorskip("astropy.coordinates")

random = np.random.default_rng(8)
COUNT = 500
LON = random.uniform(0, 360, COUNT)
LAT = np.degrees(np.arcsin(random.uniform(-1, 1, COUNT)))
LON[:6] = 0, 10, 359.9999999, 0, 180, 90
LAT[:6] = 90, -90, 0, 0, 0, 89.9999999
LON2, LAT2 = random.permutation(LON), random.permutation(LAT)
AT_AWKWARD_PLACES = [
    ((10.0, 20.0), (10.0, 20.0)),
    ((10.0, 20.0), (190.0, -20.0)),
    ((0.0, 90.0), (77.0, 90.0)),
    ((0.0, 90.0), (0.0, -90.0)),
    ((359.9999, 0.0), (0.0001, 0.0)),
    ((0.0, 0.0), (0.0, 90.0)),
]


def points(lon: np.ndarray, lat: np.ndarray, frame: object = "icrs") -> object:
    return coordinates.SkyCoord(lon * units.deg, lat * units.deg, frame=frame)


def distance(got: tuple[torch.Tensor, ...], expected: object) -> float:
    """The largest distance on the sky, in degrees."""
    ours = points(got[0].numpy(), got[1].numpy())
    spherical = expected.spherical  # type: ignore[attr-defined]
    theirs = points(spherical.lon.to_value("deg"), spherical.lat.to_value("deg"))
    return float(ours.separation(theirs).deg.max())  # type: ignore[attr-defined]


def test_separation() -> None:
    expected = points(LON, LAT).separation(points(LON2, LAT2)).deg  # type: ignore[attr-defined]
    got = sky.separation(LON, LAT, LON2, LAT2)
    assert got.dtype == torch.float64
    assert np.abs(got.numpy() - expected).max() < 1e-13


@pytest.mark.parametrize("tiny", [1e-3, 1e-7, 1e-11])
def test_small_separations_keep_their_digits(tiny: float) -> None:
    lat = torch.tensor([0.0, 0.5, 10.0, 10.0, 60.0])
    moved = lat.double() + tiny
    expected = (moved - lat.double()).numpy()
    assert sky.separation(5.0, lat, 5.0, moved).numpy() == pytest.approx(expected, rel=1e-12)
    across = sky.separation(360.0 - tiny, 0.0, tiny, 0.0)
    assert across.item() == pytest.approx(tiny + (360.0 - (360.0 - tiny)), rel=1e-12)


def test_a_whole_half_turn() -> None:
    assert sky.separation(0, 90, 123, -90).item() == 180.0
    assert sky.separation(30, 40, 210, -40).item() == 180.0
    assert sky.separation(0, 0, 360, 0).item() == 0.0


def test_position_angle() -> None:
    theirs = points(LON, LAT).position_angle(points(LON2, LAT2)).deg  # type: ignore[attr-defined]
    got = sky.position_angle(LON, LAT, LON2, LAT2).numpy()
    assert ((got >= 0) & (got < 360)).all()
    away = points(LON, LAT).separation(points(LON2, LAT2)).deg  # type: ignore[attr-defined]
    turn = (got - theirs + 180) % 360 - 180
    assert np.abs(turn * np.sin(np.radians(away))).max() < 1e-12
    east = sky.position_angle(359.5, 0, 0.5, 0)
    assert east.item() == 90.0
    assert sky.position_angle(5, 5, 5, 5).item() == 0.0


@settings(max_examples=200)
@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0, 360), st.floats(1e-6, 180 - 1e-6))
def test_offset_by_is_where_it_says(lon: float, lat: float, angle: float, away: float) -> None:
    to = sky.offset_by(lon, lat, angle, away)
    assert 0 <= to[0].item() < 360
    assert abs(to[1].item()) <= 90
    assert sky.separation(lon, lat, *to).item() == pytest.approx(away, abs=3e-13)
    turn = sky.position_angle(lon, lat, *to).item() - angle
    error = ((turn + 180) % 360 - 180) * np.sin(np.radians(away))
    if abs(lat) < 89.999 and abs(to[1].item()) < 89.999:
        assert abs(error) < 1e-9


def test_offset_by_against_astropy() -> None:
    start = points(LON[6:], LAT[6:])
    theirs = start.directional_offset_by(  # type: ignore[attr-defined]
        LON2[6:] * units.deg, np.abs(LAT2[6:]) * units.deg
    )
    assert distance(sky.offset_by(LON[6:], LAT[6:], LON2[6:], np.abs(LAT2[6:])), theirs) < 1e-11


FRAMES = [
    (coordinates.ICRS(), "icrs"),
    (coordinates.Galactic(), "galactic"),
    (coordinates.Supergalactic(), "Supergalactic"),
    (coordinates.FK5(), "fk5"),
    (coordinates.FK5(equinox="J1975"), sky.Frame("fk5", 1975)),
    (coordinates.FK5(equinox="J2050.5"), sky.Frame("FK5", 2050.5)),
    (coordinates.FK4(), "fk4"),
    (coordinates.FK4(equinox="B1975"), sky.Frame("fk4", 1975)),
    (coordinates.FK4(equinox="B1875"), sky.Frame("fk4", 1875)),
    (coordinates.FK4(obstime="J1983.5"), sky.Frame("fk4", 1950, 1983.5)),
    (coordinates.FK4NoETerms(equinox="B1900"), sky.Frame("fk4-no-e", 1900)),
    (coordinates.BarycentricMeanEcliptic(), "ecliptic"),
    (coordinates.BarycentricMeanEcliptic(equinox="J1950"), sky.Frame("ecliptic", 1950)),
]


@pytest.mark.parametrize(("theirs", "ours"), FRAMES, ids=[str(ours) for _, ours in FRAMES])
def test_frames_both_ways(theirs: object, ours: str | sky.Frame) -> None:
    there = points(LON, LAT).transform_to(theirs)  # type: ignore[attr-defined]
    assert distance(sky.transform(LON, LAT, "icrs", ours), there) < 1e-12
    back = points(LON, LAT, theirs).transform_to("icrs")  # type: ignore[attr-defined]
    assert distance(sky.transform(LON, LAT, ours, "icrs"), back) < 1e-12


@pytest.mark.parametrize("first", range(0, len(FRAMES), 2))
def test_between_any_two(first: int) -> None:
    (theirs, ours), (other_theirs, other_ours) = FRAMES[first], FRAMES[first - 5]
    # Through ICRS, as we do: astropy may precess twice on a way of its own.
    icrs = points(LON, LAT, theirs).transform_to("icrs").frame  # type: ignore[attr-defined]
    expected = icrs.transform_to(other_theirs)
    assert distance(sky.transform(LON, LAT, ours, other_ours), expected) < 1e-12


def test_fk4_to_fk4_precesses() -> None:
    expected = points(LON, LAT, coordinates.FK4(equinox="B1900")).transform_to(  # type: ignore[attr-defined]
        coordinates.FK4(equinox="B1950")
    )
    assert distance(sky.transform(LON, LAT, sky.Frame("fk4", 1900), "fk4"), expected) < 1e-12


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (sky.icrs_to_galactic, sky.galactic_to_icrs),
        (sky.icrs_to_fk5, sky.fk5_to_icrs),
        (sky.icrs_to_fk4, sky.fk4_to_icrs),
        (sky.icrs_to_ecliptic, sky.ecliptic_to_icrs),
    ],
)
def test_the_named_ways_return(there: Callable[..., object], back: Callable[..., object]) -> None:
    again = back(*there(LON, LAT))  # type: ignore[misc]
    assert sky.separation(LON, LAT, *again).max().item() < 1e-9  # type: ignore[misc]


def test_the_galactic_centre() -> None:
    """From the IAU's definition of 1958, by way of astropy's constants."""
    lon, lat = sky.icrs_to_galactic(266.40498829, -28.93617776)
    assert sky.separation(lon, lat, 0, 0).item() < 1e-7


def test_equinoxes_of_the_named_ways() -> None:
    assert (
        distance(
            sky.icrs_to_fk4(LON, LAT, 1900, 1920),
            points(LON, LAT).transform_to(  # type: ignore[attr-defined]
                coordinates.FK4(equinox="B1900", obstime="J1920")
            ),
        )
        < 1e-12
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: sky.transform(0, 0, "icrs", "fk6"), "'fk6' is no frame; use one of icrs, fk5"),
        (lambda: sky.Frame("icrs", 2000), "no equinox"),
        (lambda: sky.Frame("fk5", 2000, 1990), "does not rotate"),
        (lambda: sky.Frame(3), "'3' is no frame|3 is no frame"),  # type: ignore[arg-type]
    ],
)
def test_wrong_frames(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_xyz_there_and_back() -> None:
    x, y, z = sky.to_xyz(LON, LAT)
    theirs = points(LON, LAT).cartesian.xyz.value  # type: ignore[attr-defined]
    assert np.abs(torch.stack([x, y, z]).numpy() - theirs).max() < 1e-15
    lon, lat = sky.from_xyz(3 * x, 3 * y, 3 * z)
    assert sky.separation(LON, LAT, lon, lat).max().item() < 1e-13
    assert [part.item() for part in sky.to_xyz(123.0, 90.0)] == [0, 0, 1]
    assert [part.item() for part in sky.to_xyz(180.0, 0.0)] == [-1, 0, 0]
    lon, _ = sky.from_xyz(1.0, -1e-300, 0.0)
    assert lon.item() == 0.0


def test_shapes_dtypes_and_numbers() -> None:
    got = sky.separation(torch.zeros(3, 1, dtype=torch.int32), 0, torch.ones(4).half(), 0.0)
    assert got.shape == (3, 4)
    assert got.dtype == torch.float64
    assert sky.separation(0, 0, 0, 1).shape == ()
    lon, lat = sky.icrs_to_galactic(np.zeros(2, ">f4"), 0)
    assert lon.shape == lat.shape == (2,)
    assert sky.separation([0, 1], [0, 0], [0, 0], [0, 0]).tolist() == [0, 1]
    angle = coordinates.Angle(1, "hourangle")
    assert sky.separation(angle, 0, 0, 0).item() == pytest.approx(15, abs=1e-13)
    nan = sky.icrs_to_fk4(float("nan"), 0)
    assert all(torch.isnan(part) for part in nan)


def wholly(function: Callable[..., object]) -> Callable[..., torch.Tensor]:
    """All results in one tensor, angles by their sine and cosine: no jump at 360."""

    def one(*values: torch.Tensor) -> torch.Tensor:
        result = function(*values)
        parts = result if isinstance(result, tuple) else (result,)
        return torch.cat([torch.stack([p.deg2rad().sin(), p.deg2rad().cos()]) for p in parts])

    return one


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (sky.separation, 4),
        (sky.position_angle, 4),
        (sky.offset_by, 4),
        (sky.icrs_to_galactic, 2),
        (sky.icrs_to_fk4, 2),
        (sky.fk4_to_icrs, 2),
        (sky.to_xyz, 2),
        (sky.from_xyz, 3),
    ],
)
def test_gradients(function: Callable[..., object], count: int) -> None:
    values = torch.tensor(
        [[10.0, 359.99999, 200.0], [20.0, -3.0, 80.0], [50.0, 0.00001, 190.0], [-40.0, 3.0, 70.0]],
        dtype=torch.float64,
    )[:count].requires_grad_()
    one = wholly(function)
    assert torch.autograd.gradcheck(lambda v: one(*v), (values,), eps=1e-5, atol=1e-7)


@pytest.mark.parametrize(("one", "two"), AT_AWKWARD_PLACES)
@pytest.mark.parametrize("function", [sky.separation, sky.position_angle, sky.offset_by])
def test_gradients_are_finite(
    function: Callable[..., object], one: tuple[float, float], two: tuple[float, float]
) -> None:
    values = torch.tensor([*one, *two], dtype=torch.float64, requires_grad=True)
    result = function(*values)
    parts = result if isinstance(result, tuple) else (result,)
    torch.stack(parts).sum().backward()
    assert values.grad is not None
    assert values.grad.isfinite().all()


@pytest.mark.parametrize("frame", ["galactic", "fk4", "ecliptic", "icrs"])
@pytest.mark.parametrize("lat", [90.0, -90.0])
def test_a_loss_at_the_pole(frame: str, lat: float) -> None:
    """The pole of either side: the distance to a target falls where the gradient says."""
    start = torch.tensor([12.0, lat], dtype=torch.float64, requires_grad=True)
    target = sky.transform(40.0, lat * 0.9, "icrs", frame)
    loss = sky.separation(*sky.transform(start[0], start[1], "icrs", frame), *target)
    loss.backward()
    assert start.grad is not None
    assert start.grad.isfinite().all()
    slope = start.grad[1].item()
    assert slope == pytest.approx(np.cos(np.radians(40.0 - 12.0)) * np.sign(lat), abs=1e-6)


def test_the_slope_at_a_pole_of_xyz() -> None:
    xyz = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64, requires_grad=True)
    torch.stack(sky.from_xyz(*xyz)).sum().backward()
    assert xyz.grad is not None
    assert xyz.grad.tolist() == [0, 0, 0]


def test_vmap() -> None:
    lon, lat, lon2, lat2 = (torch.as_tensor(part) for part in (LON, LAT, LON2, LAT2))
    together = sky.separation(lon, lat, lon2, lat2)
    assert torch.equal(torch.func.vmap(sky.separation)(lon, lat, lon2, lat2), together)
    rotated = torch.func.vmap(lambda a, b: sky.transform(a, b, "icrs", "fk4"))(lon, lat)
    assert torch.equal(torch.stack(rotated), torch.stack(sky.icrs_to_fk4(lon, lat)))


class AnImage:
    """What `frame_of` asks of a WCS."""

    def __init__(self, ctype: str, radesys: str | None, equinox: float | None) -> None:
        self.ctype = (f"{ctype}--TAN", "X")
        self.radesys, self.equinox = radesys, equinox


@pytest.mark.parametrize(
    ("image", "frame"),
    [
        (AnImage("RA--", "ICRS", None), sky.Frame("icrs")),
        (AnImage("RA--", None, None), sky.Frame("icrs")),
        (AnImage("RA--", "FK5", 1975.0), sky.Frame("fk5", 1975)),
        (AnImage("RA--", "FK4-NO-E", 1950.0), sky.Frame("fk4-no-e")),
        (AnImage("GLON", "ICRS", None), sky.Frame("galactic")),
        (AnImage("ELON", "FK5", 2000.0), sky.Frame("ecliptic")),
    ],
)
def test_the_frame_of_an_image(image: AnImage, frame: sky.Frame) -> None:
    assert sky.frame_of(image) == frame


def test_a_frame_that_is_not_known() -> None:
    with pytest.raises(ValueError, match="GAPPT"):
        sky.frame_of(AnImage("RA--", "GAPPT", None))


def test_it_is_a_name_of_the_package() -> None:
    assert torchfits.sky is sky
    assert set(sky.__all__) <= set(dir(sky))


def test_it_is_one_graph() -> None:
    def loss(lon: torch.Tensor, lat: torch.Tensor) -> torch.Tensor:
        lon, lat = sky.transform(lon, lat, "icrs", sky.Frame("fk4", 1975.0))
        return sky.separation(*sky.transform(lon, lat, "icrs", "galactic"), 10.0, 20.0)

    lon, lat = torch.from_numpy(LON), torch.from_numpy(LAT)
    compiled = torch.compile(loss, fullgraph=True, backend="eager")
    # constants may be rounded otherwise
    torch.testing.assert_close(compiled(lon, lat), loss(lon, lat), rtol=0.0, atol=1e-12)
