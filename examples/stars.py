# SPDX-License-Identifier: BSD-3-Clause
"""A small task on a real image: to tell whether a cutout is centred on a star.

The labels come from the picture itself (local maxima). The left two thirds of it are learnt from,
the right third is kept for the test. Every sample is a cutout that is read from the file when the
DataLoader asks for it, by its workers in training.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

import torchfits

SIZE = 15  # pixels of a cutout; odd, so that it has a centre
HALF = SIZE // 2


def find_stars(image: Tensor, prominence: float = 25.0) -> Tensor:
    """Positions [N, 2] (y, x) of local maxima that rise above their surroundings."""
    padded = image[None, None]
    peaks = (image == functional.max_pool2d(padded, 5, stride=1, padding=2)[0, 0]).nonzero()
    blurred = functional.avg_pool2d(padded, SIZE, stride=1, padding=HALF, count_include_pad=False)[
        0, 0
    ]
    rises = image[peaks[:, 0], peaks[:, 1]] - blurred[peaks[:, 0], peaks[:, 1]]
    peaks = peaks[rises > prominence]
    inside = ((peaks >= HALF) & (peaks < torch.tensor(image.shape) - HALF)).all(1)
    return peaks[inside]


def find_other_places(image: Tensor, stars: Tensor, count: int) -> Tensor:
    """Random positions at least 3 pixels away from every star; many have one off the centre."""
    height, width = image.shape
    y = torch.randint(HALF, height - HALF, (count * 4,))
    x = torch.randint(HALF, width - HALF, (count * 4,))
    places = torch.stack([y, x], 1)
    nearest = torch.cdist(places.float(), stars.float()).amin(1)
    return places[nearest >= 3][:count]


class Cutouts(Dataset):
    """Cutouts around positions, read from the file when they are asked for.

    The open file pickles by its path: each worker opens its own.
    """

    def __init__(self, path: Path, places: Tensor, labels: Tensor) -> None:
        self.file = torchfits.open(path)
        self.places = places.tolist()
        self.labels = labels

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        y, x = self.places[index]
        pixels = self.file[0][y - HALF : y + HALF + 1, x - HALF : x + HALF + 1].float()
        return stretch(pixels)[None], self.labels[index]


def stretch(pixels: Tensor) -> Tensor:
    """Brightness above the faintest pixel, with the range of the bright stars compressed."""
    return torch.asinh((pixels - pixels.min()) / 30)


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.ReLU(),
        nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 9, 1), nn.Flatten(0),
    )  # fmt: skip


@dataclass
class Training:
    """What was learnt, for the printed lines and the picture."""

    stars: Tensor
    border: int
    """First column of the test part."""
    losses: list[float] = field(default_factory=list)
    """Mean of each epoch on the training part."""
    test_losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    """On the test part, after each epoch."""
    cutouts: Tensor = field(default_factory=lambda: torch.empty(0))
    labels: Tensor = field(default_factory=lambda: torch.empty(0))
    probabilities: Tensor = field(default_factory=lambda: torch.empty(0))
    """Of the test part, after the last epoch."""
    samples_read: int = 0
    seconds: float = 0.0


def train(path: Path, epochs: int = 12, seconds: float = 8.0) -> Training:
    """At most `epochs`; none begins after `seconds`."""
    torch.manual_seed(13)
    image = torchfits.read(path, dtype=torch.float32)
    stars = find_stars(image)
    places = torch.cat([stars, find_other_places(image, stars, len(stars))])
    labels = (torch.arange(len(places)) < len(stars)).float()
    border = image.shape[1] * 2 // 3
    learnt = places[:, 1] < border - HALF
    tested = places[:, 1] >= border + HALF
    loader = DataLoader(
        Cutouts(path, places[learnt], labels[learnt]),
        batch_size=64, shuffle=True, num_workers=2, persistent_workers=True,
    )  # fmt: skip
    test_loader = DataLoader(Cutouts(path, places[tested], labels[tested]), batch_size=512)

    result = Training(stars, border)
    model = network()
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    start = time.perf_counter()
    for epoch in range(epochs):
        if time.perf_counter() - start > seconds:
            break
        total = 0.0
        for pixels, wanted in loader:
            loss = functional.binary_cross_entropy_with_logits(model(pixels), wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(pixels)
            result.samples_read += len(pixels)
        result.losses.append(total / int(learnt.sum()))
        test(model, test_loader, result)
        if epoch % 3 == 2 or epoch == 0:
            print(
                f"  epoch {epoch + 1:2d}   loss {result.losses[-1]:.3f}   test loss "
                f"{result.test_losses[-1]:.3f}   test accuracy {result.accuracies[-1]:.1%}"
            )
    result.seconds = time.perf_counter() - start
    return result


@torch.no_grad()
def test(model: nn.Module, loader: DataLoader, result: Training) -> None:
    batches = [(pixels, labels, model(pixels)) for pixels, labels in loader]
    pixels, labels, logits = (torch.cat(parts) for parts in zip(*batches, strict=True))
    result.samples_read += len(pixels)
    result.test_losses.append(functional.binary_cross_entropy_with_logits(logits, labels).item())
    result.accuracies.append(((logits > 0) == (labels > 0)).float().mean().item())
    result.cutouts, result.labels, result.probabilities = pixels[:, 0], labels, logits.sigmoid()
