"""The sizes that an exported program allows in its arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import sympy
import torch

from torch_tensorrt._exported_arguments import Leaf
from torch_tensorrt._exported_guards import conditions
from torch_tensorrt._input import Input


def bounds(program: torch.export.ExportedProgram, dim: Any) -> tuple[int, float]:
    """Returns the smallest and the largest size of a dimension in the export."""
    if isinstance(dim, int):
        return dim, dim
    interval = program.range_constraints.get(dim.node.expr)
    if interval is None:
        return 0, math.inf
    high = interval.upper
    return int(interval.lower), int(high) if high.is_finite and high < torch.iinfo(torch.int64).max // 2 else math.inf


def default_input(program: torch.export.ExportedProgram, leaf: Leaf) -> Input:
    """Returns the Input of the export. Raises ``ValueError`` for a dimension without an upper bound."""
    value = leaf.value
    low, high = zip(*(bounds(program, dim) for dim in value.shape), strict=True) if value.dim() else ((), ())
    if any(math.isinf(bound) for bound in high):
        raise ValueError(f"input {leaf.name} of the exported program has a size without an upper bound; give inputs")
    usual = tuple(dim if isinstance(dim, int) else int(dim.node.hint) for dim in value.shape)
    if low == high:
        return Input(usual, dtype=value.dtype)
    return Input(min_shape=low, opt_shape=usual, max_shape=tuple(map(int, high)), dtype=value.dtype)


def _shapes(element: torch.Tensor | Input) -> list[Sequence[int]]:
    if isinstance(element, torch.Tensor):
        return [tuple(element.shape)]
    if element.shape_mode is Input._ShapeMode.DYNAMIC:
        ranges = element.profiles or [element.shape]
        return [range_[end] for range_ in ranges for end in ("min_shape", "max_shape")]
    return [element.shape]


def check_inputs(program: torch.export.ExportedProgram, leaves: Sequence[Leaf], inputs: Sequence[Any]) -> None:
    """Raises ``ValueError`` if the inputs do not match those of the export."""
    if len(leaves) != len(inputs):
        raise ValueError(f"the exported program has {len(leaves)} inputs, {len(inputs)} were given")
    for leaf, element in zip(leaves, inputs, strict=True):
        if not isinstance(element, (torch.Tensor, Input)):
            continue  # the compiler reports the type
        for shape in _shapes(element):
            _check_shape(program, leaf, shape)


def _check_shape(program: torch.export.ExportedProgram, leaf: Leaf, shape: Sequence[int]) -> None:
    value = leaf.value
    if len(shape) != value.dim():
        raise ValueError(
            f"input {leaf.name} has the shape {list(shape)}, but the program was exported for rank {value.dim()}"
        )
    for axis, (size, dim) in enumerate(zip(shape, value.shape, strict=True)):
        low, high = bounds(program, dim)
        if low <= size <= high:
            continue
        range_text = str(low) if low == high else f"{low} to {high}"
        raise ValueError(
            f"dimension {axis} of input {leaf.name} is {size}, but the program was exported for {range_text}; "
            "set the range with torch.export.export(..., dynamic_shapes=...)"
        )


def checked_views(program: torch.export.ExportedProgram, leaves: Sequence[tuple[Leaf, str]]) -> dict[str, str]:
    """Returns expressions that fail in a call whose sizes contradict each other, by the name of the placeholder.

    The program holds for calls in which sizes are related as in the export (``dynamic_shapes`` with one Dim twice, or
    with ``2 * dim``), and under conditions such as ``x.size(0) != 4`` if the model decides by them. An operator may
    accept other sizes silently; a view with the sizes that follow does not.

    Args:
        leaves: tensors and the expressions that read them.
    """
    known: dict[sympy.Symbol, str] = {}
    for leaf, text in leaves:
        for dim, size in enumerate(leaf.value.shape):
            if isinstance(size, torch.SymInt) and size.node.expr.is_Symbol:
                known.setdefault(size.node.expr, f"{text}.size({dim})")
    for leaf, text in leaves:
        for dim, size in enumerate(leaf.value.shape):
            if isinstance(size, torch.SymInt):
                _solve(size.node.expr, f"{text}.size({dim})", known)
    holds: dict[str, list[str]] = {}
    for tensor, condition in conditions(program):
        holds.setdefault(tensor, []).append(condition)
    views = {}
    for leaf, text in leaves:
        sizes = [_size_text(size, known) for size in leaf.value.shape]
        own = [f"{text}.size({dim})" for dim in range(len(sizes))]
        is_related = any(
            isinstance(size, torch.SymInt) and wanted not in (None, mine)
            for size, wanted, mine in zip(leaf.value.shape, sizes, own, strict=True)
        )
        if is_related or text in holds:
            texts = [mine if wanted is None else wanted for wanted, mine in zip(sizes, own, strict=True)]
            # The view has no elements in a call without the conditions, and the tensor has some.
            texts[0] = " * ".join([f"({texts[0]})", *(f"int({condition})" for condition in holds.get(text, []))])
            views[leaf.name] = f"{text}.view([{', '.join(texts)}])"
    return views


def _solve(size: sympy.Expr, text: str, known: dict[sympy.Symbol, str]) -> None:
    """Adds the symbol of a size such as ``2 * n + 1``."""
    symbols = size.free_symbols
    if len(symbols) != 1 or size.is_Symbol or symbols <= known.keys():
        return
    (symbol,) = symbols
    slope = size.diff(symbol)
    if slope.is_Integer and slope > 0:
        known[symbol] = f"({text} - {size.subs(symbol, 0)}) // {slope}"


def _size_text(size: Any, known: dict[sympy.Symbol, str]) -> str | None:
    """The expression of a size in terms of the known symbols; None for sizes that are not linear in these."""
    if isinstance(size, int):
        return repr(size)
    expression = sympy.expand(size.node.expr)
    if not expression.free_symbols <= known.keys():
        return None
    if expression.is_Symbol:
        return known[expression]
    terms = []
    for term, factor in expression.as_coefficients_dict().items():
        if not factor.is_Integer or not (term == 1 or term.is_Symbol):
            return None
        terms.append(repr(int(factor)) if term == 1 else f"{int(factor)} * ({known[term]})")
    return " + ".join(terms)
