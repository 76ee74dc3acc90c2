# SPDX-License-Identifier: BSD-3-Clause
"""Conditions on rows that are in memory.

The core parses and binds an expression, and computes it for columns on the host. For columns on
other devices its syntax tree is computed here, one tensor operation at a time, with the same
results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from . import _core
from ._dtypes import dtype_name
from ._ragged import Ragged
from ._rows import host_cells, signed_dtype, take_rows
from ._runtime import settle_threads
from ._strings import Strings, _lengths

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from typing_extensions import Self

    from ._column import Column

_LEAST = -(2**63)


class Filtering:
    """The selection of rows by a condition; a part of `Table`."""

    __slots__ = ()

    if TYPE_CHECKING:
        _masks: list[Any]

        def __len__(self) -> int: ...
        def _describe(self) -> tuple[list[Column], list[bool]]: ...
        def _map(self, change: Callable[[Any], Any]) -> Self: ...
        def _values(self, position: int) -> Any: ...

    def filter(self, where: str) -> Self:
        """Select the rows for which a condition is true.

        Parameters
        ----------
        where : str
            Such as ``"MAG < 20 and CLASS == 'STAR' and not isnull(Z)"``; docs/expressions.md has
            the grammar. A null, NaN included, is neither true nor false.

        Returns
        -------
        Table
            A copy of those rows, on the device of the table.

        Raises
        ------
        ValueError
            If it is no condition; the message points at the place.
        ColumnNotFoundError
            If it names a column that is not there.
        """
        given: object = where
        if not isinstance(given, str):
            raise TypeError(
                'filter(): a condition on rows is text such as "MAG < 20", not '
                f"{type(given).__name__}; t[mask] keeps the rows of a mask"
            )
        rows = self._rows_where(where)
        if not isinstance(rows, _core.RowMask):
            return self._map(lambda values: _take(values, rows))
        gathering = _Gathering(rows)
        table = self._map(gathering.take)
        gathering.run()
        return table

    def _rows_where(self, where: str) -> torch.Tensor | _core.RowMask:
        """Find the rows for which a condition is true: positions, or a mask of the core."""
        columns, _ = self._describe()
        described = [_described(column, self._values(i)) for i, column in enumerate(columns)]
        expression = _core.Expression(where, described)
        needed = [(self._values(i), self._masks[i]) for i in expression.columns()]
        if any(values.device.type != "cpu" for values, _ in needed):
            return rows_by_tensors(expression, needed, len(self))
        kept = [_on_host(values, mask) for values, mask in needed]
        settle_threads()
        return expression.select([column for column, _ in kept], len(self))


class _Gathering:
    """Copies rows of many columns on the host at once."""

    def __init__(self, rows: _core.RowMask) -> None:
        self._rows = rows
        self._positions: Any = None
        self._copies: list[tuple[int, int, int]] = []
        self._kept: list[torch.Tensor] = []

    def take(self, values: Any) -> Any:
        """Make room for the rows of a column, or of its mask; `run` fills it."""
        import torch

        if isinstance(values, Strings) and values.offsets is None:
            return Strings._of(self.take(values.bytes), None)
        data = host_cells(values) if isinstance(values, torch.Tensor) else None
        if data is None:
            if self._positions is None:
                self._positions = self._rows.positions()
            return _take(values, self._positions)
        taken = data.new_empty((len(self._rows), *data.shape[1:]))
        cell = data[:1].nbytes if len(data) else 0
        self._copies.append((data.data_ptr(), taken.data_ptr(), cell))
        self._kept.append(data)
        return taken

    def run(self) -> None:
        """Copy, once for all columns."""
        self._rows.gather(self._copies)


def _take(values: Any, rows: torch.Tensor) -> Any:
    return values._take(rows) if isinstance(values, (Strings, Ragged)) else take_rows(values, rows)


def _described(column: Column, values: Any) -> tuple[str, str | None, tuple[int, ...], bool, str]:
    """Say what the core needs to know: name, dtype, shape of a cell, whether cells vary, TTYPE."""
    name, ttype = column.name, column.ttype
    if isinstance(values, Strings):
        return (name, None, values.shape[1:], values.offsets is not None, ttype)
    if isinstance(values, Ragged):
        return (name, dtype_name(values.dtype), (), True, ttype)
    return (name, dtype_name(values.dtype), tuple(values.shape[1:]), False, ttype)


def _on_host(values: Any, mask: Any) -> tuple[tuple[int, int, str | None, int, int], Any]:
    """Tell the core where a column lies, and keep it there."""
    import torch

    nulls = None if mask is None else mask.contiguous()
    text = isinstance(values, Strings)
    data = values.bytes if isinstance(values, Strings) else values
    if data.dtype in (torch.float16, torch.bfloat16):
        data = data.to(torch.float32)
    data = data.contiguous()
    cell = data[0].numel() if len(data) else 1
    described = (
        data.data_ptr(),
        0 if nulls is None else nulls.data_ptr(),
        None if text else dtype_name(data.dtype),
        cell,
        data.shape[-1] if text else 0,
    )
    return described, (data, nulls)


class _Node(NamedTuple):
    """An operation of the syntax tree."""

    op: str
    kind: str
    operands: tuple[int, ...]
    content: Any


class _Value(NamedTuple):
    """What a node gives, one element a row, or one for all.

    `data` is float64 with NaN for nulls; int64, also for uint64 (the same bits); of a condition
    where it is true; of text uint8 ``[N, width]``, NUL behind the end. `null` is where an integer
    or text is null, of a condition where it is false; ``None`` for nowhere, or where it is not
    true.
    """

    kind: str
    data: torch.Tensor
    null: torch.Tensor | None = None

    @property
    def false(self) -> torch.Tensor:
        return ~self.data if self.null is None else self.null


def rows_by_tensors(
    expression: Any, columns: Sequence[tuple[Any, torch.Tensor | None]], length: int
) -> torch.Tensor:
    """Find the rows for which an expression is true with operations of torch.

    Parameters
    ----------
    expression : _core.Expression
    columns : sequence of (torch.Tensor or Strings, mask or None)
        Those that it needs, on one device.
    length : int
        Number of rows.

    Returns
    -------
    torch.Tensor
        ``int64``, on the device of the columns.
    """
    device = columns[0][0].device if columns else None
    nodes, root = expression.nodes(), expression.root()
    last_use = {i: place for place, node in enumerate(nodes) for i in node[2]}
    values: list[Any] = []
    for place, (op, kind, operands, content) in enumerate(nodes):
        node = _Node(op, kind, tuple(operands), content)
        if op == "column":
            data, mask = columns[content[0]]
            values.append(_column(kind, data, mask, content[1]))
        elif op == "literal":
            values.append(_literal(kind, content, device))
        else:
            values.append(_operation(node, [values[i] for i in node.operands]))
        for i in operands:
            if last_use[i] == place and i != root:
                values[i] = None
    rows: torch.Tensor = values[root].data.expand(length).nonzero().squeeze(1)
    return rows


def _column(kind: str, values: Any, mask: torch.Tensor | None, element: int) -> _Value:
    import torch

    null = None if mask is None else _element(mask, element)
    if isinstance(values, Strings):
        data = values.bytes
        data = data if data.ndim == 2 else data.flatten(1, -2)[:, element]
        behind = torch.arange(data.shape[-1], device=data.device) >= _lengths(data).unsqueeze(-1)
        return _Value(kind, data.masked_fill(behind, 0), null)
    data = values.view(signed_dtype(values.dtype)) if kind == "uint64" else values
    # torch indexes no unsigned integers: they become int64 first.
    if kind == "int64":
        data = data.to(torch.int64)
    data = _element(data, element)
    if kind == "float64":
        data = data.to(torch.float64)
        return _Value(kind, data if null is None else data.masked_fill(null, torch.nan))
    if kind == "bool" and null is not None:
        return _Value(kind, data & ~null, ~data & ~null)
    return _Value(kind, data, null)


def _element(data: torch.Tensor, element: int) -> torch.Tensor:
    return data if data.ndim == 1 else data.flatten(1)[:, element]


def _literal(kind: str, content: Any, device: torch.device | None) -> _Value:
    import torch

    if kind == "text":
        return _Value(kind, torch.tensor(list(content), dtype=torch.uint8, device=device))
    if kind == "uint64":
        content -= 2**64 if content >= 2**63 else 0
    dtypes = {"bool": torch.bool, "float64": torch.float64}
    return _Value(kind, torch.tensor(content, dtype=dtypes.get(kind, torch.int64), device=device))


def _operation(node: _Node, operands: list[_Value]) -> _Value:
    op, kind = node.op, node.kind
    if kind == "bool":
        if op == "isnull":
            return _is_null(operands[0])
        if op in ("and", "or", "not"):
            return _logical(op, operands)
        if op == "in":
            return _in_set(operands[0], node.content)
        if op in ("startswith", "endswith", "contains"):
            return _nowhere_null(_search(op, *operands), operands[:1])
        return _compared(op, *operands)
    if op == "float64":
        return _Value(kind, _as_real(operands[0]))
    if op == "int64":
        value = operands[0]
        unknown = None if value.null is None else ~(value.data | value.null)
        return _Value(kind, _integer(value.data), unknown)
    if kind == "float64":
        return _Value(kind, _real(op, [value.data for value in operands]))
    return _whole(op, kind, operands)


def _integer(data: torch.Tensor) -> torch.Tensor:
    import torch

    return data.to(torch.int64)


def _any_null(operands: Sequence[_Value]) -> torch.Tensor | None:
    nulls = None
    for value in operands:
        if value.null is not None:
            nulls = value.null if nulls is None else nulls | value.null
    return nulls


def _nowhere_null(truth: torch.Tensor, operands: Sequence[_Value]) -> _Value:
    """A condition that is neither true nor false where an integer or text is null."""
    null = _any_null(operands)
    return _Value("bool", truth) if null is None else _Value("bool", truth & ~null, ~truth & ~null)


def _is_null(value: _Value) -> _Value:
    import torch

    if value.kind == "float64":
        return _Value("bool", value.data.isnan())
    if value.kind == "bool":
        return _Value("bool", ~(value.data | value.false))
    if value.null is not None:
        return _Value("bool", value.null)
    shape = value.data.shape[:-1] if value.kind == "text" else value.data.shape
    return _Value("bool", torch.zeros(shape, dtype=torch.bool, device=value.data.device))


def _logical(op: str, operands: list[_Value]) -> _Value:
    first = operands[0]
    if op == "not":
        return _Value("bool", first.false, first.data)
    second = operands[1]
    if op == "and":
        return _Value("bool", first.data & second.data, first.false | second.false)
    return _Value("bool", first.data | second.data, first.false & second.false)


def _compared(op: str, a: _Value, b: _Value) -> _Value:
    if a.kind == "float64":
        apart = (a.data < b.data) | (a.data > b.data)
        equal = a.data == b.data
        opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
        if op in ("==", "!="):
            return _Value("bool", *((equal, apart) if op == "==" else (apart, equal)))
        return _Value("bool", _ordered(op, a.data, b.data), _ordered(opposite[op], a.data, b.data))
    if a.kind == "text":
        first, second = _first_difference(a.data, b.data)
        return _nowhere_null(_ordered(op, first, second), (a, b))
    if a.kind == b.kind == "int64":
        return _nowhere_null(_ordered(op, a.data, b.data), (a, b))
    return _nowhere_null(_unsigned(op, a, b), (a, b))


def _ordered(op: str, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    import torch

    compare: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
        "==": torch.eq, "!=": torch.ne, "<": torch.lt, "<=": torch.le, ">": torch.gt,
        ">=": torch.ge,
    }  # fmt: skip
    return compare[op](a, b)


def _unsigned(op: str, a: _Value, b: _Value) -> torch.Tensor:
    """Compare integers of which at least one is unsigned: with the sign bit flipped."""
    same = a.data == b.data
    less = (a.data ^ _LEAST) < (b.data ^ _LEAST)
    if a.kind != b.kind:
        negative = a.data < 0 if a.kind == "int64" else b.data < 0
        same = same & ~negative
        less = less | negative if a.kind == "int64" else less & ~negative
    if op in ("==", "!="):
        return same if op == "==" else ~same
    if op in ("<", ">="):
        return less if op == "<" else ~less
    return (less | same) if op == "<=" else ~(less | same)


def _first_difference(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the first bytes at which texts differ; those of equal texts are equal."""
    import torch

    # They differ at the end of the shorter one if not before.
    width = min(a.shape[-1], b.shape[-1]) + 1
    a, b = a[..., :width], b[..., :width]
    shape = (*max(a.shape[:-1], b.shape[:-1]), width)  # one of them may be a constant
    a, b = (
        torch.nn.functional.pad(text, (0, width - text.shape[-1])).expand(shape) for text in (a, b)
    )
    place = (a != b).to(torch.uint8).argmax(-1, keepdim=True)
    return a.gather(-1, place).squeeze(-1), b.gather(-1, place).squeeze(-1)


