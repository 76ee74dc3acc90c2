# SPDX-License-Identifier: BSD-3-Clause
"""Why readers differ, and who is right: by the Standard, or by what docs/choices.md says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .differences import Difference
from .readings import CRASH, Reading


@dataclass(frozen=True)
class Seen:
    """A difference, and the two readings of its HDU."""

    difference: Difference
    ours: Reading
    theirs: Reading

    def column_has(self, *keywords: str) -> bool:
        """Whether the header has one of these for the column."""
        if not isinstance(self.ours.data, dict):
            return False
        number = int(self.difference.where.split(" ")[0]) + 1
        return any(f"{keyword}{number}" in self.ours.keywords for keyword in keywords)

    def column_format(self) -> str:
        """TFORM of the column, without its repeat count."""
        column = self.ours.columns.get(self.difference.where)
        return "" if column is None else column.format.lstrip("0123456789")

    def arrays(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The numbers that differ, where they are arrays."""
        pair = []
        for data in (self.ours.data, self.theirs.data):
            found = data.get(self.difference.where) if isinstance(data, dict) else data
            pair.append(found)
        a, b = pair
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.shape == b.shape:
            return a, b
        return None

    def nearly(self) -> bool:
        """Whether they differ by the last digits of the narrower dtype only."""
        arrays = self.arrays()
        if arrays is None or {a.dtype.kind for a in arrays} != {"f"}:
            return False
        narrow = min((a.dtype for a in arrays), key=lambda dtype: dtype.itemsize)
        a, b = (array.astype("f8") for array in arrays)
        close = np.abs(a - b) <= 4 * np.finfo(narrow).eps * np.abs(a)
        return bool(np.all(close | (np.isnan(a) & np.isnan(b))))

    def only_at_nan(self) -> bool:
        """Whether they differ only where torchfits has NaN, but for the last digits."""
        arrays = self.arrays()
        if arrays is None or arrays[0].dtype.kind != "f":
            return False
        a, b = (array.astype("f8") for array in arrays)
        nan = np.isnan(a)
        return bool(nan.any() and np.allclose(a[~nan], b[~nan], rtol=1e-6, atol=0))


@dataclass(frozen=True)
class Choice:
    """A difference that is known: where it is seen, who is right, and why."""

    reader: str
    """The reader that differs; empty for any."""
    aspects: str
    right: str
    why: str
    seen: Callable[[Seen], bool]

    def explains(self, what: Seen) -> bool:
        difference = what.difference
        named = self.reader in ("", difference.reader)
        return named and difference.aspect in self.aspects.split() and self.seen(what)


def explanation(what: Seen) -> Choice | None:
    """The first choice that explains it."""
    return next((choice for choice in CHOICES if choice.explains(what)), None)


def _record_valued(what: Seen) -> bool:
    keyword, values = what.difference.where, what.difference.ours
    if values is None:
        return keyword.split(".")[0] in what.ours.keywords
    assert isinstance(values, list)
    return any(re.fullmatch(r"[A-Z][A-Z0-9.]*: \S+", str(value)) for value in values)


def _one_of_several(what: Seen) -> bool:
    ours, theirs = what.difference.ours, what.difference.theirs
    if not isinstance(ours, list) or not isinstance(theirs, list):
        return False
    return len(ours) > len(theirs) == 1 and theirs[0] in ours


def _text_without_value(what: Seen) -> bool:
    ours, theirs = what.difference.ours, what.difference.theirs
    assert isinstance(ours, list)
    return isinstance(theirs, list) and str(theirs[0]) in str(ours[0]) and "=" in str(ours[0])


def _stripped(what: Seen) -> bool:
    """Every text is the other reader's up to its first NUL, but for what it strips at the end."""
    ours, theirs = (
        data.get(what.difference.where) if isinstance(data, dict) else None
        for data in (what.ours.data, what.theirs.data)
    )
    if not isinstance(ours, list) or not isinstance(theirs, list):
        return False
    return all(
        isinstance(a, str) and isinstance(b, str) and a.rstrip() == b.split("\0")[0].rstrip()
        for a, b in zip(ours, theirs, strict=True)
    )


def _widths_of_integers(what: Seen) -> bool:
    if what.ours.kind != "ascii_table":
        return False
    ours, theirs = (np.dtype(str(d)) for d in (what.difference.ours, what.difference.theirs))
    return ours.kind == theirs.kind


def _blank(what: Seen) -> bool:
    declared = "BLANK" in what.ours.keywords or "ZBLANK" in what.ours.stored_keywords
    return declared and (what.difference.aspect == "dtype" or what.only_at_nan())


def _in_group(what: Seen) -> bool:
    return what.ours.kind == "random_groups"


def _scaled(what: Seen) -> bool:
    return what.column_has("TSCAL", "TZERO")


def _compressed_table(what: Seen) -> bool:
    return what.ours.kind in ("table", "ascii_table") and "ZTABLE" in what.theirs.keywords


