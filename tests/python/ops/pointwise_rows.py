"""Rows of pointwise operators."""

import torch

from .table import Row, t

I32, I64, U8, BOOL, HALF, BF16, F64 = (
    torch.int32,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.half,
    torch.bfloat16,
    torch.float64,
)

SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.5, -2.5, 0.5)

# function, domain
UNARY = {
    "abs": None, "acos": (-1, 1), "acosh": (1, 4), "asin": (-1, 1), "asinh": None, "atan": None, "atanh": (-0.95, 0.95),
    "ceil": None, "cos": None, "cosh": None, "erf": None, "erfc": None, "exp": None, "exp2": None, "expm1": None,
    "floor": None, "frac": None, "isfinite": None, "isinf": None, "isnan": None, "log": (0.1, 4), "log10": (0.1, 4),
    "log1p": (-0.5, 4), "log2": (0.1, 4), "neg": None, "reciprocal": (0.2, 3), "round": None, "rsqrt": (0.2, 3),
    "sigmoid": None, "sign": None, "sgn": None, "sin": None, "sinh": None, "sqrt": (0, 4), "square": None, "tan": (-1, 1),
    "tanh": None, "trunc": None, "fix": None, "relu": None, "isposinf": None, "isneginf": None, "deg2rad": None,
    "rad2deg": None, "negative": None, "absolute": None, "nan_to_num": None, "selu": None,
}  # fmt: skip
_FLOAT_ONLY = {"frac", "selu"}
_HAS_INPLACE = {"abs", "exp", "floor", "neg", "relu", "sigmoid", "sqrt", "tanh", "round", "trunc", "log2"}


def _unary() -> list[Row]:
    rows = []
    for name, domain in UNARY.items():
        low, high = domain or (None, None)
        op = f"aten::{name}"
        code = f"torch.{name}(a)"
        rows.append(Row(op, code, (t(3, 4, low=low, high=high),)))
        rows.append(Row(op, code, (t(2, 3, 1, 2, dtype=F64, low=low, high=high),)))
        rows.append(Row(op, code, (t(low=low, high=high),), static_only="no dimension"))
        if domain is None:
            rows.append(Row(op, code, (t(8, values=SPECIAL, dynamic=False),), static_only="given values", atol=1e-6))
        if name not in _FLOAT_ONLY:
            integers = t(6, dtype=I32, low=1, high=2) if domain else t(6, dtype=I32)
            rows.append(Row(op, code, (integers,)))
        if name in _HAS_INPLACE:
            rows.append(Row(op + "_", f"torch.{name}_(a.clone())", (t(5, 2, low=low, high=high),)))
    return rows


BINARY = {
    "add": "torch.add({a}, {b})", "sub": "torch.sub({a}, {b})", "mul": "torch.mul({a}, {b})", "div": "torch.div({a}, {b})",
    "floor_divide": "torch.floor_divide({a}, {b})", "pow": "torch.pow({a}, {b})", "eq": "torch.eq({a}, {b})",
    "ne": "torch.ne({a}, {b})", "gt": "torch.gt({a}, {b})", "ge": "torch.ge({a}, {b})", "lt": "torch.lt({a}, {b})",
    "le": "torch.le({a}, {b})", "fmod": "torch.fmod({a}, {b})", "remainder": "torch.remainder({a}, {b})",
    "rsub": "torch.rsub({a}, {b})", "true_divide": "torch.true_divide({a}, {b})", "multiply": "torch.multiply({a}, {b})",
    "subtract": "torch.subtract({a}, {b})", "divide": "torch.divide({a}, {b})",
}  # fmt: skip


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
        Row("aten::round.decimals", "torch.round(a, decimals=2)", (x,)),
        Row("aten::round.decimals", "torch.round(a, decimals=-1)", (t(5, low=-90, high=90),)),
        Row("aten::round.decimals", "torch.round(a, decimals=1)", (t(5, dtype=F64),)),
        Row(
            "aten::nan_to_num",
            "torch.nan_to_num(a, 7.0, 1.0, -1.0)",
            (t(8, values=SPECIAL, dynamic=False),),
            static_only="given",
        ),
        Row(
            "aten::nan_to_num",
            "torch.nan_to_num(a, neginf=-3.0)",
            (t(8, dtype=HALF, values=SPECIAL, dynamic=False),),
            static_only="given",
        ),
        Row("aten::logit", "torch.logit(a)", (t(5, low=0.1, high=0.9),)),
        Row("aten::logit", "torch.logit(a, 0.2)", (t(5, low=0.0, high=1.0),)),
        Row("aten::logit", "torch.logit(a, 1e-6)", (t(3, 2, low=0.3, high=0.7),)),
        Row("aten::logit", "torch.logit(a, float('nan'))", (t(5, low=0.1, high=0.9),)),
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
    rows += [
        Row("aten::logical_not", "torch.logical_not(a)", (b,)),
        Row("aten::logical_not", "torch.logical_not(a)", (i,)),
        Row("aten::logical_not", "torch.logical_not(a)", (t(8, values=SPECIAL, dynamic=False),), static_only="given"),
        Row("aten::bitwise_not", "torch.bitwise_not(a)", (b,)),
        Row("aten::bitwise_not", "torch.bitwise_not(a)", (i,)),
        Row("aten::bitwise_not", "~a", (t(4, dtype=U8, low=0, high=255),)),
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
        Row("aten::clamp", "torch.clamp(a, -0.5, 0.5)", (x,)),
        Row("aten::clamp", "torch.clamp(a, min=0.1)", (x,)),
        Row("aten::clamp", "torch.clamp(a, -2, 3)", (i,)),
        Row("aten::clamp", "torch.clamp(a, 0.5, 2.5)", (i,)),
        Row("aten::clamp", "torch.clamp(a, 1.0, -1.0)", (x,)),
        Row("aten::clamp", "torch.clamp(a, -1, 1)", (t(8, values=SPECIAL, dynamic=False),), static_only="given"),
        Row("aten::clip", "torch.clip(a, -0.5, 0.5)", (x,)),
        Row("aten::clamp.Tensor", "torch.clamp(a, b, c)", (x, t(3, 4, low=-1, high=0), t(3, 4, low=0, high=1))),
        Row("aten::clamp.Tensor", "torch.clamp(a, min=b)", (x, t(low=0, high=1))),
        Row("aten::clamp.Tensor", "torch.clamp(a, max=b)", (i, t(4, dtype=I64, dynamic=False))),
        Row("aten::clamp_min", "torch.clamp_min(a, 0.25)", (x,)),
        Row("aten::clamp_min", "torch.clamp_min(a, 1)", (i,)),
        Row("aten::clamp_min.Tensor", "torch.clamp_min(a, b)", (x, y)),
        Row("aten::clamp_max", "torch.clamp_max(a, 0.25)", (x,)),
        Row("aten::clamp_max", "torch.clamp_max(a, 1)", (i,)),
        Row("aten::clamp_max.Tensor", "torch.clamp_max(a, b)", (x, y)),
    ]
    return rows


