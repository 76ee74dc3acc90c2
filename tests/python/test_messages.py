# SPDX-License-Identifier: BSD-3-Clause
"""tests/data/messages.txt: typical mistakes, and what users are told."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from fits_bytes import card, empty_primary, field, image, table, text_field

import torchfits

PAGE = Path(__file__).resolve().parents[1] / "data" / "messages.txt"
PROMPTS = (">>> ", "... ")


@dataclass(frozen=True)
class Mistake:
    title: str
    code: str
    answer: str

    def __str__(self) -> str:
        return self.title


def mistakes() -> list[Mistake]:
    """The blocks of the page."""
    found = []
    for block in PAGE.read_text().split("\n= ")[1:]:
        title, *lines = block.strip().splitlines()
        code = "\n".join(line[4:] for line in lines if line.startswith(PROMPTS))
        answer = "\n".join(line for line in lines if not line.startswith(PROMPTS))
        found.append(Mistake(title, code, answer))
    return found


def make_files() -> None:
    """field.fits, of two images and a table, and broken ones, in the working directory."""
    pixels = np.arange(60 * 80, dtype="i2").reshape(60, 80)
    columns = [
        ("ID", "J", field([1, 2, 3], "i4")),
        ("FLUX", "E", field([0.5, 1.5, 2.5], "f4")),
        ("NAME", "4A", text_field([b"a", b"b", b"c"], 4)),
    ]
    whole = empty_primary([card("OBJECT", "M 31", "target"), card("EXPTIME", 30.5)])
    whole += image(pixels, extension=True, name="SCI") + table(columns, name="CAT")
    bitpix = card("BITPIX", 16)
    summed = image(pixels, [card("DATASUM", "1")])
    files = {
        "field.fits": whole,
        "cut.fits": whole[:8000],
        "cut_header.fits": whole[:300],
        "page.fits": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "empty.fits": b"",
        "bad_bitpix.fits": whole.replace(bitpix, bitpix.replace(b"16", b"17")),
        "sums.fits": summed,
    }
    for name, content in files.items():
        Path(name).write_bytes(content)


@contextlib.contextmanager
def in_folder() -> Iterator[None]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            make_files()
            yield
        finally:
            os.chdir(before)


def answer(mistake: Mistake) -> str:
    """Class and message of the error."""
    names = {"torch": torch, "torchfits": torchfits}
    with in_folder():
        here = str(Path.cwd())
        try:
            exec(compile(mistake.code, "<mistake>", "exec"), names)
        except Exception as error:  # noqa: BLE001  any error may be the answer
            said = f"{type(error).__name__}: {error}"
            return "\n".join(line.rstrip() for line in said.replace(here, "FOLDER").splitlines())
    return "no error"


@pytest.mark.parametrize("mistake", mistakes(), ids=str)
@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
def test_a_mistake_is_told_as_the_page_says(mistake: Mistake) -> None:
    assert answer(mistake) == mistake.answer


def test_the_page_has_thirty_and_more() -> None:
    found = mistakes()
    assert len(found) >= 30
    assert len({mistake.title for mistake in found}) == len(found)


@pytest.mark.parametrize("mistake", mistakes(), ids=str)
def test_a_message_says_something(mistake: Mistake) -> None:
    """An error of Python or of torchfits, of more than a name, and of one reading length."""
    kind, _, text = mistake.answer.partition(": ")
    assert re.fullmatch(r"\w+Error", kind)
    assert 25 <= len(text) <= 420
    assert "object has no attribute" not in text
    assert "nanobind" not in text


def rewrite() -> None:
    """Put the answers of today into the page."""
    intro = PAGE.read_text().split("\n= ")[0]
    blocks = [intro]
    for mistake in mistakes():
        lines = mistake.code.splitlines()
        shown = [f"{PROMPTS[line.startswith(' ')]}{line}" for line in lines]
        blocks.append("\n".join([f"= {mistake.title}", *shown, answer(mistake)]) + "\n")
    PAGE.write_text("\n".join(blocks))


if __name__ == "__main__":
    rewrite()
