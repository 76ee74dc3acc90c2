# SPDX-License-Identifier: BSD-3-Clause
"""Parts of a WCS that are made when first asked for: the same, whoever asks, in any mode."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import torch
from wcs_headers import SIP, TAN, TPV

from torchfits import WCS
from torchfits.wcs import _distortion, _later
from torchfits.wcs._projections import zenithal_inverted

WATS = {
    f"WAT{axis}_{number:03d}": text[68 * number - 68 : 68 * number]
    for axis, name in ((1, "lngcor"), (2, "latcor"))
    for text in [
        f'wtype=tnx {name} = "1. 3. 3. 2. -0.1 0.1 -0.1 0.1 1E-5 2E-4 1E-5 3E-5 1E-4 2E-5"'
    ]
    for number in (1, 2)
}
ZPN = {
    **TAN, "CTYPE1": "RA---ZPN", "CTYPE2": "DEC--ZPN", "PV2_1": 1.0, "PV2_3": 42.0,
    "PV2_5": -10000.0,
}  # fmt: skip
HEADERS = {
    "SIP": SIP,
    "TPV": TPV,
    "TNX": {**TAN, "CTYPE1": "RA---TNX", "CTYPE2": "DEC--TNX", **WATS},
    "ZPN": ZPN,
    "AIR": {**TAN, "CTYPE1": "RA---AIR", "CTYPE2": "DEC--AIR"},
}
X = torch.linspace(-20.0, 320.0, 40, dtype=torch.float64)
Y = torch.linspace(230.0, -30.0, 40, dtype=torch.float64)


@pytest.fixture(autouse=True)
def _untraced(monkeypatch):
    """As in a process that never traced anything, and where no camera was seen before."""
    monkeypatch.setattr(_later, "_TRACED", Event())
    zenithal_inverted._tabulated.cache_clear()


@pytest.fixture(params=HEADERS, name="header")
def a_header(request):
    return HEADERS[request.param]


def both_ways(wcs):
    def way(x, y):
        world = wcs.pixel_to_world_values(x, y)
        return (*world, *wcs.world_to_pixel_values(*world))

    return way


def asked_plainly(header):
    """The values of another WCS, that nothing but this was asked of."""
    return both_ways(WCS(header))(X, Y)


def test_the_fixture_tells_what_comes_back(header):
    torch.testing.assert_close(asked_plainly(header)[2:], (X, Y), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("module", "name", "header"),
    [(_distortion, "_way_back", SIP), (zenithal_inverted, "_inverse", ZPN)],
    ids=["SIP", "ZPN"],
)
def test_it_is_made_once_and_not_before(monkeypatch, module, name, header):
    made = []
    make = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: (made.append(name), make(*given))[1])
    wcs = WCS(header)
    assert not made
    for _ in range(2):
        both_ways(wcs)(X, Y)
    assert made == [name]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("header", [SIP, ZPN], ids=["SIP", "ZPN"])
def test_a_trace_comes_first(header):
    expected = asked_plainly(header)
    traced = torch.compile(both_ways(WCS(header)), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(traced(X, Y), expected, rtol=1e-12, atol=1e-9)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("header", [SIP, ZPN], ids=["SIP", "ZPN"])
def test_an_export_comes_first(header):
    class Model(torch.nn.Module):
        def forward(self, x, y):
            return both_ways(wcs)(x, y)

    expected, wcs = asked_plainly(header), WCS(header)
    exported = torch.export.export(Model(), (X, Y), strict=False).module()
    torch.testing.assert_close(exported(X, Y), expected, rtol=1e-12, atol=1e-9)
    assert all(map(torch.equal, both_ways(wcs)(X, Y), expected))


@pytest.mark.filterwarnings("ignore")
def test_one_graph_is_for_every_wcs():
    graphs = []

    def counted(graph, _):
        graphs.append(graph)
        return graph.forward

    traced = torch.compile(
        lambda wcs, x, y: wcs.world_to_pixel_values(x, y), fullgraph=True, backend=counted
    )
    for number in range(6):
        header = {**SIP, "A_2_0": 1e-6 * (1 + number)}
        world = WCS(header).pixel_to_world_values(X, Y)
        torch.testing.assert_close(traced(WCS(header), *world), (X, Y), rtol=0, atol=1e-8)
    assert len(graphs) <= 2


def test_a_transform_comes_first(header):
    points = torch.stack(asked_plainly(header)[:2], 1)

    def jacobian(wcs):
        return torch.func.vmap(
            torch.func.jacrev(lambda point: torch.stack(wcs.world_to_pixel_values(*point)))
        )(points)

    asked = WCS(header)
    both_ways(asked)(X, Y)
    assert torch.equal(jacobian(WCS(header)), jacobian(asked))


def test_inference_comes_first(header):
    def slopes(wcs):
        x = X.clone().requires_grad_()
        return torch.autograd.grad(sum(part.sum() for part in both_ways(wcs)(x, Y)), x)[0]

    wcs = WCS(header)
    with torch.inference_mode():
        both_ways(wcs)(X, Y)
    assert torch.equal(slopes(wcs), slopes(WCS(header)))


def test_a_copy_comes_first(header):
    copied = pickle.loads(pickle.dumps(WCS(header)))
    assert all(map(torch.equal, both_ways(copied)(X, Y), asked_plainly(header)))


def test_another_device_comes_first(header):
    moved = WCS(header).to("meta")
    results = both_ways(moved)(X.to("meta"), Y.to("meta"))
    assert {result.device.type for result in results} == {"meta"}


def test_threads_ask_at_once(header):
    expected, wcs = asked_plainly(header), WCS(header)
    with ThreadPoolExecutor(8) as pool:
        for results in pool.map(lambda _: both_ways(wcs)(X, Y), range(32)):
            assert all(map(torch.equal, results, expected))
