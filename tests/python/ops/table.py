"""The rows of the operator tables, and how to run them.

A row is a TorchScript expression over tensors a, b, c, ... with their definitions. It is compiled as one engine
(`require_full_compilation`) for fixed shapes and, by default, for a range of sizes of the first dimension. Dtype, shape
and elements are compared with PyTorch's.
"""

from __future__ import annotations

import dataclasses
import functools
import linecache
import math
import re
import string
import warnings
from collections.abc import Callable
from typing import Optional

import torch

import torch_tensorrt

# Four roundings: PyTorch may round between the steps of a formula where an engine does not, and vice versa.
REDUCED_TOLERANCE = {torch.half: 4 * 2**-11, torch.bfloat16: 4 * 2**-8}
NAMES = string.ascii_letters  # of arguments

HALF, BF16, F32, F64 = torch.half, torch.bfloat16, torch.float32, torch.float64
I8, U8, I16, I32, I64, BOOL = torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool
NAN, INF = float("nan"), float("inf")
F = "torch.nn.functional."
A = "torch.ops.aten."
FLOAT_TOLERANCE = 1e-5  # relative, for fp32 pointwise functions; other rows give theirs with the reason


@dataclasses.dataclass(frozen=True)
class Tensor:
    """Defines an input: normal floats, small integers or bools."""

    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32
    low: float | None = None  # uniform in [low, high) instead
    high: float | None = None
    values: tuple = ()  # these values, reshaped, instead
    dynamic: bool = True  # the first dimension may be made a range

    def make(self, generator: torch.Generator, batch: int | None = None) -> torch.Tensor:
        shape = self.shape if batch is None or not self.dynamic or not self.shape else (batch, *self.shape[1:])
        if self.values:
            return torch.tensor(self.values, dtype=self.dtype).reshape(self.shape)
        if self.dtype is torch.bool:
            return torch.rand(shape, generator=generator) < 0.5
        if not self.dtype.is_floating_point:
            low, high = (-5, 6) if self.low is None else (int(self.low), int(self.high))
            low = max(low, 0) if self.dtype is torch.uint8 else low
            return torch.randint(low, high, shape, generator=generator).to(self.dtype)
        if self.low is not None:
            spread = torch.rand(shape, generator=generator, dtype=torch.float64)
            return (self.low + spread * (self.high - self.low)).to(self.dtype)
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(self.dtype)


@dataclasses.dataclass(frozen=True)
class Row:
    op: str  # "aten::add.Tensor"
    code: str  # "torch.add(a, b)", or several lines whose last one is the result
    inputs: tuple[Tensor, ...]
    rtol: float = FLOAT_TOLERANCE
    atol: float = 0.0
    static_only: str = ""  # reason why there is no range
    exact: bool = False
    # Absolute tolerance of half types in epsilons: PyTorch rounds partial sums that an engine keeps in f32.
    reduced_units: float = 0.0
    late: bool = False  # data-dependent shape: our engine declines the row, other backends run it

    @property
    def name(self) -> str:
        inputs = ",".join("x".join(map(str, i.shape)) + ":" + str(i.dtype).removeprefix("torch.") for i in self.inputs)
        return f"{self.op}[{' '.join(self.code.split())}]({inputs})"


def t(*shape: int, dtype: torch.dtype = torch.float32, low=None, high=None, values=(), dynamic=True) -> Tensor:
    return Tensor(tuple(shape), dtype, low, high, tuple(values), dynamic)


def fixed(*shape: int, **more) -> Tensor:
    return t(*shape, dynamic=False, **more)


def fixed16(*shape: int, dtype=I16, **more) -> Tensor:
    return fixed(*shape, dtype=dtype, **more)


def places(*values: int, shape: tuple[int, ...] = (), dtype=I64) -> Tensor:
    return fixed(*(shape or (len(values),)), dtype=dtype, values=values)


def index(*shape: int, high: int, low: int = 0, dynamic: bool = False, dtype=I64) -> Tensor:
    return t(*shape, dtype=dtype, low=low, high=high, dynamic=dynamic)


