# SPDX-License-Identifier: BSD-3-Clause
"""Cases of images, headers, lists of HDUs and many files."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from case import Case
from recipes import SCALE, Extensions, Folder, Image, Keywords, Mosaic, Noise, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator


def _boxes(count: int, side: int, size: int) -> list[tuple[int, int, int, int]]:
    rng = random.Random(count)
    corners = [(rng.randrange(side - size), rng.randrange(side - size)) for _ in range(count)]
    return [(y, y + size, x, x + size) for y, x in corners]


TINY = Image("tiny_float32", (64, 64), "float32")
LARGE = Image("large_float32", (2048, 2048), "float32")
BIG = Image("big_float32", (12000, 12000), "float32")
HUGE = Image("huge_float32", (16384, 16384), "float32", checksum=True)
CUBE = Image("cube_float32", (200, 256, 256), "float32")
KEYS_500 = Keywords("keywords_500", 500)
HDUS_300, HDUS_10 = Extensions("hdus_300", 300, (16, 16)), Extensions("hdus_10", 10, (128, 128))
HDUS_100 = Extensions("hdus_100", 100, (256, 256))
ONE_BOX, BOXES = _boxes(1, 2048, 100), _boxes(50, 2048, 100)
FILES_500 = Folder("files_500", 500, (128, 128))
FILES_1000 = Folder("headers_1000", 1000, (16, 16), keywords=60)
FILES_10K = Folder("files_10000", 10_000, (64, 64))
SPECTRA_500 = Folder("spectra_500", 500, (4096,))
THREE_KEYS = ["KEY00005", "KEY00030", "KEY00055"]


def noise(name: str, dtype: str, compression: str = "") -> Noise:
    """Normal noise of 2048 squared pixels; a mask of disks for PLIO_1."""
    sigma = 0 if compression == "PLIO_1" else 30 if dtype == "int16" else 10
    return Noise(name, (2048, 2048), dtype, sigma, compression)


COMP_F4 = noise("comp_f4_RICE_1", "float32", "RICE_1")
COMP_TILED = noise("comp_i2_tiled", "int16", "RICE_1 tile=128x128")
COMPRESSED = (
    ("Rice, dither, PLIO", noise("comp_i2_RICE_1", "int16", "RICE_1")),
    ("Rice, dither, PLIO", COMP_F4),
    (
        "Rice, dither, PLIO",
        noise("comp_f4_dither", "float32", "RICE_1 quantize_method=1 dither_seed=1"),
    ),
    ("Rice, dither, PLIO", COMP_TILED),
    ("GZIP", noise("comp_f4_GZIP_1", "float32", "GZIP_1")),
    ("GZIP", noise("comp_f4_GZIP_2", "float32", "GZIP_2")),
    ("HCOMPRESS", noise("comp_i2_HCOMPRESS_1", "int16", "HCOMPRESS_1")),
    ("Rice, dither, PLIO", noise("comp_i2_PLIO_1", "int16", "PLIO_1")),
)


def _compressed_images() -> Iterator[Case]:
    """Each twice: on one thread the codec counts, on several how tiles are shared out as well."""
    for family, recipe in COMPRESSED:
        name = f"read/{recipe.name}"
        yield Case(name, family, recipe, "read_image", {"hdu": 1})
        alone = f"{family} on one thread"
        yield Case(f"{name}/1_thread", alone, recipe, "read_image", {"hdu": 1}, threads=1)


def _stamps() -> Iterator[Case]:
    """A thousand positions of a catalogue, well inside, in no order."""
    rng = random.Random(1000)
    reach = 1900 * SCALE
    positions = [
        (150 + rng.uniform(-reach, reach), 2 + rng.uniform(-reach, reach)) for _ in range(1000)
    ]
    for name, compression in (("plain", ""), ("comp", "RICE_1"), ("tiled", "RICE_1 tile=128x128")):
        recipe = Mosaic(f"mosaic_i2_{name}", (4096, 4096), "int16", 30, compression)
        arguments = {"positions": positions, "size": 64, "hdu": 1 if compression else 0}
        title = f"cutouts/1000_mosaic_i2_{name}"
        yield Case(title, "cutouts on the sky", recipe, "stamps", arguments)
        yield Case(
            f"{title}/1_thread", "cutouts on the sky", recipe, "stamps", arguments, threads=1
        )


def _compressed_cutouts() -> Iterator[Case]:
    for prefix, boxes in (("", ONE_BOX), ("50_", BOXES)):
        for recipe in (COMP_F4, COMP_TILED):
            name = f"cutout/{prefix}{recipe.name}"
            arguments = {"boxes": boxes, "hdu": 1}
            yield Case(name, "cutout", recipe, "cutouts", arguments)
            yield Case(f"{name}/1_thread", "cutout", recipe, "cutouts", arguments, threads=1)


def _image(
    name: str, family: str, shape: tuple[int, ...], dtype: str, *, smoke: bool = False
) -> Case:
    stem = name.removesuffix("_2d")
    return Case(f"read/{name}", family, Image(stem, shape, dtype), "read_image", smoke=smoke)


def _cold(name: str, recipe: Recipe, operation: str, arguments: dict[str, Any]) -> Case:
    return Case(f"cold/{name}", "cold", recipe, operation, arguments, cold=True)


PLAIN = (
    _image("tiny_float32_2d", "small image", (64, 64), "float32", smoke=True),
    _image("small_float32_2d", "small image", (256, 256), "float32", smoke=True),
    _image("medium_float32_2d", "bulk float", (1024, 1024), "float32", smoke=True),
    _image("large_float32_2d", "bulk float", (2048, 2048), "float32"),
    Case("read/large_float32_2d/1_thread", "bulk float", LARGE, "read_image", threads=1),
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
    Case("read/cube_float32", "bulk float", CUBE, "read_image"),
    _image("spectrum_float32", "small image", (4096,), "float32", smoke=True),
    _image("line_float32", "small image", (100_000,), "float32", smoke=True),
    _image("big_float32", "bulk float", (12000, 12000), "float32"),
    Case("read/big_float32/1_thread", "bulk float", BIG, "read_image", threads=1),
    _image("big_int16", "bulk 8/16 bit", (12000, 12000), "int16"),
    Case("read/huge_float32", "bulk float", HUGE, "read_image"),
)

CUTOUTS = (
    Case("cutout/large_float32", "cutout", LARGE, "cutouts", {"boxes": ONE_BOX}, smoke=True),
    Case("cutout/50_large_float32", "cutout", LARGE, "cutouts", {"boxes": BOXES}, smoke=True),
    *_compressed_cutouts(),
    *_stamps(),
    Case(
        "cutout/plane_of_cube",
        "cutout",
        CUBE,
        "section",
        {"bounds": [(100, 101), (0, 256), (0, 256)]},
    ),
    Case(
        "cutout/spectrum_of_cube",
        "cutout",
        CUBE,
        "section",
        {"bounds": [(0, 200), (120, 121), (80, 81)]},
    ),
)

HEADERS_AND_HDUS = (
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
    Case("header/1000_files", "header", FILES_1000, "header_of_files", {"keys": THREE_KEYS}),
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
    Case("hdus/named_of_100", "HDU list", HDUS_100, "read_image", {"hdu": "IMG57"}),
    Case("hdus/all_10", "small image", HDUS_10, "read_hdus", {"count": 10}, smoke=True),
    Case("hdus/all_100", "small image", HDUS_100, "read_hdus", {"count": 100}),
)

MANY = (
    Case("many/500_files_128", "many files", FILES_500, "read_files", smoke=True),
    Case("many/500_batch_128", "many files", FILES_500, "read_batch", smoke=True),
    Case("many/500_spectra_4096", "many files", SPECTRA_500, "read_batch"),
    Case("loader/500_files/0_workers", "loader", FILES_500, "read_epoch", smoke=True),
    Case("loader/10000_files/0_workers", "loader", FILES_10K, "read_epoch"),
    Case("loader/10000_files/2_workers", "fed by workers", FILES_10K, "read_epoch", {"workers": 2}),
)

COLD = (
    Case("cold/tiny_float32_2d", "cold", TINY, "read_image", cold=True, smoke=True),
    _cold("large_float32_2d", LARGE, "read_image", {}),
    _cold("big_float32", BIG, "read_image", {}),
    _cold("comp_f4_RICE_1", COMP_F4, "read_image", {"hdu": 1}),
    _cold("cutout_large_float32", LARGE, "cutouts", {"boxes": ONE_BOX}),
    _cold("last_of_300", HDUS_300, "read_image", {"hdu": 299}),
    _cold("500_files_128", FILES_500, "read_batch", {}),
    _cold("header_1000_files", FILES_1000, "header_of_files", {"keys": THREE_KEYS}),
)

IMAGE_CASES = (*PLAIN, *_compressed_images(), *CUTOUTS, *HEADERS_AND_HDUS, *MANY, *COLD)
