"""Rows as traces, with operators that TorchScript's front end does not make of the same code."""

from __future__ import annotations

import functools
import warnings

import torch

from ops.table import (
    NORMALIZED,
    Row,
    dynamic_specs,
    eager_row,
    inputs_of_batch,
    run_dynamic,
    run_static,
    script_row,
)

# Operators of which PyTorch cannot trace some rows, and why.
_LISTS = "Python's function takes the tensors themselves, and TorchScript's a list of them"
_BOOLS = "the tracer writes an operator of two tensors, or of a tensor and a bool, that PyTorch does not have"
_SIZES = "sizes are tensors while tracing, and the code is of numbers"
_SCRIPT_ONLY = "the code is TorchScript's alone"
NOT_TRACED: dict[str, str] = {
    "aten::__and__.Scalar": _BOOLS,
    "aten::__and__.bool": _BOOLS,
    "aten::__or__.Scalar": _BOOLS,
    "aten::__or__.bool": _BOOLS,
    "aten::__round_to_zero_floordiv.int": _SCRIPT_ONLY,
    "aten::__xor__.Scalar": _BOOLS,
    "aten::__xor__.bool": _BOOLS,
    "aten::ScalarImplicit": _SCRIPT_ONLY,
    "aten::bitwise_and.Scalar": _BOOLS,
    "aten::bitwise_or.Scalar": _BOOLS,
    "aten::bitwise_xor.Scalar": _BOOLS,
    "aten::block_diag": _LISTS,
    "aten::broadcast_tensors": _LISTS,
    "aten::cartesian_prod": _LISTS,
    "aten::chain_matmul": _LISTS,
    "aten::eq.bool": _BOOLS,
    "aten::fill.Scalar": _BOOLS,
    "aten::fill.Tensor": _BOOLS,
    "aten::index_put": _SCRIPT_ONLY,
    "aten::ne.bool": _BOOLS,
    "aten::round.int": _SIZES,
    "aten::slice.t": _SIZES,
    "aten::to.dtype_layout": _SCRIPT_ONLY,
    "aten::to.prim_dtype": _SCRIPT_ONLY,
    "aten::zero": _BOOLS,
    "prim::NumToTensor.Scalar": _BOOLS,
    "trt::attn_bias_from_attn_mask": _SCRIPT_ONLY,
    "trt::const": _SCRIPT_ONLY,
}


def example(row: Row) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(7)
    return tuple(spec.make(generator) for spec in row.inputs)


@functools.cache
def trace_row(row: Row) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warns about sizes that a trace fixes
        return torch.jit.trace(eager_row(row), example(row), check_trace=False)


class _Text:
    """Returns nodes in order, with inlined constants and numbered values: equal texts for equal programs.

    Roughly: a tensor and the result of a write to it are the same, and so are an operator and its other names, and the
    1 that many rows multiply by as a number and as a 0-d tensor.
    """

    def __init__(self, graph: torch.Graph, *, roughly: bool) -> None:
        self.roughly = roughly
        self.names: dict[str, str] = {}
        self.lines: list[str] = []
        self.count = 0
        self.add(graph)

    def name(self, values) -> None:
        for value in values:
            self.names[value.debugName()] = f"%{self.count}"
            self.count += 1

    def read(self, values) -> str:
        return ", ".join(self.names[value.debugName()] for value in values)

    def constant(self, value: torch._C.Value) -> str:
        content = value.toIValue()
        is_one = (content.dim() == 0 and content.item() == 1) if isinstance(content, torch.Tensor) else content == 1
        return "1" if self.roughly and is_one else f"{value.type()} {content!r}"

    def operator(self, node: torch.Node) -> str:
        kind = node.kind()
        if not self.roughly:
            return f"{node.schema()} {kind}"
        bare = kind.removeprefix("aten::").removesuffix("_")
        return kind.replace(bare, NORMALIZED.get(bare, bare))

    def add(self, block) -> None:
        self.name(block.inputs())
        for node in block.nodes():
            if node.kind() == "prim::Constant":
                self.names[node.output().debugName()] = self.constant(node.output())
                continue
            self.lines.append(f"{self.operator(node)}({self.read(node.inputs())})")
            for inner in node.blocks():
                self.add(inner)
            self.name(node.outputs())
            if self.roughly and node.kind().endswith("_"):
                self.names[node.output().debugName()] = self.names[node.inputsAt(0).debugName()]
        self.lines.append("-> " + self.read(block.outputs()))


def _is_guard(node: torch.Node) -> bool:
    if node.kind() != "prim::If" or list(node.outputs()):
        return False
    kinds = [inner.kind() for block in node.blocks() for inner in block.nodes()]
    return set(kinds) <= {"prim::RaiseException", "prim::Constant", "aten::format", "aten::dim", "aten::size"}


def program(module: torch.jit.ScriptModule, *, roughly: bool = False) -> str:
    """Returns the graph of a module without parameters as text; equal programs have equal texts.

    The text omits folded constants and branches that raise, because lowering treats both alike.
    """
    graph = module.inlined_graph.copy()
    torch._C._jit_pass_constant_propagation(graph)
    for node in [node for node in graph.nodes() if _is_guard(node)]:
        node.destroy()
    torch._C._jit_pass_dce(graph)
    return "\n".join(_Text(graph, roughly=roughly).lines)


def is_worth_a_run(row: Row, first: bool) -> bool:
    """Tells whether the trace differs from the script as a program. If they are roughly equal, one row per operator
    is enough: the first.
    """
    traced, scripted = trace_row(row), script_row(row)
    if program(traced) == program(scripted):
        return False
    return first or program(traced, roughly=True) != program(scripted, roughly=True)


def takes_other_sizes(row: Row) -> bool:
    """Tells whether the trace runs at the sizes of the row's range: it may have fixed the sizes of its example."""
    if row.static_only:
        return False
    _, size = dynamic_specs(row)
    generator = torch.Generator().manual_seed(8)
    try:
        for batch in (1, size + 2):
            trace_row(row)(*inputs_of_batch(row, size, batch, generator))
    except RuntimeError:
        return False
    return True


def run_traced(row: Row) -> None:
    """Compares with the trace itself, for a range around the sizes of the example if the trace supports it."""
    run = run_dynamic if takes_other_sizes(row) else run_static
    run(row, module=trace_row(row))
