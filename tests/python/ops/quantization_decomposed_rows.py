"""Rows of torch.ao's operators between floating-point tensors and tensors of plain integer dtypes."""

import torch.ao.quantization.fx._decomposed  # noqa: F401, registers them

from .table import HALF, I8, I32, I64, U8, Row, fixed, t

Q = "torch.ops.quantized_decomposed."
OF = "quantized_decomposed::"
SCALES, ZEROS = "torch.tensor([0.1, 0.2, 0.3, 0.4])", "torch.tensor([0, 0, 0, 0])"


def _per_tensor() -> list[Row]:
    x, q, u = t(3, 4, low=-2, high=2), t(3, 4, dtype=I8, low=-128, high=128), t(3, 4, dtype=U8, low=0, high=256)
    halves = "x = torch.round(a * 4) * 0.5\n"  # ties of rounding
    to, back = f"{OF}quantize_per_tensor", f"{OF}dequantize_per_tensor"
    numbers = "torch.tensor(0.1), torch.tensor(3)"
    return [
        Row(to, f"{Q}quantize_per_tensor(a, 0.25, 0, -128, 127, torch.int8)", (x,), exact=True),
        Row(to, f"{Q}quantize_per_tensor(a, 0.01, 119, 0, 255, torch.uint8)", (x,), exact=True),
        Row(to, f"{halves}{Q}quantize_per_tensor(x, 1.0, 62, 0, 127, torch.uint8)", (x,), exact=True),
        Row(to, f"{Q}quantize_per_tensor(a, 0.001, 5, -2147483648, 2147483647, torch.int32)", (x,), exact=True),
        Row(to, f"{Q}quantize_per_tensor(a, 0.125, 3, -128, 127, torch.int8)", (t(3, 4, dtype=HALF),), exact=True),
        Row(f"{to}.tensor", f"{Q}quantize_per_tensor(a, {numbers}, -128, 127, torch.int8)", (x,), exact=True),
        Row(f"{to}.tensor", f"{Q}quantize_per_tensor(a, {numbers}, 0, 127, torch.uint8)", (x,), exact=True),
        Row(f"{to}.tensor", f"{Q}quantize_per_tensor(a, b.max() + 0.1, torch.tensor(0), -128, 127, torch.int8)", (x, fixed(2, low=0, high=1)), exact=True),
        Row(back, f"{Q}dequantize_per_tensor(a, 0.1, 3, -128, 127, torch.int8)", (q,)),
        Row(back, f"{Q}dequantize_per_tensor(a, 0.1, 119, 0, 255, torch.uint8)", (u,)),
        Row(back, f"{Q}dequantize_per_tensor(a, 0.001, 0, -2147483648, 2147483647, torch.int32)", (t(3, 4, dtype=I32),)),
        Row(back, f"{Q}dequantize_per_tensor(a, 0.125, 3, -128, 127, torch.int8, out_dtype=torch.bfloat16)", (q,)),
        Row(f"{back}.tensor", f"{Q}dequantize_per_tensor(a, {numbers}, -128, 127, torch.int8)", (q,)),
        Row(f"{back}.tensor", f"{Q}dequantize_per_tensor(a, {numbers}, 0, 255, torch.uint8)", (u,)),
        Row(f"{back}.tensor", f"{Q}dequantize_per_tensor(a, b.max() + 0.1, torch.tensor(0), -128, 127, torch.int8)", (q, fixed(2, low=0, high=1))),
    ]  # fmt: skip


def _per_channel() -> list[Row]:
    x, q = t(3, 4, low=-2, high=2), t(3, 4, dtype=I8, low=-128, high=128)
    to, back = f"{OF}quantize_per_channel", f"{OF}dequantize_per_channel"
    scale, zero = fixed(4, low=0.05, high=0.2), fixed(4, dtype=I64, low=-3, high=3)
    return [
        Row(to, f"{Q}quantize_per_channel(a, {SCALES}, {ZEROS}, 1, -128, 127, torch.int8)", (x,), exact=True),
        Row(to, f"{Q}quantize_per_channel(a, {SCALES}, {ZEROS} + 64, 2, 0, 127, torch.uint8)", (t(3, 2, 4),), exact=True),
        Row(to, f"{Q}quantize_per_channel(a, b, c, 1, -128, 127, torch.int8)", (x, scale, zero), exact=True),
        Row(back, f"{Q}dequantize_per_channel(a, {SCALES}, {ZEROS}, 1, -128, 127, torch.int8)", (q,)),
        Row(back, f"{Q}dequantize_per_channel(a, {SCALES}, None, 1, -128, 127, torch.int8)", (q,)),
        Row(back, f"{Q}dequantize_per_channel(a, b, c, 1, -128, 127, torch.int8)", (q, scale, zero)),
        Row(back, f"{Q}dequantize_per_channel(a, b, None, 1, -128, 127, torch.int8)", (q, scale)),
    ]  # fmt: skip


ROWS = [*_per_tensor(), *_per_channel()]
