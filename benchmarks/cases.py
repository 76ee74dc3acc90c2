# SPDX-License-Identifier: BSD-3-Clause
"""The table of benchmark cases; to add a case, add a line to one of the parts it is made of."""

from __future__ import annotations

from fnmatch import fnmatchcase

from case import Case
from image_cases import BIG, HUGE, IMAGE_CASES, LARGE, TINY
from table_cases import MIXED_1K, MIXED_10M, TABLE_CASES
from wcs_cases import WCS_CASES
from write_cases import WRITE_CASES

__all__ = ["BIG", "CASES", "LARGE", "select"]

MEMORY_CASES = (
    Case("memory/big_float32", "bulk float", BIG, "read_image", warm=TINY),
    Case("memory/huge_float32", "bulk float", HUGE, "read_image", warm=TINY),
    Case("memory/mixed_10000000", "huge table", MIXED_10M, "read_table", warm=MIXED_1K),
    Case(
        "memory/scan_mixed_10000000",
        "huge table",
        MIXED_10M,
        "scan_table",
        {"column": "RA"},
        warm=MIXED_1K,
    ),
)
CASES = (*IMAGE_CASES, *TABLE_CASES, *WRITE_CASES, *WCS_CASES, *MEMORY_CASES)


def select(pattern: str, *, smoke: bool) -> list[Case]:
    """Return the cases whose name matches one of the comma-separated shell patterns."""
    words = [word if "*" in word else f"*{word}*" for word in pattern.split(",")]
    return [
        case
        for case in CASES
        if any(fnmatchcase(case.name, word) for word in words) and (case.smoke or not smoke)
    ]
