"""Operators with results that may share the argument's memory, without an alias annotation in the schema."""

from __future__ import annotations

import pytest
import torch

import torch_tensorrt

SHARES = ("torch.atleast_2d(b)", "b.type_as(x)", "torch.dropout(b, 0.5, False)")
MAY_SHARE = ("b.sum_to_size([2, 3])", "torch.meshgrid([b.view(-1)])[0].view(2, 3)", "torch.einsum('ij->ij', b)")

# Returns v, because TorchScript drops values without a reader.
PROGRAMS = {
    "read before and after a write": """
    b = x + 1.0
    v = {}
    for i in range(3):
        b.add_(v.amax())
    return b, v
""",
    "written through the result": """
    b = x + 1.0
    v = {}
    before = b * 2.0
    v.mul_(3.0)
    return before, b * 2.0, v
""",
    "of a constant": """
    b = torch.zeros(2, 3)
    v = {}
    v.add_(x)
    return b, v
""",
}


def scripted(source: str) -> torch.jit.ScriptModule:
    # Two modules of a Python class would share their methods.
    module = type("Shares", (torch.jit.ScriptModule,), {})()
    module.define(f"def forward(self, x: Tensor):\n{source}")
    return module.eval()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("operator", SHARES)
def test_writes_are_seen_under_both_names(operator, program):
    source = PROGRAMS[program].format(operator)
    scope: dict = {"torch": torch}
    exec(f"def run(x):\n{source}", scope)  # noqa: S102
    x = torch.arange(6.0).reshape(2, 3)
    compiled = torch_tensorrt.compile(scripted(source), inputs=[x.clone()], device="cpu")
    for got, want in zip(compiled(x.clone()), scope["run"](x.clone()), strict=True):
        torch.testing.assert_close(got, want)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("operator", MAY_SHARE)
def test_writes_of_what_may_be_shared_are_left_to_pytorch(operator, program):
    source = PROGRAMS[program].format(operator)
    module = scripted(source)
    with pytest.raises(RuntimeError, match="it is not known whether .* shares the written memory"):
        torch_tensorrt.compile(module, inputs=[torch.ones(2, 3)], device="cpu", require_full_compilation=True)
    scope: dict = {"torch": torch}
    exec(f"def run(x):\n{source}", scope)  # noqa: S102
    compiled = torch_tensorrt.compile(module, inputs=[torch.ones(2, 3)], device="cpu", min_block_size=1)
    for _ in range(3):
        x = torch.randn(2, 3)
        for got, want in zip(compiled(x.clone()), scope["run"](x.clone()), strict=True):
            torch.testing.assert_close(got, want)
