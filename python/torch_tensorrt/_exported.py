"""An ExportedProgram as TorchScript: traced where all its sizes are known, else written out node by node."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch.export.graph_signature import InputKind, OutputKind

from torch_tensorrt._input import Input
from torch_tensorrt.ts._compile_spec import require_sequence

# What a size is computed with.
_INFIX = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.truediv: "/",
    operator.pow: "**",
}
_CALLS = {torch.sym_max: "max", torch.sym_min: "min", torch.sym_int: "int", torch.sym_float: "float"}
_METHODS = {
    torch.ops.aten.sym_size.int: "size",
    torch.ops.aten.sym_stride.int: "stride",
    torch.ops.aten.sym_numel.default: "numel",
}
# Constants are copied by exporting; TorchScript has no name for that.
_SAME_AS = {"lift_fresh_copy": "clone", "lift_fresh": "detach", "detach_": "detach"}
# Ranges of sizes are checked by the engine.
_ASSERTS = (
    "_assert_scalar",
    "_assert_async",
    "_assert_tensor_metadata",
    "sym_constrain_range",
    "sym_constrain_range_for_size",
)


def to_script(program: torch.export.ExportedProgram, inputs: Sequence[Any] | None) -> torch.jit.ScriptModule:
    """The program as a ScriptModule.

    Raises:
        ValueError: an input that the program was not exported for: another number of them, another rank, or sizes
            outside of its ``dynamic_shapes``.
        RuntimeError: a program with dynamic shapes that cannot be written as TorchScript.
    """
    require_sequence(inputs)
    if inputs is not None:
        _check_inputs(program, inputs)
    if not _has_symbols(program):
        with torch.no_grad():
            # Exporting has settled what training mode means.
            return torch.jit.trace(program.module(), tuple(program.example_inputs[0]), check_trace=False).eval()
    return _Writer(program).script()


def default_inputs(program: torch.export.ExportedProgram) -> list[Input]:
    """What the program was exported for, as inputs of a compilation.

    Raises:
        ValueError: a dimension that has no upper bound.
    """
    found = []
    for name, value in _user_tensors(program):
        low, high = zip(*(_bounds(program, dim) for dim in value.shape), strict=True) if value.dim() else ((), ())
        if any(math.isinf(bound) for bound in high):
            raise ValueError(f"input {name} of the exported program has a size without an upper bound; give inputs")
        usual = [_hint(dim) for dim in value.shape]
        ranges = {"min_shape": tuple(low), "opt_shape": tuple(usual), "max_shape": tuple(int(bound) for bound in high)}
        static = low == high
        found.append(Input(tuple(usual), dtype=value.dtype) if static else Input(**ranges, dtype=value.dtype))
    return found


def _user_tensors(program: torch.export.ExportedProgram) -> list[tuple[str, torch.Tensor]]:
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    tensors = []
    for name in program.graph_signature.user_inputs:
        if not isinstance(values.get(name), torch.Tensor):
            raise ValueError(f"input {name} of the exported program is no tensor")
        tensors.append((name, values[name]))
    return tensors


def _has_symbols(program: torch.export.ExportedProgram) -> bool:
    values = (node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder")
    return any(not isinstance(dim, int) for value in values if isinstance(value, torch.Tensor) for dim in value.shape)


def _bounds(program: torch.export.ExportedProgram, dim: Any) -> tuple[int, float]:
    """The smallest and the largest size that a dimension was exported for."""
    if isinstance(dim, int):
        return dim, dim
    interval = program.range_constraints.get(dim.node.expr)
    if interval is None:
        return 0, math.inf
    high = interval.upper
    return int(interval.lower), int(high) if high.is_finite and high < torch.iinfo(torch.int64).max // 2 else math.inf


def _hint(dim: Any) -> int:
    return dim if isinstance(dim, int) else int(dim.node.hint)


def _shapes(element: Any) -> Iterable[Sequence[int]]:
    if isinstance(element, torch.Tensor):
        return [tuple(element.shape)]
    if element.shape_mode is Input._ShapeMode.DYNAMIC:
        ranges = element.profiles or [element.shape]
        return [range_[end] for range_ in ranges for end in ("min_shape", "max_shape")]
    return [element.shape]


def _check_inputs(program: torch.export.ExportedProgram, inputs: Sequence[Any]) -> None:
    tensors = _user_tensors(program)
    if len(tensors) != len(inputs):
        raise ValueError(f"the exported program has {len(tensors)} inputs, {len(inputs)} were given")
    for (name, value), element in zip(tensors, inputs, strict=True):
        if not isinstance(element, (torch.Tensor, Input)):
            continue  # the compiler says what it takes
        for shape in _shapes(element):
            _check_shape(program, name, value, shape)


def _check_shape(program: torch.export.ExportedProgram, name: str, value: torch.Tensor, shape: Sequence[int]) -> None:
    if len(shape) != value.dim():
        raise ValueError(f"input {name} of the exported program has rank {value.dim()}, {list(shape)} was given")
    for axis, (size, dim) in enumerate(zip(shape, value.shape, strict=True)):
        low, high = _bounds(program, dim)
        if low <= size <= high:
            continue
        range_text = str(low) if low == high else f"{low} to {high}"
        raise ValueError(
            f"dimension {axis} of input {name} is to be {size}, but the program was exported for {range_text}; "
            "torch.export.export(..., dynamic_shapes=...) says what may vary"
        )


class _Writer:
    """A program's graph as the source of a ``forward`` that TorchScript compiles."""

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        self.program = program
        # Parameters, buffers and constants, under the names of their nodes; of a class of its own, as TorchScript
        # would give all modules of one class, and of the same attributes, one forward.
        self.holder = type("ExportedProgram", (torch.nn.Module,), {})()
        self.names: dict[torch.fx.Node, str] = {}
        self.lines: list[str] = []

    def script(self) -> torch.jit.ScriptModule:
        arguments = self._take_inputs()
        needed = self._needed()
        for node in self.program.graph.nodes:
            if node.op == "call_function" and node in needed:
                self._write(node)
        self.lines.append(f"return {self._result()}")
        source = f"def forward(self, {', '.join(f'{name}: Tensor' for name in arguments)}):\n"
        module = torch.jit.script(self.holder.eval())
        try:
            module.define(source + "".join(f"    {line}\n" for line in self.lines))
        except RuntimeError as error:
            raise self._refusal(f"TorchScript does not take it: {error}") from error
        return module

    def _refusal(self, reason: str) -> RuntimeError:
        return RuntimeError(
            f"an exported program with dynamic shapes cannot be compiled: {reason}. "
            "Compile torch.jit.script(module) or torch.jit.trace(module, examples) instead"
        )

    def _take_inputs(self) -> list[str]:
        positional, named = self.program.call_spec.in_spec.children()
        if named.num_leaves or positional.num_leaves != positional.num_children:
            raise self._refusal("its inputs are not all tensors that are given by position")
        specs = {spec.arg.name: spec for spec in self.program.graph_signature.input_specs if hasattr(spec.arg, "name")}
        arguments = []
        for node in self.program.graph.nodes:
            if node.op != "placeholder":
                continue
            spec = specs[node.name]
            if spec.kind is InputKind.USER_INPUT:
                arguments.append(node.name)
                self.names[node] = node.name
                continue
            self._keep(node.name, spec)
            self.names[node] = f"self.{node.name}"
        return arguments

    def _keep(self, name: str, spec: Any) -> None:
        state = {**self.program.state_dict, **self.program.constants}
        value = state.get(spec.target)
        if not isinstance(value, torch.Tensor):
            raise self._refusal(f"it holds {spec.target}, which is no tensor")
        if isinstance(value, torch.nn.Parameter):
            self.holder.register_parameter(name, value)
        else:
            self.holder.register_buffer(name, value)

    def _needed(self) -> set[torch.fx.Node]:
        """Nodes that a result is made of, or that write to a tensor."""
        needed: set[torch.fx.Node] = set()
        for node in reversed(self.program.graph.nodes):
            if node.op != "output" and not _is_mutable(node) and not any(user in needed for user in node.users):
                continue
            if isinstance(node.target, torch._ops.OpOverload) and node.target._opname in _ASSERTS:
                continue
            needed.add(node)
        return needed

    def _write(self, node: torch.fx.Node) -> None:
        if _is_mutable(node) and self.names.get(_memory_of(node.args[0]), "").startswith("self."):
            raise self._refusal(f"it changes a buffer ({_place(node)})")
        self.names[node] = node.name
        self.lines.append(f"{node.name} = {self._call(node)}")

    def _call(self, node: torch.fx.Node) -> str:
        target, args = node.target, node.args
        if target in _INFIX:
            return f"{self._text(args[0])} {_INFIX[target]} {self._text(args[1])}"
        if target is operator.getitem:
            return f"{self._text(args[0])}[{self._text(args[1])}]"
        if target is operator.neg:
            return f"-{self._text(args[0])}"
        if target in _CALLS:
            return f"{_CALLS[target]}({', '.join(map(self._text, args))})"
        if target in _METHODS:
            return f"{self._text(args[0])}.{_METHODS[target]}({', '.join(map(self._text, args[1:]))})"
        if isinstance(target, torch._ops.OpOverload):
            return self._operator(target, args, node.kwargs)
        raise self._refusal(f"it calls {getattr(target, '__name__', target)} ({_place(node)})")

    def _operator(self, target: torch._ops.OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
        schema = target._schema
        types = {argument.name: argument.type for argument in schema.arguments}
        given = [self._typed(value, argument.type) for value, argument in zip(args, schema.arguments, strict=False)]
        given += [f"{name}={self._typed(value, types[name])}" for name, value in kwargs.items()]
        namespace, name = schema.name.split("::")
        name = _SAME_AS.get(name, name) if namespace == "aten" else name
        return f"torch.ops.{namespace}.{name}({', '.join(given)})"

    def _typed(self, value: Any, wanted: Any) -> str:
        """An empty list says of what it is one."""
        if isinstance(value, (list, tuple)) and not value:
            return f"torch.jit.annotate({wanted.annotation_str}, [])"
        return self._text(value)

    def _text(self, value: Any) -> str:
        for kind, write in _LITERALS:
            if isinstance(value, kind):
                return write(value)
        if isinstance(value, torch.fx.Node):
            if value not in self.names:
                raise self._refusal(f"it has a part of the kind {value.op}, {value.target}")
            return self.names[value]
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(map(self._text, value))}]"
        raise self._refusal(f"it has the constant {value!r}")

    def _result(self) -> str:
        signature = self.program.graph_signature
        if any(spec.kind is not OutputKind.USER_OUTPUT for spec in signature.output_specs):
            raise self._refusal("it changes its buffers or inputs")
        output = next(node for node in self.program.graph.nodes if node.op == "output")
        leaves = [self._text(value) for value in output.args[0]]
        return _packed(torch.utils._pytree.tree_unflatten(leaves, self.program.call_spec.out_spec), self._refusal)


