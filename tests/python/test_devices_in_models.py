"""Models that name a device: an engine has a single device, and constants are evaluated on the CPU."""

from __future__ import annotations

import pytest
import torch

import torch_tensorrt


class MadeOnAGpu(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        steps = torch.arange(4, device="cuda:0") * torch.tensor([1, 2, 3, 4], device=torch.device("cuda"))
        return x + steps + torch.zeros(4, device="cuda:1")


class MovedToAGpu(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.arange(8.0).reshape(2, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.table.to("cuda:0").sum(0) + torch.ones(4).to(torch.device("cuda", 0), torch.float32)


class MovedToAnother(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.arange(8.0).reshape(2, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.table.to(x.device).sum(0) + torch.full((4,), 2, device=x.device, dtype=x.dtype)


class MovedByName(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.arange(8.0).reshape(2, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x * self.table.cuda().sum(0)).cpu()


STEPS = torch.arange(4.0)
CASES = [
    (MadeOnAGpu, lambda x: x + STEPS * torch.tensor([1, 2, 3, 4])),
    (MovedToAGpu, lambda x: x * (4 + 2 * STEPS) + 1),
    (MovedToAnother, lambda x: x * (4 + 2 * STEPS) + 2),
    (MovedByName, lambda x: x * (4 + 2 * STEPS)),
]


@pytest.mark.parametrize("model, expected", CASES, ids=[case[0].__name__ for case in CASES])
@pytest.mark.parametrize("refit", [False, True])
def test_a_model_that_names_a_gpu_compiles_for_the_cpu(model, expected, refit):
    x = torch.rand(2, 4)
    compiled = torch_tensorrt.compile(torch.jit.script(model().eval()), inputs=[x], device="cpu", refit=refit)
    assert torch.equal(compiled(x), expected(x))
