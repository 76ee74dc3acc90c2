# SPDX-License-Identifier: BSD-3-Clause
"""An independent reader for the tests: raw bytes, the Standard and numpy, nothing else.

Slow and short. What it gives is what `torchfits` has to give, dtype included.
"""

from __future__ import annotations

import bz2
import lzma
import math
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BLOCK = 2880
STORED = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
FIELD = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "C": ">c8"}
FIELD |= {"M": ">c16", "L": "u1", "X": "u1", "A": "u1", "P": ">i4", "Q": ">i8"}

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[EeDd][+-]?\d+)?"
_STRING = re.compile(r"\s*'((?:[^']|'')*)'")
_COMPLEX = re.compile(rf"\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\)$")
_TFORM = re.compile(r"\s*(\d*)([LXBIJKAEDCMPQ])(.*)", re.IGNORECASE)


class Junk(str):
    """A value field that is no FITS value."""

    __slots__ = ()


def load(path: str | Path) -> bytes:
    """The bytes of a FITS file without its outer compression."""
    raw = Path(path).read_bytes()
    if raw[:2] in (b"\x1f\x8b", b"\x1f\x9d"):
        return subprocess.run(["gzip", "-dc"], input=raw, capture_output=True, check=True).stdout
    if raw[:3] == b"BZh":
        return bz2.decompress(raw)
    if raw[:6] == b"\xfd7zXZ\0":
        return lzma.decompress(raw)
    return raw


def parse_number(text: str) -> int | float | Junk:
    """An integer or a real of a card."""
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    if re.fullmatch(_NUMBER, text):
        return float(re.sub("[dD]", "E", text))
    return Junk(text)


def parse_value(text: str) -> object:
    """The value of a card's value field (bytes 11 to 80)."""
    if found := _STRING.match(text):
        return found[1].replace("''", "'").rstrip(" ")
    text = text.split("/", 1)[0].strip()
    if text in ("T", "F"):
        return text == "T"
    if found := _COMPLEX.match(text):
        real, imaginary = (float(re.sub("[dD]", "E", part)) for part in found.groups())
        return complex(real, imaginary)
    return parse_number(text) if text else None


@dataclass
class RawHDU:
    """One HDU: its cards, its keywords (the first of repeated ones), its data without padding."""

    cards: list[bytes]
    keywords: dict[str, object]
    repeated: set[str]
    header_offset: int = 0
    data_offset: int = 0
    data: bytes = b""

    def get(self, key: str, default: object = None) -> object:
        value = self.keywords.get(key)
        return default if value is None else value

    def integer(self, key: str, default: int = 0) -> int:
        return int(self.get(key, default))  # type: ignore[call-overload]

    def number(self, key: str, default: float) -> float:
        return float(self.get(key, default))  # type: ignore[arg-type]

    @property
    def header_end(self) -> int:
        """Where the END card ends; fill bytes follow."""
        return self.header_offset + 80 * (len(self.cards) + 1)

    @property
    def axes(self) -> list[int]:
        return [self.integer(f"NAXIS{i}") for i in range(1, self.integer("NAXIS") + 1)]

    @property
    def kind(self) -> str:
        extension = str(self.get("XTENSION", "")).strip()
        if self.cards[0].startswith(b"SIMPLE"):
            groups = self.get("GROUPS") is True and self.axes and self.axes[0] == 0
            return "random_groups" if groups else "image"
        if extension in ("BINTABLE", "A3DTABLE"):
            return "compressed_image" if self.get("ZIMAGE") is True else "table"
        return {"IMAGE": "image", "IUEIMAGE": "image", "TABLE": "ascii_table"}.get(
            extension, "unknown"
        )

    def size(self) -> int:
        """Bytes of data that the header announces (FITS 4.0, equations 1, 2 and 4)."""
        axes = self.axes[1:] if self.kind == "random_groups" else self.axes
        pixels = math.prod(axes) if self.axes else 0
        extended = self.kind == "random_groups" or "XTENSION" in self.keywords
        pcount = self.integer("PCOUNT") if extended else 0
        gcount = self.integer("GCOUNT", 1) if extended else 1
        return abs(self.integer("BITPIX")) // 8 * gcount * (pcount + pixels) if self.axes else 0


