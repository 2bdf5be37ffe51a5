"""The arguments of an exported program: their names, contents and shapes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.export.graph_signature import ConstantArgument, InputKind, TensorArgument
from torch.utils import _pytree

from torch_tensorrt._input import Input


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A tensor of an argument."""

    name: str  # of its placeholder
    value: torch.Tensor  # a fake tensor; its sizes may be symbols


@dataclasses.dataclass(frozen=True)
class Argument:
    """An argument of the program: a :class:`Leaf`, or a tuple or list of such nests."""

    name: str
    tree: Any

    def leaves(self) -> Iterator[Leaf]:
        return _leaves(self.tree)

    def type(self) -> str:
        """Returns the type in TorchScript's notation."""
        return _type(self)

    @property
    def is_tensor(self) -> bool:
        return isinstance(self.tree, Leaf)


def _leaves(tree: Any) -> Iterator[Leaf]:
    if isinstance(tree, Leaf):
        yield tree
        return
    for part in tree:
        yield from _leaves(part)


def _type(argument: Argument) -> str:
    tree = argument.tree
    if isinstance(tree, Leaf):
        return "Tensor"
    kinds = [_type(Argument(argument.name, part)) for part in tree]
    if isinstance(tree, tuple):
        return f"Tuple[{', '.join(kinds)}]"
    if len(set(kinds)) > 1:
        raise RuntimeError(
            f"argument {argument.name} of the exported program is a list of {' and '.join(sorted(set(kinds)))}; "
            "make it a tuple"
        )
    return f"List[{kinds[0] if kinds else 'Tensor'}]"


def arguments(program: torch.export.ExportedProgram) -> list[Argument]:
    """Returns the arguments that hold tensors in the order of the call: first by position, then by keyword.

    A constant (None, a number, a string) is part of the program and not an argument of the compiled module.

    Raises:
        RuntimeError: a compiled module cannot have an argument of this type.
    """
    found = []
    for name, spec, leaves in _split(program):
        if not _is_constant(leaves):
            nest = _pytree.tree_unflatten([_checked_leaf(name, *leaf) for leaf in leaves], spec)
            found.append(Argument(name, _checked_tree(name, nest)))
    return found


def constants(program: torch.export.ExportedProgram) -> dict[str, Any]:
    """Returns the arguments without a tensor, with their values at the export."""
    return {
        name: _pytree.tree_unflatten([value.value for _, value in leaves], spec)
        for name, spec, leaves in _split(program)
        if _is_constant(leaves)
    }


def _is_constant(leaves: Sequence[tuple[str, Any]]) -> bool:
    return all(isinstance(value, ConstantArgument) for _, value in leaves)


def _split(program: torch.export.ExportedProgram) -> Iterator[tuple[str, Any, list[tuple[str, Any]]]]:
    """Yields name, structure and placeholders of each argument."""
    given = _placeholders(program)
    for name, spec in _specs(program):
        leaves = [next(given) for _ in range(spec.num_leaves)]
        yield (leaves[0][0] if spec.is_leaf() else name), spec, leaves


def _specs(program: torch.export.ExportedProgram) -> list[tuple[str, Any]]:
    """Returns name and structure of each argument; a leaf has the name of its placeholder."""
    positional, named = program.call_spec.in_spec.children()
    names = program.module_call_graph[0].signature.forward_arg_names or []
    specs = positional.children() + named.children()
    keywords = list(named.context or [])
    names = [*names[: positional.num_children], *keywords] if len(names) >= positional.num_children else []
    return [(names[i] if i < len(names) else f"argument_{i}", spec) for i, spec in enumerate(specs)]


