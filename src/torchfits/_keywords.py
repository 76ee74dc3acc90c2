# SPDX-License-Identifier: BSD-3-Clause
"""What keywords of functions take: checks that many of them share."""

from __future__ import annotations

import math


def check_flag(keyword: str, value: object) -> None:
    """Refuse what is neither ``True`` nor ``False``: it was meant for another keyword."""
    if value is not True and value is not False:
        raise TypeError(f"{keyword}= takes True or False, not {value!r}")


def finite_number(keyword: str, given: object) -> float:
    """The number, which is neither NaN nor infinite."""
    if isinstance(given, bool) or not hasattr(given, "__float__"):
        raise TypeError(f"{keyword}= takes a number, not {given!r}")
    number = float(given)
    if not math.isfinite(number):
        raise ValueError(f"{keyword}={given!r} is not finite")
    return number
