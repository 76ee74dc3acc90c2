# SPDX-License-Identifier: BSD-3-Clause
"""The header of an HDU: an ordered, case-insensitive, dict-like list of cards."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeGuard, overload

from . import _core
from ._errors import KeywordNotFoundError

Value: TypeAlias = "bool | int | float | complex | str | None"
"""What a card may hold; ``None`` is the undefined value of the FITS Standard."""

Key: TypeAlias = "str | int | tuple[str, int]"

_MISSING: Any = object()
_COMMENTARY = frozenset({"COMMENT", "HISTORY", ""})
_TEXT_WIDTH = 72
_BLOCK = 2880
_MOST_COMPARED = 2000  # keywords; an error message must not take seconds


class Card(NamedTuple):
    """One card of a header; a long string over several CONTINUE cards is one."""

    keyword: str
    """Upper case; of a HIERARCH card what follows ``HIERARCH``."""
    value: Value = None
    """The value, or the text of a commentary card."""
    comment: str = ""
    """What follows the slash."""


class Header:
    """Cards in the order of the file, looked up like a ``dict``.

    Keywords are found in any case, with or without ``HIERARCH``, and the first of repeated ones
    wins. Cards are parsed when asked for; cards that are not edited keep their bytes.

    Parameters
    ----------
    cards : Header, mapping or iterable of cards, optional
        ``{keyword: value}``, ``{keyword: (value, comment)}``, or tuples
        ``(keyword, value[, comment])``. A copy is made.

    Notes
    -----
    - ``h["KEY"]`` is the value; ``h["KEY", n]`` that of the n-th (0-based) card of a repeated
      keyword; ``h[5]`` that of the sixth card.
    - ``h["HISTORY"]``, ``h["COMMENT"]`` and ``h[""]`` are lists of ``str``, one for each card.
    - ``h["NAXIS*"]`` (``*`` and ``?``) and slices give a `Header` of those cards.
    - ``h["KEY"] = value`` keeps the comment, ``h["KEY"] = value, comment`` sets both; a new keyword
      goes to the end, before blank cards. A ``str`` set as ``HISTORY`` or ``COMMENT`` is added, a
      list replaces all of them.
    - ``del h["KEY"]`` removes every card of that keyword, ``del h["KEY", n]`` and ``del h[5]`` one.
    - ``len``, iteration, `keys`, `values` and `items` count cards, repeated ones included.

    Errors: `KeywordNotFoundError` (a ``KeyError``) for keywords, ``IndexError`` for positions,
    ``ValueError`` for what no card can hold (NaN, infinity, non-ASCII text), ``TypeError`` for
    other types.

    Examples
    --------
    >>> h = Header()
    >>> h["EXPTIME"] = 30.0, "exposure time in s"
    >>> h["exptime"], h.comments["EXPTIME"]
    (30.0, 'exposure time in s')
    """

    __slots__ = ("_list",)
    __hash__ = None  # type: ignore[assignment]

    _list: _core.Header

    def __init__(
        self,
        cards: Header | Mapping[str, Any] | Iterable[Sequence[Any]] = (),
    ) -> None:
        if isinstance(cards, Header):
            self._list = _core.Header(cards._list)
            return
        self._list = _core.Header()
        if isinstance(cards, Mapping):
            self.update(cards)
        else:
            for card in cards:
                self.append(*card)

    @classmethod
    def _from_core(cls, core: _core.Header) -> Header:
        """Wrap `core`, without a copy."""
        header = cls.__new__(cls)
        header._list = core
        return header

    @classmethod
    def from_string(cls, text: str | bytes) -> Header:
        """Read cards of 80 bytes one after another, or text lines, with or without END.

        Parameters
        ----------
        text : str or bytes
            Such as the content of a ``.hdr`` file or the result of `to_string`.

        Raises
        ------
        ValueError
            If `text` is neither whole cards nor lines of at most 80 characters.
        """
        data = text.encode("latin-1", "replace") if isinstance(text, str) else bytes(text)
        return cls._from_core(_core.Header.from_text(data))

    def to_string(self, sep: str = "", endcard: bool = True, padding: bool = True) -> str:
        r"""Give the cards as text: a header that was not edited gives back its bytes (as latin-1).

        Parameters
        ----------
        sep : str
            Put between cards, for example ``"\n"``.
        endcard : bool
            Add the END card.
        padding : bool
            Add blanks up to a multiple of 2880 characters, as in a file.
        """
        text = self._list.text().decode("latin-1")
        lines = [text[i : i + 80] for i in range(0, len(text), 80)]
        if endcard:
            lines.append("END".ljust(80))
        joined = sep.join(lines)
        return joined + " " * (-len(joined) % _BLOCK) if padding else joined

    # Looking up

    @overload
    def __getitem__(self, key: slice) -> Header: ...
    @overload
    def __getitem__(self, key: Key) -> Any: ...
    def __getitem__(self, key: Key | slice) -> Any:
        if isinstance(key, str):
            value = self._list.value(key, _MISSING)
            if value is not _MISSING:
                return value
            if "*" in key or "?" in key:
                return self._matching(key)
            raise self._not_found(key)
        if isinstance(key, slice):
            return Header._from_core(self._list.select(list(range(len(self))[key])))
        return self._list.value_at(self._position(key))

    def get(self, key: Key, default: Any = None) -> Any:
        """Give the value of `key`, or `default` where there is no such card."""
        if isinstance(key, str):
            return self._list.value(key, default)
        try:
            return self[key]
        except (KeyError, IndexError):
            return default

    def __contains__(self, key: object) -> bool:
        if _is_repeated(key):
            return key[1] >= 0 and self._list.find(*key) is not None
        return isinstance(key, str) and self._list.find(key) is not None

    def count(self, keyword: str) -> int:
        """Give the number of cards of that keyword."""
        return len(self._list.positions(keyword))

    @property
    def comments(self) -> Comments:
        """The comments of cards: ``h.comments["KEY"]``, to read and to set."""
        return Comments(self)

    # As a sequence of cards

    def __len__(self) -> int:
        return len(self._list)

    def __iter__(self) -> Iterator[str]:
        return iter(self._list.keywords())

    def keys(self) -> list[str]:
        """Give the keywords of all cards, in order."""
        return self._list.keywords()

    def values(self) -> list[Value]:
        """Give the values of all cards, in order."""
        return [value for _, value, _ in self._list.cards()]

    def items(self) -> list[tuple[str, Value]]:
        """Give (keyword, value) of all cards, in order."""
        return [(keyword, value) for keyword, value, _ in self._list.cards()]

    @property
    def cards(self) -> Cards:
        """The cards as a sequence of `Card` (keyword, value, comment)."""
        return Cards(self)

    @property
    def problems(self) -> list[str]:
        """What breaks the Standard in these cards, one sentence each; empty for a clean header."""
        return [f"card {i} '{keyword}': {why}" for i, keyword, why in self._list.problems()]

    # Editing

    def __setitem__(self, key: Key, value: Any) -> None:
        value, comment = value if isinstance(value, tuple) else (value, None)
        if isinstance(key, str) and _normal(key) in _COMMENTARY:
            if not isinstance(value, str):
                for position in reversed(self._list.positions(key)):
                    self._list.erase(position)
            for text in [value] if isinstance(value, str) else value:
                self._add_text(key, text)
            return
        if isinstance(key, str) and key not in self:
            self.append(key, value, comment or "")
            return
        position = self._position(key)
        keyword, _, old_comment = self._list.card_at(position)
        self._list.replace(
            position, keyword, _scalar(value), old_comment if comment is None else comment
        )

    def __delitem__(self, key: Key | slice) -> None:
        if isinstance(key, slice):
            positions = sorted(range(len(self))[key])
        elif isinstance(key, str):
            positions = self._list.positions(key)
            if not positions:
                raise self._not_found(key)
        else:
            positions = [self._position(key)]
        for position in reversed(positions):
            self._list.erase(position)

    def append(self, keyword: str, value: Any = None, comment: str = "") -> None:
        """Add a card at the end, before blank cards, whether the keyword is there or not."""
        position = len(self)
        if _normal(keyword):
            while position and self._list.card_at(position - 1) == ("", "", ""):
                position -= 1
        self._list.insert(position, keyword, _scalar(value), comment)

    def insert(self, position: int, keyword: str, value: Any = None, comment: str = "") -> None:
        """Add a card before the one at `position`."""
        at = min(position, len(self)) if position >= 0 else max(0, len(self) + position)
        self._list.insert(at, keyword, _scalar(value), comment)

    def update(self, cards: Mapping[str, Any] | Header | Iterable[Sequence[Any]]) -> None:
        """Set each keyword of `cards`, as ``h[keyword] = value`` would."""
        if isinstance(cards, Header):
            cards = cards.cards
        if isinstance(cards, Mapping):
            for keyword, value in cards.items():
                self[keyword] = value
        else:
            for keyword, *rest in map(tuple, cards):
                self[keyword] = tuple(rest) if len(rest) == 2 else rest[0]

    def add_history(self, text: str) -> None:
        """Add HISTORY cards, one for each 72 characters of each line of `text`."""
        self._add_text("HISTORY", text)

    def add_comment(self, text: str) -> None:
        """Add COMMENT cards, one for each 72 characters of each line of `text`."""
        self._add_text("COMMENT", text)

    # As a Python object

    def copy(self) -> Header:
        """Give an independent copy."""
        return Header(self)

    def __copy__(self) -> Header:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Header:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_cards, (self._list.text(),)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Header):
            return NotImplemented
        return self._list.text() == other._list.text() or self._list.cards() == other._list.cards()

    def __repr__(self) -> str:
        text = self._list.text().decode("latin-1")
        return "\n".join(text[i : i + 80].rstrip() for i in range(0, len(text), 80))

    # Private

    def _add_text(self, keyword: str, text: str) -> None:
        for line in text.splitlines() or [""]:
            for start in range(0, max(len(line), 1), _TEXT_WIDTH):
                self.append(keyword, line[start : start + _TEXT_WIDTH])

    def _matching(self, pattern: str) -> Header:
        joker = {"*": ".*", "?": "."}
        wanted = re.compile("".join(joker.get(c) or re.escape(c) for c in _normal(pattern)))
        keys = self._list.keywords()
        return Header._from_core(
            self._list.select([i for i, k in enumerate(keys) if wanted.fullmatch(k)])
        )

    def _position(self, key: Key) -> int:
        """Position of the card that `key` means."""
        given: Any = key
        if not isinstance(given, bool) and hasattr(given, "__index__"):
            position = operator.index(given)
            if -len(self) <= position < len(self):
                return position % len(self)
            raise IndexError(f"no card {position}: the header has {len(self)}, counted from 0")
        if not (isinstance(key, str) or _is_repeated(key)):
            message = f"a header key is a keyword, (keyword, n), a position or a slice, not {key!r}"
            raise TypeError(message)
        keyword, nth = (key, 0) if isinstance(key, str) else key
        found = self._list.find(keyword, nth) if nth >= 0 else None
        if found is None:
            raise self._not_found(keyword, nth)
        return found

    def _not_found(self, keyword: str, nth: int = 0) -> KeywordNotFoundError:
        name = _normal(keyword)
        found = self.count(keyword)
        if found:
            return KeywordNotFoundError(
                f"no card {nth} of keyword '{name}': the header has {found}, counted from 0"
            )
        known = list(dict.fromkeys(self._list.keywords()))[:_MOST_COMPARED]
        near = difflib.get_close_matches(name, known, n=3)
        hint = "; did you mean " + " or ".join(f"'{k}'" for k in near) + "?" if near else ""
        return KeywordNotFoundError(f"no keyword '{name}' in the header of {len(self)} cards{hint}")


class Cards(Sequence[Card]):
    """The cards of a `Header`, by position; they show the header as it is now."""

    def __init__(self, header: Header) -> None:
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
        return Card._make(self._header._list.card_at(self._header._position(key)))

    def __repr__(self) -> str:
        return "[" + ",\n ".join(map(repr, self)) + "]"


class Comments:
    """The comments of a `Header`, by keyword, (keyword, n) or position."""

    def __init__(self, header: Header) -> None:
        self._header = header

    def __getitem__(self, key: Key) -> str:
        return self._header.cards[key].comment

    def __setitem__(self, key: Key, comment: str) -> None:
        position = self._header._position(key)
        keyword, value, _ = self._header._list.card_at(position)
        self._header._list.replace(position, keyword, value, comment)

    def __repr__(self) -> str:
        return "\n".join(f"{c.keyword:8}  {c.comment}" for c in self._header.cards if c.comment)


def _is_repeated(key: object) -> TypeGuard[tuple[str, int]]:
    """Whether `key` is (keyword, n)."""
    return (
        isinstance(key, tuple)
        and len(key) == 2
        and isinstance(key[0], str)
        and isinstance(key[1], int)
        and not isinstance(key[1], bool)
    )


def _normal(keyword: str) -> str:
    return keyword.strip().upper().removeprefix("HIERARCH ").lstrip()


def _scalar(value: Any) -> Any:
    """Give a Python scalar for a scalar of numpy or a tensor of no dimensions."""
    item = getattr(value, "item", None)
    return value if item is None else item()


def _from_cards(cards: bytes) -> Header:
    return Header._from_core(_core.Header.from_cards(cards))
