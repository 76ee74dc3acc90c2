# SPDX-License-Identifier: BSD-3-Clause
"""Experiment: the bytes of an image as they lie in the file go to the device, which swaps them.

One kernel swaps and scales. It is exact against the CPU, and its rate is bytes read plus written.
"""

from __future__ import annotations

import argparse
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from on_device import compiled, has_device, milliseconds, record, write_report

import torchfits

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 16384
BLOCK, UNROLLED = 256, 4
TARGET = 1000  # GB/s

SWAP_4 = """
extern "C" __global__ void swap_4(const uint4* in, uint4* out, const double*, int count) {
  int first = blockIdx.x * blockDim.x * 4 + threadIdx.x;
  uint4 held[4];
  #pragma unroll
  for (int i = 0; i < 4; ++i)
    if (int at = first + i * blockDim.x; at < count) held[i] = in[at];
  #pragma unroll
  for (int i = 0; i < 4; ++i) {
    uint4 v = held[i];
    v.x = __byte_perm(v.x, 0, 0x0123); v.y = __byte_perm(v.y, 0, 0x0123);
    v.z = __byte_perm(v.z, 0, 0x0123); v.w = __byte_perm(v.w, 0, 0x0123);
    if (int at = first + i * blockDim.x; at < count) out[at] = v;
  }
}
"""
SCALE_2 = """
__device__ inline float scaled(unsigned pair, unsigned order, double scale, double zero) {
  short stored = (short)__byte_perm(pair, 0, order);
  return (float)(zero + scale * (double)stored);
}
extern "C" __global__ void scale_2(const uint2* in, float4* out, const double* numbers, int count) {
  double scale = numbers[0], zero = numbers[1];
  int first = blockIdx.x * blockDim.x * 4 + threadIdx.x;
  uint2 held[4];
  #pragma unroll
  for (int i = 0; i < 4; ++i)
    if (int at = first + i * blockDim.x; at < count) held[i] = in[at];
  #pragma unroll
  for (int i = 0; i < 4; ++i) {
    float4 made = {scaled(held[i].x, 0x4401, scale, zero), scaled(held[i].x, 0x4423, scale, zero),
                   scaled(held[i].y, 0x4401, scale, zero), scaled(held[i].y, 0x4423, scale, zero)};
    if (int at = first + i * blockDim.x; at < count) out[at] = made;
  }
}
"""


def stored_numbers(code: str) -> np.ndarray:
    """Every value there is: random bits are integers of all sizes, floats with NaN and infinity."""
    bits = np.random.default_rng(3).integers(0, 256, SIDE * SIDE * int(code[1]), np.uint8)
    return bits.view(f">{code}").reshape(SIDE, SIDE)


def fits_image(stored: np.ndarray, *cards: str) -> bytes:
    bitpix = (-1 if stored.dtype.kind == "f" else 1) * stored.dtype.itemsize * 8
    head = [f"SIMPLE  = {'T':>20}", f"BITPIX  = {bitpix:>20}", f"NAXIS   = {2:>20}"]
    head += [f"NAXIS1  = {SIDE:>20}", f"NAXIS2  = {SIDE:>20}", *cards, "END"]
    text = "".join(card.ljust(80) for card in head).ljust(2880).encode()
    data = stored.tobytes()
    return text + data + b"\0" * (-len(data) % 2880)


def measure(
    case: str,
    kernel: Callable[..., None],
    read_bytes: int,
    stored: np.ndarray,
    scaling: list[float],
) -> dict[str, Any]:
    cards = [
        f"{name:<8}= {value:>20}" for name, value in zip(("BSCALE", "BZERO"), scaling, strict=False)
    ]
    expected = torchfits.read(fits_image(stored, *cards))
    raw = torch.from_numpy(stored.view(np.uint8).reshape(-1)).cuda()
    count = raw.numel() // read_bytes
    numbers = torch.tensor(scaling or [1.0, 0.0], dtype=torch.float64, device="cuda")
    outs = [torch.full((SIDE, SIDE), -1, dtype=expected.dtype, device="cuda") for _ in range(2)]
    raws = [raw, raw.clone()]
    grid = (-(-count // (BLOCK * UNROLLED)), 1, 1)

    def run(number: int) -> None:
        kernel(grid, (BLOCK, 1, 1), [raws[number % 2], outs[number % 2], numbers, count])

    run(0)
    if not torch.equal(outs[0].cpu().view(torch.int32), expected.view(torch.int32)):
        raise SystemExit(f"{case}: the device differs from the CPU")
    samples = milliseconds(run, 20)
    moved = raw.nbytes + outs[0].nbytes
    rate = moved / median(samples) / 1e6
    return record(case, "device", samples, moved, gb_per_s=rate, target=TARGET)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    if not has_device("byte_order"):
        return
    whole = partial(measure, "swap/float32", compiled(SWAP_4, "swap_4"), 16)
    scaled = partial(measure, "swap_and_scale/int16", compiled(SCALE_2, "scale_2"), 8)
    records = [
        whole(stored_numbers("f4"), []), scaled(stored_numbers("i2"), [0.1, -3.5]),
    ]  # fmt: skip
    write_report("byte_order", records)


if __name__ == "__main__":
    main()
