# SPDX-License-Identifier: BSD-3-Clause
"""Columns by whose values rows are compared, as memory that the core looks at."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from ._dtypes import dtype_name
from ._ragged import Ragged
from ._strings import Strings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

    from ._fields import Field

_COLUMN = tuple[int, int, "str | None", int, int, int]


@dataclasses.dataclass(frozen=True)
class Key:
    """One value a row, on the host."""

    kind: str
    """What compares with each other: ``integers``, ``floats``, ``bools`` or ``text``."""
    column: _COLUMN
    """Address, rows, dtype, address of the nulls, width, address of the offsets."""
    kept: tuple[Any, ...]
    """The tensors that own the memory."""


def keys_of(field: Field) -> list[Key]:
    """Give the keys of a column: one, or one for each element of its cells, in their order.

    Raises
    ------
    TypeError
        For a column whose values do not compare: `Ragged`, complex numbers.
    """
    values, mask = field.values, field.mask
    if isinstance(values, Ragged):
        raise TypeError(
            f"column {field.name!r} has cells of variable length, which are no keys; name other "
            "columns"
        )
    if isinstance(values, Strings):
        if values.offsets is not None:
            return [_text_key(values.bytes, mask, values.offsets)]
        width = values.bytes.shape[-1]
        count = math.prod(values.shape[1:])
        parts = list(values.bytes.reshape(len(values), count, width).unbind(1))
        return [_text_key(part, one) for part, one in zip(parts, _masks(mask, parts), strict=True)]
    if values.is_complex():
        raise TypeError(
            f"column {field.name!r} is {dtype_name(values.dtype)}: complex numbers have no order; "
            "use its real and imaginary parts"
        )
    parts = elements_of(values)
    return [_number_key(part, one) for part, one in zip(parts, _masks(mask, parts), strict=True)]


def all_keys(fields: Iterable[Field]) -> list[Key]:
    """Give the keys of several columns."""
    listed = list(fields)
    return checked_keys([key for field in listed for key in keys_of(field)], listed)


def checked_keys(keys: list[Key], fields: Iterable[Field]) -> list[Key]:
    """Refuse columns that have no keys: all their cells are without elements."""
    if not keys:
        names = ", ".join(repr(field.name) for field in fields)
        raise ValueError(f"the cells of {names} have no elements to compare; name other columns")
    return keys


def columns_of(keys: Iterable[Key]) -> list[_COLUMN]:
    """What the core takes."""
    return [key.column for key in keys]


def presence_key(values: torch.Tensor, mask: torch.Tensor | None) -> Key:
    """A key that tells nulls and NaN from values, and no value from another."""
    import torch

    nothing = torch.zeros(len(values), dtype=torch.uint8)
    missing = torch.isnan(values) if values.is_floating_point() or values.is_complex() else None
    if mask is not None:
        missing = mask if missing is None else missing | mask
    return _number_key(nothing, missing)


def elements_of(cells: torch.Tensor) -> list[torch.Tensor]:
    """Give columns of single values: one for each element of the cells."""
    return list(cells.reshape(len(cells), math.prod(cells.shape[1:])).unbind(1))


def _masks(mask: torch.Tensor | None, parts: list[torch.Tensor]) -> list[torch.Tensor | None]:
    return [None] * len(parts) if mask is None else [*elements_of(mask)]


def _on_host(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.device.type == "meta":
        raise TypeError("a table on the device 'meta' has no values to compare")
    return tensor.detach().cpu().contiguous()


def _number_key(values: torch.Tensor, mask: torch.Tensor | None) -> Key:
    import torch

    host = _on_host(values)
    if host.dtype in (torch.float16, torch.bfloat16):
        host = host.to(torch.float32)
    nulls = None if mask is None else _on_host(mask)
    address = 0 if nulls is None else nulls.data_ptr()
    column = (host.data_ptr(), len(host), dtype_name(host.dtype), address, 0, 0)
    kind = "integers"
    if host.dtype == torch.bool:
        kind = "bools"
    elif host.is_floating_point():
        kind = "floats"
    return Key(kind, column, (host, nulls))


def _text_key(
    data: torch.Tensor, mask: torch.Tensor | None, offsets: torch.Tensor | None = None
) -> Key:
    host = _on_host(data)
    nulls = None if mask is None else _on_host(mask)
    places = None if offsets is None else _on_host(offsets)
    address = 0 if nulls is None else nulls.data_ptr()
    rows = len(host) if places is None else len(places) - 1
    width = host.shape[-1] if places is None else 0
    where = 0 if places is None else places.data_ptr()
    column = (host.data_ptr(), rows, None, address, width, where)
    return Key("text", column, (host, nulls, places))