def three(low: float | None = None, high: float | None = None) -> list[Tensor]:
    """Returns a matrix, a cube and doubles of a domain."""
    return [t(3, 4, low=low, high=high), t(2, 3, 5, low=low, high=high), t(3, 7, dtype=F64, low=low, high=high)]


def written(op: str, statement: str, *inputs: Tensor, **more) -> Row:
    """A write to x, a copy of the first input."""
    return Row("aten::" + op, f"x = a.clone()\n{statement}\nx * 1", inputs, **more)


def in_place(op: str, call: str, *inputs: Tensor, **more) -> Row:
    return written(op, f"x.{call}", *inputs, **more)


def int16_rows(*codes: tuple[str, str]) -> list[Row]:
    """A row for each operator and its code; a has large numbers, b small ones above 0."""
    large, small = t(3, 4, dtype=I16, low=-30000, high=30000), t(3, 4, dtype=I16, low=1, high=300)
    return [Row(f"aten::{op}", code, (large, small) if re.search(r"\bb\b", code) else (large,)) for op, code in codes]


def movement_rows(codes: dict[str, tuple[str, ...]]) -> list[Row]:
    """Rows of operators that move elements: each code with floats, the first with integers as well."""
    rows = []
    for op, variants in codes.items():
        rows += [Row(f"aten::{op}", code, (t(3, 4, 6),), exact=True) for code in variants]
        rows.append(Row(f"aten::{op}", variants[0], (t(3, 4, 6, dtype=I64),)))
    return rows


def late(op: str, code: str, *inputs: Tensor, **more) -> Row:
    return Row(f"aten::{op}", code, inputs, late=True, **more)


def one_case(op: str, code: str, *inputs: Tensor, **more) -> Row:
    return Row(f"aten::{op}", code, inputs, static_only="one case", **more)


# TorchScript's front end replaces the first name by the second; a graph in text form keeps the first.
NORMALIZED = {
    "absolute": "abs", "adjoint": "mH", "arctan2": "atan2", "clip": "clamp", "concat": "cat", "concatenate": "cat",
    "divide": "div", "fix": "trunc", "ger": "outer", "multiply": "mul", "negative": "neg", "rsub": "sub",
    "subtract": "sub", "swapaxes": "transpose", "true_divide": "div",
}  # fmt: skip


def respell(graph: torch.Graph, op: str) -> None:
    """Restores the operator's own name in the nodes of a graph."""
    name = op.removeprefix("aten::").partition(".")[0]
    bare = name.removesuffix("_")
    if bare not in NORMALIZED:
        return
    kind = f"aten::{NORMALIZED[bare]}{name[len(bare) :]}"
    for node in [node for node in graph.nodes() if node.kind() == kind]:
        inputs = list(node.inputs())
        if bare == "rsub":
            inputs[:2] = inputs[1], inputs[0]
        renamed = graph.create(f"aten::{name}", inputs, 1)
        renamed.insertBefore(node)
        renamed.output().setType(node.output().type())
        node.output().replaceAllUsesWith(renamed.output())
        node.destroy()


@functools.cache
def script_row(row: Row) -> torch.jit.ScriptModule:
    module = script(row.code, len(row.inputs))
    respell(module.graph, row.op)
    return module


def source_class(code: str, count: int) -> type:
    """Makes a module class with arguments a, b, ... that returns the last line."""
    lines = [line for line in code.strip().splitlines() if line.strip()]
    names = ", ".join(NAMES[:count])
    body = [f"        {line}\n" for line in lines[:-1]] + [f"        return {lines[-1].strip()}\n"]
    source = ["class Row(torch.nn.Module):\n", f"    def forward(self, {names}):\n", *body]
    # TorchScript reads the source of a class through linecache.
    file = f"<row {hash(code)}>"
    linecache.cache[file] = (len("".join(source)), None, source, file)
    namespace = {
        "torch": torch,
        "math": math,
        "warnings": warnings,
        "Optional": Optional,
        "List": list,
        "__name__": __name__,
    }
    exec(compile("".join(source), file, "exec"), namespace)
    return namespace["Row"]


def script(code: str, count: int) -> torch.jit.ScriptModule:
    return torch.jit.script(source_class(code, count)().eval())


