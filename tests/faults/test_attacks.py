# SPDX-License-Identifier: BSD-3-Clause
"""Files that once did harm, or were made to: each is refused in words that say why, or is read.

tests/core/test_attacks.cpp runs these, and the inputs of single decoders, under the sanitizers.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
import torch  # noqa: F401  (before memory is limited)
from child_process import MIB, in_child

import torchfits

FILES = Path(__file__).parents[1] / "data" / "attacks" / "fuzz_open"
FORMAT, CUT, LARGE = (
    torchfits.FormatError,
    torchfits.TruncatedError,
    torchfits.UnsupportedError,
)
# By the FITS Standard 4.0: sections 4.4.1 (axes), 7.3.1 and 7.3.2 (tables), 7.3.5 (descriptors),
# 10.1 to 10.4 (tiles). None: what the file says is odd and can be read.
OUTCOMES = {
    "axes_beyond_64_bits_times_zero": (LARGE, r"\(0, 4611686018427387904, 4611686018427387904\)"),
    "axes_whose_product_overflows": (FORMAT, r"NAXISn.* more bytes than any file"),
    "axis_of_2_to_63": (FORMAT, r"NAXIS1 .*9223372036854775808"),
    "descriptor_beyond_the_heap": (FORMAT, r"'X', row 0: .* 2 elements .* byte 2147483644 "),
    "descriptor_of_negative_count": (FORMAT, r"'X', row 0: .* -1 elements"),
    "descriptor_whose_end_overflows": (FORMAT, r"'X', row 0: .* byte 9223372036854775800 "),
    "fields_without_cards": (FORMAT, r"TFIELDS .*1000000"),
    "form_of_no_letter": (FORMAT, r"TFORM1.*'1Y'"),
    "form_whose_width_overflows": (FORMAT, r"2305843009213693952D"),
    "gzip_cut_off": (CUT, r"gzip.* 700\b"),
    "gzip_that_announces_a_terabyte": (CUT, r"1099511627776 bytes announced"),
    "header_without_end": (CUT, r"no END card in its 3280 bytes"),
    "heap_before_the_table": None,
    "image_of_too_many_tiles": (FORMAT, r"ZNAXIS"),
    "rice_blocks_of_nothing": (FORMAT, r"BLOCKSIZE = 0"),
    "rows_of_no_bytes": (FORMAT, r"NAXIS2 = 4611686018427387904 rows of no bytes"),
    "tile_of_no_pixels": (FORMAT, r"ZTILE1 = 0"),
    "tiles_cut_off": (CUT, r"36 bytes announced, 0 present"),
}


def read_everything(path: Path) -> None:
    with torchfits.open(path) as f:
        for hdu in f:
            list(hdu.header.keys())
            with contextlib.suppress(torchfits.NoDataError):
                hdu.read()


def test_every_file_is_listed() -> None:
    assert {path.name for path in FILES.iterdir()} == set(OUTCOMES)


@pytest.mark.filterwarnings("ignore::torchfits.FITSWarning")
@pytest.mark.parametrize("name", OUTCOMES)
def test_an_attack(name: str) -> None:
    outcome = OUTCOMES[name]

    def work() -> None:
        if outcome is None:
            read_everything(FILES / name)
            return
        kind, words = outcome
        with pytest.raises(torchfits.FITSError) as caught:
            read_everything(FILES / name)
        assert type(caught.value) is kind
        assert name in str(caught.value)
        assert re.search(words, str(caught.value)), str(caught.value)

    in_child(work, extra_bytes=256 * MIB, seconds=10)