def _in_set(value: _Value, constants: list[Any]) -> _Value:
    import torch

    device = value.data.device
    if value.kind == "text":
        found = torch.zeros(value.data.shape[:-1], dtype=torch.bool, device=device)
        for text in constants:
            first, second = _first_difference(value.data, _literal("text", text, device).data)
            found = found | (first == second)
        return _nowhere_null(found, (value,))
    if value.kind == "uint64":
        constants = [number - (2**64 if number >= 2**63 else 0) for number in constants]
    found = torch.isin(value.data, torch.tensor(constants, dtype=value.data.dtype, device=device))
    if value.kind == "float64":
        return _Value("bool", found, ~found & ~value.data.isnan())
    return _nowhere_null(found, (value,))


def _search(op: str, text: _Value, wanted: _Value) -> torch.Tensor:
    """Look for a constant at the beginning, at the end, or anywhere."""
    import torch

    data, part = text.data, wanted.data
    width, length = data.shape[-1], len(part)
    # Behind the text are NULs, which no text has.
    if length > width or bool((part == 0).any()):
        return torch.zeros(data.shape[:-1], dtype=torch.bool, device=data.device)
    if op == "startswith" or length == 0:
        return (data[..., :length] == part).all(-1)
    places = (data.unfold(-1, length, 1) == part).all(-1)
    if op == "contains":
        return places.any(-1)
    last = (data != 0).sum(-1, keepdim=True) - length
    return places.gather(-1, last.clamp(min=0)).squeeze(-1) & (last.squeeze(-1) >= 0)


