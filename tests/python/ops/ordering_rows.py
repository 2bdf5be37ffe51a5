"""Rows of sorting, ranks and running sums."""

from .bundle import ONE, over_dtypes, over_shapes, variants_of
from .table import BOOL, F64, I32, I64, NAN, A, Row, Tensor, fixed, int16_rows, t, written

SUMS = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
DYNAMIC_LINE = "the dimension that is looked along must be known"
SPECIAL = (float("nan"), float("inf"), -float("inf"), 0.0, 1.5, -2.5)
HOLES = t(3, 4, values=(1.0, NAN, 3.0, -2.0, NAN, NAN, NAN, NAN, 0.5, 2.0, -1.0, 4.0), dynamic=False)


def _dtypes() -> list[Row]:
    rows = []
    for op, expressions in {
        "cumsum": ("cumsum({a}, 1)", "cumsum({a}, 0, dtype=torch.float32)"),
        "cumprod": ("cumprod({a}, 1)",),
        "sort": ("sort({a}, 1)[0]",),
        "topk": ("topk({a}, 2, 1)[0]",),
        "sort.stable": ("sort({a}, stable=True, dim=1)",),
    }.items():
        for code in expressions:
            rows += over_dtypes(f"aten::{op}", f"torch.{code}", {"a": (3, 5)}, **SUMS)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, codes in {
        "cumsum": ("cumsum({a}, 0)",),
        "cumprod": ("cumprod({a}, -1)",),
        "sort": ("sort({a})", "sort({a}, 0)"),
        "argsort": ("argsort({a}, 0)",),
        "topk": ("topk({a}, 1)",),
    }.items():  # fmt: skip
        for code in codes:
            rows += over_shapes(f"aten::{op}", f"torch.{code}", variants_of(*ONE), **LOOSE)
    rows += over_shapes("aten::topk", "torch.topk({a}, 0)", variants_of((0,), (3,), (2, 3), (2, 0)))
    return rows


def _in_place() -> list[Row]:
    return [
        written("cumsum_", "x.cumsum_(-2)", Tensor((2, 3, 4))),
        written("cumprod_", "x.cumprod_(-2)", Tensor((2, 3, 4))),
    ]


def _int16() -> list[Row]:
    return int16_rows(("cumsum", "torch.cumsum(a, 1)"), ("sort", "torch.sort(a, 1)"))


def _overloads() -> list[Row]:
    x = t(3, 7)
    line = {"static_only": "the dimension that is looked along must be known"}
    return [
        Row("aten::sort.stable", "torch.sort(a, stable=True)", (x,)),
        Row("aten::sort.stable", "torch.sort(a, stable=True, dim=0, descending=True)", (t(6, 3, dtype=BOOL),), **line),
        Row("aten::sort.stable", f"{A}sort(a, stable=None, dim=1)", (x,)),
        Row("aten::argsort", "torch.argsort(a, 0)", (t(4, 5, dtype=F64),), **line),
        Row("aten::argsort.stable", "torch.argsort(a, stable=True)", (t(3, 9, dtype=I32),)),
        Row("aten::argsort.stable", "torch.argsort(a, stable=True, dim=1, descending=True)", (t(3, 9, dtype=I64),)),
    ]


def _orders() -> list[Row]:
    x = t(3, 7)
    i = t(3, 9, dtype=I64)
    rows = [
        Row("aten::topk", "torch.topk(a, 3)", (x,)),
        Row("aten::topk", "torch.topk(a, 2, 1, False)", (x,)),
        Row("aten::topk", "torch.topk(a, 2, 0)[0]", (t(6, 2, dtype=I64),), static_only=DYNAMIC_LINE),
        Row(
            "aten::topk",
            "torch.topk(a, 4, -1, True, True)[0]",
            (t(6, values=SPECIAL, dynamic=False),),
            static_only="given",
        ),
        Row("aten::sort", "torch.sort(a)", (x,)),
        Row("aten::sort", "torch.sort(a, 1, True)", (i,)),
        Row("aten::sort", "torch.sort(a, 0)", (t(4, 5, dtype=BOOL),), static_only=DYNAMIC_LINE),
        Row("aten::sort.stable", "torch.sort(a, stable=True, dim=1, descending=True)", (i,)),
        Row("aten::argsort", "torch.argsort(a)", (x,)),
        Row("aten::argsort", "torch.argsort(a, -1, True)", (x,)),
        Row("aten::argsort.stable", "torch.argsort(a, stable=True, dim=1)", (i,)),
    ]
    for name in ("cumsum", "cumprod"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, 1)", (x,)),
            Row(f"aten::{name}", f"torch.{name}(a, 0)", (t(4, 3, dtype=I32),)),
            Row(f"aten::{name}", f"torch.{name}(a, -1)", (t(4, 3, dtype=BOOL),)),
            Row(f"aten::{name}", f"torch.{name}(a, 0, dtype=torch.float64)", (t(4, dtype=I64),)),
            Row(f"aten::{name}", f"(torch.{name}(a, 1) > 0.5).to(torch.int32).sum()", (x,)),
            Row(
                f"aten::{name}",
                f"torch.nn.functional.layer_norm(torch.{name}(a, 1), [3, 7])",
                (t(3, 7, dynamic=False),),
                static_only="the normalized sizes are given",
                **LOOSE,
            ),
        ]
    return rows


