# SPDX-License-Identifier: BSD-3-Clause
"""SIP, TPV, TNX, ZPX and plate solutions, both ways: against wcslib and by the exact round trip."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from astropy import wcs as astropy_wcs
from astropy.io import fits
from corpus_files import CORPUS, REASON

from torchfits import FITSWarning
from torchfits.wcs._celestial import celestial_stage
from torchfits.wcs._distortion import MOST_STEPS, Distortion
from torchfits.wcs._dss import dss_description, dss_stages
from torchfits.wcs._header import describe
from torchfits.wcs._linear import linear_stage
from torchfits.wcs._newton import unconverged
from torchfits.wcs._sip import sip_stage
from torchfits.wcs._stage import Coordinates, moved
from torchfits.wcs._tnx import tnx_stage, zpx_description
from torchfits.wcs._tpv import tpv_stage

PIXEL, DEGREE = 1e-6, 1e-9  # what the results may differ by from wcslib
FIELD = {
    "NAXIS": 2,
    "NAXIS1": 2048,
    "NAXIS2": 4096,
    "CRPIX1": -300.5,
    "CRPIX2": 2050.25,
    "CRVAL1": 150.0,
    "CRVAL2": 32.0,
    "CD1_1": -5.5e-5,
    "CD1_2": 1e-5,
    "CD2_1": 2e-5,
    "CD2_2": 5.4e-5,
}
SIP = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"}
TPV = {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV"}


def stages_of(header: Mapping[str, Any]) -> list[Any]:
    """The steps of a celestial image in their order."""
    description, cards = describe(header)
    plate = dss_stages(cards, description)
    description = zpx_description(cards, dss_description(cards, description))
    before = plate or (sip_stage(cards, description),)
    after = tpv_stage(description), tnx_stage(cards, description), celestial_stage(description)
    return [stage for stage in (*before, linear_stage(description), *after) if stage is not None]


def distortion_of(header: Mapping[str, Any]) -> Distortion:
    (stage,) = (stage for stage in stages_of(header) if isinstance(stage, Distortion))
    return stage


def forward(stages: list[Any], coordinates: Coordinates) -> Coordinates:
    for stage in stages:
        coordinates = stage.forward(coordinates)
    return coordinates


def inverse(stages: list[Any], coordinates: Coordinates) -> Coordinates:
    for stage in reversed(stages):
        coordinates = stage.inverse(coordinates)
    return coordinates


def oracle(header: Mapping[str, Any]) -> astropy_wcs.WCS:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return astropy_wcs.WCS(header if isinstance(header, fits.Header) else fits.Header(header))


def positions(header: Mapping[str, Any], margin: float = 0.2, count: int = 200) -> np.ndarray:
    """Pixels over the image and around it."""
    generator = np.random.default_rng(7)
    sides = np.array([header["NAXIS1"], header["NAXIS2"]])
    return generator.uniform(-margin, 1.0 + margin, (count, 2)).T * sides[:, None]


def check(header: Mapping[str, Any], margin: float = 0.2) -> None:
    """Both ways against astropy, and the round trip."""
    expected = oracle(header)
    x, y = positions(header, margin)
    lon, lat = expected.all_pix2world(x, y, 0)
    stages = stages_of(header)
    world = forward(stages, (torch.tensor(x), torch.tensor(y)))
    apart = np.hypot((world[0].numpy() - lon) * np.cos(np.radians(lat)), world[1].numpy() - lat)
    assert apart.max() < DEGREE
    back = inverse(stages, world)
    scale = np.sqrt(abs(np.linalg.det(expected.pixel_scale_matrix)))
    allowed = max(1e-8, 8 * np.spacing(360.0) / scale)
    assert max(abs(back[0].numpy() - x).max(), abs(back[1].numpy() - y).max()) < allowed
    there = expected.all_world2pix(lon, lat, 0, tolerance=1e-10, maxiter=50, quiet=True)
    pixels = inverse(stages, (torch.tensor(lon), torch.tensor(lat)))
    for ours, theirs in zip(pixels, there, strict=True):
        assert abs(ours.numpy() - theirs).max() < PIXEL


# SIP


def sip_header(order: int, strength: float = 3.0, **more: Any) -> dict[str, Any]:
    """Coefficients of either sign that move the corners of the image by some pixels each."""
    generator = np.random.default_rng(order)
    header = {**FIELD, **SIP, "A_ORDER": order, "B_ORDER": order}
    for name in "AB":
        for p in range(order + 1):
            for q in range(order + 1 - p):
                if p + q > 1:
                    scale = strength / 3500.0 ** (p + q)
                    header[f"{name}_{p}_{q}"] = float(generator.normal() * scale)
    return {**header, **more}


@pytest.mark.parametrize("order", range(2, 10))
def test_sip_of_every_order_is_that_of_astropy(order: int) -> None:
    check(sip_header(order))


def test_sip_of_different_orders_with_terms_of_order_0_and_1() -> None:
    header = sip_header(4, A_0_0=3.0, A_1_0=0.02, A_0_1=-0.01, B_0_0=-2.0, B_0_1=0.03)
    header["B_ORDER"] = 2
    check(header)


def test_strong_sip_far_outside_of_the_image() -> None:
    check(sip_header(3, strength=60.0), margin=0.4)


def test_coefficients_beyond_the_order_do_not_count() -> None:
    check({**sip_header(3), "A_ORDER": 2, "A_9_9": 1.0})


@pytest.mark.parametrize(
    "cards",
    [
        {"A_ORDER": 1, "B_ORDER": 1, "A_1_0": 0.1},
        {"A_2_0": 1e-3},
        {},
    ],
)
def test_sip_that_is_none(cards: dict[str, Any]) -> None:
    assert sip_stage(cards, describe({**FIELD, **SIP})[0]) is None


@pytest.mark.parametrize(
    ("cards", "match"),
    [
        ({"AP_ORDER": 2, "BP_ORDER": 2, "AP_2_0": 1e-4}, "AP_ORDER without A_ORDER"),
        ({"A_ORDER": 3, "B_ORDER": 3}, "missing or 0"),
        ({"A_ORDER": 2, "B_ORDER": 0, "A_2_0": 1e-4}, "B_ORDER = 0"),
    ],
)
def test_sip_that_is_left_out_with_a_warning(cards: dict[str, Any], match: str) -> None:
    description = describe({**FIELD, **SIP})[0]
    with pytest.warns(FITSWarning, match=match):
        assert sip_stage(cards, description) is None
    x, y = positions(FIELD)
    plain = forward(stages_of({**FIELD, **SIP}), (torch.tensor(x), torch.tensor(y)))
    expected = oracle({**FIELD, **SIP, **cards}).all_pix2world(x, y, 0)
    np.testing.assert_allclose([part.numpy() for part in plain], expected, rtol=0, atol=DEGREE)


@pytest.mark.parametrize(
    ("cards", "match"),
    [
        ({"A_ORDER": 2, "A_2_0": 1e-4}, "A_ORDER = 2, but there is no B_ORDER"),
        ({"B_ORDER": 3}, "no A_ORDER"),
        ({"A_ORDER": 10, "B_ORDER": 2}, "A_ORDER = 10"),
        ({"A_ORDER": -1, "B_ORDER": 2}, "A_ORDER = -1"),
        ({"A_ORDER": 2.5, "B_ORDER": 2}, "A_ORDER = 2.5"),
        ({"A_ORDER": "3", "B_ORDER": 2}, "A_ORDER = '3'"),
        ({"A_ORDER": True, "B_ORDER": 2}, "A_ORDER = True"),
        ({"A_ORDER": 2, "B_ORDER": 2, "A_2_0": "x"}, "A_2_0 = 'x'"),
        ({"A_ORDER": 2, "B_ORDER": 2, "B_1_1": float("nan")}, "B_1_1 = nan"),
    ],
)
def test_sip_that_is_wrong_names_the_keyword(cards: dict[str, Any], match: str) -> None:
    description = describe({**FIELD, **SIP})[0]
    with pytest.raises(ValueError, match=match):
        sip_stage(cards, description)


def test_sip_without_its_suffix_is_applied_with_a_warning() -> None:
    header = sip_header(3, CTYPE1="RA---TAN", CTYPE2="DEC--TAN")
    with pytest.warns(FITSWarning, match="does not end with -SIP"):
        check(header)


def test_sip_beside_a_third_axis_moves_the_first_two() -> None:
    description, cards = describe(
        {**sip_header(2), "NAXIS": 3, "NAXIS3": 5, "CTYPE3": "FREQ", "CD3_3": 1.0}
    )
    stage = sip_stage(cards, description)
    assert stage is not None
    x, y = torch.tensor([10.0], dtype=torch.float64), torch.tensor([20.0], dtype=torch.float64)
    plane = distortion_of(sip_header(2)).forward((x, y))
    assert stage.forward((x, y, x)) == (*plane, x)


# TPV


def tpv_header(size: float = 0.02, *, axes: tuple[int, ...] = (1, 2)) -> dict[str, Any]:
    generator = np.random.default_rng(3)
    terms = {(i, m): float(generator.normal() * size) for i in axes for m in range(40)}
    return {**FIELD, **TPV, **{f"PV{i}_{m}": v + (m == 1) for (i, m), v in terms.items()}}


def test_tpv_with_all_its_terms() -> None:
    check(tpv_header())


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_tpv_of_the_corpus() -> None:
    path = CORPUS / "wcs_headers" / "tpvonly.hdr"
    if not path.is_file():
        pytest.skip(REASON)
    check(fits.Header.fromstring(path.read_text()))


def test_tan_with_polynomials_of_scamp_is_tpv() -> None:
    header = {**tpv_header(), "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
    with pytest.warns(FITSWarning, match="SCAMP"):
        check(header)


def test_tpv_parameter_1_is_1_where_it_is_missing() -> None:
    whole = {**FIELD, **TPV, "PV1_1": 1.0, "PV2_1": 1.0, "PV1_4": 1e-2, "PV2_5": 1e-2}
    missing = {key: value for key, value in whole.items() if key not in {"PV1_1", "PV2_1"}}
    point = tuple(torch.tensor([value], dtype=torch.float64) for value in (0.1, -0.2))
    for a, b in zip(
        distortion_of(whole).forward(point), distortion_of(missing).forward(point), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_tpv_parameter_40_is_refused() -> None:
    with pytest.raises(ValueError, match="PV2_40"):
        stages_of({**FIELD, **TPV, "PV2_40": 1.0})


def test_tpv_of_cdelt_is_of_degrees_too() -> None:
    """The convention and AST have it so; wcslib takes the polynomial before CDELT."""
    header = {key: value for key, value in tpv_header().items() if not key.startswith("CD")}
    cdelt = {"CDELT1": -5e-5, "CDELT2": 5e-5}
    with_cd = {"CD1_1": -5e-5, "CD2_2": 5e-5, "CD1_2": 0.0, "CD2_1": 0.0}
    pixels = tuple(map(torch.tensor, positions(FIELD)))
    ours = forward(stages_of({**header, **cdelt}), pixels)
    expected = oracle({**header, **with_cd}).all_pix2world(*positions(FIELD), 0)
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a.numpy(), b, rtol=0, atol=DEGREE)


def test_radial_terms_have_gradients_at_the_origin() -> None:
    stage = distortion_of(tpv_header())
    point = [torch.zeros(1, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    for results in (stage.forward(tuple(point)), stage.inverse(stage.forward(tuple(point)))):
        gradients = torch.autograd.grad(sum(results), point)  # type: ignore[arg-type]
        assert all(torch.isfinite(part).all() for part in gradients)


# TNX and ZPX


def iraf_header(code: str, kind: int, x: int, y: int, mixed: int, **more: Any) -> dict[str, Any]:
    """A header as IRAF writes it, in lines that do not end with a blank, which wcslib needs."""
    generator = np.random.default_rng(kind * 10 + mixed)
    count = {
        0: x + y - 1,
        1: x * y,
        2: sum(1 for m in range(x) for n in range(y) if m + n < max(x, y)),
    }
    ranges = more.pop("ranges", ((-0.15, 0.12, -0.11, 0.13),) * 2)
    projp = " projp0=0. projp1=1. projp3=337.74 projp5=632052." if code == "ZPX" else ""
    header = {**FIELD, "CTYPE1": f"RA---{code}", "CTYPE2": f"DEC--{code}"}
    for axis, kinds in enumerate(("ra lngcor", "dec latcor")):
        name, surface = kinds.split()
        numbers = [f"{n}." for n in (kind, x, y, mixed)]
        coefficients = generator.normal(size=count[mixed]) * 1e-4
        numbers += [f"{value:.15f}" for value in (*ranges[axis], *coefficients)]
        text = f'wtype={code.lower()} axtype={name}{projp} {surface} = "{" ".join(numbers)} "'
        for end in range(67, len(text), 68):
            if text[end] == " ":
                text = text[:end] + "0" + text[end:]
        for line in range(0, len(text), 68):
            header[f"WAT{axis + 1}_{line // 68 + 1:03d}"] = text[line : line + 68]
    return {**header, **more}


@pytest.mark.parametrize("code", ["TNX", "ZPX"])
@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("mixed", [0, 1, 2])
def test_surfaces_of_iraf(code: str, kind: int, mixed: int) -> None:
    check(iraf_header(code, kind, 4, 3, mixed))


def test_surfaces_of_different_ranges() -> None:
    check(iraf_header("TNX", 1, 5, 5, 2, ranges=((-0.2, 0.1, -0.1, 0.3), (-0.15, 0.2, -0.3, 0.1))))


def test_wat_counts_more_than_a_ctype_of_tan() -> None:
    check(iraf_header("TNX", 1, 3, 3, 2, CTYPE1="RA---TAN", CTYPE2="DEC--TAN"))


def test_blanks_at_the_ends_of_lines_are_kept() -> None:
    header = iraf_header("TNX", 3, 3, 3, 2)
    cut = {key: value for key, value in header.items() if not key.startswith("WAT")}
    for axis in (1, 2):
        text = "".join(value for key, value in header.items() if key.startswith(f"WAT{axis}"))
        start = text.index('"') + 1
        words = text[:start] + text[start:].replace(" ", " " * 40)
        for line in range(0, len(words), 68):
            cut[f"WAT{axis}_{line // 68 + 1:03d}"] = words[line : line + 68].rstrip()
    pixels = tuple(map(torch.tensor, positions(FIELD)))
    for a, b in zip(
        forward(stages_of(cut), pixels), forward(stages_of(header), pixels), strict=True
    ):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("3. 3. 3. 2.", "4. 3. 3. 2.", "kind 4"),
        ("3. 3. 3. 2.", "3. 3. 900000000. 2.", "orders"),
        ("3. 3. 3. 2.", "3. 4. 4. 2.", "coefficients"),
        ("3. 3. 3. 2.", "3. 3. three 2.", "'three'"),
    ],
)
def test_broken_surfaces_name_their_keyword(old: str, new: str, match: str) -> None:
    header = iraf_header("TNX", 3, 3, 3, 2)
    header["WAT1_001"] = header["WAT1_001"].replace(old, new)
    with pytest.raises(ValueError, match=f"WAT1_001.*{match}"):
        stages_of(header)


# Plate solutions


def plate_header() -> dict[str, Any]:
    path = CORPUS / "wcs" / "dss.14.29.56-62.41.05.fits.gz"
    if not path.is_file():
        pytest.skip(REASON)
    header = fits.getheader(path)
    old = ("PC00", "CROTA", "CD1", "CD2", "SKEW", "COMMENT", "DATE")
    return {card.keyword: card.value for card in header.cards if not card.keyword.startswith(old)}


def test_plate_solution_counts_more_than_ctype() -> None:
    check(plate_header())


@pytest.mark.parametrize("term", [7, 12, 13])
def test_plate_solution_with_rare_terms(term: int) -> None:
    header = plate_header()
    size = {7: 1e-6, 12: 1e-7, 13: 1e-12}[term]
    header[f"AMDX{term}"], header[f"AMDY{term}"] = 3.0 * size, -4.0 * size
    check(header)


@pytest.mark.parametrize("keyword", ["PLTRAH", "PPO3", "XPIXELSZ", "CNPIX2", "AMDY1"])
def test_plate_solution_without_a_keyword_names_it(keyword: str) -> None:
    header = plate_header()
    del header[keyword]
    with pytest.raises(ValueError, match=keyword):
        stages_of(header)


def test_leftovers_of_a_plate_solution_are_none() -> None:
    header = plate_header()
    header = {key: value for key, value in header.items() if not key.startswith("AMD")}
    description, cards = describe(header)
    assert dss_stages(cards, description) == ()
    assert dss_description(cards, description) is description


# Newton


def test_points_beyond_a_fold_are_nan_and_counted() -> None:
    """x + u**2 / 4000 has its fold at u = -2000; nothing is left of it."""
    header = {**FIELD, **SIP, "CRPIX1": 1.0, "CRPIX2": 1.0, "A_ORDER": 2, "B_ORDER": 2}
    stage = distortion_of({**header, "A_2_0": 1.0 / 4000.0})
    assert stage.way_back.value.steps == MOST_STEPS
    target = torch.tensor([-1100.0, -999.0, -900.0, 0.0, 500.0, torch.nan], dtype=torch.float64)
    zero = torch.zeros_like(target)
    x, y = stage.inverse((target, zero))
    expected = 2000.0 * (torch.sqrt(1.0 + target / 1000.0) - 1.0)
    torch.testing.assert_close(x, expected, rtol=0, atol=1e-8, equal_nan=True)
    assert unconverged(stage, (target, zero)).tolist() == [True] + [False] * 5
    assert torch.isnan(y).tolist() == [True] + [False] * 4 + [True]


def test_points_that_are_nan_have_no_gradient() -> None:
    header = {**FIELD, **SIP, "CRPIX1": 1.0, "CRPIX2": 1.0, "A_ORDER": 2, "B_ORDER": 2}
    stage = distortion_of({**header, "A_2_0": 1.0 / 4000.0})
    target = torch.tensor([-1100.0, 500.0], dtype=torch.float64, requires_grad=True)
    x, _ = stage.inverse((target, torch.zeros(2, dtype=torch.float64)))
    torch.where(torch.isnan(x), 0.0, x).sum().backward()
    assert target.grad is not None
    torch.testing.assert_close(
        target.grad, torch.tensor([0.0, 1.0 / 1.5**0.5], dtype=torch.float64)
    )


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("make", [lambda: sip_header(3), tpv_header], ids=["SIP", "TPV"])
def test_gradients_by_points(make: Any) -> None:
    stage = distortion_of(make())
    scale = 100.0 if stage.axes == (0, 1) and not stage.is_normalised else 0.1
    generator = torch.Generator().manual_seed(1)
    point = [
        (torch.rand(3, dtype=torch.float64, generator=generator) * scale).requires_grad_()
        for _ in range(2)
    ]
    for way in (stage.forward, stage.inverse):
        step = 1e-6 * scale
        assert torch.autograd.gradcheck(lambda x, y, w=way: w((x, y)), point, eps=step, atol=1e-6)
    forward_mode = torch.func.jacfwd(lambda x, y: stage.inverse((x, y))[0])(*point)
    reverse_mode = torch.func.jacrev(lambda x, y: stage.inverse((x, y))[0])(*point)
    torch.testing.assert_close(forward_mode, reverse_mode)


def test_gradients_by_coefficients_of_sip() -> None:
    description, cards = describe({**FIELD, **SIP})
    point = tuple(torch.tensor([300.0, 50.0], dtype=torch.float64) for _ in range(2))
    generator = torch.Generator().manual_seed(1)
    a, b = (
        (torch.rand(3, 3, dtype=torch.float64, generator=generator) * 1e-5).requires_grad_()
        for _ in range(2)
    )
    crpix = torch.tensor([10.0, 20.0], dtype=torch.float64, requires_grad=True)

    def through(a: torch.Tensor, b: torch.Tensor, crpix: torch.Tensor, way: str) -> Coordinates:
        stage = sip_stage(cards, replace(description, crpix=crpix), {"A": a, "B": b})
        results: Coordinates = getattr(stage, way)(point)
        return results

    for way in ("forward", "inverse"):
        assert torch.autograd.gradcheck(
            lambda *numbers, way=way: through(*numbers, way), (a, b, crpix), eps=1e-7, rtol=1e-5
        )


def test_gradients_by_coefficients_of_tpv() -> None:
    description, _ = describe({**FIELD, **TPV})
    point = tuple(torch.tensor([0.1, -0.2], dtype=torch.float64) for _ in range(2))
    numbers = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (1.01, 0.02, 0.01)]

    def through(first: torch.Tensor, square: torch.Tensor, cube: torch.Tensor, way: str) -> Any:
        pv = {(1, 1): first, (1, 4): square, (2, 11): cube}
        return getattr(tpv_stage(replace(description, pv=pv)), way)(point)

    for way in ("forward", "inverse"):
        assert torch.autograd.gradcheck(lambda *x, way=way: through(*x, way), numbers)


@pytest.mark.parametrize("make", [lambda: sip_header(9), tpv_header], ids=["SIP", "TPV"])
def test_vmap_and_any_shape(make: Any) -> None:
    stage = distortion_of(make())
    x = torch.linspace(0.0, 0.1, 6, dtype=torch.float64).reshape(2, 3)
    y = torch.linspace(0.1, -0.1, 6, dtype=torch.float64).reshape(2, 3)
    for way in (stage.forward, stage.inverse):
        whole = way((x, y))
        by_vmap = torch.func.vmap(torch.func.vmap(lambda x, y, w=way: w((x, y))))(x, y)
        for a, b, c in zip(whole, by_vmap, way((x[0, 1], y[0, 1])), strict=True):
            torch.testing.assert_close(a, b)
            torch.testing.assert_close(a[0, 1], c)
        empty = way((x[:0], y[:0]))
        assert [part.shape for part in empty] == [(0, 3), (0, 3)]


def test_single_precision_where_a_device_has_no_other() -> None:
    stage = moved(distortion_of(sip_header(5)), dtype=torch.float32)
    x, y = (torch.tensor(part, dtype=torch.float32) for part in positions(FIELD))
    back = stage.inverse(stage.forward((x, y)))
    for a, b in zip(back, (x, y), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=5e-3)


def test_steps_stand_coarse_matrix_products() -> None:
    """As autocast makes them, and GPUs that are told to be quick."""
    stage = distortion_of(sip_header(5))
    pixels = tuple(map(torch.tensor, positions(FIELD)))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        back = stage.inverse(stage.forward(pixels))
    for a, b in zip(back, pixels, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-8)


@pytest.mark.parametrize("make", [lambda: sip_header(5), tpv_header], ids=["SIP", "TPV"])
def test_nothing_looks_at_values(make: Any) -> None:
    """A meta tensor has none, so that a GPU would never be waited for."""
    stage = moved(distortion_of(make()), device="meta")
    x = torch.empty(7, dtype=torch.float64, device="meta")
    assert [part.shape for part in stage.inverse(stage.forward((x, x)))] == [(7,), (7,)]
