"""The report of a compiled module: its parts, their times beside the machine's limits, memory, reasons, settings."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from torch_tensorrt._report_costs import Machine
from torch_tensorrt._report_program import Operation
from torch_tensorrt._report_times import Times
from torch_tensorrt._verify import Verification

_FORMAT = 1  # of the JSON


@dataclasses.dataclass(frozen=True)
class ReportedLayer:
    """A layer of an engine that does work.

    Attributes:
        number: its number in the engine.
        name: as ``precision_overrides`` matches it.
        kind: kind of layer, such as ``convolution``.
        operator: the PyTorch operator that it stands for; empty if the compiler added the layer.
        fused: operations of other layers that it does too, such as ``bias``, ``relu``.
        module: path of the user's submodule; empty for the module itself.
        source: "file.py:12".
        tactic: the implementation: the tactic, and its config if it has several ("onednn.convolution jit:avx2").
        precision, format: dtype and order in memory of its result.
        inputs, outputs: dtypes and shapes at the opt shapes, as text.
        operations: floating-point operations, or None if not known.
        bytes: bytes of its inputs, weights and outputs, or None if not known.
        microseconds: measured time of a call, or None.
        build_microseconds: the builder's time, taken when the engine was built.
        least_microseconds: the least time that the machine's roofline allows, or None.
    """

    number: int
    name: str = dataclasses.field(repr=False)
    kind: str
    operator: str
    fused: tuple[str, ...]
    module: str
    source: str
    tactic: str
    precision: str
    format: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operations: int | None
    bytes: int | None
    microseconds: float | None
    build_microseconds: float
    least_microseconds: float | None

    @property
    def share(self) -> float | None:
        """The share of the attainable speed: 1 is the roofline."""
        if not self.microseconds or self.least_microseconds is None:
            return None
        return self.least_microseconds / self.microseconds


@dataclasses.dataclass(frozen=True)
class TensorMemory:
    """Memory of a layer's result or workspace, from step ``first`` to step ``last`` of a call, both included.

    ``offset`` is the place in the arena; it is -1 for a result that the layer's kernel keeps elsewhere.
    """

    layer: int
    workspace: bool
    bytes: int
    offset: int
    first: int
    last: int


@dataclasses.dataclass(frozen=True)
class ReportedMemory:
    """Memory for activations of an engine at the opt shapes.

    Attributes:
        arena_bytes: the block that a call needs.
        lower_bound_bytes: the most bytes alive at one step; no plan of the arena needs less.
        steps: the number of the layer of each step; -1 for a copy to an output.
        live_bytes: bytes alive in the arena in each step.
        kernel_bytes: bytes of results that kernels keep outside of the arena, in each step.
        tensors: what is alive when.
        weight_bytes: bytes of the weights, which are not in the arena.
        reason: why the memory is not known; empty if it is.
    """

    arena_bytes: int
    lower_bound_bytes: int
    steps: tuple[int, ...]
    live_bytes: tuple[int, ...]
    kernel_bytes: tuple[int, ...]
    tensors: tuple[TensorMemory, ...]
    weight_bytes: int
    reason: str


@dataclasses.dataclass(frozen=True)
class ReportedPass:
    """A pass of the optimizer that changed the network."""

    name: str
    layers_before: int
    layers_after: int


@dataclasses.dataclass(frozen=True)
class ReportedEngine:
    """An engine of a compiled module.

    Attributes:
        name: unique in the report.
        method: the method that it is a part of.
        backend, device: what runs it.
        operations: the number of PyTorch's operations that it stands for; 0 if it is the whole method.
        inputs, outputs: names, dtypes and shapes as text.
        layers: the layers that do work, in the order of a call.
        converted: layers of each kind before the optimizer, without constants.
        optimized: the same after it.
        passes: the passes that changed the network.
        notes: the builder's reasons: precisions, formats, reformats.
        memory: memory over time.
        plan_bytes: size of the engine.
        settings: the settings of its build.
        information: what the engine's ``get_engine_layer_info()`` tells; not in the JSON of the report.
    """

    name: str
    method: str
    backend: str
    device: str
    operations: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    layers: tuple[ReportedLayer, ...]
    converted: dict[str, int]
    optimized: dict[str, int]
    passes: tuple[ReportedPass, ...]
    notes: tuple[str, ...]
    memory: ReportedMemory
    plan_bytes: int
    settings: dict[str, Any]
    information: dict[str, Any] = dataclasses.field(repr=False, default_factory=dict)

    @property
    def microseconds(self) -> float | None:
        """The measured time of its layers."""
        times = [layer.microseconds for layer in self.layers if layer.microseconds is not None]
        return sum(times) if times else None


@dataclasses.dataclass(frozen=True)
class ReportedOperator:
    """An operator that PyTorch runs, with the ``reason``.

    ``microseconds`` is the measured time of its ``uses`` in a call, or None. Where the reasons of an operator's uses
    differ, each use has an equal part of the operator's time.
    """

    method: str
    op: str
    uses: int
    reason: str
    source: str
    microseconds: float | None


@dataclasses.dataclass(frozen=True)
class ReportedMethod:
    """A compiled method.

    ``reason`` says why one engine does not do all of it; empty if one does, or if operators alone prevent it.
    ``program`` is what it runs, in order.
    """

    name: str
    reason: str
    engines: tuple[str, ...]
    program: tuple[Operation, ...] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Report:
    """The report of a compiled module: :func:`report` makes it. ``str()`` gives a text.

    Attributes:
        title: the class of the module.
        methods: the compiled methods.
        engines: the engines of all methods.
        pytorch: the operators that PyTorch runs.
        times: measured times of a call of ``forward``, or None.
        machine: measured speeds of the machine, or None.
        not_measured: why there are no times; empty if there are.
        versions: versions of the software, and the machine.
        settings: settings of the compilation, where the module records them.
        made: the date of the report.
        verification: errors beside float32, as :func:`verify` returned them, or None.
    """

    title: str
    methods: tuple[ReportedMethod, ...]
    engines: tuple[ReportedEngine, ...]
    pytorch: tuple[ReportedOperator, ...]
    times: Times | None
    machine: Machine | None
    not_measured: str
    versions: dict[str, str]
    settings: dict[str, Any]
    made: str
    verification: Verification | None = None

    def __str__(self) -> str:
        from torch_tensorrt._report_text import text_of

        return text_of(self)

    def __repr__(self) -> str:
        return f"Report({self.title!r}, engines={len(self.engines)}, pytorch={len(self.pytorch)})"

    def to_json(self) -> str:
        """Returns the report as JSON text. Numbers that are not finite are ``null``."""
        fields = {"format": _FORMAT, **dataclasses.asdict(self)}
        if self.times is not None:
            fields["times"]["rest"] = self.times.rest
        for engine, own in zip(fields["engines"], self.engines, strict=True):
            engine["microseconds"] = own.microseconds
            del engine["information"]
            for layer, own_layer in zip(engine["layers"], own.layers, strict=True):
                layer["share"] = own_layer.share
        if self.verification is not None:
            fields["verification"] = json.loads(self.verification.to_json())
        return json.dumps(_finite(fields), indent=1)

    def to_html(self) -> str:
        """Returns the report as one HTML page that needs no other file and no network."""
        from torch_tensorrt._report_page import page_of

        return page_of(self)

    def save(self, path: str | Path) -> None:
        """Writes the report to a file: a page, JSON or text, by the ending ``.html``, ``.json`` or ``.txt``.

        Raises:
            ValueError: the path has another ending.
            OSError: the file cannot be written.
        """
        makers = {".html": self.to_html, ".json": self.to_json, ".txt": self.__str__}
        make = makers.get(Path(path).suffix.lower())
        if make is None:
            raise ValueError(f"the path {str(path)!r} must end in .html, .json or .txt")
        Path(path).write_text(make() + "\n", encoding="utf-8")

    def save_trace(self, path: str | Path) -> None:
        """Writes a trace of one call in the Trace Event Format, for Perfetto (ui.perfetto.dev) and chrome://tracing.

        Each part of the program is there once, in its order, with the median of its measured times: an event for each
        method, segment, layer and operator. The arguments of a layer's event are its shapes, dtypes, tactic, submodule,
        source line, operations, bytes and its share of the roofline. Counters show the memory of each engine.

        Raises:
            ValueError: the report has no times.
            OSError: the file cannot be written.
        """
        from torch_tensorrt._report_trace import trace_of

        Path(path).write_text(trace_of(self) + "\n", encoding="utf-8")

    def save_onnx(self, folder: str | Path) -> tuple[Path, ...]:
        """Writes the network of each engine as an ONNX model for viewers such as Netron; needs the package onnx.

        A layer is the operator of ONNX with the same meaning, followed by those that are fused into it; else an
        operator of the domain ``torch_tensorrt`` with the layer's attributes. The values of weights are left out.

        Args:
            folder: where the files ``ENGINE.onnx`` go; it is made if it does not exist.

        Returns:
            The paths of the files.

        Raises:
            ImportError: onnx is not installed.
            ValueError: no engine tells which layer reads which tensor (those of the backend ``tensorrt`` do not).
            OSError: a file cannot be written.
        """
        from torch_tensorrt._report_files import save_onnx

        return save_onnx(self, Path(folder))

    def save_trex(self, folder: str | Path) -> tuple[Path, ...]:
        """Writes files for NVIDIA's trt-engine-explorer (``trex.EnginePlan``), for each engine:

        ``ENGINE.graph.json`` (layers), ``ENGINE.profile.json`` (times, if the report has them),
        ``ENGINE.build.metadata.json`` (settings) and ``ENGINE.profile.metadata.json`` (device, time of a call).

        Returns:
            The paths of the files.

        Raises:
            ValueError: there is no engine.
            OSError: a file cannot be written.
        """
        from torch_tensorrt._report_files import save_trex

        return save_trex(self, Path(folder))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return value
