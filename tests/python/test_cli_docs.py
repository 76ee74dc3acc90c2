# SPDX-License-Identifier: BSD-3-Clause
"""The commands of docs/cli.md print what the page shows."""

import os
import re
from pathlib import Path

import pytest
from command_line import shell_line

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text()
BLOCKS = re.findall(r"^```text\n(\$ .*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where all blocks run, one after another."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "examples").symlink_to(ROOT / "examples")
    return folder


def test_there_are_blocks():
    assert len(BLOCKS) >= 8


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_command_prints_what_the_page_shows(number, folder, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(folder)
    for part in re.split(r"^\$ ", BLOCKS[number], flags=re.MULTILINE)[1:]:
        line, _, expected = part.partition("\n")
        assert shell_line(line, os.curdir) == expected, line
