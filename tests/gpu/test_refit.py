"""refit_module_weights in each backend on a GPU."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from models import Tied, TwoMethods
from torch import nn

import torch_tensorrt


class Net(nn.Module):
    """A model with kernels and biases, a batch norm, matrices, and norms that are equal before a training."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.up = nn.ConvTranspose2d(width, width, 2, stride=2, bias=False)
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.linear = nn.Linear(width, 10)
        self.register_buffer("scale", torch.ones(10))

    def forward(self, x):
        y = self.up(torch.relu(self.norm(self.conv(x)))).mean([2, 3])
        return self.linear(torch.tanh(self.first(y)) - self.second(y)) * self.scale


class Other(Net):
    def forward(self, x):
        y = self.up(torch.sigmoid(self.norm(self.conv(x)))).mean([2, 3])
        return self.linear(torch.tanh(self.first(y)) - self.second(y)) * self.scale


def fresh(kind: type[nn.Module] = Net, **settings) -> nn.Module:
    """Sets biases and norms to zeros and ones, as before a training."""
    torch.manual_seed(7)
    module = kind(**settings)
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
    return module.eval().cuda()


def trained(seed: int, kind: type[nn.Module] = Net, **settings) -> nn.Module:
    module = fresh(kind, **settings)
    generator = torch.Generator("cuda").manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            drawn = torch.randn(tensor.shape, device="cuda", generator=generator) * 0.5
            tensor.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else drawn)
    return module


def input_of(batch: int) -> torch.Tensor:
    generator = torch.Generator("cuda").manual_seed(batch)
    return torch.randn(batch, 3, 32, 32, device="cuda", generator=generator)


RANGE = torch_tensorrt.Input(min_shape=(1, 3, 32, 32), opt_shape=(4, 3, 32, 32), max_shape=(8, 3, 32, 32))


def compile_net(module: nn.Module, backend: str, inputs=(RANGE,), refit: bool = True, **settings):
    return torch_tensorrt.compile(
        module,
        inputs=list(inputs),
        device="cuda:0",
        backend=backend,
        disable_tf32=True,
        optimization_level=0,
        refit=refit,
        **settings,
    )


def expect_same(found, module, rtol: float = 1e-3, atol: float = 1e-4) -> None:
    """Tolerance: sums of fp32 in another order, through two norms of values of order 1."""
    with torch.no_grad():
        for batch in (4, 1, 8):
            x = input_of(batch)
            torch.testing.assert_close(found(x), module(x), rtol=rtol, atol=atol)


def test_new_weights_and_the_old_module_as_it_was(backend):
    old, new = trained(1), trained(2)
    compiled = compile_net(old, backend)
    refitted = torch_tensorrt.refit_module_weights(compiled, new, arg_inputs=[input_of(4)], verify_output=True)
    expect_same(refitted, new)
    expect_same(compiled, old)
    assert json.loads(refitted.engine.get_engine_layer_info())["backend"] == backend
    assert not torch.allclose(refitted(input_of(4)), old(input_of(4)), rtol=1e-2, atol=1e-2)


def test_an_engine_of_another_method():
    # TensorRT's own bytes have no network beside them.
    old, new = (torch.jit.script(trained(seed, TwoMethods)) for seed in (1, 2))
    x = torch.randn(4, 4, device="cuda")
    engine = torch_tensorrt.convert_method_to_trt_engine(
        old, "other", inputs=[x], device="cuda:0", backend="native", disable_tf32=True
    )
    embedded = torch_tensorrt.embed_engine_in_new_module(engine, device="cuda:0")
    refitted = torch_tensorrt.refit_module_weights(embedded, new, arg_inputs=[x], verify_output=True)
    torch.testing.assert_close(refitted(x), new.other(x), rtol=1e-3, atol=1e-4)


def test_compiled_before_its_training(backend):
    compiled = compile_net(fresh(), backend)
    expect_same(compiled, fresh())
    for seed in (1, 2):
        expect_same(torch_tensorrt.refit_module_weights(compiled, trained(seed)), trained(seed))
    expect_same(torch_tensorrt.refit_module_weights(compiled, fresh()), fresh())


def test_one_matrix_of_two_layers(backend):
    x = torch.randn(4, 16, device="cuda")
    compiled = compile_net(fresh(Tied, tied=True), backend, inputs=[x])
    for tied in (False, True):
        new = trained(3, Tied, tied=tied)
        refitted = torch_tensorrt.refit_module_weights(compiled, new)
        torch.testing.assert_close(refitted(x), new(x), rtol=1e-3, atol=1e-4)


