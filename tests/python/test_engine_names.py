"""Names of Torch-TensorRT's engine class and runtime about profiles, memory and several GPUs."""

from __future__ import annotations

import pytest
import torch
from models import Mlp

import torch_tensorrt
from torch_tensorrt import runtime

X = torch.linspace(-1, 1, 32).reshape(2, 16)


def compiled(**input_) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(torch.jit.script(Mlp().eval()), inputs=[torch_tensorrt.Input(**input_)], device="cpu")


@pytest.fixture(scope="module")
def module() -> torch.jit.ScriptModule:
    return compiled(shape=(2, 16))


@pytest.fixture
def engine(module):
    return module.engine


def test_metadata_and_contexts(module, engine):
    strings = engine.serialize_metadata_only()
    whole = dict(engine.__obj_flatten__())
    assert len(strings) == len(whole) and strings[3] == "" and strings[:3] == list(whole.values())[:3]
    expected = module(X)
    engine.reset_captured_graph()
    assert torch.equal(module(X), expected)


def test_profiles(engine):
    assert (engine.num_optimization_profiles, engine._active_profile_index, engine._auto_select_profiles) == (
        1,
        -1,
        True,
    )
    engine.set_active_profile(0)
    two = compiled(profiles=[((1, 16), (1, 16), (2, 16)), ((8, 16), (8, 16), (9, 16))]).engine
    assert two.num_optimization_profiles == 2
    with pytest.raises(RuntimeError, match=r"set_active_profile\(1\) is not available: an engine takes the profile"):
        two.set_active_profile(1)


STATES = [
    ("use_pre_allocated_outputs", False, True),
    ("use_output_allocator_outputs", False, True),
    ("device_memory_budget", 0, 100),
    ("rank", -1, 0),
    ("world_size", -1, 2),
    ("_auto_select_profiles", True, False),
]


@pytest.mark.parametrize(("name", "state", "other"), STATES)
def test_a_state_is_told_and_another_refused(engine, name, state, other):
    assert getattr(engine, name) == state
    setattr(engine, name, state)
    with pytest.raises(RuntimeError, match=f"Engine.{name} = .* is not available: "):
        setattr(engine, name, other)
    assert getattr(engine, name) == state


def test_states_that_nobody_sets(engine):
    assert engine.pre_allocated_outputs == []
    assert engine.streamable_device_memory_budget == engine.automatic_device_memory_budget == 0
    assert not engine.requires_native_multidevice and not engine.nccl_initialized
    assert not engine.are_output_tensors_unowned()


CALLS = [
    ("set_output_tensors_unowned", (True,)),
    ("use_dynamically_allocated_resources", (True,)),
    ("update_runtime_settings", ({"a": 1},)),
    ("set_group_name", ("group",)),
    ("bind_nccl_comm", ()),
    ("release_nccl_comm", ()),
]


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_a_call_that_is_not_available(engine, name, arguments):
    with pytest.raises(RuntimeError, match=f"Engine.{name} is not available: "):
        getattr(engine, name)(*arguments)


def test_what_is_off_may_be_switched_off(engine):
    engine.set_output_tensors_unowned(False)
    engine.use_dynamically_allocated_resources(False)


@pytest.mark.parametrize(
    "name", ["RuntimeCacheHandle", "_Input", "_InputSignature", "_Device", "_TorchFallback", "CompileSpec"]
)
def test_absent_classes(name):
    with pytest.raises(RuntimeError, match=f"torch.classes.tensorrt.{name} is not available: use "):
        getattr(torch.classes.tensorrt, name)()
    with pytest.raises(RuntimeError, match="is not available: use "):
        getattr(torch.classes.tensorrt, name)(["state"])


def test_modes_of_the_runtime(module):
    assert not runtime.get_whole_cudagraphs_mode()
    with (
        pytest.warns(UserWarning, match="changes nothing: engines check the device"),
        runtime.set_multi_device_safe_mode(True),
    ):
        assert torch.ops.tensorrt.get_multi_device_safe_mode()
    assert not torch.ops.tensorrt.get_multi_device_safe_mode()
    runtime.set_multi_device_safe_mode(False)
    for manager in (runtime.enable_pre_allocated_outputs, runtime.enable_output_allocator):
        with pytest.warns(UserWarning, match=f"{manager.__name__} changes nothing"), manager(module) as same:
            assert same is module and torch.equal(same(X), module(X))
    with runtime.optimization_profile(module, "auto") as same:
        assert same is module
    with pytest.raises(ValueError, match="profile is 1, must be 'auto'"), runtime.optimization_profile(module, 1):
        pass
    with pytest.raises(NotImplementedError, match="timing_cache_path"):
        runtime.runtime_cache(module)


def test_streamed_weights(module):
    with runtime.weight_streaming(module) as budget:
        assert budget.total_device_budget == budget.device_budget == budget.get_automatic_weight_streaming_budget() == 0
        with pytest.raises(RuntimeError, match="cannot be 100 bytes"):
            budget.device_budget = 100


def test_the_module_of_the_python_runtime():
    engine = torch_tensorrt.convert_method_to_trt_engine(torch.jit.script(Mlp().eval()), inputs=[X], device="cpu")
    module = runtime.PythonTorchTensorRTModule(engine, ["input_0"], ["output_0"], name="mlp", target_device="cpu")
    assert isinstance(module, runtime.TorchTensorRTModule) and module(X).shape == (2, 4)


def test_the_debugger(tmp_path):
    script = torch.jit.script(Mlp().eval())
    with pytest.warns(UserWarning, match="save_layer_info of Debugger has no effect"):
        debugger = torch_tensorrt.dynamo.Debugger("info", logging_dir=tmp_path / "logs", save_layer_info=True)
    before = torch_tensorrt.ts.logging.get_reportable_log_level()
    with debugger:
        assert torch_tensorrt.ts.logging.get_reportable_log_level() == torch_tensorrt.ts.logging.Level.Info
        torch_tensorrt.compile(script, inputs=[X], device="cpu")
    assert torch_tensorrt.ts.logging.get_reportable_log_level() == before
    written = len(list((tmp_path / "logs").rglob("*.txt"))) or len(list((tmp_path / "logs").rglob("*.*")))
    torch_tensorrt.compile(script, inputs=[X], device="cpu")
    assert written > 0 and len(list((tmp_path / "logs").rglob("*.*"))) >= written
    with pytest.raises(ValueError, match="log_level is 'loud'"):
        torch_tensorrt.dynamo.Debugger("loud")
