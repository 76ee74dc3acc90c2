# SPDX-License-Identifier: BSD-3-Clause
"""The page cache of files: filled before a warm sample, dropped before a cold one."""

from __future__ import annotations

import ctypes
import mmap
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def fill(files: Iterable[Path]) -> None:
    """Read the bytes, so that no engine pays for pages that the system took back meanwhile."""
    buffer = bytearray(2**20)
    for file in files:
        with file.open("rb", buffering=0) as stream:
            while stream.readinto(buffer):
                pass


def drop(files: Iterable[Path]) -> None:
    """Let the pages go; an error where they stay, as they do while a process maps them."""
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fdatasync(descriptor)  # what is not on the disk yet cannot go
            pages = _drop_pages(descriptor)
        finally:
            os.close(descriptor)
        if pages:
            msg = f"{file.name}: {pages} pages stay in the page cache"
            raise RuntimeError(msg)


def _drop_pages(descriptor: int) -> int:
    """Drop what can go, and return how many pages stay."""
    for _ in range(100):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        pages = _cached_pages(descriptor)
        if not pages:
            break
        time.sleep(1e-3)  # a thread may be unmapping what a call has read
    return pages


def _cached_pages(descriptor: int) -> int:
    # Private and writable only because ctypes takes no read-only buffer; nothing is touched.
    protection = mmap.PROT_READ | mmap.PROT_WRITE
    with mmap.mmap(descriptor, 0, mmap.MAP_PRIVATE, protection) as mapped:
        vector = (ctypes.c_ubyte * -(-len(mapped) // mmap.PAGESIZE))()
        first = ctypes.c_char.from_buffer(mapped)
        address, size = ctypes.addressof(first), ctypes.c_size_t(len(mapped))
        status = ctypes.CDLL(None).mincore(ctypes.c_void_p(address), size, vector)
        del first  # a mapping that is referred to cannot be closed
    if status:
        msg = "mincore failed"
        raise RuntimeError(msg)
    return sum(map((1).__and__, vector))
