# SPDX-License-Identifier: BSD-3-Clause
"""Spectral and logarithmic axes against wcslib, as astropy has it."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from torchfits.wcs._description import Description
from torchfits.wcs._logarithmic import logarithmic_stages
from torchfits.wcs._spectral import spectral_stages
from torchfits.wcs._stage import moved

LIGHT = 299792458.0
REST = 5e-7
PIXELS = np.linspace(-9000.0, 9000.0, 1201)

# CRVAL and CDELT of each type, all of about the same spectrum; the letter is the basic variable.
TYPES = {
    "FREQ": ("F", 6e14, 1e10),
    "AFRQ": ("F", 3.5e15, 1e11),
    "ENER": ("F", 4e-19, 1e-23),
    "WAVN": ("F", 2e6, 40.0),
    "VRAD": ("F", 3e6, 3e3),
    "WAVE": ("W", 5e-7, 1e-11),
    "VOPT": ("W", 3e6, 3e3),
    "ZOPT": ("W", 0.01, 1e-5),
    "AWAV": ("A", 5e-7, 1e-11),
    "VELO": ("V", -4e6, 3e3),
    "BETA": ("V", 0.03, -1e-5),
}
GRISM = {0: 3e5, 1: 1.0, 2: 20.0, 3: 1.4, 4: -1e5, 5: 3.0, 6: 6.0}
CASES = [
    (name, code)
    for name, (basic, *_) in TYPES.items()
    for code in [f"{x}2{basic}" for x in "FWAV" if x != basic] + ["GRI", "GRA"]
]
cases = pytest.mark.parametrize(("name", "code"), CASES, ids=[f"{n}-{c}" for n, c in CASES])


def described(
    ctype: str, crval: Any, pv: dict[int, float] | None = None, **meta: Any
) -> Description:
    one = ((1.0,),)
    return Description(
        key=" ",
        ctype=(ctype,),
        cunit=("",),
        crpix=(1.0,),
        crval=crval if torch.is_tensor(crval) else (crval,),
        cdelt=(1.0,),
        pc=one,
        pv={(1, m): value for m, value in (pv or {}).items()},
        meta=meta,
    )


def stage_of(name: str, code: str, crval: Any = None) -> Any:
    crval = TYPES[name][1] if crval is None else crval
    pv = GRISM if code[0] == "G" else {}
    (stage,) = spectral_stages(described(f"{name}-{code}", crval, pv, RESTWAV=REST))
    return stage


def wcslib(ctype: str, crval: float, pv: dict[int, float] | None = None, **more: float) -> Any:
    """A WCS whose pixels, counted from 1, are intermediate world coordinates."""
    wcs = pytest.importorskip("astropy.wcs").WCS(naxis=1)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [ctype], [crval], [0.0], [1.0]
    for name, value in more.items():
        setattr(wcs.wcs, name, value)
    wcs.wcs.set_pv([(1, m, value) for m, value in (pv or {}).items()])
    return wcs


def to_world(wcs: Any, values: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wcs.wcs.p2s(values[:, None], 1)["world"][:, 0]


def to_pixels(wcs: Any, values: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wcs.wcs.s2p(values[:, None], 1)["pixcrd"][:, 0]


@cases
def test_values_and_inverses_are_those_of_wcslib(name: str, code: str) -> None:
    _, crval, step = TYPES[name]
    wcs = wcslib(f"{name}-{code}", crval, GRISM if code[0] == "G" else {}, restwav=REST)
    stage = stage_of(name, code)
    offsets = PIXELS * step
    expected = to_world(wcs, offsets)
    (world,) = stage.forward((torch.from_numpy(offsets),))
    (back,) = stage.inverse((torch.from_numpy(expected),))
    (again,) = stage.inverse((world,))

    assert np.isfinite(expected).all()
    assert np.abs((world.numpy() - expected) / np.gradient(expected)).max() < 1e-9
    assert np.abs(back.numpy() - to_pixels(wcs, expected)).max() / abs(step) < 1e-9
    assert np.abs(again.numpy() - offsets).max() / abs(step) < 1e-10


@cases
def test_points_without_a_value_are_those_of_wcslib(name: str, code: str) -> None:
    basic, crval, _ = TYPES[name]
    wcs = wcslib(f"{name}-{code}", crval, GRISM if code[0] == "G" else {}, restwav=REST)
    stage = stage_of(name, code)
    # Past zero frequency and the speed of light on both sides.
    width = {"VELO": LIGHT, "VRAD": LIGHT, "VOPT": LIGHT, "BETA": 1.0, "ZOPT": 1.0}.get(name, crval)
    offsets = np.array([-3.1, -2.3, -1.7, -0.6, 0.0, 0.6, 1.7, 2.3, 3.1]) * width
    expected = to_world(wcs, offsets)
    (world,) = stage.forward((torch.from_numpy(offsets),))
    np.testing.assert_allclose(world.numpy(), expected, rtol=1e-9)

    values = expected[4] + offsets
    (back,) = stage.inverse((torch.from_numpy(values),))
    np.testing.assert_allclose(back.numpy(), to_pixels(wcs, values), rtol=1e-9, atol=1e-9 * width)
    assert code[0] != "V" or world.isnan().any()
    assert basic != "V" or back.isnan().any()


def test_zero_frequency_has_no_wavelength() -> None:
    (stage,) = spectral_stages(described("WAVE-F2W", 0.25))
    slope = -LIGHT / 0.25**2
    offset = torch.tensor([-(LIGHT / 0.25) / slope, 0.0, 0.05], dtype=torch.float64)
    (world,) = stage.forward((offset,))
    assert world[0].isnan()
    assert world[1] == 0.25
    assert torch.allclose(world[2], torch.tensor(0.3125, dtype=torch.float64), rtol=1e-15)
    assert stage.inverse((torch.zeros(1, dtype=torch.float64),))[0].isnan().all()


@cases
def test_gradients_of_the_values(name: str, code: str) -> None:
    step = TYPES[name][2]
    stage = stage_of(name, code)
    pixels = torch.tensor([-800.0, -3.0, 0.0, 700.0], dtype=torch.float64, requires_grad=True)

    def forward(pixels: torch.Tensor) -> torch.Tensor:
        return (stage.forward((pixels * step,))[0] - stage.reference) / step

    def inverse(pixels: torch.Tensor) -> torch.Tensor:
        return stage.inverse((stage.reference + pixels * step,))[0] / step

    assert torch.autograd.gradcheck(forward, (pixels,), eps=1e-3, rtol=1e-5)
    assert torch.autograd.gradcheck(inverse, (pixels,), eps=1e-3, rtol=1e-5)


@cases
def test_gradients_of_the_reference_value(name: str, code: str) -> None:
    _, crval, step = TYPES[name]
    factor = torch.ones(1, dtype=torch.float64, requires_grad=True)
    offset = torch.tensor([-800.0, 700.0], dtype=torch.float64) * step

    def forward(factor: torch.Tensor) -> torch.Tensor:
        return stage_of(name, code, factor * crval).forward((offset,))[0] / crval

    def inverse(factor: torch.Tensor) -> torch.Tensor:
        return stage_of(name, code, factor * crval).inverse((crval + offset,))[0] / crval

    assert torch.autograd.gradcheck(forward, (factor,), rtol=1e-4)
    assert torch.autograd.gradcheck(inverse, (factor,), rtol=1e-4)


@cases
def test_a_point_without_value_has_no_part_in_a_loss(name: str, code: str) -> None:
    stage = stage_of(name, code)
    width = {"VELO": LIGHT, "VRAD": LIGHT, "VOPT": LIGHT, "BETA": 1.0, "ZOPT": 1.0}.get(
        name, TYPES[name][1]
    )
    for way in (stage.forward, stage.inverse):
        values = torch.linspace(-3, 3, 13, dtype=torch.float64).mul(width).requires_grad_()
        (result,) = way((values,))
        result[result.isfinite()].sum().backward()
        assert values.grad is not None
        assert values.grad.isfinite().all()
        assert (values.grad[result.isnan()] == 0).all()


@cases
def test_under_vmap(name: str, code: str) -> None:
    stage = stage_of(name, code)
    offsets = torch.linspace(-900, 900, 7, dtype=torch.float64) * TYPES[name][2]
    for way, values in ((stage.forward, offsets), (stage.inverse, offsets + TYPES[name][1])):
        mapped = torch.func.vmap(lambda one, way=way: way((one,))[0])(values)
        assert torch.equal(mapped, way((values,))[0])


def test_other_axes_and_linear_types_stay_alone() -> None:
    description = Description(
        key="A",
        ctype=("RA---TAN", "VOPT-F2W", "DEC--TAN", "FREQ", "FREQ-LOG", "WAVE-TAB", "FREQ-F2F"),
        cunit=("",) * 7,
        crpix=(1.0,) * 7,
        crval=(1.0, 3e6, 1.0, 1.0, 1.0, 1.0, 1.0),
        cdelt=(1.0,) * 7,
        pc=(),
        meta={"RESTFRQ": 1.4e9},
    )
    (stage,) = spectral_stages(description)
    assert stage.axis == 1
    coordinates = tuple(torch.full((3,), float(i), dtype=torch.float64) for i in range(7))
    result = stage.forward(coordinates)
    assert all(result[i] is coordinates[i] for i in range(7) if i != 1)
    assert moved(stage, dtype=torch.float32).forward((coordinates[0].float(),) * 7)[1].dtype == (
        torch.float32
    )
    (log,) = logarithmic_stages(description)
    assert log.axis == 4


@pytest.mark.parametrize("ctype", ["VELO-F2V", "VOPT-F2W", "VRAD-W2F", "FREQ-V2F", "BETA-GRI"])
def test_the_line_at_rest_is_needed(ctype: str) -> None:
    with pytest.raises(ValueError, match=rf"CTYPE1 = '{ctype}'.*RESTFRQ.*RESTWAV"):
        spectral_stages(described(ctype, 1e5, GRISM))


@pytest.mark.parametrize("ctype", ["VRAD-V2F", "VOPT-V2W", "ZOPT-V2W"])
def test_velocities_among_each_other_need_no_line(ctype: str) -> None:
    crval = 0.1 if ctype[0] == "Z" else 0.1 * LIGHT
    offset = torch.linspace(-0.2, 0.2, 5, dtype=torch.float64) * crval
    (alone,) = spectral_stages(described(ctype, crval))
    (with_line,) = spectral_stages(described(ctype, crval, RESTFRQ=1.4e9))
    expected = to_world(wcslib(ctype, crval, restfrq=1.4e9), offset.numpy())
    np.testing.assert_allclose(alone.forward((offset,))[0].numpy(), expected, rtol=1e-13)
    np.testing.assert_allclose(with_line.forward((offset,))[0].numpy(), expected, rtol=1e-13)


def test_rest_frequency_comes_before_rest_wavelength() -> None:
    offset = torch.tensor([1e8], dtype=torch.float64)
    wcs = wcslib("FREQ-V2F", 1.5e9, restfrq=1.4e9, restwav=0.2)
    (stage,) = spectral_stages(described("FREQ-V2F", 1.5e9, RESTFRQ=1.4e9, RESTWAV=0.2))
    expected = to_world(wcs, offset.numpy())
    np.testing.assert_allclose(stage.forward((offset,))[0].numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("ctype", "crval"),
    [
        ("WAVE-F2W", 0.0),
        ("AWAV-W2A", 0.0),
        ("FREQ-V2F", -1e9),
        ("VELO-F2V", 3e8),
        ("BETA-W2V", -1.0),
    ],
)
def test_a_reference_value_without_counterpart(ctype: str, crval: float) -> None:
    with pytest.raises(ValueError, match=rf"CRVAL1 = {crval!r}.*{ctype}"):
        spectral_stages(described(ctype, crval, RESTFRQ=1.4e9))


@pytest.mark.parametrize(
    ("pv", "message"),
    [
        ({}, "PV1_0 to PV1_6 = 0, 0, 0, 1, 0, 0, 0 disperses nothing"),
        ({0: 3e6, 1: 1.0}, "no ray of CRVAL1 reaches"),
        ({0: 3e5, 1: 1.0, 6: 90.0}, "no ray of CRVAL1 reaches"),
    ],
)
def test_a_grism_that_cannot_be(pv: dict[int, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spectral_stages(described("WAVE-GRI", 5e-7, pv))


def test_a_grism_by_the_law_of_refraction() -> None:
    """Rays traced: Snell's law at the face, the order of the grating, a tilted plane detector."""
    stage = stage_of("WAVE", "GRI")
    density, order, alpha, n, slope, epsilon, theta = GRISM.values()
    alpha, epsilon, theta = (math.radians(angle) for angle in (alpha, epsilon, theta))

    def beta_of(wavelength: float) -> float:
        index = n + slope * (wavelength - REST)
        return math.asin(density * order * wavelength / math.cos(epsilon) - index * math.sin(alpha))

    def place_of(wavelength: float) -> float:
        return math.tan(beta_of(wavelength) - beta_of(REST) - theta) + math.tan(theta)

    per_metre = (place_of(REST + 1e-12) - place_of(REST - 1e-12)) / 2e-12
    for wavelength in (4e-7, 4.9e-7, 5e-7, 6.5e-7):
        value = torch.tensor([wavelength], dtype=torch.float64)
        offset = stage.inverse((value,))[0].item()
        assert math.isclose(offset, place_of(wavelength) / per_metre, rel_tol=1e-6, abs_tol=1e-20)


