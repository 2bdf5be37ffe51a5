"""Rows of attention, and of the transformer layers that PyTorch fuses."""

import torch

from .bundle import over_dtypes, over_shapes, variants_of
from .table import BF16, BOOL, A, F, Row, fixed, t

LOOSE = {"rtol": 1e-4, "atol": 1e-5}  # sums, added in another order
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of up to a few hundred products of normal numbers, added in another order
PRODUCTS = {"rtol": 1e-4, "atol": 1e-5}  # sums of products, added in another order


def _nested() -> list[Row]:
    rows = []
    nested, aligned = "torch._nested_tensor_from_mask", "torch._nested_tensor_from_mask_left_aligned"
    x = fixed(2, 4, 3)
    mask = fixed(2, 4, dtype=torch.bool, values=(True, True, True, False, True, False, False, False))
    full = fixed(2, 4, dtype=torch.bool, values=(True,) * 8)
    for op in ("aten::_nested_tensor_from_mask", "aten::to_padded_tensor"):
        for valid, padding in ((mask, 0.0), (mask, -1.5), (full, 2.0)):
            code = f"{nested}(a, b, False).to_padded_tensor({padding}, a.size())"
            rows.append(Row(op, code, (x, valid), static_only="its mask is given"))
    code = f"y = a + 1\nif {aligned}(a, b):\n    y = {nested}(a, b).to_padded_tensor(0.0, a.size())\ny"
    return rows


def _dtypes() -> list[Row]:
    rows = []
    x = {"a": (2, 4, 6, 5)}
    for op, code, shapes in (("scaled_dot_product_attention", F + "scaled_dot_product_attention({a}, {a}, {a})", x),):
        rows += over_dtypes(f"aten::{op}", code, shapes, rtol=1e-4, atol=1e-5)
    return rows


def _edges() -> list[Row]:
    rows = []
    for op, code, variants in (
        ("scaled_dot_product_attention", F + "scaled_dot_product_attention({a}, {b}, {b})", [((1, 1, 4), (1, 1, 4)), ((0, 2, 3, 4), (0, 2, 5, 4)), ((2, 0, 4), (2, 3, 4))]),
    ):  # fmt: skip
        rows += over_shapes(f"aten::{op}", code, variants_of(*variants), **LOOSE)
    return rows


def _attention() -> list[Row]:
    q, k, v = t(2, 4, 5, 8), t(2, 4, 7, 8), t(2, 4, 7, 6)
    sdpa = F + "scaled_dot_product_attention"
    op = "aten::scaled_dot_product_attention"
    return [
        Row(op, f"{sdpa}(a, b, c)", (q, k, v), **SUMS),
        Row(op, f"{sdpa}(a, a, a, is_causal=True)", (q,), **SUMS),
        Row(op, f"{sdpa}(a, b, c, scale=0.3)", (q, k, v), **SUMS),
        Row(op, f"{sdpa}(a, b, c, attn_mask=d)", (q, k, v, fixed(5, 7)), **SUMS),
        Row(op, f"{sdpa}(a, b, c, attn_mask=d)", (q, k, v, t(2, 1, 5, 7)), **SUMS),
        Row(op, f"{sdpa}(a, b, c, attn_mask=d > 0)", (q, k, v, t(2, 1, 1, 7, low=-0.3, high=3)), **SUMS),
        Row(op, f"{sdpa}(a, b, c)", (t(2, 5, 8), t(2, 7, 8), t(2, 7, 6)), **SUMS),
        Row(op, f"{sdpa}(a, b, c, enable_gqa=True)", (t(2, 6, 5, 8), t(2, 2, 7, 8), t(2, 2, 7, 8)), **SUMS),
    ]


def _overloads() -> list[Row]:
    rows = []
    bias = "torch.ops.trt.attn_bias_from_attn_mask"
    masks = [(t(3, 4, dtype=BOOL), "a"), (t(3, 4), "a"), (t(2, 1, 5), "a > 0")]
    # 8 features in 2 heads: query, key and value in one matrix.
    packed = (fixed(24, 8), fixed(24), fixed(8, 8), fixed(8))
    x = t(2, 5, 8)
    name = "torch._native_multi_head_attention"
    op = "aten::_native_multi_head_attention"
    rows += [
        Row(op, f"{name}(a, a, a, 8, 2, b, c, d, e, None, False, True)[0]", (x, *packed), **SUMS),
        Row(op, f"{name}(a, a, a, 8, 4, b, c, d, e, None, True, True)", (x, *packed), **SUMS),
        Row(op, f"{name}(a, a, a, 8, 2, b, c, d, e, None, True, False)", (x, *packed), **SUMS),
        Row(op, f"{name}(a, a, a, 8, 2, b, c, d, e, f, False, True, 1)[0]", (x, *packed, t(2, 5, dtype=BOOL, values=(0, 0, 0, 1, 1) * 2, dynamic=False)), static_only="the mask is one of two sequences", **SUMS),
    ]  # fmt: skip
    rows += [Row("trt::attn_bias_from_attn_mask", f"{bias}({mask})", (x,)) for x, mask in masks]
    layer = "torch._transformer_encoder_layer_fwd"
    op = "aten::_transformer_encoder_layer_fwd"
    weights = (*packed, fixed(8), fixed(8), fixed(8), fixed(8), fixed(16, 8), fixed(16), fixed(8, 16), fixed(8))
    for gelu, first in (("False", "False"), ("True", "False"), ("False", "True")):
        call = f"{layer}(a, 8, 2, b, c, d, e, {gelu}, {first}, 1e-5, f, g, h, i, j, k, l, m)"
        rows.append(Row(op, call, (x, *weights), rtol=1e-3, atol=1e-4))  # two norms after the sums
    return rows


def _decomposed() -> list[Row]:
    flash, math = "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_attention_math"
    q, k, mask = t(2, 3, 4, 8), t(2, 3, 5, 8), fixed(4, 5, dtype=torch.bool)
    bias, halves = fixed(1, 1, 4, 5), t(2, 3, 4, 8, dtype=BF16)
    return [
        Row(f"aten::{flash}", f"{A}{flash}(a, b, b)[0]", (q, k), **PRODUCTS),
        Row(f"aten::{flash}", f"{A}{flash}(a, a, a, 0.0, True)[0]", (q,), **PRODUCTS),
        Row(f"aten::{flash}", f"{A}{flash}(a, b, b, attn_mask=c, scale=0.5)[0]", (q, k, bias), **PRODUCTS),
        Row(f"aten::{flash}", f"{A}{flash}(a, a, a)[0]", (halves,), reduced_units=4),
        Row(f"aten::{math}", f"{A}{math}(a, b, b)[0]", (q, k), **PRODUCTS),
        Row(f"aten::{math}", f"{A}{math}(a, b, b, c | (c.cumsum(1) >= 0), scale=0.1)[0]", (q, k, mask), **PRODUCTS),
        Row(f"aten::{math}", f"{A}{math}(a, b, b, enable_gqa=True)[0]", (t(2, 6, 4, 8), k), **PRODUCTS),
        Row(f"aten::{math}", f"{A}{math}(a, a, a, None, 0.0, True)[0]", (q,), **PRODUCTS),
    ]


ROWS = [
    *_nested(),
    *_dtypes(),
    *_edges(),
    *_attention(),
    *_overloads(),
    *_decomposed(),
]
