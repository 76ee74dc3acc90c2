# SPDX-License-Identifier: BSD-3-Clause
"""The header of an HDU: an ordered, case-insensitive, dict-like list of cards."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any

from . import _core
from ._card_list import CardList
from ._cards import (
    COMMENTARY,
    Card,
    Key,
    Value,
    comment_of,
    normal,
    pair_of,
    parts_of,
    scalar_of,
    texts_of,
)
from ._errors import KeywordNotFoundError

__all__ = ["Card", "Header"]

_MISSING: Any = object()


class Header(CardList):
    """Cards in the order of the file, looked up like a ``dict``.

    Keywords are found in any case, with or without ``HIERARCH``, and the first of repeated ones
    wins. Cards are parsed when asked for; cards that are not edited keep their bytes.

    Parameters
    ----------
    cards : Header, mapping or iterable of cards, optional
        ``{keyword: value}``, ``{keyword: (value, comment)}``, tuples
        ``(keyword, value[, comment])``, or a header of astropy. A copy is made.

    Notes
    -----
    - ``h["KEY"]`` is the value; ``h["KEY", n]`` that of the n-th (0-based) card of a repeated
      keyword; ``h[5]`` that of the sixth card.
    - ``h["HISTORY"]``, ``h["COMMENT"]`` and ``h[""]`` are lists of ``str``, one for each card.
    - ``h["NAXIS*"]`` (``*`` and ``?``) and slices give a `Header` of those cards.
    - ``h["KEY"] = value`` keeps the comment, ``h["KEY"] = value, comment`` sets both; a new keyword
      goes to the end, before blank cards. A ``str`` set as ``HISTORY`` or ``COMMENT`` is added, a
      list replaces all of them.
    - `set`, `insert` and `append` put cards at a place of their own.
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

    __slots__ = ()

    def __init__(self, cards: Header | Mapping[str, Any] | Iterable[Any] = ()) -> None:
        if isinstance(cards, Header):
            self._list = _core.Header(cards._list)
            return
        if hasattr(cards, "tostring"):  # a header of astropy, card for card
            text = cards.tostring(sep="", endcard=False, padding=False)
            self._list = _core.Header.from_text(text.encode("latin-1", "replace"))
            return
        if isinstance(cards, (str, bytes)):
            raise TypeError("Header() takes cards or a mapping; Header.from_string() takes text")
        self._list = _core.Header()
        if isinstance(cards, Mapping):
            self.update(cards)
        else:
            for card in cards:
                self.append(card)

    @classmethod
    def fromkeys(cls, keywords: Iterable[str], value: Any = None) -> Header:
        """Make a header of these keywords; each has the same `value`, or ``(value, comment)``."""
        header = cls()
        for keyword in keywords:
            header.append((keyword, *pair_of(value)))
        return header

    def copy(self, strip: bool = False) -> Header:
        """Give an independent copy; with `strip`, without what `strip` removes."""
        copied = Header(self)
        if strip:
            copied.strip()
        return copied

    def __copy__(self) -> Header:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Header:
        return self.copy()

    # Editing

    def __setitem__(self, key: Key, value: Any) -> None:
        if isinstance(key, slice):
            raise TypeError("cards are set one at a time; del and insert() take and put several")
        value, comment = pair_of(value)
        if isinstance(key, str) and normal(key) in COMMENTARY:
            self._set_texts(key, value, comment)
        elif isinstance(key, str) and key not in self:
            self.append((key, value, comment))
        else:
            self._replace(self.index(key), value, comment)

    def set(
        self,
        key: Key,
        value: Any = _MISSING,
        comment: str | None = None,
        before: Key | None = None,
        after: Key | None = None,
    ) -> None:
        """Set value, comment and place of a card; what is not given stays as it is.

        Parameters
        ----------
        key : str, (str, int) or int
            A keyword that is not there is added. Text of ``COMMENT`` or ``HISTORY`` is always
            added.
        value : bool, int, float, complex, str or None
            ``None`` is the undefined value.
        comment : str, optional
            ``""`` removes a comment.
        before, after : keyword, (keyword, n) or position, optional
            The card is put beside this one; a card that is there already is moved.
        """
        if isinstance(key, str) and (normal(key) in COMMENTARY or key not in self):
            at = self._place(before, after)
            self._put(at, key, None if value is _MISSING else value, comment)
            return
        position = self.index(key)
        if before is not None or after is not None:
            position = self._move(position, self._place(before, after))
        if value is not _MISSING:
            self._replace(position, value, comment)
        elif comment is not None:
            self.comments[position] = comment

    def append(
        self, card: Any, value: Any = None, comment: str | None = None, *, end: bool = False
    ) -> None:
        """Add a card at the end, whether the keyword is there or not.

        Parameters
        ----------
        card : str, Card or tuple
            A keyword, followed by value and comment, or all of it as
            ``(keyword, value, comment)``.
        value, comment
            Of a keyword.
        end : bool
            Behind blank cards too, which otherwise stay at the end.
        """
        keyword, value, comment = parts_of(card, value, comment)
        at = len(self) if end or not normal(keyword) else self._list.end_of_cards()
        self._put(at, keyword, value, comment)

    def insert(
        self,
        key: Key,
        card: Any,
        value: Any = None,
        comment: str | None = None,
        *,
        after: bool = False,
    ) -> None:
        """Add a card before the one that `key` means, or behind it.

        Parameters
        ----------
        key : str, (str, int) or int
            A keyword or position; positions outside mean the nearer end, as of a list.
        card, value, comment
            As of `append`.
        after : bool
            Behind that card.
        """
        self._put(self._slot(key, after), *parts_of(card, value, comment))

    def rename_keyword(self, old: Key, new: str, force: bool = False) -> None:
        """Give a card another keyword; place, value and comment stay.

        Parameters
        ----------
        old : str, (str, int) or int
            The card.
        new : str
            Its new keyword.
        force : bool
            Allow a keyword that another card has already.
        """
        position = self.index(old)
        keyword, value, comment = self._list.card_at(position)
        if (normal(keyword) in COMMENTARY) != (normal(new) in COMMENTARY):
            raise ValueError(
                f"'{keyword}' cannot become '{normal(new)}': one has text, one a value"
            )
        if not force and normal(new) not in {*COMMENTARY, keyword} and new in self:
            message = f"the header has a keyword '{normal(new)}' already; force=True allows two"
            raise ValueError(message)
        self._list.replace(position, new, value, comment)

    def update(
        self, cards: Mapping[str, Any] | Header | Iterable[Any] = (), /, **keywords: Any
    ) -> None:
        """Set each keyword of `cards` and `keywords`, as ``h[keyword] = value`` would.

        Parameters
        ----------
        cards : mapping, Header or iterable of cards
            Cards of a `Header` are taken byte for byte; its COMMENT and HISTORY cards are added.
        **keywords
            More of them: ``OBSERVER="..."``, ``EXPTIME=(30.0, "s")``.
        """
        if isinstance(cards, Header) or hasattr(cards, "tostring"):
            other = Header(cards)
            for position, keyword in enumerate(other.keys()):
                self._take(other, position, replace=keyword not in COMMENTARY)
        elif isinstance(cards, Mapping):
            for keyword, value in cards.items():
                self[keyword] = value
        else:
            for keyword, value, comment in map(parts_of, cards):
                self[keyword] = value if comment is None else (value, comment)
        for keyword, value in keywords.items():
            self[keyword] = value

    def extend(
        self,
        cards: Header | Mapping[str, Any] | Iterable[Any],
        strip: bool = True,
        unique: bool = False,
        update: bool = False,
        end: bool = False,
    ) -> None:
        """Add the cards of another header, in their order.

        Parameters
        ----------
        cards : Header, mapping or iterable of cards
            What `Header` takes.
        strip : bool
            Leave out the cards that `strip` removes, which describe the data of the other HDU.
        unique : bool
            Leave out keywords that are there already, and texts of COMMENT and HISTORY cards that
            are.
        update : bool
            Replace the cards of keywords that are there already instead of adding a second one.
        end : bool
            Behind blank cards too, which otherwise stay at the end.
        """
        other = Header(cards)
        if strip:
            other.strip()
        if not unique and not update:
            at = len(self) if end else self._list.end_of_cards()
            self._list.splice(at, 0, other._list)
            return
        known = set(self.keys())
        texts = {card for card in self.cards if card.keyword in COMMENTARY}
        for position, card in enumerate(other.cards):
            text = card.keyword in COMMENTARY
            there = card in texts if text else card.keyword in known
            if not there or (update and not text):
                self._take(other, position, replace=there, end=end)

    def setdefault(self, keyword: str, default: Any = None) -> Any:
        """Give the value of a keyword, which is set to `default` where it is not there."""
        if keyword not in self:
            self[keyword] = default
        return self[keyword]

    def add_history(self, text: str, before: Key | None = None, after: Key | None = None) -> None:
        """Add HISTORY cards, one for each 72 characters of each line of `text`."""
        self.set("HISTORY", text, before=before, after=after)

    def add_comment(self, text: str, before: Key | None = None, after: Key | None = None) -> None:
        """Add COMMENT cards, one for each 72 characters of each line of `text`."""
        self.set("COMMENT", text, before=before, after=after)

    def add_blank(
        self, text: str = "", before: Key | None = None, after: Key | None = None
    ) -> None:
        """Add cards without a keyword: blank ones, or text such as the title of a section."""
        self.set("", text, before=before, after=after)

    # Removing

    def __delitem__(self, key: Key | slice) -> None:
        if isinstance(key, slice):
            positions = list(range(len(self))[key])
        elif isinstance(key, str):
            positions = self._list.positions(key)
            if not positions and ("*" in key or "?" in key):
                positions = self._matching(key)
            if not positions:
                raise self._not_found(key)
        else:
            positions = [self.index(key)]
        self._list.erase(positions)

    def remove(self, key: Key, ignore_missing: bool = False, remove_all: bool = False) -> None:
        """Remove the first card of a keyword, or all of them.

        Parameters
        ----------
        key : str, (str, int) or int
            The card.
        ignore_missing : bool
            No error where there is none.
        remove_all : bool
            Every card of a keyword.
        """
        try:
            if remove_all:
                del self[key]
            else:
                self._list.erase([self.index(key)])
        except (KeywordNotFoundError, IndexError):
            if not ignore_missing:
                raise

    def pop(self, key: Key = -1, default: Any = _MISSING) -> Any:
        """Remove a card, or every card of a keyword, and give the value: `default` without one."""
        try:
            value = self[key]
            del self[key]
        except (KeywordNotFoundError, IndexError):
            if default is _MISSING:
                raise
            return default
        return value

    def popitem(self) -> tuple[str, Value]:
        """Remove the last card and give its (keyword, value)."""
        if not len(self):
            raise KeywordNotFoundError("the header has no cards")
        card = self.cards[-1]
        self._list.erase([len(self) - 1])
        return card.keyword, card.value

    def clear(self) -> None:
        """Remove all cards."""
        self._list.erase(list(range(len(self))))

    def strip(self) -> None:
        """Remove the cards that describe data: what is left suits any HDU.

        These are the keywords of structure, scaling, columns, compression and checksums.
        """
        self._list.erase(self._list.describing())

    # Private

    def _replace(self, position: int, value: Any, comment: str | None) -> None:
        """Set a value; a comment that is not given stays."""
        keyword, _, old = self._list.card_at(position)
        text = old if comment is None else comment_of(comment)
        self._list.replace(position, keyword, scalar_of(keyword, value), text)

    def _put(self, at: int, keyword: str, value: Any, comment: str | None) -> None:
        """Insert a card, or the cards that a text fills: all of them or, after an error, none."""
        if normal(keyword) not in COMMENTARY:
            self._list.insert(at, keyword, scalar_of(keyword, value), comment_of(comment))
            return
        texts = _core.Header()
        for text in texts_of(keyword, value):
            texts.insert(len(texts), keyword, text, comment_of(comment))
        self._list.splice(at, 0, texts)

    def _set_texts(self, keyword: str, value: Any, comment: str | None) -> None:
        """Add a text; a list replaces those that are there."""
        added = value is None or isinstance(value, str)
        positions = [] if added else self._list.positions(keyword)
        if not positions:
            self.append((keyword, value, comment))
            return
        edited = Header(self)
        edited._put(positions[0], keyword, value, comment)
        new = len(edited) - len(self)
        edited._list.erase([position + new for position in positions])
        self._list = edited._list

    def _take(self, other: Header, position: int, replace: bool, end: bool = False) -> None:
        """Put a card of another header, byte for byte, at the end or in place of the first."""
        card = other._list.select([position])
        old = self._list.find(card.keywords()[0]) if replace else None
        if old is not None:
            self._list.splice(old, 1, card)
        else:
            self._list.splice(len(self) if end else self._list.end_of_cards(), 0, card)

    def _move(self, position: int, to: int) -> int:
        """Move a card before the one at `to`, and give its new position."""
        order = [i for i in range(len(self)) if i != position]
        to -= position < to
        self._list = self._list.select([*order[:to], position, *order[to:]])
        return to

    def _place(self, before: Key | None, after: Key | None) -> int:
        if before is not None and after is not None:
            raise TypeError("before= and after= exclude each other")
        if before is not None:
            return self._slot(before, after=False)
        return self._list.end_of_cards() if after is None else self._slot(after, after=True)

    def _slot(self, key: Key, after: bool) -> int:
        """Position before or behind the card that `key` means."""
        given: Any = key
        if isinstance(given, (str, tuple, bool)) or not hasattr(given, "__index__"):
            return self.index(key) + after
        at = operator.index(given)
        return min(max(at if at >= 0 else at + len(self), 0) + after, len(self))
