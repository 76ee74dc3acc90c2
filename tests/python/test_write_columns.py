# SPDX-License-Identifier: BSD-3-Clause
"""Columns of written tables: what astropy, fitsio and the raw bytes say of them."""

import io

import fits_bytes
import fitsio
import numpy as np
import pytest
import raw_decoder
import torch
from astropy.io import fits
from written_tables import (
    FORMS,
    INTEGERS,
    NUMBERS,
    OFFSETS,
    astropy_rows,
    numbers,
    raw_columns,
    same_column,
    same_values,
    table_hdu,
)

import torchfits
from torchfits import Ragged, Strings, Table


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.fits"


# Numbers


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("dtype", [*NUMBERS, "bool"])
def test_every_dtype_is_read_equal_by_others(path, dtype, checksum):
    values = numbers(dtype, 1000)
    torchfits.write(path, Table({"A": torch.from_numpy(values)}), checksum=checksum)
    rows, header = astropy_rows(path)
    same_values(rows["A"], values)
    assert header["TFORM1"] == f"1{FORMS[dtype]}"
    assert header.get("TZERO1", 0) == OFFSETS.get(dtype, 0)
    same_values(fitsio.read(path, 1)["A"], values)
    raw = raw_columns(path)["A"].values
    assert raw.dtype == values.dtype
    same_values(raw, values)


@pytest.mark.parametrize("shape", [(4, 1), (4, 3), (4, 2, 3), (4, 2, 1, 3), (0,), (0, 3)])
@pytest.mark.parametrize("dtype", ["int16", "uint32", "float64", "complex64", "bool"])
def test_cells_of_every_shape(path, dtype, shape):
    values = numbers(dtype, shape)
    torchfits.write(path, {"A": values, "B": np.arange(shape[0])})
    same_values(raw_columns(path)["A"].values, values)
    assert raw_columns(path)["A"].values.shape == shape
    same_values(astropy_rows(path)[0]["A"], values)
    if shape[0]:
        # fitsio does not keep an axis of 1.
        same_values(fitsio.read(path, 1)["A"].reshape(shape), values)
    same_column(torchfits.read(path, 1)["A"], torch.from_numpy(values))


@pytest.mark.parametrize("shape", [(3, 0), (3, 2, 0), (3, 0, 2)])
def test_t53_cells_without_elements_leave_the_next_column_alone(path, shape):
    torchfits.write(path, {"A": np.zeros(shape, "i4"), "B": np.arange(3), "C": np.zeros((3, 0))})
    same_values(raw_columns(path)["B"].values, np.arange(3))
    with fits.open(path) as f:
        same_values(f[1].data["B"], np.arange(3))
    table = torchfits.read(path, 1)
    assert tuple(table["A"].shape) == shape
    assert tuple(table["C"].shape) == (3, 0)
    assert table["B"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [("float16", "float32"), ("bfloat16", "float32"), ("complex32", "complex64")],
)
@pytest.mark.filterwarnings("ignore:ComplexHalf")
def test_short_floats_are_widened(path, dtype, stored):
    values = torch.tensor([1.5, -2.25, 0.1]).to(getattr(torch, dtype))
    torchfits.write(path, Table({"A": values}))
    expected = values.to(getattr(torch, stored))
    same_column(torchfits.read(path, 1)["A"], expected)
    same_values(astropy_rows(path)[0]["A"], expected.numpy())


def test_t99_any_strides(path):
    base = torch.arange(24, dtype=torch.int32)
    columns = {
        "STEP": base[::4],
        "TURNED": base.reshape(4, 6).T,
        "EXPANDED": torch.tensor([7]).expand(6),
        "CELLS": torch.tensor([[1.0], [2.0]]).expand(2, 6).T,
        "CONJ": torch.randn(6, dtype=torch.complex64).conj(),
        "GRAD": torch.ones(6, requires_grad=True),
        "TEXT": Strings(torch.randint(65, 90, (12, 8), dtype=torch.uint8)[::2, ::2]),
    }
    torchfits.write(path, Table(columns))
    rows, _ = astropy_rows(path)
    for name in ("STEP", "TURNED", "EXPANDED", "CELLS", "CONJ", "GRAD"):
        same_values(rows[name], columns[name].detach().resolve_conj().numpy())
    assert rows["TEXT"].tolist() == columns["TEXT"].to_list()


