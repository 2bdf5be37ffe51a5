"""Turns the arguments of the public functions into the specification that the compiler takes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from torch_tensorrt._device import Device
from torch_tensorrt._enums import DeviceType, EngineCapability, dtype
from torch_tensorrt._input import Input

_MAX_DEPTH = 2
_MIN_DLA_BYTES = 4096
_MAX_LEVEL = 5
_MOST = 2**63 - 1
_MOST_SPECIALIZATIONS = 2**31 - 1
_PRECISIONS = (dtype.f32, dtype.f16, dtype.bf16, dtype.i8)


def require_sequence(inputs: Any) -> None:
    """Raises ``KeyError`` on one input by itself."""
    if isinstance(inputs, (torch.Tensor, Input)):
        raise KeyError(
            "inputs must be a list or tuple of tensors or torch_tensorrt.Input, one an argument of the method"
        )
    if isinstance(inputs, dict):
        raise KeyError(
            f"inputs is a dict with the keys {', '.join(map(repr, inputs))}; give a list of tensors or "
            "torch_tensorrt.Input in the order of the method's arguments"
        )
    if inputs is not None and not isinstance(inputs, Iterable) or isinstance(inputs, (str, bytes)):
        raise KeyError(f"inputs is {inputs!r}, must be a list or tuple of tensors or torch_tensorrt.Input")


def parse_inputs(inputs: Sequence[Any]) -> list[dict[str, Any]]:
    """Inputs given as tensors or ``Input``s. Raises ``KeyError`` on anything else."""
    require_sequence(inputs)
    return [_parse_input(element)._to_spec() for element in inputs]


def parse_signature(signature: Any, depth: int = 0) -> dict[str, Any]:
    """A nest of tuples and lists of tensors or ``Input``s, at most two levels deep."""
    if isinstance(signature, (tuple, list)):
        assert depth < _MAX_DEPTH, f"input_signature is nested deeper than {_MAX_DEPTH} levels"
        kind = "tuple" if isinstance(signature, tuple) else "list"
        return {kind: [parse_signature(element, depth + 1) for element in signature]}
    return {"input": _parse_input(signature)._to_spec()}


def _parse_input(element: Any) -> Input:
    if isinstance(element, Input):
        return element
    if isinstance(element, torch.Tensor):
        return Input.from_tensor(element)
    is_shape = isinstance(element, (tuple, list, torch.Size)) and all(isinstance(size, int) for size in element)
    advice = f"; a shape is given as torch_tensorrt.Input({tuple(element)})" if is_shape and element else ""
    if isinstance(element, (int, float, str)):
        advice = "; give numbers and strings a default in the module, which is compiled in"
    found = f"{element!r:.80}" if is_shape or advice else type(element).__name__
    raise KeyError(f"inputs may hold torch.Tensor and torch_tensorrt.Input, found {found}{advice}")


def parse_precisions(precisions: Any) -> list[str]:
    """Names of the precisions. Raises ``TypeError`` for one that is not a precision."""
    if precisions is None:
        return []
    if not isinstance(precisions, (set, frozenset, list, tuple)):
        precisions = (precisions,)
    found = {dtype._from(precision) for precision in precisions}
    wrong = sorted(str(precision) for precision in found if precision not in _PRECISIONS)
    if wrong:
        raise TypeError(
            f"{', '.join(wrong)} cannot be enabled; precisions are {', '.join(str(p) for p in _PRECISIONS)}"
        )
    return sorted(precision.value for precision in found)


def _names(what: str, names: Any) -> list[str]:
    if isinstance(names, str):  # which is a sequence of names of one letter, too
        raise TypeError(f"{what} is {names!r}, must be a list of names: [{names!r}]")
    listed = list(names or [])
    for name in listed:
        if not isinstance(name, str):
            raise TypeError(f"{what} has {name!r}, must be a list of names")
    return listed


def _at_least(name: str, value: Any, low: int, high: int = _MOST) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ValueError(f"{name} is {value!r}, must be an integer of {low} or more")
    if value > high:
        raise ValueError(f"{name} is {value!r}, must be an integer of {high} or less")
    return value


def _level(value: int) -> int:
    if _at_least("optimization_level", value, 0) > _MAX_LEVEL:
        raise ValueError(f"optimization_level is {value}, must be 0 to {_MAX_LEVEL}")
    return value


def build_spec(
    *,
    inputs: Sequence[Any] | None,
    input_signature: Any,
    device: Any,
    disable_tf32: bool,
    sparse_weights: bool,
    enabled_precisions: Any,
    refit: bool,
    debug: bool,
    capability: Any,
    num_avg_timing_iters: int,
    workspace_size: int,
    dla_sram_size: int,
    dla_local_dram_size: int,
    dla_global_dram_size: int,
    truncate_long_and_double: bool,
    allow_shape_tensors: bool,
    max_specializations: int,
    backend: str = "auto",
    timing_cache_path: str = "",
    optimization_level: int | None = None,
    version_compatible: bool = False,
    hardware_compatible: bool = False,
    use_explicit_typing: bool = False,
    require_full_compilation: bool = False,
    min_block_size: int = 3,
    torch_executed_ops: Sequence[str] | None = None,
    torch_executed_modules: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The specification as plain data. Raises what the public functions document."""
    if inputs is None and input_signature is None:
        raise KeyError(
            "inputs are missing: give a list of torch_tensorrt.Input or example tensors, or an input_signature"
        )
    if inputs is not None and input_signature is not None:
        raise ValueError("give either inputs or input_signature, not both")
    ops = _names("torch_executed_ops", torch_executed_ops)
    modules = _names("torch_executed_modules", torch_executed_modules)
    if require_full_compilation and (ops or modules):
        what = f"ops {ops}" if ops else f"modules {modules}"
        raise ValueError(
            f"require_full_compilation is enabled however the list of {what} to run in torch is not empty; "
            "leave one of the two out"
        )
    target = Device._from(device)
    if target.device_type is DeviceType.UNKNOWN:
        raise ValueError("device is unknown: give cpu, gpu:N or dla:N")
    if not isinstance(backend, str) or not backend:
        raise ValueError(f'backend is {backend!r}, must be "auto", "fastest", "native" or the name of another backend')
    return {
        "backend": backend,
        "timing_cache_path": os.fspath(timing_cache_path),
        "optimization_level": -1 if optimization_level is None else _level(optimization_level),
        "version_compatible": bool(version_compatible),
        "hardware_compatible": bool(hardware_compatible),
        "use_explicit_typing": bool(use_explicit_typing),
        "inputs": None if inputs is None else parse_inputs(inputs),
        "input_signature": None if input_signature is None else parse_signature(input_signature),
        "device": target._to_spec(),
        "disable_tf32": bool(disable_tf32),
        "sparse_weights": bool(sparse_weights),
        "enabled_precisions": parse_precisions(enabled_precisions),
        "refit": bool(refit),
        "debug": bool(debug),
        "capability": EngineCapability._from(capability).value,
        "num_avg_timing_iters": _at_least("num_avg_timing_iters", num_avg_timing_iters, 0),
        "workspace_size": _at_least("workspace_size", workspace_size, 0),
        "dla_sram_size": _at_least("dla_sram_size", dla_sram_size, _MIN_DLA_BYTES),
        "dla_local_dram_size": _at_least("dla_local_dram_size", dla_local_dram_size, _MIN_DLA_BYTES),
        "dla_global_dram_size": _at_least("dla_global_dram_size", dla_global_dram_size, _MIN_DLA_BYTES),
        "truncate_long_and_double": bool(truncate_long_and_double),
        "allow_shape_tensors": bool(allow_shape_tensors),
        "max_specializations": _at_least("max_specializations", max_specializations, 1, _MOST_SPECIALIZATIONS),
        "require_full_compilation": bool(require_full_compilation),
        "min_block_size": _at_least("min_block_size", min_block_size, 0),
        "torch_executed_ops": ops,
        "torch_executed_modules": modules,
    }
