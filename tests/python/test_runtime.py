"""torch_tensorrt.runtime: its modes, and unchanged results."""

import io
import zipfile

import pytest
import torch

import torch_tensorrt
from torch_tensorrt import runtime


@pytest.fixture(autouse=True)
def the_mode_as_it_was():
    before = torch.ops.tensorrt.get_cudagraphs_mode()
    yield
    torch.ops.tensorrt.set_cudagraphs_mode(before)


def test_graphs_are_off_until_they_are_asked_for():
    assert runtime.get_cudagraphs_mode() is False
    runtime.set_cudagraphs_mode(True)
    assert runtime.get_cudagraphs_mode() is True
    assert torch.ops.tensorrt.get_cudagraphs_mode() == 1
    runtime.set_cudagraphs_mode(False)
    assert runtime.get_cudagraphs_mode() is False


def test_a_block_gives_the_module_and_restores_the_mode():
    x = torch.rand(2, 3)
    module = torch.jit.trace(torch.nn.Linear(3, 4).eval(), x)
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu")
    torch.ops.tensorrt.set_cudagraphs_mode(2)
    with runtime.enable_cudagraphs(compiled) as same:
        assert same is compiled
        assert torch.ops.tensorrt.get_cudagraphs_mode() == 1
        torch.testing.assert_close(same(x), module(x))
    assert torch.ops.tensorrt.get_cudagraphs_mode() == 2


def test_a_block_restores_the_mode_behind_an_error():
    with pytest.raises(ZeroDivisionError), runtime.enable_cudagraphs(torch.nn.Identity()):
        raise ZeroDivisionError
    assert runtime.get_cudagraphs_mode() is False


def test_backward_through_an_engine_says_that_there_are_no_gradients():
    x = torch.rand(2, 3, requires_grad=True)

    class Module(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3, 4)

        def forward(self, x):
            y = self.layer(x)
            return y, y.argmax(1)

    module = Module().eval()
    compiled = torch_tensorrt.compile(torch.jit.script(module), inputs=[x.detach()], device="cpu")
    result, index = compiled(x)
    assert result.requires_grad
    assert not index.requires_grad
    with pytest.raises(RuntimeError, match="computes no gradients: compiled modules are for inference"):
        result.sum().backward()
    torch.testing.assert_close(result, module(x)[0])
    for without in (compiled(x.detach())[0], result.detach()):
        assert not without.requires_grad
    with torch.no_grad():
        assert not compiled(x)[0].requires_grad
    with torch.inference_mode():
        torch.testing.assert_close(compiled(x)[0], module(x)[0])


def test_a_saved_engine_without_bytes_is_an_error_that_says_so():
    x = torch.rand(2, 3)
    compiled = torch_tensorrt.compile(torch.jit.trace(torch.nn.Linear(3, 4).eval(), x), inputs=[x], device="cpu")
    saved, cut = io.BytesIO(), io.BytesIO()
    torch.jit.save(compiled, saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(cut, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"" if name.endswith("/data/0") else source.read(name))
    cut.seek(0)
    with pytest.raises(RuntimeError, match="the saved engine has fewer bytes in the file than the"):
        torch.jit.load(cut)
    with pytest.raises(RuntimeError, match="the engine is empty, it has 0 bytes"):
        torch_tensorrt.embed_engine_in_new_module(b"", input_binding_names=["x"], output_binding_names=["y"])
