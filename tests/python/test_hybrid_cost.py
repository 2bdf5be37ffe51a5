"""Engines that cost more at their borders than they gain, and engines in loops."""

import pytest
import torch
from torch import nn

import torch_tensorrt


class Between(nn.Module):
    """Runs a part between two operators of PyTorch."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.erfinv(self.part(torch.erfinv(x)))


class View(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(2, -1).transpose(0, 1)


class Flip(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.flip(x, [0])


class Moves(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.flip(x, [0]), torch.stack([x, x])[0].clone()], 1)


class Sizes(nn.Module):
    """Moves elements to places that depend on the sizes of the input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, x], 1).reshape(x.size(0) * 2, x.size(1))


class Product(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(6, 6) / 20)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.matmul(x, self.weight)


class MovesAndRelu(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.flip(torch.relu(torch.flip(x, [0])), [1])


class Lookup(nn.Module):
    """Reads rows by number, which is no plain copy."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[torch.tensor([1, 0])]


COST = "its engine would only move data, which costs more at the borders than it gains"
SMALL = "its engine would have fewer operations than min_block_size (3)"


def compiled(part, caplog=None, **settings):
    """Returns the compiled module, after a comparison with PyTorch, and its number of engines."""
    module = torch.jit.script(Between(part).eval())
    inputs = settings.pop("inputs", [torch_tensorrt.Input((2, 6))])
    hybrid = torch_tensorrt.compile(module, inputs=inputs, device="cpu", **settings)
    x = torch.linspace(-0.8, 0.8, 12).view(2, 6)
    torch.testing.assert_close(hybrid(x), module(x))
    return sum(node.kind() == "tensorrt::execute_engine" for node in hybrid.graph.nodes())


@pytest.mark.parametrize("part", [View(), Flip(), Moves(), Sizes()], ids=lambda part: type(part).__name__)
def test_an_engine_that_only_moves_data_is_dropped(part):
    assert compiled(part, min_block_size=1) == 0


def test_sizes_that_vary_are_no_computation():
    inputs = [torch_tensorrt.Input(min_shape=(1, 6), opt_shape=(2, 6), max_shape=(8, 6))]
    assert compiled(Sizes(), inputs=inputs, min_block_size=1) == 0


@pytest.mark.parametrize("part", [Product(), MovesAndRelu(), Lookup()], ids=lambda part: type(part).__name__)
def test_an_engine_that_computes_stays(part):
    assert compiled(part, min_block_size=1) == 1


def test_the_message_tells_the_reason(capfd):
    assert compiled(Moves()) == 0
    text = capfd.readouterr().err
    assert COST in text and "no part of forward runs in an engine" in text
    assert compiled(Flip()) == 0
    text = capfd.readouterr().err
    assert SMALL in text and COST not in text


def test_a_method_that_is_one_engine_keeps_it():
    module = torch.jit.script(Moves().eval())
    for settings in ({}, {"require_full_compilation": True}):
        whole = torch_tensorrt.compile(module, inputs=[torch_tensorrt.Input((2, 6))], device="cpu", **settings)
        assert sum(node.kind() == "tensorrt::execute_engine" for node in whole.graph.nodes()) == 1


def test_an_engine_without_inputs_stays():
    class Constants(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.erfinv(x) + torch.erfinv(torch.linspace(0, 0.5, 6) * torch.ones(6))

    module = torch.jit.script(Constants().eval())
    hybrid = torch_tensorrt.compile(module, inputs=[torch_tensorrt.Input((2, 6))], device="cpu", min_block_size=1)
    x = torch.rand(2, 6) / 2
    torch.testing.assert_close(hybrid(x), module(x))
