"""pickle, torch.save, copies and processes of compiled modules."""

from __future__ import annotations

import copy
import io
import multiprocessing
import pickle

import pytest
import torch
from models import Mlp
from torch import nn

import torch_tensorrt

X = torch.linspace(-1, 1, 32).reshape(2, 16)
BIG = torch.ones(1, 1024)


class Counter(nn.Module):
    """A hybrid module with state."""

    def __init__(self):
        super().__init__()
        self.layer = Mlp()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return self.layer(x) + self.calls


@pytest.fixture(scope="module", params=[Mlp, Counter])
def compiled(request) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(torch.jit.script(request.param().eval()), inputs=[X], device="cpu")


def test_a_module_of_megabytes():
    module = torch_tensorrt.compile(torch.jit.script(nn.Linear(1024, 1024).eval()), inputs=[BIG], device="cpu")
    file = pickle.dumps(module)
    assert len(file) > 1024 * 1024 * 4
    torch.testing.assert_close(pickle.loads(file)(BIG), module(BIG))


def saved(module) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    return file


def both(module: nn.Module):
    return pickle.loads(pickle.dumps(module)), torch.load(saved(module), weights_only=False)


def test_pickle_and_torch_save(compiled):
    for other in (*both(compiled), copy.deepcopy(compiled)):
        assert isinstance(other, torch.jit.ScriptModule)
        assert torch.equal(other(X), copy.deepcopy(compiled)(X))
        assert both(other)  # a loaded module too


def test_a_copy_runs_alike(compiled):
    other = copy.copy(compiled)
    assert other is not compiled
    assert torch.equal(copy.deepcopy(other)(X), copy.deepcopy(compiled)(X))


def test_a_module_that_holds_a_compiled_one(compiled):
    module = nn.Sequential(nn.ReLU(), copy.deepcopy(compiled))
    expected = copy.deepcopy(module)(X)
    for other in both(module):
        assert torch.equal(other(X), expected)


def test_weights_only_loading_refuses_and_says_how(compiled):
    with pytest.raises(pickle.UnpicklingError, match="weights_only"):
        torch.load(saved(compiled))


def run(module, x):
    return module(x)


def test_another_process(compiled):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert torch.equal(pool.apply(run, (copy.deepcopy(compiled), X)), copy.deepcopy(compiled)(X))


def test_a_module_that_is_not_compiled_keeps_pytorchs_error():
    with pytest.raises(Exception, match="__getstate__"):
        pickle.dumps(torch.jit.script(Mlp()))
