# SPDX-License-Identifier: BSD-3-Clause
"""The celestial step: poles, reference points, axes, and what cannot be; Paper II and wcslib."""

from __future__ import annotations

from itertools import product
from typing import Any

import astropy.wcs
import numpy as np
import pytest
import torch
from celestial_oracle import Sky, forward, inverse, plane_points, separation, tensor
from corpus_files import CORPUS, REASON
from torch.autograd import gradcheck

from torchfits.wcs._celestial import CelestialStage, celestial_stage
from torchfits.wcs._header import describe

CODES = [("TAN", {}), ("SIN", {1: 0.2, 2: 0.1}), ("ARC", {}), ("CAR", {}), ("CYP", {})]
CRVALS = [(0, 0), (0, 90), (0, -90), (120, 45), (300, -30), (-10, 20), (359.9, 89.9999), (10, 60)]
LONPOLES = [None, 0.0, 180.0, 90.0, -90.0, 37.0, 999.0, 150.0]
FIDUCIALS: list[dict[int, float]] = [
    {0: 1, 1: 20, 2: 40},
    {0: 1, 1: -50, 2: 0},
    {0: 1, 1: 0, 2: 60},
    {0: 0, 1: 20, 2: 40},
    {0: 1, 2: 30},
    {1: 10},
    {3: 40, 4: -20},
]


def agree_with_wcslib(sky: Sky) -> bool:
    """Both refuse the sky, or transform some points alike; whether there is one."""
    try:
        oracle = sky.oracle()
    except (astropy.wcs.WcsError, ValueError):
        with pytest.raises(ValueError, match="CRVAL|PV"):
            sky.stage()
        return False
    stage = sky.stage()
    points = np.random.default_rng(7).uniform(-50, 50, (20, 2))
    found, wanted = forward(stage, points), oracle.wcs_pix2world(points, 0)
    there = ~np.isnan(wanted).any(axis=1)
    np.testing.assert_array_equal(~np.isnan(found).any(axis=1), there)
    assert separation(found[there], wanted[there]).max(initial=0.0) < 1e-10
    assert np.abs(found[there] - wanted[there])[:, 0].max(initial=0.0) < 300.0  # the same turn
    np.testing.assert_allclose(
        inverse(stage, wanted[there]), oracle.wcs_world2pix(wanted[there], 0), atol=1e-8
    )
    return True


@pytest.mark.parametrize("code", CODES, ids=lambda code: code[0])
def test_poles_are_those_of_wcslib(code: tuple[str, dict[int, float]]) -> None:
    refused = 0
    for crval, lonpole, latpole in product(CRVALS, LONPOLES, [None, 0.0, -90.0, 45.0]):
        if crval[1] == 0 and lonpole in {90.0, -90.0}:
            continue  # below
        refused += not agree_with_wcslib(Sky(*code, crval, {}, lonpole, latpole))
    assert (refused > 0) == (code[0] in {"CAR", "CYP"})


@pytest.mark.parametrize("parameters", FIDUCIALS, ids=str)
def test_reference_points_are_those_of_wcslib(parameters: dict[int, float]) -> None:
    for code, crval, lonpole in product(CODES, CRVALS, [None, 180.0, 37.0]):
        agree_with_wcslib(Sky(*code, crval, parameters, lonpole))


def test_latpole_alone_decides_where_nothing_else_does() -> None:
    """Paper II, section 2.4, case 3: theta_0 = delta_0 = 0 and LONPOLE is 90 degrees.

    astropy's wcslib takes +-90 for any LATPOLE, for its cosine of 90 degrees is not 0.
    """
    stage = Sky("CAR", {}, (30.0, 0.0), {}, 90.0, 40.0).stage()
    pole = forward(stage, np.array([[0.0, 0.0], [0.0, 90.0]]))
    np.testing.assert_allclose(pole[0], [30.0, 0.0], atol=1e-12)
    assert pole[1, 1] == pytest.approx(40.0)
    assert agree_with_wcslib(Sky("CAR", {}, (30.0, 0.0), {}, 90.0, 90.0))


def test_the_worked_example_of_paper_2() -> None:
    """Section 7.4.1 and its table: a TAN image of 0.003 degrees, pixels (1, 2) and others."""
    pixels = np.array([[1, 2], [1, 512], [511, 512]])
    plane = (pixels - [256, 257]) * [-0.003, 0.003]
    found = forward(Sky("TAN", {}, (45.83, 63.57)).stage(), plane)
    table = [[47.503264, 62.795111], [47.595581, 64.324332], [44.064419, 64.324332]]
    np.testing.assert_allclose(found, table, atol=1e-6)


