"""Results with data-dependent sizes in TensorRT. conformance.py runs every row."""

from __future__ import annotations

import pytest
import torch
from growth import assert_no_growth
from new_process import assert_same_in_a_new_process
from streams import call_on_streams
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input

SETTINGS = {"device": "cuda:0", "disable_tf32": True, "optimization_level": 0}


class Picked(nn.Module):
    """Returns rows selected by a score after a linear layer, their indices and sum, and the scores, of known size."""

    def __init__(self) -> None:
        super().__init__()
        self.score = nn.Linear(8, 1)
        self.linear = nn.Linear(8, 5)

    def forward(self, x):
        score = self.score(x).squeeze(1)
        mask = score > 0
        rows = x[mask]
        return self.linear(rows), mask.nonzero(), rows.sum(0), score


def make_picked() -> torch.jit.ScriptModule:
    torch.manual_seed(3)
    return torch.jit.script(Picked().eval().cuda())


def compile_picked(**settings) -> torch.jit.ScriptModule:
    x = Input(min_shape=(1, 8), opt_shape=(32, 8), max_shape=(256, 8))
    return torch_tensorrt.compile(make_picked(), inputs=[x], **{**SETTINGS, "backend": "tensorrt", **settings})


def rows_of(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 8, device="cuda", generator=torch.Generator("cuda").manual_seed(seed))


def test_a_size_that_ends_up_in_no_output_is_run_without_a_graph():
    """TensorRT waits for the size nevertheless, which a recording does not allow."""

    class Total(nn.Module):
        def forward(self, x):
            return x[x > 0].sum()

    compiled = torch_tensorrt.compile(torch.jit.script(Total()), inputs=[Input((4, 8))], backend="tensorrt", **SETTINGS)
    x = rows_of(4)
    torch.ops.tensorrt.set_cudagraphs_mode(1)
    try:
        for _ in range(4):
            torch.testing.assert_close(compiled(x), x[x > 0].sum(), rtol=1e-4, atol=1e-5)
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(0)


def none_picked(net: torch.jit.ScriptModule, count: int) -> torch.Tensor:
    """Returns rows without a score above 0."""
    weight = net.score.weight.detach()
    return (-1 - net.score.bias.abs()) * 2 * weight.expand(count, 8) / weight.square().sum()


def check(net, compiled, x: torch.Tensor) -> int:
    """Compares the results, and returns the number of selected rows."""
    expected, found = net(x), compiled(x)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.dtype == theirs.dtype
        assert mine.is_contiguous()
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    return expected[0].size(0)


def test_sizes_differ_from_call_to_call():
    net, compiled = make_picked(), compile_picked()
    picked = {check(net, compiled, rows_of(count, seed)) for seed in range(4) for count in (32, 1, 256, 7)}
    assert len(picked) > 4
    assert check(net, compiled, none_picked(net, 9)) == 0
    assert check(net, compiled, none_picked(net, 1)) == 0


def test_results_stay_what_they_are_when_the_next_call_comes():
    net, compiled = make_picked(), compile_picked()
    inputs = [rows_of(100, seed) for seed in range(8)]
    results = [compiled(x) for x in inputs]
    for x, found in zip(inputs, results, strict=True):
        for mine, theirs in zip(found, net(x), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)


def test_graphs_are_asked_for_and_not_made():
    net, compiled = make_picked(), compile_picked()
    torch.ops.tensorrt.set_cudagraphs_mode(1)
    try:
        for seed in range(6):
            check(net, compiled, rows_of(32, seed % 3))
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(0)


def test_eight_threads_on_eight_streams():
    net, compiled = make_picked(), compile_picked()
    inputs = [rows_of(20 + i, seed=i) for i in range(8)]
    expected = [net(x) for x in inputs]

    def same_places(i: int, result) -> None:
        torch.testing.assert_close(result[1], expected[i][1], rtol=0, atol=0)

    call_on_streams(compiled, inputs, calls=50, check=same_places)


def test_no_growth_of_memory():
    assert_no_growth(compile_picked(), [rows_of(256, seed) for seed in range(8)], warm_ups=4, rounds=200)


@pytest.mark.parametrize("backend", ["auto", "fastest"])
def test_the_choice_of_a_backend_finds_the_one_that_takes_them(backend):
    compiled = compile_picked(backend=backend)
    assert '"backend":"tensorrt"' in compiled.engine.get_engine_layer_info()
    check(make_picked(), compiled, rows_of(32))


def test_our_own_engine_declines_on_a_gpu_too():
    with pytest.raises(RuntimeError, match="the shape of the result depends on the values of the input"):
        compile_picked(backend="native", require_full_compilation=True)


def test_check_knows():
    x = Input(min_shape=(1, 8), opt_shape=(32, 8), max_shape=(256, 8))
    for backend, whole in (("tensorrt", True), ("auto", True), ("native", False)):
        report = torch_tensorrt.check(make_picked(), [x], device="cuda:0", backend=backend)
        assert report.whole is whole, report.table


def test_a_loaded_file_runs_in_a_new_process(tmp_path):
    assert_same_in_a_new_process(compile_picked(), rows_of(40), tmp_path)


def test_half_precision():
    net, x = make_picked().half(), rows_of(64).half()
    compiled = torch_tensorrt.compile(net, inputs=[x], backend="tensorrt", enabled_precisions={torch.half}, **SETTINGS)
    found, expected = compiled(x), net(x)
    if found[0].shape == expected[0].shape:  # the sign of a score near 0 may differ
        torch.testing.assert_close(found[0], expected[0], rtol=2e-2, atol=2e-2)
    assert found[0].dtype is torch.half
    assert found[0].size(0) == found[1].size(0)
    assert abs(found[0].size(0) - expected[0].size(0)) <= 2
