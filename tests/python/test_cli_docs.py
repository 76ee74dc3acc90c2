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


def test_the_commands_print_what_the_page_shows(tmp_path, monkeypatch):
    """One after another in one folder: some take what those before have left there."""
    pytest.importorskip("pyarrow")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    assert len(BLOCKS) >= 8
    for block in BLOCKS:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, expected = part.partition("\n")
            assert shell_line(line, os.curdir) == expected, line
