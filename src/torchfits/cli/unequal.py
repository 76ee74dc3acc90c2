# SPDX-License-Identifier: BSD-3-Clause
"""Which elements of two arrays differ, NaN and null being equal to themselves."""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_KEPT = 100  # positions of one block


@dataclass(frozen=True)
class Tolerance:
    """Numbers are equal where ``|a - b| <= absolute + relative * |b|``."""

    relative: float = 0.0
    absolute: float = 0.0


@dataclass(frozen=True)
class Unequal:
    """What differs in one block."""

    count: int
    total: int
    largest: float
    """Of the absolute differences, as far as they are finite."""
    first: list[tuple[list[int], Any, Any]]
    """Position and the two values of some."""


def unequal_elements(
    a: Any, b: Any, tolerance: Tolerance, nulls_a: Any = None, nulls_b: Any = None
) -> Unequal:
    """Compare two numpy arrays of one shape, and their masks."""
    import numpy as np

    flags = a != b
    if tolerance.relative or tolerance.absolute or a.dtype.kind in "fc" or b.dtype.kind in "fc":
        flags &= ~(np.isnan(a) & np.isnan(b))
        if flags.any():
            flags[flags] = ~_near(a[flags], b[flags], tolerance)
    if nulls_a is not None or nulls_b is not None:
        null_a = np.zeros(a.shape, bool) if nulls_a is None else nulls_a
        null_b = np.zeros(a.shape, bool) if nulls_b is None else nulls_b
        flags = np.where(null_a | null_b, null_a != null_b, flags)
    count = int(np.count_nonzero(flags))
    if not count:
        return Unequal(0, a.size, 0.0, [])
    positions = np.argwhere(flags)[:_KEPT]
    first = [(position.tolist(), a[tuple(position)], b[tuple(position)]) for position in positions]
    return Unequal(count, a.size, _largest(a[flags], b[flags]), [_scalars(*each) for each in first])


def unequal_cells(a: Sequence[Any], b: Sequence[Any], tolerance: Tolerance) -> Unequal:
    """Compare cells one by one: text, and lists of any length."""
    found = [i for i, pair in enumerate(zip(a, b, strict=True)) if not _same(*pair, tolerance)]
    return Unequal(len(found), len(a), 0.0, [([i], a[i], b[i]) for i in found[:_KEPT]])


def _same(a: Any, b: Any, tolerance: Tolerance) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_same(*pair, tolerance) for pair in zip(a, b, strict=True))
    if isinstance(a, (float, complex)) and isinstance(b, (float, complex)):
        return (
            (cmath.isnan(a) and cmath.isnan(b))
            or a == b
            or abs(a - b) <= tolerance.absolute + tolerance.relative * abs(b)
        )
    return bool(a == b)


def _near(a: Any, b: Any, tolerance: Tolerance) -> Any:
    import numpy as np

    wide = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
    one, other = a.astype(wide), b.astype(wide)
    if not (tolerance.relative or tolerance.absolute):
        return np.zeros(len(a), bool)
    with np.errstate(invalid="ignore", over="ignore"):
        allowed = tolerance.absolute + tolerance.relative * abs(other)
        return (abs(one - other) <= allowed) & np.isfinite(one) & np.isfinite(other)


def _largest(a: Any, b: Any) -> float:
    import numpy as np

    wide = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
    with np.errstate(invalid="ignore", over="ignore"):
        distances = abs(a.astype(wide) - b.astype(wide))
    return float(distances.max(initial=0.0, where=np.isfinite(distances)))


def _scalars(position: list[int], a: Any, b: Any) -> tuple[list[int], Any, Any]:
    return position, _scalar(a), _scalar(b)


def _scalar(value: Any) -> Any:
    """Python's number; of float32 as short as it parses back."""
    return float(str(value)) if value.dtype.name == "float32" else value.item()
