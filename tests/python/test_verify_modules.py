"""verify: cut modules, results of every form, state of modules, calls inside others."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import _verify_reference
from torch_tensorrt._verify import TensorError, _with_engines
from torch_tensorrt._verify_reference import Engine
from torch_tensorrt.ptq import DataLoaderCalibrator

X = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
CPU = {"device": "cpu", "min_block_size": 1}


# ---- engines of the same cuts --------------------------------------------------------------------------------------


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        return torch.tanh(self.linear(x) * 2)


class Blocks(nn.Module):
    """Blocks around an operator for PyTorch: their engines have layers and tensors of the same names."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = Block(), Block(), Block()

    def forward(self, x):
        return self.c(torch.relu(self.b(torch.relu(self.a(x)))))

    @torch.jit.export
    def other(self, x):
        return torch.tanh(self.b(x))


def blocks() -> nn.Module:
    torch.manual_seed(0)
    return Blocks().eval()


RELU = {"torch_executed_ops": ["aten::relu"]}
RANGE = torch_tensorrt.Input(min_shape=(1, 8), opt_shape=(3, 8), max_shape=(9, 8))
CUTS = {
    "operators": RELU,
    "modules": {"torch_executed_modules": ["b"]},
    "range": {**RELU, "inputs": [RANGE]},
    "methods": {**RELU, "inputs": None, "methods": {"forward": [X], "other": [X]}},
    "whole methods": {"inputs": None, "methods": {"forward": [X], "other": [X]}, "require_full_compilation": True},
}


def assert_all_compared(report, count, engines):
    assert report.reason == ""
    assert len(report.layers) == count and {error.engine for error in report.layers} == set(engines)
    assert all(error.sqnr > 100 for error in report.layers)


@pytest.mark.parametrize("cut", CUTS)
def test_the_reference_is_cut_as_the_compiled_module(cut):
    module = torch.jit.script(blocks())
    compiled = torch_tensorrt.compile(module, **{"inputs": [X], **CPU, **CUTS[cut]})
    engines = [engine.attribute for engine in torch_tensorrt.inspect(compiled).methods[0].engines]
    report = torch_tensorrt.verify(module, compiled, [X])
    assert_all_compared(report, len(report.layers), engines)
    assert len(report.layers) >= len(engines)
    first = str(report).splitlines()[0].split()[0]
    assert first == ("engine" if len(engines) > 1 else "tensor")


@pytest.mark.parametrize("ir", ["ts", "default", "dynamo"])
def test_the_reference_of_a_plain_module_has_the_names_of_its_ir(ir):
    compiled = torch_tensorrt.compile(blocks(), ir=ir, inputs=[X], **CPU, **RELU)
    report = torch_tensorrt.verify(blocks(), compiled, [X])
    assert_all_compared(report, 3, ["engine_0", "engine_1", "engine_2"])


def test_layers_of_one_name_belong_to_their_engines():
    wrong = blocks()
    with torch.no_grad():
        wrong.b.linear.weight.normal_()
    compiled = torch_tensorrt.compile(torch.jit.script(wrong), inputs=[X], **CPU, **RELU)
    report = torch_tensorrt.verify(torch.jit.script(blocks()), compiled, [X])
    assert [error.engine for error in report.layers] == ["engine_0", "engine_1", "engine_2"]
    assert report.first_bad().engine == "engine_1"
    assert '"engine": "engine_1"' in report.to_json()


def row(layer):
    return TensorError(layer, layer, "", 0.0, 0.0, 1.0, 60.0, 1)


def test_rows_follow_the_order_of_the_engines():
    def engine(name, *layers):
        information = {"layers": [{"name": layer, "kind": "unary"} for layer in layers]}
        return Engine(name, 1, {**information, "backend": "native", "target": {"kind": "cpu"}})

    # The tensor of p in the first engine was not compared.
    rows = _with_engines([row("r"), row("q"), row("p")], [engine("first", "r", "p"), engine("second", "q", "p")])
    assert [error.engine for error in rows] == ["first", "second", "second"]


def test_one_reference_takes_all_batches_of_a_range(monkeypatch):
    compilations = []
    compile_in_float = _verify_reference._compile
    monkeypatch.setattr(
        _verify_reference, "_compile", lambda *args, **kw: compilations.append(kw) or compile_in_float(*args, **kw)
    )
    module = torch.jit.script(blocks())
    compiled = torch_tensorrt.compile(module, **CPU, **CUTS["range"])
    report = torch_tensorrt.verify(module, compiled, [torch.randn(size, 8) for size in (3, 9, 1)])
    assert_all_compared(report, 3, ["engine_0", "engine_1", "engine_2"])
    assert len(compilations) == 1


def test_modules_with_other_names_are_not_compared():
    compiled = torch_tensorrt.compile(torch.jit.trace(blocks(), (X,)), inputs=[X], device="cpu")
    report = torch_tensorrt.verify(torch.jit.script(blocks()), compiled, [X])
    assert not report.layers and "other names" in report.reason


def test_without_engines_nothing_is_said_of_their_tensors():
    module = blocks()
    script = torch.jit.script(module)
    whole = torch_tensorrt.compile(script, inputs=[X], device="cpu")
    assert torch_tensorrt.verify(script, script, [X], reference=whole).reason == "the compiled module has no engines"
    assert "no ScriptModule, but a module of the class Blocks" in torch_tensorrt.verify(module, module, [X]).reason


