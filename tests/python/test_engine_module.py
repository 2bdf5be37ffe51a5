"""runtime.TorchTensorRTModule, and the names of ts in programs for Torch-TensorRT."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from models import Mlp, TwoInputs

import torch_tensorrt
from torch_tensorrt.runtime import TorchTensorRTModule


@pytest.fixture(scope="module")
def model() -> torch.jit.ScriptModule:
    return torch.jit.script(Mlp().eval())


@pytest.fixture(scope="module")
def engine(model) -> bytes:
    return torch_tensorrt.convert_method_to_trt_engine(model, inputs=[torch.ones(2, 16)], device="cpu")


@pytest.mark.parametrize(
    "make",
    [
        lambda engine: TorchTensorRTModule(engine, "mlp", ["input_0"], ["output_0"], "cpu"),
        lambda engine: TorchTensorRTModule(engine, "mlp", target_device="cpu"),
        lambda engine: TorchTensorRTModule(engine, ["input_0"], ["output_0"], name="mlp", target_device="cpu"),
        lambda engine: TorchTensorRTModule(
            serialized_engine=bytearray(engine),
            name="mlp",
            input_binding_names=["input_0"],
            output_binding_names=["output_0"],
            target_device=torch_tensorrt.Device("cpu"),
        ),
    ],
    ids=["name first", "name alone", "bindings first", "keywords"],
)
def test_an_engine_runs_as_a_module(engine, model, rel, make):
    module, x = make(engine), torch.randn(2, 16)
    assert module.name == "mlp"
    assert rel(module(x), model(x)) < 1e-5
    assert "layers" in module.get_layer_info()
    assert rel(torch.nn.Sequential(module, torch.nn.ReLU())(x), torch.relu(model(x))) < 1e-5


def test_several_outputs_are_a_tuple():
    a, b = torch.randn(2, 3), torch.randn(2, 3)
    engine = torch_tensorrt.convert_method_to_trt_engine(torch.jit.script(TwoInputs()), inputs=[a, b], device="cpu")
    found = TorchTensorRTModule(engine, "two", target_device="cpu")(a, b)
    assert isinstance(found, tuple) and torch.equal(found[0], a + b) and torch.equal(found[1], a * b)


def test_it_is_pickled_copied_saved_and_traced(engine, model):
    module, x = TorchTensorRTModule(engine, "mlp", target_device="cpu"), torch.randn(2, 16)
    expected = module(x)
    buffer = io.BytesIO()
    torch.save(module, buffer)
    buffer.seek(0)
    loaded = torch.load(buffer, weights_only=False)
    for other in (pickle.loads(pickle.dumps(module)), copy.deepcopy(module), loaded, torch.jit.trace(module, x)):
        assert torch.equal(other(x), expected)
    assert loaded.name == "mlp"


def test_its_state_holds_the_engine(engine):
    module, x = TorchTensorRTModule(engine, "mlp", target_device="cpu"), torch.randn(2, 16)
    empty = TorchTensorRTModule(target_device="cpu")
    with pytest.raises(RuntimeError, match="has no engine: give serialized_engine, or call load_state_dict"):
        empty(x)
    buffer = io.BytesIO()
    torch.save(module.state_dict(), buffer)
    buffer.seek(0)
    empty.load_state_dict(torch.load(buffer))
    assert empty.name == "mlp" and torch.equal(empty(x), module(x))


def test_mistakes_in_an_engine_module(engine):
    with pytest.raises(TypeError, match="serialized_engine is str, must be bytes"):
        TorchTensorRTModule("engine", "mlp")
    with pytest.raises(TypeError, match="got two values for input_binding_names"):
        TorchTensorRTModule(engine, "mlp", ["input_0"], input_binding_names=["input_0"], target_device="cpu")
    with pytest.raises(TypeError, match="takes an engine and at most 5 more positional arguments, 6 were given"):
        TorchTensorRTModule(engine, "mlp", [], [], "cpu", False, None)
    with pytest.raises(RuntimeError, match="Could not find a TensorRT engine binding for input named x"):
        TorchTensorRTModule(engine, "mlp", ["x"], ["output_0"], "cpu")


def test_an_input_of_the_torchscript_path(model):
    fixed = torch_tensorrt.ts.TorchScriptInput((1, 16), dtype=torch.half, format=torch.contiguous_format)
    internal = fixed._to_internal()
    assert (internal.min, internal.opt, internal.max) == ([1, 16], [1, 16], [1, 16])
    assert not internal.input_is_dynamic and internal._explicit_set_dtype
    assert internal.dtype is torch_tensorrt.dtype.half and internal.tensor_domain == (0.0, 2.0)
    assert internal.format is torch_tensorrt.memory_format.contiguous
    ranged = torch_tensorrt.ts.TorchScriptInput(min_shape=(1, 16), opt_shape=(2, 16), max_shape=(4, 16))
    internal = ranged._to_internal()
    assert (internal.min, internal.opt, internal.max) == ([1, 16], [2, 16], [4, 16])
    assert internal.input_is_dynamic and not internal._explicit_set_dtype
    assert isinstance(ranged, torch_tensorrt.Input)
    compiled = torch_tensorrt.compile(model, inputs=[ranged], device="cpu")
    assert compiled(torch.ones(3, 16)).shape == (3, 4)


def test_a_specification_for_a_backend_of_torch_jit(model):
    inputs = [torch_tensorrt.Input((2, 16))]
    spec = torch_tensorrt.ts.TensorRTCompileSpec(inputs=inputs, device="cpu", workspace_size=1024)
    assert spec.inputs == inputs and spec.workspace_size == 1024 and spec.num_avg_timing_iters == 1
    assert "workspace_size=1024" in repr(spec)
    assert torch_tensorrt.ts.convert_method_to_trt_engine(model, "forward", **spec.settings)
    with pytest.raises(ValueError, match="a backend of torch.jit takes no input_signature"):
        torch_tensorrt.ts.TensorRTCompileSpec(input_signature=(inputs[0],))
    with pytest.raises(RuntimeError, match="torch_executed_ops cannot be set here"):
        torch_tensorrt.ts.TensorRTCompileSpec(inputs=inputs, torch_executed_ops=["aten::relu"])
    with pytest.raises(ValueError, match="workspace_size is -1"):
        torch_tensorrt.ts.TensorRTCompileSpec(inputs=inputs, workspace_size=-1)
    with pytest.raises(TypeError, match="no_such_setting"):
        torch_tensorrt.ts.TensorRTCompileSpec(inputs=inputs, no_such_setting=1)
    with pytest.raises(KeyError, match="inputs are missing"):
        torch_tensorrt.ts.TensorRTCompileSpec()
    with pytest.raises(AttributeError, match="has no setting 'outputs'"):
        spec.outputs  # noqa: B018
