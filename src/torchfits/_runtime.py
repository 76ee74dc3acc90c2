# SPDX-License-Identifier: BSD-3-Clause
"""Threads and counters of the process."""

from __future__ import annotations

import os
import sys

from . import _core

_DEFAULT, _SETTLED, _CHOSEN = range(3)
_threads = _DEFAULT  # whether the default was decided in this process, or the user chose


def stats(*, reset: bool = False) -> dict[str, int]:
    """What reading has cost so far in this process.

    Parameters
    ----------
    reset : bool
        Start counting anew after this call.

    Returns
    -------
    dict
        ``files_opened``; ``bytes_read`` from sources, mapped or copied; ``bytes_decoded``: stored bytes turned into
        elements; ``bytes_written`` into tensors; ``scratch_bytes`` held now beside tensors, and ``scratch_peak``.
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
    """
    global _threads
    if count < 0:
        raise ValueError(f"count={count!r}; use 0 for the default, or a positive number")
    _core.set_num_threads(count)
    _threads = _CHOSEN if count > 0 else _DEFAULT


def num_threads() -> int:
    """Threads that one read may use."""
    settle_threads()
    count: int = _core.num_threads()
    return count


def settle_threads() -> None:
    """Decide the default, once in a process: a `DataLoader` worker shares the CPUs with its siblings."""
    global _threads
    if _threads != _DEFAULT:
        return
    data = sys.modules.get("torch.utils.data")
    if data is not None and data.get_worker_info() is not None:
        _core.set_num_threads(1)
    _threads = _SETTLED


def _forget_default() -> None:
    global _threads
    if _threads == _SETTLED:
        _threads = _DEFAULT


os.register_at_fork(after_in_child=_forget_default)
