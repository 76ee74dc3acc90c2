# SPDX-License-Identifier: BSD-3-Clause
"""Where bytes come from: paths, memory, file objects, streams and compressed files."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import mmap
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import raw_decoder
from comparison import assert_same
from fits_bytes import empty_primary, image

import torchfits

FIRST = np.arange(600, dtype="i2").reshape(20, 30)
SECOND = np.arange(40_000, dtype="f8") / 7
CONTENT = image(FIRST) + image(SECOND, extension=True, name="SECOND")


def check(source: object) -> None:
    """Both images, one of them by a section, and a header."""
    with torchfits.open(source) as f:
        assert_same(f["SECOND"].read(), SECOND)
        assert_same(f[0][5:9, ::-2], FIRST[5:9, ::-2])
        assert_same(f[0].read(), FIRST)
        assert f[1].header["NAXIS1"] == 40_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "f.fits"
    place.write_bytes(CONTENT)
    return place


@pytest.mark.parametrize("kind", [str, Path])
def test_paths(path: Path, kind: Callable[[Path], object]) -> None:
    check(kind(path))


def test_path_of_any_characters(tmp_path: Path) -> None:
    for name in ("a b", "\N{GREEK SMALL LETTER ALPHA}.fits", "100%[1].fits", "x" * 200, "\udcff"):
        place = tmp_path / name
        place.write_bytes(CONTENT)
        check(place)


def test_the_home_directory_is_meant_by_the_tilde_only_in_shells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("~x.fits").write_bytes(CONTENT)
    check("~x.fits")


@pytest.mark.parametrize(
    "kind",
    [
        bytes,
        bytearray,
        memoryview,
        lambda content: memoryview(bytearray(content)),
        lambda content: memoryview(np.frombuffer(content, np.uint8)),
    ],
)
def test_memory(kind: Callable[[bytes], object]) -> None:
    check(kind(CONTENT))


def test_memory_that_is_not_contiguous() -> None:
    doubled = np.repeat(np.frombuffer(CONTENT, np.uint8), 2)
    strided = memoryview(doubled)[::2]
    with contextlib.suppress(TypeError, ValueError, BufferError):
        check(strided)


def test_memory_is_not_copied_into_the_result() -> None:
    source = bytearray(CONTENT)
    got = torchfits.read(source)
    source[2880:3000] = b"\xff" * 120
    assert_same(got, FIRST)


def test_a_mapping(path: Path) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
        check(mapping)


def test_file_objects(path: Path) -> None:
    for buffering in (0, -1):
        with path.open("rb", buffering=buffering) as file:
            file.seek(1234)
            check(file)
            assert not file.closed
    with path.open("r+b") as file:
        check(file)
    stream = io.BytesIO(CONTENT)
    stream.seek(0, io.SEEK_END)
    check(stream)
    assert not stream.closed
    check(io.BufferedReader(io.BytesIO(CONTENT)))


def test_a_buffered_file_with_unwritten_bytes_is_read_as_python_sees_it(tmp_path: Path) -> None:
    with (tmp_path / "new.fits").open("w+b", buffering=1 << 20) as file:
        file.write(CONTENT)
        check(file)


class OnlyRead:
    """An unseekable stream that gives what it likes."""

    def __init__(self, content: bytes, most: int) -> None:
        self._stream = io.BytesIO(content)
        self._most = most

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(self._most if size < 0 else min(size, self._most))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("most", [1000, 1 << 20])
def test_a_stream_that_reads_short_and_cannot_seek(most: int) -> None:
    check(OnlyRead(CONTENT, most))


def test_a_pipe() -> None:
    receiver, sender = os.pipe()

    def send() -> None:
        with os.fdopen(sender, "wb") as file:
            file.write(CONTENT)

    thread = threading.Thread(target=send)
    thread.start()
    with os.fdopen(receiver, "rb") as file:
        check(file)
    thread.join()


def test_a_compressed_file_object(path: Path) -> None:
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(CONTENT))
    with packed.open("rb") as file:
        check(file)
    with gzip.open(packed) as file:
        check(file)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("suffix", [".fits", ".fits.gz", ".bz2", ""])
def test_compressed_files(tmp_path: Path, pack: Callable[[bytes], bytes], suffix: str) -> None:
    place = tmp_path / f"packed{suffix}"
    place.write_bytes(pack(CONTENT))
    check(place)
    check(pack(CONTENT))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_several_members(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    place = tmp_path / "members"
    place.write_bytes(pack(CONTENT[:3000]) + pack(CONTENT[3000:10_000]) + pack(CONTENT[10_000:]))
    check(place)


@pytest.mark.parametrize("cut", [10, 100, 5000, -1, -8])
@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_truncated_compressed_files(
    tmp_path: Path, pack: Callable[[bytes], bytes], cut: int
) -> None:
    place = tmp_path / "cut"
    noise = np.random.default_rng(2).integers(0, 2**31, 20_000, dtype="i4")
    place.write_bytes(pack(image(noise))[:cut])
    with pytest.raises(torchfits.FITSError):
        check(place)


def test_unix_compress(corpus: Path, tmp_path: Path) -> None:
    packed = corpus / "image/lzw.fits.Z"
    expected = raw_decoder.image(raw_decoder.read_hdus(raw_decoder.load(packed))[0])
    assert_same(torchfits.read(packed), expected)
    assert_same(torchfits.read(packed.read_bytes()), expected)
    renamed = tmp_path / "renamed.fits"
    renamed.write_bytes(packed.read_bytes())
    assert_same(torchfits.read(renamed), expected)


def test_the_header_of_a_large_gzip_inflates_little(tmp_path: Path) -> None:
    place = tmp_path / "large.fits.gz"
    noise = np.random.default_rng(4).integers(0, 2**31, 4_000_000, dtype="i4")
    place.write_bytes(gzip.compress(image(noise), compresslevel=1))
    before = torchfits.stats()["bytes_read"]
    assert torchfits.read_header(place)["NAXIS1"] == 4_000_000
    assert torchfits.stats()["bytes_read"] - before < 2 << 20


def test_a_gzip_larger_than_what_is_kept_in_memory(tmp_path: Path) -> None:
    place = tmp_path / "spooled.fits.gz"
    numbers = np.arange(20_000_000, dtype="i4")
    content = image(numbers) + image(FIRST, extension=True)
    place.write_bytes(gzip.compress(content, compresslevel=1))
    with torchfits.open(place) as f:
        assert_same(f[1].read(), FIRST)
        assert_same(f[0][19_000_000:], numbers[19_000_000:])
        assert_same(f[0][10:20], numbers[10:20])


@pytest.mark.parametrize("source", [None, 3, 1.5, object(), [b"x"], io.StringIO("SIMPLE")])
def test_other_sources_are_type_errors(source: object) -> None:
    with pytest.raises(TypeError):
        torchfits.read(source)


def test_modes_and_their_names(path: Path) -> None:
    with pytest.raises(ValueError, match="mode"):
        torchfits.open(path, "q")


def test_a_primary_without_data_alone() -> None:
    with torchfits.open(empty_primary()) as f:
        assert len(f) == 1
        assert not f[0].has_data
        assert f[0].header["NAXIS"] == 0
