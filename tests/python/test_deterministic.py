"""deterministic=True: builds that give the same bytes; and what the others record of the tactics' times."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import torch_tensorrt

SHAPE = (2, 3, 32, 32)
FLOATS = {torch.float32, torch.bfloat16}


class Net(nn.Module):
    """Convolutions of both kinds of oneDNN, pooling, normalization, products and attention."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2))
        self.deep = nn.Conv2d(32, 64, 3, padding=1)
        self.norm, self.head = nn.LayerNorm(64), nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.deep(self.stem(x))).flatten(2).transpose(1, 2)
        x = nn.functional.scaled_dot_product_attention(x, x, x)
        return self.head(self.norm(x).mean(1)).softmax(-1)


def net() -> torch.jit.ScriptModule:
    torch.manual_seed(5)
    return torch.jit.script(Net().eval())


def engine(**settings) -> bytes:
    settings = {"device": "cpu", "deterministic": True, **settings}
    return torch_tensorrt.ts.convert_method_to_trt_engine(net(), "forward", inputs=[torch.randn(SHAPE)], **settings)


@pytest.mark.parametrize("precisions", [{torch.float32}, FLOATS], ids=["f32", "bf16"])
def test_ten_builds_give_the_same_bytes(precisions):
    assert len({engine(enabled_precisions=precisions) for _ in range(10)}) == 1


def test_another_process_gives_the_same_bytes():
    program = "import hashlib, test_deterministic as t; print(hashlib.sha256(t.engine()).hexdigest())"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == hashlib.sha256(engine()).hexdigest()


def test_the_engine_computes_what_the_module_does():
    module, x = net(), torch.randn(SHAPE)
    compiled = torch_tensorrt.compile(module, ir="ts", inputs=[x], device="cpu", deterministic=True)
    with torch.inference_mode():
        torch.testing.assert_close(compiled(x), module(x), rtol=1e-4, atol=1e-5)


def test_no_tactic_is_timed():
    compiled = torch_tensorrt.compile(net(), inputs=[torch.randn(SHAPE)], device="cpu", deterministic=True)
    layers = json.loads(compiled.engine.get_engine_layer_info())["layers"]
    assert any(layer["microseconds"] > 0 for layer in layers)
    assert not any("runner_up" in layer for layer in layers)


def test_other_builds_record_the_next_tactic():
    compiled = torch_tensorrt.compile(net(), inputs=[torch.randn(SHAPE)], device="cpu")
    layers = json.loads(compiled.engine.get_engine_layer_info())["layers"]
    others = [layer for layer in layers if "runner_up" in layer]
    assert others
    for layer in others:
        assert layer["runner_up"]["tactic"] != layer["tactic"]
        # An earlier tactic wins a difference of less than 2 %.
        assert layer["runner_up"]["microseconds"] > 0.97 * layer["microseconds"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"device": "cuda:0"}, "deterministic builds are for CPUs"), ({"mix_backends": True}, "turn it or deterministic")],
)
def test_what_takes_times_is_refused(settings, message):
    with pytest.raises(RuntimeError, match=message):
        engine(**settings)