def _packed(value: Any, refusal: Callable[[str], RuntimeError]) -> str:
    if isinstance(value, str):
        return value
    if type(value) in (tuple, list):
        parts = ", ".join(_packed(part, refusal) for part in value)
        return f"[{parts}]" if type(value) is list else f"({parts},)"
    raise refusal(f"it returns a {type(value).__name__}")


def _is_mutable(node: torch.fx.Node) -> bool:
    return isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable


def _memory_of(value: Any) -> Any:
    """Of a view, the tensor that it shows."""
    while isinstance(value, torch.fx.Node) and isinstance(value.target, torch._ops.OpOverload):
        returns = value.target._schema.returns
        if not value.args or not returns or returns[0].alias_info is None:
            break
        value = value.args[0]
    return value


def _place(node: torch.fx.Node) -> str:
    trace = (node.meta.get("stack_trace") or "").strip().splitlines()
    return trace[-1].strip() if trace else node.name


def _float_text(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'float("{value}")'


_LITERALS: list[tuple[Any, Callable[[Any], str]]] = [
    (type(None), lambda value: "None"),
    ((bool, int, str), repr),
    (float, _float_text),
    ((torch.dtype, torch.layout, torch.memory_format), str),
    (torch.device, lambda value: f'torch.device("{value}")'),
]
