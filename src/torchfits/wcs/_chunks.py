# SPDX-License-Identifier: BSD-3-Clause
"""Long arrays go through the stages piece by piece, so that what lies between stays in the cache.

A stage makes some ten temporaries. Of 1e6 points each would be 8 MB that goes out to memory and
back, in pages that the system has to clear first. CPU time for 1e6 points, one thread, 2 MB of
second-level cache, in ms:

    points of a piece    4,096   8,192   16,384   32,768   65,536   all
    TAN                     27      23       22       21       23    59
    SIP of order 9          78      66       58       58       67   213
    HPX                     46      30       34       26       32    62

A piece is worked on by one thread of torch: with more, operations of some microseconds wait for
each other (1e6 points of TAN on two busy cores: 75 ms of CPU time, and 25 with one thread).
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import torch

from .. import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._stage import Coordinates

PIECE = 32768
"""Points of a piece."""

FEW = 2048
"""Points that torch does not share among threads anyway."""


def in_pieces(
    apply: Callable[[Coordinates], Coordinates], coordinates: Coordinates, whole: bool
) -> Coordinates:
    """Apply a function of points to all of them; `coordinates` are of one shape."""
    first = coordinates[0]
    if whole or first.numel() <= FEW:
        return apply(coordinates)
    with one_thread():
        if first.numel() <= PIECE:
            return apply(coordinates)
        flat = tuple(part.reshape(-1) for part in coordinates)
        results: Coordinates = ()
        for start in range(0, first.numel(), PIECE):
            piece = apply(tuple(part[start : start + PIECE] for part in flat))
            results = results or tuple(_room_for(first.numel(), part) for part in piece)
            for result, part in zip(results, piece, strict=True):
                result[start : start + PIECE] = part
    return tuple(result.reshape(first.shape) for result in results)


def _room_for(count: int, like: torch.Tensor) -> torch.Tensor:
    """Memory for results; pages that the system clears one by one would cost 5 ns a point."""
    room = like.new_empty(count)
    with suppress(RuntimeError):  # under vmap a tensor has no memory of its own
        _core.advise_huge_pages(room.data_ptr(), room.nbytes)
    return room


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch's operations on the calling thread.

    The number is a thread's own: what other threads run is not met, unless they call torch for the
    first time in the meantime.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
