"""State that compiled methods of one module share."""

import pytest
import torch
from test_hybrid_methods import ROWS, compile_methods
from test_refit import reloaded, trained
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


class Cached(nn.Module):
    """A method leaves the state that another reads."""

    memory: torch.Tensor | None

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder, self.out = nn.Linear(8, 6), nn.Linear(8, 6), nn.Linear(6, 8)
        self.memory = None

    @torch.jit.export
    def encode(self, x):
        self.memory = torch.tanh(self.encoder(x) * 2)

    @torch.jit.export
    def decode(self, y):
        memory = self.memory
        assert memory is not None, "encode comes first"
        scores = torch.softmax(torch.matmul(torch.relu(self.decoder(y)), memory.transpose(0, 1)), 1)
        return torch.sigmoid(self.out(torch.matmul(scores, memory)))


def test_state_passes_from_method_to_method():
    module = trained(Cached(), 1)
    compiled = compile_methods(module, {"encode": [ROWS], "decode": [Input((2, 8))]})
    decode = torch_tensorrt.inspect(compiled).methods[0]
    assert "aten::softmax" not in [row.op for row in decode.pytorch], "the probe does not know what encode leaves"
    expected = torch.jit.script(module)
    y = torch.randn(2, 8)
    with pytest.raises(torch.jit.Error, match="encode comes first"):
        compiled.decode(y)
    for rows in (4, 2, 7):
        x = torch.randn(rows, 8)
        compiled.encode(x)
        expected.encode(x)
        torch.testing.assert_close(compiled.memory, expected.memory)
        torch.testing.assert_close(compiled.decode(y), expected.decode(y))


class Views(nn.Module):
    """A method writes memory that another reads through another buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("whole", torch.zeros(4, 8))
        self.register_buffer("part", self.whole[:2])

    @torch.jit.export
    def encode(self, x):
        self.whole += x

    @torch.jit.export
    def decode(self, x):
        return torch.relu(self.part * 2 + x) * 3


@pytest.mark.parametrize("methods", [["encode", "decode"], ["decode"]])
def test_buffers_that_share_memory(methods):
    module = Views().eval()
    inputs = {"encode": [Input((4, 8))], "decode": [Input((2, 8))]}
    compiled = reloaded(compile_methods(module, {name: inputs[name] for name in methods}))
    x = torch.rand(4, 8)
    for rounds in (1, 2):
        compiled.encode(x)
        torch.testing.assert_close(compiled.decode(x[:2]), torch.relu(rounds * x[:2] * 2 + x[:2]) * 3)
    assert not module.whole.any()


class Modes(nn.Module):
    """Numbers, lists and flags that one method sets and another reads."""

    history: list[torch.Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)
        self.mode = 0
        self.is_on = False
        self.history = []

    @torch.jit.export
    def set(self, mode: int):
        self.mode = mode
        self.is_on = not self.is_on

    @torch.jit.export
    def push(self, x):
        self.history.append(torch.tanh(self.linear(x) * 2))
        return len(self.history)

    @torch.jit.export
    def read(self, x):
        y = self.linear(x)
        if self.is_on:
            y = torch.relu(y) * 2 - 1
        for past in self.history:
            y = y + past * 0.5
        for _ in range(self.mode):
            y = torch.sin(y) * 3
        return y, self.mode


@pytest.mark.parametrize("methods", [["push", "read"], ["push", "read", "set"], ["read"]])
def test_numbers_lists_and_flags(methods):
    module = trained(Modes(), 1)
    inputs = {"push": [Input((4, 8))], "read": [Input((4, 8))], "set": {}}
    compiled = compile_methods(module, {name: inputs[name] for name in methods})
    expected = torch.jit.script(module)
    x = torch.rand(4, 8)
    for mode in (2, 0, 3):
        for call in (lambda m: m.read(x), lambda m: m.push(x), lambda m: m.read(x), lambda m: m.set(mode)):  # noqa: B023
            torch.testing.assert_close(call(compiled), call(expected))
    torch.testing.assert_close(compiled.read(x), expected.read(x))


def test_an_input_of_another_dtype_in_one_method_leaves_the_other_alone():
    module = trained(Cached(), 1)
    compiled = compile_methods(module, {"encode": [Input((4, 8), dtype=torch.half)], "decode": [Input((2, 8))]})
    x, y = torch.randn(4, 8).half(), torch.randn(2, 8)
    compiled.encode(x)
    module.encode(x.float())
    torch.testing.assert_close(compiled.decode(y), module.decode(y))
