"""Names of Torch-TensorRT that have no meaning here, each with the reason and what to use instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

# Modules and attributes of the package.
ABSENT = {
    "kernels": (
        "it wraps kernels as plugins of TensorRT. Leave a custom operator to PyTorch in a hybrid module "
        "(torch_tensorrt.compile does so), or give it a converter (examples/custom_converters)"
    ),
    "distributed": (
        "engines run on one GPU and call no collectives. Compile the part of each GPU, and connect the parts with "
        "torch.distributed"
    ),
    "executorch": (
        "no engine runs in ExecuTorch. Save the module with torch_tensorrt.save; a C++ program loads it with "
        "torch::jit::load and libtorchtrt_runtime.so"
    ),
    "fx": "the front end fx is gone from Torch-TensorRT too. Use torch_tensorrt.compile(module, ir='dynamo')",
    "dynamo.conversion": (
        "converters, also dynamo_tensorrt_converter, are functions of C++ here (examples/custom_converters). An "
        "operator without one runs in PyTorch, and torch_tensorrt.check lists it"
    ),
    "dynamo.lowering": (
        "lowering passes are part of the compiler. Change the graph of the program with torch.fx before "
        "torch_tensorrt.compile"
    ),
    "dynamo.partitioning": (
        "the compiler cuts the graph itself. min_block_size, torch_executed_ops and torch_executed_modules say where, "
        "and torch_tensorrt.inspect reports the parts"
    ),
    "dynamo.runtime": "its classes are in torch_tensorrt.runtime",
    "dynamo.utils": (
        "it holds internals of the front end. torch_tensorrt.Input, Device and dtype describe inputs, and "
        "torch_tensorrt.inspect a compiled module"
    ),
    "_C": (
        "no extension of Python exists here. The names are torch_tensorrt.Input, Device, dtype, memory_format, "
        "DeviceType, EngineCapability and torch_tensorrt.ts.logging"
    ),
}
_WINDOWS = (
    "engines are built on the system that runs them, and this library runs on Linux; Torch-TensorRT builds for Windows"
)


def message(name: str, reason: str) -> str:
    return f"torch_tensorrt.{name} is not available: {reason}"


def refuse_import(name: str) -> NoReturn:
    raise ImportError(message(name, ABSENT[name]), name=f"torch_tensorrt.{name}")


def absent_attribute(name: str, module: str = "torch_tensorrt") -> AttributeError:
    """Returns the error of an attribute that the package, or a module of it, does not have."""
    path = f"{module}.{name}".removeprefix("torch_tensorrt.")
    if path in ABSENT:
        return AttributeError(message(path, ABSENT[path]))
    return AttributeError(f"module {module!r} has no attribute {name!r}")


def absent_function(name: str, reason: str) -> Callable[..., Any]:
    """Returns a function that only raises ``NotImplementedError`` with the reason."""

    def function(*args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(message(name, reason))

    function.__name__ = function.__qualname__ = name.rpartition(".")[2]
    function.__doc__ = f"Raises ``NotImplementedError``: {reason}."
    return function


cross_compile_for_windows = absent_function("cross_compile_for_windows", _WINDOWS)
load_cross_compiled_exported_program = absent_function("load_cross_compiled_exported_program", _WINDOWS)
save_cross_compiled_exported_program = absent_function("save_cross_compiled_exported_program", _WINDOWS)
CompilationSettings = absent_function(
    "dynamo.CompilationSettings",
    "settings are keywords of torch_tensorrt.compile, as min_block_size=3, or options={...} of torch.compile",
)
