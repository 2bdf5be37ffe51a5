"""Rows of int16: inputs, constants, results, casts, and numbers that wrap around."""

import torch

from .table import Row, t

I8, U8, I16, I32, I64, BOOL = torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool
ENDS = (-32768, 32767, -1, 0, 20000, -20000)


def fixed(*shape: int, dtype=I16, **more):
    return t(*shape, dtype=dtype, dynamic=False, **more)


def _arithmetic() -> list[Row]:
    x, y = t(3, 4, dtype=I16, low=-30000, high=30000), t(3, 4, dtype=I16, low=1, high=300)
    rows = []
    for op, code in (
        ("add.Tensor", "a + b"),
        ("sub.Tensor", "a - b"),
        ("mul.Tensor", "a * b"),
        ("div.Tensor", "a / b"),
        ("floor_divide", "a // b"),
        ("remainder.Tensor", "a % b"),
        ("fmod.Tensor", "torch.fmod(a, b)"),
        ("maximum", "torch.maximum(a, b)"),
        ("__xor__.Tensor", "a ^ b"),
        ("gt.Tensor", "a > b"),
        ("add.Scalar", "a + 30000"),
        ("mul.Scalar", "a * 7"),
        ("mul.Scalar", "a * 0.5"),
        ("neg", "-a"),
        ("abs", "a.abs()"),
        ("bitwise_not", "~a"),
        ("sum", "a.sum()"),
        ("sum.dim_IntList", "a.sum([1], dtype=torch.int16)"),
        ("cumsum", "torch.cumsum(a, 1)"),
        ("amax", "a.amax(1)"),
        ("sort", "torch.sort(a, 1)"),
        ("clamp", "a.clamp(-100, 100)"),
        ("__lshift__.Scalar", "a << 3"),
        ("__rshift__.Scalar", "a >> 3"),
        ("where.self", "torch.where(a > b, a, b)"),
        ("cat", "torch.cat([a, b], 1)"),
        ("relu", "torch.relu(a)"),
    ):
        inputs = (x, y) if "b" in code.replace("abs", "") else (x,)
        rows.append(Row(f"aten::{op}", code, inputs))
    return rows


def _casts() -> list[Row]:
    ends = fixed(6, values=ENDS)
    known = {"static_only": "given values"}
    rows = [
        Row("aten::to.dtype", "(a.to(torch.int8), a.to(torch.uint8), a.int(), a.long(), a.float(), a.half(), a.double(), a.to(torch.bool))", (ends,), **known),
        Row("aten::mul.Tensor", "(a + 1, a - 1, a * a, -a, a.abs())", (ends,), **known),
        Row("aten::add.Tensor", "a + torch.tensor([1, 2, 3, 4], dtype=torch.int16)", (t(3, 4, dtype=I8),)),
        Row("aten::mul.Tensor", "a * torch.tensor([300, -300, 3, 4], dtype=torch.int16)", (t(3, 4, dtype=I16),)),
        Row("aten::zeros_like", "torch.zeros_like(a) + torch.ones([3, 4], dtype=torch.int16)", (fixed(3, 4),), static_only="given sizes"),
        Row("aten::full_like", "torch.full_like(a, 7)", (t(3, 4, dtype=I16),)),
    ]  # fmt: skip
    for dtype in (torch.float32, torch.float64, torch.half, U8, I8, I32, I64, BOOL):
        rows.append(Row("aten::to.dtype", "a.to(torch.int16) * 2", (t(3, 4, dtype=dtype),)))
    wide = fixed(4, dtype=I64, values=(32768, -32769, 65535, 1 << 40))
    rows.append(Row("aten::to.dtype", "(a.short(), a.int().short())", (wide,), **known))
    return rows


ROWS = _arithmetic() + _casts()
