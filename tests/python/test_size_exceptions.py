"""Exceptions of a module's own that depend on the sizes of its inputs."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import torch_tensorrt
from torch_tensorrt import Input

ROWS = Input(min_shape=(1, 4), opt_shape=(3, 4), max_shape=(8, 4))


class SameRows(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        assert x.size(0) == y.size(0), "rows differ"
        return (x + y).relu() * 2


class FewRows(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.size(0) > 4:
            raise ValueError("too many rows")
        return x.relu() * 2


class InLoop(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        for i in range(3):
            if x.size(0) == 5 + i:
                raise ValueError("too many rows")
            x = x.relu() * 2
        return x


class Never(nn.Module):
    """Raises for no declared size."""

    def forward(self, x: Tensor) -> Tensor:
        assert x.size(1) == 4 and x.dim() == 2
        return x.relu() * 2


def both(model: nn.Module, count: int = 1) -> tuple[torch.jit.ScriptModule, torch.jit.ScriptModule]:
    module = torch.jit.script(model.eval())
    return module, torch_tensorrt.compile(module, inputs=[ROWS] * count)


def message(module: torch.jit.ScriptModule, *inputs: Tensor) -> str:
    try:
        module(*inputs)
    except torch.jit.Error as error:
        return str(error).strip().splitlines()[-1]
    return "no error"


@pytest.mark.parametrize("model", [FewRows, InLoop])
def test_sizes_that_the_module_refuses(model: type[nn.Module]) -> None:
    module, compiled = both(model())
    for rows in range(1, 9):
        x = torch.randn(rows, 4)
        assert message(compiled, x) == message(module, x)
        if message(module, x) == "no error":
            torch.testing.assert_close(compiled(x), module(x))


def test_sizes_that_must_be_the_same() -> None:
    module, compiled = both(SameRows(), 2)
    for rows in ((3, 1), (1, 3), (2, 2), (8, 8)):
        inputs = [torch.randn(count, 4) for count in rows]
        assert message(compiled, *inputs) == message(module, *inputs)
    assert "rows differ" in message(compiled, torch.randn(3, 4), torch.randn(1, 4))


def test_an_exception_that_no_declared_size_raises_costs_nothing() -> None:
    module, compiled = both(Never())
    assert not hasattr(compiled, "torch_tensorrt_record")  # one engine
    x = torch.randn(5, 4)
    torch.testing.assert_close(compiled(x), module(x))
