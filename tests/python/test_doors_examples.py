"""PyTorch's own examples of what torch.export takes, through both doors."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch
from test_doors import REFUSED
from torch._export.db.case import SupportLevel
from torch._export.db.examples import all_examples
from torch.utils import _pytree

import torch_tensorrt

EXAMPLES = all_examples()
EXPORTED = [name for name, case in EXAMPLES.items() if case.support_level is SupportLevel.SUPPORTED]


def ready(name: str):
    """Returns the model, its arguments and its results."""
    case = EXAMPLES[name]
    model = case.model.eval()
    arguments, keywords = case.example_args, case.example_kwargs or {}
    with torch.no_grad():
        expected = copy.deepcopy(model)(*copy.deepcopy(arguments), **copy.deepcopy(keywords))
    return copy.deepcopy(model), copy.deepcopy(arguments), copy.deepcopy(keywords), expected


def same(found, expected) -> None:
    mine, theirs = _pytree.tree_leaves(found), _pytree.tree_leaves(expected)
    for left, right in zip(mine, theirs, strict=True):
        if isinstance(right, torch.Tensor):
            torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-5)
        else:
            assert left == right


@pytest.mark.parametrize("name", EXPORTED)
def test_torch_export(name):
    model, arguments, keywords, expected = ready(name)
    program = torch.export.export(model, arguments, keywords, dynamic_shapes=EXAMPLES[name].dynamic_shapes)
    given = {"arg_inputs": arguments, "kwarg_inputs": keywords} if EXAMPLES[name].dynamic_shapes else {}
    compiled = torch_tensorrt.compile(program, device="cpu", **given)
    with torch.no_grad():
        same(compiled(*arguments, **keywords), expected)


@pytest.mark.parametrize("name", EXAMPLES)
def test_torch_compile(name):
    torch._dynamo.reset()
    model, arguments, keywords, expected = ready(name)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("error", REFUSED)
        same(torch.compile(model, backend="torch_tensorrt")(*arguments, **keywords), expected)
