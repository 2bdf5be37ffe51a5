"""Messages about input that cannot be compiled: the argument, operator or submodule at fault, and the remedy."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Device, DeviceType, Input


def compile_cpu(module: nn.Module, *inputs, **settings) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=list(inputs), device="cpu", **settings)


def compile_whole(module: nn.Module, *inputs) -> torch.jit.ScriptModule:
    return compile_cpu(module, *inputs, require_full_compilation=True)


# ---- messages name the failing node ---------------------------------------------------------------------------------


class Chain(nn.Module):
    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        y = torch.relu(self.layer(torch.tanh(x)))
        return torch.sigmoid(y) * 2


class Product(nn.Module):
    def forward(self, x):
        return x @ torch.ones(7, 3)


class Joined(nn.Module):
    def forward(self, x):
        return torch.cat((x, torch.ones(2, 2)), 0)


class Viewed(nn.Module):
    def forward(self, x):
        return x.view(7, -1)


class Sum(nn.Module):
    def forward(self, x):
        return x + torch.ones(7)


class Turned(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 1)


WRONG = [
    (nn.Conv2d(3, 4, 3), (2, 5, 8, 8), "aten::_convolution", "conv.py"),
    (nn.ConvTranspose1d(3, 4, 3), (2, 5, 8), "aten::_convolution", "conv.py"),
    (nn.Linear(4, 3), (2, 5), "aten::linear", "linear.py"),
    (nn.BatchNorm1d(4), (2, 5, 3), "aten::batch_norm", "functional.py"),
    (nn.LayerNorm(4), (2, 5), "aten::layer_norm", "functional.py"),
    (nn.GroupNorm(2, 4), (2, 6, 3), "aten::group_norm", "functional.py"),
    (nn.MaxPool2d(9), (2, 3, 4, 4), "aten::max_pool2d", "functional.py"),
    (Product(), (2, 5), "aten::matmul", "test_messages.py"),
    (Joined(), (2, 5), "aten::cat", "test_messages.py"),
    (Viewed(), (2, 5), "aten::(view|reshape)", "test_messages.py"),
    (Sum(), (2, 5), "aten::add", "test_messages.py"),
    (Turned(), (2, 5), "aten::permute", "test_messages.py"),
]


@pytest.mark.parametrize(("layer", "shape", "op", "file"), WRONG, ids=[type(row[0]).__name__ for row in WRONG])
def test_an_error_names_the_operator_that_does_not_fit(layer, shape, op, file):
    with pytest.raises(RuntimeError, match=rf"Unable to convert node: [^=]*= {op}") as caught:
        compile_cpu(Chain(layer), Input(shape))
    assert f"{file}:" in str(caught.value).split("Source: ")[1].splitlines()[0]


# ---- arguments ------------------------------------------------------------------------------------------------------


class TakesNumber(nn.Module):
    def forward(self, x, k: int):
        return x * k


class TakesFloat(nn.Module):
    def forward(self, x, scale: float, y):
        return x * scale + y


class TakesText(nn.Module):
    def forward(self, x, mode: str):
        return x * 2 if mode == "twice" else x


class TakesFlags(nn.Module):
    def forward(self, x, flags: list[bool]):
        return x * 2 if flags[0] else x


class HasDefault(nn.Module):
    def forward(self, x, k: int = 3):
        return x * k


@pytest.mark.parametrize(
    ("model", "argument", "kind", "calls"),
    [
        (TakesNumber, "k", "an int", [(3,), (-1,)]),
        (TakesFloat, "scale", "a float", [(0.5, torch.ones(2)), (2.0, torch.zeros(2))]),
        (TakesText, "mode", "a str", [("twice",), ("once",)]),
        (TakesFlags, "flags", r"a List\[bool\]", [([True],), ([False, True],)]),
    ],
)
def test_an_argument_that_is_no_tensor_and_has_no_default(model, argument, kind, calls):
    wanted = rf"argument {argument} of forward is {kind} and has no default; .*give {argument} a default in the module"
    inputs = [Input((2,))] * (1 + sum(isinstance(value, torch.Tensor) for value in calls[0]))
    with pytest.raises(RuntimeError, match=wanted):
        compile_whole(model(), *inputs)
    compiled, x = compile_cpu(model(), *inputs), torch.tensor([1.0, -2.0])
    for arguments in calls:
        assert torch.equal(compiled(x, *arguments), model()(x, *arguments))
    with pytest.raises(RuntimeError, match=wanted):
        torch_tensorrt.convert_method_to_trt_engine(
            torch.jit.script(model().eval()), inputs=[torch.ones(2)], device="cpu"
        )
    report = torch_tensorrt.check(torch.jit.script(model().eval()))
    assert not report and f"argument {argument} of forward" in report.problem


class TakesDict(nn.Module):
    def forward(self, x: dict[str, torch.Tensor]):
        return x["a"] * 2


def test_a_dict_as_argument():
    with pytest.raises(RuntimeError, match=r"argument x of forward is a Dict\[str, Tensor\]; .*as a tuple"):
        compile_whole(TakesDict(), Input((2,)))
    with pytest.raises(RuntimeError, match=r"argument x of forward is Dict\[str, Tensor\], .* give a dict"):
        compile_cpu(TakesDict(), Input((2,)))
    assert compile_cpu(TakesDict(), {"a": Input((2,))})({"a": torch.ones(2)}).tolist() == [2, 2]


def test_an_argument_with_a_default_that_is_given_an_input():
    assert compile_cpu(HasDefault(), Input((2,)))(torch.ones(2)).tolist() == [3, 3]
    with pytest.raises(RuntimeError, match="argument k of forward is an int, and input 1 is given for it"):
        compile_whole(HasDefault(), Input((2,)), Input((1,)))
    with pytest.raises(
        RuntimeError, match="argument k of forward is an int, and input 1 is given for it; give a value"
    ):
        compile_cpu(HasDefault(), Input((2,)), Input((1,)))


class Two(nn.Module):
    def forward(self, left, right):
        return left + right


def test_another_number_of_inputs_names_the_arguments():
    with pytest.raises(RuntimeError, match="found 2 input tensors and 1 dimension specs.*left : Tensor, right : Tens"):
        compile_cpu(Two(), Input((2,)))
    with pytest.raises(RuntimeError, match="found 2 input tensors and 3 dimension specs.*left : Tensor, right : Tens"):
        compile_cpu(Two(), Input((2,)), Input((2,)), Input((2,)))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"x": torch.ones(2)}, "inputs is a dict with the keys 'x'; give a list"),
        ([(2, 3)], r"found \(2, 3\); give a shape as torch_tensorrt.Input\(\(2, 3\)\)"),
        ([3], "found 3; give numbers and strings a default in the module"),
        ("x", "inputs is 'x', must be a list or tuple"),
        (5, "inputs is 5, must be a list or tuple"),
        ([None], "found NoneType"),
    ],
)
def test_inputs_of_another_kind(inputs, said):
    with pytest.raises(KeyError, match=said):
        torch_tensorrt.compile(torch.jit.script(nn.ReLU()), inputs=inputs, device="cpu")


def test_a_module_that_is_compiled_already():
    compiled = compile_cpu(nn.ReLU(), Input((2,)))
    for compile_it in (torch_tensorrt.compile, torch_tensorrt.convert_method_to_trt_engine):
        with pytest.raises(RuntimeError, match="the module is compiled already: .*ompile the module that it was"):
            compile_it(compiled, inputs=[Input((2,))], device="cpu")

    class Around(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = compiled

        def forward(self, x):
            return self.inner(x) + 1

    around = torch.jit.script(Around().eval())
    with pytest.raises(RuntimeError, match="submodule"):
        torch_tensorrt.compile(around, inputs=[Input((2,))], device="cpu")
    for module in (compiled, around):
        assert not torch_tensorrt.ts.check_method_op_support(module)
        assert "compiled already" in torch_tensorrt.check(module).problem


# ---- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Input((2.5, 3)), TypeError, r"shape has the size 2.5, must be an integer of 0 or more"),
        (lambda: Input((2.0, 3)), TypeError, "shape has the size 2.0"),
        (lambda: Input((True, 3)), TypeError, "shape has the size True"),
        (lambda: Input(("2", 3)), TypeError, "shape has the size '2'"),
        (lambda: Input(min_shape=(1,), opt_shape=(1.5,), max_shape=(2,)), TypeError, "opt_shape has the size 1.5"),
        (lambda: Input(profiles=[((1,), (1,), (2.5,))]), TypeError, "max_shape has the size 2.5"),
        (
            lambda: Input(torch.ones(2, 3)),
            TypeError,
            r"shape is a tensor of shape \(2, 3\); use Input.from_tensor\(tensor\)",
        ),
        (lambda: Input(torch.tensor([2, 3])), TypeError, "Input.from_tensor"),
        (lambda: Input(5), ValueError, r"shape is 5, must be a sequence of sizes: \(5,\)"),
        (lambda: Input("abc"), ValueError, "shape is 'abc', must be a sequence of sizes"),
        (lambda: Input((2,), tensor_domain=5), TypeError, r"tensor_domain is 5, must be a pair of numbers"),
        (lambda: Input((2,), tensor_domain=(1, 2, 3)), TypeError, "must be a pair of numbers"),
        (lambda: Input((2,), tensor_domain=("a", "b")), TypeError, "must be a pair of numbers"),
        (lambda: Input((2,), tensor_domain=(2, 2)), ValueError, "low end must be below the high end"),
        (lambda: Input((2,), tensor_domain=(0, float("inf"))), ValueError, "both finite"),
        (lambda: Input((2,), tensor_domain=(0, float("nan"))), ValueError, "low end must be below"),
        (lambda: Input((2, 3), format="channels_last"), ValueError, "for inputs of rank 4; this one has rank 2"),
        (lambda: Input((2,), dtype="f8"), TypeError, "an input cannot have the dtype"),
        (lambda: Input((2,), torch_tensor=[1, 2]), TypeError, r"torch_tensor is \[1, 2\], must be a torch.Tensor"),
        (lambda: Device(gpu_id=1.5), TypeError, "gpu_id is 1.5, must be an integer of 0 or more"),
        (lambda: Device(gpu_id="1"), TypeError, "gpu_id is '1', must be an integer"),
        (lambda: Device(gpu_id=True), TypeError, "gpu_id is True, must be an integer"),
        (lambda: Device(gpu_id=-1), ValueError, "gpu_id is -1, must be 0 or more"),
        (lambda: Device(dla_core=0.5), TypeError, "dla_core is 0.5, must be an integer"),
        (lambda: Device._from({"gpu": 1}), ValueError, "has the key 'gpu'; keys are device_type, gpu_id"),
        (lambda: Device._from({"gpu_id": "1"}), TypeError, "gpu_id is '1'"),
        (lambda: Device._from({"device_type": "tpu"}), TypeError, "'tpu' is not a device type"),
        (lambda: Device._from(1.5), TypeError, "1.5 is not a device"),
    ],
)
def test_values_that_mean_nothing(make, error, said):
    with pytest.raises(error, match=said):
        make()


def test_sizes_may_be_what_counts_as_an_integer():
    assert Input(torch.Size([2, 3])) == Input([2, 3]) == Input(size for size in (2, 3))
    assert Input(torch.tensor([[1], [2]]).shape).shape == (2, 1)
    numpy = pytest.importorskip("numpy")
    assert Input((numpy.int64(2), numpy.int32(3))).shape == (2, 3)
    assert Device(gpu_id=numpy.int64(1)) == Device("gpu:1")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"device_type": DeviceType.CPU, "gpu_id": 0}, Device("cpu")),
        ({"device_type": "cpu"}, Device("cpu")),
        ({"device_type": DeviceType.GPU, "gpu_id": 1, "dla_core": 0, "allow_gpu_fallback": False}, Device("gpu:1")),
        ({"device_type": torch.device("cuda"), "gpu_id": 2}, Device("gpu:2")),
        ({"gpu_id": 1}, Device("gpu:1")),
        (
            {"device_type": DeviceType.DLA, "gpu_id": 0, "dla_core": 1, "allow_gpu_fallback": True},
            Device("dla:1", allow_gpu_fallback=True),
        ),
        ({"dla_core": 1}, Device("dla:1")),
    ],
)
def test_a_device_as_a_dictionary(given, meant):
    assert Device._from(given) == meant


def test_a_dictionary_is_a_device_of_compile():
    script = torch.jit.script(nn.ReLU())
    device = {"device_type": DeviceType.CPU, "gpu_id": 0, "dla_core": 0, "allow_gpu_fallback": False}
    compiled = torch_tensorrt.compile(script, inputs=[Input((2,))], device=device)
    assert compiled(torch.tensor([-1.0, 1.0])).tolist() == [0, 1]
    engine = torch_tensorrt.convert_method_to_trt_engine(script, inputs=[Input((2,))], device=device)
    embedded = torch_tensorrt.embed_engine_in_new_module(engine, device=device)
    assert embedded(torch.tensor([-1.0, 1.0])).tolist() == [0, 1]


# ---- without numpy --------------------------------------------------------------------------------------------------

WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
import torch, torch_tensorrt as tt
script = torch.jit.script(torch.nn.Linear(2, 2).eval())
try:
    torch.ones(1).numpy()
    sys.exit("numpy is there")
except RuntimeError:
    pass
engine = tt.convert_method_to_trt_engine(script, inputs=[tt.Input((1, 2))], device="cpu")
module = tt.embed_engine_in_new_module(engine, device="cpu")
assert module(torch.ones(1, 2)).shape == (1, 2) and isinstance(engine, bytes)
compiled = tt.compile(script, inputs=[torch.ones(1, 2)], device="cpu")
tt.save(compiled, sys.argv[1])
tt.refit_module_weights(tt.load(sys.argv[1]), script, arg_inputs=[torch.ones(1, 2)], verify_output=True)
assert tt.check(script, [tt.Input((1, 2))]) and tt.dtype._from(torch.half)
tt.Input.from_tensor(torch.ones(2)).example_tensor()
"""


def test_numpy_is_not_needed(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT_NUMPY, str(tmp_path / "compiled.ts")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