# ---- arguments and results -----------------------------------------------------------------------------------------


class Writes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        return self.linear(x.mul_(2)) + 1


def test_calibration_does_not_write_the_data():
    data = [X.clone()]
    torch_tensorrt.compile(
        torch.jit.script(Writes().eval()), inputs=[X.clone()], enabled_precisions={torch.float32, torch.int8},
        calibrator=DataLoaderCalibrator(data), **CPU,
    )  # fmt: skip
    assert torch.equal(data[0], X)


class Returns(nn.Module):
    def __init__(self, make) -> None:
        super().__init__()
        self.make = make

    def forward(self, x):
        return self.make(x)


UNLIKE = {
    "dtype": (lambda x: x, lambda x: x.double(), "output 0 is torch.float32, in the compiled module torch.float64"),
    "number": (lambda x: (x, 1), lambda x: (x, 1.0), "output 1 is int, in the compiled module float"),
    "bool": (lambda x: True, lambda x: 1, "output 0 is bool, in the compiled module int"),
    "tensor": (lambda x: 1.0, lambda x: x.sum(), "output 0 is float, in the compiled module torch.float32"),
    "text": (lambda x: (x, "a"), lambda x: (x, "b"), r"returns \['a'\], the compiled module \['b'\]"),
    "shape": (lambda x: x.shape, lambda x: x.shape[:1], "returns 2 tensors, the compiled module 1"),
    "object": (lambda x: (x, nn.ReLU()), lambda x: x, "the module returns a ReLU, which cannot be compared"),
}


@pytest.mark.parametrize("kind", UNLIKE)
def test_results_of_other_kinds_are_refused(kind):
    module, other, message = UNLIKE[kind]
    with pytest.raises(ValueError, match=message):
        torch_tensorrt.verify(Returns(module), Returns(other), [X])


def quantized(scale):
    return Returns(lambda x: torch.quantize_per_tensor(x, scale, 0, torch.qint8))


def test_quantized_results_count_as_numbers():
    assert torch_tensorrt.verify(quantized(0.05), quantized(0.05), [X]).outputs[0].sqnr == math.inf
    assert 20 < torch_tensorrt.verify(quantized(0.05), quantized(0.051), [X]).outputs[0].sqnr < 60


def test_nested_tensors_are_refused():
    nested = Returns(lambda x: torch.nested.nested_tensor([x[0], x[1, :3]]))
    with pytest.raises(ValueError, match="output 0 is nested: only strided tensors"):
        torch_tensorrt.verify(nested, nested, [X])


def test_labels_behind_the_arguments_are_dropped_for_structured_modules():
    program = torch.export.export(Returns(lambda x: {"sum": x + x, 0: x * 2}), (X,))
    compiled = torch_tensorrt.compile(program, **CPU)
    assert not isinstance(compiled, torch.jit.ScriptModule)
    assert torch_tensorrt.verify(program, compiled, [(X, torch.zeros(3))]).outputs[0].sqnr == math.inf


def test_numbers_count_with_all_their_digits():
    ours, theirs = Returns(lambda x: (x.shape, 1 + 1j)), Returns(lambda x: (x.shape, 1 + (1 + 1e-9) * 1j))
    report = torch_tensorrt.verify(ours, theirs, [X])
    assert len(report.outputs) == 3
    assert report.outputs[2].max_abs == pytest.approx(1e-9)


# ---- state and calls inside others ---------------------------------------------------------------------------------


class Counts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls.add_(1)
        return torch.tanh(self.linear(x)) * self.calls


def test_the_state_of_a_program_stays():
    program = torch.export.export(Counts().eval(), (X,))
    compiled = torch_tensorrt.compile(program, **CPU)
    assert torch_tensorrt.verify(program, compiled, [X, X]).outputs[0].sqnr > 100
    assert program.state_dict["calls"] == 0


def in_calibration(module, data, **settings):
    settings = {"device": "cpu", "enabled_precisions": {torch.float32, torch.int8}, **settings}
    return torch_tensorrt.compile(module, inputs=[X], calibrator=DataLoaderCalibrator(data), **settings)


def test_the_data_of_another_call_may_not_verify():
    module = torch.jit.script(blocks())
    compiled = torch_tensorrt.compile(module, inputs=[X], device="cpu")

    def verifies():
        yield X
        torch_tensorrt.verify(module, compiled, [X])

    def calibrates():
        yield X
        in_calibration(module, [X])
        with pytest.raises(RuntimeError, match="verify cannot run inside"):
            torch_tensorrt.verify(module, compiled, [X])
        yield X

    with pytest.raises(RuntimeError, match="verify cannot run inside verify, for example in its data"):
        torch_tensorrt.verify(module, compiled, verifies())
    with pytest.raises(RuntimeError, match="verify cannot run inside a calibration"):
        in_calibration(module, verifies())
    with pytest.raises(RuntimeError, match="a calibration cannot run inside a calibration"):
        in_calibration(module, calibrates())
    report = torch_tensorrt.verify(module, compiled, calibrates())
    assert report.batches == 2 and report.layers[0].elements == 2 * X.numel()
    metric = lambda m: torch_tensorrt.verify(module, m, [X]).outputs[0].max_abs  # noqa: E731
    assert torch_tensorrt.verify(module, compiled, [X], metric=metric).metric[0] == 0
