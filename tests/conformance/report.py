# SPDX-License-Identifier: BSD-3-Clause
"""Files as three readers read them: a table, and where they differ which of them is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from .choices import Seen, explanation
from .differences import Difference, differences
from .readings import Reading, Readings

OTHERS = ("astropy", "fitsio")


@dataclass(frozen=True)
class Verdict:
    """Differences of one HDU that have one reason."""

    reader: str
    right: str
    """``torchfits``, the other reader, ``both`` (a matter of form), or ``?``: not known."""
    why: str
    first: Difference
    count: int


@dataclass
class FileReport:
    """What is said of one file."""

    name: str
    kinds: list[str]
    """Of its HDUs, as torchfits tells them; its error for a file that it cannot open."""
    verdicts: dict[int | None, list[Verdict]] = field(default_factory=dict)
    """By HDU; ``None`` for the file as a whole."""

    @property
    def unknown(self) -> list[Verdict]:
        """Differences without a reason."""
        return [v for found in self.verdicts.values() for v in found if v.right == "?"]


def compared(name: str, readings: dict[str, Readings]) -> FileReport:
    """One file, from what each reader makes of it."""
    ours = readings["torchfits"]
    kinds = [ours] if isinstance(ours, str) else [hdu.kind or hdu.error for hdu in ours]
    report = FileReport(name, kinds)
    for reader in OTHERS:
        theirs = readings[reader]
        groups: dict[tuple[int | None, str, str], list[Difference]] = {}
        for difference in differences(ours, theirs, reader):
            seen = Seen(difference, _hdu(ours, difference), _hdu(theirs, difference))
            choice = explanation(seen)
            right, why = ("?", str(difference)) if choice is None else (choice.right, choice.why)
            groups.setdefault((difference.hdu, right, why), []).append(difference)
        for (hdu, right, why), found in groups.items():
            verdict = Verdict(reader, right, why, found[0], len(found))
            report.verdicts.setdefault(hdu, []).append(verdict)
    return report


def _hdu(readings: Readings, difference: Difference) -> Reading:
    if isinstance(readings, str) or difference.hdu is None:
        return Reading()
    return readings[difference.hdu]


def lines(report: FileReport) -> Iterable[str]:
    """The file, then its HDUs; those that differ with the reason."""
    if None in report.verdicts or len(report.kinds) == 0:
        yield f"{report.name:58} file  {'':17} {_agreement(report.verdicts.get(None, []))}"
        yield from _reasons(report.verdicts.get(None, []))
    alike = [i for i in range(len(report.kinds)) if i not in report.verdicts]
    if len(alike) > 1 and len(alike) == len(report.kinds):
        kinds = Counter(report.kinds)
        said = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        yield f"{report.name:58} all   {'':17} agree: {said}"
        return
    for index, kind in enumerate(report.kinds):
        found = report.verdicts.get(index, [])
        yield f"{report.name:58} {index:<4}  {kind[:17]:17} {_agreement(found)}"
        yield from _reasons(found)


def _agreement(found: list[Verdict]) -> str:
    differ = [reader for reader in OTHERS if any(v.reader == reader for v in found)]
    return f"{' and '.join(differ)} differ{'s' * (len(differ) == 1)}" if differ else "agree"


def _reasons(found: list[Verdict]) -> Iterable[str]:
    for verdict in found:
        right = {"?": "NOT KNOWN", "both": "both right"}.get(
            verdict.right, f"{verdict.right} right"
        )
        more = f" ({verdict.count} of this kind)" if verdict.count > 1 else ""
        yield f"    {verdict.reader}: {right}: {verdict.why}"
        if verdict.right != "?":
            yield f"        {verdict.first}{more}"


def summary(reports: list[FileReport]) -> str:
    """Counts of files, HDUs and verdicts."""
    hdus = sum(len(report.kinds) for report in reports)
    differing = sum(len(set(report.verdicts) - {None}) for report in reports)
    verdicts = [v for r in reports for found in r.verdicts.values() for v in found]
    rights = Counter(verdict.right for verdict in verdicts)
    said = ", ".join(
        f"{right if right != '?' else 'not known'} {rights[right]}"
        for right in ("torchfits", "astropy", "fitsio", "both", "?")
    )
    return (
        f"{len(reports)} files, {hdus} HDUs: {hdus - differing} agree, {differing} differ. "
        f"Right where they differ: {said}."
    )
