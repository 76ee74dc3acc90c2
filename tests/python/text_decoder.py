# SPDX-License-Identifier: BSD-3-Clause
"""An independent reader of ASCII tables and random groups for the tests, beside `raw_decoder`."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import numpy as np
import raw_decoder
from raw_decoder import STORED, RawColumn, RawHDU

_FORM = re.compile(r"\s*([AIFED])(\d+)(?:\.(\d+))?\s*", re.IGNORECASE)
_REAL = re.compile(r"([+-]?)(\d*)(\.?)(\d*)(?:[EeDd]([+-]?\d+)|([+-]\d+))?", re.ASCII)


def is_real(text: str) -> bool:
    """Whether it is what a real field may hold (beside NaN and infinity)."""
    found = _REAL.fullmatch(text)
    return found is not None and bool(found[2] or found[4])


def real(text: str, digits: int) -> float:
    """FITS 4.0 section 7.2.5, in decimal arithmetic, rounded once by `float`."""
    found = _REAL.fullmatch(text)
    assert found is not None, text
    sign, whole, point, fraction, *powers = found.groups()
    power = next((int(part) for part in powers if part is not None), 0)
    shift = len(fraction) if point else digits
    return float(Decimal(f"{sign}{whole + fraction}E{power - shift}"))


def _numbers(hdu: RawHDU, number: int, stored: np.ndarray, nulls: np.ndarray) -> np.ndarray:
    scale, zero = hdu.number(f"TSCAL{number}", 1), hdu.number(f"TZERO{number}", 0)
    if (scale, zero) == (1, 0):
        return stored
    values = zero + scale * stored.astype(np.float64)
    values[nulls] = np.nan
    return values


def ascii_columns(hdu: RawHDU) -> list[RawColumn]:
    """The columns of an ASCII table."""
    width, rows = hdu.axes
    found: list[RawColumn] = []
    for number in range(1, hdu.integer("TFIELDS") + 1):
        match = _FORM.fullmatch(str(hdu.get(f"TFORM{number}")))
        assert match is not None
        code, size, digits = match[1].upper(), int(match[2]), int(match[3] or 0)
        first = hdu.integer(f"TBCOL{number}") - 1
        name: str | None = hdu.get(f"TTYPE{number}")  # type: ignore[assignment]
        cells = [hdu.data[width * i + first :][:size].decode("latin-1") for i in range(rows)]
        texts = [cell.strip(" \0") for cell in cells]
        tnull = hdu.get(f"TNULL{number}")
        nulls = np.array([tnull is not None and t == str(tnull).strip() for t in texts], bool)
        if code == "A":
            values = np.array([c.split("\0", 1)[0].rstrip(" ") for c in cells] or [], object)
            found.append(RawColumn(name, code, size, values, nulls & np.array(texts, bool)))
            continue
        nulls |= np.array([not text for text in texts], bool)
        pairs = list(zip(texts, nulls.tolist(), strict=True))
        if code == "I":
            stored = np.array([0 if null else int(text) for text, null in pairs], np.int64)
        else:
            floats = [math.nan if null else real(text, digits) for text, null in pairs]
            stored = np.array(floats, np.float64)
        found.append(RawColumn(name, code, size, _numbers(hdu, number, stored, nulls), nulls))
    return found


def group_array(hdu: RawHDU) -> np.ndarray:
    """The arrays of all groups, `[groups, ...]`, as an image would be."""
    shape = (hdu.integer("GCOUNT"), *hdu.axes[:0:-1])
    numbers = _group_rows(hdu)[:, hdu.integer("PCOUNT") :]
    keywords = {key: hdu.get(key) for key in ("BITPIX", "BSCALE", "BZERO", "BLANK")}
    flat = RawHDU([], {**keywords, "NAXIS": 1, "NAXIS1": numbers.size}, set())
    flat.data = numbers.tobytes()
    return raw_decoder.image(flat).reshape(shape)


def group_parameters(hdu: RawHDU) -> list[tuple[str, np.ndarray]]:
    """Name and values of every parameter, in the order of the file; none are added."""
    rows = _group_rows(hdu)
    found = []
    for number in range(1, hdu.integer("PCOUNT") + 1):
        stored = rows[:, number - 1]
        scale, zero = hdu.number(f"PSCAL{number}", 1), hdu.number(f"PZERO{number}", 0)
        values = stored.astype(stored.dtype.newbyteorder("="))
        if (scale, zero) != (1, 0):
            values = zero + scale * stored.astype(np.float64)
        found.append((str(hdu.get(f"PTYPE{number}", "")), values))
    return found


def _group_rows(hdu: RawHDU) -> np.ndarray:
    groups = hdu.integer("GCOUNT")
    elements = hdu.integer("PCOUNT") + math.prod(hdu.axes[1:])
    stored = np.frombuffer(hdu.data, STORED[hdu.integer("BITPIX")], groups * elements)
    return stored.reshape(groups, elements)
