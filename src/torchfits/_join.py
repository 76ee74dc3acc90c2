# SPDX-License-Identifier: BSD-3-Clause
"""Joins: which columns a joined table has, and what fills them."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import _core
from ._concat import concat_fields
from ._dtypes import dtype_name
from ._fields import Field, fields_of, table_of
from ._keys import checked_keys, columns_of, keys_of
from ._runtime import settle_threads
from ._strings import Strings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from ._table import Table

HOW = ("inner", "left", "right", "outer", "semi", "anti")


@dataclasses.dataclass(frozen=True)
class _Pairs:
    """Positions of the rows in both tables; -1 where there is none."""

    left: torch.Tensor
    right: torch.Tensor


@dataclasses.dataclass(frozen=True)
class _Key:
    """One key of a join, as both tables have it."""

    left: Field
    right: Field

    @property
    def is_shared(self) -> bool:
        """Whether both call it the same, so that the result has it once."""
        return self.left.name.casefold() == self.right.name.casefold()

    def from_right(self, pairs: _Pairs) -> Field:
        """Take the key from the right table, with the unit and the null of its values."""
        own = self.right.column
        kept = dataclasses.replace(
            self.left.column, unit=own.unit or self.left.column.unit, null=own.null
        )
        return self.right.take(pairs.right).described_by(kept)

    def merged(self, pairs: _Pairs) -> Field:
        """Take the key from whichever table has the row."""
        import torch

        both = concat_fields([self.left, self.right])
        behind = pairs.right + len(self.left.values)
        return both.take(torch.where(pairs.left < 0, behind, pairs.left))


def joined(left: Table, right: Table, on: Any, how: str, suffixes: Sequence[str]) -> Table:
    """Join two tables; see `Table.join`."""
    _check_how(how)
    before, behind = _checked_suffixes(suffixes)
    left_fields, right_fields = fields_of(left), fields_of(right)
    keys = [
        _Key(left_fields[left._position(one)], right_fields[right._position(other)])
        for one, other in _names_of(on)
    ]
    _check_device(keys)
    if how in ("semi", "anti"):
        rows, _ = _joined_rows(keys, how)
        return table_of(type(left), [field.take(rows) for field in left_fields])
    shared = {key.right.name for key in keys if key.is_shared}
    others = [field for field in right_fields if field.name not in shared]
    names = _result_names(left_fields, others, (before, behind))
    pairs = _pairs(keys, how)
    filled = [*_left_part(left_fields, keys, how, pairs), *_taken(others, pairs.right, how, "left")]
    named = [field.renamed(name) for field, name in zip(filled, names, strict=True)]
    return table_of(type(left), named)


def _check_how(how: Any) -> None:
    if how in HOW:
        return
    near = difflib.get_close_matches(how.lower(), HOW, 1) if isinstance(how, str) else []
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"how={how!r} is none of {', '.join(map(repr, HOW))}{hint}")


def _checked_suffixes(suffixes: Any) -> tuple[str, str]:
    given = tuple(suffixes) if isinstance(suffixes, (list, tuple)) else ()
    if len(given) != 2 or not all(isinstance(suffix, str) for suffix in given):
        raise TypeError(f"suffixes= takes two texts, for the left and the right, not {suffixes!r}")
    return given[0], given[1]


def _names_of(on: Any) -> list[tuple[str, str]]:
    """List the names of the keys in both tables."""
    if isinstance(on, str):
        return [(on, on)]
    if isinstance(on, Mapping):
        names = list(on.items())
    elif isinstance(on, (list, tuple)):
        names = [(name, name) for name in on]
    else:
        raise TypeError(
            f"on= takes a name, a list of names, or a dict of left to right names, not {on!r}"
        )
    if not names:
        raise ValueError("on= names no key; a join compares one column at least")
    return names


def _check_device(keys: list[_Key]) -> None:
    for key in keys:
        left, right = key.left.values.device, key.right.values.device
        if left != right:
            raise ValueError(
                f"the tables are on {left} and {right}; move one with t.to({str(left)!r})"
            )


def _check_kinds(key: _Key, kinds: tuple[list[str], list[str]]) -> None:
    """Keys match whose values compare, element by element."""
    if kinds[0] == kinds[1]:
        return
    left, right = key.left, key.right
    raise TypeError(
        f"the keys {left.name!r} ({_described(left)}) and {right.name!r} ({_described(right)}) do "
        "not compare: integers go with integers, floats with floats, text with text; convert one "
        "of them, such as t['X'].to(torch.int64)"
    )


def _described(field: Field) -> str:
    name = "text" if isinstance(field.values, Strings) else dtype_name(field.column.dtype)
    return f"{name} {list(field.column.shape)}" if field.column.shape else name


def _joined_rows(keys: list[_Key], how: str) -> tuple[torch.Tensor, Any]:
    """Positions in the left and the right table, in the order of the left one."""
    listed = [(keys_of(key.left), keys_of(key.right)) for key in keys]
    for key, (one, other) in zip(keys, listed, strict=True):
        _check_kinds(key, ([part.kind for part in one], [part.kind for part in other]))
    settle_threads()
    parts = checked_keys([part for one, _ in listed for part in one], [key.left for key in keys])
    left = columns_of(parts)
    right = columns_of(part for _, other in listed for part in other)
    rows, partners = _core.joined_rows(left, right, how)
    device = keys[0].left.values.device
    return rows.to(device), None if partners is None else partners.to(device)


def _pairs(keys: list[_Key], how: str) -> _Pairs:
    if how == "right":
        right, left = _joined_rows([_Key(key.right, key.left) for key in keys], "left")
        return _Pairs(left, right)
    pairs = _Pairs(*_joined_rows(keys, how))
    if how == "outer":
        for key in keys:  # the keys of both tables are one order: some dtype must hold them
            key.merged(_Pairs(pairs.left[:0], pairs.right[:0]))
    return pairs


def _left_part(fields: list[Field], keys: list[_Key], how: str, pairs: _Pairs) -> list[Field]:
    """Fill the columns of the left table, of which shared keys may come from the right one."""
    shared = {key.left.name: key for key in keys if key.is_shared}
    filled = []
    for field in fields:
        key = shared.get(field.name)
        if key is None or how in ("inner", "left"):
            filled += _taken([field], pairs.left, how, "right")
        elif how == "right":
            filled.append(key.from_right(pairs))
        else:
            filled.append(key.merged(pairs))
    return filled


def _taken(fields: list[Field], rows: torch.Tensor, how: str, unmatched: str) -> list[Field]:
    """Rows of columns, with nulls where a join of the kind `unmatched`, or outer, has none."""
    if how in (unmatched, "outer"):
        return [field.take_or_null(rows) for field in fields]
    return [field.take(rows) for field in fields]


def _result_names(left: list[Field], others: list[Field], suffixes: tuple[str, str]) -> list[str]:
    """Names of the result: where both tables have one, in any case, they take the suffixes."""
    own = {field.name.casefold() for field in left}
    foreign = {field.name.casefold() for field in others}
    names = [
        *(field.name + suffixes[0] * (field.name.casefold() in foreign) for field in left),
        *(field.name + suffixes[1] * (field.name.casefold() in own) for field in others),
    ]
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise ValueError(
                f"the joined table would have two columns {name!r}; choose other suffixes="
            )
        seen.add(name.casefold())
    return names
