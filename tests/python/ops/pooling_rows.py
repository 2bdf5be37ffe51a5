"""Rows of pooling."""

import math

from .bundle import over_dtypes, over_shapes, variants_of
from .table import BF16, F64, A, F, Row, fixed, one_case, t

LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order


def _corners() -> list[Row]:
    return [
        # Three-dimensional windows of half types.
        one_case("adaptive_avg_pool3d", F + "adaptive_avg_pool3d(a, [2, 2, 2])", fixed(2, 3, 4, 4, 2, dtype=BF16)),
    ]  # fmt: skip


def _dtypes() -> list[Row]:
    rows = []
    x = {"a": (2, 4, 6, 5)}
    for op, code, shapes in (
        ("max_pool2d", "torch.max_pool2d({a}, 2)", x),
        ("max_pool1d", "torch.max_pool1d({a}, 3, 2, 1)", {"a": (2, 3, 7)}),
        ("avg_pool2d", F + "avg_pool2d({a}, 3, 2, 1)", x),
        ("adaptive_avg_pool2d", F + "adaptive_avg_pool2d({a}, [3, 2])", x),
        ("adaptive_max_pool2d", F + "adaptive_max_pool2d({a}, [3, 2])", x),
    ):
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=1e-5)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, code, variants in (
        ("max_pool2d", "torch.max_pool2d({a}, 2)", [(0, 3, 4, 4), (3, 4, 4), (1, 1, 2, 2)]),
        ("avg_pool2d", F + "avg_pool2d({a}, 2)", [(0, 3, 4, 4), (3, 4, 4), (1, 1, 2, 2)]),
        ("adaptive_avg_pool2d", F + "adaptive_avg_pool2d({a}, [2, 3])", [(0, 3, 4, 4), (3, 4, 4), (1, 1, 1, 1)]),
        ("adaptive_avg_pool2d", F + "adaptive_avg_pool2d({a}, [1, 1])", [(0, 3, 4, 4), (3, 4, 4), (1, 1, 1, 1)]),
    ):  # fmt: skip
        rows += over_shapes(f"aten::{op}", code, variants_of(*variants), **LOOSE)
    return rows


def _local_response_norms() -> list[Row]:
    return [
        Row("aten::avg_pool3d", f"{F}local_response_norm(a, 3)", (fixed(2, 3, 6, 5),), static_only="its guard asks for the number of elements"),
        Row("aten::avg_pool3d", f"{F}local_response_norm(a, 2, 0.1, 0.5, 2.0)", (fixed(2, 5, 4, 3, 2),), static_only="its guard asks for the number of elements"),
        Row("aten::avg_pool2d", f"{F}local_response_norm(a, 5)", (fixed(2, 7, 4),), static_only="its guard asks for the number of elements"),
    ]  # fmt: skip


