"""The operations of a compiled method in the order of the program: layers of engines, and operators of PyTorch."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any

import torch

#: Nodes of a graph that only pass values on.
_GLUE = {
    "prim::Constant",
    "prim::GetAttr",
    "prim::ListConstruct",
    "prim::ListUnpack",
    "prim::TupleConstruct",
    "prim::TupleUnpack",
    "prim::TupleIndex",
    "prim::DictConstruct",
    "prim::unchecked_cast",
    "prim::Uninitialized",
    "prim::data",
    "tensorrt::check_argument",
    "tensorrt::check_written_inputs",
    "tensorrt::takes_inputs",
}
_ENGINE_CALL = "tensorrt::execute_engine"
_PLACE = re.compile(r'File "([^"]+)", line (\d+)|([^\s"]+\.py):(\d+)')
_OPERATOR = re.compile(r"= ?(\w+::\w+)")
_WEIGHT = re.compile(
    r"%(?:self\.)?([\w.]+?)\.(?:weight|bias|running_mean|running_var|in_proj_weight|[a-z]+_[ih]h_l\d+)\b"
)
_PYTORCH = "PyTorch"


@dataclasses.dataclass
class Operation:
    """A layer of an engine, or an operator that PyTorch runs.

    Attributes:
        number: place in the order of the program.
        executor: the engine's name, or "PyTorch".
        label: the kind of layer, or the operator.
        operator: the operator of PyTorch that it stands for; may be empty.
        module: path of the user's submodule; empty for the module itself, or if it is not known.
        block: the branches and loops around it, outermost first.
        source: "file.py:12"; may be empty.
        inputs: numbers of the operations whose results it reads.
        layer: number of the layer in its engine; -1 in PyTorch.
        microseconds: measured time, or None.
    """

    number: int
    executor: str
    label: str
    operator: str = ""
    module: str = ""
    block: tuple[str, ...] = ()
    source: str = ""
    inputs: tuple[int, ...] = ()
    layer: int = -1
    microseconds: float | None = None


def operator_of(name: str) -> str:
    """Returns the operator in the name of a layer, which is the text of a node of PyTorch."""
    found = _OPERATOR.search(name)
    return found.group(1) if found else ""


def module_of(layer: dict[str, Any]) -> str:
    """Returns the path of the submodule that a layer belongs to, else of the submodule whose weights it reads."""
    if layer.get("module"):
        return str(layer["module"])
    found = _WEIGHT.search(layer.get("name", ""))
    return found.group(1) if found else ""


class ModulePaths:
    """Whole paths of submodules.

    TorchScript's call stacks leave out containers such as ``ModuleList``: a layer of ``encoder.layer.0.query`` is in
    ``encoder.0.query``. The names of its weights tell the whole path, and by this the paths of the modules around it.
    Where they tell two paths, the short one remains.
    """

    def __init__(self, layers: Iterable[dict[str, Any]]) -> None:
        found: dict[tuple[str, ...], set[str]] = {}
        for layer in layers:
            short = tuple(str(layer.get("module") or "").split("."))
            for weight in _WEIGHT.finditer(layer.get("name", "")):
                whole = weight.group(1).split(".")
                for count, end in enumerate(_places(short, whole), start=1):
                    found.setdefault(short[:count], set()).add(".".join(whole[: end + 1]))
        self._whole = {short: paths.pop() for short, paths in found.items() if len(paths) == 1}

    def whole(self, path: str) -> str:
        """Returns the whole path of a module, or ``path`` where it is not known."""
        names = path.split(".")
        for count in range(len(names), 0, -1):
            if tuple(names[:count]) in self._whole:
                return ".".join((self._whole[tuple(names[:count])], *names[count:]))
        return path

    def of_layer(self, layer: dict[str, Any]) -> str:
        """Returns the whole path of the submodule of a layer."""
        short = module_of(layer)
        for weight in _WEIGHT.finditer(layer.get("name", "")):
            if _places(short.split("."), weight.group(1).split(".")):
                return weight.group(1)
        return self.whole(short)


def _places(short: Sequence[str], whole: Sequence[str]) -> list[int]:
    """Where the names of the short path stand in the whole one; nothing if they do not, or if the ends differ."""
    if short[-1] != whole[-1]:
        return []
    places: list[int] = []
    end = len(whole)
    for name in reversed(short):
        end = next((place for place in range(end - 1, -1, -1) if whole[place] == name), -1)
        if end < 0:
            return []
        places.append(end)
    return places[::-1]


def _place(node: Any) -> str:
    found = _PLACE.search(str(node.sourceRange()))
    if not found:
        return ""
    return f"{found.group(1) or found.group(3)}:{found.group(2) or found.group(4)}"


def _module_of_node(node: Any) -> str:
    try:
        hierarchy = node.getModuleHierarchy()
    except RuntimeError:  # a graph without call stacks
        return ""
    names = [part.partition("(")[0] for part in re.split(r"\.(?![^(]*\))", hierarchy)]
    return ".".join(name for name in names if name not in ("", "SELF", "INSTANCE_NAME_UNKNOWN"))


def _binding_order(tensors: Iterable[dict[str, Any]]) -> list[str]:
    """Names of an engine's inputs or outputs in the order of the call: by the number at the end."""

    def number(name: str) -> int:
        found = re.search(r"(\d+)$", name)
        return int(found.group(1)) if found else 0

    return sorted((tensor["name"] for tensor in tensors), key=number)


