"""The TorchScript front end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch_tensorrt import ptq
from torch_tensorrt._absent import absent_attribute
from torch_tensorrt._build_info import dump_build_info, get_build_info, set_device
from torch_tensorrt.ts import logging
from torch_tensorrt.ts._backend_spec import TensorRTCompileSpec
from torch_tensorrt.ts._compiler import (
    check_method_op_support,
    compile,  # noqa: A004 - the public name
    convert_method_to_trt_engine,
    embed_engine_in_new_module,
    refit_module_weights,
)
from torch_tensorrt.ts._torch_script_input import TorchScriptInput

__all__ = [
    "TensorRTCompileSpec",
    "TorchScriptInput",
    "check_method_op_support",
    "compile",
    "convert_method_to_trt_engine",
    "dump_build_info",
    "embed_engine_in_new_module",
    "get_build_info",
    "logging",
    "ptq",
    "refit_module_weights",
    "set_device",
]


if not TYPE_CHECKING:  # a type checker reports absent names itself

    def __getattr__(name: str) -> Any:
        raise absent_attribute(name, __name__)
