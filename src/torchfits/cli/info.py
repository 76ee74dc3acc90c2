# SPDX-License-Identifier: BSD-3-Clause
"""List the HDUs of files: name, version, kind, shape and size."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .._errors import FITSError
from .._fits import FITS
from .arguments import Parser, add_files, add_json, opened
from .console import Console, Exit, grid, shown_name

if TYPE_CHECKING:
    import argparse

    from .._hdu import HDU

_TABLES = ("table", "ascii_table", "random_groups")
_FIELDS = ("name", "ttype", "format", "unit", "null", "dim", "display", "comment", "ucd")


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument("-c", "--columns", action="store_true", help="list the columns of tables")
    add_files(parser)
    add_json(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    shown = 0

    def work(source: str) -> int:
        nonlocal shown
        with FITS(opened(source)) as fits:
            if console.as_json:
                console.record({"file": source, "hdus": _described(fits)})
                return Exit.FINE
            found = fits.info()
            found.name = shown_name(source)
            text = str(found)
            if args.columns:
                text = "\n".join([text, *_column_lines(fits)])
        console.line(f"\n{text}" if shown else text)
        shown += 1
        return Exit.FINE

    return console.each(args.files, work)


def _described(fits: FITS) -> list[dict[str, Any]]:
    hdus = []
    for summary in fits.info():
        described = dataclasses.asdict(summary)
        if summary.kind in _TABLES:
            described["columns"] = _columns(fits[summary.index])
        hdus.append(described)
    return hdus


def _columns(hdu: HDU) -> list[dict[str, Any]]:
    """What is known of columns, without torch: dtypes are names."""
    try:
        described = hdu._described_columns()
    except FITSError:
        return []  # the line of the HDU says why
    columns = []
    for column in described:
        known = dict(zip(_FIELDS, column, strict=False))
        columns.append({**known, "dtype": column[9] or "str", "shape": list(column[10])})
    return columns


def _column_lines(fits: FITS) -> list[str]:
    lines = []
    for hdu in fits:
        if hdu.kind not in _TABLES:
            continue
        rows = [["column", "format", "dtype", "unit", ""]]
        for column in _columns(hdu):
            cell = ",".join("*" if size < 0 else str(size) for size in column["shape"])
            dtype = column["dtype"] + (f"[{cell}]" if cell else "")
            words = (column["name"], column["format"], dtype, column["unit"], column["comment"])
            rows.append([word or "" for word in words])
        lines += ["", f"HDU {hdu.index} {hdu.name}".rstrip()]
        lines += [f"  {line}" for line in grid(rows, [False] * 5)]
    return lines