def eager_row(row: Row) -> torch.nn.Module:
    """Runs the row in Python."""
    return source_class(row.code, len(row.inputs))().eval()


def flatten(result) -> list[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        return [result]
    return [tensor for part in result for tensor in flatten(part)]


def compare(row: Row, compiled: Callable, module: Callable, inputs: list[torch.Tensor]) -> None:
    expected = flatten(module(*[x.clone() for x in inputs]))
    kept = [x.clone() for x in inputs]
    got = flatten(compiled(*inputs))
    assert len(got) == len(expected)
    for x, original in zip(inputs, kept, strict=True):
        assert torch.equal(x.nan_to_num(), original.nan_to_num()), "an input was written to"
    for place, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
        which = f"result {place} ({theirs.dtype}, {tuple(theirs.shape)})" if len(expected) > 1 else "the result"
        assert mine.dtype == theirs.dtype, f"{which}: dtype {mine.dtype}, PyTorch's is {theirs.dtype}"
        assert mine.shape == theirs.shape, f"{which}: shape {tuple(mine.shape)}, PyTorch's is {tuple(theirs.shape)}"
        exact = row.exact or not theirs.dtype.is_floating_point
        rtol = max(row.rtol, REDUCED_TOLERANCE.get(theirs.dtype, 0.0))
        atol = max(row.atol, rtol * 0.1)
        if theirs.dtype in REDUCED_TOLERANCE:
            atol = max(atol, row.reduced_units * torch.finfo(theirs.dtype).eps)
        torch.testing.assert_close(
            mine,
            theirs,
            rtol=0 if exact else rtol,
            atol=0 if exact else atol,
            equal_nan=True,
            msg=lambda text, which=which: f"{which}: {text}",
        )


def compile_for(module: torch.jit.ScriptModule, specs: list[torch_tensorrt.Input], backend: str = "auto"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch_tensorrt.compile(
            module, inputs=specs, device="cpu", require_full_compilation=True, backend=backend
        )


def static_specs(row: Row) -> list[torch_tensorrt.Input]:
    return [torch_tensorrt.Input(spec.shape, dtype=spec.dtype) for spec in row.inputs]


def run_static(row: Row, backend: str = "auto", module: torch.jit.ScriptModule | None = None) -> None:
    """Compiles the row's module, or another one, and compares the results."""
    module = module or script_row(row)
    generator = torch.Generator().manual_seed(7)
    inputs = [spec.make(generator) for spec in row.inputs]
    compare(row, compile_for(module, static_specs(row), backend), module, inputs)


def dynamic_specs(row: Row) -> tuple[list[torch_tensorrt.Input], int]:
    """Returns specifications with a range for the first dimension, and its size in the row."""
    sizes = {spec.shape[0] for spec in row.inputs if spec.dynamic and spec.shape and spec.shape[0] > 1}
    assert len(sizes) == 1, "the first dimensions of the dynamic inputs must agree"
    (size,) = sizes
    specs = []
    for spec in row.inputs:
        if spec.dynamic and spec.shape and spec.shape[0] == size:
            shapes = [(n, *spec.shape[1:]) for n in (1, size, size + 2)]
            specs.append(
                torch_tensorrt.Input(min_shape=shapes[0], opt_shape=shapes[1], max_shape=shapes[2], dtype=spec.dtype)
            )
        else:
            specs.append(torch_tensorrt.Input(spec.shape, dtype=spec.dtype))
    return specs, size


def inputs_of_batch(row: Row, size: int, batch: int, generator: torch.Generator) -> list[torch.Tensor]:
    return [spec.make(generator, batch if spec.shape and spec.shape[0] == size else None) for spec in row.inputs]


def run_dynamic(row: Row, backend: str = "auto", module: torch.jit.ScriptModule | None = None) -> None:
    module = module or script_row(row)
    generator = torch.Generator().manual_seed(8)
    specs, size = dynamic_specs(row)
    compiled = compile_for(module, specs, backend)
    for batch in (size, 1, size + 2):
        compare(row, compiled, module, inputs_of_batch(row, size, batch, generator))
