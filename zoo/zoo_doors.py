"""Models of the zoo through ``torch.compile`` and ``torch.export``."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Callable, Sequence

import torch
from zoo_files import ranges_of
from zoo_model import Model, Shape
from zoo_parameters import give_parameters

import torch_tensorrt
from torch_tensorrt import _dynamo

HEAD = """
## torch.compile and torch.export

A part of these models comes through `torch.compile(model, backend="torch_tensorrt")` and through
`compile(model, ir="dynamo")`, each with all its operators in engines. The numbers are differences as above. *Batches*
of `torch.compile` are calls with 2, 3 and 5 pictures or texts: the second makes a range of their number. *Batches* of
`torch.export` are those of the table above.

| model | compile, fixed | compile, batches | export, fixed | export, batches |
| --- | ---: | ---: | ---: | ---: |
"""
CALLS = (2, 3, 5)
BATCHES = (2, 1, 4)


@dataclasses.dataclass
class DoorsResult:
    name: str
    columns: list[str]

    def row(self) -> str:
        return f"| {self.name} | {' | '.join(self.columns)} |"


def whole(compiled: torch.jit.ScriptModule) -> None:
    """Raises ``AssertionError`` if PyTorch runs an operator."""
    (method,) = torch_tensorrt.inspect(compiled).methods
    if not method.engines or method.pytorch:
        raise AssertionError(f"{len(method.engines)} engines, and PyTorch runs {len(method.pytorch)} operators")


def through_compile(model: Model, module: torch.nn.Module, variants: Sequence[tuple[Shape, ...]], error) -> float:
    """Returns the largest difference between the compiled module and PyTorch.

    Args:
        error: a function of two results.

    Raises:
        AssertionError: not all operators are in engines.
    """
    torch._dynamo.reset()
    graphs: list[_dynamo.CompiledGraph] = []

    def backend(graph, inputs):
        graphs.append(_dynamo.torch_tensorrt_backend(graph, inputs))
        return graphs[-1]

    compiled = torch.compile(module, backend=backend)
    calls = [model.inputs(shapes) for shapes in variants]
    worst = max(error(compiled(*inputs), module(*inputs)) for inputs in calls)
    for graph in graphs:
        for variant in graph.variants.values():
            whole(variant.compiled)
        if not graph.variants:
            raise AssertionError("PyTorch runs a graph")
    return worst


def through_export(model: Model, module: torch.nn.Module, variants: Sequence[tuple[Shape, ...]], error) -> float:
    """As :func:`through_compile`, for a program exported for the range of the shapes."""
    inputs = [
        torch_tensorrt.Input(min_shape=low, opt_shape=opt, max_shape=high, dtype=example.dtype)
        for (low, opt, high), example in zip(ranges_of(variants), model.inputs(), strict=True)
    ]
    compiled = torch_tensorrt.compile(module, ir="dynamo", inputs=inputs, device="cpu")
    whole(compiled)
    calls = [model.inputs(shapes) for shapes in variants]
    return max(error(compiled(*given), module(*given)) for given in calls)


def run_doors(model: Model, error, attempt: Callable[..., str], verdict: Callable[[float], str]) -> DoorsResult:
    torch.manual_seed(0)
    module = model.make().eval()
    give_parameters(module, model.inputs(model.shapes if model.fixed_batch else model.batches(6), seed=3))
    columns = []
    for door, batches in ((through_compile, CALLS), (through_export, BATCHES)):
        for variants in ([model.shapes], [model.batches(size) for size in batches]):
            found = attempt(lambda door=door, variants=variants: verdict(door(model, module, variants, error)))
            columns.append(found)
            gc.collect()
    return DoorsResult(model.name, columns)
