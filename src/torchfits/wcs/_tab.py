# SPDX-License-Identifier: BSD-3-Clause
"""Axes whose world coordinates stand in a table: the algorithm -TAB (Paper III, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from ._dependence import coupled_axes
from ._extensions import extension
from ._stage import constant
from ._tab_index import IndexVector, index_vector
from ._tab_parts import Parts, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._description import Description
    from ._stage import Coordinates

MOST_AXES = 6
"""Of one coordinate array: each point looks at two to this power of its elements."""


@dataclass(frozen=True)
class Table:
    """The axes of one coordinate array, in the order of its dimensions (m = 1, 2, ...)."""

    axes: tuple[int, ...]
    references: tuple[torch.Tensor, ...]
    """CRVAL, which is added to intermediate world coordinates to give psi."""
    indices: tuple[IndexVector, ...]
    coordinates: Parts

    def forward(self, coordinates: Coordinates) -> Coordinates:
        """Index vectors give places in the array, between its elements values are linear."""
        places = tuple(
            index.places(coordinates[axis] + reference)
            for axis, reference, index in zip(self.axes, self.references, self.indices, strict=True)
        )
        return self._replaced(coordinates, self.coordinates.values(places))

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        """The place whose coordinates these are, and what the index vectors have there."""
        places = self.coordinates.places(tuple(coordinates[axis] for axis in self.axes))
        results = tuple(
            index.values(place) - reference
            for place, reference, index in zip(places, self.references, self.indices, strict=True)
        )
        return self._replaced(coordinates, results)

    def _replaced(self, coordinates: Coordinates, results: Coordinates) -> Coordinates:
        changed = list(coordinates)
        for axis, result in zip(self.axes, results, strict=True):
            changed[axis] = result
        return tuple(changed)


@dataclass(frozen=True)
class Tabular:
    """All tables of a WCS."""

    tables: tuple[Table, ...]

    def forward(self, coordinates: Coordinates) -> Coordinates:
        """Away from the pixels."""
        for table in self.tables:
            coordinates = table.forward(coordinates)
        return coordinates

    def inverse(self, coordinates: Coordinates) -> Coordinates:
        """Towards the pixels."""
        for table in self.tables:
            coordinates = table.inverse(coordinates)
        return coordinates


def tab_stage(description: Description, file: Any) -> Tabular | None:
    """The step of all axes with the code ``TAB``; `None` where there are none.

    Parameters
    ----------
    description : Description
        With PSi_0 (EXTNAME), PSi_1 (column of coordinates), PSi_2 (column of the index vector),
        PVi_1 (EXTVER), PVi_2 (EXTLEVEL) and PVi_3 (dimension of the array).
    file : FITS, or mapping of (EXTNAME, EXTVER) to HDUs
        Where the tables are.

    Raises
    ------
    ValueError
        If a table is not there, or its arrays do not fit the axes.
    """
    groups = [
        group for group in coupled_axes(description) if description.projection(group[0]) == "TAB"
    ]
    if not groups:
        return None
    return Tabular(tuple(_table(description, group, file) for group in groups))


def _table(description: Description, group: Sequence[int], file: Any) -> Table:
    axes = _in_order(description, group)
    first = axes[0]
    said = _said(description, first)
    name, column = (_text(description, first, m) for m in (0, 1))
    version = _whole(description, first, 1)
    hdu = extension(file, name, version, said)
    if hdu.kind not in ("table", "ascii_table"):
        raise ValueError(f"{said}: the extension {name!r} is no binary table; correct PSi_0")
    array = _cell(hdu, column, _keyword(description, "PS", first, 1))
    if array.dim() == 1:
        array = array[:, None]
    elif len(axes) == 1 and array.dim() == 2 and array.shape[0] == 1:
        array = array.reshape(-1, 1)  # TDIM is the other way round; astropy reads it too
    count = len(axes)
    if array.dim() != count + 1 or array.shape[-1] != count or not array.numel():
        raise ValueError(
            f"{said}: its {count} axes need an array of TDIM = ({count}, "
            f"{', '.join(f'K{m}' for m in range(1, count + 1))}) in column {column!r}, not "
            f"{tuple(reversed(array.shape))}"
        )
    lengths = tuple(reversed(array.shape[:-1]))
    indices = tuple(
        _index(description, axis, hdu, length) for axis, length in zip(axes, lengths, strict=True)
    )
    crval = constant(description.crval)
    return Table(
        axes,
        tuple(crval[axis] for axis in axes),
        indices,
        parts_of(array, [index.repeated for index in indices]),
    )


def _in_order(description: Description, group: Sequence[int]) -> tuple[int, ...]:
    """Axes by the dimension of the array that each is for, PVi_3."""
    dimensions = {axis: _whole(description, axis, 3) for axis in group}
    if sorted(dimensions.values()) != list(range(1, len(group) + 1)):
        told = ", ".join(
            f"{_keyword(description, 'PV', axis, 3)} = {m}" for axis, m in dimensions.items()
        )
        raise ValueError(
            f"{told}: the {len(group)} axes of one table are for its dimensions 1 to {len(group)}, "
            "each once"
        )
    if len(group) > MOST_AXES:
        raise ValueError(
            f"{_said(description, group[0])}: one table is for {MOST_AXES} axes at most"
        )
    return tuple(sorted(group, key=dimensions.__getitem__))


def _index(description: Description, axis: int, hdu: Any, length: int) -> IndexVector:
    """PSi_2; without it the elements of the array are counted from 1."""
    column = description.ps.get((axis + 1, 2), "").strip()
    if not column:
        return index_vector(None, length)
    keyword = _keyword(description, "PS", axis, 2)
    vector = _cell(hdu, column, keyword)
    said = f"{keyword} = {column!r}"
    if vector.numel() != length:
        raise ValueError(
            f"{said}: the index vector has {vector.numel()} elements, but the array of coordinates "
            f"has {length} along its axis"
        )
    try:
        return index_vector(vector.reshape(-1), length)
    except ValueError as error:
        raise ValueError(f"{said}: {error}") from None


def _cell(hdu: Any, column: str, keyword: str) -> torch.Tensor:
    """The first row of a column, in float64."""
    names = {known.name.strip().upper(): known.name for known in hdu.columns}
    name = names.get(column.upper())
    if name is None:
        raise ValueError(
            f"{keyword} = {column!r}: the table has no such column; it has "
            f"{', '.join(map(repr, names.values())) or 'none'}"
        )
    if not hdu.shape[0]:
        raise ValueError(f"{keyword} = {column!r}: the table has no row")
    cell = hdu.read(columns=[name], rows=slice(0, 1))[name][0]
    if not isinstance(cell, torch.Tensor) or cell.is_complex():
        raise ValueError(f"{keyword} = {column!r} is no column of numbers")
    return cell.to(torch.float64)


def _said(description: Description, axis: int) -> str:
    return f"{_keyword(description, 'PS', axis, 0)} = {description.ps.get((axis + 1, 0), '')!r}"


def _keyword(description: Description, name: str, axis: int, m: int) -> str:
    return f"{name}{axis + 1}_{m}{description.key.strip()}"


def _text(description: Description, axis: int, m: int) -> str:
    text = description.ps.get((axis + 1, m), "").strip()
    if not text:
        what = "the EXTNAME of a table" if m == 0 else "a column of coordinates"
        raise ValueError(
            f"CTYPE{axis + 1}{description.key.strip()} = {description.ctype[axis]!r} needs "
            f"{_keyword(description, 'PS', axis, m)}, {what}"
        )
    return text


def _whole(description: Description, axis: int, m: int) -> int:
    value = float(description.pv.get((axis + 1, m), 1))
    if value != int(value) or value < 0:
        raise ValueError(f"{_keyword(description, 'PV', axis, m)} = {value!r} is no whole number")
    return int(value)
