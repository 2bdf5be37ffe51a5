"""TensorRT's settings: the effect of each on results, on the engine, or on the message of a refusal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from new_process import run_saved_in_a_new_process
from torch import nn

import torch_tensorrt

SHAPE = (8, 64, 32, 32)


class Convolutions(nn.Module):
    """Three convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(64, 64, 3, padding=1) for _ in range(3)])

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x


class Products(nn.Module):
    """Three products; their sums over 512 elements reveal the precision."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(*[nn.Linear(512, 512) for _ in range(3)])

    def forward(self, x):
        return self.layers(x.reshape(-1, 512))


class Quantized(nn.Module):
    """A convolution with input and weights quantized to int8."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(64, 64, 3, padding=1)

    def forward(self, x):
        x = torch.fake_quantize_per_tensor_affine(x, 0.03, 0, -128, 127)
        weight = torch.fake_quantize_per_tensor_affine(self.conv.weight, 0.0004, 0, -128, 127)
        return nn.functional.conv2d(x, weight, self.conv.bias, padding=1)


class QuantizedByChannel(Quantized):
    """A quantized convolution with a scale for each channel of the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.linspace(0.0004, 0.0008, 64))
        self.register_buffer("zero", torch.zeros(64, dtype=torch.int32))

    def forward(self, x):
        x = torch.fake_quantize_per_tensor_affine(x, 0.03, 0, -128, 127)
        weight = torch.fake_quantize_per_channel_affine(self.conv.weight, self.scale, self.zero, 0, -128, 127)
        return nn.functional.conv2d(x, weight, self.conv.bias, padding=1)


class Averages(nn.Module):
    def forward(self, x):
        return torch.relu(x).mean([2, 3])


def make(kind: type[nn.Module] = Convolutions) -> torch.jit.ScriptModule:
    torch.manual_seed(3)
    return torch.jit.script(kind().eval().cuda())


def input_on(device: str = "cuda:0") -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(4)).to(device)


def compile_with(module: torch.jit.ScriptModule, **settings) -> torch.jit.ScriptModule:
    settings = {"device": "cuda:0", "disable_tf32": True, "optimization_level": 0} | settings
    return torch_tensorrt.compile(module, inputs=[torch_tensorrt.Input(SHAPE)], backend="tensorrt", **settings)


def error_of(compiled: torch.jit.ScriptModule, module: torch.jit.ScriptModule) -> float:
    """Largest difference to PyTorch in f64, over the largest value."""
    x = input_on()
    with torch.no_grad():
        expected = module.double()(x.double())
    module.float()
    return ((compiled(x).double() - expected).abs().max() / expected.abs().max()).item()


def layers_of(compiled: torch.jit.ScriptModule) -> list[dict]:
    return json.loads(compiled.engine.get_engine_layer_info())["layers"]


def is_in_library_path(pattern: str) -> bool:
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return any(list(Path(folder).glob(pattern)) for folder in folders if folder)


@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [
        ({}, 0.0, 1e-5),
        ({"disable_tf32": False}, 1e-5, 5e-3),
        ({"enabled_precisions": {torch.half, torch.float32}}, 1e-5, 5e-3),
        ({"enabled_precisions": {torch.bfloat16, torch.float32}}, 1e-4, 5e-2),
        ({"enabled_precisions": {torch.half, torch.float32}, "use_explicit_typing": True}, 0.0, 1e-5),
    ],
    ids=["f32", "tf32", "f16", "bf16", "explicit"],
)
def test_results_have_the_error_of_the_precision(settings, low, high):
    module = make(Products)
    assert low <= error_of(compile_with(module, optimization_level=3, **settings), module) < high


def test_networks_are_dumped_for_each_backend(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCHTRT_DUMP_DIRECTORY", str(tmp_path))
    torch_tensorrt.compile(make(), inputs=[torch_tensorrt.Input(SHAPE)], backend="fastest", device="cuda:0")
    for backend in ("native", "tensorrt"):
        first = tmp_path / "Convolutions_forward" / backend / "000_input.txt"
        assert first.read_text().count(" = convolution(") == 3


def integer_convolutions(compiled: torch.jit.ScriptModule) -> int:
    """Counts the convolutions whose weights TensorRT stores as 8-bit integers."""
    layers = json.loads(compiled.engine.get_engine_layer_info())["Layers"]
    return sum(isinstance(layer, dict) and layer.get("Weights", {}).get("Type") == "Int8" for layer in layers)


@pytest.mark.parametrize("kind", [Quantized, QuantizedByChannel])
def test_int8_between_fake_quantizations(kind):
    module = make(kind)
    precisions = {torch.int8, torch.half, torch.float32}
    compiled = compile_with(module, optimization_level=3, enabled_precisions=precisions, debug=True)
    assert integer_convolutions(compiled) == 1
    x = input_on()
    with torch.no_grad():
        expected = module(x)
    # A value halfway between two steps may be rounded to either.
    assert (compiled(x) - expected).abs().max() < 1e-2 * expected.abs().max()


def test_calibrated_layers_run_in_int8():
    module = make()
    batches = [torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed)) for seed in range(4)]
    settings = {
        "optimization_level": 3,
        "enabled_precisions": {torch.int8, torch.half, torch.float32},
        "calibrator": torch_tensorrt.ptq.DataLoaderCalibrator(batches, device="cuda:0"),
    }
    compiled = compile_with(module, debug=True, **settings)
    assert integer_convolutions(compiled) == 2  # not the last one
    assert 1e-4 < error_of(compiled, module) < 5e-2
    with pytest.raises(RuntimeError, match="cannot take other weights"):
        compile_with(module, refit=True, **settings)


def test_overrides_keep_layers_in_f32():
    module = make(Products)
    settings = {"optimization_level": 3, "enabled_precisions": {torch.half, torch.float32}}
    assert error_of(compile_with(module, precision_overrides=["*=f32"], **settings), module) < 1e-5
    some = compile_with(module, precision_overrides=["*layers.0.weight*=f32", "no layer=f32"], **settings)
    assert 1e-5 < error_of(some, module) < 5e-3
    notes = json.loads(some.engine.get_engine_layer_info())["notes"]
    assert any('"no layer" matches no layer' in note for note in notes)


def test_overrides_keep_layers_out_of_int8():
    module = make()
    settings = {
        "optimization_level": 3,
        "enabled_precisions": {torch.int8, torch.float32},
        "calibrator": torch_tensorrt.ptq.DataLoaderCalibrator([torch.randn(SHAPE)], device="cuda:0"),
    }
    compiled = compile_with(module, debug=True, precision_overrides=["*layers.0.weight*=f32"], **settings)
    assert integer_convolutions(compiled) == 1


class Large(nn.Module):
    """A square of numbers whose results float16 does not hold."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(512, 512)

    def forward(self, x):
        return torch.sqrt(torch.square(self.layer(x.reshape(-1, 512)) * 1000) + 1)