def test_in_half_precision(backend):
    old, new, x = trained(1), trained(2), input_of(4)
    compiled = compile_net(old, backend, inputs=[x], enabled_precisions={torch.float, torch.half})
    refitted = torch_tensorrt.refit_module_weights(compiled, new)
    torch.testing.assert_close(refitted(x), new(x), rtol=5e-2, atol=5e-2)


def test_a_module_of_halves(backend):
    old, new, x = trained(1).half(), trained(2).half(), input_of(4).half()
    compiled = compile_net(old, backend, inputs=[x], enabled_precisions={torch.half})
    refitted = torch_tensorrt.refit_module_weights(compiled, new)
    assert refitted(x).dtype is torch.half
    torch.testing.assert_close(refitted(x), new(x), rtol=5e-2, atol=5e-2)


def test_a_refitted_module_is_saved_and_runs_in_a_new_process(backend, tmp_path):
    path, x = tmp_path / "refitted.ts", input_of(2)
    refitted = torch_tensorrt.refit_module_weights(compile_net(trained(1), backend), trained(2))
    torch.jit.save(refitted, str(path))
    torch.save({"x": x.cpu(), "y": trained(2)(x).detach().cpu()}, tmp_path / "data.pt")
    code = f"""
import torch, torch_tensorrt
data = torch.load({str(tmp_path / "data.pt")!r})
module = torch.jit.load({str(path)!r})
torch.testing.assert_close(module(data["x"].cuda()).cpu(), data["y"], rtol=1e-3, atol=1e-4)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_compiled_module_that_was_saved_is_refitted_in_a_new_process(backend, tmp_path):
    path, weights, x = tmp_path / "compiled.ts", tmp_path / "new.ts", input_of(2)
    torch.jit.save(compile_net(trained(1), backend), str(path))
    torch.jit.save(torch.jit.script(trained(2)), str(weights))
    torch.save({"x": x.cpu(), "y": trained(2)(x).detach().cpu()}, tmp_path / "data.pt")
    code = f"""
import torch, torch_tensorrt
data = torch.load({str(tmp_path / "data.pt")!r})
module = torch_tensorrt.refit_module_weights(torch.jit.load({str(path)!r}), torch.jit.load({str(weights)!r}))
torch.testing.assert_close(module(data["x"].cuda()).cpu(), data["y"], rtol=1e-3, atol=1e-4)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_refitted_module_is_refitted_again_or_says_why_not(backend):
    once = torch_tensorrt.refit_module_weights(compile_net(trained(1), backend), trained(2))
    try:
        twice = torch_tensorrt.refit_module_weights(once, trained(3))
    except RuntimeError as error:
        assert backend == "tensorrt", error
        assert "were replaced once" in str(error)
        return
    expect_same(twice, trained(3))


def test_a_module_of_other_code_or_other_parameters_is_refused(backend):
    compiled = compile_net(trained(1), backend)
    with pytest.raises(RuntimeError, match=r"the first layer that differs is .*aten::sigmoid"):
        torch_tensorrt.refit_module_weights(compiled, trained(2, Other))
    with pytest.raises(RuntimeError, match=r'"conv.weight" is float32 \[8, 3, 3, 3\], must be float32 \[16, 3, 3, 3\]'):
        torch_tensorrt.refit_module_weights(compiled, trained(2, width=8))
    expect_same(compiled, trained(1))


def test_tensorrt_needs_the_setting():
    compiled = compile_net(trained(1), "tensorrt", refit=False)
    with pytest.raises(RuntimeError, match="compile the module again with refit=True"):
        torch_tensorrt.refit_module_weights(compiled, trained(2))


def test_bytes_of_tensorrt_alone_cannot_be_refitted():
    settings = {"device": "cuda:0", "backend": "tensorrt", "optimization_level": 0, "refit": True}
    engine = torch_tensorrt.convert_method_to_trt_engine(trained(1), "forward", inputs=[RANGE], **settings)
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cuda:0")
    with pytest.raises(
        RuntimeError, match="has only bytes of the backend tensorrt, which cannot be refitted without the network"
    ):
        torch_tensorrt.refit_module_weights(embedded, trained(2))


def test_a_dynamic_transformer(backend):
    def make(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        layers = [nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True) for _ in range(2)]
        return nn.Sequential(*layers).eval().cuda()

    tokens = torch_tensorrt.Input(min_shape=(1, 1, 32), opt_shape=(2, 8, 32), max_shape=(4, 16, 32))
    refitted = torch_tensorrt.refit_module_weights(compile_net(make(1), backend, inputs=[tokens]), make(2))
    for shape in ((2, 8, 32), (1, 1, 32), (4, 16, 32)):
        x = torch.randn(shape, device="cuda")
        torch.testing.assert_close(refitted(x), make(2)(x), rtol=1e-3, atol=1e-4)
