"""Checks a generated use of operators against PyTorch: equal results, or errors of both."""

from __future__ import annotations

import shlex

import torch
from ops.bundle import DTYPES
from ops.table import Row, compare, compile_for, flatten, script

import torch_tensorrt

# Exceptions for wrong arguments, in PyTorch and here.
ERRORS = (RuntimeError, TypeError, ValueError, IndexError)


def reproducer(row: Row) -> str:
    """Returns a command that runs the row alone, from the root of the tree."""
    program = (
        "import torch; from ops.table import Row, Tensor; from properties.check import agree; "
        f"nan = float('nan'); inf = float('inf'); agree({row!r})"
    )
    return f"PYTHONPATH=tests/python python -c {shlex.quote(program)}"


def agree(row: Row) -> None:
    try:
        _agree(row)
    except Exception as error:
        text = " ".join(str(error).split())[:500]
        raise AssertionError(f"{row.code}: {text}\n{reproducer(row)}") from None


def _agree(row: Row) -> None:
    try:
        module = script(row.code, len(row.inputs))
    except RuntimeError:
        return  # no overload for these arguments
    generator = torch.Generator().manual_seed(7)
    inputs = [spec.make(generator) for spec in row.inputs]
    specs = [torch_tensorrt.Input(x.shape, dtype=x.dtype) for x in inputs]
    try:
        expected = flatten(module(*[x.clone() for x in inputs]))
    except ERRORS as error:
        _must_raise(module, specs, inputs, error)
        return
    if all(result.dtype in DTYPES for result in expected):
        compare(row, compile_for(module, specs), module, inputs)


def _must_raise(module, specs, inputs, error) -> None:
    try:
        compile_for(module, specs)(*inputs)
    except ERRORS:
        return
    why = str(error).strip().splitlines()[-1]
    raise AssertionError(f"PyTorch raises ({why}), the engine gives a result")
