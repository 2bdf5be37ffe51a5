"""Modules that PyTorch's quantization has made: of quantized tensors (eager mode, FX), and of integers (PT2E)."""

from __future__ import annotations

import copy
import json

import pytest
import torch
from processor import HAS_VNNI, needs_vnni
from torch import nn
from torch.ao import quantization as ao
from torch.ao.nn.intrinsic import BNReLU2d
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import quantize_fx

import torch_tensorrt

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

FLOAT, INT8 = {torch.float32}, {torch.float32, torch.int8}


class Residual(nn.Module):
    """Convolutions, a sum, poolings and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU())
        self.second, self.third = nn.Conv2d(32, 32, 3, padding=1), nn.Conv2d(32, 32, 3, padding=1, stride=2)
        self.sum, self.relu = FloatFunctional(), nn.ReLU()
        self.narrow, self.average = nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(2)
        self.linear = nn.Linear(128, 10)

    def add(self, x, y):
        return x + y

    def compute(self, x):
        x = self.narrow(self.first(x))
        x = self.relu(self.add(self.second(x), x))
        x = self.average(self.third(x)).flatten(1)
        return self.linear(x)

    def forward(self, x):
        return self.compute(x)


class Eager(Residual):
    """The parts that only eager mode needs."""

    def __init__(self) -> None:
        super().__init__()
        self.quant, self.dequant = ao.QuantStub(), ao.DeQuantStub()

    def add(self, x, y):
        return self.sum.add(x, y)

    def forward(self, x):
        return self.dequant(self.compute(self.quant(x)))


def pictures(seed: int = 0) -> torch.Tensor:
    return torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(seed)) + 0.3


def calibrate(module: nn.Module) -> nn.Module:
    for seed in range(3):
        module(pictures(seed))
    return module


def last_step(module: torch.fx.GraphModule) -> float:
    """The scale of the last quantization in the graph."""
    nodes = [node for node in module.graph.nodes if "quantize_per_tensor" in str(node.target)]
    return nodes[-1].args[1]


# Each function returns the module, and the step of the last quantization.


def eager(engine: str = "x86") -> tuple[nn.Module, float]:
    module = ao.fuse_modules(Eager().eval(), [["first.0", "first.1"]])
    module.qconfig = ao.get_default_qconfig(engine)
    converted = ao.convert(calibrate(ao.prepare(module)))
    return torch.jit.script(converted), converted.linear.scale


def eager_traced() -> tuple[nn.Module, float]:
    script, step = eager()
    return torch.jit.trace(script, pictures()), step


def eager_per_tensor() -> tuple[nn.Module, float]:
    return eager("qnnpack")  # one scale for all weights of a layer; no reduced range


def prepared_fx() -> torch.fx.GraphModule:
    mapping = ao.get_default_qconfig_mapping("x86")
    return calibrate(quantize_fx.prepare_fx(Residual().eval(), mapping, (pictures(),)))


def fx() -> tuple[nn.Module, float]:
    converted = quantize_fx.convert_fx(prepared_fx())
    return torch.jit.script(converted), float(converted.linear.scale)


def fx_reference() -> tuple[nn.Module, float]:
    converted = quantize_fx.convert_to_reference_fx(prepared_fx())
    return torch.jit.script(converted), converted.linear_scale_0.item()


def fx_decomposed() -> tuple[nn.Module, float]:
    converted = quantize_fx._convert_to_reference_decomposed_fx(prepared_fx())
    return torch.export.export(converted, (pictures(),)), last_step(converted)


def pt2e(is_qat: bool = False) -> tuple[nn.Module, float]:
    from torchao.quantization.pt2e import move_exported_model_to_eval
    from torchao.quantization.pt2e import quantize_pt2e as steps
    from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

    module = Residual().train(is_qat)
    module.first = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()).train(is_qat)
    exported = torch.export.export(module, (pictures(),), strict=True).module()
    config = x86.get_default_x86_inductor_quantization_config(is_qat=is_qat)
    quantizer = x86.X86InductorQuantizer().set_global(config)
    prepare = steps.prepare_qat_pt2e if is_qat else steps.prepare_pt2e
    prepared = calibrate(prepare(exported, quantizer))
    if is_qat:
        move_exported_model_to_eval(prepared)
    converted = steps.convert_pt2e(prepared)
    # The last quantization is that of the input of the linear layer, whose weights are below 1 / 11.
    return torch.export.export(converted, (pictures(),)), last_step(converted)


def pt2e_qat() -> tuple[nn.Module, float]:
    return pt2e(is_qat=True)


FORMS = {
    form.__name__: form
    for form in (eager, eager_traced, eager_per_tensor, fx, fx_reference, fx_decomposed, pt2e, pt2e_qat)
}


def run(module, x: torch.Tensor) -> torch.Tensor:
    module = module.module() if isinstance(module, torch.export.ExportedProgram) else module
    with torch.inference_mode():
        return module(x)


def build(module, precisions: set[torch.dtype], **settings):
    settings = {"device": "cpu", "require_full_compilation": True, "enabled_precisions": precisions, **settings}
    if not isinstance(module, torch.export.ExportedProgram):
        settings["ir"] = "ts"
    return torch_tensorrt.compile(module, inputs=[pictures()], **settings)


def integer_layers(compiled) -> int:
    return sum("dequantize" in str(layer) for layer in json.loads(compiled.engine.get_engine_layer_info())["Layers"])


def build_in_int8(module):
    """Builds until some layer computes in int8: the times that decide vary on a busy machine."""
    for _ in range(4):
        compiled = build(module, INT8)
        if integer_layers(compiled):
            return compiled
    return pytest.skip("int8 was not faster here")


def assert_within_a_step(compiled, module, step: float) -> None:
    """A sum near the middle of two steps may be rounded to either: all results are within a step of PyTorch's."""
    for seed in (0, 7):
        x = pictures(seed)
        got, expected = compiled(x), run(module, x)
        assert got.dtype == expected.dtype
        assert got.shape == expected.shape
        assert expected.abs().max() > 10 * step
        torch.testing.assert_close(got, expected, rtol=0, atol=step * 1.001)


