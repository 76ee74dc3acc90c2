# SPDX-License-Identifier: BSD-3-Clause
"""Tables batch by batch: the same rows as a read, in constant memory, one batch ahead."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from child_process import MIB, in_child
from fits_bytes import (
    card,
    empty_primary,
    field,
    image,
    make_header,
    table,
    table_cards,
    text_field,
)  # fmt: skip

import torchfits
from torchfits import _scan, _window_memory

ROWS = 1000


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    numbers = np.arange(ROWS)
    cells = np.stack([numbers % 3, 4 * numbers], axis=1)
    fields = [
        ("N", "1J", field(numbers, "i4")),
        ("X", "1D", field(np.sin(numbers), "f8")),
        ("S", "1I", field(numbers % 10, "i2")),
        ("NAME", "4A", text_field([b"%d" % n for n in numbers], 4)),
        ("P", "1PJ(2)", field(cells, "i4")),
    ]
    heap = np.arange(ROWS + 2, dtype=">i4").tobytes()
    path = tmp_path_factory.mktemp("scan") / "table.fits"
    data = empty_primary() + table(fields, [card("TNULL3", 7)], heap=heap, name="T")
    path.write_bytes(data + image(np.zeros((2, 2), "i2"), extension=True))
    return path


@pytest.fixture
def hdu(path: Path) -> Iterator[Any]:
    with torchfits.open(path) as file:
        yield file["T"]


@pytest.mark.parametrize("batch_rows", [1000, 1, 7, 333, 500, 999, 1001, 10**12])
def test_batches_are_the_table(hdu: Any, batch_rows: int) -> None:
    if batch_rows == 1:
        numbers = [int(batch["N"]) for batch in hdu.scan(1, ["N"])]
        assert numbers == list(range(ROWS))
        return
    whole = hdu.read()
    batches = list(hdu.scan(batch_rows))
    sizes = [min(batch_rows, ROWS - start) for start in range(0, ROWS, batch_rows)]
    assert [len(batch) for batch in batches] == sizes
    for name in ("N", "X", "S"):
        assert torch.equal(torch.cat([batch[name] for batch in batches]), whole[name])
    masks = torch.cat([batch.null_mask("S") for batch in batches])
    assert torch.equal(masks, whole.null_mask("S"))
    for name in ("NAME", "P"):
        assert [v for batch in batches for v in batch[name].to_list()] == whole[name].to_list()


def test_selections(hdu: Any) -> None:
    whole = hdu.read(columns="N", where="X > 0 and S != 3")
    some = hdu.scan(100, columns=["N"], where="X > 0 and S != 3")
    assert torch.equal(torch.cat([batch["N"] for batch in some]), whole)
    assert [batch.tolist() for batch in hdu.scan(2, "N", rows=slice(10, 20, 3))] == [
        [10, 13],
        [16, 19],
    ]
    assert [batch.tolist() for batch in hdu.scan(2, "N", rows=[5, -1, 5])] == [[5, 999], [5]]
    mask = torch.arange(ROWS) % 400 == 1
    assert [batch.tolist() for batch in hdu.scan(2, "N", rows=mask)] == [[1, 401], [801]]
    assert [batch.tolist() for batch in hdu.scan(2, "N", rows=-3)] == [[ROWS - 3]]
    assert [batch.tolist() for batch in hdu.scan(9, "N", "N > 0", rows=slice(2, None, -1))] == [
        [2, 1]
    ]
    assert next(hdu.scan(8, ["S"], null="nan"))["S"].isnan().sum() == 1
    assert next(hdu.scan(8, ["S"], scaled=False)).null_mask("S") is None


def test_batches_without_rows_are_left_out(hdu: Any) -> None:
    assert [batch["N"].tolist() for batch in hdu.scan(10, ["N"], "N in (5, 995)")] == [[5], [995]]
    assert list(hdu.scan(10, where="N < 0")) == []
    assert list(hdu.scan(10, rows=[])) == []
    empty = empty_primary() + table([("N", "1J", field(np.zeros(0), "i4"))])
    with torchfits.open(empty) as file:
        assert list(file[1].scan()) == []


@pytest.mark.parametrize(
    ("keywords", "kind", "message"),
    [
        ({"batch_rows": 0}, ValueError, "at least 1"),
        ({"batch_rows": 1.5}, TypeError, "batch_rows="),
        ({"batch_rows": True}, TypeError, "batch_rows="),
        ({"columns": "Q"}, KeyError, "no column 'Q'"),
        ({"where": "Q > 1"}, KeyError, "no column 'Q'"),
        ({"where": "N >"}, ValueError, "a value is expected"),
        ({"rows": [5000]}, IndexError, "5000"),
        ({"null": "no"}, ValueError, "'mask'"),
    ],
)
def test_mistakes_are_told_before_the_first_batch(
    hdu: Any, keywords: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        hdu.scan(**keywords)
    if "rows" not in keywords:
        with pytest.raises(kind, match=message):
            hdu.scan(rows=[], **keywords)


def test_scan_is_for_tables(path: Path) -> None:
    with (
        torchfits.open(path) as file,
        pytest.raises(TypeError, match="HDU 2 is of kind 'image'; scan\\(\\) is for tables"),
    ):
        file[2].scan()


def test_an_error_comes_where_its_batch_would(path: Path, tmp_path: Path) -> None:
    """Row 25 has a logical value that is none: two batches come, then the error."""
    logical = np.full((ROWS, 1), ord("T"), "u1")
    logical[25] = ord("x")
    file = tmp_path / "bad.fits"
    file.write_bytes(empty_primary() + table([("L", "1L", logical)]))
    with torchfits.open(file) as fits:
        batches = fits[1].scan(10)
        assert [len(next(batches)), len(next(batches))] == [10, 10]
        with pytest.raises(torchfits.FITSError, match="'L', row 25"):
            next(batches)
        assert list(batches) == []


def scanned(read: Callable[[int], Iterable[Any]], numbers: Iterable[int], together: int) -> Any:
    """The batches of windows that are told by a number."""
    return _scan.read_ahead(lambda n: iter(read(n)), iter(numbers), together, lambda: None)


def test_the_next_window_is_read_meanwhile() -> None:
    events: list[int] = []
    begun = threading.Event()

    def read(number: int) -> list[list[int]]:
        events.append(number)
        if number == 2:
            begun.set()
        return [[number]]

    batches = scanned(read, [1, 2, 3], together=1)
    assert events == [1], "the first is read at once, so that mistakes are told"
    assert next(batches) == [1]
    assert begun.wait(10), "window 2 is read while the caller has window 1"
    time.sleep(0.05)
    assert events == [1, 2], "and no more than that"
    assert [next(batches), next(batches), *batches] == [[2], [3]]
    assert events == [1, 2, 3]


def test_the_next_window_is_begun_when_the_last_one_is_gone() -> None:
    events: list[int] = []

    def read(number: int) -> list[list[int]]:
        events.append(number)
        return [[number], [], [-number]]

    batches = scanned(read, [1, 2], together=3)
    assert next(batches) == [1]
    time.sleep(0.05)
    assert events == [1], "the caller may still have a batch of the window before"
    assert [next(batches), *batches] == [[-1], [2], [-2]]


def test_closing_stops_reading() -> None:
    read: list[int] = []

    def slow(number: int) -> list[list[int]]:
        time.sleep(0.05)
        read.append(number)
        return [[number]]

    batches = scanned(slow, range(100), together=1)
    next(batches)
    batches.close()
    assert read == [0, 1]
    assert not [t for t in threading.enumerate() if t.name == "torchfits.scan"]
    batches = scanned(slow, range(100), together=1)
    next(batches)
    del batches
    gc.collect()
    assert not [t for t in threading.enumerate() if t.name == "torchfits.scan"]


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 4 batches of 10 rows, in shared memory from 24 bytes on."""
    monkeypatch.setattr(_scan, "WINDOW_BYTES", 40 * 30)
    monkeypatch.setattr(_window_memory, "_LEAST_BYTES", 24)


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("rows", [None, slice(995), range(ROWS - 1, -1, -1), [3] * 777])
def test_many_windows_are_the_table(hdu: Any, rows: Any) -> None:
    whole = hdu.read(rows=rows)
    kept = list(hdu.scan(10, rows=rows))
    parts = [(float(batch["X"].sum()), batch["N"].tolist()) for batch in hdu.scan(10, rows=rows)]
    for name in ("N", "X", "S"):
        assert torch.equal(torch.cat([batch[name] for batch in kept]), whole[name])
    masks = torch.cat([batch.null_mask("S") for batch in kept])
    assert torch.equal(masks, whole.null_mask("S"))
    for name in ("NAME", "P"):
        assert [v for batch in kept for v in batch[name].to_list()] == whole[name].to_list()
    assert [n for _, numbers in parts for n in numbers] == whole["N"].tolist()
    assert sum(part for part, _ in parts) == pytest.approx(float(whole["X"].sum()), rel=1e-12)


