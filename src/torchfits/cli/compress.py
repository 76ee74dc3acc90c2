# SPDX-License-Identifier: BSD-3-Clause
"""Compress the images of files tile by tile, or take that off (-d).

NAME.fits becomes NAME.fits.fz, and back, unless -o or -i says otherwise; the
old file stays. Tables and other HDUs keep their bytes.
Floats lose what lies below their noise unless --lossless is given.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._compression import Compression
from .arguments import Parser, UsageError, add_files, add_json
from .console import Console, Exit, shown_name
from .packing import Packing, repack
from .targets import check_output, replacement, stem_of, target_of

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDINGS = (".fits", ".fit", ".fts")


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument("-d", "--decompress", action="store_true", help="plain images")
    parser.add_argument(
        "-a", "--algorithm", default="RICE_1", metavar="NAME",
        help="RICE (default), GZIP, GZIP_2, HCOMPRESS, PLIO",
    )  # fmt: skip
    parser.add_argument(
        "-l", "--quantize-level", type=float, default=16.0, metavar="Q",
        help="of floats: steps of the noise / Q (16); 4 as fpack",
    )  # fmt: skip
    parser.add_argument("--lossless", action="store_true", help="floats by GZIP_2, bit for bit")
    parser.add_argument(
        "-t", "--tile", type=_lengths, metavar="N,N", help="shape of a tile, in numpy order"
    )
    parser.add_argument("--checksum", action="store_true", help="write CHECKSUM and DATASUM")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="PATH", help="a file, a directory, or -")
    where.add_argument("-i", "--in-place", action="store_true", help="replace the file itself")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_files(parser)
    add_json(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    if not args.in_place:
        check_output(args, "compress")
    elif "-" in args.files:
        raise UsageError("torchfits compress: standard input is no file to be replaced; use -o")
    packing = _packing(args)

    def work(source: str) -> int:
        target = source if args.in_place else target_of(source, args.output, _name(source, args))
        with replacement(target, args.overwrite or args.in_place) as new:
            count = repack(source, new, packing)
            size = new.stat().st_size
        if target == "-":
            return Exit.FINE
        before = Path(source).stat().st_size if source != "-" and not args.in_place else None
        if console.as_json:
            known = {"images": count, "bytes_before": before, "bytes": size}
            console.record({"file": source, "output": target, **known})
        else:
            images = f"{count} image{'' if count == 1 else 's'}"
            sizes = f"{size:,} bytes" if before is None else f"{before:,} -> {size:,} bytes"
            console.line(f"{shown_name(source)} -> {target}: {images}, {sizes}")
        return Exit.FINE

    return console.each(args.files, work)


def _packing(args: argparse.Namespace) -> Packing:
    if args.decompress:
        return Packing(None, checksum=args.checksum)
    make: Callable[..., Any] = Compression
    try:
        compression = make(args.algorithm, tile=args.tile, quantize_level=args.quantize_level)
    except ValueError as error:
        raise UsageError(f"torchfits compress: {error}") from None
    return Packing(compression, args.lossless, args.checksum)


def _name(source: str, args: argparse.Namespace) -> str:
    name = Path(source).name
    if args.decompress:
        if name.lower().endswith(".fz"):
            return name[:-3]
        if args.output is None:
            raise ValueError(f"{source}: the name does not end in .fz; say where with -o, or -i")
        return name
    ending = next((s for s in Path(name).suffixes if s.lower() in _ENDINGS), ".fits")
    return f"{stem_of(source)}{ending}.fz"


def _lengths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.lower().replace("x", ",").split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no shape such as 16,100") from None
