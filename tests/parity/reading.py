# SPDX-License-Identifier: BSD-3-Clause
"""Idioms of reading files and images."""

import fitsio
import numpy as np
from astropy.io import fits
from astropy.nddata import Cutout2D

import torchfits

from .idiom import idiom


@idiom(3, "Open in a with")
class OpenInWith:
    @staticmethod
    def astropy(path):
        with fits.open(path) as hdus:
            return hdus[1].data.copy()

    @staticmethod
    def fitsio(path):
        with fitsio.FITS(path) as f:
            return f[1].read()

    @staticmethod
    def torchfits(path):
        with torchfits.open(path) as f:
            return f[1].read()


@idiom(4, "An HDU by name")
class HDUByName:
    @staticmethod
    def astropy(path):
        with fits.open(path) as hdus:
            return hdus["counts"].data.copy(), hdus["COUNTS"].name

    @staticmethod
    def fitsio(path):
        with fitsio.FITS(path) as f:
            return f["counts"].read(), f["COUNTS"].get_extname()

    @staticmethod
    def torchfits(path):
        with torchfits.open(path) as f:
            return f["counts"].read(), f["COUNTS"].name


@idiom(10, "One-call read")
class OneCallRead:
    @staticmethod
    def astropy(path):
        return fits.getdata(path, "COUNTS")

    @staticmethod
    def fitsio(path):
        return fitsio.read(path, ext="COUNTS")

    @staticmethod
    def torchfits(path):
        return torchfits.read(path, "COUNTS")


@idiom(21, "Explore, then read a part", reason="Only the bytes of the part are read.")
class ExploreThenRead:
    @staticmethod
    def astropy(path):
        with fits.open(path) as hdus:
            names = [hdu.name for hdu in hdus]
            shape = hdus["SCI"].shape
            return names, shape, hdus["SCI"].section[10:20, 5:15]

    @staticmethod
    def fitsio(path):
        with fitsio.FITS(path) as f:
            names = ["PRIMARY", *(hdu.get_extname() for hdu in f[1:])]
            shape = f["SCI"].get_dims()
            return names, shape, f["SCI"][10:20, 5:15]

    @staticmethod
    def torchfits(path):
        with torchfits.open(path) as f:
            names = [hdu.name for hdu in f]
            shape = f["SCI"].shape
            return names, shape, f["SCI"][10:20, 5:15]


@idiom(
    22,
    "Control memory mapping",
    "differs",
    "There is no switch. A tensor owns its memory, so it outlives the file, and no mapping stays "
    "open; indexing the HDU reads only what it needs.",
)
class MemoryMapping:
    @staticmethod
    def astropy(path):
        with fits.open(path, memmap=True) as hdus:
            return np.array(hdus["SCI"].data[10:12])

    @staticmethod
    def torchfits(path):
        with torchfits.open(path) as f:
            return f["SCI"][10:12]


@idiom(28, "Count HDUs")
class CountHDUs:
    @staticmethod
    def astropy(path):
        with fits.open(path) as hdus:
            return len(hdus)

    @staticmethod
    def fitsio(path):
        with fitsio.FITS(path) as f:
            return len(f)

    @staticmethod
    def torchfits(path):
        with torchfits.open(path) as f:
            return len(f)


@idiom(35, "History, comment, info", reason="`info()` prints as a table.")
class HistoryCommentInfo:
    @staticmethod
    def astropy(path):
        with fits.open(path) as hdus:
            header = hdus[0].header
            header.add_history("sky subtracted")
            header["COMMENT"] = "seen"
            info = [(line[1], line[4]) for line in hdus.info(output=False)]
            return list(header["HISTORY"]), list(header["COMMENT"]), info

    @staticmethod
    def torchfits(path):
        with torchfits.open(path) as f:
            header = f[0].header
            header.add_history("sky subtracted")
            header["COMMENT"] = "seen"
            info = [(line.name, line.cards) for line in f.info()]
            return header["HISTORY"], header["COMMENT"], info


@idiom(37, "Data and header together")
class DataAndHeader:
    @staticmethod
    def astropy(path):
        data, header = fits.getdata(path, "SCI", header=True)
        return data, header["CRVAL1"]

    @staticmethod
    def fitsio(path):
        data, header = fitsio.read(path, ext="SCI", header=True)
        return data, header["CRVAL1"]

    @staticmethod
    def torchfits(path):
        data, header = torchfits.read(path, "SCI", header=True)
        return data, header["CRVAL1"]


@idiom(40, "Cutout", reason="Only the bytes of the box are read; the WCS of the header is moved.")
class Cutout:
    @staticmethod
    def astropy(path):
        data, header = fits.getdata(path, "SCI", header=True)
        stamp = Cutout2D(data, (0, 30), (20, 10), mode="partial", fill_value=-1)
        crpix = header["CRPIX1"] - stamp.origin_original[0] + stamp.origin_cutout[0]
        return stamp.data, crpix

    @staticmethod
    def torchfits(path):
        box = slice(20, 40), slice(-5, 5)
        stamp, header = torchfits.cutout(path, box, "SCI", fill=-1, header=True)
        return stamp, header["CRPIX1"]
