# SPDX-License-Identifier: BSD-3-Clause
"""Every real tile-compressed image: an independent decoder, two other readers, the truth."""

from __future__ import annotations

import functools
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fitsio
import numpy as np
import pytest
import raw_decoder
import tile_decoder
import torch
from astropy.io import fits
from comparison import assert_same, assert_same_bits
from corpus_files import CORPUS, REASON

import torchfits

pytestmark = pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")

TRUTH = {
    "m13_rice.fits": "m13.fits",
    "m13_gzip.fits": "m13.fits",
    "m13_hcomp.fits": "m13.fits",
    "m13_plio.fits": "m13.fits",
}
LOSSY = {"m13real_rice.fits": "m13real.fits"}


@functools.cache
def hdus(path: Path) -> list[raw_decoder.RawHDU]:
    return raw_decoder.read_hdus(raw_decoder.load(path))


def compressed_images() -> list[object]:
    """(path, HDU) of every compressed image that the manifest of the corpus knows."""
    manifest = CORPUS / "manifest.tsv"
    if not manifest.is_file():
        return [pytest.param(None, 0, marks=pytest.mark.skip(reason=REASON), id="no-corpus")]
    lines = manifest.read_text().splitlines()
    found = []
    for name in sorted(line.split("\t")[0] for line in lines if "ZBITPIX" in line):
        for index, hdu in enumerate(hdus(CORPUS / name)):
            if hdu.kind == "compressed_image":
                found.append(pytest.param(CORPUS / name, index, id=f"{name}[{index}]"))
    return found


every_image = pytest.mark.parametrize(("path", "index"), compressed_images())


@functools.cache
def truth(path: Path, index: int) -> np.ndarray:
    """What `read` has to give: by our decoder; HCOMPRESS by two other readers that agree."""
    hdu = hdus(path)[index]
    if hdu.get("ZCMPTYPE") != "HCOMPRESS_1":
        return tile_decoder.image(hdu)
    theirs, others = fits.getdata(path, index), fitsio.read(path, ext=index)
    assert np.array_equal(theirs, others)
    return np.asarray(theirs, theirs.dtype.newbyteorder("="))


def test_there_are_compressed_images(corpus: Path) -> None:
    assert len(compressed_images()) >= 11


@every_image
def test_read(path: Path, index: int) -> None:
    expected = truth(path, index)
    assert_same(torchfits.read(path, index), expected)
    assert_same(torchfits.read(path), expected)
    with torchfits.open(path) as f:
        hdu = f[index]
        assert hdu.kind == "compressed_image"
        assert hdu.shape == expected.shape
        assert hdu.dtype == torchfits.read(path, index).dtype
        assert_same(hdu.read(), expected)


@every_image
def test_other_readers_agree(path: Path, index: int) -> None:
    """Keeps the decoder of the tests honest, too."""
    expected = truth(path, index)
    for theirs in (fits.getdata(path, index), fitsio.read(path, ext=index)):
        native = np.asarray(theirs, theirs.dtype.newbyteorder("="))
        assert_same(torch.from_numpy(native), expected)


@every_image
def test_stored_values(path: Path, index: int) -> None:
    hdu = hdus(path)[index]
    if hdu.get("ZCMPTYPE") == "HCOMPRESS_1":
        assert hdu.get("BZERO") is None
        expected = truth(path, index)
    else:
        expected = tile_decoder.stored_image(hdu)
    assert_same(torchfits.read(path, index, scaled=False), expected)


@pytest.mark.parametrize(("name", "original"), TRUTH.items())
def test_lossless_files_equal_the_original(corpus: Path, name: str, original: str) -> None:
    expected = raw_decoder.image(hdus(corpus / "compressed" / original)[0])
    assert_same(torchfits.read(corpus / "compressed" / name), expected)


@pytest.mark.parametrize(("name", "original"), LOSSY.items())
def test_quantised_files_are_within_half_a_step(corpus: Path, name: str, original: str) -> None:
    """Without dither a restored value lies within half of its tile's step of the original."""
    expected = raw_decoder.image(hdus(corpus / "compressed" / original)[0])
    got = torchfits.read(corpus / "compressed" / name).numpy()
    hdu = hdus(corpus / "compressed" / name)[1]
    table = tile_decoder.TileTable(hdu)
    steps = np.array([table.number("ZSCALE", row) for row in range(table.rows)])
    assert (np.abs(got - expected) <= 0.5001 * steps[:, None] + 1e-6 * np.abs(expected)).all()


def test_dither2_keeps_what_its_original_says(corpus: Path) -> None:
    """The sister file holds the restored pixels as they are."""
    folder = corpus / "compressed"
    expected = raw_decoder.image(hdus(folder / "test_rice_dither2_seed42.fits")[0])
    got = torchfits.read(folder / "test_rice_dither2_seed42.fits.fz").numpy()
    assert (got[expected == 0] == 0).all()
    assert np.abs(got - expected).max() <= np.abs(expected).max() * 0.05


