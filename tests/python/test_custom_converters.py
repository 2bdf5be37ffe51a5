"""Builds the converter examples against the installed package and loads them as users do.

Registered converters stay for the rest of a process, so each test runs in a new process.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch
from outside import EXAMPLES, build_project, run, try_run

pytestmark = pytest.mark.slow

# Prints the largest difference relative to PyTorch; argument 1 is the library.
COMPILE_FLATTEN = """
import ctypes, sys, torch
import torch_tensorrt
if sys.argv[1]: ctypes.CDLL(sys.argv[1])

class Model(torch.nn.Module):
    def forward(self, x):
        return torch.flatten(torch.relu(x), 1)

model, x = torch.jit.script(Model().eval()), torch.randn(2, 3, 4, 5)
with torch_tensorrt.logging.debug():
    compiled = torch_tensorrt.compile(model, inputs=[x], require_full_compilation=True, min_block_size=1)
found, expected = compiled(x), model(x)
assert found.shape == expected.shape, found.shape
print("difference", (found - expected).abs().max().item())
"""

COMPILE_SQUARED_RELU = """
import ctypes, sys, torch
import torch_tensorrt
if sys.argv[1]: ctypes.CDLL(sys.argv[1])
else: torch.ops.load_library(sys.argv[2])  # the operation, whose converter registers itself with it

class Model(torch.nn.Module):
    def forward(self, x):
        return torch.ops.example.squared_relu(x + 1, 0.5) - x

model, x = torch.jit.script(Model().eval()), torch.randn(2, 3, 4)
compiled = torch_tensorrt.compile(model, inputs=[x], require_full_compilation=True, min_block_size=1)
expected = 0.5 * torch.relu(x + 1) ** 2 - x
assert "example::squared_relu" not in str(compiled.graph)
print("difference", ((compiled(x) - expected).abs().max() / expected.abs().max()).item())
"""


@pytest.fixture
def script(tmp_path):
    """Writes a program to a file, because TorchScript reads the source of a class from its file."""

    def write(text: str) -> Path:
        path = tmp_path / "program.py"
        path.write_text(text)
        return path

    return write


@pytest.fixture(scope="module")
def libraries(tmp_path_factory) -> Path:
    build = tmp_path_factory.mktemp("converters")
    build_project(EXAMPLES / "custom_converters", build)
    return build


def difference(text: str) -> float:
    return float(re.search(r"difference:? (\S+)", text)[1])


def precedence(log: str) -> list[str]:
    """Returns the lines of the log about converters that replace others."""
    return [line for line in log.splitlines() if "aten::flatten" in line and re.search("preced|overrid|replac", line)]


def test_the_users_flatten_takes_precedence(libraries, script):
    done = try_run(sys.executable, script(COMPILE_FLATTEN), libraries / "libflatten_converter.so")
    assert done.returncode == 0, done.stderr
    assert difference(done.stdout) == 0
    assert precedence(done.stderr), done.stderr


def test_without_the_library_nothing_is_overridden(script):
    done = try_run(sys.executable, script(COMPILE_FLATTEN), "")
    assert done.returncode == 0, done.stderr
    assert difference(done.stdout) == 0
    assert not precedence(done.stderr)


def test_an_operation_that_nobody_else_converts(libraries, script):
    library = libraries / "libsquared_relu_converter.so"
    assert difference(run(sys.executable, script(COMPILE_SQUARED_RELU), library)) < 1e-6


@pytest.mark.parametrize("name", ["flatten", "squared_relu"])
def test_the_scripts_of_the_examples_run(libraries, name):
    script = EXAMPLES / "custom_converters" / f"use_{name}.py"
    assert difference(run(sys.executable, script, libraries / f"lib{name}_converter.so")) < 1e-5


def test_torchtrtc_loads_operations_and_converters(libraries, script, tmp_path):
    library = libraries / "libsquared_relu_converter.so"
    make_model = (
        "import sys, torch; torch.ops.load_library(sys.argv[1])\n"
        "class Model(torch.nn.Module):\n"
        "    def forward(self, x): return torch.ops.example.squared_relu(x + 1, 0.5) - x\n"
    )
    make_model += "torch.jit.script(Model().eval()).save(sys.argv[2])\n"
    run(sys.executable, script(make_model), library, tmp_path / "model.ts")

    torchtrtc = Path(sys.executable).with_name("torchtrtc")
    arguments = [tmp_path / "model.ts", tmp_path / "compiled.ts", "(2,3,4)", "-d", "cpu", "--require-full-compilation"]
    assert try_run(torchtrtc, *arguments).returncode == 1  # the operator is unknown
    run(torchtrtc, f"--custom-torch-ops={library}", *arguments)
    run(torchtrtc, f"--custom-converters={library}", *arguments)

    x = torch.randn(2, 3, 4)
    torch.save(x, tmp_path / "x.pt")
    run_model = (
        "import sys, torch, torch_tensorrt\n"
        "folder = sys.argv[1]; x = torch.load(folder + '/x.pt')\n"
        "torch.save(torch.jit.load(folder + '/compiled.ts')(x), folder + '/y.pt')\n"
    )
    run(sys.executable, "-c", run_model, tmp_path)
    expected = 0.5 * torch.relu(x + 1) ** 2 - x
    assert torch.allclose(torch.load(tmp_path / "y.pt"), expected, rtol=1e-5, atol=1e-6)
