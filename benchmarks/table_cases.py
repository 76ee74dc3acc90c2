# SPDX-License-Identifier: BSD-3-Clause
"""Cases of tables: in files, and in memory beside libraries of data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from case import Case
from table_recipes import AsciiTable, Keyed, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recipes import Recipe

NARROW = "ID:J X:E Y:E OK:L"
MIXED = "ID:K RA:D DEC:D M1:E M2:E FLAG:J NAME:16A GOOD:L"
WIDE = " ".join(
    [f"E{i}:E" for i in range(20)]
    + [f"J{i}:J" for i in range(10)]
    + [f"D{i}:D" for i in range(6)]
    + [f"A{i}:12A" for i in range(4)]
    + ["L0:L"]
)
SPECTRA = "ID:K Z:D FLUX:1000E IVAR:1000E MASK:1000J"

NARROW_1K, NARROW_1M = Table("narrow_1000", 1000, NARROW), Table("narrow_1000000", 10**6, NARROW)
MIXED_1K, MIXED_1M = Table("mixed_1000", 1000, MIXED), Table("mixed_1000000", 10**6, MIXED)
MIXED_10K, MIXED_10M = Table("mixed_10000", 10**4, MIXED), Table("mixed_10000000", 10**7, MIXED)
WIDE_100K = Table("wide_100000", 10**5, WIDE)
VARLEN_100K = Table("varlen_100000", 10**5, "ID:J X:E V:PJ")
SPECTRA_10K = Table("spectra_10000", 10**4, SPECTRA)
ASCII_10K = AsciiTable("ascii_10000", 10**4)
KEYED_10K, KEYED_1M = Keyed("keyed_10000", 10**4), Keyed("keyed_1000000", 10**6)
BRIGHT, HALF = "X > 1.5", "M1 > 0"  # keep 7 % and 50 % of standard normal numbers


def _read(
    name: str, family: str, recipe: Recipe, arguments: dict[str, Any] | None = None, **options: Any
) -> Case:
    return Case(f"table/{name}", family, recipe, "read_table", arguments or {}, **options)


def _on_one_thread_too(case: Case) -> Iterator[Case]:
    yield case
    yield Case(
        f"{case.name}/1_thread", case.family, case.recipe, case.operation, case.arguments, threads=1
    )


WHOLE = (
    _read("narrow_1000", "small table", NARROW_1K, smoke=True),
    _read("narrow_1000000", "table", NARROW_1M),
    _read("mixed_1000", "small table", MIXED_1K, smoke=True),
    *_on_one_thread_too(_read("mixed_1000000", "table", MIXED_1M)),
    _read("mixed_10000000", "huge table", MIXED_10M),
    _read("wide_100000", "table", WIDE_100K),
    _read("spectra_10000", "spectra", SPECTRA_10K),
    _read("varlen_100000", "variable length", VARLEN_100K),
    _read("ascii_10000", "table", ASCII_10K, ulp=4, smoke=True),
)

PARTS = (
    _read("project_narrow_1000000", "selection", NARROW_1M, {"columns": ["X", "Y"]}),
    _read("project_mixed_1000000", "selection", MIXED_1M, {"columns": ["RA", "DEC", "M1"]}),
    _read("strings_1000000", "selection", MIXED_1M, {"columns": ["NAME"]}),
    _read("onecol_wide_100000", "selection", WIDE_100K, {"columns": ["D3"]}),
    _read("rows_mixed_1000000", "selection", MIXED_1M, {"rows": [500_000, 501_000]}),
    _read("where_mixed_10000", "where", MIXED_10K, {"where": HALF}, smoke=True),
    _read("where_narrow_1000000", "where", NARROW_1M, {"where": BRIGHT}),
    *_on_one_thread_too(_read("where_mixed_1000000", "where", MIXED_1M, {"where": HALF})),
    Case("scan/mixed_10000", "selection", MIXED_10K, "scan_table", {"column": "RA"}, smoke=True),
    Case("scan/mixed_1000000", "selection", MIXED_1M, "scan_table", {"column": "RA"}),
    Case("scan/mixed_10000000", "selection", MIXED_10M, "scan_table", {"column": "RA"}),
    Case("cold/mixed_1000000", "cold", MIXED_1M, "read_table", cold=True),
    Case(
        "cold/onecol_wide_100000", "cold", WIDE_100K, "read_table", {"columns": ["D3"]}, cold=True
    ),
)


def _frames(operation: str, name: str, recipe: Recipe, **arguments: Any) -> Case:
    return Case(
        f"{operation.partition('_')[0]}/{name}",
        "in memory",
        recipe,
        operation,
        arguments,
        smoke=name.endswith("_10000"),
        any_order=operation != "filter_table",
        ulp=1000 if operation == "group_table" else 0,  # sums in another order
    )


FRAMES = (
    _frames("filter_table", "mixed_10000", MIXED_10K, where=HALF),
    _frames("filter_table", "narrow_1000000", NARROW_1M, where=BRIGHT),
    _frames("filter_table", "mixed_1000000", MIXED_1M, where=HALF),
    _frames("group_table", "1000_of_10000", KEYED_10K, key="FEW"),
    _frames("group_table", "1000_of_1000000", KEYED_1M, key="FEW"),
    _frames("group_table", "100000_of_1000000", KEYED_1M, key="MANY"),
    _frames("join_tables", "inner_10000", KEYED_10K, key="ID", how="inner"),
    _frames("join_tables", "inner_1000000", KEYED_1M, key="ID", how="inner"),
    _frames("join_tables", "left_1000000", KEYED_1M, key="ID", how="left"),
    _frames("join_tables", "inner_sorted_1000000", KEYED_1M, key="NUMBER", how="inner"),
)

TABLE_CASES = (*WHOLE, *PARTS, *FRAMES)
