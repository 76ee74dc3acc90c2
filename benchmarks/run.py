# SPDX-License-Identifier: BSD-3-Clause
"""Run the benchmark cases with every engine side by side; see README.md.

Every engine lives in one process. Outputs are checked equal first; then the engines take turns,
one sample each per round, so that whatever disturbs the machine disturbs them alike.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cases import CASES, select
from live_engine import ENGINES, EngineError, LiveEngine, make_peer_environment
from recipes import make_files
from results import OURS, Comparison, Result, Results, Run, machine_path
from summary import describe_machine, markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from case import Case

REPORTS = Path(__file__).resolve().parents[1] / "artifacts" / "validation"
SHORTEST_SAMPLE = 0.005  # seconds: below this the clock and the pipe would show
MOST_REPETITIONS = 2000
FEWEST_ROUNDS = 3
BAR = 24


class Progress:
    """A bar on a terminal, a line per case elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._live = sys.stderr.isatty()
        self._start = time.monotonic()

    def show(self, text: str) -> None:
        """Say what is going on now."""
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            full = BAR * self._done // max(self._total, 1)
            bar = "#" * full + "." * (BAR - full)
            line = f"[{bar}] {self._done}/{self._total} {text}"
            sys.stderr.write("\r" + line[:width].ljust(width))
            sys.stderr.flush()

    def step(self, text: str) -> None:
        """One case is done."""
        self._done += 1
        if self._live:
            self.show(text)
        else:
            spent = time.monotonic() - self._start
            print(f"[{self._done}/{self._total}] {spent:5.0f} s  {text}", file=sys.stderr)

    def end(self) -> None:
        if self._live:
            sys.stderr.write("\n")


def check_outputs(case: Case, engines: Sequence[LiveEngine], folder: Path) -> Results:
    """Run the case once with each engine and compare every output with the first peer's."""
    from outputs import difference

    replies: dict[str, dict[str, Any]] = {}
    for engine in engines:
        save = str(folder / f"{engine.name}.npz") if case.ulp else None
        replies[engine.name] = engine.ask("check", case.name, save=save)
    results = {
        name: Result(name, bytes=reply.get("bytes"), counted=reply.get("counted", {}))
        for name, reply in replies.items()
    }
    for name, reply in replies.items():
        results[name].problem = reply.get("unsupported") or reply.get("error")
    able = [name for name in replies if results[name].problem is None]
    reference = next((name for name in able if name != OURS), None)
    for name in able:
        if reference is None or name == reference:
            continue
        pair = (folder / f"{name}.npz", folder / f"{reference}.npz")
        found = difference(
            replies[reference]["fingerprint"],
            replies[name]["fingerprint"],
            partial(_load_pair, *pair),
            case.ulp,
        )
        results[name].problem = found and f"differs from {reference}: {found}"
    for path in folder.glob("*.npz"):
        path.unlink()
    return results


def _load_pair(first: Path, second: Path) -> tuple[Any, Any]:
    import numpy as np

    with np.load(first) as one, np.load(second) as two:
        return dict(one), dict(two)


def time_case(
    case: Case, engines: Sequence[LiveEngine], results: Results, options: argparse.Namespace
) -> None:
    """Fill in the samples: rounds in which every engine gives one sample."""

    def sample(engine: LiveEngine) -> float:
        """Return the seconds of one call, or 0 when the engine failed."""
        result = results[engine.name]
        reply = engine.ask("time", case.name, repetitions=result.repetitions)
        result.problem = reply.get("error") or result.problem
        return float(reply.get("seconds", 0))

    able = [engine for engine in engines if results[engine.name].bytes is not None]
    round_time = 0.0
    for engine in able:
        # The first call pays for lazy imports, the next ones for cold caches: each estimate
        # corrects the last.
        for _ in range(3):
            once = sample(engine)
            enough = math.ceil(SHORTEST_SAMPLE / max(once, 1e-9))
            most = 1 if case.cold else MOST_REPETITIONS
            results[engine.name].repetitions = min(max(enough, 1), most)
        round_time += max(once, SHORTEST_SAMPLE)
    fitting = int(options.seconds / max(round_time, 1e-9))
    for turn in range(min(options.rounds, max(FEWEST_ROUNDS, fitting))):
        first = turn % len(able)  # nobody always follows the same peer
        for engine in able[first:] + able[:first]:
            seconds = sample(engine)
            if seconds:
                results[engine.name].samples_ms.append(seconds * 1e3)


