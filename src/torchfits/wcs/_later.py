# SPDX-License-Identifier: BSD-3-Clause
"""Parts of a step that only one way needs, and that take longer to make than a whole WCS may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import ref

import torch

from ._chunks import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Later(Generic[T]):
    """A part that is made on the host, of numbers alone, when it is first asked for.

    Threads that ask at once make equal parts, and one of these stays.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make: Callable[[], T] | None = make
        self._made: T | None = None
        _PENDING.add(ref(self, _PENDING.discard))
        if _TRACED.is_set():
            self.finish()

    @classmethod
    def made(cls, part: T) -> Later[T]:
        """What is there already."""
        later = cls.__new__(cls)
        later._make, later._made = None, part
        return later

    @property
    def value(self) -> T:
        """The part itself."""
        if torch.compiler.is_compiling():
            _finish_all()
        elif self._made is None:
            self.finish()
        return self._made  # type: ignore[return-value]

    def finish(self) -> None:
        """Make it now, in a thread that knows nothing of tracing, transforms and inference here."""
        make = self._make
        if make is not None:
            with ThreadPoolExecutor(1) as outside:
                self._made = outside.submit(one_thread()(make)).result()
            self._make = None  # after the part, for threads that ask meanwhile
            _PENDING.discard(ref(self))

    def __reduce__(self) -> tuple[Callable[[T], Later[T]], tuple[T]]:
        return Later.made, (self.value,)


_PENDING: set[ref[Later[Any]]] = set()
_TRACED = Event()
"""From the first trace on all is made at once: a graph is for parts that are there."""


def _finish_all() -> None:
    """Make all that is pending, for a trace must not look at values, nor keep what it makes."""
    _TRACED.set()
    for pending in list(_PENDING):
        later = pending()
        if later is not None:
            later.finish()


# What `torch.compiler.assume_constant_result` does, without the import of the whole compiler. The
# function takes nothing, so that one graph serves every WCS; the parts are looked at afterwards.
_finish_all._dynamo_marked_constant = True  # type: ignore[attr-defined]
