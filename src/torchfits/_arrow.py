# SPDX-License-Identifier: BSD-3-Clause
"""Columns as Arrow data: described for the core, which gives them away, and made of what it took.

| column | Arrow |
|---|---|
| numbers | numbers: the memory of the tensor; ``bfloat16`` as ``float32`` |
| ``bool`` | bits |
| complex | fixed-size lists of two: real and imaginary part; the memory of the tensor |
| cells ``[a, b]`` | fixed-size lists of fixed-size lists; of no elements ``large_list`` |
| `Strings` | ``utf8``; ``binary`` where a byte is above 127 |
| `Ragged` | ``large_list``: the memory of values and offsets |

Masks become validity. What is known of a column beside its values travels as metadata of its field.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _core
from ._column import Column, column_of
from ._dtypes import dtype_name
from ._ragged import Ragged
from ._rows import signed_dtype
from ._strings import Strings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

    # Name, format, metadata, length, nulls, buffers, children: what the core hands on.
    Node = tuple[str, str, dict[str, str], int, int, tuple[Any, ...], tuple[Any, ...]]

__all__ = ["ArrowTable", "from_arrow_data", "host", "take_arrow"]

_KEYS = {
    "unit": "unit",
    "description": "comment",
    "ucd": "ucd",
    "TFORM": "format",
    "TDIM": "dim",
    "TDISP": "display",
    "TNULL": "null",
}
_NUMBER_DIGITS = 20  # of 64 bits, with the sign
_SIZE_DIGITS = 9
_MOST_AXES = 32
_NARROW_TEXT = 2**30  # bytes; as UTF-8 at most twice that, which offsets of 32 bits count


class ArrowTable:
    """Columns for libraries that speak the Arrow C data interface.

    Parameters
    ----------
    columns : iterable
        Column, values and mask or ``None``.
    length : int
        Rows.
    as_utf8 : bool
        Bytes above 127 as the characters of Latin-1 that they are, not as ``binary``.
    """

    def __init__(
        self,
        columns: Iterable[tuple[Column, Any, Any]],
        length: int,
        *,
        as_utf8: bool = False,
    ) -> None:
        nodes = tuple(_column_node(*column, as_utf8) for column in columns)
        self._node: Node = ("", "+s", {}, length, 0, (None,), nodes)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the table as one batch; another schema than its own is not made."""
        del requested_schema
        return _core.give_arrow_stream(self._node)

    def __arrow_c_schema__(self) -> object:
        """Give names, types and metadata of the columns."""
        return _core.give_arrow_schema(self._node)


def _column_node(column: Column, values: Any, mask: Any, as_utf8: bool) -> Node:
    metadata = _metadata(column, values)
    if isinstance(values, Ragged):
        inner = _element_node(values.values, None if mask is None else mask.values)
        offsets = host(values.offsets)
        return (column.name, "+L", metadata, len(values), 0, (None, offsets), (inner,))
    if isinstance(values, Strings):
        node, shape = _text_node(values, mask, as_utf8), values.shape
    else:
        node, shape = _element_node(values, mask), tuple(values.shape)
        if 0 in shape[1:]:
            return _empty_cells_node(column, metadata, node, shape)
    for axis in range(len(shape) - 1, 0, -1):
        form = f"+w:{shape[axis]}"
        node = ("item", form, {}, math.prod(shape[:axis]), 0, (None,), (node,))
    return (column.name, node[1], metadata, *node[3:])


def _empty_cells_node(
    column: Column, metadata: dict[str, str], node: Node, shape: tuple[int, ...]
) -> Node:
    """Describe cells of no elements as lists: polars and Parquet stumble over fixed ones."""
    import torch

    metadata = {**metadata, "shape": ",".join(map(str, shape[1:]))}
    offsets = torch.zeros(shape[0] + 1, dtype=torch.int64)
    return (column.name, "+L", metadata, shape[0], 0, (None, offsets), (node,))


