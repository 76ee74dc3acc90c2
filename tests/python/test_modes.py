# SPDX-License-Identifier: BSD-3-Clause
"""How a file is opened: each mode, what it refuses, and what a `with` leaves behind."""

from __future__ import annotations

import gc
import io
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from astropy.io import fits
from fits_bytes import card, empty_primary, image

import torchfits

PIXELS = np.arange(12, dtype="i2").reshape(3, 4)
CONTENT = image(PIXELS, [card("OBJECT", "M 13")]) + image(PIXELS + 1, extension=True, name="SCI")
NEW = torch.arange(6, dtype=torch.float32).reshape(2, 3)

Operation = Callable[[torchfits.FITS], object]


def set_item(f: torchfits.FITS) -> None:
    f[1] = NEW


def delete_item(f: torchfits.FITS) -> None:
    del f[1]


CHANGES: dict[str, Operation] = {
    "append": lambda f: f.append(NEW),
    "insert": lambda f: f.insert(1, NEW),
    "replace": lambda f: f.replace(1, NEW),
    "set": set_item,
    "delete": delete_item,
    "move": lambda f: f.move(1, 1),
}
READS: dict[str, Operation] = {
    "get": lambda f: f[0],
    "contains": lambda f: "SCI" in f,
    "iter": list,
    "info": lambda f: f.info(),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "field.fits"
    place.write_bytes(CONTENT)
    return place


def listing(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def lose(handles: list[torchfits.FITS]) -> None:
    handles.clear()
    gc.collect()


# Wrong calls


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_open_for_reading_is_not_changed(path: Path, change: str) -> None:
    with torchfits.open(path) as f:
        with pytest.raises(ValueError, match=r"open for reading; open it with mode 'r\+'"):
            CHANGES[change](f)
        with pytest.raises(ValueError, match=r"mode 'r\+'"):
            f.flush()
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("mode", ["r+", "a", "w", "x"])
def test_every_mode_that_writes_can_change(path: Path, mode: str, change: str) -> None:
    place = path if mode in ("r+", "a") else path.parent / "new.fits"
    with torchfits.open(place, mode) as f:
        if mode in ("w", "x"):
            f.append(PIXELS, header={"OBJECT": "M 13"})
            f.append(PIXELS + 1, name="SCI")
        CHANGES[change](f)
        count = {"append": 3, "insert": 3, "delete": 1}.get(change, 2)
        assert len(f) == count
        assert torch.equal(f[0].read(), torch.from_numpy(PIXELS))
        f[0].header["OBJECT"] = "M 31"
    with fits.open(place) as found:
        found.verify("exception")
        assert len(found) == count
        assert found[0].header["OBJECT"] == "M 31"
        np.testing.assert_array_equal(found[0].data, PIXELS)


@pytest.mark.parametrize("mode", ["w", "x", "a"])
def test_a_new_file_has_no_hdus_yet(tmp_path: Path, mode: str) -> None:
    with torchfits.open(tmp_path / "new.fits", mode) as f:
        assert len(f) == 0
        assert list(f) == []
        assert list(f.info()) == []
        assert "SCI" not in f
        f.flush()
        for operation in ("get", "replace", "set", "delete", "move", "insert"):
            with pytest.raises(torchfits.HDUIndexError, match="no HDUs yet; append the first"):
                ({**CHANGES, **READS})[operation](f)
        f.insert(0, NEW)
        assert torch.equal(f[0].read(), NEW)
    np.testing.assert_array_equal(fits.getdata(tmp_path / "new.fits"), NEW.numpy())


@pytest.mark.parametrize("operation", [*CHANGES, *READS, "len", "flush", "enter"])
@pytest.mark.parametrize("mode", ["r", "r+", "a", "w"])
def test_a_closed_handle_does_nothing(path: Path, mode: str, operation: str) -> None:
    more: dict[str, Operation] = {
        "len": len, "flush": lambda f: f.flush(), "enter": lambda f: f.__enter__()
    }  # fmt: skip
    f = torchfits.open(path, mode)
    f.close()
    f.close()
    assert f.closed
    before = path.read_bytes()
    with pytest.raises(ValueError, match="is closed; open it again"):
        ({**CHANGES, **READS, **more})[operation](f)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["r+", "a", "w", "x"])
@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (b"SIMPLE", TypeError, "takes a path, not bytes"),
        (memoryview(b"SIMPLE"), TypeError, "takes a path, not memoryview"),
        (io.BytesIO(), TypeError, "takes a path, not BytesIO"),
        (None, TypeError, "takes a path, not NoneType"),
        (5, TypeError, "takes a path, not int"),
        ("", torchfits.FileMissingError, "path of the file is empty"),
        ("https://host/a.fits", torchfits.UnsupportedError, "remote"),
        ("s3://bucket/a.fits", torchfits.UnsupportedError, "remote"),
        ("a.fits.gz", torchfits.UnsupportedError, "compressed as a whole"),
        ("a.fits.Z", torchfits.UnsupportedError, "compressed as a whole"),
        ("a.fits.bz2", torchfits.UnsupportedError, "compressed as a whole"),
        ("no\0name", ValueError, "NUL"),
    ],
)
def test_modes_that_write_take_a_plain_path(
    mode: str, source: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        torchfits.open(source, mode)


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_a_missing_file_is_told(tmp_path: Path, mode: str) -> None:
    with pytest.raises(torchfits.FileMissingError, match="none.fits") as caught:
        torchfits.open(tmp_path / "none.fits", mode)
    assert ("mode 'a' or 'w'" in str(caught.value)) == (mode == "r+")
    assert listing(tmp_path) == []


@pytest.mark.parametrize("mode", ["r+", "a", "w", "x"])
def test_a_missing_folder_is_told_at_once(tmp_path: Path, mode: str) -> None:
    with pytest.raises(torchfits.FileMissingError, match="none"):
        torchfits.open(tmp_path / "none" / "a.fits", mode)
    assert listing(tmp_path) == []


@pytest.mark.parametrize("mode", ["r+", "a", "w"])
def test_a_folder_is_no_file(tmp_path: Path, mode: str) -> None:
    with pytest.raises(torchfits.FITSIOError, match="director"):
        torchfits.open(tmp_path, mode)


@pytest.mark.parametrize("mode", ["r+", "a"])
@pytest.mark.parametrize("content", [b"\0", b"no FITS at all", b"\x1f\x8b\x08\0\0\0\0\0\0\0"])
def test_what_is_no_fits_file_is_not_updated(tmp_path: Path, mode: str, content: bytes) -> None:
    place = tmp_path / "a.fits"
    place.write_bytes(content)
    with pytest.raises(torchfits.FITSError, match="a.fits"):
        torchfits.open(place, mode)
    assert place.read_bytes() == content
    assert listing(tmp_path) == ["a.fits"]


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder that a user without privileges may enter; the test runs as one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "a.fits").write_bytes(CONTENT)
        (folder / "a.fits").chmod(0o444)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        else:
            folder.chmod(0o555)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


