"""More models of the table in dynamic_models.py: images, numbers and conditions, and families of models."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812
from dynamic_models import PICTURES, ROWS, TOKENS, Range, model
from torch import nn

# ruff: noqa: D101, D102

# ---- pictures -------------------------------------------------------------------------------------------------------


@model(Range((1, 3, 16, 16), (2, 3, 45, 39)))
class ConvolutionsOfAnySize(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
            nn.Conv2d(6, 8, 3, dilation=2, padding=2), nn.GroupNorm(2, 8), nn.SiLU(), nn.AvgPool2d(2, ceil_mode=True),
        )  # fmt: skip
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.body(x), 1)
        return self.head(torch.flatten(x, 1))


@model(PICTURES)
class DoubleByFactor(nn.Module):
    def forward(self, x):
        return (
            F.interpolate(x, scale_factor=2.0, mode="nearest"),
            F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False),
            F.interpolate(x, scale_factor=(1.5, 2.0), mode="bilinear", align_corners=True),
        )


@model(PICTURES)
class RecomputedFactor(nn.Module):
    def forward(self, x):
        return F.interpolate(x, scale_factor=1.7, mode="bilinear", align_corners=False, recompute_scale_factor=True)


@model(PICTURES)
class ResizeToComputed(nn.Module):
    def forward(self, x):
        h, w = x.shape[2], x.shape[3]
        return (
            F.interpolate(x, size=(h * 2, w * 2), mode="bilinear", align_corners=False),
            F.interpolate(x, size=[h // 2, w // 2], mode="nearest"),
            F.interpolate(x, size=(h + 1, 9), mode="bicubic", align_corners=False),
        )


@model(PICTURES, Range((1, 3, 4, 4), (3, 3, 9, 9)))
class ResizeToOther(nn.Module):
    def forward(self, x, y):
        return F.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False) + x


@model(PICTURES, ways=("script",))  # a trace keeps the numbers that Python makes
class ResizeByFractions(nn.Module):
    def forward(self, x):
        h, w = x.shape[-2:]
        return F.interpolate(x, size=(int(h * 0.57), int(w / 2)), mode="nearest")


@model(PICTURES, ways=("script",))  # a trace keeps the numbers that Python makes
class RoundedSizes(nn.Module):
    def forward(self, x):
        h, w = x.size(2), x.size(3)
        return x[:, :, : math.ceil(h / 3), : math.floor(w * 0.7)], x[:, :, : int(math.sqrt(h))]


@model(PICTURES)
class PadToMultiple(nn.Module):
    def forward(self, x):
        h, w = x.shape[2], x.shape[3]
        bottom, right = (8 - h % 8) % 8, (8 - w % 8) % 8
        y = F.pad(x, (0, right, 0, bottom)) + 1
        return y, y[:, :, :h, :w]


@model(PICTURES)
class PadReflected(nn.Module):
    def forward(self, x):
        w = x.size(3)
        return F.pad(x, [w // 4, w // 2, 1, 0], mode="reflect"), F.pad(x, [w // 4, 0, 1, 1], mode="replicate")


@model(PICTURES, Range((1, 3, 4, 4), (3, 3, 8, 8)))
class UnetSkip(nn.Module):
    def forward(self, skip, x):
        up = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)
        dy, dx = skip.size(2) - up.size(2), skip.size(3) - up.size(3)
        up = F.pad(up, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        return torch.cat([skip, up], dim=1)


@model(Range((1, 4, 4, 6), (2, 4, 8, 10)), step=2)
class PixelShuffles(nn.Module):
    def forward(self, x):
        return F.pixel_shuffle(x, 2), F.pixel_unshuffle(x, 2), F.channel_shuffle(x, 2)


@model(PICTURES)
class AdaptivePools(nn.Module):
    def forward(self, x):
        return F.adaptive_avg_pool2d(x, (3, 2)), F.adaptive_max_pool2d(x, 2), F.adaptive_avg_pool2d(x, 1)


@model(PICTURES, ways=("trace",))
class AdaptivePoolOfOneDimension(nn.Module):
    def forward(self, x):
        return F.adaptive_avg_pool2d(x, (1, None)), F.adaptive_max_pool2d(x, (None, 3))


@model(PICTURES)
class PoolOverAll(nn.Module):
    def forward(self, x):
        return F.avg_pool2d(x, kernel_size=x.shape[2:]), F.max_pool2d(x, (x.size(2), 1))


@model(PICTURES)
class Unfold(nn.Module):
    def forward(self, x):
        return F.unfold(x, kernel_size=3, padding=1, stride=2), x.unfold(2, 3, 2)


@model(Range((1, 2, 3, 3), (2, 2, 7, 6)))
class NormsOverDynamic(nn.Module):
    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:]), F.instance_norm(x), F.normalize(x, dim=1), F.layer_norm(x, x.shape[1:])


@model(Range((1, 2, 3, 3), (2, 2, 7, 6)))
class WarpedByGrid(nn.Module):
    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([[[0.9, 0.1, 0.0], [-0.1, 1.1, 0.2]]]))

    def forward(self, x):
        theta = self.theta.expand(x.size(0), 2, 3)
        return F.grid_sample(x, F.affine_grid(theta, x.size(), align_corners=False), align_corners=False)


@model(PICTURES)
class PatchesWithPositions(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, stride=4)
        self.places = nn.Parameter(torch.randn(1, 9, 8))

    def forward(self, x):
        b, _, h, w = x.shape
        y = self.patch(x)
        places = self.places.reshape(1, 3, 3, 8).permute(0, 3, 1, 2)
        places = F.interpolate(places, size=(h // 4, w // 4), mode="bicubic", align_corners=False)
        return y.flatten(2).transpose(1, 2) + places.permute(0, 2, 3, 1).view(1, -1, 8)


@model(Range((1, 4, 5), (2, 4, 11)))
class Conv1dAndTransposed(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv1d(4, 6, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose1d(6, 4, 4, stride=2, padding=1)

    def forward(self, x):
        y = self.up(self.down(x))
        n = min(x.size(-1), y.size(-1))
        return x[..., :n] + y[..., :n]


# ---- numbers, conditions --------------------------------------------------------------------------------------------


@model(TOKENS, ways=("script",))  # a trace fixes the root as a number
class SizesAsNumbers(nn.Module):
    def forward(self, x):
        n = x.size(1)
        return x.sum(1) / n, x / math.sqrt(n), x * (1.0 / x.shape[0]), x + n, x - float(n) ** -0.5


@model(Range((2, 3), (4, 6)), ways=("script",))
class ConditionsThatRangesDecide(nn.Module):
    def forward(self, x):
        if x.size(0) > 100:
            x = x * 2
        if x.size(0) >= 1 and x.size(1) != 2:
            x = x + 1
        if x.size(0) == 0 or x.size(1) // 2 > 4:
            return x - 5
        return x.relu() if x.numel() < 25 else x


@model(Range((1, 3), (4, 3)), Range((1, 3), (4, 3)), ways=("script",))
class EqualShapes(nn.Module):
    def forward(self, x, y):
        assert x.size(1) == y.size(1), "widths differ"
        if x.dim() != y.dim():
            return x
        return x + y


@model(Range((1, 4), (3, 7)), ways=("script",))
class CollectedSizes(nn.Module):
    def forward(self, x):
        sizes: list[int] = []
        for i in range(x.dim()):
            sizes.append(x.size(i))
        sizes.insert(1, 1)
        total = 0
        for size in sizes:
            total += size
        return x.view(sizes), torch.arange(total), x.view(sizes[0], sizes[2])


@model(ROWS)
class LinearAlgebra(nn.Module):
    def forward(self, x):
        return x @ x.t(), torch.cdist(x, x), torch.einsum("ij,kj->ik", x, x), x.unsqueeze(0).bmm(x.t().unsqueeze(0))


@model(Range((2, 2), (6, 5)))
class Differences(nn.Module):
    def forward(self, x):
        return x[1:] - x[:-1], torch.diff(x, dim=1), torch.triu(x), x.diagonal()


# ---- families of models ---------------------------------------------------------------------------------------------


@model(Range((1, 5, 8), (4, 5, 8)))
class RecurrentAnyBatch(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 6, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(12, 4, batch_first=True)

    def forward(self, x):
        y, _ = self.lstm(x)
        z, h = self.gru(y)
        return z, h


@model(Range((1, 5, 8), (4, 5, 8)))
class RecurrentWithState(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(8, 4, batch_first=True)

    def forward(self, x):
        state = torch.zeros(1, x.size(0), 4, device=x.device, dtype=x.dtype)
        return self.gru(x, state)[0]


@model(TOKENS)
class EncoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)

    def forward(self, x):
        return self.layer(x)


@model(TOKENS)
class CausalAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(8, 24)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return y.transpose(1, 2).reshape(b, t, c)


@model(TOKENS, Range((1, 2, 8), (3, 5, 8)))
class CrossAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x, memory):
        return self.attention(x, memory, memory, need_weights=False)[0]


@model(Range((1, 1), (4, 6), torch.int64, (0, 20)))
class MeanOfEmbeddings(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(20, 8, padding_idx=0)

    def forward(self, ids):
        mask = (ids != 0).unsqueeze(-1).float()
        return (self.table(ids) * mask).sum(1) / mask.sum(1).clamp(min=1e-9)


@model(Range((1,), (6,)))
class OneDimension(nn.Module):
    def forward(self, x):
        n = x.shape[0]
        return x.view(-1, 1) * x.view(1, n), x.sum() / n
