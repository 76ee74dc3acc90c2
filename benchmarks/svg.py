# SPDX-License-Identifier: BSD-3-Clause
"""The few shapes of SVG that the charts need, and scales from values to pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def _attributes(given: dict[str, object]) -> str:
    """Render attributes: a trailing ``_`` is dropped, other underscores become hyphens."""
    words = []
    for name, value in given.items():
        shown = f"{value:.1f}" if isinstance(value, float) else str(value)
        words.append(f' {name.rstrip("_").replace("_", "-")}="{escape(shown, quote=True)}"')
    return "".join(words)


def element(name: str, title: str = "", /, **attributes: object) -> str:
    """Return one shape; `title` is what a pointer that rests on it shows."""
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f"<{name}{_attributes(attributes)}>{inner}</{name}>"


def text(x: float, y: float, words: str, **attributes: object) -> str:
    return (
        f"<text{_attributes({'x': float(x), 'y': float(y), **attributes})}>{escape(words)}</text>"
    )


def line(start: tuple[float, float], end: tuple[float, float], **attributes: object) -> str:
    ends = {"x1": float(start[0]), "y1": float(start[1]), "x2": float(end[0]), "y2": float(end[1])}
    return element("line", **ends, **attributes)


def group(shapes: Iterable[str], title: str = "") -> str:
    inner = f"<title>{escape(title)}</title>" if title else ""
    return f"<g>{inner}{''.join(shapes)}</g>"


def picture(width: float, height: float, shapes: Iterable[str], label: str) -> str:
    """Return a whole picture that shrinks with the page; `label` says what it shows."""
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return (
        f'<svg {size} role="img" aria-label="{escape(label, quote=True)}">{"".join(shapes)}</svg>'
    )


@dataclass(frozen=True)
class Scale:
    """Values `low` to `high` on pixels `start` to `end`; values beyond are drawn at the ends."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = True

    def __call__(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        if self.is_log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the values that an axis names: 1, 2, 5 times powers of ten, or even steps."""
        if not self.is_log:
            step = _even_step(self.high - self.low)
            first = math.ceil(self.low / step)
            return [i * step for i in range(first, math.floor(self.high / step + 1e-9) + 1)]
        decades = math.log10(self.high / self.low)
        factors = (1, 2, 5) if decades <= 5 else (1,)
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        values = [factor * 10.0**exponent for exponent in exponents for factor in factors]
        return [value for value in values if self.low <= value <= self.high * (1 + 1e-9)]


def _even_step(span: float) -> float:
    rough = span / 6
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
