# SPDX-License-Identifier: BSD-3-Clause
"""Make the HTML report of a run, judge it, compare it with a baseline, put it into README.md."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import readme_table
from exceptions import EXCEPTIONS
from gate import checks, exemptions
from page import html
from results import load, machine_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results import Run

HERE = Path(__file__).resolve().parent
RUNS = HERE.parent / "artifacts" / "validation"
BASELINE = HERE / "baseline.jsonl"
README = HERE.parent / "README.md"


def newest(folder: Path) -> Path | None:
    """Return the lines of the last run; the names of files bear its time."""
    found = folder.glob("*-[0-9]*T[0-9]*Z.jsonl")
    return max(found, key=lambda path: path.stem.rpartition("-")[2], default=None)


def judge(run: Run) -> bool:
    """Print the verdict on every condition; return whether all hold."""
    verdicts = checks(run, EXCEPTIONS)
    for check in verdicts:
        mark = "passes" if check.passed else "FAILS "
        print(f"{mark} {check.name}: {check.figure} ({check.limit})")
        for case in check.failing:
            print(f"         {case}")
    for each in exemptions(run, EXCEPTIONS):
        if each.state != "needed":
            print(f"exception {each.case}: {each.state}")
    return all(check.passed for check in verdicts)


def store_baseline(run: Run, path: Path) -> None:
    """Write the samples of a run where later runs are compared with them."""
    lines = []
    for comparison in run.timed():
        for line in comparison.lines():
            line.pop("counted", None)
            line["samples_ms"] = [float(f"{time:.4g}") for time in line["samples_ms"]]
            lines.append(json.dumps(line))
    path.write_text("\n".join(lines) + "\n")
    machine_path(path).write_text(json.dumps(run.machine, indent=1) + "\n")


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "runs",
        nargs="*",
        type=Path,
        help="JSON lines; of a case in several, the last (the newest run)",
    )
    parser.add_argument("--output", type=Path, default=RUNS / "report.html")
    parser.add_argument(
        "--baseline", type=Path, default=BASELINE, help="JSON lines of an earlier run"
    )
    parser.add_argument(
        "--gate", action="store_true", help="exit with 1 unless all conditions hold"
    )
    parser.add_argument("--readme", action="store_true", help="write the table of README.md anew")
    parser.add_argument(
        "--store-baseline", action="store_true", help="compare later runs with this"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; 1 if the gate is asked for and shut."""
    options = parse_options(arguments)
    last = newest(RUNS)
    paths = options.runs or ([last] if last else [])
    missing = [str(path) for path in paths if not path.exists()]
    if missing or not paths:
        wanted = ", ".join(missing) or f"a run in {RUNS}"
        print(f"there is no {wanted}; benchmarks/run.py makes one", file=sys.stderr)
        return 2
    run = load(paths)
    baseline = load([options.baseline]) if options.baseline.exists() else None
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(html(run, EXCEPTIONS, baseline))
    print(f"report of {', '.join(path.name for path in paths)}: {options.output}")
    if options.store_baseline:
        store_baseline(run, options.baseline)
    if options.readme:
        README.write_text(readme_table.replaced(README.read_text(), run))
    passed = judge(run)
    return int(options.gate and not passed)


if __name__ == "__main__":
    sys.exit(main())
