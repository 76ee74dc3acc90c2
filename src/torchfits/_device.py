# SPDX-License-Identifier: BSD-3-Clause
"""Where tensors go: host memory, pinned memory, other devices, a tensor of the caller's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ._keywords import check_flag

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    Target = Callable[[tuple[int, ...], torch.dtype], torch.Tensor | None]

Device = Any  # a torch.device, its name, or None for the host


PLAIN_FORM = (True, None, None, False)
"""What `host_form` gives where no keyword is: scaled, the natural dtype, a new host tensor."""


def host_form(
    scaled: bool, dtype: Any, device: Device, out: torch.Tensor | None
) -> tuple[bool, Any, torch.Tensor | None, Target | bool]:
    """What the core needs to know: (scaled, dtype, tensor to fill, target).

    A tensor of the caller's is filled in place when it is contiguous on the host; otherwise the
    core reads into memory of its own, which `deliver` copies. Where there is a target, that memory
    is pinned; or large data go from there to the tensor that the target gives, block by block.
    """
    check_flag("scaled", scaled)
    if device is None and out is None:
        return (scaled, dtype, None, False)
    if out is None:
        target = partial(device_target, device, None) if _is_cuda(device) else False
        return (scaled, dtype, None, target)
    if device is not None:
        raise TypeError("out= says where the data go; leave device= away")
    import torch

    if not isinstance(out, torch.Tensor):
        raise TypeError(f"out= takes a torch.Tensor, not {type(out).__name__}")
    if out.device.type == "cpu" and out.is_contiguous():
        return (scaled, dtype, out, False)
    target = partial(device_target, None, out) if out.is_cuda else False
    return (scaled, dtype, None, target)


def device_target(
    device: Device, out: torch.Tensor | None, shape: tuple[int, ...], dtype: torch.dtype
) -> torch.Tensor | None:
    """The tensor that data of `shape` and `dtype` may go to in blocks; None where there is none."""
    import torch

    if out is None:
        return torch.empty(shape, dtype=dtype, device=device)
    _check_fits(out, shape, dtype)
    return out if out.is_contiguous() else None


def deliver(data: torch.Tensor, device: Device, out: torch.Tensor | None) -> torch.Tensor:
    """The data where they were wanted. Copies from pinned memory go to the current stream."""
    if out is not None:
        if data is out:
            return data
        _check_fits(out, data.shape, data.dtype)
        return out.copy_(data, non_blocking=True)
    if device is None:
        return data
    return data.to(device, non_blocking=True)


def _check_fits(out: torch.Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    if tuple(out.shape) != tuple(shape):
        raise ValueError(
            f"out= has shape {tuple(out.shape)}, the data {tuple(shape)}; pass a tensor "
            "of their shape"
        )
    if out.dtype != dtype:
        raise ValueError(
            f"out= has dtype {out.dtype}, the data {dtype}; pass dtype= of the tensor to convert"
        )


def _is_cuda(device: Device) -> bool:
    import torch

    try:
        wanted = torch.device(device)
    except (RuntimeError, TypeError) as error:
        kinds = ValueError if isinstance(device, (str, int)) else TypeError
        reason = str(error).partition("\n")[0]
        raise kinds(f"device={device!r} is no device of torch: {reason}") from None
    if wanted.type != "cuda":
        return False
    if not torch.cuda.is_available():
        raise RuntimeError(
            f"device={str(device)!r}: this torch sees no CUDA device; "
            "install a CUDA build of torch on a machine with a GPU, or leave device= away"
        )
    count = torch.cuda.device_count()
    if (wanted.index or 0) >= count:
        raise RuntimeError(f"device={str(device)!r}: this machine has {count} CUDA devices")
    return True
