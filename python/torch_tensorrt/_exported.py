"""Turns an ExportedProgram into TorchScript node by node, without running it, and resolves its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt._exported_arguments import Argument, arguments, check_inputs, constants, default_input
from torch_tensorrt._exported_writer import Writer
from torch_tensorrt._input import Input
from torch_tensorrt.ts._compile_spec import require_sequence


def to_script(program: torch.export.ExportedProgram, flat: bool = False) -> torch.jit.ScriptModule:
    """Turns the program into a ScriptModule. Its ``forward`` has the program's arguments without the constants.

    Args:
        flat: give ``forward`` an argument for each tensor of a tuple or list.

    Raises:
        RuntimeError: TorchScript cannot express the program.
    """
    given = arguments(program)
    if flat:
        given = [Argument(leaf.name, leaf) for argument in given for leaf in argument.leaves()]
    return Writer(program, given).script()


def resolve_inputs(
    program: torch.export.ExportedProgram, inputs: Sequence[Any] | None, keywords: dict[str, Any] | None
) -> list[Any]:
    """Returns an Input or tensor for each tensor in the program's arguments, in their order.

    Args:
        inputs: inputs of the positional arguments, or of all; None for those of the export.
        keywords: inputs of the keyword arguments.

    Raises:
        ValueError: an input differs from the export in number, rank, or sizes outside of ``dynamic_shapes``; or the
            program has no such keyword.
    """
    given = arguments(program)
    leaves = [leaf for argument in given for leaf in argument.leaves()]
    if inputs is None and not keywords:
        return [default_input(program, leaf) for leaf in leaves]
    require_sequence(inputs)
    elements = list(inputs or []) + _by_keyword(program, given, keywords or {})
    if len(elements) != len(leaves) or not all(argument.is_tensor for argument in given):
        elements = _tensors(elements)
    check_inputs(program, leaves, elements)
    return elements


def _by_keyword(
    program: torch.export.ExportedProgram, given: Sequence[Argument], keywords: dict[str, Any]
) -> list[Any]:
    """The values in the order of the arguments, without constants."""
    names = [argument.name for argument in given]
    fixed = constants(program)
    for name, value in keywords.items():
        if name in fixed and value != fixed[name]:
            raise ValueError(f"argument {name} is {value!r}, but the program was exported for {fixed[name]!r}")
        if name not in names and name not in fixed:
            raise ValueError(
                f"the exported program has no argument {name}; its arguments are {', '.join([*names, *fixed])}"
            )
    return [keywords[name] for name in names if name in keywords]


def _tensors(inputs: Sequence[Any]) -> list[Any]:
    """Flattens nests and drops constants, which the program has itself."""
    leaves = _pytree.tree_leaves(list(inputs), is_leaf=lambda value: isinstance(value, Input))
    return [leaf for leaf in leaves if leaf is not None and not isinstance(leaf, (bool, int, float, str))]


def input_settings(program: torch.export.ExportedProgram, inputs: Sequence[Any]) -> dict[str, Any]:
    """Nests the result of :func:`resolve_inputs` like the arguments, for :func:`torch_tensorrt.ts.compile`."""
    given = arguments(program)
    if all(argument.is_tensor for argument in given):
        return {"inputs": inputs}
    left = iter(inputs)
    return {"inputs": None, "input_signature": tuple(_nest(argument.tree, left) for argument in given)}


def _nest(tree: Any, left: Any) -> Any:
    return type(tree)(_nest(part, left) for part in tree) if isinstance(tree, (tuple, list)) else next(left)
