# SPDX-License-Identifier: BSD-3-Clause
"""The gate of coverage: what it lets pass, and what it does not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GATE = Path(__file__).resolve().parent.parent / "scripts" / "coverage_gate.py"


def core(name, lines_run, branches_run=100):
    totals = {"line_total": 100, "branch_total": 100}
    return {
        "filename": name,
        "line_covered": lines_run,
        "branch_covered": branches_run,
        **totals,
    }


def module(lines_run, branches_run):
    keys = {"num_statements": 100, "num_branches": 100}
    return {"summary": {**keys, "covered_lines": lines_run, "covered_branches": branches_run}}


def gate(folder, files, modules=None):
    (folder / "core.json").write_text(json.dumps({"files": files}))
    if modules is not None:
        (folder / "python.json").write_text(json.dumps({"files": modules}))
    command = [sys.executable, GATE, folder]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (folder / "summary.txt").read_text() == done.stdout
    return done.returncode, done.stdout


def test_enough(tmp_path):
    files = [core("core/fits/card.cpp", 95), core("core/io/file.cpp", 86, 71)]
    modules = {"build/package/torchfits/_api.py": module(90, 85)}
    code, text = gate(tmp_path, files, modules)
    assert code == 0
    assert "TOO LITTLE" not in text
    for words in ("core/fits   ", "95.0 %", "torchfits/_api.py", "85.5 %"):
        assert words in text


@pytest.mark.parametrize(
    ("files", "modules", "complaint"),
    [
        ([core("core/io/file.cpp", 89)], None, "core and bindings: 89.0 % of lines, not 90"),
        ([core("core/codec/rice.cpp", 94)], None, "core/codec: 94.0 % of lines, not 95"),
        ([core("core/io/a.cpp", 99)], {"torchfits/a.py": module(89, 99)}, "Python: 89.0 % of lin"),
        ([core("core/io/a.cpp", 99)], {"torchfits/a.py": module(99, 84)}, "Python: 84.0 % of bra"),
    ],
)
def test_too_little(tmp_path, files, modules, complaint):
    code, text = gate(tmp_path, files, modules)
    assert code == 1
    assert f"TOO LITTLE: {complaint}" in text
    assert text.count("TOO LITTLE") == 1


def test_a_file_that_nobody_ran_counts(tmp_path):
    code, text = gate(tmp_path, [core("core/fits/a.cpp", 100), core("core/fits/b.cpp", 0, 0)])
    assert code == 1
    assert "core/fits: 50.0 % of lines" in text