@pytest.fixture(autouse=True)
def weights():
    torch.manual_seed(0)


# Without VNNI, PyTorch's own kernels saturate the sums of two products of these modules.
SATURATING = ("eager_per_tensor", "fx")


@pytest.mark.parametrize("form", FORMS)
def test_results_are_those_of_pytorch(form):
    if form in SATURATING and not HAS_VNNI:
        pytest.skip("PyTorch's kernels saturate on this processor")
    module, step = FORMS[form]()
    assert_within_a_step(build(module, FLOAT), module, step)


@needs_vnni
@pytest.mark.parametrize("form", FORMS)
def test_results_of_integer_layers_are_those_of_pytorch(form):
    module, step = FORMS[form]()
    assert_within_a_step(build_in_int8(module), module, step)


# ---- one operator at a time: a step of difference in an argument would grow in the result ----------------------------


class Operator(nn.Module):
    """An operator between two quantizations."""

    def __init__(self) -> None:
        super().__init__()
        self.quant, self.dequant, self.of = ao.QuantStub(), ao.DeQuantStub(), FloatFunctional()

    def forward(self, x):
        return self.dequant(self.apply_to(self.quant(x)))


class Layer(Operator):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def apply_to(self, x):
        return self.layer(x)


class Function(Operator):
    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def apply_to(self, x):
        return self.function(self.of, x)


def settled(layer: nn.Module) -> nn.Module:
    """Gives batch norms statistics and weights."""
    generator = torch.Generator().manual_seed(5)
    for part in layer.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            for tensor in (part.running_mean, part.running_var, part.weight.data, part.bias.data):
                tensor.uniform_(0.5, 1.5, generator=generator)
    return layer


def per_tensor(layer: nn.Module) -> nn.Module:
    """PyTorch has no transposed convolutions with a scale for each channel."""
    layer.qconfig = ao.default_qconfig
    return layer


