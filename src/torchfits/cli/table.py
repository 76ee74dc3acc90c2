# SPDX-License-Identifier: BSD-3-Clause
"""Show rows of tables, or print them as CSV or JSON."""

from __future__ import annotations

import csv
import shutil
import sys
from typing import TYPE_CHECKING, Any

from .._fits import FITS
from .arguments import Parser, add_files, add_hdu, add_json, opened, whole, words_of
from .cells import csv_cell, python_rows, text_cell
from .console import Console, Exit, grid, shown_name

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from .._hdu import HDU
    from .._table import Table

_SHOWN_ROWS = 20
_CELL_WIDTH = 32
_BATCH = 16384
_TABLES = ("table", "ascii_table", "random_groups")


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    add_hdu(parser, "the first table by default")
    parser.add_argument("-c", "--columns", metavar="NAME,...", help="only these, in this order")
    parser.add_argument(
        "-w", "--where", metavar="CONDITION", help="only rows such as 'MAG < 20 and not isnull(Z)'"
    )
    parser.add_argument(
        "-n", "--rows", type=whole, metavar="N",
        help=f"first N rows; {_SHOWN_ROWS} by default, all of them as CSV and JSON",
    )  # fmt: skip
    parser.add_argument("--csv", action="store_true", help="print CSV")
    add_files(parser)
    add_json(parser, "print a JSON object for each row, on a line")


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    heading: list[str] = []
    shown = 0

    def work(source: str) -> int:
        nonlocal shown
        with FITS(opened(source)) as fits:
            hdu = table_of(fits, args.hdu)
            columns = words_of(args.columns) if args.columns else None
            if console.as_json or args.csv:
                several = source if len(args.files) > 1 else None
                batches = batches_of(hdu, columns, args.where, args.rows)
                if console.as_json:
                    _print_json(batches, several, console)
                else:
                    _print_csv(batches, several, heading)
                return Exit.FINE
            limit = _SHOWN_ROWS if args.rows is None else args.rows
            text = _text(source, hdu, columns, args.where, limit)
        console.line(f"\n{text}" if shown else text)
        shown += 1
        return Exit.FINE

    return console.each(args.files, work)


def table_of(fits: FITS, key: Any) -> HDU:
    """Give the table that is meant: the first one where none is."""
    hdu = fits[key] if key is not None else next((h for h in fits if h.kind in _TABLES), None)
    if hdu is None:
        raise ValueError("the file has no table; `torchfits info` lists its HDUs")
    if hdu.kind not in _TABLES:
        raise ValueError(f"{hdu._label()} is of kind '{hdu.kind}', no table; choose one with -e")
    return hdu


def batches_of(
    hdu: HDU, columns: list[str] | None, where: str | None, limit: int | None
) -> Iterator[Table]:
    """Give the rows in tables of some thousand, at least one table, and `limit` rows at most."""
    rows = slice(limit) if limit is not None and where is None else None
    left, found = limit, False
    for batch in hdu.scan(_BATCH, columns, where, rows=rows):
        part: Table = batch if left is None else batch[:left]
        found = True
        yield part
        if left is not None:
            left -= len(part)
            if left <= 0:
                break
    if not found:
        yield hdu.read(columns=columns, rows=slice(0, 0), where=where)


def write_csv(batches: Iterator[Table], file: Any) -> int:
    """Write a line of names and a line for each row, and give the number of rows."""
    return _write_rows(batches, csv.writer(file, lineterminator="\n"), None, [])


def _write_rows(
    batches: Iterator[Table], writer: Any, source: str | None, heading: list[str]
) -> int:
    """Write the names where `heading` is empty; else they must be those of it."""
    count = 0
    first = [] if source is None else [source]
    for batch in batches:
        if not heading:
            heading += batch.names
            writer.writerow([*(["file"] if first else []), *heading])
        elif batch.names != heading:
            raise ValueError(
                f"its columns are not those of the files before it ({', '.join(heading)}); name "
                "those that all files have with -c"
            )
        rows = python_rows(batch)
        writer.writerows([*first, *map(csv_cell, row)] for row in rows)
        count += len(rows)
    return count


def _print_csv(batches: Iterator[Table], source: str | None, heading: list[str]) -> None:
    _write_rows(batches, csv.writer(sys.stdout, lineterminator="\n"), source, heading)


def _print_json(batches: Iterator[Table], source: str | None, console: Console) -> None:
    first = {} if source is None else {"file": source}
    for batch in batches:
        names = batch.names
        for row in python_rows(batch):
            console.record({**first, **dict(zip(names, row, strict=True))})


def _text(source: str, hdu: HDU, columns: list[str] | None, where: str | None, limit: int) -> str:
    """Title, names, units where there are any, and the first rows."""
    batches = list(batches_of(hdu, columns, where, limit))
    described = batches[0].columns
    names = [column.name for column in described]
    units = [column.unit or "" for column in described]
    rows = [
        [text_cell(value, _CELL_WIDTH) for value in row]
        for batch in batches
        for row in python_rows(batch)
    ]
    right = [column.dtype is not None and not column.shape for column in described]
    cells = [names, *([units] if any(units) else []), *rows]
    shown = _fitting(cells)
    lines = grid([row[:shown] for row in cells], right[:shown])
    total = hdu.shape[0]
    if where is not None:
        size = f"{len(rows)} rows shown of those that fit, {total} in all"
    else:
        size = f"{total} rows" if len(rows) == total else f"{len(rows)} of {total} rows"
    title = f"{shown_name(source)} {hdu._label()}: {size}, {shown} of {_width(hdu)} columns"
    more = [f"... and {', '.join(names[shown:])}"] if shown < len(names) else []
    return "\n".join([title, *lines, *more])


def _fitting(cells: list[list[str]]) -> int:
    """How many columns the terminal shows; all of them where there is none, at least one."""
    if not sys.stdout.isatty():
        return len(cells[0])
    room = shutil.get_terminal_size().columns + 2
    for shown, column in enumerate(zip(*cells, strict=True)):
        room -= max(map(len, column)) + 2
        if room < 0:
            return max(shown, 1)
    return len(cells[0])


def _width(hdu: HDU) -> int:
    return len(hdu._described_columns())
