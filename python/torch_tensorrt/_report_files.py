"""Files of a report for other programs: ONNX models, and the files of trt-engine-explorer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch_tensorrt._report_onnx import is_connected, load_library, model_of

if TYPE_CHECKING:
    from torch_tensorrt._report import Report, ReportedEngine


def _stem(engine: ReportedEngine) -> str:
    return re.sub(r"\W+", "_", engine.name)


def save_onnx(report: Report, folder: Path) -> tuple[Path, ...]:
    """Writes a model for each engine that tells its connections."""
    onnx = load_library()
    engines = [engine for engine in report.engines if is_connected(engine)]
    if not engines:
        raise ValueError("no engine of the module tells which layer reads which tensor")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for engine in engines:
        paths.append(folder / f"{_stem(engine)}.onnx")
        onnx.save(model_of(engine), paths[-1])
    return tuple(paths)


_NAMES = {"softmax": "SoftMax", "topk": "TopK", "elementwise": "ElementWise"}
# Attributes by the names that trt-engine-explorer uses.
_OF_WINDOW = {
    "Stride": "stride",
    "PaddingMode": "padding_mode",
    "PrePadding": "pre_padding",
    "PostPadding": "post_padding",
}
_OF_KERNEL = {"Groups": "groups", "OutMaps": "maps", "Kernel": "kernel_size", "Dilation": "dilation", **_OF_WINDOW}
_ATTRIBUTES = {
    "convolution": _OF_KERNEL,
    "deconvolution": _OF_KERNEL,
    "pooling": {"PoolingType": "type", "WindowSize": "window", **_OF_WINDOW},
    "shuffle": {"FirstTranspose": "first_transpose", "SecondTranspose": "second_transpose", "Reshape": "reshape"},
    "slice": {"Start": "start", "Size": "size", "Stride": "stride", "Mode": "mode"},
    "resize": {"ResizeMode": "mode", "ResizeScales": "scales"},
    "scale": {"Mode": "mode", "ChannelAxis": "channel_axis"},
    "reformat": {"Origin": "reason"},
}


def _explorer_layer(layer: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """A layer with its attributes under the explorer's names, and the type by which the explorer groups layers."""
    kind, given = layer["kind"], layer.get("attributes") or {}
    parameters = _NAMES.get(kind, "".join(part.capitalize() for part in kind.split("_")))
    found = {name: given[own] for name, own in _ATTRIBUTES.get(kind, {}).items() if own in given}
    if kind in ("convolution", "deconvolution"):
        if len(given.get("kernel_size") or ()) != 2:
            parameters += "Nd"  # the explorer computes with two spatial dims
        weights = {row["name"] for row in layer.get("weights") or ()}
        activations = [row["name"] for row in given.get("epilogue") or () if "operand" not in row]
        found |= {"HasBias": int("bias" in weights), "HasReLU": int("relu" in activations)}
        found["Activation"] = ", ".join(activations).upper() or "NONE"
    return {**shown, "ParameterType": parameters, **found}


def _explorer_layers(engine: ReportedEngine) -> list[dict[str, Any]]:
    running = [layer for layer in engine.information.get("layers") or () if layer.get("tactic")]
    shown = engine.information.get("Layers") or []
    if len(running) != len(shown):  # of another backend, which tells only these
        return list(shown)
    return [_explorer_layer(layer, own) for layer, own in zip(running, shown, strict=True)]


def _profile(engine: ReportedEngine) -> list[dict[str, Any]]:
    """A record for each layer of the graph, in its order."""
    times = {layer.number: (layer.microseconds or 0.0) / 1000 for layer in engine.layers}
    total = sum(times.values())
    numbers = [number for number, layer in enumerate(engine.information["layers"]) if layer.get("tactic")]
    records: list[dict[str, Any]] = [{"count": 1}]
    for number, layer in zip(numbers, engine.information["Layers"], strict=True):
        spent = times.get(number, 0.0)
        records.append(
            {
                "name": layer["Name"],
                "timeMs": spent,
                "averageMs": spent,
                "medianMs": spent,
                "percentage": 100 * spent / total if total > 0 else 0.0,
            }
        )
    return records


def _build_metadata(report: Report, engine: ReportedEngine) -> dict[str, Any]:
    model = {"Format": "torch_tensorrt", "Model": report.title, "Output": ""}
    settings = {name: str(value) for name, value in engine.settings.items()}
    return {"model_options": model, "build_options": {**settings, "Precision": ", ".join(_precisions(engine))}}


def _precisions(engine: ReportedEngine) -> list[str]:
    return [str(name) for name in engine.settings.get("enabled_precisions") or ()]


def _profile_metadata(report: Report, engine: ReportedEngine) -> dict[str, Any]:
    device = {"Device": engine.device, "Processor": report.versions.get("processor", "")}
    summary: dict[str, Any] = {}
    if engine.microseconds is not None:
        summary["Sum of the layers (ms)"] = round(engine.microseconds / 1000, 6)
    if report.times is not None:
        summary["Call of the module (ms)"] = round(report.times.total / 1000, 6)
    return {"device_information": device, "performance_summary": summary}


def save_trex(report: Report, folder: Path) -> tuple[Path, ...]:
    """Writes the files of each engine."""
    if not report.engines:
        raise ValueError("the module has no engine")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for engine in report.engines:
        graph = {"Layers": _explorer_layers(engine), "Bindings": engine.information.get("Bindings", [])}
        files: dict[str, Any] = {
            "graph": graph,
            "build.metadata": _build_metadata(report, engine),
            "profile.metadata": _profile_metadata(report, engine),
        }
        if engine.microseconds is not None:
            files["profile"] = _profile(engine)
        for ending, content in files.items():
            paths.append(folder / f"{_stem(engine)}.{ending}.json")
            paths[-1].write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return tuple(paths)
