# SPDX-License-Identifier: BSD-3-Clause
"""Tables sorted, joined, grouped and summed up: the methods of `Table` that do it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, cast

from ._fields import fields_of, table_of
from ._groups import GroupBy
from ._join import joined
from ._order import distinct_rows, sorted_rows
from ._summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ._fields import Field
    from ._table import Table


class Relations:
    """What tables do with their rows; it needs `fields_of` and the positions of names."""

    __slots__ = ()

    def sort_by(
        self, names: str | Sequence[str], descending: bool | Sequence[bool] = False
    ) -> Table:
        """Sort the rows by one or several columns.

        Parameters
        ----------
        names : str or list of str
            The first one decides; others where it is equal. Cells of several elements compare
            element by element, text by its bytes.
        descending : bool or list of bool
            For all columns, or for each.

        Returns
        -------
        Table
            A copy. Rows that compare equal stay in their order; NaN stands behind all numbers and
            nulls stand last, also where a column descends.

        Raises
        ------
        ColumnNotFoundError
            For an unknown column.
        TypeError
            For a column of complex numbers or of variable length.
        """
        fields = fields_of(self._table())
        keys = self._named(names, "sort_by")
        falling = _flags(descending, len(keys))
        return table_of(type(self._table()), _taken(fields, sorted_rows(keys, falling)))

    def join(
        self,
        other: Table,
        on: str | Sequence[str] | Mapping[str, str],
        how: str = "inner",
        *,
        suffixes: tuple[str, str] = ("", "_2"),
    ) -> Table:
        """Put rows of two tables side by side where their keys are equal.

        Parameters
        ----------
        other : Table
            The right table, on the same device.
        on : str, list of str, or dict
            Columns that both tables have, or left names to right names. Integers of any width and
            sign compare exactly; so do floats, and text without trailing blanks. Nulls and NaN
            match nothing.
        how : str
            ``"inner"``: pairs of rows; ``"left"``: also the left rows without a partner;
            ``"right"``: the right ones; ``"outer"``: both; ``"semi"``: left rows that have a
            partner, once; ``"anti"``: those that have none.
        suffixes : tuple of str
            Added to the names of left and right columns that both tables have and that are no
            shared key.

        Returns
        -------
        Table
            A copy: the columns of the left table, then those of the right one without the shared
            keys. Rows are in the order of the left table, partners in the order of the right one;
            of ``"right"`` the other way round; of ``"outer"`` sorted by the keys. Where a row has
            no partner the other columns are null: masked, with NaN, 0, False or an empty text
            beneath; a `Ragged` has an empty cell, which no mask tells from others.

        Raises
        ------
        ColumnNotFoundError
            For an unknown column.
        TypeError
            If keys do not compare, such as text with numbers.
        ValueError
            For an unknown `how`, tables on two devices, or names that still meet.
        """
        given: object = other
        if not isinstance(given, Relations):
            raise TypeError(f"join takes a Table, not {type(other).__name__}; make one: Table(...)")
        return joined(self._table(), other, on, how, suffixes)

    def group_by(self, names: str | Sequence[str]) -> GroupBy:
        """Group the rows by the values of one or several columns.

        Returns
        -------
        GroupBy
            Groups in the order of their keys, of which ``.agg(N="count", M=("MAG", "mean"))`` makes
            a table, and ``.ids`` numbers the rows.

        Raises
        ------
        ColumnNotFoundError
            For an unknown column.
        TypeError
            For a column of complex numbers or of variable length.
        """
        keys = self._named(names, "group_by")
        return GroupBy(self._table(), [key.name for key in keys])

    def unique(self, names: str | Sequence[str] | None = None) -> Table:
        """Keep the first row of each different key, in the order of the rows.

        Parameters
        ----------
        names : str or list of str, optional
            The columns that make the key; all of them by default. All nulls are one value here,
            and so are all NaNs.

        Returns
        -------
        Table
            All columns of those rows: a copy.

        Raises
        ------
        ColumnNotFoundError
            For an unknown column.
        TypeError
            If one of the columns is complex or of variable length: name others.
        """
        fields = fields_of(self._table())
        keys = fields if names is None else self._named(names, "unique")
        if not keys:
            return self._table()
        return table_of(type(self._table()), _taken(fields, distinct_rows(keys)))

    def describe(self) -> Summary:
        """Sum up each column: count, nulls, min, max, mean, std, over all elements of its cells.

        Returns
        -------
        Summary
            Prints as a table; ``t.describe()["MAG"]["mean"]`` is a number. NaN counts as a null.
        """
        return Summary(self._table())

    def head(self, n: int = 5) -> Table:
        """First rows, which share memory with the table; all but the last for ``n < 0``."""
        head: Table = self._table()[: _row_count(n, "head")]
        return head

    def tail(self, n: int = 5) -> Table:
        """Last rows, which share memory with the table; all but the first for ``n < 0``."""
        table, n = self._table(), _row_count(n, "tail")
        tail: Table = table[max(len(table) - n, 0) if n >= 0 else -n :]
        return tail

    def _table(self) -> Table:
        return cast("Table", self)

    def _named(self, names: Any, method: str) -> list[Field]:
        """Give the columns of one or several names, each once."""
        given = [names] if isinstance(names, str) else names
        if not isinstance(given, (list, tuple)):
            raise TypeError(f"{method} takes a name or a list of names, not {names!r}")
        if not given:
            raise ValueError(f"{method} takes one column at least")
        table = self._table()
        positions = [table._position(name) for name in given]
        if len(set(positions)) != len(positions):
            raise ValueError(f"{method} names a column twice: {list(given)}")
        fields = fields_of(table)
        return [fields[position] for position in positions]


def _row_count(n: Any, method: str) -> int:
    try:
        return operator.index(n)
    except TypeError:
        raise TypeError(f"{method} takes a number of rows, such as 5, not {n!r}") from None


def _flags(descending: Any, count: int) -> list[bool]:
    if isinstance(descending, bool):
        return [descending] * count
    flags = list(descending) if isinstance(descending, (list, tuple)) else []
    if len(flags) != count or not all(isinstance(flag, bool) for flag in flags):
        raise ValueError(
            f"descending= takes a bool, or a list of {count} (one for each column), not "
            f"{descending!r}"
        )
    return flags


def _taken(fields: list[Field], rows: Any) -> list[Field]:
    return [field.take(rows) for field in fields]
