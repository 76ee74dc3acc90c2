# SPDX-License-Identifier: BSD-3-Clause
"""Idioms of headers."""

import fitsio
from astropy.io import fits
from astropy.wcs import WCS

import torchfits

from .idiom import idiom


@idiom(1, "Read a keyword")
class ReadKeyword:
    @staticmethod
    def astropy(path):
        return fits.getheader(path)["EXPTIME"]

    @staticmethod
    def fitsio(path):
        return fitsio.read_header(path)["EXPTIME"]

    @staticmethod
    def torchfits(path):
        return torchfits.read_header(path)["EXPTIME"]


@idiom(2, "Set a keyword with its comment")
class SetKeyword:
    @staticmethod
    def astropy(path):
        header = fits.getheader(path)
        header["AIRMASS"] = (1.25, "at mid exposure")
        return header["AIRMASS"], header.comments["AIRMASS"]

    @staticmethod
    def fitsio(path):
        header = fitsio.read_header(path)
        header.add_record({"name": "AIRMASS", "value": 1.25, "comment": "at mid exposure"})
        return header["AIRMASS"], header.get_comment("AIRMASS")

    @staticmethod
    def torchfits(path):
        header = torchfits.read_header(path)
        header["AIRMASS"] = 1.25, "at mid exposure"
        return header["AIRMASS"], header.comments["AIRMASS"]


@idiom(7, "A keyword with a default")
class KeywordWithDefault:
    @staticmethod
    def astropy(path):
        return fits.getheader(path).get("GAIN", 1.0)

    @staticmethod
    def fitsio(path):
        return fitsio.read_header(path).get("GAIN", 1.0)

    @staticmethod
    def torchfits(path):
        return torchfits.read_header(path).get("GAIN", 1.0)


@idiom(15, "Delete a keyword")
class DeleteKeyword:
    @staticmethod
    def astropy(path):
        header = fits.getheader(path)
        del header["FILTER"]
        return "FILTER" in header

    @staticmethod
    def fitsio(path):
        header = fitsio.read_header(path)
        header.delete("FILTER")
        return "FILTER" in header

    @staticmethod
    def torchfits(path):
        header = torchfits.read_header(path)
        del header["FILTER"]
        return "FILTER" in header


@idiom(18, "Build a header card by card")
class BuildHeader:
    @staticmethod
    def astropy():
        header = fits.Header()
        header.append(("OBJECT", "M 31", "target"))
        header.append(fits.Card("EXPTIME", 30.5, "[s] exposure"))
        return header

    @staticmethod
    def fitsio():
        header = fitsio.FITSHDR()
        header.add_record({"name": "OBJECT", "value": "M 31", "comment": "target"})
        header.add_record({"name": "EXPTIME", "value": 30.5, "comment": "[s] exposure"})
        return header

    @staticmethod
    def torchfits():
        header = torchfits.Header()
        header.append("OBJECT", "M 31", "target")
        header.append("EXPTIME", 30.5, "[s] exposure")
        return header


@idiom(19, "A WCS from a header", reason="Positions are tensors, with gradients where wanted.")
class WCSFromHeader:
    @staticmethod
    def astropy(path):
        wcs = WCS(fits.getheader(path, "SCI"))
        ra, dec = wcs.pixel_to_world_values(10, 20)
        return f"{ra:.9f} {dec:.9f}"

    @staticmethod
    def torchfits(path):
        wcs = torchfits.WCS(torchfits.read_header(path, "SCI"))
        ra, dec = wcs.pixel_to_world_values(10, 20)
        return f"{ra:.9f} {dec:.9f}"


@idiom(20, "The header only", reason="The data are not touched.")
class HeaderOnly:
    @staticmethod
    def astropy(path):
        return fits.getheader(path, "COUNTS")

    @staticmethod
    def fitsio(path):
        return fitsio.read_header(path, "COUNTS")

    @staticmethod
    def torchfits(path):
        return torchfits.read_header(path, "COUNTS")


@idiom(24, "A new header")
class NewHeader:
    @staticmethod
    def astropy():
        return fits.Header([("OBJECT", "M 31"), ("EXPTIME", 30.5, "[s] exposure")])

    @staticmethod
    def fitsio():
        return fitsio.FITSHDR(
            [
                {"name": "OBJECT", "value": "M 31"},
                {"name": "EXPTIME", "value": 30.5, "comment": "[s] exposure"},
            ]
        )

    @staticmethod
    def torchfits():
        return torchfits.Header({"OBJECT": "M 31", "EXPTIME": (30.5, "[s] exposure")})


@idiom(25, "Set a keyword at a position")
class SetAtPosition:
    @staticmethod
    def astropy(path):
        header = fits.getheader(path)
        header.set("AIRMASS", 1.25, "mean", after="OBJECT")
        header.insert("FILTER", ("INSTRUME", "WFC"))
        return header

    @staticmethod
    def torchfits(path):
        header = torchfits.read_header(path)
        header.set("AIRMASS", 1.25, "mean", after="OBJECT")
        header.insert("FILTER", ("INSTRUME", "WFC"))
        return header


@idiom(
    26,
    "Merge headers",
    reason="A new keyword goes behind COMMENT and HISTORY cards, as with CFITSIO; astropy puts it "
    "before those at the end.",
)
class MergeHeaders:
    @staticmethod
    def astropy(path):
        header = fits.getheader(path, "SCI")
        header.update({"FILTER": "g", "AIRMASS": (1.25, "mean")})
        header.extend(fits.getheader(path), unique=True)
        return header

    @staticmethod
    def torchfits(path):
        header = torchfits.read_header(path, "SCI")
        header.update({"FILTER": "g", "AIRMASS": (1.25, "mean")})
        header.extend(torchfits.read_header(path), unique=True)
        return header


@idiom(29, "Copy a header", reason="`strip` leaves out the cards that describe the data.")
class CopyHeader:
    @staticmethod
    def astropy(path):
        header = fits.getheader(path, "SCI")
        return header.copy(), header.copy(strip=True)

    @staticmethod
    def torchfits(path):
        header = torchfits.read_header(path, "SCI")
        return header.copy(), header.copy(strip=True)


@idiom(34, "A header from text")
class HeaderFromText:
    @staticmethod
    def astropy():
        text = "OBJECT  = 'M 31    '           / target\nEXPTIME = 30.5"
        return fits.Header.fromstring(text, sep="\n")

    @staticmethod
    def torchfits():
        text = "OBJECT  = 'M 31    '           / target\nEXPTIME = 30.5"
        return torchfits.Header.from_string(text)


@idiom(36, "The comment of a keyword")
class KeywordComment:
    @staticmethod
    def astropy(path):
        return fits.getheader(path).comments["EXPTIME"]

    @staticmethod
    def fitsio(path):
        return fitsio.read_header(path).get_comment("EXPTIME")

    @staticmethod
    def torchfits(path):
        return torchfits.read_header(path).comments["EXPTIME"]
