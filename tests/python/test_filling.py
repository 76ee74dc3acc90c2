# SPDX-License-Identifier: BSD-3-Clause
"""Images that are created empty and filled by sections, and data larger than memory."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from astropy.io import fits
from child_process import in_child
from hypothesis import given, settings
from hypothesis import strategies as st
from other_programs import check_file

import torchfits
from torchfits import Compression, Ragged

MIB = 1 << 20
SHAPE = (200, 300)
GENERATOR = torch.manual_seed(1)
SKY = torch.normal(100.0, 5.0, SHAPE, generator=GENERATOR)
COUNTS = (SKY * 10).to(torch.int32)
TILED = Compression("GZIP_2", tile=(32, 50), quantize_level=None)


def by_lines(count: int, step: int) -> list[slice]:
    return [slice(first, min(count, first + step)) for first in range(0, count, step)]


IMAGES = [
    (COUNTS, None, {}),
    (COUNTS.to(torch.uint16), None, {}),
    (SKY, None, {}),
    (SKY, None, {"bitpix": 16, "bscale": 0.01, "bzero": 50.0, "blank": -32768}),
    (COUNTS, "RICE_1", {}),
    (COUNTS.long(), "RICE_1", {}),
    (COUNTS.to(torch.uint16), "RICE_1", {}),
    (SKY, "RICE_1", {}),
    (SKY, Compression(tile=(32, 32)), {}),
    (SKY, "RICE_1", {"bitpix": 16, "bscale": 0.01, "bzero": 50.0, "blank": -32768}),
    (COUNTS.long(), Compression("GZIP_1", tile=(7, 13)), {}),
    (SKY.double(), TILED, {}),
    (COUNTS, "HCOMPRESS_1", {}),
    (COUNTS, "PLIO_1", {}),
    (SKY, "NOCOMPRESS", {}),
]


@pytest.mark.parametrize("step", [200, 30, 1])
@pytest.mark.parametrize(("image", "compress", "storage"), IMAGES)
def test_an_image_that_is_filled_in_order_is_that_of_write(
    tmp_path, image, compress, storage, step
):
    whole, filled = tmp_path / "whole.fits", tmp_path / "filled.fits"
    words = {"header": {"OBJECT": "M31"}, "name": "SCI", "compress": compress, "checksum": True}
    torchfits.write(whole, image, **words, **storage)
    with torchfits.open(filled, "w") as f:
        hdu = f.create_image(tuple(image.shape), image.dtype, **words, **storage)
        for lines in by_lines(SHAPE[0], step):
            hdu[lines] = image[lines]
    assert filled.read_bytes() == whole.read_bytes()


SLICES = st.tuples(st.integers(0, 6), st.integers(1, 7), st.sampled_from([1, 1, 1, 2, -1, -3])).map(
    lambda part: (
        slice(part[0], part[0] + part[1], part[2])
        if part[2] > 0
        else slice(part[0] + part[1], part[0] or None, part[2])
    )
)


@settings(max_examples=60, deadline=None)
@given(
    sections=st.lists(st.tuples(SLICES, SLICES), max_size=6),
    tile=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    dtype=st.sampled_from([np.int16, np.uint16, np.int64, np.float32]),
    mode=st.sampled_from(["w", "a"]),
)
def test_sections_in_any_order(sections, tile, dtype, mode):
    shape = (7, 6)
    zero = 1 << 15 if dtype == np.uint16 else 0  # the stored number 0
    expected = np.full(shape, zero, dtype)
    compress = Compression("GZIP_2", tile=tile, quantize_level=None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.fits"
        with torchfits.open(path, mode) as f:
            hdu = f.create_image(shape, torch.from_numpy(expected).dtype, compress=compress)
            for count, section in enumerate(sections, 1):
                part = np.arange(expected[section].size).astype(dtype) + dtype(100 * count)
                part = part.reshape(expected[section].shape)
                expected[section] = part
                hdu[section] = torch.from_numpy(part)
        with fits.open(path) as f:
            np.testing.assert_array_equal(f[1].data, expected)
        np.testing.assert_array_equal(torchfits.read(path).numpy(), expected)


def test_parts_never_filled_hold_the_stored_number_0(tmp_path):
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        for compress in (None, "RICE_1"):
            for dtype in (torch.int16, torch.uint16, torch.int8, torch.float64):
                choice = TILED if compress and dtype.is_floating_point else compress
                hdu = f.create_image((40, 70), dtype, compress=choice, checksum=True)
                hdu[3, 5:9] = 7
    check_file(path)
    zeros = [0, 1 << 15, -128, 0]
    with fits.open(path) as f:
        images = [hdu.data for hdu in f if hdu.data is not None]
        for data, zero in zip(images, 2 * zeros, strict=True):
            expected = np.full((40, 70), zero, data.dtype)
            expected[3, 5:9] = 7
            np.testing.assert_array_equal(data, expected)


def test_a_plain_image_takes_the_room_that_is_filled(tmp_path):
    path = tmp_path / "large.fits"
    with torchfits.open(path, "w") as f:
        hdu = f.create_image((1 << 16, 1 << 14), torch.float32, checksum=True)
        hdu[40000:40010] = torch.ones(10, 1 << 14)
        assert hdu[39999:40001, :2].tolist() == [[0.0, 0.0], [1.0, 1.0]]
    status = path.stat()
    assert status.st_size > 4 << 30
    assert status.st_blocks * 512 < 16 * MIB
    with fits.open(path) as f:
        assert f[0].section[40009, 5] == 1
        header = f[0].header
    # Ten lines of 16384 words of 1.0, at multiples of 4: their ones' complement sum.
    words = 10 * (1 << 14) * int(np.float32(1).view("u4"))
    assert int(header["DATASUM"]) % (2**32 - 1) == words % (2**32 - 1)


def test_the_values_of_a_section(tmp_path):
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        hdu = f.create_image((6, 8), torch.int64, compress=Compression("RICE_1", tile=(2, 3)))
        hdu[...] = 1
        hdu[1:3, ::2] = np.array([[5], [6]], dtype="u1")
        hdu[-1] = [1.0, 2, 3, 4, 5, 6, 7, 8]
        for key, value, message in (
            (slice(0, 1), 2**40, "2147483647|cannot|fit"),
            (0, 1.5, "1.5"),
            (0, torch.zeros(3), "stretched"),
            (slice(0, 2), float("nan"), "nan|NaN"),
        ):
            with pytest.raises(ValueError, match=message):
                hdu[key] = value
        with pytest.raises(IndexError):
            hdu[6] = 0
        with pytest.raises(TypeError):
            hdu[None] = 0
    expected = np.ones((6, 8), "i4")
    expected[1:3, ::2] = [[5], [6]]
    expected[-1] = np.arange(1, 9)
    with fits.open(path) as f:
        np.testing.assert_array_equal(f[1].data, expected)


def test_a_section_that_cannot_be_encoded_changes_nothing(tmp_path):
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        hdu = f.create_image((4, 50), torch.int32, compress="PLIO_1", checksum=True)
        hdu[0:2] = 3
        with pytest.raises(ValueError, match="PLIO_1 holds"):
            hdu[1:3] = -1
        hdu[2] = 4
    check_file(path)
    with fits.open(path) as f:
        assert f[1].data[:, 0].tolist() == [3, 3, 4, 0]


def test_quantised_tiles_that_are_filled_again(tmp_path):
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        hdu = f.create_image(SHAPE, torch.float32, compress=Compression(tile=(50, 50)))
        hdu[:100] = SKY[:100] + 50
        hdu[:] = SKY
        hdu[:, 10] = 1000.0
    data = torchfits.read(path)
    assert (data[:, 10] - 1000).abs().max() < 1
    rest = torch.cat([data[:, :10], data[:, 11:]], 1)
    assert (rest - torch.cat([SKY[:, :10], SKY[:, 11:]], 1)).abs().max() < 1


def test_many_unfinished_tiles_go_to_a_temporary_file(tmp_path):
    image = torch.arange(3000 * 4000, dtype=torch.int32).reshape(3000, 4000)  # 60 MB with the marks
    image = torch.cat([image, image])
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        hdu = f.create_image(tuple(image.shape), image.dtype, compress=Compression(tile=(64, 64)))
        hdu[:, 1::2] = image[:, 1::2]
        hdu[:, ::2] = image[:, ::2]
    assert torch.equal(torchfits.read(path), image)


@pytest.mark.parametrize("mode", ["r+", "a"])
def test_an_image_is_filled_at_the_end_of_a_file(tmp_path, mode):
    path = tmp_path / "f.fits"
    torchfits.write(path, [(SKY, None, "OLD")])
    old = path.read_bytes()
    with torchfits.open(path, mode) as f:
        hdu = f.create_image(SHAPE, torch.int32, compress="RICE_1", checksum=True, name="NEW")
        assert (hdu.name, hdu.shape, hdu.dtype) == ("NEW", SHAPE, torch.int32)
        assert repr(hdu) == "<HDU 1 'NEW': compressed_image int32 [200, 300]>"
        for lines in by_lines(200, 40):
            hdu[lines] = f["OLD"][lines].mul(10).to(torch.int32)
            assert len(f) == 1
            assert "NEW" not in f
            with fits.open(path) as other:  # who reads it finds the old image
                np.testing.assert_array_equal(other[0].data, SKY.numpy())
        assert torch.equal(hdu.read(), COUNTS)  # which completes it
        assert len(f) == 2
        with pytest.raises(torchfits.UnsupportedError, match="not changed in place"):
            hdu[0] = 0
        hdu.header["OBSERVER"] = "Hubble"
    assert path.read_bytes().startswith(old)
    check_file(path)
    assert torchfits.read_header(path, "NEW")["OBSERVER"] == "Hubble"


def test_what_completes_an_image(tmp_path):
    def flush(f, hdu):
        f.flush()

    def append(f, hdu):
        f.append(torch.zeros(3))

    def header(f, hdu):
        assert hdu.header["ZZ"] == 1

    def create(f, hdu):
        f.create_image((3,), torch.uint8)

    def section(f, hdu):
        assert hdu[2, 3] == 7

    for number, act in enumerate((flush, append, header, create, section)):
        path = tmp_path / f"{number}.fits"
        with torchfits.open(path, "w") as f:
            hdu = f.create_image((10, 20), torch.int16, compress=True, header={"ZZ": 1})
            hdu[2] = 7
            act(f, hdu)
            assert f[1].kind == "compressed_image"
            with pytest.raises(torchfits.UnsupportedError):
                hdu[3] = 7
        check_file(path)


def test_extensions_are_announced(tmp_path):
    for compress in (None, True):
        path = tmp_path / f"{compress}.fits"
        primary = fits.PrimaryHDU()
        primary.header["EXTEND"] = False
        primary.writeto(path)
        with torchfits.open(path, "r+") as f:
            f.create_image((3, 4), torch.int16, compress=compress)
        assert fits.getheader(path)["EXTEND"] is True
        check_file(path)


def test_the_user_gives_up(tmp_path):
    path, new = tmp_path / "f.fits", tmp_path / "new.fits"
    torchfits.write(path, SKY)
    old = path.read_bytes()
    for target, mode in ((path, "r+"), (path, "w"), (new, "w"), (new, "x")):
        with (
            pytest.raises(ZeroDivisionError),
            torchfits.open(target, mode) as f,
        ):
            hdu = f.create_image(SHAPE, torch.int32, compress="RICE_1")
            hdu[:100] = COUNTS[:100]
            raise ZeroDivisionError
        assert path.read_bytes() == old
        assert [each.name for each in tmp_path.iterdir()] == ["f.fits"]


def test_a_kill_while_an_image_is_filled(tmp_path):
    for mode in ("w", "r+"):
        path = tmp_path / f"{mode[0]}.fits"
        torchfits.write(path, SKY)
        old = path.read_bytes()
        pid = os.fork()
        if pid == 0:
            try:
                f = torchfits.open(path, mode)
                hdu = f.create_image(SHAPE, torch.int32, compress="RICE_1")
                hdu[:100] = COUNTS[:100]
                os.kill(os.getpid(), signal.SIGKILL)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
        assert path.read_bytes().startswith(old)
        with fits.open(path) as f:
            np.testing.assert_array_equal(f[0].data, SKY.numpy())
        torchfits.append(path, COUNTS)
        check_file(path)
        with fits.open(path) as f:
            assert len(f) == 2


def test_no_space_is_an_error_and_nothing_more(tmp_path):
    path = tmp_path / "f.fits"
    torchfits.write(path, SKY)
    old = path.read_bytes()

    def fill() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(old) + 30000, len(old) + 30000))
        with pytest.raises(torchfits.FITSIOError), torchfits.open(path, "r+") as f:
            hdu = f.create_image(SHAPE, torch.int32, compress="NOCOMPRESS")
            for lines in by_lines(200, 10):
                hdu[lines] = COUNTS[lines]

    in_child(fill)
    assert path.read_bytes() == old


@pytest.mark.parametrize(
    ("shape", "dtype", "words", "kind", "message"),
    [
        ((3, 4), torch.complex64, {}, TypeError, "cannot hold complex64"),
        ((3, 4), "float32", {}, TypeError, "torch dtype"),
        ((), torch.int16, {}, ValueError, "no axes"),
        ((3, -4), torch.int16, {}, ValueError, "lengths are 0 or more"),
        ((0, 4), torch.int16, {"compress": True}, ValueError, "no pixels to compress"),
        ((1 << 40, 1 << 40), torch.int16, {}, ValueError, "more bytes than a file can count"),
        ((3, 4), torch.float32, {"compress": "PLIO_1"}, ValueError, "takes integers"),
    ],
)
def test_an_image_that_cannot_be(tmp_path, shape, dtype, words, kind, message):
    with torchfits.open(tmp_path / "f.fits", "w") as f, pytest.raises(kind, match=message):
        f.create_image(shape, dtype, **words)


def test_files_that_are_read_only_take_nothing(tmp_path):
    path = tmp_path / "f.fits"
    torchfits.write(path, SKY)
    with torchfits.open(path) as f:
        with pytest.raises(ValueError, match="open for reading"):
            f.create_image((3,), torch.uint8)
        with pytest.raises(ValueError, match="open for reading"):
            f.create_table({"A": torch.uint8})


def test_images_and_tables_larger_than_memory(tmp_path):
    """256 MiB of address space, 400 MiB of pixels and 300 MiB of cells."""
    path = tmp_path / "large.fits"
    ones = torch.ones(1 << 20)

    def fill() -> None:
        torch.set_num_threads(1)  # its pool does not survive a fork
        torchfits.set_num_threads(2)
        section = np.arange(1 << 20, dtype=np.int32).reshape(256, 4096)  # 4 MiB
        rows = {
            "ID": torch.arange(1 << 14),
            "V": Ragged(ones, torch.arange(0, (1 << 20) + 1, 64)),
        }
        with torchfits.open(path, "w") as f:
            hdu = f.create_image((256 * 100, 4096), torch.int32)
            for i in range(0, 25600, 256 * 5):
                hdu[i : i + 256] = section
            hdu = f.create_image(
                (256 * 100, 4096), torch.int32, compress=Compression("RICE_1", tile=(100, 100))
            )
            for i in range(100):
                hdu[256 * i : 256 * (i + 1)] = section + i
            hdu = f.create_table({"ID": torch.int64, "V": (torch.float32, ...)}, checksum=True)
            for _ in range(75):
                hdu.append_rows(rows)

    in_child(fill, extra_bytes=256 * MIB)
    with torchfits.open(path) as f:
        assert f[1][256 * 77 + 5, 7] == 5 * 4096 + 7 + 77
        assert f[1][256 * 99 + 255, 4095] == (1 << 20) - 1 + 99
        assert f[2].shape == (75 << 14,)
        assert f[2]["V", 100:101][0].tolist() == [1.0] * 64
        assert f[2]["ID", -1:].tolist() == [(1 << 14) - 1]
    assert torchfits.verify(path).ok


def test_threads_fill_one_image(tmp_path):
    path = tmp_path / "f.fits"
    with torchfits.open(path, "w") as f:
        hdu = f.create_image(SHAPE, torch.int32, compress=Compression("RICE_1", tile=(7, 300)))

        def fill(first: int) -> None:
            for line in range(first, 200, 4):
                hdu[line] = COUNTS[line]

        threads = [threading.Thread(target=fill, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert torch.equal(torchfits.read(path), COUNTS)
