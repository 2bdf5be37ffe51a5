"""The arguments of an exported program: their names, contents and types."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import torch
from torch.export.graph_signature import ConstantArgument, InputKind

from torch_tensorrt._nest import Nest, nest, paths, typed


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A value in an argument: a tensor, a number that varies, or a constant."""

    name: str  # of its placeholder
    value: Any  # a fake tensor, whose sizes may be symbols; a symbol; or a ConstantArgument

    @property
    def is_tensor(self) -> bool:
        return isinstance(self.value, torch.Tensor)

    @property
    def is_constant(self) -> bool:
        return isinstance(self.value, ConstantArgument)

    @property
    def varies(self) -> bool:
        """Whether the value is a number that each call gives."""
        return not self.is_tensor and not self.is_constant

    def type(self) -> str:
        """Returns the type in TorchScript's notation."""
        if self.is_tensor:
            return "Tensor"
        if not self.is_constant:
            return "float" if isinstance(self.value, torch.SymFloat) else "int"
        constant = self.value.value
        return "Optional[Tensor]" if constant is None else type(constant).__name__


@dataclasses.dataclass(frozen=True)
class Argument:
    """An argument of the program. ``tree`` is a :class:`Leaf`, or a :class:`Nest` of such trees."""

    name: str
    tree: Leaf | Nest

    def leaves(self) -> Iterator[Leaf]:
        return (leaf for leaf, _ in self.parts())

    def tensors(self) -> Iterator[Leaf]:
        return (leaf for leaf in self.leaves() if leaf.is_tensor)

    def parts(self) -> Iterator[tuple[Leaf, str]]:
        """Yields every leaf with the expression that reads it; an expression of TorchScript if there is a type."""
        return _parts(self.tree, self.name)

    def paths(self) -> Iterator[tuple[Leaf, str]]:
        """Yields every leaf with its name in messages (``batch['x']``)."""
        return paths(self.tree, self.name)

    def type(self) -> str:
        """Returns the type in TorchScript's notation.

        Raises:
            NoType: there is no such type.
        """
        return _type(self.name, self.tree)

    @property
    def is_tensor(self) -> bool:
        return isinstance(self.tree, Leaf) and self.tree.is_tensor

    @property
    def is_constant(self) -> bool:
        return all(leaf.is_constant for leaf in self.leaves())

    @property
    def varies(self) -> bool:
        """Whether the argument is a number that each call gives."""
        return isinstance(self.tree, Leaf) and self.tree.varies

    def constant(self) -> Any:
        """Returns the value of a constant argument."""
        return typed(self.tree, (leaf.value.value for leaf in self.leaves()))


class NoType(RuntimeError):
    """TorchScript has no type for the structure of an argument."""


def _parts(tree: Leaf | Nest, text: str) -> Iterator[tuple[Leaf, str]]:
    if isinstance(tree, Leaf):
        yield tree, text
        return
    is_optional = tree.kind != "tuple" and _is_optional(tree)
    for key, part in zip(tree.keys, tree.parts, strict=True):
        entry = f"{text}[{key!r}]"
        yield from _parts(part, f"torch.jit._unwrap_optional({entry})" if is_optional else entry)


def _is_optional(tree: Nest) -> bool:
    """Tells whether a list or dict holds tensors and None."""
    if not all(isinstance(part, Leaf) for part in tree.parts):
        return False
    kinds = {part.type() for part in tree.parts}
    return kinds == {"Tensor", "Optional[Tensor]"}


def _type(argument: str, tree: Leaf | Nest) -> str:
    if isinstance(tree, Leaf):
        return tree.type()
    if any(isinstance(part, Leaf) and part.varies for part in tree.parts):
        raise NoType(f"argument {argument} of the exported program holds a number that varies")
    if tree.kind == "object":
        raise NoType(f"argument {argument} of the exported program holds a {tree.class_name}")
    kinds = [_type(argument, part) for part in tree.parts]
    if tree.kind == "tuple":
        return f"Tuple[{', '.join(kinds) or '()'}]"
    if _is_optional(tree):
        kinds = ["Optional[Tensor]"]
    if len(set(kinds)) > 1:
        raise NoType(
            f"argument {argument} of the exported program is a {tree.kind} of {' and '.join(sorted(set(kinds)))}"
        )
    kind = kinds[0] if kinds else "Tensor"
    if tree.kind == "list":
        return f"List[{kind}]"
    if len({type(key) for key in tree.keys}) > 1:
        raise NoType(
            f"argument {argument} of the exported program is a dict with the keys {', '.join(map(repr, tree.keys))}"
        )
    return f"Dict[{type(next(iter(tree.keys), '')).__name__}, {kind}]"


def arguments(program: torch.export.ExportedProgram) -> list[Argument]:
    """Returns the arguments in the order of the call: by position, then by keyword, constants by keyword at the end."""
    given = _placeholders(program)
    args, kwargs = program.example_inputs or ((), {})
    examples = itertools.chain(args, kwargs.values(), itertools.repeat(None))
    found = []
    for (name, spec), example in zip(_specs(program), examples, strict=False):
        tree = nest(spec, given, example)
        found.append(Argument(tree.name if isinstance(tree, Leaf) else name, tree))
    positional = program.call_spec.in_spec.child(0).num_children
    return found[:positional] + sorted(found[positional:], key=lambda argument: argument.is_constant)


def _specs(program: torch.export.ExportedProgram) -> list[tuple[str, Any]]:
    """Returns name and structure of each argument; a leaf has the name of its placeholder."""
    positional, named = program.call_spec.in_spec.children()
    names = program.module_call_graph[0].signature.forward_arg_names or []
    specs = positional.children() + named.children()
    keywords = list(named.context or [])
    names = [*names[: positional.num_children], *keywords] if len(names) >= positional.num_children else []
    return [(names[i] if i < len(names) else f"argument_{i}", spec) for i, spec in enumerate(specs)]


def _placeholders(program: torch.export.ExportedProgram) -> Iterator[Leaf]:
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    for spec in program.graph_signature.input_specs:
        if spec.kind is InputKind.USER_INPUT:
            is_constant = isinstance(spec.arg, ConstantArgument)
            yield Leaf(spec.arg.name, spec.arg if is_constant else values[spec.arg.name])
