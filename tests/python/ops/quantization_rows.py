"""Rows of rounding to the numbers of quantized dtypes."""

import torch

from .table import F64, Row, fixed, t

TENSOR, CHANNEL = "torch.fake_quantize_per_tensor_affine", "torch.fake_quantize_per_channel_affine"
OF_TENSOR, OF_CHANNEL = "aten::fake_quantize_per_tensor_affine", "aten::fake_quantize_per_channel_affine"


def _per_tensor() -> list[Row]:
    x = t(3, 4, low=-2, high=2)
    halves = "x = torch.round(a * 4) * 0.5\n"  # ties of rounding
    return [
        Row(OF_TENSOR, f"{TENSOR}(a, 0.1, 0, -128, 127)", (x,)),
        Row(OF_TENSOR, f"{TENSOR}(a, 0.01, 3, -128, 127)", (x,)),
        Row(OF_TENSOR, f"{TENSOR}(a, 0.25, 10, 0, 255)", (x,)),
        Row(OF_TENSOR, f"{TENSOR}(a, 0.1, 0, -7, 7)", (x,)),
        Row(OF_TENSOR, f"{TENSOR}(a, 0.02, 64, 0, 127)", (x,)),
        Row(OF_TENSOR, f"{TENSOR}(a, 0.001, 5, -32768, 32767)", (x,)),
        Row(OF_TENSOR, f"{halves}{TENSOR}(x, 1.0, 0, -128, 127)", (x,), exact=True),
        Row(OF_TENSOR, f"{halves}{TENSOR}(x, 1.0, 3, -128, 127)", (x,), exact=True),
        Row(OF_TENSOR, f"{halves}{TENSOR}(x, 1.0, 3, -300, 300)", (x,), exact=True),
        Row(OF_TENSOR, f"{TENSOR}(a, 0.125, 0, -128, 127)", (t(3, 4, dtype=F64),)),
        Row(f"{OF_TENSOR}.tensor_qparams", f"{TENSOR}(a, torch.tensor(0.1), torch.tensor(3, dtype=torch.int32), -128, 127)", (x,)),
        Row(f"{OF_TENSOR}.tensor_qparams", f"{TENSOR}(a, torch.tensor(0.25), torch.tensor(0), 0, 15)", (t(3, 4),)),
        Row(f"{OF_TENSOR}.tensor_qparams", f"{TENSOR}(a, torch.tensor([0.5]), torch.tensor([-3]), -8, 7)", (t(3, 2, 2),)),
        Row(f"{OF_TENSOR}.tensor_qparams", f"{TENSOR}(a, b.max().abs() + 0.1, torch.tensor(0), -128, 127)", (x, fixed(2))),
    ]  # fmt: skip


def _per_channel() -> list[Row]:
    scale, zero = fixed(4, low=0.05, high=0.2), fixed(4, dtype=torch.int32, low=-3, high=3)
    zeros = "torch.zeros(4, dtype=torch.int32)"
    return [
        Row(OF_CHANNEL, f"{CHANNEL}(a, b, c, 1, -128, 127)", (t(3, 4, low=-2, high=2), scale, zero)),
        Row(OF_CHANNEL, f"{CHANNEL}(a, b, c, 0, 0, 255)", (fixed(3, 4, 5), fixed(3, low=0.05, high=0.2), fixed(3, dtype=torch.int32, low=0, high=3)), static_only="channels"),
        Row(OF_CHANNEL, f"{CHANNEL}(a, b, c, 1, -8, 7)", (t(3, 4, 2), scale, zero)),
        Row(OF_CHANNEL, f"{CHANNEL}(a, torch.tensor([0.1, 0.2, 0.3, 0.4]), {zeros}, 1, -128, 127)", (t(3, 4, 2),)),
        Row(OF_CHANNEL, f"{CHANNEL}(a, torch.tensor([0.1, 0.2, 0.3, 0.4]), {zeros}, 2, -8, 7)", (t(3, 2, 4),)),
        Row(OF_CHANNEL, f"{CHANNEL}(a, torch.tensor([0.1, 0.2, 0.3, 0.4]), {zeros} + 2, 1, 0, 255)", (t(3, 4),)),
    ]  # fmt: skip


ROWS = [*_per_tensor(), *_per_channel()]
