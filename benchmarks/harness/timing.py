"""Times runtimes in turns: one block of calls per round each, so that other work on the machine affects all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

_WARM_UP_CALLS = 3
_MIN_CALLS, _MAX_CALLS = 3, 200
# Thread pools spin for a while after a call and would occupy the next runtime's cores.
_PAUSE_SECONDS = 0.02


def _no_wait() -> None:
    pass


def _milliseconds(run: Callable[[], Any], wait: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    wait()
    return (time.perf_counter() - start) * 1e3


def _block(run: Callable[[], Any], calls: int, wait: Callable[[], None]) -> list[float]:
    time.sleep(_PAUSE_SECONDS)
    run()  # loads this runtime's weights and code into the caches, as in a process of its own
    wait()
    return [_milliseconds(run, wait) for _ in range(calls)]


def alternate(
    runs: Mapping[str, Callable[[], Any]], rounds: int, block_seconds: float, wait: Callable[[], None] = _no_wait
) -> dict[str, dict[str, float | int]]:
    """Returns the median and minimum time of a call of each runtime in milliseconds, and the number of timed calls.

    ``wait`` waits until the device has done the work of a call.
    """
    calls = {}
    for name, run in runs.items():
        for _ in range(_WARM_UP_CALLS):
            run()
        wait()
        typical = min(_milliseconds(run, wait) for _ in range(3))
        calls[name] = max(_MIN_CALLS, min(_MAX_CALLS, round(block_seconds * 1e3 / typical)))
    samples: dict[str, list[float]] = {name: [] for name in runs}
    order = list(runs)
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in order:
                samples[name] += _block(runs[name], calls[name], wait)
            order.append(order.pop(0))  # no runtime always follows the same one
    finally:
        gc.enable()
    return {
        name: {"median_ms": statistics.median(times), "min_ms": min(times), "calls": len(times)}
        for name, times in samples.items()
    }
