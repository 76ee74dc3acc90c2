# SPDX-License-Identifier: BSD-3-Clause
"""How two files differ: their headers, pixels and cells, HDU by HDU."""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._cards import COMMENTARY
from .._dtypes import dtype_name
from .cells import python_rows
from .packing import NAME_OF_PACKED, is_packed_primary
from .unequal import Tolerance, Unequal, unequal_cells, unequal_elements

if TYPE_CHECKING:
    from .._fits import FITS
    from .._hdu import HDU
    from .._header import Header
    from .._table import Table

_BLOCK_ELEMENTS = 1 << 23
_BATCH_ROWS = 65536
_TABLES = ("table", "ascii_table", "random_groups")
_IMAGES = ("image", "compressed_image")
_OF_A_COLUMN = re.compile(r"(T[A-Z]{2,4})([1-9][0-9]{0,2})")
# How the same image is stored, in the headers of a plain and of a compressed one.
_STORAGE = (
    "SIMPLE", "XTENSION", "EXTEND", "BITPIX", "NAXIS*", "PCOUNT", "GCOUNT", "BSCALE", "BZERO",
    "CHECKSUM", "DATASUM",
)  # fmt: skip

Cards = dict[str, list[tuple[Any, str]]]  # values and comments of each keyword


@dataclass(frozen=True)
class Rules:
    """What counts as a difference."""

    tolerance: Tolerance = field(default_factory=Tolerance)
    ignored_keywords: tuple[str, ...] = ()
    """Patterns of ``*`` and ``?``, upper case."""
    ignored_comments: tuple[str, ...] = ()
    """Keywords whose comments may differ; patterns too."""
    listed: int = 10
    """Differing elements that are told of an image or a column."""


@dataclass(frozen=True)
class CardDifference:
    """One card; ``None`` where a file has it not."""

    keyword: str
    what: str
    """``"value"``, ``"comment"``, ``"only in a"`` or ``"only in b"``."""
    a: Any = None
    b: Any = None


@dataclass
class DataDifference:
    """Elements of an image or a column that differ."""

    column: str | None
    count: int = 0
    total: int = 0
    largest: float = 0.0
    """Of the absolute differences of numbers."""
    first: list[tuple[list[int], Any, Any]] = field(default_factory=list)
    """Position in numpy order, from 0; the two values."""

    def add(self, found: Unequal, start: Sequence[int], listed: int) -> None:
        """Count what was found in a block that begins at `start`."""
        self.count += found.count
        self.total += found.total
        self.largest = max(self.largest, found.largest)
        for position, a, b in found.first[: max(listed - len(self.first), 0)]:
            place = [
                at + begin for at, begin in itertools.zip_longest(position, start, fillvalue=0)
            ]
            self.first.append((place, a, b))


@dataclass
class HDUDifference:
    """What differs between two HDUs."""

    a: int
    b: int
    name: str
    notes: list[str] = field(default_factory=list)
    """Differences of kind, shape, dtype, columns, rows."""
    cards: list[CardDifference] = field(default_factory=list)
    data: list[DataDifference] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not (self.notes or self.cards or self.data)


@dataclass
class Comparison:
    """What differs between two files."""

    notes: list[str]
    hdus: list[HDUDifference]

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not self.notes and all(hdu.equal for hdu in self.hdus)


def compare(a: FITS, b: FITS, rules: Rules) -> Comparison:
    """Compare two files. An image may be compressed in one of them."""
    left, right = _counted_hdus(a), _counted_hdus(b)
    both = list(zip(left, right, strict=False))
    notes = [f"HDUs: {len(left)} and {len(right)}; the first {len(both)} are compared"]
    differ = len(left) != len(right)
    return Comparison(notes if differ else [], [_compare_hdus(*pair, rules) for pair in both])


def _counted_hdus(fits: FITS) -> list[HDU]:
    """All HDUs, without the empty one before a compressed image that was the primary HDU."""
    hdus = list(fits)
    return hdus[1:] if is_packed_primary(fits) else hdus


