# SPDX-License-Identifier: BSD-3-Clause
"""Whole files against each other: everything that is in them, and what other programs say."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import fitsio
import numpy as np
import pytest
import raw_decoder
import torch
from astropy.io import fits
from other_programs import FITSVERIFY, fitsverify
from written_tables import same_bits, same_column

import torchfits
from torchfits import Ragged, Strings, Table

# What a header says of its data, and what `write` says itself of the data that it writes.
DESCRIBING = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|BLOCKED|PCOUNT|GCOUNT|GROUPS|TFIELDS|THEAP|"
    r"(TTYPE|TFORM|TUNIT|TNULL|TSCAL|TZERO|TDISP|TBCOL|TDIM|TUCD|PTYPE|PSCAL|PZERO)\d+|"
    r"BSCALE|BZERO|BLANK|CHECKSUM|DATASUM|FZ(ALGOR|TILE|QVALUE|QMETHD|DTHRSD|INT2F|HSCALE|ALG\d+)"
)
# Sections 4.4.2.5, 7.2.2 and 7.3.2 of the Standard.
OF_ARRAYS = re.compile("BUNIT|DATAMAX|DATAMIN")
OF_COLUMNS = re.compile(r"(TCTYP|TCUNI|TCRVL|TCDLT|TCRPX|TCROT)\d+")


def read_all(path):
    """Data and header of every HDU; ``None`` where there are no data."""
    with warnings.catch_warnings(), torchfits.open(path) as f:
        warnings.simplefilter("ignore")
        return [(hdu.read() if hdu.shape else None, hdu.header) for hdu in f]


# Headers


def cards_of(path):
    """The cards of each HDU by the independent reader."""
    return [
        [card.decode("latin-1") for card in hdu.cards]
        for hdu in raw_decoder.read_hdus(raw_decoder.load(path))
    ]


def cards_of_header(header):
    text = header._list.text().decode("latin-1")
    return [text[at : at + 80] for at in range(0, len(text), 80)]


def kept_cards(cards, data):
    """Those that do not describe the data, nor data of another kind, in their order."""
    of_others = OF_ARRAYS if isinstance(data, Table) else OF_COLUMNS
    kept, keeping = [], True
    for card in cards:
        if not card.startswith("CONTINUE  "):
            keyword = card[:8].rstrip()
            keeping = not (DESCRIBING.fullmatch(keyword) or of_others.fullmatch(keyword))
        if keeping:
            kept.append(card)
    return kept


# Data


def same_data(again, data):
    """Equal to the last bit, where there is a value."""
    if not isinstance(data, Table):
        assert type(again) is type(data)
        if data is not None:
            same_bits(again, data)
        return
    assert again.names == data.names
    for name in data:
        same_masked(again[name], data[name], again.null_mask(name), data.null_mask(name))


def same_numbers(again, data):
    """Equal as numbers: all parts of random groups are stored alike, nulls as NaN."""
    assert again.names == data.names
    for name in data:
        mask = data.null_mask(name)
        values = data[name].to(torch.float64)
        expected = values if mask is None else values.masked_fill(mask, float("nan"))
        np.testing.assert_array_equal(again[name].to(torch.float64).numpy(), expected.numpy())


def same_masked(again, values, again_mask, mask):
    if mask is None or not flat_mask(mask).any():
        assert again_mask is None or not flat_mask(again_mask).any()
        same_column(again, values)
        return
    missing = flat_mask(mask).numpy()
    one, other = (part.values if isinstance(part, Ragged) else part for part in (again, values))
    if isinstance(values, Strings):
        texts = zip(other.to_list(), one.to_list(), missing.tolist(), strict=True)
        assert all(new == old or (null and new == "") for old, new, null in texts)
    elif other.is_floating_point():
        assert torch.isnan(one.flatten()[flat_mask(mask)]).all()
    else:
        np.testing.assert_array_equal(flat_mask(again_mask).numpy(), missing)
    if not isinstance(values, Strings):
        kept = ~missing
        assert one.flatten().numpy()[kept].tobytes() == other.flatten().numpy()[kept].tobytes()


def flat_mask(mask):
    return (mask.values if isinstance(mask, Ragged) else mask).flatten()


# Other readers


def as_arrays(values):
    """A column as others give it: text as `str`, cells of any length as a list of arrays."""
    if isinstance(values, Strings):
        return np.asarray(values.to_list(), object)
    if isinstance(values, Ragged):
        return [cell.numpy() for cell in values]
    return values.numpy()


def same_as_found(values, mask, found, where):
    """A column of ours against that of another reader."""
    ours = as_arrays(values)
    if isinstance(ours, list):
        assert len(ours) == len(found), where
        for one, other in zip(ours, found, strict=True):
            np.testing.assert_array_equal(one, np.asarray(other).reshape(one.shape), where)
        return
    if isinstance(values, Strings):
        found = np.asarray(found, object).reshape(ours.shape)
        nulls = [False] * ours.size if mask is None else flat_mask(mask).tolist()
        for one, other, null in zip(ours.flat, found.flat, nulls, strict=True):
            assert as_text(other) == ("" if null else one), where
        return
    found = np.asarray(found).reshape(ours.shape)
    there = ~flat_mask(mask).numpy().reshape(ours.shape) if mask is not None else slice(None)
    np.testing.assert_array_equal(ours[there], found[there], where)


def as_text(found):
    if isinstance(found, np.ndarray):  # astropy gives letters
        found = "".join(letter or " " for letter in found)
    text = found.decode("latin-1") if isinstance(found, bytes) else str(found)
    return text.split("\0")[0].rstrip(" ")


def astropy_finds(path, contents):
    """astropy reads `contents` in the file, whatever it thinks of the cards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path) as f:
            assert len(f) == len(contents)
            for number, (hdu, data) in enumerate(zip(f, contents, strict=True)):
                if not isinstance(data, Table):
                    same_image(hdu.data, data, f"astropy, HDU {number}")
                    continue
                assert len(hdu.columns) == len(data.names)
                for name, column in zip(data, hdu.columns, strict=True):
                    where = f"astropy, HDU {number}, {name}"
                    bits_with_dim = column.dim and "X" in column.format
                    if bits_with_dim or adds_zero_in_heap(data[name]):
                        continue
                    found = text_or_bytes(hdu, column.name, data[name])
                    same_as_found(data[name], data.null_mask(name), found, where)


