# SPDX-License-Identifier: BSD-3-Clause
"""Writing new files."""

from __future__ import annotations

import operator
import os
import sys
from typing import TYPE_CHECKING, Any

from . import _core
from ._compression import Compression, as_compression
from ._dtypes import IMAGE_STORES, dtype_name
from ._errors import UnsupportedError
from ._group_parameters import group_columns
from ._header import Header
from ._keywords import check_flag
from ._runtime import settle_threads
from ._storage_form import Form, as_form, ascii_columns
from ._table_storage import as_table, core_table, is_table

if TYPE_CHECKING:
    from ._storage_form import CoreForm

_WANTED = (
    "a torch.Tensor, a numpy array, a Table (Table.from_pandas, from_polars and from_astropy make "
    "one), a dict of columns, None, or a list of (data, header, name)"
)
_DTYPES = frozenset(
    "uint8 int8 uint16 int16 uint32 int32 uint64 int64 float32 float64".split()  # noqa: SIM905
)


def write(
    path: Any,
    data: Any,
    *,
    header: Any = None,
    name: str | tuple[str, int] | None = None,
    overwrite: bool = False,
    compress: Any = None,
    checksum: bool = False,
    durable: bool = False,
    kind: str | None = None,
    bitpix: int | None = None,
    bscale: float | None = None,
    bzero: float | None = None,
    blank: int | None = None,
) -> None:
    """Write a new FITS file.

    Parameters
    ----------
    path : str, path-like, bytes or binary file object
        A path gets its file when that is complete: who reads finds the old one or the new one, and
        an error leaves nothing behind. The endings ``.gz``, ``.bz2`` and ``.xz`` compress the
        whole file. A file object is written from where it stands, and stays open.
    data : torch.Tensor, numpy.ndarray, Table, mapping, None or list
        An image of shape ``(NAXISn, ..., NAXIS1)`` on any device, with any strides; a table: a
        `Table`, a mapping of names to columns (tensors, arrays, lists, `Strings`, `Ragged`), or a
        structured array; ``None`` for a header alone; or a list of ``(data[, header[, name]])``
        for several HDUs. Integers and floats keep their dtype; ``float16`` and ``bfloat16`` become
        ``float32``, ``bool`` becomes ``uint8`` in an image.
    header : Header, mapping or iterable of cards, optional
        Cards to be kept, in their order. Those that describe other data (structure, columns,
        scaling, BLANK, compression, checksums; BUNIT and DATAMAX of a table) are left out.
    name : str or (str, int), optional
        EXTNAME, or EXTNAME and EXTVER. HDUs of one name are not numbered by themselves.
    overwrite : bool
        Replace a file that exists.
    compress : Compression, str or bool, optional
        Tile compression: ``True`` or ``"RICE_1"`` for the defaults of `Compression`. Floats lose
        what lies below their noise unless ``quantize_level=None``. The image then is the first
        extension. Tables stay as they are.
    checksum : bool
        Write DATASUM and CHECKSUM.
    durable : bool
        Return when the file would be found even if the machine went down.
    kind : str, optional
        ``"ascii_table"`` or ``"random_groups"``: what a table becomes instead of a binary one.
    bitpix, bscale, bzero : number, optional
        Store an image as integers of 8, 16, 32 or 64 bits: ``round((value - bzero) / bscale)``, in
        double, by default with 1 and 0.
    blank : int, optional
        The stored integer that stands for NaN. Of an image of integers, without ``bitpix``, those
        that have no value.

    Raises
    ------
    FITSIOError
        If the file exists and ``overwrite`` is not given, or the operating system refuses.
    ValueError
        If the pixels, or their shape, cannot be compressed or scaled as wished; if columns differ
        in length, or have nulls and no value left for TNULL. The message says what can be done.
    TypeError
        For data that no HDU of its kind can hold.
    UnsupportedError
        For remote files, and names that end in ``.Z``.
    """
    check_flag("overwrite", overwrite)
    check_flag("checksum", checksum)
    check_flag("durable", durable)
    form = as_form(kind=kind, bitpix=bitpix, bscale=bscale, bzero=bzero, blank=blank)
    _kept_alive, hdus = _core_hdus(_items(data, header, name, form), as_compression(compress), form)
    settle_threads()
    if hasattr(path, "write"):
        _write_stream(path, hdus, checksum, durable)
    else:
        target = target_path(path)
        _core.write_path(target, hdus, checksum, (overwrite, durable), _packer(target))


