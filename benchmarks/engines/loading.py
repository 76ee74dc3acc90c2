# SPDX-License-Identifier: BSD-3-Clause
"""What all engines share: feeding files through a `DataLoader`, and an image to append."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import torch
from torch.utils.data import DataLoader, Dataset

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 64


class Files(Dataset):
    """A batch of files in one call: `DataLoader` hands over all indices of a batch."""

    def __init__(
        self, read_batch: Callable[[list[str]], torch.Tensor], paths: tuple[str, ...]
    ) -> None:
        self._read_batch, self._paths = read_batch, paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitems__(self, indices: list[int]) -> torch.Tensor:
        return self._read_batch([self._paths[i] for i in indices])


def whole(batch: torch.Tensor) -> torch.Tensor:
    """Collate nothing: the batch is one tensor already."""
    return batch


@lru_cache(maxsize=1)  # the workers of an epoch serve the next one
def _loader(
    read_batch: Callable[[list[str]], torch.Tensor], paths: tuple[str, ...], workers: int
) -> DataLoader:
    return DataLoader(
        Files(read_batch, paths), batch_size=BATCH, collate_fn=whole, num_workers=workers,
        persistent_workers=workers > 0,
    )  # fmt: skip


def epoch(
    read_batch: Callable[[list[str]], torch.Tensor], paths: list[str], workers: int
) -> torch.Tensor:
    """Read all files once; return some pixels of each, in order."""
    batches = _loader(read_batch, tuple(paths), workers)
    return torch.cat([batch[:, ::16, ::16] for batch in batches])


@cache
def square(side: int) -> torch.Tensor:
    """Return an image that is in memory since the first call."""
    return torch.arange(side * side, dtype=torch.float32).reshape(side, side)
