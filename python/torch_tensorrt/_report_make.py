"""Makes the report of a compiled module."""

from __future__ import annotations

import dataclasses
import datetime
import json
import platform
from pathlib import Path
from typing import Any

import torch

from torch_tensorrt._inspect import CompiledMethod, PyTorchOperation
from torch_tensorrt._inspect import inspect as _inspect
from torch_tensorrt._report import (
    Report,
    ReportedEngine,
    ReportedLayer,
    ReportedMemory,
    ReportedMethod,
    ReportedOperator,
    ReportedPass,
    TensorMemory,
)
from torch_tensorrt._report_costs import Machine, dims_of, measure_machine, operations_of, traffic_of
from torch_tensorrt._report_program import ModulePaths, Operation, operator_of
from torch_tensorrt._report_program import operations_of as _operations
from torch_tensorrt._report_times import Times, measure
from torch_tensorrt._structured_module import script_of
from torch_tensorrt._verify import Verification
from torch_tensorrt._version import __version__

_NO_WORK = ("constant", "input")  # kinds of layers that no kernel runs


def _shape_text(dims: list[int]) -> str:
    return "x".join("?" if size < 0 else str(size) for size in dims) or "scalar"


def _tensor_text(tensor: dict[str, Any]) -> str:
    dims = dims_of(tensor)
    return f"{tensor.get('dtype', '?')} {_shape_text(tensor.get('dims', []) if dims is None else dims)}"


def _binding_text(tensor: dict[str, Any]) -> str:
    text = f"{tensor.get('name', '')}: {tensor.get('dtype', '?')} {_shape_text(tensor.get('dims', []))}"
    if "opt" in tensor:
        text += f" (opt {_shape_text(tensor['opt'])}, {_shape_text(tensor['min'])} to {_shape_text(tensor['max'])})"
    return text


def _layer(
    number: int, layer: dict[str, Any], module: str, times: dict[int, float] | None, machine: Machine | None
) -> ReportedLayer:
    operations, traffic = operations_of(layer), traffic_of(layer)
    least = None
    if machine is not None and operations is not None and traffic is not None:
        least = machine.least_microseconds(_computes_in(layer), operations, traffic)
    return ReportedLayer(
        number=number,
        name=layer.get("name", ""),
        kind=layer.get("kind", "layer"),
        operator=operator_of(layer.get("name", "")),
        fused=tuple(name for name in (layer.get("fused") or "").split(", ") if name),
        module=module,
        source=layer.get("source", ""),
        tactic=f"{layer.get('tactic', '')} {layer.get('config', '')}".strip(),
        precision=layer.get("precision", ""),
        format=layer.get("format", ""),
        inputs=tuple(_tensor_text(tensor) for tensor in layer.get("inputs") or ()),
        outputs=tuple(_tensor_text(tensor) for tensor in layer.get("outputs") or ()),
        operations=operations,
        bytes=traffic,
        microseconds=None if times is None else times.get(number),
        build_microseconds=layer.get("microseconds") or 0.0,
        least_microseconds=least,
    )


def _computes_in(layer: dict[str, Any]) -> str:
    """The dtype of the arithmetic: that of the first input; integer layers have 8-bit inputs."""
    first = (layer.get("inputs") or [{}])[0].get("dtype", "")
    return "i8" if first in ("i8", "u8") else first


