"""Hybrid modules on a GPU: refit, files, copies, moves from device to device, several ranges."""

from __future__ import annotations

import copy
import io

import pytest
import torch
from hybrid_models import (
    COUNTER_STATE,
    DEVICE,
    WIDTH,
    Around,
    Between,
    Branches,
    Counters,
    Listed,
    Plain,
    compile_hybrid,
    engines_of,
    expect_same,
    rows,
    scripted,
)
from new_process import assert_same_in_a_new_process

import torch_tensorrt
from torch_tensorrt import Input

SEEDS = range(4)


def calls(count: int = 4) -> list[list[torch.Tensor]]:
    return [[rows(count, seed)] for seed in SEEDS]


def reloaded(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    file = io.BytesIO()
    torch.jit.save(module, file)
    file.seek(0)
    return torch.jit.load(file)


def with_other_weights(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    other = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.copy_(parameter.flip(0) * 0.75 + 0.0625)
    return other


def tensors_of(module: torch.jit.ScriptModule) -> list[torch.Tensor]:
    """The tensors that a module holds: parameters, buffers, the plain attributes here and constants of its graph."""
    found = [*module.parameters(), *module.buffers()]
    found += [module.plain] if hasattr(module, "plain") else []
    found += module.history if hasattr(module, "history") else []
    constants = module.graph.findAllNodes("prim::Constant", recurse=True)
    return found + [node.t("value") for node in constants if node.hasAttribute("value") and node.kindOf("value") == "t"]


def expect_devices(module: torch.jit.ScriptModule, device: str) -> None:
    elsewhere = [tensor for tensor in tensors_of(module) if tensor.device != torch.device(device)]
    assert not elsewhere


# ---- refit, files, copies --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Between, Branches, Counters])
def test_new_weights(model, backend):
    old = scripted(model())
    new = with_other_weights(old)
    state = COUNTER_STATE if model is Counters else ()
    compiled = compile_hybrid(old, backend, [Input((4, WIDTH))], refit=True)
    refitted = torch_tensorrt.refit_module_weights(compiled, new)
    assert engines_of(refitted) == engines_of(compiled) >= 2
    expect_same(new, copy.deepcopy(refitted), calls(), state)
    expect_same(old, compiled, calls(), state)
    with torch.no_grad():
        x = rows(4).to(DEVICE)
        first = [module(x)[0] if model is Counters else module(x) for module in (copy.deepcopy(old), refitted)]
    assert not torch.allclose(*first, rtol=1e-2, atol=1e-2)


def test_a_loaded_file_runs_in_a_new_process(backend, tmp_path):
    compiled = compile_hybrid(scripted(Between()), backend)
    assert_same_in_a_new_process(compiled, rows(3).to(DEVICE), tmp_path)


def test_a_loaded_module_and_new_weights_for_it(backend):
    old = scripted(Between())
    new = with_other_weights(old)
    loaded = reloaded(compile_hybrid(old, backend, refit=True))
    expect_same(old, loaded, calls())
    expect_same(new, reloaded(torch_tensorrt.refit_module_weights(loaded, new)), calls())


def test_copies_have_state_of_their_own(backend):
    module = scripted(Counters())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH))])
    x = rows(4).to(DEVICE)
    with torch.no_grad():
        copies = [copy.deepcopy(compiled), reloaded(compiled)]
        compiled(x)
        for made in copies:
            assert float(made.calls) == 0.0
            expect_same(module, made, calls(), COUNTER_STATE)
    assert float(compiled.calls) == 1.0


def test_a_compiled_module_inside_another(backend):
    compiled = compile_hybrid(scripted(Between()), backend)
    expect_same(scripted(Around(scripted(Between()))), torch.jit.script(Around(compiled)), calls())


# ---- devices ---------------------------------------------------------------------------------------------------------


def test_moves(backend):
    module = scripted(Counters())
    compiled = compile_hybrid(module, backend, [Input((4, WIDTH))])
    for moved in (compiled.to(DEVICE), compiled.eval(), compiled.cpu().to(DEVICE)):
        expect_same(module, copy.deepcopy(moved), calls(), COUNTER_STATE)


@pytest.mark.parametrize("model", [Between, Branches, Plain, Listed])
def test_a_module_on_the_cpu_compiled_for_the_gpu(model, backend):
    given = scripted(model(), "cpu")
    compiled = compile_hybrid(given, backend, [Input((4, WIDTH))])
    expect_devices(compiled, DEVICE)
    expect_devices(given, "cpu")
    inputs = [rows(4, seed) for seed in SEEDS]
    with torch.no_grad():
        for x in inputs:
            found, expected = compiled(x.to(DEVICE)), given(x)
            assert found.device == torch.device(DEVICE)
            torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("model", [Between, Branches, Plain])
def test_a_module_on_the_gpu_compiled_for_the_cpu(model):
    module = scripted(model(), "cpu")
    given = scripted(model(), "cpu").to(DEVICE)
    compiled = compile_hybrid(given, "native", [Input((4, WIDTH))], device="cpu")
    expect_devices(compiled, "cpu")
    assert all(tensor.device == torch.device(DEVICE) for tensor in given.parameters())
    expect_same(module, compiled, calls(), ("calls",) if model is Plain else (), device="cpu")


class ConstantsInEngines(torch.nn.Module):
    def forward(self, x):
        y = torch.tanh(x * torch.arange(float(WIDTH)))
        return torch.fft.fft(y).real + torch.tensor([0.5]) * torch.ones(x.shape)


class ConstantsInPyTorch(torch.nn.Module):
    def forward(self, x):
        y = torch.special.zeta(1.5 + torch.sigmoid(x), torch.arange(float(WIDTH)) + 1.0)
        return torch.tanh(torch.special.zeta(1.5 + y, torch.tensor([2.0])) * 2.0)


@pytest.mark.parametrize("model", [ConstantsInEngines, ConstantsInPyTorch])
def test_a_trace_made_on_the_cpu_compiled_for_the_gpu(model, backend):
    """The trace makes its tensors on the CPU."""
    given = torch.jit.trace(model(), rows(4))
    compiled = compile_hybrid(given, backend, [Input((4, WIDTH))])
    expect_devices(compiled, DEVICE)
    for (x,) in calls():
        torch.testing.assert_close(compiled(x.to(DEVICE)).cpu(), given(x), rtol=1e-4, atol=1e-4)


# ---- ranges ----------------------------------------------------------------------------------------------------------


def test_several_ranges(backend):
    module = scripted(Between())
    ranges = [((1, WIDTH), (2, WIDTH), (4, WIDTH)), ((64, WIDTH), (64, WIDTH), (128, WIDTH))]
    compiled = compile_hybrid(module, backend, [Input(profiles=ranges)])
    expect_same(module, compiled, [[rows(count)] for count in (1, 64, 4, 128, 100, 2)])
    with pytest.raises(RuntimeError):
        compiled(rows(16).to(DEVICE))