@pytest.mark.parametrize("mode", ["r+", "a"])
def test_a_read_only_file_is_told(as_nobody: Path, mode: str) -> None:
    with pytest.raises(torchfits.FITSIOError, match=r"a\.fits.*[Pp]ermission"):
        torchfits.open(as_nobody / "a.fits", mode)
    assert torchfits.read(as_nobody / "a.fits").shape == (3, 4)


@pytest.mark.parametrize(("mode", "name"), [("w", "b.fits"), ("x", "b.fits"), ("a", "b.fits")])
def test_a_read_only_folder_is_told(as_nobody: Path, mode: str, name: str) -> None:
    with (
        pytest.raises(torchfits.FITSIOError, match=r"b\.fits.*[Pp]ermission"),
        torchfits.open(as_nobody / name, mode) as f,
    ):
        f.append(PIXELS)
    assert listing(as_nobody) == ["a.fits"]


def test_mode_x_never_replaces(path: Path) -> None:
    with pytest.raises(torchfits.FITSIOError, match="exists already; mode 'a' adds"):
        torchfits.open(path, "x")
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("durable", [1, None, "yes"])
def test_durable_is_a_flag(path: Path, durable: object) -> None:
    with pytest.raises(TypeError, match="durable= takes True or False"):
        torchfits.open(path, "r+", durable=durable)
    with pytest.raises(ValueError, match="durable=True is for files that are written"):
        torchfits.open(path, durable=True)


# What a handle says of itself


@pytest.mark.parametrize("mode", ["r", "r+", "a", "w"])
def test_the_mode_is_told(path: Path, mode: str) -> None:
    with torchfits.open(path, mode) as f:
        assert f.mode == mode
        assert f.name == str(path)
        assert repr(f) == f"<FITS '{path}'{'' if mode == 'r' else f', mode {mode!r}'}>"
        f.close()
        assert repr(f).endswith(", closed>")


@pytest.mark.parametrize("mode", ["r+", "a", "w"])
def test_a_handle_that_writes_does_not_pickle(path: Path, mode: str) -> None:
    with torchfits.open(path, mode) as f:
        with pytest.raises(TypeError, match="does not pickle"):
            pickle.dumps(f)
        if mode != "w":
            with pytest.raises(TypeError, match="does not pickle"):
                pickle.dumps(f[0])