def measure_memory(case: Case, names: Sequence[str], threads: int) -> Results:
    """Read once in a fresh process per engine."""
    results = {}
    for name in names:
        with closing(LiveEngine(name, threads)) as engine:
            reply = engine.ask("memory", case.name)
        problem = reply.get("unsupported") or reply.get("error")
        memory = {} if problem else {"idle": reply["idle"], "peak": reply["peak"]}
        results[name] = Result(name, bytes=reply.get("bytes"), memory=memory, problem=problem)
    return results


def run_cases(
    cases: Sequence[Case], names: Sequence[str], options: argparse.Namespace
) -> tuple[list[Comparison], dict[str, Any]]:
    """Run all cases; return the comparisons and the versions of every engine."""
    progress = Progress(len(cases))
    recipes = [case.recipe for case in cases] + [case.warm for case in cases if case.warm]
    make_files(recipes, progress.show)
    done: list[Comparison] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        alive: dict[tuple[str, int], LiveEngine] = {}
        # Cold ones first: pages of a file that a live process still maps cannot be dropped.
        for case in sorted(cases, key=lambda case: not case.cold):
            progress.show(case.name)
            engines = []
            threads = case.threads or options.threads
            able = [name for name in names if name in case.engines]
            for pair in ((name, threads) for name in able):
                if pair not in alive:
                    alive[pair] = stack.enter_context(closing(LiveEngine(*pair)))
                engines.append(alive[pair])
            if case.benchmark == "memory":
                results = measure_memory(case, able, threads)
            else:
                results = check_outputs(case, engines, folder)
                time_case(case, engines, results, options)
            done.append(Comparison.of(case, threads, results))
            times = (f"{r.engine} {r.milliseconds:.3g}" for r in results.values() if r.samples_ms)
            progress.step(f"{case.name}: {', '.join(times)}")
        versions = {name: engine.versions for (name, _), engine in alive.items()}
    progress.end()
    names_in_order = [case.name for case in cases]
    return sorted(done, key=lambda comparison: names_in_order.index(comparison.case)), versions


def write_reports(run: Run, text: str, *, smoke: bool) -> Path:
    """Write the JSON lines, the summary and the machine; return the path of the lines."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    path = REPORTS / f"{'smoke' if smoke else 'benchmarks'}-{stamp}.jsonl"
    lines = [json.dumps(line) for comparison in run.comparisons for line in comparison.lines()]
    path.write_text("\n".join(lines) + "\n")
    path.with_suffix(".md").write_text(text)
    machine_path(path).write_text(json.dumps(run.machine, indent=1) + "\n")
    return path


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare torchfits with its peers, side by side.")
    parser.add_argument("--cases", default="*", metavar="PATTERN", help="e.g. 'read/*,cutout'")
    parser.add_argument("--engines", default=",".join(ENGINES), help="comma-separated")
    parser.add_argument("--rounds", type=int, default=15, help="samples per engine and case")
    parser.add_argument("--seconds", type=float, default=30, help="aim per case, rounds permitting")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--smoke", action="store_true", help="small files only")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print and store the summary; 1 if an output of ours is missing or wrong."""
    options = parse_options(arguments)
    cases = select(options.cases, smoke=options.smoke)
    names = options.engines.split(",")
    unknown = sorted(set(names) - set(ENGINES))
    if unknown or not cases:
        choices = ", ".join(ENGINES if unknown else (case.name for case in CASES))
        wanted = unknown or options.cases
        print(f"nothing to run for {wanted}; use one of {choices}", file=sys.stderr)
        return 2
    if options.list:
        print("\n".join(case.name for case in cases))
        return 0
    if "pypi" in names:
        make_peer_environment()
    machine = describe_machine(options.threads)
    try:
        done, versions = run_cases(cases, names, options)
    except EngineError as error:
        print(f"{error}; leave it out with --engines, or install it", file=sys.stderr)
        return 2
    machine["versions"] = versions
    run = Run(done, machine)
    text = markdown(run)
    print(text)
    print(f"written to {write_reports(run, text, smoke=options.smoke)}")
    missed = [comparison.case for comparison in done if comparison.reached() is False]
    if missed:
        print(f"target not reached: {', '.join(missed)}")
    return int(any(each.ours is not None and each.ours.problem is not None for each in done))


if __name__ == "__main__":
    sys.exit(main())
