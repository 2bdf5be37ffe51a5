"""Rows of more layers of neural networks: norms by other names, antialiased and exact interpolation, padding by name."""

import math

import torch

from .table import Row, t

I64, F64, HALF, BF16 = torch.int64, torch.float64, torch.half, torch.bfloat16
F = "torch.nn.functional."
A = "torch.ops.aten."
NORM = {"rtol": 1e-4, "atol": 1e-5}  # a variance is summed in another order, and divided by
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of up to a few hundred products of normal numbers, added in another order
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # interpolation weights are rounded to fp32 in another order


def fixed(*shape: int, **more):
    return t(*shape, dynamic=False, **more)


def _norms() -> list[Row]:
    x, w = t(3, 4, 6), fixed(6)
    image = t(2, 6, 5, 4)
    c = (fixed(6), fixed(6))
    return [
        Row("aten::rms_norm", f"{F}rms_norm(a, [6], b)", (x, w), **NORM),
        Row("aten::rms_norm", f"{F}rms_norm(a, [4, 6])", (x,), **NORM),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6], b, 0.1)", (t(3, 6, dtype=F64), fixed(6, dtype=F64))),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6])", (t(3, 6, low=-1e-6, high=1e-6),), **NORM),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6])", (t(3, 6, dtype=F64, low=-1e-9, high=1e-9),)),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6], b)", (t(3, 4, 6, dtype=HALF), fixed(6, dtype=HALF))),
        Row("aten::rms_norm", f"{F}rms_norm(a, [6], b)", (t(3, 4, 6, dtype=BF16), fixed(6, dtype=BF16))),
        Row("aten::_fused_rms_norm", f"{A}_fused_rms_norm(a, [6], b, 1e-5)[0]", (x, w), **NORM),
        Row("aten::_fused_rms_norm", f"{A}_fused_rms_norm(a, [4, 6], None, None)[0]", (x,), **NORM),
        Row("aten::_fused_rms_norm", f"{A}_fused_rms_norm(a, [6], b, 0.1)[0]", (t(3, 6, dtype=F64), fixed(6, dtype=F64))),
        Row("aten::native_layer_norm", "torch.native_layer_norm(a, [6], None, None, 1e-5)[0]", (x,), **NORM),
        Row("aten::native_layer_norm", "torch.native_layer_norm(a, [4, 6], None, None, 1e-5)", (x,), **NORM),
        Row("aten::native_layer_norm", "torch.native_layer_norm(a, [6], b, b, 0.1)", (t(3, 6, dtype=F64), fixed(6, dtype=F64))),
        Row("aten::native_group_norm", f"{A}native_group_norm(a, b, c, a.size(0), 6, 20, 3, 1e-5)[0]", (image, *c), **NORM),
        Row("aten::native_group_norm", f"{A}native_group_norm(a, None, None, a.size(0), 6, 20, 1, 0.1)[0]", (image,), **NORM),
        Row("aten::native_group_norm", f"{A}native_group_norm(a, None, None, a.size(0), 6, 7, 6, 0.1)[0]", (t(2, 6, 7, dtype=F64),)),
        Row("aten::native_batch_norm", f"{A}native_batch_norm(a, b, c, d, e, False, 0.1, 1e-5)[0]", (image, *c, fixed(6), fixed(6, low=0.5, high=2)), **NORM),
        Row("aten::native_batch_norm", f"{A}native_batch_norm(a, None, None, None, None, True, 0.1, 1e-5)[0]", (t(3, 6, 4),), **NORM),
        Row("aten::native_batch_norm", f"{A}native_batch_norm(a, None, None, b, c, False, 0.1, 0.1)[0]", (t(3, 6), fixed(6), fixed(6, low=0.5, high=2)), **NORM),
        Row("aten::native_batch_norm", f"{A}native_batch_norm(a, None, None, b, c, False, 0.1, 1e-5)[0]", (t(2, 6, 3, dtype=F64), fixed(6, dtype=F64), fixed(6, dtype=F64, low=0.5, high=2))),
        Row("aten::avg_pool3d", f"{F}local_response_norm(a, 3)", (fixed(2, 3, 6, 5),), static_only="its guard asks for the number of elements"),
        Row("aten::avg_pool3d", f"{F}local_response_norm(a, 2, 0.1, 0.5, 2.0)", (fixed(2, 5, 4, 3, 2),), static_only="its guard asks for the number of elements"),
        Row("aten::avg_pool2d", f"{F}local_response_norm(a, 5)", (fixed(2, 7, 4),), static_only="its guard asks for the number of elements"),
    ]  # fmt: skip


