# SPDX-License-Identifier: BSD-3-Clause
"""SIP, the Simple Imaging Polynomial (Shupe et al. 2005): pixels are moved before the linear part.

``x + A(u, v)`` and ``y + B(u, v)``, with u and v counted from CRPIX. The way back inverts these
exactly, as in astropy. AP and BP approximate the same; they would save no step and are not used.
"""

from __future__ import annotations

import math
import warnings
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import pad

from .._errors import FITSWarning
from ._distortion import Distortion, distortion
from ._reach import image_box, mapped
from ._stage import constant, gathered_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._description import Description

HIGHEST = 9  # of the convention
Terms = dict[tuple[int, int], float]
"""Coefficients that are not 0, by powers of u and v."""


def sip_stage(
    cards: Mapping[str, Any], description: Description, sip: Mapping[str, Any] | None = None
) -> Distortion | None:
    """The step of SIP; `None` where there are no polynomials of order 2 or above.

    Parameters
    ----------
    cards : mapping
        A_ORDER, A_p_q, B_ORDER, B_p_q.
    description : Description
        The polynomials are those of the first two pixel axes.
    sip : mapping, optional
        ``"A"`` and ``"B"``, square matrices by power of u and of v, which are taken in place of
        those of the cards; as tensors they may require gradients.

    Raises
    ------
    ValueError
        For an order without its partner or beyond 9, and for what is not a number.
    """
    pair = _of_cards(cards, description) if sip is None else _given(sip)
    if pair is None:
        return None
    if description.naxis < 2:
        raise ValueError("A_ORDER: SIP is for two pixel axes, but the header has one; remove it")
    box = image_box(description)
    reach = 1024.0 if box is None else max(abs(end) for ends in box for end in ends)
    scale = 2.0 ** round(math.log2(reach))  # so that nothing is rounded
    centre = [reference - 1.0 for reference in description.crpix[:2]]
    return distortion(
        (0, 1),
        _scaled(pair, scale, centre) if sip is None else _scaled_tensors(pair, scale, centre),
        normalisation=((1.0 / scale,) * 2, [middle / -scale for middle in centre]),
        box=None if sip is not None else mapped(box, (1.0 / scale,) * 2, (0.0, 0.0)),
    )


def _scaled(pair: tuple[Terms, Terms], scale: float, centre: Sequence[float]) -> torch.Tensor:
    """What comes out, by powers of u and v in units of `scale`."""
    size = 1 + max(1, *(p + q for terms in pair for p, q in terms))
    factors = [1.0]
    for _ in range(size - 1):
        factors.append(factors[-1] * scale)
    values = [0.0] * (2 * size * size)
    values[0], values[size * size] = centre
    values[size] = values[size * size + 1] = scale
    for axis, terms in enumerate(pair):
        start = axis * size * size
        for (p, q), value in terms.items():
            values[start + p * size + q] += value * factors[p + q]
    return gathered_numbers(values).reshape(2, size, size)


def _scaled_tensors(pair: tuple[Any, Any], scale: float, centre: Sequence[Any]) -> torch.Tensor:
    """The same of matrices, with gradients."""
    terms = _stacked(pair)
    factors, identity, corner = _frame(terms.shape[1], scale)
    moved = torch.addcmul(identity, gathered_numbers(centre)[:, None, None], corner)
    return torch.addcmul(moved, terms, factors)


