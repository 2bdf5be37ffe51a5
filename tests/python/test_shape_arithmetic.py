"""Arithmetic on sizes follows Python: in double and in 64-bit integers, for every length of a range."""

from __future__ import annotations

import pytest
import torch
from ops.table import compile_for, flatten, script

import torch_tensorrt
from torch_tensorrt import Input

# n is a.size(0), from 1 to 400.
COUNTED = [
    "torch.arange(0.0, 1.0, 1.0 / a.size(0))",
    "torch.arange(0, 1, 1 / a.size(0))",
    "torch.arange(1.0, -1.0, -2.0 / a.size(0))",
    "torch.arange(0, a.size(0), 0.3)",
    "torch.arange(0.1, a.size(0) * 0.1, 0.1)",
    "torch.arange(a.size(0) / 3)",
    "torch.arange(a.size(0) * 0.7, a.size(0) * 1.7)",
    "torch.arange(0.005, a.size(0) * 0.01, 0.25)",
    "torch.arange(0.5, a.size(0) + 0.5, dtype=torch.long)",
    "torch.arange(0, a.size(0), 3)",
    "torch.arange(a.size(0), 0, -7)",
    "torch.arange(0.0, 1.0, 1.0 / a.size(0), dtype=torch.float64)",
    "torch.linspace(0.0, a.size(0) / 7, a.size(0))",
    "torch.linspace(-1.0, 1.0, a.size(0), dtype=torch.float64)",
    "torch.zeros(int(a.size(0) * 0.29))",
    "torch.zeros(int(a.size(0) / 0.1))",
    "torch.zeros(int(math.ceil(a.size(0) / 3)))",
    "torch.zeros(int(math.floor(a.size(0) * 1.1)))",
    "torch.zeros(int(round(a.size(0) * 0.5)))",
    "torch.zeros(int(a.size(0) // 0.3))",
    "torch.zeros(int(a.size(0) % 0.7 * 100))",
    "torch.zeros(int(a.size(0) ** 0.5))",
    "torch.zeros(int(math.sqrt(a.size(0) * a.size(0))))",
    "torch.zeros((a.size(0) * 16777217) // 16777216)",
    "torch.zeros((9007199254740993 + a.size(0)) % 1000)",
    "torch.nn.functional.interpolate(a[None, None], scale_factor=[2.29])",
    "torch.nn.functional.interpolate(a[None, None], scale_factor=[1.1], mode='linear')",
    "torch.nn.functional.interpolate(a[None, None], size=[int(a.size(0) * 0.7) + 1], mode='linear')",
]
VALUES = [
    "torch.full([2], a.size(0) / 3)",
    "torch.full([2], a.size(0) / 3, dtype=torch.float64)",
    "torch.tensor([a.size(0) * 16777217, 9007199254740993 + a.size(0)])",
    "torch.tensor([a.size(0) // -7, a.size(0) % -7, -a.size(0) // 7])",
    "a + a.size(0) / 3",
    "a * (1.0 / a.size(0))",
    "a.double() * (a.size(0) / 7)",
    "torch.tensor([a.size(0) ** 2, a.size(0) ** 0.5])",
    "torch.tensor([a.size(0) * a.size(0) * a.size(0) * 1000003])",
]


@pytest.mark.parametrize("code", COUNTED + VALUES)
def test_every_length(code: str) -> None:
    module = script(code, 1)
    compiled = compile_for(module, [Input(min_shape=(1,), opt_shape=(7,), max_shape=(400,))])
    for n in [*range(1, 60), *range(60, 401, 7)]:
        x = torch.linspace(-1, 1, n)
        (got,), (expected,) = flatten(compiled(x)), flatten(module(x))
        assert got.dtype == expected.dtype and got.shape == expected.shape, f"n = {n}: {got.shape}, {expected.shape}"
        assert torch.equal(got, expected) or torch.allclose(got, expected, rtol=1e-5, atol=1e-6), f"n = {n}"


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_whole_factors_of_ranges_need_no_float64(mode, tmp_path, monkeypatch):
    """Backends without float64 support these models, with PyTorch's numbers."""

    class Enlarged(torch.nn.Module):
        def forward(self, x):
            return torch.nn.functional.interpolate(x, scale_factor=3.0, mode=mode)

    monkeypatch.setenv("TORCHTRT_DUMP_DIRECTORY", str(tmp_path))
    image = Input(min_shape=(1, 2, 1, 1), opt_shape=(1, 2, 7, 5), max_shape=(1, 2, 40, 40))
    x = torch.rand(1, 2, 7, 5)
    compiled = torch_tensorrt.compile(torch.jit.trace(Enlarged(), x), inputs=[image], device="cpu")
    texts = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert texts and not any("f64" in text for text in texts)
    for height, width in ((7, 5), (1, 1), (13, 40), (31, 7)):
        x = torch.rand(1, 2, height, width)
        torch.testing.assert_close(compiled(x), Enlarged()(x), rtol=1e-5, atol=1e-5)