def _write_stream(file: Any, hdus: list[Any], checksum: bool, durable: bool) -> None:
    if durable:
        raise ValueError("durable=True is for paths; of a file object its owner knows what to do")
    _core.write_stream(file, hdus, checksum)


def _core_hdus(
    items: list[tuple[Any, Any, Any]], compression: Compression | None, form: Form
) -> tuple[list[Any], list[tuple[Any, ...]]]:
    """What keeps the memory alive, and the HDUs as the core takes them."""
    kept_alive, hdus = [], []
    for position, item in enumerate(items):
        try:
            memory, hdu = core_hdu(*item, compression, form)
        except (TypeError, ValueError, UnsupportedError) as error:
            if len(items) > 1:
                raise type(error)(f"item {position} of the list: {error}") from None
            raise
        kept_alive.append(memory)
        hdus.append(hdu)
    return kept_alive, hdus


class EmptyImage:
    """An image of which only shape and dtype are known.

    Raises
    ------
    TypeError, ValueError
        For a dtype or shape that no image has.
    """

    def __init__(self, shape: Any, dtype: Any) -> None:
        import torch

        if not isinstance(dtype, torch.dtype):
            raise TypeError(f"dtype= takes a torch dtype, such as torch.float32, not {dtype!r}")
        self.shape = tuple(operator.index(length) for length in shape)
        if any(length < 0 for length in self.shape):
            raise ValueError(f"shape={self.shape}: lengths are 0 or more")
        name = _checked(dtype_name(dtype), self.shape)
        self.dtype = IMAGE_STORES.get(name, name)


def core_hdu(
    data: Any,
    header: Any,
    name: Any,
    compression: Compression | None,
    form: Form = Form(),  # noqa: B008
) -> tuple[Any, tuple[Any, ...]]:
    """What keeps the memory alive, and the HDU as the core takes it."""
    cards = _cards(header)
    if is_table(data):
        memory, stored, core_form = _table(data, cards, form.of_table())
        return memory, (stored, cards._list, _title(name), None, core_form)
    memory, image = _image(data)
    core_compression = None if compression is None else compression._for_core()
    core_form = form.of_image(None if image is None else image[1])
    return memory, (image, cards._list, _title(name), core_compression, core_form)


def _table(data: Any, cards: Header, kind: str) -> tuple[Any, Any, CoreForm]:
    words: Any = []
    if kind == "ascii_table":
        data, words = ascii_columns(as_table(data))
    elif kind == "random_groups":
        data, words = group_columns(as_table(data), cards)
    return (*core_table(data), (kind, words))


