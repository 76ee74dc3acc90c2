# SPDX-License-Identifier: BSD-3-Clause
"""Idioms of changing files."""

import fitsio
from astropy.io import fits

import torchfits

from .idiom import idiom


@idiom(11, "Append an HDU")
class AppendHDU:
    @staticmethod
    def astropy(path, image):
        fits.append(path, image, fits.Header({"EXTNAME": "MODEL"}))

    @staticmethod
    def fitsio(path, image):
        fitsio.write(path, image, extname="MODEL")

    @staticmethod
    def torchfits(path, image):
        torchfits.append(path, image, name="MODEL")


@idiom(31, "Get and set one keyword on disk")
class KeywordOnDisk:
    @staticmethod
    def astropy(path):
        if fits.getval(path, "FILTER") == "r":
            fits.setval(path, "FILTER", value="g")

    @staticmethod
    def fitsio(path):
        with fitsio.FITS(path, "rw") as f:
            if f[0].read_header()["FILTER"] == "r":
                f[0].write_key("FILTER", "g")

    @staticmethod
    def torchfits(path):
        with torchfits.open(path, "r+") as f:
            if f[0].header["FILTER"] == "r":
                f[0].header["FILTER"] = "g"


@idiom(32, "Edit in place", reason="Only the bytes that change are written.")
class EditInPlace:
    @staticmethod
    def astropy(path):
        with fits.open(path, mode="update") as hdus:
            hdus["SCI"].data[10:12, 5:7] = 0
            hdus["EVENTS"].data["GRADE"][3] = 6
            hdus["SCI"].header["EDITED"] = True

    @staticmethod
    def torchfits(path):
        with torchfits.open(path, "r+") as f:
            f["SCI"][10:12, 5:7] = 0
            f["EVENTS"]["GRADE", 3] = 6
            f["SCI"].header["EDITED"] = True
