"""Blocks of torch.no_grad and of torch.autocast in scripted modules."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import torch_tensorrt


class NoGrad(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def part(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return self.linear(x).relu()

    def forward(self, x):
        with torch.no_grad():
            y = x + 1
            if y.size(0) > 2:
                with torch.no_grad():
                    y = self.part(y)
            for _ in range(2):
                with torch.no_grad():
                    y = y * 2
        return y - x


class NoAutocast(nn.Module):
    def forward(self, x):
        with torch.autocast("cpu", enabled=False):
            y = x @ x
        with torch.no_grad(), torch.autocast("cpu", enabled=False):
            return y + x


class Autocast(nn.Module):
    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return x @ x


@pytest.mark.parametrize("model", [NoGrad(), NoAutocast()], ids=lambda model: type(model).__name__)
def test_blocks_that_change_no_number(model):
    x = torch.randn(4, 4)
    module = torch.jit.script(model.eval())
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu", require_full_compilation=True)
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), model(x))
    assert torch_tensorrt.check(module, [x])


class AutocastInside(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 4))

    def forward(self, x):
        before = torch.relu(x * 2 + 1) - 3
        with torch.autocast("cpu", dtype=torch.bfloat16):
            product = before @ self.weight
            rows = product.size(0)
            if product.sum() > 0:
                product = product @ x
            constant = self.weight @ self.weight  # also in bfloat16
        after = (x.sigmoid() * 3).tanh() @ x
        return product, constant, after + rows, (after.exp() * 2).relu() - before


def test_a_block_of_autocast_is_no_part_of_an_engine():
    line = Autocast.forward.__code__.co_firstlineno + 1
    module = torch.jit.script(Autocast())
    with pytest.raises(RuntimeError, match=f"test_blocks.py:{line}.*torch.autocast is not compiled; write the casts"):
        torch_tensorrt.compile(module, inputs=[torch.randn(4, 4)], device="cpu", require_full_compilation=True)


@pytest.mark.parametrize("model", [Autocast(), AutocastInside()], ids=lambda model: type(model).__name__)
def test_a_block_of_autocast_runs_in_pytorch(model):
    module, x = torch.jit.script(model.eval()), torch.randn(4, 4)
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu", min_block_size=1)
    kinds = [node.kind() for node in compiled.graph.nodes()]
    inside = kinds[kinds.index("prim::Enter") : kinds.index("prim::Exit")]
    assert "aten::matmul" in inside and "tensorrt::execute_engine" not in inside
    assert ("tensorrt::execute_engine" in kinds) is isinstance(model, AutocastInside)
    for _ in range(3):
        for x in (torch.randn(4, 4), torch.rand(4, 4)):
            torch.testing.assert_close(compiled(x), module(x))
