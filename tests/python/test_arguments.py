"""Arguments that are given, omitted or None, and results of tensors and other values."""

from __future__ import annotations

import pytest
import torch

import torch_tensorrt


def test_an_optional_argument_may_be_given(rel):
    class Model(torch.nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
            return x if y is None else x + y

    model, x, y = torch.jit.script(Model().eval()), torch.randn(2, 3), torch.randn(2, 3)
    compiled = torch_tensorrt.compile(model, inputs=[x, y], device="cpu")
    assert rel(compiled(x, y), x + y) < 1e-6


class Defaults(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    def forward(self, x, mask: torch.Tensor | None = None, scale: float = 2.0, half: bool = False):
        y = self.linear(x) * scale
        if mask is not None:
            y = y * mask
        return y * 0.5 if half else y


def test_arguments_that_are_not_given_have_their_defaults(rel):
    model, x, mask = Defaults().eval(), torch.randn(2, 4), torch.randn(2, 4)
    alone = torch_tensorrt.compile(torch.jit.script(model), inputs=[x], device="cpu")
    with_mask = torch_tensorrt.compile(torch.jit.script(model), inputs=[x, mask], device="cpu")
    with torch.no_grad():
        assert rel(alone(x), model(x)) < 1e-5
        assert rel(with_mask(x, mask), model(x, mask)) < 1e-5
    assert [argument.name for argument in alone.forward.schema.arguments] == ["self", "x"]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (torch.nn.ConvTranspose2d(3, 4, 2), (1, 3, 5, 5)),
        (torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (1, 3, 8)),
    ],
)
def test_layers_whose_arguments_are_mostly_left_out(layer, shape, rel):
    x = torch.randn(shape)
    compiled = torch_tensorrt.compile(torch.jit.script(layer.eval()), inputs=[x], device="cpu")
    with torch.no_grad():
        assert rel(compiled(x), layer(x)) < 1e-4


def test_an_argument_without_a_default_must_be_given():
    class Both(torch.nn.Module):
        def forward(self, x, y):
            return x + y

    with pytest.raises(RuntimeError, match="found 2 input tensors and 1 dimension specs"):
        torch_tensorrt.compile(torch.jit.script(Both().eval()), inputs=[torch.ones(2)], device="cpu")


class Named(torch.nn.Module):
    def forward(self, x):
        return x, {"out": x + 1}


def test_an_engine_returns_no_dict_and_says_what_to_do():
    module, message = (
        torch.jit.script(Named().eval()),
        r"forward returns .*Dict\[str, Tensor\].*return the values as a tuple",
    )
    with pytest.raises(RuntimeError, match=message):
        torch_tensorrt.compile(module, inputs=[torch.ones(2)], device="cpu", require_full_compilation=True)
    with pytest.raises(RuntimeError, match=message):
        torch_tensorrt.convert_method_to_trt_engine(module, "forward", inputs=[torch.ones(2)], device="cpu")
    assert "return the values as a tuple" in torch_tensorrt.check(module, [torch.ones(2)], device="cpu").problem


def test_a_module_of_several_parts_returns_a_dict():
    compiled = torch_tensorrt.compile(
        torch.jit.script(Named().eval()), inputs=[torch.ones(2)], device="cpu", min_block_size=1
    )
    x = torch.ones(2)
    same, named = compiled(x)
    assert same is x or same.data_ptr() == x.data_ptr()
    assert {name: value.tolist() for name, value in named.items()} == {"out": [2, 2]}
