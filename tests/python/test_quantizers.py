"""Modules with quantizers in the style of NVIDIA's pytorch-quantization and ModelOpt.

The classes here compute as theirs do; the last test has ModelOpt itself.
"""

from __future__ import annotations

import collections
import copy
import json
import re
import sys
import types

import pytest
import torch
from ops import quantization_modelopt_rows as modelopt_rows
from processor import needs_vnni
from torch import nn

import torch_tensorrt

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

FLOAT, INT8 = {torch.float32}, {torch.float32, torch.int8}
INPUT = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(0))


class FakeTensorQuant(torch.autograd.Function):
    """The default form of both packages: a product, a rounding, a clamp and a quotient."""

    @staticmethod
    def forward(ctx, x, amax, num_bits, unsigned, narrow_range):
        if amax.min() < 0:
            raise ValueError("Negative values in amax")
        high = torch.tensor(2.0 ** (num_bits - 1 + int(unsigned)) - 1.0)
        low = 0 if unsigned else (-high if narrow_range else -high - 1)
        scale = high / amax
        return torch.clamp((x * scale).round_(), low, high) / scale


class TensorQuantizer(nn.Module):
    """With ``uses_operators``, it calls PyTorch's operators of fake quantization (``use_fb_fake_quant``)."""

    uses_operators = False

    def __init__(self, amax: torch.Tensor, unsigned: bool = False, narrow_range: bool = False) -> None:
        super().__init__()
        self.register_buffer("_amax", amax)
        self.num_bits, self._unsigned, self._narrow_range = 8, unsigned, narrow_range
        # ModelOpt's.
        self.backend = self.block_sizes = self.bias_calibrator = None
        self._use_constant_amax = False

    def forward(self, x):
        if self.backend is not None:
            return BACKENDS[self.backend](x, self)
        if not self.uses_operators:
            return FakeTensorQuant.apply(x, self._amax.detach(), self.num_bits, self._unsigned, self._narrow_range)
        high = 2 ** (self.num_bits - 1 + int(self._unsigned)) - 1
        low = 0 if self._unsigned else -high - 1
        if self._amax.numel() == 1:
            return torch.fake_quantize_per_tensor_affine(x, self._amax.item() / high, 0, low, high)
        scale = self._amax.squeeze().detach() / high
        axis = list(self._amax.shape).index(max(self._amax.shape))
        return torch.fake_quantize_per_channel_affine(x, scale, torch.zeros_like(scale).int(), axis, low, high)


BACKENDS: dict = {}


class Quantized(nn.Module):
    """A convolution or linear layer that quantizes its input and its weights."""

    def __init__(self, layer: nn.Module, amax: float, unsigned: bool = False) -> None:
        super().__init__()
        self.layer = layer
        self.of_input = TensorQuantizer(torch.tensor(amax), unsigned)
        dims = tuple(range(1, layer.weight.dim()))
        self.of_weight = TensorQuantizer(layer.weight.detach().abs().amax(dims, keepdim=True), narrow_range=True)

    def forward(self, x):
        x, weight = self.of_input(x), self.of_weight(self.layer.weight)
        if isinstance(self.layer, nn.Linear):
            return nn.functional.linear(x, weight, self.layer.bias)
        return self.layer._conv_forward(x, weight, self.layer.bias)


class Residual(nn.Module):
    # The scales of activations are powers of two, so that both formulas round alike.
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.norm = Quantized(nn.Conv2d(3, 32, 3, padding=1), 3.96875), nn.BatchNorm2d(32)
        self.second = Quantized(nn.Conv2d(32, 32, 3, padding=1), 1.9921875, unsigned=True)
        self.of_sum = TensorQuantizer(torch.tensor(1.9921875), unsigned=True)
        self.linear = Quantized(nn.Linear(32, 10), 1.9921875, unsigned=True)

    def forward(self, x):
        x = self.norm(self.first(x)).relu()
        x = (self.second(x) + self.of_sum(x)).relu()
        return self.linear(x.mean((2, 3)))


