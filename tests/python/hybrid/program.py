"""The statements of a random module, and the Python source that is printed from them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from hybrid.devices import with_devices

_PRELUDE = """\
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
"""
_BOX = """\
class Box:
    def __init__(self, value: Tensor):
        self.value = value
        self.count = 0

    def add(self, other: Tensor) -> None:
        self.count += 1
        self.value = self.value + other * 0.5
"""
SMALLEST = {"N": 1, "L": 2}  # the dynamic sizes of inputs: batch and length
LARGEST = {"N": 4, "L": 5}

Dim = int | str  # a str is a Python expression of N, L and sizes that depend on data
Shape = tuple[Dim, ...]


@dataclasses.dataclass
class Value:
    """What the generator knows of a variable or an attribute."""

    name: str
    kind: str = "tensor"  # tensor, int, float, list (of tensors), dict (of tensors), optional (tensor)
    dtype: str = "f32"  # f32, i64, bool
    shape: Shape = ()
    is_exact: bool = False  # no rounding happened, so that comparisons are safe
    is_contiguous: bool = True
    is_writable: bool = True  # no two elements share memory
    bound: float = 1.0
    group: int = 0  # tensors that may share memory have the same group
    keys: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        return len(self.shape)


@dataclasses.dataclass
class Statement:
    """Lines of source, or a block: ``text`` is its head, and ``fixed`` are lines that the block cannot do without."""

    text: str
    features: tuple[str, ...] = ()
    makes: dict[str, tuple[str, Shape]] = dataclasses.field(default_factory=dict)  # tensors: dtype and shape
    body: list[Statement] | None = None
    orelse: list[Statement] | None = None
    before: str = ""
    fixed: str = ""
    leaves: list[str] | None = None  # of an early return

    def blocks(self) -> list[list[Statement]]:
        return [block for block in (self.body, self.orelse) if block is not None]


@dataclasses.dataclass
class Attribute:
    """A submodule, parameter, buffer or plain attribute; it is printed if the program uses it."""

    name: str
    init: str
    features: tuple[str, ...] = ()
    annotation: str = ""
    part: str = ""  # the source of the submodule's class
    is_state: bool = False  # the program may write it


@dataclasses.dataclass
class Method:
    """A method of the module, or a function beside it."""

    name: str
    arguments: str
    body: list[Statement]
    result: str
    annotation: str = "Tensor"
    is_function: bool = False


@dataclasses.dataclass
class Argument:
    """A tensor argument of ``forward``."""

    name: str
    dtype: str
    shape: Shape
    is_optional: bool = False  # annotated as Optional[Tensor]
    is_strided: bool = False  # calls give a tensor that is not contiguous

    def sizes(self, dims: dict[str, int]) -> list[int]:
        return [evaluate(dim, dims) for dim in self.shape]


@dataclasses.dataclass
class Program:
    """A module with the settings that compile it."""

    seed: int
    arguments: list[Argument]
    defaults: list[str]  # further arguments, never given
    attributes: list[Attribute]
    methods: list[Method]
    body: list[Statement]
    structure: Any  # of the result: the type of a leaf, or (kind, [structures])
    leaves: list[str]
    settings: dict[str, Any]
    roots: dict[str, str]  # dynamic sizes: the expressions that give them
    saves: int | None = None  # the call before which the module is saved and loaded
    device: str = "cpu"  # of the module, its inputs and its calls

    def statements(self) -> Iterator[Statement]:
        yield from walk(self.body)
        for method in self.methods:
            yield from walk(method.body)

    def features(self) -> set[str]:
        found = {feature for statement in self.statements() for feature in statement.features}
        text = self.source()
        for attribute in self.attributes:
            if re.search(rf"self\.{attribute.name}\b", text):
                found.update(attribute.features)
        found.update(_result_features(self.structure))
        found.add(f"inputs:{len(self.arguments)}")
        found.update("input:" + argument.dtype for argument in self.arguments)
        if any(argument.is_optional for argument in self.arguments):
            found.add("argument:optional given")
        body = text.partition("def forward")[2].partition("\n")[2]
        if any(re.search(rf"\b{default.split(':')[0]}\b", body) for default in self.defaults):
            found.add("argument:default")
        if any(argument.is_strided for argument in self.arguments):
            found.add("input:strided")
        if self.saves is not None:
            found.add("saved before call" if self.saves == 0 else "saved between calls")
        if any(isinstance(dim, str) for argument in self.arguments for dim in argument.shape):
            found.add("input:dynamic")
        found.update("setting:" + name for name in self.settings)
        if len(set(self.leaves)) < len(self.leaves):
            found.add("result:same tensor twice")
        if any(argument.name in self.leaves for argument in self.arguments):
            found.add("result:input")
        if any(leaf.startswith("self.") for leaf in self.leaves):
            found.add("result:attribute")
        return found

    def source(self) -> str:
        """Returns a Python file with the class ``Net``."""
        methods = self.used_methods()
        bodies = "\n".join(_block(m.body, "", None) + m.result for m in methods)
        forward = _block(self.body, "        ", self.structure)
        result = "        return " + render(self.structure, self.leaves) + "\n"
        text = bodies + forward + result
        attributes = [a for a in self.attributes if re.search(rf"self\.{a.name}\b", text)]
        arguments = [
            f"{a.name}: {'Optional[Tensor]' if a.is_optional else 'Tensor'}" for a in self.arguments
        ] + self.defaults
        head = _PRELUDE
        if "Triple(" in text:
            head += "\n\nclass Triple(NamedTuple):\n    first: Tensor\n    second: Tensor\n    third: int\n"
        if "Box(" in text:
            head += "\n\n" + _BOX
        head += _named_class(self.structure)
        for part in dict.fromkeys(a.part for a in attributes if a.part):
            head += "\n\n" + part
        for method in methods:
            if method.is_function:
                head += "\n\n" + _method(method, "")
        lines = ["\n\nclass Net(nn.Module):"]
        lines += [f"    {a.annotation}" for a in attributes if a.annotation]
        lines += ["", "    def __init__(self):", "        super().__init__()"]
        lines += ["        " + line for a in attributes for line in a.init.split("\n")]
        text = "\n".join(lines) + "\n"
        for method in methods:
            if not method.is_function:
                text += "\n" + _method(method, "    ")
        head_of_forward = f"\n    def forward(self, {', '.join(arguments)}) -> {annotation(self.structure)}:\n"
        source = head + text + head_of_forward + forward + result
        return source if self.device == "cpu" else with_devices(source)

    def used_methods(self) -> list[Method]:
        """Returns the methods that calls reach."""
        used: list[Method] = []
        text = _block(self.body, "", self.structure)
        for method in reversed(self.methods):  # a method calls earlier ones only
            if re.search(rf"\b{method.name}\b", text):
                used.insert(0, method)
                text += _block(method.body, "", None)
        return used

    def state_names(self) -> list[str]:
        """Returns the paths of the attributes that the program may write."""
        text = self.source()
        names = [a.name for a in self.attributes if a.is_state and re.search(rf"self\.{a.name}\b", text)]
        parts = [a.name for a in self.attributes if "self.calls" in a.part and re.search(rf"self\.{a.name}\b", text)]
        return names + [f"{name}.calls" for name in parts]


def walk(block: list[Statement]) -> Iterator[Statement]:
    for statement in block:
        yield statement
        for inner in statement.blocks():
            yield from walk(inner)


def evaluate(dim: Dim, dims: dict[str, int]) -> int:
    """Returns the size of a dimension for given N and L; a size that depends on data counts as 0."""
    if isinstance(dim, int):
        return dim
    sizes = {name: dims.get(name, dims.get("S", 0)) for name in re.findall(r"[A-Z]\w*", dim)}
    return eval(dim, {}, sizes)  # noqa: S307 - an expression of the generator


def smallest(dim: Dim) -> int:
    return evaluate(dim, SMALLEST)


# ---- results ---------------------------------------------------------------------------------------------------------


def render(structure: Any, leaves: list[str]) -> str:
    """Returns the expression of a result; ``leaves`` are its parts, from left to right."""
    rest = iter(leaves)
    return _render(structure, rest)


def _render(structure: Any, rest: Iterator[str]) -> str:
    if isinstance(structure, str):
        return next(rest)
    kind, parts = structure
    made = [_render(part, rest) for part in parts]
    if kind == "list":
        return f"[{', '.join(made)}]"
    if kind == "dict":
        return "{" + ", ".join(f'"k{i}": {part}' for i, part in enumerate(made)) + "}"
    if kind == "named":
        return f"Result({', '.join(made)})"
    return f"({', '.join(made)},)" if len(made) == 1 else f"({', '.join(made)})"


def annotation(structure: Any) -> str:
    if isinstance(structure, str):
        return structure
    kind, parts = structure
    if kind == "list":
        return "List[Tensor]"
    if kind == "dict":
        return "Dict[str, Tensor]"
    if kind == "named":
        return "Result"
    return f"Tuple[{', '.join(annotation(part) for part in parts)}]"


def leaf_types(structure: Any) -> list[str]:
    if isinstance(structure, str):
        return [structure]
    return [leaf for part in structure[1] for leaf in leaf_types(part)]


def without_leaf(structure: Any, index: int) -> Any:
    """Returns the structure without a leaf, or None if nothing is left."""
    if isinstance(structure, str):
        return None if index == 0 else structure
    kind, parts = structure
    kept = []
    for part in parts:
        count = len(leaf_types(part))
        shorter = without_leaf(part, index) if 0 <= index < count else part
        index -= count
        if shorter is not None:
            kept.append(shorter)
    return (kind, kept) if kept else None


def _named_class(structure: Any) -> str:
    if isinstance(structure, str):
        return ""
    kind, parts = structure
    inner = "".join(_named_class(part) for part in parts)
    if kind != "named":
        return inner
    fields = "".join(f"    f{i}: {annotation(part)}\n" for i, part in enumerate(parts))
    return inner + "\n\nclass Result(NamedTuple):\n" + fields


def _result_features(structure: Any) -> set[str]:
    if isinstance(structure, str):
        return {"result:" + structure}
    kind, parts = structure
    found = {"result:" + kind}
    for part in parts:
        if isinstance(part, tuple):
            found.add("result:nested")
        found |= _result_features(part) if part != "Tensor" else set()
    return found


# ---- printing --------------------------------------------------------------------------------------------------------


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}\n" for line in text.split("\n")) if text else ""


def _block(block: list[Statement], indent: str, structure: Any) -> str:
    text = ""
    for statement in block:
        if statement.leaves is not None:
            text += f"{indent}return {render(structure, statement.leaves)}\n"
            continue
        text += _indented(statement.before, indent) + _indented(statement.text, indent)
        if statement.body is not None:
            inner = _indented(statement.fixed, indent + "    ") + _block(statement.body, indent + "    ", structure)
            text += inner or f"{indent}    pass\n"
        if statement.orelse:
            text += f"{indent}else:\n" + _block(statement.orelse, indent + "    ", structure)
    return text


def _method(method: Method, indent: str) -> str:
    arguments = method.arguments if method.is_function else f"self, {method.arguments}"
    head = f"{indent}def {method.name}({arguments}) -> {method.annotation}:\n"
    return head + _block(method.body, indent + "    ", None) + f"{indent}    return {method.result}\n"
