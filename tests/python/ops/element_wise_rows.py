"""Rows of pointwise operators of two or three tensors."""

import torch

from .table import (
    BF16,
    BOOL,
    F64,
    HALF,
    I8,
    I16,
    I32,
    I64,
    U8,
    Row,
    Tensor,
    fixed,
    fixed16,
    int16_rows,
    t,
    three,
    written,
)

ENDS = (-32768, 32767, -1, 0, 20000, -20000)
BINARY = {
    "add": "torch.add({a}, {b})", "sub": "torch.sub({a}, {b})", "mul": "torch.mul({a}, {b})", "div": "torch.div({a}, {b})",
    "floor_divide": "torch.floor_divide({a}, {b})", "pow": "torch.pow({a}, {b})", "eq": "torch.eq({a}, {b})",
    "ne": "torch.ne({a}, {b})", "gt": "torch.gt({a}, {b})", "ge": "torch.ge({a}, {b})", "lt": "torch.lt({a}, {b})",
    "le": "torch.le({a}, {b})", "fmod": "torch.fmod({a}, {b})", "remainder": "torch.remainder({a}, {b})",
    "rsub": "torch.rsub({a}, {b})", "true_divide": "torch.true_divide({a}, {b})", "multiply": "torch.multiply({a}, {b})",
    "subtract": "torch.subtract({a}, {b})", "divide": "torch.divide({a}, {b})",
}  # fmt: skip
SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.5, -2.5, 0.5)


def _in_place_binary() -> list[Row]:
    rows = []
    away = {"low": 0.5, "high": 4.0}  # away from zero, for divisors
    for name in [
        "add_",
        "sub_",
        "subtract_",
        "mul_",
        "multiply_",
        "div_",
        "divide_",
        "true_divide_",
        "fmod_",
        "remainder_",
        "floor_divide_",
    ]:
        rows += [
            written(name + ".Tensor", f"x.{name}(b)", Tensor((3, 4)), Tensor((3, 4), **away)),
            written(name + ".Tensor", f"x.{name}(b)", Tensor((2, 3, 4)), Tensor((4,), dynamic=False, **away)),
            written(name + ".Tensor", f"x.{name}(b)", Tensor((5,), torch.double), Tensor((5,), torch.double, **away)),
        ]
        rows += [written(name + ".Scalar", f"x.{name}(1.5)", a) for a in three()]
    for name in ("div_", "divide_"):
        for mode in ("floor", "trunc"):
            call = f'x.{name}(b, rounding_mode="{mode}")'
            rows.append(written(name + ".Tensor_mode", call, Tensor((3, 4)), Tensor((3, 4), **away)))
            rows.append(written(name + ".Scalar_mode", f'x.{name}(1.5, rounding_mode="{mode}")', Tensor((3, 4))))
    for name in ["eq_", "ne_", "lt_", "le_", "gt_", "ge_"]:
        for dtype in (torch.float32, torch.int64, torch.int32):
            rows.append(written(name + ".Tensor", f"x.{name}(b)", Tensor((3, 4), dtype), Tensor((3, 4), dtype)))
            rows.append(written(name + ".Scalar", f"x.{name}(1)", Tensor((3, 4), dtype)))
    for name in ["bitwise_and_", "bitwise_or_", "bitwise_xor_"]:
        for dtype in (torch.int32, torch.int64, torch.bool):
            rows.append(written(name + ".Tensor", f"x.{name}(b)", Tensor((3, 4), dtype), Tensor((3, 4), dtype)))
    for name in ["logical_and_", "logical_or_", "logical_xor_"]:
        for dtype in (torch.float32, torch.int32, torch.bool):
            rows.append(written(name, f"x.{name}(b)", Tensor((3, 4), dtype), Tensor((3, 4), dtype)))
    for name in ("atan2_", "arctan2_"):
        rows += [written(name, f"x.{name}(b)", a, Tensor(a.shape, a.dtype)) for a in three()]
    rows += [written("pow_.Scalar", "x.pow_(3)", a) for a in three()]
    for name in ("clamp_", "clip_"):
        rows += [
            written(name + ".Tensor", f"x.{name}(b, b + 0.5)", Tensor((3, 4)), Tensor(s, dynamic=d))
            for s, d in (((3, 4), True), ((4,), False), ((1, 4), False))
        ]
    for name in ("clamp_min_", "clamp_max_"):
        rows += [written(name + ".Tensor", f"x.{name}(b)", a, Tensor(a.shape, a.dtype)) for a in three()]
    return rows


