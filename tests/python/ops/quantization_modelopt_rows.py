"""Rows of the operator that NVIDIA's ModelOpt puts into exported programs."""

import torch

from .table import F64, HALF, Row, fixed, t

SCHEMA = "(Tensor input, Tensor amax, int num_bits, int exponent_bits, bool unsigned, bool narrow_range) -> Tensor"
OP = "tensorrt::quantize_op"


def quantize(x, amax, num_bits, exponent_bits, unsigned, narrow_range):
    """ModelOpt's formula. Its own implementation for integers runs on GPUs alone."""
    if exponent_bits:
        return (x * (448 / amax)).to(torch.float8_e4m3fn).to(x.dtype) / (448 / amax)
    high = 2 ** (num_bits - (not unsigned)) - 1
    low = 0 if unsigned else -high - (not narrow_range)
    magnitude = amax.to(x.dtype if x.dtype == torch.float64 else torch.float32)
    wide = x.to(magnitude.dtype)
    scale = torch.where(magnitude <= 2**-24, 0, high / magnitude)
    return (torch.clamp(torch.round(wide * scale), low, high) / torch.where(scale == 0, 1, scale)).to(x.dtype)


def register() -> None:
    """Defines the operator as ModelOpt does, unless ModelOpt has."""
    if hasattr(torch.ops.tensorrt, "quantize_op"):
        return
    torch.library.define(OP, SCHEMA)
    torch.library.impl(OP, "CPU")(quantize)
    torch.library.register_fake(OP)(lambda x, *_: torch.empty_like(x))


register()


# The scales are powers of two, so that no number lies near the middle of two steps for one formula alone.
def _rows() -> list[Row]:
    x, op = t(3, 4, low=-2, high=2), "torch.ops.tensorrt.quantize_op"
    whole, ramp = "torch.tensor(1.984375)", "torch.tensor([[1.984375, 0.9921875, 3.96875, 0.0]])"
    return [
        Row(OP, f"{op}(a, {whole}, 8, 0, False, False)", (x,)),
        Row(OP, f"{op}(a, {whole}, 8, 0, False, True)", (t(3, 4, low=-3, high=3),)),
        Row(OP, f"{op}(a, torch.tensor([[3.984375]]), 8, 0, True, False)", (t(3, 4, low=0, high=5),)),
        Row(OP, f"{op}(a, torch.tensor(0.875), 4, 0, False, False)", (x,)),
        Row(OP, f"{op}(a, torch.tensor(1.999938965), 16, 0, False, False)", (x,), atol=1e-4),
        Row(OP, f"{op}(a, torch.tensor(0.0), 8, 0, False, False)", (x,), exact=True),
        Row(OP, f"{op}(a, {ramp}, 8, 0, False, False)", (x,)),
        Row(OP, f"{op}(a, {ramp}.t(), 8, 0, False, False)", (t(4, 3, low=-2, high=2),),
            static_only="there is a scale for each index of the first dimension"),
        Row(OP, f"{op}(a, {whole}, 8, 0, False, False)", (t(3, 4, dtype=HALF, low=-2, high=2),)),
        Row(OP, f"{op}(a, {whole}, 8, 0, False, False)", (t(3, 4, dtype=F64, low=-2, high=2),)),
        Row(OP, f"{op}(a, b.max() * 0 + 1.984375, 8, 0, False, False)", (x, fixed(2))),
        Row(OP, f"{op}(a, b * 0 + 1.984375, 8, 0, False, True)", (x, fixed(1, 4))),
    ]  # fmt: skip


ROWS = _rows()