def _compare_hdus(a: HDU, b: HDU, rules: Rules) -> HDUDifference:
    found = HDUDifference(a.index, b.index, a.name or b.name)
    ignored = rules.ignored_keywords
    both_images = a.kind in _IMAGES and b.kind in _IMAGES
    if a.kind != b.kind and both_images:
        ignored += _STORAGE
        if NAME_OF_PACKED in (a.header.get("EXTNAME"), b.header.get("EXTNAME")):
            ignored += ("EXTNAME",)
    both_tables = a.kind in _TABLES and b.kind in _TABLES
    cards_a, cards_b = _by_keyword(a.header), _by_keyword(b.header)
    if both_tables:
        common = _common_columns(a, b, found)
        cards_a = _by_column(cards_a, [one for one, _ in common], a)
        cards_b = _by_column(cards_b, [one for _, one in common], b)
    found.cards = list(_card_differences(cards_a, cards_b, rules, ignored))
    if both_images:
        _compare_images(a, b, rules, found)
    elif both_tables:
        _compare_tables(a, b, common, rules, found)
    elif a.kind != b.kind:
        found.notes.append(f"kind: {a.kind} and {b.kind}")
    elif a.data_bytes:
        found.notes.append(f"data of kind '{a.kind}' are not compared")
    return found


# Headers


def _card_differences(
    of_a: Cards, of_b: Cards, rules: Rules, ignored: tuple[str, ...]
) -> Iterator[CardDifference]:
    """Keywords in the order of `a`, then those of `b` alone; the order does not count."""
    for keyword in dict.fromkeys([*of_a, *of_b]):
        if _fits_one(keyword, ignored):
            continue
        cards = of_a.get(keyword, []), of_b.get(keyword, [])
        if keyword in COMMENTARY:
            yield from _text_differences(keyword, *cards)
            continue
        comments_count = not _fits_one(keyword, rules.ignored_comments)
        for one, other in itertools.zip_longest(*cards):
            if one is None or other is None:
                what = "only in a" if other is None else "only in b"
                yield CardDifference(keyword, what, one and one[0], other and other[0])
                continue
            if not _same_value(one[0], other[0], rules.tolerance):
                yield CardDifference(keyword, "value", one[0], other[0])
            if comments_count and one[1] != other[1]:
                yield CardDifference(keyword, "comment", one[1], other[1])


def _by_keyword(header: Header) -> Cards:
    cards: Cards = {}
    for keyword, value, comment in header.cards:
        if keyword or value:  # not the blank ones
            cards.setdefault(keyword, []).append((value, comment))
    return cards


def _by_column(cards: Cards, names: list[str], hdu: HDU) -> Cards:
    """Keywords of columns bear the name of the column, and those of other columns are left out."""
    known = {name: f"({name.casefold()})" for name in names}
    columns = [known.get(column.name, "") for column in hdu.columns]
    named: Cards = {}
    for keyword, values in cards.items():
        match = _OF_A_COLUMN.fullmatch(keyword)
        if match is None or not 1 <= int(match[2]) <= len(columns):
            named[keyword] = values
        elif columns[int(match[2]) - 1]:
            named[match[1] + columns[int(match[2]) - 1]] = values
    return named


def _text_differences(
    keyword: str, a: list[tuple[Any, str]], b: list[tuple[Any, str]]
) -> Iterator[CardDifference]:
    of_a, of_b = Counter(text for text, _ in a), Counter(text for text, _ in b)
    for text in (of_a - of_b).elements():
        yield CardDifference(keyword, "only in a", text, None)
    for text in (of_b - of_a).elements():
        yield CardDifference(keyword, "only in b", None, text)


def _same_value(a: Any, b: Any, tolerance: Tolerance) -> bool:
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b or abs(a - b) <= tolerance.absolute + tolerance.relative * abs(b)
    return bool(a == b) and isinstance(a, str) == isinstance(b, str)


def _fits_one(keyword: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(keyword, pattern) for pattern in patterns)


# Images


