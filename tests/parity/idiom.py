# SPDX-License-Identifier: BSD-3-Clause
"""What a parity pair is: one job, as programs of astropy.io.fits, fitsio and torchfits do it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["works", "differs", "missing"]
Program = Callable[..., object]

_BY_NUMBER: dict[int, Idiom] = {}


@dataclass(frozen=True)
class Idiom:
    """A job and its programs.

    A program takes some of these by name: `path`, a copy of the sample file; `new`, a path where
    nothing is; `image`, pixels; `ids` and `mags`, columns. Arrays are tensors for torchfits. It
    gives a result, or leaves a file: `new` if it takes that, else `path`.
    """

    number: int
    title: str
    programs: dict[str, Program]
    """By library; fitsio is absent where it has no such idiom."""
    state: State
    reason: str
    """Of ``"differs"`` and ``"missing"``: why; else a remark, or nothing."""

    def source(self, library: str) -> str | None:
        """The code of a program as a user writes it."""
        program = self.programs.get(library)
        return None if program is None else body_of(program)


def idiom(number: int, title: str, state: State = "works", reason: str = "") -> Callable[..., None]:
    """Register a class whose static methods are the programs: `astropy`, `fitsio`, `torchfits`.

    Works: the same result. Differs: the same result in another way, which `reason` describes.
    Missing: torchfits cannot do it, and `reason` says until when.
    """
    assert number not in _BY_NUMBER
    assert reason or state == "works"

    def register(cls: type) -> None:
        programs = {
            library: getattr(cls, library)
            for library in ("astropy", "fitsio", "torchfits")
            if library in vars(cls)
        }
        _BY_NUMBER[number] = Idiom(number, title, programs, state, reason)

    return register


def registered() -> list[Idiom]:
    """All of them, by number."""
    return [_BY_NUMBER[number] for number in sorted(_BY_NUMBER)]


def body_of(program: Program) -> str:
    """The statements of a function, without `return`."""
    source = textwrap.dedent(inspect.getsource(program))
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    lines = source.splitlines()[function.body[0].lineno - 1 : function.end_lineno]
    body = textwrap.dedent("\n".join(lines)).splitlines()
    kept = [line.replace("return ", "", 1) if "return " in line else line for line in body]
    assert all(kept), "a page in Markdown cannot show blank lines within a table"
    return "\n".join(kept)
