"""Models with NamedTuples. TorchScript resolves the types of their fields only if annotations are not strings."""

from typing import NamedTuple

import torch
from torch import Tensor


class Named(NamedTuple):
    logits: Tensor
    hidden: Tensor
    count: int
    rest: Tensor | None


class Pair(NamedTuple):
    left: Tensor
    right: Tensor


class NamedTuples(torch.nn.Module):
    def forward(self, x) -> Named:
        return Named(x + 1, x * 2, x.size(0), None)


class NamedInside(torch.nn.Module):
    def forward(self, x) -> tuple[list[Named], Tensor]:
        return [Named(x + 1, x * 2, 3, None), Named(x + 3, x * 4, x.size(1), x)], x * 5


class NamedArgument(torch.nn.Module):
    def forward(self, x: Pair) -> Pair:
        return Pair(x.right * 2, x.left + 1)
