"""Exported programs keep their meaning in TorchScript: numbers, writes, overloads, types of results."""

from __future__ import annotations

from typing import NamedTuple, Optional

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

import torch_tensorrt

NUMBERS = ("x * 0.1", "x + 0.1", "x - 0.3", "x / 3e5", "0.3 / x", "1e5 * x", "x ** 2 * 0.044715", "0.1 - x", "x % 0.7")


def exported(source: str, *inputs: torch.Tensor) -> torch.export.ExportedProgram:
    scope = {"torch": torch, "F": F, "nn": nn}
    exec(f"class Model(nn.Module):\n    def forward(self, x):\n        {source}", scope)  # noqa: S102
    return torch.export.export(scope["Model"]().eval(), inputs)


def results(program, *inputs):
    """Returns the results of engine and PyTorch, each with the given tensors."""
    mine, theirs = ([tensor.clone() for tensor in inputs] for _ in range(2))
    compiled = torch_tensorrt.compile(program, inputs=[tensor.clone() for tensor in inputs], device="cpu")
    return (compiled(*mine), mine), (program.module()(*theirs), theirs)


def check(source: str, x: torch.Tensor, **tolerances) -> None:
    got, want = results(exported(source, x), x)
    torch.testing.assert_close(got, want, equal_nan=True, **tolerances)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("expression", NUMBERS)
def test_numbers_keep_their_digits(expression, dtype):
    x = torch.linspace(0.05, 3.0, 40).to(dtype)
    check(f"return {expression}", x, rtol=0 if dtype.itemsize == 2 else 1e-6 if dtype.itemsize == 4 else 1e-15, atol=0)


def test_numbers_beyond_the_dtype():
    check("return x * 1e5", torch.tensor([0.0, 0.1], dtype=torch.float16), rtol=0, atol=0)
    check("return x * 1e300", torch.ones(3, dtype=torch.float64), rtol=0, atol=0)


BOOLS = ("torch.where(x, x, True)", "x & True", "x | False", "x == True", "torch.full([2], True)")


@pytest.mark.parametrize("expression", [*BOOLS, "x.masked_fill(x, False)"])
def test_bools_stay_bools(expression):
    check(f"return {expression}", torch.tensor([True, False]))


@pytest.mark.parametrize(
    "call",
    [
        "torch._foreach_mul_([y, w], 2.0)",
        "torch._foreach_add_([y, w], [w * 3, y * 2])",
        "torch._foreach_add_([y, w], [w * 3, y * 2], alpha=0.5)",
        "torch._foreach_mul_([y, w], [2.0, 3.0])",
        "torch._foreach_addcmul_([y, w], [y * 1, w * 1], [w * 2, y * 2], 0.3)",
        "torch._foreach_zero_([y, w])",
        "torch._foreach_sqrt_([y, w])",
        "torch._foreach_copy_([y, w], [w * 1, y * 1])",
        "torch._foreach_add_([y[0], w[1]], 1.0)",
        "torch._foreach_mul_([x], 2.0)",
        "torch._foreach_maximum_([y, w], [1.0, 0.7])",
        "y, w = torch._foreach_minimum([y, w], 1.0)",
        "y, w = torch._foreach_exp([y, w])",
        "y, w = torch._foreach_norm([y, w])",
    ],
)
def test_operators_on_lists_of_tensors(call):
    check(f"y, w = x.clone(), x * 1\n        {call}\n        return y, w", torch.rand(3, 4) + 0.5)


@pytest.mark.parametrize(
    "alias",
    ["F.dropout(y, 0.5, False)", "F.dropout2d(y, 0.5, False)", "torch.atleast_3d(y)", "y.detach()", "y.view(-1)"],
)
@pytest.mark.parametrize("base", ["x.clone()", "x"])
def test_writes_are_seen_under_every_name(alias, base):
    check(f"y = {base}\n        z = {alias}\n        z.mul_(2.0)\n        return y + 0", torch.rand(3, 4))


class WritesABufferThroughDropout(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(3))

    def forward(self, x):
        F.dropout(self.count, 0.5, False).add_(1)
        return x + self.count


def test_a_buffer_written_under_another_name_is_state():
    program = torch.export.export(WritesABufferThroughDropout().eval(), (torch.ones(3),))
    with pytest.raises(RuntimeError, match="count"):
        torch_tensorrt.compile(program, inputs=[torch.ones(3)], device="cpu", require_full_compilation=True)
    compiled = torch_tensorrt.compile(program, inputs=[torch.ones(3)], device="cpu")
    for calls in (1, 2, 3):
        assert compiled(torch.ones(3)).tolist() == [1.0 + calls] * 3