def _keywords(cards: list[bytes]) -> tuple[dict[str, object], set[str]]:
    values: dict[str, object] = {}
    repeated: set[str] = set()
    position = 0
    while position < len(cards):
        text = cards[position].decode("latin-1")
        position += 1
        key, rest = text[:8].rstrip(), text[10:]
        if text.startswith("HIERARCH ") and "=" in text:
            key, rest = text[9:].split("=", 1)
            key = " ".join(key.split())
        elif text[8:10] != "= " or key in ("", "COMMENT", "HISTORY", "CONTINUE"):
            continue
        value = parse_value(rest)
        while isinstance(value, str) and value.endswith("&") and position < len(cards):
            following = cards[position].decode("latin-1")
            more = _STRING.match(following[10:])
            if not following.startswith("CONTINUE  ") or not more:
                break
            value = value[:-1] + more[1].replace("''", "'").rstrip(" ")
            position += 1
        if key in values:
            repeated.add(key)
        values.setdefault(key, value)
    return values, repeated


def read_hdus(data: bytes) -> list[RawHDU]:
    """The HDUs of a file; bytes after the last one that are no HDU are left out."""
    hdus: list[RawHDU] = []
    offset = 0
    while offset < len(data):
        if not data.startswith((b"SIMPLE  =", b"XTENSION=")[bool(hdus)], offset):
            break
        cards: list[bytes] = []
        start = offset
        while (card := data[offset : offset + 80]).rstrip() != b"END":
            if len(card) < 80:
                raise ValueError("no END card")
            cards.append(card)
            offset += 80
        offset += 80
        offset += -offset % BLOCK
        hdu = RawHDU(cards, *_keywords(cards), header_offset=start, data_offset=offset)
        hdu.data = data[offset : offset + hdu.size()]
        offset += hdu.size() + -hdu.size() % BLOCK
        hdus.append(hdu)
    return hdus


def scaled(stored: np.ndarray, scale: float, zero: float) -> np.ndarray:
    """zero + scale * stored in double."""
    with np.errstate(over="ignore", invalid="ignore"):
        return zero + scale * stored.astype(np.float64)


def unsigned(stored: np.ndarray) -> np.ndarray:
    """The numbers behind the offset convention: the top bit of the stored ones flipped."""
    native = stored.astype(stored.dtype.newbyteorder("="))
    width = native.dtype.itemsize
    flipped = native.view(f"u{width}") ^ np.array(1 << (8 * width - 1), f"u{width}")
    return flipped.view("i1") if width == 1 else flipped


def stored_image(hdu: RawHDU) -> np.ndarray:
    """The stored numbers, in numpy's order of axes."""
    return np.frombuffer(hdu.data, STORED[hdu.integer("BITPIX")]).reshape(hdu.axes[::-1])


def image(hdu: RawHDU) -> np.ndarray:
    """What `read` gives for an image HDU."""
    stored = stored_image(hdu)
    native = stored.astype(stored.dtype.newbyteorder("="))
    scale, zero, blank = hdu.number("BSCALE", 1), hdu.number("BZERO", 0), hdu.get("BLANK")
    bitpix = hdu.integer("BITPIX")
    if bitpix < 0:
        if (scale, zero) == (1, 0):
            return native
        return scaled(stored, scale, zero).astype(native.dtype)
    offset = -128 if bitpix == 8 else 2 ** (bitpix - 1)
    if blank is None and (scale, zero) == (1, 0):
        return native
    if blank is None and (scale, zero) == (1, offset):
        return unsigned(stored)
    if blank is None and bitpix == 64 and scale == 1 and zero.is_integer():
        return native + int(zero)
    physical = scaled(stored, scale, zero)
    if blank is not None:
        physical[stored == int(blank)] = np.nan  # type: ignore[call-overload]
    return physical.astype(np.float32 if bitpix in (8, 16) else np.float64)


@dataclass
class RawColumn:
    """A column: name as written, TFORM code, values `[rows, *shape]`, nulls or None."""

    name: str | None
    code: str
    repeat: int
    values: np.ndarray
    nulls: np.ndarray | None = None


def _cell_shape(hdu: RawHDU, number: int, code: str, repeat: int) -> tuple[int, ...]:
    dim = hdu.get(f"TDIM{number}")
    if isinstance(dim, str) and re.fullmatch(r"\s*\(\s*\d+\s*(,\s*\d+\s*)*\)\s*", dim):
        shape = tuple(int(part) for part in dim.strip(" ()").split(","))[::-1]
        if math.prod(shape) <= repeat:
            return shape
    return () if repeat == 1 and code not in "AX" else (repeat,)


def _text(cell: np.ndarray) -> str:
    return bytes(cell).split(b"\0", 1)[0].rstrip(b" ").decode("latin-1")


