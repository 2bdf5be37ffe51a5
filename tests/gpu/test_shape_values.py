"""Inputs that hold sizes (allow_shape_tensors), in each backend on a GPU."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input

SETTINGS = {"device": "cuda:0", "disable_tf32": True, "optimization_level": 0, "allow_shape_tensors": True}


class View(nn.Module):
    def forward(self, x, n):
        return x.view(int(n[0]), int(n[1])) * 2


class Made(nn.Module):
    def forward(self, x, n):
        count = int(n[0])
        return x.expand(count, -1) + 1, x[:, :count], torch.zeros(count, 2, device=x.device) + x[0, 0]


class Resize(nn.Module):
    def forward(self, x, size):
        return F.interpolate(x, size=(int(size[0]), int(size[1])), mode="nearest")


class Both(nn.Module):
    """Uses the number as a size and as data."""

    def forward(self, x, n):
        return x[: int(n[0])] * n


def sizes(low, opt, high, dtype=torch.int64) -> Input:
    return Input(min_shape=low, opt_shape=opt, max_shape=high, dtype=dtype, is_shape_tensor=True)


def numbers(*values: int, dtype=torch.int64) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype, device="cuda")


def compile_with(module: nn.Module, inputs, backend: str, **settings) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(
        torch.jit.script(module.eval().cuda()),
        inputs=inputs,
        backend=backend,
        **{**SETTINGS, "require_full_compilation": True, **settings},
    )


def check(module: nn.Module, compiled, *inputs: torch.Tensor) -> None:
    found, expected = compiled(*inputs), module(*inputs)
    pairs = zip(found, expected, strict=True) if isinstance(expected, tuple) else [(found, expected)]
    for mine, theirs in pairs:
        assert mine.dtype == theirs.dtype
        assert mine.shape == theirs.shape
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
def test_a_view_by_elements(backend, dtype):
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [24, 24], dtype)], backend)
    x = torch.randn(2, 12, device="cuda")
    for shape in [(4, 6), (1, 24), (24, 1), (3, 8), (4, 6), (4, 6)]:
        check(View(), compiled, x, numbers(*shape, dtype=dtype))
    assert json.loads(compiled.engine.get_engine_layer_info())["backend"] == backend


def test_values_beside_a_range_of_shapes(backend):
    x = Input(min_shape=(1, 8), opt_shape=(1, 8), max_shape=(1, 16))
    compiled = compile_with(Made(), [x, sizes([1], [4], [8])], backend)
    for width, count in ((8, 4), (16, 1), (8, 8), (11, 3), (8, 4)):
        check(Made(), compiled, torch.randn(1, width, device="cuda"), numbers(count))


def test_an_image_resized_to_numbers(backend):
    compiled = compile_with(Resize(), [Input((1, 3, 8, 8)), sizes([4, 4], [16, 16], [32, 32])], backend)
    for size in ((16, 16), (4, 32), (9, 5)):
        check(Resize(), compiled, torch.randn(1, 3, 8, 8, device="cuda"), numbers(*size))


def test_a_number_that_is_data_too(backend):
    compiled = compile_with(Both(), [Input((8,)), sizes([1], [4], [8])], backend)
    for count in (4, 8, 1):
        check(Both(), compiled, torch.randn(8, device="cuda"), numbers(count))


def test_values_out_of_their_range_are_told(backend):
    compiled = compile_with(Made(), [Input((1, 8)), sizes([1], [4], [8])], backend)
    x = torch.randn(1, 8, device="cuda")
    with pytest.raises(RuntimeError, match=r"\[9\].*\[1\] to .*\[8\]"):
        compiled(x, numbers(9))
    check(Made(), compiled, x, numbers(8))


def test_values_that_do_not_fit_the_tensor_are_told(backend):
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [24, 24])], backend)
    x = torch.randn(2, 12, device="cuda")
    with pytest.raises(RuntimeError):
        compiled(x, numbers(5, 5))
    check(View(), compiled, x, numbers(2, 12))


def test_values_without_a_range():
    spec = Input(torch_tensor=torch.tensor([4, 6]))
    with pytest.raises(RuntimeError, match="input n .*decide on the shapes of other tensors"):
        compile_with(View(), [Input((2, 12)), spec], "tensorrt")
    compiled = compile_with(View(), [Input((2, 12)), spec], "auto")  # our engine accepts a missing range
    check(View(), compiled, torch.randn(2, 12, device="cuda"), numbers(3, 8))


def test_equal_values_keep_the_graph(backend):
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [24, 24])], backend)
    torch.ops.tensorrt.set_cudagraphs_mode(1)
    try:
        for shape in [(4, 6), (4, 6), (4, 6), (3, 8), (4, 6), (3, 8), (3, 8)]:
            for _ in range(3):
                check(View(), compiled, torch.randn(2, 12, device="cuda"), numbers(*shape))
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(0)


def test_more_values_than_specializations(backend):
    settings = {"max_specializations": 2}
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [24, 24])], backend, **settings)
    for shape in [(1, 24), (2, 12), (3, 8), (4, 6), (6, 4), (8, 3), (1, 24), (2, 12)]:
        check(View(), compiled, torch.randn(2, 12, device="cuda"), numbers(*shape))


def test_the_fastest_backend_is_timed_at_the_usual_values():
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [24, 24])], "fastest")
    check(View(), compiled, torch.randn(2, 12, device="cuda"), numbers(3, 8))


def test_a_loaded_file_knows_its_values(backend, tmp_path):
    path = tmp_path / "compiled.ts"
    compiled = compile_with(View(), [Input((2, 12)), sizes([1, 1], [4, 6], [24, 24])], backend)
    torch.jit.save(compiled, str(path))
    code = f"""
import torch, torch_tensorrt
module = torch.jit.load({str(path)!r})
x = torch.randn(2, 12, device="cuda")
n = torch.tensor([3, 8], device="cuda")
assert torch.equal(module(x, n), x.view(3, 8) * 2)
try:
    module(x, torch.tensor([25, 1], device="cuda"))
except RuntimeError as error:
    assert "[25, 1]" in str(error), error
else:
    raise AssertionError("no error")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
