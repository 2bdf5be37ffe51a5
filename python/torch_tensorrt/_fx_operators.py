"""Operators and types of FX graphs that TorchScript would confuse with others."""

from __future__ import annotations

import functools
import math
import operator
import re
import types
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, get_type_hints

import torch
from torch.utils import _pytree

Call = tuple[torch._ops.OpOverload, tuple[Any, ...], dict[str, Any]]

# Operators on sizes, as operators, functions and methods of TorchScript.
INFIX = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.truediv: "/",
    operator.pow: "**",
}
CALLS = {
    torch.sym_max: "max",
    torch.sym_min: "min",
    torch.sym_int: "int",
    torch.sym_float: "float",
    math.floor: "torch.ops.aten.floor",
    math.ceil: "torch.ops.aten.ceil",
    operator.abs: "abs",
    math.trunc: "int",
    operator.eq: "torch.ops.aten.eq",
    operator.ne: "torch.ops.aten.ne",
    operator.lt: "torch.ops.aten.lt",
    operator.le: "torch.ops.aten.le",
    operator.gt: "torch.ops.aten.gt",
    operator.ge: "torch.ops.aten.ge",
}
METHODS = {
    torch.ops.aten.sym_size.int: "size",
    torch.ops.aten.sym_stride.int: "stride",
    torch.ops.aten.sym_numel.default: "numel",
    torch.ops.aten.sym_storage_offset.default: "storage_offset",
}
# Operator on lists of tensors -> the operator on one tensor, if its name differs.
_ONE_TENSOR = {"norm": "linalg_vector_norm"}
_WITH_NUMBER = {"maximum": "clamp_min", "minimum": "clamp_max", "maximum_": "clamp_min_", "minimum_": "clamp_max_"}
# In-place operators that do not change elements.
_GRADIENTS = ("detach_", "requires_grad_")
# Operators that write their running statistics, if the argument at the last place is true, without saying so.
_STATISTICS = {"batch_norm": (3, 4, 5), "instance_norm": (3, 4, 5)}
# The tensor form and the number form of these operators differ in more than the type of the argument.
_NOT_ONE = ("scatter", "scatter_", "scatter_reduce", "scatter_reduce_")
_KEYWORDS = {"addcmul": "value", "addcdiv": "value", "addcmul_": "value", "addcdiv_": "value"}


def number_tensor(target: torch._ops.OpOverload, args: Sequence[Any], place: int) -> torch.Tensor | None:
    """Returns the tensor that replaces a number, or None if the number stays.

    A number in the place of a tensor (``31 // x``) stays if the operator has an overload for numbers: a tensor would be
    rounded to its dtype, but PyTorch computes with the number itself. A bool in the place of a number becomes a tensor
    if the operator has an overload for tensors: TorchScript would make an int of it.
    """
    value, wanted = args[place], target._schema.arguments[place].type
    if isinstance(value, bool):
        is_tensor = isinstance(wanted, torch.TensorType)
        may_be = isinstance(wanted, torch.NumberType) and target._opname not in _NOT_ONE
        may_be = may_be and _has_overload(target, place, torch.TensorType)
        return torch.tensor(value) if is_tensor or may_be else None
    if not isinstance(value, (int, float)) or not isinstance(wanted, torch.TensorType):
        return None
    if _has_overload(target, place, torch.NumberType):
        return None
    tensors = [arg.meta["val"] for arg in args if isinstance(arg, torch.fx.Node)]
    tensors = [tensor for tensor in tensors if isinstance(tensor, torch.Tensor)]
    return torch.tensor(value, dtype=torch.result_type(value, tensors[0])) if tensors else None


def _has_overload(target: torch._ops.OpOverload, place: int, kind: type) -> bool:
    """Tells whether the operator has an overload that differs only in the type of this argument."""

    def others(overload: torch._ops.OpOverload) -> list[Any]:
        return [str(argument.type) for i, argument in enumerate(overload._schema.arguments) if i != place]

    packet = target.overloadpacket
    overloads = [getattr(packet, name) for name in packet.overloads()]
    return any(
        len(overload._schema.arguments) == len(target._schema.arguments)
        and isinstance(overload._schema.arguments[place].type, kind)
        and others(overload) == others(target)
        for overload in overloads
    )


