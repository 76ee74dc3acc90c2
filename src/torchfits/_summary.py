# SPDX-License-Identifier: BSD-3-Clause
"""What the columns of a table hold, in a line each."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from . import _core
from ._dtypes import dtype_name
from ._errors import ColumnNotFoundError
from ._fields import Field, fields_of
from ._groups import Aggregate
from ._keys import columns_of, presence_key
from ._ragged import Ragged
from ._runtime import settle_threads
from ._strings import Strings
from ._table_text import counted, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._table import Table

_HEAD = ("column", "dtype", "unit", "count", "nulls", "min", "max", "mean", "std")
_FUNCTIONS = ("count", "min", "max", "mean", "std")
_CELL_WIDTH = 24


class Summary:
    """Count, nulls, min, max, mean and std of each column; `Table.describe` makes it.

    It prints as a table; ``summary["MAG"]["mean"]`` is one number, ``None`` where a column has
    none (the mean of text, the minimum of no values).
    """

    def __init__(self, table: Table) -> None:
        settle_threads()
        self._title = counted(len(table), "row")
        self._lines = {field.name: _line(field) for field in fields_of(table)}

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in self._lines:
            given: object = name
            found = [own for own in self._lines if own.casefold() == str(given).casefold()]
            if not found:
                raise ColumnNotFoundError(f"no column {name!r} in the summary of {[*self._lines]}")
            name = found[0]
        return dict(self._lines[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def _grid(self) -> list[list[str]]:
        body = [
            [printable(name), *(_shown(line[title]) for title in _HEAD[1:])]
            for name, line in self._lines.items()
        ]
        return [list(_HEAD), *body]

    def __repr__(self) -> str:
        grid = self._grid()
        widths = [max(len(line[i]) for line in grid) for i in range(len(_HEAD))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in grid
        ]
        return "\n".join([f"Summary: {self._title}", *lines])

    def _repr_html_(self) -> str:
        head, *body = self._grid()
        rows = ["".join(f"<th>{html.escape(cell)}</th>" for cell in head)]
        rows += ["".join(f"<td>{html.escape(cell)}</td>" for cell in line) for line in body]
        inside = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><caption>{self._title}</caption>{inside}</table>"


def _line(field: Field) -> dict[str, Any]:
    """Describe one column, all elements of its cells together."""
    line: dict[str, Any] = dict.fromkeys(_HEAD[1:])
    is_text = isinstance(field.values, Strings)
    line["dtype"] = "str" if is_text else dtype_name(field.column.dtype)
    line["unit"] = field.column.unit
    flat = _flat(field)
    groups = _one_group(len(flat.values))
    for function in _functions(flat):
        result = Aggregate(groups, flat, function).field()
        null = result.mask is not None and bool(result.mask[0])
        value = result.values[0]
        line[function] = None if null else value if isinstance(value, str) else value.item()
    if line["count"] is None:
        line["count"] = 0
    line["nulls"] = len(flat.values) - line["count"]
    for function in ("mean", "std"):
        if line[function] is not None and math.isnan(line[function]):
            line[function] = None
    return line


def _functions(flat: Field) -> tuple[str, ...]:
    if not len(flat.values):
        return ()
    if isinstance(flat.values, Strings):
        return ("count", "min", "max")
    return ("count",) if flat.values.is_complex() else _FUNCTIONS


def _flat(field: Field) -> Field:
    """One value a row: the elements of all cells."""
    values, mask = field.values, field.mask
    if isinstance(values, Ragged):
        values, mask = values.values, None if mask is None else mask.values
    elif isinstance(values, Strings) and values.offsets is None:
        values = Strings(values.bytes.reshape(math.prod(values.shape), values.width))
    elif not isinstance(values, Strings):
        values = values.reshape(-1)
    return Field(field.column, values, None if mask is None else mask.reshape(-1), True)


def _one_group(rows: int) -> Any:
    import torch

    key = presence_key(torch.zeros(rows, dtype=torch.bool), None)
    return _core.Groups(columns_of([key]))


def _shown(value: Any) -> str:
    text = "" if value is None else f"{value:.7g}" if isinstance(value, float) else str(value)
    text = printable(text)
    return text if len(text) <= _CELL_WIDTH else text[: _CELL_WIDTH - 3] + "..."
