"""The calls of ``torchtrtc bench --vs torch.compile``, by turns in this process: torchtrtc has no Python inside."""

from __future__ import annotations

import json
import re
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

_LEAST_ROUNDS = 2


def _placed(value: Any, device: torch.device) -> Any:
    """A copy on the device, which a module may write."""
    return value.to(device, copy=True) if isinstance(value, torch.Tensor) else value


def _by_torch_compile(module: torch.jit.ScriptModule, positional: tuple[Any, ...], by_name: dict[str, Any]) -> Any:
    """``torch.compile`` of the program that PyTorch's converter makes of TorchScript."""
    try:
        from torch._export.converter import TS2EPConverter
    except ImportError:
        raise RuntimeError("this PyTorch has no converter from TorchScript to torch.export") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = TS2EPConverter(module, positional, by_name or None).convert()
    except Exception as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise RuntimeError(f"PyTorch does not convert the TorchScript module for it: {reason}") from None
    return torch.compile(program.module())


class _Contestant:
    """A module and its arguments."""

    def __init__(self, given: dict[str, Any], positional: tuple[Any, ...], by_name: dict[str, Any]) -> None:
        self.name = given["name"]
        self.device = torch.device(given["device"])
        self.times: list[float] = []
        self._positional = tuple(_placed(value, self.device) for value in positional)
        self._by_name = {name: _placed(value, self.device) for name, value in by_name.items()}
        module = torch.jit.load(given["path"], map_location=self.device)
        by_torch = given["by_torch_compile"]
        self._module = _by_torch_compile(module, self._positional, self._by_name) if by_torch else module

    def call(self) -> None:
        self._module(*self._positional, **self._by_name)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def _warm_up(contestant: _Contestant, calls: int) -> None:
    try:
        for _ in range(calls + 1):
            contestant.call()
    except Exception as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise RuntimeError(f"{contestant.name} does not run: {reason}") from None


def _goes_on(given: dict[str, Any], start: float) -> Callable[[int], bool]:
    duration = given["duration"]
    if duration is None:
        return lambda done: done < given["iterations"]
    return lambda done: done < _LEAST_ROUNDS or time.perf_counter() - start < duration


def measure(given: dict[str, Any]) -> list[list[float]]:
    """Returns the seconds of each call of each module. Each round begins with another module."""
    for library in given["libraries"]:
        torch.ops.load_library(library)
    if given["threads"] is not None:
        torch.set_num_threads(given["threads"])
    arguments = torch.load(given["arguments"], weights_only=True)
    positional, by_name = ((), arguments) if isinstance(arguments, dict) else (tuple(arguments), {})
    with torch.no_grad():
        found = [_Contestant(row, positional, by_name) for row in given["modules"]]
        for contestant in found:
            _warm_up(contestant, given["warmup"])
        goes_on = _goes_on(given, time.perf_counter())
        done = 0
        while goes_on(done):
            for i in range(len(found)):
                contestant = found[(done + i) % len(found)]
                begin = time.perf_counter()
                contestant.call()
                contestant.times.append(time.perf_counter() - begin)
            done += 1
    return [contestant.times for contestant in found]


def main(arguments: Sequence[str]) -> int:
    """Reads what to measure from the first file, writes the times into the second, and returns the exit code."""
    try:
        times = measure(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    except (ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
        text = re.sub(r"^\[Error thrown at \S+\] ", "", str(error).strip())
        print(f"torchtrtc: {text}", file=sys.stderr)
        return 1
    Path(arguments[1]).write_text(json.dumps(times), encoding="utf-8")
    return 0
