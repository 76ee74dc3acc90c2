# SPDX-License-Identifier: BSD-3-Clause
"""Open files as objects: a sequence of HDUs that may be shared by threads and sent to workers."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from child_process import in_child
from comparison import assert_same
from fits_bytes import card, empty_primary, field, image, table
from handle_datasets import HandleDataset, PathDataset
from torch.utils.data import DataLoader

import torchfits

COUNT = 6


def plane(number: int) -> np.ndarray:
    return np.arange(20_000, dtype="i4").reshape(100, 200) * (number + 1)


def content() -> bytes:
    hdus = [image(plane(i), extension=True, name=f"E{i}") for i in range(COUNT)]
    return empty_primary() + b"".join(hdus)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "field.fits"
    place.write_bytes(content())
    return place


def test_a_file_is_a_sequence_of_hdus(path: Path) -> None:
    with torchfits.open(path) as f:
        assert len(f) == COUNT + 1
        assert [hdu.index for hdu in f] == list(range(COUNT + 1))
        assert [hdu.name for hdu in f][-1] == f"E{COUNT - 1}"
        assert f[-1].index == COUNT
        assert "E3" in f
        assert "e3 " in f
        assert ("E3", 1) in f
        assert "E99" not in f
        assert ("E3", 2) not in f


@pytest.mark.parametrize("index", [COUNT + 1, -COUNT - 2, 10**6, 2**62])
def test_a_position_outside_is_an_index_error(path: Path, index: int) -> None:
    with torchfits.open(path) as f, pytest.raises(torchfits.HDUIndexError) as caught:
        f[index]
    assert isinstance(caught.value, IndexError)
    assert str(COUNT + 1) in str(caught.value)


@pytest.mark.parametrize("name", ["NOPE", ("E1", 7), ""])
def test_an_unknown_name_is_a_key_error_that_lists_the_names(path: Path, name: object) -> None:
    with torchfits.open(path) as f, pytest.raises(torchfits.HDUNotFoundError) as caught:
        f[name]
    assert isinstance(caught.value, KeyError)
    assert "E1" in str(caught.value)


def test_an_unknown_name_lists_hdus_without_a_name_by_number() -> None:
    nameless = table([("X", "B", field([1, 2], "u1"))])
    named = table([("X", "B", field([1, 2], "u1"))], name="CAT")
    with pytest.raises(torchfits.HDUNotFoundError) as caught:
        torchfits.read(empty_primary() + nameless + named + nameless, "EVENTS")
    assert "no HDU named 'EVENTS'" in str(caught.value)
    listed = str(caught.value).rpartition("the file has ")[2].rstrip("'\"")
    assert listed == "'PRIMARY', HDU 1 without a name, 'CAT', HDU 3 without a name"


@pytest.mark.parametrize("key", [True, False, 1.0, None, ("E1", "x"), ("E1", True), b"E1"])
def test_other_keys_are_type_errors(path: Path, key: object) -> None:
    with torchfits.open(path) as f, pytest.raises(TypeError):
        f[key]
    if key is not None:
        with pytest.raises(TypeError):
            torchfits.read(path, key)


def test_the_first_hdu_does_not_depend_on_the_rest(tmp_path: Path) -> None:
    place = tmp_path / "half.fits"
    broken = b"XTENSION= 'IMAGE   '".ljust(80) + b"\xff" * 2800
    place.write_bytes(image(plane(0)) + broken)
    with torchfits.open(place) as f:
        assert f[0].shape == (100, 200)
        assert_same(f[0].read(), plane(0))
        assert_same(torchfits.read(place), plane(0))
        with pytest.raises(torchfits.FITSError):
            f[1].read()


def test_a_closed_file_says_so(path: Path) -> None:
    f = torchfits.open(path)
    hdu = f[1]
    with f:
        assert_same(hdu.read(), plane(0))
    f.close()
    for use in (lambda: f[1], hdu.read, lambda: len(f), lambda: hdu[0:2]):
        with pytest.raises((ValueError, torchfits.FITSError), match=r"(?i)closed"):
            use()


def test_many_files_opened_and_dropped_leave_no_descriptor(path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(50):
        torchfits.read(path)
        torchfits.open(path)[1].read()
        torchfits.read_header(path)
        torchfits.info(path)
    assert len(list(descriptors.iterdir())) <= before + 1


def test_repr_of_what_is_in_a_file_shows_shapes_and_never_values(path: Path) -> None:
    with torchfits.open(path) as f:
        text = repr(f) + repr(f[1]) + str(f[1])
        assert "field.fits" in repr(f)
        assert "E0" in text
        assert "100" in text
        assert "200" in text
        assert "19999" not in text
    rows = [("LIGHT", "J", field([123456], "i4"))]
    with torchfits.open(empty_primary() + table(rows)) as f:
        assert "1 rows x 1 columns" in repr(f[1])
        assert "123456" not in repr(f[1])


def test_info_prints_as_a_table(path: Path) -> None:
    text = str(torchfits.info(path))
    lines = [line for line in text.splitlines() if "E3" in line]
    assert len(lines) == 1
    assert "image" in lines[0].lower()
    assert len(torchfits.info(path)) == COUNT + 1
    with torchfits.open(path) as f:
        assert str(f.info()) == text


def test_pickle_of_a_file_and_an_hdu_by_path(path: Path) -> None:
    with torchfits.open(path) as f:
        again, hdu = pickle.loads(pickle.dumps((f, f["E2"])))
        assert_same(hdu.read(), plane(2))
        assert_same(again["E4"].read(), plane(4))
        assert hdu.index == 3
        again.close()
        assert_same(f[1].read(), plane(0))


def test_pickle_of_bytes_by_value() -> None:
    with torchfits.open(content()) as f:
        again = pickle.loads(pickle.dumps(f))
    assert_same(again[2].read(), plane(1))


def test_pickle_of_a_file_object_is_refused(path: Path) -> None:
    with (
        path.open("rb") as file,
        torchfits.open(file) as f,
        pytest.raises((TypeError, pickle.PicklingError)),
    ):
        pickle.dumps(f)


def test_a_pickled_file_that_changed_is_an_error(path: Path) -> None:
    with torchfits.open(path) as f:
        sent = pickle.dumps(f)
    path.write_bytes(content() + image(plane(9), extension=True))
    with pytest.raises(torchfits.FileChangedError):
        pickle.loads(sent)[1].read()
    path.unlink()
    with pytest.raises(torchfits.FileMissingError):
        pickle.loads(sent)[1].read()


@pytest.mark.parametrize(
    "error",
    [
        "FITSError",
        "FormatError",
        "TruncatedError",
        "HDUNotFoundError",
        "HDUIndexError",
        "ColumnNotFoundError",
        "KeywordNotFoundError",
        "NoDataError",
        "UnsupportedError",
        "FileMissingError",
        "FileChangedError",
        "FITSIOError",
    ],
)
def test_errors_are_made_from_one_string_and_survive_pickling(error: str) -> None:
    kind = getattr(torchfits, error)
    made = kind("what, where, remedy")
    assert isinstance(made, torchfits.FITSError)
    assert "what, where, remedy" in str(pickle.loads(pickle.dumps(made)))


def test_the_tree_of_errors() -> None:
    tree = {
        "TruncatedError": "FormatError",
        "HDUNotFoundError": KeyError,
        "HDUIndexError": IndexError,
        "ColumnNotFoundError": KeyError,
        "KeywordNotFoundError": KeyError,
        "UnsupportedError": NotImplementedError,
        "FileMissingError": FileNotFoundError,
        "FileChangedError": OSError,
        "FITSIOError": OSError,
        "FormatError": OSError,
        "FITSWarning": UserWarning,
    }
    for name, parent in tree.items():
        expected = getattr(torchfits, parent) if isinstance(parent, str) else parent
        assert issubclass(getattr(torchfits, name), expected), name


def test_an_error_from_the_file_keeps_its_whole_message(tmp_path: Path) -> None:
    place = tmp_path / "short.fits"
    place.write_bytes(image(plane(0))[:-5000])
    with pytest.raises(torchfits.TruncatedError) as caught:
        torchfits.read(place)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_threads_share_one_handle(path: Path) -> None:
    with torchfits.open(path) as f:

        def work(number: int) -> bool:
            which = number % COUNT
            whole = f[which + 1].read()
            part = f[f"E{which}"][10 : 20 + which, ::-3]
            return np.array_equal(whole, plane(which)) and np.array_equal(
                part, plane(which)[10 : 20 + which, ::-3]
            )

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(240)))


def test_threads_that_scan_and_read_large_images(tmp_path: Path) -> None:
    place = tmp_path / "large.fits"
    numbers = np.arange(2_000_000, dtype="i4")
    hdus = [image(numbers + i, extension=True) for i in range(4)]
    place.write_bytes(empty_primary() + b"".join(hdus))
    with torchfits.open(place) as f, ThreadPoolExecutor(8) as pool:
        for number, got in enumerate(pool.map(lambda i: f[i % 4 + 1].read(), range(16))):
            assert_same(got, numbers + number % 4)


def test_fork_after_a_parallel_read(tmp_path: Path) -> None:
    place = tmp_path / "large.fits"
    numbers = np.arange(5_000_000, dtype="f4")
    place.write_bytes(image(numbers))
    with torchfits.open(place) as f:
        assert_same(f[0].read(), numbers)
        in_child(lambda: assert_same(f[0].read(), numbers))
        in_child(lambda: assert_same(torchfits.read(place), numbers))
        in_child(lambda: in_child(lambda: assert_same(f[0].read(), numbers)))
        assert_same(f[0].read(), numbers)


def fork_among_readers(place: Path, numbers: np.ndarray) -> None:
    """Ten children, each born while two threads read through the handle that it reads too."""
    stop = threading.Event()
    with torchfits.open(place) as f:

        def keep_reading() -> None:
            while not stop.is_set():
                f[0].read()

        readers = [threading.Thread(target=keep_reading) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for _ in range(10):
                in_child(lambda: assert_same(f[0].read(), numbers), seconds=20)
        finally:
            stop.set()
            for reader in readers:
                reader.join()


def test_fork_while_other_threads_read(tmp_path: Path) -> None:
    place = tmp_path / "large.fits"
    numbers = np.arange(3_000_000, dtype="f4")
    place.write_bytes(image(numbers))
    in_child(lambda: fork_among_readers(place, numbers), seconds=40)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_data_loader_workers_read_from_an_open_handle(path: Path, method: str) -> None:
    with torchfits.open(path) as f:
        assert_same(f[1].read(), plane(0))
        loader = DataLoader(
            HandleDataset(f, COUNT), batch_size=2, num_workers=2, multiprocessing_context=method
        )
        batches = list(loader)
    assert_same(torch.cat(batches), np.stack([plane(i) for i in range(COUNT)]))


def test_data_loader_raises_the_error_of_a_worker(path: Path) -> None:
    dataset = PathDataset([str(path), str(path.parent / "missing.fits")])
    with pytest.raises(torchfits.FileMissingError, match=r"missing\.fits"):
        list(DataLoader(dataset, num_workers=1, multiprocessing_context="fork"))


def run_python(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_starts_no_thread_and_brings_no_torch_and_no_numpy() -> None:
    program = """