def test_many_rows_in_many_blocks(path):
    rng = np.random.default_rng(3)
    rows = 200_000
    columns = {"A": rng.integers(0, 255, rows, "u1"), "B": rng.normal(size=(rows, 3)),
               "C": rng.integers(0, 60000, rows, "u2"), "D": rng.random(rows) < 0.5,
               "E": rng.integers(65, 90, (rows, 5), "u1").view("S5")[:, 0]}  # fmt: skip
    for threads in (1, 3):
        torchfits.set_num_threads(threads)
        torchfits.write(path, columns, checksum=True, overwrite=True)
        torchfits.set_num_threads(0)
        found, _ = astropy_rows(path)
        for name in "ABCD":
            same_values(found[name], columns[name])
        same_values(np.char.encode(found["E"]), columns["E"])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_columns_are_written(path):
    values, mask = torch.arange(6).reshape(3, 2), torch.tensor([[False, True]] * 3)
    columns = {"A": values.T.contiguous().T, "B": Ragged.from_list([[1.5], [], [2.5, 3.5]]),
               "C": Strings.from_list(["a", "b", "c"])}  # fmt: skip
    torchfits.write(path, Table(columns, masks={"A": mask}).to("cuda"))
    table = torchfits.read(path, 1)
    assert torch.equal(table.null_mask("A"), mask)
    assert table["A"][:, 0].tolist() == [0, 2, 4]
    same_column(table["B"], columns["B"])
    same_column(table["C"], columns["C"])


# Nulls


@pytest.mark.parametrize("dtype", INTEGERS)
def test_masked_integers_get_a_tnull_that_no_value_takes(path, dtype):
    values = numbers(dtype, (40, 2))
    mask = np.random.default_rng(1).random((40, 2)) < 0.3
    mask[0, 0] = mask[-1, -1] = False
    table = Table({"A": torch.from_numpy(values)}, masks={"A": torch.from_numpy(mask)})
    torchfits.write(path, table)
    column = raw_columns(path)["A"]
    same_values(column.nulls, mask)
    same_values(column.values[~mask], values[~mask])
    same_values(astropy_rows(path)[0]["A"][~mask], values[~mask])
    again = torchfits.read(path, 1)
    same_values(again.null_mask("A").numpy(), mask)
    same_values(again["A"].numpy()[~mask], values[~mask])


def test_t42_tnull_is_the_old_one_unless_a_value_took_it(path):
    stored = np.array([1, -99, 3], ">i4").view("u1").reshape(3, 4)
    hdu = fits_bytes.table([("A", "J", stored)], [fits_bytes.card("TNULL1", -99)])
    table = torchfits.read(fits_bytes.empty_primary() + hdu)
    torchfits.write(path, table)
    assert astropy_rows(path)[1]["TNULL1"] == -99
    assert raw_columns(path)["A"].nulls.tolist() == [False, True, False]
    table["A"][0] = -99  # not masked: a value like others
    torchfits.write(path, table, overwrite=True)
    assert astropy_rows(path)[1]["TNULL1"] == -(2**31)
    assert raw_columns(path)["A"].nulls.tolist() == [False, True, False]
    assert raw_columns(path)["A"].values.tolist()[0] == -99


def test_a_column_without_nulls_keeps_its_tnull(path):
    stored = np.array([1, 2, 3], ">i4").view("u1").reshape(3, 4)
    hdu = fits_bytes.table([("A", "J", stored)], [fits_bytes.card("TNULL1", -99)])
    table = torchfits.read(fits_bytes.empty_primary() + hdu)
    torchfits.write(path, table)
    assert astropy_rows(path)[1]["TNULL1"] == -99
    torchfits.write(path, table._with_nulls("raw"), overwrite=True)
    assert "TNULL1" not in astropy_rows(path)[1]