ACTIVATIONS = {
    "relu6": "torch.nn.functional.relu6(a)", "hardtanh": "torch.nn.functional.hardtanh(a, -0.7, 0.4)",
    "leaky_relu": "torch.nn.functional.leaky_relu(a, 0.2)", "elu": "torch.nn.functional.elu(a, 0.7)",
    "celu": "torch.celu(a, 0.7)", "gelu": "torch.nn.functional.gelu(a)", "silu": "torch.nn.functional.silu(a)",
    "mish": "torch.nn.functional.mish(a)", "hardswish": "torch.nn.functional.hardswish(a)",
    "hardsigmoid": "torch.nn.functional.hardsigmoid(a)", "softplus": "torch.nn.functional.softplus(a, 1.5, 2.0)",
    "threshold": "torch.threshold(a, 0.3, 20.0)", "softsign": "torch.nn.functional.softsign(a)",
    "log_sigmoid": "torch.nn.functional.logsigmoid(a)", "hardshrink": "torch.hardshrink(a, 0.4)",
    "softshrink": "torch.nn.functional.softshrink(a, 0.4)", "rrelu": "torch.rrelu(a)",
}  # fmt: skip


def _activations() -> list[Row]:
    rows = []
    for name, code in ACTIVATIONS.items():
        op = f"aten::{name}" if name != "softsign" else "aten::div.Tensor"  # PyTorch has no operator of that name
        rows.append(Row(op, code, (t(3, 4, 5),)))
        rows.append(Row(op, code, (t(5, low=-30, high=30),), atol=1e-6))
        rows.append(Row(op, code, (t(2, 3, dtype=F64),)))
        finite = tuple(v for v in SPECIAL if v == v and abs(v) < 10)
        rows.append(Row(op, code, (t(len(finite), values=finite, dynamic=False),), static_only="given"))
    for alpha in ("1e5", "-0.7", "2147483648.0", "3e38"):
        rows.append(Row("aten::celu", f"torch.celu(a, {alpha})", (t(5, low=-3, high=3),)))
    for code in ("torch.threshold(a, {}, 2.0)", "torch.hardshrink(a, {})"):
        for limit in ("float('nan')", "float('inf')", "0.0"):
            row = f"aten::{code[6:].split('(')[0]}"
            rows.append(
                Row(row, code.format(limit), (t(8, values=SPECIAL, dynamic=False),), static_only="given values")
            )
    rows += [
        Row("aten::gelu", "torch.nn.functional.gelu(a, approximate='tanh')", (t(3, 4),)),
        Row("aten::relu_", "torch.relu_(a.clone())", (t(3, 4),)),
        Row("aten::hardtanh_", "torch.nn.functional.hardtanh_(a.clone(), -1.0, 1.0)", (t(3, 4),)),
        Row("aten::leaky_relu_", "torch.nn.functional.leaky_relu_(a.clone(), 0.1)", (t(3, 4),)),
        Row("aten::silu_", "torch.nn.functional.silu(a.clone(), inplace=True)", (t(3, 4),)),
        Row("aten::prelu", "torch.prelu(a, b)", (t(2, 3, 4), t(3, dynamic=False))),
        Row("aten::prelu", "torch.prelu(a, b)", (t(2, 3), t(1, dynamic=False))),
        Row("aten::prelu", "torch.prelu(a, b)", (t(), t(1, dynamic=False)), static_only="a 0-d tensor"),
        Row("aten::prelu", "torch.prelu(a, b)", (t(2, 3, 2, 2), t(1, dynamic=False))),
        Row("aten::glu", "torch.nn.functional.glu(a)", (t(3, 6),)),
        Row("aten::glu", "torch.nn.functional.glu(a, 1)", (t(3, 4, 5),)),
        Row("aten::glu", "torch.nn.functional.glu(a, -2)", (t(2, 4, 3, dtype=F64),)),
    ]
    return rows


ROWS = _unary() + _binary() + _others() + _activations()
