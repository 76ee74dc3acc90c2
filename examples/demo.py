# SPDX-License-Identifier: BSD-3-Clause
"""The main job on real files: look, read, cut, train, compare, draw. Run it with `make demo`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import torch

import torchfits

DATA = Path(__file__).parent / "data"
PICTURE = Path(__file__).parent.parent / "artifacts" / "demo.png"


def section(title: str) -> None:
    print(f"\n{title}\n{'-' * len(title)}")


def look() -> None:
    section("1. What is in the files")
    for name in ("m13.fits", "o4sp040b0_raw.fits", "chandra_test.fits"):
        info = torchfits.info(DATA / name)
        info.name = name
        print(info, end="\n\n")


def read_image() -> torch.Tensor:
    section("2. An image")
    image, header = torchfits.read(DATA / "m13.fits", header=True)
    print(f"  torchfits.read('m13.fits')     {describe(image)}")
    print(f"  first pixels                   {image[0, :6].tolist()}")
    print(f"  centre of the field            RA {header['CRVAL1']}, Dec {header['CRVAL2']} degrees")
    floats = torchfits.read(DATA / "m13.fits", dtype=torch.float32)
    print(f"  read(..., dtype=float32)       {describe(floats)}, mean {floats.mean():.2f}")
    return floats


def read_extensions() -> None:
    section("3. An extension, a section, a cutout across the edge")
    with torchfits.open(DATA / "o4sp040b0_raw.fits") as file:
        hdu = file["SCI", 2]
        print(f"  file['SCI', 2]                 {hdu}")
        print(f"  .read(dtype=torch.float32)     {describe(hdu.read(dtype=torch.float32))}")
        print(f"  [10:12, :50:10]                {hdu[10:12, :50:10].tolist()}")
    stamp = torchfits.cutout(DATA / "m13.fits", (slice(-2, 3), slice(150, 154)), fill=0)
    column = stamp[:, 0].tolist()
    print(f"  cutout rows -2 to 3, fill=0    {describe(stamp)}, first column {column}")


def compress(image: torch.Tensor) -> None:
    section("4. A compressed image: read like a plain one, and written")
    with torchfits.open(DATA / "m13_rice.fits") as file:
        print(f"  file[1]                        {file[1]}")
        print(f"  [100:103, 80:84]               {file[1][100:103, 80:84].tolist()}")
    with tempfile.TemporaryDirectory() as folder:
        for compression in (None, "RICE_1", torchfits.Compression("GZIP_2", quantize_level=0)):
            path = Path(folder) / "written.fits"
            torchfits.write(path, image, compress=compression, overwrite=True)
            error = (torchfits.read(path) - image).abs().max()
            name = getattr(compression, "algorithm", compression)
            size = path.stat().st_size
            print(f"  write(..., compress={name!s:<8}) {size:>8,} bytes, largest error {error:.3g}")


def read_table() -> None:
    section("5. A table of X-ray events")
    events = torchfits.read(DATA / "chandra_test.fits", "EVENTS")
    print(f"  {len(events)} rows of {len(events.names)} columns: {', '.join(events.names)}")
    for name in ("time", "energy", "pi"):
        unit = next(column.unit for column in events.columns if column.name == name)
        print(f"  {name:<8} {describe(events[name]):<24} {events[name][:3].tolist()} {unit}")
    hot = events["energy"] > 5000
    nulls = events.null_mask("pi")
    print(f"  {int(hot.sum())} photons above 5 keV; nulls in 'pi': {int(nulls.sum())}")


def refuse() -> None:
    section("6. What cannot be read is said, never guessed")
    for name, hdu in (("m13.fits", "SCI"), ("o4sp040b0_raw.fits", "ERR")):
        print(f"  {complaint(DATA / name, hdu)}")


def complaint(path: Path, hdu: str | None) -> str:
    try:
        torchfits.read(path, hdu)
    except torchfits.FITSError as error:
        return f"{type(error).__name__}: {error}".replace(f"{path.parent}/", "")
    return f"{path.name} was read"


def describe(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


def main() -> int:
    start = time.perf_counter()
    look()
    image = read_image()
    read_extensions()
    compress(image)
    read_table()
    refuse()

    section("7. Training a small network on cutouts, read by DataLoader workers")
    import stars

    training = stars.train(DATA / "m13.fits")
    print(
        f"  {training.samples_read:,} cutouts read and learnt from in {training.seconds:.1f} s; "
        f"{training.accuracies[-1]:.1%} right on the part of the sky that was not seen"
    )

    try:
        import picture
        import throughput
    except ImportError as error:
        print(f"\n{error.name} is missing; comparison and picture need: pip install '.[demo]'")
        return 1
    section("8. Throughput beside astropy and fitsio (files in the page cache)")
    with tempfile.TemporaryDirectory() as folder:
        timings = throughput.measure(Path(folder))
    throughput.print_table(timings)

    section("9. A picture")
    picture.draw(PICTURE, image, training, timings)
    print(f"  {PICTURE}\n\nDone in {time.perf_counter() - start:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
