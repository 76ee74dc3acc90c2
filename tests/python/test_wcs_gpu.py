# SPDX-License-Identifier: BSD-3-Clause
"""WCS on a GPU: the same positions as on the host, and the host never waits."""

import pytest
import torch
from wcs_headers import MANY, SIP

from torchfits import WCS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.mark.parametrize("header", MANY.values(), ids=MANY.keys())
@pytest.mark.filterwarnings("ignore")
def test_positions_are_those_of_the_host(header):
    wcs = WCS(header)
    on_device = wcs.to("cuda")
    pixels = [torch.linspace(-40, 40, 20_000, dtype=torch.float64) for _ in range(wcs.pixel_n_dim)]
    pixels[1] = pixels[1].flip(0).roll(77)
    there = [part.cuda() for part in pixels]
    on_device.world_to_pixel_values(*on_device.pixel_to_world_values(*there))
    torch.cuda.set_sync_debug_mode("error")
    try:
        world = on_device.pixel_to_world_values(*there)
        back = on_device.world_to_pixel_values(*world)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    expected = wcs.pixel_to_world_values(*pixels)
    expected = (*expected, *wcs.world_to_pixel_values(*expected))
    for found, part in zip((*world, *back), expected, strict=True):
        assert found.device.type == "cuda"
        torch.testing.assert_close(found.cpu(), part, rtol=1e-12, atol=1e-8, equal_nan=True)


def test_a_wcs_on_the_host_takes_coordinates_of_the_device():
    lon, _ = WCS(SIP).pixel_to_world_values(torch.arange(5, device="cuda"), 3)
    assert lon.device.type == "cuda"
    expected, _ = WCS(SIP).pixel_to_world_values(torch.arange(5), 3)
    torch.testing.assert_close(lon.cpu(), expected)


def test_parameters_on_the_device_have_gradients_there():
    crval = torch.tensor([10.0, 20.0], dtype=torch.float64, device="cuda", requires_grad=True)
    wcs = WCS.from_params(
        ctype=("RA---TAN", "DEC--TAN"), crval=crval, crpix=(5, 5), cdelt=(-0.01, 0.01)
    )
    assert wcs.device.type == "cuda"
    wcs.pixel_to_world_values(torch.arange(5.0, device="cuda"), 3)[0].sum().backward()
    assert crval.grad.device.type == "cuda"
    assert crval.grad[0] == 5
