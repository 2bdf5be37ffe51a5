"""Several ranges of shapes (Input(profiles=)) in each backend on a GPU."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input

SMALL = ((1, 8), (1, 8), (4, 8))
LARGE = ((64, 8), (64, 8), (128, 8))


def make_net() -> torch.jit.ScriptModule:
    torch.manual_seed(5)
    net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    return torch.jit.script(net.eval().cuda())


def compile_net(backend: str, *profiles) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(
        make_net(),
        inputs=[Input(profiles=list(profiles))],
        device="cuda:0",
        backend=backend,
        disable_tf32=True,
        optimization_level=0,
    )


def rows(count: int) -> torch.Tensor:
    return torch.randn(count, 8, device="cuda", generator=torch.Generator("cuda").manual_seed(count))


def check(net, compiled, count: int) -> None:
    torch.testing.assert_close(compiled(rows(count)), net(rows(count)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("graphs", [0, 1])
def test_calls_go_from_profile_to_profile(backend, graphs):
    net, compiled = make_net(), compile_net(backend, SMALL, LARGE)
    torch.ops.tensorrt.set_cudagraphs_mode(graphs)
    try:
        for count in (1, 64, 128, 4, 1, 64, 2, 100, 64, 1, 1, 64, 64):
            check(net, compiled, count)
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(0)


def test_a_shape_between_the_profiles_is_an_error(backend):
    compiled = compile_net(backend, SMALL, LARGE)
    for count in (5, 63):
        with pytest.raises(RuntimeError, match=f"{count}x8.*1x8 to 4x8 or 64x8 to 128x8"):
            compiled(rows(count))
    with pytest.raises(RuntimeError, match="129x8"):
        compiled(rows(129))


def test_profiles_that_overlap(backend):
    net, compiled = make_net(), compile_net(backend, ((1, 8), (1, 8), (64, 8)), ((32, 8), (64, 8), (128, 8)))
    for count in (1, 32, 64, 100, 40, 1):
        check(net, compiled, count)