def _placeholders(program: torch.export.ExportedProgram) -> Iterator[tuple[str, Any]]:
    """Yields name and value of each placeholder; the value is a fake tensor, a constant, or something else."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    for spec in program.graph_signature.input_specs:
        if spec.kind is InputKind.USER_INPUT:
            yield spec.arg.name, values[spec.arg.name] if isinstance(spec.arg, TensorArgument) else spec.arg


def _checked_leaf(argument: str, name: str, value: Any) -> Leaf:
    if isinstance(value, torch.Tensor):
        return Leaf(name, value)
    what = repr(value.value) if isinstance(value, ConstantArgument) else "a variable number"
    raise RuntimeError(
        f"argument {argument} of the exported program holds {what}; a compiled module takes tensors, tuples and "
        "lists of them: export the model for tensors alone"
    )


def _checked_tree(argument: str, tree: Any) -> Any:
    if isinstance(tree, Leaf):
        return tree
    if type(tree) in (tuple, list):
        return type(tree)(_checked_tree(argument, part) for part in tree)
    raise RuntimeError(
        f"argument {argument} of the exported program is a {type(tree).__name__}; a compiled module takes tensors, "
        "tuples and lists of them: export a model that takes the values as a tuple"
    )


def bounds(program: torch.export.ExportedProgram, dim: Any) -> tuple[int, float]:
    """Returns the smallest and the largest size of a dimension in the export."""
    if isinstance(dim, int):
        return dim, dim
    interval = program.range_constraints.get(dim.node.expr)
    if interval is None:
        return 0, math.inf
    high = interval.upper
    return int(interval.lower), int(high) if high.is_finite and high < torch.iinfo(torch.int64).max // 2 else math.inf


def default_input(program: torch.export.ExportedProgram, leaf: Leaf) -> Input:
    """Returns the Input of the export. Raises ``ValueError`` for a dimension without an upper bound."""
    value = leaf.value
    low, high = zip(*(bounds(program, dim) for dim in value.shape), strict=True) if value.dim() else ((), ())
    if any(math.isinf(bound) for bound in high):
        raise ValueError(f"input {leaf.name} of the exported program has a size without an upper bound; give inputs")
    usual = tuple(dim if isinstance(dim, int) else int(dim.node.hint) for dim in value.shape)
    if low == high:
        return Input(usual, dtype=value.dtype)
    return Input(min_shape=low, opt_shape=usual, max_shape=tuple(map(int, high)), dtype=value.dtype)


def _shapes(element: torch.Tensor | Input) -> list[Sequence[int]]:
    if isinstance(element, torch.Tensor):
        return [tuple(element.shape)]
    if element.shape_mode is Input._ShapeMode.DYNAMIC:
        ranges = element.profiles or [element.shape]
        return [range_[end] for range_ in ranges for end in ("min_shape", "max_shape")]
    return [element.shape]


def check_inputs(program: torch.export.ExportedProgram, leaves: Sequence[Leaf], inputs: Sequence[Any]) -> None:
    """Raises ``ValueError`` if the inputs do not match those of the export."""
    if len(leaves) != len(inputs):
        raise ValueError(f"the exported program has {len(leaves)} inputs, {len(inputs)} were given")
    for leaf, element in zip(leaves, inputs, strict=True):
        if not isinstance(element, (torch.Tensor, Input)):
            continue  # the compiler reports the type
        for shape in _shapes(element):
            _check_shape(program, leaf, shape)


def _check_shape(program: torch.export.ExportedProgram, leaf: Leaf, shape: Sequence[int]) -> None:
    value = leaf.value
    if len(shape) != value.dim():
        raise ValueError(
            f"input {leaf.name} has the shape {list(shape)}, but the program was exported for rank {value.dim()}"
        )
    for axis, (size, dim) in enumerate(zip(shape, value.shape, strict=True)):
        low, high = bounds(program, dim)
        if low <= size <= high:
            continue
        range_text = str(low) if low == high else f"{low} to {high}"
        raise ValueError(
            f"dimension {axis} of input {leaf.name} is {size}, but the program was exported for {range_text}; "
            "set the range with torch.export.export(..., dynamic_shapes=...)"
        )
