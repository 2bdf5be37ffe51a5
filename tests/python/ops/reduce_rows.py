"""Rows of reductions of dimensions."""

from .bundle import ONE, over_dtypes, over_shapes, variants_of
from .table import BF16, BOOL, F64, HALF, I32, I64, INF, NAN, U8, A, Row, fixed, int16_rows, one_case, t

SUMS = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, 1.5, -2.5)
HOLES = t(3, 4, values=(1.0, NAN, 3.0, -2.0, NAN, NAN, NAN, NAN, 0.5, 2.0, -1.0, 4.0), dynamic=False)
STATISTICS_SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few normal numbers, added in another order


def _corners() -> list[Row]:
    return [
        # No elements.
        one_case("all", "torch.all(a)", fixed(0, dtype=U8)),
        one_case("any.dim", "torch.any(a, 0)", fixed(0, 3)),
        # Over no dims.
        one_case("all.dims", "torch.all(a, torch.jit.annotate(List[int], []))", fixed(3)),
        one_case("any.dims", "torch.any(a, torch.jit.annotate(List[int], []), True)", fixed(2, 0, dtype=U8)),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    for op, expressions in {
        "sum": ("sum({a})", "sum({a}, dtype=torch.float64)"),
        "mean": ("mean({a})", "mean({a}, dtype=torch.float32)"),
        "prod": ("prod({a})",),
        "sum.dim_IntList": ("sum({a}, [0, 1])", "sum({a}, 1, True, dtype=torch.int32)"),
        "mean.dim": ("mean({a}, 1)",),
        "prod.dim_int": ("prod({a}, -1)",),
        "amax": ("amax({a}, [1])",),
        "amin": ("amin({a}, [0], True)",),
        "max": ("max({a})",),
        "min": ("min({a})",),
        "max.dim": ("max({a}, 1)",),
        "min.dim": ("min({a}, 0, True)[0]",),
        "argmax": ("argmax({a}, 1)", "argmax({a})"),
        "argmin": ("argmin({a}, 0)",),
        "all": ("all({a})",),
        "any": ("any({a})",),
        "all.dim": ("all({a}, 1)",),
        "any.dim": ("any({a}, 0, True)",),
        "count_nonzero": ("count_nonzero({a})", "count_nonzero({a}, 1)"),
        "var.correction": ("var({a}, [1], correction=1)",),
        "std.correction": ("std({a}, [0], correction=0)",),
        "softmax.int": ("softmax({a}, 1)", "softmax({a}, 0, dtype=torch.float32)"),
        "log_softmax.int": ("log_softmax({a}, 1)",),
    }.items():
        for code in expressions:
            rows += over_dtypes(f"aten::{op}", f"torch.{code}", {"a": (3, 5)}, **SUMS)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, codes in {
        "sum": ("sum({a})",),
        "mean": ("mean({a})",),
        "prod": ("prod({a})",),
        "max": ("max({a})",),
        "all": ("all({a})",),
        "any": ("any({a})",),
        "argmax": ("argmax({a})",),
        "count_nonzero": ("count_nonzero({a})",),
        "sum.dim_IntList": ("sum({a}, 0)", "sum({a}, -1, True)", "sum({a}, [])"),
        "mean.dim": ("mean({a}, -1)", "mean({a}, [])"),
        "prod.dim_int": ("prod({a}, 0, True)",),
        "amax": ("amax({a}, [-1])", "amax({a}, [], True)"),
        "amin": ("amin({a}, [0])",),
        "max.dim": ("max({a}, -1)", "max({a}, 0, True)"),
        "min.dim": ("min({a}, 0)[1]",),
        "all.dim": ("all({a}, 0)",),
        "any.dim": ("any({a}, -1, True)",),
        "all.dims": ("all({a}, [0])",),
        "any.dims": ("any({a}, None)",),
        "var.correction": ("var({a}, None, correction=0)", "var({a}, [-1], correction=1)"),
        "std.correction": ("std({a}, [0], correction=0)",),
        "softmax.int": ("softmax({a}, 0)", "softmax({a}, -1)"),
        "log_softmax.int": ("log_softmax({a}, -1)",),
        "argmin": ("argmin({a}, 0)", "argmin({a}, -1, True)"),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", f"torch.{code}", variants_of(*ONE), **LOOSE)
    return rows


def _int16() -> list[Row]:
    return int16_rows(
        ("sum", "a.sum()"),
        ("sum.dim_IntList", "a.sum([1], dtype=torch.int16)"),
        ("amax", "a.amax(1)"),
    )


def _softmax() -> list[Row]:
    x = t(2, 6, 5, 4)
    return [
        Row("aten::softmax.int", "torch.softmax(a, 1)", (x,)),
        Row("aten::softmax.int", "torch.softmax(a, -1)", (t(3, 7),)),
        Row("aten::softmax.int", "torch.softmax(a, 0, dtype=torch.float64)", (t(5),)),
        Row("aten::log_softmax.int", "torch.log_softmax(a, 1)", (x,)),
        Row("aten::log_softmax.int", "torch.log_softmax(a, -1)", (t(3, 7),)),
        Row("aten::log_softmax.int", "torch.log_softmax(a, 0, dtype=torch.float64)", (t(5),)),
    ]


def _overloads() -> list[Row]:
    x, d = t(3, 4, 5), t(3, 4, dtype=F64)
    rows = [
        Row("aten::count_nonzero", "torch.count_nonzero(a, -1)", (t(3, 4, 2, dtype=I32),)),
        Row("aten::count_nonzero.dim_IntList", "torch.count_nonzero(a, [1])", (x,)),
        Row("aten::count_nonzero.dim_IntList", "torch.count_nonzero(a, [0, -1])", (t(3, 4, 2, dtype=BOOL),)),
    ]
    for name in ("var", "std"):
        rows += [
            Row(f"aten::{name}.correction", f"torch.{name}(a, None, correction=0.5)", (d,)),
            Row(f"aten::{name}_mean", f"torch.{name}_mean(a, False)", (x,)),
            Row(f"aten::{name}_mean", f"torch.{name}_mean(a, True)", (d,)),
            Row(f"aten::{name}_mean.dim", f"torch.{name}_mean(a, [0, 2], False, True)", (x,)),
            Row(f"aten::{name}_mean.dim", f"torch.{name}_mean(a, [-1], True)", (d,)),
            Row(f"aten::{name}_mean.correction", f"torch.{name}_mean(a, None, correction=2)", (x,)),
            Row(f"aten::{name}_mean.correction", f"torch.{name}_mean(a, [1, 2], correction=0.5)", (x,)),
        ]
    return rows


def _reductions() -> list[Row]:
    rows = []
    x = t(3, 4, 5)
    i = t(3, 4, 5, dtype=I64)
    for name in ("sum", "mean", "prod"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, dtype=torch.float64)", (i,)),
            Row(f"aten::{name}", f"torch.{name}(a)", (t(4, dtype=F64),)),
        ]
        op = {"sum": "sum.dim_IntList", "mean": "mean.dim", "prod": "prod.dim_int"}[name]
        rows += [
            Row(f"aten::{op}", f"torch.{name}(a, 1)", (x,)),
            Row(f"aten::{op}", f"torch.{name}(a, -1, keepdim=True)", (x,)),
            Row(f"aten::{op}", f"torch.{name}(a, 0, dtype=torch.float64)", (i,)),
        ]
    rows += [
        Row("aten::sum.dim_IntList", "torch.sum(a, [0, 2])", (x,)),
        Row("aten::sum.dim_IntList", "torch.sum(a, [1], keepdim=True)", (t(3, 4, dtype=BOOL),)),
        Row("aten::sum", "torch.sum(a)", (t(3, 4, dtype=I32),)),
        Row("aten::mean.dim", "torch.mean(a, [0, 1], keepdim=True)", (x,)),
        Row("aten::prod", "torch.prod(a)", (t(3, 2, dtype=I32),)),
    ]
    for name in ("amax", "amin"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, [1])", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, [0, -1], keepdim=True)", (i,)),
            Row(f"aten::{name}", f"torch.{name}(a, [])", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, [0])", (t(6, values=SPECIAL, dynamic=False),), static_only="given"),
        ]
    for name in ("max", "min"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a)", (i,)),
            Row(f"aten::{name}", f"torch.{name}(a)", (t(6, values=SPECIAL, dynamic=False),), static_only="given"),
            Row(f"aten::{name}.dim", f"torch.{name}(a, 1)", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, 0, keepdim=True)", (i,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, -1)[0]", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, -1)[1]", (t(3, 4, dtype=BOOL),)),
            Row(f"aten::arg{name}", f"torch.arg{name}(a)", (x,)),
            Row(f"aten::arg{name}", f"torch.arg{name}(a, 1)", (i,)),
            Row(f"aten::arg{name}", f"torch.arg{name}(a, 0, keepdim=True)", (x,)),
            Row(
                f"aten::arg{name}",
                f"torch.arg{name}(a, 0)",
                (t(6, values=SPECIAL, dynamic=False),),
                static_only="given",
            ),
        ]
    for name in ("all", "any"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a)", (t(3, 4, dtype=BOOL),)),
            Row(f"aten::{name}", f"torch.{name}(a)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a)", (t(3, 4, dtype=U8, low=0, high=2),)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, 1)", (t(3, 4, dtype=BOOL),)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, -1, keepdim=True)", (i,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, 0)", (t(3, 2, dtype=U8, low=0, high=2),)),
            Row(f"aten::{name}.dims", f"torch.{name}(a, [0, 1])", (t(3, 2, 2, dtype=BOOL),)),
            Row(f"aten::{name}.dims", f"torch.{name}(a, [1], True)", (t(3, 2, 2),)),
            Row(f"aten::{name}.dims", f"torch.{name}(a, None)", (t(3, 2, dtype=I32),)),
        ]
    rows += [
        Row("aten::count_nonzero", "torch.count_nonzero(a)", (t(3, 4, dtype=I64),)),
        Row("aten::count_nonzero", "torch.count_nonzero(a, 1)", (t(3, 4, dtype=BOOL),)),
        Row("aten::count_nonzero.dim_IntList", "torch.count_nonzero(a, [0, 1])", (t(3, 4, dtype=I64),)),
    ]
    for name in ("var", "std"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, False)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, True)", (t(4, dtype=F64),)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, [1])", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, [0, 2], False, True)", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, [2], True, True)", (x,)),
            Row(f"aten::{name}.correction", f"torch.{name}(a, [1], correction=0)", (x,)),
            Row(f"aten::{name}.correction", f"torch.{name}(a, [1, 2], correction=2, keepdim=True)", (x,)),
            Row(f"aten::{name}.dim", f"torch.{name}(a, None)", (t(3, 4),)),
            Row(f"aten::{name}_mean", f"torch.{name}_mean(a)", (x,)),
            Row(f"aten::{name}_mean.dim", f"torch.{name}_mean(a, [1])", (x,)),
            Row(f"aten::{name}_mean.correction", f"torch.{name}_mean(a, [1], correction=0, keepdim=True)", (x,)),
        ]
    return rows