def per_tensor(node: torch.fx.Node) -> list[Call] | None:
    """Returns the calls for the single tensors of an operator on lists (``_foreach_mul_``); None for others."""
    target = node.target
    if not isinstance(target, torch._ops.OpOverload) or not target._opname.startswith("_foreach_"):
        return None
    name = target._opname.removeprefix("_foreach_")
    if len(node.args) > 1 and _is_number(node.args[1]):
        name = _WITH_NUMBER.get(name, name)
    packet = getattr(torch.ops.aten, _ONE_TENSOR.get(name, name))
    lists = [value for value in node.args if isinstance(value, (list, tuple))]
    if not lists:
        return None  # the list is the result of another operator
    calls: list[Call] = []
    for i in range(len(lists[0])):
        args = [value[i] if isinstance(value, (list, tuple)) else value for value in node.args]
        kwargs = {name: value[i] if isinstance(value, (list, tuple)) else value for name, value in node.kwargs.items()}
        if name in _KEYWORDS and len(args) > 3:
            kwargs[_KEYWORDS[name]] = args.pop()
        if name == "norm":
            kwargs = {"dtype": args[2] if len(args) > 2 else kwargs.get("dtype")}
            args = [args[0], args[1] if len(args) > 1 else 2]
        calls.append((_overload(packet, args, kwargs), tuple(args), kwargs))
    return calls


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, (list, tuple)) and all(map(_is_number, value)))


def _overload(packet: torch._ops.OpOverloadPacket, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Returns the first overload that accepts the arguments."""
    for name in packet.overloads():
        overload = getattr(packet, name)
        arguments = overload._schema.arguments
        named = {argument.name for argument in arguments}
        fits = len(args) <= len(arguments) and all(name in named for name in kwargs)
        if fits and all(_fits(value, argument.type) for value, argument in zip(args, arguments, strict=False)):
            return overload
    raise RuntimeError(f"there is an operator on lists of tensors, but {packet} has no overload for a single tensor")


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(value, torch.fx.Node):
        return isinstance(wanted, torch.TensorType)
    if isinstance(value, (bool, int, float)):
        return isinstance(wanted, (torch.NumberType, torch.FloatType, torch.IntType, torch.BoolType))
    return not isinstance(wanted, torch.TensorType)


def named_tuple(spec: _pytree.TreeSpec) -> type | None:
    """Returns a class with the name and fields of a nest of results, for TorchScript; None if it has no fields."""
    if isinstance(spec.context, type):
        return _named_tuple(spec.context)
    return _named_tuple(spec.type) if isinstance(spec.type, type) else None


@functools.cache
def _named_tuple(kind: type) -> type | None:
    if _pytree.is_namedtuple_class(kind):
        hints = get_type_hints(kind)  # resolves annotations that are strings
        fields = [(field, hints.get(field, torch.Tensor)) for field in kind._fields]
    elif _pytree.is_structseq_class(kind):  # the type of x.max(1)
        members = vars(kind).items()
        fields = [(name, torch.Tensor) for name, value in members if isinstance(value, types.MemberDescriptorType)]
    else:
        return None
    made = NamedTuple(kind.__name__, fields)
    # TorchScript knows a type by module and name.
    made.__module__ = re.sub(r"[^\w.]", "_", f"{kind.__module__}.{kind.__qualname__}")
    return made


def written(node: torch.fx.Node) -> list[torch.fx.Node]:
    """Returns the tensors that the node writes."""
    if not isinstance(node.target, torch._ops.OpOverload) or node.target._opname in _GRADIENTS:
        return []
    written = []
    for i, argument in enumerate(node.target._schema.arguments):
        if argument.alias_info is None or not argument.alias_info.is_write:
            continue
        value = node.args[i] if i < len(node.args) else node.kwargs.get(argument.name)
        written += value if isinstance(value, (list, tuple)) else [value]
    return [value for value in written if isinstance(value, torch.fx.Node)]


def statistics(node: torch.fx.Node) -> list[torch.fx.Node]:
    """Returns the running statistics that the node writes, although its schema does not say so."""
    name = node.target._opname if isinstance(node.target, torch._ops.OpOverload) else ""
    *places, training = _STATISTICS.get(name, (0,))
    writes = bool(places) and len(node.args) > training and node.args[training] is True
    return [node.args[place] for place in places if writes and isinstance(node.args[place], torch.fx.Node)]


def literal(value: Any) -> str | None:
    """Returns the text of a constant in TorchScript; None for values that it has no literal for."""
    return next((write(value) for kind, write in _LITERALS if isinstance(value, kind)), None)


def _int_text(value: int) -> str:
    # TorchScript parses the digits before the sign, and the digits of the smallest int64 do not fit into int64.
    return repr(value) if value != -(2**63) else "(-9223372036854775807 - 1)"


def _float_text(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'float("{value}")'


_LITERALS: list[tuple[Any, Callable[[Any], str]]] = [
    (type(None), lambda value: "None"),
    ((bool, str), repr),
    (int, _int_text),
    (float, _float_text),
    ((torch.dtype, torch.layout, torch.memory_format), str),
    (torch.device, lambda value: f'torch.device("{value}")'),
]
