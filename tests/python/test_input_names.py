"""Input(name=): the name of an input in messages."""

from __future__ import annotations

import pytest
import torch

import torch_tensorrt
from torch_tensorrt import Input


class OfTwo(torch.nn.Module):
    def forward(self, x, pair: tuple[torch.Tensor, torch.Tensor]):
        return x * 2 + pair[0] - pair[1]


class OfASize(torch.nn.Module):
    def forward(self, x, n):
        return x.reshape(int(n[0]), -1)


def compile_of_two(x: Input, first: Input, second: Input) -> torch.jit.ScriptModule:
    script = torch.jit.script(OfTwo().eval())
    return torch_tensorrt.compile(script, input_signature=(x, (first, second)), device="cpu")


def test_a_call_says_the_name_where_there_is_one():
    compiled = compile_of_two(Input((2, 3), name="photo"), Input((2, 3)), Input((2, 3), name="mask"))
    good, bad = torch.ones(2, 3), torch.ones(2, 4)
    for arguments, called in (
        ((bad, (good, good)), r"input photo \(input_0\)"),
        ((good, (bad, good)), r"input pair\[0\] \(input_1\)"),
        ((good, (good, bad)), r"input mask \(input_2\)"),
    ):
        with pytest.raises(RuntimeError, match=called):
            compiled(*arguments)


def test_the_name_is_kept_by_refit():
    compiled = compile_of_two(Input((2, 3), name="photo"), Input((2, 3)), Input((2, 3)))
    refitted = torch_tensorrt.refit_module_weights(compiled, torch.jit.script(OfTwo().eval()))
    good = torch.ones(2, 3)
    with pytest.raises(RuntimeError, match=r"input photo \(input_0\)"):
        refitted(torch.ones(2, 4), (good, good))


def test_compiling_says_the_name():
    inputs = [Input((2, 3), name="photo"), Input((1,), dtype=torch.int64, name="rows")]
    report = torch_tensorrt.check(torch.jit.script(OfASize().eval()), inputs, allow_shape_tensors=True)
    assert "input rows is used as sizes" in report.problem


def test_an_input_that_cannot_be_is_named():
    halves = Input((1, 2, 3, 4), format=torch.channels_last, dtype=torch.half, name="photo")
    with pytest.raises(RuntimeError, match=r"input photo: [\s\S]*channels last is for float inputs of rank 4"):
        torch_tensorrt.compile(torch.jit.script(torch.nn.ReLU().eval()), inputs=[halves], device="cpu")
    with pytest.raises(TypeError, match="the name of an input is 3, must be a string"):
        Input((2, 3), name=3)


def test_a_name_is_no_binding():
    engine = torch_tensorrt.convert_method_to_trt_engine(
        torch.jit.script(torch.nn.ReLU().eval()), inputs=[Input((2, 3), name="photo")], device="cpu"
    )
    assert torch_tensorrt.embed_engine_in_new_module(engine, ["input_0"], ["output_0"], device="cpu")
