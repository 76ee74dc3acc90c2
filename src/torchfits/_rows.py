# SPDX-License-Identifier: BSD-3-Clause
"""Which rows: the forms in which a user may say it, of a file, a table or a text column."""

from __future__ import annotations

import math
import operator
import reprlib
from typing import TYPE_CHECKING, Any, cast

from . import _core
from ._runtime import settle_threads

if TYPE_CHECKING:
    import torch


def single_row(key: Any) -> int | None:
    """Give the position that an integer means, also one of numpy or torch; ``None`` for others.

    A bool is no position, and an array of one element means a list.
    """
    if isinstance(key, bool) or not hasattr(key, "__index__") or getattr(key, "ndim", 0) != 0:
        return None
    return None if "bool" in str(getattr(key, "dtype", "")) else operator.index(key)


def is_from_where(key: Any) -> bool:
    """Tell a tuple of arrays, which is how ``numpy.where`` and ``torch.where`` give positions."""
    return (
        isinstance(key, tuple) and bool(key) and all(getattr(part, "ndim", 0) > 0 for part in key)
    )


def row_tensor(key: Any) -> torch.Tensor:
    """Turn a list, tuple, range, array or tensor into one dimension of ``int64`` or ``bool``.

    So may be a tuple of one array, as ``numpy.where(mask)`` gives it.

    Raises
    ------
    IndexError
        For a position that no ``int64`` holds.
    TypeError
        For anything else.
    """
    import torch

    wanted = "rows are selected with a slice, integers or a bool mask"
    if is_from_where(key):
        if len(key) > 1:
            raise TypeError(
                f"{wanted}, not a tuple of {len(key)} arrays, which are positions in {len(key)} "
                "dimensions: pass one of them, or a mask of the rows"
            )
        key = key[0]
    one_dimension = hasattr(key, "__len__") and getattr(key, "ndim", 1) == 1
    if not one_dimension or isinstance(key, (str, bytes, dict, set)):
        shape = f" of shape {tuple(key.shape)}" if getattr(key, "ndim", 0) else ""
        raise TypeError(f"{wanted}, not {reprlib.repr(key)}{shape}")
    try:
        rows = _as_tensor(key)
    except (RuntimeError, TypeError, ValueError) as error:
        raise TypeError(f"{wanted}, not {reprlib.repr(key)}: {error}") from None
    if rows.ndim != 1 or rows.is_floating_point() or rows.is_complex():
        found = f"{rows.dtype} of shape {tuple(rows.shape)}"
        raise TypeError(f"{wanted} in one dimension, not {found}")
    if rows.dtype == torch.bool:
        return rows
    if rows.dtype == torch.uint64 and bool((rows.view(torch.int64) < 0).any()):
        raise IndexError(f"row {max(rows.tolist())} is beyond every table")
    return rows.to(torch.int64)


def _as_tensor(key: Any) -> torch.Tensor:
    import torch

    if isinstance(key, torch.Tensor):
        return key
    if hasattr(key, "__array__"):
        import numpy as np

        array = np.asarray(key)
        if array.dtype.kind != "O":
            # torch takes no other byte order and no negative strides, and warns of memory that
            # it must not write to.
            native = array.dtype.newbyteorder("=")
            copied = not array.flags.writeable
            return torch.from_numpy(array.astype(native, order="C", copy=copied))
        key = array.tolist()
    if not isinstance(key, (list, tuple, range)):
        return torch.as_tensor(key)
    rows = list(key)
    try:
        # An empty list has no dtype of its own: torch would take it for floats.
        return torch.tensor(rows, dtype=None if rows else torch.int64)
    except (OverflowError, RuntimeError, TypeError, ValueError):
        for row in rows:
            if isinstance(row, int) and not -(1 << 63) <= row < 1 << 63:
                raise IndexError(f"row {row} is beyond every table") from None
        raise


def normal_rows(key: Any, length: int) -> slice | torch.Tensor:
    """Turn what selects rows into a slice with a positive step or positions in ``[0, length)``.

    Parameters
    ----------
    key : slice, range, list, numpy.ndarray or torch.Tensor
        Integers, negative ones counting from the end, or a bool mask of exactly `length`.
    length : int
        Rows that there are.

    Raises
    ------
    IndexError
        For a position outside the rows or a mask of another length.
    TypeError
        For anything else.
    """
    import torch

    if isinstance(key, slice):
        start, stop, step = key.indices(length)
        step = max(-length - 1, min(step, length + 1))  # of further ones torch has no idea
        if step > 0:
            return slice(start, stop, step)
        return torch.arange(len(range(start, stop, step))) * step + start
    if isinstance(key, range) and key:
        # Before there is a list of it, which may be longer than all memory.
        for row in (key[0], key[-1]):
            if not -length <= row < length:
                raise IndexError(f"row {row} is outside of {length} rows")
    rows = row_tensor(key)
    if rows.dtype == torch.bool:
        if len(rows) != length:
            raise IndexError(f"the mask has {len(rows)} entries, the data {length} rows")
        return rows.nonzero().squeeze(1)
    outside = (rows < -length) | (rows >= length)
    if bool(outside.any()):
        raise IndexError(f"row {int(rows[outside][0])} is outside of {length} rows")
    return torch.where(rows < 0, rows + length, rows)


