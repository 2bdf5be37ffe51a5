"""Rows of operators in PyTorch's decompositions."""

import torch

from .table import BF16, F64, HALF, INF, A, Row, fixed, t

NORM = {"rtol": 1e-4, "atol": 1e-5}  # a variance is summed in another order, and divided by
SUMS = {"rtol": 1e-4, "atol": 1e-5}  # sums of products, added in another order


def _softmax() -> list[Row]:
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


def _copies() -> list[Row]:
    return [
        Row("aten::_to_copy", f"{A}_to_copy(a, dtype=torch.float64)", (t(3, 4),)),
        Row("aten::_to_copy", f"{A}_to_copy(a, dtype=torch.int64)", (t(3, 4, low=-4, high=4),)),
        Row("aten::_to_copy", f"{A}_to_copy(a) + 1", (t(3, 4, dtype=HALF),)),
        Row("aten::_to_copy", f"{A}_to_copy(a, memory_format=torch.channels_last)", (t(2, 3, 4, 4),)),
    ]


def _norms() -> list[Row]:
    eval_norm = "_native_batch_norm_legit_no_training"
    image, c, var = t(2, 6, 5, 4), fixed(6), fixed(6, low=0.5, high=2)
    half = fixed(6, dtype=F64), fixed(6, dtype=F64, low=0.5, high=2)
    return [
        Row(f"aten::{eval_norm}", f"{A}{eval_norm}(a, b, c, d, e, 0.1, 1e-5)[0]", (image, c, c, c, var), **NORM),
        Row(f"aten::{eval_norm}", f"{A}{eval_norm}(a, None, None, b, c, 0.1, 0.01)[0]", (t(3, 6, dtype=F64), *half)),
        Row(f"aten::{eval_norm}", f"{A}{eval_norm}(a, b, None, b, c, 0.1, 1e-5)[0]", (t(2, 6, 7), c, var), **NORM),
    ]


def _attention() -> list[Row]:
    flash, math = "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_attention_math"
    q, k, mask = t(2, 3, 4, 8), t(2, 3, 5, 8), fixed(4, 5, dtype=torch.bool)
    bias, halves = fixed(1, 1, 4, 5), t(2, 3, 4, 8, dtype=BF16)
    return [
        Row(f"aten::{flash}", f"{A}{flash}(a, b, b)[0]", (q, k), **SUMS),
        Row(f"aten::{flash}", f"{A}{flash}(a, a, a, 0.0, True)[0]", (q,), **SUMS),
        Row(f"aten::{flash}", f"{A}{flash}(a, b, b, attn_mask=c, scale=0.5)[0]", (q, k, bias), **SUMS),
        Row(f"aten::{flash}", f"{A}{flash}(a, a, a)[0]", (halves,), reduced_units=4),
        Row(f"aten::{math}", f"{A}{math}(a, b, b)[0]", (q, k), **SUMS),
        Row(f"aten::{math}", f"{A}{math}(a, b, b, c | (c.cumsum(1) >= 0), scale=0.1)[0]", (q, k, mask), **SUMS),
        Row(f"aten::{math}", f"{A}{math}(a, b, b, enable_gqa=True)[0]", (t(2, 6, 4, 8), k), **SUMS),
        Row(f"aten::{math}", f"{A}{math}(a, a, a, None, 0.0, True)[0]", (q,), **SUMS),
    ]


def _sums_and_distances() -> list[Row]:
    noise = "rrelu_with_noise_functional"
    x, y, weight = t(3, 5), t(3, 4), fixed(2, 5, 4)
    return [
        Row("aten::_trilinear", f"{A}_trilinear(a, c, b, [1, 3], [0], [1, 2], [2, 3])", (x, y, weight), **SUMS),
        Row("aten::_trilinear", f"{A}_trilinear(a, a, a, [], [], [], [1])", (x,), **SUMS),
        Row("aten::_trilinear", f"{A}_trilinear(a, a, b, [], [], [0], [0, 1])", (x, fixed(5)), **SUMS),
        Row(f"aten::{noise}", f"{A}{noise}(a, b, 0.1, 0.3)[0]", (x, x)),
        Row(f"aten::{noise}", f"{A}{noise}(a, b, 0.5, 0.5)[0]", (t(3, dtype=F64), t(3, dtype=F64))),
        Row(f"aten::{noise}", f"{A}{noise}(a, a)[0]", (t(2, 3, dtype=BF16),)),
    ]


ROWS = [
    *_softmax(),
    *_copies(),
    *_norms(),
    *_attention(),
    *_sums_and_distances(),
]
