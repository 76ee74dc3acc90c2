# SPDX-License-Identifier: BSD-3-Clause
"""Tables, and what becomes one, as memory that the core writes."""

from __future__ import annotations

import dataclasses
import math
import numbers
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._arrow import host
from ._dtypes import dtype_name
from ._fields import Field, fields_of
from ._numpy_columns import values_of
from ._ragged import Ragged
from ._strings import Strings
from ._table import Table

if TYPE_CHECKING:
    import torch

    # Words, values, nulls, cells, whether booleans are bits: bindings/new_hdus.cpp explains them.
    CoreColumn = tuple[Any, Any, Any, Any, bool]

__all__ = ["as_table", "check_name", "core_table", "is_table"]

_DTYPES = frozenset(
    "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 "  # noqa: SIM905
    "float32 float64 complex64 complex128".split()
)
_STORED_AS = {"float16": "float32", "bfloat16": "float32", "complex32": "complex64"}
_BITS = re.compile(r"\d*[PQ]?X", re.IGNORECASE)
_LONGEST_NAME = 68  # a quote counts twice
_REMEDY = "write days or seconds as float64"


def is_table(data: Any) -> bool:
    """Tell whether data are columns: a `Table`, a mapping, or a structured array of numpy."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(data, numpy.ndarray):
        return data.dtype.names is not None
    return isinstance(data, (Table, Mapping))


def check_name(name: Any) -> None:
    """Refuse what is no name of a column, and one that is too long."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a column is a str, not {name!r}")
    if len(name.replace("'", "''")) > _LONGEST_NAME:
        raise ValueError(
            f"column {name!r}: a name has at most {_LONGEST_NAME} characters, because it stands in "
            "one card"
        )


def core_table(data: Any) -> tuple[Any, list[CoreColumn]]:
    """What keeps the memory alive, and the columns as the core takes them.

    Raises
    ------
    TypeError
        For a column that no table can hold.
    ValueError
        For lengths that differ, and for words that a header cannot hold.
    """
    kept: list[Any] = []
    fields = _on_host(fields_of(as_table(data)))
    return kept, [_core_column(field, kept) for field in fields]


def as_table(data: Any) -> Table:
    """Make a `Table` of what `is_table` tells to be one."""
    if isinstance(data, Table):
        return data
    values: dict[str, Any] = {}
    masks: dict[str, Any] = {}
    for name, given in _named_values(data):
        values[name], mask = _column_values(name, given)
        if mask is not None:
            masks[name] = mask
    return Table(values, masks=masks)


def _named_values(data: Any) -> list[tuple[Any, Any]]:
    if isinstance(data, Mapping):
        return list(data.items())
    import numpy as np

    if type(data) not in (np.ndarray, np.recarray, np.memmap, np.ma.MaskedArray):
        raise TypeError(
            f"a {type(data).__name__} may mean other values than it holds; pass "
            "torchfits.Table.from_astropy(astropy.table.Table(data)), or numpy.array of its columns"
        )
    if data.ndim != 1:
        raise ValueError(f"a structured array of one dimension is a table, not of {data.ndim}")
    return [(name, data[name]) for name in data.dtype.names]


def _column_values(name: str, given: Any) -> tuple[Any, Any]:
    """Turn arrays and lists into what a `Table` takes; it refuses the rest."""
    import numpy as np
    import torch

    if isinstance(given, (list, tuple)) and not all(isinstance(x, (str, bytes)) for x in given):
        has_numbers = any(isinstance(x, numbers.Number) for x in given)
        try:
            given = np.asarray(given)
        except ValueError as error:
            raise ValueError(
                f"column {name!r}: {error}; Ragged.from_list takes cells of different lengths"
            ) from None
        if has_numbers and given.dtype.kind in "SU":
            raise TypeError(f"column {name!r} has numbers and texts; make them all of one kind")
    if not isinstance(given, np.ndarray) or given.ndim == 0:
        return list(given) if isinstance(given, tuple) else given, None
    values, mask = values_of(name, np.ma.getdata(given), remedy=_REMEDY)
    if np.ma.is_masked(given):
        mask = torch.from_numpy(np.ma.getmaskarray(given).copy())
    return values, mask


