"""Turns programs into scripted and compiled modules, and makes the arguments of calls."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

import torch_tensorrt
from hybrid.devices import on_device
from hybrid.program import LARGEST, SMALLEST, Argument, Program

OPTIMAL = {"N": 2, "L": 3}
_DTYPES = {"f32": torch.float32, "i64": torch.int64}
_numbers = itertools.count()


@contextlib.contextmanager
def _imported(source: str) -> Iterator[type[torch.nn.Module]]:
    """Imports a source from a temporary file, which TorchScript reads."""
    name = f"hybrid_program_{next(_numbers)}"
    with tempfile.TemporaryDirectory(prefix="hybrid") as folder:
        path = Path(folder, f"{name}.py")
        path.write_text(source)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
            spec.loader.exec_module(module)
            sys.dont_write_bytecode = before
            yield module.Net
        finally:
            del sys.modules[name]


def _scripted(net: type[torch.nn.Module], seed: int, device: str) -> torch.jit.ScriptModule:
    torch.manual_seed(seed)
    module = net().eval()
    return torch.jit.script(module if device == "cpu" else on_device(module, device))


def scripted_source(source: str, seed: int = 0, device: str = "cpu") -> torch.jit.ScriptModule:
    """Returns the class ``Net`` of a source as a TorchScript module in eval mode."""
    with _imported(source) as net:
        return _scripted(net, seed, device)


def with_two_weights(program: Program) -> list[torch.jit.ScriptModule]:
    """Returns two TorchScript modules of the program's class, in eval mode, with different parameters and buffers."""
    with _imported(program.source()) as net:
        return [_scripted(net, seed, program.device) for seed in (program.seed + 1, program.seed)]


def scripted(program: Program) -> torch.jit.ScriptModule:
    """Returns the program as a TorchScript module in eval mode."""
    return scripted_source(program.source(), program.seed, program.device)


def inputs(program: Program) -> list[torch_tensorrt.Input]:
    """Returns the inputs that the compiler is given."""
    made = []
    for argument in program.arguments:
        dtype = _DTYPES[argument.dtype]
        if any(isinstance(dim, str) for dim in argument.shape):
            shapes = {
                f"{name}_shape": argument.sizes(dims)
                for name, dims in (("min", SMALLEST), ("opt", OPTIMAL), ("max", LARGEST))
            }
            made.append(torch_tensorrt.Input(**shapes, dtype=dtype))
        else:
            made.append(torch_tensorrt.Input(argument.sizes({}), dtype=dtype))
    return made


def compiled(program: Program, module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """Compiles a module with the program's settings."""
    settings = {"device": torch_tensorrt.Device(program.device), "num_threads": 1, **program.settings}
    if program.device != "cpu":
        settings |= {"disable_tf32": True, "optimization_level": 0}
    with torch_tensorrt.logging.errors():
        return torch_tensorrt.compile(module, inputs=inputs(program), **settings)


def calls(program: Program, count: int = 3) -> list[list[torch.Tensor]]:
    """Returns the arguments of several calls, on the CPU, with sizes within the ranges.

    The elements are such that sums of them are exact.
    """
    r = random.Random(program.seed)
    made = []
    for i in range(count):
        dims = {name: r.randint(SMALLEST[name], LARGEST[name]) for name in SMALLEST} if i else OPTIMAL
        made.append([_tensor(r, argument, argument.sizes(dims)) for argument in program.arguments])
    return made


def _tensor(r: random.Random, argument: Argument, shape: list[int]) -> torch.Tensor:
    count = torch.Size(shape).numel()
    if argument.dtype == "i64":
        made = torch.tensor([r.randint(0, 7) for _ in range(count)], dtype=torch.int64).reshape(shape)
    else:
        made = torch.tensor([r.randint(-16, 16) / 8 for _ in range(count)], dtype=torch.float32).reshape(shape)
    return made.repeat_interleave(2, -1)[..., ::2] if argument.is_strided else made
