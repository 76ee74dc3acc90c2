# SPDX-License-Identifier: BSD-3-Clause
"""How each benchmark file is made: by astropy from seeded numbers, the same bytes every time.

A recipe is a frozen value. Its ``repr`` is stored beside the files it made, so that a changed
recipe makes its files again. Nothing heavy is imported until a file has to be written.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np

DATA = Path(__file__).resolve().parent / "data"
MADE = "made.json"


def seeded(name: str) -> np.random.Generator:
    import numpy as np

    return np.random.default_rng(zlib.crc32(name.encode()))


def _pixels(name: str, shape: tuple[int, ...], dtype: str) -> Any:
    import numpy as np

    rng = seeded(name)
    if dtype == "float32":
        return rng.standard_normal(shape, dtype=np.float32) * np.float32(10)
    if dtype == "float64":
        return rng.standard_normal(shape) * 10
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


@dataclass(frozen=True)
class Recipe:
    """What one file (or one folder of files) is called; the children say what is in it."""

    name: str

    @property
    def path(self) -> Path:
        return DATA / f"{self.name}.fits"

    @property
    def text_columns(self) -> tuple[str, ...]:
        return ()

    def write(self, path: Path) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Image(Recipe):
    """One primary image; ``bscale`` makes the stored integers mean ``bscale * stored``."""

    shape: tuple[int, ...]
    dtype: str
    bscale: float | None = None
    checksum: bool = False

    def write(self, path: Path) -> None:
        from astropy.io import fits

        pixels = _pixels(self.name, self.shape, self.dtype)
        fits.writeto(path, pixels, overwrite=True, checksum=self.checksum)
        if self.bscale is not None:
            with fits.open(path, mode="update", do_not_scale_image_data=True) as hdus:
                hdus[0].header["BSCALE"] = self.bscale


SCALE = 5e-5
"""Degrees a pixel of a `Mosaic`."""


@dataclass(frozen=True)
class Noise(Recipe):
    """Normal noise of spread ``sigma``; a primary image, or one extension that is compressed.

    ``compression`` is ``ALGORITHM keyword=value ...`` in the words of astropy, whose defaults hold
    for the rest. ``sigma=0`` is a mask of small disks, which is what PLIO_1 is for.
    """

    shape: tuple[int, int]
    dtype: str
    sigma: float
    compression: str = ""

    def _pixels(self) -> Any:
        import numpy as np

        # One field of noise for all the algorithms.
        rng = seeded(f"noise {self.shape} {self.sigma}")
        if self.sigma:
            pixels = rng.standard_normal(self.shape) * self.sigma
            return (np.rint(pixels) if self.dtype[0] == "i" else pixels).astype(self.dtype)
        mask = np.zeros(self.shape, self.dtype)
        y, x = np.ogrid[-12:13, -12:13]
        disk = y * y + x * x <= 144
        for number in range(2000):
            top, left = (int(rng.integers(0, length - 25)) for length in self.shape)
            mask[top : top + 25, left : left + 25][disk] = number % 255 + 1
        return mask

    def write(self, path: Path) -> None:
        from astropy.io import fits

        if not self.compression:
            fits.writeto(path, self._pixels(), overwrite=True)
            return
        algorithm, *words = self.compression.split()
        options: dict[str, Any] = {
            word.partition("=")[0]: int(word.partition("=")[2])
            for word in words
            if not word.startswith("tile=")
        }
        for word in words:
            if word.startswith("tile="):
                options["tile_shape"] = tuple(int(n) for n in word[5:].split("x"))
        hdu = fits.CompImageHDU(self._pixels(), compression_type=algorithm, **options)
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)


@dataclass(frozen=True)
class Mosaic(Noise):
    """The same with a celestial WCS: `TAN`, its reference pixel in the middle."""

    def write(self, path: Path) -> None:
        from astropy.io import fits

        super().write(path)
        height, width = self.shape
        cards = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0}
        cards |= {"CRPIX1": (width + 1) / 2, "CRPIX2": (height + 1) / 2}
        cards |= {"CDELT1": -SCALE, "CDELT2": SCALE}
        with fits.open(path, mode="update") as hdus:
            hdus[-1].header.update(cards)


def _add_keywords(header: Any, rng: np.random.Generator, count: int) -> None:
    for i in range(count):
        number = int(rng.integers(1, 10**6))
        value = (number, number / 64, f"value {number}", number % 2 == 0)[i % 4]
        header[f"KEY{i:05d}"] = (value, f"the keyword of number {i}")


@dataclass(frozen=True)
class Keywords(Recipe):
    """A header of ``count`` keywords of mixed types before a 16 x 16 image."""

    count: int

    def write(self, path: Path) -> None:
        import numpy as np
        from astropy.io import fits

        hdu = fits.PrimaryHDU(np.zeros((16, 16), dtype=np.int16))
        _add_keywords(hdu.header, seeded(self.name), self.count)
        hdu.writeto(path, overwrite=True)


@dataclass(frozen=True)
class Extensions(Recipe):
    """``count`` image HDUs of one shape, the primary one included."""

    count: int
    shape: tuple[int, ...]

    def write(self, path: Path) -> None:
        from astropy.io import fits

        stack = _pixels(self.name, (self.count, *self.shape), "float32")
        hdus = [fits.PrimaryHDU(stack[0])]
        hdus += [fits.ImageHDU(stack[i], name=f"IMG{i}") for i in range(1, self.count)]
        fits.HDUList(hdus).writeto(path, overwrite=True)


@dataclass(frozen=True)
class Folder(Recipe):
    """``count`` files of one float32 image each, with ``keywords`` keywords of mixed types."""

    count: int
    shape: tuple[int, ...]
    keywords: int = 0

    @property
    def path(self) -> Path:
        return DATA / self.name

    def write(self, path: Path) -> None:
        from astropy.io import fits

        path.mkdir()
        stack = _pixels(self.name, (self.count, *self.shape), "float32")
        rng = seeded(f"keywords of {self.name}")
        for i, pixels in enumerate(stack):
            hdu = fits.PrimaryHDU(pixels)
            _add_keywords(hdu.header, rng, self.keywords)
            hdu.writeto(path / f"{i:05d}.fits")


@dataclass(frozen=True)
class Hollow(Recipe):
    """One float32 image of zeros that take no room on the disk, behind 60 keywords."""

    shape: tuple[int, ...]

    def write(self, path: Path) -> None:
        from astropy.io import fits

        header = fits.Header([("SIMPLE", True), ("BITPIX", -32), ("NAXIS", len(self.shape))])
        for axis, length in enumerate(reversed(self.shape), 1):
            header[f"NAXIS{axis}"] = length
        _add_keywords(header, seeded(self.name), 60)
        text = header.tostring().encode("ascii")
        path.write_bytes(text)
        size = 4 * math.prod(self.shape)
        os.truncate(path, len(text) + size + -size % 2880)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_files(recipes: Iterable[Recipe], announce: Callable[[str], None]) -> None:
    """Write the files that are missing or were made by another recipe of the same name."""
    DATA.mkdir(exist_ok=True)
    record = DATA / MADE
    made: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
    for recipe in dict.fromkeys(recipes):
        if made.get(recipe.name) == repr(recipe) and recipe.path.exists():
            continue
        announce(f"making {recipe.path.name}")
        part = DATA / f"{recipe.name}.part"
        remove(part)
        recipe.write(part)
        remove(recipe.path)
        part.replace(recipe.path)
        made[recipe.name] = repr(recipe)
        record.write_text(json.dumps(made, indent=1))
