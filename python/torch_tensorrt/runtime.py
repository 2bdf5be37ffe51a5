"""Controls how compiled modules run in this process.

CUDA graphs: an engine on a GPU records its second call with the same shapes and addresses, and launches the recording
for later calls, which saves CPU time::

    with torch_tensorrt.runtime.enable_cudagraphs(module) as module:
        module(x)

The mode holds for all engines in all threads of the process. It has no effect inside a graph that PyTorch records
(``torch.cuda.graph``), and for engines on CPUs. A recording keeps the kernels that PyTorch's global flags (TF32,
cuDNN's benchmark mode) chose when it was made.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

import torch

from torch_tensorrt._absent import absent_function
from torch_tensorrt._engine_module import TorchTensorRTModule as TorchTensorRTModule
from torch_tensorrt._library import library_dir

_STANDARD, _SUBGRAPH, _WHOLE_GRAPH = 0, 1, 2

Module = TypeVar("Module", bound=torch.nn.Module)


def library_path() -> str:
    """Returns the path of the one library that saved modules need.

    A process that does not import ``torch_tensorrt`` loads it with ``torch.ops.load_library``; a C++ program links it.
    """
    return str(library_dir() / "libtorchtrt_runtime.so")


def set_cudagraphs_mode(enable_cudagraphs: bool) -> None:
    """Switches the recording of CUDA graphs on or off (default: off)."""
    torch.ops.tensorrt.set_cudagraphs_mode(_SUBGRAPH if enable_cudagraphs else _STANDARD)


def get_cudagraphs_mode() -> bool:
    """Tells whether engines record CUDA graphs."""
    return torch.ops.tensorrt.get_cudagraphs_mode() != _STANDARD


@contextmanager
def enable_cudagraphs(compiled_module: Module) -> Iterator[Module]:
    """Switches the recording of CUDA graphs on for a block, and then restores the previous mode.

    Yields the module unchanged.
    """
    before = torch.ops.tensorrt.get_cudagraphs_mode()
    set_cudagraphs_mode(True)
    try:
        yield compiled_module
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(before)


def get_whole_cudagraphs_mode() -> bool:
    """Tells whether the mode is 2, for CUDA graphs of whole modules, in which engines record themselves one by one."""
    return torch.ops.tensorrt.get_cudagraphs_mode() == _WHOLE_GRAPH


#: There is one runtime, in C++.
PythonTorchTensorRTModule = TorchTensorRTModule


class _SafeMode(contextlib.AbstractContextManager["_SafeMode"]):
    def __init__(self, mode: bool) -> None:
        self._before = torch.ops.tensorrt.get_multi_device_safe_mode()
        torch.ops.tensorrt.set_multi_device_safe_mode(mode)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        torch.ops.tensorrt.set_multi_device_safe_mode(self._before)


def set_multi_device_safe_mode(mode: bool) -> _SafeMode:
    """Sets a mode that changes nothing here, with a warning: engines check the device of their inputs in every call.

    As a context manager, restores the mode at the end of the block.
    """
    if mode:
        warnings.warn(
            "set_multi_device_safe_mode(True) changes nothing: engines check the device of each input in every call, "
            "and an input on another device is an error",
            stacklevel=2,
        )
    return _SafeMode(bool(mode))


@contextmanager
def enable_pre_allocated_outputs(module: Module) -> Iterator[Module]:
    """Warns that the outputs of each call have memory of their own. Yields the module."""
    warnings.warn(
        "enable_pre_allocated_outputs changes nothing: engines write each call's outputs to new memory; "
        "set_cudagraphs_mode(True) saves the CPU time of calls on a GPU",
        stacklevel=3,
    )
    yield module


@contextmanager
def enable_output_allocator(module: Module) -> Iterator[Module]:
    """Warns that nothing has to be switched on: engines allocate outputs of unknown size. Yields the module."""
    warnings.warn(
        "enable_output_allocator changes nothing: engines allocate outputs of unknown size without it", stacklevel=3
    )
    yield module


class WeightStreaming(contextlib.AbstractContextManager["WeightStreaming"]):
    """The budget of weights on the device, for a block: all weights of an engine are there, so none can be streamed."""

    total_device_budget = 0

    def get_automatic_weight_streaming_budget(self) -> int:
        """Returns 0."""
        return 0

    @property
    def device_budget(self) -> int:
        """0 bytes. Raises ``RuntimeError`` if it is set."""
        return 0

    @device_budget.setter
    def device_budget(self, budget: int) -> None:
        raise RuntimeError(
            f"the budget for streamed weights cannot be {budget} bytes: all weights of an engine are in the memory of "
            "its device; compile the module for the CPU, or in parts, if they do not fit"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def weight_streaming(module: torch.nn.Module) -> WeightStreaming:
    """Returns the budget of the module's streamed weights, which is 0 bytes and cannot be set."""
    return WeightStreaming()


@contextmanager
def optimization_profile(module: Module, profile: Any) -> Iterator[Module]:
    """Yields the module. Each call takes the profile that its shapes are in: only ``"auto"`` and ``None`` are possible.

    Raises:
        ValueError: another profile.
    """
    if profile not in (None, "auto"):
        raise ValueError(
            f"profile is {profile!r}, must be 'auto': each call takes the profile that the shapes of its inputs are in"
        )
    yield module


runtime_cache = absent_function(
    "runtime.runtime_cache",
    "it is for TensorRT-RTX, which compiles kernels in the first call. timing_cache_path of torch_tensorrt.compile "
    "keeps the measured times of tactics between builds",
)
