"""Measures a compiled module: its calls, the layers of its engines, and the operators that PyTorch runs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

_ENGINE_CALL = "tensorrt::execute_engine"
_WARM_UP = 3  # TorchScript prepares its graph in the first calls


@dataclasses.dataclass(frozen=True)
class Times:
    """Times of a module's calls in microseconds: medians over the calls.

    Attributes:
        calls: the number of measured calls.
        total: of a call, without profiling.
        fastest, slowest: of the calls that ``total`` is the median of.
        engines: of a call's engines with their borders. PyTorch's profiler gives their part of a call, of which this is
            the part of ``total``.
        engine_calls: engine calls in a call of the module.
        layers: of each engine's layers by their numbers, in its last call.
        operators: of PyTorch's operators in a call, outside of engines; made as ``engines``.
    """

    calls: int
    total: float
    fastest: float
    slowest: float
    engines: float
    engine_calls: int
    layers: dict[int, dict[int, float]]
    operators: dict[str, float]

    @property
    def rest(self) -> float:
        """Of a call, what neither engines nor PyTorch's operators take: TorchScript itself, checks of arguments."""
        return max(0.0, self.total - self.engines - sum(self.operators.values()))


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def _timed(call: Callable[[], Any], is_gpu: bool) -> float:
    start = time.perf_counter()
    call()
    if is_gpu:
        torch.cuda.synchronize()
    return (time.perf_counter() - start) * 1e6


def _read(path: Path) -> dict[int, float]:
    """Times by number of layer."""
    found: dict[int, float] = {}
    for event in json.loads(path.read_text()):
        number = (event.get("args") or {}).get("layer", -1)
        if number >= 0:
            found[number] = float(event["dur"])
    return found


def _profile_layers(call: Callable[[], Any], engines: list[Any], calls: int) -> dict[int, dict[int, float]]:
    """Runs with the engines' own profilers, which write a file for each engine and call."""
    found: list[dict[int, list[float]]] = [defaultdict(list) for _ in engines]
    with tempfile.TemporaryDirectory() as folder:
        before = [engine.profile_path_prefix for engine in engines]
        try:
            for number, engine in enumerate(engines):
                own = Path(folder) / str(number)
                own.mkdir()
                engine.profile_path_prefix = str(own)
                engine.enable_profiling()
            for _ in range(calls):
                call()
                for number in range(len(engines)):
                    for path in (Path(folder) / str(number)).glob("*.trace"):
                        for layer, duration in _read(path).items():
                            found[number][layer].append(duration)
                        path.unlink()
        finally:
            for engine, prefix in zip(engines, before, strict=True):
                engine.disable_profiling()
                engine.profile_path_prefix = prefix
    return {number: {layer: _median(rows) for layer, rows in times.items()} for number, times in enumerate(found)}


@contextlib.contextmanager
def _quiet_profiler() -> Iterator[None]:
    """PyTorch's profiler prints an error where PyTorch for GPUs finds no GPU."""
    name = "KINETO_LOG_LEVEL"
    before = os.environ.get(name)
    os.environ.setdefault(name, "99")
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]


def _is_inside_operator(event: Any) -> bool:
    parent = event.cpu_parent
    while parent is not None and "::" not in parent.name:  # a function of TorchScript
        parent = parent.cpu_parent
    return parent is not None


def _profile_operators(call: Callable[[], Any], calls: int, is_gpu: bool) -> tuple[float, int, dict[str, float]]:
    """The part of a call that engines take, the number of engine calls, and the part of each operator outside of them.

    A profiled call is slower than others, so only parts of one and the same call are comparable.
    """
    from torch.profiler import ProfilerActivity, profile

    with _quiet_profiler(), profile(activities=[ProfilerActivity.CPU], acc_events=True) as profiler:
        spent = sum(_timed(call, is_gpu) for _ in range(calls))
    operators: dict[str, float] = defaultdict(float)
    engines, count = 0.0, 0
    for event in profiler.events():
        if event.name == _ENGINE_CALL:
            engines += event.cpu_time_total
            count += 1
        elif "::" in event.name and not _is_inside_operator(event):
            operators[event.name] += event.cpu_time_total
    parts = {name: own / spent for name, own in operators.items()}
    return engines / spent, round(count / calls), parts


def measure(
    module: Any, positional: tuple[Any, ...], by_name: dict[str, Any], engines: list[Any], is_gpu: bool
) -> Times:
    """Runs the module some times and measures it; takes a few seconds, or twelve calls if these are slow."""

    def call() -> Any:
        with torch.inference_mode():
            return module(*positional, **by_name)

    first = max(_timed(call, is_gpu) for _ in range(_WARM_UP))
    calls = max(3, min(30, int(1e6 / max(first, 1.0))))
    spent = [_timed(call, is_gpu) for _ in range(calls)]
    total = _median(spent)
    layers = _profile_layers(call, engines, calls) if engines else {}
    part, count, parts = _profile_operators(call, min(calls, 5), is_gpu)
    return Times(
        calls=calls,
        total=total,
        fastest=min(spent),
        slowest=max(spent),
        engines=part * total,
        engine_calls=count,
        layers=layers,
        operators={name: own * total for name, own in parts.items()},
    )
