"""The backend "tensorrt" of torch._C._jit_to_backend."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest
import torch
from models import Mlp
from torch import nn

import torch_tensorrt
from torch_tensorrt.ts import TensorRTCompileSpec

X = torch.linspace(-1, 1, 32).reshape(2, 16)


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 4)

    def forward(self, x, y):
        z = self.layer(x)
        return z, z * y

    @torch.jit.export
    def encode(self, x):
        return torch.tanh(self.layer(x))


def spec(*shapes) -> TensorRTCompileSpec:
    return TensorRTCompileSpec(inputs=[torch_tensorrt.Input(shape) for shape in shapes], device="cpu")


def lowered(module: nn.Module, **specs):
    return torch._C._jit_to_backend("tensorrt", torch.jit.script(module.eval()), specs)


def test_a_method_runs_in_an_engine_and_the_module_saves_and_loads(tmp_path):
    model = Mlp().eval()
    compiled = lowered(model, forward=spec((2, 16)))
    torch.testing.assert_close(compiled(X), model(X))
    torch.jit.save(compiled, tmp_path / "lowered.ts")
    assert torch.equal(torch.jit.load(tmp_path / "lowered.ts")(X), compiled(X))
    program = (
        "import sys, torch; torch.ops.load_library(sys.argv[2]); "
        "print(torch.jit.load(sys.argv[1])(torch.ones(2, 16)).tolist())"
    )
    command = [sys.executable, "-c", program, tmp_path / "lowered.ts", torch_tensorrt.runtime.library_path()]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.stdout.strip() == str(compiled(torch.ones(2, 16)).tolist()), said.stderr


def test_two_methods_and_two_results(tmp_path):
    model = Pair().eval()
    y = torch.full((2, 4), 2.0)
    compiled = lowered(model, forward=spec((2, 16), (2, 4)), encode={"encode": spec((2, 16))})
    torch.jit.save(compiled, tmp_path / "lowered.ts")
    for module in (compiled, torch.jit.load(tmp_path / "lowered.ts")):
        torch.testing.assert_close(module(X, y), model(X, y))
        torch.testing.assert_close(module.encode(X), model.encode(X))


def test_a_wrong_shape_is_the_engines_error():
    compiled = lowered(Mlp(), forward=spec((2, 16)))
    with pytest.raises(RuntimeError, match="16"):
        compiled(torch.ones(2, 15))


class Sorted(nn.Module):
    def forward(self, x):
        return torch.special.bessel_j0(x)


def test_mistakes():
    with pytest.raises(RuntimeError, match="aten::special_bessel_j0"):
        lowered(Sorted(), forward=spec((2, 16)))
    with pytest.raises(
        RuntimeError, match="specification of the method forward is a Int, must be a .*TensorRTCompileSpec"
    ):
        lowered(Mlp(), forward=3)
    with pytest.raises(RuntimeError, match="of the method forward is no torch_tensorrt.ts.TensorRTCompileSpec"):
        lowered(Mlp(), forward="no JSON")
    with pytest.raises(TypeError, match=r"^TensorRTCompileSpec\(\) got an unexpected keyword argument 'refitt'"):
        torch_tensorrt.ts.TensorRTCompileSpec(inputs=[torch_tensorrt.Input((2, 16))], refitt=True)


def test_a_specification_is_copied_and_pickled():
    one = spec((2, 16))
    for other in (copy.deepcopy(one), copy.copy(one), pickle.loads(pickle.dumps(one))):
        assert other == one and other.inputs == one.inputs and repr(other) == repr(one)
    assert spec((2, 17)) != one
