# SPDX-License-Identifier: BSD-3-Clause
"""What a user gives as coordinates, as tensors of one shape, and the results in the same form."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._stage import Coordinates


def working_dtype(device: torch.device) -> torch.dtype:
    """float64 where the device has it."""
    return torch.float32 if device.type == "mps" else torch.float64


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
    device = torch.device("cpu")
    for value in values:
        if isinstance(value, torch.Tensor) and (value.dim() or device.type == "cpu"):
            device = value.device

    def name(index: int) -> str:
        return f"{call}(): {names()[index]}"

    tensors = [as_real(value, device, partial(name, index)) for index, value in enumerate(values)]
    shape = tensors[0].shape
    if all(tensor.shape == shape for tensor in tensors):
        return tuple(tensors)
    try:
        return tuple(torch.broadcast_tensors(*tensors))  # type: ignore[no-untyped-call]
    except RuntimeError:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors)
        raise ValueError(f"{call}(): the shapes {shapes} do not broadcast to one") from None


def counted(number: int, noun: str) -> str:
    """``1 axis``, ``2 axes``, ``2 arguments``."""
    many = noun[:-2] + "es" if noun.endswith("is") else noun + "s"
    return f"{number} {noun if number == 1 else many}"


def as_real(value: Any, device: torch.device, name: Callable[[], str]) -> torch.Tensor:
    """One argument as a floating tensor on the device; `name` is for errors."""
    dtype = working_dtype(device)
    if isinstance(value, torch.Tensor):
        if value.is_complex():
            raise TypeError(f"{name()} is complex; coordinates are real numbers")
        return value if value.dtype == dtype else value.to(dtype)
    if hasattr(value, "unit") and hasattr(value, "to_value"):
        raise TypeError(f"{name()} is a Quantity; give its numbers: x.to_value('{value.unit}')")
    if isinstance(value, (str, bytes, complex)) or value is None:
        raise TypeError(f"{name()} is {value!r}; coordinates are numbers, arrays or tensors")
    if hasattr(value, "__array__") and not isinstance(value, (int, float)):
        return from_array(value, name).to(device, dtype)
    try:
        return torch.as_tensor(value, dtype=dtype, device=device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(
            f"{name()} is of type {type(value).__name__}; "
            "coordinates are numbers, arrays or tensors"
        ) from error


def from_array(value: Any, name: Callable[[], str]) -> torch.Tensor:
    """A numpy array of any real dtype and byte order."""
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name()} is an array of dtype {array.dtype}; coordinates are real numbers"
        )
    native = np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)
    return torch.from_numpy(native if native.flags.writeable else native.copy())


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
