# SPDX-License-Identifier: BSD-3-Clause
"""Where two readings of a file differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .readings import CRASH, Keywords, Reading, Readings


@dataclass(frozen=True)
class Difference:
    """One thing that torchfits and another reader say differently."""

    reader: str
    """The other one."""
    hdu: int | None
    """``None`` for the file as a whole."""
    aspect: str
    """``file``, ``hdus``, ``error``, ``kind``, ``keyword``, ``columns``, ``dtype``, ``shape`` or
    ``values``."""
    where: str
    """Keyword or column."""
    ours: object
    theirs: object

    def __str__(self) -> str:
        where = f" {self.where}" if self.where else ""
        return f"{self.aspect}{where}: {_short(self.ours)}, {self.reader}: {_short(self.theirs)}"


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, (str, list)) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def differences(ours: Readings, theirs: Readings, reader: str) -> list[Difference]:
    """All of them, in the order of the file."""
    if isinstance(ours, str) or isinstance(theirs, str):
        if isinstance(ours, str) and isinstance(theirs, str) and ours != CRASH:
            return []
        return [Difference(reader, None, "file", "", *(_opened(r) for r in (ours, theirs)))]
    found = []
    if len(ours) != len(theirs):
        found.append(Difference(reader, None, "hdus", "", len(ours), len(theirs)))
    for index, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        found += [
            Difference(reader, index, aspect, where, x, y)
            for aspect, where, x, y in _of_hdu(a, b, reader == "fitsio")
        ]
    return found


def _opened(readings: Readings) -> str:
    return readings if isinstance(readings, str) else f"{len(readings)} HDUs"


Found = tuple[str, str, object, object]  # aspect, where, ours, theirs


def _of_hdu(ours: Reading, theirs: Reading, stored: bool) -> list[Found]:
    """`stored`: the other reader shows the header of the table that holds a compressed image."""
    found: list[Found] = []
    if ours.kind and theirs.kind and ours.kind != theirs.kind:
        found.append(("kind", "", ours.kind, theirs.kind))
    if ours.keywords and theirs.keywords:
        mine = ours.stored_keywords if stored and ours.stored_keywords else ours.keywords
        found += _of_keywords(mine, theirs.keywords)
    if ours.error or theirs.error:
        if bool(ours.error) != bool(theirs.error):
            found.append(("error", "", ours.error or "reads", theirs.error or "reads"))
        return found
    return found + _of_data(ours.data, theirs.data)


def _of_keywords(ours: Keywords, theirs: Keywords) -> list[Found]:
    keywords = dict.fromkeys([*ours, *theirs])
    pairs = [(keyword, ours.get(keyword), theirs.get(keyword)) for keyword in keywords]
    return [("keyword", keyword, a, b) for keyword, a, b in pairs if not _same_values(a, b)]


def _same_values(ours: list[object] | None, theirs: list[object] | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return list(map(_typed, ours)) == list(map(_typed, theirs))


def _typed(value: object) -> tuple[str, object]:
    return type(value).__name__, value


def _of_data(ours: object, theirs: object) -> list[Found]:
    if ours is None or theirs is None:
        return [] if ours is theirs else [("shape", "", _shape(ours), _shape(theirs))]
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _of_columns(ours, theirs)
    if isinstance(ours, dict) or isinstance(theirs, dict):
        return [("shape", "", _shape(ours), _shape(theirs))]
    return [(aspect, "", a, b) for aspect, a, b in _of_values(ours, theirs)]


def _of_columns(ours: dict[str, object], theirs: dict[str, object]) -> list[Found]:
    """By position; by name where one reader has more columns."""
    found: list[Found] = []
    if len(ours) != len(theirs):
        found.append(("columns", "", len(ours), len(theirs)))
        named = {label.partition(" ")[2]: values for label, values in reversed(theirs.items())}
        pairs = [(label, a, named.get(label.partition(" ")[2], a)) for label, a in ours.items()]
    else:
        pairs = [(label, a, b) for (label, a), b in zip(ours.items(), theirs.values(), strict=True)]
    for label, a, b in pairs:
        found += [(aspect, label, x, y) for aspect, x, y in _of_values(a, b)]
    return found


def _shape(data: object) -> str:
    if data is None:
        return "no data"
    return f"{len(data)} columns" if isinstance(data, dict) else str(np.shape(data))


def _of_values(ours: object, theirs: object) -> list[tuple[str, object, object]]:
    """How two arrays, lists of text or lists of cells differ; dtype and values are both told."""
    if isinstance(ours, list) or isinstance(theirs, list):
        return _of_lists(ours, theirs)
    assert isinstance(ours, np.ndarray)
    assert isinstance(theirs, np.ndarray)
    found: list[tuple[str, object, object]] = []
    if ours.shape != theirs.shape:
        return [("shape", ours.shape, theirs.shape)]
    if ours.dtype != theirs.dtype:
        found.append(("dtype", ours.dtype, theirs.dtype))
    unlike = unequal(ours, theirs)
    if unlike.any():
        place = tuple(int(i) for i in np.argwhere(unlike)[0])
        found.append(("values", f"{ours[place]!r} at {list(place)}", repr(theirs[place])))
    return found


def unequal(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Where values differ; NaN equals NaN, and floats of two widths are compared as float32."""
    if ours.dtype != theirs.dtype and {ours.dtype.kind, theirs.dtype.kind} == {"f"}:
        ours, theirs = ours.astype("f4"), theirs.astype("f4")
    both_nan = (ours != ours) & (theirs != theirs)  # noqa: PLR0124  of any dtype
    return np.atleast_1d((ours != theirs) & ~both_nan)


def _of_lists(ours: object, theirs: object) -> list[tuple[str, object, object]]:
    a, b = _listed(ours), _listed(theirs)
    if len(a) != len(b):
        return [("shape", f"{len(a)} rows", f"{len(b)} rows")]
    for row, (x, y) in enumerate(zip(a, b, strict=True)):
        if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
            if found := _of_values(x, y):
                aspect, mine, other = found[-1]
                return [(aspect, f"{mine} in row {row}", other)]
        elif not _equal_cells(x, y):
            return [("values", f"{x!r} in row {row}", repr(y))]
    return []


def _listed(values: object) -> list[object]:
    return values if isinstance(values, list) else list(values)  # type: ignore[call-overload]


def _equal_cells(ours: object, theirs: object) -> bool:
    return type(ours) is type(theirs) and ours == theirs
