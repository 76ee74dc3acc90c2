# SPDX-License-Identifier: BSD-3-Clause
"""Memory that the windows of a scan share, one after the other."""

from __future__ import annotations

import math
import mmap
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

FEW_WINDOWS = 8  # what a few leave behind on the heap is bounded, and the next scan takes it
_LEAST_BYTES = 128 * 1024  # smaller columns fit into the holes of the heap
_MOST_KEPT = 1024  # mappings; a process may have some 65,000
_LIST = [object()]
_FREE = sys.getrefcount(_LIST[0])  # of an element that only its list has


class WindowMemory:
    """Makes the tensors of each window, in memory that is used again when nobody has it any more.

    Fresh memory costs as much as decoding into it, for its page faults. And on the heap a caller
    who keeps a little of each window, a sum, would split what the window leaves behind: the next
    window would not fit there, and memory would grow with the table.

    Parameters
    ----------
    rows : int
        Of a window; the last may have fewer.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._kept: dict[int, list[mmap.mmap]] = {}

    def __call__(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        """A tensor on the host, uninitialised."""
        import torch

        count = math.prod(shape)
        size = count * dtype.itemsize
        whole = size // shape[0] * max(shape[0], self._rows) if size else 0
        memory = self._mapping(whole) if whole >= _LEAST_BYTES else None
        if memory is None:
            return torch.empty(shape, dtype=dtype)
        return torch.frombuffer(memory, dtype=dtype, count=count).view(shape)

    def _mapping(self, size: int) -> mmap.mmap | None:
        """One that no tensor has; ``None`` where the caller keeps too many."""
        kept = self._kept.setdefault(size, [])
        for place in range(len(kept)):
            if sys.getrefcount(kept[place]) == _FREE:
                return kept[place]
        if sum(map(len, self._kept.values())) >= _MOST_KEPT:
            return None
        kept.append(_new_mapping(size))
        return kept[-1]


def _new_mapping(size: int) -> mmap.mmap:
    """Memory of this process alone: what a forked child has stays as it was."""
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    try:
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"no memory for a column of {size} bytes: {error}") from None
