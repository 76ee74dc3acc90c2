# SPDX-License-Identifier: BSD-3-Clause
"""Checks of columns, units and masks of which a user makes a table."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ._ragged import Ragged
from ._strings import Strings

if TYPE_CHECKING:
    import torch

    from ._column import Column


def check_mapping(argument: str, given: Any) -> None:
    optional = given is None and argument != "columns"
    if not optional and not (hasattr(given, "keys") and hasattr(given, "items")):
        raise TypeError(
            f"{argument} of a Table is a dict by the names of columns, not {type(given).__name__}"
        )


def with_unit(column: Column, unit: Any) -> Column:
    if unit is not None and not isinstance(unit, str):
        raise TypeError(
            f"the unit of column {column.name!r} is text such as 'mag', not "
            f"{type(unit).__name__}: pass str(unit)"
        )
    return dataclasses.replace(column, unit=unit)


def as_values(name: str, values: Any) -> torch.Tensor | Strings | Ragged:
    import torch

    if isinstance(values, list) and all(isinstance(text, (str, bytes)) for text in values):
        values = Strings.from_list(values)
    if isinstance(values, (Strings, Ragged)):
        return values
    if isinstance(values, torch.Tensor) and values.ndim > 0:
        return values
    kind = "a scalar" if isinstance(values, torch.Tensor) else type(values).__name__
    raise TypeError(
        f"column {name!r}: a tensor [N, ...], Strings, Ragged or a list of str, not {kind}; of "
        "numbers, one for each row, make a tensor: torch.as_tensor(values)"
    )


def check_columns(names: list[str], values: list[torch.Tensor | Strings | Ragged]) -> None:
    lengths = {name: len(column) for name, column in zip(names, values, strict=True)}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns differ in length: {lengths}; a table has one for all")
    folded: dict[str, str] = {}
    for name in names:
        given: object = name
        if not isinstance(given, str) or not given:
            raise TypeError(f"the name of a column is a str that is not empty, not {name!r}")
        if (other := folded.setdefault(name.casefold(), name)) != name:
            raise ValueError(f"the names {other!r} and {name!r} differ in case only")


def check_mask(name: str, mask: Any, values: Any) -> None:
    import torch

    if isinstance(values, Ragged):
        same = isinstance(mask, Ragged) and torch.equal(mask.offsets, values.offsets)
        if not same or mask.dtype != torch.bool:
            raise ValueError(
                f"the mask of column {name!r} is a Ragged of bools with the same offsets"
            )
        return
    shape = tuple(values.shape)
    fits = isinstance(mask, torch.Tensor) and tuple(mask.shape) == shape
    if not fits or mask.dtype != torch.bool:
        kind = type(mask).__name__
        if isinstance(mask, torch.Tensor):
            kind = f"{mask.dtype} of shape {tuple(mask.shape)}"
        raise ValueError(f"the mask of column {name!r}: a bool tensor of shape {shape}, not {kind}")
