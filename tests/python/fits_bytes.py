# SPDX-License-Identifier: BSD-3-Clause
"""A tiny writer of FITS files for the tests: bytes in, bytes out, no library.

It writes what it is told to, right or wrong: that is how the tests make files that break a rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

BLOCK = 2880
BITPIX = {"u1": 8, "i2": 16, "i4": 32, "i8": 64, "f4": -32, "f8": -64}


def padded(data: bytes, fill: bytes = b"\0") -> bytes:
    """`data` and what brings it to a whole number of blocks."""
    return data + fill * (-len(data) % BLOCK)


def text_card(text: str | bytes) -> bytes:
    """A card given as it stands in the file."""
    raw = text.encode("latin-1") if isinstance(text, str) else text
    if len(raw) > 80:
        raise ValueError(f"a card has 80 bytes, not {len(raw)}: {raw!r}")
    return raw.ljust(80)


def card(keyword: str, value: object = None, comment: str = "") -> bytes:
    """A card in fixed format; `None` is the undefined value."""
    if value is None:
        text = ""
    elif isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        quoted = value.replace("'", "''")
        text = f"'{quoted:<8}'"
    elif isinstance(value, float):
        text = f"{value!r:>20}".replace("e", "E")
    else:
        text = f"{value!s:>20}"
    return text_card(f"{keyword:<8}= {text}" + (f" / {comment}" if comment else ""))


def make_header(cards: Iterable[bytes]) -> bytes:
    """Cards, END, blanks to the end of the block."""
    return padded(b"".join(cards) + text_card("END"), b" ")


def make_hdu(cards: Iterable[bytes], data: bytes = b"") -> bytes:
    """A header of exactly these cards and its data, both padded."""
    return make_header(cards) + padded(data)


def axes_cards(bitpix: object, axes: Sequence[object]) -> list[bytes]:
    """BITPIX, NAXIS and NAXISn; `axes` in the order of the header."""
    naxis = [card(f"NAXIS{i}", n) for i, n in enumerate(axes, 1)]
    return [card("BITPIX", bitpix), card("NAXIS", len(axes)), *naxis]


def start_cards(extension: str | None) -> list[bytes]:
    """SIMPLE, or XTENSION."""
    return [card("SIMPLE", True) if extension is None else card("XTENSION", extension)]


def image(
    stored: np.ndarray, extra: Sequence[bytes] = (), *, extension: bool = False, name: str = ""
) -> bytes:
    """An image HDU of the stored numbers (any of the six FITS types, any byte order)."""
    bitpix = BITPIX[f"{stored.dtype.kind}{stored.dtype.itemsize}"]
    cards = start_cards("IMAGE" if extension else None)
    cards += axes_cards(bitpix, stored.shape[::-1])
    if extension:
        cards += [card("PCOUNT", 0), card("GCOUNT", 1)]
    cards += [card("EXTNAME", name)] if name else []
    data = stored.astype(stored.dtype.newbyteorder(">")).tobytes()
    return make_hdu([*cards, *extra], data)


def empty_primary(extra: Sequence[bytes] = ()) -> bytes:
    """A primary HDU without data."""
    return make_hdu([card("SIMPLE", True), card("BITPIX", 8), card("NAXIS", 0), *extra])


def table_cards(
    row_bytes: object, rows: object, fields: object, pcount: object = 0, gcount: object = 1
) -> list[bytes]:
    """The mandatory cards of a binary table."""
    cards = [card("XTENSION", "BINTABLE"), *axes_cards(8, (row_bytes, rows))]
    return [*cards, card("PCOUNT", pcount), card("GCOUNT", gcount), card("TFIELDS", fields)]


def table(
    columns: Sequence[tuple[str | None, str, np.ndarray]],
    extra: Sequence[bytes] = (),
    *,
    heap: bytes = b"",
    name: str = "",
) -> bytes:
    """A binary table HDU of (TTYPE or None, TFORM, field bytes as `[rows, width]` of uint8)."""
    rows = len(columns[0][2]) if columns else 0
    fields = [field.reshape(rows, field.shape[1]) for _, _, field in columns]
    data = np.concatenate(fields, axis=1) if fields else np.zeros((0, 0), np.uint8)
    cards = table_cards(data.shape[1], rows, len(columns), pcount=len(heap))
    cards += [card("EXTNAME", name)] if name else []
    for number, (ttype, tform, _) in enumerate(columns, 1):
        cards += [] if ttype is None else [card(f"TTYPE{number}", ttype)]
        cards += [card(f"TFORM{number}", tform)]
    return make_hdu([*cards, *extra], data.tobytes() + heap)


def field(values: object, dtype: str) -> np.ndarray:
    """The bytes of a field, `[rows, width]`, from values `[rows, ...]` and a numpy type code."""
    array = np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder(">"))
    width = array.itemsize * math.prod(array.shape[1:])
    return np.frombuffer(array.tobytes(), np.uint8).reshape(len(array), width)


def text_field(values: Sequence[bytes], width: int) -> np.ndarray:
    """The bytes of a string field, padded with blanks."""
    joined = b"".join(value.ljust(width) for value in values)
    return np.frombuffer(joined, np.uint8).reshape(len(values), width)
