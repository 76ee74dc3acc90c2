# SPDX-License-Identifier: BSD-3-Clause
"""The summary of a run in Markdown, and the machine."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from statistics import geometric_mean, median
from typing import TYPE_CHECKING, Any

from case import PEAK_LIMIT
from results import FLOOR_OF, OURS

if TYPE_CHECKING:
    from results import Comparison, Result, Run


def number(value: float) -> str:
    """Return three digits, or all digits before the point."""
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def time_of(comparison: Comparison, engine: str) -> str:
    """Return an engine's milliseconds as they are printed, or ``-``."""
    result = comparison.results.get(engine)
    if result is None or not result.samples_ms:
        return "-"
    mark = " (cached)" if engine in comparison.cached_by else ""
    return number(result.milliseconds) + (" (differs)" if result.problem else mark)


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _row(comparison: Comparison, engines: list[str], floors: list[str]) -> list[str]:
    found = comparison.ratios()
    timed = comparison.compared()
    best = min(timed, key=lambda name: timed[name].milliseconds, default="-")
    limit = f", < {comparison.limit_ms:g} ms" if comparison.limit_ms else ""
    verdict = {True: "yes", False: "**no**", None: "-"}[comparison.reached()]
    return [
        comparison.case,
        *(time_of(comparison, name) for name in engines),
        best,
        _ratio(found.get(best)),
        *(_ratio(found.get(name)) for name in floors),
        f"{comparison.target:g}{limit}",
        verdict,
    ]


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return ["| " + " | ".join(cells) + " |" for cells in (header, rule, *rows)]


def _times(timed: list[Comparison], *, of_frames: bool) -> list[str]:
    """Return the table of cases that have the same peers."""
    engines = engines_of(timed)
    shown = [] if of_frames else list(FLOOR_OF)
    header = ["case", *engines, "best peer", "best / ours", *(f"{name} / ours" for name in shown)]
    rows = [_row(comparison, engines, shown) for comparison in timed]
    title = ["", "Tables that are in memory already:"] if of_frames else []
    return [*title, "", *table([*header, "target", "reached"], rows)]


def engines_of(comparisons: list[Comparison]) -> list[str]:
    """Return all engines that take part, ours first."""
    names = dict.fromkeys(name for comparison in comparisons for name in comparison.results)
    return sorted(names, key=lambda name: name != OURS)


def _memory_rows(comparisons: list[Comparison]) -> list[list[str]]:
    rows = []
    for comparison in comparisons:
        for result in comparison.results.values():
            if not result.memory:
                continue
            tensors = result.bytes or 0
            extra = result.over_idle - tensors
            sizes = [result.memory["idle"], tensors, result.over_idle, extra]
            verdict = "-" if result.engine != OURS else "yes" if extra <= PEAK_LIMIT else "**no**"
            shown = (f"{size / 2**20:.0f}" for size in sizes)
            rows.append([comparison.case, result.engine, *shown, verdict])
    return rows


def problems(comparisons: list[Comparison]) -> list[tuple[Comparison, Result]]:
    """Return what could not be compared."""
    pairs = ((each, result) for each in comparisons for result in each.results.values())
    return [(comparison, result) for comparison, result in pairs if result.problem]


def markdown(run: Run) -> str:
    """Return the summary: times and ratios, memory, problems, the machine."""
    lines = ["# Benchmarks", ""]
    if timed := run.timed():
        lines += ["Medians in milliseconds; ratios are a peer's time divided by ours."]
        for of_frames in (False, True):
            part = [comparison for comparison in timed if comparison.in_memory is of_frames]
            lines += _times(part, of_frames=of_frames) if part else []
        best = [min(found.values()) for comparison in timed if (found := comparison.ratios())]
        if best:
            lines += ["", f"Best peer / ours: geometric mean {geometric_mean(best):.2f}, "]
            lines[-1] += f"median {median(best):.2f}, lowest {min(best):.2f}."
    if memory := _memory_rows(run.memory()):
        lines += ["", "Peak resident memory of one read in a fresh process (MiB).", ""]
        header = ["case", "engine", "idle", "tensors", "peak over idle", "beyond the tensors"]
        lines += table([*header, f"at most {PEAK_LIMIT // 2**20}"], memory)
    if found_problems := problems(run.comparisons):
        listed = (
            f"- {each.case}, {result.engine}: {result.problem}" for each, result in found_problems
        )
        lines += ["", "Not compared:", "", *listed]
    machine = run.machine
    if is_busy(machine):
        lines += ["", "The machine was busy when the run began: medians and ratios are noisy."]
    lines += ["", "Machine:", ""]
    lines += [f"- {key}: {value}" for key, value in machine.items() if key != "versions"]
    for engine, versions in machine.get("versions", {}).items():
        lines.append(f"- {engine}: {', '.join(f'{k} {v}' for k, v in versions.items())}")
    return "\n".join(lines) + "\n"


def is_busy(machine: dict[str, Any]) -> bool:
    return bool(machine["load_at_start"] > machine["cores"] / 2)


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
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": threads,
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "huge_pages": huge.read_text().strip() if huge.exists() else "unknown",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_at_start": round(os.getloadavg()[0], 2),
    }
