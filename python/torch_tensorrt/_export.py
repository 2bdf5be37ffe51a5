"""Exports modules with ``torch.export`` for inputs that may hold ranges."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.utils import _pytree

from torch_tensorrt._exported_arguments import arguments
from torch_tensorrt._input import Input, check_shared_dims
from torch_tensorrt._modelopt import exportable
from torch_tensorrt.ts._compile_spec import require_sequence


def is_module_of_program(module: Any) -> bool:
    """Tells whether the module is what ``ExportedProgram.module()`` returns. TorchScript cannot express it."""
    return isinstance(module, torch.fx.GraphModule) and all(hasattr(module, name) for name in ("_in_spec", "_out_spec"))


def export(
    module: torch.nn.Module, inputs: Sequence[Any] | None, keywords: dict[str, Any] | None
) -> torch.export.ExportedProgram:
    """Exports a module in eval mode for inputs that may hold ranges, without running it.

    Args:
        inputs: tensors, ``Input``s, values, and nests of these, for the arguments by position.
        keywords: the same for arguments by keyword.

    Raises:
        ValueError: a range includes the size 1, for which the module computes something else.
    """
    require_sequence(inputs)
    if inputs is None and not keywords:
        raise KeyError("inputs are missing: torch.export needs a tensor or torch_tensorrt.Input for each argument")
    given = (tuple(inputs or ()), dict(keywords or {}))
    entries = [entry for entry in _pytree.tree_leaves(given, is_leaf=_is_input) if isinstance(entry, Input)]
    check_shared_dims(entries)
    ranges = [entry for entry in entries if entry.shape_mode is Input._ShapeMode.DYNAMIC]
    with _in_eval_mode(module), exportable(module):
        program = _exported(module, given, _example)
        if any(low < 2 for entry in ranges for low in _ends(entry)[0]):
            _allow_small_sizes(program, given)
            _require_one_path(module, given, program)
    return program


def _exported(
    module: torch.nn.Module, given: tuple[Any, Any], example: Callable[[Input], torch.Tensor]
) -> torch.export.ExportedProgram:
    shapes = torch.export.ShapesCollection()
    device = next((tensor.device for tensor in (*module.parameters(), *module.buffers())), torch.device("cpu"))

    def tensor_of(entry: Any) -> Any:
        if not _is_input(entry):
            return entry
        tensor = example(entry).to(device)
        if entry.shape_mode is Input._ShapeMode.DYNAMIC and example is _example:
            ends = enumerate(zip(*_ends(entry), strict=True))
            dims = {dim: torch.export.Dim.AUTO(min=low, max=high) for dim, (low, high) in ends if low < high}
            shapes[tensor] = dims
        return tensor

    args, kwargs = _pytree.tree_map(tensor_of, given, is_leaf=_is_input)
    return torch.export.export(module, args, kwargs, dynamic_shapes=shapes if len(shapes) else None)


def _is_input(entry: Any) -> bool:
    return isinstance(entry, Input)


def _example(entry: Input) -> torch.Tensor:
    """Returns a tensor of the opt shape. Export makes a constant of a size that is 0 or 1 in its example."""
    if entry.shape_mode is Input._ShapeMode.STATIC:
        return entry.example_tensor()
    highs = _ends(entry)[1]
    return _zeros(entry, [high if opt < 2 else opt for opt, high in zip(entry.shape["opt_shape"], highs, strict=True)])


def _small_example(entry: Input) -> torch.Tensor:
    """Returns a tensor whose sizes are 1 where the range allows it."""
    if entry.shape_mode is Input._ShapeMode.STATIC:
        return entry.example_tensor()
    lows, highs = _ends(entry)
    opts = entry.shape["opt_shape"]
    return _zeros(entry, [1 if low < 2 <= high else opt for opt, low, high in zip(opts, lows, highs, strict=True)])


def _zeros(entry: Input, sizes: Sequence[int]) -> torch.Tensor:
    return torch.zeros(list(sizes), dtype=entry.dtype.try_to(torch.dtype) or torch.float32)


def _allow_small_sizes(program: torch.export.ExportedProgram, given: tuple[Any, Any]) -> None:
    """Allows the sizes 0 and 1, which ``Dim.AUTO`` excludes (a named ``Dim`` does not)."""
    leaves = (leaf for argument in arguments(program) for leaf in argument.tensors())
    entries = _pytree.tree_leaves(given, is_leaf=_is_input)
    tensors = [entry for entry in entries if isinstance(entry, (Input, torch.Tensor))]
    for entry, leaf in zip(tensors, leaves, strict=True):
        if not _is_input(entry) or entry.shape_mode is Input._ShapeMode.STATIC:
            continue
        for size, low in zip(leaf.value.shape, _ends(entry)[0], strict=True):
            symbol = size.node.expr if isinstance(size, torch.SymInt) else None
            if symbol in program.range_constraints and low < 2:
                known = program.range_constraints[symbol]
                program.range_constraints[symbol] = type(known)(low, known.upper)


def _require_one_path(module: torch.nn.Module, given: tuple[Any, Any], program: torch.export.ExportedProgram) -> None:
    """Raises ``ValueError`` if the module has other operators where sizes are 1, of which the program knows nothing."""
    try:
        small = _exported(module, given, _small_example)
    except Exception:  # the module does not take these sizes together, and a call with them is an error
        return
    if _operators(small) != _operators(program):
        raise ValueError(
            f"{type(module).__name__} computes something else where a size is 1, and torch.export knows one way: give "
            "ranges from 2 on, or let a ScriptModule decide (torch.jit.script, ir='ts')"
        )


def _operators(program: torch.export.ExportedProgram) -> list[Any]:
    """Returns the operators that compute elements, in their order, and the ranks of the results.

    An export for constant sizes omits views that change nothing (a slice of the whole tensor).
    """
    parts = [part for part in program.graph_module.modules() if isinstance(part, torch.fx.GraphModule)]
    nodes = [node for part in parts for node in part.graph.nodes]
    targets = [node.target for node in nodes if isinstance(node.target, torch._ops.OpOverload) and not _is_view(node)]
    (output,) = program.graph.find_nodes(op="output")
    values = [node.meta.get("val") for node in output.args[0] if isinstance(node, torch.fx.Node)]
    return [*targets, *(value.dim() if isinstance(value, torch.Tensor) else None for value in values)]


def _is_view(node: torch.fx.Node) -> bool:
    """Tells whether a node gives a view or only asks for sizes."""
    returns = node.target._schema.returns
    is_alias = bool(returns) and returns[0].alias_info is not None and not returns[0].alias_info.is_write
    return is_alias or not returns or not isinstance(returns[0].type, (torch.TensorType, torch.ListType))


@contextlib.contextmanager
def _in_eval_mode(module: torch.nn.Module) -> Iterator[None]:
    modes = {part: part.training for part in module.modules()}
    if not is_module_of_program(module):  # which refuses eval()
        module.eval()
    try:
        yield
    finally:
        for part, is_training in modes.items():
            part.training = is_training


def _ends(entry: Input) -> tuple[list[int], list[int]]:
    """The smallest and the largest sizes of all ranges."""
    ranges = entry.profiles or [entry.shape]
    lows = [min(sizes) for sizes in zip(*(range_["min_shape"] for range_ in ranges), strict=True)]
    highs = [max(sizes) for sizes in zip(*(range_["max_shape"] for range_ in ranges), strict=True)]
    return lows, highs
