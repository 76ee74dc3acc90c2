# SPDX-License-Identifier: BSD-3-Clause
"""polars: tables that are in memory already; results in whatever order it finds fastest."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl

from engines.frames import plain_tables


def versions() -> dict[str, str]:
    return {"polars": pl.__version__, "numpy": np.__version__}


def set_threads(count: int) -> None:
    """Set before the start, as POLARS_MAX_THREADS."""


def text(column: Any) -> np.ndarray:
    return np.asarray(column.to_list(), dtype=np.bytes_)


@cache
def _frames(path: str) -> list[pl.DataFrame]:
    return [pl.DataFrame(table) for table in plain_tables(path)]


def filter_table(path: str, where: str) -> dict[str, Any]:
    name, _, limit = where.split()
    frame = _frames(path)[0]
    return frame.filter(pl.col(name) > float(limit)).to_dict()


def group_table(path: str, key: str) -> dict[str, Any]:
    groups = _frames(path)[0].group_by(key)
    count = pl.len().cast(pl.Int64).alias("N")
    mean, most = pl.col("X").mean().alias("MEAN"), pl.col("X").max().alias("MOST")
    return groups.agg(count, mean, most).to_dict()


def join_tables(path: str, key: str, how: str) -> dict[str, Any]:
    left, right = _sides(path, key)
    return left.join(right, on=key, how=how).to_dict()


@cache
def _sides(path: str, key: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    left, right = _frames(path)
    return left, right[[key, "Y"]]
