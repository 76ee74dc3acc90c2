# SPDX-License-Identifier: BSD-3-Clause
"""Cases that write new files, change files in place, or check their sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from case import Case
from image_cases import FILES_1000, HUGE, LARGE, TINY, noise
from recipes import Folder, Hollow
from table_cases import MIXED_1K
from table_recipes import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recipes import Recipe

ELEVEN = "ID:K RA:D DEC:D M1:E M2:E M3:E FLAG:J KIND:I NAME:16A GOOD:L Z:D"
TABLE_500K = Table("table_500k_x11", 500_000, ELEVEN)
HOLLOW = Hollow("hollow_float32", (16384, 16384))
FILES_20 = Folder("headers_20", 20, (16, 16), keywords=60)
KEY = "KEY00024"  # holds an integer


def _written(name: str, recipe: Recipe, arguments: dict[str, Any]) -> Iterator[Case]:
    yield Case(name, "writing", recipe, "write_image", arguments)
    yield Case(f"{name}/1_thread", "writing", recipe, "write_image", arguments, threads=1)


WRITE_CASES = (
    Case("write/tiny_float32", "writing", TINY, "write_image", smoke=True),
    *_written("write/large_float32", LARGE, {}),
    Case("write/large_float32_checksum", "writing", LARGE, "write_image", {"checksum": True}),
    *_written("write/rice_i2", noise("noise_int16", "int16"), {"compress": "RICE_1"}),
    Case("write/table_1000", "writing", MIXED_1K, "write_table", smoke=True),
    Case("write/table_500k_x11", "writing", TABLE_500K, "write_table"),
    Case("update/append_to_1gb", "updating", HOLLOW, "append_image", {"side": 256}),
    Case("update/key_of_1gb", "updating", HOLLOW, "set_key", {"key": KEY}),
    Case(
        "update/key_20_files", "keys of many files", FILES_20, "set_key", {"key": KEY}, smoke=True
    ),
    Case("update/key_1000_files", "keys of many files", FILES_1000, "set_key", {"key": KEY}),
    Case("verify/checksum_1gb", "checksum", HUGE, "verify_sums"),
)
