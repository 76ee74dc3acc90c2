# SPDX-License-Identifier: BSD-3-Clause
"""T36 on real files: the headers of compressed HDUs as astropy and funpack show them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from corpus_files import corpus_files

import torchfits

Card = tuple[str, str, str]

needs_fpack = pytest.mark.skipif(
    shutil.which("fpack") is None or shutil.which("funpack") is None,
    reason="fpack and funpack of CFITSIO are not installed",
)


def cards(header: fits.Header, *, without: tuple[str, ...] = ()) -> list[Card]:
    """Keyword, value and comment of all cards that have a keyword."""
    return [
        (card.keyword, str(card.value), card.comment)
        for card in header.cards
        if card.keyword and card.keyword not in without
    ]


def our_header(path: Path, index: int) -> fits.Header:
    """The text of ours, read by astropy: what a card means is not the question here."""
    with torchfits.open(path) as file:
        return fits.Header.fromstring(file[index].header.to_string())


def compressed_images(path: Path) -> list[int]:
    with fits.open(path, disable_image_compression=True) as hdus:
        return [i for i, hdu in enumerate(hdus) if hdu.header.get("ZIMAGE") is True]


@pytest.mark.parametrize("path", corpus_files("compressed"))
@pytest.mark.filterwarnings("ignore")
def test_t36_the_cards_of_astropy(path: Path) -> None:
    """The same cards; astropy moves EXTEND, CHECKSUM and DATASUM to the end."""
    for index in compressed_images(path):
        with fits.open(path) as hdus:
            theirs = cards(hdus[index].header)
        ours = cards(our_header(path, index))
        moved = {"EXTEND", "CHECKSUM", "DATASUM"}
        assert sorted(ours) == sorted(theirs)
        assert [c for c in ours if c[0] not in moved] == [c for c in theirs if c[0] not in moved]


@needs_fpack
@pytest.mark.parametrize("path", corpus_files("compressed"))
@pytest.mark.filterwarnings("ignore")
def test_t36_the_cards_of_funpack(path: Path, tmp_path: Path) -> None:
    """In the same order; funpack writes new checksums."""
    indices = compressed_images(path)
    unpacked = tmp_path / "unpacked.fits"
    done = subprocess.run(["funpack", "-O", unpacked, path], capture_output=True, check=False)
    if not indices or done.returncode:
        return  # funpack refuses two files of the corpus, whose headers are not in order
    with fits.open(unpacked) as hdus:
        for index in indices:
            ours = our_header(path, index)
            theirs = hdus[0] if "SIMPLE" in ours else hdus[index]
            new = ("CHECKSUM", "DATASUM")
            assert cards(ours, without=new) == cards(theirs.header, without=new)


def long_header() -> fits.Header:
    """Cards of every kind."""
    header = fits.Header()
    header["OBJECT"] = ("M 13", "a cluster")
    header["LONGTEXT"] = "many words " * 15
    header["ZEROCOR"] = (1.5, "begins with a Z and is nobody's")
    header["HIERARCH ESO DET CHIP1 ID"] = "eso"
    header["EMPTY"] = None
    header.add_history("what was done")
    header.add_comment("what is said")
    return header


@needs_fpack
@pytest.mark.parametrize("primary", [True, False])
def test_t36_fpack_and_back(tmp_path: Path, primary: bool) -> None:
    """What fpack compressed has the header that it had, card by card."""
    path = tmp_path / "image.fits"
    image = np.arange(6000, dtype="i2").reshape(60, 100)
    if primary:
        fits.PrimaryHDU(image, long_header()).writeto(path)
    else:
        second = fits.ImageHDU(image, long_header(), name="SCI")
        fits.HDUList([fits.PrimaryHDU(), second]).writeto(path)
    subprocess.run(["fpack", "-r", path], check=True, capture_output=True)
    ours = our_header(path.with_name("image.fits.fz"), 1)
    with fits.open(path) as hdus:
        # fpack itself writes a LONGSTRN card or not, depending on its version.
        expected = cards(hdus[0 if primary else 1].header, without=("LONGSTRN",))
    said = {"CHECKSUM", "DATASUM"}
    found = [c for c in cards(ours, without=("LONGSTRN",)) if c[0] not in said]
    assert found == [c for c in expected if c[0] not in said]


@needs_fpack
def test_t39_the_header_of_a_compressed_table(tmp_path: Path) -> None:
    path = tmp_path / "table.fits"
    columns = [
        fits.Column("A", "J", "m", null=-1, array=np.arange(2000)),
        fits.Column("B", "3I", bzero=32768, array=np.zeros((2000, 3), "u2")),
        fits.Column("C", "12A", dim="(4,3)", array=np.full((2000, 3), "ab", "S4")),
        fits.Column("D", "PD()", array=[np.zeros(i % 3) for i in range(2000)]),
    ]
    hdu = fits.BinTableHDU.from_columns(columns, long_header(), name="CATALOG")
    hdu.header["FZTILELN"] = 300
    hdu.writeto(path, checksum=True)
    subprocess.run(["fpack", "-table", path], check=True, capture_output=True)
    ours = our_header(path.with_name("table.fits.fz"), 1)
    with fits.open(path) as hdus:
        assert cards(ours) == cards(hdus[1].header)


@pytest.mark.parametrize("path", corpus_files("compressed"))
@pytest.mark.filterwarnings("ignore")
def test_t38_the_header_underneath(path: Path) -> None:
    """raw=True shows the cards of the file."""
    for index in compressed_images(path):
        _, header = torchfits.read(path, index, raw=True, header=True)
        with fits.open(path, disable_image_compression=True) as hdus:
            assert header["ZBITPIX"] == hdus[index].header["ZBITPIX"]
            assert header["NAXIS1"] == hdus[index].header["NAXIS1"]
