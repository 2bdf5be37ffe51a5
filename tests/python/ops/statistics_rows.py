"""Rows of reductions that order elements, skip NaN or run along a dimension, and of ranges of numbers."""

import torch

from .table import Row, t

I32, I64, BOOL, F64, HALF = torch.int32, torch.int64, torch.bool, torch.float64, torch.half
NAN = float("nan")
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of a few normal numbers, added in another order
HOLES = t(3, 4, values=(1.0, NAN, 3.0, -2.0, NAN, NAN, NAN, NAN, 0.5, 2.0, -1.0, 4.0), dynamic=False)


def fixed(*shape: int, **more):
    return t(*shape, dynamic=False, **more)


def _reductions() -> list[Row]:
    x, d, i = t(3, 4, 6), t(3, 5, dtype=F64), t(3, 4, dtype=I64)
    holes = {"static_only": "given"}
    whole = {"static_only": "all elements are put in order"}
    return [
        Row("aten::aminmax", "torch.aminmax(a)", (x,), exact=True),
        Row("aten::aminmax", "torch.aminmax(a, dim=1)", (i,)),
        Row("aten::aminmax", "torch.aminmax(a, dim=-1, keepdim=True)", (HOLES,), **holes, exact=True),
        Row("aten::nansum", "torch.nansum(a)", (HOLES,), **holes),
        Row("aten::nansum", "torch.nansum(a, [1, 2], keepdim=True)", (x,), **SUMS),
        Row("aten::nansum", "torch.nansum(a, 1)", (i,)),
        Row("aten::nansum", "torch.nansum(a, 1, dtype=torch.float64)", (HOLES,), **holes),
        Row("aten::nanmean", "torch.nanmean(a)", (HOLES,), **holes),
        Row("aten::nanmean", "torch.nanmean(a, 1)", (HOLES,), **holes),
        Row("aten::nanmean", "torch.nanmean(a, [0, 2], True)", (x,), **SUMS),
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
    ties = fixed(2, 5, values=(1.0, 1.0, 0.0, 2.0, 2.0, 3.0, NAN, 1.0, NAN, 5.0))
    rows = []
    for name in ("cummax", "cummin"):
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, 1)", (t(3, 4, 6),), exact=True),
            Row(f"aten::{name}", f"torch.{name}(a, 1)", (ties,), static_only="given", exact=True),
            Row(f"aten::{name}", f"torch.{name}(a, 0)", (t(3, 4, dtype=I64),)),
            Row(f"aten::{name}", f"torch.{name}(a, -1)", (fixed(),), static_only="a 0-d tensor", exact=True),
            Row(f"aten::{name}", f"torch.{name}(a, -1)", (t(3, 4, dtype=BOOL),)),
        ]
    return rows


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


ROWS = _reductions() + _quantiles() + _running() + _ranges()
