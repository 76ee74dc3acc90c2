# SPDX-License-Identifier: BSD-3-Clause
"""The one table of benchmark cases: a name, a family (its target), a file, what to do with it.

``operation`` names a function that every engine module in ``engines/`` offers; ``arguments`` are
its keyword arguments beside the path. To add a case, add a line.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from recipes import Extensions, Folder, Image, Keywords, Noise, Recipe, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Time of the best peer divided by ours that a family has to reach.
TARGETS = {
    "small image": 1.5,
    "bulk float": 1.25,
    "bulk 8/16 bit": 1.1,
    "scaled": 2.0,
    "Rice, dither, PLIO": 3.0,
    "Rice, dither, PLIO on one thread": 2.0,
    "GZIP": 2.5,
    "GZIP on one thread": 1.25,
    "HCOMPRESS": 3.0,
    "HCOMPRESS on one thread": 1.5,
    "cutout": 2.0,
    "small table": 1.2,
    "table": 1.5,
    "huge table": 3.0,
    "variable length": 100.0,
    "selection": 1.5,
    "header": 1.5,
    "one of many keywords": 4.0,
    "all of many keywords": 2.0,
    "HDU list": 1.0,
    "many files": 1.5,
    "writing": 2.0,
}
PEAK_LIMIT = 64 * 2**20  # bytes over the tensors that a memory case may take


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    name: str
    family: str
    recipe: Recipe
    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    smoke: bool = False
    """Part of the short run: small files only."""
    limit_ms: float | None = None
    """A time that torchfits has to stay under, whatever the peers do."""
    cached_by: tuple[str, ...] = ()
    """Engines that answer from memory, not from the file: shown, but not compared with."""
    ulp: int = 0
    """Units in the last place by which floats of two engines may differ (rounding of BSCALE)."""
    threads: int | None = None
    """Cores and threads of every engine; ``None``: as many as the run has."""
    warm: Recipe | None = None
    """Memory case: a small file of the same kind that is read before the idle size is taken."""

    @property
    def benchmark(self) -> str:
        return self.name.partition("/")[0]

    @property
    def target(self) -> float:
        return TARGETS[self.family]

    @property
    def path(self) -> Path:
        return self.recipe.path


def _boxes(count: int, side: int, size: int) -> list[tuple[int, int, int, int]]:
    rng = random.Random(count)
    corners = [(rng.randrange(side - size), rng.randrange(side - size)) for _ in range(count)]
    return [(y, y + size, x, x + size) for y, x in corners]


NARROW = "ID:J X:E Y:E OK:L"
MIXED = "ID:K RA:D DEC:D M1:E M2:E FLAG:J NAME:16A GOOD:L"
WIDE = " ".join(
    [f"E{i}:E" for i in range(20)]
    + [f"J{i}:J" for i in range(10)]
    + [f"D{i}:D" for i in range(6)]
    + [f"A{i}:12A" for i in range(4)]
    + ["L0:L"]
)

TINY = Image("tiny_float32", (64, 64), "float32")
LARGE = Image("large_float32", (2048, 2048), "float32")
BIG = Image("big_float32", (12000, 12000), "float32")
NARROW_1K, NARROW_1M = Table("narrow_1000", 1000, NARROW), Table("narrow_1000000", 10**6, NARROW)
MIXED_1K, MIXED_1M = Table("mixed_1000", 1000, MIXED), Table("mixed_1000000", 10**6, MIXED)
MIXED_10M = Table("mixed_10000000", 10**7, MIXED)
WIDE_100K = Table("wide_100000", 10**5, WIDE)
VARLEN_100K = Table("varlen_100000", 10**5, "ID:J X:E V:PJ")
KEYS_500 = Keywords("keywords_500", 500)
HDUS_300, HDUS_10 = Extensions("hdus_300", 300, (16, 16)), Extensions("hdus_10", 10, (128, 128))
ONE_BOX, BOXES = _boxes(1, 2048, 100), _boxes(50, 2048, 100)
FILES_500 = Folder("files_500", 500, (128, 128))


def _noise(name: str, dtype: str, compression: str = "") -> Noise:
    sigma = 0 if compression == "PLIO_1" else 30 if dtype == "int16" else 10
    return Noise(name, (2048, 2048), dtype, sigma, compression)


COMP_F4 = _noise("comp_f4_RICE_1", "float32", "RICE_1")
COMP_TILED = _noise("comp_i2_tiled", "int16", "RICE_1 tile=128x128")
COMPRESSED = (
    ("Rice, dither, PLIO", _noise("comp_i2_RICE_1", "int16", "RICE_1")),
    ("Rice, dither, PLIO", COMP_F4),
    (
        "Rice, dither, PLIO",
        _noise("comp_f4_dither", "float32", "RICE_1 quantize_method=1 dither_seed=1"),
    ),
    ("Rice, dither, PLIO", COMP_TILED),
    ("GZIP", _noise("comp_f4_GZIP_1", "float32", "GZIP_1")),
    ("GZIP", _noise("comp_f4_GZIP_2", "float32", "GZIP_2")),
    ("HCOMPRESS", _noise("comp_i2_HCOMPRESS_1", "int16", "HCOMPRESS_1")),
    ("Rice, dither, PLIO", _noise("comp_i2_PLIO_1", "int16", "PLIO_1")),
)


def _compressed_images() -> Iterator[Case]:
    """Each twice: on one thread the codec counts, on several how tiles are shared out as well."""
    for family, recipe in COMPRESSED:
        name = f"read/{recipe.name}"
        yield Case(name, family, recipe, "read_image", {"hdu": 1})
        alone = f"{family} on one thread"
        yield Case(f"{name}/1_thread", alone, recipe, "read_image", {"hdu": 1}, threads=1)


def _compressed_cutouts() -> Iterator[Case]:
    for prefix, boxes in (("", ONE_BOX), ("50_", BOXES)):
        for recipe in (COMP_F4, COMP_TILED):
            name = f"cutout/{prefix}{recipe.name}"
            arguments = {"boxes": boxes, "hdu": 1}
            yield Case(name, "cutout", recipe, "cutouts", arguments)
            yield Case(f"{name}/1_thread", "cutout", recipe, "cutouts", arguments, threads=1)


def _written(name: str, recipe: Recipe, arguments: dict[str, Any]) -> Iterator[Case]:
    yield Case(name, "writing", recipe, "write_image", arguments)
    yield Case(f"{name}/1_thread", "writing", recipe, "write_image", arguments, threads=1)


def _image(
    name: str, family: str, shape: tuple[int, ...], dtype: str, *, smoke: bool = False
) -> Case:
    stem = name.removesuffix("_2d")
    return Case(f"read/{name}", family, Image(stem, shape, dtype), "read_image", smoke=smoke)


CASES = (
    _image("tiny_float32_2d", "small image", (64, 64), "float32", smoke=True),
    _image("small_float32_2d", "small image", (256, 256), "float32", smoke=True),
    _image("medium_float32_2d", "bulk float", (1024, 1024), "float32", smoke=True),
    _image("large_float32_2d", "bulk float", (2048, 2048), "float32"),
    _image("large_float64_2d", "bulk float", (2048, 2048), "float64"),
    _image("large_int16_2d", "bulk 8/16 bit", (2048, 2048), "int16"),
    _image("large_int64_2d", "bulk float", (2048, 2048), "int64"),
    _image("large_uint16_2d", "bulk 8/16 bit", (2048, 2048), "uint16"),
    _image("large_uint8_2d", "bulk 8/16 bit", (2048, 2048), "uint8"),
    Case(
        "read/scaled_large",
        "scaled",
        Image("scaled_large", (2048, 2048), "int16", bscale=0.1),
        "read_image",
        ulp=1,
    ),
    _image("cube_int16", "bulk 8/16 bit", (25, 256, 256), "int16", smoke=True),
    _image("line_float32", "small image", (100_000,), "float32", smoke=True),
    _image("big_float32", "bulk float", (12000, 12000), "float32"),
    _image("big_int16", "bulk 8/16 bit", (12000, 12000), "int16"),
    *_compressed_images(),
    Case("cutout/large_float32", "cutout", LARGE, "cutouts", {"boxes": ONE_BOX}, smoke=True),
    Case("cutout/50_large_float32", "cutout", LARGE, "cutouts", {"boxes": BOXES}, smoke=True),
    *_compressed_cutouts(),
    Case("table/narrow_1000", "small table", NARROW_1K, "read_table", smoke=True),
    Case("table/narrow_1000000", "table", NARROW_1M, "read_table"),
    Case("table/mixed_1000", "small table", MIXED_1K, "read_table", smoke=True),
    Case("table/mixed_1000000", "table", MIXED_1M, "read_table"),
    Case("table/mixed_10000000", "huge table", MIXED_10M, "read_table"),
    Case("table/wide_100000", "table", WIDE_100K, "read_table"),
    Case("table/varlen_100000", "variable length", VARLEN_100K, "read_table"),
    Case(
        "table/project_narrow_1000000",
        "selection",
        NARROW_1M,
        "read_table",
        {"columns": ["X", "Y"]},
    ),
    Case(
        "table/project_mixed_1000000",
        "selection",
        MIXED_1M,
        "read_table",
        {"columns": ["RA", "DEC", "M1"]},
    ),
    Case("table/onecol_wide_100000", "selection", WIDE_100K, "read_table", {"columns": ["D3"]}),
    Case(
        "table/rows_mixed_1000000",
        "selection",
        MIXED_1M,
        "read_table",
        {"rows": [500_000, 501_000]},
    ),
    Case("header/tiny", "header", TINY, "header_value", {"key": "NAXIS1"}, smoke=True),
    Case(
        "header/500_one",
        "one of many keywords",
        KEYS_500,
        "header_value",
        {"key": "KEY00250"},
        smoke=True,
    ),
    Case("header/500_all", "all of many keywords", KEYS_500, "header_values", smoke=True),
    Case(
        "hdus/count_300",
        "HDU list",
        HDUS_300,
        "count_hdus",
        smoke=True,
        limit_ms=0.5,
        cached_by=("pypi",),
    ),
    Case("hdus/last_of_300", "HDU list", HDUS_300, "read_image", {"hdu": 299}, smoke=True),
    Case("hdus/all_10", "small image", HDUS_10, "read_hdus", {"count": 10}, smoke=True),
    Case("many/500_files_128", "many files", FILES_500, "read_files", smoke=True),
    Case("many/500_batch_128", "many files", FILES_500, "read_batch", smoke=True),
    *_written("write/large_float32", LARGE, {}),
    *_written("write/rice_i2", _noise("noise_int16", "int16"), {"compress": "RICE_1"}),
    Case("memory/big_float32", "bulk float", BIG, "read_image", warm=TINY),
    Case("memory/mixed_10000000", "huge table", MIXED_10M, "read_table", warm=MIXED_1K),
)


def select(pattern: str, *, smoke: bool) -> list[Case]:
    """Return the cases whose name matches one of the comma-separated shell patterns."""
    words = [word if "*" in word else f"*{word}*" for word in pattern.split(",")]
    return [
        case
        for case in CASES
        if any(fnmatchcase(case.name, word) for word in words) and (case.smoke or not smoke)
    ]
