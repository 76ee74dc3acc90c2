# SPDX-License-Identifier: BSD-3-Clause
"""Show headers: whole, some keywords, or one line for each HDU of many files."""

from __future__ import annotations

import csv
import difflib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._fits import FITS
from .arguments import Parser, add_files, add_hdu, add_json, opened, words_of
from .console import Console, Exit, grid, shown_name

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from .._hdu import HDU
    from .._header import Header

_MOST_COMPARED = 2000  # keywords; an error must not take seconds
_TEXT_OF = {True: "T", False: "F", None: ""}


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "-k",
        "--keyword",
        action="append",
        metavar="KEY",
        help="only this keyword; * and ? match; several: KEY,KEY or -k KEY -k KEY",
    )
    add_hdu(parser, "all of them by default; several times for several", several=True)
    parser.add_argument(
        "-t", "--table", action="store_true", help="a line for each HDU that has one of the -k"
    )
    parser.add_argument("--csv", action="store_true", help="the table as CSV")
    parser.add_argument("--sort", metavar="KEY", help="sort the table by the values of a keyword")
    parser.add_argument("-q", "--values", action="store_true", help="the values of -k, bare")
    add_files(parser)
    add_json(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    keywords = [word for text in args.keyword or [] for word in words_of(text)]
    as_table = args.table or args.csv or args.sort is not None
    if as_table and not keywords:
        console.note("header: a table needs keywords: -k OBJECT,EXPTIME")
        return Exit.USAGE
    if args.values and not keywords:
        console.note("header: -q shows the values of keywords: -k OBJECT")
        return Exit.USAGE
    if as_table:
        return _tabulate(args, keywords, console)
    printed = 0

    def work(source: str) -> int:
        nonlocal printed
        with FITS(opened(source)) as fits:
            found = [(hdu, _selected(hdu.header, keywords)) for hdu in _hdus(fits, args.hdu)]
            if console.as_json:
                console.record({"file": source, "hdus": [_described(*pair) for pair in found]})
            else:
                several = len(args.files) > 1 or len(found) > 1
                for hdu, cards in found:
                    if len(cards) or not keywords:
                        text = _values(cards) if args.values else str(cards)
                        titled = several and not args.values
                        title = f"# {_place(source, hdu)}\n" if titled else ""
                        console.line(("\n" if titled and printed else "") + title + text)
                        printed += 1
            return _missing(source, found, keywords, console)

    return console.each(args.files, work)


def _hdus(fits: FITS, keys: list[Any] | None) -> Iterator[HDU]:
    return iter(fits) if keys is None else (fits[key] for key in keys)


def _place(source: str, hdu: HDU) -> str:
    version = f",{hdu.version}" if hdu.version != 1 else ""
    return f"{shown_name(source)} HDU {hdu.index} {hdu.name}{version}".rstrip()


def _selected(header: Header, keywords: list[str]) -> Header:
    """The cards of these keywords, in the order in which they are asked for."""
    if not keywords:
        return header
    positions = [position for keyword in keywords for position in header._matching(keyword)]
    return type(header)._from_core(header._list.select(list(dict.fromkeys(positions))))


def _described(hdu: HDU, cards: Header) -> dict[str, Any]:
    return {
        "index": hdu.index,
        "name": hdu.name,
        "version": hdu.version,
        "cards": [card._asdict() for card in cards.cards],
    }


def _values(cards: Header) -> str:
    return "\n".join(text_of(value) for value in cards.values())


def text_of(value: Any) -> str:
    """Give the value of a card, bare: text without quotes."""
    return _TEXT_OF[value] if value is None or isinstance(value, bool) else str(value)


def _missing(
    source: str, found: list[tuple[HDU, Header]], keywords: list[str], console: Console
) -> int:
    """Tell which keywords no HDU has, with those that look like them."""
    missing = [key for key in keywords if not any(cards._matching(key) for _, cards in found)]
    where = "the header" if len(found) == 1 else f"{len(found)} headers"
    known = dict.fromkeys(keyword for hdu, _ in found for keyword in hdu.header) if missing else {}
    for keyword in missing:
        near = difflib.get_close_matches(keyword.upper(), list(known)[:_MOST_COMPARED], n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        console.error(source, f"no keyword '{keyword.upper()}' in {where}{hint}")
    return Exit.FOUND if missing else Exit.FINE


@dataclass
class _Row:
    """Keywords of one HDU."""

    source: str
    index: int
    values: dict[str, Any]


def _tabulate(args: argparse.Namespace, keywords: list[str], console: Console) -> int:
    rows: list[_Row] = []
    wanted = [*keywords, *([args.sort] if args.sort else [])]

    def work(source: str) -> int:
        with FITS(opened(source)) as fits:
            for hdu in _hdus(fits, args.hdu):
                cards = _selected(hdu.header, wanted)
                if len(_selected(hdu.header, keywords)):
                    values = dict(reversed(cards.items()))  # of a repeated keyword the first
                    rows.append(_Row(source, hdu.index, values))
        return Exit.FINE

    code = console.each(args.files, work)
    columns = _columns(rows, keywords)
    if args.sort:
        key = args.sort.strip().upper()
        rows.sort(key=lambda row: _order(row.values.get(key)))
    if console.as_json:
        for row in rows:
            known = {column: row.values.get(column) for column in columns}
            console.record({"file": row.source, "hdu": row.index, **known})
    elif rows:
        lines = [["file", "hdu", *columns]]
        lines += [
            [row.source, str(row.index), *(text_of(row.values.get(key)) for key in columns)]
            for row in rows
        ]
        console.line(_as_csv(lines) if args.csv else "\n".join(_aligned(lines, rows, columns)))
    if rows:
        return code
    console.note(f"no keyword {' or '.join(keywords)} in {len(args.files)} files")
    return max(code, Exit.FOUND)


def _columns(rows: list[_Row], keywords: list[str]) -> list[str]:
    """The keywords that were found, in the order of the patterns that they match."""
    from .._header import Header

    known = Header.fromkeys(dict.fromkeys(key for row in rows for key in row.values))
    return _selected(known, keywords).keys()


def _order(value: Any) -> tuple[int, Any]:
    """Numbers by size, then text, then HDUs without the keyword."""
    if value is None or isinstance(value, complex):
        return 2, ""
    return (1, value) if isinstance(value, str) else (0, value)


def _as_csv(lines: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().rstrip("\n")


def _aligned(lines: list[list[str]], rows: list[_Row], columns: list[str]) -> list[str]:
    numbers = [
        all(not isinstance(row.values.get(column), str) for row in rows) for column in columns
    ]
    return grid(lines, [False, True, *numbers])