class _Engine:
    """The layers of an engine that run, and what connects them."""

    def __init__(self, name: str, information: dict[str, Any]) -> None:
        self.name = name
        self.layers = information.get("layers") or []
        self.inputs = _binding_order(information.get("inputs") or ())
        self.outputs = _binding_order(information.get("outputs") or ())
        tensors = [tensor for layer in self.layers for tensor in layer.get("outputs") or ()]
        self.is_connected = bool(tensors) and all("number" in tensor for tensor in tensors)


class _Program:
    def __init__(self, engines: dict[str, _Engine]) -> None:
        self.engines = engines
        self.paths = ModulePaths(layer for engine in engines.values() for layer in engine.layers)
        self.operations: list[Operation] = []
        self.producers: dict[str, set[int]] = {}
        self.lists: dict[str, list[set[int]]] = {}  # results of engine calls
        self.attributes: dict[str, str] = {}

    def of(self, value: Any) -> set[int]:
        return self.producers.get(value.debugName(), set())

    def of_all(self, values: Iterable[Any]) -> set[int]:
        return set().union(*(self.of(value) for value in values))

    def add(self, inputs: set[int], **fields: Any) -> int:
        number = len(self.operations)
        self.operations.append(Operation(number, inputs=tuple(sorted(inputs)), **fields))
        return number

    def walk(self, block: Any, around: tuple[str, ...], cause: set[int]) -> None:
        for node in block.nodes():
            self.visit(node, around, cause)

    def visit(self, node: Any, around: tuple[str, ...], cause: set[int]) -> None:
        kind = node.kind()
        if kind == "prim::GetAttr":
            self.attributes[node.output().debugName()] = node.s("name")
        if kind == _ENGINE_CALL:
            return self.call(node, around, cause)
        outputs = list(node.outputs())
        if kind in _GLUE:
            first = next(node.inputs(), None)
            parts = self.lists.get(first.debugName()) if first is not None and kind == "prim::ListUnpack" else None
            for number, output in enumerate(outputs):
                found = parts[number] if parts and number < len(parts) else self.of_all(node.inputs())
                self.producers[output.debugName()] = found
            return None
        blocks = list(node.blocks())
        label = {"prim::If": "if", "prim::Loop": "loop"}.get(kind, kind)
        control = self.add(
            self.of_all(node.inputs()) or cause,
            executor=_PYTORCH,
            label=label,
            operator=kind,
            module=self.paths.whole(_module_of_node(node)),
            block=around,
            source=_place(node),
        )
        results = [{control} for _ in outputs]
        for number, inner in enumerate(blocks):
            names = ("then", "else") if kind == "prim::If" else ("loop",)
            name = names[number] if number < len(names) else f"block {number}"
            inputs = list(inner.inputs())
            given = list(node.inputs())[2:] if kind == "prim::Loop" else []
            for place, value in enumerate(inputs):
                found = self.of(given[place - 1]) if 0 < place <= len(given) else set()
                self.producers[value.debugName()] = found | {control}
            self.walk(inner, (*around, name), {control})
            returned = list(inner.outputs())[1 if kind == "prim::Loop" else 0 :]
            for place, value in enumerate(returned[: len(results)]):
                results[place] = results[place] | self.of(value)
        for output, found in zip(outputs, results, strict=True):
            self.producers[output.debugName()] = found
        return None

    def call(self, node: Any, around: tuple[str, ...], cause: set[int]) -> None:
        given, engine_value = list(node.inputs())
        attribute = self.attributes.get(engine_value.debugName(), "")
        engine = self.engines.get(attribute)
        arguments = list(given.node().inputs()) if given.node().kind() == "prim::ListConstruct" else [given]
        sources = [self.of(value) or cause for value in arguments]
        everything = set().union(*sources) or cause
        output = node.output().debugName()
        if engine is None or not engine.is_connected:
            name = engine.name if engine is not None else attribute
            number = self.add(everything, executor=name, label="engine", block=around)
            self.producers[output] = {number}
            return
        tensors: dict[int, set[int]] = {}
        named: dict[str, set[int]] = {}
        by_binding = dict(zip(engine.inputs, sources, strict=False))
        for index, layer in enumerate(engine.layers):
            read: set[int] = set()
            for tensor in layer["inputs"]:
                read |= tensors.get(tensor["number"], set())
            if layer["kind"] == "input":
                made = by_binding.get(layer["outputs"][0]["name"], everything)
            elif layer["kind"] == "constant":
                made = set()
            elif not layer["tactic"]:  # a view
                first = layer["inputs"][0]["number"] if layer["inputs"] else -1
                made = tensors.get(first, read)
            else:
                made = {
                    self.add(
                        read or cause,
                        executor=engine.name,
                        label=layer["kind"],
                        operator=operator_of(layer["name"]),
                        module=self.paths.of_layer(layer),
                        block=around,
                        source=layer["source"],
                        layer=index,
                    )
                }
            for tensor in layer["outputs"]:
                tensors[tensor["number"]] = made
                named[tensor["name"]] = made
        self.lists[output] = [named.get(name, everything) for name in engine.outputs]
        self.producers[output] = set().union(*self.lists[output]) if self.lists[output] else everything


def operations_of(graph: torch.Graph, engines: dict[str, tuple[str, dict[str, Any]]]) -> list[Operation]:
    """Returns the operations of a method's graph.

    Args:
        graph: the method's graph.
        engines: name and layer information of the engine in each attribute.
    """
    program = _Program({attribute: _Engine(*engine) for attribute, engine in engines.items()})
    program.walk(graph, (), set())
    return program.operations
