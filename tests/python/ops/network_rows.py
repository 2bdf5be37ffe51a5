"""Rows of the layers of neural networks: convolutions, pooling, normalization, attention, recurrence, sampling."""

import torch

from .table import Row, t

I64, F64, BOOL = torch.int64, torch.float64, torch.bool
F = "torch.nn.functional."
STATES = "the states fix the size of the batch"
SUMS = {"rtol": 1e-4, "atol": 2e-5}  # sums of up to a few hundred products of normal numbers, added in another order


def fixed(*shape: int, **more):
    return t(*shape, dynamic=False, **more)


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


def _convolutions() -> list[Row]:
    rows = []
    for d, size in ((1, (9,)), (2, (9, 8)), (3, (5, 6, 7))):
        x, w, b = t(2, 4, *size), fixed(6, 4, *([3] * d)), fixed(6)
        rows += [
            Row("aten::_convolution", f"torch.conv{d}d(a, b, c)", (x, w, b), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, None, 2, 1)", (x, w), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, c, 1, 2, 2)", (x, w, b), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, c, 1, 0, 1, 2)", (x, fixed(6, 2, *([3] * d)), b), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, torch.full({[6, 4] + [4] * d}, 0.1), padding='same', dilation=1)", (x,), **SUMS),
            Row("aten::_convolution", f"torch.conv{d}d(a, b, c, padding='valid')", (x, w, b), **SUMS),
            Row("aten::_convolution", f"torch.conv_transpose{d}d(a, b, c, 2, 1, 1)", (x, fixed(4, 6, *([3] * d)), b), **SUMS),
            Row("aten::_convolution", f"torch.conv_transpose{d}d(a, b, None, 1, 0, 0, 2)", (x, fixed(4, 3, *([3] * d))), **SUMS),
        ]  # fmt: skip
    return rows


def _normalization() -> list[Row]:
    x = t(2, 6, 5, 4)
    c = (fixed(6), fixed(6), fixed(6), fixed(6, low=0.5, high=2.0))
    line = (fixed(4), fixed(4))
    loose = {"rtol": 1e-4, "atol": 1e-5}  # a variance is summed in another order, and divided by
    return [
        Row("aten::batch_norm", f"{F}batch_norm(a, d, e, b, c)", (x, *c), **loose),
        Row("aten::batch_norm", f"{F}batch_norm(a, b, c, None, None, False, 0.1, 0.01)", (x, c[0], c[3]), **loose),
        Row("aten::batch_norm", f"{F}batch_norm(a, b, c)", (t(3, 6), c[0], c[3]), **loose),
        Row("aten::batch_norm", f"{F}batch_norm(a, d, e, b, c)", (t(3, 6, 1, 1), *c), **loose),
        Row("aten::batch_norm", f"{F}batch_norm(a, d, e, b, c)", (t(3, 6, 1), *c), **loose),
        Row("aten::layer_norm", f"{F}layer_norm(a, [4], b, c)", (x, *line), **loose),
        Row("aten::layer_norm", f"{F}layer_norm(a, [5, 4])", (x,), **loose),
        Row("aten::layer_norm", f"{F}layer_norm(a, [4], b, None, 0.1)", (x, line[0]), **loose),
        Row("aten::group_norm", f"{F}group_norm(a, 3, b, c)", (x, c[0], c[1]), **loose),
        Row("aten::group_norm", f"{F}group_norm(a, 1)", (x,), **loose),
        Row("aten::group_norm", f"{F}group_norm(a, 6, b, c, 0.1)", (t(2, 6, 7), c[0], c[1]), **loose),
        Row("aten::instance_norm", f"{F}instance_norm(a)", (x,), **loose),
        Row("aten::instance_norm", f"{F}instance_norm(a, None, None, b, c)", (x, c[0], c[1]), **loose),
        Row("aten::instance_norm", f"{F}instance_norm(a, eps=0.1)", (t(2, 6, 9),), **loose),
        Row("aten::softmax.int", "torch.softmax(a, 1)", (x,)),
        Row("aten::softmax.int", "torch.softmax(a, -1)", (t(3, 7),)),
        Row("aten::softmax.int", "torch.softmax(a, 0, dtype=torch.float64)", (t(5),)),
        Row("aten::log_softmax.int", "torch.log_softmax(a, 1)", (x,)),
        Row("aten::log_softmax.int", "torch.log_softmax(a, -1)", (t(3, 7),)),
        Row("aten::log_softmax.int", "torch.log_softmax(a, 0, dtype=torch.float64)", (t(5),)),
    ]


