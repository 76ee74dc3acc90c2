# SPDX-License-Identifier: BSD-3-Clause
"""What a run has to show before its figures may be published."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from case import PEAK_LIMIT
from families import COMPRESSED, CUTOUTS, group_of
from noise import best_ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exceptions import Excused
    from results import Comparison, Run

MEDIAN_OF_BEST = 1.5
MEDIAN_OF = {"astropy": 3.0, "fitsio": 3.0}
FLOOR = 1.0  # of every case against its best peer
SMALL_READS_OVER_ASTROPY = 1.3  # of compressed images and of cutouts
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Check:
    """One condition, what was found, and which cases fail it."""

    name: str
    limit: str
    figure: str
    passed: bool
    failing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exemption:
    """What became of one entry of the list of exceptions in this run."""

    case: str
    excused: Excused
    ratio: float | None
    state: str
    """``needed``, ``no longer needed``, ``exceeded``, or ``not measured``."""


def _against(comparisons: Iterable[Comparison], peer: str | None) -> list[float]:
    """Return the ratios to one peer, or to the best one of each case."""
    found = [comparison.ratios() for comparison in comparisons]
    if peer is None:
        return [min(ratios.values()) for ratios in found if ratios]
    return [ratios[peer] for ratios in found if peer in ratios]


def _median_check(run: Run, peer: str | None, least: float) -> Check:
    ratios = _against(run.timed(), peer)
    name = f"median against {peer or 'the best peer'}"
    limit = f"at least {least:g}"
    if not ratios:
        return Check(name, limit, NOT_MEASURED, passed=False)
    found = median(ratios)
    return Check(name, limit, f"{found:.2f} over {len(ratios)} cases", found >= least)


def _outputs(run: Run) -> Check:
    wrong = tuple(
        f"{each.case}: {each.ours.problem}"
        for each in run.comparisons
        if each.ours is not None and each.ours.problem
    )
    measured = sum(each.ours is not None for each in run.comparisons)
    figure = f"{measured - len(wrong)} of {measured} cases" if measured else NOT_MEASURED
    return Check(
        "outputs equal those of the peers", "all", figure, bool(measured > len(wrong) == 0), wrong
    )


def _floor(run: Run, exceptions: Mapping[str, Excused]) -> Check:
    failing, measured = [], 0
    for comparison in run.timed():
        found = best_ratio(comparison)
        if found is None:
            continue
        measured += 1
        excused = exceptions.get(comparison.case)
        if found.high < FLOOR and not (excused and found.high >= excused.down_to):
            failing.append(
                f"{comparison.case}: {found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
            )
    figure = f"{measured - len(failing)} of {measured} cases" if measured else NOT_MEASURED
    name = "no case slower than its best peer, beyond noise and exceptions"
    return Check(name, f"{FLOOR:.1f} each", figure, bool(measured and not failing), tuple(failing))


def _memory(run: Run) -> Check:
    name, limit = "peak memory beyond the tensors", f"at most {PEAK_LIMIT // 2**20} MiB"
    beyond = {
        each.case: each.ours.over_idle - (each.ours.bytes or 0)
        for each in run.memory()
        if each.ours is not None and each.ours.memory
    }
    if not beyond:
        return Check(name, limit, NOT_MEASURED, passed=False)
    failing = tuple(
        f"{case}: {extra / 2**20:.0f} MiB" for case, extra in beyond.items() if extra > PEAK_LIMIT
    )
    return Check(
        name, limit, f"{max(beyond.values()) / 2**20:.0f} MiB at most", not failing, failing
    )


def _over_astropy(run: Run, group: str, exceptions: Mapping[str, Excused]) -> Check:
    name = f"{group} against astropy"
    limit = f"at least {SMALL_READS_OVER_ASTROPY:g} each"
    found = {
        each.case: each.ratios()["astropy"]
        for each in run.timed()
        if group_of(each.family) == group and "astropy" in each.ratios()
    }
    if not found:
        return Check(name, limit, NOT_MEASURED, passed=False)
    low = {case: ratio for case, ratio in found.items() if ratio < SMALL_READS_OVER_ASTROPY}
    excepted = [
        case
        for case, ratio in low.items()
        if case in exceptions and ratio >= exceptions[case].down_to
    ]
    failing = tuple(f"{case}: {ratio:.2f}" for case, ratio in low.items() if case not in excepted)
    judged = [ratio for case, ratio in found.items() if case not in excepted]
    parts = [f"{min(judged):.2f} at least"] if judged else []
    parts += [f"{len(excepted)} excepted"] if excepted else []
    figure = ", ".join(parts)
    return Check(name, limit, figure, not failing, failing)


def checks(run: Run, exceptions: Mapping[str, Excused]) -> list[Check]:
    """Return the verdict on each condition; what was not measured does not pass."""
    return [
        _outputs(run),
        _median_check(run, None, MEDIAN_OF_BEST),
        *(_median_check(run, peer, least) for peer, least in MEDIAN_OF.items()),
        _floor(run, exceptions),
        *(_over_astropy(run, group, exceptions) for group in (COMPRESSED, CUTOUTS)),
        _memory(run),
    ]


def exemptions(run: Run, exceptions: Mapping[str, Excused]) -> Iterator[Exemption]:
    """Return what became of every exception: those that are not needed should go."""
    measured = run.by_case()
    for case, excused in exceptions.items():
        found = best_ratio(measured[case]) if case in measured else None
        if found is None:
            yield Exemption(case, excused, None, NOT_MEASURED)
            continue
        over_astropy = measured[case].ratios().get("astropy", SMALL_READS_OVER_ASTROPY)
        small_read = group_of(measured[case].family) in {COMPRESSED, CUTOUTS}
        short = small_read and over_astropy < SMALL_READS_OVER_ASTROPY
        state = "needed" if found.high < FLOOR or short else "no longer needed"
        if found.high < excused.down_to:
            state = "exceeded"
        yield Exemption(case, excused, found.value, state)
