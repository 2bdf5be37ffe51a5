"""Numbers, lists and dicts of Python inside a method mean what they mean in Python."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from torch import nn

import torch_tensorrt


class Third(nn.Module):
    def forward(self, x):
        return x.size(0) / 3


class AddsToAnItem(nn.Module):
    def forward(self, x):
        return x.sum().item() + x.size(0)


class Rolls(nn.Module):
    def forward(self, x):
        return x.roll(x.size(0) // 2 + 1, 0)


class FillsADict(nn.Module):
    def forward(self, x):
        parts: dict[str, torch.Tensor] = OrderedDict()
        parts["first"] = x + 1
        return parts["first"]


@torch.jit.script
class Chain:
    """Each attribute is made of the one before."""

    def __init__(self, x: torch.Tensor) -> None:
        self.first = x + 1
        self.second = self.first
        self.third = self.second


class ReadsAnObject(nn.Module):
    def forward(self, x):
        chain = Chain(x)
        return chain.third * 2 + chain.second + chain.first


@pytest.mark.parametrize("kind", [Third, AddsToAnItem, Rolls, FillsADict, ReadsAnObject])
@pytest.mark.parametrize("is_range", [False, True])
def test_values_of_python(kind, is_range):
    x = torch.zeros(7)
    x[0] = 2.0**-23  # float32 cannot hold it beside a 7
    spec = torch_tensorrt.Input(min_shape=(2,), opt_shape=(7,), max_shape=(9,)) if is_range else x
    module = torch.jit.script(kind().eval())
    got, want = torch_tensorrt.compile(module, inputs=[spec], device="cpu")(x), module(x)
    assert type(got) is type(want)
    assert torch.equal(got, want) if isinstance(got, torch.Tensor) else got == want