def test_a_column_that_takes_every_value_has_none_left_for_null():
    mask = torch.zeros(257, dtype=torch.bool)
    mask[256] = True
    table = Table({"A": torch.arange(257).to(torch.uint8)}, masks={"A": mask})
    with pytest.raises(ValueError, match=r"column 'A': every value of uint8 occurs"):
        torchfits.write(io.BytesIO(), table)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_masked_floats_are_nan(path, dtype):
    values = torch.from_numpy(numbers(dtype, (3, 2)))
    mask = torch.tensor([[False, True], [True, False], [False, False]])
    torchfits.write(path, Table({"A": values}, masks={"A": mask}))
    rows, header = astropy_rows(path)
    assert "TNULL1" not in header
    same_values(np.isnan(rows["A"]), mask.numpy())
    same_values(rows["A"][~mask.numpy()], values[~mask].numpy())


def test_t49_masked_logicals_are_the_byte_0(path):
    values = torch.tensor([[True, True], [False, False]])
    mask = torch.tensor([[False, True], [True, False]])
    torchfits.write(path, Table({"A": values}, masks={"A": mask}))
    assert table_hdu(path).data[:4] == b"T\0\0F"
    assert torch.equal(torchfits.read(path, 1).null_mask("A"), mask)


def test_masked_text_is_empty(path):
    names = ["abc", "de", "f"]
    mask = torch.tensor([False, True, False])
    ragged = Strings(torch.tensor(list(b"abcdef"), dtype=torch.uint8), torch.tensor([0, 3, 5, 6]))
    table = Table({"A": names, "B": ragged}, masks={"A": mask, "B": mask})
    torchfits.write(path, table)
    data = table_hdu(path).data
    assert data[:3] == b"abc"
    assert data[11:14] == b"\0\0\0"
    for reader in (torchfits.read(path, 1), astropy_rows(path)[0]):
        assert [str(text) for text in reader["A"]] == ["abc", "", "f"]
        assert ["".join(text) for text in reader["B"]] == ["abc", "", "f"]


# Text


def test_t40_bytes_of_text_are_kept(path):
    texts = [b"ab\0cd", b" x   ", b"\xe9\xff   ", b"     ", b"\0\0\0\0\0"]
    data = torch.frombuffer(bytearray(b"".join(texts)), dtype=torch.uint8).view(5, 5)
    torchfits.write(path, Table({"A": Strings(data)}))
    hdu = table_hdu(path)
    assert hdu.get("TFORM1") == "5A"
    assert hdu.data[:25] == b"".join(texts)
    same_column(torchfits.read(path, 1)["A"], Strings(data))


def test_text_in_every_shape(path):
    data = torch.randint(65, 90, (4, 2, 3, 5), dtype=torch.uint8)
    table = Table({"A": Strings(data), "ONE": Strings(data[:, :1, 0]), "NONE": [""] * 4,
                   "LETTER": ["a", "b", "c", "d"]})  # fmt: skip
    torchfits.write(path, table)
    rows, header = astropy_rows(path)
    assert (header["TFORM1"], header["TDIM1"]) == ("30A", "(5,3,2)")
    assert (header["TFORM2"], header["TDIM2"]) == ("5A", "(5,1)")
    expected = np.array(Strings(data).to_list())
    same_values(rows["A"], expected)
    same_values(np.char.strip(fitsio.read(path, 1)["A"].astype(str)), expected)
    assert rows["LETTER"].tolist() == ["a", "b", "c", "d"]
    again = torchfits.read(path, 1)
    for name in table:
        same_column(again[name], table[name])


