# SPDX-License-Identifier: BSD-3-Clause
"""Values that a user assigns to a part of an HDU: as tensors of its shape, or as columns."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._column import columns_called, not_found
from ._dtypes import IMAGE_STORES, dtype_name
from ._ragged import Ragged
from ._strings import Strings
from ._table import Table
from ._table_storage import as_table, is_table

if TYPE_CHECKING:
    import torch

    from ._column import Column


def pixels_of(given: Any, shape: tuple[int, ...]) -> tuple[torch.Tensor, bool]:
    """Make a contiguous tensor of a shape on the host of what numpy's rules stretch to it.

    Returns
    -------
    tensor, alone
        One element alone stands for all.

    Raises
    ------
    TypeError
        For what is no array of real numbers.
    ValueError
        For another shape.
    """
    import torch

    tensor = _numbers(given)
    if tensor.is_complex():
        raise TypeError("an image cannot hold complex numbers; write real and imaginary parts")
    stored = IMAGE_STORES.get(dtype_name(tensor.dtype))
    if stored is not None:
        tensor = tensor.to(getattr(torch, stored))
    if tensor.numel() == 1 and tensor.ndim <= len(shape):
        return tensor.reshape(1), True
    try:
        return tensor.broadcast_to(shape).contiguous(), False
    except RuntimeError:
        raise ValueError(
            f"values of shape {tuple(tensor.shape)} cannot be stretched to the section of shape "
            f"{tuple(shape)}"
        ) from None


def _numbers(given: Any) -> torch.Tensor:
    """Make a tensor on the host, without gradients."""
    import numpy as np
    import torch

    if isinstance(given, torch.Tensor):
        if given.layout is not torch.strided:
            raise TypeError(f"the tensor has layout {given.layout}; pass tensor.to_dense()")
        return given.detach().cpu().resolve_conj().resolve_neg()
    if isinstance(given, np.ma.MaskedArray):
        raise TypeError("a masked array has no FITS form of its own; pass data.filled(value)")
    array = np.asarray(given)
    if array.dtype.kind not in "biufc" or array.dtype.itemsize > (
        16 if array.dtype.kind == "c" else 8
    ):
        raise TypeError(f"values are numbers, a tensor or an array of them, not {array.dtype}")
    stored = f"={array.dtype.kind}{array.dtype.itemsize}"  # torch does not know `longlong`
    native = np.require(array, stored, ["C_CONTIGUOUS", "ALIGNED"])
    shared = native.flags.writeable and native.size > 1  # one element has the strides of its record
    return torch.from_numpy(native if shared else native.copy())


def cells_of(given: Any, columns: Sequence[Column], rows: int) -> tuple[Table, bool]:
    """Make columns of `rows` rows of what is assigned to some columns.

    Parameters
    ----------
    given : Table, mapping or numpy.ndarray
        Of a mapping single numbers and texts, and single cells, stand for all rows.
    columns : sequence of Column
        Those of the table.

    Returns
    -------
    table, alone
        The one row alone stands for all.
    """
    if isinstance(given, Table) or not isinstance(given, Mapping):
        return as_table(given), False
    found = list(zip(given.values(), _assigned_to(given, columns), strict=True))
    alone = rows != 1 and all(
        _is_single(value, column, rows) and not (column is not None and _in_heap(column))
        for value, column in found
    )
    return stretched(given, columns, 1 if alone else rows, single=alone), alone


def stretched(
    given: Mapping[str, Any], columns: Sequence[Column], rows: int, *, single: bool = False
) -> Table:
    """Make columns of `rows` rows of a mapping; all values are single ones, or some may be."""
    values: dict[str, Any] = {}
    masks: dict[str, Any] = {}
    for (name, value), column in zip(given.items(), _assigned_to(given, columns), strict=True):
        if single or _is_single(value, column, rows):
            values[name], mask = _repeated(value, column, rows)
        else:
            values[name], mask = _plain(value, column), None
        if mask is not None:
            masks[name] = mask
    table = as_table(values)
    return Table({name: table[name] for name in table.names}, masks=_masks(table) | masks)


def row_of(given: Any, columns: Sequence[Column]) -> Table:
    """Make a table of one row of a mapping of names to cells."""
    if is_table(given) and not isinstance(given, Mapping):
        return as_table(given)
    if not isinstance(given, Mapping):
        raise TypeError(f"a row takes a mapping of names to cells, not {type(given).__name__}")
    named = zip(given.items(), _assigned_to(given, columns), strict=True)
    return stretched({name: _alone(value, column) for (name, value), column in named}, columns, 1)


def new_rows_of(given: Any, columns: Sequence[Column]) -> Table:
    """Make a table of rows to be added; of a mapping of names to single values it is one row."""
    if not is_table(given):
        raise TypeError(
            f"rows are a Table, a mapping of names to columns, or a structured array, not "
            f"{type(given).__name__}"
        )
    if not isinstance(given, Mapping):
        return as_table(given)
    single = [name for name, value in given.items() if _is_scalar(value)]
    if not single:
        return as_table(given)
    for (name, value), column in zip(given.items(), _assigned_to(given, columns), strict=True):
        if column is None:
            called = columns_called(str(name), columns)
            raise not_found(str(name), [column.name for column in columns], called)
        if not _is_scalar(value) and column.shape == ():
            raise TypeError(
                f"column {single[0]!r} has a single value, and column {name!r} a list: give every "
                "column a list of as many values as there are new rows, or each a single value, "
                "which makes one row"
            )
    return row_of(given, columns)


def _assigned_to(given: Mapping[str, Any], columns: Sequence[Column]) -> list[Column | None]:
    """Find the columns that the names of a mapping mean; ``None`` where there is none."""
    known = {column.name: column for column in columns}
    found: list[Column | None] = []
    for name in given:
        called = [] if name in known else columns_called(str(name), columns)
        found.append(columns[called[0]] if len(called) == 1 else known.get(name))
    return found


def _is_scalar(value: Any) -> bool:
    """Tell a number, a text or ``None``, which are one value, from values of many rows."""
    alone = value is None or isinstance(value, (str, bytes, numbers.Number))
    return alone or getattr(value, "ndim", None) == 0


def _masks(table: Table) -> dict[str, Any]:
    masks = {name: table.null_mask(name) for name in table.names}
    return {name: mask for name, mask in masks.items() if mask is not None}


def _alone(cell: Any, column: Column | None) -> Any:
    """Make a column of one row of a cell."""
    if cell is None or column is None:
        return cell
    if _in_heap(column) and not isinstance(cell, (Ragged, str, bytes)):
        return _one_cell(cell, column)
    if isinstance(cell, Strings):
        return Strings(cell.bytes.unsqueeze(0))
    if column.dtype is not None and not _in_heap(column) and not _is_text(cell):
        shape = tuple(_numbers(cell).shape)
        if shape not in ((), column.shape, (1, *column.shape)):
            raise ValueError(
                f"column {column.name!r}: a cell of shape {shape} for a column with cells of shape "
                f"{column.shape}"
            )
    return cell


def _one_cell(cell: Any, column: Column) -> Ragged:
    """Make one cell of variable length, of numbers as exact as they are given."""
    import torch

    elements = _numbers(cell)
    if elements.ndim != 1:
        raise TypeError(
            f"column {column.name!r}: a cell of variable length is a list, array or tensor of one "
            f"dimension, not {cell!r:.60}"
        )
    if not len(elements):
        elements = elements.to(column.dtype)
    return Ragged(elements, torch.tensor([0, len(elements)]))


def _in_heap(column: Column) -> bool:
    return column.shape == (-1,)


def _is_single(value: Any, column: Column | None, rows: int) -> bool:
    """Tell a number, a text, ``None`` (null) or one cell from values of `rows` rows."""
    import numpy as np
    import torch

    if value is None or isinstance(value, (str, bytes)):
        return True
    if isinstance(value, (Strings, Ragged, np.ma.MaskedArray)) or _is_text(value):
        return False
    if column is None or column.dtype is None or _in_heap(column):
        return False
    shape = tuple((value if isinstance(value, torch.Tensor) else _numbers(value)).shape)
    return shape == () or shape == column.shape != (rows,)


def _repeated(value: Any, column: Column | None, rows: int) -> tuple[Any, Any]:
    """Stretch a single value to all rows; and the mask."""
    import torch

    if isinstance(value, (str, bytes)):
        return [value] * rows, None
    shape = (rows, *(() if column is None else column.shape))
    if value is not None:
        return _numbers(value).broadcast_to(shape).contiguous(), None
    if column is None or column.dtype is None:
        return [""] * rows, None
    if _in_heap(column):
        nothing = torch.empty(0, dtype=column.dtype)
        return Ragged(nothing, torch.zeros(rows + 1, dtype=torch.int64)), None
    return torch.zeros(shape, dtype=column.dtype), torch.ones(shape, dtype=torch.bool)


def _plain(value: Any, column: Column | None) -> Any:
    """Values of all rows, as a `Table` takes them."""
    import numpy as np
    import torch

    if isinstance(value, (Strings, Ragged, np.ma.MaskedArray, torch.Tensor)) or _is_text(value):
        return value
    if column is not None and column.dtype is None and column.name:
        raise TypeError(f"column {column.name!r} holds text; give strings, not {value!r:.60}")
    return value if column is None or _in_heap(column) else _numbers(value)


def _is_text(value: Any) -> bool:
    if isinstance(value, (str, bytes)):
        return True
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind is not None:
        return kind in "USO"
    return isinstance(value, (list, tuple)) and any(isinstance(x, (str, bytes)) for x in value)
