"""docs/migration.md: the test tries each row of its tables on the package."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import logging
import re
import warnings
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from models import Mlp

import torch_tensorrt
from torch_tensorrt._absent import ABSENT

PAGE = Path(__file__).parents[2] / "docs" / "migration.md"
STATES = ("works", "differs", "error")
ERRORS = (AttributeError, ImportError, NotImplementedError, RuntimeError)
X = torch.linspace(-1, 1, 32).reshape(2, 16)


def table_rows() -> list[tuple[str, str, str]]:
    """(name, state, text) of each row."""
    rows = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            rows.append((cells[0].strip("`"), cells[1], cells[2].strip(" |") if len(cells) > 2 else ""))
    return rows


ROWS = table_rows()

# Parameters of Torch-TensorRT's functions; the functions here may have more.
PARAMETERS = {
    "torch_tensorrt.compile": "module ir inputs arg_inputs kwarg_inputs enabled_precisions",
    "torch_tensorrt.convert_method_to_trt_engine": (
        "module method_name inputs arg_inputs kwarg_inputs ir enabled_precisions"
    ),
    "torch_tensorrt.save": (
        "module file_path extra_files output_format inputs arg_inputs kwarg_inputs retrace use_legacy_exporter "
        "pickle_protocol dynamic_shapes"
    ),
    "torch_tensorrt.load": "file_path extra_files format",
    "torch_tensorrt.refit_module_weights": (
        "compiled_module new_weight_module arg_inputs kwarg_inputs verify_output in_place"
    ),
    "torch_tensorrt.dynamo.refit_module_weights": (
        "compiled_module new_weight_module arg_inputs kwarg_inputs verify_output in_place"
    ),
    "torch_tensorrt.ts.compile": (
        "module inputs input_signature device disable_tf32 sparse_weights enabled_precisions refit debug capability "
        "num_avg_timing_iters workspace_size dla_sram_size dla_local_dram_size dla_global_dram_size "
        "truncate_long_and_double require_full_compilation min_block_size torch_executed_ops torch_executed_modules "
        "allow_shape_tensors"
    ),
    "torch_tensorrt.ts.convert_method_to_trt_engine": (
        "module method_name inputs device disable_tf32 sparse_weights enabled_precisions refit debug capability "
        "num_avg_timing_iters workspace_size dla_sram_size dla_local_dram_size dla_global_dram_size "
        "truncate_long_and_double allow_shape_tensors"
    ),
    "torch_tensorrt.ts.embed_engine_in_new_module": (
        "serialized_engine input_binding_names output_binding_names device"
    ),
    "torch_tensorrt.ts.check_method_op_support": "module method_name",
    "torch_tensorrt.MutableTorchTensorRTModule": (
        "pytorch_model device immutable_weights strict prefer_deferred_runtime_asserts_over_guards "
        "weight_streaming_budget"
    ),
    "torch_tensorrt.dynamo.Debugger": (
        "log_level capture_fx_graph_before capture_fx_graph_after save_engine_profile profile_format "
        "engine_builder_monitor logging_dir save_layer_info"
    ),
    "torch_tensorrt.Input": (
        "shape min_shape opt_shape max_shape dtype format tensor_domain torch_tensor name is_shape_tensor shared_dims "
        "profiles"
    ),
    "torch_tensorrt.Device": "gpu_id dla_core allow_gpu_fallback device_type",
    "torch_tensorrt.logging.set_level": "level logger",
}


class Try:
    """What the expressions below use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = Mlp().eval()
        self.script = torch.jit.script(self.model)
        self.program = torch.export.export(self.model, (X,))
        self.compiled = torch_tensorrt.compile(self.script, inputs=[X], device="cpu")
        self.engine = self.compiled.engine
        self.bytes = torch_tensorrt.convert_method_to_trt_engine(self.script, inputs=[X], device="cpu")

    def same(self, module: Any) -> bool:
        torch.testing.assert_close(module(X), self.model(X), rtol=1e-4, atol=1e-5)
        return True

    def embedded(self, data: bytes) -> bool:
        return self.same(torch_tensorrt.ts.embed_engine_in_new_module(data, device="cpu"))

    def saved(self, module: Any) -> Any:
        torch_tensorrt.save(module, self.folder / "file")
        return torch_tensorrt.load(self.folder / "file")

    def level(self, context: Any, level: int, native: int) -> bool:
        with context():
            now = logging.getLogger("torch_tensorrt").level, torch.ops.tensorrt.get_logging_level()
        return now == (level, native)

    def warns(self, call: Any) -> bool:
        with pytest.warns(UserWarning, match="changes nothing"):
            result = call()
            if hasattr(result, "__enter__"):
                with result:
                    pass
        return True

    def lowered(self) -> bool:
        spec = torch_tensorrt.ts.TensorRTCompileSpec(inputs=[X], device="cpu")
        forms = [{"forward": spec}, {"forward": {"forward": spec}}]
        return all(self.same(torch._C._jit_to_backend("tensorrt", self.script, form)) for form in forms)

    def mutable(self) -> bool:
        module = torch_tensorrt.MutableTorchTensorRTModule(self.model, device="cpu")
        return self.same(module) and isinstance(module, Mlp)

    def put(self, name: str, value: Any) -> bool:
        """Sets a property of the engine to its value, and to another one, which is an error."""
        setattr(self.engine, name, value)
        with pytest.raises(RuntimeError, match="is not available"):
            setattr(self.engine, name, type(value)(not value))
        return True

    def profiled(self) -> bool:
        engine = torch_tensorrt.compile(self.script, inputs=[X], device="cpu").engine
        engine.profile_path_prefix = str(self.folder)
        engine.set_profile_format("trex")
        engine.enable_profiling()
        torch.ops.tensorrt.execute_engine([X], engine)
        written = list(self.folder.glob("*profile*"))
        engine.disable_profiling()
        engine.dump_engine_layer_info()
        engine.dump_engine_layer_info_to_file(str(self.folder / "layers.json"))
        layers = json.loads((self.folder / "layers.json").read_text())
        return bool(written) and bool(layers) and engine.profile_path_prefix == str(self.folder)


