"""A dimension of 0 beside a range, in operators that move, split and merge dimensions."""

import pytest
import torch

import torch_tensorrt

# For x of (2, n, 0, 8) with n in 3..9.
OPERATIONS = [
    "x[0]", "x[:, -1]", "x[0][1]", "x[..., 3]", "x[:, None]", "x[..., None]", "x[:, 1:3]", "x[:, ::2]",
    "x.narrow(0, 0, 1)", "x.flip(1)", "x.roll(1, 1)", "x.transpose(1, 2)", "x.permute(3, 1, 0, 2)", "x.unsqueeze(1)",
    "x[0:1].squeeze(0)", "x.unsqueeze(0).expand(2, -1, -1, -1, -1)", "torch.cat([x, x], 1)", "torch.stack([x, x], 1)",
    "x.flatten(0, 1)", "x.flatten(1, 2)", "x.flatten(2, 3)", "x.flatten()", "x.view(x.shape[0], x.shape[1], 8, 0)",
    "x.unbind(0)[1]", "x.reshape(x.shape[0], x.shape[1] * 2, 0)", "x.chunk(2, 3)[1]", "x.split(4, 3)[0]",
    "x.repeat(1, 2, 1, 1)", "x.repeat_interleave(2, 1)", "x.sum(2)", "x.sum(1)", "x.mean(3)", "x + x[:, :1]",
    "x @ x.transpose(2, 3)", "x.transpose(2, 3) @ x", "x.unflatten(3, (2, 4))", "x.softmax(-1)",
    "torch.nn.functional.pad(x, (1, 1))", "x.select(1, 2).select(0, 1)", "x.movedim(1, 0)", "x.tile(2, 1, 1, 1)",
    "torch.einsum('abcd,abcd->ab', x, x)", "torch.einsum('abcd,abed->abce', x, x)", "x.cumsum(1)",
    "x.index_select(1, torch.tensor([0, 2]))",
]  # fmt: skip


class Operation(torch.nn.Module):
    def __init__(self, code):
        super().__init__()
        self.code = code

    def forward(self, x):
        return eval(self.code, {"torch": torch, "x": x})  # one of the above


def compile_traced(code: str, low, opt, high):
    module = Operation(code).eval()
    traced = torch.jit.trace(module, torch.zeros(opt), check_trace=False)
    spec = torch_tensorrt.Input(min_shape=low, opt_shape=opt, max_shape=high)
    return module, torch_tensorrt.compile(traced, inputs=[spec], device="cpu", require_full_compilation=True)


@pytest.mark.parametrize("code", OPERATIONS)
def test_a_dimension_that_is_always_empty(code):
    function, compiled = compile_traced(code, (2, 3, 0, 8), (2, 5, 0, 8), (2, 9, 0, 8))
    for n in (3, 5, 9):
        x = torch.zeros(2, n, 0, 8)
        found, expected = compiled(x), function(x)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        torch.testing.assert_close(found, expected, equal_nan=True)


@pytest.mark.parametrize("code", [code for code in OPERATIONS if "8, 0" not in code and "* 2, 0" not in code])
def test_a_dimension_that_may_be_empty(code):
    function, compiled = compile_traced(code, (2, 3, 0, 8), (2, 5, 2, 8), (2, 9, 4, 8))
    for n, m in ((3, 0), (5, 2), (9, 4), (4, 0), (4, 1)):
        x = torch.randn(2, n, m, 8)
        found, expected = compiled(x), function(x)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        torch.testing.assert_close(found, expected, equal_nan=True, rtol=1e-4, atol=1e-5)