def _as_real(value: _Value) -> torch.Tensor:
    import torch

    data = value.data
    real = data.to(torch.float64)
    if value.kind == "uint64":
        # Half of it, rounded to odd, fits the signed type; doubled it is rounded once.
        half = ((data >> 1) & ~_LEAST) | (data & 1)
        real = torch.where(data < 0, half.to(torch.float64) * 2, real)
    return real if value.null is None else real.masked_fill(value.null, torch.nan)


def _real(op: str, operands: list[torch.Tensor]) -> torch.Tensor:
    import torch

    if op == "ratio":
        a, b = operands
        return torch.where(b == 0, torch.nan, a / b)
    if op == "**":
        a, b = operands
        return torch.where(a.isnan() | b.isnan(), torch.nan, a**b)  # nan ** 0 is 1 elsewhere
    compute: dict[str, Callable[..., torch.Tensor]] = {
        "-x": torch.neg, "+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div,
        "%": torch.remainder, "abs": torch.abs, "sqrt": torch.sqrt,
        "log": torch.log, "log10": torch.log10, "exp": torch.exp, "sin": torch.sin,
        "cos": torch.cos, "tan": torch.tan, "asin": torch.asin, "acos": torch.acos,
        "atan": torch.atan, "atan2": torch.atan2, "floor": torch.floor, "ceil": torch.ceil,
        "round": torch.round, "min": torch.minimum, "max": torch.maximum,
    }  # fmt: skip
    return compute[op](*operands)


