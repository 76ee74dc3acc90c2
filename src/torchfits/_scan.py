# SPDX-License-Identifier: BSD-3-Clause
"""Tables in batches: windows of several are read at once, the next while the caller works.

A window is large enough for huge pages and for all processors, however small the batches are; the
batches are views of it. torch's own threads spin for a while after each operation of the caller's:
the fewer and larger the reads, the less they are in each other's way.
"""

from __future__ import annotations

import operator
import os
import threading
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ._errors import FITSError
from ._rows import normal_rows, single_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

WINDOW_BYTES = 24 * 2**20  # of the file; with 16 a scan is slower, with 32 it needs over 64 MiB
_WORTH_A_THREAD = 0.25  # of the time that reading takes


def checked_batch_rows(batch_rows: object) -> int:
    """Check that a batch has rows."""
    if isinstance(batch_rows, bool) or not hasattr(batch_rows, "__index__"):
        raise TypeError(f"batch_rows= takes a number of rows, not {batch_rows!r}")
    rows = operator.index(batch_rows)
    if rows < 1:
        raise ValueError(f"batch_rows={rows}; a batch has at least 1 row")
    return rows


def windowed(batch_rows: int, rows: int, data_bytes: int) -> int:
    """How many batches a window has: as `WINDOW_BYTES` of the file hold, at least one."""
    return max(1, WINDOW_BYTES * rows // max(data_bytes * batch_rows, 1)) if rows else 1


def row_windows(rows: Any, length: int, window_rows: int) -> Iterator[range | torch.Tensor]:
    """Cut the selected rows into windows.

    Parameters
    ----------
    rows
        As in `torchfits.read`; ``None`` for all.
    length : int
        Rows that there are.
    window_rows : int
        Rows of all windows but the last.

    Returns
    -------
    iterator of range or int64 tensor
        At least one, which may be empty: a wrong column or condition is found with it.
    """
    row = single_row(rows)
    everywhere = slice(None) if rows is None else rows
    chosen = normal_rows(everywhere if row is None else [row], length)
    if isinstance(chosen, slice):
        everything = range(*chosen.indices(length))
        return _cut(everything, window_rows)
    return _cut(chosen, window_rows)


def _cut(rows: Any, size: int) -> Iterator[Any]:
    return (rows[start : start + size] for start in range(0, max(len(rows), 1), size))


def window_reader(
    read: Callable[[Any], Any], batch_rows: int | None
) -> Callable[[Any], Iterator[Any]]:
    """Make a function that reads the rows of a window at once and cuts the data into batches.

    Parameters
    ----------
    read : callable
        Gives the data of rows.
    batch_rows : int, optional
        ``None`` where a window is one batch: a condition decides how many rows it gives.

    Returns
    -------
    callable
        Gives batches, which are views. Where the data are wrong somewhere each batch is read when
        it is asked for, so that the error comes where its batch would.
    """

    def read_window(rows: Any) -> Iterator[Any]:
        try:
            data = read(rows)
        except FITSError as error:
            if isinstance(error, LookupError):  # a wrong name: no fault of the data
                raise
            return map(read, _cut(rows, batch_rows or len(rows) or 1))
        if batch_rows is None or len(data) <= batch_rows:
            return iter([data])
        return _cut(data, batch_rows)

    return read_window


class _Ahead:
    """A part that a thread of its own reads."""

    def __init__(self, read: Callable[[Any], Any], rows: Any) -> None:
        self._read, self._rows = read, rows
        self._data: Any = None
        self._error: BaseException | None = None
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="torchfits.scan")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._data = self._read(self._rows)
        except BaseException as error:  # noqa: BLE001  (raised again where the batch is wanted)
            self._error = error

    def wait(self) -> None:
        if self._process == os.getpid():
            self._thread.join()

    def result(self) -> Any:
        if self._process != os.getpid():  # a forked child has the request, and not the thread
            return self._read(self._rows)
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._data


def read_ahead(
    read_window: Callable[[Any], Iterator[Any]],
    windows: Iterator[Any],
    together: int,
    require_open: Callable[[], Any],
) -> Iterator[Any]:
    """Read windows in order, one ahead of the caller, and give their batches.

    A caller who does little is not worth a thread: it would save that little, and share the
    processors with the threads of torch, which spin for a while after each of its operations.

    Parameters
    ----------
    read_window : callable
        Gives the batches of a window.
    windows : iterator
        What to hand to `read_window`; the first is read at once.
    together : int
        Batches of a window, at most.
    require_open : callable
        Raises where the file was closed.

    Returns
    -------
    generator
        Of batches; those without rows are left out. At most two windows are held beside what the
        caller keeps. Closing the generator waits for the window that is being read.
    """
    first = next(windows, None)
    begun = perf_counter()
    window = iter(()) if first is None else read_window(first)
    reading = perf_counter() - begun
    return _batches(read_window, windows, together, require_open, window, reading)


def _batches(
    read_window: Callable[[Any], Iterator[Any]],
    windows: Iterator[Any],
    together: int,
    require_open: Callable[[], Any],
    window: Iterator[Any],
    reading: float,
) -> Iterator[Any]:
    """`read_ahead`, the first window being there, and the seconds that it took."""
    # With the second batch of a window the caller has let go of the window before.
    start = 0 if together == 1 else 1
    working = reading  # seconds of the caller for the last batch; unknown at first
    ahead: _Ahead | None = None
    try:
        for rows in chain(windows, [None]):
            for number, batch in enumerate(window):
                worth_it = working * together >= reading * _WORTH_A_THREAD
                if number == start and rows is not None and worth_it:
                    ahead = _Ahead(read_window, rows)
                require_open()
                if len(batch):
                    begun = perf_counter()
                    yield batch
                    working = perf_counter() - begun
                del batch
            if rows is not None and ahead is not None:
                window = ahead.result()
            elif rows is not None:
                begun = perf_counter()
                window = read_window(rows)
                reading = perf_counter() - begun
            ahead = None
    finally:
        if ahead is not None:
            ahead.wait()