# An expression for each name: true if the row holds, or the use that must be an error.
CHECKS = {
    "torch_tensorrt.compile": "t.same(tt.compile(t.model, inputs=[X], device='cpu')) "
    "and isinstance(tt.compile(t.program, device='cpu'), torch.jit.ScriptModule)",
    "torch_tensorrt.convert_method_to_trt_engine": "t.embedded(t.bytes)",
    "torch_tensorrt.save": "isinstance(t.saved(t.compiled), torch.jit.ScriptModule)",
    "torch_tensorrt.load": "isinstance(t.saved(t.program), torch.export.ExportedProgram)",
    "torch_tensorrt.refit_module_weights": "t.same(tt.refit_module_weights(t.compiled, t.model))",
    "torch_tensorrt.MutableTorchTensorRTModule": "t.mutable()",
    "torch_tensorrt.Input": "tt.Input((2, 16), shared_dims={0: 'n'}).shared_dims and not tt.memory_format.chw2 is None",
    "torch_tensorrt.Device": "tt.Device('cpu') == tt.Device._from_torch_device(torch.device('cpu'))",
    "torch_tensorrt.Platform": "str(tt.Platform.current_platform()) == torch.ops.tensorrt.get_current_platform()",
    "torch_tensorrt.dtype": "tt.dtype.half.to(numpy.dtype) == numpy.float16 and tt.dtype.i16.to(torch.dtype)",
    "torch_tensorrt.memory_format": "len(tt.memory_format) == 13",
    "torch_tensorrt.DeviceType": "tt.DeviceType.CPU.to(tt.DeviceType) and len(tt.DeviceType) == 4",
    "torch_tensorrt.EngineCapability": "len(tt.EngineCapability) == 3",
    "torch_tensorrt.ENABLED_FEATURES": "tt.ENABLED_FEATURES.torchscript_frontend",
    "torch_tensorrt.cross_compile_for_windows": "tt.cross_compile_for_windows(t.program, 'x.pt2', inputs=[X])",
    "torch_tensorrt.load_cross_compiled_exported_program": "tt.load_cross_compiled_exported_program('x.pt2')",
    "torch_tensorrt.kernels": "tt.kernels",
    "torch_tensorrt.distributed": "tt.distributed",
    "torch_tensorrt.executorch": "tt.executorch",
    "torch_tensorrt.fx": "tt.fx",
    "torch_tensorrt.ptq": "tt.ptq",
    "torch_tensorrt._C": "tt._C",
    "torch_tensorrt.ts.compile": "t.same(tt.ts.compile(t.script, inputs=[X], device='cpu'))",
    "torch_tensorrt.ts.convert_method_to_trt_engine": (
        "t.embedded(tt.ts.convert_method_to_trt_engine(t.script, inputs=[X], device='cpu'))"
    ),
    "torch_tensorrt.ts.embed_engine_in_new_module": "t.embedded(t.bytes)",
    "torch_tensorrt.ts.check_method_op_support": "tt.ts.check_method_op_support(t.script)",
    "torch_tensorrt.ts.TensorRTCompileSpec": (
        "isinstance(tt.ts.TensorRTCompileSpec([X], device='cpu'), str) and "
        "tt.ts.TensorRTCompileSpec([X], device='cpu').workspace_size == 0"
    ),
    'torch._C._jit_to_backend("tensorrt", ...)': "t.lowered()",
    "torch_tensorrt.ts.TorchScriptInput": "tt.ts.TorchScriptInput((2, 16))._to_internal().opt == [2, 16]",
    "torch_tensorrt.ts.get_build_info": "'PyTorch' in tt.ts.get_build_info()",
    "torch_tensorrt.ts.dump_build_info": "'PyTorch' in printed(tt.ts.dump_build_info)",
    "torch_tensorrt.ts.set_device": "torch.cuda.is_available() or refused(lambda: tt.ts.set_device(0))",
    "torch_tensorrt.ts.ptq": "tt.ts.ptq",
    "torch_tensorrt.dynamo.CompilationSettings": "tt.dynamo.CompilationSettings(min_block_size=1)",
    **{f"torch_tensorrt.{name}": f"tt.{name}" for name in ABSENT if name.startswith("dynamo.")},
    "torch_tensorrt.dynamo.conversion.dynamo_tensorrt_converter": "tt.dynamo.conversion.dynamo_tensorrt_converter",
    "torch_tensorrt.ts.logging": (
        "all(hasattr(tt.ts.logging, name) for name in ('Level', 'log', 'get_logging_prefix', 'set_logging_prefix', "
        "'get_reportable_log_level', 'set_reportable_log_level', 'get_is_colored_output_on', "
        "'set_is_colored_output_on'))"
    ),
    "torch_tensorrt.dynamo.compile": "t.same(tt.dynamo.compile(t.program, inputs=[X], device='cpu'))",
    "torch_tensorrt.dynamo.trace": "t.same(tt.dynamo.trace(t.model, [X]).module())",
    "torch_tensorrt.dynamo.convert_exported_program_to_serialized_trt_engine": (
        "t.embedded(tt.dynamo.convert_exported_program_to_serialized_trt_engine(t.program, inputs=[X], device='cpu'))"
    ),
    "torch_tensorrt.dynamo.refit_module_weights": (
        "tt.dynamo.refit_module_weights(t.compiled, t.model, in_place=True) is t.compiled"
    ),
    "torch_tensorrt.dynamo.Debugger": "t.level(lambda: tt.dynamo.Debugger('info', logging_dir=t.folder), 20, 3)",
    "torch_tensorrt.dynamo.cross_compile_for_windows": "tt.dynamo.cross_compile_for_windows(t.program)",
    "torch_tensorrt.dynamo.save_cross_compiled_exported_program": (
        "tt.dynamo.save_cross_compiled_exported_program(t.program, 'x')"
    ),
    "torch_tensorrt.dynamo.load_cross_compiled_exported_program": (
        "tt.dynamo.load_cross_compiled_exported_program('x')"
    ),
    'torch.compile(backend="torch_tensorrt")': (
        "all(name in torch._dynamo.list_backends() for name in ('torch_tensorrt', 'tensorrt'))"
    ),
    "torch_tensorrt.runtime.set_cudagraphs_mode": (
        "tt.runtime.set_cudagraphs_mode(True) is None and tt.runtime.get_cudagraphs_mode() "
        "and tt.runtime.set_cudagraphs_mode(False) is None"
    ),
    "torch_tensorrt.runtime.get_cudagraphs_mode": "tt.runtime.get_cudagraphs_mode() is False",
    "torch_tensorrt.runtime.get_whole_cudagraphs_mode": "tt.runtime.get_whole_cudagraphs_mode() is False",
    "torch_tensorrt.runtime.enable_cudagraphs": "entered(tt.runtime.enable_cudagraphs(t.compiled)) is t.compiled",
    "torch_tensorrt.runtime.set_multi_device_safe_mode": "t.warns(lambda: tt.runtime.set_multi_device_safe_mode(True))",
    "torch_tensorrt.runtime.enable_pre_allocated_outputs": (
        "t.warns(lambda: tt.runtime.enable_pre_allocated_outputs(t.compiled))"
    ),
    "torch_tensorrt.runtime.enable_output_allocator": "t.warns(lambda: tt.runtime.enable_output_allocator(t.compiled))",
    "torch_tensorrt.runtime.weight_streaming": (
        "tt.runtime.weight_streaming(t.compiled).device_budget == 0 and "
        "refused(lambda: setattr(tt.runtime.weight_streaming(t.compiled), 'device_budget', 5))"
    ),
    "torch_tensorrt.runtime.optimization_profile": (
        "entered(tt.runtime.optimization_profile(t.compiled, 'auto')) is t.compiled"
    ),
    "torch_tensorrt.runtime.runtime_cache": "tt.runtime.runtime_cache(t.compiled)",
    "torch_tensorrt.runtime.TorchTensorRTModule": (
        "t.same(tt.runtime.TorchTensorRTModule(t.bytes, 'mlp', target_device='cpu'))"
    ),
    "torch_tensorrt.runtime.PythonTorchTensorRTModule": (
        "t.same(tt.runtime.PythonTorchTensorRTModule(t.bytes, name='mlp', target_device='cpu'))"
    ),
    "torch_tensorrt.logging.set_level": "inspect.isfunction(tt.logging.set_level)",
    "torch_tensorrt.logging.internal_errors": "t.level(tt.logging.internal_errors, logging.CRITICAL, 0)",
    "torch_tensorrt.logging.errors": "t.level(tt.logging.errors, logging.ERROR, 1)",
    "torch_tensorrt.logging.warnings": "t.level(tt.logging.warnings, logging.WARNING, 2)",
    "torch_tensorrt.logging.info": "t.level(tt.logging.info, logging.INFO, 3)",
    "torch_tensorrt.logging.debug": "t.level(tt.logging.debug, logging.DEBUG, 4)",
    "torch_tensorrt.logging.graphs": "t.level(tt.logging.graphs, 5, 5)",
    "Engine.__str__": "'Inputs' in str(t.engine.__str__())",
    "Engine.__repr__": "'Inputs' in str(t.engine.__repr__())",
    "Engine.__obj_flatten__": "dict(t.engine.__obj_flatten__())['ABI_TARGET'] == '10'",
    "Engine.tracing_mode": "t.engine.tracing_mode() == 'real'",
    **dict.fromkeys(
        (
            *("Engine.enable_profiling", "Engine.disable_profiling", "Engine.set_profile_format"),
            *("Engine.profile_path_prefix", "Engine.dump_engine_layer_info", "Engine.dump_engine_layer_info_to_file"),
        ),
        "t.profiled()",
    ),
    "Engine.get_engine_layer_info": "json.loads(t.engine.get_engine_layer_info())['layers']",
    "Engine.get_serialized_metadata": "t.engine.get_serialized_metadata() == ''",
    "Engine.serialize_metadata_only": "len(t.engine.serialize_metadata_only()) == 13",
    "Engine.serialized_engine_tensor": "t.engine.serialized_engine_tensor().dtype == torch.uint8",
    "Engine.infer_outputs": "t.engine.infer_outputs([[2, 16]])[0].shape == (2, 4)",
    "Engine.num_execution_contexts_created": (
        "t.same(t.compiled) and t.compiled.engine.num_execution_contexts_created == 1"
    ),
    "Engine.reset_captured_graph": "t.engine.reset_captured_graph() is None and t.same(t.compiled)",
    "Engine.num_optimization_profiles": "t.engine.num_optimization_profiles == 1",
    "Engine._active_profile_index": "t.engine._active_profile_index == -1",
    "Engine._auto_select_profiles": "t.engine._auto_select_profiles and t.put('_auto_select_profiles', True)",
    "Engine.set_active_profile": "t.engine.set_active_profile(1)",
    "Engine.are_output_tensors_unowned": "t.engine.are_output_tensors_unowned() is False",
    "Engine.set_output_tensors_unowned": "t.engine.set_output_tensors_unowned(True)",
    "Engine.use_pre_allocated_outputs": "t.put('use_pre_allocated_outputs', t.engine.use_pre_allocated_outputs)",
    "Engine.pre_allocated_outputs": "t.engine.pre_allocated_outputs == []",
    "Engine.use_output_allocator_outputs": (
        "t.put('use_output_allocator_outputs', t.engine.use_output_allocator_outputs)"
    ),
    "Engine.use_dynamically_allocated_resources": "t.engine.use_dynamically_allocated_resources(True)",
    "Engine.update_runtime_settings": "t.engine.update_runtime_settings({'a': 1})",
    "Engine.device_memory_budget": "t.put('device_memory_budget', t.engine.device_memory_budget)",
    "Engine.streamable_device_memory_budget": "t.engine.streamable_device_memory_budget == 0",
    "Engine.automatic_device_memory_budget": "t.engine.automatic_device_memory_budget == 0",
    "Engine.requires_native_multidevice": "t.engine.requires_native_multidevice is False",
    "Engine.rank": "t.engine.rank == -1",
    "Engine.world_size": "t.engine.world_size == -1",
    "Engine.nccl_initialized": "t.engine.nccl_initialized is False",
    "Engine.set_group_name": "t.engine.set_group_name('group')",
    "Engine.bind_nccl_comm": "t.engine.bind_nccl_comm()",
    "Engine.release_nccl_comm": "t.engine.release_nccl_comm()",
    "torch.classes.tensorrt.RuntimeCacheHandle": "torch.classes.tensorrt.RuntimeCacheHandle()",
    "torch.classes.tensorrt._Input": "torch.classes.tensorrt._Input()",
    "torch.classes.tensorrt._InputSignature": "torch.classes.tensorrt._InputSignature()",
    "torch.classes.tensorrt._Device": "torch.classes.tensorrt._Device()",
    "torch.classes.tensorrt._TorchFallback": "torch.classes.tensorrt._TorchFallback()",
    "torch.classes.tensorrt.CompileSpec": "torch.classes.tensorrt.CompileSpec()",
    "tensorrt::execute_engine": "t.same(lambda x: torch.ops.tensorrt.execute_engine([x], t.engine)[0])",
    "tensorrt::ABI_VERSION": "ops.ABI_VERSION() == '10'",
    "tensorrt::SERIALIZATION_LEN": "ops.SERIALIZATION_LEN() == 13 and ops.NAME_IDX() == 1",
    "tensorrt::SERIALIZED_ENGINE_BINDING_DELIM": "ops.SERIALIZED_ENGINE_BINDING_DELIM() == '%'",
    "tensorrt::SERIALIZED_RT_DEVICE_DELIM": "ops.SERIALIZED_RT_DEVICE_DELIM() == '%'",
    "tensorrt::NATIVE_TRT_COLLECTIVES_AVAIL": "ops.NATIVE_TRT_COLLECTIVES_AVAIL() is False",
    "tensorrt::get_multi_device_safe_mode": "ops.get_multi_device_safe_mode() is False",
    "tensorrt::set_multi_device_safe_mode": "ops.set_multi_device_safe_mode(False) is None",
    "tensorrt::get_cudagraphs_mode": "ops.get_cudagraphs_mode() == 0",
    "tensorrt::set_cudagraphs_mode": "ops.set_cudagraphs_mode(0) is None",
    "tensorrt::get_logging_level": "ops.get_logging_level() == int(tt.ts.logging.get_reportable_log_level())",
    "tensorrt::set_logging_level": "ops.set_logging_level(ops.get_logging_level()) is None",
    "tensorrt::get_current_platform": "ops.get_current_platform() in (ops._platform_linux_x86_64(), 'linux_aarch64')",
}


