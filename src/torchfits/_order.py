# SPDX-License-Identifier: BSD-3-Clause
"""The order of rows by keys: in the core, or on the device where the keys are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _core
from ._keys import all_keys, checked_keys, columns_of, elements_of, keys_of
from ._ragged import Ragged
from ._rows import signed_dtype
from ._runtime import settle_threads
from ._strings import Strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from ._fields import Field


def sorted_rows(fields: Sequence[Field], descending: Sequence[bool]) -> torch.Tensor:
    """Positions of the rows in the order of their keys, ``int64``, on the device of the first.

    Rows of equal keys stay in their order; NaN comes behind all numbers, and nulls come last.
    """
    device = fields[0].values.device
    if device.type == "cuda" and not any(_needs_host(field) for field in fields):
        return order_by_torch(fields, descending)
    settle_threads()
    listed = [keys_of(field) for field in fields]
    keys = checked_keys([key for some in listed for key in some], fields)
    falling = [fall for some, fall in zip(listed, descending, strict=True) for _ in some]
    rows: Any = _core.sorted_rows(columns_of(keys), falling)
    order: torch.Tensor = rows.to(device)
    return order


def distinct_rows(fields: Sequence[Field]) -> torch.Tensor:
    """The first row of each different key, rising."""
    settle_threads()
    keys = all_keys(fields)
    rows: Any = _core.distinct_rows(columns_of(keys))
    first: torch.Tensor = rows.to(fields[0].values.device)
    return first


def _needs_host(field: Field) -> bool:
    return isinstance(field.values, (Strings, Ragged)) or field.values.is_complex()


def order_by_torch(fields: Sequence[Field], descending: Sequence[bool]) -> torch.Tensor:
    """Order rows on the device of their keys, by one stable sort for each, the last key first."""
    import torch

    rows = len(fields[0].values)
    order = torch.arange(rows, device=fields[0].values.device)
    for field, fall in reversed(list(zip(fields, descending, strict=True))):
        cells = elements_of(field.values)
        masks = [None] * len(cells) if field.mask is None else elements_of(field.mask)
        for values, mask in reversed(list(zip(cells, masks, strict=True))):
            special, code = _codes(values, mask)
            order = order[torch.sort(code[order], stable=True, descending=fall).indices]
            if special is not None:
                order = order[torch.sort(special[order], stable=True).indices]
    return order


def _codes(values: torch.Tensor, mask: torch.Tensor | None) -> tuple[Any, torch.Tensor]:
    """Give what torch sorts as the values compare, and 1 for NaN, 2 for null."""
    import torch

    special = None
    if values.is_floating_point():
        nan = values.isnan()
        values = values.masked_fill(nan, 0) + 0.0  # so that -0 is 0
        special = nan.to(torch.uint8) if bool(nan.any()) else None
    elif values.dtype == torch.uint64:
        lowest = torch.iinfo(torch.int64).min
        values = values.view(signed_dtype(values.dtype)) ^ lowest
    else:
        values = values.to(torch.int64)
    if mask is not None:
        special = torch.zeros_like(mask, dtype=torch.uint8) if special is None else special
        special = special.masked_fill(mask, 2)
        values = values.masked_fill(mask, 0)
    return special, values
