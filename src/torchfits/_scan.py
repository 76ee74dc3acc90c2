# SPDX-License-Identifier: BSD-3-Clause
"""Tables in batches: the next one is read while the caller works on this one."""

from __future__ import annotations

import operator
import os
import threading
from typing import TYPE_CHECKING, Any

from ._rows import normal_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch


def checked_batch_rows(batch_rows: object) -> int:
    """Check that a batch has rows."""
    if isinstance(batch_rows, bool) or not hasattr(batch_rows, "__index__"):
        raise TypeError(f"batch_rows= takes a number of rows, not {batch_rows!r}")
    rows = operator.index(batch_rows)
    if rows < 1:
        raise ValueError(f"batch_rows={rows}; a batch has at least 1 row")
    return rows


def row_batches(rows: Any, length: int, batch_rows: int) -> Iterator[range | torch.Tensor]:
    """Cut the selected rows into batches.

    Parameters
    ----------
    rows
        As in `torchfits.read`; ``None`` for all.
    length : int
        Rows that there are.
    batch_rows : int
        Rows of all batches but the last.

    Returns
    -------
    iterator of range or int64 tensor
    """
    chosen = normal_rows(slice(None) if rows is None else rows, length)
    if isinstance(chosen, slice):
        everything = range(*chosen.indices(length))
        starts = range(0, len(everything), batch_rows)
        return (everything[start : start + batch_rows] for start in starts)
    return (chosen[start : start + batch_rows] for start in range(0, len(chosen), batch_rows))


class _Ahead:
    """A batch that a thread of its own reads."""

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


def read_ahead(read: Callable[[Any], Any], batches: Iterator[Any]) -> Iterator[Any]:
    """Read batches in order, one ahead of the caller; those without rows are left out.

    Parameters
    ----------
    read : callable
        Gives the data of a batch.
    batches : iterator
        What to hand to `read`.

    Yields
    ------
    What `read` gives. At most two batches are held beside what the caller keeps. Closing the
    generator waits for the one that is being read.
    """
    first = next(batches, None)
    if first is None:
        return
    data = read(first)  # nobody works meanwhile: a table of one batch needs no thread
    ahead: _Ahead | None = None
    try:
        for rows in batches:
            ahead = _Ahead(read, rows)
            if len(data):
                yield data
            del data
            data = ahead.result()
        ahead = None
        if len(data):
            yield data
    finally:
        if ahead is not None:
            ahead.wait()
