# SPDX-License-Identifier: BSD-3-Clause
"""Where commands write: beside each file, into a directory, or to a name."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import FITSIOError
from .arguments import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_OUTER = (".gz", ".bz2", ".xz", ".z", ".fz")


def check_output(args: argparse.Namespace, command: str) -> None:
    """Refuse one name for many files."""
    output = args.output
    if output and len(args.files) > 1 and not _is_directory(output):
        raise UsageError(
            f"torchfits {command}: -o {output} is one file for {len(args.files)}; give a directory"
        )
    if not output and "-" in args.files:
        raise UsageError(f"torchfits {command}: standard input has no name; give one with -o")


def target_of(source: str, output: str | None, name: str) -> str:
    """Give the path for what becomes of a file: `name` beside it, unless -o says otherwise."""
    if output is None:
        return str(Path(source).parent / name)
    return str(Path(output) / name) if _is_directory(output) else output


def stem_of(source: str) -> str:
    """Give the name of a file without folder and endings: `m13` of `/data/m13.fits.gz`."""
    path = Path("stdin" if source == "-" else source)
    while path.suffix.lower() in _OUTER:
        path = path.with_suffix("")
    return path.stem


def check_free(target: str, overwrite: bool) -> None:
    """Refuse a name that is taken, before any work."""
    if not overwrite and target != "-" and os.path.lexists(target):
        raise FITSIOError(f"{target} exists already; --overwrite replaces it")


@contextmanager
def replacement(target: str, overwrite: bool) -> Iterator[Path]:
    """Give the path of a new file, which takes the name `target` if no error comes.

    It goes to standard output for `-`.
    """
    check_free(target, overwrite)
    folder = None if target == "-" else Path(os.path.realpath(target)).parent
    if folder is not None and not folder.is_dir():
        raise FITSIOError(f"{target}: there is no directory {folder}; make it first")
    with tempfile.TemporaryDirectory(prefix=".torchfits-", dir=folder) as place:
        new = Path(place) / "new"
        yield new
        if target == "-":
            sys.stdout.flush()
            with new.open("rb") as file:
                while block := file.read(1 << 20):
                    sys.stdout.buffer.write(block)
        else:
            old = Path(os.path.realpath(target))
            if old.exists():
                shutil.copymode(old, new)
            new.replace(old)


def _is_directory(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir()
