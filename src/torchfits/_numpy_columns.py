# SPDX-License-Identifier: BSD-3-Clause
"""Columns as numpy arrays, which pandas and astropy are made of, and columns made of those."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from . import _core
from ._arrow import host
from ._ragged import Ragged
from ._strings import Strings

if TYPE_CHECKING:
    import numpy as np
    import torch

    Array = np.ndarray[Any, Any]

__all__ = ["array_of", "cells_of", "values_of"]

_FEW_BYTES = 1 << 26  # text that takes no more is padded, however much of it are blanks
_SIZES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}


def array_of(values: Any) -> Array:
    """Give a column as an array.

    Numbers share the memory of the tensor where it is contiguous and on the host; text is ``U``,
    decoded as Latin-1, or objects where one is much longer than the others; the cells of `Ragged`
    are arrays in an array of objects.
    """
    import torch

    if isinstance(values, Ragged):
        flat, places = array_of(values.values), values.offsets.tolist()
        return _as_objects([flat[a:b] for a, b in itertools.pairwise(places)])
    if isinstance(values, Strings):
        return _text_array(values)
    values = host(values)
    array: Array = (values.to(torch.float32) if values.dtype == torch.bfloat16 else values).numpy()
    return array


def cells_of(values: Any, mask: Any) -> Array:
    """Give a column of which each cell is an array; of masked columns they are masked arrays."""
    import numpy as np

    array = array_of(values)
    if isinstance(values, Ragged):
        if mask is None:
            return array
        masks = array_of(mask)
        return _as_objects([np.ma.MaskedArray(*cell) for cell in zip(array, masks, strict=True)])
    return _as_objects(array if mask is None else np.ma.MaskedArray(array, array_of(mask)))


def _as_objects(cells: Any) -> Array:
    """Put things, arrays among them, into an array of objects of one dimension."""
    import numpy as np

    array = np.empty(len(cells), dtype=object)
    for i, cell in enumerate(cells):
        array[i] = cell
    return array


def _text_array(strings: Strings) -> Array:
    import numpy as np
    import torch

    if strings.offsets is not None:
        texts = strings.to_list()
        if _is_wasteful(len(texts), strings.width, len(strings.bytes)):
            return _as_objects(texts)
        return np.array(texts, dtype=np.str_)
    data = host(strings.bytes)
    if strings.width == 0:
        return np.zeros(strings.shape, dtype="U1")
    count = math.prod(strings.shape)
    packed: Any = _core.pack_arrow_text((data, None, count, strings.width), (False, True))
    lengths = packed[0].diff().view(*strings.shape, 1)
    behind = torch.arange(strings.width) >= lengths
    letters = data.masked_fill(behind, 0).to(torch.int32)
    array: Array = letters.numpy().view(f"U{strings.width}")[..., 0]
    return array


def values_of(name: str, array: Array, *, remedy: str) -> tuple[Any, torch.Tensor | None]:
    """Make a column of an array: values, and where texts or cells are absent.

    Numbers share the memory of the array where torch can: native bytes, contiguous, writable.

    Raises
    ------
    TypeError
        For what FITS has no column for; `remedy` says what to do about dates.
    """
    import numpy as np
    import torch

    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind == "S":
        return _bytes_column(array, size), None
    if kind == "U":
        return _characters_column(name, array, size // 4), None
    if kind == "O":
        return _object_column(name, array, remedy)
    if size not in _SIZES.get(kind, ()):
        dates = kind in "mM"
        advice = f"FITS tables have no type for times: {remedy}" if dates else "convert it first"
        raise TypeError(f"column {name!r} is of dtype {array.dtype}; {advice}")
    # torch does not know `longlong`.
    native = np.require(array, f"={kind}{size}", ["C_CONTIGUOUS", "ALIGNED"])
    shared = native.flags.writeable and native.size > 1  # one element has the strides of its record
    tensor = torch.from_numpy(native if shared else native.copy())
    # The strides of nothing may be zero, which torch does not view as other types.
    return (tensor if len(array) else torch.empty(tensor.shape, dtype=tensor.dtype)), None


def _bytes_column(array: Array, width: int) -> Strings:
    import numpy as np
    import torch

    if width == 0 or array.size == 0:
        return Strings(torch.zeros(*array.shape, width, dtype=torch.uint8))
    data = np.ascontiguousarray(array)
    data = data if data.flags.writeable else data.copy()
    return Strings(torch.from_numpy(data.reshape(-1).view(np.uint8)).view(*array.shape, width))


def _characters_column(name: str, array: Array, width: int) -> Strings:
    import numpy as np
    import torch

    if width == 0 or array.size == 0:
        return Strings(torch.zeros(*array.shape, width, dtype=torch.uint8))
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    codes = native.reshape(-1).view(np.uint32).reshape(*array.shape, width)
    if codes.max() > 0xFF:
        row = int(np.argmax((codes > 0xFF).reshape(len(array), -1).any(-1)))
        raise _not_latin(name, row, array[row])
    return Strings(torch.from_numpy(codes.astype(np.uint8)))


def _is_wasteful(count: int, longest: int, total: int) -> bool:
    """Tell whether most of the texts would be blanks if all were of one width."""
    return count * longest > max(_FEW_BYTES, 4 * total)


def _strings_of(texts: list[str | bytes]) -> Strings:
    """Pad texts to one width unless one of them is much longer than the others."""
    import torch

    lengths = [len(text) for text in texts]
    if not _is_wasteful(len(texts), max(lengths, default=0), sum(lengths)):
        return Strings.from_list(texts)
    joined = b"".join(text if isinstance(text, bytes) else text.encode("latin-1") for text in texts)
    data = torch.frombuffer(bytearray(joined), dtype=torch.uint8)
    return Strings(data, torch.tensor([0, *lengths]).cumsum(0))


def _not_latin(name: str, row: int, text: object) -> ValueError:
    return ValueError(
        f"column {name!r}, row {row}: {text!r} has characters outside Latin-1: FITS cannot hold it"
    )


def _is_absent(cell: object) -> bool:
    """Tell None, NaN, NaT and NA, each of which is not equal to itself or says so."""
    return cell is None or type(cell).__name__ in ("NAType", "NaTType") or cell != cell  # noqa: PLR0124


def _object_column(name: str, array: Array, remedy: str) -> tuple[Any, torch.Tensor | None]:
    """Read objects as texts, or as cells of numbers."""
    import torch

    if array.ndim != 1:
        raise TypeError(f"column {name!r} has objects in {array.ndim} dimensions; give it a dtype")
    cells = array.tolist()
    arrays = [hasattr(cell, "__len__") and not isinstance(cell, (str, bytes)) for cell in cells]
    absent = [not full and _is_absent(cell) for cell, full in zip(cells, arrays, strict=True)]
    mask = torch.tensor(absent) if any(absent) else None
    if any(arrays):
        return _cells_column(name, cells, absent)
    for row, (cell, nothing) in enumerate(zip(cells, absent, strict=True)):
        if not nothing and not isinstance(cell, (str, bytes)):
            times = hasattr(cell, "year") or hasattr(cell, "total_seconds")
            advice = remedy if times else "give the column the dtype of a number"
            if not times and any(absent):
                advice += ", with NaN or a mask (numpy.ma) where it has none"
            raise TypeError(
                f"column {name!r}, row {row}: an object of type {type(cell).__name__}, where text "
                f"or arrays are expected; {advice}"
            )
    try:
        texts = _strings_of([b"" if no else c for c, no in zip(cells, absent, strict=True)])
    except ValueError:
        wide = [isinstance(cell, str) and max(cell, default="") > "\xff" for cell in cells]
        row = wide.index(True)
        raise _not_latin(name, row, cells[row]) from None
    return texts, mask


def _cell(name: str, row: int, cell: Any) -> Any:
    import numpy as np

    try:
        return np.ma.asarray(cell)
    except ValueError:
        raise TypeError(f"column {name!r}, row {row}: a cell that is no regular array") from None


def _cells_column(name: str, cells: list[Any], absent: list[bool]) -> tuple[Any, Any]:
    """Make a tensor of cells of one shape, else `Ragged`, and its mask; absent cells are empty."""
    import numpy as np
    import torch

    arrays = [_cell(name, i, [] if absent[i] else cell) for i, cell in enumerate(cells)]
    full = [one for one in arrays if one.size]
    rectangular = len(full) > 0 and len({one.shape for one in arrays}) == 1
    masked = any(one.mask.any() for one in arrays)
    if rectangular and all(one.dtype.kind in "US" for one in full):
        texts, _ = values_of(name, np.stack([one.data for one in arrays]), remedy="")
        masks: Any = np.stack([np.ma.getmaskarray(one) for one in arrays])
        return texts, torch.from_numpy(masks) if masked else None
    if any(one.dtype.kind not in _SIZES for one in full):
        raise TypeError(f"column {name!r} has cells that are no arrays of numbers of one type")
    # An empty cell has no type of its own unless there is nothing else.
    kinds = {one.dtype for one in full or arrays}
    dtype = np.result_type(*kinds).newbyteorder("=")
    if dtype.kind == "f" and all(kind.kind in "iu" for kind in kinds):
        raise TypeError(f"column {name!r} has cells of uint64 and of signed integers; convert one")
    values: Any = [one.data.astype(dtype, copy=False) for one in arrays]
    masks = [np.ma.getmaskarray(one) for one in arrays]
    if rectangular:
        values, masks = (torch.from_numpy(np.stack(parts)) for parts in (values, masks))
        return values, masks if masked else None
    if any(one.ndim != 1 for one in full):
        raise TypeError(f"column {name!r} has cells of several shapes, which are not all flat")
    offsets = torch.tensor([0, *(one.size for one in arrays)]).cumsum(0)
    values, masks = (
        Ragged(torch.from_numpy(np.concatenate([one.reshape(-1) for one in parts])), offsets)
        for parts in (values, masks)
    )
    return values, masks if masked else None
