"""Constructs of traces that scripts do not have, beside the operators of test_ops.py."""

from __future__ import annotations

import pytest
import torch
from ops.table import Row, compare, compile_for, t

import torch_tensorrt


class Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y, factor):
        return x * torch.sigmoid(y) * factor

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None, None


class Halves(torch.autograd.Function):
    """Two results, and a call of another function."""

    @staticmethod
    def forward(ctx, x):
        first, second = x.chunk(2, 1)
        return Gate.apply(first, second, 2.0), second + 1

    @staticmethod
    def backward(ctx, first, second):
        return torch.cat([first, second], 1)


class CallsFunctions(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(6, 4)

    def forward(self, x):
        first, second = Halves.apply(self.linear(x))
        return Gate.apply(first, second, 0.5), second


def check_trace(module: torch.nn.Module, *inputs: torch.Tensor, **tolerance) -> None:
    traced = torch.jit.trace(module.eval(), inputs, check_trace=False)
    compiled = compile_for(traced, [torch_tensorrt.Input(x.shape, dtype=x.dtype) for x in inputs])
    compare(Row("", "", (), **tolerance), compiled, module, list(inputs))


def test_functions_with_a_gradient_of_their_own():
    check_trace(CallsFunctions(), torch.randn(3, 6), rtol=1e-4, atol=1e-5)


class Numbers(torch.nn.Module):
    def forward(self, x):
        half = x / 2 if x.dtype.is_floating_point else x
        return x * 0.5, x + 1, 2.5 - x, half, x.sum() * 1.5, torch.where(x > 1, x, 0.25), x.masked_fill(x > 1, 3)


# In a trace, numbers are 0-d tensors of float64 and int64, which promote like numbers.
@pytest.mark.parametrize(
    "dtype", [torch.int64, torch.int32, torch.uint8, torch.half, torch.bfloat16, torch.float32, torch.float64]
)
@pytest.mark.parametrize("shape", [(3, 4), ()])
def test_numbers_of_python_promote_as_numbers(dtype, shape):
    x = t(*shape, dtype=dtype).make(torch.Generator().manual_seed(3))
    check_trace(Numbers(), x, rtol=1e-5)
