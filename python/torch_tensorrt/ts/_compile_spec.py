"""Turns the arguments of the public functions into the compiler's specification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt._device import Device
from torch_tensorrt._enums import DeviceType, EngineCapability, dtype
from torch_tensorrt._input import Input, check_shared_dims
from torch_tensorrt.ts._settings import SETTINGS

_PRECISIONS = (dtype.f32, dtype.f16, dtype.bf16, dtype.i8)


def require_sequence(inputs: Any) -> None:
    """Raises ``KeyError`` if the inputs are not a sequence."""
    if isinstance(inputs, (torch.Tensor, Input)):
        raise KeyError(
            "inputs must be a list or tuple with a tensor or torch_tensorrt.Input for each argument of the method"
        )
    if isinstance(inputs, dict):
        raise KeyError(
            f"inputs is a dict with the keys {', '.join(map(repr, inputs))}; give a list of tensors or "
            "torch_tensorrt.Input in the order of the method's arguments"
        )
    if inputs is not None and not isinstance(inputs, Iterable) or isinstance(inputs, (str, bytes)):
        raise KeyError(f"inputs is {inputs!r}, must be a list or tuple of tensors or torch_tensorrt.Input")


def takes_values(method: Any) -> bool:
    """Whether a method has an argument that is no plain tensor, so that its inputs may hold values."""
    return any(str(argument.type) != "Tensor" for argument in method.schema.arguments[1:])


def parse_inputs(inputs: Sequence[Any], values: bool = False) -> list[dict[str, Any]]:
    """Returns the specification of each argument.

    Args:
        inputs: tensors, ``Input``s, tuples, lists and dicts of these, and values.
        values: the method has arguments that are no tensors. Without them, a value is a mistake.

    Raises:
        KeyError: an element is nothing of these.
    """
    require_sequence(inputs)
    return [_parse(element, values) for element in inputs]


def parse_signature(signature: Any) -> dict[str, Any]:
    """Returns the specification of nested tuples, lists and dicts of tensors, ``Input``s and values."""
    return _parse(signature, values=True)


def _parse(element: Any, values: bool) -> dict[str, Any]:
    if isinstance(element, (Input, torch.Tensor)):
        return {"input": _parse_input(element)._to_spec()}
    if isinstance(element, dict) and (element or values):
        return {"dict": [[_parse_key(key), _parse(value, values)] for key, value in element.items()]}
    is_shape = isinstance(element, torch.Size) or _is_shape(element)
    if isinstance(element, (tuple, list)) and (values or element and not is_shape):
        kind = "tuple" if isinstance(element, tuple) else "list"
        return {kind: [_parse(part, values) for part in element]}
    value = _parse_value(element) if values else None
    return value or {"input": _parse_input(element)._to_spec()}


def _parse_value(value: Any) -> dict[str, Any] | None:
    if isinstance(value, float):
        return {"float": repr(float(value))}  # JSON has no infinity
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise KeyError(f"inputs hold {value}, which is no 64-bit integer")
    return {"value": value} if value is None or isinstance(value, (bool, int, str)) else None


def _parse_key(key: Any) -> dict[str, Any]:
    parsed = None if key is None else _parse_value(key)
    if parsed is None:
        raise KeyError(f"the keys of a dict of inputs must be strings or numbers, found {key!r:.80}")
    return parsed


def _is_shape(element: Any) -> bool:
    return isinstance(element, (tuple, list)) and all(isinstance(size, int) for size in element)


def _parse_input(element: Any) -> Input:
    if isinstance(element, Input):
        return element
    if isinstance(element, torch.Tensor):
        return Input.from_tensor(element)
    is_shape = _is_shape(element)
    advice = f"; give a shape as torch_tensorrt.Input({tuple(element)})" if is_shape and element else ""
    if isinstance(element, (int, float, str)):
        advice = "; give numbers and strings a default in the module, which becomes a constant"
    found = f"{element!r:.80}" if is_shape or advice else type(element).__name__
    raise KeyError(f"inputs may hold torch.Tensor and torch_tensorrt.Input, found {found}{advice}")


def parse_precisions(precisions: Any) -> list[str]:
    """Returns the names of the precisions. Raises ``TypeError`` for a dtype that is not a precision."""
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


def _parse_inputs(inputs: Any, input_signature: Any, kwarg_inputs: dict[str, Any] | None, values: bool) -> dict:
    """Returns the specification of the inputs of one method."""
    if inputs is None and input_signature is None and kwarg_inputs:
        inputs = []
    if inputs is None and input_signature is None:
        raise KeyError(
            "inputs are missing: give a list of torch_tensorrt.Input or example tensors, or an input_signature"
        )
    if inputs is not None and input_signature is not None:
        raise ValueError("give either inputs or input_signature, not both")
    check_shared_dims(_pytree.tree_leaves([inputs, input_signature, kwarg_inputs]))
    arguments = None if inputs is None else parse_inputs(inputs, values)
    signature = None if input_signature is None else parse_signature(input_signature)
    if arguments is not None and not all("input" in argument for argument in arguments):
        arguments, signature = None, {"tuple": arguments}
    return {
        "inputs": None if arguments is None else [argument["input"] for argument in arguments],
        "input_signature": signature,
        "inputs_by_name": {name: _parse(value, values=True) for name, value in (kwarg_inputs or {}).items()},
    }


def parse_method(name: str, inputs: Any, values: bool) -> dict[str, Any]:
    """Returns the specification of the inputs of one of several methods: a list, or a dict by argument.

    Raises:
        KeyError: an element is no input, or there are no inputs.
    """
    by_name = inputs if isinstance(inputs, dict) else {}
    try:
        return _parse_inputs([] if isinstance(inputs, dict) else inputs, None, by_name, values)
    except KeyError as error:
        raise KeyError(f"methods[{name!r}]: {error.args[0]}") from None


def _calibration_text(calibrator: Any) -> str:
    text = getattr(calibrator, "text", None)
    if isinstance(text, str):
        return text
    raise TypeError(
        f"calibrator is {type(calibrator).__name__}, but nothing is calibrated here; torch_tensorrt.compile "
        "(ir 'ts' or 'dynamo') and convert_method_to_trt_engine take one"
    )


def build_spec(
    *,
    inputs: Sequence[Any] | None,
    input_signature: Any,
    device: Any,
    enabled_precisions: Any,
    capability: Any,
    calibrator: Any = None,
    kwarg_inputs: dict[str, Any] | None = None,
    methods: dict[str, dict[str, Any]] | None = None,
    values: bool = False,
    **settings: Any,
) -> dict[str, Any]:
    """Returns the specification as plain data, with defaults for missing settings.

    Args:
        calibrator: a calibration that has been done (:class:`torch_tensorrt.ptq.Table`), or ``None``.
        methods: the specifications of the inputs of several methods, by :func:`parse_method`.
        values: see :func:`parse_inputs`.

    Raises the errors that the public functions document, and TypeError for a calibrator.
    """
    methods = dict(methods or {})
    has_forward = inputs is not None or input_signature is not None or bool(kwarg_inputs)
    nothing: dict[str, Any] = {"inputs": [], "input_signature": None, "inputs_by_name": {}}
    forward = nothing
    if has_forward or not methods:
        forward = _parse_inputs(inputs, input_signature, kwarg_inputs, values)
    if has_forward and "forward" in methods:
        raise ValueError("the inputs of forward are given twice, as inputs and in methods; give them once")
    if has_forward and methods:
        methods["forward"], forward = forward, nothing
    checked = {
        setting.name: setting.checked(settings.pop(setting.name, setting.python_default())) for setting in SETTINGS
    }
    if settings:
        raise TypeError(f"there is no setting {', '.join(settings)}")
    ops, modules = checked["torch_executed_ops"], checked["torch_executed_modules"]
    if checked["require_full_compilation"] and (ops or modules):
        what = f"ops {ops}" if ops else f"modules {modules}"
        raise ValueError(
            f"require_full_compilation is enabled however the list of {what} to run in torch is not empty; "
            "omit one of the two"
        )
    target = Device._from(device)
    if target.device_type is DeviceType.UNKNOWN:
        raise ValueError("device is unknown: give cpu, gpu:N or dla:N")
    return {
        **checked,
        **forward,
        "methods": methods,
        "device": target._to_spec(),
        "enabled_precisions": parse_precisions(enabled_precisions),
        "capability": EngineCapability._from(capability).value,
        "calibration": "" if calibrator is None else _calibration_text(calibrator),
    }
