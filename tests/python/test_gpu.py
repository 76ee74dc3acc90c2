# SPDX-License-Identifier: BSD-3-Clause
"""Reading to a GPU: what arrives there is what a read to the host gives, and the host never waits.

All but the last tests need a CUDA device and skip without one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from comparison import assert_same_bits
from fits_bytes import card, empty_primary, field, image, table, text_field

import torchfits

CODES = ["u1", "i2", "i4", "i8", "f4", "f8"]
OFFSET = {"u1": -128, "i2": 2**15, "i4": 2**31, "i8": 2**63}
DTYPES = [
    torch.uint8, torch.int8, torch.int16, torch.uint16, torch.int32, torch.uint32, torch.int64,
    torch.uint64, torch.float16, torch.bfloat16, torch.float32, torch.float64,
]  # fmt: skip
SECTION = (slice(3, 60, 7), slice(1, -1))
BOX = (slice(-5, 20), slice(40, 95))
LARGE = [(3000, 4000), (3, 1700, 2100), (1, 5, 1, 2_100_000), (10_500_000,)]
"""Shapes that are copied in blocks, whatever the dtype; their lines are cut in different axes."""
SLEEP = 10**9  # cycles: half a second or more, far longer than the reads behind it

cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
two_devices = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")


def gpu(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test, and skip it without a device."""
    marked: Callable[..., None] = pytest.mark.gpu(cuda(test))
    return marked


def numbers(code: str, shape: tuple[int, ...] = (64, 81)) -> np.ndarray:
    """Every bit pattern of the integers, ordinary floats with a NaN and infinities."""
    rng = np.random.default_rng(7)
    if code[0] == "f":
        values = rng.normal(size=shape).astype(code) * 1000
        values.flat[:3] = [np.nan, np.inf, -np.inf]
        return values
    limits = np.iinfo(code)
    return rng.integers(limits.min, limits.max, shape, dtype=code, endpoint=True)


def contents(code: str) -> list[bytes]:
    """One image as it is stored, scaled, and with the offset that makes it (un)signed."""
    stored = numbers(code)
    scaled = [card("BSCALE", 0.1), card("BZERO", -3.5)]
    found = [image(stored), image(stored, scaled)]
    return found if code[0] == "f" else [*found, image(stored, [card("BZERO", OFFSET[code])])]


def assert_arrived(got: torch.Tensor, expected: torch.Tensor, device: str = "cuda") -> None:
    assert got.device == torch.empty(0, device=device).device
    assert_same_bits(got.cpu(), expected)


def every_kind_of_column() -> bytes:
    """One table with all element types, strings, bits, vectors, scalings and nulls."""
    rng = np.random.default_rng(5)
    rows = 1000
    letters = np.frombuffer(b"TF\0", np.uint8)[rng.integers(0, 3, (rows, 1))]
    columns = [
        ("L", "L", letters),
        ("X", "11X", rng.integers(0, 256, (rows, 2), np.uint8)),
        ("A", "5A", text_field([str(i).encode() for i in range(rows)], 5)),
        ("EMPTY", "0E", np.zeros((rows, 0), np.uint8)),
    ]
    extra: list[bytes] = []
    for form, code in zip("BIJKED", CODES, strict=True):
        values = numbers(code, (rows, 6))
        columns.append((form, form, field(values[:, :1], code)))
        columns.append((f"{form}_VECTOR", f"6{form}", field(values, code)))
        extra.append(card(f"TDIM{len(columns)}", "(3,2)"))
        columns.append((f"{form}_SCALED", form, field(values[:, :1], code)))
        extra.append(card(f"TSCAL{len(columns)}", 0.25))
        if code[0] != "f":
            columns.append((f"{form}_OFFSET", form, field(values[:, :1], code)))
            extra.append(card(f"TZERO{len(columns)}", OFFSET[code]))
            columns.append((f"{form}_NULL", form, field(rng.integers(0, 3, rows), code)))
            extra.append(card(f"TNULL{len(columns)}", 1))
    pairs = rng.normal(size=(rows, 2))
    columns += [("C", "C", field(pairs, "f4")), ("M", "M", field(pairs, "f8"))]
    return empty_primary() + table(columns, extra)


def assert_same_table(got: torchfits.Table, expected: torchfits.Table) -> None:
    assert got.names == expected.names
    for name in expected.names:
        ours, theirs = got[name], expected[name]
        if isinstance(theirs, torchfits.Strings):
            assert isinstance(ours, torchfits.Strings)
            ours, theirs = ours.bytes, theirs.bytes
        assert_arrived(ours, theirs)
        mask = expected.null_mask(name)
        assert (got.null_mask(name) is None) == (mask is None)
        if mask is not None:
            assert_arrived(got.null_mask(name), mask)


