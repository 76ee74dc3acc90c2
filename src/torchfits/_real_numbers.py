# SPDX-License-Identifier: BSD-3-Clause
"""Real numbers in any form that a user gives them, as floating tensors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def working_dtype(device: torch.device) -> torch.dtype:
    """float64 where the device has it."""
    return torch.float32 if device.type == "mps" else torch.float64


def real_tensors(
    values: Sequence[Any], names: Callable[[], Sequence[str]], call: str
) -> tuple[torch.Tensor, ...]:
    """Numbers, arrays and tensors as tensors of one shape on one device, that of the tensors.

    `names` tells what they are, for errors.

    Raises
    ------
    TypeError
        For what is no real number.
    ValueError
        If their shapes do not broadcast.
    """
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


def as_real(value: Any, device: torch.device, name: Callable[[], str]) -> torch.Tensor:
    """One argument as a floating tensor, on the device unless it is a tensor of some dimensions.

    `name` is for errors. Only numbers follow the device: of tensors on two devices torch complains.
    """
    dtype = working_dtype(device)
    if isinstance(value, torch.Tensor):
        if value.dtype.is_complex:
            raise TypeError(f"{name()} is complex; coordinates are real numbers")
        if value.dim() == 0:
            return value.to(device, dtype)
        return value if value.dtype == dtype else value.to(dtype)
    if hasattr(value, "unit") and hasattr(value, "to_value"):
        raise TypeError(f"{name()} is a Quantity; give its numbers: x.to_value('{value.unit}')")
    if isinstance(value, (str, bytes, complex)) or value is None:
        raise TypeError(f"{name()} is {value!r}; coordinates are numbers, arrays or tensors")
    if hasattr(value, "__array__") and not isinstance(value, (int, float)):
        return _from_array(value, name).to(device, dtype)
    try:
        return torch.as_tensor(value, dtype=dtype, device=device)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(
            f"{name()} is of type {type(value).__name__}; "
            "coordinates are numbers, arrays or tensors"
        ) from error


def _from_array(value: Any, name: Callable[[], str]) -> torch.Tensor:
    """A numpy array of any real dtype and byte order."""
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{name()} is an array of dtype {array.dtype}; coordinates are real numbers"
        )
    native = np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape)
    return torch.from_numpy(native if native.flags.writeable else native.copy())
