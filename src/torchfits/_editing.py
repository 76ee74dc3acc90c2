# SPDX-License-Identifier: BSD-3-Clause
"""The methods of an HDU that change its data: sections, cells, rows and columns."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import _core
from ._assigned_values import cells_of, new_rows_of, pixels_of, row_of, stretched
from ._column import Column, ColumnList, columns_called, not_found
from ._dtypes import dtype_name
from ._errors import ColumnNotFoundError, UnsupportedError
from ._fields import fields_of, table_of
from ._rows import is_from_where, normal_rows, single_row
from ._runtime import settle_threads
from ._table import Table
from ._table_storage import as_table, check_name, core_table, is_table

if TYPE_CHECKING:
    import torch

    from ._access import UpdateAccess
    from ._fits import FITS
    from ._header import Header

_TABLES = ("table", "ascii_table", "random_groups")
_FORMS = (
    "a table takes hdu['A'] = values, hdu['A', rows] = values, hdu[rows] = table, or "
    "hdu[5] = {'A': cell, ...}"
)


class Editable:
    """What an `HDU` can do in the modes that write.

    Each change takes effect at once, and whole. Values are stored as the HDU stores them: what does
    not fit is an error, with the place, before anything is written.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        index: int
        _fits: FITS

        @property
        def kind(self) -> str: ...
        @property
        def shape(self) -> tuple[int, ...]: ...
        @property
        def columns(self) -> ColumnList: ...
        @property
        def header(self) -> Header: ...
        def _label(self) -> str: ...

    def __setitem__(self, key: Any, value: Any) -> None:
        """Change a section of an image, or cells of a table.

        ``hdu[10:20, 5:9] = tensor`` takes the indices that reading takes, and values that numpy's
        rules stretch to the section; they are physical values, a scaled image stores the nearest
        number, and NaN as BLANK. ``hdu["FLUX"] = values``, ``hdu["FLUX", 10:20] = values``,
        ``hdu[10:20] = table``, ``hdu[mask] = {"FLUX": 0.0}`` and ``hdu[5] = {"FLUX": 1.5}`` change
        the named columns of the rows; a number, a text or ``None`` (null) stands for all of them.

        Raises
        ------
        ValueError
            For values that the HDU cannot store.
        UnsupportedError
            For compressed images, ASCII tables, compressed tables and random groups.
        """
        access = self._changing()
        if key is None:
            raise TypeError("hdu[None] is no selection; hdu[...] is the whole image")
        if self.kind not in _TABLES:
            self._write_section(access, key, value)
            return
        names, rows = _names_and_rows(key)
        count = self.shape[0]
        if (row := None if rows is None else single_row(rows)) is not None:
            if not -count <= row < count:
                raise IndexError(f"row {row} is outside of {count} rows")
            start = row + count if row < 0 else row
            place: Any = slice(start, start + 1)
        else:
            place = slice(0, count, 1) if rows is None else normal_rows(rows, count)
        wanted = _selected(place, count)
        table, alone = self._cells(names, value, None if row is not None else wanted)
        self._write_cells(access, place, table, alone=alone)

    def append_rows(self, rows: Any) -> None:
        """Add rows at the end of a table.

        Parameters
        ----------
        rows : Table, mapping or numpy.ndarray
            Every column of the table, found by its name, in any order. A mapping to single values
            is one row.

        Raises
        ------
        ValueError
            If columns are missing, or values do not fit the column; a text that is longer than its
            column is wide is not cut.
        ColumnNotFoundError
            If there are others.
        """
        access = self._changing()
        self._insert(access, self._row_count(), rows)

    def insert_rows(self, at: int, rows: Any) -> None:
        """Add rows before a row of a table.

        Parameters
        ----------
        at : int
            The row that comes behind the new ones; ``len(hdu)`` for none, negative: counted from
            the end.
        rows : Table, mapping or numpy.ndarray
            As in `append_rows`.
        """
        access = self._changing()
        count = self._row_count()
        place = operator.index(at)
        if not -count <= place <= count:
            raise IndexError(f"row {place} is outside of {count} rows")
        self._insert(access, place + count if place < 0 else place, rows)

    def delete_rows(self, rows: Any) -> None:
        """Take rows out of a table.

        Parameters
        ----------
        rows : int, slice, list, numpy.ndarray or torch.Tensor
            Positions, or a bool mask of all rows.
        """
        import torch

        access = self._changing()
        count = self._row_count()
        row = single_row(rows)
        gone = normal_rows([row] if row is not None else rows, count)
        if not isinstance(gone, slice):
            gone = torch.unique(gone).contiguous()
        self._change(access, lambda core: _core.delete_rows(core, self.index, gone))

    def add_column(
        self,
        name: str,
        values: Any,
        *,
        unit: str | None = None,
        before: str | int | None = None,
        null: int | None = None,
        display: str | None = None,
        ucd: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Add a column to a table.

        Parameters
        ----------
        name : str
            No other column has it, in any case.
        values : torch.Tensor, Strings, Ragged, numpy.ndarray, list, number or str
            One for each row, or one for all.
        unit, display, ucd, comment : str, optional
            TUNIT, TDISP, TUCD, and the comment of TTYPE.
        before : str or int, optional
            The column that comes behind the new one; by default it is the last.
        null : int, optional
            TNULL, a stored integer, if no value takes it.

        Raises
        ------
        ValueError
            If there is such a column, or values or words are none that the table can hold.
        TypeError
            For words that are no text, or a `null` that is no integer.
        """
        access = self._changing()
        rows = self._row_count()
        check_name(name)
        words: dict[str, Any] = {"unit": unit, "display": display, "ucd": ucd, "comment": comment}
        _check_words(name, words)
        at = self._place_before(name, before)
        if self.columns or rows:
            guess = Column(name, dtype=_dtype_of_all(values))
            table = stretched({name: values}, [guess] if guess.dtype else [], rows)
        else:
            table = as_table({name: values})
        [field] = fields_of(table)
        words["null"] = None if null is None else _checked_null(name, null, field.column.dtype)
        column = dataclasses.replace(
            field.column, **{word: text for word, text in words.items() if text is not None}
        )
        field = dataclasses.replace(
            field, column=column, can_be_null=field.can_be_null or null is not None
        )
        kept, columns = core_table(table_of(Table, [field]))
        self._change(access, lambda core: _core.add_column(core, self.index, at, columns))
        del kept

    def delete_column(self, name: str) -> None:
        """Take a column out of a table, with its cards in the header."""
        access = self._changing()
        self._row_count()
        check_name(name)
        self._change(access, lambda core: _core.delete_column(core, self.index, name))

    def rename_column(self, old: str, new: str) -> None:
        """Give a column another name; its values are not touched.

        Raises
        ------
        ColumnNotFoundError
            If there is no column `old`.
        ValueError
            If another column is called `new`, or no header can hold that.
        """
        access = self._changing()
        self._row_count()
        if self.kind == "random_groups":
            raise UnsupportedError(
                f"{self._label()}: parameters of random groups get their names from PTYPEn in the "
                "header; change that"
            )
        check_name(old)
        check_name(new)
        position = self._position(old)
        for i, column in enumerate(self.columns):
            if i != position and column.name.upper() == new.upper():
                raise ValueError(f"there is a column {column.name!r} already; take another name")
        if not new or not new.isascii() or not new.isprintable() or new != new.strip():
            raise ValueError(f"{new!r}: a name is printable ASCII without blanks at its ends")
        self.header[f"TTYPE{position + 1}"] = new
        access.flush()

    def _changing(self) -> UpdateAccess:
        """Where changes go; edits of headers are in the file when they begin."""
        access = self._fits._opened().updating()
        access.flush()
        return access

    def _change(self, access: UpdateAccess, work: Callable[[_core.Updater], None]) -> None:
        settle_threads()
        access.change(work, self.index)

    def _row_count(self) -> int:
        if self.kind not in _TABLES:
            raise TypeError(f"{self._label()} is of kind '{self.kind}' and has no rows and columns")
        return self.shape[0]

    def _position(self, name: str) -> int:
        names = [column.name for column in self.columns]
        found = columns_called(name, self.columns)
        if len(found) == 1:
            return found[0]
        if found:
            raise ColumnNotFoundError(f"{self._label()}: {not_found(name, names, found)}")
        raise ColumnNotFoundError(
            f"{self._label()}: no column {name!r}; the table has {', '.join(names[:40])}"
        )

    def _place_before(self, name: str, before: Any) -> int:
        """Where a new column stands."""
        count = len(self.columns)
        if before is None:
            return count
        if isinstance(before, str):
            return self._position(before)
        if isinstance(before, bool) or not hasattr(before, "__index__"):
            raise TypeError(f"column {name!r}: before= takes a name or a position, not {before!r}")
        place = operator.index(before)
        if not -count <= place < count:
            raise IndexError(
                f"column {name!r}: before={place}, and the table has {count} columns; without "
                "before= the new one is the last"
            )
        return place % count

    def _known(self, name: str) -> int:
        """Where a column that is assigned to stands."""
        try:
            return self._position(name)
        except ColumnNotFoundError as error:
            if columns_called(name, self.columns):
                raise
            raise ColumnNotFoundError(
                f"{error.args[0]}; hdu.add_column({name!r}, values) adds one"
            ) from None

    def _write_section(self, access: UpdateAccess, key: Any, value: Any) -> None:
        if self.kind == "compressed_image":
            raise UnsupportedError(
                f"{self._label()}: the tiles of a compressed image are not changed in place; read "
                f"it, change the tensor, and replace the HDU: f.replace({self.index}, tensor, "
                "compress=True)"
            )
        tensor, alone = pixels_of(value, _core.section_shape(self.shape, key))
        dtype = dtype_name(tensor.dtype)
        values = (tensor.data_ptr(), dtype, tensor.numel(), alone)
        self._change(access, lambda core: _core.write_section(core, self.index, key, values))

    def _cells(self, names: list[str] | None, value: Any, rows: int | None) -> tuple[Table, bool]:
        """What is assigned to rows (``None``: a single one), and whether one row stands for all."""
        if names is not None and len(names) == 1 and not is_table(value):
            name = self.columns[self._known(names[0])].name
            return self._made({name: value}, rows)
        if not is_table(value):
            raise TypeError(f"{_FORMS}; the value is {type(value).__name__}")
        for name in value if isinstance(value, Mapping) else ():
            self._known(name)
        table, alone = self._made(value, rows)
        if names is not None and {n.upper() for n in names} != {n.upper() for n in table.names}:
            raise ValueError(
                f"the table has the columns {', '.join(table.names)}, and {', '.join(names)} are "
                "assigned to"
            )
        return table, alone

    def _made(self, value: Any, rows: int | None) -> tuple[Table, bool]:
        if rows is None:
            return row_of(value, self.columns), False
        return cells_of(value, self.columns, rows)

    def _write_cells(
        self, access: UpdateAccess, rows: slice | torch.Tensor, table: Table, *, alone: bool
    ) -> None:
        count = _selected(rows, self.shape[0])
        if not alone and len(table) != count:
            raise ValueError(f"the values have {len(table)} rows, and {count} are selected")
        if count == 0 or not table.names:
            return
        if not isinstance(rows, slice):
            order = _last_of_each(rows)
            if order is not None:
                rows, table = rows[order], table if alone else table[order]
            rows = rows.contiguous()
        kept, columns = core_table(table)
        place = rows
        self._change(
            access, lambda core: _core.write_cells(core, self.index, place, columns, alone)
        )
        del kept

    def _insert(self, access: UpdateAccess, at: int, rows: Any) -> None:
        kept, columns = core_table(new_rows_of(rows, self.columns))
        self._change(access, lambda core: _core.insert_rows(core, self.index, at, columns))
        del kept


def _check_words(name: str, words: Mapping[str, Any]) -> None:
    for word, text in words.items():
        if text is not None and not isinstance(text, str):
            raise TypeError(
                f"column {name!r}: {word}= takes text, not {text!r:.60}; pass str({word})"
            )


def _checked_null(name: str, null: Any, dtype: torch.dtype | None) -> int:
    """TNULL, which is a stored integer."""
    import torch

    if isinstance(null, bool) or not hasattr(null, "__index__"):
        raise TypeError(f"column {name!r}: null= takes an integer, not {null!r:.60}")
    number = operator.index(null)
    if dtype is None or dtype == torch.bool or dtype.is_floating_point or dtype.is_complex:
        kind = "text" if dtype is None else dtype_name(dtype)
        raise ValueError(
            f"column {name!r}: null={number} is for integers, and the values are {kind}; their "
            "null is NaN of floats, an empty text, or a mask of bools"
        )
    bits = 8 * dtype.itemsize
    least, most = (0, 255) if bits == 8 else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    if not least <= number <= most:
        raise ValueError(
            f"column {name!r}: null={number} is no stored integer of {dtype_name(dtype)}: those "
            f"are {least} to {most}"
        )
    return number


def _dtype_of_all(values: Any) -> torch.dtype | None:
    """The dtype of a number that stands for all rows; ``None`` for anything else."""
    import torch

    if isinstance(values, bool):
        return torch.bool
    if isinstance(values, int):
        return torch.int64
    if isinstance(values, float):
        return torch.float64
    alone = isinstance(values, torch.Tensor) and values.ndim == 0
    return values.dtype if alone else None


def _names_and_rows(key: Any) -> tuple[list[str] | None, Any]:
    """What is on the left: names (``None`` for those of the value), and rows (``None`` for all)."""
    if isinstance(key, str):
        return [key], None
    if isinstance(key, (list, tuple)) and key and all(isinstance(name, str) for name in key):
        return list(key), None
    if isinstance(key, tuple) and not is_from_where(key):
        if len(key) != 2 or not isinstance(key[0], (str, list, tuple)):
            raise TypeError(_FORMS)
        names = [key[0]] if isinstance(key[0], str) else list(key[0])
        if not all(isinstance(name, str) for name in names):
            raise TypeError(_FORMS)
        return names, key[1]
    return None, key


def _selected(rows: slice | torch.Tensor, count: int) -> int:
    return len(range(*rows.indices(count))) if isinstance(rows, slice) else len(rows)


def _last_of_each(rows: torch.Tensor) -> torch.Tensor | None:
    """An order in which rows rise, of equal ones the last; ``None`` where they rise already."""
    import torch

    if bool((rows[1:] > rows[:-1]).all()):
        return None
    order = torch.argsort(rows, stable=True)
    kept = torch.ones(len(rows), dtype=torch.bool)
    kept[:-1] = rows[order][1:] != rows[order][:-1]
    return order[kept]
