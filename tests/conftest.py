# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures for every Python test."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_files import CORPUS, REASON
from hypothesis import settings

settings.register_profile("torchfits", deadline=None, derandomize=True)
settings.load_profile("torchfits")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The directory of real FITS files, which are not part of the repository."""
    if not CORPUS.is_dir():
        pytest.skip(REASON)
    return CORPUS
