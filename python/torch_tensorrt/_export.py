"""Exports modules with ``torch.export`` for inputs that may hold ranges."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.fx.experimental import _config as shape_config
from torch.utils import _pytree

from torch_tensorrt._input import Input
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
    """
    require_sequence(inputs)
    if inputs is None and not keywords:
        raise KeyError("inputs are missing: torch.export needs a tensor or torch_tensorrt.Input for each argument")
    shapes = torch.export.ShapesCollection()

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
        return tensor

    def is_leaf(entry: Any) -> bool:
        return isinstance(entry, Input)

    args = _pytree.tree_map(example, tuple(inputs or ()), is_leaf=is_leaf)
    kwargs = _pytree.tree_map(example, dict(keywords or {}), is_leaf=is_leaf)
    # Otherwise export supposes that no size of a range is 0 or 1.
    with _in_eval_mode(module), shape_config.patch(backed_size_oblivious=True):
        return torch.export.export(module, args, kwargs, dynamic_shapes=shapes)


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