def entered(context: Any) -> Any:
    with context as value:
        return value


def refused(call: Any) -> bool:
    with pytest.raises(RuntimeError):
        call()
    return True


def printed(call: Any) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        call()
    return text.getvalue()


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        used = Try(tmp_path_factory.mktemp("migration"))
    helpers = {"entered": entered, "refused": refused, "printed": printed}
    modules = {"tt": torch_tensorrt, "torch": torch, "numpy": numpy, "logging": logging, "json": json}
    return {"t": used, "X": X, "ops": torch.ops.tensorrt, "inspect": inspect, **modules, **helpers}


def test_each_row_is_tried_and_each_trial_has_a_row():
    assert len(ROWS) > 100
    listed = [name for name, _, _ in ROWS]
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) == set(CHECKS)
    assert {state for _, state, _ in ROWS} == set(STATES)


@pytest.mark.parametrize(("name", "state", "text"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row(name, state, text, names):
    if state != "error":
        assert state == "works" or text, "a difference is named"
        assert eval(CHECKS[name], names)
        return
    with pytest.raises(ERRORS) as caught:
        eval(CHECKS[name], names)
    for part in re.findall(r"`([^`]+)`", text) or [text]:
        assert part in str(caught.value)


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_parameters(name):
    function: Any = torch_tensorrt
    for part in name.split(".")[1:]:
        function = getattr(function, part)
    found = inspect.signature(function.__init__ if inspect.isclass(function) else function).parameters
    missing = [parameter for parameter in PARAMETERS[name].split() if parameter not in found]
    is_open = name == "torch_tensorrt.Input"  # the shape is given by position or by name
    assert not missing or is_open and missing == ["shape"], missing


@pytest.mark.parametrize("name", ABSENT)
def test_an_import_tells_what_the_attribute_tells(name):
    module, _, last = f"torch_tensorrt.{name}".rpartition(".")
    owner = importlib.import_module(module)
    assert not hasattr(owner, last)
    with pytest.raises(AttributeError) as attribute:
        getattr(owner, last)
    for statement in (f"import torch_tensorrt.{name}", f"from {module} import {last}"):
        with pytest.raises(ImportError) as imported:
            exec(statement, {})
        assert str(imported.value) == str(attribute.value)


def test_an_unknown_attribute_stays_one():
    with pytest.raises(AttributeError, match="module 'torch_tensorrt' has no attribute 'no_such_name'"):
        torch_tensorrt.no_such_name  # noqa: B018
