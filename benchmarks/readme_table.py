# SPDX-License-Identifier: BSD-3-Clause
"""The figures of README.md, between two marks in it, made from a run."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from results import OURS
from summary import engines_of, number, table, time_of

if TYPE_CHECKING:
    from results import Comparison, Run

BEGIN = "<!-- figures of benchmarks/report.py --readme -->"
END = "<!-- end of the figures -->"
ENGINES = (OURS, "astropy", "fitsio", "pypi")
CASES = (
    "read/tiny_float32_2d",
    "read/large_float32_2d",
    "read/large_int16_2d",
    "read/large_uint16_2d",
    "read/scaled_large",
    "read/big_float32",
    "read/huge_float32",
    "read/comp_i2_RICE_1",
    "read/comp_f4_dither",
    "read/comp_f4_GZIP_2",
    "read/comp_i2_HCOMPRESS_1",
    "cutout/large_float32",
    "cutout/50_large_float32",
    "cutout/50_comp_f4_RICE_1",
    "cutouts/1000_mosaic_i2_tiled",
    "wcs/to_world_tan",
    "wcs/to_pixel_sip",
    "table/mixed_1000",
    "table/mixed_1000000",
    "table/mixed_10000000",
    "table/project_mixed_1000000",
    "table/where_mixed_1000000",
    "table/varlen_100000",
    "scan/mixed_10000000",
    "header/tiny",
    "header/500_all",
    "hdus/last_of_300",
    "many/500_batch_128",
    "loader/10000_files/0_workers",
    "write/large_float32",
    "write/rice_i2",
    "write/table_500k_x11",
    "update/key_1000_files",
    "verify/checksum_1gb",
)


def _row(comparison: Comparison) -> list[str]:
    ratios = comparison.ratios()
    best = f"{min(ratios.values()):.2f}" if ratios else "-"
    return [comparison.case, *(time_of(comparison, name) for name in ENGINES), best]


def _summary(run: Run) -> str:
    found = [ratios for each in run.timed() if (ratios := each.ratios())]
    best = [min(ratios.values()) for ratios in found]
    parts = [f"the best other reader of each case takes {median(best):.2f} times as long"]
    for peer in ("astropy", "fitsio"):
        against = [ratios[peer] for ratios in found if peer in ratios]
        if against:
            parts.append(f"{peer} {median(against):.2f} times")
    slower = [each.case for each in run.timed() if min(each.ratios().values(), default=1.0) < 1]
    behind = f" Another reader is faster in: {', '.join(slower)}." if slower else ""
    return f"Median over all {len(best)} cases: {', '.join(parts)}.{behind}"


def _memory(run: Run) -> str:
    parts = []
    for comparison in run.memory():
        beyond = (
            f"{name} {(result.over_idle - (result.bytes or 0)) / 2**20:+.0f}"
            for name in engines_of([comparison])
            if (result := comparison.results[name]).memory
        )
        parts.append(f"{comparison.case.partition('/')[2]} ({', '.join(beyond)})")
    return (
        f"Peak memory of one read beyond its tensors, in MiB: {'; '.join(parts)}." if parts else ""
    )


def _machine(run: Run) -> str:
    machine, versions = run.machine, run.machine["versions"]
    peers = {"astropy": "astropy", "fitsio": "fitsio", "pypi": "the package on PyPI"}
    named = [f"{name} {versions[peer][peer]}" for peer, name in peers.items() if peer in versions]
    torch = versions[OURS]["torch"]
    return (
        f"Measured on {machine['date']}: {machine['cpu']}, {machine['cores']} cores, "
        f"{number(machine['memory_gib'])} GiB, {machine['threads']} threads; torch {torch}, "
        f'{", ".join(named)}. "cached": the answer comes from memory.'
    )


def block(run: Run) -> str:
    """Return the part of README.md that holds figures."""
    measured = run.by_case()
    missing = [case for case in CASES if case not in measured]
    if missing:
        msg = f"the run lacks {', '.join(missing)}: README.md takes a full run"
        raise ValueError(msg)
    header = ["case", OURS, "astropy", "fitsio", "PyPI's", "best other / ours"]
    rows = [_row(measured[case]) for case in CASES]
    paragraphs = [_summary(run), _memory(run), _machine(run)]
    parts = ["\n".join(table(header, rows)), *(words for words in paragraphs if words)]
    return "\n\n".join([BEGIN, *parts, END])


def replaced(text: str, run: Run) -> str:
    """Return the text of README.md with the figures of this run."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        msg = f"README.md has no line {BEGIN!r} with {END!r} after it"
        raise ValueError(msg)
    return before + block(run) + after
