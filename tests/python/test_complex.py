"""Engines have no complex numbers: inputs, constants and results of complex dtypes are refused with the reason."""

from __future__ import annotations

import pytest
import torch
from ops.table import compile_for, script

import torch_tensorrt

REASON = "complex numbers are not in an engine; keep the real and the imaginary part as tensors"


def test_input():
    with pytest.raises(TypeError, match=REASON):
        torch_tensorrt.Input((2, 3), dtype=torch.complex64)
    with pytest.raises(TypeError, match=REASON):
        torch_tensorrt.compile(script("a * 2", 1), inputs=[torch.ones(2, 3, dtype=torch.complex128)], device="cpu")


def test_constant():
    class Keep(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("weight", torch.tensor([1 + 2j, 3 - 1j]))

        def forward(self, a):
            return torch.view_as_real(self.weight * a)

    with pytest.raises(RuntimeError, match=REASON):
        compile_for(torch.jit.script(Keep().eval()), [torch_tensorrt.Input((2,))])


@pytest.mark.parametrize("code", ["(a * 1j).real", "a.to(torch.complex64).real", "torch.fft.rfft(a).abs()"])
def test_result(code):
    with pytest.raises(RuntimeError, match=REASON):
        compile_for(script(code, 1), [torch_tensorrt.Input((2, 3))])
