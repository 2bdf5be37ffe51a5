"""Names of Torch-TensorRT's front end for ``torch.export``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from torch_tensorrt import _compile, _export
from torch_tensorrt._absent import (
    CompilationSettings,
    absent_attribute,
    cross_compile_for_windows,
    load_cross_compiled_exported_program,
    save_cross_compiled_exported_program,
)
from torch_tensorrt._debugger import Debugger
from torch_tensorrt._refit import refit_module_weights

__all__ = [
    "CompilationSettings",
    "Debugger",
    "compile",
    "convert_exported_program_to_serialized_trt_engine",
    "cross_compile_for_windows",
    "load_cross_compiled_exported_program",
    "refit_module_weights",
    "save_cross_compiled_exported_program",
    "trace",
]


if not TYPE_CHECKING:  # a type checker reports absent names itself

    def __getattr__(name: str) -> Any:
        raise absent_attribute(name, __name__)


def trace(
    mod: torch.nn.Module,
    inputs: Sequence[Any] | None = None,
    *,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
) -> torch.export.ExportedProgram:
    """Exports a module, in eval mode, for inputs that may be ranges (:class:`torch_tensorrt.Input`).

    Raises:
        KeyError: there are no inputs.
        Exception: the errors of ``torch.export.export``.
    """
    return _export.export(mod, inputs if inputs is not None else arg_inputs, kwarg_inputs)


def compile(  # noqa: A001 - the public name
    exported_program: Any,
    inputs: Sequence[Any] | None = None,
    *,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    **settings: Any,
) -> torch.jit.ScriptModule:
    """Compiles a program of ``torch.export``, as :func:`torch_tensorrt.compile` does with ``ir="dynamo"``."""
    given = {"inputs": inputs, "arg_inputs": arg_inputs, "kwarg_inputs": kwarg_inputs}
    return _compile.compile(exported_program, ir="dynamo", **given, **settings)


def convert_exported_program_to_serialized_trt_engine(
    exported_program: Any,
    inputs: Sequence[Any] | None = None,
    *,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    **settings: Any,
) -> bytes:
    """Compiles a program into one engine, as :func:`torch_tensorrt.convert_method_to_trt_engine` does."""
    given = {"inputs": inputs, "arg_inputs": arg_inputs, "kwarg_inputs": kwarg_inputs}
    return _compile.convert_method_to_trt_engine(exported_program, ir="dynamo", **given, **settings)