def _padding() -> list[Row]:
    x1, x2, x3 = t(2, 3, 6), t(2, 3, 6, 5), t(2, 3, 4, 5, 6)
    rows = [
        Row("aten::constant_pad_nd", "torch.constant_pad_nd(a, [1, 2])", (x1,)),
        Row("aten::constant_pad_nd", "torch.constant_pad_nd(a, [1, 2, 0, 3], 1.5)", (x2,)),
        Row("aten::constant_pad_nd", "torch.constant_pad_nd(a, [-1, 2])", (x2,)),
        Row("aten::constant_pad_nd", "torch.constant_pad_nd(a, [1, 1], 0.5)", (t(2, 3, dtype=BOOL),)),
        Row("aten::pad", f"{F}pad(a, [1, 2])", (x1,)),
        Row("aten::pad", f"{F}pad(a, [1, 2, 1, 0], 'reflect')", (x2,)),
        Row("aten::pad", f"{F}pad(a, [1, 2, 1, 0], 'replicate')", (x2,)),
        Row("aten::pad", f"{F}pad(a, [1, 2], 'circular')", (x1,)),
    ]
    for name in ("reflection", "replication"):
        rows += [
            Row(f"aten::{name}_pad1d", f"torch.ops.aten.{name}_pad1d(a, [1, 2])", (x1,)),
            Row(f"aten::{name}_pad1d", f"torch.ops.aten.{name}_pad1d(a, [0, 3])", (x1,)),
            Row(f"aten::{name}_pad1d", f"torch.ops.aten.{name}_pad1d(a, [2, 0])", (t(2, 3, 6, dtype=F64),)),
            Row(f"aten::{name}_pad2d", f"torch.ops.aten.{name}_pad2d(a, [1, 2, 3, 0])", (x2,)),
            Row(f"aten::{name}_pad2d", f"torch.ops.aten.{name}_pad2d(a, [0, 0, 1, 1])", (x2,)),
            Row(f"aten::{name}_pad2d", f"torch.ops.aten.{name}_pad2d(a, [2, 2, 0, 0])", (x2,)),
            Row(f"aten::{name}_pad3d", f"torch.ops.aten.{name}_pad3d(a, [1, 2, 3, 0, 1, 1])", (x3,)),
            Row(f"aten::{name}_pad3d", f"torch.ops.aten.{name}_pad3d(a, [0, 0, 1, 1, 0, 2])", (x3,)),
            Row(f"aten::{name}_pad3d", f"torch.ops.aten.{name}_pad3d(a, [1, 1, 1, 1, 1, 1])", (x3,)),
        ]
    return rows