def _without_nan() -> list[Row]:
    x, i = t(3, 4, 6), t(3, 4, dtype=I64)
    holes = {"static_only": "given"}
    return [
        Row("aten::aminmax", "torch.aminmax(a)", (x,), exact=True),
        Row("aten::aminmax", "torch.aminmax(a, dim=1)", (i,)),
        Row("aten::aminmax", "torch.aminmax(a, dim=-1, keepdim=True)", (HOLES,), **holes, exact=True),
        Row("aten::nansum", "torch.nansum(a)", (HOLES,), **holes),
        Row("aten::nansum", "torch.nansum(a, [1, 2], keepdim=True)", (x,), **STATISTICS_SUMS),
        Row("aten::nansum", "torch.nansum(a, 1)", (i,)),
        Row("aten::nansum", "torch.nansum(a, 1, dtype=torch.float64)", (HOLES,), **holes),
        Row("aten::nanmean", "torch.nanmean(a)", (HOLES,), **holes),
        Row("aten::nanmean", "torch.nanmean(a, 1)", (HOLES,), **holes),
        Row("aten::nanmean", "torch.nanmean(a, [0, 2], True)", (x,), **STATISTICS_SUMS),
    ]


def _decomposed_softmax() -> list[Row]:
    rows = []
    for op in ("_softmax", "_log_softmax"):
        rows += [
            Row(f"aten::{op}", f"{A}{op}(a, 1, False)", (t(3, 5),), rtol=1e-5, atol=1e-6),
            Row(f"aten::{op}", f"{A}{op}(a, -3, False)", (t(3, 4, 5, dtype=F64),)),
            Row(f"aten::{op}", f"{A}{op}(a, 1, False)", (t(3, 5, dtype=BF16),)),
            Row(f"aten::{op}", f"{A}{op}(a, 0, False)", (t(),), static_only="a number has no size"),
        ]
    # The mask hides the whole first row.
    scores = fixed(2, 3, values=(-INF, -INF, -INF, 0.5, -INF, 1.0))
    rows += [
        Row("aten::_safe_softmax", f"{A}_safe_softmax(a, 1)", (t(3, 5),), rtol=1e-5, atol=1e-6),
        Row("aten::_safe_softmax", f"{A}_safe_softmax(a, -1)", (scores,), static_only="its values are given"),
        Row("aten::_safe_softmax", f"{A}_safe_softmax(a, 0, dtype=torch.float64)", (t(4, 3, dtype=HALF),)),
    ]
    return rows


