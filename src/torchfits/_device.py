# SPDX-License-Identifier: BSD-3-Clause
"""Where tensors go: host memory, pinned memory, other devices, a tensor of the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._keywords import check_flag

if TYPE_CHECKING:
    import torch

Device = Any  # a torch.device, its name, or None for the host


PLAIN_FORM = (True, None, None, False)
"""What `host_form` gives where no keyword is: scaled, the natural dtype, a new host tensor."""


def host_form(
    scaled: bool, dtype: Any, device: Device, out: torch.Tensor | None
) -> tuple[bool, Any, torch.Tensor | None, bool]:
    """What the core needs to know: (scaled, dtype, tensor to fill, pinned).

    A tensor of the caller's is filled in place when it is contiguous on the host; otherwise the
    core reads into memory of its own, which `deliver` copies.
    """
    check_flag("scaled", scaled)
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
    return (scaled, dtype, None, out.is_cuda)


def deliver(data: torch.Tensor, device: Device, out: torch.Tensor | None) -> torch.Tensor:
    """The data where they were wanted. Copies from pinned memory go to the current stream."""
    if out is not None:
        if data is out:
            return data
        if data.shape != out.shape:
            raise ValueError(
                f"out= has shape {tuple(out.shape)}, the data {tuple(data.shape)}; pass a tensor "
                "of their shape"
            )
        if data.dtype != out.dtype:
            raise ValueError(
                f"out= has dtype {out.dtype}, the data {data.dtype}; "
                "pass dtype= of the tensor to convert"
            )
        return out.copy_(data, non_blocking=True)
    if device is None:
        return data
    return data.to(device, non_blocking=True)


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
