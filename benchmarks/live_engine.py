# SPDX-License-Identifier: BSD-3-Clause
"""The runner's side of a worker: start it, ask it, end it; and the peer's virtual environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from case import FILE_ENGINES, FRAME_ENGINES

HERE = Path(__file__).resolve().parent
PEER = HERE / ".venv-peer"
ENGINES = tuple(dict.fromkeys(FILE_ENGINES + FRAME_ENGINES))
PEER_INSTALLS = (
    ("torch==2.13.0", "numpy", "pyarrow"),
    # Its requirements are the line above; without --no-deps pip might choose another torch.
    ("--no-deps", "torchfits==1.2.3"),
)


def make_peer_environment() -> None:
    """Make the virtual environment of the pypi engine unless it is there."""
    python, record = PEER / "bin" / "python", PEER / "installed.json"
    if record.exists() and record.read_text() == json.dumps(PEER_INSTALLS):
        return
    print("making the virtual environment of the pypi engine", file=sys.stderr)
    venv.create(PEER, with_pip=True, clear=True, symlinks=True)
    for packages in PEER_INSTALLS:
        command = [str(python), "-m", "pip", "install", "--quiet", *packages]
        subprocess.run(command, check=True)
    record.write_text(json.dumps(PEER_INSTALLS))


class EngineError(RuntimeError):
    """An engine cannot be started."""


class LiveEngine:
    """A worker process that answers requests until closed; started anew when it dies."""

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        python = str(PEER / "bin" / "python") if name == "pypi" else sys.executable
        self._command = [python, str(HERE / "worker.py"), name, str(threads)]
        self._environment = os.environ | {
            name: str(threads) for name in ("OMP_NUM_THREADS", "POLARS_MAX_THREADS")
        }
        # Each interpreter finds its own torchfits, never the other one.
        self._environment.pop("PYTHONPATH", None)
        self._process = self._start()
        reply = self.ask("hello")
        if "versions" not in reply:
            self.close()
            msg = f"the {name} engine does not start: {reply['error']}"
            raise EngineError(msg)
        self.versions: dict[str, str] = reply["versions"]

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
            text=True,
            bufsize=1,
        )

    def ask(self, do: str, case: str = "", **arguments: Any) -> dict[str, Any]:
        """Send one request and return its answer; ``{"error": ...}`` when there is none."""
        request = json.dumps({"do": do, "case": case, **arguments})
        try:
            self._process.stdin.write(request + "\n")  # type: ignore[union-attr]
            line = self._process.stdout.readline()  # type: ignore[union-attr]
        except BrokenPipeError:
            line = ""
        if line:
            reply: dict[str, Any] = json.loads(line)
            return reply
        status = self._process.wait()
        if do != "hello":
            self._process = self._start()
        return {"error": f"the worker process ended with status {status}"}

    def close(self) -> None:
        """End the process and wait for it."""
        self._process.communicate()
