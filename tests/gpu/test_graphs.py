"""CUDA graphs of our own engine: when they are recorded, what they launch, what they keep."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

import torch_tensorrt


class Block(nn.Module):
    """Convolutions with epilogues, attention between views of one product, and a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 32, 3, padding=1), nn.Conv2d(32, 32, 1)
        self.qkv, self.norm = nn.Linear(32, 96), nn.LayerNorm(32)

    def forward(self, x):
        y = torch.relu(self.first(x))
        y = torch.relu(self.second(y) + y).flatten(2).transpose(1, 2)
        batch, length, width = y.shape
        q, k, v = (part.reshape(batch, length, 4, 8).transpose(1, 2) for part in self.qkv(y).split(width, -1))
        attended = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)
        return self.norm(y + attended)


@pytest.fixture
def graphs():
    torch.ops.tensorrt.set_cudagraphs_mode(1)
    yield
    torch.ops.tensorrt.set_cudagraphs_mode(0)


def make(dtype=torch.half):
    torch.manual_seed(3)
    net = Block().eval().cuda().to(dtype)
    size = torch_tensorrt.Input(min_shape=(1, 3, 8, 8), opt_shape=(4, 3, 8, 8), max_shape=(16, 3, 16, 16), dtype=dtype)
    compiled = torch_tensorrt.compile(
        torch.jit.script(net), inputs=[size], device="cuda:0", backend="native", disable_tf32=True,
        enabled_precisions={dtype, torch.float32},
    )  # fmt: skip
    return net, compiled


def picture(batch: int, side: int = 8, seed: int = 0, dtype=torch.half) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, 3, side, side, generator=generator).cuda().to(dtype)


def check(net, compiled, x) -> None:
    limit = 2e-2 if x.dtype is torch.half else 1e-4
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), net(x), rtol=limit, atol=limit)


def launches_and_kernels(call) -> tuple[int, int]:
    """Counts the kernels that the host launches one by one, and those that the GPU runs, in one call."""
    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        call()
        torch.cuda.synchronize()
    events = list(profiler.events())
    on_gpu = [event for event in events if event.device_type == DeviceType.CUDA]
    return sum("LaunchKernel" in event.name for event in events), len(on_gpu)


@pytest.mark.parametrize("dtype", [torch.half, torch.float32])
def test_results_of_launched_graphs(graphs, dtype):
    net, compiled = make(dtype)
    x = picture(4, dtype=dtype)
    for seed in range(5):
        x.copy_(picture(4, seed=seed, dtype=dtype))
        check(net, compiled, x)


def test_a_launch_replaces_the_launches_of_all_kernels(graphs):
    _, compiled = make()
    x = picture(4)
    with torch.no_grad():
        for _ in range(6):
            y = compiled(x)
        del y
        launches, kernels = launches_and_kernels(lambda: compiled(x))
        torch.ops.tensorrt.set_cudagraphs_mode(0)
        plain_launches, plain_kernels = launches_and_kernels(lambda: compiled(x))
    assert launches == 0 and kernels > 5
    assert plain_launches > 5 and plain_kernels > 5


def test_shapes_and_addresses_that_come_and_go(graphs):
    """More shapes than are kept, growing arenas, and results that stay as they are."""
    net, compiled = make()
    kept = []
    for round_number in range(3):
        for batch, side in ((1, 8), (4, 8), (16, 16), (2, 12), (3, 9), (5, 10), (6, 11), (7, 12), (8, 13), (9, 14)):
            x = picture(batch, side, seed=round_number)
            for _ in range(2):
                check(net, compiled, x)
            with torch.no_grad():
                kept.append((compiled(x), net(x)))
    for got, expected in kept:
        torch.testing.assert_close(got, expected, rtol=2e-2, atol=2e-2)


@pytest.mark.parametrize("warm", [True, False])
def test_a_larger_call_inside_one_recording(warm):
    """The arena grows while PyTorch records: the first call's kernels still read the old one at every launch."""
    net, compiled = make()
    small, large = picture(1), picture(16, 16)
    with torch.no_grad():
        compiled(small)
        if warm:
            compiled(large)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            first = compiled(small)
            second = compiled(large)
            third = compiled(small)
        filler = [torch.full((1 << 20,), float("nan"), device="cuda") for _ in range(16)]
        for seed in (1, 2):
            small.copy_(picture(1, seed=seed))
            large.copy_(picture(16, 16, seed=seed))
            graph.replay()
            torch.cuda.synchronize()
            for got, x in ((first, small), (second, large), (third, small)):
                torch.testing.assert_close(got, net(x), rtol=2e-2, atol=2e-2)
        del filler


def test_eight_threads_record_and_launch(graphs):
    from streams import call_on_streams

    net, compiled = make()
    inputs = [picture(1 + i % 4, seed=i) for i in range(8)]
    with torch.no_grad():
        expected = [net(x) for x in inputs]

    def right(i: int, result: torch.Tensor) -> None:
        torch.testing.assert_close(result, expected[i], rtol=2e-2, atol=2e-2)

    call_on_streams(compiled, inputs, calls=50, check=right)


def test_memory_of_a_deleted_module_is_free_again(graphs):
    def used() -> int:
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        return torch.cuda.memory_reserved()

    def once() -> None:
        _, compiled = make()
        x = picture(16, 16)
        with torch.no_grad():
            for _ in range(4):
                compiled(x)

    once()  # libraries make their workspaces
    before = used()
    for _ in range(3):
        once()
    assert used() <= before