def test_longitudes_start_where_those_of_wcslib_do() -> None:
    for longitude, least in ((200.0, 0.0), (0.0, 0.0), (-10.0, -360.0)):
        sky = Sky("CAR", {}, (longitude, 0.0))
        found = forward(sky.stage(), plane_points(150.0))[:, 0]
        wanted = sky.oracle().wcs_pix2world(plane_points(150.0), 0)[:, 0]
        found, wanted = found[~np.isnan(wanted)], wanted[~np.isnan(wanted)]
        assert found.min() >= least
        assert found.max() <= least + 360.0
        np.testing.assert_allclose((found - wanted + 180.0) % 360.0, 180.0, atol=1e-10)
    assert 359.0 < forward(Sky("CAR", {}, (0.0, 0.0)).stage(), np.array([[-0.5, 0.0]]))[0, 0] < 360


def test_axes_in_any_order_and_among_others() -> None:
    sky = Sky("ZEA", {}, (120.0, -40.0), {0: 1, 1: 5, 2: 60}, axes=(2, 0), naxis=4)
    points = np.random.default_rng(3).uniform(-40, 40, (50, 4))
    found, wanted = forward(sky.stage(), points), sky.oracle().wcs_pix2world(points, 0)
    np.testing.assert_allclose(found, wanted, atol=1e-10)
    np.testing.assert_array_equal(found[:, [1, 3]], points[:, [1, 3]])
    np.testing.assert_allclose(inverse(sky.stage(), wanted), points, atol=1e-10)


@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (1, 4, 2)])
def test_points_of_any_shape(shape: tuple[int, ...]) -> None:
    for code in ("TAN", "ZPN"):
        stage = Sky(code, {1: 1.0, 3: -0.1}).stage()
        x, y = torch.rand(shape, dtype=torch.float64), torch.rand(shape, dtype=torch.float64)
        longitude, latitude = stage.forward((x, y))
        assert longitude.shape == latitude.shape == shape
        torch.testing.assert_close(stage.inverse((longitude, latitude)), (x, y))


REFUSED = [
    (Sky("TAN", {}, (0, 0), {5: 1.0}), "PV1_5: .*remove"),
    (Sky("TAN", {}, (0, 0), {0: 1, 1: 0, 2: -30}), "PV1_1 = 0.*PV1_2 = -30.*PV1_0 = 0"),
    (Sky("TAN", {}, (0, 0), {2: 100}), "PV1_2 = 100"),
    (Sky("CAR", {}, (0, 60), {}, 100.0), "CRVAL2 = 60.*LONPOLE = 100.*within 10 degrees"),
    (Sky("CAR", {}, (0, 60), {}, 90.0), "CRVAL2 = 60.*has to be 0"),
    (Sky("CAR", {}, (0, -5), {}, 0.0), "CRVAL2 = -5.*no celestial pole"),
    (Sky("AZP", {1: -1.0}), "CTYPE2.*PVi_1 = -1"),
    (Sky("AZP", {2: 90.0}), "PVi_2 = 90"),
    (Sky("SZP", {1: -1.0}), "PVi_1"),
    (Sky("ZPN"), "PVi_1"),
    (Sky("ZPN", {1: -1.0, 2: 1.0}), "PVi_1"),
    (Sky("AIR", {1: -90.0}), "PVi_1 = -90"),
    (Sky("CEA", {1: 1.5}), "PVi_1 = 1.5"),
    (Sky("CYP", {2: 0.0}), "PVi_2 = 0"),
    (Sky("CYP", {1: -1.0}), "PVi_1 = -1"),
]


