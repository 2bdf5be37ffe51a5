"""The form that an exported program has in TorchScript: its own structure where TorchScript has types for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.export.graph_signature import OutputKind

from torch_tensorrt._exported_arguments import Argument, Leaf, NoType, arguments
from torch_tensorrt._fx_to_script import can_return
from torch_tensorrt._nest import Nest, has_keys, mapped, needs_python, nest
from torch_tensorrt._structure import Form, Structure, Taken, Want


def taken(given: Sequence[Argument], form: Form) -> list[Argument]:
    """Returns the arguments of the ScriptModule."""
    if not form.flat_arguments:
        return [argument for argument in given if form.constants or not argument.is_constant]
    leaves = [leaf for argument in given for leaf in argument.leaves()]
    return [Argument(leaf.name, leaf) for leaf in leaves if not leaf.is_constant]


def form_of(program: torch.export.ExportedProgram, is_whole: bool) -> Form:
    """Returns the form to compile.

    Args:
        is_whole: one engine runs the program. It has neither dicts nor constants among its arguments and results.
    """
    call = program.call_spec
    if is_whole and (has_keys(call.out_spec) or not all(map(_fits_engine, arguments(program)))):
        return Form(flat_arguments=True, flat_results=True)
    flat_arguments, flat_results = not _has_types(program), not can_return(call.out_spec, results(program))
    return Form(flat_arguments, flat_results, constants=not is_whole and not flat_arguments)


def engine_form(program: torch.export.ExportedProgram) -> Form:
    """Returns the form for an engine alone, which has a binding for each tensor."""
    return Form(flat_arguments=True, flat_results=has_keys(program.call_spec.out_spec))


def structure_of(program: torch.export.ExportedProgram, form: Form) -> Structure | None:
    """Returns the structure around a ScriptModule of the form; None, if the ScriptModule has that of the program."""
    call = program.call_spec
    if not (form.flat_arguments or form.flat_results or needs_python(call.in_spec) or needs_python(call.out_spec)):
        return None
    given = [Taken(argument.name, mapped(argument.tree, want)) for argument in arguments(program)]
    constants = (None if not form.flat_results or is_computed(value) else [value] for value in results(program))
    result = nest(call.out_spec, constants)
    return Structure(given, result, form)


def results(program: torch.export.ExportedProgram) -> list[Any]:
    """Returns the leaves of the results: nodes and constants."""
    (output,) = program.graph.find_nodes(op="output")
    outputs = zip(program.graph_signature.output_specs, output.args[0], strict=True)
    return [value for spec, value in outputs if spec.kind is OutputKind.USER_OUTPUT]


def is_computed(value: Any) -> bool:
    """Tells whether a leaf of the results is no constant."""
    return isinstance(value, torch.fx.Node)


def want(leaf: Leaf) -> Want:
    """Returns what a call must have at the leaf."""
    return Want("constant", leaf.value.value) if leaf.is_constant else Want(leaf.type())


def _fits_engine(argument: Argument) -> bool:
    """Tells whether an engine takes the argument as it is, or is made without it."""
    return argument.is_constant or _is_of_tensors(argument.tree)


def _is_of_tensors(tree: Leaf | Nest) -> bool:
    if isinstance(tree, Leaf):
        return not tree.is_constant
    if tree.kind == "list":
        return bool(tree.parts) and all(isinstance(part, Leaf) and part.is_tensor for part in tree.parts)
    return tree.kind == "tuple" and bool(tree.parts) and all(map(_is_of_tensors, tree.parts))


def _has_types(program: torch.export.ExportedProgram) -> bool:
    try:
        for argument in arguments(program):
            argument.type()
    except NoType:
        return False
    return True
