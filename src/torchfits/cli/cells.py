# SPDX-License-Identifier: BSD-3-Clause
"""Cells of tables as Python values, for text, CSV and JSON."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from .._numpy_columns import array_of
from .._ragged import Ragged
from .._strings import Strings
from .console import plain

if TYPE_CHECKING:
    from .._table import Table


def python_rows(table: Table) -> list[tuple[Any, ...]]:
    """Give the rows: numbers as short as they parse back equal, ``None`` for nulls."""
    columns = [
        _python_column(values, table._masks[position])
        for position, values in enumerate(table.values())
    ]
    return list(zip(*columns, strict=True))


def csv_cell(value: Any) -> Any:
    """Give a cell for CSV: empty for null, JSON for a list of values."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(plain(value)) if isinstance(value, list) else value


def text_cell(value: Any, width: int) -> str:
    """Give a cell for people, cut to a width."""
    if isinstance(value, list) and value and all(isinstance(each, bool) for each in value):
        text = "".join("FT"[each] for each in value)
    else:
        text = "" if value is None else str(csv_cell(value))
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= width else text[: width - 3] + "..."


def _python_column(values: Any, mask: Any) -> list[Any]:
    if isinstance(values, Strings) and values.offsets is None:
        listed: list[Any] = values.to_list()
        return _with_none(listed, mask)
    if isinstance(values, Ragged):
        flat = _numbers(values.values, None if mask is None else mask.values)
        ends = values.offsets.tolist()
        return [flat[start:end] for start, end in itertools.pairwise(ends)]
    if isinstance(values, Strings):
        return _with_none(values.to_list(), None)
    return _numbers(values, mask)


def _numbers(values: Any, mask: Any) -> list[Any]:
    array = array_of(values)
    if array.dtype.name == "float32":  # 0.1, not 0.10000000149011612
        array = array.astype(str).astype(float)
    listed: list[Any] = array.tolist()
    return _with_none(listed, mask)


def _with_none(values: list[Any], mask: Any) -> list[Any]:
    if mask is None:
        return values
    return _masked(values, array_of(mask).tolist())


def _masked(values: list[Any], nulls: list[Any]) -> list[Any]:
    return [
        _masked(value, null) if isinstance(null, list) else None if null else value
        for value, null in zip(values, nulls, strict=True)
    ]
