# SPDX-License-Identifier: BSD-3-Clause
"""Options of the command line: errors in one line, with a hint for what was meant."""

from __future__ import annotations

import argparse
import difflib
import sys
from typing import Any, NoReturn


class UsageError(Exception):
    """The command line is wrong; the message is what the user sees."""


class Parser(argparse.ArgumentParser):
    """Parses the options of one command."""

    def __init__(self, prog: str, description: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong."""
        raise UsageError(f"{self.prog}: {message}; see {self.prog} --help")

    def parse(self, words: list[str]) -> argparse.Namespace:
        """Parse; options may stand between and behind files."""
        args, unknown = self.parse_known_intermixed_args(words)
        if unknown:
            name = unknown[0].partition("=")[0]
            known = [option for action in self._actions for option in action.option_strings]
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"see {self.prog} --help"
            raise UsageError(f"{self.prog}: no option {name}; {hint}")
        return args


def add_files(parser: Parser, what: str = "FITS files, or - for standard input") -> None:
    """Let a command take files, one or more."""
    parser.add_argument("files", nargs="+", metavar="FILE", help=what)


def add_json(parser: Parser, what: str = "print a JSON object for each file, on a line") -> None:
    """Let a command print JSON."""
    parser.add_argument("--json", action="store_true", help=what)


def add_hdu(parser: Parser, what: str, *, several: bool = False) -> None:
    """Let a command take an HDU, or several."""
    parser.add_argument(
        "-e",
        "--hdu",
        type=hdu_key,
        action="append" if several else "store",
        metavar="HDU",
        help=f"position, NAME or NAME,VERSION ({what})",
    )


def add_output(parser: Parser, what: str) -> None:
    """Let a command write files."""
    parser.add_argument("-o", "--output", metavar="PATH", help=what)
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")


def hdu_key(text: str) -> Any:
    """Read `0`, `SCI` or `SCI,2`."""
    name, comma, version = text.rpartition(",")
    if comma and version.strip().isdigit():
        return name, int(version)
    try:
        return int(text)
    except ValueError:
        return text


def whole(text: str) -> int:
    """Read a count: 0 or more."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is no number, 0 or more")
    return int(text)


def words_of(text: str) -> list[str]:
    """Read words with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]


def opened(source: str) -> Any:
    """Give what `torchfits.open` takes: the path, or standard input for `-`."""
    return sys.stdin.buffer if source == "-" else source
