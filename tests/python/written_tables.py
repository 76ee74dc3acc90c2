# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of written tables share: values of every type, and what is in a file."""

from __future__ import annotations

import io

import numpy as np
import raw_decoder
import torch
from astropy.io import fits
from comparison import assert_same_bits
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import torchfits
from torchfits import Ragged, Strings, Table

INTEGERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
NUMBERS = [*INTEGERS, "float32", "float64", "complex64", "complex128"]
FORMS = {"bool": "L", "uint8": "B", "int8": "B", "uint16": "I", "int16": "I", "uint32": "J",
         "int32": "J", "uint64": "K", "int64": "K", "float32": "E", "float64": "D",
         "complex64": "C", "complex128": "M"}  # fmt: skip
OFFSETS = {"int8": -128, "uint16": 2**15, "uint32": 2**31, "uint64": 2**63}


def numbers(dtype, shape):
    """Values of a type, its limits among them."""
    rng = np.random.default_rng(7)
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if dtype.startswith("complex"):
        return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)
    if dtype.startswith("float"):
        return rng.normal(0, 1e3, shape).astype(dtype)
    limits = np.iinfo(dtype)
    values = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    if values.size:
        values.flat[0], values.flat[-1] = limits.min, limits.max
    return values


def table_hdu(path, number=1):
    """The HDU as the independent reader sees it."""
    return raw_decoder.read_hdus(raw_decoder.load(path))[number]


def raw_columns(path):
    return {column.name: column for column in raw_decoder.columns(table_hdu(path))}


def astropy_rows(path, hdu=1):
    """With checksums verified: a wrong one is a warning, and warnings are errors here."""
    f = fits.open(io.BytesIO(path.read_bytes()), checksum=True)
    f.verify("exception")
    return f[hdu].data, f[hdu].header


def same_values(found, expected):
    np.testing.assert_array_equal(np.asarray(found), expected)


def same_bits(one, other):
    """As `assert_same_bits`, which views no tensor without elements."""
    if one.numel() or other.numel():
        assert_same_bits(one, other)
    assert (one.dtype, one.shape) == (other.dtype, other.shape)


def same_column(one, other):
    """Equal to the last bit, whatever kind of column it is."""
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        same_bits(one, other)
    elif isinstance(one, Ragged):
        assert torch.equal(one.offsets, other.offsets)
        same_bits(one.values, other.values)
    else:
        assert one.shape == other.shape
        same_bits(one.bytes, other.bytes)
        assert (one.offsets is None) == (other.offsets is None)
        assert one.offsets is None or torch.equal(one.offsets, other.offsets)


def round_trip(table, **options):
    file = io.BytesIO()
    torchfits.write(file, table, **options)
    return torchfits.read(file.getvalue(), 1, columns=list(table))


# Any table


DTYPES_OF_ARRAYS = st.sampled_from([*NUMBERS, "bool"])
BYTES = st.integers(0, 255)


@st.composite
def columns_of(draw, rows, letters):
    kind = draw(st.sampled_from(["plain", "masked", "text", "ragged"]))
    if kind == "text":
        width = draw(st.integers(0, 5))
        return Strings(
            torch.from_numpy(draw(hnp.arrays("u1", (rows, width), elements=letters))).clone()
        ), None
    dtype = draw(DTYPES_OF_ARRAYS)
    if kind == "ragged":
        lengths = draw(st.lists(st.integers(0, 5), min_size=rows, max_size=rows))
        flat = torch.from_numpy(draw(hnp.arrays(dtype, sum(lengths))))
        return Ragged(flat, torch.tensor([0, *lengths]).cumsum(0)), None
    cell = tuple(draw(st.lists(st.integers(0, 3), max_size=2)))
    values = torch.from_numpy(draw(hnp.arrays(dtype, (rows, *cell))))
    if kind == "masked" and dtype in INTEGERS:
        return values, torch.from_numpy(draw(hnp.arrays("bool", (rows, *cell))))
    return values, None


@st.composite
def tables(draw, letters=BYTES):
    """Any table; the bytes of its text are `letters`."""
    rows = draw(st.integers(0, 6))
    drawn = draw(st.lists(columns_of(rows, letters), max_size=5))
    named = {f"C{i}": column for i, column in enumerate(drawn)}
    masks = {name: mask for name, (_, mask) in named.items() if mask is not None}
    return Table({name: values for name, (values, _) in named.items()}, masks=masks)
