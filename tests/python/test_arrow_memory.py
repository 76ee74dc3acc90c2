# SPDX-License-Identifier: BSD-3-Clause
"""Who owns the memory that tables and Arrow data share: nothing is copied, nothing dies early."""

import ctypes
import gc
import subprocess
import sys
import threading
import weakref

import arrow_tables
import numpy as np
import pytest
import torch

from torchfits import Table

pa = pytest.importorskip("pyarrow")
KINDS = arrow_tables.kinds()
NUMBERS = [
    name
    for name, (values, _) in KINDS.items()
    if isinstance(values, torch.Tensor) and values.dtype != torch.bool
]


class Owned(np.ndarray):
    """An array that can be watched."""


def watched(size: int):
    """Give a tensor, and a reference that dies with its memory."""
    owner = np.arange(float(size)).view(Owned)
    return torch.from_numpy(owner), weakref.ref(owner)


def address(array, buffer: int) -> int:
    return array.buffers()[buffer].address


def one_chunk(table, name: str):
    column = table.column(name)
    assert column.num_chunks == 1
    return column.chunk(0)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_not_copied(name):
    values = KINDS[name][0]
    array = one_chunk(Table({"X": values}).to_arrow(), "X")
    while pa.types.is_fixed_size_list(array.type):
        array = array.values
    assert address(array, 1) == values.data_ptr()
    again = Table.from_arrow(Table({"X": values}).to_arrow())
    assert again["X"].data_ptr() == values.data_ptr()


def test_slices_share_memory_too():
    values = torch.arange(10.0)
    array = one_chunk(Table({"X": values})[3:7].to_arrow(), "X")
    assert address(array, 1) == values[3:].data_ptr()
    sliced = pa.table({"X": np.arange(10.0)}).slice(4, 3)
    taken = Table.from_arrow(sliced)["X"]
    assert taken.tolist() == [4, 5, 6]
    assert taken.data_ptr() == address(one_chunk(sliced, "X"), 1) + 4 * 8


def test_ragged_shares_memory():
    cells = KINDS["RAGGED"][0]
    array = one_chunk(Table({"X": cells}).to_arrow(), "X")
    assert address(array, 1) == cells.offsets.data_ptr()
    assert address(array.values, 1) == cells.values.data_ptr()


def test_masked_numbers_share_memory_on_the_way_out():
    values = torch.arange(4.0)
    table = Table({"X": values}, masks={"X": torch.tensor([True, False, False, False])})
    array = one_chunk(table.to_arrow(), "X")
    assert address(array, 1) == values.data_ptr()
    assert array.null_count == 1


def test_misaligned_foreign_numbers_are_copied():
    raw = pa.py_buffer(b"\0" + np.array([1.5, 2.5]).tobytes())
    array = pa.Array.from_buffers(pa.float64(), 2, [None, raw.slice(1)])
    taken = Table.from_arrow(pa.record_batch([array], names=["X"]))["X"]
    assert taken.tolist() == [1.5, 2.5]
    assert taken.data_ptr() % 8 == 0


def test_arrow_data_outlive_the_table():
    held = {name: part[1] for name, part in arrow_tables.kinds().items()}
    arrow = arrow_tables.table_of(arrow_tables.kinds()).to_arrow()
    gc.collect()
    junk = [torch.full((1000,), 255, dtype=torch.uint8) for _ in range(100)]
    assert arrow.to_pydict() == held
    del junk


def test_tensors_outlive_the_arrow_data():
    frame = pa.table({"X": np.arange(1000.0), "Y": np.arange(1000)})
    values = Table.from_arrow(frame)["X"]
    before = pa.total_allocated_bytes()
    del frame
    gc.collect()
    assert values.sum() == 999 * 500
    assert pa.total_allocated_bytes() <= before


def test_foreign_memory_is_given_back():
    values = np.arange(1000.0)
    gone = weakref.ref(owner := np.asarray(values).view(type("Owned", (np.ndarray,), {})))
    array = pa.Array.from_buffers(pa.float64(), 1000, [None, pa.py_buffer(owner)])
    table = Table.from_arrow(pa.record_batch([array], names=["X"]))
    del array, owner
    gc.collect()
    assert gone() is not None
    part = table["X"][10:20]
    del table
    gc.collect()
    assert gone() is not None
    assert part[0] == 10
    del part
    gc.collect()
    assert gone() is None


def test_tensors_are_given_back():
    values, gone = watched(1000)
    arrow = Table({"X": values, "Y": values.clone()}).to_arrow()
    column = arrow.column("X").chunk(0)
    del values, arrow
    gc.collect()
    assert gone() is not None
    assert column[999].as_py() == 999
    del column
    gc.collect()
    assert gone() is None


def test_release_on_another_thread():
    values, gone = watched(1000)
    held = [Table({"X": values}).to_arrow()]
    del values
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    gc.collect()
    assert gone() is None


class CStream(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("schema", "next", "error", "release", "own")]


class CArray(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int64) for name in ("length", "nulls", "offset", "buffers", "children")),
        *((name, ctypes.c_void_p) for name in ("b", "c", "d", "release", "own")),
    ]


def pointer_of(capsule, name: bytes) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return get(capsule, name)


def test_release_without_the_gil_on_threads_of_others():
    # ctypes.CDLL functions run without the GIL: release is called as a library of C would.
    watch = [watched(100) for _ in range(40)]
    values, gone = [one for one, _ in watch], [ref for _, ref in watch]
    del watch
    arrays = []
    for one in values:
        capsule = Table({"X": one}).__arrow_c_stream__()
        stream = pointer_of(capsule, b"arrow_array_stream")
        parts = CStream.from_address(stream)
        array = CArray()
        take = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(parts.next)
        assert take(stream, ctypes.addressof(array)) == 0
        assert array.length == 100
        arrays.append(array)
        del capsule
    del values, one
    gc.collect()
    assert all(ref() is not None for ref in gone)

    def release(some):
        for array in some:
            ctypes.CFUNCTYPE(None, ctypes.c_void_p)(array.release)(ctypes.addressof(array))

    threads = [threading.Thread(target=release, args=(arrays[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert all(ref() is None for ref in gone)


def test_a_capsule_that_nobody_takes_is_freed():
    values, gone = watched(10)
    capsule = Table({"X": values}).__arrow_c_stream__()
    schema = Table({"X": values}).__arrow_c_schema__()
    del values, capsule, schema
    gc.collect()
    assert gone() is None


def test_a_stream_is_taken_once():
    capsule = Table({"X": torch.arange(3)}).__arrow_c_stream__()
    once = type("Once", (), {"__arrow_c_stream__": lambda self: capsule})()
    assert Table.from_arrow(once)["X"].tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="taken already"):
        Table.from_arrow(once)


def test_arrow_data_that_live_until_the_interpreter_ends():
    code = (
        "import torch, pyarrow, threading\n"
        "from torchfits import Table\n"
        "keep = Table({'X': torch.arange(5.0), 'T': ['a'] * 5}).to_arrow()\n"
        "import builtins; builtins.keep = keep\n"
        "taken = Table.from_arrow(pyarrow.table({'X': [1.0, 2.0]})); builtins.taken = taken\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
