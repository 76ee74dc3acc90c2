# SPDX-License-Identifier: BSD-3-Clause
"""How a table shows itself in a notebook."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ._table_text import counted, kind_of, shown_cell, size_of

if TYPE_CHECKING:
    from ._column import Column
    from ._table import Table

__all__ = ["table_html"]

_SHOWN_ROWS = 8
_SHOWN_COLUMNS = 16

# Colours are those of the page, light or dark; a notebook's own rules for tables are undone.
_STYLE = """<style>
.torchfits-table{overflow-x:auto;margin:.4em 0}
.torchfits-table table{border-collapse:collapse;border:0;margin:0;color:inherit;
font-variant-numeric:tabular-nums}
.torchfits-table caption{caption-side:top;text-align:left;color:inherit;font-weight:600;
padding:0 0 .5em;white-space:nowrap}
.torchfits-table tr,.torchfits-table tr:hover{background:none!important}
.torchfits-table th,.torchfits-table td{border:0;padding:.22em 1.4em .22em 0;text-align:left;
white-space:nowrap;max-width:22em;overflow:hidden;text-overflow:ellipsis}
.torchfits-table .number{text-align:right}
.torchfits-table thead th{padding-bottom:0}
.torchfits-table thead td{padding-top:0;padding-bottom:0;font-size:85%;opacity:.65}
.torchfits-table thead tr:last-child td{padding-bottom:.35em}
.torchfits-table thead{border-bottom:1px solid rgba(128,128,128,.6)}
.torchfits-table tbody tr{border-bottom:1px solid rgba(128,128,128,.18)}
.torchfits-table .null{opacity:.5;font-style:italic}
.torchfits-table p{font-size:85%;opacity:.65;margin:.5em 0 0}
</style>"""


def table_html(table: Table) -> str:
    """Show size, columns with unit and dtype, and the first rows; names and texts are escaped."""
    columns = table.columns[:_SHOWN_COLUMNS]
    hidden = any(values.device.type == "meta" for values in table.values())
    rows = 0 if hidden else min(len(table), _SHOWN_ROWS)
    grid = f"<caption>{size_of(table)}</caption>"
    if columns:
        lines = "".join(_line(table, row, columns) for row in range(rows))
        grid += f"<thead>{_head(columns)}</thead><tbody>{lines}</tbody>"
    left = [(len(table) - rows, "more row"), (table.shape[1] - len(columns), "more column")]
    more = ", ".join(counted(count, noun) for count, noun in left if count)
    note = f"<p>… {more}</p>" if more else ""
    return f'<div class="torchfits-table">{_STYLE}<table>{grid}</table>{note}</div>'


def _head(columns: list[Column]) -> str:
    """Lines of names, of units where there are any, and of dtypes."""
    names = "".join(_name(column) for column in columns)
    units = "".join(_small(column.unit or "", column) for column in columns)
    kinds = "".join(_small(kind_of(column), column) for column in columns)
    middle = f"<tr>{units}</tr>" if any(column.unit for column in columns) else ""
    return f"<tr>{names}</tr>{middle}<tr>{kinds}</tr>"


def _name(column: Column) -> str:
    """Write a name; what its comment says shows under the pointer."""
    hint = f' title="{html.escape(column.comment)}"' if column.comment else ""
    return f"<th{_side(column)}{hint}>{html.escape(column.name)}</th>"


def _small(text: str, column: Column) -> str:
    return f"<td{_side(column)}>{html.escape(text)}</td>"


def _line(table: Table, row: int, columns: list[Column]) -> str:
    cells = []
    for position, column in enumerate(columns):
        value = table._cell(position, row)
        text = shown_cell(table, position, row)
        cell = '<span class="null">null</span>' if value is None else html.escape(text)
        cut = isinstance(value, str) and text != value
        hint = f' title="{html.escape(value)}"' if cut else ""
        cells.append(f"<td{_side(column)}{hint}>{cell}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _side(column: Column) -> str:
    """Single numbers stand at the right."""
    single = column.dtype is not None and not column.shape
    return ' class="number"' if single and kind_of(column) != "bool" else ""
