# SPDX-License-Identifier: BSD-3-Clause
"""World coordinates of many points on the device, eager and compiled, and on the CPU."""

from __future__ import annotations

import argparse
from statistics import median
from typing import TYPE_CHECKING, Any

import torch
from on_device import has_device, milliseconds, record, write_report

import torchfits

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 4000
SKY: dict[str, Any] = {
    "CRVAL1": 150.0, "CRVAL2": 2.0, "CRPIX1": SIZE / 2, "CRPIX2": SIZE / 2,
    "NAXIS": 2, "NAXIS1": SIZE, "NAXIS2": SIZE,
}  # fmt: skip
SMALL = {"CDELT1": -1e-4, "CDELT2": 1e-4}
ORDER = 9
SIP = {"A_ORDER": ORDER, "B_ORDER": ORDER} | {
    f"{name}_{p}_{q}": 3.0 * (1 + p % 3) / float(SIZE) ** (p + q)
    for name in "AB"
    for p in range(ORDER + 1)
    for q in range(ORDER + 1 - p)
    if p + q > 1
}
HEADERS: dict[str, dict[str, Any]] = {
    "tan": {**SKY, **SMALL, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"},
    "sip": {**SKY, **SMALL, **SIP, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"},
    "hpx": {**SKY, "CDELT1": -0.05, "CDELT2": 0.05, "CTYPE1": "RA---HPX", "CTYPE2": "DEC--HPX"},
}


def ways(wcs: torchfits.WCS) -> dict[str, Callable[..., Any]]:
    return {"to_world": wcs.pixel_to_world_values, "to_pixel": wcs.world_to_pixel_values}


def measured(name: str, points: int, rounds: int) -> list[dict[str, Any]]:
    """One header, both ways; the device must give what the CPU gives."""
    wcs = torchfits.WCS(HEADERS[name])
    generator = torch.Generator().manual_seed(7)
    pixels = torch.rand((2, points), generator=generator, dtype=torch.float64) * SIZE
    given = {"to_world": tuple(pixels), "to_pixel": wcs.pixel_to_world_values(*pixels)}
    rows = []
    for way, on_host in ways(wcs).items():
        there = tuple(part.cuda() for part in given[way])
        for part, expected in zip(ways(wcs)[way](*there), on_host(*given[way]), strict=True):
            torch.testing.assert_close(part.cpu(), expected, rtol=1e-12, atol=1e-8, equal_nan=True)
        for engine, run in ("eager", on_host), ("compiled", torch.compile(on_host)):
            samples = milliseconds(lambda _, run=run, there=there: run(*there), rounds)
            rows.append(record(f"wcs/{way}_{name}", engine, samples, 32 * points))
            rate = points / median(samples) / 1e6
            print(f"{way} {name:4} {engine:9} {median(samples):8.3f} ms  {rate:7.2f} G points/s")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10**7)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    if has_device("sky.py"):
        rows = [
            row for name in HEADERS for row in measured(name, arguments.points, arguments.rounds)
        ]
        write_report("gpu-sky", rows)


if __name__ == "__main__":
    main()
