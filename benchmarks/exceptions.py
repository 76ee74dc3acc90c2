# SPDX-License-Identifier: BSD-3-Clause
"""The cases that may be slower than a peer, each with its reason; the report shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Excused:
    """How low the ratio to the best peer may be, and why."""

    down_to: float
    reason: str


EXCEPTIONS = {
    "cutout/50_large_float32": Excused(
        0.35,
        "Fifty boxes of 100 x 100 pixels from a file that is open: a tensor and a hundred short "
        "rows each. Most of our time is torch's allocation and one call for each row.",
    ),
    "hdus/all_10": Excused(
        0.7,
        "Ten images of 64 kB each. The peer keeps handles and metadata of a path between calls; "
        "torchfits opens the file each time and reads what is in it now.",
    ),
    "hdus/all_100": Excused(
        0.9,
        "A hundred images: as hdus/all_10, and most of the time is memory.",
    ),
    "hdus/named_of_100": Excused(
        0.15,
        "One HDU of a hundred by its name: 100 headers are read to find it. The peer keeps the "
        "names of a path between calls.",
    ),
    "cold/cutout_large_float32": Excused(
        0.25,
        "A hundred short rows from the disk: what the system reads ahead decides, and it reads "
        "ahead further for fitsio's reads than for pages that are mapped.",
    ),
}
