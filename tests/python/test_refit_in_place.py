"""refit_module_weights(in_place=True)."""

from __future__ import annotations

import pytest
import torch
from models import Mlp
from torch import nn

import torch_tensorrt
from torch_tensorrt import refit_module_weights

X = torch.linspace(-1, 1, 32).reshape(2, 16)


class Gated(nn.Module):
    """A hybrid module: PyTorch takes the branch, which has weights too."""

    def __init__(self):
        super().__init__()
        self.layer = Mlp()
        self.gate = nn.Parameter(torch.randn(()))

    def forward(self, x):
        y = self.layer(x)
        if bool(y.sum() > self.gate):
            return y * self.gate
        return y - self.gate


@pytest.mark.parametrize("kind", [Mlp, Gated])
def test_the_module_itself_changes(kind):
    old, new = kind().eval(), kind().eval()
    compiled = torch_tensorrt.compile(torch.jit.script(old), inputs=[X], device="cpu", min_block_size=1)
    kept = refit_module_weights(compiled, torch.jit.script(old))
    same = torch_tensorrt.dynamo.refit_module_weights(
        compiled, torch.jit.script(new), arg_inputs=[X], verify_output=True, in_place=True
    )
    assert same is compiled
    torch.testing.assert_close(compiled(X), new(X), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(kept(X), old(X), rtol=1e-4, atol=1e-5)
    refit_module_weights(compiled, torch.jit.script(old), in_place=True)
    torch.testing.assert_close(compiled(X), old(X), rtol=1e-4, atol=1e-5)


def test_a_parent_has_the_new_engine():
    old, new = Mlp().eval(), Mlp().eval()
    compiled = torch_tensorrt.compile(torch.jit.script(old), inputs=[X], device="cpu")
    parent = torch.jit.script(nn.Sequential(nn.Identity(), compiled))
    refit_module_weights(compiled, torch.jit.script(new), in_place=True)
    torch.testing.assert_close(parent(X), new(X), rtol=1e-4, atol=1e-5)


def test_a_refused_refit_leaves_the_module():
    old = Mlp().eval()
    compiled = torch_tensorrt.compile(torch.jit.script(old), inputs=[X], device="cpu")
    with pytest.raises(RuntimeError):
        refit_module_weights(compiled, torch.jit.script(nn.Linear(16, 4)), in_place=True)
    torch.testing.assert_close(compiled(X), old(X), rtol=1e-4, atol=1e-5)
