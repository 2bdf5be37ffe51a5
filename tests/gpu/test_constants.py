"""Modules with constants and weights on different devices, like traces after a move."""

from __future__ import annotations

import pytest
import torch

import torch_tensorrt


class Scaled(torch.nn.Module):
    """Combines weights with constants of the trace, and with tensors made on its device, before the input."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.rand(4) + 0.5)
        self.register_buffer("table", torch.arange(12.0).reshape(3, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scale = self.weight * torch.tensor([1.0, 2.0, 3.0, 4.0], device=x.device)
        steps = torch.arange(4, device=x.device, dtype=torch.float32) + self.weight
        chosen = self.table[torch.tensor([2, 0], device=x.device)].sum(0)
        return x * scale + steps + chosen + torch.ones(4, device=x.device).to(x.device)


def traced(on: str) -> torch.jit.ScriptModule:
    torch.manual_seed(0)
    return torch.jit.trace(Scaled().to(on), torch.rand(2, 4, device=on))


@pytest.mark.parametrize("traced_on", ["cpu", "cuda"])
@pytest.mark.parametrize("moved_to", ["cpu", "cuda"])
def test_constants_and_weights_are_evaluated_on_one_device(backend, traced_on, moved_to):
    x = torch.rand(2, 4)
    expected = traced("cpu")(x)
    module = traced(traced_on).to(moved_to)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cuda:0", backend=backend)
    torch.testing.assert_close(compiled(x.cuda()).cpu(), expected, rtol=1e-5, atol=1e-5)
    for name, tensor in module.state_dict().items():
        assert tensor.device.type == moved_to, f"compiling moved {name}"
        assert torch.equal(tensor, before[name])


def test_a_module_of_the_gpu_compiles_for_the_cpu():
    x = torch.rand(2, 4)
    compiled = torch_tensorrt.compile(traced("cuda"), inputs=[x], device="cpu")
    torch.testing.assert_close(compiled(x), traced("cpu")(x), rtol=1e-5, atol=1e-5)
