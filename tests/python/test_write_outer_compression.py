# SPDX-License-Identifier: BSD-3-Clause
"""Files that are compressed as a whole, durable ones, and the names of HDUs."""

import bz2
import gzip
import lzma
import subprocess
import zlib

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits

import torchfits

OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def noise(pixels):
    return torch.randint(-500, 500, (pixels,), generator=torch.manual_seed(3), dtype=torch.int16)


@pytest.mark.parametrize("suffix", OPENERS)
@pytest.mark.parametrize("pixels", [1, 5000, 2_000_000])
def test_what_comes_out_is_the_plain_file(tmp_path, suffix, pixels):
    image = noise(pixels)
    plain, packed = tmp_path / "a.fits", tmp_path / f"a.fits{suffix}"
    for path in (plain, packed):
        torchfits.write(path, image, header={"OBJECT": "M31"}, checksum=True)
    with OPENERS[suffix](packed) as f:
        assert f.read() == plain.read_bytes()
    assert packed.stat().st_size < plain.stat().st_size
    assert torch.equal(torchfits.read(packed), image)
    with fits.open(packed, checksum=True) as f:
        np.testing.assert_array_equal(f[0].data, image.numpy())


def test_gzip_is_one_member_that_every_reader_takes(tmp_path):
    image = noise(2_000_000)
    path = tmp_path / "a.fits.gz"
    torchfits.write(path, image)
    inflater = zlib.decompressobj(wbits=31)
    first = inflater.decompress(path.read_bytes())
    assert inflater.eof
    assert inflater.unused_data == b""
    assert len(first) > image.nbytes
    subprocess.run(["gzip", "-t", path], check=True)
    np.testing.assert_array_equal(fitsio.read(str(path)), image.numpy())


def test_the_same_data_give_the_same_file(tmp_path):
    contents = set()
    for threads in (1, 2):
        torchfits.set_num_threads(threads)
        path = tmp_path / f"{threads}.fits.gz"
        torchfits.write(path, noise(2_000_000))
        contents.add(path.read_bytes())
    torchfits.set_num_threads(0)
    assert len(contents) == 1
    assert contents.pop()[4:8] == bytes(4), "no time (RFC 1952: MTIME)"


@pytest.mark.parametrize("suffix", OPENERS)
def test_the_old_file_stays_until_the_new_one_is_complete(tmp_path, suffix):
    path = tmp_path / f"a.fits{suffix}"
    torchfits.write(path, noise(10))
    before = path.read_bytes()
    with pytest.raises(torchfits.FITSIOError, match="overwrite=True"):
        torchfits.write(path, noise(20))
    with pytest.raises(ValueError, match="pixel"):
        torchfits.write(path, torch.tensor([1e9]), bitpix=8, overwrite=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    torchfits.write(path, noise(20), overwrite=True)
    assert torch.equal(torchfits.read(path), noise(20))


@pytest.mark.parametrize("name", ["a.fits.Z", "a.fits.zip"])
def test_other_compressions_are_refused(tmp_path, name):
    with pytest.raises(torchfits.UnsupportedError, match="ends in .gz"):
        torchfits.write(tmp_path / name, noise(3))


def test_tables_and_several_hdus(tmp_path):
    path = tmp_path / "a.fits.GZ"
    torchfits.write(path, [(noise(4), None, "SCI"), {"A": [1, 2]}])
    assert torchfits.read(path, 1)["A"].tolist() == [1, 2]


def test_durable(tmp_path):
    path = tmp_path / "a.fits"
    torchfits.write(path, noise(5), durable=True)
    assert torch.equal(torchfits.read(path), noise(5))
    with (tmp_path / "b.fits").open("wb") as file, pytest.raises(ValueError, match="for paths"):
        torchfits.write(file, noise(5), durable=True)
    with pytest.raises(TypeError, match="durable="):
        torchfits.write(path, noise(5), durable=1)


def test_names_and_versions(tmp_path):
    path = tmp_path / "a.fits"
    items = [(noise(n), None, name) for n, name in enumerate([("SCI", 1), ("SCI", 2), "ERR"], 1)]
    torchfits.write(path, items)
    with fits.open(path) as f:
        assert [(hdu.name, hdu.ver) for hdu in f] == [("SCI", 1), ("SCI", 2), ("ERR", 1)]
        assert "EXTVER" not in f[2].header
    assert len(torchfits.read(path, ("SCI", 2))) == 2


def test_the_version_replaces_that_of_the_header(tmp_path):
    path = tmp_path / "a.fits"
    header = {"EXTNAME": "OLD", "A": 1, "EXTVER": (7, "which"), "B": 2}
    torchfits.write(path, noise(1), header=header, name=("NEW", 3))
    found = fits.getheader(path)
    assert [key for key in found if key in header] == list(header)
    assert (found["EXTNAME"], found["EXTVER"], found.comments["EXTVER"]) == ("NEW", 3, "which")


def test_repeated_names_stay_as_they_are(tmp_path):
    path = tmp_path / "a.fits"
    torchfits.write(path, [(noise(1), None, "SCI"), (noise(2), None, "SCI")])
    with fits.open(path) as f:
        assert ["EXTVER" in hdu.header for hdu in f] == [False, False]


@pytest.mark.parametrize("name", [("SCI", "2"), ("SCI",), (1, 2), ("SCI", True), ("SCI", 1.0)])
def test_wrong_names(tmp_path, name):
    with pytest.raises(TypeError, match="name= takes a str or"):
        torchfits.write(tmp_path / "a.fits", noise(1), name=name)
