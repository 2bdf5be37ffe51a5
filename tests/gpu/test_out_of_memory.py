"""A call without free memory on the GPU fails, and the calls before and after it are right."""

from __future__ import annotations

import gc

import pytest
import torch
from torch import nn

import torch_tensorrt

LEFT = 128 << 20  # bytes; less than the activations of the largest batch, 32 x 64 x 256 x 256 floats, need


class Wide(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 64, 3, padding=1)
        self.second = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


def filled() -> list[torch.Tensor]:
    """Allocates blocks that leave about LEFT bytes of the GPU free."""
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    blocks = []
    for size in (1 << 30, 64 << 20):
        while torch.cuda.mem_get_info()[0] > LEFT + size:
            blocks.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
    return blocks


@pytest.mark.parametrize("graphs", [0, 1])
def test_calls_after_one_that_found_no_memory(backend, graphs):
    torch.manual_seed(0)
    net = Wide().eval().cuda()
    image = torch_tensorrt.Input(min_shape=(1, 3, 256, 256), opt_shape=(2, 3, 256, 256), max_shape=(32, 3, 256, 256))
    compiled = torch_tensorrt.compile(
        torch.jit.script(net),
        inputs=[image],
        device="cuda:0",
        backend=backend,
        disable_tf32=True,
        optimization_level=0,
    )
    inputs = {batch: torch.randn(batch, 3, 256, 256, device="cuda") for batch in (1, 2, 32)}
    with torch.no_grad():
        expected = {batch: net(x) for batch, x in inputs.items()}

    def check(batch: int) -> None:
        torch.testing.assert_close(compiled(inputs[batch]), expected[batch], rtol=1e-3, atol=1e-4)

    torch.ops.tensorrt.set_cudagraphs_mode(graphs)
    try:
        check(1)
        check(2)
        blocks = filled()
        for _ in range(2):
            with pytest.raises(RuntimeError, match="memory"):
                compiled(inputs[32])
            check(2)
            check(1)
        del blocks
        gc.collect()
        torch.cuda.empty_cache()
        check(32)
        check(1)
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(0)
