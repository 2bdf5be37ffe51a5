"""Transformer layers of PyTorch with masks; the fast path of these layers removes the padding of a batch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input

LENGTH = 5


class Encoder(nn.Module):
    def __init__(
        self, nested: bool, norm_first: bool = False, final_norm: bool = False, batch_first: bool = True
    ) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first, norm_first=norm_first)
        norm = nn.LayerNorm(8) if final_norm else None
        self.encoder = nn.TransformerEncoder(layer, 2, norm, enable_nested_tensor=nested)

    def forward(self, x, padding):
        return self.encoder(x, src_key_padding_mask=padding)


def padding_of(*lengths: int) -> torch.Tensor:
    return torch.arange(LENGTH).expand(len(lengths), LENGTH) >= torch.tensor(lengths).unsqueeze(1)


BEHIND = padding_of(3, 4)
NONE = padding_of(LENGTH, LENGTH)
IN_FRONT = BEHIND.flip(1)
GAPS = torch.tensor([[False, True, False, True, False], [False, False, True, False, False]])


def check(model: nn.Module, module: torch.jit.ScriptModule, *paddings: torch.Tensor) -> None:
    x = torch.randn(2, LENGTH, 8)
    compiled = torch_tensorrt.compile(module, inputs=[x, paddings[0]], device="cpu", require_full_compilation=True)
    for padding in paddings:
        with torch.no_grad():
            torch.testing.assert_close(compiled(x, padding), model(x, padding), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("norms", [(False, False), (True, True)])
def test_a_scripted_encoder_and_every_kind_of_padding(nested, norms):
    model = Encoder(nested, *norms).eval()
    check(model, torch.jit.script(model), BEHIND, NONE, IN_FRONT, GAPS, padding_of(1, LENGTH))


@pytest.mark.parametrize("nested", [True, False])
def test_a_traced_encoder(nested):
    model = Encoder(nested).eval()
    with torch.no_grad():
        traced = torch.jit.trace(model, (torch.randn(2, LENGTH, 8), BEHIND))
    check(model, traced, BEHIND, padding_of(LENGTH, 2))


def test_an_exported_encoder():
    model, x = Encoder(True).eval(), torch.randn(2, LENGTH, 8)
    with torch.no_grad():
        program = torch.export.export(model, (x, GAPS))
        compiled = torch_tensorrt.compile(program, device="cpu")
        torch.testing.assert_close(compiled(x, GAPS), model(x, GAPS), rtol=1e-4, atol=1e-5)


def test_a_range_of_batches_and_lengths():
    model = Encoder(True).eval()
    shapes = (1, 2, 8), (2, LENGTH, 8), (4, 9, 8)
    inputs = [
        Input(min_shape=shapes[0], opt_shape=shapes[1], max_shape=shapes[2]),
        Input(min_shape=shapes[0][:2], opt_shape=shapes[1][:2], max_shape=shapes[2][:2], dtype=torch.bool),
    ]
    compiled = torch_tensorrt.compile(torch.jit.script(model), inputs=inputs, device="cpu")
    for batch, length in ((1, 2), (3, 7), (4, 9)):
        x = torch.randn(batch, length, 8)
        padding = torch.arange(length).expand(batch, length) >= torch.randint(1, length + 1, (batch, 1))
        with torch.no_grad():
            torch.testing.assert_close(compiled(x, padding), model(x, padding), rtol=1e-4, atol=1e-5)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x, padding):
        return self.attention(x, x, x, key_padding_mask=padding, need_weights=False)[0]


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), 1)

    def forward(self, x, padding):
        return self.decoder(x, x, tgt_key_padding_mask=padding, memory_key_padding_mask=padding)


class OneLayer(nn.Module):
    """A mask of numbers; the fast path only distinguishes 0 from other values."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x, padding):
        mask = torch.full((5, 5), float("-inf"), dtype=x.dtype, device=x.device).triu(1)
        return self.layer(x, src_mask=mask)


@pytest.mark.parametrize("model", [Attention(), Decoder(), OneLayer()], ids=lambda model: type(model).__name__)
def test_layers_by_themselves(model):
    check(model.eval(), torch.jit.script(model), BEHIND, GAPS)
    with torch.no_grad():
        traced = torch.jit.trace(model, (torch.randn(2, LENGTH, 8), BEHIND))
    check(model, traced, BEHIND, GAPS)
