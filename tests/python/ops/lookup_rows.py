"""Rows of lookups of elements by flat index, and of values among other values."""

from .bundle import over_dtypes
from .table import BOOL, I32, I64, NAN, Row, fixed, in_place, places, t


def _lookups() -> list[Row]:
    x = t(3, 4)
    bounds = fixed(4, values=(-1.0, 0.0, 0.5, 2.0))
    steps = fixed(4, dtype=I64, values=(-2, 0, 1, 3))
    ties = {"static_only": "given", "exact": True}
    values = fixed(6, values=(-1.0, 0.0, 0.5, 2.0, NAN, float("inf")))
    matrix = fixed(2, 4, values=(0.0, 1.0, 1.0, 2.0, -3.0, -1.0, 5.0, 7.0))
    return [
        Row("aten::take", "torch.take(a, b)", (x, fixed(2, 3, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take", "a.take(b)", (t(3, 4, dtype=I64), places(-1, -3, 2))),
        Row("aten::take", "torch.take(a, b)", (fixed(), places(0, 0)), static_only="a 0-d tensor", exact=True),
        Row("aten::take_along_dim", "torch.take_along_dim(a, b, 1)", (x, t(3, 2, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take_along_dim", "torch.take_along_dim(a, b, 1)", (x, fixed(1, 2, dtype=I64, low=0, high=4)), exact=True),
        Row("aten::take_along_dim", "a.take_along_dim(b)", (t(3, 4, dtype=I64), places(5, 0, 2)), static_only="places in all"),
        Row("aten::take_along_dim", "torch.take_along_dim(a, torch.argsort(a, -1), -1)", (x,), exact=True),
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
        Row("aten::masked_scatter", "a.masked_scatter(a > 0, b)", (x, fixed(40)), exact=True),
        Row("aten::masked_scatter", "a.masked_scatter(b, c)", (t(3, 4, dtype=I64), fixed(4, dtype=BOOL), fixed(5, 6, dtype=I64))),
        Row("aten::masked_scatter", "a.masked_scatter(a > 9, b)", (x, fixed(1)), exact=True),
        in_place("masked_scatter_", "masked_scatter_(a > 0, b)", x, fixed(40), exact=True),
        in_place("masked_scatter_", "masked_scatter_(a == a, b)", t(3, 4, dtype=I64), fixed(40, dtype=I64)),
        in_place("masked_scatter_", "masked_scatter_(b, c)", t(3, 4), fixed(4, dtype=BOOL), fixed(30), exact=True),
        Row("aten::repeat_interleave.self_Tensor", "torch.repeat_interleave(a, torch.tensor([1, 2, 0, 1]), 1)", (x,), exact=True),
        Row("aten::repeat_interleave.self_Tensor", "a.repeat_interleave(torch.tensor([3]), 1)", (t(3, 4, dtype=I64),)),
        Row("aten::repeat_interleave.self_Tensor", "torch.repeat_interleave(a, torch.tensor([1, 0, 2, 1]))", (fixed(2, 2),), static_only="counts of all", exact=True),
    ]  # fmt: skip


def _dtypes_indices() -> list[Row]:
    return over_dtypes("aten::bucketize.Tensor", "torch.bucketize({a}, {b})", {"a": (3, 4), "b": (1,)})


def _indices() -> list[Row]:
    return [
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b)", (t(3, 4), t(4, values=(-1.0, 0.0, 0.5, 2.0), dynamic=False))),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b, right=True)", (t(5, dtype=I64), t(3, dtype=I64, values=(-1, 0, 3), dynamic=False))),
        Row("aten::bucketize.Tensor", "torch.bucketize(a, b, out_int32=True)", (t(4, values=(float("nan"), 0.0, 9.0, -9.0), dynamic=False), t(2, values=(0.0, 1.0), dynamic=False)), static_only="given"),
    ]  # fmt: skip


ROWS = _lookups() + _dtypes_indices() + _indices()
