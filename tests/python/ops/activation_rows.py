"""Rows of activations and clamps."""

from .bundle import ONE, over_dtypes, over_shapes, variants_of
from .table import BF16, BOOL, F32, F64, HALF, I32, I64, U8, A, F, Row, fixed, int16_rows, one_case, t, three, written

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
LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1.5, -2.5, 0.5)


def _corners() -> list[Row]:
    return [
        one_case("clamp", "torch.clamp(a, -1, 2)", fixed(4, dtype=BOOL)),
        one_case("clamp", "torch.clamp(a, max=1)", fixed(4, dtype=BOOL)),
        # A single bound of NaN has no effect; with a second bound, all results are NaN.
        *(
            one_case("clamp", f"torch.clamp(a, {low}, {high})", fixed(4, dtype=dtype))
            for dtype in (F32, HALF, I64)
            for low, high in (("float('nan')", "None"), ("None", "float('nan')"), ("float('nan')", "2"), ("1", "float('nan')"))
        ),
        *(one_case(name, f"torch.{name}(a, float('nan'))", fixed(4, dtype=F32)) for name in ("clamp_min", "clamp_max")),
        # The bounds of hardtanh do not promote.
        one_case("hardtanh", F + "hardtanh(a, -0.7, 3.5)", fixed(6, dtype=U8)),
        one_case("hardtanh", F + "hardtanh(a, -1.7, 2.5)", fixed(6, dtype=I32)),
    ]  # fmt: skip


def _dtypes_unary() -> list[Row]:
    rows = []
    for name, code in ACTIVATIONS.items():
        op = f"aten::{name}" if name != "softsign" else "aten::div.Tensor"
        rows += over_dtypes(op, code.replace("(a", "({a}"), {"a": (3, 4)}, rtol=2e-5)
    for bounds in ("-1, 2", "min=0", "0.5, 1.5", "max=1"):
        rows += over_dtypes("aten::clamp", f"torch.clamp({{a}}, {bounds})", {"a": (3, 4)})
    return rows


def _dtypes_layers() -> list[Row]:
    rows = []
    for op, code, shapes in (
        ("prelu", "torch.prelu({a}, {b})", {"a": (2, 4, 3), "b": (4,)}),
        ("glu", F + "glu({a}, 1)", {"a": (3, 4)}),
    ):
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=1e-5)
    return rows


def _edges_pointwise() -> list[Row]:
    rows = []
    for name, code in ACTIVATIONS.items():
        op = f"aten::{name}" if name != "softsign" else "aten::div.Tensor"
        rows += over_shapes(op, code.replace("(a", "({a}"), variants_of(*ONE))
    return rows


def _edges_layers() -> list[Row]:
    rows = []
    for op, code, variants in (("glu", F + "glu({a})", [(2,), (0, 2), (1, 4)]),):  # fmt: skip
        rows += over_shapes(f"aten::{op}", code, variants_of(*variants), **LOOSE)
    return rows


def _in_place_activations() -> list[Row]:
    rows = []
    calls = {
        "silu_": "silu(x, inplace=True)",
        "mish_": "mish(x, inplace=True)",
        "hardswish_": "hardswish(x, inplace=True)",
        "hardsigmoid_": "hardsigmoid(x, inplace=True)",
        "hardtanh_": "hardtanh(x, -0.5, 0.75, inplace=True)",
        "elu_": "elu(x, 0.7, inplace=True)",
        "leaky_relu_": "leaky_relu(x, 0.2, inplace=True)",
        "relu6_": "relu6(x, inplace=True)",
        "rrelu_": "rrelu(x, 0.1, 0.3, training=False, inplace=True)",
        "threshold_": "threshold(x, 0.25, 20.0, inplace=True)",
    }
    for name, call in calls.items():
        rows += [written(name, "torch.nn.functional." + call, a) for a in three()]
    rows += [written("gelu_", "torch._C._nn.gelu_(x)", a) for a in three()]
    return rows


def _in_place_binary() -> list[Row]:
    rows = []
    for name in ("clamp_", "clip_"):
        rows += [written(name, f"x.{name}(-0.5, 0.5)", a) for a in three()]
    for name in ("clamp_min_", "clamp_max_"):
        rows += [written(name, f"x.{name}(0.25)", a) for a in three()]
    return rows


def _int16() -> list[Row]:
    return int16_rows(("clamp", "a.clamp(-100, 100)"), ("relu", "torch.relu(a)"))


def _overloads() -> list[Row]:
    i = t(3, 4, dtype=I64)
    d = t(2, 3, dtype=F64)
    return [
        Row("aten::clip", "torch.clip(a, max=0.25)", (d,)),
        Row("aten::clip", "torch.clip(a, -1, 2)", (i,)),
    ]


def _others() -> list[Row]:
    x = t(3, 4)
    i = t(3, 4, dtype=I64)
    return [
        Row("aten::clamp", "torch.clamp(a, -0.5, 0.5)", (x,)),
        Row("aten::clamp", "torch.clamp(a, min=0.1)", (x,)),
        Row("aten::clamp", "torch.clamp(a, -2, 3)", (i,)),
        Row("aten::clamp", "torch.clamp(a, 0.5, 2.5)", (i,)),
        Row("aten::clamp", "torch.clamp(a, 1.0, -1.0)", (x,)),
        Row("aten::clamp", "torch.clamp(a, -1, 1)", (t(8, values=SPECIAL, dynamic=False),), static_only="given"),
        Row("aten::clip", "torch.clip(a, -0.5, 0.5)", (x,)),
        Row("aten::clamp_min", "torch.clamp_min(a, 0.25)", (x,)),
        Row("aten::clamp_min", "torch.clamp_min(a, 1)", (i,)),
        Row("aten::clamp_max", "torch.clamp_max(a, 0.25)", (x,)),
        Row("aten::clamp_max", "torch.clamp_max(a, 1)", (i,)),
    ]


def _activations() -> list[Row]:
    rows = []
    for name, code in ACTIVATIONS.items():
        op = f"aten::{name}" if name != "softsign" else "aten::div.Tensor"  # PyTorch has none of that name
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


def _decomposed() -> list[Row]:
    noise = "rrelu_with_noise_functional"
    x = t(3, 5)
    return [
        Row(f"aten::{noise}", f"{A}{noise}(a, b, 0.1, 0.3)[0]", (x, x)),
        Row(f"aten::{noise}", f"{A}{noise}(a, b, 0.5, 0.5)[0]", (t(3, dtype=F64), t(3, dtype=F64))),
        Row(f"aten::{noise}", f"{A}{noise}(a, a)[0]", (t(2, 3, dtype=BF16),)),
    ]


ROWS = [
    *_corners(),
    *_dtypes_unary(),
    *_dtypes_layers(),
    *_edges_pointwise(),
    *_edges_layers(),
    *_in_place_activations(),
    *_in_place_binary(),
    *_int16(),
    *_overloads(),
    *_others(),
    *_activations(),
    *_decomposed(),
]
