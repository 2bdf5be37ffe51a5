"""How compiled modules run, in this process.

CUDA graphs: an engine on a GPU whose backend can (TensorRT) records the work of a call that comes with the same shapes
and addresses for the second time, and launches the recording from then on, which takes the CPU less time::

    with torch_tensorrt.runtime.enable_cudagraphs(module) as module:
        module(x)

The mode is the process's: all engines see it, in all threads. Inside a graph that PyTorch records
(``torch.cuda.graph``), and for engines on CPUs, it changes nothing.
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
    """The library that saved modules need and nothing else of this package: for ``torch.ops.load_library`` in a process
    that does not import ``torch_tensorrt``, or to link a C++ program with.
    """
    return str(library_dir() / "libtorchtrt_runtime.so")


def set_cudagraphs_mode(enable_cudagraphs: bool) -> None:
    """Switches the recording of CUDA graphs on or off. It is off at first."""
    torch.ops.tensorrt.set_cudagraphs_mode(_SUBGRAPH if enable_cudagraphs else _STANDARD)


def get_cudagraphs_mode() -> bool:
    """Whether CUDA graphs are recorded."""
    return torch.ops.tensorrt.get_cudagraphs_mode() != _STANDARD


@contextmanager
def enable_cudagraphs(compiled_module: Module) -> Iterator[Module]:
    """Switches the recording on for a block, and back to what it was behind it. Gives the module as it is."""
    before = torch.ops.tensorrt.get_cudagraphs_mode()
    set_cudagraphs_mode(True)
    try:
        yield compiled_module
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(before)
