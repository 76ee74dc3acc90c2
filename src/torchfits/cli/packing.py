# SPDX-License-Identifier: BSD-3-Clause
"""A file with its images compressed tile by tile, or not; other HDUs keep their bytes."""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import lzma
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._compression import Compression
from .._errors import FormatError, UnsupportedError
from .._fits import FITS
from .._header import Header
from .._verify import verify

if TYPE_CHECKING:
    from typing import BinaryIO

    from .._hdu import HDU

_SCALING = ("BSCALE", "BZERO", "BLANK")
_OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_COMPRESS = b"\x1f\x9d"
NAME_OF_PACKED = "COMPRESSED_IMAGE"
_OF_AN_EMPTY_HDU = frozenset({"SIMPLE", "EXTEND", "COMMENT", ""})
_COPIED = 1 << 20


@dataclass(frozen=True)
class Packing:
    """How the images of the new file are stored."""

    compression: Compression | None
    """``None``: plain."""
    lossless: bool = False
    """Keep every bit of floats."""
    checksum: bool = False
    """Write sums for the images, whether they had them or not."""


def repack(source: str, new: Path, packing: Packing) -> int:
    """Write a file anew and give how many of its images are stored in another way now.

    Parameters
    ----------
    source : str
        A path, or ``-``.
    new : Path
        In a folder that is the caller's alone, which takes files of the work too.
    """
    plain, images = new.with_name("plain"), new.with_name("images")
    original = _uncompressed(source, plain)
    with FITS(original) as fits:
        if source == "-" or original == str(plain):
            fits.name = source
        changed = [hdu.index for hdu in fits if _is_to_change(hdu, packing)]
        primary_goes = 1 in changed and packing.compression is None and is_packed_primary(fits)
        with FITS(str(images), "w") as out:
            if 0 not in changed and not primary_goes:
                out.append(None)
            for index in changed:
                _append(out, fits[index], packing)
        kept_from, new_from = _offsets(original), _offsets(str(images))
        count = len(fits)
    with Path(original).open("rb") as old, images.open("rb") as made, new.open("wb") as file:
        position = 0 if 0 in changed or primary_goes else 1
        if 0 in changed and packing.compression is not None:
            _copy(made, file, new_from[0], new_from[1])  # the empty HDU before the first image
            position = 1
        for index in range(1 if primary_goes else 0, count):
            if index in changed:
                _copy(made, file, new_from[position], new_from[position + 1])
                position += 1
            else:
                _copy(old, file, kept_from[index], kept_from[index + 1])
    return len(changed)


def is_packed_primary(fits: FITS) -> bool:
    """Whether HDU 1 is a compressed image that was the primary HDU, and HDU 0 only stands there.

    Few programs write ZSIMPLE, which says so: an image without a name counts too.
    """
    if fits[0].has_data or 1 not in range(len(fits)) or fits[1].kind != "compressed_image":
        return False
    own = set(fits[0].header.copy(strip=True))
    raw = Header._from_core(fits._open_file().header(1, True))
    return own <= _OF_AN_EMPTY_HDU and ("ZSIMPLE" in raw or "EXTNAME" not in raw)


def _is_to_change(hdu: HDU, packing: Packing) -> bool:
    wanted = "compressed_image" if packing.compression is None else "image"
    return hdu.kind == wanted and hdu.has_data


def _append(out: FITS, hdu: HDU, packing: Packing) -> None:
    """Add the image as it is stored: integers with a scale stay integers."""
    header = hdu.header.copy()
    if header.get("EXTNAME") == NAME_OF_PACKED:
        del header["EXTNAME"]
    dtype = hdu.dtype
    floats = dtype is not None and dtype.is_floating_point
    scaled = {key: (header[key], header.comments[key]) for key in _SCALING if key in header}
    stored = floats and bool(scaled)
    compression = packing.compression
    if compression is not None and packing.lossless and floats and int(header["BITPIX"]) < 0:
        compression = dataclasses.replace(
            compression, algorithm=_lossless(compression.algorithm), quantize_level=None
        )
    raw = Header._from_core(hdu._file.header(hdu.index, True))
    data, checksum = hdu.read(scaled=not stored), packing.checksum or "CHECKSUM" in raw
    try:
        out.append(data, header=header, compress=compression, checksum=checksum)
    except ValueError as error:  # the image does not suit the algorithm
        why = str(error).replace(out.name, f"{hdu._fits.name}, HDU {hdu.index}")
        raise ValueError(why) from None
    if stored:
        out[-1].header.update(scaled)


def _lossless(algorithm: str) -> str:
    return algorithm if algorithm in ("GZIP_1", "GZIP_2", "NOCOMPRESS") else "GZIP_2"


def _uncompressed(source: str, plain: Path) -> str:
    """Give the path of the file itself, or of what it holds if it is compressed as a whole."""
    if source == "-":
        with plain.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        return _uncompressed(str(plain), plain.with_name("plainer"))
    with Path(source).open("rb") as file:
        start = file.read(6)
    if start.startswith(_COMPRESS):
        raise UnsupportedError(f"{source}: compressed by compress; run uncompress on it first")
    for magic, opener in _OPENERS.items():
        if start.startswith(magic):
            try:
                with opener(source, "rb") as packed, plain.open("wb") as file:
                    shutil.copyfileobj(packed, file)
            except (EOFError, lzma.LZMAError) as error:
                raise FormatError(f"{source}: the file is cut off or damaged: {error}") from None
            return str(plain)
    return source


def _offsets(path: str) -> list[int]:
    """Where the HDUs begin, and where the last one ends."""
    report = verify(path, checksum=False, data=False)
    return [*(hdu.offset for hdu in report.hdus), report.size]


def _copy(source: BinaryIO, target: BinaryIO, start: int, end: int) -> None:
    source.seek(start)
    target.writelines(_blocks(source, end - start))


def _blocks(source: BinaryIO, count: int) -> Iterator[bytes]:
    while count > 0 and (block := source.read(min(count, _COPIED))):
        yield block
        count -= len(block)