@gpu
@pytest.mark.parametrize("code", CODES)
def test_images_sections_and_cutouts(code: str) -> None:
    for content in contents(code):
        for keywords in ({}, {"scaled": False}, {"section": SECTION}):
            expected = torchfits.read(content, **keywords)
            assert_arrived(torchfits.read(content, device="cuda", **keywords), expected)
        expected = torchfits.cutout(content, BOX, fill=7)
        assert_arrived(torchfits.cutout(content, BOX, fill=7, device="cuda"), expected)


@gpu
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_new_and_into_a_tensor(dtype: torch.dtype) -> None:
    content = image(np.arange(120, dtype="i2").reshape(10, 12))
    expected = torchfits.read(content, dtype=dtype)
    assert_arrived(torchfits.read(content, dtype=dtype, device="cuda"), expected)
    out = torch.zeros(10, 12, dtype=dtype, device="cuda")
    assert torchfits.read(content, dtype=dtype, out=out) is out
    assert_arrived(out, expected)


@gpu
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_strided_tensor_is_filled_and_nothing_beside_it(dtype: torch.dtype) -> None:
    content = image(np.arange(1, 121, dtype="u1").reshape(10, 12))
    backing = torch.zeros(12, 30, dtype=dtype, device="cuda")
    out = backing.t()[::3]
    assert torchfits.read(content, dtype=dtype, out=out) is out
    expected = torch.zeros(12, 30, dtype=dtype)
    expected.t()[::3].copy_(torchfits.read(content, dtype=dtype))
    assert_arrived(backing, expected)


@gpu
def test_a_tensor_of_another_shape_or_dtype_is_refused() -> None:
    content = image(numbers("i2"))
    for out in (
        torch.zeros(64, 80, dtype=torch.int16, device="cuda"),
        torch.zeros(64, 81, dtype=torch.int32, device="cuda"),
    ):
        with pytest.raises(ValueError, match="out= has"):
            torchfits.read(content, out=out)
        assert not out.any()


@gpu
@pytest.mark.parametrize("code", CODES)
def test_batches(tmp_path: Path, code: str) -> None:
    paths = [tmp_path / f"{i}.fits" for i in range(9)]
    for i, path in enumerate(paths):
        path.write_bytes(image(np.roll(numbers(code), i)))
    expected = torchfits.read_many(paths)
    assert_arrived(torchfits.read_many(paths, device="cuda"), expected)
    out = torch.empty_like(expected, device="cuda")
    assert torchfits.read_many(paths, out=out) is out
    assert_arrived(out, expected)


@gpu
@pytest.mark.parametrize(
    "keywords",
    [
        {}, {"scaled": False}, {"null": "nan"}, {"null": "raw"}, {"rows": slice(10, 900, 7)},
        {"rows": [5, 3, 5, -1]}, {"rows": []}, {"columns": ["A", "L", "K_NULL"]},
    ],
)  # fmt: skip
def test_tables(keywords: dict[str, Any]) -> None:
    content = every_kind_of_column()
    got = torchfits.read(content, device="cuda", **keywords)
    assert_same_table(got, torchfits.read(content, **keywords))


@gpu
def test_bare_columns_and_rows_chosen_on_the_device() -> None:
    content = every_kind_of_column()
    chosen = torch.tensor([4, 0, 4], device="cuda")
    got = torchfits.read(content, columns="D", rows=chosen, device="cuda")
    assert_arrived(got, torchfits.read(content, columns="D")[[4, 0, 4]])
    text = torchfits.read(content, columns="A", device="cuda")
    assert text.bytes.is_cuda
    assert text[998:].to_list() == ["998", "999"]


