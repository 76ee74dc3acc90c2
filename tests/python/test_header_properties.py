# SPDX-License-Identifier: BSD-3-Clause
"""Whatever is done to a header, astropy and fitsio read from its text what was put there."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import fitsio
from astropy.io import fits
from header_strategies import COMMENTS, KEYWORDS, VALUES
from hypothesis import given, settings
from hypothesis import strategies as st

from torchfits import Header

Model = list[tuple[str, Any, str]]

PLACES = st.integers(0, 20)


def same(one: Model, other: Model) -> bool:
    """Whether the cards are equal, with the types of their values and the sign of zero."""
    return [(k, repr(v), c) for k, v, c in one] == [(k, repr(v), c) for k, v, c in other]


def read_by_astropy(text: str) -> Model:
    header = fits.Header.fromstring(text)
    return [
        (c.keyword, None if isinstance(c.value, fits.card.Undefined) else c.value, c.comment)
        for c in header.cards
    ]


def read_by_fitsio(text: str) -> Model:
    first = "".join(
        line.ljust(80)
        for line in ("SIMPLE  =                    T", "BITPIX  =  8", "NAXIS   =  0")
    )
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "header.fits"
        whole = first + text + "END".ljust(80)
        path.write_bytes(whole.ljust(-(-len(whole) // 2880) * 2880).encode("ascii"))
        records = fitsio.read_header(str(path)).records()[3:]
    return [(r["name"], r["value"], r["comment"]) for r in records if r["name"] != "CONTINUE"]


def text_of(header: Header) -> str:
    return header.to_string(endcard=False, padding=False)


# fitsio gives the last of repeated keywords only.
@given(st.lists(st.tuples(KEYWORDS, VALUES, COMMENTS), max_size=8, unique_by=lambda card: card[0]))
def test_three_readers_agree_on_what_was_written(cards: Model) -> None:
    text = text_of(Header(cards))
    assert same(list(Header.from_string(text).cards), cards)
    assert same(read_by_astropy(text), cards)
    assert same(read_by_fitsio(text), cards)


class Editing:
    """A header beside a plain list of cards; each edit is made to both."""

    def __init__(self) -> None:
        self.header = Header()
        self.model: Model = []

    def first(self, keyword: str) -> int | None:
        return next((i for i, card in enumerate(self.model) if card[0] == keyword), None)

    def append(self, keyword: str, value: Any, comment: str, place: int) -> None:  # noqa: ARG002
        self.header.append((keyword, value, comment))
        self.model.append((keyword, value, comment))

    def insert(self, keyword: str, value: Any, comment: str, place: int) -> None:
        self.header.insert(place, keyword, value, comment, after=place % 2 == 1)
        self.model.insert(place + place % 2, (keyword, value, comment))

    def assign(self, keyword: str, value: Any, comment: str, place: int) -> None:  # noqa: ARG002
        self.header[keyword] = value
        at = self.first(keyword)
        if at is None:
            self.model.append((keyword, value, ""))
        else:
            self.model[at] = (keyword, value, self.model[at][2])

    def place_before(self, keyword: str, value: Any, comment: str, place: int) -> None:
        if not self.model:
            return
        place %= len(self.model)
        self.header.set(keyword, value, comment, before=place)
        at = self.first(keyword)
        if at is not None:
            del self.model[at]
            place -= at < place
        self.model.insert(place, (keyword, value, comment))

    def delete(self, keyword: str, value: Any, comment: str, place: int) -> None:  # noqa: ARG002
        assert self.header.count(keyword) == sum(card[0] == keyword for card in self.model)
        self.header.remove(keyword, ignore_missing=True, remove_all=True)
        self.model = [card for card in self.model if card[0] != keyword]

    def delete_one(self, keyword: str, value: Any, comment: str, place: int) -> None:  # noqa: ARG002
        if self.model:
            assert (
                self.header.pop(place % len(self.model))
                == self.model.pop(place % len(self.model))[1]
            )

    def rename(self, keyword: str, value: Any, comment: str, place: int) -> None:  # noqa: ARG002
        if self.model:
            place %= len(self.model)
            self.header.rename_keyword(place, keyword, force=True)
            self.model[place] = (keyword, *self.model[place][1:])

    def annotate(self, keyword: str, value: Any, comment: str, place: int) -> None:  # noqa: ARG002
        if self.model:
            place %= len(self.model)
            self.header.comments[place] = comment
            self.model[place] = (*self.model[place][:2], comment)


EDITS = (
    Editing.append,
    Editing.insert,
    Editing.assign,
    Editing.place_before,
    Editing.delete,
    Editing.delete_one,
    Editing.rename,
    Editing.annotate,
)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.sampled_from(EDITS), KEYWORDS, VALUES, COMMENTS, PLACES),
        max_size=25,
    )
)
def test_any_edits_leave_whole_cards_that_read_back(edits: list[Any]) -> None:
    editing = Editing()
    for edit, *arguments in edits:
        edit(editing, *arguments)
    assert same(list(editing.header.cards), editing.model)
    text = text_of(editing.header)
    assert len(text) % 80 == 0
    assert editing.header.problems == []
    assert same(read_by_astropy(text), editing.model)
    assert same(list(Header.from_string(text).cards), editing.model)
