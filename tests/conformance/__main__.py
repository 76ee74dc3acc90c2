# SPDX-License-Identifier: BSD-3-Clause
"""`make conformance`: every file of a folder, read by torchfits, astropy and fitsio."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .readings import Processes
from .report import FileReport, compared, lines, summary

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(os.environ.get("TORCHFITS_SHARED") or ROOT.parent / "shared") / "corpus"
NO_FITS = (".hdr", ".tsv", ".md", ".txt")


def main() -> int:
    """Give the exit status: 1 for a difference without a reason, 2 without files."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=CORPUS)
    folder = parser.parse_args().folder
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    paths = [path for path in found if path.suffix not in NO_FITS]
    if not paths:
        print(f"conformance: no files in {folder}; name a folder, or set TORCHFITS_SHARED")
        return 2
    processes = Processes()
    reports: list[FileReport] = []
    for path in paths:
        report = compared(str(path.relative_to(folder)), processes.read(path))
        reports.append(report)
        print(*lines(report), sep="\n", flush=True)
    processes.close()
    print(f"\n{summary(reports)}")
    return int(any(report.unknown for report in reports))


if __name__ == "__main__":  # the processes of the readers import this module too
    sys.exit(main())