def _on_host(fields: list[Field]) -> list[Field]:
    """Copy from CUDA devices: all tensors are on their way before the first is waited for."""
    devices = {field.values.device for field in fields if field.values.device.type == "cuda"}
    if not devices:
        return fields
    import torch

    moved = [
        dataclasses.replace(
            field,
            values=field.values.to("cpu", non_blocking=True),
            mask=None if field.mask is None else field.mask.to("cpu", non_blocking=True),
        )
        for field in fields
    ]
    for device in devices:
        torch.cuda.current_stream(device).synchronize()
    return moved


def _core_column(field: Field, kept: list[Any]) -> CoreColumn:
    values, mask = field.values, field.mask
    if mask is not None and not bool(_flat(mask).any()):
        mask = None
    if mask is not None and isinstance(values, Strings) and values.offsets is not None:
        values, mask = _emptied(values, mask), None
    stored, shape, width = _stored(field.name, values)
    dtype = None if isinstance(values, Strings) else dtype_name(stored.dtype)
    nulls = None if mask is None else host(_flat(mask))
    if nulls is not None and nulls.numel() != math.prod(shape):
        raise ValueError(f"the mask of column {field.name!r} has not the shape of the column")
    offsets = getattr(values, "offsets", None)
    cells = (0, 0) if offsets is None else _cells(offsets, kept)
    kept += [stored, nulls]
    null = field.column.null if type(field.column.null) is int else None
    return (
        _words(field, in_heap=offsets is not None),
        (stored.data_ptr(), dtype, shape, width),
        (0 if nulls is None else nulls.data_ptr(), null, field.can_be_null or nulls is not None),
        cells,
        dtype == "bool" and _BITS.match(field.column.format) is not None,
    )


def _flat(values: Any) -> torch.Tensor:
    """The one tensor that has the elements."""
    if isinstance(values, Ragged):
        return values.values
    tensor: torch.Tensor = values.bytes if isinstance(values, Strings) else values
    return tensor


def _stored(name: str, values: Any) -> tuple[torch.Tensor, tuple[int, ...], int]:
    """The elements as they can be stored, their shape, and the width of a text."""
    import torch

    tensor = _flat(values)
    dtype = dtype_name(tensor.dtype)
    if tensor.layout is not torch.strided:
        raise TypeError(f"column {name!r} has layout {tensor.layout}; pass tensor.to_dense()")
    if dtype not in _DTYPES and dtype not in _STORED_AS:
        raise TypeError(
            f"column {name!r} is of dtype {dtype}, which no table holds; convert it first, such as "
            "with .to(torch.float32)"
        )
    tensor = host(tensor)
    if dtype in _STORED_AS:
        tensor = tensor.to(getattr(torch, _STORED_AS[dtype]))
    shape = tuple(tensor.shape)
    if isinstance(values, Strings) and values.offsets is None:
        return tensor, shape[:-1], shape[-1]
    return tensor, shape, 0


def _cells(offsets: torch.Tensor, kept: list[Any]) -> tuple[int, int]:
    """Address of the offsets, and how many cells they bound."""
    places = host(offsets)
    kept.append(places)
    return places.data_ptr(), len(places) - 1


def _emptied(strings: Strings, mask: torch.Tensor) -> Strings:
    """Strings of any length, of which those under the mask have none."""
    import torch

    offsets: Any = strings.offsets
    lengths = offsets.diff()
    kept = strings.bytes[~torch.repeat_interleave(mask, lengths)]
    ends = lengths.masked_fill(mask, 0).cumsum(0)
    return Strings(kept, torch.cat([offsets[:1], ends]))


def _words(field: Field, *, in_heap: bool) -> tuple[str | None, ...]:
    """Name, unit, display, UCD, comment, and TDIM of cells of variable length."""
    column = field.column
    words = (
        field.name,
        column.unit,
        column.display,
        column.ucd,
        column.comment,
        column.dim if in_heap else None,
    )
    together = "".join([word for word in words if word])
    if not (together.isascii() and together.isprintable()):
        _refuse_words(field.name, words)
    if field.name != field.name.rstrip(" "):
        raise ValueError(f"column {field.name!r}: a header keeps no blanks at the end of a name")
    check_name(field.name)
    return words


def _refuse_words(name: str, words: tuple[str | None, ...]) -> None:
    labels = ("name", "unit", "display", "UCD", "comment", "TDIM")
    for what, text in zip(labels, words, strict=True):
        if text is not None and not (text.isascii() and text.isprintable()):
            raise ValueError(
                f"column {name!r}: its {what} {text!r} has characters that no header holds; "
                "use printable ASCII"
            )
