# SPDX-License-Identifier: BSD-3-Clause
"""HDUs added, moved, replaced and deleted: what astropy, fitsio and the raw bytes say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import fitsio
import numpy as np
import pytest
import torch
from astropy.io import fits
from other_programs import check_by_astropy, hdu_bytes
from updated_files import NEW, PIXELS, content, names

import torchfits


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "field.fits"
    place.write_bytes(content())
    return place


# HDUs


@pytest.mark.parametrize("source", [NEW, NEW.numpy(), NEW.t().contiguous().t(), NEW.double()])
def test_append_touches_nothing_that_is_there(path: Path, source: object) -> None:
    before = path.read_bytes()
    with torchfits.open(path, "r+") as f:
        f.append(source, header={"BUNIT": ("Jy", "unit")}, name="SCI", checksum=True)
        assert len(f) == 5
        assert f["SCI"].header["BUNIT"] == "Jy"
        assert torch.equal(f["SCI"].read(), torch.as_tensor(source))
    assert path.read_bytes().startswith(before)
    check_by_astropy(path)
    np.testing.assert_array_equal(fits.getdata(path, "SCI"), NEW.numpy())
    np.testing.assert_array_equal(fitsio.read(path, "SCI"), NEW.numpy())
    assert fits.getheader(path, "SCI").comments["BUNIT"] == "unit"


@pytest.mark.parametrize("before", [1, 2, 3, "E2", ("cat", 1), -1, -3])
def test_insert_moves_the_others_as_they_are(path: Path, before: object) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        index = f[before].index
        f.insert(before, NEW, name="SCI")
        assert f["SCI"].index == index
    now = hdu_bytes(path)
    assert now[:index] + now[index + 1 :] == old
    check_by_astropy(path)
    np.testing.assert_array_equal(fits.getdata(path, index), NEW.numpy())


def test_insert_at_the_end_appends(path: Path) -> None:
    before = path.read_bytes()
    with torchfits.open(path, "r+") as f:
        f.insert(len(f), NEW, name="SCI", compress=True, checksum=True)
        for outside in (6, 100, -6):
            with pytest.raises(torchfits.HDUIndexError, match=str(outside)):
                f.insert(outside, NEW)
    assert path.read_bytes().startswith(before)
    assert names(path) == ["PRIMARY", "E1", "E2", "CAT", "SCI"]
    check_by_astropy(path)


@pytest.mark.parametrize("compress", [None, "GZIP_2"])
def test_insert_before_the_first_makes_that_an_extension(path: Path, compress: str | None) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        header = f[0].header
        f.insert(0, NEW, header={"OBJECT": "M 31"}, compress=compress)
        at = 0 if compress is None else 1
        assert f[at].header["OBJECT"] == "M 31"
        assert f[at + 1].header is header
        assert header["XTENSION"] == "IMAGE"
        assert header["OBJECT"] == "M 13"
    assert hdu_bytes(path)[at + 2 :] == old[1:]
    check_by_astropy(path)
    with fits.open(path) as found:
        np.testing.assert_array_equal(found[at].data, NEW.numpy())
        np.testing.assert_array_equal(found[at + 1].data, PIXELS)
        assert found[at + 1].header["OBJECT"] == "M 13"
        assert found[at + 1].header.comments["OBJECT"] == "target"


@pytest.mark.parametrize("hdu", [1, 2, 3, -1, "CAT", ("E1", 1)])
def test_delete_leaves_the_others_as_they_are(path: Path, hdu: object) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        index = f[hdu].index
        del f[hdu]
        assert len(f) == 3
    del old[index]
    assert hdu_bytes(path) == old
    check_by_astropy(path)


def test_deleting_the_first_leaves_an_empty_one(path: Path) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        del f[0]
        assert len(f) == 4
        assert not f[0].has_data
        assert "OBJECT" not in f[0].header
    assert hdu_bytes(path)[1:] == old[1:]
    assert len(hdu_bytes(path)[0]) == 2880
    check_by_astropy(path)


@pytest.mark.parametrize("hdu", [0, 1, 3, "E2", -1])
def test_replace_keeps_the_cards_that_fit(path: Path, hdu: object) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        index = f[hdu].index
        name = f[hdu].name
        f[index].header["OBSERVER"] = "Hubble", "who"
        f[hdu] = NEW
        assert f[hdu].name == name
        assert torch.equal(f[hdu].read(), NEW)
    now = hdu_bytes(path)
    assert now[:index] + now[index + 1 :] == old[:index] + old[index + 1 :]
    check_by_astropy(path)
    header = fits.getheader(path, index)
    assert header["OBSERVER"] == "Hubble"
    assert ("OBJECT" in header) == (index == 0)
    assert "TTYPE1" not in header
    np.testing.assert_array_equal(fits.getdata(path, index), NEW.numpy())


def test_replace_with_a_header_and_a_name(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        f["E1"] = NEW, {"BUNIT": "Jy"}, "SCI"
        f["E2"] = NEW, {"EXTNAME": "ERR"}
        f[0] = None, {}
        f.replace("CAT", NEW, name="MAP", compress=True, checksum=True)
        assert [hdu.name for hdu in f] == ["PRIMARY", "SCI", "ERR", "MAP"]
        with pytest.raises(TypeError, match=r"\(data, header, name\)"):
            f[1] = [NEW, NEW]
        with pytest.raises(TypeError):
            f[1] = (NEW, None, "A", "B")
    check_by_astropy(path)
    assert fits.getval(path, "BUNIT", 1) == "Jy"
    assert "OBJECT" not in fits.getheader(path)
    assert fits.getheader(path, 3, disable_image_compression=True)["ZCMPTYPE"] == "RICE_1"


def test_a_compressed_image_in_place_of_the_first_stands_behind_an_empty_one(path: Path) -> None:
    old = hdu_bytes(path)
    with torchfits.open(path, "r+") as f:
        second = f["E1"].header
        f.replace(0, PIXELS, compress=True)
        assert len(f) == 5
        assert not f[0].has_data
        assert f[1].header["OBJECT"] == "M 13"
        assert f[2].header is second
    assert hdu_bytes(path)[2:] == old[1:]
    check_by_astropy(path)


@pytest.mark.parametrize("given", [True, None])
def test_replace_keeps_checksums_where_there_were_some(path: Path, given: bool | None) -> None:
    with torchfits.open(path, "r+") as f:
        f.replace(1, NEW, checksum=given)
        f.replace(1, PIXELS)
        f.replace(2, PIXELS)
        f.replace(3, PIXELS, checksum=True)
        f.replace(3, PIXELS, checksum=False)
    with fits.open(path) as found:
        assert ["CHECKSUM" in hdu.header for hdu in found] == [False, bool(given), False, False]
    check_by_astropy(path)


@pytest.mark.parametrize(
    ("hdu", "to", "order"),
    [
        (1, 3, "PRIMARY E2 CAT E1"),
        (3, 1, "PRIMARY CAT E1 E2"),
        ("E2", 1, "PRIMARY E2 E1 CAT"),
        ("E1", -1, "PRIMARY E2 CAT E1"),
        (2, 2, "PRIMARY E1 E2 CAT"),
        (0, 0, "PRIMARY E1 E2 CAT"),
    ],
)
def test_move_keeps_the_bytes(path: Path, hdu: object, to: int, order: str) -> None:
    old = dict(zip(names(path), hdu_bytes(path), strict=True))
    with torchfits.open(path, "r+") as f:
        f.move(hdu, to)
        assert [one.name for one in f] == order.split()
    assert names(path) == order.split()
    assert hdu_bytes(path) == [old[name] for name in order.split()]
    check_by_astropy(path)


@pytest.mark.parametrize(("hdu", "to"), [(0, 1), (1, 0), ("CAT", 0), (0, -1)])
def test_the_first_hdu_is_not_moved(path: Path, hdu: object, to: int) -> None:
    before = path.read_bytes()
    with torchfits.open(path, "r+") as f, pytest.raises(ValueError, match="stays the first"):
        f.move(hdu, to)
    assert path.read_bytes() == before


WRONG: list[tuple[Callable[[torchfits.FITS], object], type[Exception], str]] = [
    (lambda f: f.append(NEW, checksum=1), TypeError, "checksum= takes"),
    (lambda f: f.append("text"), TypeError, "not str"),
    (lambda f: f.append([NEW]), TypeError, "not list"),
    (lambda f: f.append(NEW, name=5), TypeError, "name= takes"),
    (lambda f: f.append(NEW, compress=5), TypeError, "compress= takes"),
    (lambda f: f.append(torch.zeros(2, dtype=torch.complex64)), TypeError, "complex64"),
    (lambda f: f.append(NEW, header={"K": float("nan")}), ValueError, "K"),
    (lambda f: f.insert(None, NEW), TypeError, "not by None"),
    (lambda f: f.insert("NONE", NEW), KeyError, "NONE"),
    (lambda f: f.replace(9, NEW), IndexError, "9"),
    (lambda f: f.replace("NONE", NEW), KeyError, "NONE"),
    (lambda f: f.move("NONE", 1), KeyError, "NONE"),
    (lambda f: f.move(1, 4), IndexError, "4"),
    (lambda f: f.move(1, "E2"), TypeError, "str"),
    (lambda f: f.__delitem__(9), IndexError, "9"),
    (lambda f: f.__delitem__(slice(1, 3)), TypeError, "neither an index"),
    (lambda f: f.__delitem__(None), TypeError, "not by None"),
    (lambda f: f.__setitem__(4, NEW), IndexError, "4"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_a_wrong_call_changes_nothing(
    path: Path, call: Callable[[torchfits.FITS], object], error: type[Exception], message: str
) -> None:
    before = path.read_bytes()
    with torchfits.open(path, "r+") as f:
        with pytest.raises(error, match=message):
            call(f)
        assert path.read_bytes() == before
        f.append(NEW, name="SCI")
        assert len(f) == 5


# What objects show after a change


def test_an_hdu_object_stands_for_a_position(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        hdus = list(f)
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "E1", "E2", "CAT"]
        assert hdus[1].shape == (3, 4)
        assert [c.name for c in hdus[3].columns] == ["X"]
        f.insert(1, NEW, name="SCI")
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "E1", "E2"]
        assert hdus[1].shape == (2, 3)
        assert hdus[1].dtype == torch.float32
        with pytest.raises(TypeError, match="no columns"):
            _ = hdus[3].columns
        assert torch.equal(hdus[1][:1], NEW[:1])
        f[1] = PIXELS
        assert hdus[1].dtype == torch.int16
        assert hdus[1].data_bytes == 24
        del f[1], f[1], f[1]
        assert repr(hdus[1]).startswith("<HDU 1 'CAT'")
        with pytest.raises(torchfits.HDUIndexError):
            _ = hdus[2].name


def test_a_header_goes_with_its_hdu(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        first, second, catalogue = f["E1"].header, f["E2"].header, f["CAT"].header
        f.insert(1, NEW)
        assert f["E1"].header is first
        f.move("E1", -1)
        assert f["E1"].header is first
        assert f["E2"].header is second
        del f["E2"]
        assert f["CAT"].header is catalogue
        f["CAT"] = NEW
        assert f["CAT"].header is not catalogue
        first["OBJECT"] = "M 31"
        second["OBJECT"] = catalogue["OBJECT"] = "of no file"
    with fits.open(path) as found:
        assert [hdu.header.get("OBJECT") for hdu in found] == ["M 13", None, None, "M 31"]


def test_many_threads_read_while_hdus_come(path: Path) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def read(f: torchfits.FITS) -> None:
        try:
            while not done.is_set():
                assert torch.equal(f[1].read(), torch.from_numpy(PIXELS + 1))
                assert f[0].header["OBJECT"] == "M 13"
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    with torchfits.open(path, "r+") as f:
        readers = [threading.Thread(target=read, args=(f,)) for _ in range(3)]
        for reader in readers:
            reader.start()
        for i in range(30):
            f.append(PIXELS + i)
            f.insert(2, PIXELS)
        done.set()
        for reader in readers:
            reader.join()
        assert not failures
        assert len(f) == 64


def test_a_link_stays_a_link(path: Path) -> None:
    link = path.parent / "link.fits"
    link.symlink_to(path.name)
    with torchfits.open(link, "r+") as f:
        del f["E1"]
        f[0].header["OBJECT"] = "M 31"
        f.append(NEW, name="SCI")
    assert link.is_symlink()
    assert names(path) == ["PRIMARY", "E2", "CAT", "SCI"]
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["field.fits", "link.fits"]


def test_tables_come_and_go(path: Path) -> None:
    columns = {"Y": torch.tensor([1, 2, 3]), "NAME": ["a", "bc", ""]}
    with torchfits.open(path, "r+") as f:
        f["CAT"].header["TUNIT1"] = "m"
        f["CAT"].header["OBSERVER"] = "Hubble"
        f["CAT"] = columns
        f.insert(1, columns, name="NEW", checksum=True)
        f[0] = columns
        assert f["CAT"].read()["Y"].tolist() == [1, 2, 3]
        assert [c.name for c in f["CAT"].columns] == ["Y", "NAME"]
    check_by_astropy(path)
    assert names(path) == ["PRIMARY", "", "NEW", "E1", "E2", "CAT"]
    with fits.open(path) as found:
        for hdu in (1, 2, "CAT"):
            assert found[hdu].data["Y"].tolist() == [1, 2, 3]
            assert list(found[hdu].data["NAME"]) == ["a", "bc", ""]
        assert found[1].header["OBJECT"] == "M 13"
        assert found["CAT"].header["OBSERVER"] == "Hubble"
        assert "TUNIT1" not in found["CAT"].header


def test_an_unknown_keyword_is_told_with_the_method_and_what_it_takes(tmp_path: Path) -> None:
    path = tmp_path / "new.fits"
    calls: dict[str, Callable[[torchfits.FITS], object]] = {
        "append": lambda f: f.append(PIXELS, nme="X"),  # type: ignore[call-arg]
        "insert": lambda f: f.insert(1, PIXELS, nme="X"),  # type: ignore[call-arg]
        "replace": lambda f: f.replace(0, PIXELS, nme="X"),  # type: ignore[call-arg]
        "create_image": lambda f: f.create_image((2,), torch.int16, nme="X"),  # type: ignore[call-arg]
    }
    with torchfits.open(path, "w") as f:
        f.append(PIXELS)
        for method, call in calls.items():
            message = (
                rf"{method}\(\) has no keyword nme=; did you mean name=\? It takes header, name"
            )
            with pytest.raises(TypeError, match=message):
                call(f)
        assert len(f) == 1


def test_names_and_keywords_complete(tmp_path: Path) -> None:
    path = tmp_path / "new.fits"
    with torchfits.open(path, "w") as f:
        f.append(PIXELS, header={"OBJECT": "M 31", "COMMENT": "one"})
        f.append({"A": torch.zeros(2), "B": torch.zeros(2)}, name="CAT")
        f.append(PIXELS, name="CAT")
        assert f._ipython_key_completions_() == ["PRIMARY", "CAT"]
        assert f["CAT"]._ipython_key_completions_() == ["A", "B"]
        assert f[0]._ipython_key_completions_() == []
        keywords = f[0].header._ipython_key_completions_()
        assert keywords[0] == "SIMPLE"
        assert len(set(keywords)) == len(keywords)
        assert {"OBJECT", "COMMENT"} <= set(keywords)
