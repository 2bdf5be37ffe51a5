"""A report as a trace of one call in the Trace Event Format, which Perfetto and chrome://tracing read.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from torch_tensorrt._report_overview import layer_title

if TYPE_CHECKING:
    from torch_tensorrt._report import Report, ReportedEngine, ReportedLayer, ReportedMethod
    from torch_tensorrt._report_program import Operation

_PROCESS = 1
_KEPT = 3  # digits after the point of microseconds
_DEPTHS = {"call": 0, "segment": 1, "engine": 1, "layer": 2}  # of events that begin at one moment


class Trace:
    """Events of one process; times are whole nanoseconds, so that events nest without an error of rounding."""

    def __init__(self, process: str) -> None:
        self.events: list[dict[str, Any]] = []
        self._name("process_name", 0, process)

    def _name(self, kind: str, thread: int, name: str) -> None:
        self.events.append({"name": kind, "ph": "M", "pid": _PROCESS, "tid": thread, "ts": 0, "args": {"name": name}})

    def thread(self, number: int, name: str) -> None:
        self._name("thread_name", number, name)

    def complete(
        self, thread: int, name: str, category: str, start: int, duration: int, arguments: dict[str, Any]
    ) -> None:
        """Adds an event with a duration."""
        self.events.append(
            {
                "name": name,
                "cat": category,
                "ph": "X",
                "ts": start / 1000,
                "dur": duration / 1000,
                "pid": _PROCESS,
                "tid": thread,
                "args": {key: value for key, value in arguments.items() if value not in (None, "", [], ())},
            }
        )

    def counter(self, name: str, at: int, values: dict[str, float]) -> None:
        event = {"name": name, "ph": "C", "ts": at / 1000, "pid": _PROCESS, "tid": 0, "args": values}
        self.events.append(event)

    def instant(self, thread: int, name: str, at: int) -> None:
        """Adds an event without a duration."""
        event = {"name": name, "ph": "i", "ts": at / 1000, "s": "t", "pid": _PROCESS, "tid": thread, "args": {}}
        self.events.append(event)

    def sort(self) -> None:
        """Sorts by time; an event comes before those inside of it."""
        self.events.sort(
            key=lambda event: (event["ph"] != "M", event["ts"], _DEPTHS.get(event.get("cat", ""), len(_DEPTHS)))
        )

    def to_json(self, **other: Any) -> str:
        """Returns the file; ``other`` is kept in ``otherData``."""
        return json.dumps(
            {"traceEvents": self.events, "displayTimeUnit": "ns", "otherData": other}, indent=1, allow_nan=False
        )


def layer_arguments(layer: ReportedLayer) -> dict[str, Any]:
    """What a trace tells of a layer."""
    spent = layer.microseconds
    return {
        "layer": layer.number,
        "kind": layer.kind,
        "fused": ", ".join(layer.fused),
        "operator": layer.operator,
        "module": layer.module,
        "source": layer.source,
        "tactic": layer.tactic,
        "dtype": layer.precision,
        "format": layer.format,
        "inputs": ", ".join(layer.inputs),
        "outputs": ", ".join(layer.outputs),
        "operations": layer.operations,
        "bytes": layer.bytes,
        "GFLOP/s": round(layer.operations / spent / 1e3, 2) if spent and layer.operations else None,
        "GB/s": round(layer.bytes / spent / 1e3, 2) if spent and layer.bytes else None,
        "roofline us": None if layer.least_microseconds is None else round(layer.least_microseconds, _KEPT),
        "share of the roofline": None if layer.share is None else round(layer.share, 3),
        "us when built": layer.build_microseconds,
        "name": layer.name,
    }


def _runs(program: Iterable[Operation]) -> list[list[Operation]]:
    """Operations that follow each other in the program with one executor, in one branch or loop."""
    runs: list[list[Operation]] = []
    for operation in program:
        if runs and (runs[-1][0].executor, runs[-1][0].block) == (operation.executor, operation.block):
            runs[-1].append(operation)
        else:
            runs.append([operation])
    return runs


def _nanoseconds(microseconds: float) -> int:
    return round(microseconds * 1000)


class _Call:
    """The events of a method, in the order of its program."""

    def __init__(self, trace: Trace, thread: int, engines: dict[str, ReportedEngine]) -> None:
        self.trace, self.thread, self.engines = trace, thread, engines
        self.now = 0

    def add(self, run: Sequence[Operation]) -> None:
        first = run[0]
        start = self.now
        place = len(self.trace.events)
        for operation in run:
            self._operation(operation)
        if self.now == start:  # nothing was measured: a branch that no call took, or sizes and lists
            del self.trace.events[place:]
            return
        engine = self.engines.get(first.executor)
        arguments: dict[str, Any] = {"inside": " > ".join(first.block)}
        if engine is not None:
            arguments |= {"backend": engine.backend, "device": engine.device}
            arguments |= {"inputs": "; ".join(engine.inputs), "outputs": "; ".join(engine.outputs)}
            self._memory(engine, start)
        self.trace.complete(self.thread, first.executor, "segment", start, self.now - start, arguments)

    def _operation(self, operation: Operation) -> None:
        if not operation.microseconds:
            return
        spent = _nanoseconds(operation.microseconds)
        engine = self.engines.get(operation.executor)
        layer = None
        if engine is not None:
            layer = next((one for one in engine.layers if one.number == operation.layer), None)
        if layer is not None and engine is not None:
            title = f"{layer_title(layer)} {layer.module}".strip()
            arguments = {"engine": engine.name, **layer_arguments(layer)}
            self.trace.complete(self.thread, title, "layer", self.now, spent, arguments)
        else:
            arguments = {"operator": operation.operator, "module": operation.module, "source": operation.source}
            self.trace.complete(self.thread, operation.label, "operator", self.now, spent, arguments)
        self.now += spent

    def _memory(self, engine: ReportedEngine, start: int) -> None:
        """The bytes alive in the engine's arena; each step of the memory plan is a layer."""
        times = {layer.number: layer.microseconds or 0.0 for layer in engine.layers}
        at = start
        name = f"memory of {engine.name}"
        memory = engine.memory
        for step, alive, kept in zip(memory.steps, memory.live_bytes, memory.kernel_bytes, strict=True):
            self.trace.counter(name, at, {"arena": alive, "kept by kernels": kept})
            at += _nanoseconds(times.get(step, 0.0))
        if memory.steps:
            self.trace.counter(name, at, {"arena": 0, "kept by kernels": 0})