@settings(max_examples=50, deadline=None)
@given(velocity=st.floats(-0.9, 0.9), step=st.floats(0.1, 1e4), pixel=st.floats(-2000, 2000))
def test_slow_velocities_come_back(velocity: float, step: float, pixel: float) -> None:
    """Also where a step of CDELT is lost in the 17th digit of the frequency."""
    (stage,) = spectral_stages(described("VOPT-F2W", velocity * 1e5, RESTFRQ=1.42e9))
    offset = torch.tensor([pixel * step], dtype=torch.float64)
    (world,) = stage.forward((offset,))
    (back,) = stage.inverse((world,))
    allowed = max(1e-8, 8 * np.spacing(abs(world.item())) / step)
    assert abs(back.item() - offset.item()) / step < allowed


def test_logarithmic_axes_are_those_of_wcslib() -> None:
    wcs = wcslib("WAVE-LOG", 5e-7)
    (stage,) = logarithmic_stages(described("WAVE-LOG", 5e-7))
    offsets = PIXELS * 1e-10
    expected = to_world(wcs, offsets)
    (world,) = stage.forward((torch.from_numpy(offsets),))
    np.testing.assert_allclose(world.numpy(), expected, rtol=1e-14)
    (back,) = stage.inverse((world,))
    np.testing.assert_allclose(back.numpy(), offsets, rtol=0, atol=1e-19)

    values = torch.tensor([-1e-7, 0.0, 1e-7], dtype=torch.float64, requires_grad=True)
    (inverse,) = stage.inverse((values,))
    assert inverse.isnan().tolist() == [True, True, False]
    (gradient,) = torch.autograd.grad(inverse[2], values)
    assert gradient.tolist()[:2] == [0.0, 0.0]
    assert math.isclose(gradient[2].item(), 5.0)

    start = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    point = torch.tensor([-0.7, 0.6], dtype=torch.float64, requires_grad=True)
    for way in ("forward", "inverse"):
        assert torch.autograd.gradcheck(
            lambda crval, w, way=way: getattr(
                logarithmic_stages(described("TIME-LOG", crval))[0], way
            )((w + 1,))[0],
            (start, point),
        )


@pytest.mark.parametrize("crval", [0.0, -5e-7, float("nan")])
def test_a_logarithm_starts_above_zero(crval: float) -> None:
    with pytest.raises(ValueError, match=r"CRVAL1 = .*'WAVE-LOG'.*positive"):
        logarithmic_stages(described("WAVE-LOG", crval))
