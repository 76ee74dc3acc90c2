# SPDX-License-Identifier: BSD-3-Clause
"""Convert images to PNG; tables to CSV or Parquet, and back; any file to plain FITS.

The ending of -o, or --to, says what comes out. PNG shows the image as
viewers of FITS do, the first line at the bottom. Parquet, and reading CSV,
need pyarrow: pip install 'torchfits[arrow]'.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._api import read
from .._exchange import _imported
from .._fits import FITS
from .._table import Table
from .._write import write
from .arguments import Parser, UsageError, add_files, add_hdu, add_json, opened, words_of
from .console import Console, Exit
from .cutout import section_of
from .packing import Packing, repack
from .stretch import CURVES, LIMITS
from .table import batches_of, table_of, write_csv
from .targets import check_output, replacement, stem_of, target_of

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDINGS = {".png": "png", ".csv": "csv", ".parquet": "parquet", ".pq": "parquet", ".fits": "fits"}
_ENDINGS |= {".fit": "fits", ".fts": "fits"}


def configure(parser: Parser) -> None:
    """Add the options of the command."""
    parser.add_argument("--to", choices=["png", "csv", "parquet", "fits"], help="what comes out")
    add_hdu(parser, "the first image for PNG, the first table for the others")
    parser.add_argument("-o", "--output", metavar="PATH", help="a file, a directory, or -")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    image = parser.add_argument_group("PNG")
    image.add_argument("--stretch", choices=list(CURVES), default="linear", help="linear")
    image.add_argument("--limits", choices=LIMITS, default="zscale", help="black and white: zscale")
    image.add_argument(
        "--percent", type=_percent, default=99.5, metavar="P", help="of the pixels (99.5)"
    )
    image.add_argument("--range", type=_range, metavar="LOW,HIGH", help="values of black and white")
    image.add_argument("--invert", action="store_true", help="black on white")
    image.add_argument(
        "-s", "--section", type=section_of, metavar="A:B,C:D",
        help="a part, or a plane of a cube (3,:,:), as in Python",
    )  # fmt: skip
    table = parser.add_argument_group("CSV and Parquet")
    table.add_argument("-c", "--columns", metavar="NAME,...", help="only these, in this order")
    table.add_argument("-w", "--where", metavar="CONDITION", help="only these rows")
    add_files(parser, "FITS files, Parquet or CSV files, or - for standard input")
    add_json(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Run the command."""
    check_output(args, "convert")
    form = args.to or _ENDINGS.get(Path(args.output or "").suffix.lower())
    if form is None:
        raise UsageError(
            "torchfits convert: to what? Give --to png, csv, parquet or fits, or an ending to -o"
        )

    def work(source: str) -> int:
        target = target_of(source, args.output, f"{stem_of(source)}.{form}")
        with replacement(target, args.overwrite) as new:
            _WRITERS[form](source, new, args)
        if console.as_json and target != "-":
            console.record({"file": source, "output": target})
        return Exit.FINE

    return console.each(args.files, work)


def _write_png(source: str, new: Path, args: argparse.Namespace) -> None:
    from .png import png_bytes
    from .stretch import gray_levels, limits_of

    if args.section is not None:
        image = read(opened(source), args.hdu, section=args.section)
    else:
        with FITS(opened(source)) as fits:
            hdu = fits[fits._open_file().choose(args.hdu, ((), None, None, False, None))]
            image = hdu.read()
    if isinstance(image, Table) or not hasattr(image, "numpy"):
        raise ValueError("the HDU is a table, which is no picture; choose an image with -e")
    if image.ndim != 2:
        raise ValueError(
            f"an image of shape {list(image.shape)} is no picture; choose a plane with --section, "
            f"such as {','.join(['0'] * (image.ndim - 2) + [':', ':'])}"
        )
    pixels = image.numpy()
    limits = args.range or limits_of(pixels, args.limits, args.percent)
    levels = gray_levels(pixels, limits, args.stretch)[::-1]
    new.write_bytes(png_bytes(255 - levels if args.invert else levels))


def _write_csv(source: str, new: Path, args: argparse.Namespace) -> None:
    with FITS(opened(source)) as fits, new.open("w", encoding="utf-8", newline="") as file:
        hdu = table_of(fits, args.hdu)
        write_csv(batches_of(hdu, _names(args), args.where, None), file)


def _write_parquet(source: str, new: Path, args: argparse.Namespace) -> None:
    with FITS(opened(source)) as fits:
        table = table_of(fits, args.hdu).read(columns=_names(args), where=args.where)
    table.write_parquet(new)


def _write_fits(source: str, new: Path, args: argparse.Namespace) -> None:
    ending = Path(source).suffix.lower()
    if ending in (".parquet", ".pq"):
        arrow = _imported("pyarrow.parquet", "convert", "arrow").read_table(source)
    elif ending == ".csv":
        arrow = _imported("pyarrow.csv", "convert", "arrow").read_csv(source)
    elif args.columns or args.where or args.hdu is not None:
        with FITS(opened(source)) as fits:
            hdu = table_of(fits, args.hdu)
            table = hdu.read(columns=_names(args), where=args.where)
            write(new, table, header=hdu.header)
        return
    else:
        repack(source, new, Packing(None))
        return
    write(new, Table.from_arrow(arrow), name=stem_of(source).upper())


_WRITERS: dict[str, Callable[[str, Path, Any], None]] = {
    "png": _write_png,
    "csv": _write_csv,
    "parquet": _write_parquet,
    "fits": _write_fits,
}


def _names(args: argparse.Namespace) -> list[str] | None:
    return words_of(args.columns) if args.columns else None


def _percent(text: str) -> float:
    percent = float(text)
    if not 0 < percent <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is no percentage up to 100")
    return percent


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no pair LOW,HIGH") from None
    return low, high
