# SPDX-License-Identifier: BSD-3-Clause
"""Check files against the FITS Standard and their checksums.

The exit code is 1 if there is an error in one of them; see --strict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._verify import Report
from .._verify import verify as verified
from .arguments import Parser, add_files, add_json, opened
from .console import Console, Exit, shown_name

if TYPE_CHECKING:
    import argparse


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument("--no-checksum", action="store_true", help="leave checksums alone")
    parser.add_argument(
        "--no-data", action="store_true", help="do not read rows and compressed tiles"
    )
    parser.add_argument("--strict", action="store_true", help="exit code 1 for warnings too")
    parser.add_argument("-v", "--verbose", action="store_true", help="list all HDUs")
    parser.add_argument("-q", "--quiet", action="store_true", help="only the exit code")
    add_files(parser)
    add_json(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""

    def work(source: str) -> int:
        report = verified(opened(source), checksum=not args.no_checksum, data=not args.no_data)
        if console.as_json:
            console.record({"file": source, **report.to_dict()})
        elif not args.quiet:
            console.line(_text(report, shown_name(source), args.verbose))
        wrong = report.problems if args.strict else report.errors
        return Exit.FOUND if wrong else Exit.FINE

    return console.each(args.files, work)


def _text(report: Report, name: str, verbose: bool) -> str:
    """The report; without the table of HDUs unless that is asked for."""
    lines = str(report).split("\n")
    title = name + lines[0].removeprefix(report.source)
    if verbose:
        return "\n".join([title, *lines[1:]])
    return "\n".join([title, *(f"  {problem}" for problem in report.problems)])