import os, sys
import torchfits
print(len(os.listdir("/proc/self/task")), "torch" in sys.modules, "numpy" in sys.modules)
"""
    assert run_python(program).split() == ["1", "False", "False"]


def test_the_public_names_are_listed() -> None:
    names = torchfits.__all__
    assert len(names) == len(set(names))
    expected = "read read_header read_many cutout info open stats set_num_threads FITS HDU Header"
    assert set(expected.split()) <= set(names)
    assert all(hasattr(torchfits, name) for name in names)
    assert set(names) <= set(dir(torchfits))


def test_set_num_threads() -> None:
    numbers = np.arange(3_000_000, dtype="i2")
    try:
        for threads in (1, 3, 2):
            torchfits.set_num_threads(threads)
            assert_same(torchfits.read(image(numbers)), numbers)
        with pytest.raises(ValueError, match="-1"):
            torchfits.set_num_threads(-1)
    finally:
        torchfits.set_num_threads(len(os.sched_getaffinity(0)))


def test_header_of_a_handle_is_the_header_of_the_file(path: Path) -> None:
    extra = [card("OBJECT", "M 13", "target")]
    path.write_bytes(image(plane(0), extra))
    with torchfits.open(path) as f:
        assert f[0].header["OBJECT"] == "M 13"
        assert f[0].header.comments["OBJECT"] == "target"
    tensor, header = torchfits.read(path, header=True)
    assert_same(tensor, plane(0))
    assert header["OBJECT"] == "M 13"
