"""Recurrent layers over packed sequences with lengths that are constants of the model."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import torch_tensorrt


class Packed(nn.Module):
    def __init__(self, layer: nn.Module, lengths: list[int], sorted_: bool = True, padding: float = 0.0) -> None:
        super().__init__()
        self.layer = layer
        self.register_buffer("lengths", torch.tensor(lengths))
        self.batch_first = layer.batch_first
        self.is_sorted = sorted_
        self.padding = padding

    def forward(self, x):
        packed = pack_padded_sequence(x, self.lengths, self.batch_first, self.is_sorted)
        out, state = self.layer(packed)
        padded, lengths = pad_packed_sequence(out, self.batch_first, self.padding)
        return padded * lengths.sum(), state


CASES = {
    "lstm": Packed(nn.LSTM(4, 5, batch_first=True), [6, 4, 4, 1]),
    "lstm of two directions": Packed(nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True), [2, 6, 3, 5], False),
    "projected": Packed(nn.LSTM(4, 5, proj_size=3), [5, 3, 2, 2]),
    "gru": Packed(nn.GRU(4, 5, 2, bidirectional=True), [5, 3, 2, 2], padding=-1.0),
    "rnn": Packed(nn.RNN(4, 5, bias=False), [6, 6, 6, 6]),
    "relu": Packed(nn.RNN(4, 5, nonlinearity="relu", batch_first=True), [1, 1, 3, 2], False),
}


@pytest.mark.parametrize("form", ["script", "trace"])
@pytest.mark.parametrize("name", CASES)
def test_lengths_that_are_known(name, form):
    model = CASES[name].eval()
    x = torch.randn(4, 6, 4) if model.batch_first else torch.randn(6, 4, 4)
    with torch.no_grad():
        module = torch.jit.script(model) if form == "script" else torch.jit.trace(model, x, check_trace=False)
        compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu", require_full_compilation=True)
        x = torch.randn_like(x)
        torch.testing.assert_close(compiled(x), model(x), rtol=1e-4, atol=1e-5)


class Given(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.LSTM(4, 5, batch_first=True)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, True, True)
        out, _ = self.layer(packed)
        return out.data


def test_lengths_that_are_inputs_are_refused_with_the_reason():
    module, inputs = torch.jit.script(Given().eval()), [torch.randn(2, 5, 4), torch.tensor([5, 3])]
    with pytest.raises(
        RuntimeError, match="lengths of the packed sequences depend on the inputs.*run the layer on the"
    ):
        torch_tensorrt.compile(module, inputs=inputs, device="cpu", require_full_compilation=True)


def test_lengths_that_are_inputs_are_left_to_pytorch():
    module = torch.jit.script(Given().eval())
    compiled = torch_tensorrt.compile(module, inputs=[torch.randn(2, 5, 4), torch.tensor([5, 3])], device="cpu")
    for lengths in ([5, 3], [2, 1], [4, 4]):
        x = torch.randn(2, 5, 4)
        torch.testing.assert_close(compiled(x, torch.tensor(lengths)), module(x, torch.tensor(lengths)))