def make(uses_operators: bool, monkeypatch) -> nn.Module:
    monkeypatch.setattr(TensorQuantizer, "uses_operators", uses_operators)
    return Residual().eval()


def traced(module: nn.Module) -> torch.jit.ScriptModule:
    with torch.no_grad():
        return torch.jit.trace(module, INPUT)


def build(module, precisions: set[torch.dtype], **settings):
    return torch_tensorrt.compile(
        module, inputs=[INPUT], device="cpu", enabled_precisions=precisions, require_full_compilation=True, **settings
    )


def kinds(compiled) -> collections.Counter:
    return collections.Counter(layer["kind"] for layer in json.loads(compiled.engine.get_engine_layer_info())["layers"])


def assert_close(compiled, module, atol: float = 1e-5) -> None:
    with torch.no_grad():
        torch.testing.assert_close(compiled(INPUT), module(INPUT), rtol=1e-4, atol=atol)


@pytest.mark.parametrize("precisions", [FLOAT, INT8], ids=["f32", "int8"])
def test_operators_of_fake_quantization(precisions, monkeypatch):
    module = make(uses_operators=True, monkeypatch=monkeypatch)
    compiled = build(traced(module), precisions)
    # 1 / 128 is the step of the last quantization, for roundings to the other side of a tie.
    assert_close(compiled, module, atol=1 / 128 if precisions == INT8 else 1e-5)


def test_the_default_form_computes_in_floats_without_int8(monkeypatch):
    module = make(uses_operators=False, monkeypatch=monkeypatch)
    compiled = build(traced(module), FLOAT)
    assert "quantize" not in kinds(compiled)
    assert_close(compiled, module)


def test_the_default_form_becomes_quantization_for_int8(monkeypatch):
    module = make(uses_operators=False, monkeypatch=monkeypatch)
    compiled = build(traced(module), INT8)
    found = kinds(compiled)
    assert found["quantize"] >= 1
    assert "unary" not in found  # rounding
    assert_close(compiled, module, atol=1 / 128)


class Scripted(nn.Module):
    """A hand-written quantizer: the scale is an attribute."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.last = nn.Linear(32, 64), nn.Linear(64, 8)
        self.register_buffer("of_x", torch.tensor(32.0))
        self.register_buffer("of_weight", 127 / self.layer.weight.detach().abs().amax(1, keepdim=True))

    def forward(self, x):
        x = torch.clamp(torch.round(x * self.of_x), -128, 127) / self.of_x
        weight = torch.clamp(torch.round(self.layer.weight * self.of_weight), -127, 127) / self.of_weight
        return self.last(nn.functional.linear(x, weight, self.layer.bias).relu())


@pytest.mark.parametrize("precisions", [FLOAT, INT8], ids=["f32", "int8"])
def test_a_scripted_quantizer(precisions):
    module, x = Scripted().eval(), torch.randn(4, 32, generator=torch.Generator().manual_seed(1))
    compiled = torch_tensorrt.compile(
        torch.jit.script(module), inputs=[x], device="cpu", enabled_precisions=precisions, require_full_compilation=True
    )
    assert ("quantize" in kinds(compiled)) == (precisions == INT8)
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), module(x), rtol=1e-4, atol=1e-5)


@needs_vnni
@pytest.mark.parametrize("uses_operators", [False, True], ids=["default", "operators"])
def test_layers_compute_with_integers(uses_operators, monkeypatch, capfd):
    module = traced(make(uses_operators, monkeypatch))
    with torch_tensorrt.logging.graphs():
        build(module, INT8)
    network = re.search(r"network after optimization:(.*?)\n}", capfd.readouterr().err, re.DOTALL)
    assert '=i8"' in network[1]  # weights


class Exported(nn.Module):
    """ModelOpt's quantizer in a program that was exported for a GPU."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(32, 16)
        self.register_buffer("of_x", torch.tensor(1.984375))
        self.register_buffer("of_weight", self.layer.weight.detach().abs().amax(1, keepdim=True))
        self.exponent_bits = 0

    def forward(self, x):
        quantize = torch.ops.tensorrt.quantize_op
        x = quantize(x, self.of_x, 8, self.exponent_bits, False, False)
        weight = quantize(self.layer.weight, self.of_weight, 8, self.exponent_bits, False, True)
        return nn.functional.linear(x, weight, self.layer.bias)


