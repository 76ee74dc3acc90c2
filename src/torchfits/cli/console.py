# SPDX-License-Identifier: BSD-3-Clause
"""What a command says: lines and JSON on standard output; errors and progress on the other."""

from __future__ import annotations

import json
import math
import re
import sys
import time
import warnings
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from .._errors import FITSError, FITSWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

EXPECTED = (FITSError, OSError, ValueError, TypeError, LookupError, ImportError, MemoryError)
"""What the files of a user, or what is asked of them, may cause: told in one line."""

_STDIN = re.compile(r"^(/dev/fd/0|/dev/stdin|<Buffered\w+>|<BytesIO>)(?=[:, ])")
_BAR = 24
_QUIET_FOR = 0.5  # seconds; quick work needs no bar


class Exit(IntEnum):
    """What a command tells the shell; the larger one wins."""

    FINE = 0
    FOUND = 1
    """Differences, problems, or not what was looked for."""
    USAGE = 2
    FAILED = 3
    """A file could not be read or written."""


class Console:
    """Where a command says things. One at a time."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.partners: tuple[str, ...] = ()
        """More files that an error may be about, which then names them itself."""
        self._bar_is_shown = False
        warnings.simplefilter("always", FITSWarning)

    def line(self, text: str = "") -> None:
        """Write a line, or several, to standard output."""
        self._clear_bar()
        sys.stdout.write(f"{text}\n")

    def record(self, fields: dict[str, Any]) -> None:
        """Write a JSON object on a line of its own."""
        self.line(json.dumps(plain(fields), ensure_ascii=False, allow_nan=False))

    def error(self, source: str, error: Exception | str) -> None:
        """Tell in one line what went wrong with a file."""
        text, name = _one_line(error), shown_name(source)
        if source == "-":
            text = _STDIN.sub(name, text)
        if self.as_json:
            self.record({"file": source, "error": text})
        named = any(text.startswith((f"{n}:", f"{n},", f"{n} ")) for n in (name, *self.partners))
        self._say(text if named else f"{name}: {text}")

    def note(self, text: str) -> None:
        """Tell what was done, where standard output is for data."""
        self._say(text)

    def show_warning(self, message: Warning | str, *_place: object) -> None:
        """Take the place of `warnings.showwarning`."""
        self._say(f"warning: {_one_line(str(message))}")

    def each(self, sources: Sequence[str], work: Callable[[str], int]) -> int:
        """Do the same with every file, whatever happens with the others.

        Returns
        -------
        int
            The largest exit code that `work` gave; `Exit.FAILED` where there was an error.
        """
        worst: int = Exit.FINE
        for source in self.progress(sources):
            try:
                code = work(source)
            except BrokenPipeError:
                raise
            except EXPECTED as error:
                self.error(source, error)
                code = Exit.FAILED
            worst = max(worst, code)
        return worst

    def progress(self, sources: Sequence[str]) -> Iterator[str]:
        """Show how far the work on many files is, if somebody sits before a terminal."""
        visible = len(sources) > 1 and sys.stderr.isatty()
        start = time.monotonic()
        for done, source in enumerate(sources):
            if visible and time.monotonic() - start > _QUIET_FOR:
                self._draw_bar(done, len(sources), source)
            yield source
        self._clear_bar()

    def _draw_bar(self, done: int, total: int, source: str) -> None:
        filled = _BAR * done // total
        bar = "#" * filled + "-" * (_BAR - filled)
        sys.stderr.write(f"\r\x1b[K[{bar}] {done}/{total} {source[-40:]}")
        sys.stderr.flush()
        self._bar_is_shown = True

    def _clear_bar(self) -> None:
        if self._bar_is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._bar_is_shown = False

    def _say(self, text: str) -> None:
        self._clear_bar()
        sys.stdout.flush()
        sys.stderr.write(f"torchfits: {text}\n")


def shown_name(source: str) -> str:
    """Give the name of a file as the user knows it."""
    return "<stdin>" if source == "-" else source


def plain(value: Any) -> Any:
    """Give what JSON can hold: NaN is null, infinities are text, complex numbers are pairs."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def grid(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Give lines of columns of one width, some of them set to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]


def _one_line(error: Exception | str) -> str:
    if isinstance(error, OSError) and not isinstance(error, FITSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror}"
    lines = str(error).splitlines()
    if lines and set(lines[-1]) <= {" ", "^"}:  # the mark under an expression needs its line
        return "\n  ".join(lines)
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return text or "not enough memory"
    return text or type(error).__name__
