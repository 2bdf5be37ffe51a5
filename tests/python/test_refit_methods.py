"""refit_module_weights of engines of any method, not only ``forward``."""

from __future__ import annotations

import pytest
import torch
from models import TwoMethods
from test_refit import reloaded, trained
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


def embedded_method(module: torch.jit.ScriptModule, method: str) -> torch.jit.ScriptModule:
    engine = torch_tensorrt.convert_method_to_trt_engine(module, method, inputs=[Input((2, 4))], device="cpu")
    return torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")


def test_an_engine_of_another_method_takes_the_weights_of_that_method(rel):
    old, new = (torch.jit.script(trained(TwoMethods(), seed)) for seed in (1, 2))
    x = torch.randn(2, 4)
    embedded = embedded_method(old, "other")
    for compiled in (embedded, reloaded(embedded)):
        refitted = torch_tensorrt.refit_module_weights(compiled, new, arg_inputs=[x], verify_output=True)
        assert rel(refitted(x), new.other(x)) < 1e-5
        assert rel(torch_tensorrt.refit_module_weights(refitted, old)(x), old.other(x)) < 1e-5
    of_forward = torch_tensorrt.refit_module_weights(embedded_method(old, "forward"), new)
    assert rel(of_forward(x), new(x)) < 1e-5


def test_a_module_without_the_method_is_refused():
    class OneMethod(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            return self.b(self.a(x))

    embedded = embedded_method(torch.jit.script(trained(TwoMethods(), 1)), "other")
    with pytest.raises(RuntimeError, match="has no method 'other'"):
        torch_tensorrt.refit_module_weights(embedded, trained(OneMethod(), 2))
