# SPDX-License-Identifier: BSD-3-Clause
"""A column of a table with all that belongs to it, and its rows in another order."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ._column import Column, column_of
from ._ragged import Ragged
from ._rows import gaps, take_rows
from ._strings import Strings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

    from ._table import Table


@dataclasses.dataclass(frozen=True)
class Field:
    """A column: what is known of it, its values, and which of them are null."""

    column: Column
    values: Any
    """A tensor, `Strings` or `Ragged`."""
    mask: Any
    """A ``bool`` tensor, of a `Ragged` a `Ragged`; ``None`` where no value is null."""
    can_be_null: bool

    @property
    def name(self) -> str:
        """Of the column."""
        return self.column.name

    def renamed(self, name: str) -> Field:
        """Give it another name, which no file spells otherwise."""
        if name == self.name:
            return self
        renamed = dataclasses.replace(self.column, name=name, ttype=name)
        return dataclasses.replace(self, column=renamed)

    def described_by(self, column: Column) -> Field:
        """Take name, unit and texts of another column; what follows from the values stays."""
        own = column_of(column.name, self.values, column.unit)
        kept = dataclasses.replace(
            column, format=own.format, dtype=own.dtype, shape=own.shape, dim=own.dim
        )
        return dataclasses.replace(self, column=kept)

    def take(self, rows: torch.Tensor) -> Field:
        """Rows at positions of ``int64``, all of which exist."""
        mask = None if self.mask is None else take(self.mask, rows)
        return dataclasses.replace(self, values=take(self.values, rows), mask=mask)

    def take_or_null(self, rows: torch.Tensor) -> Field:
        """Rows at positions of ``int64``; -1 gives a null, of a `Ragged` no elements.

        Beneath the null lies NaN, zero, False, or a text without characters.
        """
        rows = rows.to(self.values.device)
        missing = gaps(rows)
        can_be_null = self.can_be_null or not isinstance(self.values, Ragged)
        values = take(self.values, rows)
        mask = None if self.mask is None else take(self.mask, rows, gap=1.0)
        if mask is None and missing is not None and not isinstance(values, Ragged):
            axes = [1] * (len(values.shape) - 1)
            mask = missing.view(-1, *axes).expand(values.shape).contiguous()
        return Field(self.column, values, mask, can_be_null)


def fields_of(table: Table) -> list[Field]:
    """List the columns of a table."""
    columns, can_be_null = table._describe()
    return [
        Field(column, table._values(i), table._masks[i], can_be_null[i])
        for i, column in enumerate(columns)
    ]


def table_of(kind: type[Table], fields: Iterable[Field]) -> Table:
    """Make a table of columns of equal length and different names."""
    fields = list(fields)
    table = kind._from_core(
        [field.name for field in fields],
        [field.values for field in fields],
        [field.mask for field in fields],
        [],
        None,
    )
    table._columns = [field.column for field in fields]
    table._can_be_null = [field.can_be_null for field in fields]
    return table


def take(values: Any, rows: torch.Tensor, gap: float | None = None) -> Any:
    """Rows of a tensor, `Strings` or `Ragged` at positions of ``int64``.

    A position of -1 gives `gap`, which is NaN of floats and else zero by default; and an empty text
    or cell.
    """
    rows = rows.to(values.device)
    if isinstance(values, Strings) and values.offsets is None:
        return Strings(take(values.bytes, rows))
    if isinstance(values, (Strings, Ragged)):
        return _take_cells(values, rows)
    return take_rows(values, rows, gap)


def _take_cells(values: Strings | Ragged, rows: torch.Tensor) -> Any:
    import torch

    offsets: Any = values.offsets
    missing = gaps(rows)
    if missing is not None:
        # One more cell, behind the others and empty, is what the gaps get.
        offsets = torch.cat([offsets, offsets[-1:]])
        rows = torch.where(missing, len(offsets) - 2, rows)
    flat = values.values if isinstance(values, Ragged) else values.bytes
    return type(values)._of(flat, offsets)._take(rows)
