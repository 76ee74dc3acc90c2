# SPDX-License-Identifier: BSD-3-Clause
"""What a FITS file says about a column of a table, beside its values."""

from __future__ import annotations

import dataclasses
import difflib
import math
from typing import TYPE_CHECKING, Any

from . import _core
from ._dtypes import dtype_name
from ._errors import ColumnNotFoundError
from ._ragged import Ragged
from ._strings import Strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

__all__ = ["Column"]

_LISTED_NAMES = 20


@dataclasses.dataclass(frozen=True, repr=False)
class Column:
    """What is known of a column beside its values.

    ``name`` in its table, and ``ttype`` as the file spells it; ``format`` (TFORM), ``unit``
    (TUNIT), ``null`` (TNULL, a stored value), ``dim`` (TDIM), ``display`` (TDISP), ``ucd``
    (TUCD), and the ``comment`` of TTYPE; ``dtype`` (``None`` for text), and ``shape`` of one cell.
    """

    name: str
    """Unique in its table."""
    ttype: str = ""
    """The name as the file spells it; empty where it has none."""
    format: str = ""
    """TFORM, such as ``3E`` or ``16A``; of an ASCII table such as ``F8.3``."""
    unit: str | None = None
    """TUNIT."""
    null: int | str | None = None
    """TNULL, a stored value; of an ASCII table text."""
    dim: str | None = None
    """TDIM, in the order of the Standard (fastest axis first); cells of `Ragged` stay flat."""
    display: str | None = None
    """TDISP."""
    dtype: torch.dtype | None = None
    """Of the tensor, or of the elements of a `Ragged`; ``None`` for text."""
    shape: tuple[int, ...] = ()
    """Of one cell, in numpy order; of text without the bytes of a string; ``(-1,)`` of `Ragged`."""
    comment: str | None = None
    """The comment of TTYPE."""
    ucd: str | None = None
    """TUCD, the meaning in the vocabulary of the Virtual Observatory."""

    @classmethod
    def _from_core(cls, described: Sequence[Any]) -> Column:
        import torch

        name, ttype, form, unit, null, dim, display, comment, ucd, dtype, shape, _ = described
        return cls(
            name=name,
            ttype=ttype,
            format=form,
            unit=unit,
            null=null,
            dim=dim,
            display=display,
            dtype=None if dtype is None else getattr(torch, dtype),
            shape=tuple(shape),
            comment=comment,
            ucd=ucd,
        )

    def __repr__(self) -> str:
        parts = [f"{self.name!r}", self.format or "?"]
        if self.dtype is not None:
            parts.append(dtype_name(self.dtype))
        if self.shape:
            parts.append(f"shape={self.shape}")
        parts += [
            f"{field}={value!r}"
            for field in ("unit", "null", "display", "comment", "ucd")
            if (value := getattr(self, field)) is not None
        ]
        return f"Column({', '.join(parts)})"


def columns_called(name: str, columns: Sequence[Column]) -> list[int]:
    """Positions of the columns that a name means: several where it is ambiguous.

    It is the unique name, or TTYPE as the file spells it, or one of them in any case: the rule of
    ``find_column`` in core/file/table_reader.cpp, which reads files.
    """
    if not name:  # else it would be the TTYPE of a column without one
        return []
    for field in ("name", "ttype"):
        for i, column in enumerate(columns):
            if getattr(column, field) == name:
                return [i]
    folded = name.casefold()
    found: dict[str, int] = {}  # one for each spelling; of a repeated TTYPE the one of that name
    for i, column in enumerate(columns):
        spelling = column.ttype if column.ttype.casefold() == folded else column.name
        if spelling.casefold() == folded and (spelling not in found or column.name == spelling):
            found[spelling] = i
    return list(found.values())


def position_called(name: str, columns: Sequence[Column]) -> int:
    """Position of the one column that a name means, or `ColumnNotFoundError`."""
    found = columns_called(name, columns)
    if len(found) != 1:
        raise not_found(name, [column.name for column in columns], found)
    return found[0]


def not_found(name: str, names: list[str], found: list[int]) -> ColumnNotFoundError:
    """Say that a name is that of no column, or of which ones."""
    if found:
        candidates = " or ".join(repr(names[i]) for i in found)
        return ColumnNotFoundError(f"column {name!r} is ambiguous: spell {candidates} exactly")
    if not names:
        return ColumnNotFoundError(f"no column {name!r}: the table has no columns")
    by_fold = {other.casefold(): other for other in names}
    near = [by_fold[fold] for fold in difflib.get_close_matches(name.casefold(), by_fold)]
    if near:
        return ColumnNotFoundError(
            f"no column {name!r}; did you mean {' or '.join(map(repr, near))}?"
        )
    listed = names[:_LISTED_NAMES] + ["..."] * (len(names) > _LISTED_NAMES)
    return ColumnNotFoundError(f"no column {name!r}; the table has {', '.join(listed)}")


class ColumnList(list[Column]):
    """A list of `Column` that also takes names, as the table of the columns does."""

    @property
    def names(self) -> list[str]:
        """Names of the columns, in order."""
        return [column.name for column in self]

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        return super().__getitem__(position_called(key, self))

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str):
            return len(columns_called(key, self)) == 1
        return super().__contains__(key)


def column_of(name: str, values: torch.Tensor | Strings | Ragged, unit: str | None) -> Column:
    """Describe values that come from no file."""
    if isinstance(values, Ragged):
        return _column_of_cells(name, values.dtype, values.offsets, unit)
    if isinstance(values, Strings) and values.offsets is not None:
        return _column_of_cells(name, None, values.offsets, unit)
    shape = tuple(values.shape)[1:]
    if isinstance(values, Strings):
        code, dtype, sizes = "A", None, (values.width, *reversed(shape))
    else:
        code = _code(values.dtype)
        dtype, sizes = values.dtype, tuple(reversed(shape))
    repeat = math.prod(sizes)
    form = f"{repeat if repeat != 1 else ''}{code}" if code else ""
    dim = f"({','.join(map(str, sizes))})" if len(sizes) > 1 else None
    return Column(name=name, ttype=name, format=form, unit=unit, dim=dim, dtype=dtype, shape=shape)


def _column_of_cells(
    name: str, dtype: torch.dtype | None, offsets: torch.Tensor, unit: str | None
) -> Column:
    """Describe cells of variable length; text has no dtype."""
    code = "A" if dtype is None else _code(dtype)
    longest = int(offsets.diff().max()) if len(offsets) > 1 else 0
    shape = () if dtype is None else (-1,)
    form = f"P{code}({longest})" if code else ""
    return Column(name=name, ttype=name, format=form, unit=unit, dtype=dtype, shape=shape)


def _code(dtype: torch.dtype) -> str:
    """The letter of TFORM; none for a dtype that no table holds."""
    return _core.tform_code(dtype_name(dtype))
