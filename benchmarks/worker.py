# SPDX-License-Identifier: BSD-3-Clause
"""One engine in one live process: reads requests as JSON lines, answers each with one JSON line.

Started as ``python worker.py ENGINE THREADS``. Requests: ``{"do": "hello"}``,
``{"do": "check", "case": NAME, "save": PATH or null}``,
``{"do": "time", "case": NAME, "repetitions": N}``, ``{"do": "memory", "case": NAME}``.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from cases import Case

OPERATIONS_ON_PATHS = ("read_files", "read_batch")
OPERATIONS_THAT_WRITE = ("write_image",)
RESET_PEAK = "5"  # what /proc/self/clear_refs takes to set VmHWM back to VmRSS


def _call(module: ModuleType, case: Case, path: Path) -> Callable[[], Any]:
    operation = getattr(module, case.operation)
    if case.operation in OPERATIONS_ON_PATHS:
        return partial(operation, sorted(str(file) for file in path.iterdir()), **case.arguments)
    if case.operation in OPERATIONS_THAT_WRITE:
        return partial(operation, str(path), str(_written(module)), **case.arguments)
    return partial(operation, str(path), **case.arguments)


def _written(module: ModuleType) -> Path:
    """Where an engine writes: beside the data, on the disk that is measured for all of them."""
    from recipes import DATA

    return DATA / f"written_{module.__name__.rpartition('.')[2]}.fits"


def _resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field + ":"))
    return int(line.split()[1]) * 1024


def fill_page_cache(path: Path) -> None:
    """Read the bytes, so that no engine pays for pages that the system took back meanwhile."""
    buffer = bytearray(2**20)
    for file in path.iterdir() if path.is_dir() else [path]:
        with file.open("rb", buffering=0) as stream:
            while stream.readinto(buffer):
                pass


def check(module: ModuleType, case: Case, request: dict[str, Any]) -> dict[str, Any]:
    import outputs

    value = _call(module, case, case.path)()
    if case.operation in OPERATIONS_THAT_WRITE:
        value = module.read_image(str(_written(module)), 1 if case.arguments else 0)
    found = outputs.parts(value, case.recipe.text_columns, module.text)
    if request["save"]:
        outputs.save(found, Path(request["save"]))
    return {"fingerprint": outputs.fingerprint(found), "bytes": outputs.byte_count(value)}


def measure_time(module: ModuleType, case: Case, request: dict[str, Any]) -> dict[str, Any]:
    """Time the repetitions in one go; each result is freed before the next call."""
    call = _call(module, case, case.path)
    repetitions = range(request["repetitions"])
    fill_page_cache(case.path)
    gc.collect()
    start = time.perf_counter()
    for _ in repetitions:
        call()
    return {"seconds": (time.perf_counter() - start) / len(repetitions)}


def measure_memory(module: ModuleType, case: Case, _request: dict[str, Any]) -> dict[str, Any]:
    """Resident memory, pages of mapped files included: idle, then the peak of one read."""
    from outputs import byte_count

    if case.warm is not None:
        _call(module, case, case.warm.path)()
    gc.collect()
    Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    idle = _resident("VmRSS")
    value = _call(module, case, case.path)()
    return {"idle": idle, "peak": _resident("VmHWM"), "bytes": byte_count(value)}


def load(engine: str, threads: int) -> ModuleType:
    import torch

    torch.set_num_threads(threads)
    module = import_module(f"engines.{engine}")
    module.set_threads(threads)
    return module


def hello(module: ModuleType) -> dict[str, Any]:
    import torch

    versions = {"python": sys.version.split()[0], "torch": torch.__version__}
    return {"versions": versions | module.versions(), "threads": torch.get_num_threads()}


def answer(module: ModuleType, request: dict[str, Any]) -> dict[str, Any]:
    from cases import CASES

    if request["do"] == "hello":
        return hello(module)
    case = next(case for case in CASES if case.name == request["case"])
    if not hasattr(module, case.operation):
        return {"unsupported": f"no operation {case.operation}"}
    action = {"check": check, "time": measure_time, "memory": measure_memory}[request["do"]]
    return action(module, case, request)


def main(engine: str, threads: int) -> None:
    # Libraries may print: only answers may reach the pipe.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # The same cores for every engine, before a library counts them.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    module: ModuleType | None = None
    for line in sys.stdin:
        try:
            module = module or load(engine, threads)
            reply = answer(module, json.loads(line))
        # Whatever a library raises belongs in the report.
        except Exception as error:  # noqa: BLE001
            reply = {"error": f"{type(error).__name__}: {error}"[:300]}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