def _in_place_ternary() -> list[Row]:
    rows = []
    for a in three():
        same = Tensor(a.shape, a.dtype)
        away = Tensor(a.shape, a.dtype, low=0.5, high=2.0)
        rows += [
            written("lerp_.Scalar", "x.lerp_(b, 0.3)", a, same),
            written("lerp_.Tensor", "x.lerp_(b, c)", a, same, same),
            written("addcmul_", "x.addcmul_(b, c, value=0.5)", a, same, same),
            written("addcdiv_", "x.addcdiv_(b, c, value=0.5)", a, same, away),
        ]
    return rows


def _int16_arithmetic() -> list[Row]:
    return int16_rows(
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
    )


def _int16_casts() -> list[Row]:
    ends = fixed16(6, values=ENDS)
    known = {"static_only": "given values"}
    return [
        Row("aten::mul.Tensor", "(a + 1, a - 1, a * a, -a, a.abs())", (ends,), **known),
        Row("aten::add.Tensor", "a + torch.tensor([1, 2, 3, 4], dtype=torch.int16)", (t(3, 4, dtype=I8),)),
        Row("aten::mul.Tensor", "a * torch.tensor([300, -300, 3, 4], dtype=torch.int16)", (t(3, 4, dtype=I16),)),
    ]  # fmt: skip


def _shifts() -> list[Row]:
    rows = []
    i = t(3, 4, dtype=I64)
    for word in ("and", "or", "xor"):
        rows += [
            Row(f"aten::bitwise_{word}.Scalar_Tensor", f"torch.bitwise_{word}(6, a)", (i,)),
            Row(f"aten::bitwise_{word}.Scalar_Tensor", f"torch.bitwise_{word}(-2, a)", (t(3, 4, dtype=I32),)),
            Row(f"aten::bitwise_{word}.Scalar_Tensor", f"torch.bitwise_{word}(3, a)", (t(5, dtype=U8),)),
        ]
    return rows


def _overloads() -> list[Row]:
    x, y, i, j = t(3, 4), t(3, 4), t(3, 4, dtype=I64), t(3, 4, dtype=I64)
    d = t(2, 3, dtype=F64)
    rows = [
        Row("aten::arctan2", "torch.arctan2(a, b)", (d, d)),
        Row("aten::arctan2", "torch.arctan2(a, b)", (x, i)),
        Row("aten::clip.Tensor", "torch.clip(a, b, b + 1)", (x, y)),
        Row("aten::clip.Tensor", "torch.clip(a, b)", (i, j)),
        Row("aten::clip.Tensor", "torch.clip(a, None, b)", (x, fixed(4))),
        Row("aten::remainder.Scalar_Tensor", "torch.remainder(-7, a)", (t(3, 4, dtype=I64, low=1, high=5),)),
        Row("aten::remainder.Scalar_Tensor", "torch.remainder(2.5, a)", (t(5, dtype=F64, low=-3, high=-1),)),
        written("div_.Tensor_mode", "x.div_(b, rounding_mode='floor')", i, t(3, 4, dtype=I64, low=1, high=4)),
        written("div_.Scalar_mode", "x.div_(2, rounding_mode='trunc')", i),
    ]
    for name in ("clamp_min", "clamp_max"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, -0.5)", (d,)),
            Row(f"aten::{name}", f"torch.{name}(a, 1.5)", (i,)),
            Row(f"aten::{name}.Tensor", f"torch.{name}(a, b)", (i, j)),
            Row(f"aten::{name}.Tensor", f"torch.{name}(a, b)", (t(2, 1, 3), fixed(4, 1))),
            Row(f"aten::{name}.Tensor", f"torch.{name}(a, b)", (x, i)),
        ]
    for name in ("bitwise_and_", "bitwise_or_", "bitwise_xor_"):
        rows += [
            written(f"{name}.Scalar", f"x.{name}(6)", i),
            written(f"{name}.Scalar", f"x.{name}(3)", t(5, dtype=U8)),
            written(f"{name}.Scalar", f"x.{name}(-2)", t(3, 4, dtype=I32)),
        ]
    return rows