def _resizing() -> list[Row]:
    images = {1: t(2, 3, 7), 2: t(2, 3, 6, 5), 3: t(2, 3, 4, 5, 6)}
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}
    close = {"rtol": 1e-4, "atol": 1e-5}  # interpolation weights are rounded to fp32 in another order
    rows = []
    for d, x in images.items():
        size = [9, 8, 7][:d]
        rows += [
            Row(f"aten::upsample_nearest{d}d.vec", f"{F}interpolate(a, size={size})", (x,), exact=True),
            Row(f"aten::upsample_nearest{d}d.vec", f"{F}interpolate(a, scale_factor=2.0)", (x,), exact=True),
            Row(f"aten::upsample_nearest{d}d.vec", f"{F}interpolate(a, scale_factor=1.5)", (x,), exact=True),
            Row(f"aten::upsample_{linear[d]}{d}d.vec", f"{F}interpolate(a, size={size}, mode='{linear[d]}')", (x,), **close),
            Row(f"aten::upsample_{linear[d]}{d}d.vec", f"{F}interpolate(a, scale_factor=2.0, mode='{linear[d]}', align_corners=True)", (x,), **close),
            Row(f"aten::upsample_{linear[d]}{d}d.vec", f"{F}interpolate(a, scale_factor=0.6, mode='{linear[d]}')", (x,), **close),
            Row(f"aten::upsample_nearest{d}d", f"torch.ops.aten.upsample_nearest{d}d(a, {size})", (x,), exact=True),
            Row(f"aten::upsample_{linear[d]}{d}d", f"torch.ops.aten.upsample_{linear[d]}{d}d(a, {size}, True)", (x,), **close),
        ]  # fmt: skip
    rows += [
        Row("aten::upsample_bicubic2d.vec", f"{F}interpolate(a, size=[9, 8], mode='bicubic')", (images[2],), **close),
        Row("aten::upsample_bicubic2d.vec", f"{F}interpolate(a, scale_factor=2.0, mode='bicubic', align_corners=True)", (images[2],), **close),
        Row("aten::upsample_bicubic2d", "torch.ops.aten.upsample_bicubic2d(a, [4, 7], False)", (images[2],), **close),
        Row("aten::upsample_bilinear2d.vec", f"{F}interpolate(a, size=[a.size(2) * 2, a.size(3)], mode='bilinear')", (images[2],), **close),
    ]  # fmt: skip
    for mode in range(3):
        for padding in range(3):
            rows.append(
                Row(
                    "aten::grid_sampler",
                    f"torch.grid_sampler(a, b, {mode}, {padding}, {padding == 1})",
                    (t(2, 3, 6, 5), t(2, 4, 3, 2, low=-1.2, high=1.2)),
                    **close,
                )
            )
    rows += [
        Row("aten::grid_sampler", f"{F}grid_sample(a, b, align_corners=False)", (t(2, 3, 4, 5, 6), t(2, 3, 2, 4, 3, low=-1.2, high=1.2)), **close),
        Row("aten::affine_grid_generator", f"{F}affine_grid(a, [2, 3, 5, 4], align_corners=False)", (fixed(2, 2, 3),), static_only="sizes", **close),
        Row("aten::affine_grid_generator", f"{F}affine_grid(a, [2, 3, 5, 4], align_corners=True)", (fixed(2, 2, 3),), static_only="sizes", **close),
        Row("aten::affine_grid_generator", f"{F}affine_grid(a, [2, 3, 5, 4, 3], align_corners=False)", (fixed(2, 3, 4),), static_only="sizes", **close),
    ]  # fmt: skip
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


