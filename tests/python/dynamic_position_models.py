"""More models of the table in dynamic_models.py: tensors made from sizes, as in position embeddings."""

from __future__ import annotations

import torch
from dynamic_models import ROWS, TOKENS, Range, model
from torch import nn

# ruff: noqa: D101, D102

# ---- tensors made from sizes ----------------------------------------------------------------------------------------


@model(Range((1, 1), (3, 9), torch.int64, (0, 11)))
class PositionEmbedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(11, 8)
        self.places = nn.Embedding(16, 8)

    def forward(self, ids):
        places = torch.arange(ids.size(1), device=ids.device)
        return self.tokens(ids) + self.places(places)[None]


@model(TOKENS)
class LearnedPositions(nn.Module):
    def __init__(self):
        super().__init__()
        self.places = nn.Parameter(torch.randn(1, 16, 8))

    def forward(self, x):
        return x + self.places[:, : x.size(1)]


@model(TOKENS)
class CausalByTril(nn.Module):
    def forward(self, x):
        t = x.size(1)
        scores = x @ x.transpose(1, 2)
        mask = torch.tril(torch.ones(t, t, device=x.device))
        return torch.softmax(scores.masked_fill(mask == 0, float("-inf")), dim=-1)


@model(TOKENS)
class CausalByTriu(nn.Module):
    def forward(self, x):
        t = x.shape[1]
        mask = torch.full((t, t), float("-inf"), dtype=x.dtype).triu(diagonal=1)
        return torch.softmax(x @ x.transpose(1, 2) + mask, dim=-1)


@model(TOKENS)
class CausalByComparison(nn.Module):
    def forward(self, x):
        places = torch.arange(x.size(1))
        mask = places[:, None] >= places[None, :]
        return torch.where(mask, x @ x.transpose(1, 2), torch.zeros(1))


@model(TOKENS)
class CausalFromBuffer(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mask", torch.tril(torch.ones(16, 16)).view(1, 16, 16))

    def forward(self, x):
        t = x.size(1)
        scores = (x @ x.transpose(1, 2)).masked_fill(self.mask[:, :t, :t] == 0, float("-inf"))
        return torch.softmax(scores, dim=-1)


@model(TOKENS)
class ClassToken(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 8))

    def forward(self, x):
        return torch.cat([self.token.expand(x.size(0), -1, -1), x], dim=1)


@model(TOKENS)
class RepeatedToken(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, 8))

    def forward(self, x):
        return torch.cat([x, self.token.repeat(x.size(0), 1, 1), self.token.tile(x.size(0), 2, 1)], dim=1)


@model(ROWS)
class ZerosAndOnes(nn.Module):
    def forward(self, x):
        b, n = x.shape
        zeros = torch.zeros(b, 2)
        ones = x.new_ones((b, n // 2))
        full = torch.full((b, 1), 3.0)
        return torch.cat([zeros, x, ones, full, torch.zeros_like(x), x.new_zeros(b, 1)], dim=1)


@model(ROWS)
class FullOfASize(nn.Module):
    def forward(self, x):
        return torch.full((x.size(0),), x.size(1)), x * x.size(0)


@model(ROWS, ways=("script",))  # a trace fixes the tensor
class TensorOfSizes(nn.Module):
    def forward(self, x):
        return torch.tensor([x.size(0), x.size(1), 3]), torch.tensor(x.size(1))


@model(Range((1, 2, 2, 2), (2, 2, 5, 7)))
class CoordinatesByLinspace(nn.Module):
    def forward(self, x):
        b, h, w = x.size(0), x.size(2), x.size(3)
        row = torch.linspace(-1.0, 1.0, h).view(1, 1, h, 1).expand(b, 1, h, w)
        column = torch.linspace(-1.0, 1.0, w).view(1, 1, 1, w).expand(b, 1, h, w)
        return torch.cat([x, row, column], dim=1)


@model(Range((1, 2, 2, 2), (2, 2, 5, 7)))
class CoordinatesByMeshgrid(nn.Module):
    def forward(self, x):
        h, w = x.shape[-2:]
        ys, xs = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        return torch.stack([xs, ys], dim=0).float()[None].repeat(x.size(0), 1, 1, 1) / w


@model(ROWS)
class Identity(nn.Module):
    def forward(self, x):
        return torch.eye(x.size(1)), x @ torch.eye(x.size(1)), torch.eye(x.size(0), x.size(1))


@model(TOKENS)
class ArangeWithStepsAndTypes(nn.Module):
    def forward(self, x):
        t = x.size(1)
        angles = torch.arange(0, t, dtype=torch.float32)
        return angles, torch.arange(1, t + 1), torch.arange(0, 2 * t, 2), torch.arange(t - 1, -1, -1)


@model(TOKENS)
class RotaryEmbedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("frequencies", 1.0 / (10000 ** (torch.arange(0, 8, 2).float() / 8)))

    def forward(self, x):
        t = torch.arange(x.shape[1], dtype=torch.float32)
        angles = torch.einsum("i,j->ij", t, self.frequencies)
        cos, sin = angles.cos(), angles.sin()
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


@model(TOKENS)
class RelativeDistances(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Embedding(7, 2)

    def forward(self, x):
        places = torch.arange(x.size(1))
        distance = (places[None, :] - places[:, None]).clamp(-3, 3) + 3
        return self.bias(distance).permute(2, 0, 1)[None] + (x @ x.transpose(1, 2))[:, None]


@model(TOKENS, Range((1,), (3,), torch.int64, (0, 9)))
class PaddingMask(nn.Module):
    def forward(self, x, lengths):
        mask = torch.arange(x.size(1))[None, :] < lengths[:, None]
        return x * mask.unsqueeze(-1).to(x.dtype)


@model(TOKENS)
class LastOfEach(nn.Module):
    def forward(self, x):
        rows = torch.arange(x.size(0))
        return x[rows, rows * 0], x[:, -1], x[:, x.size(1) - 1]
