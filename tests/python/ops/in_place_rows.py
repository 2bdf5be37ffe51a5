"""Rows of operators that write their first argument: they write a copy, and its new value is the result."""

from __future__ import annotations

import torch

from ops.table import Row, Tensor


def written(op: str, statement: str, *inputs: Tensor, **more) -> Row:
    return Row("aten::" + op, f"x = a.clone()\n{statement}\nx * 1", inputs, **more)


def _three(low: float | None = None, high: float | None = None) -> list[Tensor]:
    """Returns a matrix, a cube and doubles of a domain."""
    return [
        Tensor((3, 4), low=low, high=high),
        Tensor((2, 3, 5), low=low, high=high),
        Tensor((3, 7), torch.double, low=low, high=high),
    ]


def _unary() -> list[Row]:
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
    rows = []
    for names, low, high in domains:
        for name in names.split():
            call = f"torch.{name}(x)" if name in ("selu_", "celu_") else f"x.{name}()"
            rows += [written(name, call, a) for a in _three(low, high)]
    rows += [written("round_.decimals", "x.round_(decimals=1)", a) for a in _three()]
    rows += [written("bitwise_not_", "x.bitwise_not_()", Tensor(s, torch.int32)) for s in ((3, 4), (5,), (2, 3, 2))]
    return rows


def _activations() -> list[Row]:
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
    rows = []
    for name, call in calls.items():
        rows += [written(name, "torch.nn.functional." + call, a) for a in _three()]
    rows += [written("gelu_", "torch._C._nn.gelu_(x)", a) for a in _three()]
    return rows


def _binary() -> list[Row]:
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
        rows += [written(name + ".Scalar", f"x.{name}(1.5)", a) for a in _three()]
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
        rows += [written(name, f"x.{name}(b)", a, Tensor(a.shape, a.dtype)) for a in _three()]
    rows += [written("pow_.Scalar", "x.pow_(3)", a) for a in _three()]
    for name in ("clamp_", "clip_"):
        rows += [written(name, f"x.{name}(-0.5, 0.5)", a) for a in _three()]
        rows += [
            written(name + ".Tensor", f"x.{name}(b, b + 0.5)", Tensor((3, 4)), Tensor(s, dynamic=d))
            for s, d in (((3, 4), True), ((4,), False), ((1, 4), False))
        ]
    for name in ("clamp_min_", "clamp_max_"):
        rows += [written(name, f"x.{name}(0.25)", a) for a in _three()]
        rows += [written(name + ".Tensor", f"x.{name}(b)", a, Tensor(a.shape, a.dtype)) for a in _three()]
    return rows


def _ternary() -> list[Row]:
    rows = []
    for a in _three():
        same = Tensor(a.shape, a.dtype)
        away = Tensor(a.shape, a.dtype, low=0.5, high=2.0)
        rows += [
            written("lerp_.Scalar", "x.lerp_(b, 0.3)", a, same),
            written("lerp_.Tensor", "x.lerp_(b, c)", a, same, same),
            written("addcmul_", "x.addcmul_(b, c, value=0.5)", a, same, same),
            written("addcdiv_", "x.addcdiv_(b, c, value=0.5)", a, same, away),
        ]
    # Sums of four to six products: their order may differ.
    for scale in ("", ", beta=0.5", ", beta=0.5, alpha=2"):
        two, three = Tensor((3, 4)), Tensor((2, 3, 4))
        fixed = {"dynamic": False}
        rows += [
            written("addmm_", f"x.addmm_(b, c{scale})", two, Tensor((3, 5)), Tensor((5, 4), **fixed), atol=1e-5),
            written("baddbmm_", f"x.baddbmm_(b, c{scale})", three, Tensor((2, 3, 5)), Tensor((2, 5, 4)), atol=1e-5),
            written(
                "addbmm_",
                f"x.addbmm_(b, c{scale})",
                Tensor((3, 4), **fixed),
                Tensor((2, 3, 5)),
                Tensor((2, 5, 4)),
                atol=1e-5,
            ),
        ]
    return rows


def _movement() -> list[Row]:
    rows = []
    for dtype in (torch.float32, torch.int64, torch.bool):
        a = Tensor((3, 4), dtype)
        row_of = Tensor((2,), torch.int64, values=(2, 0), dynamic=False)
        two_rows = Tensor((2, 4), dtype, dynamic=False)
        at = Tensor((2, 4), torch.int64, values=(0, 1, 2, 0, 2, 0, 1, 1), dynamic=False)
        fixed = {"static_only": "the indices are those of three rows"}
        rows += [
            written("masked_fill_.Scalar", "x.masked_fill_(b, 1)", a, Tensor((3, 4), torch.bool)),
            written("index_copy_", "x.index_copy_(0, b, c)", a, row_of, two_rows, **fixed),
            written("scatter_.src", "x.scatter_(0, b, c)", a, at, two_rows, **fixed),
            written("scatter_.value", "x.scatter_(0, b, 1)", a, at, **fixed),
            written("tril_", "x.tril_(1)", a),
            written("triu_", "x.triu_(-1)", a),
            written("t_", "x.t_()", a),
            written("swapaxes_", "x.swapaxes_(0, 1)", a),
            written("unsqueeze_", "x.unsqueeze_(1)", a),
            written(
                "squeeze_", "x.squeeze_()", Tensor((1, 3, 1, 4), dtype), static_only="what is squeezed depends on it"
            ),
            written("squeeze_.dim", "x.squeeze_(1)", Tensor((3, 1, 4), dtype)),
            written("squeeze_.dims", "x.squeeze_((1, 2))", Tensor((3, 1, 1, 4), dtype)),
        ]
        if dtype is not torch.bool:
            rows += [
                written("index_add_", "x.index_add_(0, b, c)", a, row_of, two_rows, **fixed),
                written("scatter_add_", "x.scatter_add_(0, b, c)", a, at, two_rows, **fixed),
                written("cumsum_", "x.cumsum_(1)", a),
                written("cumprod_", "x.cumprod_(1)", a),
            ]
    rows += [
        written("cumsum_", "x.cumsum_(-2)", Tensor((2, 3, 4))),
        written("cumprod_", "x.cumprod_(-2)", Tensor((2, 3, 4))),
    ]
    return rows


ROWS = _unary() + _activations() + _binary() + _ternary() + _movement()
