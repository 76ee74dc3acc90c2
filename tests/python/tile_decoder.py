# SPDX-License-Identifier: BSD-3-Clause
"""An independent decoder of tile-compressed images: FITS 4.0 section 10, bit by bit.

Slow and plain, on purpose: raw bytes, `zlib` and numpy, no FITS library. HCOMPRESS_1 is left out;
where it occurs the tests ask two other readers and the uncompressed original.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import raw_decoder
from raw_decoder import RawHDU

ELEMENT = {"L": 1, "B": 1, "A": 1, "I": 2, "J": 4, "E": 4, "K": 8, "D": 8, "C": 8, "M": 16}
NUMBER = {"B": ">B", "I": ">h", "J": ">i", "K": ">q", "E": ">f", "D": ">d"}
NATIVE = {8: np.uint8, 16: np.int16, 32: np.int32, 64: np.int64, -32: np.float32, -64: np.float64}

# What CFITSIO writes and reads for an exact zero and a null; the text of the Standard has another
# number for zero, see docs/choices.md.
ZERO_MARK, NULL_MARK = -2147483646, -2147483647


class TileTable:
    """The binary table that holds the tiles, one in each row."""

    def __init__(self, hdu: RawHDU) -> None:
        self.data = hdu.data
        self.width, self.rows = hdu.axes
        self.heap = hdu.integer("THEAP", self.width * self.rows)
        self.columns: dict[str, tuple[int, str]] = {}
        offset = 0
        for number in range(1, hdu.integer("TFIELDS") + 1):
            form = str(hdu.get(f"TFORM{number}")).strip()
            match = re.match(r"(\d*)([A-Z])([A-Z]?)", form, re.IGNORECASE)
            assert match is not None, form
            repeat, code = int(match[1] or 1), match[2].upper()
            size = {"P": 8, "Q": 16}.get(code) or ELEMENT[code]
            name = str(hdu.get(f"TTYPE{number}", "")).strip().upper()
            self.columns[name] = (offset, code + match[3].upper())
            offset += repeat * size

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def number(self, name: str, row: int) -> float:
        offset, code = self.columns[name]
        return struct.unpack_from(NUMBER[code], self.data, row * self.width + offset)[0]

    def cell(self, name: str, row: int) -> bytes:
        """The bytes in the heap that a descriptor points to."""
        if name not in self.columns:
            return b""
        offset, code = self.columns[name]
        format_ = {"P": ">II", "Q": ">QQ"}[code[0]]
        count, start = struct.unpack_from(format_, self.data, row * self.width + offset)
        start += self.heap
        return self.data[start : start + count * ELEMENT[code[1]]]


def rice(data: bytes, count: int, word: int, block: int) -> list[int]:
    """Section 10.4.1: Golomb-Rice codes of differences; `word` is BYTEPIX."""
    bits = "".join(f"{byte:08b}" for byte in data)
    width = 8 * word
    code_bits, raw_code = {1: (3, 6), 2: (4, 14), 4: (5, 25)}[word]
    position = width
    last = int(bits[:width], 2)
    pixels: list[int] = []
    while len(pixels) < count:
        split = int(bits[position : position + code_bits], 2) - 1
        position += code_bits
        for _ in range(min(block, count - len(pixels))):
            if split < 0:
                folded = 0
            elif split == raw_code:
                folded = int(bits[position : position + width], 2)
                position += width
            else:
                one = bits.index("1", position)
                end = one + 1 + split
                folded = (one - position) << split | int(bits[one + 1 : end] or "0", 2)
                position = end
            difference = ~(folded >> 1) if folded & 1 else folded >> 1
            last = (last + difference) % (1 << width)
            pixels.append(last)
    if word == 1:
        return pixels  # bytes have no sign
    return [pixel - (1 << width) if pixel >> (width - 1) else pixel for pixel in pixels]


def plio(data: bytes, count: int) -> list[int]:
    """Section 10.4.3: a list of 16-bit instructions."""
    words = struct.unpack(f">{len(data) // 2}h", data)
    if words[2] > 0:
        length, position = words[2], 3
    else:
        length, position = (words[4] << 15) + words[3], words[1]
    pixels: list[int] = []
    value = 1
    while position < length:
        code, number = words[position] >> 12 & 15, words[position] & 0xFFF
        position += 1
        if code == 0:
            pixels += [0] * number
        elif code == 1:
            value = (words[position] << 12) + number
            position += 1
        elif code in (2, 3):
            value += number if code == 2 else -number
        elif code == 4:
            pixels += [value] * number
        elif code == 5:
            pixels += [0] * (number - 1) + [value]
        elif code in (6, 7):
            value += number if code == 6 else -number
            pixels.append(value)
    return pixels[:count] + [0] * (count - len(pixels))


def unshuffle(data: bytes, width: int) -> bytes:
    """Section 10.4.2.1: the most significant bytes of all elements come first."""
    count = len(data) // width
    return b"".join(data[i::count] for i in range(count)) if count else data


@functools.cache
def dither_sequence() -> list[np.float32]:
    """Appendix I: the generator of Park and Miller, with its check."""
    seed, numbers = 1, []
    for _ in range(10000):
        seed = 16807 * seed % 2147483647
        numbers.append(np.float32(seed / 2147483647))
    assert seed == 1043618065
    return numbers


def dither_numbers(first: int, count: int) -> list[np.float32]:
    """Section 10.2.1: what was added to each pixel of the tile that starts at seed `first`."""
    sequence = dither_sequence()
    at_seed = first % 10000
    position = int(sequence[at_seed] * np.float32(500))
    numbers = []
    for _ in range(count):
        numbers.append(sequence[position])
        position += 1
        if position == 10000:
            at_seed = (at_seed + 1) % 10000
            position = int(sequence[at_seed] * np.float32(500))
    return numbers


def parameter(hdu: RawHDU, name: str, default: int) -> int:
    for number in range(1, 1000):
        found = hdu.get(f"ZNAME{number}")
        if found is None:
            return default
        if str(found).strip().upper() == name:
            return hdu.integer(f"ZVAL{number}")
    raise AssertionError


class TiledImage:
    """A compressed image: its axes, its tiles, and how to decode one of them."""

    def __init__(self, hdu: RawHDU) -> None:
        self.hdu, self.table = hdu, TileTable(hdu)
        naxis = hdu.integer("ZNAXIS")
        self.bitpix = hdu.integer("ZBITPIX")
        self.shape = tuple(hdu.integer(f"ZNAXIS{n}") for n in range(naxis, 0, -1))
        whole = {1: hdu.integer("ZNAXIS1")}
        lengths = [hdu.integer(f"ZTILE{n}", whole.get(n, 1)) for n in range(naxis, 0, -1)]
        self.tile = tuple(min(pair) for pair in zip(lengths, self.shape, strict=True))
        self.algorithm = str(hdu.get("ZCMPTYPE")).strip()
        self.has_scale = "ZSCALE" in self.table or hdu.get("ZSCALE") is not None
        self.quantized = self.bitpix < 0 and self.has_scale

    def places(self) -> Iterator[tuple[slice, ...]]:
        """Where each tile lies, in the order of the rows: NAXIS1 runs fastest."""
        axes = [range(0, length, step) for length, step in zip(self.shape, self.tile, strict=True)]
        for corner in itertools.product(*axes):
            ends = map(sum, zip(corner, self.tile, strict=True))
            yield tuple(
                slice(start, min(end, length))
                for start, end, length in zip(corner, ends, self.shape, strict=True)
            )

    def constant(self, name: str, row: int) -> float | None:
        """ZSCALE, ZZERO or ZBLANK: a column, or a keyword for all tiles."""
        if name in self.table:
            return self.table.number(name, row)
        value = self.hdu.get(name)
        return None if value is None else value  # type: ignore[return-value]

    def decoded(self, data: bytes, count: int, algorithm: str) -> np.ndarray:
        """The numbers of a tile as they were given to the algorithm."""
        kind = "f" if self.bitpix < 0 and not self.quantized else "i"
        if algorithm in ("RICE_1", "RICE_ONE"):
            word, block = parameter(self.hdu, "BYTEPIX", 4), parameter(self.hdu, "BLOCKSIZE", 32)
            return np.array(rice(data, count, word, block), np.int64)
        if algorithm == "PLIO_1":
            return np.array(plio(data, count), np.int64)
        if algorithm == "HCOMPRESS_1":
            raise NotImplementedError(algorithm)
        if algorithm != "NOCOMPRESS":
            data = zlib.decompress(data, 47)  # gzip or zlib
        width = len(data) // count
        if algorithm == "GZIP_2":
            data = unshuffle(data, width)
        code = f">{kind}{width}" if width > 1 else "u1"
        return np.frombuffer(data, code)

    def dequantized(self, stored: np.ndarray, row: int) -> np.ndarray:
        """Section 10.2: (stored - dither + 0.5) * ZSCALE + ZZERO, and the markers."""
        scale, zero = self.constant("ZSCALE", row), self.constant("ZZERO", row)
        blank, method = self.constant("ZBLANK", row), str(self.hdu.get("ZQUANTIZ", "")).strip()
        whole = stored.astype(np.int64)
        steps = whole.astype(np.float64)
        if method.startswith("SUBTRACTIVE_DITHER"):
            first = row + self.hdu.integer("ZDITHER0") - 1
            steps = steps - np.array(dither_numbers(first, len(stored)), np.float64) + 0.5
        pixels = steps * scale + (zero or 0.0)
        if method == "SUBTRACTIVE_DITHER_2":
            pixels[whole == ZERO_MARK] = 0.0
        if blank is not None:
            pixels[whole == blank] = np.nan
        return pixels

    def pixels_of(self, row: int, count: int) -> np.ndarray:
        """The pixels of one tile, by whichever of the columns holds them."""
        native = NATIVE[self.bitpix]
        if data := self.table.cell("COMPRESSED_DATA", row):
            stored = self.decoded(data, count, self.algorithm)
            return (self.dequantized(stored, row) if self.quantized else stored).astype(native)
        code = np.dtype(native).newbyteorder(">")
        if data := self.table.cell("GZIP_COMPRESSED_DATA", row):
            return np.frombuffer(zlib.decompress(data, 47), code).astype(native)
        return np.frombuffer(self.table.cell("UNCOMPRESSED_DATA", row), code).astype(native)

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """The stored numbers (floats: the restored ones), and which pixels the table calls null."""
        image = np.zeros(self.shape, NATIVE[self.bitpix])
        nulls = np.zeros(self.shape, bool)
        for row, place in enumerate(self.places()):
            shape = tuple(part.stop - part.start for part in place)
            count = math.prod(shape)
            pixels = self.pixels_of(row, count)
            image[place] = pixels.reshape(shape)
            if self.bitpix > 0 and "ZBLANK" in self.table:
                nulls[place] = image[place] == self.table.number("ZBLANK", row)
            if mask := self.table.cell("NULL_PIXEL_MASK", row):
                method = str(self.hdu.get("ZMASKCMP"))
                nulls[place] |= self.decoded(mask, count, method).reshape(shape) != 0
        return image, nulls


def stored_image(hdu: RawHDU) -> np.ndarray:
    """What `read(scaled=False)` gives: the stored integers, or the restored floats."""
    return TiledImage(hdu).read()[0]


def image(hdu: RawHDU) -> np.ndarray:
    """What `read` gives: BSCALE, BZERO and BLANK applied as in an image that is not compressed."""
    tiled = TiledImage(hdu)
    stored, nulls = tiled.read()
    keywords = {key: hdu.keywords[key] for key in ("BSCALE", "BZERO") if key in hdu.keywords}
    may_be_null = "ZBLANK" in tiled.table or "NULL_PIXEL_MASK" in tiled.table
    blank = hdu.get("ZBLANK", hdu.get("BLANK"))
    if tiled.bitpix > 0 and blank is not None:
        keywords["BLANK"] = blank
    plain = RawHDU([b"SIMPLE"], keywords | {"BITPIX": tiled.bitpix, "NAXIS": stored.ndim}, set())
    plain.keywords |= {f"NAXIS{n}": length for n, length in enumerate(stored.shape[::-1], 1)}
    plain.data = stored.astype(stored.dtype.newbyteorder(">")).tobytes()
    if tiled.bitpix < 0 or not may_be_null:
        pixels = raw_decoder.image(plain)
    else:
        scale, zero = hdu.number("BSCALE", 1), hdu.number("BZERO", 0)
        wide = np.float32 if tiled.bitpix in (8, 16) else np.float64
        pixels = raw_decoder.scaled(stored, scale, zero).astype(wide)
        if blank is not None:
            pixels[stored == blank] = np.nan
    if nulls.any():
        pixels[nulls] = np.nan
    return pixels
