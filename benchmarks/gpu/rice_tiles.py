# SPDX-License-Identifier: BSD-3-Clause
"""Experiment: tiles that RICE_1 compressed go to the device as they are and are decoded there.

`rice_decode.cu` is exact against the CPU, and compared with decoding on the host and copying. Times
of the device begin with streams in pinned memory ("device"), with files in the page cache as those
of the host do ("device_and_reading"), or with streams on the device ("kernel").
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import torch
from on_device import compiled, has_device, milliseconds, record, write_report

import torchfits

from image_cases import COMPRESSED  # isort: skip
from recipes import make_files  # isort: skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from recipes import Recipe

IMAGES = 16  # of 2,048 tiles each
WARP = 32
RANDOM = 10_000  # numbers of the dithering sequence
TARGET = 3  # times as fast as the host

DECODE = Path(__file__).with_name("rice_decode.cu")


def dither_sequence() -> torch.Tensor:
    """The Park-Miller numbers of the Standard's Appendix I."""
    seed, found = 1, []
    for _ in range(RANDOM):
        seed = seed * 16807 % 2147483647
        found.append(seed / 2147483647)
    return torch.tensor(found, dtype=torch.float32)


class Batch:
    """The tiles of images, as their files have them: streams, where they are, scales and seeds."""

    def __init__(self, tables: list[torchfits.Table], header: torchfits.Header) -> None:
        cells = [table["COMPRESSED_DATA"] for table in tables]
        self.heaps = [cell.values for cell in cells]
        self.offsets = [cell.offsets[:-1] for cell in cells]
        quantized = "ZSCALE" in tables[0].names
        self.scaling = (
            [torch.stack([table[name] for table in tables]) for name in ("ZSCALE", "ZZERO")]
            if quantized
            else [torch.ones(1, dtype=torch.float64, device=self.heaps[0].device)] * 2
        )
        seeds = torch.arange(header["ZNAXIS2"], dtype=torch.int32) + header.get("ZDITHER0", 1) - 1
        self.seeds = (seeds % RANDOM).repeat(len(tables))

    def pinned(self) -> Batch:
        self.heaps = [heap.pin_memory() for heap in self.heaps]
        self.offsets = [offsets.pin_memory() for offsets in self.offsets]
        self.scaling = [values.pin_memory() for values in self.scaling]
        self.seeds = self.seeds.pin_memory()
        return self

    def arguments(self) -> list[Any]:
        """On the device, as the kernel takes them; a stream may be read past, so its heap grows."""

        def there(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.to("cuda", non_blocking=True)

        heaps = [torch.nn.functional.pad(there(heap), (0, 16)) for heap in self.heaps]
        pairs = zip(heaps, self.offsets, strict=True)
        streams = torch.cat([there(offsets) + heap.data_ptr() for heap, offsets in pairs])
        # The heaps are not the kernel's, but have to live as long.
        return [streams, *map(there, self.scaling), there(self.seeds), heaps]


def kernel_of(header: torchfits.Header) -> Callable[..., None]:
    """The kernel of one kind of image: what is known is compiled in."""
    words = {header[f"ZNAME{i}"]: header[f"ZVAL{i}"] for i in (1, 2)}
    size, block = words["BYTEPIX"], words["BLOCKSIZE"]
    if block > WARP or header["ZTILE1"] != header["ZNAXIS1"]:
        raise SystemExit("Rice: blocks of at most 32 pixels and tiles of one line are decoded")
    fields, verbatim = {1: (3, 6), 2: (4, 14), 4: (5, 25)}[size]
    floats = header["ZBITPIX"] < 0
    known = {
        "TILES": WARP, "BLOCK": block, "WORD_BITS": 8 * size, "FIELD_BITS": fields,
        "VERBATIM": verbatim, "PIXEL": "float" if floats else {2: "short", 4: "int"}[size],
        "QUANTIZED": int(floats), "NULL_CODE": -2147483647,
        "DITHERED": int(header.get("ZQUANTIZ", "") == "SUBTRACTIVE_DITHER_1"),
    }  # fmt: skip
    defines = "".join(f"#define {name} {value}\n" for name, value in known.items())
    return compiled(defines + DECODE.read_text(), "decode")


def wall_times(run: Callable[[], Any], rounds: int) -> list[float]:
    samples = []
    for number in range(rounds + 2):
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        if number > 1:
            samples.append((time.perf_counter() - start) * 1e3)
    return samples


def measure(recipe: Recipe, rounds: int) -> list[dict[str, Any]]:
    path = str(recipe.path)
    tables, header = [], torchfits.Header()
    for _ in range(IMAGES):
        table, header = torchfits.read(path, hdu=1, raw=True, header=True)
        if not (table["COMPRESSED_DATA"].lengths > 0).all():
            raise SystemExit(f"{path}: a tile is not in COMPRESSED_DATA")
        tables.append(table)
    decode, random = kernel_of(header), dither_sequence().cuda()
    expected = torchfits.read(path, hdu=1)
    outs = torch.full((IMAGES, *expected.shape), -1, dtype=expected.dtype, device="cuda")
    tiles, width = IMAGES * expected.shape[0], expected.shape[1]

    def launch(arguments: list[Any]) -> None:
        streams, scales, zeros, seeds, _ = arguments
        grid = (-(-tiles // WARP), 1, 1)
        decode(grid, (WARP, 1, 1), [streams, scales, zeros, random, seeds, outs, tiles, width])

    on_host = Batch(tables, header).pinned()
    on_device = on_host.arguments()
    launch(on_device)
    for out in outs:
        if not torch.equal(out.cpu().view(torch.uint8), expected.view(torch.uint8)):
            raise SystemExit(f"{recipe.name}: the device differs from the CPU")

    def read_raw() -> Batch:
        read = [torchfits.read(path, hdu=1, raw=True, device="cuda") for _ in range(IMAGES)]
        return Batch(read, header)

    figures = {
        "host": wall_times(lambda: torchfits.read_many([path] * IMAGES, 1, device="cuda"), rounds),
        "device": wall_times(lambda: launch(on_host.arguments()), rounds),
        "device_and_reading": wall_times(lambda: launch(read_raw().arguments()), rounds),
        "kernel": milliseconds(lambda _: launch(on_device), rounds),
    }
    host = median(figures["host"])
    return [
        record(
            f"rice/{recipe.name}", engine, samples, outs.nbytes, tiles=tiles, target=TARGET,
            times_the_host=host / median(samples),
        )
        for engine, samples in figures.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if not has_device("rice_tiles"):
        return
    wanted = ("comp_i2_RICE_1", "comp_f4_RICE_1", "comp_f4_dither")
    recipes = [recipe for _, recipe in COMPRESSED if recipe.name in wanted]
    make_files(recipes, print)
    records = [found for recipe in recipes for found in measure(recipe, options.rounds)]
    write_report("rice_tiles", records)


if __name__ == "__main__":
    main()