def target_path(path: Any) -> str:
    """The path of a new file."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(
            f"cannot write to {type(path).__name__}; pass a path, or a file object opened with "
            "mode 'wb'"
        )
    target = os.fsdecode(path)
    if target.startswith(("http://", "https://", "s3://")):
        raise UnsupportedError(f"{target}: remote files are not written; write a local one")
    if target.lower().endswith((".z", ".zip")):
        raise UnsupportedError(
            f"{target}: this compression is read, not written; use a name that ends in .gz"
        )
    return target


def _packer(target: str) -> Any:
    """How the core compresses the whole file of a name; ``None``: not at all."""
    suffix = os.path.splitext(target)[1].lower()  # noqa: PTH122
    if suffix == ".gz":
        return "gzip"
    if suffix == ".bz2":
        import bz2

        return bz2.compress
    if suffix == ".xz":
        import lzma

        return lzma.compress
    return None


def _items(data: Any, header: Any, name: Any, form: Form) -> list[tuple[Any, Any, Any]]:
    """The HDUs as (data, header, name)."""
    if not isinstance(data, list):
        return [(data, header, name)]
    if header is not None or name is not None:
        raise TypeError("header= and name= of a list belong into its items: (data, header, name)")
    if form.given():
        raise TypeError(
            f"{', '.join(form.given())} of a list: which HDU is meant? Write one by one: with "
            "torchfits.open(path, 'w') as f: f.append(data, ...)"
        )
    if not data:
        raise ValueError("the list of HDUs is empty; None writes a header alone")
    return [hdu_parts(item) for item in data]


def hdu_parts(item: Any) -> tuple[Any, Any, Any]:
    """(data, header, name) of one HDU, of which the last two may be missing."""
    parts = item if isinstance(item, tuple) else (item,)
    if isinstance(item, list) or not 1 <= len(parts) <= 3:
        raise TypeError(f"data= takes {_WANTED}; an item is {type(item).__name__}")
    return (*parts, None, None)[:3]


def _cards(header: Any) -> Header:
    if isinstance(header, str):
        raise TypeError(
            f"header= takes a Header, a mapping or cards, not {header!r}; a name is name=, or the "
            "last of (data, None, name), and the text of a header is Header.from_string(text)"
        )
    return header if isinstance(header, Header) else Header(() if header is None else header)


def _title(name: Any) -> str | tuple[str, int] | None:
    if name is None or isinstance(name, str):
        return name
    if isinstance(name, tuple) and len(name) == 2 and isinstance(name[0], str):
        version = name[1]
        if not isinstance(version, bool) and hasattr(version, "__index__"):
            version = operator.index(version)
            if not -(2**63) <= version < 2**63:
                raise ValueError(f"name=: the version {version} has more than 64 bits")
            return name[0], version
    raise TypeError(f"name= takes a str or (str, int), not {name!r}")


def _image(data: Any) -> tuple[Any, tuple[int, str, tuple[int, ...]] | None]:
    """What keeps the memory alive, and (address, dtype, shape); ``None`` where there is no image.

    The memory is on the host, contiguous, in native order, and of a dtype that can be stored.
    """
    if data is None:
        return None, None
    if isinstance(data, EmptyImage):
        return None, (0, data.dtype, data.shape)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(data, torch.Tensor):
        return _of_tensor(data)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(data, (numpy.ndarray, numpy.generic)):
        return _of_array(data)
    raise TypeError(f"data= takes {_WANTED}, not {type(data).__name__}")


def _of_tensor(data: Any) -> tuple[Any, tuple[int, str, tuple[int, ...]]]:
    import torch

    dtype = _checked(dtype_name(data.dtype), tuple(data.shape))
    if data.layout is not torch.strided:
        raise TypeError(f"the tensor has layout {data.layout}; pass tensor.to_dense()")
    host = data.detach().cpu().resolve_neg()
    if dtype in IMAGE_STORES:
        dtype = IMAGE_STORES[dtype]
        host = host.to(getattr(torch, dtype))
    host = host.contiguous()
    return host, (host.data_ptr(), dtype, tuple(host.shape))


def _of_array(data: Any) -> tuple[Any, tuple[int, str, tuple[int, ...]]]:
    import numpy as np

    if isinstance(data, np.ma.MaskedArray):
        raise TypeError("a masked array has no FITS form of its own; pass data.filled(value)")
    dtype = _checked(data.dtype.name, data.shape)
    dtype = IMAGE_STORES.get(dtype, dtype)
    host = np.require(data, np.dtype(dtype), ["C_CONTIGUOUS", "ALIGNED"])
    return host, (host.__array_interface__["data"][0], dtype, host.shape)


def _checked(dtype: str, shape: tuple[int, ...]) -> str:
    if dtype not in _DTYPES and dtype not in IMAGE_STORES:
        hint = "; write its real and imaginary parts" if dtype.startswith("complex") else ""
        raise TypeError(f"an image cannot hold {dtype}: use an integer or float dtype{hint}")
    if not shape:
        raise ValueError("a scalar is no image: it has no axes; pass data.reshape(1)")
    return dtype