def _whole(op: str, kind: str, operands: list[_Value]) -> _Value:
    """Compute an integer; there is none where it would overflow, nor behind a division by zero."""
    import torch

    a, b = operands[0].data, operands[-1].data
    bad: torch.Tensor | None = None
    if op in ("&", "|", "^"):
        result = {"&": torch.bitwise_and, "|": torch.bitwise_or, "^": torch.bitwise_xor}[op](a, b)
    elif op == "~":
        result = ~a
    elif op in ("min", "max"):
        flip = _LEAST if kind == "uint64" else 0
        extreme = torch.minimum if op == "min" else torch.maximum
        result = extreme(a ^ flip, b ^ flip) ^ flip
    elif op in ("-x", "abs"):
        result, bad = (-a if op == "-x" else a.abs()), a == _LEAST
    elif op == "%":
        bad = b == 0
        # Of the least integer there is no quotient by -1; the remainder is 0 by 1 too.
        result = torch.remainder(a, torch.where(bad | (b == -1), 1, b))
    elif op == "*":
        result, bad = _product(a, b)
    else:
        result = a + b if op == "+" else a - b
        bad = ((a ^ result) & ((b if op == "+" else ~b) ^ result)) < 0
    null = _any_null(operands)
    if bad is not None:
        null = bad if null is None else null | bad
    return _Value(kind, result, null)


def _product(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Multiply, and find where that overflows: where dividing again gives something else."""
    import torch

    product = a * b
    small = (a == 0) | (a == -1)
    back = torch.div(product, torch.where(small, 1, a), rounding_mode="floor")
    return product, torch.where(small, (a == -1) & (b == _LEAST), back != b)
