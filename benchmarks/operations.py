# SPDX-License-Identifier: BSD-3-Clause
"""A case bound to an engine: what is called, on which files, and what is compared afterwards.

Engines that write do so beside the data, on the disk that is measured for all of them: a new file
``written_ENGINE.fits``, or a copy of their own, ``changed_ENGINE``, of the file of the case.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from recipes import DATA, remove

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from case import Case

ON_LISTS = ("read_files", "read_batch", "read_epoch", "header_of_files")
READ_BACK = {"write_image": "read_image", "write_table": "read_table"}
CHANGES = ("append_image", "set_key")
FIRST_VALUE = 1_000_001  # what set_key writes first


@dataclass
class Bound:
    """One operation of one engine, ready to be called again and again."""

    call: Callable[[], Any]
    """What is timed."""
    output: Callable[[Any], Any] = lambda value: value
    """From what the call returned to what is compared."""
    restore: Callable[[], None] | None = None
    """Undoes a call, untimed, where the next one would find another file."""


def files_of(path: Path) -> list[Path]:
    """Return the files of a case: one, or all of a folder in order."""
    return sorted(path.iterdir()) if path.is_dir() else [path]


def bind(module: ModuleType, case: Case) -> Bound:
    """Make the call of a case; a copy that is to be changed is made here."""
    operation = getattr(module, case.operation)
    if case.operation in ON_LISTS:
        return Bound(
            partial(operation, [str(file) for file in files_of(case.path)], **case.arguments)
        )
    if case.operation in READ_BACK:
        target = str(DATA / f"written_{_engine(module)}.fits")
        read = getattr(module, READ_BACK[case.operation])
        position = 1 if case.operation == "write_table" or case.arguments.get("compress") else 0
        back = {"hdu": position} if case.operation == "write_image" else {}
        call = partial(operation, str(case.path), target, **case.arguments)
        return Bound(call, lambda _: read(target, **back))
    if case.operation in CHANGES:
        return _change(module, case)
    return Bound(partial(operation, str(case.path), **case.arguments))


def _engine(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _change(module: ModuleType, case: Case) -> Bound:
    copy = DATA / f"changed_{_engine(module)}{case.path.suffix}"
    remove(copy)
    # Holes stay holes; what is not on the disk yet would be written while others are timed.
    subprocess.run(["cp", "-r", "--sparse=always", case.path, copy], check=True)
    os.sync()
    files = [str(file) for file in files_of(copy)]
    if case.operation == "append_image":
        size = copy.stat().st_size
        return Bound(
            partial(module.append_image, files[0], **case.arguments),
            lambda _: module.read_image(files[0], 1),
            partial(os.truncate, copy, size),
        )
    values = itertools.count(FIRST_VALUE)  # a library may leave out a write that changes nothing
    key = case.arguments["key"]
    return Bound(
        lambda: module.set_key(files, key, next(values)),
        lambda _: [module.header_value(file, key) for file in files],
    )
