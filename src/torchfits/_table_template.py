# SPDX-License-Identifier: BSD-3-Clause
"""What the columns of a new table are to be, said without any rows."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from typing import Any

from ._column import Column, column_of
from ._fields import Field, fields_of, table_of
from ._ragged import Ragged
from ._strings import Strings
from ._table import Table
from ._table_storage import as_table

_WANTED = (
    "columns are a mapping of names to a dtype, (dtype, shape), (dtype, ...), (str, width) or "
    "(str, ...); a Table; or a list of Column"
)
_TEXT = re.compile(r"(\d*)A", re.IGNORECASE)
_HEAP = re.compile(r"\d*[PQ]", re.IGNORECASE)


def template_of(columns: Any) -> Table:
    """Make a table without rows of whatever describes its columns.

    Raises
    ------
    TypeError, ValueError
        For what describes no column.
    """
    if isinstance(columns, Table):
        fields = fields_of(columns[:0])
    elif isinstance(columns, Mapping):
        fields = [_field(name, given) for name, given in columns.items()]
    elif isinstance(columns, (list, tuple)) and all(isinstance(c, Column) for c in columns):
        fields = [_field_of(column.name, column) for column in columns]
    else:
        raise TypeError(f"{_WANTED}, not {type(columns).__name__}")
    if not fields:
        raise ValueError("a table has at least one column")
    Table({field.name: field.values for field in fields})  # refuses names that differ in case
    return table_of(Table, fields)


def _field(name: str, given: Any) -> Field:
    import torch

    if isinstance(given, Column):
        return _field_of(name, given)
    parts = given if isinstance(given, tuple) else (given,)
    kind = parts[0] if parts else None
    if kind is str and len(parts) == 1:
        raise TypeError(f"column {name!r}: text is (str, 16), of 16 characters, or (str, ...)")
    if kind is None or isinstance(given, str) or (isinstance(kind, type) and kind is not str):
        raise TypeError(f"column {name!r}: a dtype of torch is wanted, not {kind!r}; {_WANTED}")
    if kind is str or isinstance(kind, torch.dtype):
        values = _values(name, *parts)
        return Field(column_of(name, values, None), values, None, can_be_null=False)
    return fields_of(as_table({name: given})[:0])[0]


def _values(name: str, kind: Any, shape: Any = (), *more: Any) -> Any:
    """Build a column without rows."""
    import torch

    if more:
        raise TypeError(f"column {name!r}: {_WANTED}")
    dtype = torch.uint8 if kind is str else kind
    if shape is ...:
        offsets = torch.zeros(1, dtype=torch.int64)
        flat = torch.empty(0, dtype=dtype)
        return Strings(flat, offsets) if kind is str else Ragged(flat, offsets)
    lengths = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    lengths = tuple(operator.index(length) for length in lengths)
    if any(length < 0 for length in lengths):
        raise ValueError(f"column {name!r}: the shape of a cell is {lengths}")
    empty = torch.empty((0, *lengths), dtype=dtype)
    return Strings(empty) if kind is str else empty


def _field_of(name: str, column: Column) -> Field:
    values = _values(name, str if column.dtype is None else column.dtype, _shape(name, column))
    return Field(column, values, None, can_be_null=isinstance(column.null, int)).renamed(name)


def _shape(name: str, column: Column) -> Any:
    """The shape of a cell; of text with the width behind it."""
    if column.shape == (-1,) or _HEAP.match(column.format):
        return ...
    if column.dtype is not None:
        return column.shape
    text = _TEXT.fullmatch(column.format)
    if text is None:
        raise ValueError(f"column {name!r}: how wide is the text? Say it by format='16A'")
    characters = int(text[1] or 1)
    return (*column.shape, characters // max(1, math.prod(column.shape)))
