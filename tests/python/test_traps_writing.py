# SPDX-License-Identifier: BSD-3-Clause
"""Traps of writing and updating; the numbers are those of docs/choices.md."""

import astropy.table
import fitsio
import numpy as np
import pytest
import torch
import whole_files
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import MaskedColumn, QTable
from astropy.time import Time

import torchfits
from torchfits import Ragged, Table


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.fits"


def test_t11_cards_of_the_old_scaling_do_not_come_back(path):
    stored = fits.PrimaryHDU(np.array([1, 2, -9], "i2"))
    stored.header.update({"BSCALE": 0.5, "BZERO": 10.0, "BLANK": -9, "OBJECT": "M 13"})
    stored.writeto(path)
    image, header = torchfits.read(path, header=True)
    torchfits.write(path, image, header=header, overwrite=True)
    with fits.open(path) as f:
        assert not {"BSCALE", "BZERO", "BLANK"} & set(f[0].header)
        assert f[0].header["OBJECT"] == "M 13"
        np.testing.assert_array_equal(f[0].data, [10.5, 11.0, np.nan])


@pytest.mark.parametrize(
    ("dtype", "bitpix", "bzero"), [("uint16", 16, 2**15), ("int32", 32, 0), ("float32", -32, 0)]
)
def test_t13_a_new_image_brings_its_own_bitpix_and_zero(path, dtype, bitpix, bzero):
    old = fits.PrimaryHDU(np.array([1, 2], "u2"))
    old.header["OBJECT"] = "M 13"
    old.writeto(path)
    values = np.array([0, 1, 40_000], dtype)
    with torchfits.open(path, "r+") as f:
        f[0] = torch.from_numpy(values)
    with fits.open(path, do_not_scale_image_data=True) as f:
        header = f[0].header
        assert (header["BITPIX"], header.get("BZERO", 0)) == (bitpix, bzero)
        assert header["OBJECT"] == "M 13"
    np.testing.assert_array_equal(fits.getdata(path), values)


def test_t41_editing_a_header_leaves_the_text_of_the_table_alone(path):
    letters = b"a\0\0bc\0 d  \0x"
    text = np.frombuffer(letters, "u1").reshape(4, 3).copy()
    torchfits.write(path, Table({"A": torchfits.Strings(torch.from_numpy(text))}))
    with torchfits.open(path, "r+") as f:
        f[1].header["OBJECT"] = "M 13"
        assert f[1]["A"].to_list() == ["a", "bc", " d", ""]
    assert path.read_bytes()[2 * 2880 :].startswith(letters)


def test_t60_edited_cells_of_any_length_are_written(path):
    cells = [[1, 2, 3], [], [4], [5, 6]]
    torchfits.write(path, Table({"V": Ragged.from_list(cells), "N": torch.arange(4)}))
    with torchfits.open(path, "r+") as f:
        f[1]["V", 1] = torch.tensor([-7, -8, -9, -10])  # longer
        f[1]["V", 3] = torch.tensor([0])  # shorter
        f[1]["V", 0] = torch.tensor([], dtype=torch.int64)
    expected = [[], [-7, -8, -9, -10], [4], [0]]
    assert cells_by_others(path) == [expected, expected]
    columns = torchfits.read(path)
    columns["V"].values[0] = 99
    torchfits.write(path, columns, overwrite=True)
    expected[1][0] = 99
    assert cells_by_others(path) == [expected, expected]


@pytest.mark.parametrize("rows", [slice(1, 3), slice(None, None, -1), [3, 0, 3], []], ids=str)
def test_t60_cells_of_selected_rows_are_their_own(path, rows):
    cells = [[1, 2, 3], [], [4], [5, 6]]
    torchfits.write(path, Table({"V": Ragged.from_list(cells), "N": torch.arange(4)}))
    chosen = cells[rows] if isinstance(rows, slice) else [cells[row] for row in rows]
    whole = torchfits.read(path)
    with torchfits.open(path) as f:
        for some in (whole[rows], f[1].read(rows=rows), f[1]["V", "N"][rows]):
            assert some["V"].to_list() == chosen
            torchfits.write(path.with_name("some.fits"), some, overwrite=True)
            assert cells_by_others(path.with_name("some.fits"))[0] == chosen
        assert f[1]["V", rows].to_list() == chosen


def cells_by_others(path):
    """Cells of the column V as astropy reads them, and fitsio where there is a row."""
    with fits.open(path) as f:
        found = [[cell.tolist() for cell in f[1].data["V"]]]
    with fitsio.FITS(path, vstorage="object") as f:
        # An empty cell is None to fitsio.
        rows = f[1]["V"].read() if f[1].get_nrows() else []
        found.append([[] if cell is None else cell.tolist() for cell in rows])
    return found


def test_t64_nan_and_empty_text_are_nulls_where_a_condition_or_a_table_says_so(path):
    torchfits.write(path, {"X": np.array([1.5, np.nan], "f4"), "S": ["a", ""], "N": [1, 2]})
    columns = torchfits.read(path)
    assert [columns.null_mask(name) for name in columns] == [None, None, None]
    assert columns.filter("isnull(X)")["N"].tolist() == [2]
    assert len(columns.filter("isnull(S)")) == 0
    theirs = astropy.table.Table.read(path)
    assert [theirs[name].mask.tolist() for name in "XS"] == [[False, True]] * 2


