# SPDX-License-Identifier: BSD-3-Clause
"""The file that the programs read and change, and the arrays that they write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from astropy.io import fits

PIXELS = np.arange(60 * 80, dtype="f4").reshape(60, 80)
COUNTS = (np.arange(12) * 5000).astype("u2").reshape(3, 4)
IDS = np.array([7, 8, 9, 10], "i8")
MAGS = np.array([21.5, 20.25, 19.0, 18.75], "f4")

SKY = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "CUNIT2": "deg",
    "CRPIX1": 40.5, "CRPIX2": 30.5, "CRVAL1": 150.0, "CRVAL2": 2.0,
    "CDELT1": -0.001, "CDELT2": 0.001,
}  # fmt: skip


def write_sample(path: Path) -> None:
    """Two images and a table behind a primary header, written by astropy."""
    primary = fits.PrimaryHDU()
    primary.header["OBJECT"] = "M 31", "target"
    primary.header["EXPTIME"] = 30.5, "[s] exposure"
    primary.header["FILTER"] = "r"
    primary.header["HISTORY"] = "bias subtracted"
    primary.header["HISTORY"] = "flat fielded"
    primary.header["COMMENT"] = "a sample"
    science = fits.ImageHDU(PIXELS, name="SCI")
    science.header.update(SKY)
    counts = fits.ImageHDU(COUNTS, name="COUNTS")
    rows = np.arange(100)
    events = fits.BinTableHDU.from_columns(
        [
            fits.Column("ID", "K", array=rows + 1),
            fits.Column("RA", "D", unit="deg", array=150 + rows * 1e-3),
            fits.Column("MAG", "E", unit="mag", array=15 + rows * 0.1),
            fits.Column("GRADE", "I", array=rows % 7),
            fits.Column("NAME", "8A", array=[f"S{row}" for row in rows]),
        ],
        name="EVENTS",
    )
    fits.HDUList([primary, science, counts, events]).writeto(path)


def arguments(folder: Path, library: str) -> dict[str, object]:
    """What a program of this library may take."""
    path = folder / f"{library}.fits"
    write_sample(path)
    arrays = {"image": PIXELS, "ids": IDS, "mags": MAGS}
    form = torch.tensor if library == "torchfits" else np.array
    given = {name: form(array) for name, array in arrays.items()}
    return {"path": path, "new": folder / f"{library}_new.fits", **given}
