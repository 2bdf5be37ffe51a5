"""Settings: Python, torchtrtc, the plan and docs/settings.md read their rows in C++."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from outside import TORCHTRTC

import torch_tensorrt
from torch_tensorrt._setting_types import Settings
from torch_tensorrt.ts._settings import OF_MODULES, SETTINGS

ROOT = Path(__file__).resolve().parents[2]
# The order of Torch-TensorRT's arguments, for calls by position.
FIRST = [
    *("module", "inputs", "input_signature", "device", "disable_tf32", "sparse_weights", "enabled_precisions", "refit"),
    *("debug", "capability", "num_avg_timing_iters", "workspace_size", "dla_sram_size", "dla_local_dram_size"),
    *("dla_global_dram_size", "truncate_long_and_double", "require_full_compilation", "min_block_size"),
    *("torch_executed_ops", "torch_executed_modules"),
]
NUMBERS = [setting for setting in SETTINGS if setting.type == "int"]


class Scaled(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2.0


def compile_with(**settings):
    spec = [torch_tensorrt.Input((2, 3))]
    return torch_tensorrt.ts.compile(torch.jit.script(Scaled().eval()), inputs=spec, device="cpu", **settings)


def test_page_is_that_of_the_rows() -> None:
    found = subprocess.run(
        [sys.executable, ROOT / "tools" / "settings_page.py", "--check"], capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr


def test_signatures_have_every_setting_in_the_known_order() -> None:
    names = list(inspect.signature(torch_tensorrt.ts.compile).parameters)
    assert names[: len(FIRST)] == FIRST
    assert {setting.name for setting in SETTINGS} <= set(names)
    of_methods = list(inspect.signature(torch_tensorrt.ts.convert_method_to_trt_engine).parameters)
    assert set(names) - set(of_methods) == {"input_signature", "kwarg_inputs", "methods", *OF_MODULES}


def test_docstring_explains_every_setting() -> None:
    text = torch_tensorrt.ts.compile.__doc__
    assert "{settings}" not in text
    for setting in SETTINGS:
        assert f"\n        {setting.name}: " in text
    assert max(map(len, text.splitlines())) <= 120


def test_help_of_torchtrtc_has_every_flag() -> None:
    text = subprocess.run([TORCHTRTC, "--help"], capture_output=True, text=True, check=True).stdout
    for setting in SETTINGS:
        for flag in setting.flags.split(","):
            assert flag in text, setting.name


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.name)
def test_numbers_out_of_range_are_refused(setting) -> None:
    for value in (setting.low - 1, setting.high + 1, True, 1.5, "4"):
        with pytest.raises(ValueError, match=f"{setting.name} is {value!r}, must be an integer of"):
            compile_with(**{setting.name: value})
    compile_with(**{setting.name: setting.low})
    found = subprocess.run(
        [TORCHTRTC, setting.flags.split(",")[0] + "=-7", "in", "out"], capture_output=True, text=True
    )
    assert found.returncode != 0
    assert "-7" in found.stderr


def test_arguments_by_position_are_the_settings_of_their_place() -> None:
    script = torch.jit.script(Scaled().eval())
    spec = [torch_tensorrt.Input((2, 3))]
    with pytest.raises(ValueError, match="num_avg_timing_iters is -1"):
        torch_tensorrt.ts.compile(script, spec, None, "cpu", False, False, None, False, False, "standard", -1)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(TypeError, match=r"compile\(\) got an unexpected keyword argument 'workspace'"):
        compile_with(workspace=3)
    with pytest.raises(TypeError, match=r"compile\(\) missing a required argument: 'module'"):
        torch_tensorrt.ts.compile()


def test_rows_are_complete() -> None:
    rows = json.loads(torch.ops.torch_tensorrt._settings())
    assert len({row["name"] for row in rows}) == len(rows) == len(SETTINGS)
    for row in rows:
        assert row["help"].endswith("."), row["name"]
        assert row["flags"].startswith("--"), row["name"]


class Products(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(64, 64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.linear(x) @ x.transpose(0, 1), 1)


def test_num_threads_is_kept_and_changes_no_results_and_nothing_outside(tmp_path) -> None:
    module = torch.jit.script(Products().eval())
    x = torch.randn(64, 64)
    before = torch.get_num_threads()
    spec = {"inputs": [torch_tensorrt.Input((64, 64))], "device": "cpu", "num_threads": 1}
    compiled = torch_tensorrt.compile(module, **spec)
    torch.jit.save(compiled, str(tmp_path / "one.ts"))
    loaded = torch.jit.load(str(tmp_path / "one.ts"))
    for made in (compiled, loaded):
        torch.testing.assert_close(made(x), module(x))
        assert json.loads(made.engine.get_engine_layer_info())["target"]["threads"] == 1
        with ThreadPoolExecutor(1) as pool:  # a thread that has not queried PyTorch's number of threads yet
            torch.testing.assert_close(pool.submit(made, x).result(), module(x))
            assert pool.submit(torch.get_num_threads).result() == before
    assert torch.get_num_threads() == before
    with pytest.raises(ValueError, match="num_threads is 1025, must be an integer of 1024 or less"):
        torch_tensorrt.compile(module, **{**spec, "num_threads": 1025})


def test_the_types_of_settings_are_those_of_the_settings():
    types = dict(Settings.__annotations__)
    for setting in SETTINGS:
        text = types.pop(setting.name)
        text = getattr(text, "__forward_arg__", text)
        first = {"list": "Iterable"}.get(setting.type, setting.type)
        assert text.startswith(first) and text.endswith("| None") == (setting.python_default() is None), setting.name
    assert set(types) == {"input_signature", "device", "capability", "calibrator", "progress"}
