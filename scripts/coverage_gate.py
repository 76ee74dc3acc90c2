# SPDX-License-Identifier: BSD-3-Clause
"""Prints how much of each room the tests run, and fails where it is too little.

Reads core.json (gcovr) and python.json (coverage.py, if it is there) of the folder that is given,
and writes summary.txt there. Branches of C++ are shown but have no gate: gcov counts those that the
standard library's strings and vectors have wherever they are inlined.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINES = 90.0  # of the core and of Python, each as a whole
BRANCHES = {"Python": 85.0}
STRICT_LINES = 95.0  # of the rooms that read what nobody vouches for
STRICT_ROOMS = ("core/fits", "core/plan", "core/codec", "core/decode")


@dataclass
class Count:
    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def add(self, other: Count) -> None:
        """Both together."""
        self.lines += other.lines
        self.lines_run += other.lines_run
        self.branches += other.branches
        self.branches_run += other.branches_run

    @property
    def line_percent(self) -> float:
        return 100.0 * self.lines_run / self.lines if self.lines else 100.0

    @property
    def branch_percent(self) -> float:
        return 100.0 * self.branches_run / self.branches if self.branches else 100.0


def core_counts(path: Path) -> Iterator[tuple[str, Count]]:
    """Room and count of each file of C++."""
    for file in json.loads(path.read_text())["files"]:
        keys = ("line_total", "line_covered", "branch_total", "branch_covered")
        yield "/".join(Path(file["filename"]).parts[:-1]), Count(*(file[key] for key in keys))


def python_counts(path: Path) -> Iterator[tuple[str, Count]]:
    """Module or folder and count of each file of Python."""
    keys = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    for name, file in json.loads(path.read_text())["files"].items():
        inside = name.rpartition("torchfits/")[2]
        yield f"torchfits/{inside.split('/')[0]}", Count(*(file["summary"][key] for key in keys))


def by_room(counts: Iterator[tuple[str, Count]]) -> dict[str, Count]:
    """What lies in one room, together."""
    rooms: dict[str, Count] = {}
    for room, count in counts:
        rooms.setdefault(room, Count()).add(count)
    return dict(sorted(rooms.items()))


def shortfalls(name: str, rooms: dict[str, Count]) -> list[str]:
    """What is below its gate."""
    whole = Count()
    for count in rooms.values():
        whole.add(count)
    rooms[name] = whole
    wanted = [
        (name, whole.line_percent, LINES, "lines"),
        (name, whole.branch_percent, BRANCHES.get(name, 0.0), "branches"),
        *((r, rooms[r].line_percent, STRICT_LINES, "lines") for r in STRICT_ROOMS if r in rooms),
    ]
    return [
        f"{room}: {percent:.1f} % of {what}, not {least}"
        for room, percent, least, what in wanted
        if percent < least
    ]


def row(room: str, count: Count) -> str:
    lines = f"{count.lines:>8}{count.line_percent:>7.1f} %"
    return f"{room:<32}{lines}{count.branches:>10}{count.branch_percent:>7.1f} %"


def main() -> int:
    folder = Path(sys.argv[1])
    wholes = {"core and bindings": by_room(core_counts(folder / "core.json"))}
    if (folder / "python.json").exists():
        wholes["Python"] = by_room(python_counts(folder / "python.json"))
    failed = [line for name, rooms in wholes.items() for line in shortfalls(name, rooms)]
    table = [f"{'room':<32}{'lines':>8}{'run':>9}{'branches':>10}{'run':>9}"]
    table += [row(*pair) for rooms in wholes.values() for pair in rooms.items()]
    text = "\n".join([*table, *(f"TOO LITTLE: {line}" for line in failed)])
    (folder / "summary.txt").write_text(text + "\n")
    print(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