def _metadata(column: Column, values: Any) -> dict[str, str]:
    known = {key: getattr(column, field) for key, field in _KEYS.items()}
    metadata = {key: str(value) for key, value in known.items() if value not in (None, "")}
    if column.ttype not in ("", column.name):
        metadata["TTYPE"] = column.ttype
    if not isinstance(values, Strings) and values.dtype.is_complex:
        metadata["dtype"] = dtype_name(values.dtype)
    return metadata


def _element_node(values: torch.Tensor, mask: torch.Tensor | None) -> Node:
    """Describe the elements of a tensor of any shape, one behind the other."""
    import torch

    flat = host(values).reshape(-1)
    validity, nulls = _validity(mask)
    count = len(flat)
    if flat.dtype == torch.bool:
        return ("item", "b", {}, count, nulls, (validity, _core.pack_arrow_bits(flat, True)), ())
    if flat.dtype.is_complex:
        parts = torch.view_as_real(flat).reshape(-1)
        inner: Node = ("item", "", {}, 2 * count, 0, (None, parts), ())
        return ("item", "+w:2", {}, count, nulls, (validity,), (inner,))
    if flat.dtype == torch.bfloat16:
        flat = flat.to(torch.float32)
    return ("item", "", {}, count, nulls, (validity, flat), ())


def _text_node(strings: Strings, mask: torch.Tensor | None, as_utf8: bool) -> Node:
    data = host(strings.bytes)
    offsets = None if strings.offsets is None else host(strings.offsets)
    count = math.prod(strings.shape)
    width = 0 if offsets is not None else strings.width
    utf8 = as_utf8 or _core.text_is_ascii(data, offsets, count, width)
    wide = data.numel() >= _NARROW_TEXT
    buffers: Any = _core.pack_arrow_text((data, offsets, count, width), (utf8, wide))
    validity, nulls = _validity(mask)
    form = "uz"[not utf8]
    return ("item", form.upper() if wide else form, {}, count, nulls, (validity, *buffers), ())


def _validity(mask: torch.Tensor | None) -> tuple[torch.Tensor | None, int]:
    """Pack a mask into bits that are set where something is valid; and count the nulls."""
    nulls = 0 if mask is None else int(mask.sum())
    if mask is None or not nulls:
        return None, 0
    bits: Any = _core.pack_arrow_bits(host(mask), False)
    return bits, nulls


def host(tensor: torch.Tensor) -> torch.Tensor:
    """Give a tensor in the memory of the host, plain and contiguous: itself, where it is so."""
    if tensor.device.type == "meta":
        raise ValueError("the table is on the device 'meta', which holds no values")
    return tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()


def take_arrow(data: Any) -> list[Any]:
    """Take what an object gives through the Arrow C data interface, as the core describes it.

    Raises
    ------
    TypeError
        If it gives nothing, or a column is of a type that FITS has not.
    ValueError
        If the data contradict themselves.
    """
    if hasattr(data, "__arrow_c_stream__"):
        return _core.take_arrow_stream(data.__arrow_c_stream__())
    if hasattr(data, "__arrow_c_array__"):
        return _core.take_arrow_array(*data.__arrow_c_array__())
    hint = "; call its collect() first" if hasattr(data, "collect") else ""
    raise TypeError(
        f"from_arrow() takes a table of pyarrow, polars, duckdb or another object with "
        f"__arrow_c_stream__ or __arrow_c_array__, not {type(data).__name__}{hint}"
    )


class _Taken(NamedTuple):
    """A column as the core took it: everything flat."""

    name: str
    metadata: dict[str, str]
    rows: int
    axes: tuple[int, ...]  # of a cell; of an element, where there are offsets
    values: torch.Tensor
    offsets: torch.Tensor | None  # of lists, or of text without a width
    mask: torch.Tensor | None
    width: int | None  # of text
    hiding: torch.Tensor | None  # lists that are null, where elements lie under some of them


def from_arrow_data(taken: list[Any]) -> list[tuple[Column, Any, Any]]:
    """Make columns, values and masks of what `take_arrow` took."""
    return [_column_of(_Taken(*parts)) for parts in taken]


