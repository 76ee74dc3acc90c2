# SPDX-License-Identifier: BSD-3-Clause
"""Tables with columns added, replaced, renamed or left out: the methods of `Table` that make them.

What stays shares memory with the table, and keeps all that is known of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from ._column import columns_called, position_called
from ._column_checks import check_columns
from ._fields import fields_of, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from ._fields import Field
    from ._ragged import Ragged
    from ._table import Table


class ChangedColumns:
    """What tables do with their columns; it needs `fields_of` and the positions of names."""

    __slots__ = ()

    def with_columns(
        self,
        columns: Mapping[str, Any] | Table,
        /,
        *,
        units: Mapping[str, str] | None = None,
        masks: Mapping[str, torch.Tensor | Ragged] | None = None,
    ) -> Table:
        """Make a table with more columns, or with other values in some.

        Parameters
        ----------
        columns : mapping or Table
            As `Table` takes them. One that the table has is replaced where it stands, and keeps
            its name; others come last, in their order.
        units : mapping, optional
            Name to unit. A column that is replaced has none but this one.
        masks : mapping, optional
            Name to mask, as in `Table`. A column that is replaced has none but this one.

        Returns
        -------
        Table
            It shares the memory of the other columns, and keeps their units, nulls and texts.

        Raises
        ------
        TypeError
            For values of a kind that no table holds.
        ValueError
            If lengths or shapes disagree, or names differ in case only.

        Examples
        --------
        >>> import torch
        >>> t = Table({"X": torch.tensor([1.0, 2.0])}, units={"X": "m"})
        >>> t.with_columns({"KM": t["X"] / 1000}, units={"KM": "km"}).names
        ['X', 'KM']
        """
        table = self._itself()
        fields = fields_of(table)
        old = table.columns
        replaced: dict[int, str] = {}
        for field in fields_of(type(table)(columns)):
            place = _place_of(field.name, old)
            if place is None:
                fields.append(field)
                continue
            if place in replaced:
                raise ValueError(
                    f"{replaced[place]!r} and {field.name!r} are one column, {old[place].name!r}"
                )
            replaced[place] = field.name
            fields[place] = _in_place_of(old[place], field)
        return type(table)(table_of(type(table), fields), units=units, masks=masks)

    def rename(self, names: Mapping[str, str], /) -> Table:
        """Make a table of which some columns have other names.

        Parameters
        ----------
        names : mapping
            Old name to new name.

        Returns
        -------
        Table
            It shares the memory of all columns.

        Raises
        ------
        ColumnNotFoundError
            For an unknown column.
        ValueError
            If two columns would have one name, in any case.
        """
        given: object = names
        if not isinstance(given, Mapping):
            raise TypeError(
                f"rename takes a dict of old to new names, {{'X': 'Y'}}, not {type(names).__name__}"
            )
        table = self._itself()
        fields = fields_of(table)
        renamed: set[int] = set()
        for old, new in names.items():
            place = table._position(old)
            if place in renamed:
                raise ValueError(f"rename names the column {table.names[place]!r} twice")
            renamed.add(place)
            fields[place] = fields[place].renamed(new)
        made = [field.name for field in fields]
        check_columns(made, [field.values for field in fields])
        if len(set(made)) != len(made):
            twice = next(name for name in made if made.count(name) > 1)
            raise ValueError(f"two columns would be called {twice!r}; rename the other one, too")
        return table_of(type(table), fields)

    def drop(self, names: str | Sequence[str], /) -> Table:
        """Make a table without some columns, which shares the memory of the others.

        Raises
        ------
        ColumnNotFoundError
            For an unknown column.
        """
        table = self._itself()
        gone = {field.name for field in table._named(names, "drop")}
        return table._select([i for i, name in enumerate(table.names) if name not in gone])

    def _itself(self) -> Table:
        return cast("Table", self)


def _place_of(name: str, columns: Any) -> int | None:
    """Where the column stands that a new one replaces; ``None`` if there is none."""
    return position_called(name, columns) if columns_called(name, columns) else None


def _in_place_of(old: Any, field: Field) -> Field:
    """Give a new column the names of an old one, so that it is found as that was."""
    column = dataclasses.replace(field.column, name=old.name, ttype=old.ttype)
    return dataclasses.replace(field, column=column)
