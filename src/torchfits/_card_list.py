# SPDX-License-Identifier: BSD-3-Clause
"""Cards to be looked at: by keyword, position and pattern, as text, and as a sequence."""

from __future__ import annotations

import difflib
import operator
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from . import _core
from ._cards import Cards, Comments, Key, Value, is_repeated, normal
from ._errors import FileMissingError, FITSIOError, KeywordNotFoundError
from ._header_html import header_html

if TYPE_CHECKING:
    from typing_extensions import Self

_MISSING: Any = object()
_BLOCK = 2880
_MOST_COMPARED = 2000  # keywords; an error message must not take seconds
_MOST_TEXT = 1 << 26  # bytes of a header's text file


class CardList:
    """What `Header` can be asked."""

    __slots__ = ("_list",)
    __hash__ = None  # type: ignore[assignment]

    _list: _core.Header

    @classmethod
    def _from_core(cls, core: _core.Header) -> Self:
        """Wrap `core`, without a copy."""
        header = cls.__new__(cls)
        header._list = core
        return header

    @classmethod
    def _from_cards(cls, cards: bytes) -> Self:
        return cls._from_core(_core.Header.from_cards(cards))

    @classmethod
    def from_string(cls, text: str | bytes) -> Self:
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

    @classmethod
    def from_file(cls, path: str | bytes | os.PathLike[Any]) -> Self:
        """Read a text file of cards, as `to_file` writes it, people keep it, or tools leave it.

        Parameters
        ----------
        path : str, bytes or path-like
            Cards of 80 bytes or lines; what follows END is not looked at.
        """
        name = os.fsdecode(path)
        try:
            with Path(name).open("rb") as file:
                text = file.read(_MOST_TEXT + 1)
        except FileNotFoundError:
            raise FileMissingError(f"{name}: no such file") from None
        except OSError as error:
            raise FITSIOError(f"{name}: cannot read the file: {error.strerror}") from None
        if len(text) > _MOST_TEXT:
            message = f"{name}: too large for the text of a header; read_header() reads FITS files"
            raise ValueError(message)
        try:
            return cls.from_string(text)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None

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

    def to_file(
        self, path: str | bytes | os.PathLike[Any], *, sep: str = "\n", overwrite: bool = False
    ) -> None:
        r"""Write the cards, and END, to a text file that `from_file` reads.

        Parameters
        ----------
        path : str, bytes or path-like
            Gets the file when it is complete: an older one is replaced as a whole.
        sep : str
            ``"\n"`` for a line each, to be read and edited by people, or ``""`` for cards of 80
            bytes in whole blocks, as in a FITS file.
        overwrite : bool
            Replace a file that exists.
        """
        if sep not in {"", "\n"}:
            raise ValueError(f"sep= is '\\n' for lines or '' for cards of 80 bytes, not {sep!r}")
        text = self.to_string(sep)
        if sep:
            lines = text.split("\n")
            if len(lines) != self._list.lines() + 1:
                raise ValueError("a card holds a line break, which lines cannot keep; use sep=''")
            text = "".join(line.rstrip(" ") + "\n" for line in lines)
        _core.write_text(os.fsdecode(path), text.encode("latin-1"), overwrite)

    # Looking up

    @overload
    def __getitem__(self, key: slice) -> Self: ...
    @overload
    def __getitem__(self, key: Key) -> Any: ...
    def __getitem__(self, key: Key | slice) -> Any:
        if isinstance(key, str):
            value = self._list.value(key, _MISSING)
            if value is not _MISSING:
                return value
            if "*" in key or "?" in key:
                return self._from_core(self._list.select(self._matching(key)))
            raise self._not_found(key)
        if isinstance(key, slice):
            return self._from_core(self._list.select(list(range(len(self))[key])))
        return self._list.value_at(self.index(key))

    def get(self, key: Key, default: Any = None) -> Any:
        """Give the value of `key`, or `default` where there is no such card."""
        if isinstance(key, str):
            return self._list.value(key, default)
        try:
            return self[key]
        except (KeyError, IndexError):
            return default

    def __contains__(self, key: object) -> bool:
        if is_repeated(key):
            return key[1] >= 0 and self._list.find(*key) is not None
        return isinstance(key, str) and self._list.find(key) is not None

    def count(self, keyword: str) -> int:
        """Give the number of cards of that keyword."""
        return len(self._list.positions(keyword))

    def index(self, key: Key) -> int:
        """Give the position of the card that a keyword, ``(keyword, n)`` or position means."""
        given: Any = key
        if not isinstance(given, bool) and hasattr(given, "__index__"):
            position = operator.index(given)
            if -len(self) <= position < len(self):
                return position % len(self)
            raise IndexError(f"no card {position}: the header has {len(self)}, counted from 0")
        if not (isinstance(key, str) or is_repeated(key)):
            message = f"a header key is a keyword, (keyword, n), a position or a slice, not {key!r}"
            raise TypeError(message)
        keyword, nth = (key, 0) if isinstance(key, str) else key
        found = self._list.find(keyword, nth) if nth >= 0 else None
        if found is None:
            raise self._not_found(keyword, nth)
        return found

    @property
    def comments(self) -> Comments:
        """The comments of cards: ``h.comments["KEY"]``, to read and to set."""
        return Comments(self)

    # As a sequence of cards

    def __len__(self) -> int:
        return len(self._list)

    def __iter__(self) -> Iterator[str]:
        return iter(self._list.keywords())

    def _ipython_key_completions_(self) -> list[str]:
        return [keyword for keyword in dict.fromkeys(self) if keyword]

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

    # As a Python object

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._from_cards, (self._list.text(),)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CardList):
            return NotImplemented
        same = self._list.same_text(other._list)
        return same or self._list.cards() == other._list.cards()

    def __repr__(self) -> str:
        text = self._list.text().decode("latin-1")
        return "\n".join(text[i : i + 80].rstrip() for i in range(0, len(text), 80))

    def _repr_html_(self) -> str:
        return header_html(self.cards)

    # Private

    def _matching(self, pattern: str) -> list[int]:
        """Positions of the cards whose keyword fits a pattern of ``*`` and ``?``."""
        joker = {"*": ".*", "?": "."}
        wanted = re.compile("".join(joker.get(c) or re.escape(c) for c in normal(pattern)))
        return [i for i, k in enumerate(self._list.keywords()) if wanted.fullmatch(k)]

    def _not_found(self, keyword: str, nth: int = 0) -> KeywordNotFoundError:
        name = normal(keyword)
        found = self.count(keyword)
        if found:
            return KeywordNotFoundError(
                f"no card {nth} of keyword '{name}': the header has {found}, counted from 0"
            )
        known = list(dict.fromkeys(self._list.keywords()))[:_MOST_COMPARED]
        near = difflib.get_close_matches(name, known, n=3)
        hint = "; did you mean " + " or ".join(f"'{k}'" for k in near) + "?" if near else ""
        return KeywordNotFoundError(f"no keyword '{name}' in the header of {len(self)} cards{hint}")
