# SPDX-License-Identifier: BSD-3-Clause
"""Tables of events whose columns are pixels (FITS Standard, section 8.4), and spectra of images."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from corpus_files import CORPUS, REASON

import torchfits

CARDS = {
    "XTENSION": "BINTABLE",
    "BITPIX": 8,
    "NAXIS": 2,
    "NAXIS1": 24,
    "NAXIS2": 100,
    "PCOUNT": 0,
    "GCOUNT": 1,
    "TFIELDS": 4,
    "TTYPE1": "TIME",
    "TFORM1": "D",
    "TTYPE2": "PI",
    "TFORM2": "J",
    "TTYPE3": "X",
    "TFORM3": "E",
    "TTYPE4": "Y",
    "TFORM4": "E",
    "TCTYP1": "TIME",
    "TCUNI1": "s",
    "TCRPX1": 0.0,
    "TCRVL1": 1e5,
    "TCDLT1": 0.5,
    "TCTYP2": "WAVE-F2W",
    "TCUNI2": "Angstrom",
    "TCRPX2": 1.0,
    "TCRVL2": 12.4,
    "TCDLT2": -0.002,
    "TCTYP3": "RA---TAN",
    "TCTYP4": "DEC--TAN",
    "TCUNI3": "deg",
    "TCUNI4": "deg",
    "TCRPX3": 4096.5,
    "TCRPX4": 4096.5,
    "TCRVL3": 229.38,
    "TCRVL4": -58.81,
    "TCDLT3": -1.4e-4,
    "TCDLT4": 1.4e-4,
    "TIMESYS": "TDB",
    "MJDREFI": 51544,
    "MJDREFF": 0.5,
}
EVENTS = np.array(
    [[0.0, 1.0, 4096.5, 4096.5], [17.25, 300.0, 1.0, 8000.0], [9e7, 1024.0, 5000.25, 3.5]]
)


def header_of(cards: dict[str, Any]) -> Any:
    header = pytest.importorskip("astropy.io.fits").Header()
    for keyword, value in cards.items():
        header[keyword] = value
    return header


def header_in(path: Path, hdu: int = 0) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.importorskip("astropy.io.fits").open(path) as file:
            return file[hdu].header


def wcslib(header: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("astropy.wcs").WCS(header, **options)


def quiet(header: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torchfits.WCS(header, **options)


@pytest.mark.parametrize("columns", [[1, 2], [2, 1], [2], [1], [1, 2, 3, 4], [3, 4, 2]])
def test_columns_of_time_and_energy(columns: list[int]) -> None:
    wcs = torchfits.WCS(CARDS, columns=columns)
    pixels = EVENTS[:, [column - 1 for column in columns]]
    reference = wcslib(header_of(CARDS), keysel=["pixel"], colsel=sorted(columns)).wcs
    back = [sorted(columns).index(column) for column in columns]
    ordered = pixels[:, np.argsort(columns)]
    expected = reference.p2s(ordered, 1)["world"][:, back]

    world = wcs.pixel_to_world_values(*torch.from_numpy(pixels.T - 1).unbind())
    world = torch.stack(world if isinstance(world, tuple) else (world,), dim=1)
    np.testing.assert_allclose(world.numpy(), expected, rtol=1e-13)
    again = wcs.world_to_pixel_values(*world.unbind(1))
    again = torch.stack(again if isinstance(again, tuple) else (again,), dim=1)
    np.testing.assert_allclose(again.numpy(), pixels - 1, rtol=1e-12, atol=1e-8)


def test_times_of_events_become_dates() -> None:
    wcs = torchfits.WCS(CARDS, columns=["TIME"])
    reference = torchfits.wcs.time_reference(CARDS)
    times = wcs.pixel_to_world_values(torch.from_numpy(EVENTS[:, 0] - 1))
    days, fraction = reference.to_mjd(times, wcs.world_axis_units[0])
    assert reference.scale == "TDB"
    assert days.tolist() == [51545.0, 51545.0, 52066.0]
    expected = torch.tensor([1e5, 1e5 + 8.625, 1e5 + 4.5e7], dtype=torch.float64) / 86400 + 51544.5
    torch.testing.assert_close(days + fraction, expected, rtol=1e-15, atol=0)


@pytest.mark.parametrize("columns", [[11, 12], [5, 6]])
def test_a_pixel_list_of_chandra(columns: list[int]) -> None:
    path = CORPUS / "wcs_headers" / "chandra-pixlist-wcs.hdr"
    if not path.exists():
        pytest.skip(REASON)
    cards = path.read_text().replace("\n", "")
    header = pytest.importorskip("astropy.io.fits").Header.fromstring(cards)
    wcs = quiet(header, columns=columns)
    pixels = np.random.default_rng(8).uniform(1, 8192, (200, 2))
    expected = wcslib(header, keysel=["pixel"], colsel=columns).wcs.p2s(pixels, 1)["world"]
    world = torch.stack(wcs.pixel_to_world_values(*torch.from_numpy(pixels.T - 1).unbind()), dim=1)
    np.testing.assert_allclose(world.numpy(), expected, rtol=0, atol=1e-9)


def test_events_of_chandra() -> None:
    path = CORPUS / "events" / "chandra_test.fits"
    if not path.exists():
        pytest.skip(REASON)
    header = header_in(path, 1)
    wcs = quiet(header, columns=["x", "y"])
    pixels = np.random.default_rng(8).uniform(1, 8192, (200, 2))
    expected = wcslib(header, keysel=["pixel"], colsel=[3, 4]).wcs.p2s(pixels, 1)["world"]
    world = torch.stack(wcs.pixel_to_world_values(*torch.from_numpy(pixels.T - 1).unbind()), dim=1)
    np.testing.assert_allclose(world.numpy(), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("key", " ENRWOZVB")
def test_the_spectrum_of_orion_in_nine_variables(key: str) -> None:
    path = CORPUS / "wcs_headers" / "orion-freq-1.hdr"
    if not path.exists():
        pytest.skip(REASON)
    header = pytest.importorskip("astropy.io.fits").Header.fromstring(
        path.read_text().replace("\n", "")
    )
    reference = wcslib(header, key=key)
    wcs = quiet(header, key=key)
    pixels = np.zeros((200, reference.naxis))
    pixels[:, 0] = np.linspace(-1000, 5096, 200)
    expected = reference.wcs.p2s(pixels, 0)["world"]
    world = torch.stack(wcs.pixel_to_world_values(*torch.from_numpy(pixels.T).unbind()), dim=1)
    step = abs(np.gradient(expected[:, 0]) / np.gradient(pixels[:, 0]))
    assert (abs(world.numpy() - expected)[:, 0] / step).max() < 1e-6
    back = wcs.world_to_pixel_values(*world.unbind(1))
    back_of_wcslib = reference.wcs.s2p(expected, 0)["pixcrd"]
    assert abs(back[0].numpy() - back_of_wcslib[:, 0]).max() < 1e-6
    assert abs(back[0].numpy() - pixels[:, 0]).max() < 1e-8


@pytest.mark.parametrize("name", ["HERABEAM.FITS", "example_cube.fits", "small_5D.fits"])
def test_cubes(name: str) -> None:
    path = CORPUS / "cube" / name
    if not path.exists():
        pytest.skip(REASON)
    header = header_in(path)
    wcs, reference = quiet(header), wcslib(header)
    shape = [header[f"NAXIS{axis + 1}"] for axis in range(header["NAXIS"])]
    shape += [1] * (reference.naxis - len(shape))
    pixels = np.random.default_rng(8).uniform(-0.5, 1, (200, len(shape))) * shape
    expected = reference.wcs.p2s(pixels, 0)["world"]
    world = torch.stack(wcs.pixel_to_world_values(*torch.from_numpy(pixels.T).unbind()), dim=1)
    step = abs(reference.wcs.cdelt)
    np.testing.assert_allclose(world.numpy() / step, expected / step, rtol=1e-14, atol=1e-6)
