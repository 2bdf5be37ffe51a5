"""verify: errors per layer and output; precision_overrides."""

from __future__ import annotations

import json
import math
import warnings

import pytest
import torch
from models import WritesItsArgument
from processor import HAS_FP16, needs_bf16, needs_vnni
from test_int8 import INT8, integer_layers, make, notes
from torch import nn

import torch_tensorrt
from torch_tensorrt.ptq import DataLoaderCalibrator


def compile_in(module, data, precisions, **settings):
    settings = {"device": "cpu", "require_full_compilation": True, **settings}
    return torch_tensorrt.compile(module, ir="ts", inputs=[data[0]], enabled_precisions=precisions, **settings)


def in_int8(module, data, **settings):
    calibrator = DataLoaderCalibrator(data)
    return compile_in(module, data, INT8, calibrator=calibrator, **settings)


# ---- verify --------------------------------------------------------------------------------------------------------


def test_a_module_in_float_has_no_noise():
    module, data = make("pictures")
    report = torch_tensorrt.verify(module, compile_in(module, data, {torch.float32}), data[:2])
    assert report.batches == 2
    assert len(report.outputs) == 1 and report.outputs[0].elements == 2 * 20
    assert report.outputs[0].sqnr > 100 and report.outputs[0].cosine == pytest.approx(1)
    assert len(report.layers) >= 5
    assert all(error.sqnr > 100 for error in report.layers)
    assert report.first_bad() is None
    assert "first layer below 20 dB: none" in str(report)


@needs_vnni
def test_layers_of_int8_have_noise():
    module, data = make("pictures")
    report = torch_tensorrt.verify(module, in_int8(module, data), data[:1])
    noisy = [error for error in report.layers if error.sqnr < 60]
    assert noisy and all(error.sqnr > 15 for error in noisy)
    assert all(0.98 < error.cosine <= 1 for error in report.layers)
    assert any(error.operator == "aten::_convolution" and ".py:" in error.source for error in report.layers)


# The numbers that PyTorch gives to values differ between a build in float32 and one in int8.
@needs_vnni
def test_values_without_names_are_compared_too():
    module, data = make("unnamed")
    compiled = in_int8(module, data, precision_overrides=["*=i8"])
    report = torch_tensorrt.verify(module, compiled, data[:1])
    products = [error for error in report.layers if "dequantize" not in error.name]
    assert len(products) >= 4
    assert all(error.sqnr > 20 for error in products)


