"""Small models that compute with the sizes of their inputs, written the ways people write them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import torch
from torch import nn

# ruff: noqa: D101, D102


@dataclasses.dataclass(frozen=True)
class Range:
    """An input: shapes at the two ends and between, dtype, and the limits of its values."""

    low: tuple[int, ...]
    high: tuple[int, ...]
    dtype: torch.dtype = torch.float32
    limits: tuple[int, int] = (0, 10)  # of integers


@dataclasses.dataclass(frozen=True)
class Case:
    make: Callable[[], nn.Module]
    inputs: tuple[Range, ...]
    ways: tuple[str, ...] = ("script", "trace")
    step: int = 1  # sizes between the ends are multiples of it
    rtol: float = 1e-5

    @property
    def name(self) -> str:
        return self.make.__name__


MODELS: list[Case] = []
PICTURES = Range((1, 3, 8, 8), (3, 3, 20, 24))
TOKENS = Range((1, 1, 8), (3, 9, 8))
ROWS = Range((1, 1), (5, 7))


def model(*inputs: Range, **settings) -> Callable[[type], type]:
    """Puts the class in the table, with the ranges of its inputs."""

    def add(cls: type) -> type:
        MODELS.append(Case(cls, inputs, **settings))
        return cls

    return add


# ---- reshapes to sizes that are computed ----------------------------------------------------------------------------


@model(PICTURES)
class FlattenByView(nn.Module):
    def forward(self, x):
        return x.view(x.size(0), -1) * 2


@model(PICTURES)
class FlattenPixels(nn.Module):
    def forward(self, x):
        b, c = x.shape[0], x.shape[1]
        return x.view(b, c, -1).permute(0, 2, 1).contiguous()


@model(TOKENS)
class SplitHeads(nn.Module):
    def forward(self, x):
        b, t, c = x.shape
        q = x.view(b, t, 2, c // 2).transpose(1, 2)
        y = torch.softmax(q @ q.transpose(-2, -1) / math.sqrt(q.size(-1)), dim=-1) @ q
        return y.transpose(1, 2).reshape(b, t, c)


@model(TOKENS)
class MergeBatchAndTime(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)

    def forward(self, x):
        b, t, c = x.size()
        y = self.linear(x.reshape(b * t, c))
        return y.reshape(b, t, -1)


@model(TOKENS)
class KeepLeadingSizes(nn.Module):
    def forward(self, x):
        y = x.reshape(-1, x.size(-1)).relu()
        return y.view(x.shape[:-1] + (2, 4))


@model(Range((1, 4, 2, 2), (3, 4, 6, 8)))
class ShuffleChannels(nn.Module):
    def forward(self, x):
        b, c, h, w = x.size()
        return x.view(b, 2, c // 2, h, w).transpose(1, 2).contiguous().view(b, c, h, w)


@model(Range((1, 2, 3, 4, 4), (2, 5, 3, 8, 6)))
class FramesOfVideo(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        b, t, c, h, w = x.shape
        y = self.conv(x.view(b * t, c, h, w))
        return y.view(b, t, y.size(1), h, w).mean(dim=1)


@model(Range((1, 4, 4, 8), (3, 16, 12, 8)), step=4)
class Windows(nn.Module):
    def forward(self, x):
        b, h, w, c = x.shape
        y = x.view(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 4, 4, c)
        y = y.relu()
        y = y.view(b, h // 4, w // 4, 4, 4, -1).permute(0, 1, 3, 2, 4, 5)
        return y.reshape(b, h, w, -1)


@model(Range((1, 4), (6, 4)))
class NumberOfElements(nn.Module):
    def forward(self, x):
        return x.view(x.numel() // 2, 2), x.reshape(x.numel())


@model(Range((1, 2, 6), (4, 5, 6)))
class Unflatten(nn.Module):
    def forward(self, x):
        return x.unflatten(-1, (2, 3)), x.flatten(0, 1).unflatten(0, (x.size(0), x.size(1)))


@model(TOKENS)
class ViewAsAndExpandAs(nn.Module):
    def forward(self, x):
        y = x.flatten(1)
        return y.view_as(x), x[:, :1].expand_as(x)


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


@model(ROWS, ways=("script",))  # a trace keeps the tensor as it is
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


# ---- slices, parts and repeats --------------------------------------------------------------------------------------


@model(Range((1, 2), (4, 9)))
class Halves(nn.Module):
    def forward(self, x):
        half = x.size(1) // 2
        return x[:, :half], x[:, half:], x[:, half - 1 : -1], x[: x.shape[0] // 2], x[:, : half * 2 : 2]


@model(Range((1, 2), (4, 9)))
class Narrow(nn.Module):
    def forward(self, x):
        half = x.size(1) // 2
        return x.narrow(1, 0, half), x.narrow(1, x.size(1) - half, half), torch.narrow(x, 1, half, 1)


@model(Range((1, 2, 8), (2, 6, 8)), step=2)
class ChunkOfDynamic(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        return a * b


@model(Range((1, 2, 8), (2, 6, 8)), step=2)
class SplitInHalves(nn.Module):
    def forward(self, x):
        a, b = torch.split(x, [x.size(1) // 2, x.size(1) - x.size(1) // 2], dim=1)
        return a + b


@model(Range((1, 3), (4, 9)), ways=("script",))  # a trace keeps the numbers that Python makes
class SmallerAndLarger(nn.Module):
    def forward(self, x):
        n = min(x.size(1), 4)
        m = max(x.size(0), 2)
        return x[:, :n], torch.arange(m), x[:, : min(x.size(0), x.size(1))]


@model(Range((1, 3), (4, 9)), ways=("script",))
class SmallestOfAList(nn.Module):
    def forward(self, x):
        sizes = [x.size(0), x.size(1), 3]
        return x[:, : min(sizes)], torch.arange(max(sizes))


@model(TOKENS)
class RollFlip(nn.Module):
    def forward(self, x):
        return torch.roll(x, 1, dims=1), torch.roll(x, shifts=(-1, 2), dims=(1, 2)), x.flip(1), x.flip([0, 1])


@model(Range((2, 3), (3, 6)))
class RepeatBySizes(nn.Module):
    def forward(self, x):
        y = x[:1].repeat(x.size(0), 2)
        return y, x.repeat_interleave(2, dim=1), x.repeat_interleave(x.size(0), dim=0)


@model(Range((1, 2, 3), (3, 4, 3)))
class ExpandToShape(nn.Module):
    def forward(self, x):
        y = x.mean(dim=1, keepdim=True)
        return y.expand(x.shape), torch.broadcast_to(y, x.shape), y.expand(-1, x.size(1), -1)


@model(Range((1, 2, 3), (3, 4, 3)))
class NewDimensionExpanded(nn.Module):
    def forward(self, x):
        b, n, c = x.shape
        return x[:, None].expand(-1, n, -1, -1).reshape(b, n * n, c)


@model(Range((1, 3), (4, 6)))
class StackOfParts(nn.Module):
    def forward(self, x):
        return torch.stack([x, x.flip(1)], dim=1).view(x.size(0), -1), torch.cat((x, x[:, :1]), 1)


@model(Range((3, 2), (8, 5)))
class BestThree(nn.Module):
    def forward(self, x):
        return x.topk(3, dim=0)[0], x.sort(dim=0)[0], x.cumsum(0), x.argmax(0)
