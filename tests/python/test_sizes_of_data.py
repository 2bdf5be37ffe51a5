"""Numbers that a program reads from its tensors and uses as sizes, positions and the like."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

import torch_tensorrt

# By name: the arguments beside x, and the expression of an int from 0 to about 4.
NUMBERS = {
    "of_a_maximum": ("", "int(x.abs().max().item())"),
    "of_an_index": ("", "int(x[0].argmax().item())"),
    "of_a_sum": ("", "int((x > 0).sum())"),
    "of_an_input": (", y: Tensor", "int(y[0])"),
    "of_a_late_size": ("", "x[:, 0].nonzero().size(0)"),
    "of_a_bool": ("", "int(bool((x[0, 0] > 0).item()))"),
    "of_a_rounded_float": ("", "int(float(x.max()) * 1.5)"),
}

# Expressions of n, a number from 0 to about 4, and k, which is 1 or 2.
PROGRAMS = [
    "torch.zeros(n + 1) + x[0, 0]",
    "torch.ones([2, n]) * x[0, 0]",
    "torch.full([n, x.size(1)], 2.5) + x[0, 0]",
    "torch.full([4], float(n)) + x[0, 0]",
    "torch.empty([n, 3]).fill_(1.0) + x[0, 0]",
    "x.new_zeros([n, 3]) + x[0, 0]",
    "torch.zeros_like(x[:k]) + x[0, 0]",
    "torch.rand_like(x[:k]) * 0.0 + x[0, 0]",
    "torch.arange(n) + x[0, 0]",
    "torch.arange(1, n + 2) * x[0, 0]",
    "torch.arange(0, 10, k) + x[0, 0]",
    "torch.linspace(0.0, 1.0, n) + x[0, 0]",
    "torch.linspace(0.0, float(n), 5) + x[0, 0]",
    "torch.eye(n) + x[0, 0]",
    "x[:1].expand(n, 4) * 2.0",
    "x[0, 0].broadcast_to([n, 2]) * 2.0",
    "x[0, 0].expand_as(torch.zeros(n, 2)) * 2.0",
    "x.repeat(n, 1) * 2.0",
    "x.tile([k]) * 2.0",
    "x.repeat_interleave(n, 0) * 2.0",
    "x.view(k, -1) * 2.0",
    "x.abs().view(k, 12 // k) * 2.0",
    "x.abs().reshape([k, 12 // k]) * 2.0",
    "x.flatten().unflatten(0, [k, 12 // k]) * 2.0",
    "x.as_strided([k, 2], [2, 1]) * 2.0",
    "torch.nn.functional.interpolate(x[None, None], size=[n + 1, k]) * 2.0",
    "torch.nn.functional.interpolate(x[None, None], size=[n + 1, k], mode='bilinear') * 2.0",
    "torch.nn.functional.interpolate(x[None, None], scale_factor=float(k)) * 2.0",
    "torch.nn.functional.interpolate(x[None, None], scale_factor=float(x[0, 0] > 0) + 1.0) * 2.0",
    "torch.nn.functional.pixel_shuffle(x.reshape(1, 4, 3, 1), k).abs() * 2.0",
    "x.narrow(0, k - 1, 2) * 2.0",
    "x.narrow(0, 0, k) * 2.0",
    "x[:n] * 2.0",
    "x[n:] * 2.0",
    "x[k - 1:k + 1] * 2.0",
    "x[-k:] * 2.0",
    "x[::k] * 2.0",
    "x[k] * 2.0",
    "x[:, -k] * 2.0",
    "x.select(k - 1, 0) * 2.0",
    "x.split(k)[0] * 2.0",
    "torch.cat([x[:k], x]) * 2.0",
    "torch.stack([x] * k) * 2.0",
    "torch.nn.functional.pad(x, [n, 0]) * 2.0",
    "torch.nn.functional.pad(x, [k, 0], mode='reflect') * 2.0",
    "x.roll(n, 0) * 2.0",
    "x.topk(k, 1)[0] * 2.0",
    "x.unfold(1, k, 1) * 2.0",
    "x.transpose(0, k - 1) * 2.0",
    "x.sum(k - 1) * 2.0",
    "x.sum(0, keepdim=n > 1) * 2.0",
    "x.softmax(k - 1) * 2.0",
    "x.cumsum(k - 1) * 2.0",
    "torch.nn.functional.avg_pool1d(x[None], k) * 2.0",
    "torch.nn.functional.adaptive_avg_pool1d(x[None], k) * 2.0",
    "x.triu(k) * 2.0",
    "x.diagonal(k) * 2.0",
    "torch.nn.functional.one_hot(torch.tensor([0, 1]), n + 2) + x[0, 0]",
    "x.gather(1, torch.full([3, k], 0)) * 2.0",
    "x.index_select(0, torch.arange(k)) * 2.0",
    "torch.zeros(n + 4).scatter(0, torch.arange(k), 1.0) + x[0, 0]",
    "torch.ones(n, 3) @ x",
    "(torch.arange(4) < n) * x",
    "x ** n",
    "x * n",
    "(x if n > 2 else x[:2]) * 2.0",
    "x[:int(n == 3) + 1] * 2.0",
    "x[:, :min(k, 3)] * 2.0",
    "torch.zeros(n).size(0) + x",
]
FIRST = torch.tensor([[0.3, 2.9, -0.2, 0.1], [-0.5, 0.1, 0.2, 0.4], [1.0, 0.3, 0.2, -0.1]])
CALLS = [
    (FIRST, torch.tensor([1, 2])),
    (-FIRST * 1.5, torch.tensor([2, 2])),
    (FIRST.flip(1) * torch.tensor([[1.0], [0.0], [0.0]]), torch.tensor([3, 0])),
    (FIRST * 0.2 - 1.0, torch.tensor([0, 1])),
]


_numbers = itertools.count()


def program(number: str, expression: str) -> torch.jit.ScriptModule:
    arguments, source = NUMBERS[number]
    # Two modules of a Python class would share their methods.
    module = type(f"Program{next(_numbers)}", (torch.jit.ScriptModule,), {})().eval()
    module.define(f"def forward(self, x{arguments}):\n    n = {source}\n    k = n % 2 + 1\n    return {expression}\n")
    return module


def compiled(module: torch.jit.ScriptModule, inputs: list[Tensor]) -> torch.jit.ScriptModule:
    with torch_tensorrt.logging.errors():
        return torch_tensorrt.compile(module, inputs=inputs, device="cpu", min_block_size=1)


def result(module: torch.jit.ScriptModule, inputs: list[Tensor]) -> Tensor | str:
    try:
        return module(*inputs)
    except RuntimeError as error:
        return str(error).strip().splitlines()[-1]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("expression", PROGRAMS)
def test_results_are_those_of_torchscript(number: str, expression: str) -> None:
    module = program(number, expression)
    calls = [list(call) if NUMBERS[number][0] else [call[0]] for call in CALLS]
    ours = compiled(module, calls[0])
    for inputs in calls:
        torch.testing.assert_close(result(ours, inputs), result(module, inputs))


REASON = "a size or a position that it takes is computed from the values of tensors"


@pytest.mark.parametrize("expression", ["torch.zeros(n + 1) + x[0, 0]", "x.abs().narrow(0, k - 1, 2).relu()"])
def test_the_report_says_why(expression: str) -> None:
    report = torch_tensorrt.inspect(compiled(program("of_a_maximum", expression), [FIRST]))
    (method,) = report.methods
    (operator,) = method.pytorch
    assert operator.op.partition("(")[0] in ("aten::zeros", "aten::narrow")
    assert operator.reason.startswith(REASON)
    assert len(method.engines) == 2


def test_one_engine_is_an_error_with_the_layer_and_the_reason() -> None:
    module = program("of_a_maximum", "torch.zeros(n + 1) + x[0, 0]")
    with pytest.raises(RuntimeError, match=REASON) as error:
        torch_tensorrt.compile(module, inputs=[FIRST], device="cpu", require_full_compilation=True)
    assert "aten::zeros" in str(error.value)
    assert "give the number as an integer input" in str(error.value)


def test_check_tells_it() -> None:
    report = torch_tensorrt.check(program("of_a_maximum", "torch.zeros(n + 1) + x[0, 0]"), [FIRST], device="cpu")
    assert not report
    assert REASON in report.problem
