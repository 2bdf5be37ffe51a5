"""The declared shapes and dtypes of a hybrid module's arguments are checked, whoever runs the nodes that take them."""

from __future__ import annotations

import pytest
import torch

import torch_tensorrt
from torch_tensorrt import Input


class Decides(torch.nn.Module):
    """Decides by a size, and returns its argument, so that PyTorch runs all of it."""

    def forward(self, x: torch.Tensor):
        if x.size(0) == 2:
            x = x.t()
        return x


class Counts(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, pair: tuple[torch.Tensor, torch.Tensor]):
        self.calls += 1
        return torch.relu(pair[0] * 2 + 1) - pair[1], self.calls


def test_a_branch_that_a_declared_size_decided_is_not_taken_for_another_size():
    module = torch.jit.script(Decides().eval())
    compiled = torch_tensorrt.compile(module, inputs=[Input((2, 3))], device="cpu")
    x = torch.randn(2, 3)
    assert torch.equal(compiled(x), module(x))
    with pytest.raises(RuntimeError, match=r"argument x has dims 3x3, the module was compiled for 2x3"):
        compiled(torch.randn(3, 3))
    with pytest.raises(RuntimeError, match=r"argument x has the dtype Double, the module was compiled for Float"):
        compiled(x.double())


def test_parts_of_an_argument_are_checked():
    module = torch.jit.script(Counts().eval())
    specs = (Input(min_shape=(1, 3), opt_shape=(2, 3), max_shape=(4, 3)), Input((1, 3)))
    compiled = torch_tensorrt.compile(module, input_signature=(specs,), device="cpu", min_block_size=1)
    pair = (torch.randn(4, 3), torch.randn(1, 3))
    for calls in (1, 2):
        got, count = compiled(pair)
        torch.testing.assert_close(got, module(pair)[0])
        assert count == calls
    with pytest.raises(RuntimeError, match=r"argument pair\[0\] has dims 5x3, the module was compiled for 1x3 to 4x3"):
        compiled((torch.randn(5, 3), pair[1]))


class AsksForTheDevice(torch.nn.Module):
    def forward(self, x: torch.Tensor):
        y = torch.relu(x * 2 + 1)
        assert bool(y.max() < 100.0), "too large"
        return torch.tanh(y + 1) if x.device.type in ("cpu", "cuda") else y


def test_the_device_of_an_argument_is_known():
    module = torch.jit.script(AsksForTheDevice().eval())
    compiled = torch_tensorrt.compile(module, inputs=[Input((2, 3))], device="cpu", min_block_size=1)
    x = torch.randn(2, 3)
    torch.testing.assert_close(compiled(x), module(x))
    assert str(compiled.graph).count("execute_engine") >= 1
