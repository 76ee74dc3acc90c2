# SPDX-License-Identifier: BSD-3-Clause
"""The real FITS files that the tests read; they lie outside of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("TORCHFITS_SHARED") or ROOT.parent / "shared") / "corpus"
REASON = f"no corpus at {CORPUS}; set TORCHFITS_SHARED to the directory that holds 'corpus'"


def corpus_paths(*rooms: str) -> list[Path]:
    """The FITS files of the corpus, or of some of its directories, in a stable order."""
    found = sorted(path for room in rooms or ("*",) for path in CORPUS.glob(f"{room}/*"))
    return [path for path in found if path.is_file() and path.suffix != ".hdr"]


def corpus_files(*rooms: str, but: tuple[str, ...] = ()) -> list[object]:
    """Parameters for `pytest.mark.parametrize`: a path each, or one skip that says why."""
    paths = [path for path in corpus_paths(*rooms) if path.parent.name not in but]
    if not paths:
        return [pytest.param(None, marks=pytest.mark.skip(reason=REASON), id="no-corpus")]
    return [pytest.param(path, id=f"{path.parent.name}/{path.name}") for path in paths]
