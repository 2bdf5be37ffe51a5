"""The models of the GPU benchmark, a row each, with random weights of a fixed seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torchvision
from torch import nn


class EncoderLayer(nn.Module):
    """Attention and feed-forward, each with a norm after it, as in BERT."""

    def __init__(self, width: int = 768, heads: int = 12) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        batch, length, width = x.shape
        size = (batch, length, self.heads, width // self.heads)
        q, k, v = (part.reshape(size).transpose(1, 2) for part in self.qkv(x).split(width, -1))
        y = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)
        x = self.norm1(x + self.out(y))
        return self.norm2(x + self.down(nn.functional.gelu(self.up(x))))


def _encoder() -> nn.Module:
    return nn.Sequential(*[EncoderLayer() for _ in range(12)])


def _with_statistics(model: nn.Module) -> nn.Module:
    """Gives batch norms the statistics of one batch of noise, so that activations stay in range."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average
        norm.train()
    model(torch.randn(4, 3, 224, 224))
    return model.eval()


def _resnet50() -> nn.Module:
    model = torchvision.models.resnet50(weights=None)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return model


def _mobilenet() -> nn.Module:
    return _with_statistics(torchvision.models.mobilenet_v3_large(weights=None))


def _vit() -> nn.Module:
    model = torchvision.models.vit_b_16(weights=None)
    nn.init.normal_(model.heads.head.weight, std=0.05)  # the weights are zeros, and all results would be 0
    return model


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], nn.Module]
    shape: tuple[int, ...]

    def build(self) -> tuple[nn.Module, torch.Tensor]:
        """Returns the model in eval mode and an input, both f32 on the CPU."""
        torch.manual_seed(0)
        with torch.no_grad():
            model = self.make().eval()
        return model, torch.randn(self.shape)


CASES = [
    *(Case(f"resnet50_b{batch}", _resnet50, (batch, 3, 224, 224)) for batch in (1, 8, 32, 128)),
    Case("mobilenet_v3_large_b1", _mobilenet, (1, 3, 224, 224)),
    Case("vit_b_16_b8", _vit, (8, 3, 224, 224)),
    *(Case(f"encoder_{b}x{length}", _encoder, (b, length, 768)) for b, length in ((1, 128), (8, 128), (32, 128))),
    Case("encoder_8x512", _encoder, (8, 512, 768)),
]
