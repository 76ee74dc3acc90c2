# SPDX-License-Identifier: BSD-3-Clause
"""Headers changed in place: what astropy and the raw bytes say of them afterwards."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
import torch
from astropy.io import fits
from other_programs import check_by_astropy, hdu_bytes
from updated_files import NEW, PIXELS, content, names, structure

import torchfits


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "field.fits"
    place.write_bytes(content())
    return place


def lose(handles: list[torchfits.FITS]) -> None:
    handles.clear()
    gc.collect()


def changed_bytes(before: bytes, after: bytes) -> set[int]:
    """Positions of the 80-byte cards that differ."""
    assert len(before) == len(after)
    return {i // 80 for i in range(0, len(before), 80) if before[i : i + 80] != after[i : i + 80]}


def test_an_edit_that_fits_changes_its_card_alone(path: Path) -> None:
    before = path.read_bytes()
    with torchfits.open(path, "r+") as f:
        f[0].header["EXPTIME"] = 12.25
        assert path.read_bytes() == before
        f.flush()
        after = path.read_bytes()
        assert len(changed_bytes(before, after)) == 1
        f.flush()
    assert path.read_bytes() == after
    assert fits.getval(path, "EXPTIME") == 12.25
    assert fits.getheader(path).comments["OBJECT"] == "target"


def test_edits_of_every_kind_are_written(path: Path) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        header = f[0].header
        header["OBJECT"] = "M 31", "another target"
        header["LONG"] = "x" * 150
        header["HIERARCH ESO DET ID"] = 5
        header.add_history("changed")
        del header["EXPTIME"]
        header.insert(5, "GAIN", 1.5)
        f["CAT"].header["TUNIT1"] = "m"
    now = hdu_bytes(path)
    assert now[1:3] == old[1:3]
    assert now[0][2880:] == old[0][2880:]
    assert now[3][2880:] == old[3][2880:]
    check_by_astropy(path)
    with fits.open(path) as found:
        header = found[0].header
        assert (header["OBJECT"], header.comments["OBJECT"]) == ("M 31", "another target")
        assert header["LONG"] == "x" * 150
        assert header["ESO DET ID"] == 5
        assert list(header["HISTORY"]) == ["changed"]
        assert "EXPTIME" not in header
        assert now[0][5 * 80 :].startswith(b"GAIN    =")
        assert found["CAT"].columns["X"].unit == "m"


@pytest.mark.parametrize("hdu", [0, 1, 3])
@pytest.mark.parametrize("cards", [1, 40, 400])
def test_t96_a_header_grows_and_shrinks(path: Path, hdu: int, cards: int) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        header = f[hdu].header
        original = header.to_string()
        for i in range(cards):
            header[f"KEY{i}"] = i
        f.flush()
        assert torch.equal(f[1].read(), torch.from_numpy(PIXELS + 1))
        assert f[hdu].header["KEY0"] == 0
        check_by_astropy(path)
        now = hdu_bytes(path)
        assert now[:hdu] + now[hdu + 1 :] == old[:hdu] + old[hdu + 1 :]
        assert now[hdu].endswith(old[hdu][2880:])
        assert fits.getval(path, f"KEY{cards - 1}", hdu) == cards - 1
        for i in range(cards):
            del header[f"KEY{i}"]
        assert header.to_string() == original
    check_by_astropy(path)
    with fits.open(path) as found:
        assert not [key for key in found[hdu].header if key.startswith("KEY")]
        assert len(found) == 4


def test_edits_are_written_before_any_other_change(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        header = f["E2"].header
        header["OBJECT"] = "M 31"
        del f["E1"]
        assert fits.getval(path, "OBJECT", 1) == "M 31"
        header["OBJECT"] = "M 33"
        f.append(NEW)
        assert fits.getval(path, "OBJECT", 1) == "M 33"
        header["EXTNAME"] = "SCI"
        f.insert(1, NEW)
        assert f["SCI"].index == 2
        assert f["SCI"].header is header


def test_an_exception_drops_edits_of_headers_alone(path: Path) -> None:
    with pytest.raises(RuntimeError), torchfits.open(path, "r+") as f:
        f[0].header["OBJECT"] = "written"
        f.append(NEW, name="SCI")
        f[0].header["OBJECT"] = "dropped"
        raise RuntimeError
    assert fits.getval(path, "OBJECT") == "written"
    assert names(path)[-1] == "SCI"
    torchfits.open(path, "r+").close()


def test_edits_that_are_never_closed_are_told(path: Path) -> None:
    before = path.read_bytes()
    handles = [torchfits.open(path, "r+")]
    handles[0][0].header["OBJECT"] = "M 31"
    with pytest.warns(ResourceWarning, match=r"field\.fits was not closed: edits"):
        lose(handles)
    assert path.read_bytes() == before
    torchfits.open(path, "r+").close()


def test_opening_for_updating_changes_nothing(path: Path) -> None:
    before, times = path.read_bytes(), path.stat()
    with torchfits.open(path, "r+") as f:
        for hdu in f:
            _ = hdu.header["NAXIS"]
            hdu.read()
        f[0].header["EXPTIME"] = 30.5
        f.flush()
    assert path.read_bytes() == before
    assert path.stat().st_mtime_ns == times.st_mtime_ns
    assert path.stat().st_ino == times.st_ino


@pytest.mark.parametrize(
    ("hdu", "keyword", "value"),
    [
        (0, "BITPIX", 8), (0, "NAXIS", 1), (0, "NAXIS1", 5), (0, "SIMPLE", False),
        (1, "XTENSION", "BINTABLE"), (1, "PCOUNT", 5), (3, "TFIELDS", 2), (3, "TFORM1", "E"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delete", [False, True])
def test_what_locates_the_data_is_not_edited(
    path: Path, hdu: int, keyword: str, value: object, delete: bool
) -> None:
    before = path.read_bytes()
    with torchfits.open(path, "r+") as f:
        header = f[hdu].header
        original = header.to_string()
        if delete:
            del header[keyword]
        else:
            header[keyword] = value
        f.flush()
        assert header.to_string() == original
        assert path.read_bytes() == before
        header.update(torchfits.read_header("examples/data/m13.fits"))
    check_by_astropy(path)
    assert fits.getval(path, "EQUINOX", hdu) == 2000.0
    with fits.open(path) as found:
        np.testing.assert_array_equal(found[1].data, PIXELS + 1)
        np.testing.assert_array_equal(found["CAT"].data["X"], [0.5, 1.5])


@pytest.mark.parametrize("hdu", [0, 1, 3])
def test_mandatory_cards_stay_the_first(path: Path, hdu: int) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        header = f[hdu].header
        for position in range(4):
            header.insert(position, f"NEW{position}", position)
    check_by_astropy(path)
    now = hdu_bytes(path)
    first = 5 if hdu < 3 else 8  # SIMPLE or XTENSION, BITPIX, NAXIS, NAXISn; of tables to TFIELDS
    assert now[hdu][: first * 80] == old[hdu][: first * 80]
    assert now[hdu][2880:] == old[hdu][2880:]
    assert [fits.getval(path, f"NEW{i}", hdu) for i in range(4)] == [0, 1, 2, 3]


def test_a_large_file_is_edited_in_place(tmp_path: Path) -> None:
    place = tmp_path / "large.fits"
    cards = {f"KEY{i}": i for i in range(200)}
    torchfits.write(place, torch.zeros(1000, 1000), header=cards, checksum=True)
    before, node = place.read_bytes(), place.stat().st_ino
    with torchfits.open(place, "r+") as f:
        f[0].header["KEY0"] = -1
        f[0].header["KEY199"] = -2
    after = place.read_bytes()
    assert place.stat().st_ino == node
    assert [entry.name for entry in tmp_path.iterdir()] == ["large.fits"]
    assert len(changed_bytes(before, after)) == 3  # CHECKSUM is the third
    check_by_astropy(place)
    assert (fits.getval(place, "KEY0"), fits.getval(place, "KEY199")) == (-1, -2)


def test_what_is_behind_does_not_matter(path: Path) -> None:
    whole = path.read_bytes()
    broken = whole[: 2 * 2880] + whole[2 * 2880 :].replace(b"BITPIX  =", b"BITPIX  ?", 1)
    path.write_bytes(broken)
    with torchfits.open(path, "r+") as f:
        f[0].header["EXPTIME"] = 12.25
    assert len(changed_bytes(broken, path.read_bytes())) == 1
    assert fits.Header.fromfile(path)["EXPTIME"] == 12.25


@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_2"])
def test_the_header_of_a_compressed_image_is_edited_as_it_is_shown(
    path: Path, algorithm: str
) -> None:
    with torchfits.open(path, "r+") as f:
        f.append(PIXELS, header={"OBJECT": "M 13"}, compress=algorithm, name="C", checksum=True)
    old = hdu_bytes(path)
    tiles = structure(path, "C")
    with torchfits.open(path, "r+") as f:
        header = f["C"].header
        assert header["BITPIX"] == 16
        header["OBJECT"] = "M 31"
        header["GAIN"] = 1.5
        f.flush()
        assert f["C"].header["BITPIX"] == 16
        assert torch.equal(f["C"].read(), torch.from_numpy(PIXELS))
    check_by_astropy(path)
    assert hdu_bytes(path)[:4] == old[:4]
    assert hdu_bytes(path)[4][-2880:] == old[4][-2880:]
    assert structure(path, "C") == tiles
    with fits.open(path) as found:
        assert (found["C"].header["OBJECT"], found["C"].header["GAIN"]) == ("M 31", 1.5)
        np.testing.assert_array_equal(found["C"].data, PIXELS)


def test_blank_cards_of_a_compressed_image_stay_where_they_are(path: Path) -> None:
    cards = [("OBJECT", "M 13"), ("", ""), ("GAIN", 1.5), ("", "")]
    with torchfits.open(path, "r+") as f:
        f.append(PIXELS, header=cards, compress=True, name="C")
    with fits.open(path, disable_image_compression=True) as found:
        old = [card.image for card in found["C"].header.cards]
    with torchfits.open(path, "r+") as f:
        f["C"].header["GAIN"] = 2.5
    with fits.open(path, disable_image_compression=True) as found:
        new = [card.image for card in found["C"].header.cards]
    assert new == [card.replace("1.5", "2.5") if card[:4] == "GAIN" else card for card in old]


def test_t93_checksums_are_kept_right(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        f[0] = PIXELS
        f.replace("E1", PIXELS, checksum=True)
    for keyword, value in [("OBJECT", "M 31"), ("GAIN", 2.5), ("OBJECT", "x" * 200)]:
        with torchfits.open(path, "r+") as f:
            header = f["E1"].header
            header[keyword] = value
            f.flush()
            assert header["CHECKSUM"] == fits.getheader(path, 1)["CHECKSUM"]
        check_by_astropy(path)
    with fits.open(path) as found:
        assert [("CHECKSUM" in hdu.header) for hdu in found] == [False, True, False, False]
    with torchfits.open(path, "r+") as f:
        del f["E1"].header["CHECKSUM"], f["E1"].header["DATASUM"]
    assert "CHECKSUM" not in fits.getheader(path, 1)
    check_by_astropy(path)
