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

import page_cache
from operations import bind, files_of

if TYPE_CHECKING:
    from types import ModuleType

    from case import Case
    from operations import Bound

RESET_PEAK = "5"  # what /proc/self/clear_refs takes to set VmHWM back to VmRSS

_bound: dict[str, Bound] = {}  # of the case that is timed now: copies of files are made once


def _resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field + ":"))
    return int(line.split()[1]) * 1024


def check(module: ModuleType, case: Case, request: dict[str, Any]) -> dict[str, Any]:
    import outputs

    bound = bind(module, case)
    counters = getattr(module, "counters", dict)
    before: dict[str, int] = counters()
    value = bound.call()
    counted = {name: count - before[name] for name, count in counters().items()}
    value = bound.output(value)
    found = outputs.parts(value, case.recipe.text_columns, module.text)
    if case.any_order:
        found = outputs.in_order(found)
    if request["save"]:
        outputs.save(found, Path(request["save"]))
    size = outputs.byte_count(value)
    return {"fingerprint": outputs.fingerprint(found), "bytes": size, "counted": counted}


def measure_time(module: ModuleType, case: Case, request: dict[str, Any]) -> dict[str, Any]:
    """Time the repetitions; each result is freed before the next call."""
    if case.name not in _bound:
        _bound.clear()
        _bound[case.name] = bind(module, case)
    bound = _bound[case.name]
    files = files_of(case.path)
    if not case.cold:
        page_cache.fill(files)
    gc.collect()
    seconds = 0.0
    for _ in range(request["repetitions"]):
        if bound.restore is not None:
            bound.restore()
        if case.cold:
            page_cache.drop(files)
        start = time.perf_counter()
        bound.call()
        seconds += time.perf_counter() - start
    return {"seconds": seconds / request["repetitions"]}


def measure_memory(module: ModuleType, case: Case, _request: dict[str, Any]) -> dict[str, Any]:
    """Resident memory, pages of mapped files included: idle, then the peak of one read."""
    from outputs import byte_count

    operation = partial(getattr(module, case.operation), **case.arguments)
    if case.warm is not None:
        operation(str(case.warm.path))
    gc.collect()
    Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    idle = _resident("VmRSS")
    value = operation(str(case.path))
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
