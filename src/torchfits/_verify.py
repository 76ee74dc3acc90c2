# SPDX-License-Identifier: BSD-3-Clause
"""A file against the Standard and its checksums."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from . import _core
from ._fits import core_source
from ._keywords import check_flag
from ._runtime import settle_threads


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or doubtful, and what to do about it."""

    severity: str
    """``"error"``: against the Standard, damaged or missing. ``"warning"``: readable, but doubtful.
    """
    rule: str
    """Which check: a name that stays, such as ``"header-padding"``."""
    hdu: int | None
    """Position of the HDU; ``None`` where the problem belongs to none."""
    where: str
    """Card, column or bytes; may be empty."""
    problem: str
    remedy: str

    def __str__(self) -> str:
        hdu = None if self.hdu is None else f"HDU {self.hdu}"
        place = ", ".join(part for part in (hdu, self.where) if part)
        return f"{self.severity}: {place + ': ' if place else ''}{self.problem}; {self.remedy}"


@dataclass(frozen=True)
class HDUReport:
    """What was found in one HDU."""

    index: int
    name: str
    version: int
    kind: str
    offset: int
    """Of the header in the file."""
    data_bytes: int
    """Size of the data in the file, without padding."""
    checksum: str
    """``"right"``, ``"wrong"``, or ``"absent"`` where there is no CHECKSUM or it was not compared.
    """
    datasum: str
    """The same of DATASUM."""
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings may be there."""
        return not any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True)
class Report:
    """What `torchfits.verify` found; prints as a table, and is true where there is no error."""

    source: str
    """The path, or what kind of object was read."""
    size: int
    """Bytes, uncompressed."""
    hdus: tuple[HDUReport, ...]
    problems: tuple[Problem, ...]
    """All of them: those of the HDUs in order, then those of the file."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are errors."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that are warnings."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings may be there."""
        return not self.errors

    def __bool__(self) -> bool:
        return self.ok

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, for JSON."""
        return {
            "source": self.source,
            "ok": self.ok,
            "size": self.size,
            "hdus": [
                {key: value for key, value in asdict(hdu).items() if key != "problems"}
                for hdu in self.hdus
            ],
            "problems": [asdict(problem) for problem in self.problems],
        }

    def __repr__(self) -> str:
        found = _counted(self.problems)
        title = f"{self.source}: {len(self.hdus)} HDU{'s' if len(self.hdus) != 1 else ''}, {found}"
        lines = [title, *_table(self.hdus)]
        for problem in self.problems:
            hdu = "" if problem.hdu is None else f"HDU {problem.hdu}"
            place = ", ".join(part for part in (hdu, problem.where) if part) or "file"
            lines += ["", f"{problem.severity}  {place}", f"  {problem.problem}"]
            lines += [f"  repair: {problem.remedy}"]
        return "\n".join(lines)

    __str__ = __repr__


def _counted(problems: tuple[Problem, ...]) -> str:
    counts = {
        severity: sum(problem.severity == severity for problem in problems)
        for severity in ("error", "warning")
    }
    said = [f"{n} {what}{'s' if n != 1 else ''}" for what, n in counts.items() if n]
    return ", ".join(said) or "ok"


def _table(hdus: tuple[HDUReport, ...]) -> list[str]:
    if not hdus:
        return []
    head = ("", "name", "ver", "kind", "bytes", "CHECKSUM", "DATASUM", "found")
    right = (True, False, True, False, True, False, False, False)
    body = [
        (
            str(hdu.index), hdu.name, str(hdu.version), hdu.kind, f"{hdu.data_bytes:,}",
            _sum(hdu.checksum), _sum(hdu.datasum), _counted(hdu.problems),
        )
        for hdu in hdus
    ]  # fmt: skip
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [head, *body]
    ]


def _sum(verdict: str) -> str:
    return "" if verdict == "absent" else verdict


def verify(source: Any, *, checksum: bool = True, data: bool = True) -> Report:
    """Check a file against the FITS Standard 4.0 and its checksums, HDU by HDU.

    Whatever is wrong with the file is in the report, with what to do about it; nothing is changed.

    Parameters
    ----------
    source : str, path-like, bytes-like or binary file object
    checksum : bool
        Compare CHECKSUM and DATASUM where they are given, which reads all data.
    data : bool
        Read the rows of tables (logicals, text, descriptors of the heap, numbers of ASCII tables)
        and decode compressed images and tables.

    Returns
    -------
    Report
        ``report.ok`` and ``bool(report)`` say whether there is no error.

    Raises
    ------
    FileMissingError, FITSIOError
        If the file cannot be read at all.
    """
    check_flag("checksum", checksum)
    check_flag("data", data)
    settle_threads()
    name, size, found, findings = _core.verify(core_source(source), checksum, data)
    hdus = tuple(
        HDUReport(*[*described, _problems(described[0], problems)])
        for *described, problems in found
    )
    of_hdus = tuple(problem for hdu in hdus for problem in hdu.problems)
    return Report(name, size, hdus, of_hdus + _problems(None, findings))


def _problems(hdu: int | None, findings: Any) -> tuple[Problem, ...]:
    return tuple(Problem(severity, rule, hdu, *rest) for severity, rule, *rest in findings)
