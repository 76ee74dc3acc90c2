# SPDX-License-Identifier: BSD-3-Clause
"""Threads and counters of the process."""

from __future__ import annotations

import operator
import os
import sys
from enum import Enum

from . import _core


class _Threads(Enum):
    """Who decided, in this process, how many threads a read may use."""

    OPEN = "nobody yet"
    SETTLED = "the default"
    CHOSEN = "the user"


class _Process:
    """What is known of this process."""

    threads = _Threads.OPEN


_MOST_THREADS = 2**31 - 1


def stats(*, reset: bool = False) -> dict[str, int]:
    """What reading has cost so far in this process.

    Parameters
    ----------
    reset : bool
        Start counting anew after this call.

    Returns
    -------
    dict
        ``files_opened``; ``bytes_read`` from sources, mapped or copied; ``bytes_decoded``: stored
        bytes turned into elements; ``bytes_written`` into tensors; ``tiles_decoded`` of compressed
        images, ``tile_cache_hits``: tiles that an open file had kept, ``tile_cache_bytes`` that
        open files keep now; ``scratch_bytes`` held now beside tensors, and ``scratch_peak``.
    """
    counters: dict[str, int] = _core.stats()
    if reset:
        _core.reset_stats()
    return counters


def set_num_threads(count: int) -> None:
    """Threads that one read may use, the caller's included.

    Parameters
    ----------
    count : int
        0 restores the default: the CPUs that the process may use, and 1 in a `DataLoader` worker.

    Raises
    ------
    ValueError
        If `count` is negative.
    TypeError
        If `count` is no integer.
    """
    given: object = count
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        raise TypeError(f"count={count!r}; use 0 for the default, or a positive integer")
    count = operator.index(count)
    if not 0 <= count <= _MOST_THREADS:
        raise ValueError(f"count={count!r}; use 0 for the default, or a positive number")
    _core.set_num_threads(count)
    _Process.threads = _Threads.CHOSEN if count > 0 else _Threads.OPEN


def num_threads() -> int:
    """Threads that one read may use."""
    settle_threads()
    count: int = _core.num_threads()
    return count


def settle_threads() -> None:
    """Decide the default, once in a process: 1 in a `DataLoader` worker, which has siblings."""
    if _Process.threads is not _Threads.OPEN:
        return
    data = sys.modules.get("torch.utils.data")
    if data is not None and data.get_worker_info() is not None:
        _core.set_num_threads(1)
    _Process.threads = _Threads.SETTLED


def _forget_default() -> None:
    if _Process.threads is _Threads.SETTLED:
        _Process.threads = _Threads.OPEN


os.register_at_fork(after_in_child=_forget_default)
