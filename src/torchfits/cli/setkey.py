# SPDX-License-Identifier: BSD-3-Clause
"""Set or delete keywords of many files, in place.

  torchfits setkey OBSERVER='M. Mitchell' EXPTIME='30.0 / in s' *.fits
  torchfits setkey -d TEMP -e SCI *.fits

A value is a number, T or F, or text; 'quotes' make text of all of them, and
nothing behind the = is the undefined value. ' / ' begins a comment; without
one the old comment stays. COMMENT= and HISTORY= add a card.
Each file is as it was or as it shall be, at any moment.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._cards import COMMENTARY
from .._fits import FITS
from .arguments import Parser, UsageError, add_hdu, add_json
from .console import Console, Exit

if TYPE_CHECKING:
    from .._hdu import HDU
    from .._header import Header

_ASSIGNMENT = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9_. -]*)=(.*)", re.DOTALL)
_QUOTED = re.compile(r"\s*'((?:[^']|'')*)'\s*(?:/\s?(.*))?", re.DOTALL)
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.?[0-9]+)([EeDd][+-]?[0-9]+)?")
_SUMS = ("CHECKSUM", "DATASUM")


@dataclass(frozen=True)
class Assignment:
    """What one `KEY=VALUE / COMMENT` says."""

    keyword: str
    value: Any
    comment: str | None


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    parser.usage = "torchfits setkey [OPTIONS] KEY=VALUE... FILE..."
    parser.add_argument(
        "-d", "--delete", action="append", default=[], metavar="KEY",
        help="delete every card of a keyword; * and ? match",
    )  # fmt: skip
    add_hdu(parser, "0 by default; several times for several", several=True)
    parser.add_argument("--all", action="store_true", help="in every HDU")
    parser.add_argument("--before", metavar="KEY", help="put new cards there")
    parser.add_argument("--after", metavar="KEY", help="put new cards there")
    parser.add_argument("-n", "--dry-run", action="store_true", help="change nothing, only tell")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell what was changed")
    parser.add_argument(
        "files", nargs="+", metavar="KEY=VALUE|FILE", help="what to set, then the files"
    )
    add_json(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    assignments, files = _split(args.files)
    _check(args, assignments, files)

    def work(source: str) -> int:
        changes: list[dict[str, Any]] = []
        with FITS(source, "r" if args.dry_run else "r+") as fits:
            hdus = list(fits) if args.all else [fits[key] for key in args.hdu or [0]]
            for hdu in hdus:
                changes += _edit(hdu, assignments, args)
            wanted = {hdu.index: hdu.header.to_string() for hdu in hdus}
            if not args.dry_run:
                fits.flush()
                _check_written(fits, wanted)
        if console.as_json:
            console.record({"file": source, "changes": changes})
        elif args.verbose or args.dry_run:
            for change in changes:
                console.line(f"{source}: {_told(change)}")
        return Exit.FINE

    return console.each(files, work)


def _split(words: list[str]) -> tuple[list[Assignment], list[str]]:
    """Assignments come first; a file may have a = in its name."""
    assignments: list[Assignment] = []
    for position, word in enumerate(words):
        match = _ASSIGNMENT.fullmatch(word)
        if match is None or Path(word).exists():
            return assignments, words[position:]
        assignments.append(assignment_of(*match.groups()))
    return assignments, []


def _check(args: argparse.Namespace, assignments: list[Assignment], files: list[str]) -> None:
    if not assignments and not args.delete:
        raise UsageError("torchfits setkey: nothing to set: KEY=VALUE comes before the files")
    if not files:
        raise UsageError("torchfits setkey: no files; they come after KEY=VALUE")
    if "-" in files:
        raise UsageError("torchfits setkey: standard input cannot be changed; give a file")
    if args.before is not None and args.after is not None:
        raise UsageError("torchfits setkey: --before and --after exclude each other")
    if args.all and args.hdu:
        raise UsageError("torchfits setkey: --all and -e exclude each other")


def assignment_of(keyword: str, text: str) -> Assignment:
    """Read what stands behind the `=`."""
    keyword = keyword.strip().upper()
    if keyword in COMMENTARY:
        return Assignment(keyword, text, None)
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        return Assignment(keyword, quoted[1].replace("''", "'"), quoted[2])
    value, slash, comment = f" {text}".partition(" / ")
    return Assignment(keyword, _value(value.strip()), comment.strip() if slash else None)


def _value(text: str) -> Any:
    if text in ("", "T", "F"):
        return {"": None, "T": True, "F": False}[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text.upper().replace("D", "E"))
    return text


def _edit(
    hdu: HDU, assignments: list[Assignment], args: argparse.Namespace
) -> list[dict[str, Any]]:
    """Change the header, and give what changed in it."""
    header = hdu.header
    if args.dry_run:
        header = header.copy()
    changes = []
    for pattern in args.delete:
        for keyword in dict.fromkeys(header.keys()[i] for i in header._matching(pattern)):
            changes.append(_change(hdu, keyword, header.get(keyword), None, deleted=True))
            del header[keyword]
    for each in assignments:
        old = None if each.keyword in COMMENTARY else header.get(each.keyword)
        _set(header, each, args)
        changes.append(_change(hdu, each.keyword, old, each.value))
    return changes


def _set(header: Header, each: Assignment, args: argparse.Namespace) -> None:
    if each.keyword in header and each.keyword not in COMMENTARY:
        header.set(each.keyword, each.value, each.comment)
    else:
        header.set(each.keyword, each.value, each.comment, args.before, args.after)


def _change(hdu: HDU, keyword: str, old: Any, new: Any, *, deleted: bool = False) -> dict[str, Any]:
    return {"hdu": hdu.index, "keyword": keyword, "old": old, "new": new, "deleted": deleted}


def _told(change: dict[str, Any]) -> str:
    place = f"HDU {change['hdu']} {change['keyword']}"
    if change["deleted"]:
        return f"{place} deleted (was {change['old']!r})"
    was = "" if change["old"] is None else f" (was {change['old']!r})"
    return f"{place} = {change['new']!r}{was}"


def _check_written(fits: FITS, wanted: dict[int, str]) -> None:
    """Keywords that tell where data are stay as they are: say so."""
    from .._header import Header

    for index, text in wanted.items():
        header, asked = fits[index].header, Header.from_string(text)
        keywords = dict.fromkeys([*asked, *header])
        held = [key for key in keywords if key not in _SUMS and header.get(key) != asked.get(key)]
        if held:
            raise ValueError(
                f"HDU {index}: {' and '.join(held)} cannot change, because the data are stored so; "
                "the other changes are written"
            )
