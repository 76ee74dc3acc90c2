# SPDX-License-Identifier: BSD-3-Clause
"""One picture of what the demo did."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.patches import Rectangle
from stars import HALF, SIZE, Training
from throughput import ENGINES, Timing
from torch import Tensor

STAR, OTHER, TEXT, FAINT, GROUND = "#ffd166", "#4cc9f0", "#f1f1f6", "#8d8da6", "#12121c"
BARS = dict(zip(ENGINES, ("#ffd166", "#6c7ae0", "#4d5566"), strict=True))
STYLE = {
    "figure.facecolor": GROUND, "axes.facecolor": GROUND, "savefig.facecolor": GROUND,
    "text.color": TEXT, "axes.labelcolor": TEXT, "axes.edgecolor": FAINT, "axes.titlecolor": TEXT,
    "xtick.color": FAINT, "ytick.color": FAINT, "font.size": 10, "axes.titlesize": 12,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titlepad": 10,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
}  # fmt: skip


def draw(path: Path, image: Tensor, training: Training, timings: list[Timing]) -> None:
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=(14, 9.9), dpi=110)
        grid = figure.add_gridspec(
            3, 2, height_ratios=(1, 1.25, 0.5), width_ratios=(1.3, 1),
            left=0.035, right=0.972, top=0.895, bottom=0.035, hspace=0.45, wspace=0.27,
        )  # fmt: skip
        figure.text(0.035, 0.95, "torchfits: FITS straight into tensors", size=19, weight="bold")
        shown = choose(training)
        draw_image(figure.add_subplot(grid[:2, 0]), image, training)
        draw_loss(figure.add_subplot(grid[0, 1]), training)
        draw_throughput(figure.add_subplot(grid[1, 1]), timings)
        draw_cutouts(figure, grid[2, :], training, shown)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
        plt.close(figure)


def choose(training: Training, count: int = 6) -> list[int]:
    """Test cutouts to show: some with a star in the centre, some without, at even distances."""
    chosen = []
    for label in (1, 0):
        members = (training.labels == label).nonzero().flatten()
        steps = torch.linspace(0, len(members) - 1, count).long()
        chosen += members[steps].tolist()
    return chosen


def draw_image(axes: Axes, image: Tensor, training: Training) -> None:
    stretched = torch.asinh((image - image.median()) / 25)
    low, high = stretched.flatten().quantile(torch.tensor([0.02, 0.9995])).tolist()
    axes.imshow(stretched, origin="lower", cmap="magma", vmin=low, vmax=high)
    for y, x in training.stars.tolist():
        if x >= training.border + HALF:
            corner = (x - HALF - 0.5, y - HALF - 0.5)
            box = Rectangle(corner, SIZE, SIZE, fill=False, edgecolor=STAR, linewidth=0.7)
            axes.add_patch(box)
    axes.axvline(training.border - 0.5, color=TEXT, linewidth=1, linestyle=(0, (4, 3)))
    height, width = image.shape
    for x, align, text in ((-6, "right", "learnt from  ◂"), (6, "left", "▸  tested on")):
        axes.text(
            training.border + x, height - 12, text, ha=align, size=10, weight="bold",
            bbox={"facecolor": GROUND, "edgecolor": "none", "alpha": 0.85, "pad": 3}, zorder=5,
        )  # fmt: skip
    axes.set_title(f"Globular cluster M13, {width} x {height} pixels; stars of the test part boxed")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_loss(axes: Axes, training: Training) -> None:
    epochs = range(1, len(training.losses) + 1)
    line = {"linewidth": 2.2, "marker": "o", "markersize": 4}
    axes.plot(epochs, training.losses, color=OTHER, label="training part", **line)
    axes.plot(epochs, training.test_losses, color=STAR, label="test part", **line)
    axes.set_ylim(0, None)
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.legend(loc="upper right", labelcolor=TEXT)
    axes.grid(axis="y", color=FAINT, alpha=0.2)
    right = f"{training.accuracies[-1]:.0%}"
    axes.set_title(f"Is there a star in the centre? {right} right on unseen sky")


def draw_throughput(axes: Axes, timings: list[Timing]) -> None:
    height = 0.26
    for lane, engine in enumerate(ENGINES):
        rates = [timing.bytes / timing.milliseconds[engine] / 1000 for timing in timings]
        places = [row + (lane - 1) * height for row in range(len(timings))]
        axes.barh(places, rates, height * 0.88, color=BARS[engine], label=engine)
        for place, rate in zip(places, rates, strict=True):
            axes.text(rate * 1.08, place, f"{rate:,.0f}", va="center", size=8, color=TEXT)
    axes.set_xscale("log")
    axes.set_xlim(axes.get_xlim()[0], axes.get_xlim()[1] * 2)
    axes.set_yticks(range(len(timings)), [timing.name for timing in timings], color=TEXT)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("MB of tensor a second (logarithmic; longer is faster)")
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.02, 0.97),
        ncols=3, labelcolor=TEXT, handlelength=1, columnspacing=1,
    )  # fmt: skip
    axes.set_title("Throughput")


def draw_cutouts(figure: Figure, place: SubplotSpec, training: Training, shown: list[int]) -> None:
    half = len(shown) // 2
    gap = 0.35  # between those with a star and those without
    row = place.subgridspec(1, len(shown) + 1, width_ratios=[1] * half + [gap] + [1] * half)
    for number, index in enumerate(shown):
        axes = figure.add_subplot(row[0, number + (number >= half)])
        axes.imshow(training.cutouts[index], origin="lower", cmap="magma", interpolation="nearest")
        probability = training.probabilities[index].item()
        star = bool(training.labels[index])
        right = (probability > 0.5) == star
        axes.set_title(
            f"{probability:.0%}" + ("" if right else "  wrong"),
            size=10, weight="normal", loc="center", pad=4,
            color=STAR if probability > 0.5 else OTHER,
        )  # fmt: skip
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set(visible=True, color=STAR if star else OTHER, linewidth=1.6)
        if number in (0, half):
            text = "A star in the centre: the network's answer" if star else "No star in the centre"
            axes.text(0, 1.32, text, transform=axes.transAxes, size=12, weight="bold")
