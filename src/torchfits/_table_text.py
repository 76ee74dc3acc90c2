# SPDX-License-Identifier: BSD-3-Clause
"""How a table shows itself as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._dtypes import dtype_name
from ._strings import Strings

if TYPE_CHECKING:
    import torch

    from ._column import Column
    from ._table import Table

_SHOWN_ROWS = 5
_SHOWN_COLUMNS = 8
_SHOWN_ELEMENTS = 4
_CELL_WIDTH = 24


def table_text(table: Table) -> str:
    """Show a table in lines of text: its size, its columns, its first rows."""
    title = f"Table: {size_of(table)}"
    if not table.shape[1]:
        return title
    grid = _grid(table)
    widths = [max(len(line[i]) for line in grid) for i in range(len(grid[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in grid
    ]
    return "\n".join([title, *lines])


def _grid(table: Table) -> list[list[str]]:
    """Lines of text: names, units where there are any, dtypes, and the first rows."""
    columns = table.columns
    shown = list(range(min(len(columns), _SHOWN_COLUMNS)))
    described = [columns[i] for i in shown]
    names = [printable(column.name) for column in described]
    lines = [names, [kind_of(column) for column in described]]
    if any(column.unit for column in described):
        lines.insert(1, [printable(column.unit or "") for column in described])
    if any(values.device.type == "meta" for values in table.values()):
        return lines  # there are no values to show
    rows = range(min(len(table), _SHOWN_ROWS))
    lines.extend([shown_cell(table, i, row) for i in shown] for row in rows)
    if len(table) > _SHOWN_ROWS:
        lines.append(["..."] * len(shown))
    return [[*line, "..."] for line in lines] if len(columns) > len(shown) else lines


def kind_of(column: Column) -> str:
    """Write dtype and shape of a cell in one word, such as ``float32[3]``, ``float32[*]``."""
    name = "str" if column.dtype is None else dtype_name(column.dtype)
    sizes = ["*" if size < 0 else str(size) for size in column.shape]
    return name + (f"[{','.join(sizes)}]" if sizes else "")


def shown_cell(table: Table, position: int, row: int) -> str:
    """Write one cell, short."""
    import torch

    value, column = table._cell(position, row), table.columns[position]
    digits = 10 if column.dtype in (torch.float64, torch.complex128) else 7
    if isinstance(value, (torch.Tensor, Strings)):
        text = _many(value, table._masks[position], row)
    elif isinstance(value, float):
        text = f"{value:.{digits}g}"
    elif isinstance(value, complex):
        text = str(_rounded(value, digits))
    else:
        text = "null" if value is None else printable(str(value))
    return text if len(text) <= _CELL_WIDTH else text[: _CELL_WIDTH - 3] + "..."


def _many(cell: torch.Tensor | Strings, mask: Any, row: int) -> str:
    """Write a cell of strings, or the first elements of one of numbers."""
    nulls = None if mask is None else mask[row]
    if isinstance(cell, Strings):
        return _listed(cell.to_list(), None if nulls is None else nulls.tolist())
    some = [_rounded(each, 5) for each in cell.flatten()[:_SHOWN_ELEMENTS].tolist()]
    known = None if nulls is None else nulls.flatten()[:_SHOWN_ELEMENTS].tolist()
    text = _listed(some, known)
    return text if cell.numel() == len(some) else f"{text[:-1]}, ...]"


def _listed(values: list[Any], nulls: list[Any] | None) -> str:
    """Write a list, nested or not, with ``null`` where `nulls` is true."""
    marks: list[Any] = [None] * len(values) if nulls is None else nulls
    texts = [
        _listed(value, mark) if isinstance(value, list) else "null" if mark else repr(value)
        for value, mark in zip(values, marks, strict=True)
    ]
    return f"[{', '.join(texts)}]"


def _rounded(number: Any, digits: int) -> Any:
    """Keep the first digits of a number that has more."""
    if isinstance(number, complex):
        return complex(_rounded(number.real, digits), _rounded(number.imag, digits))
    return float(f"{number:.{digits}g}") if isinstance(number, float) else number


def size_of(table: Table) -> str:
    """Say how many rows and columns there are."""
    rows, columns = table.shape
    return f"{counted(rows, 'row')}, {counted(columns, 'column')}"


def printable(text: str) -> str:
    """Escape what would break a line or command a terminal; files may hold any byte."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def counted(count: int, noun: str) -> str:
    """Write a number of things."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
