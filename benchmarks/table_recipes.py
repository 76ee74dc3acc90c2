# SPDX-License-Identifier: BSD-3-Clause
"""How the tables are made that are benchmarked; as in recipes.py, the same bytes every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recipes import Recipe, seeded

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


def records(arrays: dict[str, Any]) -> Any:
    """Return the columns as rows of one structured array."""
    import numpy as np

    kinds = [(name, array.dtype, array.shape[1:]) for name, array in arrays.items()]
    rows = np.empty(len(next(iter(arrays.values()))), dtype=kinds)
    for name, array in arrays.items():
        rows[name] = array
    return rows


@dataclass(frozen=True)
class Table(Recipe):
    """One binary table; ``columns`` is ``NAME:TFORM`` words, made of normal and uniform numbers.

    A ``PJ`` column has one to seven elements in a cell, a ``1000E`` one a thousand.
    """

    rows: int
    columns: str

    @property
    def _pairs(self) -> list[tuple[str, str]]:
        return [(name, form) for name, form in (word.split(":") for word in self.columns.split())]

    @property
    def text_columns(self) -> tuple[str, ...]:
        return tuple(name for name, form in self._pairs if form.endswith("A"))

    def _column(self, rng: np.random.Generator, form: str) -> Any:
        import numpy as np

        if form == "PJ":
            lengths = rng.integers(1, 8, self.rows)
            values = rng.integers(-(2**31), 2**31, int(lengths.sum()), dtype=np.int32)
            cells = np.empty(self.rows, object)
            cells[:] = np.split(values, np.cumsum(lengths)[:-1])
            return cells
        repeat, code = int(form[:-1] or 1), form[-1]
        shape = (self.rows, repeat) if repeat > 1 else (self.rows,)
        if code in "ED":
            return rng.standard_normal(shape, dtype=np.float32 if code == "E" else np.float64)
        if code == "L":
            return rng.random(self.rows) < 0.5
        if code == "A":
            letters = rng.integers(ord("A"), ord("Z") + 1, (self.rows, repeat), dtype=np.uint8)
            letters[rng.random(self.rows) < 0.25, repeat // 2 :] = 0
            return letters.view(f"S{repeat}").reshape(self.rows)
        limits = np.iinfo({"I": np.int16, "J": np.int32, "K": np.int64}[code])
        return rng.integers(limits.min, limits.max, shape, dtype=limits.dtype, endpoint=True)

    def write(self, path: Path) -> None:
        from astropy.io import fits

        rng = seeded(self.name)
        arrays = {name: self._column(rng, form) for name, form in self._pairs}
        if any(array.dtype == object for array in arrays.values()):
            columns = [fits.Column(name, form, array=arrays[name]) for name, form in self._pairs]
            fits.BinTableHDU.from_columns(columns).writeto(path, overwrite=True)
            return
        fits.BinTableHDU(records(arrays)).writeto(path, overwrite=True)


@dataclass(frozen=True)
class AsciiTable(Recipe):
    """One ASCII table of three numbers and a text."""

    rows: int

    @property
    def text_columns(self) -> tuple[str, ...]:
        return ("NAME",)

    def write(self, path: Path) -> None:
        import numpy as np
        from astropy.io import fits

        rng = seeded(self.name)
        letters = rng.integers(ord("A"), ord("Z") + 1, (self.rows, 12), dtype=np.uint8)
        columns = [
            fits.Column("M", "F14.6", array=rng.standard_normal(self.rows)),
            fits.Column("X", "E16.8", array=rng.standard_normal(self.rows)),
            fits.Column("Y", "D25.16", array=rng.standard_normal(self.rows)),
            fits.Column("NAME", "A12", array=letters.view("S12").reshape(self.rows)),
        ]
        fits.TableHDU.from_columns(columns).writeto(path, overwrite=True)


@dataclass(frozen=True)
class Keyed(Recipe):
    """Two binary tables that share half of their keys.

    ``ID`` is unique and in no order, ``NUMBER`` counts up; ``FEW`` has 1,000 values and ``MANY``
    100,000, or as many as there are rows; ``X`` (left) and ``Y`` (right) are uniform in [1, 2).
    """

    rows: int

    def write(self, path: Path) -> None:
        import numpy as np
        from astropy.io import fits

        rng = seeded(self.name)
        ids = rng.permutation(3 * self.rows // 2)
        left = {
            "ID": ids[: self.rows],
            "NUMBER": np.arange(self.rows),
            "FEW": rng.integers(0, 1000, self.rows, dtype=np.int32),
            "MANY": rng.integers(0, min(self.rows, 100_000), self.rows),
            "X": 1 + rng.random(self.rows),
        }
        right = {
            "ID": rng.permutation(ids[self.rows // 2 :]),
            "NUMBER": np.arange(self.rows) + self.rows // 2,
            "Y": 1 + rng.random(self.rows),
        }
        tables = [fits.BinTableHDU(records(arrays)) for arrays in (left, right)]
        fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(path, overwrite=True)
