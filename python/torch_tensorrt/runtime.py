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

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from torch_tensorrt._engine_module import TorchTensorRTModule as TorchTensorRTModule
from torch_tensorrt._library import library_dir

_STANDARD, _SUBGRAPH = 0, 1

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