def test_calibration_keeps_numbers_beyond_f16_in_f32():
    module = make(Large)
    calibrator = torch_tensorrt.ptq.DataLoaderCalibrator([torch.randn(SHAPE)], device="cuda:0")
    compiled = compile_with(module, enabled_precisions={torch.half, torch.float32}, calibrator=calibrator)
    assert error_of(compiled, module) < 5e-3
    notes = json.loads(compiled.engine.get_engine_layer_info())["notes"]
    assert any("are not in f16: the calibration saw numbers beyond 65504" in note for note in notes)


def test_averages_in_halves_of_what_sums_to_more_than_they_hold():
    settings = {"disable_tf32": True, "optimization_level": 3, "enabled_precisions": {torch.half, torch.float32}}
    x = torch.full((8, 64, 32, 32), 1000.0, device="cuda")
    compiled = torch_tensorrt.compile(make(Averages), inputs=[x], device="cuda:0", backend="tensorrt", **settings)
    torch.testing.assert_close(compiled(x), torch.full((8, 64), 1000.0, device="cuda"), rtol=2e-3, atol=0)


def test_debug_shows_the_tactics():
    module = make()
    assert not any(layer.get("tactic") for layer in layers_of(compile_with(module)))
    assert any(layer.get("tactic") for layer in layers_of(compile_with(module, debug=True)))


