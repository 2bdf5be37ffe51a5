"""Rows of pointwise operators of one tensor."""

import torch

from .bundle import ONE, over_dtypes, over_shapes, variants_of
from .table import BOOL, F32, F64, HALF, I32, I64, U8, Row, Tensor, fixed, int16_rows, one_case, t, three, written

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
SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.5, -2.5, 0.5)
_FLOAT_ONLY = {"frac", "selu"}
_HAS_INPLACE = {"abs", "exp", "floor", "neg", "relu", "sigmoid", "sqrt", "tanh", "round", "trunc", "log2"}


def _corners() -> list[Row]:
    return [
        # Bools are numbers to some operators, logic to others.
        one_case("sign", "torch.sign(a)", fixed(4, dtype=BOOL)),
        one_case("square", "torch.square(a)", fixed(4, dtype=BOOL)),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    for name, domain in UNARY.items():
        rows += over_dtypes(f"aten::{name}", f"torch.{name}({{a}})", {"a": (3, 4)}, domain=domain)
    rows += over_dtypes("aten::logical_not", "torch.logical_not({a})", {"a": (3, 4)})
    rows += over_dtypes("aten::bitwise_not", "torch.bitwise_not({a})", {"a": (3, 4)})
    rows += over_dtypes("aten::logit", "torch.logit({a}, 0.1)", {"a": (3, 4)}, domain=(0, 1))
    rows += over_dtypes("aten::round.decimals", "torch.round({a}, decimals=1)", {"a": (3, 4)}, dtypes=(F32, F64))
    return rows


def _edges() -> list[Row]:
    rows = []
    for name, domain in UNARY.items():
        rows += over_shapes(f"aten::{name}", f"torch.{name}({{a}})", variants_of(*ONE), domain=domain)
    return rows


def _in_place() -> list[Row]:
    rows = []
    everywhere = (
        "abs_ absolute_ asinh_ atan_ ceil_ cos_ cosh_ deg2rad_ erf_ erfc_ exp_ exp2_ expm1_ fix_ floor_ frac_ neg_ negative_ "
        "rad2deg_ relu_ round_ sgn_ sigmoid_ sign_ sin_ sinh_ square_ tanh_ trunc_ nan_to_num_ logical_not_ selu_ celu_"
    )
    domains = [
        (everywhere, None, None),
        ("log_ log10_ log1p_ log2_ sqrt_ rsqrt_ reciprocal_ tan_", 0.1, 1.4),
        ("acos_ asin_ atanh_ logit_", 0.1, 0.9),
        ("acosh_", 1.1, 3.0),
    ]
    for names, low, high in domains:
        for name in names.split():
            call = f"torch.{name}(x)" if name in ("selu_", "celu_") else f"x.{name}()"
            rows += [written(name, call, a) for a in three(low, high)]
    rows += [written("round_.decimals", "x.round_(decimals=1)", a) for a in three()]
    rows += [written("bitwise_not_", "x.bitwise_not_()", Tensor(s, torch.int32)) for s in ((3, 4), (5,), (2, 3, 2))]
    return rows


def _int16() -> list[Row]:
    return int16_rows(("neg", "-a"), ("abs", "a.abs()"), ("bitwise_not", "~a"))


def _single() -> list[Row]:
    x = t(3, 4)
    return [
        Row("aten::square", "torch.square(a)", (t(3, 4, dtype=BOOL),)),
        Row("aten::sign", "torch.sign(a)", (t(3, 4, dtype=BOOL),)),
        Row("aten::sgn", "torch.sgn(a)", (t(3, 4, dtype=BOOL),)),
        Row("aten::abs", "abs(a)", (x,)),
        Row("aten::abs", "abs(a)", (t(3, 4, dtype=I64),)),
    ]


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


def _others() -> list[Row]:
    x = t(3, 4)
    b = t(3, 4, dtype=BOOL)
    i = t(3, 4, dtype=I64)
    rows = [
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
    rows += [
        Row("aten::logical_not", "torch.logical_not(a)", (b,)),
        Row("aten::logical_not", "torch.logical_not(a)", (i,)),
        Row("aten::logical_not", "torch.logical_not(a)", (t(8, values=SPECIAL, dynamic=False),), static_only="given"),
        Row("aten::bitwise_not", "torch.bitwise_not(a)", (b,)),
        Row("aten::bitwise_not", "torch.bitwise_not(a)", (i,)),
        Row("aten::bitwise_not", "~a", (t(4, dtype=U8, low=0, high=255),)),
    ]
    return rows


ROWS = [
    *_corners(),
    *_dtypes(),
    *_edges(),
    *_in_place(),
    *_int16(),
    *_single(),
    *_unary(),
    *_others(),
]
