"""Ahead-of-time compiler for PyTorch.

>>> import torch, torch_tensorrt
>>> compiled = torch_tensorrt.compile(script_module, inputs=[torch_tensorrt.Input((1, 3, 224, 224))])
>>> torch.jit.save(compiled, "compiled.ts")
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from torch_tensorrt import _library

_library.load()

from torch_tensorrt import dynamo, logging, ptq, runtime, ts  # noqa: E402 - the libraries come first
from torch_tensorrt._absent import (  # noqa: E402
    absent_attribute,
    cross_compile_for_windows,
    load_cross_compiled_exported_program,
)
from torch_tensorrt._build_info import (  # noqa: E402
    dump_build_info,
    get_build_info,
    get_environment_report,
    set_device,
)
from torch_tensorrt._build_trace import trace_build  # noqa: E402
from torch_tensorrt._check import OperatorSupport, SupportReport, check  # noqa: E402
from torch_tensorrt._compile import compile, convert_method_to_trt_engine  # noqa: E402, A004
from torch_tensorrt._device import Device  # noqa: E402
from torch_tensorrt._enums import DeviceType, EngineCapability, Platform, dtype, memory_format  # noqa: E402
from torch_tensorrt._features import ENABLED_FEATURES  # noqa: E402
from torch_tensorrt._input import Input  # noqa: E402
from torch_tensorrt._inspect import (  # noqa: E402
    CompiledEngine,
    CompiledMethod,
    ModuleReport,
    PyTorchOperation,
    inspect,
)
from torch_tensorrt._mutable import MutableTorchTensorRTModule  # noqa: E402
from torch_tensorrt._pickling import register as _register_pickling  # noqa: E402
from torch_tensorrt._precision_search import PrecisionSearch, precision_search  # noqa: E402
from torch_tensorrt._progress import Progress  # noqa: E402
from torch_tensorrt._refit import refit_module_weights  # noqa: E402
from torch_tensorrt._report import Report  # noqa: E402
from torch_tensorrt._report_make import register as _register_report  # noqa: E402
from torch_tensorrt._report_make import report  # noqa: E402
from torch_tensorrt._save import load, save  # noqa: E402
from torch_tensorrt._verify import TensorError, Verification, verify  # noqa: E402
from torch_tensorrt._version import __version__  # noqa: E402
from torch_tensorrt.ts import check_method_op_support, embed_engine_in_new_module  # noqa: E402

_register_pickling()
_register_report()
if not entry_points(group="torch_dynamo_backends", name="torch_tensorrt"):  # imported, but not installed
    from torch_tensorrt import _dynamo

    _dynamo.register()


if not TYPE_CHECKING:  # a type checker reports absent names itself

    def __getattr__(name: str) -> Any:
        raise absent_attribute(name)


__all__ = [
    "ENABLED_FEATURES",
    "CompiledEngine",
    "CompiledMethod",
    "Device",
    "DeviceType",
    "EngineCapability",
    "Input",
    "ModuleReport",
    "MutableTorchTensorRTModule",
    "OperatorSupport",
    "Platform",
    "Progress",
    "PrecisionSearch",
    "PyTorchOperation",
    "Report",
    "SupportReport",
    "TensorError",
    "Verification",
    "__version__",
    "check",
    "check_method_op_support",
    "compile",
    "convert_method_to_trt_engine",
    "cross_compile_for_windows",
    "dtype",
    "dump_build_info",
    "dynamo",
    "embed_engine_in_new_module",
    "get_build_info",
    "get_environment_report",
    "inspect",
    "load",
    "load_cross_compiled_exported_program",
    "logging",
    "memory_format",
    "precision_search",
    "ptq",
    "refit_module_weights",
    "report",
    "runtime",
    "save",
    "set_device",
    "trace_build",
    "ts",
    "verify",
]
