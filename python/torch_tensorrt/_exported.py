"""Turns an ExportedProgram into TorchScript node by node, without running it, and resolves its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.export.graph_signature import InputKind, OutputKind
from torch.utils import _pytree

from torch_tensorrt._exported_arguments import Argument, arguments
from torch_tensorrt._exported_sizes import Sizes, check_inputs, default_input
from torch_tensorrt._fx_operators import literal
from torch_tensorrt._fx_to_script import FxProgram
from torch_tensorrt._input import Input
from torch_tensorrt.ts._compile_spec import require_sequence


def to_script(
    program: torch.export.ExportedProgram, flat: bool = False, constants: bool = False, views: bool = False
) -> torch.jit.ScriptModule:
    """Turns the program into a ScriptModule.

    Args:
        flat: give ``forward`` an argument for each tensor of a tuple, list or dict.
        constants: give ``forward`` the arguments without a tensor too.
        views: read arguments through views that fail in a call whose sizes contradict the export. Without them, a call
            needs :func:`torch_tensorrt._exported_checks.add`.

    Raises:
        RuntimeError: TorchScript cannot express the program.
    """
    program = _with_casts(program)
    given = arguments(program)
    taken = [argument for argument in given if constants or not argument.is_constant]
    if flat:
        taken = [Argument(leaf.name, leaf) for argument in taken for leaf in argument.leaves() if not leaf.is_constant]
    (output,) = program.graph.find_nodes(op="output")
    outputs = list(zip(program.graph_signature.output_specs, output.args[0], strict=True))
    return FxProgram(
        what="the exported program",
        name=_model_name(program),
        graph=program.graph,
        arguments=[(argument.name, argument.type()) for argument in taken],
        defaults=_defaults(taken),
        inputs=_inputs(program, given, taken, views),
        state=_state(program),
        results=[value for spec, value in outputs if spec.kind is OutputKind.USER_OUTPUT],
        spec=program.call_spec.out_spec,
        writes=list(_writes(program, outputs)),
    ).script()


def _model_name(program: torch.export.ExportedProgram) -> str:
    """Returns the name of the class of the exported model, as its operators have it."""
    stacks = [(node.meta.get("nn_module_stack") or {}).values() for node in program.graph.nodes]
    names = [kind.rpartition(".")[2] for stack in stacks for path, kind in stack if not path and isinstance(kind, str)]
    return next((name for name in names if name.isidentifier()), "ExportedProgram")


def _with_casts(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    """Returns the program with the casts of its blocks of autocast as operators."""
    parts = [part for part in program.graph_module.modules() if isinstance(part, torch.fx.GraphModule)]
    targets = [node.target for part in parts for node in part.graph.nodes]
    return program.run_decompositions({}) if torch.ops.higher_order.wrap_with_autocast in targets else program


def _defaults(taken: Sequence[Argument]) -> dict[str, Any]:
    """Values of the constants that no other argument follows."""
    found = {}
    for argument in reversed(taken):
        if not argument.is_constant:
            break
        found[argument.name] = argument.constant()
    return found


def _inputs(
    program: torch.export.ExportedProgram, given: Sequence[Argument], taken: Sequence[Argument], views: bool
) -> dict[str, str]:
    """The expressions of the placeholders of arguments, also of constants."""
    parts = [part for argument in taken for part in argument.parts()]
    texts = {leaf.name: text for leaf, text in parts if not leaf.is_constant}
    if views:
        texts.update(Sizes(program).views(texts))
    for leaf in (leaf for argument in given for leaf in argument.leaves() if leaf.is_constant):
        constant = literal(leaf.value.value)
        if constant is not None:
            texts[leaf.name] = constant
    return texts


def _writes(program: torch.export.ExportedProgram, outputs: Sequence[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    """Yields the placeholders that the program writes when it ends, and the nodes of their new elements."""
    places = {spec.target: spec.arg.name for spec in program.graph_signature.input_specs if spec.target is not None}
    for spec, value in outputs:
        if spec.kind is OutputKind.BUFFER_MUTATION:
            yield places[spec.target], value
        elif spec.kind is OutputKind.USER_INPUT_MUTATION:
            yield spec.target, value
        elif spec.kind is not OutputKind.USER_OUTPUT:
            raise RuntimeError(f"the exported program has a result of the unsupported kind {spec.kind.name.lower()}")


def _state(program: torch.export.ExportedProgram) -> dict[str, tuple[str, torch.Tensor]]:
    """Names in the model and tensors of the placeholders of parameters, buffers and constants."""
    state = {}
    for spec in program.graph_signature.input_specs:
        if spec.kind is InputKind.USER_INPUT:
            continue
        value = program.state_dict.get(spec.target, program.constants.get(spec.target))
        if not isinstance(value, torch.Tensor):
            raise RuntimeError(
                f"the exported program holds {spec.target}, which is not a tensor, and cannot be compiled"
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
    leaves = [leaf for argument in given for leaf in argument.tensors()]
    if inputs is None and not keywords:
        sizes = Sizes(program)
        return [default_input(sizes, leaf) for leaf in leaves]
    require_sequence(inputs)
    elements = list(inputs or []) + _by_keyword(given, keywords or {})
    if len(elements) != len(leaves) or not all(argument.is_tensor or argument.is_constant for argument in given):
        elements = _tensors(elements)
    check_inputs(Sizes(program), leaves, elements)
    return elements


def _by_keyword(given: Sequence[Argument], keywords: dict[str, Any]) -> list[Any]:
    """The values in the order of the arguments, without constants."""
    fixed = {argument.name: argument.constant() for argument in given if argument.is_constant}
    names = [argument.name for argument in given]
    for name, value in keywords.items():
        if name in fixed and value != fixed[name]:
            raise ValueError(f"argument {name} is {value!r}, but the program was exported for {fixed[name]!r}")
        if name not in names:
            raise ValueError(f"the exported program has no argument {name}; its arguments are {', '.join(names)}")
    return [keywords[name] for name in names if name in keywords and name not in fixed]


def _tensors(inputs: Sequence[Any]) -> list[Any]:
    """Flattens nests and drops constants, which the program has itself."""
    leaves = _pytree.tree_leaves(list(inputs), is_leaf=lambda value: isinstance(value, Input))
    return [leaf for leaf in leaves if leaf is not None and not isinstance(leaf, (bool, int, float, str))]


def input_settings(
    program: torch.export.ExportedProgram, inputs: Sequence[Any], constants: bool = False
) -> dict[str, Any]:
    """Nests the result of :func:`resolve_inputs` like the arguments, for :func:`torch_tensorrt.ts.compile`.

    Args:
        constants: see :func:`to_script`.
    """
    given = [argument for argument in arguments(program) if constants or not argument.is_constant]
    if all(argument.is_tensor for argument in given):
        return {"inputs": inputs}
    left = iter(inputs)
    entries = {argument.name: _nest(argument.tree, left) for argument in given if not argument.varies}
    return {"inputs": [], "kwarg_inputs": entries}


def _nest(tree: Any, left: Iterator[Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _nest(part, left) for key, part in tree.items()}
    if isinstance(tree, (tuple, list)):
        return type(tree)(_nest(part, left) for part in tree)
    return tree.value.value if tree.is_constant else next(left)
