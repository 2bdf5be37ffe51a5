"""Checks of the sizes of a call, in front of the engines of a compiled program."""

from __future__ import annotations

import torch

from torch_tensorrt._exported_arguments import arguments
from torch_tensorrt._exported_form import taken
from torch_tensorrt._exported_sizes import Sizes
from torch_tensorrt._structure import Form
from torch_tensorrt._torchscript import no_deprecation


def add(program: torch.export.ExportedProgram, form: Form, compiled: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """Makes a call an error whose sizes contradict the export. Changes and returns ``compiled``, which has not run.

    The program holds for calls in which sizes are related as in the export (``dynamic_shapes`` with one Dim twice, or
    with ``2 * dim``), and under conditions such as ``x.size(0) != 4`` if the model decides by them. Operators may
    accept other sizes silently.

    Args:
        form: of the ScriptModule that was compiled.
    """
    sizes = Sizes(program)
    graph = compiled.forward.graph
    names = [argument.name for argument in compiled.forward.schema.arguments]
    given = taken(arguments(program), form)
    known = {argument.name: argument for argument in given if argument.name in names and any(argument.tensors())}
    texts = {leaf.name: text for argument in given for leaf, text in argument.parts()}
    owners = {leaf.name: name for name, argument in known.items() for leaf in argument.tensors()}
    rules = [
        rule for rule in sizes.rules(texts) if all(sizes.placeholder(size.tensor) in owners for size in rule.sizes)
    ]
    used = list(dict.fromkeys(owners[sizes.placeholder(size.tensor)] for rule in rules for size in rule.sizes))
    if not rules:
        return compiled
    lines = [f"def check({', '.join(f'{name}: {known[name].type()}' for name in used)}) -> None:"]
    for rule in rules:
        # The errors about a wrong rank come later.
        tensors = dict.fromkeys(size.tensor for size in rule.sizes)
        ranks = [f"{sizes.text(tensor, texts)}.dim() == {sizes.rank(tensor)}" for tensor in tensors]
        lines.append(f"    if {' and '.join(ranks)} and not {rule.holds}:")
        lines.append(f"        raise ValueError({rule.message!r}.format({', '.join(rule.values)}))")
    with no_deprecation():
        check = torch.jit.CompilationUnit("\n".join([*lines, ""])).check.graph.copy()
    _make_bare(check)
    values = list(graph.inputs())
    with graph.insert_point_guard(_after_checks(graph)):
        graph.insertGraph(check, [values[names.index(name)] for name in used])
    return compiled


def _after_checks(graph: torch.Graph) -> torch.Node:
    """Returns the node behind the checks of single arguments, which know more of a wrong rank or key."""
    nodes = [*graph.nodes(), graph.return_node()]
    checks = [i for i, node in enumerate(nodes) if node.kind() == "tensorrt::check_argument"]
    return nodes[checks[-1] + 1 if checks else 0]


def _make_bare(graph: torch.Graph) -> None:
    """Makes the errors like those of single arguments: without a class and without a line of code."""
    for node in graph.findAllNodes("prim::RaiseException", recurse=True):
        with graph.insert_point_guard(node):
            message, _ = node.inputs()
            graph.insertNode(graph.create("prim::RaiseException", [message, graph.insertConstant(None)], 0))
        node.destroy()
