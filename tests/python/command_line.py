# SPDX-License-Identifier: BSD-3-Clause
"""Runs the program in this process."""

import contextlib
import io
import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from torchfits.cli import main

DATA = Path(__file__).resolve().parents[2] / "examples" / "data"


@dataclass(frozen=True)
class Done:
    code: int
    data: bytes  # of standard output
    err: str

    @property
    def out(self):
        return self.data.decode()

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]


def torchfits_command(*words, stdin=b""):
    """Give exit code and output of `torchfits words...`."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    given = io.TextIOWrapper(io.BytesIO(stdin))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        with mock.patch.object(sys, "stdin", given):
            code = main([str(word) for word in words])
        out.flush()
    return Done(code, out.buffer.getvalue(), err.getvalue())


def shell_line(line, folder):
    """Give all that a line of a shell prints: a command of torchfits, or cp."""
    program, *words = shlex.split(line)
    if program == "cp":
        Path(folder, words[1]).write_bytes(Path(folder, words[0]).read_bytes())
        return ""
    assert program == "torchfits", line
    both = io.StringIO()
    with contextlib.redirect_stdout(both), contextlib.redirect_stderr(both):
        main(words)
    return both.getvalue()
