"""Small functions and modules through ``torch.compile`` and ``torch.export``: results, writes, state are PyTorch's."""

from __future__ import annotations

import copy
import dataclasses
import warnings

import pytest
import torch
from door_programs import PROGRAMS, Program
from torch import nn

import torch_tensorrt

REFUSED = "PyTorch runs a graph of torch.compile"


def same(found, expected) -> None:
    """Checks that two results have the same types, numbers and sharing of memory."""
    mine, theirs = list(values(found)), list(values(expected))
    for left, right in zip(mine, theirs, strict=True):
        assert type(left) is type(right)
        if not isinstance(left, torch.Tensor):
            assert left == right
            continue
        torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-5)
        assert left.requires_grad == right.requires_grad
    assert sharing(mine) == sharing(theirs)


def values(nest):
    """Yields kinds of containers, keys and leaves. Those of compiled modules have no classes of the user."""
    if dataclasses.is_dataclass(nest):
        nest = vars(nest)
    if isinstance(nest, (tuple, list)):
        yield "tuple" if isinstance(nest, tuple) else "list"
        for part in nest:
            yield from values(part)
        return
    if not isinstance(nest, dict):
        yield nest
        return
    for key, value in nest.items():
        yield key
        yield from values(value)


def sharing(leaves) -> list[tuple[int, int]]:
    """Returns the pairs of tensors in the same memory."""
    tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
    memory = [tensor.untyped_storage().data_ptr() for tensor in tensors]
    return [(i, k) for i in range(len(memory)) for k in range(i) if memory[i] and memory[i] == memory[k]]


def state(function) -> dict[str, torch.Tensor]:
    return function.state_dict() if isinstance(function, nn.Module) else {}


def ready(program: Program):
    """Returns the program for PyTorch, and its copy to compile."""
    torch.manual_seed(1)
    function = program.make()
    if isinstance(function, nn.Module):
        function.train(program.training)
    return function, copy.deepcopy(function) if isinstance(function, nn.Module) else function


def run(function, arguments, keywords):
    torch.manual_seed(3)
    with torch.no_grad():
        return function(*arguments, **keywords)


@pytest.mark.parametrize("dynamic", [None, True], ids=["", "dynamic"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_torch_compile(program, dynamic):
    torch._dynamo.reset()
    theirs, mine = ready(program)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", REFUSED)
        compiled = torch.compile(mine, backend="torch_tensorrt", dynamic=dynamic)
        for make in program.calls:
            keywords = program.keywords()
            arguments = make()
            given = copy.deepcopy(arguments)
            expected = run(theirs, arguments, keywords)
            found = run(compiled, given, keywords)
            same([found, given], [expected, arguments])
    same(state(mine), state(theirs))


class Wrapped(nn.Module):
    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, *arguments, **keywords):
        return self.function(*arguments, **keywords)


EXPORTED = [program for program in PROGRAMS if program.exports]


@pytest.mark.parametrize("decompose", [False, True], ids=["as it is", "core ATen"])
@pytest.mark.parametrize("program", EXPORTED, ids=lambda program: program.name)
def test_torch_export(program, decompose):
    theirs, mine = ready(program)
    module = mine if isinstance(mine, nn.Module) else Wrapped(mine)
    make, keywords = program.calls[0], program.keywords()
    with torch.no_grad():
        exported = torch.export.export(module, make(), keywords)
        exported = exported.run_decompositions() if decompose else exported
    compiled = torch_tensorrt.compile(exported, device="cpu")
    same(state(mine), state(theirs))
    if decompose:  # the decomposition of an LSTM has another shape than its result
        theirs = exported.module()
    for _ in range(2):
        arguments = make()
        given = copy.deepcopy(arguments)
        expected = run(theirs, arguments, keywords)
        same([run(compiled, given, keywords), given], [expected, arguments])
