# SPDX-License-Identifier: BSD-3-Clause
"""Rows of equal keys, and what is said of each group."""

from __future__ import annotations

import dataclasses
import difflib
from typing import TYPE_CHECKING, Any

from . import _core
from ._column import column_of
from ._fields import Field, fields_of, table_of
from ._keys import Key, all_keys, columns_of, elements_of, keys_of, presence_key
from ._ragged import Ragged
from ._rows import signed_dtype, viewed
from ._runtime import settle_threads
from ._strings import Strings

if TYPE_CHECKING:
    import torch

    from ._table import Table

_PICKS = ("min", "max", "first", "last")
_FLOATS = ("mean", "std", "var", "median")
_COUNTS = ("count", "nunique")
_TESTS = ("any", "all")
FUNCTIONS = ("count", "sum", *_FLOATS, *_PICKS, "nunique", *_TESTS)


class GroupBy:
    """The rows of a table by their keys; `Table.group_by` makes it.

    Groups stand in the order of their keys; NaN is a key of its own behind all numbers, null one
    behind NaN. ``len(groups)`` is their number.
    """

    def __init__(self, table: Table, names: list[str]) -> None:
        self._table = table
        self._fields = fields_of(table)
        self._keys = [self._fields[table._position(name)] for name in names]
        settle_threads()
        keys = all_keys(self._keys)
        self._core: Any = _core.Groups(columns_of(keys))

    def __len__(self) -> int:
        return len(self._core)

    def __repr__(self) -> str:
        names = ", ".join(field.name for field in self._keys)
        return f"GroupBy({names}: {len(self)} groups of {len(self._table)} rows)"

    @property
    def ids(self) -> torch.Tensor:
        """The group of each row, ``int64 [N]``: an index for torch's scatter operations."""
        ids: torch.Tensor = self._core.of_row()
        return ids.to(self._device)

    @property
    def _device(self) -> torch.device:
        device: torch.device = self._keys[0].values.device
        return device

    def agg(self, /, **wanted: Any) -> Table:
        """Make a table of one row a group: its keys, and what is asked for.

        Parameters
        ----------
        **wanted : tuple or str
            Name of a new column to ``(column, function)``, or to ``"count"``, the rows of each
            group. Functions: ``count`` (values), ``sum``, ``mean``, ``std`` and ``var`` (which
            divide by n - 1), ``median``, ``min``, ``max``, ``first``, ``last``, ``nunique``,
            ``any``, ``all``.

        Returns
        -------
        Table
            Nulls and NaN do not count. ``min``, ``max``, ``first`` and ``last`` keep the dtype and
            are null where a group has no value; ``sum`` of integers is ``int64`` (``uint64`` of
            that), of floats their dtype; ``mean``, ``std``, ``var`` and ``median`` have the dtype
            of floats, ``float64`` for the others, and are NaN where there is no value (two, of
            ``std`` and ``var``). Cells of several elements are taken element by element.

        Raises
        ------
        ValueError
            For an unknown function, a name that the keys have already, or a sum that 64 bits do
            not hold.
        TypeError
            If a function does not work on the column.
        ColumnNotFoundError
            For an unknown column.

        Examples
        --------
        >>> import torch
        >>> t = Table({"K": torch.tensor([2, 1, 2]), "X": torch.tensor([1.0, 2.0, 4.0])})
        >>> t.group_by("K").agg(N="count", MEAN=("X", "mean"))["MEAN"].tolist()
        [2.0, 2.5]
        """
        settle_threads()
        first: torch.Tensor = self._core.first_rows()
        fields = [field.take(first) for field in self._keys]
        taken = {field.name.casefold(): field.name for field in fields}
        for name, asked in wanted.items():
            if not name:
                raise ValueError("the name of a column is not empty; give the result a name")
            if (other := taken.setdefault(name.casefold(), name)) != name or any(
                field.name == name for field in fields
            ):
                raise ValueError(f"{name!r} is taken by {other!r}; give the result another name")
            fields.append(self._aggregate(name, asked))
        return table_of(type(self._table), fields)

    def _aggregate(self, name: str, asked: Any) -> Field:
        if isinstance(asked, str) and asked == "count":
            return _plain(name, self._core.row_counts().to(self._device))
        pair = isinstance(asked, (list, tuple)) and len(asked) == 2
        if not pair or not all(isinstance(part, str) for part in asked):
            raise TypeError(
                f"{name}={asked!r}: pass (column, function), such as ('MAG', 'mean'), or 'count'"
            )
        column, function = asked
        if function not in FUNCTIONS:
            near = difflib.get_close_matches(function, FUNCTIONS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{name}: {function!r} is none of {', '.join(FUNCTIONS)}{hint}")
        field = self._fields[self._table._position(column)]
        try:
            result = Aggregate(self._core, field, function).field()
        except (ValueError, TypeError) as error:
            raise type(error)(f"{name}, {function} of column {field.name!r}: {error}") from None
        return result.renamed(name)


@dataclasses.dataclass(frozen=True)
class Aggregate:
    """One function of one column, in each group."""

    groups: Any
    source: Field
    function: str

    def field(self) -> Field:
        """The results as a column."""
        self._check()
        if isinstance(self.source.values, Strings):
            return self._of_text()
        if self.function in _PICKS:
            return self._picked()
        return _plain(self.source.name, self._numbers(), self._unit())

    def _check(self) -> None:
        values, function = self.source.values, self.function
        if isinstance(values, Ragged):
            raise TypeError("cells of variable length have no statistics here; use .to_padded()")
        if isinstance(values, Strings):
            if function not in (*_PICKS, *_COUNTS):
                raise TypeError("text has count, nunique, min, max, first and last only")
            if len(values.shape) > 1:
                raise TypeError("arrays of text have no statistics; take one element of the cells")
        elif values.is_complex() and function not in ("count", "first", "last"):
            raise TypeError("complex numbers have count, first and last only; use .real or .abs()")

    def _unit(self) -> str | None:
        """Give the unit of the results, which is squared for variances."""
        unit = self.source.column.unit
        if self.function in (*_COUNTS, *_TESTS) or not unit:
            return None
        if self.function != "var":
            return unit
        return f"{unit}**2" if unit.isalnum() else f"({unit})**2"

    def _of_text(self) -> Field:
        (key,) = keys_of(self.source)
        if self.function == "count":
            return _plain(self.source.name, self._on_device(self.groups.counts(key.column)))
        if self.function == "nunique":
            return _plain(
                self.source.name, self._on_device(self.groups.distinct_counts(key.column))
            )
        rows = self.groups.picked_rows(key.column, self.function)
        return self.source.take_or_null(self._on_device(rows))

    def _picked(self) -> Field:
        """Rows of the smallest, first, ... values, of which each element has its own."""
        import torch

        shape = self.source.values.shape[1:]
        values, masks = self._elements()
        keys = self._keys()
        if not keys:
            return self.source.take(self.groups.first_rows())
        picked = []
        for value, mask, key in zip(values, masks, keys, strict=True):
            rows = self._on_device(self.groups.picked_rows(key.column, self.function))
            element = Field(self.source.column, value, mask, self.source.can_be_null)
            picked.append(element.take_or_null(rows))
        if not shape:
            return picked[0]
        count = len(self.groups)
        signed = [_signed(field.values) for field in picked]
        together = viewed(torch.stack(signed, 1), self.source.values.dtype).reshape(count, *shape)
        nulls = [_mask_of(field) for field in picked]
        mask = torch.stack(nulls, 1).reshape(count, *shape)
        return Field(self.source.column, together, mask, True)

    def _elements(self) -> tuple[Any, Any]:
        """Columns of single values, and their masks."""
        parts = elements_of(self.source.values)
        mask = self.source.mask
        return parts, [None] * len(parts) if mask is None else elements_of(mask)

    def _keys(self) -> list[Key]:
        values, masks = self._elements()
        if self.source.values.is_complex():
            return [presence_key(part, mask) for part, mask in zip(values, masks, strict=True)]
        return [
            keys_of(Field(self.source.column, part, mask, False))[0]
            for part, mask in zip(values, masks, strict=True)
        ]

    def _numbers(self) -> torch.Tensor:
        """Results that are numbers of their own, shaped as cells."""
        import torch

        source = self.source.values
        results = [self._one(key) for key in self._keys()]
        shape = (len(self.groups), *source.shape[1:])
        if not results:  # cells without elements: the dtype is that of others
            scalar = Field(self.source.column, source.new_zeros(len(source)), None, False)
            return Aggregate(self.groups, scalar, self.function)._numbers().new_zeros(shape)
        dtype = results[0].dtype
        stacked = torch.stack([_signed(result) for result in results], 1).view(dtype)
        if source.is_floating_point() and dtype == torch.float64:
            stacked = stacked.to(source.dtype)
        return self._on_device(stacked.reshape(shape))

    def _one(self, key: Key) -> torch.Tensor:
        groups, function, column = self.groups, self.function, key.column
        result: torch.Tensor
        if function in _TESTS:
            result = groups.tests(column, function == "all")
        elif function == "count":
            result = groups.counts(column)
        elif function == "nunique":
            result = groups.distinct_counts(column)
        elif function == "sum" and key.kind != "floats":
            result = groups.whole_sums(column)
        elif function == "std":
            result = groups.float_results(column, "var").sqrt()
        else:
            result = groups.float_results(column, function)
        return result

    def _on_device(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to(self.source.values.device)


def _plain(name: str, values: torch.Tensor, unit: str | None = None) -> Field:
    return Field(column_of(name, values, unit), values, None, False)


def _signed(values: torch.Tensor) -> torch.Tensor:
    return viewed(values, signed_dtype(values.dtype))


def _mask_of(field: Field) -> torch.Tensor:
    import torch

    mask: torch.Tensor | None = field.mask
    return torch.zeros(field.values.shape, dtype=torch.bool) if mask is None else mask
