# SPDX-License-Identifier: BSD-3-Clause
"""What a read costs: counted by us, by the kernel's accounts, and by its system calls."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from fits_bytes import (
    axes_cards,
    card,
    empty_primary,
    field,
    image,
    make_header,
    start_cards,
    table,
)

import torchfits

MIB = 1 << 20
COUNTERS = ("files_opened", "bytes_read", "bytes_decoded", "bytes_written")


def cost(function: object) -> dict[str, int]:
    """How much every counter grew."""
    before = torchfits.stats()
    function()  # type: ignore[operator]
    after = torchfits.stats()
    return {key: after[key] - before[key] for key in COUNTERS}


def scratch_peak(path: Path, columns: list[str] | None = None) -> int:
    """The most memory beside tensors that a process held which did nothing but read."""
    code = f"import torchfits; torchfits.read({str(path)!r}, columns={columns}); "
    code += "print(torchfits.stats()['scratch_peak'])"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """256 MiB of float32, a sparse file."""
    path = tmp_path_factory.mktemp("memory") / "large.fits"
    header = make_header([*start_cards(None), *axes_cards(-32, (8192, 8192))])
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 256 * MIB)
    return path


def test_an_image_of_n_bytes_costs_n_bytes_written_once(tmp_path: Path) -> None:
    path = tmp_path / "image.fits"
    size = 2000 * 3000 * 4
    path.write_bytes(image(np.zeros((2000, 3000), "f4")))
    spent = cost(lambda: torchfits.read(path))
    assert spent["files_opened"] == 1
    assert spent["bytes_written"] == size
    assert spent["bytes_decoded"] == size
    assert size <= spent["bytes_read"] <= size + 128 * 1024
    assert 0 < scratch_peak(path) <= 1 * MIB


@pytest.mark.parametrize("target", [torch.float64, torch.float16])
def test_a_conversion_is_part_of_the_one_pass(tmp_path: Path, target: torch.dtype) -> None:
    path = tmp_path / "image.fits"
    path.write_bytes(image(np.zeros((1000, 3000), "i2"), [card("BSCALE", 0.5)]))
    spent = cost(lambda: torchfits.read(path, dtype=target))
    assert spent["bytes_decoded"] == 3_000_000 * 2
    assert spent["bytes_written"] == 3_000_000 * target.itemsize


def test_a_section_costs_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "image.fits"
    path.write_bytes(image(np.zeros((2000, 3000), "f4")))
    with torchfits.open(path) as f:
        f[0].header  # noqa: B018
        spent = cost(lambda: f[0][100:200, 50:150])
    assert spent["bytes_written"] == 100 * 100 * 4
    assert spent["bytes_read"] <= 100 * 3000 * 4
    assert spent["files_opened"] == 0


def test_a_header_costs_no_data(large: Path) -> None:
    spent = cost(lambda: torchfits.read_header(large))
    assert spent["bytes_read"] <= 128 * 1024
    assert spent["bytes_written"] == 0


def test_one_column_costs_one_column(tmp_path: Path) -> None:
    path = tmp_path / "table.fits"
    rows = 50_000
    columns = [("A", "J", field(np.zeros(rows), "i4")), ("B", "D", field(np.zeros(rows), "f8"))]
    path.write_bytes(empty_primary() + table(columns))
    spent = cost(lambda: torchfits.read(path, columns=["A"]))
    assert spent["bytes_written"] == rows * 4
    assert spent["bytes_decoded"] == rows * 4
    assert 0 < scratch_peak(path, ["A"]) <= 1 * MIB


RESIDENT = """
import re, sys
import torch, torchfits
small, large, kind = sys.argv[1:]

def kilobytes(key):
    return int(re.search(key + r":\\s+(\\d+)", open("/proc/self/status").read())[1])

torchfits.read(small)
with open("/proc/self/clear_refs", "w") as reset:
    reset.write("5")
idle = kilobytes("VmRSS")
if kind == "whole":
    got = torchfits.read(large)
elif kind == "half":
    got = torchfits.read(large, dtype=torch.float16)
else:
    with torchfits.open(large) as f:
        got = f[0][::2]
print(got.numel() * got.element_size(), 1024 * (kilobytes("VmHWM") - idle))
"""


@pytest.mark.parametrize("kind", ["whole", "half", "lines"])
def test_resident_memory_is_the_tensor_and_little_more(
    large: Path, tmp_path: Path, kind: str
) -> None:
    small = tmp_path / "small.fits"
    small.write_bytes(image(np.zeros((64, 64), "f4")))
    command = [sys.executable, "-c", RESIDENT, str(small), str(large), kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    tensor, grown = (int(word) for word in done.stdout.split())
    assert tensor >= 128 * MIB
    assert grown <= tensor + 64 * MIB
    assert grown >= tensor * 9 // 10


def test_resident_memory_of_a_table(tmp_path: Path) -> None:
    path, small = tmp_path / "table.fits", tmp_path / "small.fits"
    small.write_bytes(image(np.zeros((64, 64), "f4")))
    rows = 4_000_000
    columns = [(f"C{i}", "E", field(np.zeros(rows), "f4")) for i in range(8)]
    path.write_bytes(empty_primary() + table(columns))
    program = RESIDENT.replace("got.numel() * got.element_size()", "128000000")
    command = [sys.executable, "-c", program, str(small), str(path), "whole"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    tensor, grown = (int(word) for word in done.stdout.split())
    assert grown <= tensor + 64 * MIB


def trace(program: str, arguments: list[Path], scratch: Path) -> list[str]:
    """The system calls on the last of the paths, in order."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    log = scratch / "calls.txt"
    command = ["strace", "-f", "-y", "-s", "300", "-o", str(log), sys.executable, "-c", program]
    command += [str(argument) for argument in arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if "ptrace" in done.stderr.lower():
        pytest.skip(f"strace may not trace here: {done.stderr.strip()[:100]}")
    assert done.returncode == 0, done.stderr
    lines = [line for line in log.read_text().splitlines() if str(arguments[-1]) in line]
    calls = [re.match(r"\d+\s+(\w+)\(", line) for line in lines]
    return [call[1] for call in calls if call and call[1] not in ("execve", "read_argv")]


def test_system_calls_of_a_small_image(tmp_path: Path) -> None:
    warm, path = tmp_path / "warm.fits", tmp_path / "small.fits"
    for place in (warm, path):
        place.write_bytes(image(np.zeros((64, 64), "f4")))
    program = "import sys, torchfits; [torchfits.read(p) for p in sys.argv[1:]]"
    calls = trace(program, [warm, path], tmp_path)
    plain = [re.sub(r"^(new)?fstat(at)?(64)?$|^statx$", "fstat", call) for call in calls]
    plain = [re.sub(r"^pread64$|^preadv2?$|^readv$", "read", call) for call in plain]
    assert sorted(plain) == ["close", "fstat", "openat", "read"], calls


def test_a_file_is_opened_once_however_many_parts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "parts.fits"
    hdus = [image(np.zeros(100, "i2"), extension=True) for _ in range(20)]
    path.write_bytes(empty_primary() + b"".join(hdus))
    with torchfits.open(path) as f:
        spent = cost(lambda: [f[i].read() for i in range(1, 21)])
    assert spent["files_opened"] == 0
    assert cost(lambda: torchfits.read(path, 20))["files_opened"] == 1
