"""``torch.compile`` with this library as the backend, and the front ends ``ir="torch_compile"`` and ``ir="dynamo"``."""

from __future__ import annotations

import subprocess
import sys
import warnings
import weakref
from importlib.metadata import entry_points

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


def test_an_installed_package_names_its_backend_in_entry_points():
    points = entry_points(group="torch_dynamo_backends")
    assert {"tensorrt", "torch_tensorrt"} <= points.names
    assert all(points[name].load() is _dynamo.torch_tensorrt_backend for name in ("tensorrt", "torch_tensorrt"))
    assert {"tensorrt", "torch_tensorrt"} <= set(torch._dynamo.list_backends())


def test_a_package_that_is_only_imported_registers_its_backend():
    code = """
import importlib.metadata, torch
all_points, none = importlib.metadata.entry_points, importlib.metadata.EntryPoints()
importlib.metadata.entry_points = lambda **of: none if "torch_dynamo_backends" in of.values() else all_points(**of)
import torch_tensorrt
from torch._dynamo.backends import registry
assert registry._COMPILER_FNS["tensorrt"] is registry._COMPILER_FNS["torch_tensorrt"]
assert registry._COMPILER_FNS["tensorrt"].__module__ == "torch_tensorrt._dynamo"
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


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


def test_a_range_without_a_top_grows(graphs):
    model = mlp()
    compiled = torch.compile(model, backend="torch_tensorrt", dynamic=True)
    for size in (3, 8):
        same(compiled, model, torch.randn(size, 8))
    (graph,) = graphs
    assert [top for _, _, top in graph.tops] == [8]
    same(compiled, model, torch.randn(9, 8))
    assert [top for _, _, top in graph.tops] == [32]
    assert len(graphs) == 1


def test_the_range_of_mark_dynamic(graphs):
    model = mlp()
    compiled = torch.compile(model, backend="torch_tensorrt")
    for size in (3, 50, 2):
        x = torch.randn(size, 8)
        torch._dynamo.mark_dynamic(x, 0, min=2, max=50)
        same(compiled, model, x)
    (graph,) = graphs
    assert [top for _, _, top in graph.tops] == [50]


def test_all_sizes_vary():
    def product(x, y):
        return (x @ y).relu() * x.shape[0] + y.shape[1]

    compiled = torch.compile(product, backend="torch_tensorrt", dynamic=True)
    for a, b, c in ((3, 4, 5), (2, 7, 9), (30, 3, 3), (1, 4, 5)):
        same(compiled, product, torch.randn(a, b), torch.randn(b, c))


def test_pictures_of_all_sizes_and_formats():
    layers = nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    model = nn.Sequential(*layers, nn.Linear(8, 3)).eval()
    compiled = torch.compile(model, backend="torch_tensorrt", dynamic=True)
    for shape in ((2, 3, 16, 17), (3, 3, 40, 33), (1, 3, 16, 16)):
        x = torch.randn(shape)
        same(compiled, model, x)
        same(compiled, model, x.to(memory_format=torch.channels_last))


def normed() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 4)).eval()


def replace_a_parameter(model):
    model[0].weight = nn.Parameter(torch.randn(16, 8))


def write_a_parameter(model):
    with torch.no_grad():
        model[3].bias.add_(1)


def write_a_buffer(model):
    model[1].running_mean.add_(1)


def replace_data(model):
    model[0].weight.data = torch.randn(16, 8)


def load(model):
    torch.manual_seed(5)
    model.load_state_dict(normed().state_dict())


@pytest.mark.parametrize("change", [replace_a_parameter, write_a_parameter, write_a_buffer, replace_data, load])
def test_weights_that_change(change, graphs):
    model, x = normed(), torch.randn(3, 8)
    compiled = torch.compile(model, backend="torch_tensorrt")
    for _ in range(3):
        same(compiled, model, x)
        change(model)
    same(compiled, model, x)
    assert len(graphs) == 1


def test_old_weights_are_not_kept(graphs):
    model, x = normed(), torch.randn(3, 8)
    compiled = torch.compile(model, backend="torch_tensorrt")
    for _ in range(3):
        old = weakref.ref(model[0].weight)
        replace_a_parameter(model)
        same(compiled, model, x)
        assert old() is None
    assert len(graphs[0].variants) == 1


def test_arguments_that_share_memory():
    def writes(x, y):
        x.mul_(2)
        return x + y

    compiled = torch.compile(writes, backend="torch_tensorrt")
    for _ in range(2):
        mine, theirs = torch.arange(4.0), torch.arange(4.0)
        torch.testing.assert_close(compiled(mine[:3], mine[1:]), writes(theirs[:3], theirs[1:]))
        torch.testing.assert_close(mine, theirs)
        mine, theirs = torch.arange(3.0), torch.arange(3.0)
        torch.testing.assert_close(compiled(mine, mine + 1), writes(theirs, theirs + 1))


def test_a_tensor_of_a_subclass_stays_in_pytorch():
    class Named(torch.Tensor):
        pass

    def double(x):
        return x * 2 + 1

    x = torch.randn(3)
    found = torch.compile(double, backend="torch_tensorrt")(x.as_subclass(Named))
    assert type(found) is Named
    torch.testing.assert_close(found.as_subclass(torch.Tensor), double(x))


def test_another_dtype_of_the_module():
    model, x = normed(), torch.randn(3, 8)
    compiled = torch.compile(model, backend="torch_tensorrt")
    same(compiled, model, x)
    same(compiled, model.double(), x.double())
    with torch.inference_mode():
        torch.testing.assert_close(compiled(x.double()), model(x.double()))


def test_layers_of_one_class_share_a_graph(graphs):
    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(8, 8)

        def forward(self, x):
            return self.linear(x).relu()

    class Layers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([Layer() for _ in range(4)])

        def forward(self, x):
            for layer in self.layers:
                torch._dynamo.graph_break()  # within a loop: PyTorch runs the loop, and each layer is a graph
                x = layer(x)
            return x

    model = Layers().eval()
    compiled = torch.compile(model, backend="torch_tensorrt")
    for _ in range(2):
        same(compiled, model, torch.randn(3, 8))
    (graph,) = graphs
    assert len(graph.variants) == 4


def test_in_autocast_the_casts_are_those_of_pytorch():
    model, x = mlp(), torch.randn(3, 8)
    compiled = torch.compile(model, backend="torch_tensorrt")
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        found, expected = compiled(x), model(x)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found, expected, rtol=2e-2, atol=2e-2)
    same(compiled, model, x)


def test_compiling_leaves_the_generator_and_the_buffers_alone(graphs):
    class Draws(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.zeros(1))

        def forward(self, x):
            self.calls += 1
            return x.relu() * self.calls + torch.rand(3)

    mine, theirs, x = Draws(), Draws(), torch.randn(3)
    torch.manual_seed(4)
    found = torch.compile(mine, backend="torch_tensorrt")(x)
    torch.manual_seed(4)
    assert torch.equal(found, theirs(x))
    assert mine.calls == 1


def test_numbers_without_a_tensor():
    def places(count):
        return torch.arange(count) * 2 + 1

    compiled = torch.compile(places, backend="torch_tensorrt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for count in (3, 4, 9):
            same(compiled, places, count)


def test_gradients_are_an_error_where_they_are_computed():
    model = mlp()
    result = torch.compile(model, backend="torch_tensorrt")(torch.randn(3, 8))
    assert result.requires_grad
    with pytest.raises(RuntimeError, match="torch_tensorrt computes no gradients"):
        result.sum().backward()


def test_gradients_of_some_results():
    def results(x, y):
        return x * 2, y.detach() + 1, (y > 0).sum(), y * x

    x, y = torch.randn(3), torch.randn(3, requires_grad=True)
    found = torch.compile(results, backend="torch_tensorrt")(x, y)
    for mine, theirs in zip(found, results(x, y), strict=True):
        assert mine.requires_grad == theirs.requires_grad
        torch.testing.assert_close(mine, theirs)


def test_a_write_that_gradients_would_need_stays_in_pytorch():
    def writes(x, factor):
        return x.mul_(factor).sum()

    weight = torch.ones(3, requires_grad=True)
    compiled = torch.compile(writes, backend="torch_tensorrt")
    with pytest.warns(UserWarning, match="it writes a tensor that needs gradients"):
        compiled(weight * 1, torch.tensor([1.0, 2.0, 3.0])).backward()
    assert weight.grad.tolist() == [1.0, 2.0, 3.0]


def test_a_mode_is_refused():
    with pytest.raises(Exception, match="mode='max-autotune' is for the backend inductor"):
        torch.compile(mlp(), backend="torch_tensorrt", mode="max-autotune")(torch.randn(3, 8))


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
