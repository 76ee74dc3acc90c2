# SPDX-License-Identifier: BSD-3-Clause
"""Tile-compressed images by hand, for the tests: columns, descriptors, heap and Z keywords.

Like `fits_bytes` it writes what it is told to, right or wrong. The encoders are the simplest that
the Standard allows, so that a test can have any BLOCKSIZE, BYTEPIX or run of instructions.
"""

from __future__ import annotations

import gzip
import itertools
import struct
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from fits_bytes import BITPIX, card, empty_primary, make_hdu, table_cards

SIZES = {"B": 1, "I": 2, "J": 4, "E": 4, "K": 8, "D": 8}
NUMBERS = {"B": ">B", "I": ">h", "J": ">i", "K": ">q", "E": ">f", "D": ">d"}
Column = tuple[str, str, Sequence[object]]


def tiles_of(array: np.ndarray, tile: Sequence[int]) -> Iterator[np.ndarray]:
    """The tiles of an image in the order of the rows; those at the far edges are smaller."""
    axes = [range(0, length, step) for length, step in zip(array.shape, tile, strict=True)]
    for corner in itertools.product(*axes):
        yield array[tuple(slice(a, a + n) for a, n in zip(corner, tile, strict=True))]


def shuffled(data: bytes, width: int) -> bytes:
    return b"".join(data[i::width] for i in range(width))


def big_endian(pixels: np.ndarray) -> bytes:
    return pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()


def gzip_tile(pixels: np.ndarray, *, shuffle: bool = False) -> bytes:
    data = big_endian(pixels)
    return gzip.compress(shuffled(data, pixels.dtype.itemsize) if shuffle else data, mtime=0)


def _folded(pixels: list[int], width: int) -> list[int]:
    """Differences to the pixel before, signs folded into the lowest bit."""
    half, folded = 1 << (width - 1), []
    for last, pixel in zip([pixels[0], *pixels], pixels, strict=False):
        difference = (pixel - last + half) % (2 * half) - half
        folded.append(~(2 * difference) if difference < 0 else 2 * difference)
    return folded


def rice_tile(pixels: Sequence[int], word: int, block: int, split: int | None = None) -> bytes:
    """RICE_1 of `word` bytes (BYTEPIX) in blocks of `block`.

    `split` forces how many low bits of each difference are written as they are (-1: all are zero).
    """
    width = 8 * word
    code_bits, raw_code = {1: (3, 6), 2: (4, 14), 4: (5, 25)}[word]
    numbers = [int(pixel) for pixel in pixels]
    folded = _folded(numbers, width)
    bits = f"{numbers[0] % (1 << width):0{width}b}"
    for start in range(0, len(folded), block):
        part = folded[start : start + block]
        low = (max(part).bit_length() if max(part) else -1) if split is None else split
        low = min(low, raw_code)
        bits += f"{low + 1:0{code_bits}b}"
        if low == raw_code:
            bits += "".join(f"{value:0{width}b}" for value in part)
        elif low >= 0:
            for value in part:
                bits += "0" * (value >> low) + "1"
                bits += f"{value & ((1 << low) - 1):0{low}b}" if low else ""
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def plio_tile(pixels: Sequence[int]) -> bytes:
    """PLIO_1: set the value, then a run of it; zeros by runs of zeros."""
    words: list[int] = []
    for value, run in itertools.groupby(int(pixel) for pixel in pixels):
        count = len(list(run))
        if value:
            words += [0x1000 | value & 0xFFF, value >> 12]
        for start in range(0, count, 4095):
            words.append((0x4000 if value else 0) | min(4095, count - start))
    length = 7 + len(words)
    head = [0, 7, -100, length & 0x7FFF, length >> 15, 0, 0]
    return struct.pack(f">{len(head)}h", *head) + struct.pack(f">{len(words)}H", *words)


