# SPDX-License-Identifier: BSD-3-Clause
"""The report finds differences, names the reason of those that are known, and fails for others."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import torchfits

from .choices import CHOICES
from .readings import CRASH, READERS, Readings, quietly_read
from .report import compared, lines, summary

TESTS = Path(__file__).resolve().parents[1]


def sample(path: Path) -> None:
    """An image and a table that every reader reads alike."""
    columns = [
        fits.Column("ID", "J", array=[1, 2, 3]),
        fits.Column("NAME", "4A", array=["a", "b", "c"]),
    ]
    image = fits.PrimaryHDU(np.arange(6, dtype="i2").reshape(2, 3))
    fits.HDUList([image, fits.BinTableHDU.from_columns(columns, name="CAT")]).writeto(path)


def readings(path: Path) -> dict[str, Readings]:
    return {reader: quietly_read(reader, path) for reader in READERS}


def test_a_file_that_all_read_alike(tmp_path: Path) -> None:
    sample(tmp_path / "a.fits")
    report = compared("a.fits", readings(tmp_path / "a.fits"))
    assert report.kinds == ["image", "table"]
    assert not report.verdicts
    assert "agree" in "\n".join(lines(report))
    assert summary([report]).startswith("1 files, 2 HDUs: 2 agree, 0 differ")


def test_a_difference_with_a_known_reason(tmp_path: Path) -> None:
    """BLANK: fitsio gives the number, torchfits and astropy NaN."""
    image = fits.PrimaryHDU(np.array([[1, -7]], "i2"))
    image.header["BLANK"] = -7
    image.writeto(tmp_path / "blank.fits")
    report = compared("blank.fits", readings(tmp_path / "blank.fits"))
    verdicts = [verdict for found in report.verdicts.values() for verdict in found]
    assert {(v.reader, v.right) for v in verdicts} == {("fitsio", "torchfits")}
    assert all(verdict.why.startswith("T6") for verdict in verdicts)
    assert not report.unknown


@pytest.mark.parametrize(
    "damage",
    [
        lambda hdus: hdus.pop(),
        lambda hdus: hdus[0].data.__setitem__((1, 1), 99),
        lambda hdus: setattr(hdus[0], "data", hdus[0].data.astype("i4")),
        lambda hdus: setattr(hdus[0], "data", hdus[0].data[:1]),
        lambda hdus: setattr(hdus[1], "kind", "image"),
        lambda hdus: setattr(hdus[1], "error", "ValueError: no"),
        lambda hdus: hdus[1].keywords.__setitem__("TFIELDS", [2.0]),
        lambda hdus: hdus[1].keywords.pop("TTYPE1"),
        lambda hdus: hdus[1].data["0 ID"].__setitem__(2, 4),
        lambda hdus: hdus[1].data["1 NAME"].__setitem__(2, "x"),
        lambda hdus: hdus[1].data.pop("1 NAME"),
    ],
)
def test_any_other_difference_is_not_known(damage: object, tmp_path: Path) -> None:
    sample(tmp_path / "a.fits")
    read = readings(tmp_path / "a.fits")
    for reader in ("astropy", "fitsio"):
        wrong = {**read, reader: copy.deepcopy(read[reader])}
        damage(wrong[reader])  # type: ignore[operator]
        report = compared("a.fits", wrong)
        assert report.unknown, reader
        assert "NOT KNOWN" in "\n".join(lines(report))


def test_a_crash_of_torchfits_is_never_fine(tmp_path: Path) -> None:
    sample(tmp_path / "a.fits")
    read = {**readings(tmp_path / "a.fits"), "torchfits": CRASH}
    assert compared("a.fits", read).unknown
    assert compared("a.fits", dict.fromkeys(READERS, CRASH)).unknown


def test_each_choice_of_the_page_is_a_line_there() -> None:
    page = (TESTS.parent / "docs/choices.md").read_text()
    for choice in CHOICES:
        for number in re.findall(r"\bT\d+\b", choice.why):
            assert re.search(rf"^\|[T0-9, ]*\b{number}\b", page, re.MULTILINE), choice.why


def test_the_command(tmp_path: Path) -> None:
    """Good files and one that nobody opens: exit status 0, a table, a summary."""
    sample(tmp_path / "a.fits")
    torchfits.write(tmp_path / "b.fits", np.arange(5.0))
    (tmp_path / "c.fits").write_bytes(b"no FITS file")
    done = subprocess.run(
        [sys.executable, "-m", "conformance", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "a.fits" in done.stdout
    assert "3 files, 4 HDUs: 4 agree" in done.stdout
