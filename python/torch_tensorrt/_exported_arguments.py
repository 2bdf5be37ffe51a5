"""The arguments of an exported program: their names, contents and types."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import torch
from torch.export.graph_signature import ConstantArgument, InputKind
from torch.utils import _pytree

from torch_tensorrt._fx_operators import names_of_children


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
    """An argument of the program. ``tree`` is a :class:`Leaf`, or tuples, lists and dicts of such trees."""

    name: str
    tree: Any

    def leaves(self) -> Iterator[Leaf]:
        return (leaf for leaf, _ in self.parts())

    def tensors(self) -> Iterator[Leaf]:
        return (leaf for leaf in self.leaves() if leaf.is_tensor)

    def parts(self) -> Iterator[tuple[Leaf, str]]:
        """Yields every leaf with the expression that reads it."""
        return _parts(self.tree, self.name)

    def paths(self) -> Iterator[tuple[Leaf, str]]:
        """Yields every leaf with its name in messages (``batch['x']``)."""
        return _parts(self.tree, self.name, is_path=True)

    def type(self) -> str:
        """Returns the type in TorchScript's notation.

        Raises:
            RuntimeError: there is no such type.
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
        return isinstance(self.tree, Leaf) and not self.tree.is_tensor and not self.tree.is_constant

    def constant(self) -> Any:
        """Returns the value of a constant argument."""
        return _values(self.tree)


def _parts(tree: Any, text: str, is_path: bool = False) -> Iterator[tuple[Leaf, str]]:
    if isinstance(tree, Leaf):
        yield tree, text
        return
    is_optional = not is_path and not isinstance(tree, tuple) and _is_optional(tree)
    for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree):
        entry = f"{text}[{key!r}]"
        yield from _parts(part, f"torch.jit._unwrap_optional({entry})" if is_optional else entry, is_path)


def _is_optional(tree: Any) -> bool:
    """Tells whether a list or dict holds tensors and None."""
    parts = list(tree.values() if isinstance(tree, dict) else tree)
    if not all(isinstance(part, Leaf) for part in parts):
        return False
    kinds = {part.type() for part in parts}
    return kinds == {"Tensor", "Optional[Tensor]"}


def _values(tree: Any) -> Any:
    if isinstance(tree, Leaf):
        return tree.value.value
    if isinstance(tree, dict):
        return {key: _values(part) for key, part in tree.items()}
    return type(tree)(_values(part) for part in tree)


def _type(argument: str, tree: Any) -> str:
    if isinstance(tree, Leaf):
        return tree.type()
    kinds = [_type(argument, part) for part in (tree.values() if isinstance(tree, dict) else tree)]
    if isinstance(tree, tuple):
        return f"Tuple[{', '.join(kinds) or '()'}]"
    if _is_optional(tree):
        kinds = ["Optional[Tensor]"]
    if len(set(kinds)) > 1:
        what = "dict" if isinstance(tree, dict) else "list"
        raise RuntimeError(
            f"argument {argument} of the exported program is a {what} of {' and '.join(sorted(set(kinds)))}; "
            "make it a tuple"
        )
    kind = kinds[0] if kinds else "Tensor"
    if isinstance(tree, dict) and len({type(key) for key in tree}) > 1:
        raise RuntimeError(
            f"argument {argument} of the exported program is a dict with the keys {', '.join(map(repr, tree))}; the "
            "keys of a dict of a compiled module have one type, int or str"
        )
    if isinstance(tree, list):
        return f"List[{kind}]"
    return f"Dict[{type(next(iter(tree), '')).__name__}, {kind}]"


def arguments(program: torch.export.ExportedProgram) -> list[Argument]:
    """Returns the arguments in the order of the call: by position, then by keyword, constants by keyword at the end.

    Raises:
        RuntimeError: a compiled module cannot have an argument of this type.
    """
    given = _placeholders(program)
    found = []
    for name, spec in _specs(program):
        leaves = [next(given) for _ in range(spec.num_leaves)]
        tree = _tree(name, spec, iter(leaves))
        found.append(Argument(leaves[0].name if spec.is_leaf() else name, tree))
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


def is_named_tuple(spec: _pytree.TreeSpec) -> bool:
    return isinstance(spec.context, type) and _pytree.is_namedtuple_class(spec.context)


def _tree(argument: str, spec: _pytree.TreeSpec, leaves: Iterator[Leaf]) -> Any:
    if spec.is_leaf():
        return next(leaves)
    parts = [_tree(argument, child, leaves) for child in spec.children()]
    if spec.type is list:
        return parts
    if spec.type is tuple or is_named_tuple(spec):
        return tuple(parts)
    keys = names_of_children(spec)
    if keys is None:
        raise RuntimeError(
            f"argument {argument} of the exported program holds a {spec.type.__name__}; a compiled module takes "
            "tensors, numbers, tuples, lists and dicts: export a model that takes the values as a tuple"
        )
    return dict(zip(keys, parts, strict=True))
