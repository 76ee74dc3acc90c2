# SPDX-License-Identifier: BSD-3-Clause
"""Datasets over open handles; they live in a module that every start method can import."""

from __future__ import annotations

import torch
from torch.utils.data import Dataset

import torchfits


class HandleDataset(Dataset[torch.Tensor]):
    """Item i is HDU i + 1 of an open file."""

    def __init__(self, file: torchfits.FITS, count: int) -> None:
        self.file = file
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.file[index + 1].read()


class PathDataset(Dataset[torch.Tensor]):
    """Item i is the image at path i; a failure is an error of torchfits in the worker."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torchfits.read(self.paths[index])