def test_memory_is_used_again_when_nobody_has_it() -> None:
    memory = _window_memory.WindowMemory(rows=50_000)
    first = memory((50_000, 2), torch.float64)
    address = first.data_ptr()
    second = memory((50_000, 2), torch.float64)
    assert second.data_ptr() != address
    view = first[7:9].numpy()
    del first
    assert memory((50_000, 2), torch.float64).data_ptr() != address, "a view still has it"
    del view
    last = memory((20_000, 2), torch.float64)
    assert last.data_ptr() == address, "the last window is smaller"
    assert (last.shape, last.dtype, last.is_contiguous()) == ((20_000, 2), torch.float64, True)
    assert memory((0, 2), torch.float64).shape == (0, 2)
    assert memory((3, 0), torch.int16).shape == (3, 0)


def test_a_forked_child_keeps_its_batch() -> None:
    memory = _window_memory.WindowMemory(rows=50_000)
    batch = memory((50_000,), torch.float64).fill_(1.0)
    gone, back = os.pipe()

    def wait() -> None:
        os.read(gone, 1)
        assert batch.eq(1.0).all()

    child = threading.Thread(target=in_child, args=(wait,))
    child.start()
    time.sleep(0.2)
    batch.fill_(2.0)
    os.write(back, b"x")
    child.join()


