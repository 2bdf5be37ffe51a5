"""Engines of each backend on a GPU: results, streams, threads, saving, memory."""

from __future__ import annotations

import json

import pytest
import torch
from growth import assert_no_growth
from new_process import assert_same_in_a_new_process
from streams import call_on_streams
from torch import nn

import torch_tensorrt


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)
        self.linear = nn.Linear(16, 10)

    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x)))
        return self.linear(y.mean([2, 3]))


def make_net() -> torch.jit.ScriptModule:
    torch.manual_seed(1)
    return torch.jit.script(Net().eval().cuda())


def compile_net(backend: str, **settings) -> torch.jit.ScriptModule:
    x = torch_tensorrt.Input(min_shape=(1, 3, 32, 32), opt_shape=(4, 3, 32, 32), max_shape=(8, 3, 32, 32))
    return torch_tensorrt.compile(
        make_net(), inputs=[x], device="cuda:0", backend=backend, disable_tf32=True, optimization_level=0, **settings
    )


def input_of(batch: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator("cuda").manual_seed(seed)
    return torch.randn(batch, 3, 32, 32, device="cuda", generator=generator)


def test_results_over_a_range_of_batches(backend):
    net, compiled = make_net(), compile_net(backend)
    for batch in (4, 1, 8, 3):
        x = input_of(batch)
        torch.testing.assert_close(compiled(x), net(x), rtol=1e-4, atol=1e-5)
    assert json.loads(compiled.engine.get_engine_layer_info())["backend"] == backend


def test_views_that_begin_anywhere(backend):
    """Rows of 12 bytes: the second begins at an address that no vector load of a kernel allows."""

    class Scaled(nn.Module):
        def forward(self, x):
            return torch.relu(x) * 2

    compiled = torch_tensorrt.compile(
        torch.jit.script(Scaled()), inputs=[torch_tensorrt.Input((1, 3))], backend=backend, device="cuda:0"
    )
    x = torch.randn(5, 3, device="cuda")
    for row in range(5):
        torch.testing.assert_close(compiled(x[row : row + 1]), torch.relu(x[row : row + 1]) * 2)


def test_inputs_must_be_on_the_device(backend):
    with pytest.raises(RuntimeError, match="on device cpu, but the engine runs on cuda:0"):
        compile_net(backend)(torch.randn(1, 3, 32, 32))


def test_a_shape_outside_of_the_range_is_an_error(backend):
    with pytest.raises(RuntimeError, match="9x3x32x32.*1x3x32x32 to 8x3x32x32"):
        compile_net(backend)(input_of(9))


def test_eight_threads_on_eight_streams(backend):
    net, compiled = make_net(), compile_net(backend)
    inputs = [input_of(1 + i % 8, seed=i) for i in range(8)]
    expected = [net(x) for x in inputs]

    def check(i: int, result: torch.Tensor) -> None:
        torch.testing.assert_close(result, expected[i], rtol=1e-4, atol=1e-5)

    call_on_streams(compiled, inputs, calls=100, check=check)


def test_no_growth_of_memory_in_ten_thousand_calls(backend):
    assert_no_growth(compile_net(backend), [input_of(4)], warm_ups=100, rounds=10_000)


def test_a_graph_a_shape(backend):
    net, compiled = make_net(), compile_net(backend)
    torch.ops.tensorrt.set_cudagraphs_mode(1)
    try:
        for batch, seed in ((4, 1), (4, 2), (2, 3), (4, 4), (2, 5)):
            x = input_of(batch, seed)
            torch.testing.assert_close(compiled(x), net(x), rtol=1e-4, atol=1e-5)
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(0)


@pytest.mark.parametrize("mode", [0, 1])
def test_inside_of_two_cuda_graphs_of_pytorch(backend, mode):
    """With and without the engine's own graphs, which have no effect here; both launched at the same time."""
    net, compiled, x = make_net(), compile_net(backend), input_of(4)
    torch.ops.tensorrt.set_cudagraphs_mode(mode)
    graphs, results = [torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()], []
    try:
        for graph in graphs:
            compiled(x)
            with torch.cuda.graph(graph):
                results += [compiled(x), compiled(x)]
        streams = [torch.cuda.Stream() for _ in graphs]
        for seed in (1, 2, 3):
            x.copy_(input_of(4, seed))
            torch.cuda.synchronize()
            for graph, stream in zip(graphs, streams, strict=True):
                with torch.cuda.stream(stream):
                    graph.replay()
            torch.cuda.synchronize()
            for result in results:
                torch.testing.assert_close(result, net(x), rtol=1e-4, atol=1e-5)
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(0)


def test_layers_and_their_times_name_the_users_code(backend, tmp_path):
    compiled, x = compile_net(backend), input_of(4)
    engine, expected = compiled.engine, compiled(x)
    assert "aten::_convolution" in json.dumps(json.loads(engine.get_engine_layer_info())["layers"])
    engine.profile_path_prefix = str(tmp_path)
    engine.enable_profiling()
    torch.testing.assert_close(compiled(x), expected)
    engine.disable_profiling()
    (trace,) = tmp_path.glob("*.trace")
    assert "aten::_convolution" in trace.read_text()
    assert '"dur": ' in trace.read_text()


def test_a_loaded_file_runs_in_a_new_process(backend, tmp_path):
    assert_same_in_a_new_process(compile_net(backend), input_of(2), tmp_path)


def test_engines_of_all_backends_and_pytorch_side_by_side():
    net, x = make_net(), input_of(4)
    modules = [compile_net(name) for name in ("native", "tensorrt", "tensorrt")] + [net]
    expected = net(x)
    for _ in range(20):
        for module in modules:
            torch.testing.assert_close(module(x), expected, rtol=1e-4, atol=1e-5)


def test_half_precision(backend):
    net = make_net().half()
    x = input_of(4).half()
    settings = {"inputs": [x], "device": "cuda:0", "backend": backend, "optimization_level": 0}
    compiled = torch_tensorrt.compile(net, enabled_precisions={torch.half}, **settings)
    assert compiled(x).dtype is torch.half
    torch.testing.assert_close(compiled(x), net(x), rtol=2e-2, atol=2e-3)


def test_engine_bytes_are_tensorrt_own_and_can_be_embedded():
    net, x = make_net(), input_of(4)
    settings = {"device": "cuda:0", "backend": "tensorrt", "optimization_level": 0, "disable_tf32": True}
    inputs = [torch_tensorrt.Input((4, 3, 32, 32))]
    engine = torch_tensorrt.convert_method_to_trt_engine(net, "forward", inputs=inputs, **settings)
    assert b"ftrt" in engine[:8]
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cuda:0")
    torch.testing.assert_close(embedded(x), net(x), rtol=1e-4, atol=1e-5)