def test_a_view_of_another_dtype_is_no_reshape():
    program = exported("return x.view(torch.int32)", torch.ones(3))
    with pytest.raises(RuntimeError, match="view"):
        torch_tensorrt.compile(program, inputs=[torch.ones(3)], device="cpu")


class Pair(NamedTuple):
    a: torch.Tensor
    b: Optional[torch.Tensor]  # noqa: UP045 - TorchScript reads it


class ReturnsNamedTuples(nn.Module):
    def forward(self, x):
        return Pair(x + 1, None), x.max(1), x.topk(2), (), x.abs()


def test_results_have_the_names_of_their_parts():
    x = torch.rand(3, 4)
    program = torch.export.export(ReturnsNamedTuples(), (x,))
    pair, largest, top, nothing, last = torch_tensorrt.compile(program, inputs=[x], device="cpu")(x)
    assert pair.b is None
    assert nothing == ()
    for got, want in ((pair.a, x + 1), (largest.indices, x.max(1).indices), (top.values, x.topk(2).values), (last, x)):
        torch.testing.assert_close(got, want)


def test_named_tuples_of_one_name():
    def pair_of(*fields: str):
        kind = NamedTuple("Couple", [(field, torch.Tensor) for field in fields])
        kind.__qualname__ = f"Couple.of_{'_'.join(fields)}"
        return kind

    x = torch.rand(3)
    for fields in (("a", "b"), ("a", "c"), ("d", "e", "f")):
        couple = pair_of(*fields)

        class Returns(nn.Module):
            def forward(self, x, couple=couple):
                return couple(*(x + i for i in range(len(couple._fields))))

        program = torch.export.export(Returns(), (x,))
        found = torch_tensorrt.compile(program, device="cpu")(x)
        assert found._fields == fields
        torch.testing.assert_close(found[-1], x + len(fields) - 1)


class HasANumber(nn.Module):
    def __init__(self, number):
        super().__init__()
        if isinstance(number, nn.Parameter | nn.Module):
            self.number = number
        else:
            self.register_buffer("number", number)

    def forward(self, x):
        scale = self.number(x) if isinstance(self.number, nn.Module) else self.number
        return torch.where(x > 0, x, True) * scale


@pytest.mark.parametrize("number", [torch.tensor(5.0), nn.Parameter(torch.tensor(3.0)), nn.Linear(4, 4)])
def test_names_of_the_model_stay_its_own(number):
    x = torch.randn(3, 4)
    got, want = results(torch.export.export(HasANumber(number).eval(), (x,)), x)
    torch.testing.assert_close(got, want)


def test_bools_that_are_scattered():
    check("return torch.zeros_like(x > 0).scatter(1, x.argmax(1, keepdim=True), True)", torch.rand(3, 4))
    check("return x.scatter(1, x.argmax(1, keepdim=True), True)", torch.rand(3, 4))


def test_the_smallest_int():
    check("return x.masked_fill(x > 3, torch.iinfo(torch.int64).min)", torch.arange(6))


def test_powers_of_sizes_are_sizes():
    class Squares(nn.Module):
        def forward(self, x):
            return torch.ones(x.shape[0] ** 2) * abs(x.shape[0] - 4)

    rows = torch.export.Dim("rows", min=2, max=9)
    program = torch.export.export(Squares(), (torch.ones(3, 2),), dynamic_shapes={"x": {0: rows}})
    compiled = torch_tensorrt.compile(program, device="cpu")
    for n in (2, 3, 7):
        torch.testing.assert_close(compiled(torch.ones(n, 2)), torch.ones(n * n) * abs(n - 4))


class CallsTwice(nn.Linear):
    def __call__(self, x):
        return super().__call__(super().__call__(x))


def test_what_scripting_leaves_out_is_an_error():
    x = torch.ones(2, 3)
    with pytest.raises(RuntimeError, match="the submodule 1, a CallsTwice, has its own __call__"):
        torch_tensorrt.compile(nn.Sequential(nn.ReLU(), CallsTwice(3, 3)).eval(), inputs=[x], device="cpu")
    hook = nn.modules.module.register_module_forward_hook(lambda module, inputs, output: output * 2)
    try:
        with pytest.raises(RuntimeError, match="the forward hooks that are registered for all modules"):
            torch_tensorrt.compile(nn.Linear(3, 3).eval(), inputs=[x], device="cpu")
    finally:
        hook.remove()
