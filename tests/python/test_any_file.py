# SPDX-License-Identifier: BSD-3-Clause
"""Any image, header and table, all in one file: what is written, and what others say of it."""

import numpy as np
import pytest
import torch
import whole_files
from header_strategies import COMMENTS, KEYWORDS, VALUES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from written_tables import INTEGERS, tables

import torchfits
from torchfits import Header

PRINTABLE = st.integers(32, 126)  # fitsverify and fitsio want no other text
TAKEN = ("EXTNAME", "EXTVER", "EXTLEVEL")


def is_free(keyword):
    """Neither says it what the data are, nor has it a meaning that a value may miss."""
    patterns = (whole_files.DESCRIBING, whole_files.OF_ARRAYS, whole_files.OF_COLUMNS)
    return keyword not in TAKEN and not any(p.fullmatch(keyword) for p in patterns)


CARDS = st.tuples(KEYWORDS.filter(is_free), VALUES, COMMENTS)
HEADERS = st.lists(CARDS, max_size=6, unique_by=lambda card: card[0]).map(Header)


@st.composite
def images(draw):
    """Tensors and arrays of any dtype, shape and strides."""
    dtype = draw(st.sampled_from([*INTEGERS, "float32", "float64"]))
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
    array = draw(hnp.arrays(dtype, shape))
    array = array.transpose(draw(st.permutations(range(array.ndim))))
    array = array[tuple(slice(None, None, draw(st.integers(1, 3))) for _ in array.shape)]
    kind = draw(st.sampled_from(["tensor", "expanded", "array", "flipped"]))
    if kind == "flipped":
        return array[::-1]
    if kind == "array":
        return array.astype(array.dtype.newbyteorder(draw(st.sampled_from("<>"))))
    tensor = torch.from_numpy(array)
    return tensor.expand(3, *tensor.shape) if kind == "expanded" else tensor


def as_tensor(data):
    if data is None or isinstance(data, torchfits.Table):
        return data
    array = np.asarray(data)
    return torch.from_numpy(np.array(array, array.dtype.newbyteorder("="), order="C"))


CONTENTS = st.one_of(st.none(), images(), tables(PRINTABLE))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "any.fits"


@given(items=st.lists(st.tuples(CONTENTS, HEADERS), min_size=1, max_size=4), sums=st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file(path, items, sums):
    torchfits.write(path, items, overwrite=True, checksum=sums)
    items = [(as_tensor(data), header) for data, header in items]
    if isinstance(items[0][0], torchfits.Table):
        items.insert(0, (None, Header()))
    for (again, _), (data, _) in zip(whole_files.read_all(path), items, strict=True):
        whole_files.same_data(again, data)
    for cards, (data, header) in zip(whole_files.cards_of(path), items, strict=True):
        given_cards = whole_files.cards_of_header(header)
        assert whole_files.kept_cards(cards, data) == given_cards
    if sums:
        whole_files.sums_are_right(path)
    whole_files.astropy_finds(path, [data for data, _ in items])
    whole_files.fitsio_finds(path, [data for data, _ in items])
    assert whole_files.verified(path) == set()
    assert whole_files.judged(path) == set()
