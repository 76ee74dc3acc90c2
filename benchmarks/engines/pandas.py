# SPDX-License-Identifier: BSD-3-Clause
"""pandas: tables that are in memory already, with the types pandas gives them by default."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from engines.frames import plain_tables


def versions() -> dict[str, str]:
    return {"pandas": pd.__version__, "numpy": np.__version__}


def set_threads(count: int) -> None:
    """Nothing to set: pandas works on one thread."""


def text(column: Any) -> np.ndarray:
    return np.asarray(column.to_list(), dtype=np.bytes_)


@cache
def _frames(path: str) -> list[pd.DataFrame]:
    return [pd.DataFrame(table) for table in plain_tables(path)]


def _columns(frame: pd.DataFrame) -> dict[str, Any]:
    return {name: frame[name] for name in frame.columns}


def filter_table(path: str, where: str) -> dict[str, Any]:
    frame = _frames(path)[0]
    name, _, limit = where.split()
    return _columns(frame[frame[name] > float(limit)])


def group_table(path: str, key: str) -> dict[str, Any]:
    groups = _frames(path)[0].groupby(key, as_index=False)
    return _columns(groups.agg(N=("X", "size"), MEAN=("X", "mean"), MOST=("X", "max")))


def join_tables(path: str, key: str, how: str) -> dict[str, Any]:
    left, right = _sides(path, key)
    return _columns(left.merge(right, on=key, how=how))


@cache
def _sides(path: str, key: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    left, right = _frames(path)
    return left, right[[key, "Y"]]
