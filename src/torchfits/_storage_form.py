# SPDX-License-Identifier: BSD-3-Clause
"""In which form data are written: the kind of HDU, and the integers that an image is scaled to."""

from __future__ import annotations

import dataclasses
import difflib
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from ._fields import Field, fields_of, table_of
from ._keywords import finite_number
from ._strings import Strings
from ._table import Table

if TYPE_CHECKING:
    # The kind of HDU, and what bindings/new_hdus.cpp says of it.
    CoreForm = tuple[str, Any]

KINDS = ("image", "table", "ascii_table", "random_groups")
_BITPIX = (8, 16, 32, 64)
# How integers are stored that are not scaled: BITPIX and BZERO.
_PLAIN = {
    "uint8": (8, 0.0), "int8": (8, -128.0), "uint16": (16, 2.0**15), "int16": (16, 0.0),
    "uint32": (32, 2.0**31), "int32": (32, 0.0), "uint64": (64, 2.0**63), "int64": (64, 0.0),
}  # fmt: skip


class Storage(TypedDict, total=False):
    """Keywords of `torchfits.write` that say how one HDU is stored."""

    kind: str | None
    bitpix: int | None
    bscale: float | None
    bzero: float | None
    blank: int | None


@dataclass(frozen=True)
class Form:
    """The same, checked."""

    kind: str | None = None
    bitpix: int | None = None
    bscale: float | None = None
    bzero: float | None = None
    blank: int | None = None

    def given(self) -> list[str]:
        """The keywords that are not left out."""
        return [f"{name}=" for name, value in vars(self).items() if value is not None]

    def of_image(self, dtype: str | None) -> CoreForm:
        """For an image of a dtype that FITS has; ``None``: for a header alone."""
        if self.kind not in (None, "image"):
            raise TypeError(f"kind={self.kind!r} takes a table; the data is none")
        if not self._scaling():
            return ("image", None)
        if dtype is None:
            raise TypeError(f"{', '.join(self._scaling())} take an image; there is none")
        bitpix, bzero = self.bitpix, self.bzero
        if bitpix is None:
            if dtype not in _PLAIN or self.bscale is not None or bzero is not None:
                raise ValueError(
                    f"{', '.join(self._scaling())} store {dtype} as integers: say which with "
                    "bitpix=8 (0 to 255), 16 (-32768 to 32767), 32 or 64"
                )
            bitpix, bzero = _PLAIN[dtype]
        bscale = 1.0 if self.bscale is None else self.bscale
        return ("image", (bitpix, bscale, 0.0 if bzero is None else bzero, self.blank))

    def of_table(self) -> str:
        """The kind of a table."""
        if self._scaling():
            raise TypeError(f"{', '.join(self._scaling())} take an image, and the data is a table")
        if self.kind == "image":
            raise TypeError("kind='image' takes a tensor or an array of numbers, not a table")
        return self.kind or "table"

    def _scaling(self) -> list[str]:
        return [keyword for keyword in self.given() if keyword != "kind="]


def as_form(
    *,
    kind: Any = None,
    bitpix: Any = None,
    bscale: Any = None,
    bzero: Any = None,
    blank: Any = None,
) -> Form:
    """Check the keywords of `torchfits.write` that say how an HDU is stored."""
    if kind == "compressed_image":
        raise ValueError("kind='compressed_image' is what compress= gives; pass that")
    if kind is not None and kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; use one of {', '.join(KINDS)}")
    if bitpix is not None and (isinstance(bitpix, bool) or bitpix not in _BITPIX):
        raise ValueError(
            f"bitpix={bitpix!r}; use 8, 16, 32 or 64 for integers; of floats the dtype says how "
            "they are stored"
        )
    bscale = None if bscale is None else finite_number("bscale", bscale)
    bzero = None if bzero is None else finite_number("bzero", bzero)
    if bscale == 0.0:
        raise ValueError("bscale=0 would leave nothing of the values; use another number")
    if blank is not None and (isinstance(blank, bool) or not hasattr(blank, "__index__")):
        raise TypeError(f"blank= takes the integer that stands for NaN, not {blank!r}")
    blank = None if blank is None else operator.index(blank)
    if blank is not None and not -(2**63) <= blank < 2**63:
        raise ValueError(f"blank={blank} is no integer of 64 bits")
    return Form(kind, bitpix, bscale, bzero, blank)


def form_of_keywords(method: str, storage: Storage) -> Form:
    """Check the last keywords of a method of `FITS`, of which none may be unknown."""
    for keyword in storage:
        if keyword not in Storage.__annotations__:
            known = ["header", "name", "compress", "checksum", *Storage.__annotations__]
            near = difflib.get_close_matches(keyword, known, 1)
            hint = f"did you mean {near[0]}=? It" if near else "it"
            raise TypeError(
                f"{method}() has no keyword {keyword}=; {hint} takes {', '.join(known[:-1])} and "
                f"{known[-1]}"
            )
    return as_form(**storage)


def ascii_columns(table: Table) -> tuple[Table, list[tuple[str, str]]]:
    """Texts of one width, and the TFORM and TNULL of the columns, as their file has them."""
    fields = [_of_one_width(field) for field in fields_of(table)]
    columns = [field.column for field in fields]
    words = [(c.format, c.null if isinstance(c.null, str) else "") for c in columns]
    return table_of(Table, fields), words


def _of_one_width(field: Field) -> Field:
    values = field.values
    if not isinstance(values, Strings) or values.offsets is None:
        return field
    return dataclasses.replace(field, values=Strings.from_list(values._cut()))