@every_image
def test_sections_are_those_of_numpy(path: Path, index: int) -> None:
    whole = torchfits.read(path, index)
    array = whole.numpy()
    rng = np.random.default_rng(7)
    with torchfits.open(path) as f:
        hdu = f[index]
        keys: list[object] = [..., 0, -1, slice(None, None, -1), slice(1, 0), slice(-3, None)]
        for _ in range(25):
            key = []
            for length in array.shape:
                a, b = sorted(rng.integers(0, length + 1, 2).tolist())
                step = int(rng.choice([1, 1, 2, 3, 7]))
                backwards = rng.random() < 0.3
                key.append(slice(b or None, a or None, -step) if backwards else slice(a, b, step))
            keys.append(tuple(key))
            keys.append((int(rng.integers(array.shape[0])), *key[1:]))
        for key in keys:
            assert_same(torch.as_tensor(hdu[key]), np.asarray(array[key]), f"{key}")
            assert_same(torch.as_tensor(hdu.read(section=key)), np.asarray(array[key]), f"{key}")


@every_image
def test_cutouts_past_the_edge_are_filled(path: Path, index: int) -> None:
    array = truth(path, index)
    margins = [(-2, length + 3) for length in array.shape]
    section = tuple(slice(a, b) for a, b in margins)
    expected = np.full([b - a for a, b in margins], 7, array.dtype)
    expected[tuple(slice(2, 2 + length) for length in array.shape)] = array
    assert_same(torchfits.cutout(path, section, index, fill=7), expected)
    with pytest.raises(IndexError):
        torchfits.cutout(path, section, index)


@every_image
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_dtype_equals_a_conversion(path: Path, index: int, dtype: torch.dtype) -> None:
    whole = torchfits.read(path, index)
    if whole.dtype == torch.uint16:
        whole = whole.to(torch.int32)
    assert_same_bits(torchfits.read(path, index, dtype=dtype), whole.to(dtype))


def test_integer_dtypes_hold_every_value_or_refuse(corpus: Path) -> None:
    path = corpus / "compressed/m13_rice.fits"
    expected = torchfits.read(path)
    assert torch.equal(torchfits.read(path, dtype=torch.int64), expected.long())
    with pytest.raises(ValueError, match="uint8"):
        torchfits.read(path, dtype=torch.uint8)
    with pytest.raises(ValueError, match="int32"):
        torchfits.read(corpus / "compressed/compressed_with_nan.fits", dtype=torch.int32)


@every_image
def test_out_is_filled(path: Path, index: int) -> None:
    expected = torchfits.read(path, index)
    out = torch.zeros_like(expected)
    assert torchfits.read(path, index, out=out) is out
    assert_same_bits(out, expected)


def test_a_batch_of_files(corpus: Path) -> None:
    names = ["m13_rice", "m13", "m13_plio", "m13_gzip", "m13_hcomp", "m13_rice"]
    paths = [corpus / f"compressed/{name}.fits" for name in names]
    expected = raw_decoder.image(hdus(corpus / "compressed/m13.fits")[0])
    batch = torchfits.read_many(paths)
    assert batch.shape == (len(names), *expected.shape)
    for one in batch:
        assert_same(one, expected)
    part = torchfits.read_many(paths, section=(slice(10, 20), slice(290, 5, -7)))
    for one in part:
        assert_same(one, np.ascontiguousarray(expected[10:20, 290:5:-7]))


@every_image
def test_handles_survive_pickling(path: Path, index: int) -> None:
    with torchfits.open(path) as f:
        hdu = f[index]
        first = hdu.read()
        again = pickle.loads(pickle.dumps(hdu))
        assert_same_bits(again.read(), first)
        again._fits.close()


@every_image
def test_threads_share_a_handle(path: Path, index: int) -> None:
    expected = truth(path, index)
    rows = list(range(0, len(expected), max(1, len(expected) // 24))) * 4
    with torchfits.open(path) as f, ThreadPoolExecutor(8) as pool:
        hdu = f[index]
        found = pool.map(lambda row: hdu[row : row + 9], rows)
        for row, got in zip(rows, found, strict=True):
            assert_same(got, expected[row : row + 9], f"row {row}")


@every_image
def test_header_is_that_of_the_image(path: Path, index: int) -> None:
    header = torchfits.read_header(path, index)
    expected = truth(path, index)
    assert header["NAXIS"] == expected.ndim
    assert [header[f"NAXIS{n}"] for n in range(expected.ndim, 0, -1)] == list(expected.shape)
    assert header["BITPIX"] == hdus(path)[index].keywords["ZBITPIX"]
    for key in ("ZIMAGE", "ZBITPIX", "ZNAXIS", "ZCMPTYPE", "TFIELDS", "TFORM1", "TTYPE1"):
        assert key not in header
    theirs = fits.getheader(path, index)
    for key in theirs:
        if key in ("", "COMMENT", "HISTORY", "XTENSION", "SIMPLE", "EXTNAME", "EXTEND"):
            continue
        assert header[key] == theirs[key], key


@every_image
def test_the_table_underneath(path: Path, index: int) -> None:
    table = torchfits.read(path, index, raw=True)
    hdu = hdus(path)[index]
    raw = tile_decoder.TileTable(hdu)
    assert isinstance(table, torchfits.Table)
    assert len(table) == raw.rows
    assert [name.upper() for name in table.names] == list(raw.columns)
    cells = table["COMPRESSED_DATA"].to_list()
    code = {"PB": "u1", "PI": ">i2"}[raw.columns["COMPRESSED_DATA"][1]]
    for row in range(raw.rows):
        expected = np.frombuffer(raw.cell("COMPRESSED_DATA", row), code)
        assert np.array_equal(np.asarray(cells[row]), expected), row
