"""Rows of writes in place with operators of our own in the lowered graphs."""

import torch

from .table import Row, t

X = (t(3, 4),)
FIXED = "the places that a view shares are known for fixed sizes alone"

ROWS = [
    Row("trt::write_at", "x = a + 1\nx.diagonal().add_(2)\nx * 3", X),
    Row("trt::write_at", "x = a + 1\nx.unfold(0, 2, 2).mul_(2)\nx * 3", X, static_only=FIXED),
    Row("trt::write_at", "x = a + 1\nx.view(12).unfold(0, 3, 3).zero_()\nx * 3", X, static_only=FIXED),
    Row("trt::places_of", "x = a * 2\nx.diagonal().fill_(7)\nx + a", X),
    Row("trt::if_same_dtype", "x = a + 1\nx.to(b.dtype).add_(1)\nx * 3", (t(3, 4), t(3, 2))),
    Row("trt::if_same_dtype", "x = a + 1\nx.to(b.dtype).mul_(2)\nx * 3", (t(3, 4), t(3, 2, dtype=torch.float64))),
    Row("trt::if_same_dtype", "x = a + 1\nx.to(b.dtype).t().sub_(2)\nx * 3", (t(3, 4), t(3, 2))),
]