@gpu
def test_handles_of_open_files(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(image(numbers("f4")))
    with torchfits.open(path) as f:
        assert_arrived(f[0].read(device="cuda"), f[0].read())
        cut = torchfits.cutout(f, BOX, fill=0, device="cuda")
        assert_arrived(cut, torchfits.cutout(f, BOX, fill=0))


@gpu
def test_pinned_memory_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[bool] = []

    def watched(name: str) -> Callable[..., Any]:
        original = getattr(torch.Tensor, name)

        def call(tensor: torch.Tensor, *arguments: Any, **keywords: Any) -> Any:
            source = arguments[0] if name == "copy_" else tensor
            copied.append(source.is_pinned() and keywords["non_blocking"])
            return original(tensor, *arguments, **keywords)

        return call

    content = image(numbers("i2"))
    out = torch.zeros(64, 81, dtype=torch.int16, device="cuda")
    for name in ("to", "copy_"):
        monkeypatch.setattr(torch.Tensor, name, watched(name))
    torchfits.read(content, device="cuda")
    torchfits.cutout(content, BOX, fill=0, device="cuda")
    torchfits.read_many([content, content], device="cuda")
    torchfits.read(content, out=out)
    columns = ["L", "A", "J", "K_NULL"]
    torchfits.read(every_kind_of_column(), columns=columns, device="cuda")
    assert len(copied) == 4 + len(columns) + 2  # with the masks of L and K_NULL
    assert all(copied)


@gpu
def test_reads_follow_the_current_stream_and_their_memory_lives_until_copied() -> None:
    first, second = numbers("f4", (512, 512)), numbers("f4", (512, 512))[::-1]
    sources = [image(first), image(second)]
    # Fill the allocators' stores: a fresh allocation may wait for the device.
    warm = [torch.empty(512, 512, pin_memory=True) for _ in range(3)]
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        warm += [torch.empty(512, 512, device="cuda") for _ in range(3)]
        warm[3].copy_(warm[0])
    torch.cuda.synchronize()
    del warm
    with torch.cuda.stream(stream):
        torch.cuda._sleep(SLEEP)
        got = [torchfits.read(source, device="cuda") for source in sources]
        assert not stream.query()  # neither read has waited for the stream
        assert torch.cuda.default_stream().query()  # nor used another one
    # The host tensors are gone by now: memory given out meanwhile must not be theirs.
    scribbles = [torch.full((512, 512), -1.0, pin_memory=True) for _ in range(4)]
    stream.synchronize()
    for tensor, source in zip(got, sources, strict=True):
        assert_arrived(tensor, torchfits.read(source))
    assert all(bool((scribble == -1).all()) for scribble in scribbles)


@contextmanager
def no_waiting() -> Iterator[None]:
    """Torch raises where the host would wait for the device."""
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@gpu
@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
def test_the_host_waits_for_nothing() -> None:
    content, columns, large = (
        image(numbers("f4")),
        every_kind_of_column(),
        large_image((9000, 1000)),
    )
    out = torch.empty(64, 81, device="cuda")
    with torchfits.open(content) as f, no_waiting():
        torchfits.read(content, device="cuda")
        torchfits.read(content, section=SECTION, device="cuda")
        torchfits.read(content, out=out)
        torchfits.read(large, device="cuda")
        torchfits.cutout(f, BOX, fill=0, device="cuda")
        f[0].read(device="cuda")
        torchfits.read_many([content] * 3, device="cuda")
        for null in ("mask", "nan", "raw"):
            torchfits.read(columns, null=null, device="cuda")
        torchfits.read(columns, rows=[5, 3, 5], device="cuda")
        torchfits.read(columns, where="D > 0", device="cuda")


def large_image(shape: tuple[int, ...]) -> bytes:
    return image(np.arange(np.prod(shape), dtype="f4").reshape(shape))


@gpu
@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("algorithm", ["RICE_1", "GZIP_2", "HCOMPRESS_1"])
@pytest.mark.parametrize("code", ["i2", "f4"])
def test_compressed_images(tmp_path: Path, algorithm: str, code: str) -> None:
    """Whole, in part and as a cutout; the host does not wait for the device."""
    path = tmp_path / "tiled.fits"
    noise = np.random.default_rng(3).normal(size=(300, 200)) * 50
    pixels = torch.from_numpy(noise.astype(code))
    torchfits.write(path, pixels, compress=torchfits.Compression(algorithm, tile=(50, 64)))
    with torchfits.open(path) as file:
        hdu = file[1]
        expected = hdu.read(), hdu.read(section=SECTION), torchfits.cutout(file, BOX, fill=0)
        torchfits.read(path, device="cuda")
        with no_waiting():
            whole = hdu.read(device="cuda")
            part = hdu.read(section=SECTION, device="cuda")
            box = torchfits.cutout(file, BOX, fill=0, device="cuda")
    for found, data in zip((whole, part, box), expected, strict=True):
        assert_arrived(found, data)


@gpu
@pytest.mark.parametrize("shape", LARGE)
def test_large_images_arrive_in_blocks(tmp_path: Path, shape: tuple[int, ...]) -> None:
    content = large_image(shape)
    path = tmp_path / "a.fits"
    path.write_bytes(content)
    step = (..., slice(None, None, -1))
    for source in (content, path):
        assert_arrived(torchfits.read(source, device="cuda"), torchfits.read(source))
        for keywords in ({"dtype": torch.float64}, {"section": step}):
            expected = torchfits.read(source, **keywords)
            assert_arrived(torchfits.read(source, device="cuda", **keywords), expected)
    expected = torchfits.read(path)
    strided = torch.zeros(*shape, 2, device="cuda")[..., 0]
    for out in (torch.zeros(shape, device="cuda"), strided):
        assert torchfits.read(path, out=out) is out
        assert_arrived(out, expected)
    with pytest.raises(ValueError, match="out= has shape"):
        torchfits.read(path, out=torch.zeros(3, device="cuda"))


@gpu
def test_large_batches_arrive_in_blocks(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.fits" for i in range(43)]
    for i, path in enumerate(paths):
        path.write_bytes(image(np.roll(numbers("f4", (600, 701)), i)))
    expected = torchfits.read_many(paths)
    assert_arrived(torchfits.read_many(paths, device="cuda"), expected)
    out = torch.zeros_like(expected, device="cuda")
    assert torchfits.read_many(paths, out=out) is out
    assert_arrived(out, expected)
    paths[30].write_bytes(image(numbers("f4")))
    with pytest.raises(ValueError, match=r"30\.fits.*shape \(64, 81\)"):
        torchfits.read_many(paths, device="cuda")


@gpu
def test_blocks_follow_the_current_stream_and_live_until_copied() -> None:
    content = large_image((9000, 1000))
    warm = [torch.empty(2**23, dtype=torch.uint8, pin_memory=True) for _ in range(8)]
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        torch.empty(9000, 1000, device="cuda").copy_(torch.empty(9000, 1000))
    torch.cuda.synchronize()
    del warm
    with torch.cuda.stream(stream):
        torch.cuda._sleep(SLEEP)
        got = torchfits.read(content, device="cuda")
        assert not stream.query()
        assert torch.cuda.default_stream().query()
    scribbles = [torch.full((2**21,), -1.0, pin_memory=True) for _ in range(8)]
    stream.synchronize()
    assert_arrived(got, torchfits.read(content))
    assert all(bool((scribble == -1).all()) for scribble in scribbles)


IN_BLOCKS = """
import sys
import torch

plain = torch.empty
torch.empty = lambda *size, pin_memory=False, **rest: plain(*size, **rest)
import torchfits
from torchfits import _device

_device._is_cuda = lambda device: device is not None
asked = []
target = _device.device_target
_device.device_target = lambda *form: asked.append(form) or target(*form)
*paths, damaged = sys.argv[1:]
for threads in (1, 3):
    torchfits.set_num_threads(threads)
    for path in paths:
        for keywords in ({}, {"section": (..., slice(None, None, -1))}):
            expected = torchfits.read(path, **keywords)
            assert torch.equal(torchfits.read(path, device="cpu", **keywords), expected)
    many = paths[:1] * 2
    assert torch.equal(torchfits.read_many(many, device="cpu"), torchfits.read_many(many))
    for read in (torchfits.read, lambda path, device: torchfits.read_many([path], device=device)):
        try:
            read(damaged, device="cpu")
        except torchfits.TruncatedError:
            pass
        else:
            raise SystemExit("a file that is cut off was read")
assert len(asked) >= 2 * (2 * len(paths) + 1), len(asked)
"""


def test_blocks_of_large_data_are_right_on_any_machine(tmp_path: Path) -> None:
    """The host stands in for the device, in a process whose torch pins nothing."""
    paths = [tmp_path / f"{i}.fits" for i in range(len(LARGE) + 1)]
    for path, shape in zip(paths, LARGE, strict=False):
        path.write_bytes(large_image(shape))
    paths[-1].write_bytes(paths[0].read_bytes()[: 30 << 20])
    command = [sys.executable, "-c", IN_BLOCKS, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@gpu
@two_devices
def test_a_second_device() -> None:
    content = image(numbers("u1"), [card("BSCALE", 0.5)])
    expected = torchfits.read(content)
    assert_arrived(torchfits.read(content, device="cuda:1"), expected, "cuda:1")
    with torch.cuda.device(1):
        assert_arrived(torchfits.read(content, device="cuda"), expected, "cuda:1")
    out = torch.empty_like(expected, device="cuda:1")
    torchfits.read(content, out=out)
    assert_arrived(out, expected, "cuda:1")
    assert torch.cuda.current_device() == 0


@pytest.mark.parametrize("device", ["cuda", "cuda:1", torch.device("cuda")])
def test_cuda_without_a_device_is_an_error_that_says_so(
    monkeypatch: pytest.MonkeyPatch, device: Any
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    content = image(numbers("i2"))
    columns = every_kind_of_column()
    with torchfits.open(content) as f:
        for read in (
            lambda: torchfits.read(content, device=device),
            lambda: torchfits.read(columns, device=device),
            lambda: torchfits.read_many([content], device=device),
            lambda: torchfits.cutout(content, BOX, fill=0, device=device),
            lambda: f[0].read(device=device),
        ):
            with pytest.raises(RuntimeError, match=r"device='cuda.*no CUDA device"):
                read()
