# SPDX-License-Identifier: BSD-3-Clause
"""Idioms of writing files."""

import fitsio
import torch
from astropy.io import fits

import torchfits

from .idiom import idiom


@idiom(6, "Write an HDU, or a list of them")
class WriteHDUs:
    @staticmethod
    def astropy(new, image):
        sci = fits.ImageHDU(image, name="SCI")
        err = fits.ImageHDU(image / 10, name="ERR")
        fits.HDUList([fits.PrimaryHDU(), sci, err]).writeto(new)

    @staticmethod
    def fitsio(new, image):
        with fitsio.FITS(new, "rw") as f:
            f.write(None)
            f.write(image, extname="SCI")
            f.write(image / 10, extname="ERR")

    @staticmethod
    def torchfits(new, image):
        sci = image, None, "SCI"
        err = image / 10, None, "ERR"
        torchfits.write(new, [None, sci, err])


@idiom(13, "A primary HDU with cards")
class PrimaryWithCards:
    @staticmethod
    def astropy(new, image):
        hdu = fits.PrimaryHDU(image)
        hdu.header["OBJECT"] = "M 31", "target"
        hdu.writeto(new)

    @staticmethod
    def fitsio(new, image):
        header = [{"name": "OBJECT", "value": "M 31", "comment": "target"}]
        fitsio.write(new, image, header=header)

    @staticmethod
    def torchfits(new, image):
        torchfits.write(new, image, header={"OBJECT": ("M 31", "target")})


@idiom(14, "Assemble a file")
class AssembleFile:
    @staticmethod
    def astropy(new, image, ids):
        hdus = fits.HDUList([fits.PrimaryHDU()])
        hdus.append(fits.ImageHDU(image, name="SCI"))
        columns = [fits.Column("ID", "K", array=ids)]
        hdus.append(fits.BinTableHDU.from_columns(columns, name="CAT"))
        hdus.writeto(new)

    @staticmethod
    def fitsio(new, image, ids):
        with fitsio.FITS(new, "rw") as f:
            f.write(None)
            f.write(image, extname="SCI")
            f.write({"ID": ids}, extname="CAT")

    @staticmethod
    def torchfits(new, image, ids):
        with torchfits.open(new, "w") as f:
            f.append(None)
            f.append(image, name="SCI")
            f.append({"ID": ids}, name="CAT")


@idiom(16, "An image extension", reason="The empty primary HDU is asked for with `None`.")
class ImageExtension:
    @staticmethod
    def astropy(new, image):
        hdu = fits.ImageHDU(image, name="SCI")
        hdu.header["EXPTIME"] = 30.5
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(new)

    @staticmethod
    def fitsio(new, image):
        with fitsio.FITS(new, "rw") as f:
            f.write(None)
            f.write(image, extname="SCI", header={"EXPTIME": 30.5})

    @staticmethod
    def torchfits(new, image):
        torchfits.write(new, [None, (image, {"EXPTIME": 30.5}, "SCI")])


@idiom(17, "Overwrite a file")
class Overwrite:
    @staticmethod
    def astropy(path, image):
        fits.writeto(path, image, overwrite=True)

    @staticmethod
    def fitsio(path, image):
        fitsio.write(path, image, clobber=True)

    @staticmethod
    def torchfits(path, image):
        torchfits.write(path, image, overwrite=True)


@idiom(23, "One-call write")
class OneCallWrite:
    @staticmethod
    def astropy(new, image):
        fits.writeto(new, image)

    @staticmethod
    def fitsio(new, image):
        fitsio.write(new, image)

    @staticmethod
    def torchfits(new, image):
        torchfits.write(new, image)


@idiom(30, "Checksums, written and verified")
class Checksums:
    @staticmethod
    def astropy(new, image):
        fits.writeto(new, image, checksum=True)
        with fits.open(new, checksum=True) as hdus:  # warns of a wrong one
            return hdus[0].header["DATASUM"]

    @staticmethod
    def fitsio(new, image):
        with fitsio.FITS(new, "rw") as f:
            f.write(image)
            f[0].write_checksum()
            f[0].verify_checksum()
            return f[0].read_header()["DATASUM"]

    @staticmethod
    def torchfits(new, image):
        torchfits.write(new, image, checksum=True)
        assert torchfits.verify(new)
        return torchfits.read_header(new)["DATASUM"]


@idiom(39, "Tile compression")
class TileCompression:
    @staticmethod
    def astropy(new, image):
        counts = image.astype("i4")
        hdu = fits.CompImageHDU(counts, compression_type="RICE_1", tile_shape=(20, 80))
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(new)
        return fits.getdata(new, 1), fits.getheader(new, 1)["BITPIX"]

    @staticmethod
    def fitsio(new, image):
        counts = image.astype("i4")
        fitsio.write(new, counts, compress="RICE", tile_dims=(20, 80))
        return fitsio.read(new, ext=1), fitsio.read_header(new, 1)["ZBITPIX"]

    @staticmethod
    def torchfits(new, image):
        counts = image.to(torch.int32)
        rice = torchfits.Compression("RICE_1", tile=(20, 80))
        torchfits.write(new, counts, compress=rice)
        return torchfits.read(new), torchfits.read_header(new, 1)["BITPIX"]
