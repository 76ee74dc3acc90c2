# SPDX-License-Identifier: BSD-3-Clause
"""Idioms of tables."""

import fitsio
from astropy.io import fits
from astropy.table import Table

import torchfits

from .idiom import idiom


@idiom(5, "A column of a table")
class TableColumn:
    @staticmethod
    def astropy(path):
        with fits.open(path) as hdus:
            return hdus["EVENTS"].data["MAG"]

    @staticmethod
    def fitsio(path):
        with fitsio.FITS(path) as f:
            return f["EVENTS"]["MAG"][:]

    @staticmethod
    def torchfits(path):
        with torchfits.open(path) as f:
            return f["EVENTS"]["MAG"]


@idiom(8, "A table to a Table")
class TableToTable:
    @staticmethod
    def astropy(path):
        return Table.read(path, hdu="EVENTS", character_as_bytes=False)

    @staticmethod
    def fitsio(path):
        return fitsio.read(path, ext="EVENTS")

    @staticmethod
    def torchfits(path):
        return torchfits.read(path, "EVENTS")


@idiom(9, "Names of the columns")
class ColumnNames:
    @staticmethod
    def astropy(path):
        with fits.open(path) as hdus:
            return hdus["EVENTS"].columns.names

    @staticmethod
    def fitsio(path):
        with fitsio.FITS(path) as f:
            return f["EVENTS"].get_colnames()

    @staticmethod
    def torchfits(path):
        with torchfits.open(path) as f:
            return [column.name for column in f["EVENTS"].columns]


@idiom(
    12,
    "Define a column",
    "differs",
    "A column is a tensor, and its dtype is the format; its unit is set in the header.",
)
class DefineColumn:
    @staticmethod
    def astropy(new, mags):
        column = fits.Column(name="MAG", format="E", unit="mag", array=mags)
        fits.BinTableHDU.from_columns([column]).writeto(new)

    @staticmethod
    def fitsio(new, mags):
        fitsio.write(new, [mags], names=["MAG"], units=["mag"])

    @staticmethod
    def torchfits(new, mags):
        with torchfits.open(new, "w") as f:
            f.append({"MAG": mags})
            f[-1].header["TUNIT1"] = "mag"


@idiom(27, "A table from columns")
class TableFromColumns:
    @staticmethod
    def astropy(new, ids, mags):
        columns = [fits.Column("ID", "K", array=ids), fits.Column("MAG", "E", array=mags)]
        fits.BinTableHDU.from_columns(columns, name="CAT").writeto(new)

    @staticmethod
    def fitsio(new, ids, mags):
        fitsio.write(new, {"ID": ids, "MAG": mags}, extname="CAT")

    @staticmethod
    def torchfits(new, ids, mags):
        torchfits.write(new, {"ID": ids, "MAG": mags}, name="CAT")


@idiom(33, "Some of the columns")
class SomeColumns:
    @staticmethod
    def astropy(path):
        return Table.read(path, hdu="EVENTS")["ID", "RA"]

    @staticmethod
    def fitsio(path):
        return fitsio.read(path, ext="EVENTS", columns=["ID", "RA"])

    @staticmethod
    def torchfits(path):
        return torchfits.read(path, "EVENTS", columns=["ID", "RA"])


@idiom(38, "Some of the rows, and where")
class SomeRows:
    @staticmethod
    def astropy(path):
        events = Table.read(path, hdu="EVENTS")["ID", "MAG", "GRADE"]
        bright = (events["MAG"] < 18) & (events["GRADE"] == 2)
        return events[10:14], events[bright]

    @staticmethod
    def fitsio(path):
        names = ["ID", "MAG", "GRADE"]
        with fitsio.FITS(path) as f:
            events = f["EVENTS"]
            bright = events.where("MAG < 18 && GRADE == 2")
            return events[names][10:14], events[names][bright]

    @staticmethod
    def torchfits(path):
        names = ["ID", "MAG", "GRADE"]
        with torchfits.open(path) as f:
            events = f["EVENTS"]
            bright = events.read(columns=names, where="MAG < 18 and GRADE == 2")
            return events[names, 10:14], bright