def _layers() -> list[Row]:
    rows = []
    for d, size in ((1, (8,)), (2, (8, 7)), (3, (6, 5, 4))):
        x, op = t(2, 3, *size), f"max_pool{d}d_with_indices"
        rows += [
            Row(f"aten::{op}", f"{A}{op}(a, {[2] * d})[0]", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {[3] * d}, {[2] * d}, {[1] * d}, {[1] * d}, True)[0]", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {[2] * d}, {[1] * d}, {[0] * d}, {[2] * d})[0]", (t(2, 3, *size, dtype=F64),), exact=True),
            # The first of equal elements is selected.
            Row(f"aten::{op}", f"{A}{op}(a, {[2] * d})", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(torch.relu(a), {[3] * d}, {[2] * d}, {[1] * d}, {[1] * d}, True)", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(torch.round(a), {[3] * d}, {[1] * d}, {[1] * d}, {[2] * d})", (t(3, *[n + 2 for n in size]),), exact=True),
            Row(f"aten::{op}", f"{A}{op}(torch.full_like(a, -math.inf), {[3] * d}, {[2] * d}, {[1] * d})", (x,), exact=True),
            Row(f"aten::adaptive_max_pool{d}d", f"{A}adaptive_max_pool{d}d(torch.round(a), {[2] * d})", (x,), exact=True),
            Row(f"aten::adaptive_max_pool{d}d", f"{A}adaptive_max_pool{d}d(torch.relu(a), {[3] * d})", (t(3, *size, dtype=F64),), exact=True),
            Row(f"aten::adaptive_max_pool{d}d", f"{A}adaptive_max_pool{d}d(a, {[1] * d})", (x,), exact=True),
        ]  # fmt: skip
        if d == 1:
            continue
        half, steps = [n // 2 for n in size], f"{[2] * d}, {[0] * d}" if d == 3 else ""
        code = f"x, i = {A}{op}(a, {[2] * d})\n{A}max_unpool{d}d(x * 2, i, {list(size)}" + (
            f", {steps})" if steps else ")"
        )
        flat = f"torch.arange({math.prod(half)}).reshape({[1, 1, *half]}).expand([a.shape[0], {', '.join(map(str, [3, *half]))}]) * 2"
        other = f"{A}max_unpool{d}d(a, {flat}, {list(size)}" + (f", {steps})" if steps else ")")
        rows += [
            Row(f"aten::max_unpool{d}d", code, (x,), exact=True),
            Row(f"aten::max_unpool{d}d", code.replace("x * 2", "x[0]").replace(", i,", ", i[0],"), (x,), exact=True),
            Row(f"aten::max_unpool{d}d", other, (t(2, 3, *half),), exact=True),
        ]  # fmt: skip
    return rows


def _pooling() -> list[Row]:
    rows = []
    for d, size in ((1, (8,)), (2, (8, 7)), (3, (6, 5, 4))):
        x = t(2, 3, *size)
        rows += [
            Row(f"aten::max_pool{d}d", f"torch.max_pool{d}d(a, 2)", (x,), exact=True),
            Row(f"aten::max_pool{d}d", f"torch.max_pool{d}d(a, 3, 2, 1, 1, True)", (x,), exact=True),
            Row(f"aten::max_pool{d}d", f"torch.max_pool{d}d(a, 2, 1, 0, 2)", (x,), exact=True),
            Row(f"aten::avg_pool{d}d", f"{F}avg_pool{d}d(a, 2)", (x,)),
            Row(f"aten::avg_pool{d}d", f"{F}avg_pool{d}d(a, 3, 2, 1, True, False)", (x,)),
            Row(f"aten::avg_pool{d}d", f"{F}avg_pool{d}d(a, 3, 1, 1, False, True)", (x,)),
            Row(f"aten::adaptive_avg_pool{d}d", f"{F}adaptive_avg_pool{d}d(a, [{', '.join('1' * d)}])", (x,)),
            Row(f"aten::adaptive_avg_pool{d}d", f"{F}adaptive_avg_pool{d}d(a, [{', '.join('2' * d)}])", (x,)),
            Row(f"aten::adaptive_avg_pool{d}d", f"{F}adaptive_avg_pool{d}d(a, [{', '.join('3' * d)}])", (x,)),
            Row(f"aten::adaptive_max_pool{d}d", f"torch.ops.aten.adaptive_max_pool{d}d(a, [{', '.join('1' * d)}])[0]", (x,), exact=True),
            Row(f"aten::adaptive_max_pool{d}d", f"torch.ops.aten.adaptive_max_pool{d}d(a, [{', '.join('2' * d)}])[0]", (x,), exact=True),
            Row(f"aten::adaptive_max_pool{d}d", f"torch.ops.aten.adaptive_max_pool{d}d(a, [{', '.join('3' * d)}])[0]", (x,), exact=True),
        ]  # fmt: skip
    rows.append(Row("aten::avg_pool2d", f"{F}avg_pool2d(a, 3, 2, 1, divisor_override=4)", (t(2, 3, 8, 7),)))
    return rows


ROWS = [
    *_corners(),
    *_dtypes(),
    *_edges(),
    *_local_response_norms(),
    *_layers(),
    *_pooling(),
]