# Each has the shape of the argument, and the steps by which a result may differ from PyTorch's: 0 where the operator
# moves elements; 1 where it rounds a sum or a mean, which may lie in the middle of two steps.
OPERATORS = {
    "conv1d": (lambda: Layer(nn.Conv1d(8, 16, 3, stride=2, padding=1)), (3, 8, 32), 1),
    "conv1d_relu": (lambda: Layer(nn.Sequential(nn.Conv1d(8, 16, 3), nn.ReLU())), (3, 8, 32), 1),
    "conv2d_in_groups": (lambda: Layer(nn.Conv2d(4, 8, 3, groups=2, dilation=2)), (3, 4, 12, 12), 1),
    "conv3d": (lambda: Layer(nn.Conv3d(4, 8, 3, padding=1)), (1, 4, 6, 6, 6), 1),
    "linear": (lambda: Layer(nn.Linear(16, 12)), (3, 10, 16), 1),
    "hardswish": (lambda: Layer(nn.Hardswish()), (3, 4, 100), 1),
    "elu": (lambda: Layer(nn.ELU()), (3, 4, 100), 1),
    "leaky_relu": (lambda: Layer(nn.LeakyReLU(0.2)), (3, 4, 100), 1),
    "relu6": (lambda: Layer(nn.ReLU6()), (3, 4, 100), 1),
    "group_norm": (lambda: Layer(nn.GroupNorm(2, 4)), (3, 4, 100), 1),
    "layer_norm": (lambda: Layer(nn.LayerNorm(100)), (3, 4, 100), 1),
    "batch_norm2d": (lambda: Layer(settled(nn.BatchNorm2d(4))), (3, 4, 10, 10), 1),
    "batch_norm2d_relu": (lambda: Layer(settled(BNReLU2d(nn.BatchNorm2d(4), nn.ReLU()))), (3, 4, 10, 10), 1),
    "batch_norm3d": (lambda: Layer(settled(nn.BatchNorm3d(4))), (3, 4, 4, 5, 5), 1),
    "instance_norm1d": (lambda: Layer(nn.InstanceNorm1d(4, affine=True)), (3, 4, 100), 1),
    "instance_norm2d": (lambda: Layer(nn.InstanceNorm2d(4)), (3, 4, 10, 10), 1),
    "conv_transpose1d": (lambda: Layer(per_tensor(nn.ConvTranspose1d(8, 6, 3, stride=2))), (3, 8, 16), 1),
    "conv_transpose2d": (lambda: Layer(per_tensor(nn.ConvTranspose2d(8, 6, 3, 2, 1, 1, groups=2))), (3, 8, 7, 7), 1),
    "threshold": (lambda: Function(lambda f, x: nn.functional.threshold(x, 0.3, -0.2)), (3, 4, 100), 1),
    "add_scalar": (lambda: Function(lambda f, x: f.add_scalar(x, 0.31)), (3, 4, 100), 1),
    "add_scalar_relu": (lambda: Function(lambda f, x: torch.relu(f.add_scalar(x, -0.31))), (3, 4, 100), 1),
    "mul_scalar": (lambda: Function(lambda f, x: f.mul_scalar(x, 1.7)), (3, 4, 100), 1),
    "mul_scalar_negative": (lambda: Function(lambda f, x: f.mul_scalar(x, -0.6)), (3, 4, 100), 1),
    "sigmoid": (lambda: Function(lambda f, x: torch.sigmoid(x)), (3, 4, 100), 1),
    "tanh": (lambda: Function(lambda f, x: torch.tanh(x)), (3, 4, 100), 1),
    "clamp": (lambda: Function(lambda f, x: x.clamp(-0.7, 0.9)), (3, 4, 100), 1),
    "add": (lambda: Function(lambda f, x: f.add(x, x.transpose(0, 1))), (6, 6, 10), 1),
    "add_relu": (lambda: Function(lambda f, x: f.add_relu(x, x.transpose(0, 1))), (6, 6, 10), 1),
    "mul": (lambda: Function(lambda f, x: f.mul(x, x.transpose(0, 1))), (6, 6, 10), 1),
    "mean": (lambda: Function(lambda f, x: x.mean(2)), (30, 40, 16), 1),
    "avg_pool1d": (lambda: Function(lambda f, x: nn.functional.avg_pool1d(x, 2)), (3, 4, 100), 1),
    "adaptive_avg_pool2d": (lambda: Function(lambda f, x: nn.functional.adaptive_avg_pool2d(x, 2)), (3, 4, 15, 15), 1),
    "bilinear": (
        lambda: Function(lambda f, x: nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear")),
        (3, 4, 15, 15),
        1,
    ),
    "cat": (lambda: Function(lambda f, x: f.cat([x, torch.relu(x)], 1)), (3, 4, 100), 1),
    "max_pool2d": (lambda: Function(lambda f, x: nn.functional.max_pool2d(x, 2)), (3, 4, 15, 15), 0),
    "nearest": (lambda: Function(lambda f, x: nn.functional.interpolate(x, scale_factor=2.0)), (3, 4, 15, 15), 0),
    "relu": (lambda: Function(lambda f, x: torch.relu(x)), (3, 4, 100), 0),
    "moves": (
        lambda: Function(lambda f, x: x.permute(1, 0, 2)[:, 1:].flatten(1).chunk(2, 1)[1].unsqueeze(1).squeeze(1)),
        (3, 4, 100),
        0,
    ),
    "flips": (lambda: Function(lambda f, x: x.flip(1).movedim(0, 1)), (3, 8, 4), 0),
    "shuffles": (
        lambda: Function(lambda f, x: nn.functional.pixel_shuffle(nn.functional.channel_shuffle(x, 2), 2)),
        (3, 8, 4, 5),
        0,
    ),
    "chosen": (lambda: Function(lambda f, x: x.index_select(2, torch.tensor([1, 1, 0]))), (3, 8, 4), 0),
}  # fmt: skip


def step_of(values: torch.Tensor) -> float:
    """The smallest distance of two different values."""
    different = torch.unique(values.double())
    return float((different[1:] - different[:-1]).min())


def in_floats(module: Layer, x: torch.Tensor) -> torch.Tensor:
    """The transposed convolution of the module's integers. PyTorch's kernel for processors with VNNI is wrong."""
    layer = module.layer
    values, weight = module.quant(x).dequantize(), layer.weight().dequantize()
    result = nn.functional.conv_transpose1d(values, weight, layer.bias(), layer.stride)
    return torch.quantize_per_tensor(result, layer.scale, layer.zero_point, torch.quint8).dequantize().detach()


@pytest.mark.parametrize("precisions", [FLOAT, INT8], ids=["float", "int8"])
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_on_quantized_tensors(name, precisions):
    make, shape, steps = OPERATORS[name]
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(3))
    module = make().eval()
    module.qconfig = ao.get_default_qconfig("x86")
    prepared = ao.prepare(module)
    prepared(x)
    converted = ao.convert(prepared)
    module = torch.jit.trace(converted, x)
    assert "quantiz" in str(torch.jit.freeze(module.eval()).graph)
    compiled = torch_tensorrt.compile(
        module, ir="ts", inputs=[x], device="cpu", require_full_compilation=True, enabled_precisions=precisions
    )
    got = compiled(x)
    expected = in_floats(converted, x) if name == "conv_transpose1d" else run(module, x)
    torch.testing.assert_close(got, expected, rtol=0, atol=steps * step_of(expected) * 1.001)


