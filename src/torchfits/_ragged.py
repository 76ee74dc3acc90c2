# SPDX-License-Identifier: BSD-3-Clause
"""Columns of variable length: all elements in one tensor, and where each cell begins."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

from ._dtypes import dtype_name
from ._rows import checked_offsets, normal_rows, signed_dtype, single_row, take_cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

__all__ = ["Ragged"]

_SHOWN_CELLS = 4
_SHOWN_ELEMENTS = 4


class Ragged:
    """Cells of different lengths, one behind the other in a single tensor.

    Cell ``i`` is ``values[offsets[i]:offsets[i + 1]]``. ``r[i]`` is that tensor, which shares
    memory; ``r[10:20]``, ``r[[2, 7]]``, ``r[mask]`` are `Ragged`, of which a slice without a step
    shares memory.

    Parameters
    ----------
    values : torch.Tensor
        The elements of all cells, one dimension, any dtype. It is not copied.
    offsets : torch.Tensor
        ``int64 [N + 1]``: 0 first, ``len(values)`` last, never falling; on the device of `values`.

    Raises
    ------
    TypeError, ValueError
        If they are not.

    Examples
    --------
    >>> cells = Ragged.from_list([[1, 2, 3], [], [4]])
    >>> cells[0].tolist(), cells.lengths.tolist(), cells.to_padded(-1).tolist()
    ([1, 2, 3], [3, 0, 1], [[1, 2, 3], [-1, -1, -1], [4, -1, -1]])
    """

    __slots__ = ("_offsets", "_values")
    __hash__ = None  # type: ignore[assignment]  # mutable, and == is elementwise

    def __init__(self, values: torch.Tensor, offsets: torch.Tensor) -> None:
        import torch

        given: object = values
        if not isinstance(given, torch.Tensor) or values.ndim != 1:
            raise TypeError("Ragged takes a tensor of one dimension: the elements of all cells")
        self._values = values
        self._offsets = checked_offsets(offsets, len(values))
        if values.device != offsets.device:
            raise ValueError(f"values are on {values.device}, offsets on {offsets.device}")

    @classmethod
    def _of(cls, values: torch.Tensor, offsets: torch.Tensor) -> Ragged:
        """From offsets that are known to be right."""
        ragged = cls.__new__(cls)
        ragged._values, ragged._offsets = values, offsets
        return ragged

    @classmethod
    def from_list(
        cls, cells: Sequence[Sequence[Any] | torch.Tensor], dtype: torch.dtype | None = None
    ) -> Ragged:
        """From lists, tensors or arrays of one dimension, one a cell.

        Without `dtype` that of tensors and arrays stays, and lists get what torch makes of them:
        ``float32`` of floats.
        """
        import torch

        cells = _listed_cells(cells)
        lengths = torch.tensor([0, *map(len, cells)], dtype=torch.int64)
        flat = [element for cell in cells for element in _elements(cell)]
        chosen = _common_dtype(cells) if dtype is None else dtype
        return cls(torch.tensor(flat, dtype=chosen), lengths.cumsum(0))

    @property
    def values(self) -> torch.Tensor:
        """The elements of all cells, one dimension."""
        return self._values

    @property
    def offsets(self) -> torch.Tensor:
        """Where each cell begins in `values`, and the end: ``int64 [N + 1]``."""
        return self._offsets

    @property
    def lengths(self) -> torch.Tensor:
        """Elements of each cell: ``int64 [N]``."""
        return self._offsets.diff()

    @property
    def dtype(self) -> torch.dtype:
        """Of the elements."""
        return self._values.dtype

    @property
    def device(self) -> torch.device:
        """Where the elements are."""
        return self._values.device

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, key: Any) -> Any:
        """Select: a tensor for a single cell, else `Ragged`."""
        if (position := single_row(key)) is None:
            return self._take(normal_rows(key, len(self)))
        if not -len(self) <= position < len(self):
            raise IndexError(f"cell {position} is outside of {len(self)} cells")
        position %= len(self)
        start, end = self._offsets[position : position + 2].tolist()
        return self._values[start:end]

    def _take(self, rows: slice | torch.Tensor) -> Ragged:
        return Ragged._of(*take_cells(self._values, self._offsets, rows))

    def __iter__(self) -> Iterator[torch.Tensor]:
        places = self._offsets.tolist()
        for start, end in itertools.pairwise(places):
            yield self._values[start:end]

    def to_list(self) -> list[list[Any]]:
        """List the cells, each as a list of Python numbers."""
        flat, places = self._values.tolist(), self._offsets.tolist()
        return [flat[start:end] for start, end in itertools.pairwise(places)]

    def to_nested(self) -> torch.Tensor:
        """Give a nested tensor of layout ``torch.jagged``, which shares memory.

        Raises
        ------
        NotImplementedError
            If this torch is too old to make one.
        """
        import torch

        make: Any = getattr(torch.nested, "nested_tensor_from_jagged", None)
        if make is None:
            raise NotImplementedError(
                f"torch {torch.__version__} has no torch.nested.nested_tensor_from_jagged; "
                "use a newer one, or to_padded()"
            )
        nested: torch.Tensor = make(self._values, self._offsets)
        return nested

    def to_padded(self, fill: Any = 0) -> torch.Tensor:
        """Give a tensor of shape ``[N, longest cell]``, of which `fill` takes what cells leave.

        Raises
        ------
        RuntimeError
            If `fill` is no value of the dtype.
        """
        import torch

        lengths = self.lengths
        longest = int(lengths.max()) if len(lengths) else 0
        place = torch.arange(longest, device=self.device)
        _check_fill(fill, self.dtype)
        padded = torch.full((len(self), longest), fill, dtype=self.dtype, device=self.device)
        signed = signed_dtype(self.dtype)  # torch indexes no unsigned integers
        padded.view(signed)[place < lengths.unsqueeze(1)] = self._values.view(signed)
        return padded

    def __eq__(self, other: object) -> Any:
        """Elementwise: a `Ragged` of bools. The other is a number, or cells of the same lengths."""
        if getattr(other, "ndim", None) == 0:
            other = other.item()  # type: ignore[attr-defined]  # a number of numpy or torch
        if isinstance(other, (int, float, complex)):
            return Ragged._of(_equal_number(self._values, other), self._offsets)
        if not isinstance(other, Ragged):
            return NotImplemented
        if len(other) != len(self) or not bool((other._offsets == self._offsets).all()):
            raise ValueError("Ragged columns whose cells differ in length do not compare")
        return Ragged._of(_equal_elements(self._values, other._values), self._offsets)

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else Ragged._of(~equal.values, equal.offsets)

    def to(self, device: Any, non_blocking: bool = False) -> Ragged:
        """Move to a device."""
        return Ragged._of(
            self._values.to(device, non_blocking=non_blocking),
            self._offsets.to(device, non_blocking=non_blocking),
        )

    def pin_memory(self) -> Ragged:
        """Copy to page-locked memory, for asynchronous copies to a GPU."""
        return Ragged._of(self._values.pin_memory(), self._offsets.pin_memory())

    def __reduce__(self) -> tuple[Any, ...]:
        # A slice would drag the memory of the whole along, and torch pickles not every unsigned.
        values = self._values.view(signed_dtype(self.dtype)).clone()
        return (_rebuilt, (values, self.dtype, self._offsets))

    def __repr__(self) -> str:
        name = dtype_name(self.dtype)
        size = f"{len(self)} cells, {len(self._values)} elements"
        if self.device.type == "meta" or not len(self):
            return f"Ragged({size}, {name})"
        lengths = self.lengths
        shortest, longest = int(lengths.min()), int(lengths.max())
        span = str(longest) if shortest == longest else f"{shortest} to {longest}"
        cells = [_shown(self[i]) for i in range(min(len(self), _SHOWN_CELLS))]
        more = ", ..." if len(self) > _SHOWN_CELLS else ""
        return f"Ragged({size}, lengths {span}, {name}: [{', '.join(cells)}{more}])"


def _rebuilt(values: torch.Tensor, dtype: torch.dtype, offsets: torch.Tensor) -> Ragged:
    return Ragged._of(values.view(dtype), offsets)


def _equal_number(values: torch.Tensor, number: complex) -> torch.Tensor:
    import torch

    nowhere = torch.zeros(len(values), dtype=torch.bool, device=values.device)
    if values.is_floating_point() or values.is_complex():
        try:
            return values == (float(number) if isinstance(number, int) else number)
        except OverflowError:
            return nowhere
    # Exact: torch takes integers for float32 where the number is a float.
    limits = None if values.dtype == torch.bool else torch.iinfo(values.dtype)
    least, most = (0, 1) if limits is None else (limits.min, limits.max)
    whole = number.real
    if whole != number or not least <= whole <= most or whole != int(whole):
        return nowhere
    signed = signed_dtype(values.dtype)
    if signed == values.dtype:
        return values == int(whole)
    # torch compares no unsigned integers: the bits of the number as a signed one.
    half = torch.iinfo(signed).max + 1
    return values.view(signed) == (int(whole) + half) % (2 * half) - half


def _equal_elements(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    import torch

    if one.dtype == other.dtype:
        signed = signed_dtype(one.dtype)
        return one.view(signed) == other.view(signed)
    pair = (one, other)
    whole = not any(values.is_floating_point() or values.is_complex() for values in pair)
    # torch compares unsigned integers with nothing else.
    common = torch.int64 if whole else torch.float64
    wide = [v if signed_dtype(v.dtype) == v.dtype else v.to(common) for v in pair]
    equal = wide[0] == wide[1]
    for values, signed_values in zip(pair, wide, strict=True):
        if whole and values.dtype == torch.uint64:
            equal = equal & (signed_values >= 0)
    return equal


def _check_fill(fill: Any, dtype: torch.dtype) -> None:
    """Refuse what torch would cut to an integer."""
    import torch

    if dtype.is_floating_point or dtype.is_complex:
        return
    try:
        fits = torch.full((), fill, dtype=dtype).item() == fill
    except (OverflowError, RuntimeError):
        fits = False
    if not fits:
        raise RuntimeError(f"fill={fill!r} is no {dtype_name(dtype)}, the dtype of the cells")


def _common_dtype(cells: Sequence[Any]) -> torch.dtype | None:
    """Name the dtype that tensors and arrays ask for; ``None`` where there are only lists."""
    import torch

    names = [
        getattr(cell.dtype, "name", dtype_name(cell.dtype))
        for cell in cells
        if hasattr(cell, "dtype") and len(cell)
    ]
    dtypes: list[torch.dtype] = [getattr(torch, name) for name in names if hasattr(torch, name)]
    if not dtypes or len(dtypes) < len(names):
        return None
    listed = [cell for cell in cells if not hasattr(cell, "dtype") and len(cell)]
    dtypes += [torch.tensor(list(cell)).dtype for cell in listed]
    try:
        return functools.reduce(torch.promote_types, dtypes)
    except RuntimeError:  # unsigned integers with others
        return None


def _listed_cells(cells: Any) -> list[Any]:
    if isinstance(cells, (str, bytes)) or not hasattr(cells, "__iter__"):
        raise TypeError(f"Ragged.from_list takes a list of cells, not {cells!r:.60}")
    listed = list(cells)
    for cell in listed:
        if isinstance(cell, (str, bytes)) or not hasattr(cell, "__len__"):
            raise TypeError(
                "Ragged.from_list takes cells that are lists, tensors or arrays of one dimension, "
                f"not {cell!r:.60}"
            )
    return listed


def _elements(cell: Any) -> list[Any]:
    elements: list[Any] = cell.tolist() if hasattr(cell, "tolist") else list(cell)
    return elements


def _shown(cell: torch.Tensor) -> str:
    some = cell[:_SHOWN_ELEMENTS].tolist()
    text = ", ".join(f"{each:.7g}" if isinstance(each, float) else str(each) for each in some)
    return f"[{text}{', ...' if len(cell) > _SHOWN_ELEMENTS else ''}]"