def test_t64_masks_of_astropy_come_back(path):
    masked = astropy.table.Table(
        {
            "I": MaskedColumn([1, 2, 3], mask=[False, True, False], fill_value=-9, dtype="i2"),
            "X": MaskedColumn([1.0, 2.0, 3.0], mask=[False, False, True]),
            "S": MaskedColumn(["a", "b", "c"], mask=[True, False, False]),
        }
    )
    columns = Table.from_astropy(masked)
    for name in masked.colnames:
        assert columns.null_mask(name).tolist() == masked[name].mask.tolist()
    torchfits.write(path, columns)
    again = astropy.table.Table.read(path)
    for name in masked.colnames:
        assert again[name].mask.tolist() == masked[name].mask.tolist()
        assert again[name].compressed().tolist() == masked[name].compressed().tolist()
    # astropy writes masked numbers with a sentinel of its own, masked floats as NaN.
    masked.write(path, overwrite=True)
    columns = torchfits.read(path)
    assert columns.null_mask("I").tolist() == [False, True, False]
    assert columns["I"][::2].tolist() == [1, 3]
    assert columns["X"].isnan().tolist() == [False, False, True]
    assert columns["S"].to_list() == ["", "b", "c"]


def test_t65_times_units_and_places_of_astropy_survive(path):
    times = Time([59000.5, 59001.25], format="mjd")
    places = SkyCoord([10.0, 20.0], [-5.0, 5.0], unit="deg")
    QTable({"T": times, "X": [1.5, 2.5] * units.m, "P": places}).write(path)
    assert any("serialized" in line for line in fits.getheader(path, 1)["COMMENT"])
    columns, header = torchfits.read(path, 1, header=True)
    torchfits.write(path, columns, header=header, overwrite=True)
    again = QTable.read(path, astropy_native=True)
    assert isinstance(again["T"], Time)
    np.testing.assert_array_equal(again["T"].mjd, times.mjd)
    np.testing.assert_array_equal(again["X"], [1.5, 2.5] * units.m)
    assert isinstance(again["P"], SkyCoord)
    np.testing.assert_array_equal(again["P"].ra.deg, [10.0, 20.0])


@pytest.mark.parametrize("of_image", [True, False])
def test_t83_cards_of_other_content_are_left_out(path, of_image):
    cards = {
        "BUNIT": "Jy",
        "DATAMAX": 5.0,
        "DATAMIN": 1.0,
        "TCTYP1": "RA",
        "TCRVL1": 1.0,
        "GAIN": 2,
    }
    torchfits.write(path, torch.ones(2, 2) if of_image else {"A": [1]}, header=cards)
    header = fits.getheader(path, 0 if of_image else 1)
    kept = ["BUNIT", "DATAMAX", "DATAMIN"] if of_image else ["TCTYP1", "TCRVL1"]
    assert [key for key in cards if key in header] == [*kept, "GAIN"]
    assert torchfits.verify(path).ok


@pytest.mark.parametrize(
    "data",
    [
        np.arange(70_000, dtype="u2").reshape(700, 100),  # beyond 64 kB, and unsigned
        np.arange(5, dtype=">i4"),
        Table({"A": Ragged.from_list([[1.5], [], [2.5, 3.5]]), "B": torch.tensor([True] * 3)}),
    ],
)
def test_t93_sums_are_right_whatever_is_summed(path, data):
    torchfits.write(path, [None, data], checksum=True)
    whole_files.sums_are_right(path)
    with torchfits.open(path, "r+") as f:
        f[1].header["OBJECT"] = "M 13"
        f[0].header["LONG"] = "x" * 4000
    whole_files.sums_are_right(path)
    assert [hdu.checksum for hdu in torchfits.verify(path).hdus] == ["right", "right"]


def test_t93_files_without_sums_get_none(path):
    torchfits.write(path, torch.ones(3))
    with torchfits.open(path, "r+") as f:
        f[0].header["OBJECT"] = "M 13"
    assert "CHECKSUM" not in fits.getheader(path)


def test_t99_memory_of_the_caller_is_not_changed(path):
    image = np.asfortranarray(np.array([[1.0, np.nan], [3.0, 4.0]], ">f4"))
    unaligned = np.frombuffer(b"x" + np.arange(4, dtype="f8").tobytes(), "u1")[1:].view("f8")
    image.flags.writeable = unaligned.flags.writeable = False
    before = image.tobytes(), unaligned.tobytes()
    torchfits.write(path, [image, (image, {}, "C"), {"A": unaligned}])
    torchfits.write(path, image, compress=True, overwrite=True)
    assert (image.tobytes(), unaligned.tobytes()) == before
    torchfits.write(path, [image, {"A": unaligned}], overwrite=True)
    np.testing.assert_array_equal(fits.getdata(path, 0), image)
    np.testing.assert_array_equal(fits.getdata(path, 1)["A"], unaligned)


def test_extend_becomes_true_where_an_extension_comes(path):
    whole = fits_without_extensions()
    path.write_bytes(whole)
    with torchfits.open(path, "r+") as f:
        f.append(torch.ones(2))
    assert fits.getheader(path)["EXTEND"] is True
    assert torchfits.verify(path).ok


def fits_without_extensions():
    cards = ["SIMPLE  =                    T", "BITPIX  =                    8"]
    cards += ["NAXIS   =                    0", "EXTEND  =                    F", "END"]
    return b"".join(card.ljust(80).encode() for card in cards).ljust(2880)
