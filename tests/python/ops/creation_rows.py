"""Rows of tensors that are made at compile time."""

import torch

from .bundle import ONE, over_shapes, variants_of
from .python_values import X
from .table import I16, Row, fixed, fixed16, t


def _edges() -> list[Row]:
    rows = []
    for op, codes in {"clone": ("{a}.clone()",)}.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", code, variants_of(*ONE), exact=True)
    return rows


def _made() -> list[Row]:
    rows = []
    for name in ("zeros", "ones"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}([a.size(0), 2]) + a[:, :1]", (X,)),
            Row(f"aten::{name}_like", f"torch.{name}_like(a) + a", (X,)),
            Row(f"aten::{name}_like", f"torch.{name}_like(a, dtype=torch.int32)", (X,)),
            Row(f"aten::new_{name}", f"a.new_{name}([2, a.size(1)])", (t(3, 4, dtype=torch.int64),)),
            Row(f"aten::new_{name}", f"a.new_{name}([a.size(0)], dtype=torch.bool)", (X,)),
        ]
    rows += [
        Row("aten::full", "torch.full([a.size(0), 1], 2.5) + a", (X,)),
        Row("aten::full", "torch.full([2, 2], a.size(1))", (X,)),
        Row("aten::full", "torch.full([2], a.size(1) == 4)", (X,)),
        Row("aten::full_like", "torch.full_like(a, 7)", (X,)),
        Row("aten::full_like", "torch.full_like(a, 2.5, dtype=torch.float64)", (t(3, 4, dtype=torch.int64),)),
        Row("aten::fill_.Scalar", "x = a.clone()\nx.fill_(2.5)\nx + a", (X,)),
        Row("aten::fill_.Scalar", "x = a.clone()\nx.fill_(2.7)\nx * 1", (t(2, dtype=torch.float64),)),
        Row("aten::fill_.Tensor", "x = a.clone()\nx.fill_(b)\nx + a", (X, t())),
        Row("aten::copy_", "x = a.clone()\nx.copy_(b)\nx + 1", (X, t(4, dtype=torch.int32, dynamic=False))),
        Row("aten::copy_", "x = a.clone()\nx[:, 1] = 3\nx + 1", (X,)),
        Row("aten::clone", "x = a.clone()\nx.add_(1)\nx + a", (X,)),
        Row("aten::empty.memory_format", "x = torch.empty([a.size(0), 1])\nx.fill_(2.0)\nx + a", (X,)),
        Row("aten::empty_like", "x = torch.empty_like(a)\nx.zero_()\nx + a", (X,)),
        Row("aten::new_empty", "x = a.new_empty([a.size(0), 1])\nx.fill_(2.0)\nx + a", (X,)),
        Row("aten::new_full", "a.new_full([a.size(0), 2], 1.5) + a[:, :1]", (t(3, 4, dtype=torch.int64),)),
        Row("aten::zero_", "x = a.clone()\nx.zero_()\nx + 1", (X,)),
        Row("aten::zero", "torch.ops.aten.zero(a) + 1", (X,)),
        Row("aten::fill.Scalar", "torch.fill(a, 2.5)", (t(3, 4, dtype=torch.int32),)),
        Row("aten::fill.Tensor", "torch.fill(a, b)", (X, t())),
        Row("aten::eye", "torch.eye(a.size(1)) + a[:1]", (X,)),
        Row("aten::eye.m", "torch.eye(3, a.size(1), dtype=torch.int64)", (X,)),
        Row("aten::linspace", "torch.linspace(0.0, 1.0, a.size(1)) + a", (X,)),
        Row("aten::scalar_tensor", "torch.scalar_tensor(a.size(1)) + a", (X,)),
        Row("aten::tensor", "torch.tensor([a.size(1), 2])", (X,)),
        Row("aten::tensor", "torch.tensor([[1.5, 2.0], [float(a.size(1)), 0.0]])", (X,)),
        Row("aten::arange", "torch.arange(a.size(0)) + b", (X, t(3, dtype=torch.int64))),
        Row("aten::arange", "torch.arange(a.size(1), dtype=torch.float32) + a", (X,)),
        Row("aten::arange.start", "torch.arange(1, a.size(0) + 1) * b", (X, t(3, dtype=torch.int64))),
        Row("aten::arange.start_step", "torch.arange(0, 2 * a.size(0), 2) * b", (X, t(3, dtype=torch.int64))),
    ]
    return rows


def _int16() -> list[Row]:
    return [
        Row("aten::zeros_like", "torch.zeros_like(a) + torch.ones([3, 4], dtype=torch.int16)", (fixed16(3, 4),), static_only="given sizes"),
        Row("aten::full_like", "torch.full_like(a, 7)", (t(3, 4, dtype=I16),)),
    ]  # fmt: skip


def _ranges() -> list[Row]:
    x = t(3, 4)
    return [
        Row("aten::linspace", "torch.linspace(-1, 1, a.size(0)) * 1", (x,)),
        Row("aten::linspace", "torch.linspace(2.0, -3.0, a.size(0) + 4, dtype=torch.float64) * 1", (x,)),
        Row("aten::linspace", "torch.linspace(0, a.size(0) - 1, a.size(0)) * 1", (x,), atol=1e-6),
        Row("aten::linspace", "torch.linspace(-1, 1, 7) * a[:, :1]", (x,)),
        Row("aten::linspace", "torch.linspace(a[0, 0].item(), 1, 5) * 1", (fixed(1, 1),), static_only="a number of the input", atol=1e-6),
        Row("aten::eye", "torch.eye(a.size(0)) * 1", (x,), exact=True),
        Row("aten::eye.m", "torch.eye(a.size(0), 4) * a", (x,), exact=True),
        Row("aten::eye.m", "torch.eye(a.size(1), a.size(0), dtype=torch.int64) * 2", (x,)),
        Row("aten::eye", "torch.eye(4, dtype=torch.bool) & (a[:1] > 0)", (x,)),
    ]  # fmt: skip


ROWS = _edges() + _made() + _int16() + _ranges()
