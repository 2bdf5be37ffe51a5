"""Recurrent layers: one engine for any number of steps and any batch, with a size independent of both."""

from __future__ import annotations

import io

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


class Wrapped(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)


KINDS = {
    "lstm": lambda: nn.LSTM(6, 20, 2, batch_first=True, bidirectional=True),
    "projected": lambda: nn.LSTM(6, 20, proj_size=7, bidirectional=True),
    "gru": lambda: nn.GRU(6, 20, 2, bidirectional=True),
    "tanh": lambda: nn.RNN(6, 20, batch_first=True),
    "relu": lambda: nn.RNN(6, 20, 2, nonlinearity="relu", bias=False),
}


def make(name: str, seed: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    return Wrapped(KINDS[name]()).eval()


def compiled(module: nn.Module, *inputs) -> torch.jit.ScriptModule:
    script = torch.jit.script(module.eval())
    return torch_tensorrt.compile(script, inputs=list(inputs), device="cpu", require_full_compilation=True)


def compare(made, module, *inputs) -> None:
    with torch.no_grad():
        torch.testing.assert_close(made(*inputs), module(*inputs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_one_engine_for_all_lengths_and_batches(name) -> None:
    module = make(name)
    made = compiled(module, Input(min_shape=(1, 1, 6), opt_shape=(8, 8, 6), max_shape=(512, 512, 6)))
    for first, second in ((1, 1), (8, 8), (512, 2), (3, 512), (40, 17), (1, 300), (300, 1)):
        compare(made, module, torch.randn(first, second, 6))


class WithStates(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 20, batch_first=True)

    def forward(self, x, hidden, cell):
        return self.lstm(x, (hidden, cell))


def test_states_are_inputs() -> None:
    module = WithStates().eval()
    state = Input(min_shape=(1, 1, 20), opt_shape=(1, 4, 20), max_shape=(1, 9, 20))
    steps = Input(min_shape=(1, 1, 6), opt_shape=(4, 8, 6), max_shape=(9, 512, 6))
    made = compiled(module, steps, state, state)
    for batch, count in ((1, 1), (4, 8), (9, 100)):
        compare(made, module, torch.randn(batch, count, 6), torch.randn(1, batch, 20), torch.randn(1, batch, 20))


class GivenWeights(nn.Module):
    def forward(self, x, hidden, input_weights, hidden_weights):
        return torch.gru(x, hidden, [input_weights, hidden_weights], False, 1, 0.0, False, False, False)


def test_weights_are_inputs() -> None:
    steps = Input(min_shape=(1, 2, 6), opt_shape=(8, 2, 6), max_shape=(100, 2, 6))
    made = compiled(GivenWeights(), steps, Input((1, 2, 5)), Input((15, 6)), Input((15, 5)))
    for count in (1, 8, 100):
        inputs = torch.randn(count, 2, 6), torch.randn(1, 2, 5), torch.randn(15, 6) * 0.4, torch.randn(15, 5) * 0.4
        compare(made, GivenWeights(), *inputs)


class AfterReshape(nn.Module):
    """Folds and unfolds steps and batch by the sizes of the input."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.GRU(6, 20, batch_first=True)
        self.linear = nn.Linear(20, 3)

    def forward(self, x):
        y, last = self.layer(x)
        y = self.linear(y.reshape(-1, 20)).reshape(x.size(0), x.size(1), 3)
        return y + x[:, :, :3], torch.cat([last[0], y[:, -1]], 1)


def test_sizes_of_the_result_are_those_of_the_input() -> None:
    module = AfterReshape().eval()
    made = compiled(module, Input(min_shape=(1, 1, 6), opt_shape=(2, 8, 6), max_shape=(8, 64, 6)))
    for batch, count in ((1, 1), (2, 8), (8, 64), (3, 5)):
        compare(made, module, torch.randn(batch, count, 6))


def saved_size(module: torch.jit.ScriptModule) -> int:
    file = io.BytesIO()
    torch.jit.save(module, file)
    return len(file.getvalue())


def test_the_size_of_the_engine_does_not_depend_on_the_length() -> None:
    module = Wrapped(nn.LSTM(8, 64, batch_first=True))
    short, long = (saved_size(compiled(module, Input((1, steps, 8)))) for steps in (2, 600))
    weights = sum(parameter.numel() * 4 for parameter in module.parameters())
    # The fastest tactics may differ, and so may the padding of their weights. A number for each of 600 steps is more.
    assert abs(long - short) < weights / 4
    assert long < 2 * weights


@pytest.mark.parametrize("name", KINDS)
def test_refit(name) -> None:
    module, other = make(name), make(name, seed=2)
    made = compiled(module, Input(min_shape=(1, 1, 6), opt_shape=(8, 4, 6), max_shape=(40, 40, 6)))
    refitted = torch_tensorrt.refit_module_weights(made, torch.jit.script(other))
    for first, second in ((8, 4), (1, 1), (40, 40)):
        compare(refitted, other, torch.randn(first, second, 6))
        compare(made, module, torch.randn(first, second, 6))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("name", KINDS)
def test_other_dtypes(name, dtype) -> None:
    other = make(name).to(dtype)
    made = compiled(other, Input((3, 4, 6), dtype=dtype))
    x = torch.randn(3, 4, 6).to(dtype)
    tolerance = {torch.float16: 1e-2, torch.bfloat16: 5e-2, torch.float64: 1e-10}[dtype]
    with torch.no_grad():
        torch.testing.assert_close(made(x), other(x), rtol=tolerance, atol=tolerance)
