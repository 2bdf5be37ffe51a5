"""Layers fused with additions, products and activations after them, at every size of their ranges.

The sizes of the two operands of an addition have separate ranges, so either may be broadcast. Each engine has the
tactics of a single source, so each source meets the sizes that it does not support.
"""

from __future__ import annotations

import itertools
import os
from unittest import mock

import pytest
import torch
import torch.nn.functional as F

import torch_tensorrt

SOURCES = ("onednn", "aten", "")
# Size of the other operand at build time. oneDNN alone cannot build every broadcast.
BUILDS = [("onednn", 4), ("aten", 4), ("aten", 1), ("", 4), ("", 1)]
LARGE = 4
N, S = "batch", "size"  # dimensions with a range


class Fused(torch.nn.Module):
    def __init__(self, layer, operation, activation):
        super().__init__()
        self.layer, self.operation, self.activation = layer, operation, activation

    def forward(self, x, other):
        return self.activation(self.operation(self.layer(x), other))


class Twice(torch.nn.Module):
    """Adds the layer's own input, which is fused, and another input, which is not."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x, other):
        return torch.relu(self.layer(torch.relu(self.layer(x) + x)) + other)


def keep(x):
    return x


# Module, sizes of the input, sizes of the other operand. The layers keep spatial sizes.
FORMS = {
    "conv1d_add": (lambda: Fused(torch.nn.Conv1d(16, 32, 3, padding=1), torch.add, keep), (N, 16, S), (N, 32, S)),
    "conv2d_add_relu": (
        lambda: Fused(torch.nn.Conv2d(16, 32, 3, padding=1), torch.add, F.relu), (N, 16, S, 6), (N, 32, S, 6)),
    "conv2d_depthwise_mul": (
        lambda: Fused(torch.nn.Conv2d(16, 16, 3, padding=1, groups=16), torch.mul, F.silu),
        (N, 16, S, S), (N, 16, S, S)),
    "conv3d_add": (
        lambda: Fused(torch.nn.Conv3d(4, 8, 3, padding=1), torch.add, F.relu), (N, 4, S, 3, 3), (N, 8, S, 3, 3)),
    "conv_transpose2d_add": (
        lambda: Fused(torch.nn.ConvTranspose2d(8, 16, 3, padding=1), torch.add, F.relu), (N, 8, S, 5), (N, 16, S, 5)),
    "conv2d_residual": (lambda: Twice(torch.nn.Conv2d(16, 16, 3, padding=1)), (N, 16, S, S), (N, 16, S, S)),
    "linear_add_gelu": (lambda: Fused(torch.nn.Linear(32, 48), torch.add, F.gelu), (N, S, 32), (N, S, 48)),
    "linear_mul": (lambda: Fused(torch.nn.Linear(32, 48, bias=False), torch.mul, F.silu), (N, 32), (N, 48)),
    "linear_residual": (lambda: Twice(torch.nn.Linear(32, 32)), (N, S, 32), (N, S, 32)),
}  # fmt: skip


def shape(sizes, n: int, s: int) -> tuple[int, ...]:
    return tuple(n if size == N else s if size == S else size for size in sizes)


def compile_with(source: str, module: torch.nn.Module, inputs):
    with mock.patch.dict(os.environ, TORCHTRT_TACTIC_SOURCES=source):
        return torch_tensorrt.compile(
            torch.jit.script(module), inputs=inputs, device="cpu", require_full_compilation=True
        )


@pytest.mark.parametrize(("source", "other_opt"), BUILDS)
@pytest.mark.parametrize("name", FORMS)
def test_every_combination_of_sizes_that_broadcast(name, source, other_opt):
    make, of_x, of_other = FORMS[name]
    module = make().eval()
    generator = torch.Generator().manual_seed(1)
    specs = [
        torch_tensorrt.Input(
            min_shape=shape(sizes, 1, 1), opt_shape=shape(sizes, opt, opt), max_shape=shape(sizes, LARGE, LARGE)
        )
        for sizes, opt in ((of_x, LARGE), (of_other, other_opt))
    ]
    compiled = compile_with(source, module, specs)
    for pairs in itertools.product([(1, 1), (1, LARGE), (LARGE, 1), (3, 3)], repeat=2):
        (n, n_other), (s, s_other) = pairs
        x = torch.randn(shape(of_x, n, s), generator=generator)
        other = torch.randn(shape(of_other, n_other, s_other), generator=generator)
        torch.testing.assert_close(
            compiled(x, other), module(x, other), rtol=1e-4, atol=1e-4, msg=lambda text, p=pairs: f"{p}: {text}"
        )


@pytest.mark.parametrize("kernel", [3, 16, 80])
@pytest.mark.parametrize("channels", [1, 24])
@pytest.mark.parametrize("source", SOURCES)
def test_a_window_as_long_as_the_signal(source, channels, kernel):
    module = torch.nn.Conv1d(channels, channels, kernel, stride=max(1, kernel // 2)).eval()
    lengths = (kernel, 10 * kernel, 20 * kernel)
    low, opt, high = ((1, channels, length) for length in lengths)
    compiled = compile_with(source, module, [torch_tensorrt.Input(min_shape=low, opt_shape=opt, max_shape=high)])
    for length in (kernel, kernel + 1, 3 * kernel, 20 * kernel, kernel):
        x = torch.randn(1, channels, length)
        torch.testing.assert_close(compiled(x), module(x), rtol=1e-4, atol=1e-4)


def test_a_constant_that_makes_the_result_larger():
    class Wider(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(32, 48)
            self.register_buffer("other", torch.randn(LARGE, 48))

        def forward(self, x):
            return F.gelu(self.layer(x) + self.other)

    module = Wider().eval()
    spec = torch_tensorrt.Input(min_shape=(1, 32), opt_shape=(LARGE, 32), max_shape=(LARGE, 32))
    for source in SOURCES:
        compiled = compile_with(source, module, [spec])
        for n in (1, LARGE):
            x = torch.randn(n, 32)
            torch.testing.assert_close(compiled(x), module(x), rtol=1e-4, atol=1e-4)
