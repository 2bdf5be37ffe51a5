"""Statistics of data far from zero, against float64: about as accurate as PyTorch's, or more."""

from __future__ import annotations

import pytest
import torch
from ops.table import compile_for, flatten, script

from torch_tensorrt import Input

SPREADS = [
    f"torch.{name}({arguments})"
    for name in ("var", "std", "var_mean", "std_mean")
    for arguments in (
        "a",
        "a, dim=[1]",
        "a, dim=[0, 3], keepdim=True",
        "a, dim=[2, 3], correction=0",
        "a, dim=[1], correction=2, keepdim=True",
    )
]
NORMS = [
    "torch.nn.functional.layer_norm(a, [16])",
    "torch.nn.functional.layer_norm(a, [6, 16], eps=1e-3)",
    "torch.nn.functional.layer_norm(a, [16], b, c)",
    "torch.nn.functional.group_norm(a, 4)",
    "torch.nn.functional.group_norm(a, 1)",
    "torch.nn.functional.group_norm(a, 8)",
    "torch.nn.functional.instance_norm(a)",
    "torch.nn.functional.batch_norm(a, None, None, training=True)",
    "torch.nn.functional.instance_norm(a[:, :, 0])",
    "(a - a.mean(1, keepdim=True)) / (a.var(1, keepdim=True, correction=0) + 1e-5).sqrt()",
]
OFFSETS = (0.0, 1e4, -1e5, 1e6, 3e6)


def data(offset: float, seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(3, 8, 6, 16, generator=generator)
    return [x + offset, torch.randn(16, generator=generator), torch.randn(16, generator=generator)]


def worst(found, truth) -> float:
    """Returns the largest difference, relative to results above 1."""
    pairs = zip(flatten(found), flatten(truth), strict=True)
    return max(((f.double() - t).abs() / t.abs().clamp(min=1)).max().item() for f, t in pairs)


@pytest.mark.parametrize("ranged", [False, True], ids=["static", "range"])
@pytest.mark.parametrize("code", SPREADS + NORMS)
def test_float32(code: str, ranged: bool) -> None:
    module = script(code, 3)
    shapes = [(3, 8, 6, 16), (16,), (16,)]
    specs = [Input(shape) for shape in shapes]
    if ranged:
        specs[0] = Input(min_shape=(1, 8, 6, 16), opt_shape=(3, 8, 6, 16), max_shape=(5, 8, 6, 16))
    compiled = compile_for(module, specs)
    for offset in OFFSETS:
        inputs = data(offset, seed=5)
        truth = module(*[x.double() for x in inputs])
        allowed = 2e-6 if code in SPREADS else 2e-6 + 2 * worst(module(*inputs), truth)
        assert worst(compiled(*inputs), truth) <= allowed, f"offset {offset}"


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16], ids=["half", "bfloat16"])
@pytest.mark.parametrize("code", ["torch.var(a, dim=[3])", "torch.std(a, dim=[1, 3])", "torch.var_mean(a, dim=[2])"])
def test_halves_are_computed_in_float32(code: str, dtype: torch.dtype) -> None:
    module = script(code, 1)
    compiled = compile_for(module, [Input((3, 8, 6, 16), dtype=dtype)])
    x = (data(0.0, seed=6)[0] * 4 + 100).to(dtype)
    for got, expected in zip(flatten(compiled(x)), flatten(module(x)), strict=True):
        assert got.dtype == expected.dtype
        torch.testing.assert_close(got, expected, rtol=torch.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("code", ["torch.linalg.vector_norm(a)", "a.norm(2, dim=[1])", "torch.norm(a, p=3, dim=0)"])
def test_norms_of_halves_do_not_leave_their_range(code: str) -> None:
    module = script(code, 1)
    compiled = compile_for(module, [Input((4, 8), dtype=torch.half)])
    x = (torch.arange(32.0).reshape(4, 8) * 100).half()
    torch.testing.assert_close(compiled(x), module(x), rtol=2e-3, atol=0)
