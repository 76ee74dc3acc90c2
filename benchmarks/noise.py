# SPDX-License-Identifier: BSD-3-Clause
"""How far a ratio of times may be trusted: a bootstrap over rounds.

The engines of a case take turns, so times of one round belong together: whatever disturbs the
machine disturbs them alike. Rounds are drawn with replacement, all engines of a round at once, and
the figure is computed from every draw; the interval holds the middle 95 % of the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from results import OURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results import Comparison

DRAWS = 2000
FEWEST_ROUNDS = 3  # fewer say nothing about noise
OUTER = (2.5, 97.5)  # percentiles
MARGIN = 0.1  # runs differ by more than their rounds: a smaller change is none


@dataclass(frozen=True)
class Interval:
    """A figure and where it lies in 95 % of the draws."""

    low: float
    value: float
    high: float


def medians(samples: Sequence[Sequence[float]], seed: int = 0) -> np.ndarray:
    """Return the medians of every engine in every draw, ``[engines, draws]``.

    The first column is no draw but the rounds as they were.
    """
    rounds = min(len(times) for times in samples)
    times = np.array([engine[:rounds] for engine in samples])
    drawn = np.random.default_rng(seed).integers(0, rounds, (DRAWS, rounds))
    chosen = np.vstack([np.arange(rounds), drawn])
    return np.asarray(np.median(times[:, chosen], axis=2))


def _interval(figures: np.ndarray, rounds: int) -> Interval:
    value = float(figures[0])
    if rounds < FEWEST_ROUNDS:
        return Interval(0.0, value, float("inf"))
    low, high = np.percentile(figures[1:], OUTER)
    return Interval(float(low), value, float(high))


def best_ratio(comparison: Comparison) -> Interval | None:
    """Return the fastest peer's time divided by ours; ``None`` where nothing is compared."""
    if not comparison.ratios():
        return None
    samples = [comparison.results[name].samples_ms for name in (OURS, *comparison.compared())]
    ours, *peers = medians(samples)
    return _interval(np.min(peers, axis=0) / ours, min(map(len, samples)))


def change(now: Comparison, before: Comparison) -> Interval | None:
    """Return our time divided by that of an earlier run, both relative to the peers' times.

    The peers are the clock: a slower machine slows them too. Without a peer that both runs
    compared, times are taken as they are; ``None`` where ours was not measured in both.
    """
    sides = (now, before)
    if any(not side.ours or not side.ours.samples_ms or side.ours.problem for side in sides):
        return None
    shared = [name for name in now.compared() if name in before.compared()]
    relative, rounds = [], []
    for seed, side in enumerate(sides):
        samples = [side.results[name].samples_ms for name in (OURS, *shared)]
        logs = np.log(medians(samples, seed))
        clock = logs[1:].mean(axis=0) if shared else 0.0
        relative.append(logs[0] - clock)
        rounds.append(min(map(len, samples)))
    return _interval(np.exp(relative[0] - relative[1]), min(rounds))


def verdict(found: Interval) -> str:
    """Name a change of time: ``slower``, ``faster``, or ``same`` within noise and margin."""
    if found.low > 1 and found.value > 1 + MARGIN:
        return "slower"
    if found.high < 1 and found.value < 1 / (1 + MARGIN):
        return "faster"
    return "same"