def _binary() -> list[Row]:
    rows = []
    for name, code in BINARY.items():
        op = f"aten::{name}.Tensor" if name not in ("pow", "floor_divide") else f"aten::{name}"
        if name == "pow":
            op = "aten::pow.Tensor_Tensor"
        scalar = {"pow": "aten::pow.Tensor_Scalar"}.get(name, f"aten::{name}.Scalar")
        low, high = (0.3, 2.0) if name == "pow" else (0.5, 3.0)
        both = code.format(a="a", b="b")
        # A quotient that is close to a whole number may be rounded to either side.
        rows.append(
            Row(
                op,
                both,
                (t(3, 4), t(3, 4, low=low, high=high)) if name != "pow" else (t(3, 4, low=0.2, high=3), t(3, 4)),
            )
        )
        rows.append(Row(op, both, (t(3, 1, 4, low=low, high=high), t(5, 1, low=low, high=high, dynamic=False))))
        rows.append(Row(op, both, (t(3, 4, dtype=I64, low=-6, high=7), t(3, 4, dtype=I64, low=1, high=4))))
        rows.append(Row(op, both, (t(3, 4, dtype=I32, low=1, high=7), t(dtype=I64, low=1, high=4))))
        rows.append(Row(op, both, (t(3, dtype=HALF, low=low, high=high), t(3, low=low, high=high))))
        rows.append(Row(scalar, code.format(a="a", b="2"), (t(4, 3, low=low, high=high),)))
        rows.append(Row(scalar, code.format(a="a", b="2.5"), (t(4, 3, dtype=I32, low=1, high=7),)))
        rows.append(Row(scalar, code.format(a="a", b="3"), (t(4, dtype=I64, low=1, high=7),)))
    return rows