@lru_cache(64)
def _frame(size: int, scale: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What terms are multiplied by, the coefficients of the identity, and those of 1."""
    powers = torch.arange(size, dtype=torch.float64)
    identity = torch.zeros(2, size, size, dtype=torch.float64)
    identity[0, 1, 0] = identity[1, 0, 1] = scale
    corner = torch.zeros(size, size, dtype=torch.float64)
    corner[0, 0] = 1.0
    return scale ** (powers + powers[:, None]), identity, corner


def _stacked(pair: tuple[Any, Any]) -> torch.Tensor:
    """Both matrices in one tensor, of the size that they need, 2 at least."""
    size = max(2, *map(_size, pair))
    if any(isinstance(matrix, torch.Tensor) for matrix in pair):
        return torch.stack([pad(part, (0, size - len(part)) * 2) for part in map(constant, pair)])
    rows = [value for matrix in pair for row in _resized(matrix, size) for value in row]
    return constant(rows).reshape(2, size, size)


def _resized(matrix: Sequence[Sequence[float]], size: int) -> list[list[float]]:
    zeros = [0.0] * (size - len(matrix))
    return [[*row[:size], *zeros] for row in matrix[:size]] + [[0.0] * size for _ in zeros]


def _given(sip: Mapping[str, Any]) -> tuple[Any, Any]:
    """The matrices of the argument."""
    for name in ("A", "B"):
        shape = tuple(constant(sip[name]).shape) if name in sip else ()
        if len(shape) != 2 or shape[0] != shape[-1]:
            raise ValueError(f"sip= needs a square matrix of coefficients {name!r}")
        if shape[0] - 1 > HIGHEST:
            raise ValueError(f"sip[{name!r}] is of order {shape[0] - 1}; {HIGHEST} is the highest")
    return sip["A"], sip["B"]


def _size(matrix: Any) -> int:
    """One more than the degree; of a tensor it is what the shape has room for."""
    if isinstance(matrix, torch.Tensor):
        return len(matrix)
    last = len(matrix) - 1
    for degree in range(2 * last, 0, -1):
        terms = range(max(0, degree - last), min(degree, last) + 1)
        if any(matrix[p][degree - p] for p in terms):
            return degree + 1
    return 1


def _of_cards(cards: Mapping[str, Any], description: Description) -> tuple[Terms, Terms] | None:
    """The terms of the header."""
    orders = {name: _order(cards, name) for name in ("A", "B") if f"{name}_ORDER" in cards}
    if not orders:
        if any(_order(cards, name) > 1 for name in ("AP", "BP") if f"{name}_ORDER" in cards):
            _warn("AP_ORDER without A_ORDER: SIP has no way from pixels to the sky; it is left out")
        return None
    if max(orders.values()) < 2:
        return None
    for name, partner in (("A", "B"), ("B", "A")):
        if partner not in orders:
            raise ValueError(
                f"{name}_ORDER = {orders[name]}, but there is no {partner}_ORDER; add it, or "
                "remove the keywords of SIP"
            )
    if min(orders.values()) < 2:
        _warn(
            f"A_ORDER = {orders['A']}, B_ORDER = {orders['B']}: SIP has two polynomials of order 2 "
            "or above; it is left out"
        )
        return None
    a, b = (_terms(cards, name, orders[name]) for name in ("A", "B"))
    if not a and not b:
        _warn(f"A_ORDER = {orders['A']}, but all coefficients A_p_q and B_p_q are missing or 0")
        return None
    plain = [ctype for ctype in description.ctype[:2] if not ctype.endswith("-SIP")]
    if plain:
        _warn(
            f"A_ORDER = {orders['A']}, but CTYPE '{plain[0]}' does not end with -SIP; the "
            "polynomials are applied. Remove them if the image is without distortion"
        )
    return a, b


def _order(cards: Mapping[str, Any], name: str) -> int:
    value = _number(cards, f"{name}_ORDER")
    if value != int(value) or not 0 <= value <= HIGHEST:
        raise ValueError(
            f"{name}_ORDER = {cards[f'{name}_ORDER']!r}: the order of a SIP polynomial is 2 to "
            f"{HIGHEST}; correct it, or remove the keywords of SIP"
        )
    return int(value)


def _terms(cards: Mapping[str, Any], name: str, order: int) -> Terms:
    return {
        powers: value
        for powers, keyword in _keywords(name, order)
        if keyword in cards and (value := _number(cards, keyword))
    }


@cache
def _keywords(name: str, order: int) -> tuple[tuple[tuple[int, int], str], ...]:
    """The powers and the keyword of each term."""
    powers = ((p, q) for p in range(order + 1) for q in range(order + 1 - p))
    return tuple(((p, q), f"{name}_{p}_{q}") for p, q in powers)


def _number(cards: Mapping[str, Any], keyword: str) -> float:
    value = cards[keyword]
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError(f"{keyword} = {value!r} is not a finite number; correct or remove the card")


def _warn(message: str) -> None:
    warnings.warn(message, FITSWarning, stacklevel=4)