@pytest.mark.parametrize("precisions", [FLOAT, INT8], ids=["float", "int8"])
def test_refit_takes_other_integers_with_the_same_zero_points(precisions):
    module, step = eager()
    changed = copy.deepcopy(module)
    weight, bias = torch.ops.quantized.linear_unpack(changed.linear._packed_params._packed_params)
    assert weight.q_per_channel_zero_points().count_nonzero() == 0
    other = torch._make_per_channel_quantized_tensor(
        -weight.int_repr(), weight.q_per_channel_scales() * 0.5, weight.q_per_channel_zero_points(), 0
    )
    changed.linear._packed_params.set_weight_bias(other, bias + 1)
    compiled = build(module, precisions)
    x = pictures(3)
    assert (run(changed, x) - run(module, x)).abs().max() > 10 * step
    assert_within_a_step(torch_tensorrt.refit_module_weights(compiled, changed), changed, step)


def test_refit_refuses_other_zero_points():
    module, _ = eager()
    torch.manual_seed(1)
    other, _ = eager()
    with pytest.raises(RuntimeError, match="the first layer that differs is quantize"):
        torch_tensorrt.refit_module_weights(build(module, FLOAT), other)


# ---- what engines cannot hold ----------------------------------------------------------------------------------------


class Returns(nn.Module):
    """The result is a quantized tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.quant, self.conv = ao.QuantStub(), nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return self.conv(self.quant(x))


class Sorts(Returns):
    """An operator that the compiler does not know on quantized tensors."""

    def forward(self, x):
        return torch.dequantize(torch.sort(self.conv(self.quant(x)), 2)[0])


def converted(module: nn.Module) -> torch.jit.ScriptModule:
    module = module.eval()
    module.qconfig = ao.get_default_qconfig("x86")
    return torch.jit.script(ao.convert(calibrate(ao.prepare(module))))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Returns, "a result is a tensor of a quantized dtype"),
        (Sorts, "aten::sort.* is not known for quantized tensors"),
    ],
)
def test_other_uses_of_quantized_tensors_stay_with_pytorch(make, reason):
    module = converted(make())
    with pytest.raises(RuntimeError, match=reason):
        build(module, FLOAT)
    hybrid = build(module, FLOAT, require_full_compilation=False)
    got, expected = hybrid(pictures()), run(module, pictures())
    assert got.dtype == expected.dtype
    assert torch.equal(torch.dequantize(got), torch.dequantize(expected))


@pytest.mark.parametrize("op", ["quantized::add", "aten::adaptive_avg_pool2d", "aten::quantize_per_tensor"])
def test_operators_that_the_user_leaves_to_pytorch_take_the_others_along(op):
    module, _ = eager()
    hybrid = build(module, FLOAT, require_full_compilation=False, torch_executed_ops=[op])
    assert torch.equal(hybrid(pictures()), run(module, pictures()))


class Between(Eager):
    """A part in floating-point numbers that only PyTorch runs."""

    def forward(self, x):
        return self.dequant(self.compute(self.quant(torch.cummax(x, 2).values)))


def test_hybrid_modules_have_engines_of_quantized_modules():
    module = converted(Between())
    hybrid = build(module, FLOAT, require_full_compilation=False, torch_executed_ops=["aten::cummax"])
    assert len(torch_tensorrt.inspect(hybrid).methods[0].engines) == 1
    assert_within_a_step(hybrid, module, module.linear.scale)


class Trainable(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.quant, self.dequant = ao.QuantStub(), ao.DeQuantStub()
        self.conv, self.norm, self.relu = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()
        self.linear = nn.Linear(8, 5)

    def forward(self, x):
        x = self.relu(self.norm(self.conv(self.quant(x))))
        return self.dequant(self.linear(x.mean((2, 3))))


def trained() -> nn.Module:
    """A module with the observers of quantization-aware training, which are fused with the fake quantization."""
    torch.manual_seed(0)
    module = Trainable().train()
    module.qconfig = ao.get_default_qat_qconfig("x86")
    module = ao.prepare_qat(ao.fuse_modules_qat(module, [["conv", "norm", "relu"]]))
    for _ in range(3):
        module(torch.randn(2, 3, 12, 12))
    return module.eval()


@pytest.mark.parametrize("rounds", [True, False])
@pytest.mark.parametrize("ir", ["ts", "dynamo"])
@pytest.mark.parametrize("whole", [True, False])
def test_observers_that_are_off_leave_fake_quantization(rounds, ir, whole):
    module, x = trained(), torch.randn(2, 3, 12, 12)
    module.apply(ao.disable_observer)
    if not rounds:
        module.apply(ao.disable_fake_quant)
    with torch.no_grad():
        expected = module(x)
    given = torch.jit.trace(module, (x,)) if ir == "ts" else module
    compiled = torch_tensorrt.compile(given, ir=ir, inputs=[x], device="cpu", require_full_compilation=whole)
    (method,) = torch_tensorrt.inspect(compiled).methods
    assert len(method.engines) == 1 and not method.pytorch
    # Sums in another order may round to the next step.
    step = float(module.linear.activation_post_process.scale)
    assert (compiled(x) - expected).abs().max() <= (step * 1.01 if rounds else 1e-5)


def test_observers_that_are_on_stay_with_pytorch():
    module, x = trained(), torch.randn(2, 3, 12, 12)
    given = torch.jit.trace(module, (x,), check_trace=False)
    with pytest.raises(RuntimeError, match="writes the module's attribute"):
        torch_tensorrt.compile(given, ir="ts", inputs=[x], device="cpu", require_full_compilation=True)
