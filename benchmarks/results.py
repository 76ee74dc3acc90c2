# SPDX-License-Identifier: BSD-3-Clause
"""What a run measured: one comparison per case, one result per engine in it, and its JSON lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import permutations
from statistics import median
from typing import TYPE_CHECKING, Any

from case import IN_MEMORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from case import Case

OURS = "torchfits"
FLOOR_OF = {"astropy": 1.2, "fitsio": 1.2}  # no case below these, whatever its family's target


@dataclass
class Result:
    """What one engine did in one case."""

    engine: str
    samples_ms: list[float] = field(default_factory=list)
    """One time per round: entry `i` of every engine of a case was taken in the same round."""
    repetitions: int = 1
    bytes: int | None = None
    """Bytes of tensors that one call returns; ``None``: no output."""
    memory: dict[str, int] = field(default_factory=dict)
    """Resident bytes: ``idle``, and the ``peak`` of one read."""
    counted: dict[str, int] = field(default_factory=dict)
    """What the engine counted itself during one call: bytes read, scratch memory."""
    problem: str | None = None
    """Why there is no time to compare: unsupported, an error, or an output that differs."""

    @property
    def milliseconds(self) -> float:
        return median(self.samples_ms)

    @property
    def over_idle(self) -> int:
        """Bytes that the read took at its peak."""
        return self.memory["peak"] - self.memory["idle"]


Results = dict[str, Result]


@dataclass
class Comparison:
    """One case with what every engine did in it."""

    case: str
    family: str
    target: float
    limit_ms: float | None
    threads: int
    cache: str
    """``warm``, ``cold``, or ``none`` for tables that are in memory."""
    call: str
    """The operation with its file and arguments: equal for cases that differ in conditions only."""
    cached_by: tuple[str, ...]
    results: Results

    @classmethod
    def of(cls, case: Case, threads: int, results: Results) -> Comparison:
        cache = "cold" if case.cold else "none" if case.benchmark in IN_MEMORY else "warm"
        facts = (case.name, case.family, case.target, case.limit_ms, threads, cache, case.call)
        return cls(*facts, case.cached_by, results)

    @property
    def benchmark(self) -> str:
        return self.case.partition("/")[0]

    @property
    def in_memory(self) -> bool:
        return self.benchmark in IN_MEMORY

    @property
    def ours(self) -> Result | None:
        return self.results.get(OURS)

    def compared(self) -> Results:
        """Return the peers whose time can be compared: right, and read rather than remembered."""
        return {
            name: result
            for name, result in self.results.items()
            if name != OURS
            and result.samples_ms
            and not result.problem
            and name not in self.cached_by
        }

    def ratios(self) -> dict[str, float]:
        """Return each compared peer's time divided by ours; empty where ours is no time."""
        ours = self.ours
        if ours is None or not ours.samples_ms or ours.problem:
            return {}
        found = self.compared().items()
        return {name: result.milliseconds / ours.milliseconds for name, result in found}

    def reached(self) -> bool | None:
        """Say whether our time meets target, floors and limit; ``None``: not measured."""
        ours = self.ours
        if ours is None or not ours.samples_ms:
            return None
        if ours.problem:
            return False
        found = self.ratios()
        in_time = self.limit_ms is None or ours.milliseconds < self.limit_ms
        above = all(found.get(name, floor) >= floor for name, floor in FLOOR_OF.items())
        return in_time and above and (not found or min(found.values()) >= self.target)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Return one record for each engine."""
        for result in self.results.values():
            line: dict[str, Any] = {
                "benchmark": self.benchmark,
                "case": self.case,
                "engine": result.engine,
                "wall_time_ms": result.milliseconds if result.samples_ms else None,
                "bytes": result.bytes,
                "family": self.family,
                "target": self.target,
                "limit_ms": self.limit_ms,
                "threads": self.threads,
                "cache": self.cache,
                "call": self.call,
                "repetitions": result.repetitions,
                "samples_ms": result.samples_ms,
                "cached_by_engine": result.engine in self.cached_by,
                "problem": result.problem,
            }
            if result.counted:
                line["counted"] = result.counted
            if result.memory:
                line["idle_bytes"] = result.memory["idle"]
                line["peak_bytes"] = result.memory["peak"]
            yield line


@dataclass
class Run:
    """All comparisons of a run, and the machine it ran on."""

    comparisons: list[Comparison]
    machine: dict[str, Any]

    def by_case(self) -> dict[str, Comparison]:
        return {comparison.case: comparison for comparison in self.comparisons}

    def timed(self) -> list[Comparison]:
        return [each for each in self.comparisons if each.benchmark != "memory"]

    def memory(self) -> list[Comparison]:
        return [each for each in self.comparisons if each.benchmark == "memory"]

    def thread_pairs(self) -> list[tuple[Comparison, Comparison]]:
        """Return (on one thread, on several) of the cases that were timed both ways."""
        return [
            (one, other)
            for one, other in self._same_calls()
            if one.threads == 1 < other.threads and one.cache == other.cache
        ]

    def cache_pairs(self) -> list[tuple[Comparison, Comparison]]:
        """Return (warm, cold) of the cases that were timed both ways."""
        return [
            (one, other)
            for one, other in self._same_calls()
            if (one.cache, other.cache) == ("warm", "cold") and one.threads == other.threads
        ]

    def _same_calls(self) -> Iterator[tuple[Comparison, Comparison]]:
        pairs = permutations(self.timed(), 2)
        return ((one, other) for one, other in pairs if one.call == other.call)


def _result(line: dict[str, Any]) -> Result:
    memory = {name: line[f"{name}_bytes"] for name in ("idle", "peak") if f"{name}_bytes" in line}
    return Result(
        line["engine"],
        line["samples_ms"],
        line["repetitions"],
        line["bytes"],
        memory,
        line.get("counted", {}),
        line["problem"],
    )


def gather(lines: Iterable[dict[str, Any]]) -> list[Comparison]:
    """Return the comparisons that records describe, in the order of their first lines."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        grouped.setdefault(line["case"], []).append(line)
    found = []
    for name, group in grouped.items():
        facts = {
            key: group[0][key]
            for key in ("family", "target", "limit_ms", "threads", "cache", "call")
        }
        cached = tuple(line["engine"] for line in group if line["cached_by_engine"])
        results = {line["engine"]: _result(line) for line in group}
        found.append(Comparison(case=name, cached_by=cached, results=results, **facts))
    return found


def machine_path(lines: Path) -> Path:
    """Return where the machine of a file of JSON lines is described."""
    return lines.with_suffix(".machine.json")


def load(paths: Iterable[Path]) -> Run:
    """Read runs: where several measured a case, the last one counts."""
    cases: dict[str, Comparison] = {}
    machine: dict[str, Any] = {}
    for path in paths:
        lines = [json.loads(line) for line in path.read_text().splitlines() if line]
        cases |= {comparison.case: comparison for comparison in gather(lines)}
        described = machine_path(path)
        if described.exists():
            earlier = machine.get("versions", {})
            machine = json.loads(described.read_text())
            machine["versions"] = earlier | machine.get("versions", {})
    return Run(list(cases.values()), machine)
