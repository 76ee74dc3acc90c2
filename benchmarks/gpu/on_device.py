# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts of this folder share: a device or a polite end, kernels, times, records."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import torch

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

from summary import describe_machine  # noqa: E402

import torchfits  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

REPORTS = HERE.parents[2] / "artifacts" / "validation"


def has_device(script: str) -> bool:
    """Say so where there is none: that is no failure."""
    if torch.cuda.is_available():
        return True
    print(f"{script}: this torch sees no CUDA device; nothing was measured")
    return False


def compiled(source: str, name: str) -> Callable[..., None]:
    """Compile one kernel at run time, by NVRTC, without contraction: the core has none either."""
    kernel: Callable[..., None] = torch.cuda._compile_kernel(
        source, name, nvcc_options=["--fmad=false"]
    )
    return kernel


def milliseconds(run: Callable[[int], Any], rounds: int) -> list[float]:
    """Return the times on the device; `run` gets the number of the round, to change buffers."""
    for number in range(3):
        run(number)
    samples = []
    for number in range(rounds):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        run(number)
        end.record()
        end.synchronize()
        samples.append(begin.elapsed_time(end))
    return samples


def record(case: str, engine: str, samples: list[float], size: int, **more: Any) -> dict[str, Any]:
    return {
        "benchmark": "gpu", "case": case, "engine": engine, "wall_time_ms": median(samples),
        "bytes": size, "samples_ms": samples, **more,
    }  # fmt: skip


def write_report(script: str, records: list[dict[str, Any]]) -> None:
    """One JSON line a record, each with the machine; the figures are printed too."""
    machine = {
        **describe_machine(torch.get_num_threads()), "device": torch.cuda.get_device_name(),
        "torch": torch.__version__, "cuda": torch.version.cuda, "torchfits": torchfits.__version__,
    }  # fmt: skip
    known = {"benchmark", "case", "engine", "wall_time_ms", "bytes", "samples_ms"}
    for found in records:
        more = {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in found.items()
            if key not in known
        }
        print(found["case"], found["engine"], f"{found['wall_time_ms']:.3f} ms", more)
    REPORTS.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    report = REPORTS / f"gpu-{script}-{stamp}.jsonl"
    report.write_text("".join(json.dumps({**found, **machine}) + "\n" for found in records))
    print(report)