def _medians() -> list[Row]:
    x, d = t(3, 4, 6), t(3, 5, dtype=F64)
    holes = {"static_only": "given"}
    whole = {"static_only": "all elements are put in order"}
    return [
        Row("aten::kthvalue", "torch.kthvalue(a, 2)", (x,), exact=True),
        Row("aten::kthvalue", "torch.kthvalue(a, 5, 1, True)", (d,), exact=True),
        Row("aten::kthvalue", "torch.kthvalue(a, 1)", (fixed(),), static_only="a 0-d tensor", exact=True),
        Row("aten::median", "torch.median(a)", (fixed(3, 4),), **whole, exact=True),
        Row("aten::median", "torch.median(a)", (HOLES,), **holes, exact=True),
        Row("aten::median", "torch.median(a)", (fixed(5, dtype=I64),), **whole),
        Row("aten::median.dim", "torch.median(a, 1)", (x,), exact=True),
        Row("aten::median.dim", "torch.median(a, -1, True)", (d,), exact=True),
        Row("aten::median.dim", "torch.median(a, 1)", (HOLES,), **holes, exact=True),
        Row("aten::msort", "torch.msort(a)", (fixed(4, 3),), **whole, exact=True),
        Row("aten::msort", "torch.msort(a)", (fixed(6, dtype=I64),), **whole),
        Row("aten::msort", "torch.msort(a)", (fixed(4, 2, 2, dtype=F64),), **whole, exact=True),
    ]


def _quantiles() -> list[Row]:
    x, d = t(3, 4, 6), t(3, 5, dtype=F64)
    whole = {"static_only": "all elements are put in order"}
    rows = [
        Row("aten::quantile.scalar", "torch.quantile(a, 0.3)", (fixed(3, 4),), **whole),
        Row("aten::quantile.scalar", "torch.quantile(a, 0.3, keepdim=True)", (fixed(3, 4),), **whole),
        Row("aten::quantile.scalar", "torch.quantile(a, 0.5, 1)", (HOLES,), static_only="given"),
        Row("aten::quantile.scalar", "torch.quantile(a, 1.0, -1, True)", (d,)),
        Row("aten::quantile", "torch.quantile(a, torch.tensor([0.1, 0.5, 1.0]), 1)", (x,)),
        Row("aten::quantile", "torch.quantile(a, torch.tensor([0.25, 0.75]), 2, True)", (x,)),
        Row("aten::quantile", "torch.quantile(a, torch.tensor(0.4), 1)", (x,)),
        Row("aten::quantile", "torch.quantile(a, torch.tensor([0.4]))", (fixed(7),), **whole),
        Row("aten::quantile", "torch.quantile(a, torch.tensor([0.4]), keepdim=True)", (fixed(2, 7),), **whole),
    ]
    rows += [
        Row("aten::quantile.scalar", f"torch.quantile(a, 0.37, 1, interpolation='{way}')", (x,), rtol=1e-5)
        for way in ("linear", "lower", "higher", "nearest", "midpoint")
    ]
    return rows


# The index is that of the last of equal neighbors. NaN continues from its position.
def _running() -> list[Row]:
    rows = []
    ties = fixed(2, 5, values=(1.0, 1.0, 0.0, 2.0, 2.0, 3.0, NAN, 1.0, NAN, 5.0))
    for name in ("cummax", "cummin"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, 1)", (t(3, 4, 6),), exact=True),
            Row(f"aten::{name}", f"torch.{name}(a, 1)", (ties,), static_only="given", exact=True),
            Row(f"aten::{name}", f"torch.{name}(a, 0)", (t(3, 4, dtype=I64),)),
            Row(f"aten::{name}", f"torch.{name}(a, -1)", (fixed(),), static_only="a 0-d tensor", exact=True),
            Row(f"aten::{name}", f"torch.{name}(a, -1)", (t(3, 4, dtype=BOOL),)),
        ]
    return rows


