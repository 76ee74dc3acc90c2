# SPDX-License-Identifier: BSD-3-Clause
"""The files that tests compare with are the files that were agreed on.

`scripts/hash-data` writes the list anew, after a change that is meant.
"""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "data" / "SHA256SUMS"
FOLDERS = ("examples/data", "fuzz/seeds", "tests/data")


def listed():
    lines = LIST.read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def found():
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if path != LIST
    }


def test_golden_data_are_as_they_were():
    agreed, here = listed(), found()
    assert len(agreed) > 50
    assert sorted(agreed) == sorted(here), "run scripts/hash-data if this is meant"
    drifted = [name for name in agreed if agreed[name] != here[name]]
    assert not drifted, "run scripts/hash-data if this is meant"
