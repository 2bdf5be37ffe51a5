"""Hybrid modules and CUDA graphs, and what borders between engines and PyTorch cost on a GPU."""

from __future__ import annotations

import collections
import re

import pytest
import torch
from hybrid_models import (
    COUNTER_STATE,
    DEVICE,
    WIDTH,
    Between,
    Branches,
    Counters,
    Numbers,
    Rounds,
    compile_hybrid,
    expect_same,
    rows,
    scripted,
)

import torch_tensorrt
from torch_tensorrt import Input

needs_gpu = pytest.mark.skipif(DEVICE == "cpu", reason="a GPU's graphs and copies")
WARM_UPS = 6


@pytest.fixture
def graphs():
    torch_tensorrt.runtime.set_cudagraphs_mode(True)
    yield
    torch_tensorrt.runtime.set_cudagraphs_mode(False)


def counts_of(call) -> collections.Counter[str]:
    """Counts the copies, the waits of the host and the launches in one call."""
    from torch.profiler import ProfilerActivity, profile

    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        call()
        torch.cuda.synchronize()
    counts: collections.Counter[str] = collections.Counter()
    for event in profiler.events():
        for name in ("Memcpy DtoH", "Memcpy HtoD", "Memcpy DtoD", "Synchronize", "LaunchKernel", "GraphLaunch"):
            counts[name] += name in event.name
    return counts


# ---- the mode of the process -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Between, Branches, Counters])
def test_engines_record_graphs_of_their_own(graphs, model, backend):
    module = scripted(model())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH))])
    calls = [[rows(4, seed) + (-1.0) ** seed] for seed in range(6)]
    expect_same(module, compiled, calls, COUNTER_STATE if model is Counters else ())


def test_shapes_that_come_and_go(graphs, backend):
    module = scripted(Between())
    expect_same(module, compile_hybrid(module, backend), [[rows(n, i)] for i, n in enumerate((4, 4, 1, 8, 4, 1, 1, 8))])


def test_a_loop_and_numbers(graphs, backend):
    for model, size, values in ((Rounds, 2, (3, 0, 3, 5)), (Numbers, 3, (3, 0, 3, 5))):
        module = scripted(model())
        compiled = compile_hybrid(module, backend, [Input((4, WIDTH)), Input((size,), dtype=torch.int64)])
        expect_same(module, compiled, [[rows(4, n), torch.full((size,), n)] for n in values])


def test_the_mode_of_a_block(backend):
    module = scripted(Between())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH))])
    with torch_tensorrt.runtime.enable_cudagraphs(compiled) as recorded:
        expect_same(module, recorded, [[rows(4, seed)] for seed in range(5)])
    assert not torch_tensorrt.runtime.get_cudagraphs_mode()


@needs_gpu
def test_graphs_replace_launches_of_kernels(graphs, backend):
    compiled = compile_hybrid(scripted(Between()), backend, [Input((4, WIDTH))])
    x = rows(4).to(DEVICE)
    with torch.no_grad():
        for _ in range(WARM_UPS):
            compiled(x)
        recorded = counts_of(lambda: compiled(x))
        torch_tensorrt.runtime.set_cudagraphs_mode(False)
        plain = counts_of(lambda: compiled(x))
    print(f"\n{backend}: with graphs {dict(recorded)}, without {dict(plain)}")
    assert recorded["LaunchKernel"] < plain["LaunchKernel"]


# ---- a graph of PyTorch ----------------------------------------------------------------------------------------------


@needs_gpu
@pytest.mark.parametrize("mode", [False, True])
def test_inside_a_graph_of_pytorch(backend, mode):
    module = scripted(Between())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH))])
    x = rows(4).to(DEVICE)
    torch_tensorrt.runtime.set_cudagraphs_mode(mode)
    try:
        with torch.no_grad():
            stream = torch.cuda.Stream()
            with torch.cuda.stream(stream):  # TorchScript and the libraries prepare themselves in the first calls
                for _ in range(WARM_UPS):
                    compiled(x)
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                result = compiled(x)
            for seed in (1, 2, 3):
                x.copy_(rows(4, seed))
                graph.replay()
                torch.cuda.synchronize()
                torch.testing.assert_close(result, module(x), rtol=1e-4, atol=1e-4)
    finally:
        torch_tensorrt.runtime.set_cudagraphs_mode(False)


# ---- borders ---------------------------------------------------------------------------------------------------------


def border_counts(model, backend, size: int = 0) -> tuple[collections.Counter[str], collections.Counter[str]]:
    module = scripted(model())
    inputs = [Input((4, WIDTH)), *([Input((size,), dtype=torch.int64)] if size else [])]
    compiled = compile_hybrid(module, backend, inputs)
    given = [rows(4).to(DEVICE), *([torch.full((size,), 3, device=DEVICE)] if size else [])]
    with torch.no_grad():
        for _ in range(WARM_UPS):
            module(*given), compiled(*given)
        counts = counts_of(lambda: compiled(*given)), counts_of(lambda: module(*given))
    print(f"\n{model.__name__}, {backend}: compiled {dict(counts[0])}, TorchScript {dict(counts[1])}")
    return counts


@needs_gpu
@pytest.mark.parametrize("model", [Between, Branches])
def test_tensors_cross_borders_without_the_host(model, backend):
    """A border of tensors adds no copy between host and device, and no wait."""
    compiled, plain = border_counts(model, backend)
    for name in ("Memcpy DtoH", "Memcpy HtoD", "Synchronize"):
        assert compiled[name] <= plain[name], name


@needs_gpu
def test_what_numbers_cost_at_borders(backend):
    """Each number is copied to the GPU; the one that is a size is known on the host and does not come back."""
    compiled, plain = border_counts(Numbers, backend, 3)
    assert compiled["Memcpy HtoD"] <= plain["Memcpy HtoD"] + 6
    assert compiled["Memcpy DtoH"] <= plain["Memcpy DtoH"]


@needs_gpu
def test_eight_streams(backend):
    from streams import call_on_streams

    module = scripted(Between())
    compiled = compile_hybrid(module, backend)
    inputs = [rows(1 + i % 8, i).to(DEVICE) for i in range(8)]
    with torch.no_grad():
        expected = [module(x) for x in inputs]

    def check(i: int, result: torch.Tensor) -> None:
        torch.testing.assert_close(result, expected[i], rtol=1e-4, atol=1e-4)

    call_on_streams(compiled, inputs, calls=50, check=check)


@needs_gpu
def test_memory_does_not_grow(backend):
    from growth import assert_no_growth

    compiled = compile_hybrid(scripted(Between()), backend)
    with torch.no_grad():
        assert_no_growth(compiled, [rows(4).to(DEVICE), rows(1).to(DEVICE)], warm_ups=50, rounds=1000)


@needs_gpu
def test_an_input_on_the_host_is_an_error(backend):
    compiled = compile_hybrid(scripted(Between()), backend)
    with pytest.raises(RuntimeError, match=re.escape("on device cpu, but the engine runs on cuda:0")):
        compiled(rows(4))
