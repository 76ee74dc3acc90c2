# SPDX-License-Identifier: BSD-3-Clause
"""Random groups (FITS 4.0 section 6): a table with a row for each group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import raw_decoder
import text_decoder
import torch
from astropy.io import fits
from comparison import assert_same
from corpus_files import corpus_paths
from fits_bytes import BITPIX, axes_cards, card, image, make_hdu

import torchfits

pytestmark = pytest.mark.filterwarnings("ignore:.*written as a float:torchfits.FITSWarning")


def groups(
    parameters: np.ndarray, arrays: np.ndarray, extra: Sequence[bytes] = (), names: str = ""
) -> bytes:
    """A file of random groups: parameters `[groups, PCOUNT]`, arrays `[groups, ...]`."""
    count = len(arrays)
    rows = np.concatenate([parameters, arrays.reshape(count, -1)], axis=1)
    kind = arrays.dtype
    cards = [card("SIMPLE", True)]
    cards += axes_cards(BITPIX[f"{kind.kind}{kind.itemsize}"], (0, *arrays.shape[:0:-1]))
    cards += [card("GROUPS", True), card("PCOUNT", parameters.shape[1]), card("GCOUNT", count)]
    cards += [card(f"PTYPE{i}", name) for i, name in enumerate(names.split(), 1)]
    return make_hdu([*cards, *extra], rows.astype(kind.newbyteorder(">")).tobytes())


PARAMETERS = np.arange(12).reshape(4, 3)
ARRAYS = np.arange(24).reshape(4, 2, 3)


@pytest.mark.parametrize("kind", sorted(BITPIX))
def test_t86_parameters_and_arrays_of_every_bitpix(kind: str) -> None:
    got = torchfits.read(groups(PARAMETERS.astype(kind), ARRAYS.astype(kind), names="UU VV BASE"))
    assert got.names == ["UU", "VV", "BASE", "DATA"]
    for i, name in enumerate(("UU", "VV", "BASE")):
        assert_same(got[name], PARAMETERS[:, i].astype(kind))
    assert_same(got["DATA"], ARRAYS.astype(kind))
    assert all(got.null_mask(name) is None for name in got.names)


def test_t86_the_next_hdu_lies_behind_all_groups() -> None:
    file = groups(PARAMETERS.astype("i2"), ARRAYS.astype("i2"), names="A B C")
    with torchfits.open(file + image(np.arange(3, dtype="u1"), extension=True, name="NEXT")) as f:
        assert f["NEXT"].read().tolist() == [0, 1, 2]
        assert f[0].kind == "random_groups"


def test_t84_t85_keywords_are_found_in_any_case_and_belong_to_their_hdu() -> None:
    extra = [card("pscal2", 0.5), card("PZERO2", 3)]
    file = groups(PARAMETERS.astype("i2"), ARRAYS.astype("i2"), extra, names="A B C")
    file += image(np.arange(3, dtype="i2"), [card("INHERIT", True)], extension=True)
    got = torchfits.read(file)
    assert_same(got["B"], 3 + 0.5 * PARAMETERS[:, 1])
    assert got["A"].dtype == torch.int16
    assert torchfits.read(file, 1).tolist() == [0, 1, 2]


def test_scaling_of_parameters_and_of_the_array() -> None:
    extra = [card("PSCAL1", 2.0), card("PZERO3", 2450000.5), card("BSCALE", 0.5), card("BZERO", 1)]
    file = groups(PARAMETERS.astype("f4"), ARRAYS.astype("f4"), extra, names="A B C")
    got = torchfits.read(file)
    assert_same(got["A"], 2.0 * PARAMETERS[:, 0])
    assert_same(got["B"], PARAMETERS[:, 1].astype("f4"))
    assert_same(got["C"], 2450000.5 + PARAMETERS[:, 2])
    assert_same(got["DATA"], (1 + 0.5 * ARRAYS).astype("f4"))
    stored = torchfits.read(file, scaled=False)
    assert_same(stored["C"], PARAMETERS[:, 2].astype("f4"))
    assert_same(stored["DATA"], ARRAYS.astype("f4"))


def test_blank_pixels_are_nan_and_null() -> None:
    file = groups(PARAMETERS.astype("i2"), ARRAYS.astype("i2"), [card("BLANK", 7)], names="A B C")
    got = torchfits.read(file)
    assert_same(got["DATA"], np.where(ARRAYS == 7, np.nan, ARRAYS).astype("f4"))
    assert_same(got.null_mask("DATA"), ARRAYS == 7)
    assert got["B"].tolist() == [1, 4, 7, 10]


def test_parameters_of_one_name_are_added_in_double() -> None:
    days = np.array([[2445728.5, 0.25], [2445729.5, 0.125], [2445730.5, 2.0**-24]])
    parameters = np.stack([days[:, 0] - 2445728.5, [7, 8, 9], days[:, 1]], axis=1)
    extra = [card("PZERO1", 2445728.5)]
    file = groups(parameters.astype("f4"), np.zeros((3, 1), "f4"), extra, names="DATE UU DATE")
    got = torchfits.read(file)
    assert got.names == ["DATE", "DATE_1", "UU", "DATE_2", "DATA"]
    assert_same(got["DATE"], days[:, 0] + days[:, 1])
    assert_same(got["DATE_1"], days[:, 0])
    assert_same(got["DATE_2"], days[:, 1].astype("f4"))
    assert torchfits.read(file, columns="DATE", rows=[2, 0]).tolist() == [
        2445730.5 + 2.0**-24,
        2445728.75,
    ]
    # The stored numbers mean nothing when added: the sum is that of the values, always.
    stored = torchfits.read(file, scaled=False)
    assert_same(stored["DATE"], days[:, 0] + days[:, 1])
    assert_same(stored["DATE_1"], parameters[:, 0].astype("f4"))


def test_names_of_parameters() -> None:
    parameters = np.arange(12).reshape(2, 6).astype("i2")
    file = groups(parameters, np.zeros((2, 1), "i2"), names="DATA x X")
    got = torchfits.read(file)
    assert got.names == ["DATA_2", "x", "x_1", "X_2", "COL4", "COL5", "COL6", "DATA"]
    assert got["x"].tolist() == [1 + 2, 7 + 8]
    assert got["X_2"].tolist() == [2, 8]
    assert got["DATA"].shape == (2, 1)


def test_without_parameters_or_with_arrays_of_one_number() -> None:
    none = torchfits.read(groups(np.zeros((4, 0), "f4"), ARRAYS.astype("f4")))
    assert none.names == ["DATA"]
    file = groups(PARAMETERS.astype("f4"), np.arange(4, dtype="f4"), names="A B C")
    assert torchfits.read(file)["DATA"].tolist() == [0, 1, 2, 3]


def test_as_every_other_table() -> None:
    extra = [card("BUNIT", "JY"), card("EXTNAME", "UV")]
    file = groups(PARAMETERS.astype("f4"), ARRAYS.astype("f4"), extra, names="A B C")
    with torchfits.open(file) as f:
        hdu = f[0]
        assert (hdu.kind, hdu.shape, hdu.dtype, len(hdu)) == ("random_groups", (4, 2, 3), None, 4)
        assert [c.name for c in hdu.columns] == ["A", "B", "C", "DATA"]
        assert hdu.columns[3].shape == (2, 3)
        assert hdu.columns[3].unit == "JY"
        assert hdu["A"].tolist() == [0, 3, 6, 9]
        assert hdu["DATA", 1:3].tolist() == ARRAYS[1:3].tolist()
        assert hdu[2]["C"] == 8
        assert hdu[[3, 3, 0]]["DATA"].tolist() == ARRAYS[[3, 3, 0]].tolist()
        assert "random_groups [4, 2, 3]" in repr(hdu)
        assert "random_groups [4, 2, 3]" in str(f.info())
    assert torchfits.read(file, columns=["C"], rows=slice(None, None, -2))["C"].tolist() == [11, 5]
    for keyword in ({"section": (0,)}, {"dtype": torch.float32}):
        with pytest.raises(TypeError, match="random_groups"):
            torchfits.read(file, 0, **keyword)
    with pytest.raises(torchfits.FITSError, match="'DATE'.*A, B, C, DATA"):
        torchfits.read(file, columns="DATE")


def test_bad_headers_are_errors() -> None:
    file = groups(
        PARAMETERS.astype("f4"), ARRAYS.astype("f4"), [card("PSCAL2", "x")], names="A B C"
    )
    with pytest.raises(torchfits.FormatError, match="PSCAL2 is not a finite number"):
        torchfits.read(file)
    cards = [card("SIMPLE", True), *axes_cards(8, (0, 2)), card("GROUPS", True)]
    many = make_hdu([*cards, card("PCOUNT", 10**12), card("GCOUNT", 1)])
    with pytest.raises(torchfits.UnsupportedError, match="PCOUNT = 1000000000000"):
        torchfits.read(many)
    short = make_hdu([*cards, card("PCOUNT", 1), card("GCOUNT", 10**6)], b"abc")
    with pytest.raises(torchfits.TruncatedError):
        torchfits.read(short)


# ---------------------------------------------------------------------------------- real files


def real_files() -> list[object]:
    found = [
        pytest.param(path, id=path.name)
        for path in corpus_paths("groups")
        if raw_decoder.read_hdus(raw_decoder.load(path))[0].kind == "random_groups"
    ]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason="no corpus"))]


@pytest.mark.parametrize("path", real_files())
def test_real_groups(path: Path) -> None:
    hdu = raw_decoder.read_hdus(raw_decoder.load(path))[0]
    parameters = text_decoder.group_parameters(hdu)
    got = torchfits.read(path)
    names = [name for name, _ in parameters]
    for name in dict.fromkeys(names):
        same = [values for other, values in parameters if other == name]
        if len(same) == 1:
            assert_same(got[name], same[0], name)
            continue
        assert_same(got[name], np.sum([v.astype("f8") for v in same], axis=0), name)
        for number, values in enumerate(same, 1):
            assert_same(got[f"{name}_{number}"], values, name)
    repeated = {name for name in names if names.count(name) > 1}
    assert len(got.names) == len(names) + len(repeated) + 1
    assert_same(got["DATA"], text_decoder.group_array(hdu))


@pytest.mark.parametrize("path", real_files())
@pytest.mark.filterwarnings("ignore")
def test_real_groups_as_astropy_reads_them(path: Path) -> None:
    got = torchfits.read(path)
    with fits.open(path) as hdus:
        data = hdus[0].data
        for name in {name for name in data.parnames if not name.startswith("_")}:
            theirs = np.asarray(data.par(name), np.float64)
            assert np.allclose(got[name].double().numpy(), theirs, rtol=1e-6, atol=0), name
        theirs = np.asarray(data.data, np.float32)
        if "BLANK" not in hdus[0].header:
            assert np.array_equal(got["DATA"].numpy(), theirs)
