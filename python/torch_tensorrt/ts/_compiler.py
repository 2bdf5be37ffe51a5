"""The TorchScript path: modules in, modules with engines (or engine bytes) out."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import torch

from torch_tensorrt._enums import EngineCapability
from torch_tensorrt._library import compiler, require_text, to_json
from torch_tensorrt.ts._compile_spec import build_spec

_STANDARD = EngineCapability.STANDARD


def _require_module(module: Any, what: str) -> torch.jit.ScriptModule:
    if isinstance(module, torch.jit.ScriptFunction):
        raise TypeError(f"{what} takes a module; wrap the ScriptFunction in a torch.nn.Module and script that")
    if not isinstance(module, torch.jit.ScriptModule):
        raise TypeError(
            f"{what} takes a torch.jit.ScriptModule, found {type(module).__name__}; use torch.jit.script or trace"
        )
    return module


def _native(module: torch.jit.ScriptModule) -> Any:
    return module._c


def compile(  # noqa: A001 - the public name
    module: torch.jit.ScriptModule,
    inputs: Sequence[Any] | None = None,
    input_signature: Any = None,
    device: Any = None,
    disable_tf32: bool = False,
    sparse_weights: bool = False,
    enabled_precisions: Any = None,
    refit: bool = False,
    debug: bool = False,
    capability: Any = _STANDARD,
    num_avg_timing_iters: int = 1,
    workspace_size: int = 0,
    dla_sram_size: int = 1048576,
    dla_local_dram_size: int = 1073741824,
    dla_global_dram_size: int = 536870912,
    truncate_long_and_double: bool = False,
    require_full_compilation: bool = False,
    min_block_size: int = 3,
    torch_executed_ops: Sequence[str] | None = None,
    torch_executed_modules: Sequence[str] | None = None,
    allow_shape_tensors: bool = False,
    max_specializations: int = 8,
    backend: str = "auto",
    timing_cache_path: str = "",
    optimization_level: int | None = None,
    version_compatible: bool = False,
    hardware_compatible: bool = False,
    use_explicit_typing: bool = False,
) -> torch.jit.ScriptModule:
    """Compiles the ``forward`` of a ScriptModule.

    Args:
        module: the module, in eval mode. It is not changed.
        inputs: one :class:`torch_tensorrt.Input` or example tensor an argument of ``forward``. A floating input of
            another dtype than the module's weights is cast before the first operation where the module does not take
            it. Arguments of other types than tensors have defaults, which are compiled in.
        input_signature: instead of ``inputs``, a nest of tuples and lists of them, two levels at most.
        device: :class:`torch_tensorrt.Device`, ``torch.device``, string, index of a GPU, or a dictionary of the
            keywords of :class:`torch_tensorrt.Device` (``{"device_type": ..., "gpu_id": ...}``). Default: the current
            GPU, or the CPU on a machine without one. A device that is not there is an error.
        disable_tf32: GPUs: fp32 matrix products use fp32, not TF32.
        sparse_weights: allow kernels for 2:4 sparse weights.
        enabled_precisions: set of dtypes that layers may compute in; default ``{torch.float32}``.
        refit: keep the weights of a GPU's engine replaceable (:func:`refit_module_weights`); those of the ``native``
            backend always are.
        debug: keep in a GPU's engine what tells layers apart when it is inspected; engines for the CPU always do.
            Networks are dumped as text where the environment's ``TORCHTRT_DUMP_DIRECTORY`` names a folder.
        capability: :class:`torch_tensorrt.EngineCapability`.
        num_avg_timing_iters: runs that each candidate's time is averaged over.
        workspace_size: bytes of scratch memory that a layer may use; 0 for no limit.
        dla_sram_size, dla_local_dram_size, dla_global_dram_size: bytes, 4096 or more.
        truncate_long_and_double: narrow int64 and float64 weights to 32 bits; says what it narrowed, and refuses
            weights that do not fit.
        require_full_compilation: changes nothing, as a method is compiled whole or not at all. With it,
            ``torch_executed_ops`` and ``torch_executed_modules`` must be empty.
        min_block_size: changes nothing, for the same reason.
        torch_executed_ops: list of operations that must not go into an engine, as ``module.inlined_graph`` names them
            (``aten::add``). A module that has one of them is refused: this version leaves no operation to PyTorch.
        torch_executed_modules: refused unless it is empty, for the same reason.
        allow_shape_tensors: let the model use elements of integer inputs as sizes (``x.view(int(n[0]), -1)``); what
            values they have is said by :class:`torch_tensorrt.Input`. Sizes of dynamic inputs (``aten::size``) can
            always be computed with.
        max_specializations: an engine prepares itself for each combination of input shapes that it meets, and keeps
            what it has prepared for this many of the last ones.
        backend: who builds the engine: ``"native"`` (the engine of this package), another backend's name
            (``"tensorrt"``), ``"auto"`` (the available backend that is preferred on the device and takes the whole
            network) or ``"fastest"`` (all that can, timed on the device; the times are recorded in the engine).
        timing_cache_path: file of measured times, read before and written after each build. One that is there and
            cannot be read is an error before the build; one that cannot be written is a warning after it.
        optimization_level: 0 (quick build) to 5 (fast engine), for backends that have it; ``None``: their default.
        version_compatible: the engine loads with later versions of the backend's library, too.
        hardware_compatible: the engine loads on later generations of GPUs, too.
        use_explicit_typing: each layer computes in the dtypes of its tensors, whatever is enabled.

    Returns:
        A ScriptModule, whose ``forward`` gives what the module's does: tensors of the dtypes that the module computes
        in its own dtype, numbers, strings, ``None``, and tuples, NamedTuples and lists of them. Save it with
        ``torch.jit.save``.

    Raises:
        TypeError: a ScriptFunction, a dtype or precision that is not known, a string where a list of names is needed.
        KeyError: no inputs, or an element that is neither a tensor nor an Input.
        ValueError: settings that contradict each other or are out of range.
        AssertionError: an input signature that is nested too deep.
        RuntimeError: what the compiler says, with the operation and its Python line.
    """
    _require_module(module, "compile")
    spec = build_spec(
        inputs=inputs,
        input_signature=input_signature,
        device=device,
        disable_tf32=disable_tf32,
        sparse_weights=sparse_weights,
        enabled_precisions=enabled_precisions,
        refit=refit,
        debug=debug,
        capability=capability,
        num_avg_timing_iters=num_avg_timing_iters,
        workspace_size=workspace_size,
        dla_sram_size=dla_sram_size,
        dla_local_dram_size=dla_local_dram_size,
        dla_global_dram_size=dla_global_dram_size,
        truncate_long_and_double=truncate_long_and_double,
        require_full_compilation=require_full_compilation,
        min_block_size=min_block_size,
        torch_executed_ops=torch_executed_ops,
        torch_executed_modules=torch_executed_modules,
        allow_shape_tensors=allow_shape_tensors,
        max_specializations=max_specializations,
        backend=backend,
        timing_cache_path=timing_cache_path,
        optimization_level=optimization_level,
        version_compatible=version_compatible,
        hardware_compatible=hardware_compatible,
        use_explicit_typing=use_explicit_typing,
    )
    compiled = compiler()._compile(_native(module), to_json(spec))
    return torch.jit._recursive.wrap_cpp_module(compiled)


def refit_module_weights(
    compiled_module: torch.jit.ScriptModule, new_weight_module: torch.jit.ScriptModule
) -> torch.jit.ScriptModule:
    """A module like ``compiled_module`` with the weights of ``new_weight_module``.

    Takes ScriptModules alone; :func:`torch_tensorrt.refit_module_weights` says what they must be.
    """
    _require_module(compiled_module, "refit_module_weights")
    _require_module(new_weight_module, "refit_module_weights")
    refitted = compiler()._refit_module(_native(compiled_module), _native(new_weight_module))
    return torch.jit._recursive.wrap_cpp_module(refitted)


def convert_method_to_trt_engine(
    module: torch.jit.ScriptModule,
    method_name: str = "forward",
    inputs: Sequence[Any] | None = None,
    device: Any = None,
    disable_tf32: bool = False,
    sparse_weights: bool = False,
    enabled_precisions: Any = None,
    refit: bool = False,
    debug: bool = False,
    capability: Any = _STANDARD,
    num_avg_timing_iters: int = 1,
    workspace_size: int = 0,
    dla_sram_size: int = 1048576,
    dla_local_dram_size: int = 1073741824,
    dla_global_dram_size: int = 536870912,
    truncate_long_and_double: bool = False,
    allow_shape_tensors: bool = False,
    max_specializations: int = 8,
    backend: str = "auto",
    timing_cache_path: str = "",
    optimization_level: int | None = None,
    version_compatible: bool = False,
    hardware_compatible: bool = False,
    use_explicit_typing: bool = False,
) -> bytes:
    """Compiles a whole method into one engine and returns its bytes.

    Arguments and errors are those of :func:`compile`; ``method_name`` says which method. An operation without a
    converter is a ``RuntimeError`` naming it.
    """
    _require_module(module, "convert_method_to_trt_engine")
    spec = build_spec(
        inputs=inputs,
        input_signature=None,
        device=device,
        disable_tf32=disable_tf32,
        sparse_weights=sparse_weights,
        enabled_precisions=enabled_precisions,
        refit=refit,
        debug=debug,
        capability=capability,
        num_avg_timing_iters=num_avg_timing_iters,
        workspace_size=workspace_size,
        dla_sram_size=dla_sram_size,
        dla_local_dram_size=dla_local_dram_size,
        dla_global_dram_size=dla_global_dram_size,
        truncate_long_and_double=truncate_long_and_double,
        allow_shape_tensors=allow_shape_tensors,
        max_specializations=max_specializations,
        backend=backend,
        timing_cache_path=timing_cache_path,
        optimization_level=optimization_level,
        version_compatible=version_compatible,
        hardware_compatible=hardware_compatible,
        use_explicit_typing=use_explicit_typing,
    )
    require_text("method_name", method_name)
    engine = compiler()._convert_method_to_engine(_native(module), method_name, to_json(spec))
    return ctypes.string_at(engine.data_ptr(), engine.numel())  # numpy, which tensors need for this, may be missing


def embed_engine_in_new_module(
    serialized_engine: bytes,
    input_binding_names: Sequence[str] | None = None,
    output_binding_names: Sequence[str] | None = None,
    device: Any = None,
) -> torch.jit.ScriptModule:
    """A ScriptModule whose ``forward`` runs the engine.

    Args:
        serialized_engine: bytes from :func:`convert_method_to_trt_engine`.
        input_binding_names, output_binding_names: the engine's names in the order of the arguments and results. Of
            a direction that is not given: the engine's own order.
        device: as in :func:`compile`; must be what the engine was built for.
    """
    from torch_tensorrt._device import Device

    if not isinstance(serialized_engine, (bytes, bytearray, memoryview)):
        raise TypeError(f"serialized_engine must be bytes, found {type(serialized_engine).__name__}")
    data = bytearray(serialized_engine)
    engine = torch.frombuffer(data, dtype=torch.uint8) if data else torch.empty(0, dtype=torch.uint8)
    require_text("input_binding_names", *(input_binding_names or []))
    require_text("output_binding_names", *(output_binding_names or []))
    embedded = compiler()._embed_engine(
        engine,
        to_json(Device._from(device)._to_spec()),
        list(input_binding_names or []),
        list(output_binding_names or []),
    )
    return torch.jit._recursive.wrap_cpp_module(embedded)


def check_method_op_support(module: torch.jit.ScriptModule, method_name: str = "forward") -> bool:
    """Whether every operation of the method can go into an engine; those that cannot are logged as errors."""
    _require_module(module, "check_method_op_support")
    require_text("method_name", method_name)
    return compiler()._check_method_op_support(_native(module), method_name)
