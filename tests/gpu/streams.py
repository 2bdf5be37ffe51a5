"""Runs calls of many threads at once, each on a stream of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch


def call_on_streams(call: Callable, inputs: Sequence, calls: int, check: Callable) -> None:
    """Starts a thread with `calls` calls for each input; `check(number of the input, result)` gets each result."""

    def work(number: int) -> None:
        stream = torch.cuda.Stream()
        with torch.no_grad(), torch.cuda.stream(stream):
            results = [call(inputs[number]) for _ in range(calls)]
            stream.synchronize()
        for result in results:
            check(number, result)

    torch.cuda.synchronize()
    with ThreadPoolExecutor(len(inputs)) as pool:
        # Raises the exceptions of the threads.
        list(pool.map(work, range(len(inputs))))
