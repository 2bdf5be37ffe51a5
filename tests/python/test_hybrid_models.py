"""Small models of the kinds that need PyTorch beside engines: detectors, decoders with a cache, early exits, streams."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


def engines_of(module):
    """The engine calls of a compiled module, also those in branches and loops."""
    return [node for node in module.graph.findAllNodes("tensorrt::execute_engine", recurse=True)]


def kinds_of(module):
    """The kinds of the nodes of a compiled module."""
    kinds = set()

    def visit(block):
        for node in block.nodes():
            kinds.add(node.kind())
            for inner in node.blocks():
                visit(inner)

    visit(module.graph)
    return kinds


def check(module, signature, calls, engines=1):
    """Compiles the module, compares it with the original over several calls, and returns it."""
    original = torch.jit.script(module.eval())
    compiled = torch_tensorrt.compile(
        original, input_signature=signature, device="cpu", require_full_compilation=False, min_block_size=1
    )
    expected = copy.deepcopy(original)
    with torch.no_grad():
        for call in calls:
            # The outputs differ only by the order in which floats are added.
            torch.testing.assert_close(compiled(*call), expected(*call), rtol=1e-4, atol=1e-5)
    assert len(engines_of(compiled)) >= engines
    return compiled


class Batch:
    """Pictures of several sizes in one tensor, and their sizes."""

    def __init__(self, tensors: torch.Tensor, sizes: list[list[int]]) -> None:
        self.tensors = tensors
        self.sizes = sizes


class Detector(nn.Module):
    """Resizes pictures to one length of their shorter side, pads them to one size, and keeps some places."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Conv2d(8, 2, 1)
        )

    def batch(self, pictures: list[torch.Tensor]) -> Batch:
        pictures = [picture for picture in pictures]  # noqa: C416
        for i in range(len(pictures)):
            picture = pictures[i]
            if picture.dim() != 3:
                raise ValueError(f"expected 3 dimensions, got {picture.shape}")
            shape = torch.tensor(picture.shape[-2:])
            scale = (24.0 / torch.min(shape).to(dtype=torch.float32)).item()
            resized = nn.functional.interpolate(
                picture[None], scale_factor=scale, mode="bilinear", recompute_scale_factor=True
            )
            pictures[i] = resized[0]
        height, width = 0, 0
        for picture in pictures:
            height, width = max(height, picture.shape[1]), max(width, picture.shape[2])
        width = int(math.ceil(width / 8.0) * 8)
        batched = pictures[0].new_full([len(pictures), 3, height, width], 0)
        for i in range(batched.shape[0]):
            picture = pictures[i]
            batched[i, :, : picture.shape[1], : picture.shape[2]].copy_(picture)
        return Batch(batched, [picture.shape[-2:] for picture in pictures])

    def forward(self, pictures: list[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        batch = self.batch(pictures)
        scores, values = self.layers(batch.tensors).unbind(1)
        found: list[dict[str, torch.Tensor]] = []
        for score, value, size in zip(scores, values, batch.sizes, strict=False):
            kept = torch.where(score.flatten() > 0)[0]
            found.append({"places": kept, "values": value.flatten()[kept] * size[0]})
        return found


@pytest.mark.parametrize("is_dynamic", [False, True])
def test_a_detector_has_its_backbone_in_an_engine(is_dynamic):
    torch.manual_seed(0)
    low, high = (Input((3, 20, 32)), Input((3, 32, 32)))
    if is_dynamic:
        low = high = Input(min_shape=(3, 16, 16), opt_shape=(3, 20, 32), max_shape=(3, 32, 40))
    calls = [([torch.rand(3, 20, 32), torch.rand(3, 32, 32)],)]
    if is_dynamic:
        calls += [([torch.rand(3, 17, 40), torch.rand(3, 31, 19)],), ([torch.rand(3, 16, 16), torch.rand(3, 16, 16)],)]
    compiled = check(Detector(), ([low, high],), calls)
    left = kinds_of(compiled)
    assert "aten::conv2d" not in left
    assert "aten::relu_" not in left
    assert "prim::CreateObject" not in left


class Guarded(nn.Module):
    """Refuses by messages made of numbers, which only a run of format knows."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        reason = ""
        if x.dim() != 2:
            reason = f"rank {x.dim()} instead of {2}"
        if len(reason) == 0:
            x = torch.relu(x) * 2 + 1
        return torch.fft.fft(x).real


def test_messages_do_not_hide_the_rank():
    compiled = check(Guarded(), (Input((2, 8)),), [(torch.randn(2, 8),)])
    assert "prim::If" not in kinds_of(compiled)


class Fnet(nn.Module):
    """Attention, then Fourier transforms in place of a second attention."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.layer = nn.LayerNorm(16), nn.Linear(16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + nn.functional.scaled_dot_product_attention(x, x, x)
        x = self.norm(x + torch.fft.fftn(x, dim=[-2, -1]).real)
        return self.layer(x)


def test_attention_without_dropout_is_not_random():
    shapes = Input(min_shape=(1, 4, 16), opt_shape=(2, 8, 16), max_shape=(2, 12, 16))
    compiled = check(Fnet(), (shapes,), [(torch.randn(2, 8, 16),), (torch.randn(1, 11, 16),)], engines=2)
    assert "aten::scaled_dot_product_attention" not in kinds_of(compiled)


class Decoder(nn.Module):
    """One greedy step a call; keys and values are kept in buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.qkv, self.head = nn.Embedding(32, 16), nn.Linear(16, 48), nn.Linear(16, 32)
        self.register_buffer("keys", torch.zeros(1, 2, 40, 8))
        self.register_buffer("values", torch.zeros(1, 2, 40, 8))
        self.register_buffer("position", torch.zeros(1, dtype=torch.long))

    def forward(self, token: torch.Tensor) -> torch.Tensor:
        x = self.embedding(token)
        q, k, v = self.qkv(x).view(1, 1, 3, 2, 8).permute(2, 0, 3, 1, 4).unbind(0)
        self.keys.index_copy_(2, self.position, k)
        self.values.index_copy_(2, self.position, v)
        mask = torch.arange(40)[None, :] <= self.position[:, None]
        y = nn.functional.scaled_dot_product_attention(q, self.keys, self.values, attn_mask=mask)
        self.position += 1
        return self.head(x + y.transpose(1, 2).reshape(1, 1, 16))[:, -1].argmax(-1, keepdim=True)


def test_a_decoder_keeps_its_cache():
    torch.manual_seed(0)
    calls = [(torch.tensor([[i % 7]]),) for i in range(32)]
    check(Decoder(), (Input((1, 1), dtype=torch.long),), calls)


class EarlyExit(nn.Module):
    """Stops at the first layer that is sure."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.TransformerEncoderLayer(16, 2, 32, batch_first=True) for _ in range(3)])
        self.heads = nn.ModuleList([nn.Linear(16, 4) for _ in range(3)])

    def forward(self, x: torch.Tensor, threshold: torch.Tensor):
        y, used, done = torch.zeros(x.shape[0], 4), 0, False
        for layer, head in zip(self.layers, self.heads, strict=False):
            if not done:
                x = layer(x)
                y = head(x.mean(1))
                used += 1
                done = bool((y.softmax(-1).max() > threshold).item())
        return y, used


def test_an_early_exit_has_an_engine_for_each_layer():
    torch.manual_seed(0)
    signature = (Input((2, 4, 16)), Input((), dtype=torch.float))
    calls = [(torch.randn(2, 4, 16), torch.tensor(limit)) for limit in (0.0, 0.5, 2.0)]
    check(EarlyExit(), signature, calls, engines=3)


class Stream(nn.Module):
    """A causal convolution that remembers the end of the last call."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv1d(4, 4, 3, dilation=2)
        self.register_buffer("memory", torch.zeros(1, 4, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([self.memory, x], -1)
        self.memory[:] = joined[:, :, -4:]
        return torch.relu(self.layer(joined)) + x


def test_a_stream_remembers_the_last_call():
    check(Stream(), (Input((1, 4, 10)),), [(torch.randn(1, 4, 10),) for _ in range(4)])
