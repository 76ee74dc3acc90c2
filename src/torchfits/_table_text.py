# SPDX-License-Identifier: BSD-3-Clause
"""How a table shows itself: as text and as HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from ._column import dtype_name
from ._strings import Strings

if TYPE_CHECKING:
    from ._column import Column
    from ._table import Table

_SHOWN_ROWS = 5
_SHOWN_COLUMNS = 8
_CELL_WIDTH = 24


def table_text(table: Table) -> str:
    """Show a table in lines of text: its size, its columns, its first rows."""
    rows, columns = table.shape
    title = f"Table: {rows} {_plural(rows, 'row')}, {columns} {_plural(columns, 'column')}"
    if not columns:
        return title
    grid = _grid(table)
    widths = [max(len(line[i]) for line in grid) for i in range(len(grid[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in grid
    ]
    return "\n".join([title, *lines])


def table_html(table: Table) -> str:
    """Show the same as an HTML table."""
    rows, columns = table.shape
    head, *body = _grid(table) if columns else [[]]
    cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    lines = ["".join(f"<td>{html.escape(cell)}</td>" for cell in line) for line in body]
    inside = "".join(f"<tr>{line}</tr>" for line in (cells, *lines))
    title = f"{rows} {_plural(rows, 'row')}, {columns} {_plural(columns, 'column')}"
    return f"<table><caption>{title}</caption>{inside}</table>"


def _grid(table: Table) -> list[list[str]]:
    """Lines of text: names, units where there are any, dtypes, and the first rows."""
    columns = table.columns
    shown = list(range(min(len(columns), _SHOWN_COLUMNS)))
    described = [columns[i] for i in shown]
    lines = [[column.name for column in described], [_kind(column) for column in described]]
    if any(column.unit for column in described):
        lines.insert(1, [column.unit or "" for column in described])
    if any(values.device.type == "meta" for values in table.values()):
        return lines  # there are no values to show
    rows = range(min(len(table), _SHOWN_ROWS))
    lines.extend([_shown(table._cell(i, row)) for i in shown] for row in rows)
    if len(table) > _SHOWN_ROWS:
        lines.append(["..."] * len(shown))
    return [[*line, "..."] for line in lines] if len(columns) > len(shown) else lines


def _kind(column: Column) -> str:
    """Write dtype and shape of a cell in one word, such as ``float32[3]``, ``float32[*]``."""
    name = "str" if column.dtype is None else dtype_name(column)
    sizes = ["*" if size < 0 else str(size) for size in column.shape]
    return name + (f"[{','.join(sizes)}]" if sizes else "")


def _shown(value: Any) -> str:
    """Write one cell, short."""
    import torch

    if isinstance(value, torch.Tensor):
        value = value.flatten()[:4].tolist() + ["..."] * (value.numel() > 4)
    elif isinstance(value, Strings):
        value = value.to_list()
    text = f"{value:.7g}" if isinstance(value, float) else "null" if value is None else str(value)
    return text if len(text) <= _CELL_WIDTH else text[: _CELL_WIDTH - 3] + "..."


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else noun + "s"
