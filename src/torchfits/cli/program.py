# SPDX-License-Identifier: BSD-3-Clause
"""From the words of a command line to a command and its exit code."""

from __future__ import annotations

import difflib
import os
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

from .arguments import Parser, UsageError
from .console import Console, Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "info": "list the HDUs of files",
    "header": "show headers, or some keywords of many files as a table",
    "verify": "check files against the FITS Standard and their checksums",
    "diff": "compare two files, HDU by HDU",
    "table": "show rows of tables, or print them as CSV or JSON",
    "cutout": "cut a box out of images",
    "convert": "images to PNG; tables to CSV or Parquet, and back",
    "compress": "compress the images of files tile by tile, or take that off",
    "setkey": "set or delete keywords in place",
}
_LEFT_BY_A_CLOSED_PIPE = 141  # as if SIGPIPE had ended the process
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Without the name of the program; those of the process by default.

    Returns
    -------
    int
        The exit code: 0 fine; 1 differences or problems were found; 2 the command line is wrong;
        3 a file could not be read or written; 130 interrupted; 141 nobody reads the output.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        with warnings.catch_warnings():
            code = _run(words)
        sys.stdout.flush()
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        return Exit.USAGE
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return _INTERRUPTED
    except BrokenPipeError:
        # What is left in the buffer has no reader either: Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _LEFT_BY_A_CLOSED_PIPE
    return code


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_overview())
        return Exit.FINE if words else Exit.USAGE
    if words[0] in ("-V", "--version"):
        from .. import __version__

        sys.stdout.write(f"torchfits {__version__}\n")
        return Exit.FINE
    command = words[0]
    if command not in COMMANDS:
        near = difflib.get_close_matches(command.lower(), COMMANDS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"one of {', '.join(COMMANDS)}"
        what = "option" if command.startswith("-") else "command"
        raise UsageError(f"torchfits: no {what} '{command}'; {hint}")
    module = import_module(f".{command}", __package__)
    parser = Parser(prog=f"torchfits {command}", description=module.__doc__)
    module.configure(parser)
    try:
        args = parser.parse(words[1:])
    except SystemExit as asked_for_help:
        return int(asked_for_help.code or 0)
    console = Console(as_json=getattr(args, "json", False))
    warnings.showwarning = console.show_warning  # type: ignore[assignment]
    code: int = module.run(args, console)
    return code


def _overview() -> str:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {what}" for name, what in COMMANDS.items())
    return (
        "usage: torchfits COMMAND [OPTIONS] FILE...\n\n"
        f"{listed}\n\n"
        "torchfits COMMAND --help tells more. FILE may be - for standard input.\n"
        "Exit codes: 0 fine; 1 differences or problems were found; 2 wrong usage;\n"
        "3 a file could not be read or written.\n"
    )
