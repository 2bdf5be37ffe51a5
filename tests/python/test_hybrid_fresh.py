"""Tensors that a method makes anew in each call, from constants, and gives away."""

from __future__ import annotations

import copy
from typing import Dict, List, Tuple  # noqa: UP035 - TorchScript reads the annotations

import torch
from torch import Tensor, nn

import torch_tensorrt


class Results(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, List[Tensor], Dict[str, Tensor]]:  # noqa: UP006
        y = torch.erfinv(torch.tanh(x)) + 1
        return y, torch.zeros(3), [torch.ones(2) * 2], {"a": torch.full([2], 3.0)}


class Shared(nn.Module):
    """A result and a view of it: they share memory with each other, not with those of another call."""

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:  # noqa: UP006
        made = torch.zeros(2, 3)
        return torch.erfinv(torch.tanh(x)), made, made[0]


class Kept(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.plain = torch.ones(4)
        self.listed = [torch.ones(4)]

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:  # noqa: UP006
        before = self.plain
        rows, columns = x.shape
        self.plain = torch.full_like(torch.ones([rows, columns]) * 0.5, 0.25)[0]
        self.listed.append(torch.zeros(4))
        if len(self.listed) > 2:
            self.listed = [torch.zeros(4)]
        return torch.erfinv(torch.tanh(x)), before


class InLoop(nn.Module):
    def forward(self, x: Tensor) -> Tuple[Tensor, List[Tensor]]:  # noqa: UP006
        made: List[Tensor] = []  # noqa: UP006
        for _ in range(int(x.sum()) % 3 + 2):
            made.append(torch.zeros(2))
        return torch.erfinv(torch.tanh(x)), made


def both(model: nn.Module) -> tuple[torch.jit.ScriptModule, torch.jit.ScriptModule]:
    module = torch.jit.script(model.eval())
    compiled = torch_tensorrt.compile(copy.deepcopy(module), inputs=[torch_tensorrt.Input((3, 4))])
    assert hasattr(compiled, "torch_tensorrt_record")
    return module, compiled


def tensors(value: object) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value
    return [tensor for part in parts for tensor in tensors(part)]


def call(module: torch.jit.ScriptModule, x: Tensor) -> list[Tensor]:
    with torch.jit.optimized_execution(False):  # the optimizer of TorchScript makes such tensors constants
        return tensors(module(x))


def expect_calls_apart(model: nn.Module) -> None:
    module, compiled = both(model)
    for seed in range(4):
        x = torch.randn(3, 4, generator=torch.Generator().manual_seed(seed))
        wanted, found = call(module, x), tensors(compiled(x))
        assert len(found) == len(wanted)
        for left, right in zip(found, wanted, strict=True):
            torch.testing.assert_close(left, right)
        for tensor in [*found, *wanted]:
            tensor.add_(1)  # must change no later result
        for left, right in zip(found, wanted, strict=True):
            torch.testing.assert_close(left, right)  # also through memory that they share


def test_results():
    expect_calls_apart(Results())


def test_results_that_share_memory():
    expect_calls_apart(Shared())


def test_state():
    expect_calls_apart(Kept())


def test_each_round_of_a_loop():
    expect_calls_apart(InLoop())
