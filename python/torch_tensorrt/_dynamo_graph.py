"""The graphs of Dynamo in ATen operators: their arguments, state and ranges of sizes."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.fx import traceback
from torch.fx.experimental.proxy_tensor import make_fx

from torch_tensorrt._fx_operators import statistics, written
from torch_tensorrt._fx_source import modules_of
from torch_tensorrt._fx_to_script import FxProgram
from torch_tensorrt._input import Input, _layout

# A compiled graph computes no gradients. Tracing must not switch them on again.
_GRADIENT_MODES = (
    torch._C._set_grad_enabled,
    torch.autograd.grad_mode._enter_inference_mode,
    torch.autograd.grad_mode._exit_inference_mode,
)
_ATTRIBUTE = re.compile(r"\['([^']+)'\]|\.([A-Za-z]\w*)")
_GROUPS = ("_modules", "_parameters", "_buffers")


class _WithoutGradients(torch.fx.Interpreter):
    def call_function(self, target: Any, args: Any, kwargs: Any) -> Any:
        if target in _GRADIENT_MODES:
            return None
        if target is torch.ops.higher_order.tag_activation_checkpoint:  # for gradients only
            return _WithoutGradients(args[0]).run(*args[1:])
        return super().call_function(target, args, kwargs)


class AtenGraph:
    """A graph of Dynamo in ATen operators, with the placeholders of the original in the same order.

    Attributes:
        values: fake tensors and symbols of the placeholders.
        names: their names as arguments.
        state: place -> name in the model, of the parameters and buffers that the graph does not write.
        changed: places of the tensors that the graph writes.
    """

    def __init__(self, module: torch.fx.GraphModule) -> None:
        places = list(module.graph.find_nodes(op="placeholder"))
        self.values = [node.meta["example_value"] for node in places]
        shapes = [_shape(value) for value in self.values]
        self.module = _trace(module, self.values)
        if shapes != [_shape(value) for value in self.values]:
            raise RuntimeError("the graph changes the shape of an argument in place")
        self.places = list(self.module.graph.find_nodes(op="placeholder"))
        self.names = _arguments(places)
        self.changed = self._changed()
        is_state = [bool(node.meta.get("tensor_dict", {}).get("_dynamo_static_input_type")) for node in places]
        paths = _unique(_path(node) for node in places)
        self.state = {i: paths[i] for i in range(len(places)) if is_state[i] and i not in self.changed}

    def computes(self) -> bool:
        """Tells whether the graph has an operator on tensors."""
        return any(isinstance(node.target, torch._ops.OperatorBase) for node in self.module.graph.nodes)

    def modules(self) -> set[str]:
        """Returns the names of the modules that the graph has operators of; see :func:`modules_of`."""
        parts = [part for part in self.module.modules() if isinstance(part, torch.fx.GraphModule)]
        return {name for part in parts for node in part.graph.nodes for name in modules_of(node)}

    def device(self) -> str:
        """Returns the device of the tensors; of a GPU and the CPU, the GPU."""
        values = [node.meta.get("val") for node in self.module.graph.nodes]
        devices = {str(value.device): value.device.type for value in values if isinstance(value, torch.Tensor)}
        return next((name for name, kind in devices.items() if kind != "cpu"), "cpu")

    def _changed(self) -> set[int]:
        storages = {
            _storage(value.meta.get("val"))
            for part in self.module.modules()
            if isinstance(part, torch.fx.GraphModule)
            for node in part.graph.nodes
            for value in (*written(node), *statistics(node))
        }
        return {i for i, value in enumerate(self.values) if _storage(value) in storages - {None}}

    def limits(self) -> dict[tuple[int, int], int | None]:
        """Returns place and dimension of every size that varies, with its largest value; None: there is no limit."""
        return {
            (place, dim): _bounds(size)[1]
            for place, value in enumerate(self.values)
            if isinstance(value, torch.Tensor)
            for dim, size in enumerate(value.shape)
            if _varies(size)
        }

    def taken(self) -> list[int]:
        """Returns the places of the arguments of the program: tensors, and numbers that are no size of a tensor."""
        sizes = self._sizes()
        return [
            place
            for place, value in enumerate(self.values)
            if place not in self.state and (isinstance(value, torch.Tensor) or place not in sizes)
        ]

    def _sizes(self) -> dict[int, str]:
        """The expressions of the symbols that are sizes of tensors, by place."""
        known: dict[Any, str] = {}
        for place, value in enumerate(self.values):
            if isinstance(value, torch.Tensor) and place not in self.state:
                for dim, size in enumerate(value.shape):
                    if isinstance(size, torch.SymInt):
                        known.setdefault(size.node.expr, f"{self.names[place]}.size({dim})")
        symbols = {i: value.node.expr for i, value in enumerate(self.values) if isinstance(value, torch.SymInt)}
        return {place: known[symbol] for place, symbol in symbols.items() if symbol in known}

    def program(self, tensors: Sequence[Any]) -> FxProgram:
        """Returns the program with the state among the tensors of a call."""
        taken, sizes = self.taken(), self._sizes()
        (output,) = self.module.graph.find_nodes(op="output")
        results = output.args[0]
        return FxProgram(
            what="a graph of torch.compile",
            name="GraphOfTorchCompile",  # Dynamo does not tell the class of the model
            graph=self.module.graph,
            arguments=[(self.names[i], _type(self.values[i])) for i in taken],
            inputs={self.places[i].name: sizes.get(i, name) for i, name in enumerate(self.names)},
            state={self.places[i].name: (path, _plain(tensors[i])) for i, path in self.state.items()},
            results=results if isinstance(results, (tuple, list)) else [results],
        )

    def entries(self, tensors: Sequence[Any], tops: dict[tuple[int, int], int]) -> dict[str, Input]:
        """Returns the Input of each tensor, by the name of its argument.

        Args:
            tensors: those of a call.
            tops: the largest values of the sizes that vary.
        """
        found = {}
        for place in self.taken():
            value = self.values[place]
            if isinstance(value, torch.Tensor):
                found[self.names[place]] = _entry(value, tensors[place], place, tops)
        return found


def _trace(module: torch.fx.GraphModule, values: Sequence[Any]) -> torch.fx.GraphModule:
    """Returns the graph in ATen operators, whose nodes have the lines of the user."""
    known = [*values, *(node.meta.get("example_value") for node in module.graph.nodes)]
    modes = [value.fake_mode for value in known if hasattr(value, "fake_mode")]
    if not modes:
        raise RuntimeError("the graph has no tensor")
    casts = torch._C._is_any_autocast_enabled() or any(
        node.target is torch.amp.autocast_mode._enter_autocast for node in module.graph.nodes
    )

    def run(*args: Any) -> Any:
        with traceback.preserve_node_meta():
            return _WithoutGradients(module).run(*args)

    # Dispatch after autocast would lose the casts.
    with torch.no_grad(), modes[0]:
        return make_fx(run, pre_dispatch=not casts, _allow_non_fake_inputs=True)(*values)


def _shape(value: Any) -> Any:
    return tuple(value.shape) if isinstance(value, torch.Tensor) else None


def _storage(value: Any) -> int | None:
    return value.untyped_storage()._cdata if isinstance(value, torch.Tensor) else None


def _plain(tensor: Any) -> torch.Tensor:
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        raise RuntimeError(f"a parameter of the model is a {type(tensor).__name__}, must be a plain tensor")
    return tensor


def _type(value: Any) -> str:
    for kind, name in ((torch.Tensor, "Tensor"), ((int, torch.SymInt), "int"), ((float, torch.SymFloat), "float")):
        if isinstance(value, kind):
            return name
    raise RuntimeError(f"a graph of torch.compile has an argument of the type {type(value).__name__}")


def _arguments(places: Sequence[torch.fx.Node]) -> list[str]:
    """Returns names of arguments: those of the user's variables where Dynamo has them."""
    names = [re.sub(r"^l_(\w+)_$", r"\1", node.name) for node in places]
    return _unique(f"{name}_" if keyword.iskeyword(name) or name in ("self", "torch") else name for name in names)


