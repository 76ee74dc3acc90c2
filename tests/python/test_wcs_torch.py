# SPDX-License-Identifier: BSD-3-Clause
"""WCS as a part of a model: gradients, vmap, compilation, parameters that are fitted."""

import re
import runpy
import shutil
from pathlib import Path

import pytest
import torch
from torch.autograd import gradcheck
from wcs_headers import CUBE, SIP, TAN

import torchfits
from torchfits import WCS

X = torch.tensor([3.0, 120.5, 290.0], dtype=torch.float64)
Y = torch.tensor([190.0, 77.0, 4.25], dtype=torch.float64)
CTYPE = ("RA---TAN", "DEC--TAN")
HEADERS = pytest.mark.parametrize("header", [TAN, SIP], ids=["TAN", "SIP"])


def double(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@HEADERS
def test_gradients_of_coordinates(header):
    wcs = WCS(header)
    x, y = X.clone().requires_grad_(), Y.clone().requires_grad_()
    assert gradcheck(wcs.pixel_to_world_values, (x, y), eps=1e-3, atol=1e-9)
    world = [part.detach().requires_grad_() for part in wcs.pixel_to_world_values(x, y)]
    assert gradcheck(wcs.world_to_pixel_values, world, eps=1e-6, rtol=1e-4)


def test_gradients_at_the_reference_point_and_the_pole():
    for latitude in (54.25, 90.0):
        wcs = WCS({**TAN, "CRVAL2": latitude})
        x, y = double(149.5), double(89.0)
        lon, lat = wcs.pixel_to_world_values(x, y)
        (lon + lat).sum().backward()
        assert x.grad.isfinite().all()
        assert y.grad.isfinite().all()


def test_a_point_without_image_has_no_gradient():
    wcs = WCS(TAN)
    lon, lat = double(210.5, 30.5), double(54.2, -54.25)
    x, _ = wcs.world_to_pixel_values(lon, lat)
    assert x.isnan().tolist() == [False, True]
    x[~x.isnan()].sum().backward()
    assert lon.grad[0] != 0
    assert lon.grad[1] == lat.grad[1] == 0


@pytest.mark.parametrize("code", ["TAN", "CAR", "CSC", "COO"])
def test_points_left_out_leave_no_trace_in_gradients_of_parameters(code):
    """Neither pixels that are NaN nor places that a projection or a distortion does not have."""
    parameters = {
        "crval": double(210.5, 54.25),
        "crpix": double(150.5, 90.0),
        "cd": double([-2.0e-2, 1.5e-3], [1.4e-3, 2.1e-2]),
    }
    sip = {"A": double([0.0, 0, 4e-6], [0, 0, 0], [0, 0, 0])}
    sip["B"] = double([0.0, 0, 0], [0, 1e-6, 0], [0, 0, 0])
    ctype = (f"RA---{code}-SIP", f"DEC--{code}-SIP")
    pv = {(2, 1): 45.0, (2, 2): 25.0} if code == "COO" else {}
    wcs = WCS.from_params(ctype=ctype, pv=pv, sip=sip, **parameters)
    inputs = [*parameters.values(), *sip.values()]
    world = [part.detach() for part in wcs.pixel_to_world_values(X, Y)]
    nan, size = float("nan"), len(X)
    others = torch.tensor([[nan, 5.0, 1e9, 30.5], [5.0, nan, 1e9, -90.0]], dtype=torch.float64)
    for way, points in ((wcs.pixel_to_world_values, (X, Y)), (wcs.world_to_pixel_values, world)):
        wanted = torch.autograd.grad(torch.stack(way(*points)).sum(), inputs, retain_graph=True)
        found = torch.stack(way(*torch.cat([torch.stack(list(points)), others], 1)))
        assert found[:, size : size + 2].isnan().all()
        assert found.isfinite().all(0)[:size].all()
        assert way != wcs.world_to_pixel_values or code != "TAN" or found[:, -1].isnan().all()
        given = torch.autograd.grad(found[:, :size].sum(), inputs, retain_graph=True)
        torch.testing.assert_close(given, wanted, rtol=1e-9, atol=1e-9)


@HEADERS
def test_vmap_and_jacobians(header):
    wcs = WCS(header)
    whole = torch.stack(wcs.pixel_to_world_values(X, Y))
    mapped = torch.vmap(wcs.pixel_to_world_values)(X, Y)
    torch.testing.assert_close(torch.stack(mapped), whole, rtol=1e-14, atol=0)
    fixed = torch.vmap(wcs.pixel_to_world_values, in_dims=(0, None))(X, torch.tensor(4.0))
    expected = wcs.pixel_to_world_values(X, 4.0)
    torch.testing.assert_close(torch.stack(fixed), torch.stack(expected), rtol=1e-14, atol=0)
    back = torch.vmap(wcs.world_to_pixel_values)(*mapped)
    torch.testing.assert_close(torch.stack(back), torch.stack([X, Y]), rtol=0, atol=1e-8)

    def position(pixel):
        return torch.stack(wcs.pixel_to_world_values(pixel[0], pixel[1]))

    pixels = torch.stack([X, Y], dim=1)
    jacobian = torch.func.vmap(torch.func.jacrev(position))(pixels)
    step = torch.eye(2, dtype=torch.float64) * 1e-3
    for axis in (0, 1):
        far, near = (torch.func.vmap(position)(pixels + s * step[axis]) for s in (1, -1))
        torch.testing.assert_close(jacobian[:, :, axis], (far - near) / 2e-3, rtol=1e-6, atol=1e-9)


def test_vmap_over_long_arrays():
    wcs = WCS(TAN)
    x = torch.rand(2, 150_000, dtype=torch.float64) * 300
    mapped = torch.vmap(wcs.pixel_to_world_values, in_dims=(0, None))(x, x[0])
    expected = wcs.pixel_to_world_values(x, x[0])
    torch.testing.assert_close(torch.stack(mapped), torch.stack(expected), rtol=1e-14, atol=0)


def round_trip(header):
    wcs = WCS(header)

    def both_ways(*pixels):
        return wcs.world_to_pixel_values(*wcs.pixel_to_world_values(*pixels))

    return both_ways


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("header", [TAN, SIP, CUBE], ids=["TAN", "SIP", "CUBE"])
def test_one_graph_is_all_that_is_traced(header):
    traced = torch.compile(round_trip(header), fullgraph=True, backend="aot_eager")
    pixels = (X, Y, X)[: header["NAXIS"]]
    torch.testing.assert_close(traced(*pixels), pixels, rtol=0, atol=1e-8)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")
def test_compiled():
    compiled = torch.compile(round_trip(TAN), fullgraph=True)
    torch.testing.assert_close(compiled(X, Y), (X, Y), rtol=0, atol=1e-8)


def test_from_params_is_the_header():
    cd = [[TAN["CD1_1"], TAN["CD1_2"]], [TAN["CD2_1"], TAN["CD2_2"]]]
    wcs = WCS.from_params(
        ctype=CTYPE, crval=(210.5, 54.25), crpix=(150.5, 90.0), cd=cd, shape=(200, 300),
        radesys="FK5", equinox=2000.0,
    )  # fmt: skip
    assert repr(wcs) == repr(WCS(TAN))
    given, expected = wcs.pixel_to_world_values(X, Y), WCS(TAN).pixel_to_world_values(X, Y)
    assert torch.equal(torch.stack(given), torch.stack(expected))


def test_from_params_of_a_cube_with_units():
    wcs = WCS.from_params(
        ctype=("RA---SIN", "DEC--SIN", "FREQ"), cunit=("deg", "deg", "GHz"),
        crval=torch.tensor([83.6, -5.4, 1.42], dtype=torch.float64), crpix=(20, 15, 1),
        cdelt=torch.tensor([-0.01, 0.01, 1e-4], dtype=torch.float64),
        pc=[[1, 0.1, 0], [-0.1, 1, 0], [0, 0, 1]],
    )  # fmt: skip
    expected = WCS(CUBE).pixel_to_world_values(X, Y, 3)
    for part, other in zip(wcs.pixel_to_world_values(X, Y, 3), expected, strict=True):
        torch.testing.assert_close(part, other, rtol=1e-13, atol=0)


def made(crval, crpix, cd, a, b):
    return WCS.from_params(
        ctype=("RA---TAN-SIP", "DEC--TAN-SIP"), crval=crval, crpix=crpix, cd=cd, shape=(200, 300),
        sip={"A": a, "B": b},
    )  # fmt: skip


def test_gradients_of_parameters():
    crval, crpix = double(210.5, 54.25), double(150.5, 90.0)
    cd = double([-2.0e-4, 1.5e-5], [1.4e-5, 2.1e-4])
    a = double([0.0, 0, 4e-6], [0, -3e-6, 0], [2e-6, 0, 0])
    b = double([0.0, 0, 4e-6], [0, 1e-6, 0], [1e-6, 0, 0])
    inputs = (crval, crpix, cd, a, b)

    def to_world(*parameters):
        return torch.stack(made(*parameters).pixel_to_world_values(X, Y))

    world = to_world(*inputs).detach()
    for position, step in enumerate((1e-5, 1e-3, 1e-8, None, None)):
        check(to_world, inputs, position, step)
        check(
            lambda *p: torch.stack(made(*p).world_to_pixel_values(*world)), inputs, position, step
        )


def check(function, inputs, position, step):
    """Compare gradients with differences over a step that suits the parameter.

    `None` is for SIP: steps that move a star by a tenth of a pixel; terms of the order alone.
    """

    def of_one(value):
        return function(*inputs[:position], value, *inputs[position + 1 :])

    value = inputs[position].detach()
    jacobian = torch.autograd.functional.jacobian(of_one, value)
    for place in torch.ones_like(value).nonzero():
        order = int(place.sum())
        if step is None and order > 2:
            continue
        size = step or 0.1 * 100.0**-order
        move = torch.zeros_like(value)
        move[tuple(place)] = size
        difference = (of_one(value + move) - of_one(value - move)).detach() / (2 * size)
        found = jacobian[(..., *place)]
        torch.testing.assert_close(found, difference, rtol=2e-5, atol=2e-5 * difference.abs().max())


def test_gradients_of_tpv_and_of_steps():
    pv = {(1, 0): 0.0, (1, 1): double(1.001)[0], (1, 4): double(1e-3)[0], (2, 1): 1.0}
    wcs = WCS.from_params(
        ctype=("RA---TPV", "DEC--TPV"),
        crval=(10.0, 20.0),
        crpix=(50, 50),
        cdelt=(-0.01, 0.01),
        pv=pv,
    )
    lon, _ = wcs.pixel_to_world_values(X, Y)
    for parameter in (pv[1, 1], pv[1, 4]):
        (slope,) = torch.autograd.grad(lon.sum(), parameter, retain_graph=True)
        assert slope != 0
    cdelt = double(-0.01, 0.01)
    wcs = WCS.from_params(ctype=CTYPE, crval=(10.0, 20.0), crpix=(50, 50), cdelt=cdelt)
    wcs.pixel_to_world_values(X, Y)[1].sum().backward()
    assert (cdelt.grad != 0).all()


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({}, TypeError, "needs ctype="),
        ({"ctype": "RA---TAN"}, TypeError, "give a sequence with a text for each axis"),
        ({"ctype": CTYPE, "crval": (1, 2, 3)}, ValueError, "crval=.* a value for each of 2 axes"),
        ({"ctype": CTYPE, "crpix": 5}, ValueError, "crpix=5"),
        ({"ctype": CTYPE, "cd": [[1, 2]]}, ValueError, "a matrix of 2 x 2"),
        ({"ctype": CTYPE, "pc": torch.ones(2)}, ValueError, "a matrix of 2 x 2"),
        ({"ctype": CTYPE, "cd": torch.eye(2), "pc": torch.eye(2)}, TypeError, "give either"),
        ({"ctype": CTYPE, "sip": {"C": [[0]]}}, ValueError, "use 'A', 'B', 'AP', 'BP'"),
        ({"ctype": CTYPE, "cd": [[1, 2], [2, 4]]}, ValueError, "singular"),
        ({"ctype": ("RA---TAN", "FREQ")}, ValueError, "CTYPE1 = 'RA---TAN' has no partner"),
    ],
)
def test_wrong_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        WCS.from_params(**parameters)


def test_a_wcs_in_a_module_moves_nothing_by_itself():
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.wcs = torchfits.WCS(TAN)

        def forward(self, x, y):
            return self.wcs.pixel_to_world_values(x, y)

    lon, _ = Model().float()(X, Y)
    assert lon.dtype == torch.float64


def test_the_example_fits_down_to_the_noise(capsys):
    example = Path(__file__).resolve().parents[2] / "examples" / "fit_astrometry.py"
    assert len(example.read_text().splitlines()) < 60
    runpy.run_path(str(example), run_name="__main__")
    before, after, noise = map(float, re.findall(r"0\.\d+|\d\.\d{4}", capsys.readouterr().out)[:3])
    assert after < 1.1 * noise < 0.01 * before
