"""torch_tensorrt.runtime: what it sets, and that results stay the same."""

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