def test_updating_a_header_needs_neither_torch_nor_numpy(path: Path) -> None:
    program = f"""
import sys, torchfits
with torchfits.open({str(path)!r}, "r+") as f:
    f[0].header["OBJECT"] = "M 31"
print("torch" in sys.modules, "numpy" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.split() == ["False", "False"], done.stderr
    assert fits.getval(path, "OBJECT") == "M 31"


# New files


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("mode", ["w", "x"])
def test_a_new_file_gets_its_name_when_it_is_closed(
    tmp_path: Path, mode: str, durable: bool
) -> None:
    place = tmp_path / "new.fits"
    with torchfits.open(place, mode, durable=durable) as f:
        f.append(None, header={"TELESCOP": "VLT"})
        f.append(NEW, name="SCI", checksum=True)
        assert len(f) == 2
        f.append(PIXELS, name="ERR", header={"EXTVER": 2}, compress=True)
        assert not place.exists()
    assert listing(tmp_path) == ["new.fits"]
    with fits.open(place, checksum=True) as found:
        assert [(hdu.name, hdu.ver) for hdu in found] == [("PRIMARY", 1), ("SCI", 1), ("ERR", 2)]
        assert found[0].header["TELESCOP"] == "VLT"
        np.testing.assert_array_equal(found[1].data, NEW.numpy())
        np.testing.assert_array_equal(found[2].data, PIXELS)


def test_a_compressed_image_comes_behind_an_empty_primary_hdu(tmp_path: Path) -> None:
    for mode in ("w", "a"):
        place = tmp_path / f"{mode}.fits"
        with torchfits.open(place, mode) as f:
            f.append(PIXELS, compress=True)
            assert len(f) == 2
        with fits.open(place) as found:
            assert found[0].data is None
            np.testing.assert_array_equal(found[1].data, PIXELS)


def test_a_file_without_hdus_is_an_empty_primary_hdu(tmp_path: Path) -> None:
    torchfits.open(tmp_path / "new.fits", "w").close()
    with fits.open(tmp_path / "new.fits") as found:
        found.verify("exception")
        assert [hdu.data for hdu in found] == [None]


def test_the_old_file_stays_until_the_new_one_is_complete(path: Path) -> None:
    with torchfits.open(path, "w") as f:
        f.append(NEW)
        assert path.read_bytes() == CONTENT
    assert listing(path.parent) == [path.name]
    np.testing.assert_array_equal(fits.getdata(path), NEW.numpy())


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, GeneratorExit])
def test_an_exception_leaves_no_new_file(path: Path, error: type[BaseException]) -> None:
    for place, mode in [(path, "w"), (path.parent / "new.fits", "w"), (path.parent / "x", "x")]:
        with pytest.raises(error), torchfits.open(place, mode) as f:
            f.append(NEW)
            raise error
        assert f.closed
    assert listing(path.parent) == [path.name]
    assert path.read_bytes() == CONTENT


def test_an_error_of_the_data_leaves_no_new_file(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="complex"), torchfits.open(tmp_path / "a.fits", "w") as f:
        f.append(NEW)
        f.append(np.zeros(3, "c8"))
    assert listing(tmp_path) == []


def test_a_new_file_that_is_not_closed_is_not_written(tmp_path: Path) -> None:
    handles = [torchfits.open(tmp_path / "a.fits", "w")]
    handles[0].append(NEW)
    with pytest.warns(ResourceWarning, match=r"a\.fits was not closed: it is not written"):
        lose(handles)
    assert listing(tmp_path) == []


# Mode "a"


def test_mode_a_makes_a_missing_file_with_its_first_hdu(tmp_path: Path) -> None:
    place = tmp_path / "new.fits"
    with torchfits.open(place, "a") as f:
        assert not place.exists()
        f.append(None, header={"OBJECT": "M 13"})
        assert f[0].header["OBJECT"] == "M 13"
        assert len(torchfits.open(place)) == 1
        f.append(NEW, name="SCI")
        assert torch.equal(f["SCI"].read(), NEW)
        f[0].header["OBJECT"] = "M 31"
    with fits.open(place) as found:
        assert [hdu.name for hdu in found] == ["PRIMARY", "SCI"]
        assert found[0].header["OBJECT"] == "M 31"


def test_mode_a_makes_no_file_without_hdus(tmp_path: Path) -> None:
    torchfits.open(tmp_path / "new.fits", "a").close()
    assert listing(tmp_path) == []


def test_an_empty_file_gets_its_first_hdu_by_mode_a(tmp_path: Path) -> None:
    place = tmp_path / "touched.fits"
    place.touch()
    with pytest.raises(torchfits.FormatError, match="is empty; mode 'a'"):
        torchfits.open(place, "r+")
    torchfits.open(place, "a").close()
    assert place.stat().st_size == 0
    with torchfits.open(place, "a") as f:
        f.append(PIXELS, compress=True, checksum=True)
        f.append(PIXELS)
        assert len(f) == 3
    with fits.open(place, checksum=True) as found:
        assert [hdu.data is None for hdu in found] == [True, False, False]


def test_mode_a_replaces_nothing_that_came_meanwhile(tmp_path: Path) -> None:
    place = tmp_path / "new.fits"
    f = torchfits.open(place, "a")
    place.write_bytes(CONTENT)
    with pytest.raises(torchfits.FITSIOError, match="exists"):
        f.append(NEW)
    assert f.closed
    assert place.read_bytes() == CONTENT
    assert listing(tmp_path) == ["new.fits"]


def test_append_makes_a_file_and_adds_to_it(tmp_path: Path) -> None:
    place = tmp_path / "new.fits"
    torchfits.append(place, NEW, header={"OBJECT": "M 13"}, checksum=True)
    first = place.read_bytes()
    torchfits.append(str(place), PIXELS, name="SCI", durable=True)
    torchfits.append(place, PIXELS, name="COMP", compress="GZIP_2", checksum=True)
    assert place.read_bytes().startswith(first)
    with fits.open(place, checksum=True) as found:
        assert [hdu.name for hdu in found] == ["PRIMARY", "SCI", "COMP"]
        assert found[0].header["OBJECT"] == "M 13"
        np.testing.assert_array_equal(found[0].data, NEW.numpy())
        np.testing.assert_array_equal(found[1].data, PIXELS)
        np.testing.assert_array_equal(found[2].data, PIXELS)
    with pytest.raises(TypeError, match="takes a path"):
        torchfits.append(b"bytes", NEW)


# Who else has the file


@pytest.mark.parametrize("mode", ["r+", "a"])
def test_a_file_is_updated_by_one_handle_at_a_time(path: Path, mode: str) -> None:
    with torchfits.open(path, "r+") as first:
        with pytest.raises(torchfits.FITSIOError, match=r"field\.fits"):
            torchfits.open(path, mode)
        with torchfits.open(path) as reader:
            assert len(reader) == 2
        first.append(NEW)
        with pytest.raises(torchfits.FITSIOError, match=r"field\.fits"):
            torchfits.open(path, mode)
    with torchfits.open(path, mode) as second:
        assert len(second) == 3


def test_another_process_is_told(path: Path) -> None:
    program = f"import torchfits; torchfits.open({str(path)!r}, 'r+')"
    with torchfits.open(path, "r+") as f:
        del f[1]
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
        )
    assert "FITSIOError" in done.stderr
    assert str(path) in done.stderr
    again = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert again.returncode == 0


def test_a_failed_opening_holds_no_lock(tmp_path: Path) -> None:
    place = tmp_path / "a.fits"
    place.write_bytes(b"no FITS at all")
    with pytest.raises(torchfits.FITSError):
        torchfits.open(place, "r+")
    place.write_bytes(empty_primary())
    torchfits.open(place, "r+").close()


@pytest.mark.parametrize("mode", ["r+", "w"])
def test_a_child_process_does_not_write(path: Path, mode: str) -> None:
    f = torchfits.open(path, mode)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            f.append(NEW)
        except ValueError as error:
            code = 0 if "open it in this process" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    f.append(NEW)
    f.close()
    assert len(torchfits.open(path)) == (3 if mode == "r+" else 1)


# Where the file is


@pytest.mark.parametrize("mode", ["r+", "a", "w"])
def test_a_relative_path_means_the_folder_in_which_it_was_opened(
    path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = path.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / path.name).write_bytes(empty_primary())
    monkeypatch.chdir(path.parent)
    with torchfits.open(path.name, mode) as f:
        monkeypatch.chdir(elsewhere)
        f.append(NEW, name="NEW")
        f["NEW"].header["HISTORY"] = ["long enough for another block"] * 40
        assert f.name == path.name
    assert (elsewhere / path.name).read_bytes() == empty_primary()
    assert sorted(p.name for p in path.parent.iterdir()) == ["elsewhere", path.name]
    with fits.open(path) as found:
        np.testing.assert_array_equal(found[-1].data, NEW.numpy())
        assert len(found[-1].header["HISTORY"]) == 40
