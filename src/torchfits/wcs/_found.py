# SPDX-License-Identifier: BSD-3-Clause
"""The cards of one WCS, sorted by name and axis, and their values, checked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ._wcs_keywords import PAIRS, Indices, indices_of

Cards = dict[str, Any]
"""The cards that bear on one WCS, by keyword; ``DP1 = 'EXTVER: 1'`` as ``DP1.EXTVER``."""

_RECORD = re.compile(r"\s*([A-Za-z][\w.]*)\s*:\s*([+-]?[\d.]\S*)\s*")
MOST_AXES = 32  # of wcslib too
_FORTRAN = re.compile(r"([+-]?\d*\.\d*)([+-]\d{1,3})")  # of 0.806E-297, the E has no room


def _number_in(text: str) -> float:
    """The number that a text is, NaN where it is none."""
    text = text.strip().upper().replace("D", "E")
    if match := _FORTRAN.fullmatch(text):
        text = f"{match[1]}E{match[2]}"
    try:
        return float(text)
    except ValueError:
        return math.nan


@dataclass
class Found:
    """The cards of one WCS, sorted; each with the keyword that it came from."""

    suffix: str
    """The letter of an alternate WCS, or nothing."""
    cards: Cards = field(default_factory=dict)
    axes: dict[str, dict[int, Any]] = field(default_factory=dict)
    """``axes["CRVAL"][2]`` is the value of CRVAL2."""
    pairs: dict[str, dict[tuple[int, int], Any]] = field(default_factory=dict)
    """``pairs["PC"][1, 2]`` is the value of PC1_2."""
    single: Cards = field(default_factory=dict)
    """Keywords without axes, without their letter."""
    source: dict[str, str] = field(default_factory=dict)
    """Keywords of tables, by the one for images that they stand for."""
    other_keys: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    """What was read although the Standard does not allow it."""
    used: int = 0
    """The highest axis that a keyword names."""
    described: bool = False
    """Whether there is any card of this WCS."""

    def take(self, keyword: str, value: Any) -> None:
        """Sort a card in, if it is of this WCS. The last of repeated ones counts, as in wcslib."""
        indices = indices_of(keyword)
        if indices is not None and self.wants(indices):
            self.put(keyword, indices, value)

    def wants(self, indices: Indices) -> bool:
        """Whether a keyword is of this WCS."""
        letter = indices[1]
        if letter in {self.suffix, "*"}:
            return True
        self.other_keys.add(letter or " ")
        return False

    def put(self, keyword: str, indices: Indices, value: Any) -> None:
        """Keep a card of this WCS; an undefined value is none."""
        if value is None:
            return
        if type(value) is not float and not (
            isinstance(value, (str, complex)) or hasattr(value, "__float__")
        ):
            raise ValueError(f"{self.named(keyword)} = {value!r}: a card has a number or text")
        name, letter, i, _ = indices
        if keyword[0] == "D" or keyword in self.cards:
            self._keep(keyword, value)
        else:
            self.cards[keyword] = value
        if letter == "*":
            if name:
                self.single[name] = value
            return
        self.described = True
        if name in PAIRS:
            self._put_pair(keyword, indices, value)
        elif i:
            self.axes.setdefault(name, {})[i] = value
            self._use(i, keyword)
        else:
            self.single[name] = value

    def _put_pair(self, keyword: str, indices: Indices, value: Any) -> None:
        name, letter, i, j = indices
        matrix = name in {"PC", "CD"}
        if not i or (matrix and not j):
            self.notes.append(f"{keyword} counts axes from 0; it is left out")
            return
        if matrix and keyword != (standard := f"{name}{i}_{j}{letter}"):
            self.notes.append(f"{self.named(keyword)} is an old form of {standard}")
        self.pairs.setdefault(name, {})[i, j] = value
        self._use(max(i, j) if matrix else i, keyword)

    def _use(self, axis: int, keyword: str) -> None:
        if axis <= self.used:
            return
        if axis > MOST_AXES:
            raise ValueError(
                f"{self.named(keyword)} speaks of axis {axis}; a WCS has {MOST_AXES} axes at most"
            )
        self.used = axis

    def _keep(self, keyword: str, value: Any) -> None:
        """What may be a record, or one of several cards."""
        if keyword[0] == "D" and isinstance(value, str) and (record := _RECORD.fullmatch(value)):
            keyword = f"{keyword}.{record[1]}"
            value = self._record_value(keyword, record[2])
        if keyword in self.cards and keyword[:4] not in {"NAXI", "DATE"}:
            old = self.cards[keyword]
            if old != value:
                self.notes.append(
                    f"{self.named(keyword)} is there twice, as {old!r} and {value!r}; the last "
                    "counts"
                )
        self.cards[keyword] = value

    def _record_value(self, keyword: str, text: str) -> float:
        try:
            return float(text.upper().replace("D", "E"))
        except ValueError:
            raise ValueError(f"{keyword} = '{text}' is not a number") from None

    def named(self, keyword: str) -> str:
        """The keyword that the header has: ``TCRVL11`` for CRVAL1 of a table."""
        return self.source.get(keyword, keyword)

    # Values, checked

    def number(self, keyword: str, value: Any) -> float:
        """A value as a finite number.

        Raises
        ------
        ValueError
            Naming keyword and value.
        """
        if type(value) is float and math.isfinite(value):
            return value
        name = self.named(keyword)
        if isinstance(value, str):
            number = _number_in(value)
            if math.isfinite(number):
                self.notes.append(f"{name} = '{value}' is text; it is read as {number!r}")
        elif isinstance(value, (bool, complex)) or not hasattr(value, "__float__"):
            number = math.nan
        else:
            number = float(value)
        if math.isfinite(number):
            return number
        raise ValueError(f"{name} = {value!r} is not a finite number; correct or remove the card")

    def text(self, keyword: str, value: Any) -> str:
        """A value as text, without the blanks around it."""
        if isinstance(value, str):
            return value.strip()
        raise ValueError(f"{self.named(keyword)} = {value!r} is not text; put it into quotes")

    def lenient(self, keyword: str, value: Any) -> float | None:
        """A number that coordinates do without: what is none is left out, and reported."""
        try:
            return self.number(keyword, value)
        except ValueError:
            self.notes.append(f"{self.named(keyword)} = {value!r} is no number; it is left out")
            return None

    def numbers(self, name: str, count: int, default: float) -> list[float]:
        """The values of an indexed keyword, one for each axis."""
        values = [default] * count
        for axis, value in self.axes.get(name, {}).items():
            values[axis - 1] = self.number(f"{name}{axis}{self.suffix}", value)
        return values

    def texts(self, name: str, count: int) -> list[str]:
        """The texts of an indexed keyword, one for each axis."""
        values = [""] * count
        for axis, value in self.axes.get(name, {}).items():
            values[axis - 1] = self.text(f"{name}{axis}{self.suffix}", value)
        return values

    def optional(self, name: str) -> float | None:
        """The number of a keyword without axes, where the header has it."""
        value = self.single.get(name)
        return None if value is None else self.number(name + self.suffix, value)

    def parameters(self) -> dict[tuple[int, int], float]:
        """The numbers of PVi_m."""
        return {
            (i, m): value
            if type(value) is float and math.isfinite(value)
            else self.number(f"PV{i}_{m}{self.suffix}", value)
            for (i, m), value in self.pairs.get("PV", {}).items()
        }

    def of_pairs(self, name: str) -> Iterable[tuple[tuple[int, int], str, Any]]:
        """Indices, keyword and value of PC, CD or PS."""
        for (i, j), value in self.pairs.get(name, {}).items():
            yield (i, j), f"{name}{i}_{j}{self.suffix}", value
