"""Max and average pools over every small size, where rounding decides the number of windows."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F

import torch_tensorrt

# window, stride, padding, dilation
WINDOWS = [(3, 2, 0, 1), (2, 3, 1, 1), (5, 3, 2, 1), (4, 4, 1, 1), (3, 2, 1, 2), (2, 5, 0, 1), (7, 2, 3, 1)]
LARGEST = 9


class Pools(torch.nn.Module):
    def __init__(self, window, ceil, rank):
        super().__init__()
        self.window, self.ceil, self.rank = window, ceil, rank

    def forward(self, x):
        size, stride, padding, dilation = self.window
        if self.rank == 1:
            largest, indices = F.max_pool1d(x, size, stride, padding, dilation, self.ceil, True)
            return largest, indices, F.avg_pool1d(x, size, stride, padding, self.ceil, False)
        largest, indices = F.max_pool2d(x, size, stride, padding, dilation, self.ceil, True)
        counted = F.avg_pool2d(x, size, stride, padding, self.ceil, True)
        return largest, indices, F.avg_pool2d(x, size, stride, padding, self.ceil, False), counted


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("window", WINDOWS)
def test_every_size(window, ceil):
    generator = torch.Generator().manual_seed(2)
    for rank in (1, 2):
        module = Pools(window, ceil, rank).eval()
        traced = torch.jit.trace(module, torch.zeros(1, 2, *[LARGEST] * rank), check_trace=False)
        smallest = next(size for size in range(1, LARGEST) if runs(module, torch.zeros(1, 2, *[size] * rank)))
        low, high = (1, 2, *[smallest] * rank), (2, 2, *[LARGEST] * rank)
        spec = torch_tensorrt.Input(min_shape=low, opt_shape=high, max_shape=high)
        compiled = torch_tensorrt.compile(traced, inputs=[spec], device="cpu", require_full_compilation=True)
        for sizes in itertools.product(range(smallest, LARGEST + 1), repeat=rank):
            x = torch.randn(2, 2, *sizes, generator=generator).round()  # has equal elements
            for found, expected in zip(compiled(x), module(x), strict=True):
                torch.testing.assert_close(found, expected, msg=lambda text, s=sizes, r=rank: f"{r}-d {s}: {text}")


def runs(module, x) -> bool:
    try:
        module(x)
    except RuntimeError:
        return False
    return True
