"""Lets ``pickle``, ``torch.save`` and processes take compiled modules, which PyTorch refuses for all ScriptModules."""

from __future__ import annotations

import copyreg
import ctypes
import io
from typing import Any

import torch

from torch_tensorrt._library import compiler
from torch_tensorrt._torchscript import no_deprecation


def register() -> None:
    """Registers the form of compiled modules; other ScriptModules keep PyTorch's error."""
    copyreg.pickle(torch.jit.RecursiveScriptModule, _reduced)


def _reduced(module: torch.jit.ScriptModule) -> Any:
    try:
        compiler()._inspect(module._c)
    except RuntimeError:  # neither the module nor a submodule is compiled
        return module.__reduce_ex__(2)
    buffer = io.BytesIO()
    with no_deprecation():
        torch.jit.save(module, buffer)
    # As a tensor: torch.save stores its bytes as they are.
    return _restored, (torch.frombuffer(bytearray(buffer.getbuffer()), dtype=torch.uint8),)


def _restored(file: torch.Tensor) -> torch.jit.ScriptModule:
    file = file.cpu().contiguous()
    with no_deprecation():
        return torch.jit.load(io.BytesIO(ctypes.string_at(file.data_ptr(), file.numel())))
