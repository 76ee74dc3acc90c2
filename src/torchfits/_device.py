# SPDX-License-Identifier: BSD-3-Clause
"""Where tensors go: host memory, pinned memory, other devices, a tensor of the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import torch

    from ._table import Table

    Data = TypeVar("Data", torch.Tensor, Table)

Device = Any  # a torch.device, its name, or None for the host


def host_form(
    scaled: bool, dtype: Any, device: Device, out: torch.Tensor | None
) -> tuple[bool, Any, torch.Tensor | None, bool]:
    """What the core needs to know: (scaled, dtype, tensor to fill, pinned).

    A tensor of the caller's is filled in place when it is contiguous on the host; otherwise the core reads into
    memory of its own, which `deliver` copies.
    """
    if device is None and out is None:
        return (scaled, dtype, None, False)
    if out is None:
        return (scaled, dtype, None, _is_cuda(device))
    if device is not None:
        raise TypeError("out= says where the data go; leave device= away")
    import torch

    if not isinstance(out, torch.Tensor):
        raise TypeError(f"out= takes a torch.Tensor, not {type(out).__name__}")
    if out.device.type == "cpu" and out.is_contiguous():
        return (scaled, dtype, out, False)
    return (scaled, out.dtype if dtype is None else dtype, None, out.is_cuda)


def deliver(data: Data, device: Device, out: torch.Tensor | None) -> Data:
    """The data where they were wanted. Copies from pinned memory are enqueued on the current stream."""
    if out is not None:
        if data is out:
            return data
        if data.shape != out.shape:
            raise ValueError(f"out= has shape {tuple(out.shape)}, the data {tuple(data.shape)}")
        out.copy_(data, non_blocking=True)
        return out
    if device is None:
        return data
    return data.to(device, non_blocking=True)


def _is_cuda(device: Device) -> bool:
    import torch

    if torch.device(device).type != "cuda":
        return False
    if not torch.cuda.is_available():
        raise RuntimeError(
            f"device={str(device)!r}: this torch sees no CUDA device; "
            "install a CUDA build of torch on a machine with a GPU, or leave device= away"
        )
    return True
