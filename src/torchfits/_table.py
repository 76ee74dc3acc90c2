# SPDX-License-Identifier: BSD-3-Clause
"""Tables of tensors."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NoReturn

from ._changed_columns import ChangedColumns
from ._column import Column, ColumnList, column_of, position_called
from ._column_checks import as_values, check_columns, check_mapping, check_mask, with_unit
from ._errors import ColumnNotFoundError
from ._exchange import Exchange
from ._expression import Filtering
from ._ragged import Ragged
from ._relations import Relations
from ._rows import normal_rows, signed_dtype, single_row, take_rows, viewed
from ._strings import Strings
from ._table_html import table_html
from ._table_text import table_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import torch

__all__ = ["Table"]


class Table(Exchange, Filtering, Relations, ChangedColumns):
    """Columns of equal length: tensors, `Strings` for text, `Ragged` for cells of any length.

    ``t["X"]`` is a column, ``t["X", "Y"]`` or ``t[["X", "Y"]]`` a table of some, ``t[5]`` a row as
    a dict, and ``t[10:20]``, ``t[[2, 7]]``, ``t[mask]`` a table of some rows. Names are found
    exactly, then in any case. Slices share memory with the table; other selections of rows are
    copies.

    Parameters
    ----------
    columns : mapping or Table
        Name to tensor ``[N, ...]``, `Strings`, `Ragged`, or list of ``str``; or a `Table`, of
        which units, nulls and texts are kept.
    units : mapping, optional
        Name to unit.
    masks : mapping, optional
        Name to ``bool`` tensor of the column's shape, true where the value is null; of a `Ragged`
        column a `Ragged` of bools.

    Raises
    ------
    TypeError
        If columns, units or masks are no mapping, or of a kind that no table holds.
    ValueError
        If lengths or shapes disagree, or names differ in case only.
    """

    __slots__ = (
        "_can_be_null",
        "_columns",
        "_masks",
        "_names",
        "_positions",
        "_schema",
        "_tensors",
        "_text",
    )

    _names: list[str]
    _tensors: list[Any]  # text stays a bare tensor until somebody asks for it
    _masks: list[torch.Tensor | Ragged | None]
    _text: Sequence[int]  # positions of the text columns of one width
    _schema: Any  # describes the columns, once, when somebody asks
    _columns: list[Column] | None
    _can_be_null: list[bool] | None
    _positions: dict[str, int] | None

    def __init__(
        self,
        columns: Mapping[str, Any] | Table,
        *,
        units: Mapping[str, str] | None = None,
        masks: Mapping[str, torch.Tensor | Ragged] | None = None,
    ) -> None:
        for argument, given in (("columns", columns), ("units", units), ("masks", masks)):
            check_mapping(argument, given)
        self._names = list(columns)
        self._tensors = [as_values(name, values) for name, values in columns.items()]
        self._text = []
        self._schema = None
        self._positions = None
        check_columns(self._names, self._tensors)
        if isinstance(columns, Table):
            known, nullable = columns._describe()
            described, can_be_null = list(known), list(nullable)
            self._masks = list(columns._masks)
        else:
            named = zip(self._names, self._tensors, strict=True)
            described = [column_of(name, values, None) for name, values in named]
            can_be_null = [False] * len(self._names)
            self._masks = [None] * len(self._names)
        self._columns, self._can_be_null = described, can_be_null
        for name, unit in (units or {}).items():
            position = self._position(name)
            described[position] = with_unit(described[position], unit)
        for name, mask in (masks or {}).items():
            position = self._position(name)
            check_mask(name, mask, self._tensors[position])
            self._masks[position] = mask
            can_be_null[position] = True

    @classmethod
    def _from_core(
        cls,
        names: list[str],
        tensors: list[Any],
        masks: list[Any],
        text: Sequence[int],
        schema: Any,
        heap: Sequence[tuple[int, torch.Tensor, bool]] = (),
    ) -> Table:
        """Take over what the core read.

        `tensors` holds the bytes of the text columns at the positions `text`, and the offsets of
        the columns of variable length, of which `heap` has position, elements, and whether they
        are text.
        """
        table = cls.__new__(cls)
        table._names = names
        table._tensors = tensors
        table._masks = masks
        table._text = text
        table._schema = schema
        table._columns = table._can_be_null = table._positions = None
        for position, values, is_text in heap:
            offsets, mask = tensors[position], masks[position]
            tensors[position] = (Strings if is_text else Ragged)._of(values, offsets)
            masks[position] = None if mask is None else Ragged._of(mask, offsets)
        return table

    def _describe(self) -> tuple[list[Column], list[bool]]:
        if self._columns is None or self._can_be_null is None:
            described = self._schema.columns()
            self._columns = [Column._from_core(column) for column in described]
            self._can_be_null = [bool(column[-1]) for column in described]
            self._schema = None
        return self._columns, self._can_be_null

    def _values(self, position: int) -> torch.Tensor | Strings | Ragged:
        values: torch.Tensor | Strings | Ragged = self._tensors[position]
        if position in self._text and not isinstance(values, Strings):
            values = self._tensors[position] = Strings(values)  # type: ignore[arg-type]
        return values

    def _position(self, name: str) -> int:
        if self._positions is None:
            self._positions = {name: i for i, name in enumerate(self._names)}
        position = self._positions.get(name)
        if position is not None:
            return position
        given: object = name
        if not isinstance(given, str):
            raise TypeError(f"a column is found by its name, not by {name!r}")
        return position_called(name, self._describe()[0])

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self._names)

    @property
    def columns(self) -> ColumnList:
        """What is known of the columns: unit, format, ...; one by position or name."""
        return ColumnList(self._describe()[0])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (len(self), len(self._names))

    def __len__(self) -> int:
        return len(self._tensors[0]) if self._tensors else 0

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        try:
            self._position(name)
        except ColumnNotFoundError:
            return False
        return True

    def keys(self) -> list[str]:
        """Names of the columns, as `names`."""
        return list(self._names)

    def _ipython_key_completions_(self) -> list[str]:
        return self.names

    def values(self) -> list[torch.Tensor | Strings | Ragged]:
        """List the columns, in order."""
        return [self._values(i) for i in range(len(self._names))]

    def items(self) -> list[tuple[str, torch.Tensor | Strings | Ragged]]:
        """Names and columns."""
        return list(zip(self._names, self.values(), strict=True))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._values(self._position(key))
        if isinstance(key, (list, tuple)) and key and all(isinstance(name, str) for name in key):
            return self._select([self._position(name) for name in key])
        if (row := single_row(key)) is not None:
            return self._row(row)
        rows = normal_rows(key, len(self))
        return self._map(lambda values: _take(values, rows))

    def __setitem__(self, key: Any, values: Any) -> NoReturn:
        raise TypeError(
            "a Table takes no columns in place; make another one, t.with_columns({'X': values}), "
            "or change values in their tensor: t['X'][rows] = values"
        )

    def null_mask(self, name: str) -> torch.Tensor | Ragged | None:
        """Where a column is null.

        Returns
        -------
        torch.Tensor, Ragged or None
            ``bool``, of the shape of the column (of text: without the bytes), a `Ragged` for a
            `Ragged` column; ``None`` exactly where the column cannot declare a null. NaN is no
            null here.
        """
        position = self._position(name)
        mask = self._masks[position]
        if mask is None and self._describe()[1][position]:
            mask = self._masks[position] = _no_nulls(self._values(position))
        return mask

    def to(self, device: Any, non_blocking: bool = False) -> Table:
        """Move to a device; tensors that are there already are shared.

        Raises
        ------
        TypeError
            For a dtype: columns have their own.
        """
        _check_device(device)
        return self._map(lambda values: values.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Table:
        """Copy to page-locked memory, for asynchronous copies to a GPU."""
        return self._map(lambda values: values.pin_memory())

    def _map(self, change: Callable[[Any], Any]) -> Table:
        """Change every tensor, Strings and Ragged, and keep what is known of the columns."""
        tensors = [change(values) for values in self._tensors]
        masks = [None if mask is None else change(mask) for mask in self._masks]
        table = Table._from_core(self._names, tensors, masks, self._text, self._schema)
        table._columns, table._can_be_null = self._columns, self._can_be_null
        table._positions = self._positions
        return table

    def _select(self, positions: list[int]) -> Table:
        if len(set(positions)) != len(positions):
            names = [self._names[i] for i in positions]
            raise ValueError(f"a column is selected twice: {names}")
        columns, can_be_null = self._describe()
        table = Table._from_core(
            [self._names[i] for i in positions],
            [self._tensors[i] for i in positions],
            [self._masks[i] for i in positions],
            [new for new, old in enumerate(positions) if old in self._text],
            None,
        )
        table._columns = [columns[i] for i in positions]
        table._can_be_null = [can_be_null[i] for i in positions]
        return table

    def _row(self, index: int) -> dict[str, Any]:
        rows = len(self)
        if not -rows <= index < rows:
            raise IndexError(f"row {index} is outside of {rows} rows")
        return {name: self._cell(i, index) for i, name in enumerate(self._names)}

    def _cell(self, position: int, row: int) -> Any:
        """Read one cell: a Python scalar, ``None`` if null, or a tensor or `Strings` of many."""
        values, mask = self._values(position), self._masks[position]
        if isinstance(values, Ragged) or len(values.shape) > 1:
            return values[row]
        if mask is not None and bool(mask[row]):
            return None
        return values[row] if isinstance(values, Strings) else values[row].item()

    def _with_nulls(self, null: str) -> Table:
        """Make nulls NaN (``"nan"``; logicals and text keep masks) or forget them (``"raw"``)."""
        import torch

        columns, can_be_null = self._describe()
        table = Table._from_core(
            self._names, list(self._tensors), list(self._masks), self._text, None
        )
        table._columns, table._can_be_null = list(columns), list(can_be_null)
        for i, column in enumerate(columns):
            if not can_be_null[i] or (null == "nan" and column.dtype in (None, torch.bool)):
                continue
            if null == "nan":
                table._tensors[i] = _with_nan(self._tensors[i], self._masks[i])
                table._columns[i] = dataclasses.replace(column, dtype=torch.float64)
            table._masks[i] = None
            table._can_be_null[i] = False
        return table

    def __copy__(self) -> Table:
        return self._map(lambda values: values)

    def __reduce__(self) -> tuple[Any, ...]:
        columns, can_be_null = self._describe()
        tensors = [_alone(values) for values in self._tensors]
        # Unsigned integers travel as signed ones: torch does not pickle all of them.
        signed = [
            (values, None)
            if isinstance(values, (Strings, Ragged))
            else (viewed(values.detach(), signed_dtype(values.dtype)), values.dtype)
            for values in tensors
        ]
        masks = [_alone(mask) for mask in self._masks]
        return (_rebuilt, (columns, can_be_null, signed, masks, list(self._text)))

    def __repr__(self) -> str:
        return table_text(self)

    def _repr_html_(self) -> str:
        return table_html(self)


def _rebuilt(
    columns: list[Column],
    can_be_null: list[bool],
    signed: list[tuple[Any, torch.dtype | None]],
    masks: list[torch.Tensor | Ragged | None],
    text: list[int],
) -> Table:
    tensors = [values if dtype is None else viewed(values, dtype) for values, dtype in signed]
    table = Table._from_core([column.name for column in columns], tensors, masks, text, None)
    table._columns, table._can_be_null = columns, can_be_null
    return table


def _alone(values: Any) -> Any:
    """Copy what a slice shows of larger memory, all of which would be pickled."""
    if isinstance(values, Strings):
        return values._map(_alone)
    if values is None or isinstance(values, Ragged):  # which does so itself
        return values
    tensor: torch.Tensor = values
    return tensor.clone() if tensor.untyped_storage().nbytes() > tensor.nbytes else tensor


def _take(values: Any, rows: slice | torch.Tensor) -> Any:
    """Select rows of a column of any kind, or of its mask."""
    return values._take(rows) if isinstance(values, (Strings, Ragged)) else take_rows(values, rows)


def _no_nulls(values: Any) -> torch.Tensor | Ragged:
    """Make the mask of a column without nulls."""
    import torch

    if isinstance(values, Ragged):
        empty = torch.zeros(len(values.values), dtype=torch.bool, device=values.device)
        return Ragged._of(empty, values.offsets)
    return torch.zeros(values.shape, dtype=torch.bool, device=values.device)


def _with_nan(values: Any, mask: Any) -> torch.Tensor | Ragged:
    """Turn numbers into ``float64`` with NaN under the mask."""
    import torch

    if isinstance(values, Ragged):
        flat: Any = _with_nan(values.values, None if mask is None else mask.values)
        return Ragged._of(flat, values.offsets)
    floats: torch.Tensor = values.to(torch.float64)
    return floats if mask is None else floats.masked_fill(mask, torch.nan)


def _check_device(device: Any) -> None:
    import torch

    if isinstance(device, (torch.dtype, torch.Tensor)):
        raise TypeError(
            "to() moves a table to a device; for other dtypes convert the columns, such as "
            "t['X'].to(torch.float64), and make a table of them"
        )