def _recurrence() -> list[Row]:
    cell = (t(3, 5), t(3, 4))
    rows = []
    for name, gates in (("gru_cell", 3), ("rnn_tanh_cell", 1), ("rnn_relu_cell", 1)):
        weights = (fixed(4 * gates, 5), fixed(4 * gates, 4), fixed(4 * gates), fixed(4 * gates))
        rows += [
            Row(f"aten::{name}", f"torch.{name}(a, b, c, d, e, f)", (*cell, *weights), **SUMS),
            Row(f"aten::{name}", f"torch.{name}(a, b, c, d)", (*cell, *weights[:2]), **SUMS),
            Row(f"aten::{name}", f"torch.{name}(a, torch.{name}(a, b, c, d), c, d)", (*cell, *weights[:2]), **SUMS),
        ]
    lstm = (fixed(16, 5), fixed(16, 4), fixed(16), fixed(16))
    rows += [
        Row("aten::lstm_cell", "torch.lstm_cell(a, [b, b], c, d, e, f)", (*cell, *lstm), **SUMS),
        Row("aten::lstm_cell", "torch.lstm_cell(a, [b, b * 2], c, d)", (*cell, *lstm[:2]), **SUMS),
        Row(
            "aten::lstm_cell",
            "h = torch.lstm_cell(a, [b, b], c, d)\ntorch.lstm_cell(a, [h[0], h[1]], c, d)[0]",
            (*cell, *lstm[:2]),
            **SUMS,
        ),
    ]
    for name, gates in (("lstm", 4), ("gru", 3), ("rnn_tanh", 1), ("rnn_relu", 1)):
        w = (fixed(4 * gates, 5, low=-0.5, high=0.5), fixed(4 * gates, 4, low=-0.5, high=0.5))
        b = (fixed(4 * gates), fixed(4 * gates))
        state = "[b, b * 0.5]" if name == "lstm" else "b"
        args = "True, 1, 0.0, False, False"
        rows += [
            # steps x batch x features
            Row(f"aten::{name}.input", f"torch.{name}(a, {state}, [c, d, e, f], {args}, False)", (t(6, 3, 5), fixed(1, 3, 4), *w, *b), **SUMS),
            Row(f"aten::{name}.input", f"torch.{name}(a, {state}, [c, d], False, 1, 0.0, False, False, True)", (fixed(3, 6, 5), fixed(1, 3, 4), *w), static_only=STATES, **SUMS),
            Row(f"aten::{name}.input", f"torch.{name}(a, {state}, [c, d, c, d], False, 1, 0.0, False, True, True)", (fixed(3, 6, 5), fixed(2, 3, 4), *w), static_only=STATES, **SUMS),
        ]  # fmt: skip
    # The hidden state has 2 features, the cell 4.
    w = (fixed(16, 5, low=-0.5, high=0.5), fixed(16, 2, low=-0.5, high=0.5), fixed(2, 4))
    b = (fixed(16), fixed(16))
    for code, x, layers, weights in (
        ("[d, e, g, h, f], True, 1, 0.0, False, False, False", (6, 3, 5), 1, (*w, *b)),
        ("[d, e, f], False, 1, 0.0, False, False, True", (3, 6, 5), 1, w),
        ("[d, e, f, d, e, f], False, 1, 0.0, False, True, True", (3, 6, 5), 2, w),
    ):
        inputs = (fixed(*x), fixed(layers, 3, 2), fixed(layers, 3, 4), *weights)
        rows.append(Row("aten::lstm.input", f"torch.lstm(a, [b, c], {code})", inputs, static_only=STATES, **SUMS))
    return rows


def _quantization() -> list[Row]:
    x = t(3, 4, low=-2, high=2)
    tensor, channel = "torch.fake_quantize_per_tensor_affine", "torch.fake_quantize_per_channel_affine"
    return [
        Row("aten::fake_quantize_per_tensor_affine", f"{tensor}(a, 0.1, 0, -128, 127)", (x,)),
        Row("aten::fake_quantize_per_tensor_affine", f"{tensor}(a, 0.01, 3, -128, 127)", (x,)),
        Row("aten::fake_quantize_per_tensor_affine", f"{tensor}(a, 0.25, 10, 0, 255)", (x,)),
        Row("aten::fake_quantize_per_tensor_affine.tensor_qparams", f"{tensor}(a, torch.tensor(0.1), torch.tensor(3, dtype=torch.int32), -128, 127)", (x,)),
        Row("aten::fake_quantize_per_channel_affine", f"{channel}(a, b, c, 1, -128, 127)", (x, fixed(4, low=0.05, high=0.2), fixed(4, dtype=torch.int32, low=-3, high=3))),
        Row("aten::fake_quantize_per_channel_affine", f"{channel}(a, b, c, 0, 0, 255)", (fixed(3, 4, 5), fixed(3, low=0.05, high=0.2), fixed(3, dtype=torch.int32, low=0, high=3)), static_only="channels"),
        Row("aten::fake_quantize_per_channel_affine", f"{channel}(a, b, c, 1, -8, 7)", (t(3, 4, 2), fixed(4, low=0.05, high=0.2), fixed(4, dtype=torch.int32, low=-3, high=3))),
    ]  # fmt: skip


ROWS = (
    _pooling()
    + _convolutions()
    + _normalization()
    + _padding()
    + _resizing()
    + _attention()
    + _recurrence()
    + _quantization()
)
