# SPDX-License-Identifier: BSD-3-Clause
"""Runs the programs of an idiom and compares what comes out."""

from __future__ import annotations

import inspect
from pathlib import Path

from .idiom import Idiom
from .same import assert_same, content, plain
from .sample import arguments


def outcome(idiom: Idiom, library: str, folder: Path) -> object:
    """What a program gives, or the file that it leaves."""
    program = idiom.programs[library]
    given = arguments(folder, library)
    wanted = inspect.signature(program).parameters
    result = program(**{name: given[name] for name in wanted})
    if result is not None:
        return plain(result)
    path = given["new" if "new" in wanted else "path"]
    assert isinstance(path, Path)
    return content(path)


def compare(idiom: Idiom, library: str, folder: Path) -> None:
    """torchfits does what the other library does."""
    theirs = outcome(idiom, library, folder)
    assert_same(outcome(idiom, "torchfits", folder), theirs, f"{idiom.title}, beside {library}")


def others(idiom: Idiom) -> list[str]:
    """The libraries beside which torchfits is put."""
    return [library for library in idiom.programs if library != "torchfits"]