@pytest.mark.parametrize("precisions", [FLOAT, INT8], ids=["f32", "int8"])
def test_a_program_with_the_operator_of_modelopt(precisions):
    x = torch.randn(4, 32, generator=torch.Generator().manual_seed(1))
    module = Exported().eval()
    program = torch.export.export(module, (x,))
    assert "quantize_op" in str(program.graph)
    compiled = torch_tensorrt.dynamo.compile(
        program, inputs=[x], device="cpu", enabled_precisions=precisions, require_full_compilation=True
    )
    assert kinds(compiled)["quantize"] == 1
    weight = modelopt_rows.quantize(module.layer.weight, module.of_weight, 8, 0, False, True)
    expected = nn.functional.linear(
        modelopt_rows.quantize(x, module.of_x, 8, 0, False, False), weight, module.layer.bias
    )
    torch.testing.assert_close(compiled(x), expected.detach(), rtol=1e-4, atol=1e-5)


def test_floating_point_quantization_is_declined():
    x, module = torch.randn(4, 32), Exported().eval()
    module.exponent_bits = 4
    program = torch.export.export(module, (x,))
    with pytest.raises(RuntimeError, match=r"exponent_bits is not 0: no engine rounds to .*fp8"):
        torch_tensorrt.dynamo.compile(program, inputs=[x], device="cpu", require_full_compilation=True)


@pytest.fixture
def modelopt(monkeypatch):
    """A package with the names of ModelOpt that the export uses."""
    package = types.ModuleType("modelopt.torch.quantization.nn.modules.tensor_quantizer")
    package.TensorQuantizer = TensorQuantizer
    package.register_quant_backend = BACKENDS.__setitem__
    package.unregister_quant_backend = BACKENDS.pop
    monkeypatch.setitem(sys.modules, package.__name__, package)


def test_torch_export_fails_on_quantizers(monkeypatch):
    with pytest.raises(Exception, match="data-dependent"):
        torch.export.export(make(uses_operators=False, monkeypatch=monkeypatch), (INPUT,))


@pytest.mark.parametrize("precisions", [FLOAT, INT8], ids=["f32", "int8"])
@pytest.mark.usefixtures("modelopt")
def test_modules_of_modelopt_are_exported(precisions, monkeypatch):
    module = make(uses_operators=False, monkeypatch=monkeypatch)
    compiled = build(module, precisions, ir="dynamo")
    assert kinds(compiled)["quantize"] >= 1
    assert_close(compiled, module, atol=1 / 128 if precisions == INT8 else 1e-5)
    assert not BACKENDS
    assert all(part.backend is None for part in module.modules() if isinstance(part, TensorQuantizer))


@pytest.mark.usefixtures("modelopt")
def test_magnitudes_of_zero_become_zero(monkeypatch):
    module = make(uses_operators=False, monkeypatch=monkeypatch)
    module.first.of_weight._amax[3] = 0
    module.of_sum._amax.zero_()
    compiled = build(module, FLOAT, ir="dynamo")
    other = copy.deepcopy(module)
    with torch.no_grad():
        other.first.layer.weight[3] = 0
    other.first.of_weight._amax[3] = 1
    other.of_sum.forward = torch.zeros_like
    assert_close(compiled, other)


def test_modelopt_itself():
    from modelopt.torch import quantization  # its import takes seconds

    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(1600, 10)).eval()
    module = quantization.quantize(module, copy.deepcopy(quantization.INT8_DEFAULT_CFG), lambda model: model(INPUT))
    for compiled in (build(module, FLOAT, ir="dynamo"), build(traced(module), FLOAT), build(traced(module), INT8)):
        assert_close(compiled, module, atol=1e-3)