def test_text_of_any_length(path):
    texts = [b"M31", b"", b"a-much-longer-name", b"x"]
    ends = np.cumsum([0, *map(len, texts)])
    joined = torch.frombuffer(bytearray(b"".join(texts)), dtype=torch.uint8)
    names = Strings(joined, torch.from_numpy(ends))
    torchfits.write(path, Table({"A": names}))
    hdu = table_hdu(path)
    assert hdu.get("TFORM1") == "1PA(18)"
    assert [cell.values[0] for cell in raw_decoder.cells(hdu, 1)] == names.to_list()
    assert ["".join(text) for text in astropy_rows(path)[0]["A"]] == names.to_list()
    same_column(torchfits.read(path, 1)["A"], names)


# Variable length


@pytest.mark.parametrize("dtype", [*NUMBERS, "bool"])
def test_cells_of_any_length(path, dtype):
    lengths = np.array([3, 0, 1, 40_000, 2, 0])
    flat = numbers(dtype, lengths.sum())
    ragged = Ragged(torch.from_numpy(flat), torch.from_numpy(np.cumsum([0, *lengths])))
    torchfits.write(path, Table({"A": ragged, "B": torch.arange(6)}), checksum=True)
    cells = np.split(flat, np.cumsum(lengths)[:-1])
    hdu = table_hdu(path)
    assert hdu.get("TFORM1") == f"1P{FORMS[dtype]}(40000)"
    assert hdu.get("PCOUNT") == flat.nbytes
    for raw, cell in zip(raw_decoder.cells(hdu, 1), cells, strict=True):
        assert raw.values.dtype == flat.dtype
        same_values(raw.values, cell)
    rows, _ = astropy_rows(path)
    if dtype not in OFFSETS:  # which both apply to some cells only, or not at all
        objects = fitsio.FITS(path, vstorage="object")[1].read()
        for i in range(6):
            same_values(rows["A"][i], cells[i])
            assert len(cells[i]) == 0 or np.array_equal(objects["A"][i], cells[i])
    same_values(rows["B"], np.arange(6))
    same_column(torchfits.read(path, 1)["A"], ragged)


def test_masked_elements_of_cells(path):
    values = torch.tensor([1, -32768, 32767, 4, 5], dtype=torch.int16)
    offsets = torch.tensor([0, 2, 2, 5])
    mask = torch.tensor([False, False, False, True, False])
    floats = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    table = Table(
        {"A": Ragged(values, offsets), "B": Ragged(floats, offsets)},
        masks={"A": Ragged(mask, offsets), "B": Ragged(mask, offsets)},
    )
    torchfits.write(path, table)
    hdu = table_hdu(path)
    assert hdu.get("TNULL1") == -32767
    found = raw_decoder.cells(hdu, 1)[2]
    assert found.nulls.tolist() == [False, True, False]
    assert found.values[[0, 2]].tolist() == [32767, 5]
    assert np.isnan(raw_decoder.cells(hdu, 2)[2].values).tolist() == [False, True, False]
    assert torchfits.read(path, 1).null_mask("A").values.tolist() == mask.tolist()


def test_t56_cells_without_elements(path):
    empty = Ragged(torch.zeros(0), torch.zeros(4, dtype=torch.int64))
    none = Ragged(torch.zeros(0), torch.zeros(1, dtype=torch.int64))
    torchfits.write(path, [Table({"A": empty}), Table({"A": none})])
    with fits.open(path) as f:
        assert [len(cell) for cell in f[1].data["A"]] == [0, 0, 0]
        assert (f[1].header["PCOUNT"], len(f[2].data)) == (0, 0)


def test_t58_tdim_of_cells_stays_where_it_fits(path):
    heap = np.arange(12, dtype=">i2").tobytes()
    fields = fits_bytes.field([[6, 0], [6, 12]], "i4")
    cards = [fits_bytes.card("TDIM1", "(3,2)")]
    hdu = fits_bytes.table([("A", "PI(6)", fields)], cards, heap=heap)
    table = torchfits.read(fits_bytes.empty_primary() + hdu)
    torchfits.write(path, table)
    assert table_hdu(path).get("TDIM1") == "(3,2)"
    assert np.array(astropy_rows(path)[0]["A"][1]).shape == (2, 3)
    torchfits.write(path, table[[0]], overwrite=True)
    assert table_hdu(path).get("TDIM1") == "(3,2)"


