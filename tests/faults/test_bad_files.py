# SPDX-License-Identifier: BSD-3-Clause
"""Paths that are no files, and files that change while they are open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from child_process import in_child
from comparison import assert_same
from fits_bytes import empty_primary, field, image, table

import torchfits

NUMBERS = np.arange(3_000_000, dtype="i4")


def refused_soon(path: object, kind: type[Exception]) -> None:
    """open, read, read_header and info all raise `kind`, none of them waits."""

    def work() -> None:
        for attempt in (torchfits.read, torchfits.read_header, torchfits.info):
            start = time.monotonic()
            with pytest.raises(kind) as caught:
                attempt(path)
            assert time.monotonic() - start < 1
            assert isinstance(caught.value, torchfits.FITSError)
            assert Path(os.fsdecode(path)).name in str(caught.value)

    in_child(work, seconds=20)


def test_a_directory(tmp_path: Path) -> None:
    refused_soon(tmp_path, torchfits.FITSError)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.fits"
    path.touch()
    refused_soon(path, torchfits.FormatError)


def test_a_missing_path(tmp_path: Path) -> None:
    refused_soon(tmp_path / "missing.fits", torchfits.FileMissingError)
    refused_soon(str(tmp_path / "no" / "such" / "file.fits"), FileNotFoundError)


def test_a_fifo_does_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "fifo.fits"
    os.mkfifo(path)
    refused_soon(path, torchfits.FITSError)


def test_devices() -> None:
    refused_soon("/dev/null", torchfits.FITSError)
    refused_soon("/dev/zero", torchfits.FITSError)


def test_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.fits"
    path.write_text("this is no FITS file\n" * 500)
    refused_soon(path, torchfits.FormatError)


def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.fits"
    path.write_bytes(image(NUMBERS[:3]))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    refused_soon(path, torchfits.FITSIOError)


def test_a_path_with_a_nul_byte() -> None:
    with pytest.raises((ValueError, torchfits.FITSError)):
        torchfits.read("a\0b.fits")


def test_a_dangling_link(tmp_path: Path) -> None:
    path = tmp_path / "link.fits"
    path.symlink_to(tmp_path / "nothing.fits")
    refused_soon(path, torchfits.FileMissingError)


@pytest.mark.parametrize("left", [0, 1000, 2880, 2880 + 4096 * 10, 12_000_000])
def test_a_file_that_shrank_after_it_was_opened(tmp_path: Path, left: int) -> None:
    path = tmp_path / "shrinks.fits"
    path.write_bytes(image(NUMBERS))

    def work() -> None:
        with torchfits.open(path) as f:
            assert f[0].shape == NUMBERS.shape
            os.truncate(path, left)
            with pytest.raises(torchfits.FITSError):
                f[0].read()

    in_child(work)


def keep_reading(read: Callable[[], torch.Tensor]) -> None:
    """Whatever comes back is whole."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert_same(read(), NUMBERS)


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shrinks.fits"
    path.write_bytes(image(NUMBERS))

    def work() -> None:
        with torchfits.open(path) as f:
            killer = threading.Timer(0.05, os.truncate, (path, 5000))
            killer.start()
            with pytest.raises(torchfits.FITSError):
                keep_reading(f[0].read)
            killer.join()

    for _ in range(3):
        path.write_bytes(image(NUMBERS))
        in_child(work)


def test_a_table_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shrinks.fits"
    content = empty_primary() + table([("X", "J", field(NUMBERS, "i4"))])
    path.write_bytes(content)

    def work() -> None:
        with torchfits.open(path) as f:
            killer = threading.Timer(0.05, os.truncate, (path, 9000))
            killer.start()
            with pytest.raises(torchfits.FITSError):
                keep_reading(lambda: f[1].read()["X"])
            killer.join()

    in_child(work)


FOREIGN_FAULT = """
import mmap, os, sys, torchfits
image, foreign = sys.argv[1:]
torchfits.read(image)
with open(foreign, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
    os.truncate(foreign, 0)
    mapping[5000]
"""


def test_a_fault_in_a_mapping_of_somebody_else_still_ends_the_process(tmp_path: Path) -> None:
    path, foreign = tmp_path / "image.fits", tmp_path / "foreign"
    path.write_bytes(image(NUMBERS))
    foreign.write_bytes(b"x" * 8192)
    command = [sys.executable, "-c", FOREIGN_FAULT, str(path), str(foreign)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGBUS


def test_a_file_overwritten_in_place_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "changes.fits"
    path.write_bytes(image(NUMBERS))
    with torchfits.open(path) as f:
        f[0].header  # noqa: B018  (the header is read before the change)
        path.write_bytes(image(NUMBERS + 1))
        later = time.time_ns() + 10**9
        os.utime(path, ns=(later, later))
        with pytest.raises(torchfits.FileChangedError, match=r"changes\.fits") as caught:
            f[0].read()
        assert isinstance(caught.value, OSError)


def test_a_file_replaced_by_another_never_gives_the_other_ones_data(tmp_path: Path) -> None:
    path, other = tmp_path / "old.fits", tmp_path / "new.fits"
    path.write_bytes(image(NUMBERS))
    with torchfits.open(path) as f:
        assert len(f[0].header) > 0
        other.write_bytes(image(NUMBERS + 1))
        other.replace(path)
        try:
            got = f[0].read()
        except torchfits.FileChangedError:
            pass
        else:
            assert_same(got, NUMBERS)
    assert_same(torchfits.read(path), NUMBERS + 1)


def test_an_unlinked_file_is_still_the_one_that_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "gone.fits"
    path.write_bytes(image(NUMBERS))
    with torchfits.open(path) as f:
        assert len(f) == 1
        path.unlink()
        try:
            got = f[0].read()
        except (torchfits.FileChangedError, torchfits.FileMissingError):
            return
        assert_same(got, NUMBERS)


def test_reopening_sees_what_is_on_disk_now(tmp_path: Path) -> None:
    path = tmp_path / "again.fits"
    for number in range(3):
        path.write_bytes(image(NUMBERS[: 10 + number]))
        assert_same(torchfits.read(path), NUMBERS[: 10 + number])
