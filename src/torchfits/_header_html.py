# SPDX-License-Identifier: BSD-3-Clause
"""How a header shows itself in a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ._cards import COMMENTARY, Card

__all__ = ["header_html"]

_SHOWN = 500

# Colours are those of the page, light or dark; a notebook's own rules for tables are undone.
_STYLE = """<style>
.torchfits-header{overflow:auto;max-height:32em;margin:.4em 0}
.torchfits-header table{border-collapse:collapse;border:0;margin:0;color:inherit;
font-family:monospace}
.torchfits-header tr,.torchfits-header tr:hover{background:none!important}
.torchfits-header td{border:0;padding:.1em 1.4em .1em 0;text-align:left;white-space:pre-wrap}
.torchfits-header .keyword{font-weight:600;white-space:nowrap}
.torchfits-header .comment,.torchfits-header .undefined{opacity:.65}
.torchfits-header .undefined{font-style:italic}
.torchfits-header p{font-size:85%;opacity:.65;margin:.5em 0 0}
</style>"""


def header_html(cards: Sequence[Card]) -> str:
    """Show keyword, value and comment of each card; all text is escaped."""
    lines = "".join(_line(cards[position]) for position in range(min(len(cards), _SHOWN)))
    left = len(cards) - _SHOWN
    note = f"<p>… {left} more {'card' if left == 1 else 'cards'}</p>" if left > 0 else ""
    return f'<div class="torchfits-header">{_STYLE}<table>{lines}</table>{note}</div>'


def _line(card: Card) -> str:
    keyword = f'<td class="keyword">{html.escape(card.keyword)}</td>'
    if card.keyword in COMMENTARY:
        return f'<tr>{keyword}<td colspan="2">{html.escape(str(card.value))}</td></tr>'
    value = html.escape(_shown(card.value))
    if card.value is None:
        value = f'<span class="undefined">{value}</span>'
    return f'<tr>{keyword}<td>{value}</td><td class="comment">{html.escape(card.comment)}</td></tr>'


def _shown(value: object) -> str:
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return "T" if value else "F"
    return value if isinstance(value, str) else str(value)
