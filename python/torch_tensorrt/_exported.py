"""Turns an ExportedProgram into TorchScript node by node, without running it, and resolves its inputs."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.export.graph_signature import InputKind, OutputKind
from torch.utils import _pytree

from torch_tensorrt._exported_arguments import Argument, arguments
from torch_tensorrt._exported_form import is_computed, results, taken, want
from torch_tensorrt._exported_sizes import Sizes, check_inputs, default_input
from torch_tensorrt._fx_operators import literal
from torch_tensorrt._fx_to_script import FxProgram
from torch_tensorrt._input import Input
from torch_tensorrt._nest import Mismatch, Nest, described, described_value, leaf_text, mapped, matched, typed
from torch_tensorrt._structure import Form, same_constant
from torch_tensorrt.ts._compile_spec import require_sequence


def to_script(program: torch.export.ExportedProgram, form: Form, views: bool = False) -> torch.jit.ScriptModule:
    """Turns the program into a ScriptModule.

    Args:
        views: read arguments through views that fail in a call whose sizes contradict the export. Without them, a call
            needs :func:`torch_tensorrt._exported_checks.add`.

    Raises:
        RuntimeError: TorchScript cannot express the program.
    """
    program = _with_casts(program)
    given = arguments(program)
    used = taken(given, form)
    return FxProgram(
        what="the exported program",
        name=_model_name(program),
        graph=program.graph,
        arguments=[(argument.name, argument.type()) for argument in used],
        defaults=_defaults(used),
        inputs=_inputs(program, given, used, views),
        state=_state(program),
        results=[value for value in results(program) if not form.flat_results or is_computed(value)],
        spec=None if form.flat_results else program.call_spec.out_spec,
        writes=list(_writes(program)),
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
        value = argument.constant() if argument.is_constant else []
        if isinstance(value, (list, dict)):  # TorchScript has no such defaults
            break
        found[argument.name] = value
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


def _writes(program: torch.export.ExportedProgram) -> Iterator[tuple[str, Any]]:
    """Yields the placeholders that the program writes when it ends, and the nodes of their new elements."""
    (output,) = program.graph.find_nodes(op="output")
    places = {spec.target: spec.arg.name for spec in program.graph_signature.input_specs if spec.target is not None}
    for spec, value in zip(program.graph_signature.output_specs, output.args[0], strict=True):
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
    by_position, by_name = list(inputs or []), keywords or {}
    names = [argument.name for argument in given]
    for name in by_name:
        if name not in names:
            raise ValueError(f"the exported program has no argument {name}; its arguments are {', '.join(names)}")
    elements = _by_argument(given, by_position, by_name)
    if elements is None:
        elements = _tensors([*by_position, *(by_name[name] for name in names if name in by_name)])
    check_inputs(Sizes(program), leaves, elements)
    return elements


def _by_argument(given: Sequence[Argument], inputs: Sequence[Any], keywords: dict[str, Any]) -> list[Any] | None:
    """Returns the inputs of the tensors if there is an input of its structure for each argument; constants may have
    none.
    """
    found: list[Any] = []
    left = collections.deque(inputs)
    for argument in given:
        if argument.name in keywords:
            value = keywords[argument.name]
        elif not left or (_may_be_omitted(argument) and _has_tensors(left[0])):
            if not _may_be_omitted(argument):
                return None
            continue
        else:
            value = left.popleft()
        if isinstance(argument.tree, Nest) and isinstance(value, (Input, torch.Tensor)):
            return None
        found += _elements_of(argument, value)
    return None if left else found


def _may_be_omitted(argument: Argument) -> bool:
    return argument.is_constant or argument.varies


def _has_tensors(value: Any) -> bool:
    return any(isinstance(leaf, (Input, torch.Tensor)) for leaf in _leaves(value))


def _elements_of(argument: Argument, value: Any) -> list[Any]:
    """Returns the inputs of the tensors of one argument."""
    try:
        values = list(matched(argument.tree, value))
    except Mismatch:
        wanted = mapped(argument.tree, lambda leaf: str(want(leaf)))
        raise ValueError(
            f"argument {argument.name} is {described_value(value)}, but the program was exported for "
            f"{described(wanted)}"
        ) from None
    for (leaf, path), element in zip(argument.paths(), values, strict=True):
        if leaf.is_constant and not same_constant(element, leaf.value.value):
            raise ValueError(
                f"argument {path} is {leaf_text(element)}, but the program was exported for {leaf.value.value!r}"
            )
    return [element for (leaf, _), element in zip(argument.paths(), values, strict=True) if leaf.is_tensor]


def _leaves(inputs: Any) -> list[Any]:
    return _pytree.tree_leaves(inputs, is_leaf=lambda value: isinstance(value, Input))


def _tensors(inputs: Sequence[Any]) -> list[Any]:
    """Flattens nests and drops constants, which the program has itself."""
    return [
        leaf for leaf in _leaves(list(inputs)) if leaf is not None and not isinstance(leaf, (bool, int, float, str))
    ]


def input_settings(program: torch.export.ExportedProgram, inputs: Sequence[Any], form: Form) -> dict[str, Any]:
    """Nests the result of :func:`resolve_inputs` like the arguments, for :func:`torch_tensorrt.ts.compile`."""
    given = taken(arguments(program), form)
    if all(argument.is_tensor for argument in given):
        return {"inputs": inputs}
    left = iter(inputs)
    entries = {}
    for argument in given:
        if not argument.varies:
            values = [leaf.value.value if leaf.is_constant else next(left) for leaf in argument.leaves()]
            entries[argument.name] = typed(argument.tree, iter(values))
    return {"inputs": [], "kwarg_inputs": entries}
