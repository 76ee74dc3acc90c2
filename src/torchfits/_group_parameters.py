# SPDX-License-Identifier: BSD-3-Clause
"""Parameters of random groups as columns of a table that is written."""

from __future__ import annotations

import functools
import math
import operator
import re
from typing import TYPE_CHECKING, Any

from ._fields import Field, fields_of

if TYPE_CHECKING:
    from ._header import Header
    from ._table import Table

_ARRAY = "DATA"
_PTYPE = re.compile(r"PTYPE([1-9]\d{0,2})")
_MOST_PARAMETERS = 999


def group_columns(table: Table, header: Header) -> tuple[Table, list[tuple[str, float, float]]]:
    """Parameters first and the array last; PTYPE, PSCAL and PZERO of the parameters.

    The scalings are those that the header has for a parameter of that name.

    Raises
    ------
    ValueError
        If there is no array, or a sum of parameters is not the sum of the others of its name.
    """
    fields = fields_of(table)
    array = [field.name for field in fields if field.name.upper() == _ARRAY]
    if not array:
        raise ValueError(
            "random groups have an array for each group: a column DATA of shape [groups, ...]; "
            "the other columns are the parameters"
        )
    parameters = _without_sums([field for field in fields if field.name not in array])
    scalings = _scalings(header)
    names = _Occurrences()
    wishes = []
    for field in parameters:
        ptype = _ptype(field)
        wishes.append((ptype, *scalings.get(names.next(ptype), (1.0, 0.0))))
    return table[[field.name for field in parameters] + array], wishes


class _Occurrences:
    """Names that repeat are told apart by their number."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, name: str) -> tuple[str, int]:
        folded = name.rstrip().upper()
        self._seen[folded] = self._seen.get(folded, 0) + 1
        return folded, self._seen[folded]


def _ptype(field: Field) -> str:
    """The spelling of the file that it was read from, as far as the column still has its name."""
    column = field.column
    is_term = column.name.upper().startswith(f"{column.ttype.upper()}_")
    nameless = not column.ttype and column.name.upper().startswith("COL")
    return column.ttype if is_term or nameless else column.name


def _without_sums(parameters: list[Field]) -> list[Field]:
    """Leave out sums that `read` made, whose terms are there."""
    kept = []
    for field in parameters:
        others = [other for other in parameters if other is not field]
        name = field.name.upper()
        terms = [o for o in others if _ptype(o).upper() == name and o.name.upper() != name]
        if not terms:
            kept.append(field)
        elif not _is_sum(field, terms):
            raise ValueError(
                f"parameters of random groups that share a name add up, and column {field.name!r} "
                f"is not the sum of {', '.join(repr(term.name) for term in terms)}: drop that "
                "column or these"
            )
    return kept


def _is_sum(field: Field, terms: list[Field]) -> bool:
    import torch

    values = [part.values for part in (field, *terms)]
    if not all(isinstance(value, torch.Tensor) and value.ndim == 1 for value in values):
        return False
    sums, *numbers = [value.double() for value in values]
    added = functools.reduce(operator.add, numbers)
    return bool(((added == sums) | (added.isnan() & sums.isnan())).all())


def _scalings(header: Header) -> dict[tuple[str, int], tuple[float, float]]:
    """PSCAL and PZERO by PTYPE."""
    found = {}
    names = _Occurrences()
    counted = header.get("PCOUNT", 0)
    count = counted if isinstance(counted, int) else 0
    named = [int(match[1]) for keyword in header if (match := _PTYPE.fullmatch(keyword))]
    for number in range(1, min(max(count, *named, 0), _MOST_PARAMETERS) + 1):
        ptype = header.get(f"PTYPE{number}", "")
        scale = _finite(header.get(f"PSCAL{number}", 1.0), 1.0)
        zero = _finite(header.get(f"PZERO{number}", 0.0), 0.0)
        key = names.next(ptype if isinstance(ptype, str) else "")
        found[key] = (scale or 1.0, zero)
    return found


def _finite(value: Any, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else default
