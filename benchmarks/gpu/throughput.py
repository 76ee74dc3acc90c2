# SPDX-License-Identifier: BSD-3-Clause
"""Files to the memory of a GPU, and a training loop fed from files (`training.py`).

Times run from the call until the device has everything. Engines take turns, round by round, on
files in the page cache. `copy_` moves as many bytes from pinned memory: nothing is faster.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from on_device import has_device, record, write_report
from training import measure_training

import torchfits

from cases import BIG, LARGE  # isort: skip
from engines import astropy, fitsio  # isort: skip
from recipes import Folder, make_files  # isort: skip

FILES = Folder("files_1000", 1000, (512, 512))


def image_calls(path: str) -> dict[str, Callable[[], torch.Tensor]]:
    return {
        "torchfits": lambda: torchfits.read(path, device="cuda"),
        "astropy": lambda: astropy.read_image(path).to("cuda"),
        "fitsio": lambda: fitsio.read_image(path).to("cuda"),
    }


def batch_calls(paths: list[str]) -> dict[str, Callable[[], torch.Tensor]]:
    return {
        "torchfits": lambda: torchfits.read_many(paths, device="cuda"),
        "astropy": lambda: torch.stack([astropy.read_image(path).to("cuda") for path in paths]),
        "fitsio": lambda: torch.stack([fitsio.read_image(path).to("cuda") for path in paths]),
    }


def measure(
    case: str, calls: dict[str, Callable[[], torch.Tensor]], rounds: int
) -> list[dict[str, Any]]:
    """Check that all engines give the same, then time them in turn, beside the plain copy."""
    expected = calls["astropy"]()
    for engine, call in calls.items():
        if not torch.equal(call(), expected):
            raise SystemExit(f"{case}: {engine} differs from astropy")
    pinned = torch.empty(expected.shape, dtype=expected.dtype, pin_memory=True)
    target, size = torch.empty_like(expected), expected.nbytes
    del expected
    calls = {**calls, "copy_": lambda: target.copy_(pinned, non_blocking=True)}
    samples: dict[str, list[float]] = {engine: [] for engine in calls}
    for _ in range(rounds):
        for engine, call in calls.items():
            torch.cuda.synchronize()
            start = time.perf_counter()
            data = call()
            torch.cuda.synchronize()
            samples[engine].append((time.perf_counter() - start) * 1e3)
            del data
    limit = median(samples["copy_"])
    return [
        record(case, engine, times, size, share_of_copy=limit / median(times))
        for engine, times in samples.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=4, help="of the DataLoader")
    options = parser.parse_args()
    if not has_device("throughput"):
        return
    make_files([LARGE, BIG, FILES], print)
    paths = sorted(str(path) for path in FILES.path.glob("*.fits"))
    records = measure("image/16_MB", image_calls(str(LARGE.path)), options.rounds)
    records += measure("image/576_MB", image_calls(str(BIG.path)), options.rounds)
    records += measure("many/1000_files_1_MB", batch_calls(paths), options.rounds)
    records.append(measure_training(paths, options.workers, options.rounds))
    write_report("throughput", records)


if __name__ == "__main__":
    main()
