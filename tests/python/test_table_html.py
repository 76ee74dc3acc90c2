# SPDX-License-Identifier: BSD-3-Clause
"""What notebooks show of a table."""

import dataclasses
import html.parser
import re

import pytest
import torch

from torchfits import Ragged, Table


class Page(html.parser.HTMLParser):
    """The cells of a table by line, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lines: list[list[str]] = []
        self.open: list[str] = []
        self.hints: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "tr":
            self.lines.append([])
        if tag in ("td", "th"):
            self.lines[-1].append("")
            self.hints += [value for name, value in attrs if name == "title"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.lines[-1][-1] += data


def table(rows: int = 3) -> Table:
    made = Table(
        {
            "<NAME>": ["<b>bold</b> & a text that is too long for its cell"] * rows,
            "N": torch.arange(rows),
            "V": torch.arange(2.0 * rows).view(rows, 2) / 3,
            "R": Ragged.from_list([[1.5], []] * rows)[:rows],
        },
        units={"N": "m<s>"},
        masks={"N": torch.arange(rows) % 3 == 1},
    )
    made._columns[1] = dataclasses.replace(made.columns[1], comment='a "count" <of>')
    return made


def test_lines_are_names_units_dtypes_and_rows():
    page = Page(table()._repr_html_())
    assert page.lines[0] == ["<NAME>", "N", "V", "R"]
    assert page.lines[1] == ["", "m<s>", "", ""]
    assert page.lines[2] == ["str", "int64", "float32[2]", "float32[*]"]
    assert page.lines[3] == ["<b>bold</b> & a text ...", "0", "[0.0, 0.33333]", "[1.5]"]
    assert [line[1] for line in page.lines[3:]] == ["0", "null", "2"]
    assert (
        page.hints
        == ['a "count" <of>'] + ["<b>bold</b> & a text that is too long for its cell"] * 3
    )


def test_nothing_of_the_file_is_markup():
    text = re.sub(r"<style>.*?</style>", "", table()._repr_html_(), flags=re.DOTALL)
    tags = set(re.findall(r"<(\w+)", text))
    assert tags == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "p"} - {
        "p"
    }


def test_units_that_are_not_there_take_no_line():
    page = Page(Table({"X": torch.zeros(2)})._repr_html_())
    assert page.lines == [["X"], ["float32"], ["0"], ["0"]]


@pytest.mark.parametrize(
    ("rows", "columns", "note"),
    [
        (8, 16, None),
        (9, 16, "1 more row"),
        (8, 17, "1 more column"),
        (1000, 30, "992 more rows, 14 more columns"),
    ],
)
def test_what_is_left_out_is_said(rows, columns, note):
    text = Table({f"C{i}": torch.zeros(rows) for i in range(columns)})._repr_html_()
    assert (f"<p>… {note}</p>" in text) if note else ("<p>" not in text)
    assert f"<caption>{rows} rows, {columns} columns</caption>" in text
    assert len(Page(text).lines) == 2 + 8


def test_tables_without_rows_columns_or_values():
    assert "<caption>0 rows, 0 columns</caption>" in Table({})._repr_html_()
    assert len(Page(table()[0:0]._repr_html_()).lines) == 3
    assert len(Page(table().to("meta")._repr_html_()).lines) == 3
