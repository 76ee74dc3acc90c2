# SPDX-License-Identifier: BSD-3-Clause
"""What a benchmark case is, and the targets of the families of cases.

``operation`` names a function that every engine module in ``engines/`` may offer; ``arguments`` are
its keyword arguments beside the path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from recipes import Recipe

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
    "cutouts on the sky": 3.0,
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
    "where": 2.0,
    "spectra": 1.25,
    "in memory": 1.0,
    "cold": 1.0,
    "loader": 1.5,
    "fed by workers": 1.0,
    "writing": 2.0,
    "keys of many files": 2.0,
    "updating": 1.0,
    "checksum": 1.5,
    "pixels to sky": 3.0,
    "pixels to sky, HPX": 2.0,
    "sky to pixels": 2.0,
    "making a WCS": 1.0,
}
FILE_ENGINES = ("torchfits", "astropy", "fitsio", "pypi")
FRAME_ENGINES = ("torchfits", "pandas", "polars")
SKY_ENGINES = ("torchfits", "astropy")
IN_MEMORY = ("filter", "group", "join")  # benchmarks of tables that are in memory already
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
    cold: bool = False
    """The files are dropped from the page cache before every call."""
    any_order: bool = False
    """Rows of the output come in an order that engines choose: sorted before they are compared."""
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
    def engines(self) -> tuple[str, ...]:
        """Who takes part: peers that read files, keep tables in memory, or know the sky."""
        if self.benchmark == "wcs":
            return SKY_ENGINES
        return FRAME_ENGINES if self.benchmark in IN_MEMORY else FILE_ENGINES

    @property
    def target(self) -> float:
        return TARGETS[self.family]

    @property
    def path(self) -> Path:
        return self.recipe.path

    @property
    def call(self) -> str:
        """What is called, for a reader; equal for cases that differ in threads or cache only."""
        given = (f"{name}={_shortened(value)}" for name, value in self.arguments.items())
        return f"{self.operation}({', '.join([self.path.name, *given])})"


def _shortened(value: Any) -> str:
    is_long = isinstance(value, list) and len(value) > 3
    return f"{len(value)} of them" if is_long else repr(value)
