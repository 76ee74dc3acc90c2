# SPDX-License-Identifier: BSD-3-Clause
"""How fast: torchfits beside astropy and fitsio, in one run, on files made on the fly.

Every engine ends with what training needs, native-endian tensors. Their results are compared before
the first timing, the engines take turns, and the medians count. `make bench` has many more cases.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import astropy.io.fits
import fitsio
import numpy as np
import torch
from torch import Tensor

import torchfits

ENGINES = ("torchfits", "astropy", "fitsio")
STAMP = 64
ROWS = 500_000
Read = Callable[[], list[Tensor]]


@dataclass
class Case:
    name: str
    bytes: int
    """Of the tensors that one call gives."""
    readers: dict[str, Read]


@dataclass
class Timing:
    name: str
    bytes: int
    milliseconds: dict[str, float]


def native(array: np.ndarray) -> Tensor:
    """A tensor of a numpy array of any byte order."""
    return torch.from_numpy(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")))


def make_files(folder: Path) -> list[Case]:
    random = np.random.default_rng(1)
    write = astropy.io.fits.writeto
    tiny, large, table = folder / "tiny.fits", folder / "large.fits", folder / "table.fits"
    write(tiny, random.normal(size=(64, 64)).astype("f4"))
    write(large, random.normal(size=(2048, 2048)).astype("f4"))
    fields = [("ID", "i8"), ("RA", "f8"), ("DEC", "f8"), ("MAG", "f4"), ("N", "i2")]
    rows = np.zeros(ROWS, dtype=fields)
    for name in rows.dtype.names:
        rows[name] = random.uniform(0, 360, ROWS)
    write(table, rows)
    many = [folder / f"stamp{i:03d}.fits" for i in range(200)]
    for path in many:
        write(path, random.normal(size=(STAMP, STAMP)).astype("f4"))
    corners = random.integers(0, 2048 - STAMP, size=(50, 2)).tolist()
    boxes = [(slice(y, y + STAMP), slice(x, x + STAMP)) for y, x in corners]
    stamp = STAMP * STAMP * 4
    return [
        Case("1 image 64 x 64", stamp, images([tiny])),
        Case("200 images 64 x 64", 200 * stamp, images(many)),
        Case("1 image 2048 x 2048", 2048 * 2048 * 4, images([large])),
        Case("50 cutouts 64 x 64", 50 * stamp, cutouts(large, boxes)),
        Case("table 500 000 x 5", rows.nbytes, columns(table, rows.dtype.names)),
    ]


def images(paths: list[Path]) -> dict[str, Read]:
    def with_torchfits() -> list[Tensor]:
        if len(paths) == 1:
            return [torchfits.read(paths[0])]
        return list(torchfits.read_many(paths))

    return {
        "torchfits": with_torchfits,
        "astropy": lambda: [native(astropy.io.fits.getdata(path)) for path in paths],
        "fitsio": lambda: [native(fitsio.read(path)) for path in paths],
    }


def cutouts(path: Path, boxes: list[tuple[slice, slice]]) -> dict[str, Read]:
    def with_torchfits() -> list[Tensor]:
        with torchfits.open(path) as file:
            return [file[0][box] for box in boxes]

    def with_astropy() -> list[Tensor]:
        with astropy.io.fits.open(path) as file:
            return [native(file[0].section[box]) for box in boxes]

    def with_fitsio() -> list[Tensor]:
        with fitsio.FITS(path) as file:
            return [native(file[0][box]) for box in boxes]

    return {"torchfits": with_torchfits, "astropy": with_astropy, "fitsio": with_fitsio}


def columns(path: Path, names: tuple[str, ...]) -> dict[str, Read]:
    def with_torchfits() -> list[Tensor]:
        table = torchfits.read(path, 1)
        return [table[name] for name in names]

    def with_astropy() -> list[Tensor]:
        with astropy.io.fits.open(path) as file:
            return [native(file[1].data[name]) for name in names]

    def with_fitsio() -> list[Tensor]:
        rows = fitsio.read(path, ext=1)
        return [native(rows[name]) for name in names]

    return {"torchfits": with_torchfits, "astropy": with_astropy, "fitsio": with_fitsio}


def check_equal(case: Case) -> None:
    expected = case.readers["torchfits"]()
    for engine in ENGINES[1:]:
        for ours, theirs in zip(expected, case.readers[engine](), strict=True):
            if ours.dtype != theirs.dtype or not torch.equal(ours, theirs):
                raise AssertionError(f"{case.name}: {engine} and torchfits read different values")


def measure(folder: Path, seconds: float = 1.2) -> list[Timing]:
    """Interleaved rounds, at least 5 and at most 50 a case, for about `seconds` a case."""
    results = []
    for case in make_files(folder):
        check_equal(case)
        times: dict[str, list[float]] = {engine: [] for engine in ENGINES}
        end = time.perf_counter() + seconds
        for turn in range(50):
            if turn >= 5 and time.perf_counter() > end:
                break
            for engine in ENGINES:
                start = time.perf_counter()
                case.readers[engine]()
                times[engine].append(1000 * (time.perf_counter() - start))
        medians = {engine: statistics.median(times[engine]) for engine in ENGINES}
        results.append(Timing(case.name, case.bytes, medians))
    return results


def print_table(timings: list[Timing]) -> None:
    print(f"  {'':<24}" + "".join(f"{engine:>18}" for engine in ENGINES) + f"{'against the':>14}")
    print(f"  {'median':<24}" + f"{'ms':>9}{'MB/s':>9}" * len(ENGINES) + f"{'faster other':>14}")
    for timing in timings:
        times = [timing.milliseconds[engine] for engine in ENGINES]
        cells = [f"{ms:>9.3f}{timing.bytes / ms / 1000:>9,.0f}" for ms in times]
        print(f"  {timing.name:<24}" + "".join(cells) + f"{min(times[1:]) / times[0]:>12.1f} x")
