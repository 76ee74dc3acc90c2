# SPDX-License-Identifier: BSD-3-Clause
"""Which cells of a grid may hold a vector: the start of the inverse of -TAB."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch

MOST_CELLS = 4096
"""Of a grid in which every cell is looked at."""
MOST_BLOCKS = 512
CELLS, BLOCKS = 4, 2
"""How many are tried."""
AT_ONCE = 1 << 17
"""Distances between vectors and blocks that are looked at together."""
THINNEST = 1e-4
"""Of a block, relative to the grid: its extent is not divided by less."""


@dataclass(frozen=True)
class Search:
    """Blocks of cells, and how far away a vector is of each, in units of its extent."""

    size: int
    """Cells of a block along each axis."""
    middles: torch.Tensor
    """``[blocks, axes]``: places."""
    distances: torch.Tensor
    """``[2 * components + 1, blocks]``: (w * w, w, 1) times this is the squared distance of w."""

    def starts(self, target: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Places in the middle of the nearest blocks, the nearest first."""
        ones = torch.ones_like(target[..., :1])
        features = torch.cat((target * target, target, ones), -1)
        features = features.reshape(-1, features.shape[-1])
        blocks = len(self.middles)
        count = min(CELLS if self.size == 1 else BLOCKS, blocks)
        nearest = [
            (part @ self.distances).topk(count, -1, largest=False).indices
            for part in torch.split(features, max(1, AT_ONCE // blocks))
        ]
        chosen = self.middles[torch.cat(nearest)]
        return chosen.reshape(*target.shape[:-1], count, -1).unbind(-2)


def search_of(array: torch.Tensor) -> Search:
    """The blocks of ``array[..., m_2, m_1, component]``, whose components are of order 1."""
    lengths = tuple(reversed(array.shape[:-1]))
    size = 1
    most_blocks = MOST_CELLS
    while prod(_blocks(n, size) for n in lengths) > most_blocks:
        size, most_blocks = size * 2, MOST_BLOCKS
    least = most = array
    axes = []
    for m, n in enumerate(lengths):
        starts = torch.arange(_blocks(n, size)) * size
        nodes = torch.stack([starts + k for k in range(size + 1)]).clamp(max=n - 1)
        dim = len(lengths) - 1 - m
        least = torch.stack([least.index_select(dim, row) for row in nodes]).amin(0)
        most = torch.stack([most.index_select(dim, row) for row in nodes]).amax(0)
        axes.append((nodes[0] + nodes[-1]) / 2.0)
    middles = torch.cartesian_prod(*reversed(axes)).reshape(-1, len(axes)).flip(-1)
    least, most = least.reshape(-1, array.shape[-1]), most.reshape(-1, array.shape[-1])
    middle = (least + most) / 2
    weights = ((most - least) / 2).clamp(min=THINNEST) ** -2.0
    distances = (weights, -2 * weights * middle, (weights * middle**2).sum(-1, keepdim=True))
    return Search(size, middles.to(array.dtype), torch.cat(distances, -1).T.contiguous())


def _blocks(length: int, size: int) -> int:
    return -(-max(length - 1, 1) // size)
