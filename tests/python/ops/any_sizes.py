"""Rows at sizes that vary in every dimension.

Every size above 1 of a row becomes a range, the same range for equal sizes, so that sizes which must agree do. Sizes of
fixed inputs (weights, given values) stay, and so do sizes equal to them.
"""

from __future__ import annotations

import dataclasses

import torch

import torch_tensorrt
from ops.table import Row, Tensor, compare, compile_for, eager_row, script_row

STEPS = (0, 2, 1)  # added to the sizes: at opt, at max, and between

# Operators that need a fixed size -> part of the error's text.
NEEDS_A_SIZE: dict[str, str] = {
    "aten::__and__.int": "dynamic sizes",
    "aten::__derive_index": "dynamic sizes",
    "aten::__is__": "trip count depends on dimension",
    "aten::__isnot__": "trip count depends on dimension",
    "aten::__or__.int": "dynamic sizes",
    "aten::__range_length": "dynamic sizes",
    "aten::__xor__.int": "dynamic sizes",
    "aten::_pad_packed_sequence": "must be known",
    "aten::_unwrap_optional": "trip count depends on dimension",
    "aten::add.str": "dynamic sizes",
    "aten::channel_shuffle": "split in",
    "aten::diag_embed": "is dynamic",
    "aten::eq.bool": "dynamic sizes",
    "aten::eq.str": "dynamic sizes",
    "aten::format": "dynamic sizes",
    "aten::im2col": "is dynamic",
    "aten::instance_norm": "must be known",
    "aten::kthvalue": "is dynamic",
    "aten::median.dim": "is dynamic",
    "aten::native_channel_shuffle": "split in",
    "aten::ne.bool": "dynamic sizes",
    "aten::ne.str": "dynamic sizes",
    "aten::quantile": "is dynamic",
    "aten::quantile.scalar": "is dynamic",
    "aten::scatter.src": "must have the same dims",  # updates larger than the indices
    "aten::split.Tensor": "is dynamic",
    "aten::unbind.int": "is dynamic",
    "prim::unchecked_cast": "trip count depends on dimension",
}


def is_fixed(spec: Tensor) -> bool:
    return not spec.dynamic or bool(spec.values)


def grown(row: Row, by: int) -> list[Tensor]:
    fixed = {size for spec in row.inputs if is_fixed(spec) for size in spec.shape}
    return [
        spec
        if is_fixed(spec)
        else dataclasses.replace(spec, shape=tuple(s if s < 2 or s in fixed else s + by for s in spec.shape))
        for spec in row.inputs
    ]


def takes_any_sizes(row: Row) -> bool:
    """Tells whether PyTorch runs the row at all sizes, and more than its first dimension varies."""
    varied = grown(row, 1)
    if all(a.shape[1:] == b.shape[1:] for a, b in zip(varied, row.inputs, strict=True)):
        return False
    generator = torch.Generator().manual_seed(0)
    try:
        for by in STEPS:
            eager_row(row)(*[spec.make(generator) for spec in grown(row, by)])
    except Exception:  # any error: the row is not of this kind
        return False
    return True


def first_rows_of_any_sizes(rows: list[Row]) -> list[Row]:
    """Returns the first row of each operator that runs at all sizes."""
    first: dict[str, Row] = {}
    for row in rows:
        if row.op not in first and takes_any_sizes(row):
            first[row.op] = row
    return list(first.values())


def compile_any_sizes(row: Row) -> torch.jit.ScriptModule:
    low, high = grown(row, min(STEPS)), grown(row, max(STEPS))
    specs = [
        torch_tensorrt.Input(min_shape=a.shape, opt_shape=a.shape, max_shape=b.shape, dtype=a.dtype)
        for a, b in zip(low, high, strict=True)
    ]
    return compile_for(script_row(row), specs)


def run_any_sizes(row: Row) -> None:
    compiled = compile_any_sizes(row)
    generator = torch.Generator().manual_seed(9)
    for by in STEPS:
        inputs = [spec.make(generator) for spec in grown(row, by)]
        compare(row, compiled, script_row(row), inputs)
