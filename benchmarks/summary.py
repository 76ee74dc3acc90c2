# SPDX-License-Identifier: BSD-3-Clause
"""Results of a run: the record of one case and engine, the Markdown summary, the machine."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from statistics import geometric_mean, median
from typing import TYPE_CHECKING, Any

from cases import PEAK_LIMIT

if TYPE_CHECKING:
    from cases import Case

OURS = "torchfits"
FLOOR_OF = {"astropy": 1.2, "fitsio": 1.2}  # no case below these, whatever its family's target


@dataclass
class Result:
    """What one engine did in one case."""

    engine: str
    samples_ms: list[float] = field(default_factory=list)
    repetitions: int = 1
    bytes: int | None = None
    """Bytes of tensors that one call returns; ``None``: no output."""
    memory: dict[str, int] = field(default_factory=dict)
    problem: str | None = None
    """Why there is no time to compare: unsupported, an error, or an output that differs."""

    @property
    def milliseconds(self) -> float:
        return median(self.samples_ms)

    def record(self, case: Case, threads: int) -> dict[str, Any]:
        """Return the JSON line of this result."""
        line: dict[str, Any] = {
            "benchmark": case.benchmark,
            "case": case.name,
            "engine": self.engine,
            "wall_time_ms": self.milliseconds if self.samples_ms else None,
            "bytes": self.bytes,
            "family": case.family,
            "target": case.target,
            "limit_ms": case.limit_ms,
            "threads": threads,
            "cache": "warm",
            "repetitions": self.repetitions,
            "samples_ms": self.samples_ms,
            "cached_by_engine": self.engine in case.cached_by,
            "problem": self.problem,
        }
        if self.memory:
            line |= {"idle_bytes": self.memory["idle"], "peak_bytes": self.memory["peak"]}
        return line


Results = dict[str, Result]


def ratios(case: Case, results: Results) -> dict[str, float]:
    """Return each peer's time divided by ours, for the peers that can be compared."""
    ours = results.get(OURS)
    if ours is None or not ours.samples_ms or ours.problem:
        return {}
    return {
        name: result.milliseconds / ours.milliseconds
        for name, result in results.items()
        if name != OURS and result.samples_ms and not result.problem and name not in case.cached_by
    }


def reached(case: Case, results: Results) -> bool | None:
    """Say whether our time meets the target, the floors and the limit; ``None``: not measured."""
    found = ratios(case, results)
    ours = results.get(OURS)
    if ours is None or not ours.samples_ms:
        return None
    if ours.problem:
        return False
    in_time = case.limit_ms is None or ours.milliseconds < case.limit_ms
    above = all(found.get(name, floor) >= floor for name, floor in FLOOR_OF.items())
    return in_time and above and (not found or min(found.values()) >= case.target)


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _time(case: Case, result: Result | None) -> str:
    if result is None or not result.samples_ms:
        return "-"
    mark = " (cached)" if result.engine in case.cached_by else ""
    return _number(result.milliseconds) + (" (differs)" if result.problem else mark)


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _row(case: Case, results: Results, engines: list[str]) -> list[str]:
    found = ratios(case, results)
    timed = {
        name: result.milliseconds
        for name, result in results.items()
        if name != OURS and result.samples_ms and not result.problem and name not in case.cached_by
    }
    best = min(timed, key=lambda name: timed[name], default="-")
    target = f"{case.target:g}" + (f", < {case.limit_ms:g} ms" if case.limit_ms else "")
    verdict = {True: "yes", False: "**no**", None: "-"}[reached(case, results)]
    return [
        case.name,
        *(_time(case, results.get(name)) for name in engines),
        best,
        _ratio(found.get(best)),
        _ratio(found.get("astropy")),
        _ratio(found.get("fitsio")),
        target,
        verdict,
    ]


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return ["| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)]


def _memory_rows(done: list[tuple[Case, Results]]) -> list[list[str]]:
    rows = []
    for case, results in done:
        for result in results.values():
            if not result.memory:
                continue
            over = result.memory["peak"] - result.memory["idle"]
            tensors = result.bytes or 0
            extra = over - tensors
            sizes = [result.memory["idle"], tensors, over, extra]
            verdict = "-" if result.engine != OURS else "yes" if extra <= PEAK_LIMIT else "**no**"
            rows.append(
                [case.name, result.engine, *(f"{size / 2**20:.0f}" for size in sizes), verdict]
            )
    return rows


def markdown(done: list[tuple[Case, Results]], engines: list[str], machine: dict[str, Any]) -> str:
    """Return the summary: times and ratios, memory, problems, the machine."""
    lines = ["# Benchmarks", ""]
    timed = [(case, results) for case, results in done if case.benchmark != "memory"]
    if timed:
        lines += ["Medians in milliseconds; ratios are a peer's time divided by ours.", ""]
        header = ["case", *engines, "best peer", "best / ours", "astropy / ours", "fitsio / ours"]
        rows = [_row(case, results, engines) for case, results in timed]
        lines += _table([*header, "target", "reached"], rows)
        best = [min(found.values()) for case, results in timed if (found := ratios(case, results))]
        if best:
            lines += ["", f"Best peer / ours: geometric mean {geometric_mean(best):.2f}, "]
            lines[-1] += f"median {median(best):.2f}, lowest {min(best):.2f}."
    memory = _memory_rows(done)
    if memory:
        lines += ["", "Peak resident memory of one read in a fresh process (MiB).", ""]
        header = ["case", "engine", "idle", "tensors", "peak over idle", "beyond the tensors"]
        lines += _table([*header, f"at most {PEAK_LIMIT // 2**20}"], memory)
    problems = [
        f"- {case.name}, {result.engine}: {result.problem}"
        for case, results in done
        for result in results.values()
        if result.problem
    ]
    if problems:
        lines += ["", "Not compared:", "", *problems]
    if machine["load_at_start"] > machine["cores"] / 2:
        lines += ["", "The machine was busy when the run began: medians and ratios are noisy."]
    lines += ["", "Machine:", ""]
    lines += [f"- {key}: {value}" for key, value in machine.items() if key != "versions"]
    for engine, versions in machine.get("versions", {}).items():
        lines.append(f"- {engine}: {', '.join(f'{k} {v}' for k, v in versions.items())}")
    return "\n".join(lines) + "\n"


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
    return models[0].partition(":")[2].strip() if models else platform.machine()


def describe_machine(threads: int) -> dict[str, Any]:
    """Return what a reader needs to know to judge the figures; no names of hosts or users."""
    huge = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "huge_pages": huge.read_text().strip() if huge.exists() else "unknown",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_at_start": round(os.getloadavg()[0], 2),
    }