@pytest.mark.parametrize(("sky", "message"), REFUSED, ids=lambda part: str(part)[:20])
def test_what_cannot_be_names_the_keyword(sky: Sky, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sky.stage()


@pytest.mark.parametrize(
    ("code", "crval", "parameters", "lonpole"),
    [
        ("TAN", (100.0, 40.0), {}, 30.0),
        ("CAR", (100.0, 40.0), {}, None),
        ("CAR", (100.0, -20.0), {}, 150.0),
        ("CAR", (40.0, 30.0), {}, 20.0),
        ("ZEA", (40.0, -10.0), {0: 1, 1: 20, 2: 40}, None),
    ],
)
def test_gradients_of_the_reference_point(
    code: str, crval: tuple[float, float], parameters: dict[int, float], lonpole: float | None
) -> None:
    x, y = tensor(3.0, -20.0, gradients=True), tensor(5.0, 10.0, gradients=True)

    def world(x: torch.Tensor, y: torch.Tensor, crval: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return Sky(code, {}, crval, parameters, lonpole).stage().forward((x, y))

    reference = tensor(*crval, gradients=True)
    assert gradcheck(world, (x, y, reference), eps=1e-5, atol=1e-6)
    of_numbers = Sky(code, {}, crval, parameters, lonpole).stage()
    torch.testing.assert_close(of_numbers.forward((x, y)), world(x, y, reference))


def test_a_point_left_out_leaves_no_trace_in_the_gradient_of_crval() -> None:
    crval = tensor(10.0, 20.0, gradients=True)
    points = (tensor(1.0, 1.0, 200.0, float("nan")), tensor(2.0, 1.0, 0.0, 1.0))
    longitude, latitude = Sky("SIN", {}, crval).stage().forward(points)
    assert torch.isnan(longitude).tolist() == [False, False, True, True]
    few = tuple(part[:2] for part in points)
    wanted = torch.autograd.grad(sum(Sky("SIN", {}, crval).stage().forward(few)).sum(), crval)
    found = torch.autograd.grad((longitude + latitude).nan_to_num().sum(), crval)
    torch.testing.assert_close(found, wanted)


def test_polynomials_of_any_shape_are_inverted_to_rounding() -> None:
    """The radius of what is found is the radius that was given: ZPN up to its first maximum."""
    random = np.random.default_rng(30)
    for degree in [*range(1, 9)] * 5:
        terms = random.normal(size=degree - 1) * 10 ** random.uniform(-3, 3, degree - 1)
        numbers = [0.0, random.uniform(0.1, 2.0), *terms]
        stage = Sky("ZPN", dict(enumerate(numbers)), (0.0, 90.0)).stage()
        distance = stage.constants.function.limit * np.concatenate(
            [np.linspace(1e-3, 1.0, 300), np.logspace(-6, 0, 50), 1 - np.logspace(-8, -1, 50)]
        )
        radius = np.polynomial.polynomial.polyval(distance, numbers)
        plane = np.degrees(np.stack([np.zeros_like(radius), -radius], 1))
        found = np.radians(90.0 - forward(stage, plane)[:, 1])
        back = np.polynomial.polynomial.polyval(found, numbers)
        np.testing.assert_allclose(back, radius, rtol=1e-10, atol=1e-11 * radius.max())


def _of_header(code: str) -> tuple[CelestialStage, Any, Any]:
    path = CORPUS / "wcs_headers" / f"1904-66_{code}.hdr"
    if not path.exists():
        pytest.skip(REASON)
    text = path.read_text("ascii").replace("\n", "")
    description, _ = describe(text)
    stage = celestial_stage(description)
    assert stage is not None
    return stage, description, text


@pytest.mark.parametrize(
    "code",
    ["AZP", "AIR", "ARC", "CAR", "CEA", "CYP", "MER", "NCP", "SIN", "STG", "TAN", "ZEA", "ZPN"],
)
@pytest.mark.filterwarnings("ignore::astropy.wcs.FITSFixedWarning")
def test_headers_of_real_images(code: str) -> None:
    stage, description, text = _of_header(code)
    oracle = astropy.wcs.WCS(text)
    pixels = np.random.default_rng(1904).uniform(-100, 300, (200, 2))
    matrix = np.array(description.pc) * np.array(description.cdelt)[:, None]
    plane = (pixels + 1 - np.array(description.crpix)) @ matrix.T
    found, wanted = forward(stage, plane), oracle.wcs_pix2world(pixels, 0)
    there = ~np.isnan(wanted).any(axis=1)
    np.testing.assert_array_equal(~np.isnan(found).any(axis=1), there)
    assert there.any()
    assert separation(found[there], wanted[there]).max() < 1e-9
    back = inverse(stage, wanted[there]) @ np.linalg.inv(matrix).T + description.crpix - 1
    there = ~np.isnan(oracle.wcs_world2pix(wanted[there], 0)).any(axis=1)
    np.testing.assert_allclose(
        back[there],
        oracle.wcs_world2pix(wanted[~np.isnan(wanted).any(axis=1)], 0)[there],
        atol=1e-6,
    )