def _searches() -> list[Row]:
    x = t(3, 4)
    bounds = fixed(4, values=(-1.0, 0.0, 0.5, 2.0))
    steps = fixed(4, dtype=I64, values=(-2, 0, 1, 3))
    ties = {"static_only": "given", "exact": True}
    values = fixed(6, values=(-1.0, 0.0, 0.5, 2.0, NAN, float("inf")))
    matrix = fixed(2, 4, values=(0.0, 1.0, 1.0, 2.0, -3.0, -1.0, 5.0, 7.0))
    return [
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a)", (x, bounds)),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a, right=True)", (t(3, 4, dtype=I64), steps)),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a)", (values, bounds), **ties),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a, side='right', out_int32=True)", (values, bounds), **ties),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(b, a, side='left')", (fixed(2, 3), matrix), static_only="rows of values and of bounds"),
        Row("aten::searchsorted.Tensor", "torch.searchsorted(a, b, sorter=torch.argsort(a))", (fixed(5), fixed(2, 3)), static_only="given"),
        Row("aten::searchsorted.Scalar", "torch.searchsorted(a, 0.5)", (bounds,), **ties),
        Row("aten::searchsorted.Scalar", "torch.searchsorted(a, 0.5, right=True)", (bounds,), **ties),
        Row("aten::searchsorted.Scalar", "torch.searchsorted(a, 1, out_int32=True, side='left')", (steps,), **ties),
        Row("aten::bucketize.Scalar", "torch.bucketize(0.5, a)", (bounds,), **ties),
        Row("aten::bucketize.Scalar", "torch.bucketize(0.5, a, right=True)", (bounds,), **ties),
        Row("aten::bucketize.Scalar", "torch.bucketize(1, a, out_int32=True)", (steps,), **ties),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b, right=True)", (values, bounds), **ties),
        Row("aten::isin.Tensor_Tensor", "torch.isin(a, b)", (t(3, 4, dtype=I64), fixed(5, dtype=I64))),
        Row("aten::isin.Tensor_Tensor", "torch.isin(a, b, invert=True)", (t(3, 4, dtype=I64), fixed(2, 2, dtype=I32))),
        Row("aten::isin.Tensor_Tensor", "torch.isin(a, b)", (fixed(4, values=(0.0, NAN, 1.0, 2.0)), fixed(2, values=(NAN, 2.0))), static_only="given"),
        Row("aten::isin.Tensor_Tensor", "torch.isin(a, b)", (x, fixed(0))),
        Row("aten::isin.Tensor_Scalar", "torch.isin(a, 2)", (t(3, 4, dtype=I64),)),
        Row("aten::isin.Tensor_Scalar", "torch.isin(a, 1, invert=True)", (t(3, dtype=I32),)),
        Row("aten::isin.Tensor_Scalar", "torch.isin(a, 0.5)", (fixed(2, values=(0.5, 1.0)),), static_only="given"),
        Row("aten::isin.Scalar_Tensor", "torch.isin(2, a)", (t(3, 4, dtype=I64),)),
        Row("aten::isin.Scalar_Tensor", "torch.isin(9, a, invert=True)", (t(3, dtype=I32),)),
        Row("aten::isin.Scalar_Tensor", "torch.isin(0.5, a)", (fixed(2, values=(0.5, 1.0)),), static_only="given"),
    ]  # fmt: skip


def _dtypes_searches() -> list[Row]:
    return over_dtypes("aten::bucketize.Tensor", "torch.bucketize({a}, {b})", {"a": (3, 4), "b": (1,)})


def _buckets() -> list[Row]:
    return [
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b)", (t(3, 4), t(4, values=(-1.0, 0.0, 0.5, 2.0), dynamic=False))),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b, right=True)", (t(5, dtype=I64), t(3, dtype=I64, values=(-1, 0, 3), dynamic=False))),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b, out_int32=True)", (t(4, values=(float("nan"), 0.0, 9.0, -9.0), dynamic=False), t(2, values=(0.0, 1.0), dynamic=False)), static_only="given"),
    ]  # fmt: skip


ROWS = [
    *_dtypes(),
    *_edges(),
    *_in_place(),
    *_int16(),
    *_overloads(),
    *_orders(),
    *_medians(),
    *_quantiles(),
    *_running(),
    *_searches(),
    *_dtypes_searches(),
    *_buckets(),
]
