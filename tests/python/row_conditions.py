# SPDX-License-Identifier: BSD-3-Clause
"""The rows of a table in memory for which a condition is true, as both evaluators find them."""

from __future__ import annotations

from torchfits import Table, _core
from torchfits._expression import _described, rows_by_tensors


def by_tensors(data: Table, where: str) -> list[int]:
    """The rows, found by operations of torch."""
    described = [_described(column, data[column.name]) for column in data.columns]
    expression = _core.Expression(where, described)
    needed = [(data._values(i), data._masks[i]) for i in expression.columns()]
    return rows_by_tensors(expression, needed, len(data)).tolist()


def by_memory(data: Table, where: str) -> list[int]:
    """The rows, found by the core in the memory of the tensors."""
    return data._rows_where(where).positions().tolist()
