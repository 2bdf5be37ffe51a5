"""Writes an exported program's graph as statements of a ``forward`` that TorchScript compiles."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.export.graph_signature import InputKind, OutputKind
from torch.utils import _pytree

from torch_tensorrt._exported_arguments import Argument, Leaf
from torch_tensorrt._exported_operators import named_tuple, number_tensor, per_tensor
from torch_tensorrt._exported_source import Statement, define_forward, user_line

# Operators on sizes.
_INFIX = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.truediv: "/",
    operator.pow: "**",
}
_CALLS = {
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
_METHODS = {
    torch.ops.aten.sym_size.int: "size",
    torch.ops.aten.sym_stride.int: "stride",
    torch.ops.aten.sym_numel.default: "numel",
    torch.ops.aten.sym_storage_offset.default: "storage_offset",
}
# Export copies constants; TorchScript has no name for these copies.
_SAME_AS = {"lift_fresh_copy": "clone", "lift_fresh": "detach", "detach_": "detach"}
# In-place operators that do not change elements.
_GRADIENTS = ("detach_", "requires_grad_")
# Operators that take the dtype of their result from a number.
_FILLS = ("full", "new_full", "full_like", "scalar_tensor")
# The engine checks ranges of sizes.
_ASSERTS = (
    "_assert_scalar",
    "_assert_async",
    "_assert_tensor_metadata",
    "sym_constrain_range",
    "sym_constrain_range_for_size",
    "_functional_assert_async",
    "_functional_assert_scalar",
)
# Operators that run a graph unchanged -> the graph's place among their arguments.
_BODIES = {
    "wrap_with_set_grad_enabled": 1,
    "wrap_with_autocast": 4,
    "wrap": 0,
    "tag_activation_checkpoint": 0,
    "wrap_activation_checkpoint": 0,
    "invoke_subgraph": 0,
}
_CONTROL_FLOW = {
    "cond": "torch.cond",
    "while_loop": "torch.while_loop",
    "map_impl": "torch.map",
    "scan": "torch.scan",
    "associative_scan": "torch.associative_scan",
}
# First argument of a print that lowering removes; passes/shown_memory.h repeats it.
KEEPS_WRITE = "torch_tensorrt keeps the write of"
_STATE = (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR)


class Writer:
    """Writes one program."""

    def __init__(self, program: torch.export.ExportedProgram, arguments: Sequence[Argument]) -> None:
        self.program = program
        self.arguments = arguments
        # Holds parameters, buffers and constants under their names in the model. It has a class of its own, because
        # TorchScript gives all modules of a class with the same attributes one forward.
        self.holder = type("ExportedProgram", (torch.nn.Module,), {})()
        self.state: dict[torch.fx.Node, str] = {}  # node of a parameter, buffer or constant -> its name in the model
        self.names: dict[torch.fx.Node, Any] = {}  # a text, or a list of texts for a node with several values
        self.taken = {"self", "torch", *(argument.name for argument in arguments)}
        self.body: list[Statement] = []
        self.classes: dict[str, type] = {}  # named tuples in the results

    def script(self) -> torch.jit.ScriptModule:
        self._take_inputs()
        result = self._result(self._write_graph(self.program.graph))
        self.body.append(Statement(f"return {result}"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the user did not choose torch.jit.script
            module = torch.jit.script(self.holder.eval())
        try:
            define_forward(module, [(given.name, given.type()) for given in self.arguments], self.body, self.classes)
        except RuntimeError as error:
            raise _refusal(f"has a part that TorchScript does not accept: {error}") from error
        return module

    def _take_inputs(self) -> None:
        texts = {leaf.name: text for given in self.arguments for leaf, text in _parts(given.tree, given.name)}
        specs = {spec.arg.name: spec for spec in self.program.graph_signature.input_specs if hasattr(spec.arg, "name")}
        for node in self.program.graph.nodes:
            if node.op != "placeholder":
                continue
            spec = specs[node.name]
            if spec.kind is InputKind.USER_INPUT:
                self.names[node] = texts.get(node.name) or self._text(node.meta["val"])
                continue
            if spec.kind not in _STATE:
                raise _refusal(f"holds {spec.target}, which is not a tensor")
            self.names[node] = self._keep(spec.target)
            self.state[node] = spec.target

    def _keep(self, path: str) -> str:
        """Adds the tensor to the holder and returns the expression that reads it."""
        value = self.program.state_dict.get(path, self.program.constants.get(path))
        if not isinstance(value, torch.Tensor):
            raise _refusal(f"holds {path}, which is not a tensor")
        return self._hold(path, value)

    def _hold(self, path: str, value: torch.Tensor) -> str:
        part, text = self.holder, "self"
        *parents, name = path.split(".")
        for parent in parents:
            if parent not in part._modules:
                part.add_module(parent, torch.nn.Module())
            part, text = part._modules[parent], f"getattr({text}, {parent!r})"
        if isinstance(value, torch.nn.Parameter):
            part.register_parameter(name, value)
        else:
            part.register_buffer(name, value)
        return f"getattr({text}, {name!r})"

    def _free_attribute(self, name: str) -> str:
        """Returns the name, or a similar name, that the model does not use."""
        found, count = name, 0
        while hasattr(self.holder, found):
            count += 1
            found = f"{name}_{count}"
        return found

    def _write_graph(self, graph: torch.fx.Graph) -> Any:
        """Writes the nodes and returns the value of the graph's output node."""
        needed = _needed(graph)
        for node in graph.nodes:
            if node.op == "get_attr":
                self._take_attribute(graph.owning_module, node)
            elif node.op == "call_function" and node in needed:
                self._write(node)
        return next(node for node in graph.nodes if node.op == "output").args[0]

    def _take_attribute(self, owner: torch.nn.Module, node: torch.fx.Node) -> None:
        value = operator.attrgetter(node.target)(owner)
        if isinstance(value, torch.Tensor):
            self.names[node] = self._hold(self._free_attribute(node.target.replace(".", "_")), value)
            self.state[node] = node.target

    def _fresh(self, name: str) -> str:
        found, count = name, 0
        while found in self.taken:
            count += 1
            found = f"{name}_{count}"
        self.taken.add(found)
        return found

    def _write(self, node: torch.fx.Node) -> None:
        if isinstance(node.target, torch._ops.HigherOrderOperator):
            self.names[node] = self._write_body(node)
            return
        known = self.names.get(node.args[0]) if node.target is operator.getitem else None
        if isinstance(known, (list, tuple)):
            self.names[node] = known[node.args[1]]
            return
        self._check_writes(node)
        calls = per_tensor(node)
        if calls is None:
            self.names[node] = self._assign(node, self._call(node))
        else:
            self.names[node] = [self._assign(node, self._operator(*call)) for call in calls]
        for value in _written(node):
            # TorchScript drops a write without a reader that it knows; lowering removes this reader.
            self.body.append(Statement(f"print({KEEPS_WRITE!r}, {self._text(value)})"))

    def _assign(self, node: torch.fx.Node, text: str) -> str:
        name = self._fresh(node.name)
        self.body.append(Statement(f"{name} = {text}", user_line(node)))
        return name

    def _write_body(self, node: torch.fx.Node) -> list[str]:
        """Writes the graph that the operator runs and returns the expressions of its results."""
        name = node.target._name
        if name in _CONTROL_FLOW:
            raise RuntimeError(
                f"the exported program has {_CONTROL_FLOW[name]}{_at(node)}: control flow that depends on the values "
                "of tensors is not compiled; compute every branch and select with torch.where"
            )
        if name not in _BODIES:
            raise _refusal(f"calls {name}{_at(node)}")
        place = _BODIES[name]
        body = _owner(node.args[place])
        if name == "wrap_with_autocast" and node.args[2]:
            raise RuntimeError(
                f"the exported program has a block of torch.autocast{_at(*body.graph.nodes)} without its casts; "
                "compile the result of program.run_decompositions(), which contains the casts"
            )
        if name == "invoke_subgraph":
            place += 1  # the name of the graph
        for placeholder, value in zip(body.graph.find_nodes(op="placeholder"), node.args[place + 1 :], strict=True):
            self.names[placeholder] = self.names[value] if isinstance(value, torch.fx.Node) else self._text(value)
            if value in self.state:
                self.state[placeholder] = self.state[value]
        return [self._text(value) for value in self._write_graph(body.graph)]

    def _check_writes(self, node: torch.fx.Node) -> None:
        """Refuses a write that the next call would read."""
        for value in _written(node):
            place = self._state_behind(value)
            if place is not None:
                raise _changes_state(self.state[place], node)

    def _state_behind(self, value: torch.fx.Node) -> torch.fx.Node | None:
        """Returns the parameter, buffer or constant that shares memory with the value."""
        origin = _memory_of(value)
        storage = _storage(value)
        for place in self.state:
            if place is origin or (storage is not None and storage == _storage(place)):
                return place
        return None

    def _call(self, node: torch.fx.Node) -> str:
        target, args = node.target, node.args
        if target in _INFIX:
            text = f"{self._text(args[0])} {_INFIX[target]} {self._text(args[1])}"
            # A power of ints has the type Scalar in TorchScript, and a size must be an int.
            is_int = target is operator.pow and isinstance(node.meta.get("val"), (int, torch.SymInt))
            return f"int({text})" if is_int else text
        if target is torch.ops.aten.view.dtype:
            raise RuntimeError(
                f"the exported program views the bytes of a tensor as {args[1]}{_at(node)}, which engines do not "
                "support; x.to(dtype) converts the values"
            )
        if target is operator.getitem:
            return f"{self._text(args[0])}[{self._text(args[1])}]"
        if target is operator.neg:
            return f"-{self._text(args[0])}"
        if target is torch.sym_sum:
            return " + ".join(map(self._text, args[0]))
        if target in _CALLS:
            return f"{_CALLS[target]}({', '.join(map(self._text, args))})"
        if target in _METHODS:
            return f"{self._text(args[0])}.{_METHODS[target]}({', '.join(map(self._text, args[1:]))})"
        if isinstance(target, torch._ops.OpOverload):
            kwargs = node.kwargs
            if target._opname in _FILLS and any(value is True or value is False for value in args):
                kwargs = {**kwargs, "dtype": node.meta["val"].dtype}  # TorchScript turns the bool into an int
            return self._operator(target, args, kwargs)
        raise _refusal(f"calls {getattr(target, '__name__', target)}{_at(node)}")

    def _operator(self, target: torch._ops.OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
        schema = target._schema
        types = {argument.name: argument.type for argument in schema.arguments}
        given = []
        by_name = False
        for i, (value, argument) in enumerate(zip(args, schema.arguments, strict=False)):
            number = number_tensor(target, args, i)
            if number is not None:
                text = self._hold(self._free_attribute("number"), number)
            else:
                text = self._typed(value, argument.type)
            # TorchScript has one type for ints and dtypes, and would read view(dtype) as view(size). Arguments after a
            # named argument must be named too.
            by_name = by_name or isinstance(value, torch.dtype)
            given.append(f"{argument.name}={text}" if by_name else text)
        given += [f"{name}={self._typed(value, types[name])}" for name, value in kwargs.items()]
        namespace, name = schema.name.split("::")
        name = _SAME_AS.get(name, name) if namespace == "aten" else name
        return f"torch.ops.{namespace}.{name}({', '.join(given)})"

    def _typed(self, value: Any, wanted: Any) -> str:
        """Returns the value's expression; an empty list is annotated with its type."""
        if isinstance(value, (list, tuple)) and not value:
            return f"torch.jit.annotate({wanted.annotation_str}, [])"
        return self._text(value)

    def _text(self, value: Any) -> str:
        for kind, write in _LITERALS:
            if isinstance(value, kind):
                return write(value)
        if isinstance(value, torch.fx.Node):
            if value not in self.names:
                raise _refusal(f"has a node of the unsupported kind {value.op}, {value.target}")
            return self.names[value]
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(map(self._text, value))}]"
        raise _refusal(f"has the constant {value!r}")

    def _result(self, values: Sequence[Any]) -> str:
        results = []
        for spec, value in zip(self.program.graph_signature.output_specs, values, strict=True):
            if spec.kind is OutputKind.USER_OUTPUT:
                results.append(self._text(value))
            elif spec.kind is OutputKind.USER_INPUT_MUTATION:
                self._write_input(spec.target, value)
            elif spec.kind is OutputKind.BUFFER_MUTATION:
                raise _changes_state(spec.target, value)
            else:
                raise _refusal(f"has a result of the unsupported kind {spec.kind.name.lower()}")
        return self._packed(_pytree.tree_unflatten(results, self.program.call_spec.out_spec))

    def _packed(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if type(value) is list:
            return f"[{', '.join(map(self._packed, value))}]"
        if not isinstance(value, tuple):
            raise RuntimeError(
                f"the exported program returns a {type(value).__name__}; a compiled module returns tensors, tuples and "
                "lists of them: return the values as a tuple"
            )
        kind = named_tuple(type(value))
        if kind is not None:
            name = next((name for name, known in self.classes.items() if known is kind), None)
            name = name or self._fresh(f"type_{kind.__name__}")  # a type's name, such as "max", may be a function's
            self.classes[name] = kind
            return f"{name}({', '.join(map(self._packed, value))})"
        return f"({', '.join(map(self._packed, value))}{',' * bool(value)})"

    def _write_input(self, name: str, value: torch.fx.Node) -> None:
        (node,) = (node for node in self.names if node.op == "placeholder" and node.name == name)
        written = self._fresh(f"{name}_written")
        self.body.append(Statement(f"{written} = {self._text(node)}.copy_({self._text(value)})", user_line(value)))


def _refusal(reason: str) -> RuntimeError:
    return RuntimeError(
        f"the exported program {reason}; it cannot be compiled. Try to compile torch.jit.script(model) or "
        "torch.jit.trace(model, examples)"
    )


def _changes_state(path: str, node: torch.fx.Node) -> RuntimeError:
    advice = "script the model instead (torch.jit.script), or pass the tensor as an input and return its new value"
    if path.rpartition(".")[2] in ("num_batches_tracked", "running_mean", "running_var"):
        advice = "a norm in training mode does so; call eval() on the model before you export it"
    return RuntimeError(
        f"the exported program changes the buffer {path}{_at(node)}, and state is compiled from TorchScript only: "
        f"{advice}"
    )


def _at(*nodes: torch.fx.Node) -> str:
    """Returns the first known line of the nodes, in parentheses."""
    lines = [line for line in map(user_line, nodes) if line]
    return f" ({lines[0]})" if lines else ""


def _parts(tree: Any, text: str) -> Iterator[tuple[Leaf, str]]:
    """Yields every leaf with the expression that reads it."""
    if isinstance(tree, Leaf):
        yield tree, text
        return
    for i, part in enumerate(tree):
        yield from _parts(part, f"{text}[{i}]")


def _needed(graph: torch.fx.Graph) -> set[torch.fx.Node]:
    """Returns the nodes that contribute to a result or may write to a tensor."""
    needed: set[torch.fx.Node] = set()
    for node in reversed(graph.nodes):
        writes = node.op == "output" or _written(node) or isinstance(node.target, torch._ops.HigherOrderOperator)
        if not writes and not any(user in needed for user in node.users):
            continue
        if isinstance(node.target, torch._ops.OpOverload) and node.target._opname in _ASSERTS:
            continue
        needed.add(node)
    return needed


def _owner(node: torch.fx.Node) -> torch.fx.GraphModule:
    return operator.attrgetter(node.target)(node.graph.owning_module)


def _written(node: torch.fx.Node) -> list[torch.fx.Node]:
    """Returns the tensors that the operator writes."""
    if not isinstance(node.target, torch._ops.OpOverload) or node.target._opname in _GRADIENTS:
        return []
    written = []
    for i, argument in enumerate(node.target._schema.arguments):
        if argument.alias_info is None or not argument.alias_info.is_write:
            continue
        value = node.args[i] if i < len(node.args) else node.kwargs.get(argument.name)
        written += value if isinstance(value, (list, tuple)) else [value]
    return [value for value in written if isinstance(value, torch.fx.Node)]


def _memory_of(value: Any) -> Any:
    """Returns the base tensor of a view, or the value itself."""
    while isinstance(value, torch.fx.Node) and value.args:
        if isinstance(value.target, torch._ops.OpOverload):
            returns = value.target._schema.returns
            if not returns or returns[0].alias_info is None:
                break
        elif value.target is not operator.getitem:
            break
        value = value.args[0]
    return value


def _storage(node: torch.fx.Node) -> int | None:
    value = node.meta.get("val")
    return value.untyped_storage()._cdata if isinstance(value, torch.Tensor) else None


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