def _compare_images(a: HDU, b: HDU, rules: Rules, found: HDUDifference) -> None:
    if a.shape != b.shape:
        found.notes.append(f"shape: {list(a.shape)} and {list(b.shape)}")
        return
    if a.dtype != b.dtype:
        found.notes.append(f"dtype: {dtype_name(a.dtype)} and {dtype_name(b.dtype)}")
    difference = DataDifference(None)
    for section in _blocks(a.shape):
        start = [part.start if isinstance(part, slice) else part for part in section]
        flags = unequal_elements(a[section].numpy(), b[section].numpy(), rules.tolerance)
        kept = [axis for axis, part in enumerate(section) if isinstance(part, slice)]
        difference.add(_in_all_axes(flags, len(start) - len(kept)), start, rules.listed)
    if difference.count:
        found.data.append(difference)


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
    """Sections of an image, some million elements each, in its order."""
    if not shape:
        return
    inner = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        inner[axis] = inner[axis + 1] * max(shape[axis + 1], 1)
    cut = next(axis for axis in range(len(shape)) if inner[axis] <= _BLOCK_ELEMENTS)
    step = max(_BLOCK_ELEMENTS // inner[cut], 1)
    for outer in itertools.product(*map(range, shape[:cut])):
        for start in range(0, shape[cut], step):
            yield (*outer, slice(start, min(start + step, shape[cut])))


def _in_all_axes(found: Unequal, outer: int) -> Unequal:
    """Positions with the axes that the section took one position of."""
    first = [([0] * outer + position, a, b) for position, a, b in found.first]
    return Unequal(found.count, found.total, found.largest, first)


# Tables


def _compare_tables(
    a: HDU, b: HDU, common: list[tuple[str, str]], rules: Rules, found: HDUDifference
) -> None:
    rows = min(len(a), len(b))
    if len(a) != len(b):
        found.notes.append(f"rows: {len(a)} and {len(b)}; the first {rows} are compared")
    if not common or not rows:
        return
    names_a, names_b = [one for one, _ in common], [other for _, other in common]
    differences = [DataDifference(name) for name in names_a]
    batches = zip(
        a.scan(_BATCH_ROWS, names_a, rows=slice(rows)),
        b.scan(_BATCH_ROWS, names_b, rows=slice(rows)),
        strict=True,
    )
    start = 0
    for one, other in batches:
        for position, difference in enumerate(differences):
            flags = _unequal_column(one, other, position, rules.tolerance)
            difference.add(flags, [start], rules.listed)
        start += len(one)
    found.data += [difference for difference in differences if difference.count]


def _common_columns(a: HDU, b: HDU, found: HDUDifference) -> list[tuple[str, str]]:
    """Names in both files, which differ in case at most, of columns that can be compared."""
    of_b = {column.name.casefold(): column for column in b.columns}
    common = []
    for column in a.columns:
        other = of_b.pop(column.name.casefold(), None)
        if other is None:
            found.notes.append(f"column {column.name!r}: only in a")
        elif (column.dtype is None) != (other.dtype is None) or column.shape != other.shape:
            found.notes.append(f"column {column.name!r}: format {column.format} and {other.format}")
        else:
            common.append((column.name, other.name))
    found.notes += [f"column {column.name!r}: only in b" for column in of_b.values()]
    return common


def _unequal_column(a: Table, b: Table, position: int, tolerance: Tolerance) -> Unequal:
    one: Any = a.values()[position]
    other: Any = b.values()[position]
    if hasattr(one, "numpy") and hasattr(other, "numpy"):
        nulls: list[Any] = [table._masks[position] for table in (a, b)]
        masks = [None if mask is None else mask.numpy() for mask in nulls]
        return unequal_elements(one.numpy(), other.numpy(), tolerance, masks[0], masks[1])
    of_a = [row[0] for row in python_rows(a[[a.names[position]]])]
    of_b = [row[0] for row in python_rows(b[[b.names[position]]])]
    return unequal_cells(of_a, of_b, tolerance)