def take_rows(
    values: torch.Tensor, rows: slice | torch.Tensor, gap: float | None = None
) -> torch.Tensor:
    """Select rows of a tensor of any dtype, on any device.

    Parameters
    ----------
    values : torch.Tensor
    rows : slice or torch.Tensor
        Positions of ``int64`` are those of rows, or -1, which gives `gap`.
    gap : float, optional
        By default NaN of floats and complex numbers, and else zero.
    """
    if isinstance(rows, slice):
        return values[rows]
    if gap is None:
        gap = math.nan if values.is_floating_point() or values.is_complex() else 0.0
    rows = rows.to(values.device)
    host = host_cells(values)
    if host is None:
        return _take_by_torch(values, rows, gap)
    settle_threads()
    rows = rows.contiguous()
    source = (host.data_ptr(), host.dtype, tuple(host.shape))
    taken: Any = _core.gathered(source, (rows.data_ptr(), len(rows)), gap)
    return cast("torch.Tensor", taken)


def host_cells(values: torch.Tensor) -> torch.Tensor | None:
    """Lay the cells one behind the other in memory of the host.

    ``None`` for a tensor on another device, or one with gradients: only torch can copy it.
    """
    if values.device.type != "cpu" or values.requires_grad:
        return None
    return values.resolve_conj().resolve_neg().contiguous()


def _take_by_torch(values: torch.Tensor, rows: torch.Tensor, gap: float) -> torch.Tensor:
    """Take rows on a device, or with gradients; torch indexes no unsigned integers."""
    signed = viewed(values, signed_dtype(values.dtype))
    missing = gaps(rows)
    if missing is None:
        return viewed(signed.index_select(0, rows), values.dtype)
    if len(values):
        taken = signed.index_select(0, rows.clamp(min=0))
    else:
        taken = signed.new_zeros((len(rows), *values.shape[1:]))
    axes = [1] * (taken.ndim - 1)
    return viewed(taken.masked_fill(missing.view(-1, *axes), gap), values.dtype)


def gaps(rows: torch.Tensor) -> torch.Tensor | None:
    """Which positions are -1; ``None`` where none is."""
    if rows.device.type == "cpu":
        rows = rows.contiguous()
        marks: Any = _core.gaps((rows.data_ptr(), len(rows)))
        return cast("torch.Tensor | None", marks)
    missing = rows < 0
    return missing if bool(missing.any()) else None


def signed_dtype(dtype: torch.dtype) -> torch.dtype:
    """Name the dtype of the same size that torch can index and pickle: signed for unsigned."""
    import torch

    signed = {torch.uint16: torch.int16, torch.uint32: torch.int32, torch.uint64: torch.int64}
    return signed.get(dtype, dtype)


def viewed(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """View a tensor with another dtype; one that has it stays as it is, with its gradients."""
    return values if values.dtype == dtype else values.view(dtype)


def checked_offsets(offsets: Any, length: int) -> torch.Tensor:
    """Check where the cells of a column of variable length begin and end.

    Parameters
    ----------
    offsets : torch.Tensor
        ``int64 [N + 1]``: 0 first, `length` last, never falling.
    length : int
        Elements of all cells.

    Raises
    ------
    TypeError
        If it is no ``int64`` tensor of one dimension.
    ValueError
        If the positions are none of `length` elements.
    """
    import torch

    if not isinstance(offsets, torch.Tensor) or offsets.dtype != torch.int64 or offsets.ndim != 1:
        raise TypeError("offsets is an int64 tensor [N + 1]")
    if len(offsets) == 0 or int(offsets[0]) != 0 or int(offsets[-1]) != length:
        raise ValueError(f"offsets begins with 0 and ends with {length}, the number of elements")
    if bool((offsets[1:] < offsets[:-1]).any()):
        raise ValueError("offsets must not fall from one entry to the next")
    return offsets


def take_cells(
    values: torch.Tensor, offsets: torch.Tensor, rows: slice | torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Select cells of a column of variable length: their elements and offsets.

    The elements of a slice without a step are a view.
    """
    import torch

    if isinstance(rows, slice):
        start, stop, step = rows.indices(len(offsets) - 1)
        if step == 1:
            kept = offsets[start : max(start, stop) + 1]
            return values[int(kept[0]) : int(kept[-1])], kept - kept[0]
        rows = torch.arange(start, stop, step)
    rows = rows.to(offsets.device)
    lengths = offsets.diff()[rows]
    taken = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
    total = int(taken[-1])
    shift = torch.repeat_interleave(offsets[rows] - taken[:-1], lengths, output_size=total)
    return take_rows(values, torch.arange(total, device=offsets.device) + shift), taken