def _path(node: torch.fx.Node) -> str:
    """Returns the name of a parameter in the model."""
    source = getattr(node, "_dynamo_source", None)
    name = source.name if source is not None else node.name
    name = name() if callable(name) else name
    parts = ["".join(found) for found in _ATTRIBUTE.findall(name)][1:]
    return ".".join(part.replace(".", "_") for part in parts if part not in _GROUPS) or node.name


def _unique(names: Iterator[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        count, free = 0, name
        while free in found or any(other.startswith(f"{free}.") or free.startswith(f"{other}.") for other in found):
            count += 1
            free = f"{name}_{count}"
        found.append(free)
    return found


def _varies(size: Any) -> bool:
    """Tells whether a size is a symbol, and not one that Dynamo found to be constant."""
    return isinstance(size, torch.SymInt) and not size.node.expr.is_number


def _bounds(size: torch.SymInt) -> tuple[int, int | None]:
    found = size.node.shape_env.bound_sympy(size.node.expr)
    is_finite = found.upper.is_finite and found.upper < torch.iinfo(torch.int64).max // 2
    return max(int(found.lower), 0), int(found.upper) if is_finite else None


def _entry(value: torch.Tensor, tensor: torch.Tensor, place: int, tops: dict[tuple[int, int], int]) -> Input:
    if not any(map(_varies, value.shape)):
        return Input.from_tensor(tensor)
    low, high = list(tensor.shape), list(tensor.shape)
    for dim, size in enumerate(value.shape):
        if _varies(size):
            low[dim] = min(_bounds(size)[0], high[dim])
            high[dim] = tops[place, dim]
    layout = _layout(tensor)
    return Input(min_shape=low, opt_shape=tensor.shape, max_shape=high, dtype=tensor.dtype, format=layout)
