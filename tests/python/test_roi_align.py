"""This library's roi_align beside torchvision's."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.ops import roi_align

import torch_tensorrt


def boxes(count: int, maps: int, size: float) -> torch.Tensor:
    corners = torch.rand(count, 2) * size - 2
    return torch.cat([torch.randint(maps, (count, 1)).float(), corners, corners + torch.rand(count, 2) * size], 1)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("ratio", [2, 0])
def test_gives_what_torchvision_gives(memory_format: torch.memory_format, aligned: bool, ratio: int) -> None:
    torch.manual_seed(0)
    maps = torch.randn(2, 70, 24, 31).contiguous(memory_format=memory_format)
    rois = boxes(50, 2, 60)
    found = torch.ops.tensorrt.roi_align(maps, rois, 0.5, 7, 5, ratio, aligned)
    wanted = torch.ops.torchvision.roi_align(maps, rois, 0.5, 7, 5, ratio, aligned)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)  # sums in another order where FMA differs


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.linear = nn.Linear(8 * 9, 4)

    def forward(self, x: torch.Tensor, rois: torch.Tensor) -> torch.Tensor:
        pooled = roi_align(torch.relu(self.conv(x)), rois, [3, 3], 1.0, 2)
        return self.linear(pooled.flatten(1)).sigmoid()


def compiled(**settings: object) -> tuple[torch.jit.ScriptModule, torch.jit.ScriptModule, list[torch.Tensor]]:
    torch.manual_seed(0)
    module = torch.jit.script(Head().eval())
    inputs = [torch.randn(2, 3, 12, 12), boxes(6, 2, 10)]
    return module, torch_tensorrt.compile(module, inputs=inputs, min_block_size=1, **settings), inputs


def test_a_compiled_module_uses_it() -> None:
    module, hybrid, inputs = compiled()
    assert "tensorrt::roi_align" in str(hybrid.inlined_graph)
    torch.testing.assert_close(hybrid(*inputs), module(*inputs), rtol=1e-4, atol=1e-5)


def test_the_user_may_choose_torchvision() -> None:
    _, hybrid, _ = compiled(torch_executed_ops=["torchvision::roi_align"])
    assert "torchvision::roi_align" in str(hybrid.inlined_graph)
    assert "tensorrt::roi_align" not in str(hybrid.inlined_graph)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["another dtype", "gradients"])
def test_torchvision_runs_what_it_cannot(dtype: torch.dtype) -> None:
    maps = torch.randn(1, 4, 9, 9, dtype=dtype, requires_grad=dtype == torch.float32)
    rois = boxes(3, 1, 8).to(dtype)
    found = torch.ops.tensorrt.roi_align(maps, rois, 1.0, 2, 2, 2, True)
    torch.testing.assert_close(found, torch.ops.torchvision.roi_align(maps, rois, 1.0, 2, 2, 2, True))
    assert found.requires_grad == maps.requires_grad
