# SPDX-License-Identifier: BSD-3-Clause
"""Runs a part of a test in a forked process, so that a crash or a hang is a failure and no more."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

MIB = 1 << 20


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE")


def in_child(
    function: Callable[[], None], *, extra_bytes: int | None = None, seconds: int = 60
) -> None:
    """Fails unless `function` returns in a child process.

    `extra_bytes` limits the address space that the child may take beyond what it starts with.
    """
    with tempfile.TemporaryFile() as report:
        pid = os.fork()
        if pid == 0:
            _run(function, report.fileno(), extra_bytes, seconds)
        _, status = os.waitpid(pid, 0)
        report.seek(0)
        text = report.read().decode()
    code = os.waitstatus_to_exitcode(status)
    assert code == 0, f"child ended with {code} (negative: a signal)\n{text}"


def _run(function: Callable[[], None], report: int, extra_bytes: int | None, seconds: int) -> None:
    code = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        if extra_bytes is not None:
            limit = _address_space() + extra_bytes
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        function()
        code = 0
    except BaseException:  # noqa: BLE001  (everything is reported to the parent)
        os.write(report, traceback.format_exc().encode())
    finally:
        os._exit(code)
