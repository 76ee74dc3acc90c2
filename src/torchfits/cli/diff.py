# SPDX-License-Identifier: BSD-3-Clause
"""Compare two files, HDU by HDU: headers, pixels and cells.

With a directory as the last name, each file before it is compared with the
file of its name in there. An image equals its compressed form, and the order
of cards does not count. The exit code is 1 where something differs.
Positions are those of numpy: from 0, the slowest axis (NAXISn) first.
"""

from __future__ import annotations

import dataclasses
import filecmp
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._fits import FITS
from .arguments import Parser, UsageError, add_json, opened, whole, words_of
from .comparison import CardDifference, Comparison, DataDifference, HDUDifference, Rules, compare
from .console import Console, Exit, shown_name
from .unequal import Tolerance

if TYPE_CHECKING:
    import argparse


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "-r", "--rtol", type=_tolerance, default=0.0, metavar="X", help="relative tolerance"
    )
    parser.add_argument(
        "-a", "--atol", type=_tolerance, default=0.0, metavar="X",
        help="absolute tolerance: |a - b| <= atol + rtol * |b| is equal",
    )  # fmt: skip
    parser.add_argument(
        "-k", "--ignore-keywords", metavar="KEY,...", default="", help="* and ? match"
    )
    parser.add_argument(
        "-c", "--ignore-comments", metavar="KEY,...", default="", help="of these keywords"
    )
    parser.add_argument(
        "-n", "--number", type=whole, default=10, metavar="N",
        help="differing pixels, or cells of a column, to show (10)",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="only the exit code")
    parser.add_argument("files", nargs="+", metavar="FILE", help="two files; - is standard input")
    add_json(parser, "print a JSON object for each pair, on a line")


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    partner = _partners(args.files)
    console.partners = tuple(partner.values())
    rules = Rules(
        Tolerance(args.rtol, args.atol),
        _patterns(args.ignore_keywords),
        _patterns(args.ignore_comments),
        args.number,
    )

    def work(source: str) -> int:
        other = partner[source]
        comparison = _compared(source, other, rules)
        if console.as_json:
            console.record(_as_dict(source, other, comparison))
        elif not comparison.equal and not args.quiet:
            console.line(f"a: {shown_name(source)}\nb: {shown_name(other)}")
            console.line("\n".join(_lines(comparison)))
        return Exit.FINE if comparison.equal else Exit.FOUND

    return console.each(list(partner), work)


def _partners(files: list[str]) -> dict[str, str]:
    """Whom each file is compared with."""
    *first, last = files
    if first and Path(last).is_dir():
        return {source: str(Path(last) / Path(source).name) for source in first}
    if len(files) != 2:
        raise UsageError(
            "torchfits diff: give two files, or files and a directory that holds their partners"
        )
    if files == ["-", "-"]:
        raise UsageError("torchfits diff: standard input can be one of the files, not both")
    return {files[0]: last}


def _compared(a: str, b: str, rules: Rules) -> Comparison:
    with FITS(opened(a)) as one, FITS(opened(b)) as other:
        if "-" not in (a, b) and filecmp.cmp(a, b, shallow=False):
            return Comparison([], [])  # the same bytes, which are a FITS file
        return compare(one, other, rules)


def _tolerance(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise ValueError(text)
    return number


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(word.upper() for word in words_of(text))


def _as_dict(a: str, b: str, comparison: Comparison) -> dict[str, Any]:
    hdus = [dataclasses.asdict(hdu) for hdu in comparison.hdus if not hdu.equal]
    return {"a": a, "b": b, "equal": comparison.equal, "notes": comparison.notes, "hdus": hdus}


def _lines(comparison: Comparison) -> list[str]:
    lines = [f"  {note}" for note in comparison.notes]
    for hdu in comparison.hdus:
        if hdu.equal:
            continue
        place = f"HDU {hdu.a}" if hdu.a == hdu.b else f"HDU {hdu.a} and {hdu.b}"
        lines += [f"{place} {hdu.name}".rstrip(), *(f"  {note}" for note in hdu.notes)]
        lines += _card_lines(hdu)
        for data in hdu.data:
            lines += _data_lines(data)
    return lines


def _card_lines(hdu: HDUDifference) -> list[str]:
    width = max((len(card.keyword) for card in hdu.cards), default=0)
    return [f"  {card.keyword:{width}}  {_card_text(card)}" for card in hdu.cards]


def _card_text(card: CardDifference) -> str:
    if card.what == "only in a":
        return f"only in a: {card.a!r}"
    if card.what == "only in b":
        return f"only in b: {card.b!r}"
    return f"{'comment ' if card.what == 'comment' else ''}{card.a!r} | {card.b!r}"


def _data_lines(data: DataDifference) -> list[str]:
    what = "pixels" if data.column is None else f"column {data.column!r}:"
    share = 100 * data.count / data.total
    largest = f", by {data.largest:.6g} at most" if data.largest else ""
    title = f"  {what} {data.count} of {data.total} ({share:.2g} %) differ{largest}"
    row = "" if data.column is None else "row "
    lines = [
        f"    {row}{place[0] if row and len(place) == 1 else place}: {a!r} | {b!r}"
        for place, a, b in data.first
    ]
    more = data.count - len(data.first)
    return [title, *lines, *([f"    ... and {more} more"] if more and lines else [])]
