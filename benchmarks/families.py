# SPDX-License-Identifier: BSD-3-Clause
"""Families of cases gathered in groups, which a picture can colour."""

from __future__ import annotations

COMPRESSED, CUTOUTS = "compressed images", "cutouts"
GROUPS = {
    "images": ("small image", "bulk float", "bulk 8/16 bit", "scaled"),
    COMPRESSED: (
        "Rice, dither, PLIO",
        "Rice, dither, PLIO on one thread",
        "GZIP",
        "GZIP on one thread",
        "HCOMPRESS",
        "HCOMPRESS on one thread",
    ),
    CUTOUTS: ("cutout", "cutouts on the sky"),
    "tables": (
        "small table",
        "table",
        "huge table",
        "variable length",
        "selection",
        "where",
        "spectra",
    ),
    "tables in memory": ("in memory",),
    "headers and HDUs": ("header", "one of many keywords", "all of many keywords", "HDU list"),
    "many files": ("many files", "loader", "fed by workers"),
    "writing and updating": ("writing", "keys of many files", "updating", "checksum"),
    "world coordinates": (
        "pixels to sky",
        "pixels to sky, HPX",
        "sky to pixels",
        "making a WCS",
    ),
    "cold page cache": ("cold",),
}
_GROUP_OF = {family: group for group, families in GROUPS.items() for family in families}


def group_of(family: str) -> str:
    return _GROUP_OF[family]