def _column_of(taken: _Taken) -> tuple[Column, Any, Any]:
    values: Any
    mask: Any = taken.mask
    if taken.width is not None:
        values = Strings._of(taken.values, taken.offsets)
        if taken.offsets is None:
            values = Strings(taken.values.view(taken.rows, *taken.axes, taken.width))
        mask = None if mask is None else mask.view(values.shape)
        return _described(taken, values), values, mask
    offsets = taken.offsets
    rows = taken.rows if offsets is None else int(offsets[-1])
    flat = taken.values.view(rows, *taken.axes)
    mask = None if mask is None else mask.view(flat.shape)
    flat, mask = _complex(taken, flat, mask)
    if offsets is not None and not rows and 0 in (sizes := _shape(taken.metadata)):
        flat, offsets = flat.view(taken.rows, *sizes), None
    if offsets is None:
        column = _described(taken, flat)
        return column, _filled(flat, mask, column), mask
    if flat.ndim > 1:
        raise TypeError(f"column {taken.name!r} holds lists of fixed-size lists; flatten one level")
    if taken.hiding is not None and mask is not None:
        flat, mask, offsets = _emptied(flat, mask, offsets, taken.hiding)
    column = _described(taken, Ragged._of(flat, offsets))
    values = Ragged._of(_filled(flat, mask, column), offsets)
    return column, values, None if mask is None else Ragged._of(mask, offsets)


def _shape(metadata: dict[str, str]) -> list[int]:
    """Read the shape of cells that have no elements; nothing where there is none."""
    sizes = metadata.get("shape", "").split(",")
    sane = all(size.isascii() and size.isdigit() and len(size) <= _SIZE_DIGITS for size in sizes)
    return [int(size) for size in sizes] if sane and len(sizes) <= _MOST_AXES else []


def _emptied(
    flat: torch.Tensor, mask: torch.Tensor, offsets: torch.Tensor, null: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
    """Drop the elements of lists that are null; elements, mask if any is left, offsets."""
    import torch

    lengths = offsets.diff()
    kept = ~null.repeat_interleave(lengths)
    flat = flat.view(signed_dtype(flat.dtype))[kept].view(flat.dtype)
    mask = mask[kept]
    offsets = torch.cat((offsets[:1], lengths.masked_fill(null, 0).cumsum(0)))
    return flat, mask if bool(mask.any()) else None, offsets


def _complex(
    taken: _Taken, pairs: torch.Tensor, mask: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Make complex numbers of the pairs that once were some."""
    import torch

    is_complex = taken.metadata.get("dtype") in ("complex64", "complex128")
    if not is_complex or pairs.ndim < 2 or pairs.shape[-1] != 2 or not pairs.is_floating_point():
        return pairs, mask
    if pairs.data_ptr() % (2 * pairs.element_size()):
        pairs = pairs.clone()
    return torch.view_as_complex(pairs), None if mask is None else mask.any(-1)


def _described(taken: _Taken, values: Any) -> Column:
    """Describe values that may once have been a column of a FITS file."""
    metadata = taken.metadata
    column = column_of(taken.name, values, metadata.get("unit"))
    null = metadata.get("TNULL")
    is_number = null and len(null) <= _NUMBER_DIGITS and null.removeprefix("-").isdecimal()
    return dataclasses.replace(
        column,
        ttype=metadata.get("TTYPE", taken.name),
        null=int(null) if null and is_number else null,
        display=metadata.get("TDISP"),
        comment=metadata.get("description"),
        ucd=metadata.get("ucd"),
    )


def _filled(values: torch.Tensor, mask: torch.Tensor | None, column: Column) -> torch.Tensor:
    """Put NaN, TNULL or 0 under the mask, where Arrow has anything; the values are our own."""
    import torch

    if mask is None:
        return values
    fill: float = 0
    if values.is_floating_point() or values.is_complex():
        fill = math.nan
    elif isinstance(column.null, int) and values.dtype in (
        torch.uint8,
        torch.int16,
        torch.int32,
        torch.int64,
    ):
        limits = torch.iinfo(values.dtype)
        fill = column.null if limits.min <= column.null <= limits.max else 0
    values.view(signed_dtype(values.dtype)).masked_fill_(mask, fill)
    return values
