# SPDX-License-Identifier: BSD-3-Clause
"""TNX and ZPX of IRAF: a surface is added to each intermediate world coordinate (FITS registry).

The surfaces stand as text in WATj_nnn, as IRAF's ``gsurfit`` saves them: kind, orders, what mixed
terms there are, the range of both variables, and coefficients.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import torch

from ._distortion import Distortion, distortion
from ._reach import field_box, mapped
from ._stage import constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._description import Description

CHEBYSHEV, LEGENDRE, POLYNOMIAL = 1, 2, 3
NO_MIXED, ALL_MIXED, HALF_MIXED = 0, 1, 2
MOST_TERMS = 20
NAMES = ("lngcor", "latcor")

Matrix = list[list[float]]
"""Coefficients by power of the first variable, then of the second."""


@dataclass(frozen=True)
class Range:
    """Normalised is ``(x - middle) / half``, on either axis."""

    middle: tuple[float, float] = (0.0, 0.0)
    half: tuple[float, float] = (1.0, 1.0)


def tnx_stage(cards: Mapping[str, Any], description: Description) -> Distortion | None:
    """The step of TNX or ZPX; `None` where there is no surface.

    As in IRAF and wcslib the ``wtype`` of WATj decides: a TAN may be a TNX, and a TNX none.
    """
    axes = _axes(cards, description)
    if axes is None:
        return None
    surfaces = [
        _surface(_text(cards, axis + 1), name, axis + 1)
        for axis, name in zip(axes, NAMES, strict=True)
    ]
    known = [surface for surface in surfaces if surface is not None]
    if not known:
        return None
    common = next((of for _, of in known if of != Range()), Range())
    size = max(2, *(max(_degree(matrix), 0) + 1 for matrix, _ in known))
    both = [_identity(common, axis, size) for axis in range(2)]
    for matrix, surface in zip(both, surfaces, strict=True):
        if surface is not None:
            _add(matrix, _in_range(*surface, common))
    slope = tuple(1.0 / half for half in common.half)
    shift = tuple(-x / half for x, half in zip(common.middle, common.half, strict=True))
    return distortion(
        axes,
        constant(both),
        normalisation=None if common == Range() else (slope, shift),
        box=mapped(field_box(description, axes), slope, shift),
    )


def zpx_description(cards: Mapping[str, Any], description: Description) -> Description:
    """The description with the ``projp`` of ZPX as PVi_m of the latitude axis."""
    axes = _axes(cards, description)
    if axes is None or description.projection(axes[1])[:2] != "ZP":
        return description
    found: dict[tuple[int, int], float] = {}
    for axis in axes:
        for m, word in re.findall(r"\bprojp(\d{1,2})\s*=\s*([^\s\"]+)", _text(cards, axis + 1)):
            found[axes[1] + 1, int(m)] = _number(word, axis + 1)
    return replace(description, pv={**description.pv, **found})


def _axes(cards: Mapping[str, Any], description: Description) -> tuple[int, int] | None:
    """The axes that have surfaces: by WATj, which count more than a CTYPE of TAN or ZPN."""
    axes = description.celestial
    if axes is None or description.key != " ":
        return None
    ctype = description.ctype[axes[0]]
    wanted = {"TNX": "tnx", "TAN": "tnx", "ZPX": "zpx", "ZPN": "zpx"}.get(ctype[5:])
    if wanted is None:
        return None
    stated = [
        found[1]
        for axis in axes
        if f"WAT{axis + 1}_001" in cards
        and (found := re.search(r"\bwtype\s*=\s*\"?(\w+)", _text(cards, axis + 1)))
    ]
    if any(word != wanted for word in stated):
        return None
    return axes if len(stated) == 2 or ctype[-1] == "X" else None


def _text(cards: Mapping[str, Any], number: int) -> str:
    """The strings of an axis; blanks at the end of one belong to it, though FITS drops them."""
    parts = []
    for index in range(1, 1000):
        part = cards.get(f"WAT{number}_{index:03d}")
        if part is None:
            break
        parts.append(str(part).ljust(68))
    return "".join(parts) + " "


def _surface(text: str, name: str, number: int) -> tuple[Matrix, Range] | None:
    """Coefficients of normalised powers, and the range that normalises."""
    match = re.search(rf"\b{name}\s*=\s*\"([^\"]*)\"", text)
    if match is None:
        return None
    numbers = [_number(word, number) for word in match[1].split()]
    if len(numbers) < 8:
        raise _broken(number, f"{name} has {len(numbers)} numbers, and 8 come before coefficients")
    kind, x_terms, y_terms, mixed = (int(value) for value in numbers[:4])
    if kind not in {CHEBYSHEV, LEGENDRE, POLYNOMIAL} or mixed not in {0, 1, 2}:
        raise _broken(number, f"{name} is of kind {kind}, with mixed terms {mixed}")
    if not (1 <= x_terms <= MOST_TERMS and 1 <= y_terms <= MOST_TERMS):
        raise _broken(number, f"{name} has orders {x_terms}, {y_terms}, not 1 to {MOST_TERMS}")
    places = _places(x_terms, y_terms, mixed)
    if len(numbers) < 8 + len(places):
        raise _broken(number, f"{name} has {len(numbers) - 8} coefficients of {len(places)}")
    matrix = [[0.0] * y_terms for _ in range(x_terms)]
    for (m, n), value in zip(places, numbers[8:], strict=False):
        matrix[m][n] = value
    if kind == POLYNOMIAL:
        return matrix, Range()
    x_low, x_high, y_low, y_high = numbers[4:8]
    if x_low == x_high or y_low == y_high:
        raise _broken(number, f"{name} has an empty range")
    span = Range(
        ((x_low + x_high) / 2.0, (y_low + y_high) / 2.0),
        ((x_high - x_low) / 2.0, (y_high - y_low) / 2.0),
    )
    return _changed(matrix, _basis(kind, x_terms), _basis(kind, y_terms)), span


def _places(x_terms: int, y_terms: int, mixed: int) -> list[tuple[int, int]]:
    """Powers of x and y in the order of the coefficients."""
    most = max(x_terms, y_terms)
    return [
        (m, n)
        for n in range(y_terms)
        for m in range(x_terms)
        if mixed == ALL_MIXED or (m + n < most if mixed == HALF_MIXED else not (m and n))
    ]


@cache
def _basis(kind: int, count: int) -> torch.Tensor:
    """Row k: the powers in the polynomial k of Chebyshev or Legendre, by their recurrences."""
    rows = [[1.0] + [0.0] * count, [0.0, 1.0] + [0.0] * (count - 1)]
    for k in range(1, count):
        up, down = (2.0, 1.0) if kind == CHEBYSHEV else ((2 * k + 1) / (k + 1), k / (k + 1))
        shifted = [0.0, *rows[k][:-1]]
        rows.append([up * a - down * b for a, b in zip(shifted, rows[k - 1], strict=True)])
    return torch.tensor([row[:count] for row in rows[:count]], dtype=torch.float64)


def _changed(matrix: Matrix, x_basis: torch.Tensor, y_basis: torch.Tensor) -> Matrix:
    """Coefficients of products of two bases, as coefficients of powers."""
    result: Matrix = (x_basis.T @ constant(matrix) @ y_basis).tolist()
    return result


def _in_range(matrix: Matrix, old: Range, new: Range) -> Matrix:
    """The same surface in variables that another range normalises."""
    if old == new:
        return matrix
    bases = []
    for axis, count in enumerate((len(matrix), len(matrix[0]))):
        factor = new.half[axis] / old.half[axis]
        offset = (new.middle[axis] - old.middle[axis]) / old.half[axis]
        bases.append(
            [
                [
                    math.comb(k, power) * factor**power * offset ** (k - power)
                    if power <= k
                    else 0.0
                    for power in range(count)
                ]
                for k in range(count)
            ]
        )
    return _changed(matrix, *map(constant, bases))


def _identity(span: Range, axis: int, size: int) -> Matrix:
    """The coordinate itself, as a polynomial of the normalised ones."""
    matrix = [[0.0] * size for _ in range(size)]
    matrix[0][0] = span.middle[axis]
    matrix[1 - axis][axis] = span.half[axis]
    return matrix


def _add(matrix: Matrix, other: Matrix) -> None:
    for m, row in enumerate(other):
        for n, value in enumerate(row):
            if value:
                matrix[m][n] += value


def _degree(matrix: Matrix) -> int:
    return max(
        (m + n for m, row in enumerate(matrix) for n, value in enumerate(row) if value), default=0
    )


def _number(word: str, number: int) -> float:
    try:
        value = float(word.upper().replace("D", "E"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _broken(number, f"{word!r} is not a finite number")
    return value


def _broken(number: int, what: str) -> ValueError:
    return ValueError(
        f"WAT{number}_001 and following: {what}; correct the cards, or CTYPE to TAN or ZPN to do "
        "without the correction"
    )
