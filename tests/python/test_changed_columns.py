# SPDX-License-Identifier: BSD-3-Clause
"""Tables with columns added, replaced, renamed and left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from fits_bytes import card, empty_primary, field, table

import torchfits
from torchfits import ColumnNotFoundError, Ragged, Strings, Table


def catalogue() -> Table:
    """Of a file: units, nulls, a comment, and TTYPEs that differ in case only."""
    words = [card("TTYPE1", "ID", "number"), card("TNULL1", -9), card("TUNIT2", "mag")]
    columns = [
        ("ID", "J", field([1, -9, 3], "i4")),
        ("MAG", "E", field([0.5, 1.5, 2.5], "f4")),
        ("mag", "E", field([7.0, 8.0, 9.0], "f4")),
    ]
    return torchfits.read(empty_primary() + table(columns, [*words[1:], card("TDISP2", "F8.3")]))


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_columns_are_added_and_the_others_stay_as_they_are() -> None:
    old = catalogue()
    flux = 10 ** (-0.4 * old["MAG"])
    new = old.with_columns(
        {"FLUX": flux, "NAME": ["a", "b", "c"], "V": Ragged.from_list([[1], [], [2, 3]])},
        units={"FLUX": "Jy"},
    )
    assert new.names == [*old.names, "FLUX", "NAME", "V"]
    for name in old.names:
        assert new[name] is old[name], "nothing is copied"
        assert new.columns[name] == old.columns[name]
    assert new["FLUX"] is flux
    assert new.columns["FLUX"].unit == "Jy"
    assert new["NAME"].to_list() == ["a", "b", "c"]
    assert new.null_mask("ID").tolist() == [False, True, False]
    assert new.null_mask("FLUX") is None
    assert new.columns["MAG"].display == "F8.3"
    assert old.names == ["ID", "MAG", "mag_2"], "the old table stays"


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_columns_are_replaced_where_they_stand() -> None:
    old = catalogue()
    new = old.with_columns({"id": torch.arange(3), "MAG": torch.ones(3)})
    assert new.names == old.names
    assert new["ID"].tolist() == [0, 1, 2]
    assert new.null_mask("ID") is None, "a mask belongs to its values"
    assert new.columns["MAG"].unit is None, "so does a unit"
    second = old.with_columns({"mag": torch.zeros(3)}, units={"mag": "Jy"})
    assert second["mag"].tolist() == second["mag_2"].tolist() == [0, 0, 0]
    assert second["MAG"] is old["MAG"]
    assert second.columns["mag"].unit == "Jy"
    mask = torch.tensor([True, False, False])
    assert old.with_columns({"MAG": torch.ones(3)}, masks={"MAG": mask}).null_mask("MAG") is mask


def test_columns_of_another_table_bring_what_is_known_of_them() -> None:
    one = Table({"X": torch.arange(2.0)}, units={"X": "m"})
    other = Table(
        {"Y": torch.arange(2), "x": Strings.from_list(["a", "b"])},
        units={"Y": "s"},
        masks={"Y": torch.tensor([False, True])},
    )
    both = one.with_columns(other)
    assert both.names == ["X", "Y"]
    assert both["X"].to_list() == ["a", "b"]
    assert both.columns["Y"].unit == "s"
    assert both.null_mask("Y").tolist() == [False, True]
    assert Table({}).with_columns(other).names == other.names


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_columns_get_other_names(tmp_path: Path) -> None:
    old = catalogue()
    new = old.rename({"MAG": "ID", "id": "G"})
    assert new.names == ["G", "ID", "mag_2"]
    assert new["ID"] is old["MAG"]
    assert new["G"] is old["ID"]
    assert new.columns["ID"].unit == "mag"
    assert new.null_mask("G").tolist() == [False, True, False]
    assert new["mag"] is old["mag_2"]
    plain = old.rename({"mag_2": "B"})
    assert plain["mag"] is old["MAG"], "no column has the old name any more"
    assert "mag_2" not in plain
    assert plain.filter("mag < 1 and B == 7").names == ["ID", "MAG", "B"]
    torchfits.write(tmp_path / "new.fits", new)
    assert torchfits.read(tmp_path / "new.fits", columns="G").tolist() == [1, -9, 3]


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_columns_are_left_out() -> None:
    old = catalogue()
    for gone in ("MAG", ["MAG"], ("MAG",)):
        kept = old.drop(gone)
        assert kept.names == ["ID", "mag_2"]
        assert kept["ID"] is old["ID"]
        assert kept.null_mask("ID").tolist() == [False, True, False]
    assert old.drop(old.names).shape == (0, 0)


PLAIN = Table({"X": torch.arange(3.0), "Y": torch.arange(3)})
REFUSED: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: PLAIN.with_columns({"Z": torch.arange(2)}), ValueError, "'X': 3, 'Y': 3, 'Z': 2"),
    (lambda: PLAIN.with_columns({"Z": 1.0}), TypeError, "'Z': a tensor .* not float"),
    (lambda: PLAIN.with_columns({"Z": torch.zeros(3)}, units={"Z": 5}), TypeError, "unit .*'Z'"),
    (lambda: PLAIN.with_columns([torch.zeros(3)]), TypeError, "a dict by the names of columns"),
    (lambda: PLAIN.with_columns({"": torch.zeros(3)}), TypeError, "str that is not empty"),
    (
        lambda: PLAIN.with_columns({"z": torch.zeros(3), "Z": torch.zeros(3)}),
        ValueError,
        "'z' and 'Z' differ in case only",
    ),
    (
        lambda: PLAIN.with_columns({"Z": torch.zeros(3)}, units={"Q": "m"}),
        ColumnNotFoundError,
        "'Q'",
    ),
    (lambda: PLAIN.rename({"Q": "Z"}), ColumnNotFoundError, "no column 'Q'"),
    (lambda: PLAIN.rename({"X": "Y"}), ValueError, "two columns would be called 'Y'"),
    (lambda: PLAIN.rename({"X": "y"}), ValueError, "'y' and 'Y' differ in case only"),
    (lambda: PLAIN.rename({"X": "A", "x": "B"}), ValueError, "names the column 'X' twice"),
    (lambda: PLAIN.rename({"X": 5}), TypeError, "a str that is not empty, not 5"),
    (lambda: PLAIN.rename("X"), TypeError, "rename takes a dict of old to new names"),
    (lambda: PLAIN.drop("Q"), ColumnNotFoundError, "no column 'Q'"),
    (lambda: PLAIN.drop(5), TypeError, "drop takes a name or a list of names, not 5"),
]


@pytest.mark.parametrize(("work", "error", "message"), REFUSED)
def test_what_makes_no_table(
    work: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        work()


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_a_column_is_replaced_once() -> None:
    with pytest.raises(ValueError, match="'mag' and 'mag_2' are one column, 'mag_2'"):
        catalogue().with_columns({"mag": torch.zeros(3), "mag_2": torch.zeros(3)})
