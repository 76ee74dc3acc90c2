# SPDX-License-Identifier: BSD-3-Clause
"""What a `DataLoader` that reads files adds to the time of a training loop.

The step is a kernel that only waits, so it takes as long alone as when it is fed. Batches are
copied one ahead, on a stream of their own.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import torch
from on_device import record

import torchfits

STEP_MS = 20
BATCH = 16


class Files(torch.utils.data.Dataset[torch.Tensor]):
    """A batch of files in one call: `DataLoader` hands over all indices of a batch."""

    def __init__(self, paths: list[str]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitems__(self, indices: list[int]) -> torch.Tensor:
        return torchfits.read_many([self._paths[i] for i in indices])


def whole(batch: torch.Tensor) -> torch.Tensor:
    """Collate nothing: the batch is one tensor already."""
    return batch


def arrived(data: torch.Tensor, copied: torch.cuda.Event) -> torch.Tensor:
    """Let the current stream, not the host, wait for a copy."""
    current = torch.cuda.current_stream()
    current.wait_event(copied)
    data.record_stream(current)
    return data


def on_device(batches: Iterator[torch.Tensor]) -> Iterator[torch.Tensor]:
    """Copy one batch ahead, on a stream beside the one that computes."""
    side, waiting = torch.cuda.Stream(), deque[tuple[torch.Tensor, torch.cuda.Event]]()
    for batch in batches:
        with torch.cuda.stream(side):
            waiting.append((batch.to("cuda", non_blocking=True), side.record_event()))
        if len(waiting) > 1:
            yield arrived(*waiting.popleft())
    for data, copied in waiting:
        yield arrived(data, copied)


def cycles_of_a_step() -> int:
    """Calibrate a kernel that only waits: it takes the same time whatever it is fed."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    trial = 10**8
    for _ in range(2):  # the first one loads the kernel
        begin.record()
        torch.cuda._sleep(trial)
        end.record()
        end.synchronize()
    return int(trial * STEP_MS / begin.elapsed_time(end))


def train(batches: Iterator[torch.Tensor], cycles: int) -> tuple[int, float]:
    """Steps, and seconds for all of them from the first batch on; at most two are in flight."""
    steps, in_flight = 0, deque[torch.cuda.Event]()
    start = time.perf_counter()
    for data in batches:
        if steps == 0:  # starting an epoch is not feeding a step
            torch.cuda.synchronize()
            start = time.perf_counter()
        torch.cuda._sleep(cycles)
        data.add_(1)
        steps += 1
        in_flight.append(torch.cuda.current_stream().record_event())
        if len(in_flight) > 2:
            in_flight.popleft().synchronize()
    torch.cuda.synchronize()
    return steps, time.perf_counter() - start


def stream_waits(run: Callable[[], object]) -> int:
    """How often the host waits for a stream, as the profiler sees it."""
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities, acc_events=True) as profile:
        run()
    return sum(event.name == "cudaStreamSynchronize" for event in profile.events())


def measure_training(paths: list[str], workers: int, rounds: int) -> dict[str, Any]:
    loader = torch.utils.data.DataLoader(
        Files(paths), batch_size=BATCH, collate_fn=whole, num_workers=workers, pin_memory=True,
        drop_last=True, persistent_workers=True, multiprocessing_context="spawn",
    )  # fmt: skip
    cycles = cycles_of_a_step()
    train(on_device(iter(loader)), cycles)  # starts the workers, fills the page cache
    resident = torch.zeros(BATCH, 512, 512, device="cuda")
    added, fed = [], []
    for _ in range(rounds):
        steps, seconds = train(on_device(iter(loader)), cycles)
        _, alone = train(iter([resident] * steps), cycles)
        added.append(seconds / alone - 1)
        fed.append(seconds * 1e3 / steps)
    if stream_waits(resident.sum().item) == 0:
        raise SystemExit("training: the profiler does not see that the host waits for a number")
    waits = stream_waits(lambda: train(on_device(iter(loader)), cycles))
    return record(
        "training/20_ms_steps", "torchfits", fed, resident.nbytes, loader_adds=median(added),
        stream_waits=waits, workers=workers,
    )  # fmt: skip
