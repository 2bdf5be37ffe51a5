"""A trace of compilations, made of the messages of the compiler."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch_tensorrt import _log
from torch_tensorrt._library import compiler
from torch_tensorrt._report_trace import Trace
from torch_tensorrt._version import __version__
from torch_tensorrt.logging import debug

# A tactic may have a config: "onednn.convolution jit:avx2".
_CANDIDATE = re.compile(r"  (\S+(?: \S+)?): (\S+) us$")
_FAILED = re.compile(r"  (\S+(?: \S+)?) failed: (.*)", re.DOTALL)
_LAYER = re.compile(r"\[(\d+)/(\d+)\] (\S+) (.*): (\S+(?: \S+)?), (\S+) us$", re.DOTALL)
_LOWERING = re.compile(r"after lowering pass ([\w-]+)")
_PASS = re.compile(r"pass ([\w-]+): (\d+) layers became (\d+)")
_BEGINS = re.compile(r'backend (\S+) builds the engine "(.*)"')
_BUILT = re.compile(r'built engine "(.*?)" in \S+ s: (.*)', re.DOTALL)
_MOST = 300  # characters of a message


class _Thread:
    """The events of a thread. A message tells what was done since the message before it."""

    def __init__(self, trace: Trace, number: int, start: int) -> None:
        self.trace, self.number = trace, number
        self.before = start  # the message before
        self.layer_start = start  # the message before the candidates of the next layer
        self.candidates: dict[str, float | str] = {}
        self.engine: tuple[int, str, str] | None = None  # start, backend, name

    def add(self, now: int, text: str) -> None:
        if candidate := _CANDIDATE.match(text):
            self._candidate(now, candidate[1], float(candidate[2]))
        elif failed := _FAILED.match(text):
            self._candidate(now, failed[1], "failed: " + failed[2][:_MOST])
        else:
            self._step(now, text)
            self.layer_start, self.candidates = now, {}
        self.before = now

    def _candidate(self, now: int, tactic: str, outcome: float | str) -> None:
        self.candidates[tactic] = outcome
        arguments = {"us": outcome} if isinstance(outcome, float) else {"outcome": outcome}
        self._event(f"{tactic}", "candidate", self.before, now, arguments)

    def _step(self, now: int, text: str) -> None:
        if layer := _LAYER.match(text):
            arguments = {
                "layer": f"{layer[1]} of {layer[2]}",
                "format": layer[3],
                "name": layer[4][:_MOST],
                "tactic": layer[5],
                "us": float(layer[6]),
                "candidates us": dict(self.candidates),
            }
            self._event(f"timing {layer[4].split(' ')[0]}", "layer", self.layer_start, now, arguments)
        elif lowering := _LOWERING.match(text):
            self._event(f"lowering: {lowering[1]}", "lowering", self.before, now, {})
        elif found := _PASS.match(text):
            arguments = {"layers before": int(found[2]), "layers after": int(found[3])}
            self._event(f"pass {found[1]}", "pass", self.before, now, arguments)
        elif begins := _BEGINS.match(text):
            self.engine = now, begins[1], begins[2]
        elif (built := _BUILT.match(text)) and self.engine is not None:
            start, backend, name = self.engine
            arguments = {"backend": backend, "result": built[2][:_MOST]}
            self._event(f"engine {name}", "engine", start, now, arguments)
            self.engine = None
        else:
            self.trace.instant(self.number, text.splitlines()[0][:_MOST] if text else "message", now)

    def _event(self, name: str, category: str, start: int, end: int, arguments: dict[str, Any]) -> None:
        self.trace.complete(self.number, name, category, start, end - start, arguments)


class _Recorder(logging.Handler):
    """Makes events of the messages, and prints those that would have been printed without it."""

    def __init__(self, prints: bool, least: int) -> None:
        super().__init__()
        self.trace = Trace("torch_tensorrt build")
        self._prints, self._least = prints, least
        self._start = time.time_ns()
        self._threads: dict[int | None, _Thread] = {}
        self._writing = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        now = max(0, round(record.created * 1e9) - self._start)
        with self._writing:
            thread = self._threads.get(record.thread)
            if thread is None:
                thread = _Thread(self.trace, len(self._threads) + 1, now if self._threads else 0)
                self._threads[record.thread] = thread
                self.trace.thread(thread.number, record.threadName or "build")
            thread.add(max(now, thread.before), record.getMessage())
        if self._prints and record.levelno >= self._least:
            _log._ops()._print_message(_log.to_native(record.levelno), record.getMessage())

    def finish(self) -> str:
        end = time.time_ns() - self._start
        for thread in self._threads.values():
            self.trace.complete(thread.number, "compilation", "call", 0, max(end, thread.before), {})
        self.trace.sort()
        return self.trace.to_json(content="a build: what was done between two messages", version=__version__)


@contextlib.contextmanager
def trace_build(path: str | Path) -> Iterator[None]:
    """Writes a trace of the compilations in a block, for Perfetto (ui.perfetto.dev) and chrome://tracing.

    ``with torch_tensorrt.trace_build("build.json"): torch_tensorrt.compile(...)``. The trace has lowering passes,
    passes of the optimizer with the number of layers before and after, each layer with the tactics that were timed and
    their times, and engines. The compiler makes all its messages in the block, which slows it down; those that are
    shown stay the same.

    Args:
        path: the file; it is written at the end of the block, also after an error.

    Raises:
        OSError: the file cannot be written.
    """
    Path(path).open("a", encoding="utf-8").close()  # before minutes of work
    logger = _log.LOGGER
    least = _log.TO_PYTHON[compiler()._get_log_level()]
    shown = max(logger.getEffectiveLevel(), least) if logger.level == 0 else logger.getEffectiveLevel()
    recorder = _Recorder(_log._cpp_prints(), least)
    others = list(_log._handlers())

    def passes(record: logging.LogRecord) -> bool:
        return record.levelno >= shown

    for handler in others:
        handler.addFilter(passes)
    logger.addHandler(recorder)
    try:
        with debug():
            yield
            _log.deliver()
    finally:
        _log.deliver()
        logger.removeHandler(recorder)
        for handler in others:
            handler.removeFilter(passes)
        Path(path).write_text(recorder.finish() + "\n", encoding="utf-8")
