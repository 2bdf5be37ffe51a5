"""Small models that compute with the sizes of their inputs, in the usual ways."""

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


# ---- reshapes to computed sizes -------------------------------------------------------------------------------------


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


@model(Range((1, 3), (4, 9)), ways=("script",))  # a trace fixes the numbers that Python computes
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