def heap_table(
    columns: Sequence[Column], keywords: Mapping[str, object] | None = None, *, gap: bytes = b""
) -> bytes:
    """A binary table whose cells of P and Q columns are bytes (or (count, offset) as it stands)."""
    rows = len(columns[0][2]) if columns else 0
    heap, table = b"", b""
    for row in range(rows):
        for _, form, cells in columns:
            letters = form.strip().lstrip("0123456789").upper()
            code, cell = letters[0], cells[row]
            if code not in "PQ":
                table += struct.pack(NUMBERS[code], cell)
                continue
            if isinstance(cell, bytes):
                pair = (len(cell) // SIZES[letters[1]], len(heap))
                heap += cell
            else:
                pair = cell  # type: ignore[assignment]
            table += struct.pack({"P": ">ii", "Q": ">qq"}[code], *pair)
    width = len(table) // rows if rows else 0
    cards = table_cards(width, rows, len(columns), pcount=len(gap) + len(heap))
    for number, (name, form, _) in enumerate(columns, 1):
        cards += [card(f"TTYPE{number}", name), card(f"TFORM{number}", form)]
    cards += [card("THEAP", len(table) + len(gap))] if gap else []
    cards += [card(key, value) for key, value in (keywords or {}).items()]
    return make_hdu(cards, table + gap + heap)


def z_keywords(
    bitpix: int, axes: Sequence[int], tile: Sequence[int] | None, algorithm: str
) -> dict[str, object]:
    """ZIMAGE to ZCMPTYPE; `axes` and `tile` in numpy order."""
    keywords: dict[str, object] = {"ZIMAGE": True, "ZBITPIX": bitpix, "ZNAXIS": len(axes)}
    keywords |= {f"ZNAXIS{n}": length for n, length in enumerate(axes[::-1], 1)}
    keywords |= {f"ZTILE{n}": length for n, length in enumerate((tile or ())[::-1], 1)}
    return keywords | {"ZCMPTYPE": algorithm}


def tiled_hdu(
    shape: Sequence[int],
    tile: Sequence[int] | None,
    columns: Sequence[Column],
    *,
    bitpix: int = 16,
    algorithm: str = "GZIP_1",
    keywords: Mapping[str, object] | None = None,
    without: Sequence[str] = (),
    gap: bytes = b"",
) -> bytes:
    """An HDU of compressed tiles. `keywords` replace or add to the Z keywords, `without` drops."""
    every = z_keywords(bitpix, shape, tile, algorithm) | dict(keywords or {})
    return heap_table(columns, {k: v for k, v in every.items() if k not in without}, gap=gap)


def tiled_file(*args: object, **options: object) -> bytes:
    """`tiled_hdu` after an empty primary HDU."""
    return empty_primary() + tiled_hdu(*args, **options)  # type: ignore[arg-type]


def encode(tile: np.ndarray, algorithm: str, word: int = 4, block: int = 32) -> bytes:
    """One tile; `word` and `block` are BYTEPIX and BLOCKSIZE of RICE_1."""
    flat = np.ascontiguousarray(tile).reshape(-1)
    if algorithm in ("RICE_1", "RICE_ONE"):
        return rice_tile(flat.tolist(), word, block)
    if algorithm == "PLIO_1":
        return plio_tile(flat.tolist())
    if algorithm == "NOCOMPRESS":
        return big_endian(flat)
    return gzip_tile(flat, shuffle=algorithm == "GZIP_2")


def compressed(
    array: np.ndarray,
    tile: Sequence[int],
    algorithm: str = "GZIP_1",
    *,
    word: int = 4,
    block: int = 32,
    form: str = "1PB",
    columns: Sequence[Column] = (),
    keywords: Mapping[str, object] | None = None,
    **options: object,
) -> bytes:
    """A file of `array` (as stored) in tiles; `columns` are added to COMPRESSED_DATA."""
    cells = [encode(part, algorithm, word, block) for part in tiles_of(array, tile)]
    settings: dict[str, object] = {}
    if algorithm in ("RICE_1", "RICE_ONE"):
        settings = {"ZNAME1": "BLOCKSIZE", "ZVAL1": block, "ZNAME2": "BYTEPIX", "ZVAL2": word}
    bitpix = BITPIX[f"{array.dtype.kind}{array.dtype.itemsize}"]
    return tiled_file(
        array.shape,
        tile,
        [("COMPRESSED_DATA", form, cells), *columns],
        **{"bitpix": bitpix, **options},
        algorithm=algorithm,
        keywords={**settings, **(keywords or {})},
    )
