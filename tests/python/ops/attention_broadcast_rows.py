"""Rows of attention with batches and heads that broadcast, in all ranks."""

import torch

from .table import Row, t

BF16, BOOL, F64 = torch.bfloat16, torch.bool, torch.float64
SDPA = "torch.nn.functional.scaled_dot_product_attention"
OP = "aten::scaled_dot_product_attention"
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # two products and a softmax, added in another order

Shape = tuple[int, ...]


def fixed(*shape: int, **more):
    return t(*shape, dynamic=False, **more)


def attend(query: Shape, key: Shape, value: Shape, arguments: str = "") -> Row:
    return Row(OP, f"{SDPA}(a, b, c{arguments})", (fixed(*query), fixed(*key), fixed(*value)), static_only="given sizes", **SUMS)  # fmt: skip


def masked(query: Shape, key: Shape, mask: Shape, dtype: torch.dtype = BOOL, arguments: str = "") -> Row:
    inputs = (fixed(*query), fixed(*key), fixed(*mask, dtype=dtype))
    return Row(OP, f"{SDPA}(a, b, b * 2, attn_mask=c{arguments})", inputs, static_only="given sizes", **SUMS)


Q, K = (4, 6, 5, 8), (4, 6, 7, 8)

_BROADCAST = [
    attend(Q, (1, 6, 7, 8), (1, 6, 7, 8)),
    attend((1, 6, 5, 8), K, K),
    attend((1, 6, 5, 8), (1, 6, 7, 8), K),
    attend(Q, (1, 6, 7, 8), K),
    attend(Q, K, (1, 6, 7, 3)),
    attend(Q, (4, 1, 7, 8), (4, 1, 7, 8)),
    attend((4, 1, 5, 8), K, K),
    attend(Q, (4, 1, 7, 8), K),
    attend((1, 1, 5, 8), (1, 6, 7, 8), (4, 1, 7, 2), ", is_causal=True"),
    attend(Q, (6, 7, 8), (6, 7, 8)),
    attend(Q, (7, 8), (7, 8), ", scale=0.5"),
    attend((6, 5, 8), K, K),
    attend((5, 8), (6, 7, 8), (1, 7, 8)),
    attend((6, 5, 8), (1, 7, 8), (1, 7, 8)),
    attend((5, 8), (7, 8), (7, 8), ", is_causal=True"),
    attend((2, 3, 4, 5, 8), (2, 3, 4, 7, 8), (2, 3, 4, 7, 8)),
    attend((2, 3, 4, 5, 8), (1, 3, 4, 7, 8), (3, 1, 7, 8)),
    attend((2, 1, 3, 4, 5, 8), (2, 1, 4, 7, 8), (2, 3, 1, 7, 8), ", is_causal=True"),
]

_MASKED = [
    masked(Q, (1, 6, 7, 8), (5, 7)),
    masked(Q, (1, 6, 7, 8), (4, 1, 1, 7)),
    masked(Q, K, (6, 1, 7), torch.float32),
    masked(Q, K, (1, 7)),
    masked((6, 5, 8), (6, 7, 8), (6, 5, 7)),
    masked((6, 5, 8), (6, 7, 8), (1, 5, 7), torch.float32),
    masked((1, 5, 8), K, (4, 6, 5, 1)),
    masked((2, 3, 4, 5, 8), (2, 3, 4, 7, 8), (3, 1, 5, 7)),
    masked((2, 3, 4, 5, 8), (1, 3, 4, 7, 8), (2, 1, 4, 1, 7), torch.float32),
    masked((2, 3, 4, 5, 8), (2, 3, 4, 7, 8), (5, 7)),
]

_GROUPED = [
    attend(Q, (4, 2, 7, 8), (4, 2, 7, 8), ", enable_gqa=True"),
    attend(Q, (1, 3, 7, 8), (4, 3, 7, 8), ", enable_gqa=True"),
    attend(Q, (4, 2, 7, 8), (4, 3, 7, 8), ", enable_gqa=True"),
    attend((6, 5, 8), (2, 7, 8), (2, 7, 8), ", enable_gqa=True, is_causal=True"),
    attend((2, 3, 4, 5, 8), (2, 3, 2, 7, 8), (1, 3, 2, 7, 8), ", enable_gqa=True"),
    masked(Q, (4, 2, 7, 8), (1, 6, 5, 7), arguments=", enable_gqa=True"),
]

_RANGES = [
    Row(OP, f"{SDPA}(a, b, b)", (t(4, 6, 5, 8), fixed(1, 6, 7, 8)), **SUMS),
    Row(OP, f"{SDPA}(b, a, a)", (t(4, 6, 5, 8), fixed(1, 6, 7, 8)), **SUMS),
    Row(OP, f"{SDPA}(a, b[:1], b)", (t(4, 6, 5, 8), t(4, 6, 7, 8)), **SUMS),
    Row(OP, f"{SDPA}(a, b, b * 2)", (t(4, 6, 5, 8), t(4, 6, 7, 8)), **SUMS),
    Row(OP, f"{SDPA}(a, b, a, attn_mask=c)", (t(4, 6, 5, 8), t(4, 6, 5, 8), t(4, 1, 5, 5, dtype=BOOL)), **SUMS),
    Row(OP, f"{SDPA}(a, b, b)", (t(3, 2, 4, 5, 8), fixed(1, 2, 4, 7, 8)), **SUMS),
    Row(OP, f"{SDPA}(a, b, b, attn_mask=c)", (t(3, 2, 4, 5, 8), fixed(4, 7, 8), t(3, 1, 1, 1, 7, dtype=BOOL)), **SUMS),
    Row(OP, f"{SDPA}(a, b, b)", (t(4, 5, 8, dtype=F64), fixed(1, 7, 8, dtype=F64))),
    Row(OP, f"{SDPA}(a, b, b)", (t(4, 6, 5, 8, dtype=BF16), fixed(1, 1, 7, 8, dtype=BF16)), reduced_units=2),
]

ROWS = _BROADCAST + _MASKED + _GROUPED + _RANGES
