# SPDX-License-Identifier: BSD-3-Clause
"""What astropy and fitsverify say of a file that was written."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from pathlib import Path

import pytest
from astropy.io import fits

FITSVERIFY = shutil.which("fitsverify")
needs_fitsverify = pytest.mark.skipif(FITSVERIFY is None, reason="no fitsverify on PATH")


def fitsverify(path: Path, *options: str) -> str:
    """All that it says."""
    assert FITSVERIFY is not None
    command = [FITSVERIFY, *options, str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return (done.stdout + done.stderr).decode("latin-1")


def check_by_fitsverify(path: Path) -> None:
    """No errors and no warnings, as far as it is installed."""
    if FITSVERIFY is not None:
        said = fitsverify(path, "-q")
        assert said.startswith("verification OK"), said


def check_by_astropy(path: Path) -> None:
    """No complaints, checksums included."""
    with warnings.catch_warnings(), fits.open(path, checksum=True) as f:
        warnings.simplefilter("error")
        f.verify("exception")
        for hdu in f:
            _ = hdu.data


def check_file(path: Path) -> None:
    check_by_astropy(path)
    check_by_fitsverify(path)


def hdu_bytes(path: Path) -> list[bytes]:
    """The bytes of each HDU, located by astropy."""
    whole = path.read_bytes()
    with fits.open(path, disable_image_compression=True) as f:
        infos = [hdu.fileinfo() for hdu in f]
    parts = [whole[info["hdrLoc"] : info["datLoc"] + info["datSpan"]] for info in infos]
    assert b"".join(parts) == whole
    return parts
