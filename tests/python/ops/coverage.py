"""Finds the operators that a row really runs, whatever its label."""

from __future__ import annotations

import torch

import torch_tensorrt
from ops.table import Row, script_row


def _schema_name(node: torch.Node) -> str:
    """Returns `aten::add.Tensor`, or the bare kind of a node without a schema."""
    schema = node.schema()
    return node.kind() if schema == "(no schema)" else schema.partition("(")[0]


def _collect(block, conditional: bool, found: dict[str, bool]) -> None:
    for node in block.nodes():
        name = _schema_name(node)
        found[name] = found.get(name, True) and conditional
        for inner in node.blocks():
            _collect(inner, conditional or node.kind() == "prim::If", found)


def _executed(module: torch.jit.ScriptModule, row: Row) -> set[str]:
    """Returns the names, without overloads, of the operators that PyTorch runs for the row's inputs."""
    generator = torch.Generator().manual_seed(7)
    inputs = [spec.make(generator) for spec in row.inputs]
    with torch.autograd.profiler.profile() as profile:
        module(*inputs)
    return {event.name for event in profile.function_events}


def operators_of(row: Row) -> dict[str, str]:
    """Returns schema name -> "scripted", "converted" or "evaluated".

    The operators of the scripted and of the lowered graph. An operator in a branch counts only if PyTorch
    runs that branch: functions of torch.nn.functional have a branch for every rank and mode.
    """
    module = script_row(row)
    scripted: dict[str, bool] = {}
    _collect(module.inlined_graph, False, scripted)
    lowered = {op.op.partition("(")[0]: op.how for op in torch_tensorrt.check(module).operators}
    found = dict.fromkeys(scripted, "scripted") | lowered
    if "prim::If" not in scripted:
        return found
    executed = _executed(module, row)
    certain = {name for name, conditional in scripted.items() if not conditional}
    executed |= {name for name in scripted if name.startswith("prim::")} - {"prim::RaiseException"}
    return {name: how for name, how in found.items() if name in certain or name.partition(".")[0] in executed}
