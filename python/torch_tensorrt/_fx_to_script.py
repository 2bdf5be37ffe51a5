"""Makes a ScriptModule of an FX graph of ATen operators, node by node, without running it."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt._fx_control_flow import CONTROL_FLOW, ControlFlow, owner
from torch_tensorrt._fx_operators import (
    CALLS,
    INFIX,
    METHODS,
    literal,
    named_tuple,
    number_tensor,
    per_tensor,
    written,
)
from torch_tensorrt._fx_source import Branch, Loop, Statement, define_forward, modules_of, user_line
from torch_tensorrt._nest import has_no_type, names_of_children
from torch_tensorrt._torchscript import no_deprecation

# Export copies constants; TorchScript has no name for these copies.
_SAME_AS = {"lift_fresh_copy": "clone", "lift_fresh": "detach", "detach_": "detach"}
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
# First argument of a print that lowering removes; passes/shown_memory.h repeats it.
KEEPS_WRITE = "torch_tensorrt keeps the write of"


@dataclasses.dataclass
class FxProgram:
    """A graph of ATen operators with its inputs, results and state.

    Attributes:
        what: names the program in messages ("the exported program").
        name: of the class of the module to be made, which the log shows.
        arguments: name and type (in TorchScript's notation) of each argument of the ``forward`` to be made.
        defaults: values of the arguments that a call may omit.
        inputs: for the names of placeholders that are no state, the expression of the value, made of arguments.
        state: for the names of the other placeholders, the name of the tensor in the model, and the tensor.
        results: nodes and constants, and ``spec``: how they are nested. None: a tuple.
        writes: placeholders and the nodes with their new elements, written at the end.
    """

    what: str
    name: str
    graph: torch.fx.Graph
    arguments: Sequence[tuple[str, str]]
    inputs: dict[str, str]
    state: dict[str, tuple[str, torch.Tensor]]
    results: Sequence[Any]
    spec: _pytree.TreeSpec | None = None
    writes: Sequence[tuple[str, torch.fx.Node]] = ()
    defaults: dict[str, Any] = dataclasses.field(default_factory=dict)

    def script(self) -> torch.jit.ScriptModule:
        """Returns the ScriptModule. Raises ``RuntimeError``: TorchScript cannot express the program."""
        return _Writer(self).script()


def can_return(spec: _pytree.TreeSpec, results: Sequence[Any]) -> bool:
    """Tells whether TorchScript has a type for a nest of results: nodes and constants."""
    if has_no_type(spec):
        return False
    graph, arguments, values = torch.fx.Graph(), [], []
    for place, value in enumerate(results):
        if isinstance(value, torch.fx.Node):
            arguments.append((f"value_{place}", _kind(value)))
            node = graph.placeholder(arguments[-1][0])
            node.meta["val"] = value.meta.get("val")
            value = node
        values.append(value)
    graph.output(values)
    inputs = {name: name for name, _ in arguments}
    program = FxProgram("the exported program", "Returns", graph, arguments, inputs, {}, values, spec)
    try:
        program.script()  # the types of the fields of named tuples are those of the user
    except RuntimeError:
        return False
    return True


class _Writer(ControlFlow):
    """Writes one program."""

    def __init__(self, program: FxProgram) -> None:
        self.program = program
        # Holds parameters, buffers and constants under their names in the model. It has a class of its own, because
        # TorchScript gives all modules of a class with the same attributes one forward.
        self.holder = type(program.name, (torch.nn.Module,), {})()
        self.names: dict[torch.fx.Node, Any] = {}  # a text, or a list of texts for a node with several values
        self.taken = {"self", "torch", *(name for name, _ in program.arguments)}
        self.body: list[Statement | Branch | Loop] = []
        self.classes: dict[str, type] = {}  # named tuples in the results

    def script(self) -> torch.jit.ScriptModule:
        self._take_inputs()
        self._write_graph(self.program.graph)
        results = [(self._text(value), _kind(value)) for value in self.program.results]
        for name, value in self.program.writes:
            self._write_back(name, value)
        spec = self.program.spec
        texts = [text for text, _ in results]
        result = _tuple(texts) if spec is None else self._packed(spec, iter(results))[0]
        self.body.append(Statement(f"return {result}"))
        with no_deprecation():
            module = torch.jit.script(self.holder.eval())
        try:
            define_forward(module, self.program.arguments, self.program.defaults, self.body, self.classes)
        except RuntimeError as error:
            raise self._refusal(f"has a part that TorchScript does not accept: {error}") from error
        return module

    def _take_inputs(self) -> None:
        for node in self.program.graph.find_nodes(op="placeholder"):
            if node.name in self.program.state:
                self.names[node] = self._hold(*self.program.state[node.name])
            elif node.name in self.program.inputs:
                self.names[node] = self.program.inputs[node.name]

    def _hold(self, path: str, value: torch.Tensor) -> str:
        part, text = self.holder, "self"
        # A name such as "cpu" would hide a method of the module.
        *parents, name = [f"{name}_" if hasattr(torch.nn.Module, name) else name for name in path.split(".")]
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
        calls = per_tensor(node)
        if calls is None:
            self.names[node] = self._assign(node, self._call(node))
        else:
            self.names[node] = [self._assign(node, self._operator(*call)) for call in calls]
        for value in written(node):
            # TorchScript drops a write without a reader that it knows; lowering removes this reader.
            self.body.append(Statement(f"print({KEEPS_WRITE!r}, {self._text(value)})", modules=modules_of(node)))

    def _assign(self, node: torch.fx.Node, text: str) -> str:
        name = self._fresh(node.name)
        self.body.append(Statement(f"{name} = {text}", user_line(node), modules_of(node)))
        return name

    def _write_body(self, node: torch.fx.Node) -> list[str]:
        """Writes the graph that the operator runs and returns the expressions of its results."""
        name = node.target._name
        if name in CONTROL_FLOW:
            return CONTROL_FLOW[name](self, node)
        if name not in _BODIES:
            raise self._refusal(f"calls {name}{_at(node)}")
        place = _BODIES[name]
        body = owner(node.args[place])
        if name == "wrap_with_autocast" and node.args[2]:
            raise RuntimeError(
                f"{self.program.what} has a block of torch.autocast{_at(*body.graph.nodes)} without its casts; "
                "compile the result of program.run_decompositions(), which contains the casts"
            )
        if name == "invoke_subgraph":
            place += 1  # the name of the graph
        return self._inline(body.graph, [self._value(value) for value in node.args[place + 1 :]])

    def _value(self, value: Any) -> Any:
        return self.names[value] if isinstance(value, torch.fx.Node) else self._text(value)

    def _inline(self, graph: torch.fx.Graph, values: Sequence[Any]) -> list[str]:
        """Writes a graph with the values of its placeholders and returns the expressions of its results."""
        for placeholder, value in zip(graph.find_nodes(op="placeholder"), values, strict=True):
            self.names[placeholder] = value
        results = self._write_graph(graph)
        return [self._text(value) for value in (results if isinstance(results, (tuple, list)) else [results])]

    def _call(self, node: torch.fx.Node) -> str:
        target, args = node.target, node.args
        if target in INFIX:
            text = f"{self._text(args[0])} {INFIX[target]} {self._text(args[1])}"
            # A power of ints has the type Scalar in TorchScript, and a size must be an int.
            is_int = target is operator.pow and isinstance(node.meta.get("val"), (int, torch.SymInt))
            return f"int({text})" if is_int else text
        if target is torch.ops.aten.view.dtype:
            raise RuntimeError(
                f"{self.program.what} views the bytes of a tensor as {args[1]}{_at(node)}, which engines do not "
                "support; x.to(dtype) converts the values"
            )
        if target is operator.getitem:
            return f"{self._text(args[0])}[{self._text(args[1])}]"
        if target is operator.neg:
            return f"-{self._text(args[0])}"
        if target is torch.sym_sum:
            return " + ".join(map(self._text, args[0]))
        if target in CALLS:
            return f"{CALLS[target]}({', '.join(map(self._text, args))})"
        if target in METHODS:
            return f"{self._text(args[0])}.{METHODS[target]}({', '.join(map(self._text, args[1:]))})"
        if isinstance(target, torch._ops.OpOverload):
            kwargs = node.kwargs
            if target._opname in ("item", "_local_scalar_dense") and _kind(node) in ("int", "float", "bool"):
                return f"{_kind(node)}({self._operator(target, args, kwargs)})"  # otherwise of the type Scalar
            if target._opname in _FILLS and any(value is True or value is False for value in args):
                kwargs = {**kwargs, "dtype": node.meta["val"].dtype}  # TorchScript turns the bool into an int
            return self._operator(target, args, kwargs)
        raise self._refusal(f"calls {getattr(target, '__name__', target)}{_at(node)}")

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
        constant = literal(value)
        if constant is not None:
            return constant
        if isinstance(value, torch.fx.Node):
            if value not in self.names:
                raise self._refusal(f"has a node of the unsupported kind {value.op}, {value.target}")
            return self.names[value]
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(map(self._text, value))}]"
        raise self._refusal(f"has the constant {value!r}")

    def _packed(self, spec: _pytree.TreeSpec, leaves: Iterator[tuple[str, str]]) -> tuple[str, str]:
        """Returns expression and type of a nest of results."""
        if spec.is_leaf():
            return next(leaves)
        children = [self._packed(child, leaves) for child in spec.children()]
        parts, kinds = [text for text, _ in children], list(dict.fromkeys(kind for _, kind in children))
        one_kind = kinds[0] if len(kinds) == 1 else f"Union[{', '.join(kinds)}]"
        if spec.type is list:
            text, wanted = f"[{', '.join(parts)}]", f"List[{one_kind if kinds else 'Tensor'}]"
            return (text if len(kinds) == 1 else f"torch.jit.annotate({wanted}, {text})"), wanted
        if spec.type is tuple:
            return _tuple(parts), f"Tuple[{', '.join(kind for _, kind in children) or '()'}]"
        kind = named_tuple(spec)
        if kind is not None:
            name = next((name for name, known in self.classes.items() if known is kind), None)
            name = name or self._fresh(f"type_{kind.__name__}")  # a type's name, such as "max", may be a function's
            self.classes[name] = kind
            return f"{name}({', '.join(parts)})", name
        keys = names_of_children(spec)
        if keys is None:
            raise RuntimeError(
                f"{self.program.what} returns a {spec.type.__name__}; a compiled module returns tensors, numbers, "
                "texts, tuples, lists and dicts: return the values as a tuple"
            )
        if len({type(key) for key in keys}) > 1:
            raise RuntimeError(
                f"{self.program.what} returns a dict with the keys {', '.join(map(repr, keys))}; the keys of a dict of "
                "a compiled module have one type, int or str"
            )
        text = f"{{{', '.join(f'{key!r}: {part}' for key, part in zip(keys, parts, strict=True))}}}"
        wanted = f"Dict[{type(next(iter(keys), '')).__name__}, {one_kind if kinds else 'Tensor'}]"
        # TorchScript warns of a dict (a list) without an annotation whose values have several types.
        return (text if len(kinds) == 1 else f"torch.jit.annotate({wanted}, {text})"), wanted

    def _write_back(self, name: str, value: torch.fx.Node) -> None:
        (node,) = (node for node in self.names if node.op == "placeholder" and node.name == name)
        written = self._fresh(f"{name}_written")
        self.body.append(Statement(f"{written} = {self._text(node)}.copy_({self._text(value)})", user_line(value)))

    def _refusal(self, reason: str) -> RuntimeError:
        return RuntimeError(
            f"{self.program.what} {reason}; it cannot be compiled. Try to compile torch.jit.script(model) or "
            "torch.jit.trace(model, examples)"
        )


def _kind(value: Any) -> str:
    """Returns the type of a result in TorchScript's notation."""
    value = value.meta.get("val") if isinstance(value, torch.fx.Node) else value
    names = ((torch.Tensor, "Tensor"), (bool, "bool"), ((int, torch.SymInt), "int"), ((float, torch.SymFloat), "float"))
    found = next((name for kind, name in names if isinstance(value, kind)), None)
    return found or ("None" if value is None else type(value).__name__)


def _tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' * bool(parts)})"


def _at(*nodes: torch.fx.Node) -> str:
    """Returns the first known line of the nodes, in parentheses."""
    lines = [line for line in map(user_line, nodes) if line]
    return f" ({lines[0]})" if lines else ""


def _needed(graph: torch.fx.Graph) -> set[torch.fx.Node]:
    """Returns the nodes that contribute to a result or may write to a tensor."""
    needed: set[torch.fx.Node] = set()
    for node in reversed(graph.nodes):
        writes = node.op == "output" or written(node) or isinstance(node.target, torch._ops.HigherOrderOperator)
        if not writes and not any(user in needed for user in node.users):
            continue
        if isinstance(node.target, torch._ops.OpOverload) and node.target._opname in _ASSERTS:
            continue
        needed.add(node)
    return needed
