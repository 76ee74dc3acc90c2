# SPDX-License-Identifier: BSD-3-Clause
"""Tables one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._dtypes import dtype_name
from ._fields import Field, fields_of, table_of
from ._ragged import Ragged
from ._rows import signed_dtype, viewed
from ._strings import Strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from ._table import Table

__all__ = ["concat"]


def concat(tables: Sequence[Table]) -> Table:
    """Put tables of the same columns one below the other.

    Columns are found by name, in any order and any case; the first table gives order, names, units
    and texts. Integers widen to the smallest dtype that holds both; so do floats, and integers of
    up to 32 bits beside floats become floats that hold them. Text takes the largest width. Nulls
    stay null.

    Parameters
    ----------
    tables : list of Table
        At least one; all on one device.

    Returns
    -------
    Table
        A copy.

    Raises
    ------
    ValueError
        If columns are missing, or differ in unit or in the shape of their cells.
    TypeError
        If no dtype holds the values of all tables; the message says which column to convert.
    """
    given = list(tables)
    if not given:
        raise ValueError("concat takes one table at least")
    for position, table in enumerate(given):
        if not hasattr(table, "_describe"):
            kind = type(table).__name__
            raise TypeError(f"concat takes tables; item {position} of the list is {kind}")
    first = given[0]
    for position, table in enumerate(given[1:], 1):
        _check_names(first, table, position)
    listed = [fields_of(table) for table in given]
    columns = [
        [fields[table._position(name)] for table, fields in zip(given, listed, strict=True)]
        for name in first.names
    ]
    return table_of(type(first), [concat_fields(fields) for fields in columns])


def _check_names(first: Table, table: Table, position: int) -> None:
    lacks = [name for name in first.names if name not in table]
    more = [name for name in table.names if name not in first]
    if lacks or more:
        found = [f"has no {lacks}"] * bool(lacks) + [f"has also {more}"] * bool(more)
        raise ValueError(
            f"table {position} of the list {' and '.join(found)}; select the same columns of all: "
            "t[names]"
        )


def concat_fields(fields: list[Field]) -> Field:
    """Put columns one below the other; the first gives the name and what is known."""
    first = fields[0]
    if len({field.values.device for field in fields}) > 1:
        devices = " and ".join(sorted({str(field.values.device) for field in fields}))
        raise ValueError(f"column {first.name!r} is on {devices}; move the tables with t.to()")
    units = dict.fromkeys(field.column.unit for field in fields if field.column.unit)
    if len(units) > 1:
        raise ValueError(
            f"column {first.name!r} has the units {' and '.join(units)}; convert the values, and "
            "make the tables with one unit"
        )
    kinds = {_kind(field) for field in fields}
    if len(kinds) > 1:
        raise TypeError(
            f"column {first.name!r} holds {' and '.join(sorted(kinds))}, which no column holds "
            "together; convert one of them"
        )
    shapes = dict.fromkeys(field.column.shape for field in fields)
    if len(shapes) > 1 and kinds == {"numbers"}:
        raise ValueError(
            f"column {first.name!r} has cells of the shapes {' and '.join(map(str, shapes))}; "
            "reshape or pad one of them"
        )
    joined = _joined(fields)
    described = joined.described_by(first.column)
    if units and not first.column.unit:
        unit = next(iter(units))
        described = joined.described_by(_with_unit(first, unit))
    return described


def _with_unit(field: Field, unit: str) -> Any:
    import dataclasses

    return dataclasses.replace(field.column, unit=unit)


def _kind(field: Field) -> str:
    if isinstance(field.values, Strings):
        return "text"
    return "cells of variable length" if isinstance(field.values, Ragged) else "numbers"


def _joined(fields: list[Field]) -> Field:
    can_be_null = any(field.can_be_null for field in fields)
    masks = _masks(fields) if any(field.mask is not None for field in fields) else None
    values = [field.values for field in fields]
    result: Any
    if isinstance(values[0], Strings):
        result = _joined_text(fields[0].name, values)
    elif isinstance(values[0], Ragged):
        flat = _joined_numbers(fields, [cells.values for cells in values])
        result = Ragged._of(flat, _joined_offsets([cells.offsets for cells in values]))
        if masks is not None:
            masks = Ragged._of(masks, result.offsets)
    else:
        result = _joined_numbers(fields, values)
    return Field(fields[0].column, result, masks, can_be_null)


def _masks(fields: list[Field]) -> Any:
    """Join the masks, flat for cells of variable length."""
    import torch

    masks = []
    for field in fields:
        mask = field.mask.values if isinstance(field.mask, Ragged) else field.mask
        if mask is None:
            values = field.values
            shape = values.values.shape if isinstance(values, Ragged) else values.shape
            mask = torch.zeros(shape, dtype=torch.bool, device=values.device)
        masks.append(mask)
    return torch.cat(masks)


def _joined_numbers(fields: list[Field], tensors: list[torch.Tensor]) -> torch.Tensor:
    import torch

    dtype = tensors[0].dtype
    for field, tensor in zip(fields, tensors, strict=True):
        shared = promoted(dtype, tensor.dtype)
        if shared is None:
            one, other = dtype_name(fields[0].column.dtype), dtype_name(field.column.dtype)
            raise TypeError(
                f"column {fields[0].name!r} is {one} and {other}: no dtype is sure to hold both; "
                f"convert one, such as t[{fields[0].name!r}].to(torch.float64)"
            )
        dtype = shared
    signed = signed_dtype(dtype)
    # torch concatenates not every unsigned integer.
    return viewed(torch.cat([viewed(tensor.to(dtype), signed) for tensor in tensors]), dtype)


def promoted(one: torch.dtype, other: torch.dtype) -> torch.dtype | None:
    """Name the smallest dtype that holds every value of both; ``None`` where there is none."""
    import torch

    if one == other:
        return one
    if torch.bool in (one, other):
        return None
    bits = [_integer_bits(one), _integer_bits(other)]
    if all(bits):
        return _integer_dtype(one, other)
    if any(bits):
        floating = other if bits[0] else one
        whole = max(bits)
        if floating.is_complex:
            return None if whole > 32 else torch.complex128
        exact = {torch.float32: 16, torch.float64: 32}
        if whole <= exact.get(floating, 0):
            return floating
        return torch.float64 if whole <= 32 else None
    return torch.promote_types(one, other)


def _integer_bits(dtype: torch.dtype) -> int:
    import torch

    return 0 if dtype.is_floating_point or dtype.is_complex else int(torch.iinfo(dtype).bits)


def _integer_dtype(one: torch.dtype, other: torch.dtype) -> torch.dtype | None:
    import torch

    limits = [torch.iinfo(one), torch.iinfo(other)]
    low, high = min(each.min for each in limits), max(each.max for each in limits)
    candidates = [torch.uint8, torch.uint16, torch.uint32, torch.uint64]
    if low < 0:
        candidates = [torch.int8, torch.int16, torch.int32, torch.int64]
    return next((each for each in candidates if torch.iinfo(each).max >= high), None)


def _joined_text(name: str, texts: list[Strings]) -> Strings:
    import torch

    shapes = {text.shape[1:] for text in texts}
    if len(shapes) > 1:
        raise ValueError(
            f"column {name!r} has arrays of text of the shapes "
            f"{' and '.join(map(str, sorted(shapes)))}; reshape one of them"
        )
    if any(text.offsets is not None for text in texts):
        parts = [_with_offsets(text) for text in texts]
        offsets = _joined_offsets([places for _, places in parts])
        return Strings._of(torch.cat([data for data, _ in parts]), offsets)
    width = max(text.width for text in texts)
    pads = [(0, width - text.width) for text in texts]
    padded = [
        torch.nn.functional.pad(text.bytes, pad) for text, pad in zip(texts, pads, strict=True)
    ]
    return Strings(torch.cat(padded))


def _with_offsets(text: Strings) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    if text.offsets is not None:
        return text.bytes, text.offsets
    places = torch.arange(len(text) + 1, device=text.device) * text.width
    return text.bytes.reshape(-1), places


def _joined_offsets(offsets: list[torch.Tensor]) -> torch.Tensor:
    import torch

    lengths = torch.cat([places.diff() for places in offsets])
    return torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