def test_closing_the_file_ends_the_scan(path: Path) -> None:
    with torchfits.open(path) as file:
        batches = file["T"].scan(10)
        first = next(batches)
    assert first["N"].tolist() == list(range(10))
    with pytest.raises(ValueError, match="closed"):
        for _ in batches:
            pass


def test_two_scans_and_a_read_at_once(hdu: Any) -> None:
    pairs = zip(hdu.scan(10, "N"), hdu.scan(10, "X"), strict=True)
    whole = hdu.read()
    for start, (numbers, values) in enumerate(pairs):
        part = slice(10 * start, 10 * start + 10)
        assert torch.equal(numbers, whole["N"][part])
        assert torch.equal(values, whole["X"][part])


def test_a_forked_child_goes_on(hdu: Any) -> None:
    batches = hdu.scan(100, "N")
    first = next(batches)

    def rest() -> None:
        found = torch.cat([first, *batches])
        assert found.tolist() == list(range(ROWS))

    in_child(rest)
    rest()


def wide_sparse_file(path: Path, data_bytes: int) -> int:
    """A table of X 1D and 123 doubles a row, all zero, whose bytes no disk has. Returns rows."""
    row_bytes = 8 * 124
    rows = data_bytes // row_bytes
    cards = table_cards(row_bytes, rows, 2)
    for number, (name, form) in enumerate([("X", "1D"), ("V", "123D")], 1):
        cards += [card(f"TTYPE{number}", name), card(f"TFORM{number}", form)]
    head = empty_primary() + make_header(cards)
    size = len(head) + -(-rows * row_bytes // 2880) * 2880
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
        file.seek(len(head) + (rows - 1) * row_bytes)
        file.write(np.array(5, ">f8").tobytes())
    return rows


def test_a_table_four_times_larger_than_the_limit(tmp_path: Path) -> None:
    """The whole does not fit; batch by batch it does, with and without a condition."""
    limit = 256 * MIB
    path = tmp_path / "sparse.fits"
    rows = wide_sparse_file(path, 4 * limit)
    torch.zeros(1)

    def scan() -> None:
        with torchfits.open(path) as file:
            with pytest.raises((MemoryError, RuntimeError)):
                file[1].read()
            seen = 0
            total = 0.0
            for batch in file[1].scan(16384):
                seen += len(batch)
                total += float(batch["X"].sum() + batch["V"][-1].sum())
            assert (seen, total) == (rows, 5.0)
            found = [batch["X"].tolist() for batch in file[1].scan(where="X > 1 or V[7] != 0")]
            assert found == [[5.0]]

    in_child(scan, extra_bytes=limit, seconds=120)


def test_where_on_a_large_table_needs_little_memory(tmp_path: Path) -> None:
    limit = 256 * MIB
    path = tmp_path / "sparse.fits"
    wide_sparse_file(path, 4 * limit)

    def read() -> None:
        assert torchfits.read(path, where="X > 1")["X"].tolist() == [5.0]

    in_child(read, extra_bytes=limit, seconds=120)
