"""Modules after quantization-aware training: fake quantization of activations and weights."""

import re
import warnings

import pytest
import torch
from processor import needs_vnni
from torch import nn

import torch_tensorrt

warnings.filterwarnings("ignore", module="torch.ao")


class Quantized(nn.Module):
    """A model of torch.ao's modules: one scale for the activations, and one per channel for the weights."""

    def __init__(self) -> None:
        super().__init__()
        from torch.ao import quantization as ao

        signed = {"quant_min": -128, "quant_max": 127, "dtype": torch.qint8}
        whole = {"observer": ao.MovingAverageMinMaxObserver, "qscheme": torch.per_tensor_symmetric}
        channels = {"observer": ao.MovingAveragePerChannelMinMaxObserver, "qscheme": torch.per_channel_symmetric}
        self.conv = nn.Conv2d(4, 8, 3, padding=1)
        self.of_x, self.of_weight = ao.FakeQuantize(**whole, **signed), ao.FakeQuantize(**channels, **signed)

    def forward(self, x):
        weight = self.of_weight(self.conv.weight)
        return nn.functional.conv2d(self.of_x(x), weight, self.conv.bias, padding=1)


def make(how: str, seed: int = 0) -> torch.jit.ScriptModule:
    torch.manual_seed(seed)
    module = Quantized()
    module(torch.randn(8, 4, 8, 8))  # calibrates the scales
    module.eval().apply(torch.ao.quantization.disable_observer)
    with torch.no_grad():
        return torch.jit.script(module) if how == "script" else torch.jit.trace(module, torch.randn(2, 4, 8, 8))


@pytest.fixture(params=["script", "trace"])
def module(request) -> torch.jit.ScriptModule:
    return make(request.param)


def compile_for(module: torch.jit.ScriptModule, precisions: set[torch.dtype]) -> torch.jit.ScriptModule:
    settings = {"device": "cpu", "require_full_compilation": True, "enabled_precisions": precisions}
    return torch_tensorrt.compile(module, inputs=[torch_tensorrt.Input((2, 4, 8, 8))], **settings)


@pytest.mark.parametrize("precisions", [{torch.float32}, {torch.int8, torch.float32}], ids=["f32", "int8"])
def test_results_are_those_of_pytorch(module, precisions):
    x = torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(compile_for(module, precisions)(x), module(x), rtol=1e-5, atol=1e-6)


@needs_vnni
def test_weights_are_stored_as_integers_for_int8(module, capfd):
    def integers(precisions: set[torch.dtype]) -> int:
        with torch_tensorrt.logging.graphs():
            compile_for(module, precisions)
        network = re.search(r"network after optimization:(.*?)\n}", capfd.readouterr().err, re.DOTALL)
        return network[1].count('=i8"')

    assert integers({torch.float32}) == 0  # the weights are rounded at compile time
    assert integers({torch.int8, torch.float32}) == 1


@pytest.mark.parametrize("precisions", [{torch.float32}, {torch.int8, torch.float32}], ids=["f32", "int8"])
def test_weights_and_scales_can_be_replaced(precisions):
    x, other = torch.randn(2, 4, 8, 8), make("script", seed=1)
    refitted = torch_tensorrt.refit_module_weights(compile_for(make("script"), precisions), other)
    with torch.no_grad():
        torch.testing.assert_close(refitted(x), other(x), rtol=1e-5, atol=1e-6)


def test_overrides_hold_for_quantization_in_the_module(module):
    settings = {"device": "cpu", "require_full_compilation": True, "enabled_precisions": {torch.int8, torch.float32}}
    compiled = torch_tensorrt.compile(
        module, inputs=[torch_tensorrt.Input((2, 4, 8, 8))], precision_overrides=["*=f32"], **settings
    )
    assert "precision: i8 in" not in compiled.engine.get_engine_layer_info()
    x = torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), module(x), rtol=1e-5, atol=1e-6)


def test_check_sees_the_operators_that_compile_sees(module):
    settings = {"device": "cpu", "enabled_precisions": {torch.int8, torch.float32}}
    report = torch_tensorrt.check(module, [torch_tensorrt.Input((2, 4, 8, 8))], **settings)
    assert report.whole
    assert "aten::fake_quantize_per_channel_affine" in report.table
