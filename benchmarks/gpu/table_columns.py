# SPDX-License-Identifier: BSD-3-Clause
"""Experiment: rows of a binary table go to the device as they are, which makes columns of them.

A block takes a few hundred rows into shared memory and writes each column in a row, in native byte
order. It is exact against the CPU, and its rate is bytes read plus written.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from on_device import compiled, has_device, milliseconds, record, write_report

import torchfits

from recipes import make_files  # isort: skip
from table_cases import MIXED_1M, WIDE_100K  # isort: skip

BLOCK = 256
SHARED_BYTES = 40 << 10
COPIES = 8  # of the rows, one behind the other: far more than the L2 cache holds
TARGET = 500  # GB/s

TRANSPOSE = """
// Of each column: offset in the row, bytes of an element, elements, address of the output.
extern "C" __global__ void transpose(const unsigned char* rows, const long long* columns,
                                     int column_count, int row_count, int width, int stride,
                                     int rows_a_block) {
  extern __shared__ unsigned shared[];
  const unsigned char* bytes = (const unsigned char*)shared;
  int first = blockIdx.x * rows_a_block;
  int here = min(rows_a_block, row_count - first);
  const unsigned char* mine = rows + (long long)first * width;
  int size = here * width;
  if (stride == width) {  // as they lie: `size` of all blocks but the last is a multiple of 16
    for (int i = threadIdx.x; i < size / 16; i += blockDim.x)
      ((uint4*)shared)[i] = ((const uint4*)mine)[i];
    for (int i = size / 16 * 16 + threadIdx.x; i < size; i += blockDim.x)
      ((unsigned char*)shared)[i] = mine[i];
  } else {  // a word more a row, so that a column lies in all banks
    for (int i = threadIdx.x; i < size / 4; i += blockDim.x) {
      int row = i / (width / 4);
      shared[row * (stride / 4) + i - row * (width / 4)] = ((const unsigned*)mine)[i];
    }
  }
  __syncthreads();
  for (int c = 0; c < column_count; ++c) {
    int offset = columns[4 * c], bits = columns[4 * c + 1], elements = columns[4 * c + 2];
    void* out = (void*)columns[4 * c + 3];
    long long before = (long long)first * elements;
    for (int i = threadIdx.x; i < here * elements; i += blockDim.x) {
      int row = elements == 1 ? i : i / elements;
      int at = row * stride + offset + (i - row * elements) * bits;
      const unsigned* words = shared + at / 4;
      unsigned shift = at % 4;
      if (bits == 1) {
        ((unsigned char*)out)[before + i] = bytes[at];
      } else if (bits == 2) {
        unsigned both = __byte_perm(words[0], words[1], 0x0001 + shift * 0x1111);
        ((unsigned short*)out)[before + i] = both & 0xffff;
      } else if (bits == 4) {
        ((unsigned*)out)[before + i] =
            __byte_perm(words[0], words[1], 0x0123 + shift * 0x1111);
      } else {
        uint2 both = {__byte_perm(words[1], words[2], 0x0123 + shift * 0x1111),
                      __byte_perm(words[0], words[1], 0x0123 + shift * 0x1111)};
        ((uint2*)out)[before + i] = both;
      }
    }
  }
}
"""


def row_stride(width: int) -> int:
    """Bytes between rows in shared memory: an odd number of words where rows are whole words."""
    return width if width % 4 else (width // 4 | 1) * 4


def field_widths(path: Path) -> list[tuple[str, int, int]]:
    """Name, bytes of an element and elements of each column, as its TFORM says."""
    sizes = {"L": 1, "B": 1, "A": 1, "I": 2, "J": 4, "E": 4, "K": 8, "D": 8}
    header = torchfits.read_header(path, 1)
    forms = [
        (header[f"TTYPE{i}"], header[f"TFORM{i}"].strip()) for i in range(1, header["TFIELDS"] + 1)
    ]
    return [(name, sizes[form[-1]], int(form[:-1] or 1)) for name, form in forms]


def stored_rows(path: Path) -> torch.Tensor:
    header = torchfits.read_header(path, 1)
    size = header["NAXIS1"] * header["NAXIS2"]
    start = path.stat().st_size - -(-size // 2880) * 2880  # the table ends the file
    data = np.fromfile(path, np.uint8, size, offset=start)
    return torch.from_numpy(data).reshape(header["NAXIS2"], header["NAXIS1"])


def assert_exact(path: Path, fields: list[tuple[str, int, int]], outs: list[torch.Tensor]) -> None:
    table = torchfits.read(path, hdu=1, scaled=False)
    for (name, _, _), out in zip(fields, outs, strict=True):
        column = table[name]
        if isinstance(column, torchfits.Strings):
            column = column.bytes
        elif column.dtype == torch.bool:
            out = out == ord("T")  # noqa: PLW2901
        expected = column.contiguous().view(torch.uint8).reshape(-1)
        found = out.view(torch.uint8).cpu()
        for copy in found.reshape(COPIES, -1):
            if not torch.equal(copy, expected):
                raise SystemExit(f"columns: {name} on the device differs from the CPU")


def measure(case: str, path: Path) -> dict[str, Any]:
    kernel = compiled(TRANSPOSE, "transpose")
    fields = field_widths(path)
    rows = stored_rows(path).cuda().repeat(COPIES, 1)
    count, width = rows.shape
    offset, table, outs = 0, [], []
    for _, size, elements in fields:
        outs.append(torch.full((count * elements * size,), 255, dtype=torch.uint8, device="cuda"))
        table.append([offset, size, elements, outs[-1].data_ptr()])
        offset += size * elements
    columns = torch.tensor(table, dtype=torch.int64, device="cuda")
    stride = row_stride(width)
    rows_a_block = SHARED_BYTES // stride // 16 * 16
    grid = (-(-count // rows_a_block), 1, 1)
    shared = rows_a_block * stride + 16  # the last element may look a word further

    def run(_: int) -> None:
        arguments = [rows, columns, len(fields), count, width, stride, rows_a_block]
        kernel(grid, (BLOCK, 1, 1), arguments, shared_mem=shared)

    run(0)
    assert_exact(path, fields, outs)
    samples = milliseconds(run, 20)
    moved = 2 * rows.nbytes
    rate = moved / median(samples) / 1e6
    return record(case, "device", samples, moved, gb_per_s=rate, target=TARGET)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    if not has_device("table_columns"):
        return
    make_files([MIXED_1M, WIDE_100K], print)
    records = [measure("columns/mixed", MIXED_1M.path), measure("columns/wide", WIDE_100K.path)]
    write_report("table_columns", records)


if __name__ == "__main__":
    main()
