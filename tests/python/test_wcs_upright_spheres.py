# SPDX-License-Identifier: BSD-3-Clause
"""Spheres whose native pole is a celestial one, for which nothing is turned; beside wcslib."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from celestial_oracle import Sky, forward, inverse, plane_points, separation, sky_points, tensor
from torch.autograd import gradcheck

from torchfits.wcs._projections import PROJECTIONS, ByLongitude

PARAMETERS: dict[str, list[dict[int, float]]] = {
    "HPX": [{}, {1: 3, 2: 3}, {1: 4, 2: 4}, {1: 5, 2: 2}],
    "CEA": [{}, {1: 0.5}],
    "CYP": [{}, {1: 0.5, 2: 0.7}],
    "BON": [{1: 45}, {1: -60}, {1: 0}],
    **{code: [{1: 45, 2: 25}, {1: -30}] for code in ("COP", "COE", "COD", "COO")},
}
CASES = [
    pytest.param(code, parameters, id=f"{code}{list(parameters.values()) or ''}")
    for code, projection in PROJECTIONS.items()
    if isinstance(projection, ByLongitude)
    for parameters in PARAMETERS.get(code, [{}])
]
SEAM = [-540.0, -360.0, -180.0, -90.0, -45.0, 0.0, 45.0, 72.0, 90.0, 120.0, 180.0, 360.0, 540.0]
FAR = 500.0  # degrees in the plane: where projections go to infinity


def middle(code: str, parameters: dict[int, float]) -> float:
    """Native latitude of the reference point."""
    theta0: Any = PROJECTIONS[code].theta0
    return float(theta0(parameters) if callable(theta0) else theta0)


def skies(code: str, parameters: dict[int, float]) -> list[Sky]:
    """With the native pole at either celestial pole, and native longitudes shifted."""
    latitude = middle(code, parameters)
    found = [
        Sky(code, parameters, (longitude, latitude)) for longitude in (0.0, 180.0, 359.5, -40.0)
    ]
    found.append(Sky(code, parameters, (123.4, latitude), {}, None, -90.0))
    if latitude == 0.0:
        found.append(Sky(code, parameters, (123.4, 0.0), {}, 180.0))
        found.append(Sky(code, parameters, (250.0, 0.0), {1: 30.0, 2: 0.0}, 30.0))
    return found


@pytest.mark.parametrize(("code", "parameters"), CASES)
def test_the_plane_and_its_edges_are_on_the_sky_where_wcslib_has_them(
    code: str, parameters: dict[int, float]
) -> None:
    upright = 0
    for sky in skies(code, parameters):
        stage, oracle = sky.stage(), sky.oracle()
        upright += stage.rotation is None
        edges = oracle.wcs_world2pix(
            [(sky.crval[0] + lon, lat) for lon in SEAM for lat in range(-85, 86, 5)], 0
        )
        edges = edges[np.hypot(*edges.T) < FAR]
        inner = np.concatenate([plane_points(185.0), plane_points(60.0)])
        if code == "PCO":  # of which wcslib knows none on its axis and its tangents at the poles
            inner = inner[(inner[:, 0] != 0.0) & (np.abs(inner[:, 1]) != 90.0)]
        points = np.concatenate([inner, edges])
        found, wanted = forward(stage, points), oracle.wcs_pix2world(points, 0)
        there = ~np.isnan(wanted).any(axis=1)
        absent = np.isnan(found).any(axis=1)
        np.testing.assert_array_equal(absent[: len(inner)], ~there[: len(inner)])
        assert not (absent & there).any()
        there = ~absent & there
        apart = separation(found[there], wanted[there])
        inner = np.abs(wanted[there][:, 1]) < 89.0  # beyond, wcslib's arcsines lose half the digits
        assert apart[inner].max() < 1e-11
        assert apart.max() < 1e-5
        assert np.abs(found[there][:, 1]).max() <= 90.0
        east = found[there][:, 0] - (-360.0 if sky.crval[0] < 0 else 0.0)
        assert east.min() >= 0.0
        assert east.max() <= 360.0
    assert upright >= 4


@pytest.mark.parametrize(("code", "parameters"), CASES)
def test_the_sky_and_its_seams_are_in_the_plane_where_wcslib_has_them(
    code: str, parameters: dict[int, float]
) -> None:
    for sky in skies(code, parameters):
        stage, oracle = sky.stage(), sky.oracle()
        if stage.rotation is not None or sky.crval[0] not in {0.0, 180.0, 250.0, 77.0}:
            continue  # of fractions of a degree, rounding may choose the side of a seam
        seam = [(sky.crval[0] + lon, lat) for lon in SEAM for lat in range(-89, 90, 4)]
        poles = [(lon, lat) for lon in (0.0, 33.0, 200.0) for lat in (-90.0, 90.0)]
        points = np.concatenate([sky_points(), seam, poles])
        found, wanted = inverse(stage, points), oracle.wcs_world2pix(points, 0)
        near = ~(np.hypot(*wanted.T) > FAR)  # what is NaN is compared, too
        far = 1e-10 if code != "MOL" else 5e-9  # which has an infinite slope at its poles
        np.testing.assert_allclose(found[near], wanted[near], rtol=0, atol=far)


@pytest.mark.parametrize(("code", "parameters"), CASES)
def test_a_sphere_turned_by_next_to_nothing_is_next_to_it(
    code: str, parameters: dict[int, float]
) -> None:
    latitude = middle(code, parameters)
    here = Sky(code, parameters, (30.0, latitude)).stage()
    turned = Sky(code, parameters, (30.0, latitude - 1e-11), {}, 0.0).stage()
    if turned.rotation is None or latitude:  # as LONPOLE of 0 asks for the north pole here
        turned = Sky(code, parameters, (30.0, latitude + 1e-11), {}, 0.0).stage()
    assert here.rotation is None
    assert turned.rotation is not None
    points = plane_points(60.0)
    found, wanted = forward(here, points), forward(turned, points)
    there = ~(np.isnan(found) | np.isnan(wanted)).any(axis=1)
    assert there.sum() > 100
    assert separation(found[there], wanted[there]).max() < 1e-9


@pytest.mark.parametrize(("code", "parameters"), CASES)
def test_gradients_of_both_ways_and_of_crval1(code: str, parameters: dict[int, float]) -> None:
    x, y = tensor(3.0, -20.0, 31.0, gradients=True), tensor(5.0, 10.0, -7.0, gradients=True)
    meridian, latitude = tensor(40.0, gradients=True), middle(code, parameters)

    def there(x: torch.Tensor, y: torch.Tensor, first: torch.Tensor) -> tuple[torch.Tensor, ...]:
        stage = Sky(code, parameters, (first[0], latitude)).stage()
        assert stage.rotation is None
        return stage.forward((x, y))

    def back(lon: torch.Tensor, lat: torch.Tensor, first: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return Sky(code, parameters, (first[0], latitude)).stage().inverse((lon, lat))

    assert gradcheck(there, (x, y, meridian), eps=1e-5, atol=1e-6)
    world = [part.detach().requires_grad_() for part in there(x, y, meridian)]
    assert gradcheck(back, (*world, meridian), eps=1e-5, atol=1e-6)


@pytest.mark.parametrize(("code", "parameters"), CASES)
def test_gradients_are_finite_at_poles_and_none_where_nothing_is(
    code: str, parameters: dict[int, float]
) -> None:
    latitude = middle(code, parameters)
    meridian = tensor(40.0, gradients=True)
    stage = Sky(code, parameters, (meridian[0], latitude)).stage()
    nan = float("nan")
    lon = tensor(40.0, 40.0, 40.0, 220.0, 85.0, nan, gradients=True)
    lat = tensor(90.0, -90.0, 0.0, 0.0, 41.0, 1.0, gradients=True)
    plane = stage.inverse((lon, lat))
    gradients = torch.autograd.grad(plane[0].nansum() + plane[1].nansum(), (lon, lat, meridian))
    assert all(part.isfinite().all() for part in gradients)
    assert [part[-1].item() for part in gradients[:2]] == [0.0, 0.0]

    near = [part.detach()[(plane[0] + plane[1]).abs() < FAR] for part in plane]
    x, y = (torch.cat([part, tensor(far, nan)]) for part, far in zip(near, (3e3, 4e3), strict=True))
    x, y = x.requires_grad_(), y.requires_grad_()
    world = stage.forward((x, y))
    gradients = torch.autograd.grad(world[0].nansum() + world[1].nansum(), (x, y, meridian))
    assert all(part.isfinite().all() for part in gradients)
    gone = world[0].isnan()
    assert gone[-1]
    assert all((part[gone] == 0).all() for part in gradients[:2])
    assert gradients[2].item() == (~gone).sum().item()


def test_a_pole_with_gradients_is_free_to_leave() -> None:
    crval = tensor(10.0, 0.0, gradients=True)
    stage = Sky("CAR", {}, crval).stage()
    assert stage.rotation is not None
    x, y = (tensor(value) for value in (20.0, 5.0))
    longitude, latitude = stage.forward((x, y))
    (gradient,) = torch.autograd.grad(latitude, crval)
    assert gradient[1].item() == pytest.approx(np.cos(np.radians(20.0)))
    plain = Sky("CAR", {}, (10.0, 0.0)).stage()
    assert plain.rotation is None
    torch.testing.assert_close(plain.forward((x, y)), (longitude, latitude))


@pytest.mark.parametrize("code", ["HPX", "CAR", "AIT", "SFL"])
def test_one_graph_and_batches(code: str) -> None:
    stage = Sky(code, {}, (200.0, 0.0)).stage()
    x, y = tensor(3.0, -20.0, 31.0, 170.0), tensor(5.0, 10.0, -71.0, 80.0)
    wanted = stage.forward((x, y))
    compiled = torch.compile(lambda x, y: stage.forward((x, y)), fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, y), wanted, equal_nan=True)
    batches = torch.func.vmap(lambda x, y: stage.forward((x, y)))(x[:, None], y[:, None])
    torch.testing.assert_close(batches, tuple(w[:, None] for w in wanted), equal_nan=True)
    back = torch.compile(lambda x, y: stage.inverse((x, y)), fullgraph=True, backend="eager")
    torch.testing.assert_close(back(*wanted), stage.inverse(wanted), equal_nan=True)
