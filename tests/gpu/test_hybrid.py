"""Hybrid modules on a GPU do what TorchScript does there: results, shared memory, state, written inputs."""

from __future__ import annotations

import pytest
import torch
from hybrid_models import (
    COUNTER_STATE,
    NUMBERS_STATE,
    WIDTH,
    Between,
    Branches,
    CachedStep,
    Counters,
    Decoder,
    LengthInTensor,
    Numbers,
    ReturnsDict,
    ReturnsNamed,
    Rounds,
    SharesMemory,
    compile_hybrid,
    engines_of,
    expect_same,
    numbers_of,
    rows,
    scripted,
)

from torch_tensorrt import Input

TOKEN = Input((1, 1), dtype=torch.int64)


def test_an_operator_without_a_converter_between_engines(backend):
    module = scripted(Between())
    compiled = compile_hybrid(module, backend)
    assert engines_of(compiled) == 2
    expect_same(module, compiled, [[rows(count)] for count in (4, 1, 8, 3, 4)])


def test_a_branch_on_data(backend):
    module = scripted(Branches())
    compiled = compile_hybrid(module, backend)
    assert engines_of(compiled) >= 3
    calls = [[rows(4) + shift] for shift in (1.0, -1.0, 1.0, -1.0)]
    assert [bool(x.sum() > 0.5) for (x,) in calls] == [True, False, True, False]
    expect_same(module, compiled, calls)


def test_a_loop_with_rounds_that_depend_on_data(backend):
    module = scripted(Rounds())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH)), Input((2,), dtype=torch.int64)])
    assert engines_of(compiled) >= 2
    expect_same(module, compiled, [[rows(4, n), torch.tensor([n, 1])] for n in (2, 0, 5, -1, 2)])


def test_state_that_calls_write(backend):
    module = scripted(Counters())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH))])
    assert engines_of(compiled) >= 2
    expect_same(module, compiled, [[rows(4, seed)] for seed in range(5)], COUNTER_STATE)


def test_state_goes_on_in_a_loaded_module(backend):
    module = scripted(Counters())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH))])
    expect_same(module, compiled, [[rows(4, seed)] for seed in range(5)], COUNTER_STATE, saves=2)


def test_a_cache_that_grows_in_a_loop(backend):
    module = scripted(Decoder())
    compiled = compile_hybrid(module, backend, [TOKEN, Input((), dtype=torch.int64)])
    assert engines_of(compiled) >= 1
    expect_same(module, compiled, [[torch.tensor([[3 + n]]), torch.tensor(n)] for n in (6, 0, 9)])


def test_a_size_computed_with_a_constant_of_the_device(backend):
    module = scripted(LengthInTensor())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH)), Input((), dtype=torch.int64)])
    assert engines_of(compiled) >= 1
    expect_same(module, compiled, [[rows(4, n), torch.tensor(n)] for n in (3, 0, 5)])


def test_a_cache_in_a_buffer(backend):
    module = scripted(CachedStep())
    compiled = compile_hybrid(module, backend, [TOKEN])
    assert engines_of(compiled) >= 1
    expect_same(
        module, compiled, [[torch.tensor([[token]])] for token in (3, 9, 4, 4, 31)], ("keys", "values", "place")
    )


def test_numbers_that_cross_borders(backend):
    module = scripted(Numbers())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH)), Input((3,), dtype=torch.int64)])
    assert engines_of(compiled) >= 1
    assert backend != "native" or numbers_of(compiled) >= 4  # TensorRT has no f64, as which floats enter
    values = [torch.tensor(k) for k in ((0, 1, 2), (3, 4, 1), (3, 0, 1), (5, 5, 5), (0, 0, 7))]
    expect_same(module, compiled, [[rows(4, seed), k] for seed, k in enumerate(values)], NUMBERS_STATE)


def test_results_that_share_memory(backend):
    module = scripted(SharesMemory())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH))])
    assert engines_of(compiled) >= 1
    expect_same(module, compiled, [[rows(4, seed)] for seed in range(3)], ("table",))


@pytest.mark.parametrize("model", [ReturnsDict, ReturnsNamed])
def test_named_results(model, backend):
    module = scripted(model())
    compiled = compile_hybrid(module, backend)
    assert engines_of(compiled) >= 1
    expect_same(module, compiled, [[rows(count)] for count in (4, 1, 8)])


def test_half_precision(backend):
    module = scripted(Branches()).half()
    settings = {"enabled_precisions": {torch.half, torch.float32}}
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH), dtype=torch.half)], **settings)
    assert engines_of(compiled) >= 3
    for shift in (1.0, -1.0):
        x = (rows(4) + shift).half().to(next(module.parameters()).device)
        with torch.no_grad():
            found, expected = compiled(x), module(x)
        assert found.dtype is torch.half
        torch.testing.assert_close(found, expected, rtol=2e-2, atol=5e-3)  # sums of 16 products in half precision