def adds_zero_in_heap(values):
    """Cells of any length with TZERO, which both add to some of them only, or to none."""
    offset = (torch.int8, torch.uint16, torch.uint32, torch.uint64)
    return isinstance(values, Ragged) and values.values.dtype in offset


def text_or_bytes(hdu, name, values):
    """astropy refuses text beyond ASCII, of which its bytes are compared."""
    if isinstance(values, Strings) and values.offsets is None and (values.bytes > 127).any():
        return hdu.data.view(np.ndarray)[name]
    return hdu.data[name]


def fitsio_finds(path, contents):
    """fitsio reads `contents` in the file; it gives no empty arrays and no text beyond ASCII."""
    with fitsio.FITS(str(path), vstorage="object") as f:
        assert len(f) == len(contents)
        for number, (hdu, data) in enumerate(zip(f, contents, strict=True)):
            if data is None or (isinstance(data, torch.Tensor) and data.numel() == 0):
                continue
            if not isinstance(data, Table):
                same_image(hdu.read(), data, f"fitsio, HDU {number}")
                continue
            for at, name in enumerate(data):
                values = data[name]
                where = f"fitsio, HDU {number}, {name}"
                if len(data) and fitsio_can_read(values):
                    found = hdu.read_column(at)
                    same_as_found(values, data.null_mask(name), found, where)


def fitsio_can_read(values):
    flat = as_values(values)
    beyond_ascii = isinstance(values, Strings) and bool((flat > 127).any())
    return flat.numel() > 0 and not beyond_ascii and not adds_zero_in_heap(values)


def as_values(values):
    if isinstance(values, Ragged):
        return values.values
    return values.bytes if isinstance(values, Strings) else values


def same_image(found, data, where):
    if data is None:
        assert found is None, where
        return
    native = np.asarray(found, found.dtype.newbyteorder("="))
    assert native.shape == tuple(data.shape), where
    np.testing.assert_array_equal(native, data.numpy(), where)


# Judges


def sums_are_right(path):
    """The words of each HDU add up to -0, and those of its data to DATASUM (Appendix J)."""
    whole = raw_decoder.load(path)
    hdus = raw_decoder.read_hdus(whole)
    ends = [*(hdu.header_offset for hdu in hdus[1:]), len(whole)]
    for hdu, end in zip(hdus, ends, strict=True):
        assert word_sum(whole[hdu.header_offset : end]) == 2**32 - 1
        assert word_sum(whole[hdu.data_offset : end]) == int(hdu.keywords["DATASUM"])


def word_sum(data):
    """Ones' complement: what is carried out of the highest bit comes in at the lowest."""
    total = int(np.frombuffer(data, ">u4").sum(dtype="u8"))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def judged(path):
    """The kinds of errors that fitsverify finds."""
    if FITSVERIFY is None:
        pytest.skip("no fitsverify on PATH")
    lines = fitsverify(path, "-l").splitlines()
    found = [line for line in lines if line.startswith("*** Error")]
    return {re.sub(r"#\d+", "#", line) for line in found}


def verified(path):
    """The kinds of errors that `torchfits.verify` finds."""
    return {(error.rule, error.problem) for error in torchfits.verify(path).errors}


def plain_copy(source, target):
    """A copy without its outer compression, to be changed."""
    Path(target).write_bytes(raw_decoder.load(source))
    return target
