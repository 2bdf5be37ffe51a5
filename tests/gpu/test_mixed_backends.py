"""Engines of TensorRT and of the native backend in one module. TensorRT has no erfc."""

from __future__ import annotations

import pytest
import torch
from conftest import BACKENDS
from hybrid_models import DEVICE, ROWS, WIDTH, compile_hybrid, rows, scripted
from torch import Tensor, nn

import torch_tensorrt

pytestmark = pytest.mark.skipif("tensorrt" not in BACKENDS, reason="needs both backends")


class Layers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = torch.erfc(torch.tanh(part(x)) * 0.5) * 1.5
        return torch.softmax(x, 1)


class Counting(Layers):
    """An operator of PyTorch, a branch and state beside both backends."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.calls += 1
        for part in self.parts:
            x = torch.erfc(torch.tanh(part(x)) * 0.5) * 1.5
        if bool(x.sum() > 0):
            x = torch.special.i0(x) + self.calls * x.size(0)
        return torch.softmax(x, 1), self.calls.clone()


def backends(module: torch.jit.ScriptModule) -> list[str]:
    return [engine.information["backend"] for engine in torch_tensorrt.inspect(module).methods[0].engines]


def check(module: torch.jit.ScriptModule, compiled: torch.jit.ScriptModule) -> None:
    with torch.no_grad():
        for count in (1, 4, 8):
            x = rows(count).to(DEVICE)
            torch.testing.assert_close(compiled(x), module(x), rtol=1e-4, atol=1e-5)


def test_the_native_backend_takes_what_tensorrt_declines():
    module = scripted(Layers())
    compiled = compile_hybrid(module, "auto", mix_backends=True)
    assert set(backends(compiled)) == {"tensorrt", "native"}
    assert "aten::erfc" not in str(compiled.inlined_graph)
    check(module, compiled)


def test_beside_pytorch_and_state():
    module = scripted(Counting())
    compiled = compile_hybrid(module, "auto", mix_backends=True)
    assert set(backends(compiled)) == {"tensorrt", "native"}
    check(module, compiled)


def test_tensors_stay_on_the_gpu():
    compiled = compile_hybrid(scripted(Layers()), "auto", mix_backends=True)
    x = rows(4).to(DEVICE)
    with torch.no_grad():
        for _ in range(3):
            compiled(x)
        with torch.profiler.profile(activities=list(torch.profiler.supported_activities())) as profiler:
            compiled(x)
            torch.cuda.synchronize()
    copies = [event.name for event in profiler.events() if "Memcpy" in event.name and "DtoD" not in event.name]
    assert copies == []


def test_new_weights_and_files(tmp_path):
    module = scripted(Layers())
    compile_hybrid(module, "auto", mix_backends=True, refit=True).save(str(tmp_path / "mixed.ts"))
    loaded = torch.jit.load(str(tmp_path / "mixed.ts"))
    check(module, loaded)
    other = Layers().eval().to(DEVICE)
    for parameter in other.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5)
    other = torch.jit.script(other)
    refitted = torch_tensorrt.refit_module_weights(loaded, other)
    assert backends(refitted) == backends(loaded)
    check(other, refitted)


def test_without_the_setting_one_backend_builds_all():
    module = scripted(Layers())
    compiled = torch_tensorrt.compile(module, inputs=[ROWS], device=DEVICE, disable_tf32=True)
    assert backends(compiled) == ["native"]
    check(module, compiled)
