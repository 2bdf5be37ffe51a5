"""Scripted attention of torch.nn: its checks of the mode (gradients, autocast) keep no engine away."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input

X = Input((2, 5, 8))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)


class Branch(Attention):
    """With a branch on data, so that it cannot be one engine."""

    def forward(self, x):
        if bool(x.sum() > 0):
            x = x + 1
        return self.attention(x, x, x, need_weights=False)[0]


class Raises(Attention):
    def forward(self, x):
        if bool(x.sum() > 1000):
            raise ValueError("too large")
        return self.attention(x, x, x, need_weights=False)[0]


class AsksForMode(nn.Module):
    def forward(self, x):
        if torch.is_grad_enabled() and x.requires_grad:
            raise ValueError("gradients")
        return torch.relu(x + 1) * 2


def compiled(module: nn.Module, **settings) -> torch.jit.ScriptModule:
    with torch_tensorrt.logging.errors():
        return torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=[X], device="cpu", **settings)


def engines_of(module: torch.jit.ScriptModule) -> int:
    return len(list(module.graph.findAllNodes("tensorrt::execute_engine", recurse=True)))


@pytest.mark.parametrize("model", [Attention(), AsksForMode(), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)])
def test_it_is_one_engine(model):
    module = compiled(model)
    assert not hasattr(module, "torch_tensorrt_record") and engines_of(module) == 1
    x = torch.randn(2, 5, 8)
    expected, found = torch.jit.script(model)(x), module(x)
    if isinstance(expected, tuple):
        assert found[1] is None and expected[1] is None
        expected, found = expected[0], found[0]
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("model", [Branch(), Raises()])
def test_one_operator_for_a_whole_block_is_worth_an_engine(model):
    module = compiled(model)
    assert hasattr(module, "torch_tensorrt_record") and engines_of(module) >= 1
    for shift in (1.0, -1.0):
        x = torch.randn(2, 5, 8) + shift
        torch.testing.assert_close(module(x), torch.jit.script(model)(x))
