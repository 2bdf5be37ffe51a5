"""Turns an ExportedProgram into TorchScript node by node, without running it, and resolves its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.export.graph_signature import ConstantArgument, InputKind, OutputKind
from torch.utils import _pytree

from torch_tensorrt._exported_arguments import Argument, Leaf, arguments, check_inputs, constants, default_input
from torch_tensorrt._fx_operators import literal
from torch_tensorrt._fx_to_script import FxProgram
from torch_tensorrt._input import Input
from torch_tensorrt.ts._compile_spec import require_sequence


def export(
    module: torch.nn.Module, inputs: Sequence[Any] | None, keywords: dict[str, Any] | None
) -> torch.export.ExportedProgram:
    """Exports a module in eval mode for inputs that may hold ranges, without running it.

    Args:
        inputs: tensors, ``Input``s, values, and nests of these, for the arguments by position.
        keywords: the same for arguments by keyword.
    """
    require_sequence(inputs)
    shapes = torch.export.ShapesCollection()
    ranges: dict[int, Input] = {}  # by the identity of the example

    def example(entry: Any) -> Any:
        if not isinstance(entry, Input):
            return entry
        if entry.shape_mode is Input._ShapeMode.STATIC:
            return entry.example_tensor()
        lows, highs = _ends(entry)
        # Export makes a constant of a size that is 0 or 1 in its example.
        usual = [high if size < 2 else size for size, high in zip(entry.shape["opt_shape"], highs, strict=True)]
        tensor = torch.zeros(usual, dtype=entry.dtype.try_to(torch.dtype) or torch.float32)
        ends = enumerate(zip(lows, highs, strict=True))
        shapes[tensor] = {dim: torch.export.Dim.AUTO(min=low, max=high) for dim, (low, high) in ends if low < high}
        ranges[id(tensor)] = entry
        return tensor

    def is_leaf(entry: Any) -> bool:
        return isinstance(entry, Input)

    args = _pytree.tree_map(example, tuple(inputs or ()), is_leaf=is_leaf)
    kwargs = _pytree.tree_map(example, dict(keywords or {}), is_leaf=is_leaf)
    modes = {part: part.training for part in module.modules()}
    try:
        program = torch.export.export(module.eval(), args, kwargs, dynamic_shapes=shapes)
    finally:
        for part, is_training in modes.items():
            part.training = is_training
    tensors = [leaf for leaf in _pytree.tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    leaves = [leaf for argument in arguments(program) for leaf in argument.leaves()]
    for tensor, leaf in zip(tensors, leaves, strict=True):
        if id(tensor) in ranges:
            _allow_small_sizes(program, leaf, _ends(ranges[id(tensor)])[0])
    return program


def _allow_small_sizes(program: torch.export.ExportedProgram, leaf: Leaf, lows: Sequence[int]) -> None:
    """Allows the sizes 0 and 1, which ``Dim.AUTO`` excludes (a named ``Dim`` does not)."""
    for size, low in zip(leaf.value.shape, lows, strict=True):
        symbol = size.node.expr if isinstance(size, torch.SymInt) else None
        if symbol in program.range_constraints and low < 2:
            known = program.range_constraints[symbol]
            program.range_constraints[symbol] = type(known)(low, known.upper)


def _ends(entry: Input) -> tuple[list[int], list[int]]:
    """The smallest and the largest sizes of all ranges."""
    ranges = entry.profiles or [entry.shape]
    lows = [min(sizes) for sizes in zip(*(range_["min_shape"] for range_ in ranges), strict=True)]
    highs = [max(sizes) for sizes in zip(*(range_["max_shape"] for range_ in ranges), strict=True)]
    return lows, highs


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
    signature = program.graph_signature
    values = next(iter(program.graph.find_nodes(op="output"))).args[0]
    outputs = list(zip(signature.output_specs, values, strict=True))
    places = {spec.target: spec.arg.name for spec in signature.input_specs if spec.target is not None}
    writes = []
    for spec, value in outputs:
        if spec.kind is OutputKind.BUFFER_MUTATION:
            writes.append((places[spec.target], value))
        elif spec.kind is OutputKind.USER_INPUT_MUTATION:
            writes.append((spec.target, value))
        elif spec.kind is not OutputKind.USER_OUTPUT:
            raise RuntimeError(f"the exported program has a result of the kind {spec.kind.name.lower()}")
    return FxProgram(
        what="the exported program",
        graph=program.graph,
        arguments=[(argument.name, argument.type()) for argument in given],
        inputs=_inputs(program, given),
        state=_state(program),
        results=[value for spec, value in outputs if spec.kind is OutputKind.USER_OUTPUT],
        spec=program.call_spec.out_spec,
        writes=writes,
    ).script()


def _inputs(program: torch.export.ExportedProgram, given: Sequence[Argument]) -> dict[str, str]:
    """The expressions of the placeholders of arguments, also of those that are constants."""
    texts = {leaf.name: text for argument in given for leaf, text in _parts(argument.tree, argument.name)}
    for spec in program.graph_signature.input_specs:
        constant = literal(spec.arg.value) if isinstance(spec.arg, ConstantArgument) else None
        if constant is not None:
            texts.setdefault(spec.arg.name, constant)
    return texts


def _parts(tree: Any, text: str) -> Iterator[tuple[Leaf, str]]:
    """Yields every leaf with the expression that reads it."""
    if isinstance(tree, Leaf):
        yield tree, text
        return
    for i, part in enumerate(tree):
        yield from _parts(part, f"{text}[{i}]")


def _state(program: torch.export.ExportedProgram) -> dict[str, tuple[str, torch.Tensor]]:
    """Names in the model and tensors of the placeholders of parameters, buffers and constants."""
    state = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind is InputKind.USER_INPUT:
            continue
        value = program.state_dict.get(spec.target, program.constants.get(spec.target))
        if not isinstance(value, torch.Tensor):
            raise RuntimeError(
                f"the exported program holds {spec.target}, which is not a tensor; it cannot be compiled"
            )
        state[spec.arg.name] = (spec.target, value)
    return state


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
