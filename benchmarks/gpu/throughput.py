# SPDX-License-Identifier: BSD-3-Clause
"""Files to the memory of a GPU, and a training loop fed from files (`training.py`).

Times run from the call until the device has everything. Engines take turns, round by round, on
files in the page cache. `copy_` moves as many bytes from pinned memory: nothing is faster.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import torch

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

from cases import BIG, LARGE  # noqa: E402
from engines import astropy, fitsio  # noqa: E402
from recipes import Folder, make_files  # noqa: E402
from summary import describe_machine  # noqa: E402
from training import measure_training  # noqa: E402

import torchfits  # noqa: E402

FILES = Folder("files_1000", 1000, (512, 512))
REPORTS = HERE.parents[2] / "artifacts" / "validation"


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
        {
            "benchmark": "gpu", "case": case, "engine": engine, "wall_time_ms": median(times),
            "bytes": size, "samples_ms": times, "share_of_copy": limit / median(times),
        }
        for engine, times in samples.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=4, help="of the DataLoader")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("bench-gpu: this torch sees no CUDA device; nothing was measured")
        return
    make_files([LARGE, BIG, FILES], print)
    paths = sorted(str(path) for path in FILES.path.glob("*.fits"))
    records = measure("image/16_MB", image_calls(str(LARGE.path)), options.rounds)
    records += measure("image/576_MB", image_calls(str(BIG.path)), options.rounds)
    records += measure("many/1000_files_1_MB", batch_calls(paths), options.rounds)
    records.append(measure_training(paths, options.workers, options.rounds))
    machine = {
        **describe_machine(torch.get_num_threads()), "device": torch.cuda.get_device_name(),
        "torch": torch.__version__, "cuda": torch.version.cuda, "torchfits": torchfits.__version__,
    }  # fmt: skip
    REPORTS.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    report = REPORTS / f"gpu-{stamp}.jsonl"
    report.write_text("".join(json.dumps({**record, **machine}) + "\n" for record in records))
    for record in records:
        share = {
            key: f"{record[key]:.3f}" for key in ("share_of_copy", "loader_adds") if key in record
        }
        print(record["case"], record["engine"], f"{record['wall_time_ms']:.2f} ms", share)
    print(report)


if __name__ == "__main__":
    main()
