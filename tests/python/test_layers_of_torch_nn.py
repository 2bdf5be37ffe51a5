"""Modules of torch.nn with many operators, scripted and traced, each as one engine against PyTorch."""

from __future__ import annotations

import pytest
import torch
from ops.table import compile_for, flatten
from torch import nn

import torch_tensorrt

Input = torch_tensorrt.Input


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


class SelfAttention(nn.Module):
    def __init__(self, need_weights: bool = False, **options):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, **options)
        self.need_weights = need_weights

    def forward(self, x):
        return self.attention(x, x, x, need_weights=self.need_weights)[0]


class AttentionWeights(SelfAttention):
    def forward(self, x):
        return self.attention(x, x, x, need_weights=True)


class CrossAttention(SelfAttention):
    def forward(self, x, y):
        return self.attention(x, y, y, need_weights=False)[0]


class Masked(SelfAttention):
    def forward(self, x, mask):
        return self.attention(x, x, x, attn_mask=mask, need_weights=False)[0]


class Padded(SelfAttention):
    def forward(self, x, mask):
        return self.attention(x, x, x, key_padding_mask=mask, need_weights=False)[0]


class Called(nn.Module):
    """A layer without its optional inputs, inside a model."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)


class Decoded(Called):
    def forward(self, x, memory):
        return self.layer(x, memory)


class Wrapped(nn.Module):
    """A recurrent module inside a model, because its own forward is overloaded."""

    def __init__(self, kind: type[nn.Module], **options):
        super().__init__()
        self.recurrent = kind(8, 4, **options)

    def forward(self, x):
        return self.recurrent(x)


X, Y = normal(3, 5, 8), normal(3, 7, 8)
CAUSAL = torch.ones(5, 5).triu(1).bool()
PADDING = torch.arange(5).expand(3, 5) >= torch.tensor([[3], [5], [4]])

ATTENTION = {
    "batch first": (SelfAttention(batch_first=True), (X,)),
    "sequence first": (SelfAttention(), (X,)),
    "no bias": (SelfAttention(batch_first=True, bias=False), (X,)),
    "bias of keys": (SelfAttention(add_bias_kv=True), (X,)),
    "a zero key": (SelfAttention(add_zero_attn=True), (X,)),
    "weights": (AttentionWeights(batch_first=True), (X,)),
    "other keys": (CrossAttention(batch_first=True), (X, Y)),
    "keys of another width": (CrossAttention(kdim=6, vdim=6), (X.transpose(0, 1), normal(7, 3, 6))),
    "bool mask": (Masked(batch_first=True), (X, CAUSAL)),
    "float mask": (Masked(batch_first=True), (X, normal(5, 5))),
    "padding": (Padded(batch_first=True), (X, PADDING)),
    "no batch": (SelfAttention(), (X[0],)),
}
TRANSFORMERS = {
    "encoder layer, norm last": (Called(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)), (X,)),
    "encoder layer, norm first": (
        Called(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)),
        (X,),
    ),
    "encoder layer, gelu": (Called(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")), (X,)),
    "encoder layer, sequence first": (Called(nn.TransformerEncoderLayer(8, 2, 16)), (X,)),
    "encoder": (Called(nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)), (X,)),
    "decoder layer": (Decoded(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)), (X, Y)),
}
RECURRENT = {
    f"{kind.__name__} {options}": (Wrapped(kind, **options), (X,))
    for kind, many in {
        nn.LSTM: ({}, {"bidirectional": True, "num_layers": 2}, {"num_layers": 3, "batch_first": True, "bias": False}),
        nn.GRU: ({}, {"bidirectional": True, "num_layers": 2}, {"num_layers": 3, "batch_first": True, "bias": False}),
        nn.RNN: ({}, {"bidirectional": True, "num_layers": 2}, {"nonlinearity": "relu", "batch_first": True}),
    }.items()
    for options in many
}
OTHERS = {
    "RMSNorm": (nn.RMSNorm(8), (X,)),
    "LocalResponseNorm": (nn.LocalResponseNorm(3), (normal(2, 5, 4, 4),)),
    "Bilinear": (nn.Bilinear(8, 8, 5), (X, X + 1)),
    "InstanceNorm1d": (nn.InstanceNorm1d(5, track_running_stats=True, affine=True), (X,)),
    "PixelUnshuffle": (nn.PixelUnshuffle(2), (normal(1, 3, 4, 4),)),
    "CircularPad2d": (nn.CircularPad2d(1), (normal(1, 2, 4, 4),)),
    "LPPool2d": (nn.LPPool2d(2, 2), (normal(1, 2, 4, 4),)),
}
ALL = ATTENTION | TRANSFORMERS | RECURRENT | OTHERS


# TorchScript cannot compile the source of an attention without biases.
CASES = [(name, traced) for name in ALL for traced in (False, True) if traced or name != "no bias"]


@pytest.mark.parametrize(("name", "traced"), CASES, ids=[f"{n}-{'traced' if t else 'scripted'}" for n, t in CASES])
def test_module(name: str, traced: bool) -> None:
    module, inputs = ALL[name]
    module.eval()
    with torch.no_grad():
        made = torch.jit.trace(module, inputs, check_trace=False) if traced else torch.jit.script(module)
        expected = flatten(module(*inputs))
        got = flatten(compile_for(made, [Input(x.shape, dtype=x.dtype) for x in inputs])(*inputs))
    assert len(got) == len(expected)
    for mine, theirs in zip(got, expected, strict=True):
        # Sums of products of a few dozen normal numbers, twice in a row.
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


# A trace of a batch-first attention without returned weights has PyTorch's fused layers.
@pytest.mark.parametrize(
    ("name", "op"),
    [
        ("batch first", "aten::_native_multi_head_attention"),
        ("encoder layer, norm last", "aten::_transformer_encoder_layer_fwd"),
    ],
)
def test_the_fused_form_is_what_is_tested(name: str, op: str) -> None:
    module, inputs = ALL[name]
    with torch.no_grad():
        graph = torch.jit.trace(module.eval(), inputs, check_trace=False).inlined_graph
    assert op in {node.kind() for node in graph.nodes()}


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN], ids=lambda kind: kind.__name__)
def test_recurrent_over_a_range(kind: type[nn.Module]) -> None:
    module = torch.jit.script(Wrapped(kind, num_layers=2, batch_first=True).eval())
    batches = Input(min_shape=(1, 5, 8), opt_shape=(3, 5, 8), max_shape=(4, 5, 8))
    made = compile_for(module, [batches])
    for size in (1, 3, 4):
        x = normal(size, 5, 8)
        for mine, theirs in zip(flatten(made(x)), flatten(module(x)), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    lengths = Input(min_shape=(1, 1, 8), opt_shape=(3, 16, 8), max_shape=(16, 512, 8))
    made = compile_for(module, [lengths])
    for batch, steps in ((1, 1), (3, 16), (2, 512), (16, 37), (1, 512), (7, 1)):
        x = normal(batch, steps, 8)
        for mine, theirs in zip(flatten(made(x)), flatten(module(x)), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
