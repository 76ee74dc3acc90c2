# SPDX-License-Identifier: BSD-3-Clause
"""What a user gives as coordinates, as tensors of one shape, and the results in the same form."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import torch

from .._real_numbers import real_tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._stage import Coordinates


def gathered(
    values: tuple[Any, ...], count: int, names: Callable[[], Sequence[str]], call: str
) -> Coordinates:
    """`count` numbers, arrays and tensors as floating tensors of one shape on one device.

    `names` tells what they are, for errors.

    Raises
    ------
    TypeError
        For a wrong number of them, and for what is no real number.
    ValueError
        If their shapes do not broadcast.
    """
    if len(values) != count:
        raise TypeError(
            f"{call}() takes {counted(count, 'argument')} ({', '.join(names())}), "
            f"{len(values)} {'was' if len(values) == 1 else 'were'} given"
        )
    return real_tensors(values, names, call)


def counted(number: int, noun: str) -> str:
    """``1 axis``, ``2 axes``, ``2 arguments``."""
    many = noun[:-2] + "es" if noun.endswith("is") else noun + "s"
    return f"{number} {noun if number == 1 else many}"


def numpy_wanted(values: tuple[Any, ...]) -> bool:
    """Whether numpy arrays were given, and no tensor: then the results are numpy arrays."""
    numpy = sys.modules.get("numpy")
    if numpy is None or any(isinstance(value, torch.Tensor) for value in values):
        return False
    return any(isinstance(value, (numpy.ndarray, numpy.generic)) for value in values)


def given_back(result: Coordinates, values: tuple[Any, ...]) -> Any:
    """One tensor for one axis, else a tuple; numpy arrays for numpy arrays."""
    form: tuple[Any, ...] = result
    if numpy_wanted(values):
        form = tuple(part.detach().numpy() for part in result)
    return form[0] if len(form) == 1 else form
