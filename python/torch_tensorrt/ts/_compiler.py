"""The TorchScript path: modules in, modules with engines (or engine bytes) out."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import torch

from torch_tensorrt import _progress
from torch_tensorrt._library import compiler, require_text, to_json
from torch_tensorrt.ptq import on_cpu, resolve
from torch_tensorrt.ts._compile_spec import build_spec, parse_method, takes_values
from torch_tensorrt.ts._settings import OF_MODULES, takes_settings


def _require_module(module: Any, what: str) -> torch.jit.ScriptModule:
    if isinstance(module, torch.jit.ScriptFunction):
        raise TypeError(f"{what} takes a module; wrap the ScriptFunction in a torch.nn.Module and script the module")
    if not isinstance(module, torch.jit.ScriptModule):
        raise TypeError(
            f"{what} takes a torch.jit.ScriptModule, found {type(module).__name__}; use torch.jit.script or "
            "torch.jit.trace"
        )
    return module


def _takes_values(module: torch.jit.ScriptModule, method_name: str) -> bool:
    return _native(module)._has_method(method_name) and takes_values(getattr(module, method_name))


def _parse_methods(module: torch.jit.ScriptModule, methods: Any) -> dict[str, Any]:
    if methods is None:
        return {}
    if not isinstance(methods, dict) or not all(isinstance(name, str) for name in methods):
        raise TypeError(f"methods is {methods!r:.80}, must be a dict with the inputs of each method by its name")
    require_text("methods", *methods)
    return {name: parse_method(name, inputs, _takes_values(module, name)) for name, inputs in methods.items()}


def _native(module: torch.jit.ScriptModule) -> Any:
    return module._c


@takes_settings()
def compile(  # noqa: A001 - the public name
    module: torch.jit.ScriptModule,
    inputs: Sequence[Any] | None = None,
    input_signature: Any = None,
    device: Any = None,
    *,
    kwarg_inputs: dict[str, Any] | None = None,
    methods: dict[str, Any] | None = None,
    progress: _progress.Choice = None,
    **settings: Any,
) -> torch.jit.ScriptModule:
    """Compiles the ``forward`` of a ScriptModule, or several methods, into engines.

    Makes one engine if that does all that the module does. Otherwise makes a hybrid module, in which PyTorch runs what
    no engine can: operators without a converter, branches and loops that depend on data, state, random numbers,
    exceptions. A warning lists these operators with their lines and the reasons. The hybrid module has a state of its
    own and keeps the other methods of the module. With ``require_full_compilation=True``, whatever one engine cannot
    do is an error.

    Args:
        module: the module, in eval mode. It does not change.
        inputs: a list with an entry for each argument of ``forward``, in order. The entry of a tensor is a
            :class:`torch_tensorrt.Input` or an example tensor; the entry of a tuple, ``NamedTuple``, list or dict is a
            tuple, list or dict of such entries, to any depth. The entry of a number, string or ``None`` is the value
            that the argument has in every call: it is compiled in, and a call with another value raises
            ``torch.jit.Error``. Without an entry, an argument that holds no tensor is given in each call (if one engine
            runs the whole module, it has its default instead, and is no argument of the compiled ``forward``), and an
            optional tensor is ``None``.
            A list or dict must have the number of elements, and the keys, of its entry in every call.
            A floating input of another dtype than the module's weights is cast before the first operation if the
            module would not accept it; integer inputs are not cast.
        input_signature: a tuple of such entries instead of ``inputs``.
        device: :class:`torch_tensorrt.Device`, ``torch.device``, string, index of a GPU, or a dictionary of the
            keywords of :class:`torch_tensorrt.Device` (``{"device_type": ..., "gpu_id": ...}``). Default: the current
            GPU, or the CPU on a machine without a GPU. A missing device is an error.
        kwarg_inputs: entries by the name of the argument, besides ``inputs``.
        methods: the inputs of each method of the module that is compiled, by the name of the method: a list as
            ``inputs``, or a dict with the entries by argument. ``forward`` is compiled if it has ``inputs``, or is one
            of them. All settings hold for each method. The result is a hybrid module with all methods, attributes and
            the state of the module; with ``require_full_compilation``, each method runs in one engine.
        progress: whether to show the progress on stderr: ``True``, ``False``, or ``None``: on a terminal and in a
            notebook. Or a function, which is called with a :class:`torch_tensorrt.Progress` at the beginning and the
            end of each step, and otherwise up to ten times a second; an exception that it raises ends the compilation.
            So does Ctrl-C.
        {settings}

    Returns:
        A ScriptModule. Its ``forward`` (each method) returns the results of the module's ``forward``, of the same
        types: tensors have the dtypes that the module returns for inputs of its own dtype. Save it with
        ``torch.jit.save``.

    Raises:
        TypeError: a ScriptFunction, an unknown dtype or precision, a string instead of a list of names, or methods that
            are no dict.
        KeyError: no inputs, or an element that no argument can be.
        ValueError: settings that contradict each other or are out of range.
        RuntimeError: the compiler's error, with the operation and its Python line, or with the argument that an entry
            does not fit.
    """
    _require_module(module, "compile")
    own = {"inputs": inputs, "input_signature": input_signature, "kwarg_inputs": kwarg_inputs, "methods": methods}
    with _progress.followed(progress):
        resolve(settings, device, lambda changed: compile(on_cpu(module), **on_cpu(own), **changed))
        spec = build_spec(
            inputs=inputs,
            input_signature=input_signature,
            device=device,
            kwarg_inputs=kwarg_inputs,
            methods=_parse_methods(module, methods),
            values=_takes_values(module, "forward"),
            **settings,
        )
        compiled = compiler()._compile(_native(module), to_json(spec))
    return torch.jit._recursive.wrap_cpp_module(compiled)


def refit_module_weights(
    compiled_module: torch.jit.ScriptModule,
    new_weight_module: torch.jit.ScriptModule,
    progress: _progress.Choice = None,
) -> torch.jit.ScriptModule:
    """Makes a copy of ``compiled_module`` with the weights of ``new_weight_module``.

    Takes only ScriptModules; :func:`torch_tensorrt.refit_module_weights` describes the arguments and errors.
    """
    _require_module(compiled_module, "refit_module_weights")
    _require_module(new_weight_module, "refit_module_weights")
    with _progress.followed(progress):
        refitted = compiler()._refit_module(_native(compiled_module), _native(new_weight_module))
    return torch.jit._recursive.wrap_cpp_module(refitted)


def _whole_module(module: torch.jit.ScriptModule, name: str, inputs: Any, settings: dict[str, Any]) -> Any:
    """Returns a module that runs the method in one engine."""
    engine = convert_method_to_trt_engine(module, name, inputs, **settings)
    return embed_engine_in_new_module(engine, device=settings["device"])


@takes_settings(without=OF_MODULES)
def convert_method_to_trt_engine(
    module: torch.jit.ScriptModule,
    method_name: str = "forward",
    inputs: Sequence[Any] | None = None,
    device: Any = None,
    *,
    progress: _progress.Choice = None,
    **settings: Any,
) -> bytes:
    """Compiles a whole method into one engine and returns its bytes.

    The arguments and errors are those of :func:`compile`; ``method_name`` is the name of the method.
    """
    _require_module(module, "convert_method_to_trt_engine")
    require_text("method_name", method_name)
    with _progress.followed(progress):
        resolve(settings, device, lambda changed: _whole_module(on_cpu(module), method_name, on_cpu(inputs), changed))
        spec = build_spec(inputs=inputs, input_signature=None, device=device, **settings)
        engine = compiler()._convert_method_to_engine(_native(module), method_name, to_json(spec))
    return ctypes.string_at(engine.data_ptr(), engine.numel())  # numpy, which tensors need for this, may be missing


def embed_engine_in_new_module(
    serialized_engine: bytes,
    input_binding_names: Sequence[str] | None = None,
    output_binding_names: Sequence[str] | None = None,
    device: Any = None,
) -> torch.jit.ScriptModule:
    """Makes a ScriptModule with a ``forward`` that runs the engine.

    Args:
        serialized_engine: bytes from :func:`convert_method_to_trt_engine`.
        input_binding_names, output_binding_names: names of the engine's bindings in the order of the arguments and
            results. Default: the engine's own order.
        device: as in :func:`compile`; the kind of device that the engine was built for.

    Raises:
        TypeError: ``serialized_engine`` is not bytes.
        RuntimeError: the bytes are not an engine for this machine, or the engine has no binding of a given name.
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
    """Tells whether every operation of the method can be compiled; the others are logged as errors."""
    _require_module(module, "check_method_op_support")
    require_text("method_name", method_name)
    return compiler()._check_method_op_support(_native(module), method_name)
