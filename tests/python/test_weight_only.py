"""weight_only: products of floats and 8-bit weights on CPUs."""

from __future__ import annotations

import json
import re

import pytest
import torch
from torch import nn

import torch_tensorrt

# Weights of 64 MiB in f32, which no core's cache holds: reading them takes most of the time.
WIDTH = 2048


class Decoder(nn.Module):
    """Products of one row: with a bias and an activation, with a residual, and with a matrix that is not transposed."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width, bias=False)
        self.matrix = nn.Parameter(torch.randn(width, 8195) / width**0.5)  # no multiple of a block of columns

    def forward(self, x):
        x = x + self.down(nn.functional.gelu(self.up(x)))
        return x @ self.matrix


def build(module: nn.Module, x: torch.Tensor, **settings):
    script = torch.jit.script(module.eval())
    return torch_tensorrt.compile(script, ir="ts", inputs=[x], device="cpu", weight_only="int8", **settings)


def information(compiled) -> dict:
    return json.loads(compiled.engine.get_engine_layer_info())


def products(compiled) -> int:
    """The products with 8-bit weights."""
    notes = " ".join(information(compiled)["notes"])
    found = re.search(r"weight_only: int8 weights in (\d+) products", notes)
    assert found or "weight_only: int8 weights are not used" in notes
    return int(found[1]) if found else 0


def build_with_weights(module: nn.Module, x: torch.Tensor):
    """Builds until all products have 8-bit weights, if they ever do: times decide, and vary on a busy machine."""
    for _ in range(4):
        compiled = build(module, x)
        if products(compiled) == 3:
            break
    return compiled


def rounded(weight: torch.Tensor, dim: int) -> torch.Tensor:
    """Symmetric 8-bit integers, with a scale for each column of the product."""
    scale = weight.abs().amax(dim, keepdim=True) / 127
    return torch.round(weight * (1 / scale)).clamp(-127, 127) * scale


def with_rounded_weights(module: Decoder) -> Decoder:
    with torch.no_grad():
        for layer in (module.up, module.down):
            layer.weight.copy_(rounded(layer.weight, 1))
        module.matrix.copy_(rounded(module.matrix, 0))
    return module


@pytest.mark.parametrize("rows", [1, 3, 5])
def test_results_are_those_of_rounded_weights(rows):
    module, x = Decoder(), torch.randn(rows, WIDTH)
    compiled = build_with_weights(module, x) if rows == 1 else build(module, x)
    with torch.no_grad():
        exact = module(x)
        expected = with_rounded_weights(module)(x)
    got = compiled(x)
    if products(compiled) == 3:
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)
    assert (got - exact).abs().max() < 0.05 * exact.abs().max()


def test_engines_have_a_byte_for_each_such_weight():
    module, x = Decoder(), torch.randn(1, WIDTH)
    compiled = build_with_weights(module, x)
    script = torch.jit.script(module.eval())
    plain = torch_tensorrt.compile(script, ir="ts", inputs=[x], device="cpu")
    # The three matrices have about the same size.
    share = 1 - 0.75 * products(compiled) / 3
    bytes_of = [information(each)["weight_bytes"] for each in (compiled, plain)]
    assert bytes_of[0] == pytest.approx(share * bytes_of[1], rel=0.02)


def test_leading_dimensions_and_dynamic_rows():
    module = Decoder()
    script = torch.jit.script(module.eval())
    inputs = [torch_tensorrt.Input(min_shape=(1, 1, WIDTH), opt_shape=(1, 1, WIDTH), max_shape=(2, 9, WIDTH))]
    compiled = torch_tensorrt.compile(script, ir="ts", inputs=inputs, device="cpu", weight_only="int8")
    for rows in ((1, 1), (2, 9), (2, 4)):
        x = torch.randn(*rows, WIDTH)
        with torch.no_grad():
            expected = module(x)
        assert (compiled(x) - expected).abs().max() < 0.05 * expected.abs().max()


def test_saved_and_refitted_engines_keep_8_bit_weights(tmp_path):
    module, x = Decoder(), torch.randn(1, WIDTH)
    compiled = build_with_weights(module, x)
    torch.jit.save(compiled, tmp_path / "model.ts")
    assert torch.equal(torch.jit.load(tmp_path / "model.ts")(x), compiled(x))
    other = Decoder()
    refitted = torch_tensorrt.refit_module_weights(compiled, torch.jit.script(other.eval()))
    assert products(refitted) == products(compiled)
    with torch.no_grad():
        expected = other(x)
    assert (refitted(x) - expected).abs().max() < 0.05 * expected.abs().max()


def test_with_lower_precisions():
    module, x = Decoder(), torch.randn(1, WIDTH)
    compiled = build(module, x, enabled_precisions={torch.float32, torch.bfloat16})
    with torch.no_grad():
        expected = module(x)
    assert (compiled(x) - expected).abs().max() < 0.05 * expected.abs().max()


def test_layers_with_an_override_keep_their_weights():
    compiled = build(Decoder(), torch.randn(1, WIDTH), precision_overrides=["*=f32"])
    assert products(compiled) == 0


@pytest.mark.parametrize("precision", ["int4", "fp8", "int16", "INT8"])
def test_precisions_without_kernels_are_named(precision):
    script = torch.jit.script(Decoder().eval())
    with pytest.raises(RuntimeError, match=f'weight_only is "{precision}" on a CPU.*kernels for "int8" on CPUs'):
        torch_tensorrt.compile(script, ir="ts", inputs=[torch.randn(1, WIDTH)], device="cpu", weight_only=precision)


def test_infinite_weights_stay():
    module = Decoder()
    with torch.no_grad():
        module.up.weight[0, 0] = float("inf")
    assert products(build(module, torch.randn(1, WIDTH))) < 3
