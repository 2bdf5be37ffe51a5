"""The first examples of this library, on a GPU with TensorRT: they name only the model and the inputs.

tools/tensorrt.sh builds the programs into the folder TORCHTRT_GPU_PROGRAMS (default: build/tensorrt_check).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import torch_tensorrt

PROGRAMS = Path(os.environ.get("TORCHTRT_GPU_PROGRAMS", Path(__file__).parents[2] / "build/tensorrt_check"))
HALF = {"rtol": 2e-2, "atol": 5e-3}


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.linear = nn.Linear(8, 10)

    def forward(self, scale, image):
        y = torch.relu(self.norm(self.conv(image)))
        return self.linear(torch.flatten(nn.functional.adaptive_avg_pool2d(y, 1), 1)) * scale


class OneInput(TwoInputs):
    def forward(self, image):
        y = torch.relu(self.norm(self.conv(image)))
        return self.linear(torch.flatten(nn.functional.adaptive_avg_pool2d(y, 1), 1))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def half_module(module: nn.Module) -> torch.jit.ScriptModule:
    return torch.jit.script(module.eval().cuda().half())


def backend_of(module: torch.jit.ScriptModule) -> str:
    return json.loads(module.engine.get_engine_layer_info())["backend"]


def test_the_python_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch_script_module = half_module(TwoInputs())
    example_tensor = torch.rand(1, 10, device="cuda", dtype=torch.half)

    trt_ts_module = torch_tensorrt.compile(
        torch_script_module,
        inputs=[
            example_tensor,
            torch_tensorrt.Input(
                min_shape=[1, 3, 224, 224],
                opt_shape=[1, 3, 512, 512],
                max_shape=[1, 3, 1024, 1024],
                dtype=torch.half,
            ),
        ],
        enabled_precisions={torch.half},
    )

    assert backend_of(trt_ts_module) == "tensorrt"
    for size in (512, 224, 1024):
        image = torch.randn(1, 3, size, size, device="cuda", dtype=torch.half)
        result = trt_ts_module(example_tensor, image)
        torch.testing.assert_close(result, torch_script_module(example_tensor, image), **HALF)
    torch.jit.save(trt_ts_module, "trt_torchscript_module.ts")
    loaded = torch.jit.load("trt_torchscript_module.ts")
    torch.testing.assert_close(loaded(example_tensor, image), result, rtol=0, atol=0)


def run_program(*arguments) -> float:
    done = subprocess.run([str(PROGRAMS / "seed_example"), *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1])


def test_the_cpp_example_and_its_file_in_python(tmp_path):
    module, model, compiled = half_module(OneInput()), tmp_path / "model.ts", tmp_path / "compiled.ts"
    torch.jit.save(module, str(model))
    assert run_program(model, compiled, 2, 3, 64, 64) < 2e-2
    loaded = torch.jit.load(str(compiled))
    assert backend_of(loaded) == "tensorrt"
    x = torch.randn(2, 3, 64, 64, device="cuda", dtype=torch.half)
    torch.testing.assert_close(loaded(x), module(x), **HALF)


def test_a_file_that_python_saved_runs_in_cpp(backend, tmp_path):
    module, compiled = torch.jit.script(OneInput().eval().cuda()), tmp_path / "compiled.ts"
    x = torch.randn(2, 3, 64, 64, device="cuda")
    settings = {"inputs": [x], "backend": backend, "disable_tf32": True, "optimization_level": 0}
    torch.jit.save(torch_tensorrt.compile(module, **settings), str(compiled))
    data = nn.Module()
    data.register_buffer("x", x)
    data.register_buffer("y", module(x).detach())
    torch.jit.save(torch.jit.script(data), str(tmp_path / "data.ts"))
    assert run_program(tmp_path / "data.ts", compiled) < 1e-4


CUSTOM_CONVERTER = """
import ctypes, sys, torch, torch_tensorrt
sys.path.insert(0, sys.argv[1])
from test_seed import OneInput, backend_of
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
ctypes.CDLL(sys.argv[2])
module = torch.jit.script(OneInput().eval().cuda())
x = torch.randn(2, 3, 64, 64, device="cuda")
with torch_tensorrt.logging.info():
    compiled = torch_tensorrt.compile(module, inputs=[x], disable_tf32=True, optimization_level=0)
assert backend_of(compiled) == "tensorrt"
torch.testing.assert_close(compiled(x), module(x), rtol=1e-4, atol=1e-5)
"""


# In a process of its own: the example's converter takes aten::flatten for all compilations of its process, and knows
# static shapes only.
def test_the_custom_converter_example():
    arguments = [str(Path(__file__).parent), str(PROGRAMS / "libflatten_converter.so")]
    done = subprocess.run([sys.executable, "-c", CUSTOM_CONVERTER, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def alone():
    """TensorRT without this library."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    from harness import tensorrt_alone

    return tensorrt_alone, tensorrt_alone.TensorRTAlone(PROGRAMS / "libtensorrt_alone.so")


def test_plain_tensorrt_runs_the_bytes_of_convert_method(tmp_path):
    module, x = torch.jit.script(OneInput().eval().cuda()), torch.randn(2, 3, 64, 64, device="cuda")
    settings = {"inputs": [x], "backend": "tensorrt", "disable_tf32": True, "optimization_level": 0}
    engine = torch_tensorrt.convert_method_to_trt_engine(module, "forward", **settings)
    path, output = tmp_path / "engine.plan", torch.zeros(2, 10, device="cuda")
    path.write_bytes(engine)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    launch = alone()[1].load(path, x, output).launcher(stream)
    assert launch() == 0
    stream.synchronize()
    torch.testing.assert_close(output, module(x), rtol=1e-4, atol=1e-5)


def test_a_plan_that_plain_tensorrt_built_can_be_embedded(tmp_path):
    tools, tensorrt = alone()
    model, x = OneInput().eval(), torch.randn(2, 3, 64, 64)
    onnx, plan = tmp_path / "model.onnx", tmp_path / "model.plan"
    tools.export_onnx(model, x, onnx)
    tensorrt.build(onnx, plan, tmp_path / "timing", fp16=False)
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(plan.read_bytes(), device="cuda:0")
    torch.testing.assert_close(embedded(x.cuda()).cpu(), model(x), rtol=1e-2, atol=1e-3)  # TensorRT's default: TF32
    path = tmp_path / "embedded.ts"
    torch.jit.save(embedded, str(path))
    torch.testing.assert_close(torch.jit.load(str(path))(x.cuda()), embedded(x.cuda()))