class Attention(nn.Module):
    """Several layers of one kind for one operator: the parts of the projection, and products."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, activation="gelu", dropout=0.0)
        self.embed, self.encode = nn.Embedding(50, 64), nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, ids):
        return self.encode(self.embed(ids)).mean(1)


@pytest.mark.parametrize("is_dynamic", [False, True])
def test_each_tensor_is_compared_with_itself(is_dynamic):
    torch.manual_seed(0)
    module, ids = torch.jit.script(Attention().eval()), torch.randint(0, 50, (2, 8))
    dynamic = torch_tensorrt.Input(min_shape=(1, 1), opt_shape=(2, 8), max_shape=(4, 16), dtype=torch.int64)
    compiled = torch_tensorrt.compile(module, ir="ts", inputs=[dynamic if is_dynamic else ids], device="cpu")
    report = torch_tensorrt.verify(module, compiled, [ids])
    assert len(report.layers) >= 10
    assert min(error.sqnr for error in report.layers) > 60, str(report)


class Broken(nn.Module):
    """A module that computes something else from a layer on."""

    def __init__(self, wrong: bool) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Linear(8, 64), nn.Linear(64, 64), nn.Linear(64, 4)
        self.wrong = wrong

    def forward(self, x):
        y = torch.tanh(self.b(torch.relu(self.a(x))))
        return self.c(y)


def test_the_first_bad_layer_is_named():
    torch.manual_seed(0)
    module, other = Broken(False).eval(), Broken(True).eval()
    other.load_state_dict(module.state_dict())
    with torch.no_grad():
        other.b.weight.normal_()
    data = [torch.randn(16, 8)]
    report = torch_tensorrt.verify(module, compile_in(other, data, {torch.float32}), data)
    bad = report.first_bad()
    assert bad is not None and bad.operator == "aten::linear"
    good = [error for error in report.layers if error.sqnr > 100]
    assert good and report.layers.index(bad) > report.layers.index(good[0])
    assert report.outputs[0].sqnr < 20
    assert bad.name in str(report)


def test_the_report_is_json_and_a_picture(tmp_path):
    module, data = make("features")
    compiled = compile_in(module, data, {torch.float32})
    report = torch_tensorrt.verify(module, compiled, data[:1], metric=lambda m: m(data[0]).argmax(1).float().mean())
    read = json.loads(report.to_json())
    assert read["batches"] == 1 and len(read["layers"]) == len(report.layers)
    assert read["metric"][0] == pytest.approx(read["metric"][1])
    report.save_plot(tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes()[:4] == b"\x89PNG"


def test_numbers_that_are_not_finite_are_reported():
    class Logarithm(nn.Module):
        def forward(self, x):
            return torch.log(x), x * 0

    module = Logarithm()
    data = [torch.tensor([0.0, -1.0, 2.0])]
    report = torch_tensorrt.verify(module, compile_in(module, data, {torch.float32}), data)
    assert report.outputs[0].max_abs < 1e-6  # infinities and NaN agree
    assert report.outputs[1].sqnr == math.inf  # zeros
    json.loads(report.to_json())


def test_exported_programs_and_batches_by_name_are_verified():
    module, data = make("features")
    program = torch.export.export(module, (data[0],))
    compiled = torch_tensorrt.compile(program, device="cpu")
    report = torch_tensorrt.verify(program, compiled, data[:1])
    assert report.layers and report.outputs[0].sqnr > 100


def test_batches_may_have_different_sizes():
    module = torch.jit.script(torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4)).eval())
    batches = [torch.randn(size, 8) for size in (2, 5, 3)]
    ranged = torch_tensorrt.Input(min_shape=(1, 8), opt_shape=(2, 8), max_shape=(8, 8))
    compiled = torch_tensorrt.compile(module, inputs=[ranged], device="cpu")
    found = torch_tensorrt.verify(module, compiled, batches)
    assert found.batches == 3 and found.layers and not found.reason
    # The engines of a hybrid module do not tell the ranges of its inputs.
    hybrid = torch_tensorrt.compile(module, inputs=[ranged], device="cpu", torch_executed_ops=["aten::relu"])
    assert torch_tensorrt.verify(module, hybrid, batches).batches == 3


def test_a_module_that_is_not_compiled_shows_its_outputs():
    module = torch.jit.script(torch.nn.Linear(4, 4).eval())
    found = torch_tensorrt.verify(module, module, [torch.randn(2, 4)])
    assert found.outputs and not found.layers


def test_wrong_uses_of_verify_are_refused():
    module, data = make("features")
    compiled = compile_in(module, data, {torch.float32})
    with pytest.raises(ValueError, match="no batches"):
        torch_tensorrt.verify(module, compiled, [])

    class Two(nn.Module):
        def forward(self, x):
            return x, x

    with pytest.raises(ValueError, match="returns 2 tensors, the compiled module 1"):
        torch_tensorrt.verify(Two(), compiled, data[:1])


# ---- overrides -----------------------------------------------------------------------------------------------------


@needs_vnni
def test_overrides_keep_layers_in_float():
    module, data = make("pictures")
    every = in_int8(module, data, precision_overrides=["*=i8"])
    layers = [error.layer for error in torch_tensorrt.verify(module, every, data[:1]).layers]
    second = next(name for name in layers[1:] if "aten::_convolution" in name)
    some = in_int8(module, data, precision_overrides=[f"{second.split(' ')[0]} : *=f32", "*=i8"])
    none = in_int8(module, data, precision_overrides=["*=f32"])
    assert integer_layers(every) == 5
    assert integer_layers(none) == 0
    assert integer_layers(some) < 5
    unused = in_int8(module, data, precision_overrides=["nothing=f32"])
    assert 'the override "nothing" matches no layer' in notes(unused)


@needs_bf16
def test_overrides_choose_bf16():
    module, data = make("features")
    compiled = compile_in(module, data, {torch.float32, torch.bfloat16}, precision_overrides=["*=bf16"])
    assert "precision: bf16 in" in notes(compiled)
    compiled = compile_in(module, data, {torch.float32, torch.bfloat16}, precision_overrides=["*=float32"])
    assert "precision: bf16 in" not in notes(compiled)


@pytest.mark.parametrize("entry", ["layer", "=f32", "layer=f8", "layer="])
def test_wrong_overrides_are_refused(entry):
    module, data = make("features")
    with pytest.raises(RuntimeError, match="must be PATTERN=PRECISION"):
        compile_in(module, data, {torch.float32}, precision_overrides=[entry])


@needs_bf16
def test_without_float_every_layer_that_can_leaves_it(capfd):
    module, data = make("features")
    compiled = compile_in(module, data, {torch.bfloat16}, strict_precisions=True)
    assert "precision: bf16 in" in notes(compiled)


class Ordered(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(96, 10)

    def forward(self, x):
        return self.a(torch.cumsum(x, 1))


@pytest.mark.parametrize("strict", [False, True])
def test_layers_in_f32_are_named_without_float(strict, capfd):
    module = Ordered().eval()
    x = torch.randn(4, 96)
    settings = {"enabled_precisions": {torch.half}, "device": "cpu", "strict_precisions": strict}
    if strict:
        with pytest.raises(RuntimeError, match="compute in f32, which enabled_precisions does not have"):
            torch_tensorrt.compile(module, ir="ts", inputs=[x], require_full_compilation=True, **settings)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = torch_tensorrt.compile(module, ir="ts", inputs=[x], **settings)
    told = capfd.readouterr().err
    assert "aten::cumsum" in told
    assert ("aten::linear" in told) is not HAS_FP16
    # With f16: the input, the weight and the result of each sum of 96 products are rounded.
    rounding = 3 * 2**-11 if HAS_FP16 else 1e-5
    size = torch.cumsum(x, 1).abs() @ module.a.weight.abs().t() + module.a.bias.abs()
    assert bool(((compiled(x) - module(x)).abs() <= rounding * size).all())


# ---- modules of other kinds ----------------------------------------------------------------------------------------


def test_each_module_gets_arguments_of_its_own():
    module, x = torch.jit.script(WritesItsArgument().eval()), torch.randn(3, 8)
    before = x.clone()
    compiled = torch_tensorrt.compile(module, inputs=[x.clone()], device="cpu")
    report = torch_tensorrt.verify(module, compiled, [x])
    assert report.outputs[0].sqnr > 100
    assert torch.equal(x, before)


def test_modules_that_were_called_with_gradients_are_verified():
    module, x = torch.jit.script(nn.Sequential(nn.Linear(8, 8), nn.ReLU()).eval()), torch.randn(3, 8)
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu")
    for _ in range(3):
        module(x)
    assert torch_tensorrt.verify(module, compiled, [x]).outputs[0].sqnr > 100


def test_modules_in_training_keep_their_statistics_and_mode():
    module = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.5))
    x = torch.randn(16, 8)
    compiled = torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=[x], device="cpu")
    module.train()
    before = module[1].running_mean.clone()
    assert torch_tensorrt.verify(module, compiled, [x]).outputs[0].sqnr > 100
    assert torch.equal(module[1].running_mean, before) and all(part.training for part in module.modules())


def test_metrics_are_computed_in_eval_mode():
    module, x = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)), torch.randn(16, 8)
    compiled = torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=[x], device="cpu")
    module.train()
    before = module[1].running_mean.clone()
    first, second = torch_tensorrt.verify(module, compiled, [x], metric=lambda m: float(m(x).sum())).metric
    assert math.isclose(first, second, abs_tol=1e-3)
    found = torch_tensorrt.precision_search(
        torch.jit.script(module), [x], lambda m: float(m(x).sum()), max_loss=1e-3, inputs=[x], device="cpu"
    )
    assert math.isclose(found.reference, first, abs_tol=1e-3)
    assert torch.equal(module[1].running_mean, before)


def test_frozen_modules_are_verified():
    module, x = torch.jit.script(nn.Sequential(nn.Linear(8, 8), nn.ReLU()).eval()), torch.randn(3, 8)
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu")
    assert torch_tensorrt.verify(torch.jit.freeze(module), compiled, [x]).outputs[0].sqnr > 100


class Results(nn.Module):
    def __init__(self, form: str, is_right: bool = True) -> None:
        super().__init__()
        self.form, self.is_right = form, is_right

    def forward(self, x):
        if self.form == "complex":
            return torch.complex(x, x if self.is_right else -3 * x)
        if self.form == "number":
            return x, 1.5 if self.is_right else 2.5
        if self.form == "shape":
            return x if self.is_right else x.reshape(-1)
        return x.relu().to_sparse()


@pytest.mark.parametrize("form", ["complex", "number"])
def test_every_part_of_the_results_counts(form):
    report = torch_tensorrt.verify(Results(form), Results(form, is_right=False), [torch.randn(3, 8)])
    assert min(error.sqnr for error in report.outputs) < 20
    report = torch_tensorrt.verify(Results(form), Results(form), [torch.randn(3, 8)])
    assert min(error.sqnr for error in report.outputs) == math.inf


def test_results_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match=r"output 0 has the shape \(3, 8\), in the compiled module \(24,\)"):
        torch_tensorrt.verify(Results("shape"), Results("shape", is_right=False), [torch.randn(3, 8)])
    with pytest.raises(ValueError, match="only strided tensors"):
        torch_tensorrt.verify(Results("sparse"), Results("sparse"), [torch.randn(3, 8)])


class Masked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        return self.linear(x).masked_fill(x > 0.5, -float("inf"))


def test_infinities_hide_no_errors():
    x = torch.randn(3, 8)
    right, wrong = Masked().eval(), Masked().eval()
    assert torch_tensorrt.verify(right, wrong, [x]).outputs[0].sqnr < 20
    assert torch_tensorrt.verify(right, right, [x]).outputs[0].sqnr == math.inf


class Cut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x):
        return self.third(torch.relu(self.second(torch.relu(self.first(x) * 2)) * 3)) * 4


def test_engines_with_other_operators_are_not_compared():
    x = torch.randn(3, 8)
    module = torch.jit.script(Cut().eval())
    whole = torch_tensorrt.compile(module, inputs=[x], device="cpu")
    hybrid = torch_tensorrt.compile(
        module, inputs=[x], device="cpu", min_block_size=1, torch_executed_ops=["aten::relu"]
    )
    report = torch_tensorrt.verify(module, hybrid, [x], reference=whole)
    assert report.outputs[0].sqnr > 100
    assert not report.layers and "other operators" in report.reason
    assert "layers are not compared: the engines" in str(report) and "first layer" not in str(report)
    assert all(error.sqnr > 100 for error in torch_tensorrt.verify(module, whole, [x]).layers)


def test_layers_of_exported_modules_are_compared():
    x, module = torch.randn(3, 8), Cut().eval()
    compiled = torch_tensorrt.compile(module, ir="dynamo", inputs=[x], device="cpu")
    layers = torch_tensorrt.verify(module, compiled, [x]).layers
    assert len(layers) > 1 and all(error.sqnr > 100 for error in layers)
