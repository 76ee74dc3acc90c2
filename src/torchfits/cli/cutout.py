# SPDX-License-Identifier: BSD-3-Clause
"""Cut a box out of images; the WCS goes with it.

  -s 100:200,300:400      as Python does: from 0, end excluded, x last
  -p 301:400,101:200      as FITS does: from 1, end included, x first
  -b X,Y,WIDTH,HEIGHT     a box of DS9: its center in pixels of FITS, and its size
  -c RA,DEC --size 30arcsec   around a position on the sky, in degrees

Without -o the file NAME_cutout.fits is written beside each image.
"""

from __future__ import annotations

import argparse
import math
import re
from typing import Any

from .._cutouts import cutout
from .._positions import as_length
from .._write import write
from .arguments import Parser, UsageError, add_files, add_hdu, add_json, opened
from .console import Console, Exit
from .targets import check_output, replacement, stem_of, target_of

_RANGE = re.compile(r"\s*([+-]?\d*)\s*:\s*([+-]?\d*)\s*")
_WHOLE = re.compile(r"\s*[+-]?\d+\s*")


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("-s", "--section", type=section_of, metavar="A:B,C:D", help="as in Python")
    which.add_argument(
        "-p", "--pixels", dest="section", type=pixels_of, metavar="A:B,C:D", help="as in FITS"
    )
    which.add_argument(
        "-b", "--box", dest="section", type=box_of, metavar="X,Y,W,H", help="as in DS9"
    )
    which.add_argument(
        "-c", "--center", type=center_of, metavar="RA,DEC", help="a position on the sky, in degrees"
    )
    parser.add_argument(
        "--size",
        type=size_of,
        metavar="SIZE",
        help="with --center: pixels (64), an angle (30arcsec, 0.1deg), or HEIGHT,WIDTH",
    )
    parser.add_argument(
        "--frame", metavar="NAME", help="of --center: icrs, fk5, galactic, ...; that of the image"
    )
    add_hdu(parser, "the first image by default")
    parser.add_argument(
        "--fill", type=float, metavar="VALUE", help="of pixels outside; an error by default"
    )
    parser.add_argument("--compress", metavar="ALGORITHM", help="RICE, GZIP, HCOMPRESS or PLIO")
    parser.add_argument("-o", "--output", metavar="PATH", help="a file, a directory, or -")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_files(parser)
    add_json(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    check_output(args, "cutout")
    if (args.center is None) != (args.size is None):
        raise UsageError("torchfits cutout: --center and --size go together")
    if args.frame is not None and args.center is None:
        raise UsageError("torchfits cutout: --frame is of a --center")

    def work(source: str) -> int:
        target = target_of(source, args.output, f"{stem_of(source)}_cutout.fits")
        with replacement(target, args.overwrite) as new:
            data, header = _cut(source, args)
            write(new, data, header=header, compress=args.compress)
        if console.as_json and target != "-":
            console.record({"file": source, "output": target, "shape": list(data.shape)})
        return Exit.FINE

    return console.each(args.files, work)


def _cut(source: str, args: argparse.Namespace) -> Any:
    try:
        return cutout(
            opened(source), args.section, args.hdu, center=args.center, size=args.size,
            frame=args.frame, fill=args.fill, header=True,
        )  # fmt: skip
    except IndexError as error:
        raise IndexError(str(error).replace("pass fill= to pad it", "--fill pads it")) from None


def section_of(text: str) -> tuple[Any, ...]:
    """Read a section as Python writes it."""
    return tuple(_part(part, text) for part in _unbracketed(text).split(","))


def pixels_of(text: str) -> tuple[Any, ...]:
    """Read a section as FITS tools write it, such as `[1:100,*]`."""
    parts = []
    for part in reversed(_unbracketed(text).split(",")):
        if part.strip() == "*":
            parts.append(slice(None))
            continue
        bounds = _part(part, text)
        if not isinstance(bounds, slice):
            parts.append(slice(bounds - 1, bounds))
            continue
        start = None if bounds.start is None else bounds.start - 1
        parts.append(slice(start, bounds.stop))
    return tuple(parts)


def box_of(text: str) -> tuple[slice, slice]:
    """Read center and size of a box in pixels of FITS, x first."""
    try:
        x, y, width, height = map(float, _unbracketed(text).split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no box X,Y,WIDTH,HEIGHT") from None
    if not (all(map(math.isfinite, (x, y))) and 1 <= width < 2**31 and 1 <= height < 2**31):
        raise argparse.ArgumentTypeError(f"'{text}': a box is one pixel wide and high at least")
    return _around(y, height), _around(x, width)


def center_of(text: str) -> tuple[float, float]:
    """Read a position in degrees."""
    try:
        lon, lat = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no position RA,DEC in degrees") from None
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise argparse.ArgumentTypeError(f"'{text}' is no position on the sky")
    return lon, lat


def size_of(text: str) -> tuple[Any, ...]:
    """Read one size or two: whole numbers are pixels, others angles."""
    sizes = [int(part) if _WHOLE.fullmatch(part) else part for part in text.split(",")]
    try:
        lengths = tuple(as_length(size) for size in sizes)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error).replace("size=", "")) from None
    return lengths * 2 if len(lengths) == 1 else lengths


def _around(center: float, size: float) -> slice:
    start = math.ceil(center - size / 2) - 1
    return slice(start, start + round(size))


def _unbracketed(text: str) -> str:
    text = text.strip()
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def _part(part: str, text: str) -> int | slice:
    if part.strip() == ":":
        return slice(None)
    if _WHOLE.fullmatch(part):
        return int(part)
    match = _RANGE.fullmatch(part)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{part}' in '{text}' is no range such as 10:20")
    return slice(*(int(bound) if bound else None for bound in match.groups()))