def _others() -> list[Row]:
    x, y = t(3, 4), t(3, 4)
    b = t(3, 4, dtype=BOOL)
    i, j = t(3, 4, dtype=I64), t(3, 4, dtype=I64)
    rows = [
        Row("aten::add.Tensor", "torch.add(a, b, alpha=2.5)", (x, y)),
        Row("aten::add.Tensor", "torch.add(a, b, alpha=2)", (i, j)),
        Row("aten::add.Tensor", "a + b", (b, b)),
        Row("aten::add.Scalar", "torch.add(a, 3, alpha=2)", (x,)),
        Row("aten::sub.Tensor", "torch.sub(a, b, alpha=0.5)", (x, y)),
        Row("aten::rsub.Scalar", "torch.rsub(a, 3, alpha=2)", (x,)),
        Row("aten::add_.Tensor", "a.clone().add_(b)", (x, y)),
        Row("aten::sub_.Tensor", "a.clone().sub_(b)", (x, y)),
        Row("aten::mul_.Tensor", "a.clone().mul_(b)", (x, y)),
        Row("aten::div_.Tensor", "a.clone().div_(b)", (x, t(3, 4, low=1, high=2))),
        Row("aten::div_.Scalar", "a.clone().div_(4)", (x,)),
        Row("aten::mul.Tensor", "a * b", (b, x)),
        Row("aten::mul.Tensor", "a * b", (t(3, 4, dtype=BF16), t(3, 4, dtype=BF16))),
        Row("aten::pow.Scalar", "torch.pow(2, a)", (x,)),
        Row("aten::pow.Scalar", "torch.pow(2.5, a)", (t(4, dtype=I64, low=0, high=5),)),
        Row("aten::pow.Scalar", "torch.pow(2, a)", (t(4, dtype=I64, low=0, high=5),)),
        Row("aten::maximum", "torch.maximum(a, b)", (x, y)),
        Row(
            "aten::maximum",
            "torch.maximum(a, b)",
            (t(8, values=SPECIAL, dynamic=False), t(8, dynamic=False)),
            static_only="given",
        ),
        Row("aten::maximum", "torch.maximum(a, b)", (i, j)),
        Row("aten::minimum", "torch.minimum(a, b)", (x, y)),
        Row("aten::minimum", "torch.minimum(a, b)", (b, b)),
        Row(
            "aten::minimum",
            "torch.minimum(a, b)",
            (t(8, values=SPECIAL, dynamic=False), t(8, dynamic=False)),
            static_only="given",
        ),
        Row("aten::max.other", "torch.max(a, b)", (x, t(4, dynamic=False))),
        Row("aten::max.other", "torch.max(a, b)", (i, j)),
        Row("aten::max.other", "torch.max(a, b)", (x, y)),
        Row("aten::min.other", "torch.min(a, b)", (x, t(4, dynamic=False))),
        Row("aten::min.other", "torch.min(a, b)", (i, j)),
        Row("aten::min.other", "torch.min(a, b)", (x, y)),
        Row("aten::atan2", "torch.atan2(a, b)", (x, y)),
        Row("aten::atan2", "torch.atan2(a, b)", (i, j)),
        Row(
            "aten::atan2",
            "torch.atan2(a, b)",
            (t(8, values=SPECIAL, dynamic=False), t(8, values=SPECIAL[::-1], dynamic=False)),
            static_only="given",
        ),
        Row("aten::arctan2", "torch.arctan2(a, b)", (x, y)),
        Row("aten::remainder.Scalar_Tensor", "torch.remainder(7, a)", (t(3, 4, low=1, high=3),)),
        Row("aten::fmod.Tensor", "torch.fmod(a, b)", (t(3, 4, low=-9, high=9), t(3, 4, low=-4, high=-1))),
        Row("aten::remainder.Tensor", "torch.remainder(a, b)", (t(3, 4, low=-9, high=9), t(3, 4, low=-4, high=-1))),
        Row(
            "aten::div.Tensor_mode",
            "torch.div(a, b, rounding_mode='floor')",
            (t(9, low=-9, high=9), t(9, low=1, high=3)),
        ),
        Row(
            "aten::div.Tensor_mode",
            "torch.div(a, b, rounding_mode='trunc')",
            (t(9, low=-9, high=9), t(9, low=1, high=3)),
        ),
        Row(
            "aten::div.Tensor_mode",
            "torch.div(a, b, rounding_mode='floor')",
            (t(9, dtype=I64, low=-9, high=9), t(9, dtype=I64, low=1, high=3)),
        ),
        Row(
            "aten::div.Tensor_mode",
            "torch.div(a, b, rounding_mode='trunc')",
            (t(9, dtype=I32, low=-9, high=9), t(9, dtype=I32, low=1, high=3)),
        ),
        Row("aten::div.Tensor_mode", "torch.div(a, b, rounding_mode=None)", (x, t(3, 4, low=1, high=3))),
        Row("aten::div.Scalar_mode", "torch.div(a, 2, rounding_mode='floor')", (i,)),
        Row("aten::div.Scalar_mode", "torch.div(a, 2.0, rounding_mode='trunc')", (x,)),
        Row("aten::div.Scalar_mode", "torch.div(a, 3, rounding_mode='trunc')", (i,)),
    ]
    for name, symbol in (("and", "&"), ("or", "|"), ("xor", "^")):
        rows += [
            Row(f"aten::bitwise_{name}.Tensor", f"torch.bitwise_{name}(a, b)", (i, j)),
            Row(f"aten::bitwise_{name}.Tensor", f"torch.bitwise_{name}(a, b)", (b, b)),
            Row(
                f"aten::bitwise_{name}.Tensor",
                f"torch.bitwise_{name}(a, b)",
                (t(3, 4, dtype=U8, low=0, high=200), t(3, 4, dtype=I32)),
            ),
            Row(f"aten::bitwise_{name}.Scalar", f"torch.bitwise_{name}(a, 6)", (i,)),
            Row(f"aten::bitwise_{name}.Scalar", f"torch.bitwise_{name}(a, 1)", (t(5, dtype=I32),)),
            Row(f"aten::bitwise_{name}.Scalar", f"torch.bitwise_{name}(a, True)", (b,)),
            Row(f"aten::__{name}__.Tensor", f"a {symbol} b", (i, j)),
            Row(f"aten::__{name}__.Tensor", f"a {symbol} b", (b, b)),
            Row(f"aten::__{name}__.Tensor", f"a {symbol} b", (t(3, dtype=BOOL), t(3, dtype=I64))),
            Row(f"aten::__{name}__.Scalar", f"a {symbol} 5", (i,)),
            Row(f"aten::__{name}__.Scalar", f"a {symbol} 3", (t(2, 2, dtype=I32),)),
            Row(f"aten::__{name}__.Scalar", f"a {symbol} True", (b,)),
            Row(f"aten::logical_{name}", f"torch.logical_{name}(a, b)", (b, b)),
            Row(f"aten::logical_{name}", f"torch.logical_{name}(a, b)", (i, x)),
            Row(
                f"aten::logical_{name}",
                f"torch.logical_{name}(a, b)",
                (t(3, 1, dtype=I32), t(4, dtype=BOOL, dynamic=False)),
            ),
        ]
    for name in ("addcmul", "addcdiv"):
        divisor = t(3, 4, low=1, high=2)
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, b, c)", (x, y, divisor)),
            Row(f"aten::{name}", f"torch.{name}(a, b, c, value=0.5)", (x, t(1, 4, dynamic=False), divisor)),
            Row(
                f"aten::{name}",
                f"torch.{name}(a, b, c, value=-2)",
                (t(3, 4, dtype=F64), t(3, 4, dtype=F64), t(3, 4, dtype=F64, low=1, high=2)),
            ),
        ]
    rows += [
        Row("aten::lerp.Scalar", "torch.lerp(a, b, 0.25)", (x, y)),
        Row("aten::lerp.Scalar", "torch.lerp(a, b, 0.75)", (x, y)),
        Row("aten::lerp.Scalar", "torch.lerp(a, b, 1.0)", (x, y)),
        Row("aten::lerp.Tensor", "torch.lerp(a, b, c)", (x, y, t(3, 4, low=0, high=1))),
        Row("aten::lerp.Tensor", "torch.lerp(a, b, c)", (x, y, t(4, low=0, high=1, dynamic=False))),
        Row(
            "aten::lerp.Tensor",
            "torch.lerp(a, b, c)",
            (t(2, dtype=F64), t(2, dtype=F64), t(2, dtype=F64, low=-1, high=2)),
        ),
        Row("aten::logaddexp", "torch.logaddexp(a, b)", (x, y)),
        Row("aten::logaddexp", "torch.logaddexp(a, b)", (t(3, 4, low=-90, high=90), t(3, 4, low=-90, high=90))),
        Row(
            "aten::logaddexp",
            "torch.logaddexp(a, b)",
            (t(8, values=SPECIAL, dynamic=False), t(8, values=SPECIAL, dynamic=False)),
            static_only="given",
        ),
        Row("aten::clamp.Tensor", "torch.clamp(a, b, c)", (x, t(3, 4, low=-1, high=0), t(3, 4, low=0, high=1))),
        Row("aten::clamp.Tensor", "torch.clamp(a, min=b)", (x, t(low=0, high=1))),
        Row("aten::clamp.Tensor", "torch.clamp(a, max=b)", (i, t(4, dtype=I64, dynamic=False))),
        Row("aten::clamp_min.Tensor", "torch.clamp_min(a, b)", (x, y)),
        Row("aten::clamp_max.Tensor", "torch.clamp_max(a, b)", (x, y)),
    ]
    return rows


ROWS = [
    *_in_place_binary(),
    *_in_place_ternary(),
    *_int16_arithmetic(),
    *_int16_casts(),
    *_shifts(),
    *_overloads(),
    *_binary(),
    *_others(),
]
