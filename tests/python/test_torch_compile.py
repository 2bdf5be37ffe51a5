"""``torch.compile`` with this library as the backend, and the front ends ``ir="torch_compile"`` and ``ir="dynamo"``."""

from __future__ import annotations

import warnings

import pytest
import torch
import torchvision
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input, _dynamo


@pytest.fixture(autouse=True)
def _fresh():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


@pytest.fixture
def graphs(monkeypatch):
    """The graphs that were compiled, in order."""
    found = []
    made = _dynamo.CompiledGraph.__init__

    def recorded(self, *args):
        found.append(self)
        made(self, *args)

    monkeypatch.setattr(_dynamo.CompiledGraph, "__init__", recorded)
    return found


def same(compiled, model, *args, **kwargs) -> None:
    with torch.no_grad():
        torch.testing.assert_close(compiled(*args, **kwargs), model(*args, **kwargs), rtol=1e-4, atol=1e-5)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)).eval()


@pytest.mark.parametrize("backend", ["torch_tensorrt", "tensorrt"])
def test_the_names_of_the_backend(backend, graphs):
    model = mlp()
    same(torch.compile(model, backend=backend), model, torch.randn(3, 8))
    (graph,) = graphs
    (variant,) = graph.variants.values()
    report = torch_tensorrt.inspect(variant.compiled)
    assert len(report.methods[0].engines) == 1


def test_resnet18():
    model = torchvision.models.resnet18().eval()
    same(torch.compile(model, backend="torch_tensorrt"), model, torch.randn(1, 3, 64, 64))


def test_options_are_the_settings_of_compile():
    model, x = mlp(), torch.randn(3, 8)
    options = {"min_block_size": 1, "num_threads": 1, "torch_executed_ops": ["aten::relu"]}
    same(torch.compile(model, backend="torch_tensorrt", options=options), model, x)
    wrong = torch.compile(mlp(), backend="torch_tensorrt", options={"min_blok_size": 1})
    with pytest.raises(Exception, match="no option min_blok_size; its options are device, .*min_block_size"):
        wrong(x)
    wrong = torch.compile(mlp(), backend="torch_tensorrt", options={"min_block_size": -1})
    with pytest.raises(Exception, match="min_block_size is -1, must be an integer of 0 or more"):
        wrong(x)


def test_sizes_that_vary_are_a_range(graphs):
    model = mlp()
    compiled = torch.compile(model, backend="torch_tensorrt")
    for size in (3, 4, 9, 2, 7):
        same(compiled, model, torch.randn(size, 8))
    assert len(graphs) == 2  # the first with a constant size, the second for all others


def test_gradients_are_an_error_where_they_are_computed():
    model = mlp()
    result = torch.compile(model, backend="torch_tensorrt")(torch.randn(3, 8))
    assert result.requires_grad
    with pytest.raises(RuntimeError, match="torch_tensorrt computes no gradients"):
        result.sum().backward()


def test_a_graph_that_is_refused_runs_in_pytorch_with_a_warning(monkeypatch):
    model = mlp()

    def fail(*args, **kwargs):
        raise RuntimeError("no engine today")

    monkeypatch.setattr(_dynamo.CompiledGraph, "_compiled", fail)
    compiled = torch.compile(model, backend="torch_tensorrt")
    with pytest.warns(UserWarning, match="PyTorch runs a graph of torch.compile, because .*: no engine today"):
        same(compiled, model, torch.randn(3, 8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(compiled, model, torch.randn(3, 8))
    torch._dynamo.reset()
    compiled = torch.compile(model, backend="torch_tensorrt", options={"require_full_compilation": True})
    with pytest.raises(RuntimeError, match="no engine today"):
        compiled(torch.randn(3, 8))


def test_the_front_end_torch_compile():
    model, x = mlp(), torch.randn(3, 8)
    same(torch_tensorrt.compile(model, ir="torch_compile", inputs=[x], min_block_size=1), model, x)
    with pytest.raises(ValueError, match="use ir='dynamo', which takes ranges"):
        given = Input(min_shape=(1, 8), opt_shape=(2, 8), max_shape=(4, 8))
        torch_tensorrt.compile(model, ir="torch_compile", inputs=[given])
    with pytest.raises(TypeError, match="no option min_blok_size"):
        torch_tensorrt.compile(model, ir="torch_compile", min_blok_size=1)


def test_the_front_end_dynamo():
    model, x = mlp().train(), torch.randn(3, 8)
    same(torch_tensorrt.compile(model, ir="dynamo", inputs=[x]), model, x)
    given = Input(min_shape=(1, 8), opt_shape=(2, 8), max_shape=(4, 8))
    compiled = torch_tensorrt.compile(model, ir="dynamo", inputs=[given])
    for size in (1, 3, 4):
        same(compiled, model, torch.randn(size, 8))
    with pytest.raises(RuntimeError, match="5"):
        compiled(torch.randn(5, 8))
    assert model.training
