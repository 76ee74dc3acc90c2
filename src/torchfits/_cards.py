# SPDX-License-Identifier: BSD-3-Clause
"""Cards of a header: what one is, how it is named, and the views of a header that show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeGuard, overload

if TYPE_CHECKING:
    from ._card_list import CardList

Value: TypeAlias = "bool | int | float | complex | str | None"
"""What a card may hold; ``None`` is the undefined value of the FITS Standard."""

Key: TypeAlias = "str | int | tuple[str, int]"

COMMENTARY = frozenset({"COMMENT", "HISTORY", ""})
_TEXT_WIDTH = 72


class Card(NamedTuple):
    """One card of a header; a long string over several CONTINUE cards is one."""

    keyword: str
    """Upper case; of a HIERARCH card what follows ``HIERARCH``."""
    value: Value = None
    """The value, or the text of a commentary card."""
    comment: str = ""
    """What follows the slash."""


class Cards(Sequence[Card]):
    """The cards of a `Header`, by position; they show the header as it is now."""

    def __init__(self, header: CardList) -> None:
        self._header = header

    def __len__(self) -> int:
        return len(self._header)

    def __iter__(self) -> Iterator[Card]:
        return map(Card._make, self._header._list.cards())

    @overload
    def __getitem__(self, key: Key) -> Card: ...
    @overload
    def __getitem__(self, key: slice) -> list[Card]: ...
    def __getitem__(self, key: Key | slice) -> Card | list[Card]:
        if isinstance(key, slice):
            return list(self)[key]
        return Card._make(self._header._list.card_at(self._header.index(key)))

    def __repr__(self) -> str:
        return "[" + ",\n ".join(map(repr, self)) + "]"


class Comments:
    """The comments of a `Header`, by keyword, (keyword, n) or position."""

    def __init__(self, header: CardList) -> None:
        self._header = header

    def __getitem__(self, key: Key) -> str:
        return self._header.cards[key].comment

    def __setitem__(self, key: Key, comment: str | None) -> None:
        position = self._header.index(key)
        keyword, value, _ = self._header._list.card_at(position)
        self._header._list.replace(position, keyword, value, comment_of(comment))

    def __repr__(self) -> str:
        return "\n".join(f"{c.keyword:8}  {c.comment}" for c in self._header.cards if c.comment)


def is_repeated(key: object) -> TypeGuard[tuple[str, int]]:
    """Whether `key` is (keyword, n)."""
    return (
        isinstance(key, tuple)
        and len(key) == 2
        and isinstance(key[0], str)
        and isinstance(key[1], int)
        and not isinstance(key[1], bool)
    )


def normal(keyword: str) -> str:
    """Give the keyword as a header shows it: trimmed, upper case, without ``HIERARCH``."""
    return keyword.strip().upper().removeprefix("HIERARCH ").lstrip()


def scalar_of(keyword: str, value: Any) -> Any:
    """Give a Python scalar for a scalar of numpy or a tensor of no dimensions."""
    if type(value).__name__ == "Undefined":  # that of astropy
        return None
    item = getattr(value, "item", None)
    if item is None:
        return value
    if getattr(value, "shape", ()) not in ((), (1,)):
        raise TypeError(
            f"keyword '{normal(keyword)}': a card holds one value, not an array of shape "
            f"{tuple(value.shape)}; write an HDU of it, or a card for each element"
        )
    return item()


def comment_of(comment: Any) -> str:
    """Give the text of a comment; ``None`` is none."""
    if comment is None or isinstance(comment, str):
        return comment or ""
    raise TypeError(f"a comment is a str, not {type(comment).__name__}")


def parts_of(card: Any, value: Any = None, comment: Any = None) -> tuple[str, Any, Any]:
    """Give (keyword, value, comment) of a keyword and these, a tuple, or a card of astropy."""
    if isinstance(card, str):
        return card, value, comment
    if value is not None or comment:
        raise TypeError("value and comment belong to a keyword; a card has its own")
    if hasattr(card, "rawkeyword"):
        return card.rawkeyword, card.rawvalue, card.comment
    if isinstance(card, (tuple, list)) and 1 <= len(card) <= 3 and isinstance(card[0], str):
        keyword, value, comment = (*card, None, None)[:3]
        return keyword, value, comment
    raise TypeError(f"a card is (keyword, value, comment), or a keyword alone, not {card!r}")


def pair_of(value: Any) -> tuple[Any, Any]:
    """Give (value, comment) of what is assigned to a keyword."""
    if not isinstance(value, tuple):
        return value, None
    if not 1 <= len(value) <= 2:
        message = f"a keyword takes a value or (value, comment), not a tuple of {len(value)}"
        raise TypeError(message)
    return (*value, None)[:2]


def texts_of(keyword: str, value: Any) -> list[Any]:
    """Give the texts of the commentary cards that a text, or a list of them, fills."""
    value = scalar_of(keyword, value)
    if value is None or isinstance(value, str):
        value = [value or ""]
    elif isinstance(value, Mapping) or not hasattr(value, "__iter__"):
        message = f"'{normal(keyword)}' takes a str or a list of str, not {type(value).__name__}"
        raise TypeError(message)
    lines = (line for text in value for line in _lines_of(keyword, text))
    return [
        line[start : start + _TEXT_WIDTH]
        for line in lines
        for start in range(0, max(len(line), 1), _TEXT_WIDTH)
    ]


def _lines_of(keyword: str, text: Any) -> list[str]:
    if not isinstance(text, str):
        message = f"'{normal(keyword)}' takes a str or a list of str, not {type(text).__name__}"
        raise TypeError(message)
    return text.splitlines() or [""]