def _numbers(
    hdu: RawHDU, number: int, code: str, stored: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    scale, zero = hdu.number(f"TSCAL{number}", 1), hdu.number(f"TZERO{number}", 0)
    tnull = hdu.get(f"TNULL{number}")
    nulls = stored == tnull if tnull is not None and code in "BIJK" else None
    values = stored.astype(stored.dtype.newbyteorder("="))
    if (scale, zero) == (1, 0):
        return values, nulls
    offset = {"B": -128, "I": 2**15, "J": 2**31, "K": 2**63}.get(code)
    if (scale, zero) == (1, offset):
        return unsigned(stored), nulls
    if code == "K" and scale == 1 and zero.is_integer():
        return values + int(zero), nulls
    values = scaled(stored, scale, zero)
    if nulls is not None:
        values[nulls] = np.nan
    return values, nulls


def _column(hdu: RawHDU, number: int, block: np.ndarray, code: str, repeat: int) -> RawColumn:
    name = hdu.get(f"TTYPE{number}")
    rows = len(block)
    shape = _cell_shape(hdu, number, code, repeat)
    if code in "PQ":
        return RawColumn(name, code, repeat, block)  # type: ignore[arg-type]
    if code == "X":
        values = np.unpackbits(block, axis=1)[:, : math.prod(shape)].astype(bool)
        return RawColumn(name, code, repeat, values.reshape(rows, *shape))  # type: ignore[arg-type]
    flat = block.view(FIELD[code]) if block.shape[1] else np.zeros((rows, 0), FIELD[code])
    stored = flat[:, : math.prod(shape)].reshape(rows, *shape)
    nulls = None
    if code == "A":
        cells = stored.reshape(-1, shape[-1]) if math.prod(shape) else np.zeros((0, 1), "u1")
        texts = [_text(cell) for cell in cells] or [""] * (rows * math.prod(shape[:-1]))
        values = np.array(texts, object).reshape(rows, *shape[:-1])
    elif code == "L":
        values, nulls = stored == ord("T"), stored == 0
    else:
        values, nulls = _numbers(hdu, number, code, stored)
    return RawColumn(name, code, repeat, values, nulls)  # type: ignore[arg-type]


def columns(hdu: RawHDU) -> list[RawColumn]:
    """The columns of a binary table; of P and Q the raw bytes of the descriptors."""
    row_bytes, rows = hdu.axes
    table = np.frombuffer(hdu.data, np.uint8, row_bytes * rows).reshape(rows, row_bytes)
    found: list[RawColumn] = []
    offset = 0
    for number in range(1, hdu.integer("TFIELDS") + 1):
        match = _TFORM.match(str(hdu.get(f"TFORM{number}")))
        assert match is not None
        repeat, code = int(match[1] or 1), match[2].upper()
        bits = repeat + 7 if code == "X" else 8 * repeat * np.dtype(FIELD[code]).itemsize
        width = bits // 8 * (2 if code in "PQ" else 1)
        block = np.ascontiguousarray(table[:, offset : offset + width])
        found.append(_column(hdu, number, block, code, repeat))
        offset += width
    return found


def _cell(hdu: RawHDU, number: int, code: str, stored: memoryview, count: int) -> RawColumn:
    """One cell of a column of variable length."""
    if code == "X":
        bits = np.unpackbits(np.frombuffer(stored, "u1", (count + 7) // 8))[:count]
        return RawColumn(None, code, count, bits.astype(bool))
    elements = np.frombuffer(stored, FIELD[code], count)
    if code == "A":
        return RawColumn(None, code, count, np.array([_text(elements)], object))
    if code == "L":
        return RawColumn(None, code, count, elements == ord("T"), elements == 0)
    return RawColumn(None, code, count, *_numbers(hdu, number, code, elements))


def cells(hdu: RawHDU, number: int) -> list[RawColumn]:
    """The cells of column `number`, of TFORM P or Q, one for each row."""
    column = columns(hdu)[number - 1]
    match = _TFORM.match(str(hdu.get(f"TFORM{number}")))
    assert match is not None
    wide = column.code == "Q"
    pairs = column.values.copy().view(">i8" if wide else ">u4").tolist()
    row_bytes, rows = hdu.axes
    heap = memoryview(hdu.data)[hdu.integer("THEAP", row_bytes * rows) :]
    code = match[3][0].upper()
    return [
        _cell(hdu, number, code, heap[start if count else 0 :], count) for count, start in pairs
    ]
