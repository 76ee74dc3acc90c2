# SPDX-License-Identifier: BSD-3-Clause
"""Every Python block of the documentation runs, and sessions print what they show."""

import doctest
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
PAGES += [ROOT / "examples" / "data" / "README.md"]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
OPTIONAL = re.compile(r"\b(?:import |to_|from_)(astropy|duckdb|pandas|polars|pyarrow)\b")
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page):
    text = page.read_text()
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(page, line, match[1], match[2])


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
SESSIONS = [block for block in BLOCKS if block.language == "pycon"]
SCRIPTS = [block for block in BLOCKS if block.language == "python"]


def need_packages(block):
    """Skip a block whose optional packages are absent."""
    for package in OPTIONAL.findall(block.text):
        pytest.importorskip(package)


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_no_block_escapes():
    assert {block.language for block in BLOCKS} <= {"python", "pycon", "sh", "text"}
    assert len(SESSIONS) >= 15
    assert len(SCRIPTS) >= 3
    for page in PAGES:
        fences = re.findall(r"^```", page.read_text(), re.MULTILINE)
        assert len(fences) == 2 * len(list(blocks_of(page))), page


@pytest.mark.parametrize("block", SESSIONS, ids=str)
@pytest.mark.filterwarnings("default")
def test_a_session_prints_what_it_shows(block):
    need_packages(block)
    test = doctest.DocTestParser().get_doctest(block.text, {}, str(block), None, block.line)
    assert test.examples
    report = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("block", SCRIPTS, ids=str)
def test_a_script_runs(block, tmp_path):
    need_packages(block)
    script = tmp_path / "block.py"
    script.write_text(textwrap.dedent(block.text))
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    missing = [to for to in LINK.findall(page.read_text()) if not (page.parent / to).exists()]
    assert not missing


def test_the_quickstart_is_short():
    quickstart = next(block for block in SCRIPTS if block.page.name == "README.md")
    lines = [line for line in quickstart.text.splitlines() if line and "import" not in line]
    assert len(lines) <= 10
    assert len((ROOT / "README.md").read_text().splitlines()) < 300


def test_the_choices_name_tests_that_exist():
    page = (ROOT / "docs" / "choices.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", page))
    sources = [*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("tests/core/*.cpp")]
    defined = set(re.findall(r"def (test_\w+)", "".join(path.read_text() for path in sources)))
    assert named
    assert named <= defined, sorted(named - defined)
