# SPDX-License-Identifier: BSD-3-Clause
"""Writing new files."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from . import _core
from ._compression import as_compression
from ._device import check_flag
from ._errors import UnsupportedError
from ._header import Header
from ._runtime import settle_threads
from ._table import Table

_WANTED = "a torch.Tensor, a numpy array, None, or a list of (data, header, name)"
_DTYPES = frozenset(
    "uint8 int8 uint16 int16 uint32 int32 uint64 int64 float32 float64".split()  # noqa: SIM905
)
_STORED_AS = {"float16": "float32", "bfloat16": "float32", "bool": "uint8"}


def write(
    path: Any,
    data: Any,
    *,
    header: Any = None,
    name: str | None = None,
    overwrite: bool = False,
    compress: Any = None,
    checksum: bool = False,
) -> None:
    """Write a new FITS file.

    Parameters
    ----------
    path : str, path-like, bytes or binary file object
        A path gets its file when that is complete: a reader finds the old one or the new one,
        never a part, and an error leaves nothing behind. A file object is written from where it
        stands, and stays open.
    data : torch.Tensor, numpy.ndarray, None or list
        An image of shape ``(NAXISn, ..., NAXIS1)`` on any device, with any strides; ``None`` for a
        header alone; or a list of ``(data, header, name)``, of which the last two may be missing,
        for a file of several HDUs. Integers and floats of every size keep their dtype
        (``int8 uint16 uint32 uint64`` by BZERO); ``float16`` and ``bfloat16`` become ``float32``,
        ``bool`` becomes ``uint8``.
    header : Header, mapping or iterable of cards, optional
        Cards to be kept, in their order. Those that describe other data (structure, scaling, BLANK,
        compression, checksums) are left out.
    name : str, optional
        EXTNAME.
    overwrite : bool
        Replace a file that exists.
    compress : Compression, str or bool, optional
        Tile compression: ``True`` or ``"RICE_1"`` for the defaults of `Compression`. Floats lose
        what lies below their noise unless ``quantize_level=None``. The image then is the first
        extension, behind an empty primary HDU.
    checksum : bool
        Write DATASUM and CHECKSUM.

    Raises
    ------
    FITSIOError
        If the file exists and ``overwrite`` is not given, or the operating system refuses.
    ValueError
        If the pixels, or their shape, cannot be compressed as wished; the message says how they
        can.
    TypeError
        For data that no image can hold.
    UnsupportedError
        For tables, which are not written yet.
    """
    check_flag("overwrite", overwrite)
    check_flag("checksum", checksum)
    compression = as_compression(compress)
    core_compression = None if compression is None else compression._for_core()
    items = _items(data, header, name)
    kept_alive = []
    hdus = []
    for position, (pixels, cards, title) in enumerate(items):
        try:
            memory, image = _image(pixels)
            hdus.append((image, _cards(cards)._list, _title(title), core_compression))
        except (TypeError, ValueError, UnsupportedError) as error:
            if isinstance(data, list):
                raise type(error)(f"item {position} of the list: {error}") from None
            raise
        kept_alive.append(memory)
    settle_threads()
    if hasattr(path, "write"):
        _core.write_stream(path, hdus, checksum)
    else:
        _core.write_path(_target(path), hdus, overwrite, checksum)


def _target(path: Any) -> str:
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(
            f"cannot write to {type(path).__name__}; pass a path, or a file object opened with "
            "mode 'wb'"
        )
    target = os.fsdecode(path)
    if target.startswith(("http://", "https://", "s3://")):
        raise UnsupportedError(f"{target}: remote files are not written; write a local one")
    if target.lower().endswith((".gz", ".bz2", ".xz", ".z")):
        raise UnsupportedError(
            f"{target}: files compressed as a whole are not written yet; use compress=True, or "
            "another name"
        )
    return target


def _items(data: Any, header: Any, name: str | None) -> list[tuple[Any, Any, Any]]:
    """The HDUs as (data, header, name)."""
    if not isinstance(data, list):
        return [(data, header, name)]
    if header is not None or name is not None:
        raise TypeError("header= and name= of a list belong into its items: (data, header, name)")
    items = []
    for item in data:
        parts = item if isinstance(item, tuple) else (item,)
        if isinstance(item, list) or not 1 <= len(parts) <= 3:
            raise TypeError(f"data= takes {_WANTED}; an item is {type(item).__name__}")
        items.append((*parts, None, None)[:3])
    if not items:
        raise ValueError("the list of HDUs is empty; None writes a header alone")
    return items


def _cards(header: Any) -> Header:
    return header if isinstance(header, Header) else Header(() if header is None else header)


def _title(name: Any) -> str | None:
    if name is None or isinstance(name, str):
        return name
    raise TypeError(f"name= takes a str, not {name!r}")


def _image(data: Any) -> tuple[Any, tuple[int, str, tuple[int, ...]] | None]:
    """What keeps the memory alive, and (address, dtype, shape); ``None`` where there is no image.

    The memory is on the host, contiguous, in native order, and of a dtype that can be stored.
    """
    if data is None:
        return None, None
    if isinstance(data, (Table, Mapping)):
        raise UnsupportedError("tables are not written yet: that comes later; pass an image")
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(data, torch.Tensor):
        return _of_tensor(data)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(data, (numpy.ndarray, numpy.generic)):
        return _of_array(data)
    raise TypeError(f"data= takes {_WANTED}, not {type(data).__name__}")


def _of_tensor(data: Any) -> tuple[Any, tuple[int, str, tuple[int, ...]]]:
    import torch

    dtype = _checked(str(data.dtype).removeprefix("torch."), tuple(data.shape))
    if data.layout is not torch.strided:
        raise TypeError(f"the tensor has layout {data.layout}; pass tensor.to_dense()")
    host = data.detach().cpu().resolve_neg()
    if dtype in _STORED_AS:
        dtype = _STORED_AS[dtype]
        host = host.to(getattr(torch, dtype))
    host = host.contiguous()
    return host, (host.data_ptr(), dtype, tuple(host.shape))


def _of_array(data: Any) -> tuple[Any, tuple[int, str, tuple[int, ...]]]:
    import numpy as np

    if data.dtype.names is not None:
        raise UnsupportedError("tables are not written yet: that comes later; pass an image")
    if isinstance(data, np.ma.MaskedArray):
        raise TypeError("a masked array has no FITS form of its own; pass data.filled(value)")
    dtype = _checked(data.dtype.name, data.shape)
    dtype = _STORED_AS.get(dtype, dtype)
    host = np.require(data, np.dtype(dtype), ["C_CONTIGUOUS", "ALIGNED"])
    return host, (host.__array_interface__["data"][0], dtype, host.shape)


def _checked(dtype: str, shape: tuple[int, ...]) -> str:
    if dtype not in _DTYPES and dtype not in _STORED_AS:
        hint = "; write its real and imaginary parts" if dtype.startswith("complex") else ""
        raise TypeError(f"an image cannot hold {dtype}: use an integer or float dtype{hint}")
    if not shape:
        raise ValueError("a scalar is no image: it has no axes; pass data.reshape(1)")
    return dtype