def _counts(layers: list[dict[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for layer in layers:
        kind = layer.get("kind", "layer")
        if kind not in _NO_WORK:
            counts[kind] = counts.get(kind, 0) + 1
    return counts


def _memory(information: dict[str, Any]) -> ReportedMemory:
    memory = information.get("memory") or {}
    steps = tuple(memory.get("steps") or ())
    tensors = tuple(TensorMemory(**use) for use in memory.get("uses") or ())
    live, elsewhere = [0] * len(steps), [0] * len(steps)
    for tensor in tensors:
        counts = live if tensor.offset >= 0 else elsewhere
        for step in range(tensor.first, min(tensor.last + 1, len(steps))):
            counts[step] += tensor.bytes
    reason = information.get("arena_error", "")
    if not steps and not reason:
        reason = f"the backend {information.get('backend', '')} does not tell it"
    return ReportedMemory(
        information.get("arena_bytes", 0),
        information.get("arena_lower_bound_bytes", 0),
        steps,
        tuple(live),
        tuple(elsewhere),
        tensors,
        information.get("weight_bytes", 0),
        reason,
    )


def _engine(
    name: str,
    method: str,
    operations: int,
    information: dict[str, Any],
    paths: ModulePaths,
    times: dict[int, float] | None,
    machine: Machine | None,
) -> ReportedEngine:
    layers = information.get("layers") or []
    target = information.get("target") or {}
    device = target.get("kind", "")
    device += f", {target['threads']} threads, {target['isa']}" if device == "cpu" else f":{target.get('index', 0)}"
    backend = f"{information.get('backend', '')} {information.get('backend_version', '')}".strip()
    converted = {
        kind: n for kind, n in (information.get("converted") or {}).items() if kind not in ("constant", "input")
    }
    return ReportedEngine(
        name=name,
        method=method,
        backend=backend,
        device=device,
        operations=operations,
        inputs=tuple(_binding_text(tensor) for tensor in information.get("inputs") or ()),
        outputs=tuple(_binding_text(tensor) for tensor in information.get("outputs") or ()),
        layers=tuple(
            _layer(number, layer, paths.of_layer(layer), times, machine)
            for number, layer in enumerate(layers)
            if layer.get("tactic")
        ),
        converted={kind: count for kind, count in converted.items() if kind not in _NO_WORK},
        optimized=_counts(layers),
        passes=tuple(ReportedPass(**run) for run in information.get("passes") or ()),
        notes=tuple(information.get("notes") or ()),
        memory=_memory(information),
        plan_bytes=information.get("plan_bytes", 0),
        settings=information.get("settings") or {},
        information=information,
    )


def _method_name(method: CompiledMethod) -> str:
    return f"{method.path}.{method.method}" if method.path else method.method


def _submodule(module: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        module = getattr(module, name)
    return module


def _settings_of(module: Any, methods: tuple[CompiledMethod, ...]) -> dict[str, Any]:
    """What a hybrid module records of its compilation; else the settings of its engine."""
    for method in methods:
        record = getattr(_submodule(module, method.path), "torch_tensorrt_record", None)
        if isinstance(record, str):
            return _recorded(json.loads(record))
    for method in methods:
        for engine in method.engines:
            if engine.information.get("settings"):
                return dict(engine.information["settings"])
    return {}


def _recorded(record: dict[str, Any]) -> dict[str, Any]:
    spec = next((part for part in record.values() if isinstance(part, dict) and "settings" in part), record)
    found = dict(spec.get("settings") or {})
    for name in ("min_block_size", "torch_executed_ops", "torch_executed_modules"):
        if name in spec:
            found[name] = spec[name]
    return found


def _versions(methods: tuple[CompiledMethod, ...]) -> dict[str, str]:
    producers = {engine.information.get("producer", "") for method in methods for engine in method.engines}
    return {
        "torch_tensorrt": __version__,
        "engines built by": ", ".join(sorted(producers - {""})),
        "torch": torch.__version__,
        "Python": platform.python_version(),
        "operating system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "threads of PyTorch": str(torch.get_num_threads()),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _graph_of(module: Any, method: CompiledMethod) -> Any:
    return getattr(_submodule(module, method.path), method.method).inlined_graph


def report(module: Any, inputs: Any = None, *, verification: Verification | None = None) -> Report:
    """Reports how a compiled module runs: engines, layers, memory, and reasons for what PyTorch runs.

    Args:
        module: a compiled module, as :func:`inspect` takes it.
        inputs: arguments of ``forward`` (a tuple, a list, a tensor, or a dict by name). With them, the module is run
            and its layers are measured beside the speed of this machine, which takes some seconds; its state changes
            as in other calls. Without them, nothing runs, and the report has no times.
        verification: what :func:`verify` returned for the module; the report shows its errors.

    Returns:
        A :class:`Report`. Its ``save("report.html")`` writes a page.

    Raises:
        TypeError: ``module`` is not a compiled module, or ``verification`` is no :class:`Verification`.
        RuntimeError: neither the module nor a submodule is compiled, or the inputs do not run.
    """
    from torch_tensorrt.ptq import arguments_of

    if verification is not None and not isinstance(verification, Verification):
        raise TypeError(f"verification is {type(verification).__name__}, must be what torch_tensorrt.verify returned")
    methods = _inspect(module).methods
    script = script_of(module)
    names, count = [], 0
    for method in methods:
        names.append([f"engine {count + number}" for number in range(len(method.engines))])
        count += len(method.engines)
    times, machine, reason = None, None, "no inputs were given"
    if inputs is not None:
        positional, by_name = arguments_of(inputs, module)
        objects = [
            getattr(_submodule(script, method.path), engine.attribute)
            for method in methods
            for engine in method.engines
        ]
        times, machine = _measured(module, positional, by_name, objects, methods)
        reason = ""
    made = _made(module, script, methods, names, times, machine, reason)
    return dataclasses.replace(made, verification=verification)


def _measured(
    module: Any, positional: tuple[Any, ...], by_name: dict[str, Any], engines: list[Any], methods: Any
) -> tuple[Times, Machine]:
    infos = [engine.information for method in methods for engine in method.engines]
    gpus = [info["target"] for info in infos if (info.get("target") or {}).get("kind") == "cuda"]
    device = f"cuda:{gpus[0].get('index', 0)}" if gpus else "cpu"
    precisions = {_computes_in(layer) for info in infos for layer in info.get("layers") or () if layer.get("tactic")}
    times = measure(module, positional, by_name, engines, bool(gpus))
    return times, measure_machine(device, precisions)


def _made(
    module: Any,
    script: Any,
    methods: tuple[CompiledMethod, ...],
    names: list[list[str]],
    times: Times | None,
    machine: Machine | None,
    reason: str,
) -> Report:
    engines, operators, reported = [], [], []
    for method, own in zip(methods, names, strict=True):
        name = _method_name(method)
        paths = ModulePaths(layer for one in method.engines for layer in one.information.get("layers") or ())
        for engine, engine_name in zip(method.engines, own, strict=True):
            measured = None if times is None else times.layers.get(len(engines), {})
            engines.append(
                _engine(engine_name, name, engine.operations, engine.information, paths, measured or None, machine)
            )
        operators += [_operator(name, row, times, _uses(methods)) for row in method.pytorch]
        program = _operations(
            _graph_of(script, method),
            {engine.attribute: (label, engine.information) for engine, label in zip(method.engines, own, strict=True)},
        )
        _fill_times(program, {engine.name: engine for engine in engines}, times)
        reported.append(ReportedMethod(name, method.reason, tuple(own), tuple(program)))
    title = getattr(script, "original_name", type(module).__name__)
    return Report(
        title=title.removesuffix("_trt"),
        methods=tuple(reported),
        engines=tuple(engines),
        pytorch=tuple(operators),
        times=times,
        machine=machine,
        not_measured=reason,
        versions=_versions(methods),
        settings=_settings_of(script, methods),
        made=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
    )


def _uses(methods: tuple[CompiledMethod, ...]) -> dict[str, int]:
    """The uses of each operator that PyTorch runs, for whatever reasons."""
    found: dict[str, int] = {}
    for method in methods:
        for row in method.pytorch:
            found[row.op] = found.get(row.op, 0) + row.uses
    return found


def _operator(method: str, row: PyTorchOperation, times: Times | None, uses: dict[str, int]) -> ReportedOperator:
    measured = None if times is None else times.operators.get(row.op)
    if measured is not None:  # the profiler knows the operator, not its use
        measured *= row.uses / uses[row.op]
    return ReportedOperator(method, row.op, row.uses, row.reason, row.source, measured)


def _fill_times(program: list[Operation], engines: dict[str, ReportedEngine], times: Times | None) -> None:
    """Layers have their own times; the uses of an operator of PyTorch share its time."""
    if times is None:
        return
    layers = {(engine.name, layer.number): layer.microseconds for engine in engines.values() for layer in engine.layers}
    uses: dict[str, int] = {}
    for operation in program:
        if operation.layer < 0:
            uses[operation.label] = uses.get(operation.label, 0) + 1
    for operation in program:
        if operation.layer >= 0:
            operation.microseconds = layers.get((operation.executor, operation.layer))
        elif operation.label in times.operators:
            operation.microseconds = times.operators[operation.label] / uses[operation.label]


class _OfModule:
    """The attribute ``report`` of compiled modules: :func:`report` without inputs.

    PyTorch makes the objects of TorchScript modules itself (``torch.jit.load``, submodules, copies), so the attribute
    belongs to their class. Modules that are not compiled have no such attribute, and a module's own ``report`` wins.
    """

    def __get__(self, module: Any, owner: Any = None) -> Any:
        if module is None:
            return self
        if not _is_compiled(module):
            raise AttributeError("only compiled modules have a report")
        return report(module)


def _is_compiled(module: Any) -> bool:
    if module._c.hasattr("report") or module._c._has_method("report"):
        return False  # the module's own
    try:
        _inspect(module)
    except RuntimeError:
        return False
    return True


def register() -> None:
    """Gives compiled modules the attribute ``report``."""
    torch.jit.RecursiveScriptModule.report = _OfModule()
