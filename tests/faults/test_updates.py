# SPDX-License-Identifier: BSD-3-Clause
"""Updates that cannot be, that two processes want at once, or that were interrupted."""

from __future__ import annotations

import io
import os
import signal
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from child_process import in_child
from comparison import assert_same
from fits_bytes import empty_primary, image

import torchfits

SMALL = np.arange(12, dtype="i2").reshape(3, 4)
LARGE = np.arange(700_000, dtype="i4")


def edit(path: Path) -> None:
    with torchfits.open(path, "r+") as f:
        f[0].header["OBJECT"] = "M31"


def journal_of(path: Path, offset: int, old: bytes) -> bytes:
    """An undo journal as core/platform/undo_journal.cpp describes it, made independently."""
    status = path.stat()
    head = struct.pack(">8sQQQ", b"TFUNDO1\n", status.st_ino, status.st_size, 1)
    table = struct.pack(">QQ", offset, len(old))
    crc = zlib.crc32(head + bytes(8) + table + old)
    return head + struct.pack(">II", crc, 0) + table + old


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.fits"
    path.write_bytes(image(SMALL))
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.fits"
    path.write_bytes(image(LARGE))
    return path


def test_a_missing_file_and_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no\.fits"):
        edit(tmp_path / "no.fits")
    for mode in ("r+", "a", "w", "x"):
        with (
            pytest.raises(torchfits.FITSError, match=r"f\.fits"),
            torchfits.open(tmp_path / "no" / "f.fits", mode) as f,
        ):
            f.append(torch.zeros(3))
    assert list(tmp_path.iterdir()) == []


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(torchfits.FITSIOError, match="directory"):
        edit(tmp_path)


def test_what_is_no_fits_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no FITS file\n" * 500)
    before = path.read_bytes()
    with pytest.raises(torchfits.FormatError, match="not a FITS file"):
        edit(path)
    assert path.read_bytes() == before


def test_a_file_object(small: Path) -> None:
    with pytest.raises(TypeError, match="takes a path"):
        torchfits.open(io.BytesIO(small.read_bytes()), "r+")


@pytest.mark.parametrize("name", ["f.fits.gz", "f.fits"])
def test_a_compressed_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x1f\x8b\x08" + bytes(100))
    with pytest.raises(torchfits.UnsupportedError, match="decompress"):
        edit(path)


def test_a_read_only_file() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.fits"
        path.write_bytes(image(SMALL))
        path.chmod(0o444)
        Path(folder).chmod(0o755)

        def work() -> None:
            if os.getuid() == 0:  # who may write everything
                os.setresuid(65534, 65534, 65534)
            assert_same(torchfits.read(path), SMALL)
            with pytest.raises(torchfits.FITSIOError, match="permissions"):
                edit(path)

        in_child(work)
        assert path.read_bytes() == image(SMALL)


def test_two_processes(small: Path) -> None:
    def work() -> None:
        with pytest.raises(torchfits.FITSIOError, match="elsewhere"):
            edit(small)
        assert_same(torchfits.read(small), SMALL)

    with torchfits.open(small, "r+") as f:
        in_child(work)
        f[0].header["OBJECT"] = "M33"
    edit(small)
    assert torchfits.read_header(small)["OBJECT"] == "M31"


def test_a_killed_process_lets_the_lock_go(small: Path) -> None:
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        handle = torchfits.open(small, "r+")
        os.write(tell, b"r")
        signal.pause()
        os._exit(handle.closed)
    os.read(ready, 1)
    with pytest.raises(torchfits.FITSIOError, match="elsewhere"):
        edit(small)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(tell)
    edit(small)


def test_an_interrupted_update_is_told_and_taken_back(large: Path) -> None:
    before = large.read_bytes()
    journal = large.with_name(".large.fits.torchfits-undo")
    journal.write_bytes(journal_of(large, 100_000, before[100_000:150_000]))
    with large.open("r+b") as f:
        f.seek(100_000)
        f.write(b"x" * 50_000)
    for look in (torchfits.read, torchfits.read_header, torchfits.info, torchfits.open):
        with pytest.raises(torchfits.FITSIOError, match=r"interrupted.*'r\+'"):
            look(large)
    with torchfits.open(large, "r+") as f:
        assert_same(f[0].read(), LARGE)
    assert large.read_bytes() == before
    assert not journal.exists()
    assert_same(torchfits.read(large), LARGE)


def test_special_records_are_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "special.fits"
    path.write_bytes(empty_primary() + b"special records".ljust(2880))
    before = path.read_bytes()
    with (
        pytest.raises(torchfits.FITSIOError, match="special records"),
        torchfits.open(path, "r+") as f,
    ):
        f.append(torch.zeros(3))
    assert path.read_bytes() == before


def test_a_part_of_a_killed_append_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "partial.fits"
    path.write_bytes(empty_primary() + b"\0PARTIAL and more".ljust(4000))
    with pytest.warns(torchfits.FITSWarning, match="after the last HDU"):
        assert torchfits.info(path)
    with torchfits.open(path, "r+") as f:
        f.append(torch.arange(3))
    assert len(torchfits.info(path)) == 2
    assert_same(torchfits.read(path, 1), np.arange(3))
    assert path.stat().st_size == 3 * 2880
