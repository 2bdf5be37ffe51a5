"""Rows of choices between elements by a mask."""

from .bundle import over_dtypes, over_shapes, variants_of
from .table import BOOL, HALF, I32, I64, Row, Tensor, fixed, int16_rows, t, written


def _dtypes_ternary() -> list[Row]:
    rows = []
    condition = {"c": Tensor((3, 4), BOOL, dynamic=False)}
    rows += over_dtypes("aten::where.self", "torch.where({c}, {a}, {b})", {"a": (3, 4), "b": (4,)}, condition)
    rows += over_dtypes("aten::where.ScalarOther", "torch.where({c}, {a}, 2)", {"a": (3, 4)}, condition)
    rows += over_dtypes("aten::where.ScalarOther", "torch.where({c}, {a}, 2.5)", {"a": (3, 4)}, condition)
    rows += over_dtypes("aten::where.ScalarSelf", "torch.where({c}, -1.5, {a})", {"a": (3, 4)}, condition)
    rows += over_dtypes("aten::masked_fill.Scalar", "{a}.masked_fill({c}, 1)", {"a": (3, 4)}, condition)
    rows += over_dtypes("aten::masked_fill.Tensor", "{a}.masked_fill({c}, {b})", {"a": (3, 4), "b": ()}, condition)
    return rows


def _edges_pointwise() -> list[Row]:
    rows = []
    three = variants_of(
        ((), (), ()), ((3,), (), (2, 1)), ((1, 4), (3, 1), (4,)), ((0,), (1,), ()), ((2, 0), (1, 1), (0,))
    )
    for op, code in (("where.self", "torch.where({a} > 0, {b}, {c})"),):
        rows += over_shapes(f"aten::{op}", code, three)
    fill = "{a}.masked_fill({b} > 0, 2.0)"
    rows += over_shapes(
        "aten::masked_fill.Scalar", fill, variants_of(((3, 4), ()), ((3, 4), (4,)), ((0,), (1,)), ((), ()))
    )
    mask = {"i": Tensor((3,), BOOL, values=(0, 0, 0), dynamic=False)}
    rows += over_shapes("aten::masked_fill.Scalar", "{a}.masked_fill({i}, 1)", variants_of((3,), (1,), (0, 3)), mask)
    return rows


def _int16() -> list[Row]:
    return int16_rows(
        ("where.self", "torch.where(a > b, a, b)"),
    )


def _choices() -> list[Row]:
    return [
        Row("aten::where.self", "torch.where(a, b, c)", (t(3, 4, dtype=BOOL), t(3, 4), t(3, 4))),
        Row("aten::where.self", "torch.where(a > 0, a, b)", (t(3, 4), t(4, dynamic=False))),
        Row("aten::where.self", "torch.where(a, b, c)", (t(3, 1, dtype=BOOL), t(4, dtype=I64, dynamic=False), t(3, 4, dtype=I32))),
        Row("aten::where.ScalarOther", "torch.where(a, b, 2.5)", (t(3, 4, dtype=BOOL), t(3, 4))),
        Row("aten::where.ScalarOther", "torch.where(a, b, 2.5)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=I64))),
        Row("aten::where.ScalarOther", "torch.where(a, b, 2)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=HALF))),
        Row("aten::where.ScalarSelf", "torch.where(a, 1, b)", (t(3, 4, dtype=BOOL), t(3, 4))),
        Row("aten::where.ScalarSelf", "torch.where(a, 0.5, b)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=I32))),
        Row("aten::where.ScalarSelf", "torch.where(a, 3, b)", (t(3, 4, dtype=BOOL), t(3, 4, dtype=I64))),
        Row("aten::where.Scalar", "torch.where(a, 1.0, 0.0)", (t(3, 4, dtype=BOOL),)),
        Row("aten::where.Scalar", "torch.where(a, 1, 2)", (t(3, 4, dtype=BOOL),)),
        Row("aten::where.Scalar", "torch.where(a, 1, 0.5)", (t(3, 4, dtype=BOOL),)),
        Row("aten::masked_fill.Scalar", "a.masked_fill(b, -1.5)", (t(3, 4), t(3, 4, dtype=BOOL))),
        Row("aten::masked_fill.Scalar", "a.masked_fill(b, float('-inf'))", (t(3, 4, 2), t(4, 1, dtype=BOOL, dynamic=False))),
        Row("aten::masked_fill.Scalar", "a.masked_fill(a > 1, 7)", (t(3, 4, dtype=I64),)),
        Row("aten::masked_fill_.Scalar", "a.clone().masked_fill_(b, 2.0)", (t(3, 4), t(3, 4, dtype=BOOL))),
        Row("aten::masked_fill.Tensor", "a.masked_fill(b, c)", (t(3, 4), t(3, 4, dtype=BOOL), t())),
    ]  # fmt: skip


def _overloads() -> list[Row]:
    mask = t(3, 4, dtype=BOOL)
    return [
        Row("aten::masked_fill.Tensor", "a.masked_fill(b, c)", (t(3, 4), mask, t(dtype=I64))),
        Row("aten::masked_fill.Tensor", "a.masked_fill(b, torch.tensor(7))", (t(3, 4, dtype=I64), mask)),
        written("masked_fill_.Tensor", "x.masked_fill_(b, c)", t(3, 4), mask, t()),
        written("masked_fill_.Tensor", "x.masked_fill_(b, c)", t(3, 4, dtype=I64), mask, t(dtype=I64)),
        written("masked_fill_.Tensor", "x.masked_fill_(b, torch.tensor(0.5))", t(2, 3, 4), fixed(3, 1, dtype=BOOL)),
    ]  # fmt: skip


ROWS = [
    *_dtypes_ternary(),
    *_edges_pointwise(),
    *_int16(),
    *_choices(),
    *_overloads(),
]