CHOICES = (
    Choice(
        "", "kind keyword error shape columns dtype values", "torchfits",
        "T39: the other reader shows the table of bytes that holds the compressed table",
        _compressed_table,
    ),
    Choice(
        "fitsio", "keyword", "torchfits",
        "fitsio drops the text of cards without a keyword (section 4.4.2.4)",
        lambda what: what.difference.where == "",
    ),
    Choice(
        "astropy", "keyword", "torchfits",
        "T67: astropy takes a string of the form 'AXIS.1: 1' for a keyword of its own",
        _record_valued,
    ),
    Choice(
        "fitsio", "keyword", "torchfits",
        "T77: fitsio keeps one of the cards of a repeated keyword",
        _one_of_several,
    ),
    Choice(
        "fitsio", "keyword", "torchfits",
        "no '= ' in bytes 9 and 10, so the card has text and no value (section 4.1.2.2)",
        _text_without_value,
    ),
    Choice(
        "astropy", "keyword", "torchfits",
        "T5: astropy adds EXTEND when it opens a file; it is not there",
        lambda what: what.difference.where == "EXTEND" and what.difference.ours is None,
    ),
    Choice(
        "astropy", "kind keyword", "torchfits",
        "GROUPS means random groups only where NAXIS1 = 0 (section 6.1.1)",
        lambda what: "GROUPS" in what.ours.keywords and what.theirs.kind == "random_groups"
        and what.ours.kind == "image",
    ),
    Choice(
        "fitsio", "kind shape", "torchfits",
        "fitsio has no random groups (section 6): it shows an image without pixels",
        _in_group,
    ),
    Choice(
        "astropy", "columns dtype values", "torchfits",
        "T86: parameters of one name are added, in double precision (section 6.2)",
        lambda what: _in_group(what) and "DATA" not in what.difference.where,
    ),
    Choice(
        "astropy", "dtype", "both",
        "astropy gives scaled data of random groups as float64, torchfits with the dtype of images",
        _in_group,
    ),
    Choice(
        "", "dtype values", "torchfits",
        "T6, T8: pixels that equal BLANK are undefined, hence NaN (section 5.3)",
        _blank,
    ),
    Choice(
        "astropy", "values", "torchfits",
        "astropy scales BITPIX 8 and 16 in float32; torchfits, like CFITSIO, in double precision, "
        "rounded once (T3): the last digit differs",
        lambda what: what.ours.kind.endswith("image") and what.nearly(),
    ),
    Choice(
        "", "dtype", "both",
        "T43: integers of ASCII tables are int64 whatever their width, floats float64",
        _widths_of_integers,
    ),
    Choice(
        "", "values", "torchfits",
        "T43: a blank field of an ASCII table, or one that equals TNULL, is null (section 7.2.4)",
        lambda what: what.ours.kind == "ascii_table" and what.only_at_nan(),
    ),
    Choice(
        "fitsio", "values", "torchfits",
        "CFITSIO does not round the text of a number to the nearest double",
        lambda what: what.ours.kind == "ascii_table" and what.nearly(),
    ),
    Choice(
        "", "values", "torchfits",
        "T42: TNULL is compared with the stored number, before scaling (section 7.3.2)",
        lambda what: what.column_has("TNULL") and what.only_at_nan(),
    ),
    Choice(
        "astropy", "dtype", "both",
        "T45: bytes with TZERO = -128 are int8; astropy gives float64 of the same values",
        lambda what: str(what.difference.ours) == "int8" and _scaled(what),
    ),
    Choice(
        "fitsio", "dtype values", "torchfits",
        "T47: scaled columns are computed in double precision; fitsio keeps the stored width",
        lambda what: _scaled(what) and what.nearly(),
    ),
    Choice(
        "astropy", "values", "torchfits",
        "T40: text ends at NUL; only blanks behind it go, no control characters (section 7.3.3.1)",
        _stripped,
    ),
    Choice(
        "fitsio", "error", "torchfits",
        "T63: fitsio does not read text with bytes above 127",
        lambda what: "UnicodeDecodeError" in str(what.difference.theirs),
    ),
    Choice(
        "", "error", "torchfits",
        "T75: one card is no valid value; it stays text, and the rest of the HDU is read",
        lambda what: bool(what.ours.problems)
        and re.search("Unparsable card|FITSIO status", str(what.difference.theirs)) is not None,
    ),
    Choice(
        "fitsio", "error", "torchfits",
        "fitsio takes the string of a HIERARCH card for a number, and gives no header",
        lambda what: any(" " in keyword for keyword in what.ours.keywords)
        and not what.ours.problems and "FITSIO status = 107" in str(what.difference.theirs),
    ),
    Choice(
        "astropy", "error", "torchfits",
        "astropy does not read bit columns with TDIM (section 7.3.2)",
        lambda what: any(
            column.format.endswith("X") and column.dim for column in what.ours.columns.values()
        ),
    ),
    Choice(
        "astropy", "error", "torchfits",
        "astropy does not read tables with a column without TTYPE, which is optional "
        "(section 7.3.1)",
        lambda what: "field names must be strings" in str(what.difference.theirs),
    ),
    Choice(
        "fitsio", "dtype values shape", "both",
        "logicals and bits of fitsio are bytes, T and F or 1 and 0; those of torchfits are bool",
        lambda what: what.column_format()[:2] in ("PL", "QL") or what.column_format()[:1] == "X",
    ),
    Choice(
        "fitsio", "dtype", "both",
        "fitsio gives 32-bit cells of variable length as int64",
        lambda what: what.column_format()[:2] == "PJ" and "int64" in str(what.difference.theirs),
    ),
    Choice(
        "fitsio", "file", "fitsio",
        "BITPIX must be the second card (section 4.4.1.1); torchfits reads the header all the same",
        lambda what: "not BITPIX" in str(what.difference.theirs),
    ),
    Choice(
        "", "file", "torchfits",
        "the other reader's process crashes",
        lambda what: what.difference.theirs == CRASH != what.difference.ours,
    ),
    Choice(
        "astropy", "file", "torchfits",
        "astropy needs another package for files that were packed with `compress`",
        lambda what: "ModuleNotFoundError" in str(what.difference.theirs),
    ),
)  # fmt: skip
"""In the order in which they are tried."""