def _method(trace: Trace, thread: int, method: ReportedMethod, report: Report) -> None:
    times = report.times
    call = _Call(trace, thread, {engine.name: engine for engine in report.engines})
    for run in _runs(method.program):
        call.add(run)
    if call.now == 0 or times is None:
        return
    arguments: dict[str, Any] = {"reason": method.reason}
    if len(report.methods) == 1:
        if times.rest > 0:
            content = {"content": "TorchScript, checks of arguments"}
            trace.complete(thread, "rest", "rest", call.now, _nanoseconds(times.rest), content)
            call.now += _nanoseconds(times.rest)
        arguments["measured us"] = round(times.total, _KEPT)
        arguments["measured calls"] = times.calls
    trace.complete(thread, f"call of {method.name}", "call", 0, call.now, arguments)
    trace.thread(thread, method.name)


def trace_of(report: Report) -> str:
    """Returns a trace of one call: each part of the program once, in its order, with its measured time.

    Raises:
        ValueError: the report has no times.
    """
    if report.times is None:
        raise ValueError("the report has no times for a trace; make it with torch_tensorrt.report(module, inputs)")
    trace = Trace(report.title)
    for number, method in enumerate(report.methods, start=1):
        _method(trace, number, method, report)
    trace.sort()
    return trace.to_json(
        content="one call: each part of the program once, with the median of its measured times",
        made=report.made,
        versions=report.versions,
    )