def _log_sum_exp() -> list[Row]:
    x = t(3, 4, 5)
    rows = [
        Row("aten::logsumexp", "torch.logsumexp(a, [1])", (x,)),
        Row("aten::logsumexp", "torch.logsumexp(a, [0, 2], True)", (t(3, 4, 5, low=-90, high=90),)),
        Row(
            "aten::logsumexp",
            "torch.logsumexp(a, [1])",
            (t(2, 3, values=(-float("inf"),) * 3 + (1.0, float("inf"), 2.0), dynamic=False),),
            static_only="given",
        ),
        one_case("logsumexp", "torch.logsumexp(a, [1], True)", fixed(2, 0)),
    ]
    rows += over_dtypes("aten::logsumexp", "torch.logsumexp({a}, [1])", {"a": (3, 5)}, **SUMS)
    for code in ("torch.logsumexp({a}, [0])", "torch.logsumexp({a}, [-1], True)"):
        rows += over_shapes("aten::logsumexp", code, variants_of(*ONE), **LOOSE)
    return rows


ROWS = [
    *_corners(),
    *_dtypes(),
    *_edges(),
    *_int16(),
    *_softmax(),
    *_overloads(),
    *_reductions(),
    *_without_nan(),
    *_decomposed_softmax(),
    *_log_sum_exp(),
]
