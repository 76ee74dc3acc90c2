# SPDX-License-Identifier: BSD-3-Clause
"""`make parity`: runs every pair, then writes docs/parity.md and artifacts/parity.html."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .catalogue import ALL
from .idiom import Idiom
from .page import counts, html, markdown
from .trial import compare, others

ROOT = Path(__file__).resolve().parents[2]


def failure(idiom: Idiom, library: str) -> str:
    """Why torchfits does not do what the other library does; empty where it does."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            compare(idiom, library, Path(folder))
    except Exception as error:  # noqa: BLE001  a pair that fails must not hide the others
        return f"{type(error).__name__}: {error}"
    return ""


def main() -> int:
    """Give the exit status: 1 where a pair does not do what its state says."""
    wrong = False
    for idiom in ALL:
        for library in others(idiom):
            said = failure(idiom, library)
            if bool(said) != (idiom.state == "missing"):
                wrong = True
                print(f"{idiom.number} {idiom.title}, beside {library}: {said or 'works'}")
    (ROOT / "docs/parity.md").write_text(markdown())
    page = ROOT / "artifacts/parity.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text(html())
    print(f"{counts()} docs/parity.md and {page.relative_to(ROOT)} are written.")
    return int(wrong)


sys.exit(main())