# Bits


def test_t48_bits_stay_bits(path):
    bits = np.array([[0xA5, 0xC0], [0x01, 0x40]], np.uint8)
    heap = bytes([0b1010_0000, 0b1111_1111, 0b1000_0000])
    places = fits_bytes.field([[3, 0], [9, 1]], "i4")
    hdu = fits_bytes.table([("X", "10X", bits), ("Y", "PX(9)", places)], heap=heap)
    table = torchfits.read(fits_bytes.empty_primary() + hdu)
    torchfits.write(path, table)
    written = table_hdu(path)
    assert (written.get("TFORM1"), written.get("TFORM2")) == ("10X", "1PX(9)")
    assert written.data[0:2] + written.data[10:12] == bits.tobytes()
    assert written.data[20:] == heap
    expected = np.unpackbits(bits, axis=1)[:, :10].astype(bool)
    same_values(fitsio.FITS(path)[1]["X"][:], expected)
    again = torchfits.read(path, 1)
    for name in table:
        same_column(again[name], table[name])


# What is known of the columns


def test_words_of_the_columns_are_kept(path):
    values = fits_bytes.field([1, 2], "i2")
    cards = [
        fits_bytes.card("TUNIT1", "mag"), fits_bytes.card("TDISP1", "I5"),
        fits_bytes.card("TNULL1", -1), fits_bytes.card("TUCD1", "phot.mag"),
        fits_bytes.card("OBSERVER", "HUBBLE"), fits_bytes.card("EXTVER", 3),
    ]  # fmt: skip
    hdu = fits_bytes.table([("Mag", "I", values)], cards, name="CAT")
    table, header = torchfits.read(fits_bytes.empty_primary() + hdu, header=True)
    torchfits.write(path, table, header=header)
    found = astropy_rows(path)[1]
    words = ("TTYPE1", "TUNIT1", "TDISP1", "TNULL1", "TUCD1", "OBSERVER", "EXTNAME", "EXTVER")
    assert [found[word] for word in words] == [
        "Mag", "mag", "I5", -1, "phot.mag", "HUBBLE", "CAT", 3,
    ]  # fmt: skip
    assert all(found.count(word) == 1 for word in found)


def test_the_comment_of_a_name_is_kept(path):
    hdu = fits_bytes.table([("A", "B", fits_bytes.field([1], "u1"))])
    hdu = hdu.replace(fits_bytes.card("TTYPE1", "A"), fits_bytes.card("TTYPE1", "A", "of stars"))
    torchfits.write(path, torchfits.read(fits_bytes.empty_primary() + hdu))
    assert astropy_rows(path)[1].comments["TTYPE1"] == "of stars"


def test_scaled_columns_are_written_as_the_floats_that_they_mean(path):
    values = fits_bytes.field([1, 2, -9], "i2")
    cards = [fits_bytes.card("TSCAL1", 0.5), fits_bytes.card("TZERO1", 10.0)]
    cards += [fits_bytes.card("TNULL1", -9), fits_bytes.card("TDISP1", "I5")]
    table = torchfits.read(
        fits_bytes.empty_primary() + fits_bytes.table([("A", "I", values)], cards)
    )
    torchfits.write(path, table)
    rows, header = astropy_rows(path)
    assert header["TFORM1"] == "1D"
    assert not {"TSCAL1", "TZERO1", "TNULL1", "TDISP1"} & set(header)
    same_values(rows["A"], [10.5, 11.0, np.nan])


def test_units_of_a_new_table(path):
    torchfits.write(path, Table({"A": torch.ones(2)}, units={"A": "km/s"}), name="V")
    rows, header = astropy_rows(path)
    assert (header["TUNIT1"], header["EXTNAME"]) == ("km/s", "V")
    assert rows.columns["A"].unit == "km/s"