def _resizing() -> list[Row]:
    images = {1: t(2, 3, 7), 2: t(2, 3, 6, 5), 3: t(2, 3, 4, 5, 6)}
    rows = []
    for d, x in images.items():
        op = f"_upsample_nearest_exact{d}d"
        small, large = [2, 3, 4][:d], [9, 8, 7][:d]
        rows += [
            Row(f"aten::{op}.vec", f"{F}interpolate(a, size={small}, mode='nearest-exact')", (x,), exact=True),
            Row(f"aten::{op}.vec", f"{F}interpolate(a, size={large}, mode='nearest-exact')", (x,), exact=True),
            Row(f"aten::{op}.vec", f"{F}interpolate(a, scale_factor=1.7, mode='nearest-exact')", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {small})", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {large})", (x,), exact=True),
            Row(f"aten::{op}", f"{A}{op}(a, {large})", (t(*x.shape, dtype=F64),), exact=True),
        ]
    x = images[2]
    for kind in ("bilinear", "bicubic"):
        op = f"_upsample_{kind}2d_aa"
        call = f"{F}interpolate(a, mode='{kind}', antialias=True, "
        rows += [
            Row(f"aten::{op}.vec", f"{call}size=[3, 2])", (x,), **CLOSE),
            Row(f"aten::{op}.vec", f"{call}size=[9, 4], align_corners=True)", (x,), **CLOSE),
            Row(f"aten::{op}.vec", f"{call}scale_factor=0.4)", (x,), **CLOSE),
            Row(f"aten::{op}.vec", f"{call}size=[3, 2])", (t(2, 3, 6, 5, dtype=F64),)),
            Row(f"aten::{op}", f"{A}{op}(a, [3, 2], False)", (x,), **CLOSE),
            Row(f"aten::{op}", f"{A}{op}(a, [2, 9], True)", (x,), **CLOSE),
            Row(f"aten::{op}", f"{A}{op}(a, [3, 2], False, 0.55, 0.45)", (x,), **CLOSE),
        ]
    return rows


# The weight is an input, so the padding is known only in the network.
def _convolutions() -> list[Row]:
    rows = []
    for d, size in ((1, (9,)), (2, (9, 8)), (3, (4, 5, 6))):
        x = t(2, 4, *size)
        odd, even = fixed(6, 4, *([3] * d)), fixed(6, 4, *([2, 4, 3][:d]))
        rows += [
            Row(f"aten::conv{d}d.padding", f"torch.conv{d}d(a, b, padding='same')", (x, odd), **SUMS),
            Row(f"aten::conv{d}d.padding", f"torch.conv{d}d(a, b, c, padding='same')", (x, even, fixed(6)), **SUMS),
            Row(f"aten::conv{d}d.padding", f"torch.conv{d}d(a, b, padding='same', dilation=2)", (x, even), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, padding='valid', stride=2)", (x, odd), **SUMS),
        ]  # fmt: skip
    return rows


def _pooling() -> list[Row]:
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


# Modes that a module of torch.nn checks; an engine is never in any of them.
def _modes() -> list[Row]:
    x = t(3, 4)
    return [
        Row("aten::is_autocast_enabled", "a * 2 if torch.is_autocast_enabled() else a + 1", (x,)),
        Row("prim::is_nested", "a * 2 if a.is_nested else a + 1", (x,)),
        Row("aten::is_grad_enabled", "a + 1 if torch.is_grad_enabled() else 1 + a", (x,)),
        Row("aten::is_autocast_cpu_enabled", "a * 2 if torch.is_autocast_cpu_enabled() else a + 1", (x,)),
    ]


ROWS = _modes() + _norms() + _resizing() + _convolutions() + _pooling()
