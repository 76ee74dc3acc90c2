# SPDX-License-Identifier: BSD-3-Clause
"""How images are compressed when they are written."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ._keywords import finite_number

Algorithm = Literal["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1", "NOCOMPRESS"]
Dither = Literal["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"]

_ALIASES = {
    "RICE": "RICE_1", "RICE_ONE": "RICE_1", "GZIP": "GZIP_1", "GZIP1": "GZIP_1",
    "GZIP2": "GZIP_2", "HCOMPRESS": "HCOMPRESS_1", "PLIO": "PLIO_1", "NONE": "NOCOMPRESS",
}  # fmt: skip
_LAST_SEED = 10_000


@dataclass(frozen=True)
class Compression:
    """How the tiles of an image are compressed (FITS 4.0 section 10).

    Parameters
    ----------
    algorithm : str
        ``"RICE_1"``: fast and good for integers of up to 32 bits; 64-bit ones that fit are stored
        as 32-bit ones. ``"GZIP_2"``, ``"GZIP_1"``: everything, also 64 bits and floats without
        loss. ``"HCOMPRESS_1"``: planes of images. ``"PLIO_1"``: masks, integers from 0 to
        16777215. ``"NOCOMPRESS"``: tiles as they are. In any case; ``"RICE"``, ``"GZIP"``,
        ``"HCOMPRESS"`` and ``"PLIO"`` mean the first of their name.
    tile : tuple of int, optional
        Shape of a tile in numpy order, one length for each axis of the image, cut where it is
        longer than the image. Default: one line; of HCOMPRESS_1 about 16 lines.
    quantize_level : float or None
        For floats: they are rounded to steps of the noise of the tile divided by this number,
        which is a loss below the noise. 16, the default, keeps the error under 2 % of the noise
        (rms); 4 compresses more. A negative number is the step itself. ``None`` or 0: no loss,
        with GZIP_1, GZIP_2 or NOCOMPRESS. Integers are never quantised.
    dither : str
        How quantised floats are kept free of bias: ``"SUBTRACTIVE_DITHER_1"``;
        ``"SUBTRACTIVE_DITHER_2"``, which keeps exact zeros (not with HCOMPRESS_1);
        ``"NO_DITHER"``.
    dither_seed : int, optional
        Where the dithering starts, 1 to 10000. Default: from the pixels of the first tile, so that
        the same image gives the same file.
    hcomp_scale : float
        HCOMPRESS_1: 0 for no loss; a positive number rounds the coefficients to that part of the
        noise of the tile; a negative one is the step itself.
    hcomp_smooth : bool
        HCOMPRESS_1: readers smooth the tiles, which hides the blocks of a large ``hcomp_scale``.

    Raises
    ------
    ValueError, TypeError
        For a choice that does not exist, or choices that exclude each other; the message lists
        those that do.

    Notes
    -----
    Tiles that cannot be quantised (infinities, no noise at all) are stored without loss. NaN stays
    NaN.
    """

    algorithm: str = "RICE_1"
    tile: tuple[int, ...] | None = None
    quantize_level: float | None = 16.0
    dither: str = "SUBTRACTIVE_DITHER_1"
    dither_seed: int | None = None
    hcomp_scale: float = 0.0
    hcomp_smooth: bool = False

    def __post_init__(self) -> None:
        self._set("algorithm", _choice("algorithm", self.algorithm, get_args(Algorithm)))
        self._set("dither", _choice("dither", self.dither, get_args(Dither)))
        self._set("tile", _lengths(self.tile))
        if self.quantize_level is not None:
            self._set("quantize_level", finite_number("quantize_level", self.quantize_level))
        self._set("hcomp_scale", finite_number("hcomp_scale", self.hcomp_scale))
        self._set("dither_seed", _seed(self.dither_seed))
        if not isinstance(self.hcomp_smooth, bool):
            raise TypeError(f"hcomp_smooth= takes True or False, not {self.hcomp_smooth!r}")
        if self.algorithm != "HCOMPRESS_1" and (self.hcomp_scale or self.hcomp_smooth):
            raise ValueError(
                f"hcomp_scale= and hcomp_smooth= are for HCOMPRESS_1, not {self.algorithm}"
            )

    def _set(self, field: str, value: Any) -> None:
        object.__setattr__(self, field, value)

    def _for_core(self) -> tuple[Any, ...]:
        return (
            self.algorithm,
            self.tile,
            float(self.quantize_level or 0.0),
            self.dither,
            self.dither_seed,
            self.hcomp_scale,
            self.hcomp_smooth,
        )


def as_compression(compress: Any) -> Compression | None:
    """What ``compress=`` of `write` means: a `Compression`, an algorithm, a bool or ``None``."""
    if compress is None or compress is False:
        return None
    if compress is True:
        return Compression()
    if isinstance(compress, Compression):
        return compress
    if isinstance(compress, str):
        return Compression(compress)
    raise TypeError(
        f"compress= takes a Compression, True, or one of {', '.join(get_args(Algorithm))}, "
        f"not {compress!r}"
    )


def _choice(field: str, given: object, choices: tuple[str, ...]) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{field}={given!r}; use one of {', '.join(choices)}")
    name = given.strip().upper()
    name = _ALIASES.get(name, name) if field == "algorithm" else name
    if name not in choices:
        raise ValueError(f"unknown {field} {given!r}; use one of {', '.join(choices)}")
    return name


def _seed(given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        raise TypeError(f"dither_seed= takes an integer from 1 to {_LAST_SEED}, not {given!r}")
    seed = operator.index(given)
    if not 1 <= seed <= _LAST_SEED:
        raise ValueError(f"dither_seed={seed} is not from 1 to {_LAST_SEED}; None: by the pixels")
    return seed


def _lengths(given: Any) -> tuple[int, ...] | None:
    if given is None:
        return None
    wanted = f"tile= takes one length for each axis, such as (16, 100), not {given!r}"
    if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__"):
        raise TypeError(wanted)
    lengths = []
    for length in given:
        if isinstance(length, bool) or not hasattr(length, "__index__"):
            raise TypeError(wanted)
        lengths.append(operator.index(length))
    if any(length < 1 for length in lengths):
        raise ValueError(f"tile={tuple(lengths)}: a tile has at least one pixel on each axis")
    return tuple(lengths)