@pytest.mark.parametrize(
    "settings",
    [
        {"num_avg_timing_iters": 4},
        {"workspace_size": 1 << 28},
        {"optimization_level": 1},
        {"optimization_level": 5},
        {"hardware_compatible": True},
        {"refit": True},
    ],
    ids=str,
)
def test_results_do_not_depend_on(settings):
    module = make()
    assert error_of(compile_with(module, **settings), module) < 1e-5


def test_two_of_four_weights():
    module = make()
    with torch.no_grad():
        for weight in (parameter for parameter in module.parameters() if parameter.dim() == 4):
            weight[:, ::4] = 0
            weight[:, 1::4] = 0
    settings = {"enabled_precisions": {torch.half, torch.float32}, "optimization_level": 3}
    assert error_of(compile_with(module, sparse_weights=True, **settings), module) < 5e-3


def test_a_version_compatible_engine_brings_code_that_must_be_allowed():
    """Uses new processes: a process must allow it before it loads its first engine."""
    code = (
        "from test_settings import *; m = make(); assert error_of(compile_with(m, version_compatible=True), m) < 1e-5"
    )

    def run(allowed: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"TORCHTRT_TENSORRT_ENGINE_CODE": allowed}
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=Path(__file__).parent, env=environment, capture_output=True, text=True)

    allowed = run("1")
    if not is_in_library_path("libnvinfer_lean.so*"):  # a part of TensorRT that some packages omit
        assert allowed.returncode != 0
        assert "libnvinfer_lean" in allowed.stderr
        return
    assert allowed.returncode == 0, allowed.stderr
    assert "TORCHTRT_TENSORRT_ENGINE_CODE is 1" in run("0").stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimization_level": 9}, "optimization_level is 9, must be an integer of 5 or less"),
        ({"device": torch_tensorrt.Device("dla:0")}, "DLA"),
        ({"device": f"cuda:{torch.cuda.device_count()}"}, f"(cuda|gpu):{torch.cuda.device_count()}"),
    ],
    ids=["level", "dla", "device"],
)
def test_what_is_refused_is_told(settings, message):
    with pytest.raises((RuntimeError, ValueError), match=message):
        compile_with(make(), **settings)


@pytest.mark.parametrize("gpu", range(torch.cuda.device_count()))
def test_the_engine_runs_on_the_gpu_that_was_asked_for(gpu):
    """Makes another device the current one if there are two."""
    device = f"cuda:{gpu}"
    compiled = compile_with(make(), device=torch_tensorrt.Device(gpu_id=gpu))
    x = input_on(device)
    with torch.no_grad():
        expected = make().to(device)(x)
    assert compiled(x).device == x.device
    torch.testing.assert_close(compiled(x), expected, rtol=1e-4, atol=1e-5)


def without_tensorrt() -> dict[str, str]:
    """Returns the environment without the paths of TensorRT."""
    environment = {name: value for name, value in os.environ.items() if name != "TensorRT_ROOT"}
    folders = environment.get("LD_LIBRARY_PATH", "").split(":")
    environment["LD_LIBRARY_PATH"] = ":".join(x for x in folders if not os.path.exists(f"{x}/libnvinfer.so.10"))
    return environment


def test_a_file_that_needs_tensorrt_where_there_is_none(tmp_path):
    done = run_saved_in_a_new_process(compile_with(make()), input_on(), tmp_path, without_tensorrt())
    assert done.returncode != 0
    assert "TORCHTRT_REBUILD_ENGINES=1" in done.stderr
    assert "libnvinfer" in done.stderr


def test_that_file_is_built_anew_where_it_is_asked_for(tmp_path):
    environment = without_tensorrt() | {"TORCHTRT_REBUILD_ENGINES": "1"}
    done = run_saved_in_a_new_process(compile_with(make()), input_on(), tmp_path, environment)
    assert done.returncode == 0, done.stderr
