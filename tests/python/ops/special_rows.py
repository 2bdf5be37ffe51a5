"""Rows of functions of one or two numbers, composed of layers."""

import torch

from .table import BF16, BOOL, F64, HALF, I8, I32, I64, INF, NAN, U8, Row, fixed, in_place, int16_rows, t

# Logarithms are summed as log1p, and PyTorch and an engine round different steps of it.
LOGARITHMS = {"rtol": 1e-5, "atol": 2e-6}
# All pairs of these numbers, for the rules about zeros, infinities and NaN.
EDGES = (0.0, -0.0, 1.0, -2.5, INF, -INF, NAN)
LEFT = t(49, values=tuple(a for a in EDGES for _ in EDGES), dynamic=False)
RIGHT = t(49, values=EDGES * 7, dynamic=False)


def edges(op: str, code: str, **more) -> Row:
    return Row(f"aten::{op}", code, (LEFT, RIGHT), static_only="every pair of the edges", **more)


def _int16() -> list[Row]:
    return int16_rows(("__lshift__.Scalar", "a << 3"), ("__rshift__.Scalar", "a >> 3"))


def _pairs() -> list[Row]:
    rows = []
    x, y, i, j = t(3, 4), t(3, 4), t(3, 4, dtype=I64), t(3, 4, dtype=I64)
    for name in ("fmax", "fmin"):
        rows += [
            edges(name, f"torch.{name}(a, b)", exact=True),
            Row(f"aten::{name}", f"torch.{name}(a, b)", (x, i), exact=True),
            Row(f"aten::{name}", f"torch.{name}(a, b)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=BOOL))),
            Row(f"aten::{name}", f"torch.{name}(a, b)", (t(3, 1, 2, dtype=F64), fixed(4, 1))),
        ]
    for name, dtype in (
        ("hypot", HALF),
        ("logaddexp2", F64),
        ("heaviside", I64),
        ("copysign.Tensor", F64),
        ("xlogy.Tensor", F64),
    ):
        call = name.partition(".")[0]
        rows += [
            edges(name, f"torch.{call}(a, b)", **(LOGARITHMS if name == "logaddexp2" else {})),
            Row(f"aten::{name}", f"torch.{call}(a, b)", (t(3, 4, dtype=dtype), t(3, 4, dtype=dtype))),
            Row(f"aten::{name}", f"torch.{call}(a, b)", (t(2, 1, 3), fixed(4, 1)), **(LOGARITHMS if name == "logaddexp2" else {})),
            Row(f"aten::{name}", f"torch.{call}(a, b)", (t(), x), static_only="a 0-d tensor", **(LOGARITHMS if name == "logaddexp2" else {})),
        ]  # fmt: skip
    large = fixed(3, values=(3e38, 1e-40, 2e30))
    rows += [
        Row("aten::hypot", "torch.hypot(a, a)", (large,), static_only="given"),
        *(in_place("hypot_", "hypot_(b)", x, y) for _ in range(1)),
        in_place("hypot_", "hypot_(b)", t(3, 4, dtype=F64), x),
        in_place("hypot_", "hypot_(b)", x, fixed(4)),
        in_place("heaviside_", "heaviside_(b)", x, y),
        in_place("heaviside_", "heaviside_(b)", i, j),
        in_place("heaviside_", "heaviside_(b)", t(3, 4, dtype=F64), fixed(4, dtype=F64)),
        in_place("copysign_.Tensor", "copysign_(b)", x, y),
        in_place("copysign_.Tensor", "copysign_(b)", x, i),
        in_place("copysign_.Tensor", "copysign_(b)", t(3, 4, dtype=HALF), fixed(4, dtype=HALF)),
        Row("aten::copysign.Scalar", "torch.copysign(a, -1.0)", (x,)),
        Row("aten::copysign.Scalar", "torch.copysign(a, 2)", (i,)),
        Row("aten::copysign.Scalar", "torch.copysign(a, -0.0)", (t(3, dtype=F64),)),
        in_place("copysign_.Scalar", "copysign_(-1.0)", x),
        in_place("copysign_.Scalar", "copysign_(3)", t(3, 4, dtype=F64)),
        in_place("copysign_.Scalar", "copysign_(-0.0)", t(2, 3, 2)),
        Row("aten::xlogy.Scalar_Other", "torch.xlogy(a, 2.0)", (x,)),
        Row("aten::xlogy.Scalar_Other", "torch.xlogy(a, 0)", (i,)),
        Row("aten::xlogy.Scalar_Other", "torch.xlogy(a, float('nan'))", (fixed(2, values=(0.0, 1.0)),), static_only="given"),
        Row("aten::xlogy.Scalar_Self", "torch.xlogy(2.0, a)", (t(3, 4, low=0.1, high=3),)),
        Row("aten::xlogy.Scalar_Self", "torch.xlogy(0, a)", (x,)),
        Row("aten::xlogy.Scalar_Self", "torch.xlogy(3, a)", (t(3, 4, dtype=I64, low=1, high=9),)),
        in_place("xlogy_.Tensor", "xlogy_(b)", x, t(3, 4, low=0.1, high=3)),
        in_place("xlogy_.Tensor", "xlogy_(b)", t(3, 4, dtype=F64), fixed(4, low=0.1, high=3)),
        in_place("xlogy_.Tensor", "xlogy_(b)", x, t(3, 4, dtype=I64, low=1, high=5)),
        in_place("xlogy_.Scalar_Other", "xlogy_(2.5)", x),
        in_place("xlogy_.Scalar_Other", "xlogy_(0)", t(3, 4, dtype=F64)),
        in_place("xlogy_.Scalar_Other", "xlogy_(3)", t(2, 3, 2)),
        edges("special_xlog1py", "torch.special.xlog1py(a, b)"),
        Row("aten::special_xlog1py", "torch.special.xlog1py(a, b)", (x, t(3, 4, low=0, high=3))),
        Row("aten::special_xlog1py", "torch.special.xlog1py(a, b)", (t(3, 1, dtype=I64), fixed(4, low=0, high=3))),
        Row("aten::special_xlog1py.other_scalar", "torch.ops.aten.special_xlog1py(a, 2.0)", (x,)),
        Row("aten::special_xlog1py.other_scalar", "torch.ops.aten.special_xlog1py(a, -1)", (i,)),
        Row("aten::special_xlog1py.other_scalar", "torch.ops.aten.special_xlog1py(a, 0.5)", (t(5, dtype=F64),)),
        Row("aten::special_xlog1py.self_scalar", "torch.ops.aten.special_xlog1py(2.0, a)", (t(3, 4, low=0, high=3),)),
        Row("aten::special_xlog1py.self_scalar", "torch.ops.aten.special_xlog1py(0, a)", (x,)),
        Row("aten::special_xlog1py.self_scalar", "torch.ops.aten.special_xlog1py(3, a)", (t(5, dtype=I64, low=0, high=9),)),
        Row("aten::ldexp.Tensor", "torch.ldexp(a, b)", (x, i)),
        Row("aten::ldexp.Tensor", "torch.ldexp(a, b)", (i, fixed(4, dtype=I32))),
        Row("aten::ldexp.Tensor", "torch.ldexp(a, b)", (t(3, 4, dtype=F64), t(3, 4))),
        Row("aten::ldexp.Tensor", "torch.ldexp(a / 1024, b * 4)", (t(3, 4, dtype=HALF), fixed(4, dtype=I64, low=2, high=6))),
        Row("aten::ldexp.Tensor", "torch.ldexp(a, b)", (t(3, 4, dtype=BF16), fixed(4))),
        in_place("ldexp_", "ldexp_(b)", x, i),
        in_place("ldexp_", "ldexp_(b)", t(3, 4, dtype=F64), fixed(4, dtype=I32)),
        in_place("ldexp_", "ldexp_(torch.tensor(3))", x),
        Row("aten::float_power.Tensor_Tensor", "torch.float_power(a, b)", (i, j)),
        Row("aten::float_power.Tensor_Tensor", "torch.float_power(a.abs(), b)", (x, y)),
        Row("aten::float_power.Tensor_Tensor", "torch.float_power(a, b)", (t(3, 1, dtype=I32), fixed(4, dtype=HALF))),
        Row("aten::float_power.Tensor_Scalar", "torch.float_power(a, 2)", (x,)),
        Row("aten::float_power.Tensor_Scalar", "torch.float_power(a, -1.5)", (t(3, 4, low=0.5, high=2),)),
        Row("aten::float_power.Tensor_Scalar", "torch.float_power(a, 0)", (i,)),
        Row("aten::float_power.Scalar", "torch.float_power(2, a)", (x,)),
        Row("aten::float_power.Scalar", "torch.float_power(2.5, a)", (i,)),
        Row("aten::float_power.Scalar", "torch.float_power(0, a)", (t(3, 4, dtype=I64, low=0, high=3),)),
        in_place("float_power_.Tensor", "float_power_(b)", t(3, 4, dtype=F64, low=0.5, high=2), x),
        in_place("float_power_.Tensor", "float_power_(b)", t(3, 4, dtype=F64, low=0.5, high=2), fixed(4, dtype=I64)),
        in_place("float_power_.Tensor", "float_power_(a)", t(5, dtype=F64, low=0.5, high=2)),
        in_place("float_power_.Scalar", "float_power_(2)", t(3, 4, dtype=F64)),
        in_place("float_power_.Scalar", "float_power_(0.5)", t(3, 4, dtype=F64, low=0.5, high=2)),
        in_place("float_power_.Scalar", "float_power_(-1)", t(5, dtype=F64, low=0.5, high=2)),
        edges("isclose", "torch.isclose(a, b)"),
        edges("isclose", "torch.isclose(a, b, equal_nan=True)"),
        Row("aten::isclose", "torch.isclose(a, a + 1e-3, rtol=0., atol=1e-2)", (x,)),
        Row("aten::isclose", "torch.isclose(a, b, rtol=0.5)", (i, j)),
        Row("aten::isclose", "torch.isclose(a, a)", (t(3, 4, dtype=BOOL),)),
        Row("aten::isclose", "torch.isclose(a, a + 1, rtol=0., atol=0.5)", (fixed(2, dtype=I64, values=(2**40, 2**24)),), static_only="given"),
    ]  # fmt: skip
    return rows


# Every number at a dtype's limits shifted by no, some, all and too many bits, in both directions.
def _shifts() -> list[Row]:
    rows = []
    for dtype in (I8, U8, I32, I64):
        bits = torch.iinfo(dtype).bits
        numbers = (0, 1, -1, 5, torch.iinfo(dtype).max, torch.iinfo(dtype).min)
        by = (0, 1, bits - 2, bits - 1, bits) + (() if dtype is U8 else (-1,))
        numbers = tuple(n for n in numbers if n >= 0 or dtype is not U8)
        x = fixed(len(numbers), 1, dtype=dtype, values=numbers)
        y = fixed(1, len(by), dtype=dtype, values=by)
        for op in ("bitwise_left_shift", "bitwise_right_shift"):
            rows.append(Row(f"aten::{op}.Tensor", f"torch.{op}(a, b)", (x, y), static_only="the edges of the dtype"))
    i, j = t(3, 4, dtype=I64), t(3, 4, dtype=I64, low=0, high=9)
    for word, sign in (("left", "<<"), ("right", ">>")):
        op, dunder = f"bitwise_{word}_shift", f"__{word[0]}shift__"
        rows += [
            Row(f"aten::{op}.Tensor_Scalar", f"torch.{op}(a, 2)", (i,)),
            Row(f"aten::{op}.Tensor_Scalar", f"torch.{op}(a, 3)", (t(3, 4, dtype=U8),)),
            Row(f"aten::{op}.Tensor_Scalar", f"torch.{op}(a, 0)", (t(2, 3, 2, dtype=I32),)),
            Row(f"aten::{op}.Scalar_Tensor", f"torch.{op}(100, a)", (j,)),
            Row(f"aten::{op}.Scalar_Tensor", f"torch.{op}(-100, a)", (t(5, dtype=I32, low=0, high=9),)),
            Row(f"aten::{op}.Scalar_Tensor", f"torch.{op}(1, a)", (t(2, 3, 2, dtype=I64, low=0, high=60),)),
            Row(f"aten::{dunder}.Scalar", f"a {sign} 1", (i,)),
            Row(f"aten::{dunder}.Scalar", f"a {sign} 4", (t(3, 4, dtype=U8),)),
            Row(f"aten::{dunder}.Scalar", f"a {sign} 0", (t(2, 3, 2, dtype=I32),)),
            Row(f"aten::{dunder}.Tensor", f"a {sign} b", (i, j)),
            Row(f"aten::{dunder}.Tensor", f"a {sign} b", (t(3, 4, dtype=I32), fixed(4, dtype=I32, low=0, high=9))),
            Row(f"aten::{dunder}.Tensor", f"a {sign} b", (t(3, 1, dtype=U8), fixed(4, dtype=U8, low=0, high=8))),
            in_place(f"{op}_.Tensor", f"{op}_(b)", i, j),
            in_place(f"{op}_.Tensor", f"{op}_(b)", t(3, 4, dtype=I32), fixed(4, dtype=I32, low=0, high=9)),
            in_place(f"{op}_.Tensor", f"{op}_(b)", t(3, 4, dtype=U8), t(3, 4, dtype=U8, low=0, high=8)),
            in_place(f"{op}_.Tensor_Scalar", f"{op}_(2)", i),
            in_place(f"{op}_.Tensor_Scalar", f"{op}_(1)", t(3, 4, dtype=U8)),
            in_place(f"{op}_.Tensor_Scalar", f"{op}_(3)", t(2, 3, 2, dtype=I32)),
        ]
        augmented = f"__i{word[0]}shift__"
        rows += [
            Row(f"aten::{augmented}.Scalar", f"x = a.clone()\nx {sign}= 2\nx * 1", (i,)),
            Row(f"aten::{augmented}.Scalar", f"x = a.clone()\nx {sign}= 3\nx * 1", (t(3, 4, dtype=U8),)),
            Row(f"aten::{augmented}.Scalar", f"x = a.clone()\nx {sign}= 0\nx * 1", (t(2, 3, 2, dtype=I32),)),
            Row(f"aten::{augmented}.Tensor", f"x = a.clone()\nx {sign}= b\nx * 1", (i, j)),
            Row(
                f"aten::{augmented}.Tensor",
                f"x = a.clone()\nx {sign}= b\nx * 1",
                (t(3, 4, dtype=I32), fixed(4, dtype=I32, low=0, high=9)),
            ),
            Row(f"aten::{augmented}.Tensor", f"x = a.clone()\nx {sign}= b\nx * 1", (t(3, 4, dtype=I32), j)),
        ]
    for name in ("__iand__", "__ior__", "__ixor__"):
        rows += [
            in_place(f"{name}.Scalar", f"{name}(6)", i),
            in_place(f"{name}.Scalar", f"{name}(3)", t(5, dtype=U8)),
            in_place(f"{name}.Scalar", f"{name}(-2)", t(3, 4, dtype=I32)),
            in_place(f"{name}.Tensor", f"{name}(b)", i, j),
            in_place(f"{name}.Tensor", f"{name}(b)", t(3, 4, dtype=BOOL), fixed(4, dtype=BOOL)),
            in_place(f"{name}.Tensor", f"{name}(b)", t(3, 4, dtype=I32), j),
        ]
    return rows


def _single() -> list[Row]:
    x, d = t(3, 4), t(5, dtype=F64)
    rows = [
        Row("aten::signbit", "torch.signbit(a)", (x,)),
        Row("aten::signbit", "torch.signbit(a)", (fixed(6, values=EDGES[:6]),), static_only="given"),
        Row("aten::signbit", "torch.signbit(a)", (t(3, 4, dtype=I64),)),
        Row("aten::signbit", "torch.signbit(a)", (t(3, 4, dtype=BOOL),)),
    ]
    for name, low, high in (("sinc", -3, 3), ("special.entr", -1, 3), ("special.ndtr", -4, 4)):
        op = name.replace(".", "_")
        rows += [
            Row(f"aten::{op}", f"torch.{name}(a)", (t(3, 4, low=low, high=high),), atol=1e-6),
            Row(f"aten::{op}", f"torch.{name}(a)", (t(5, dtype=F64, low=low, high=high),)),
            Row(f"aten::{op}", f"torch.{name}(a)", (fixed(7, values=EDGES),), static_only="given"),
            Row(f"aten::{op}", f"torch.{name}(a)", (t(3, 2, dtype=I64, low=0, high=4),), atol=1e-6),
        ]
    rows += [
        in_place("sinc_", "sinc_()", x, atol=1e-6),
        in_place("sinc_", "sinc_()", d),
        in_place("sinc_", "sinc_()", fixed(3, values=(0.0, 1.0, -0.0)), static_only="given", atol=1e-6),
        Row("aten::angle", "torch.angle(a)", (x,)),
        Row("aten::angle", "torch.angle(a)", (fixed(7, values=EDGES),), static_only="given"),
        Row("aten::angle", "torch.angle(a)", (t(3, 4, dtype=I64),)),
    ]
    for name in ("positive", "real", "conj", "conj_physical", "resolve_conj", "resolve_neg"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a) * 2", (x,), exact=True),
            Row(f"aten::{name}", f"torch.{name}(a)", (t(3, 4, dtype=I64),)),
            Row(f"aten::{name}", f"torch.{name}(a)", (t(dtype=F64),), static_only="a 0-d tensor"),
        ]
    rows += [
        in_place("conj_physical_", "conj_physical_()", x),
        in_place("conj_physical_", "conj_physical_()", d),
        in_place("conj_physical_", "conj_physical_()", t(3, 4, dtype=I64)),
        Row("aten::isreal", "torch.isreal(a)", (x,)),
        Row("aten::isreal", "torch.isreal(a)", (t(3, 4, dtype=I64),)),
        Row("aten::isreal", "torch.isreal(a)", (fixed(7, values=EDGES),), static_only="given"),
    ]
    return rows


ROWS = _int16() + _pairs() + _shifts() + _single()
