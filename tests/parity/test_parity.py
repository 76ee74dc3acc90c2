# SPDX-License-Identifier: BSD-3-Clause
"""Every pair does what its state says, and the page in docs/ is the one that they make."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

import torchfits

from .catalogue import ALL
from .idiom import Idiom
from .page import html, markdown
from .trial import compare, others, outcome

ROOT = Path(__file__).resolve().parents[2]
PAIRS = [
    pytest.param(idiom, library, id=f"{idiom.number}-{library}")
    for idiom in ALL
    for library in others(idiom)
    if idiom.state != "missing"
]
MISSING = [pytest.param(idiom, id=str(idiom.number)) for idiom in ALL if idiom.state == "missing"]


@pytest.mark.parametrize(("idiom", "library"), PAIRS)
def test_a_pair_gives_the_same(idiom: Idiom, library: str, tmp_path: Path) -> None:
    compare(idiom, library, tmp_path)


@pytest.mark.parametrize("idiom", MISSING)
def test_what_is_missing_is_missing(idiom: Idiom, tmp_path: Path) -> None:
    """The other library has it; where torchfits has it too, the pair is to say so."""
    assert outcome(idiom, "astropy", tmp_path) is not None
    with pytest.raises((AttributeError, torchfits.UnsupportedError)):
        outcome(idiom, "torchfits", tmp_path)


def test_the_forty_idioms_are_there() -> None:
    assert [idiom.number for idiom in ALL] == list(range(1, 41))
    assert all({"astropy", "torchfits"} <= set(idiom.programs) for idiom in ALL)


def test_the_comparison_sees_a_difference(tmp_path: Path) -> None:
    """A value, a dtype, a card, and a file that differ are found."""
    by_title = {idiom.title: idiom for idiom in ALL}
    changed = {
        "One-call read": lambda path: torchfits.read(path, "COUNTS", dtype=None) * 0,
        "The header only": lambda path: torchfits.read_header(path, "SCI"),
        "A column of a table": lambda path: torchfits.read(path, "EVENTS")["MAG"].double(),
        "One-call write": lambda new, image: torchfits.write(new, image + 1),
    }
    for title, program in changed.items():
        wrong = Idiom(0, title, {**by_title[title].programs, "torchfits": program}, "works", "")
        folder = tmp_path / title
        folder.mkdir()
        with pytest.raises(AssertionError):
            compare(wrong, "astropy", folder)


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs/parity.md").read_text() == markdown(), "run `make parity`"


def test_the_html_is_whole_and_shows_every_program() -> None:
    opened: list[str] = []
    text: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
            if tag != "meta":
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

        def handle_data(self, data: str) -> None:
            text.append(data)

    Reader().feed(html())
    assert not opened
    for idiom in ALL:
        for library in idiom.programs:
            assert idiom.source(library) in text
