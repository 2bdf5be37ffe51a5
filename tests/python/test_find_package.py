"""The C++ examples, built as a user builds them: find_package(torchtrt CONFIG) in a project outside the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from models import LeNet
from outside import EXAMPLES, build_project, run, try_run

import torch_tensorrt  # noqa: F401 - brings the engine class


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> Path:
    build = tmp_path_factory.mktemp("cpp_examples")
    build_project(EXAMPLES / "cpp", build)
    return build


@pytest.fixture
def model(tmp_path) -> Path:
    path = tmp_path / "model.ts"
    torch.jit.save(torch.jit.script(LeNet().eval()), path)
    return path


@pytest.mark.slow
def test_compile_save_and_run_in_cpp(programs, model, tmp_path, rel):
    compiled = tmp_path / "compiled.ts"
    told = run(programs / "compile_module", model, compiled, "2", "1", "28", "28")
    assert float(re.search(r"largest difference (\S+) of", told)[1]) < 1e-5

    # The same file in Python, and in the program that has the runtime alone; the seed makes their inputs the same.
    torch.manual_seed(0)
    x = torch.randn(2, 1, 28, 28)
    expected = torch.jit.load(model)(x)
    assert "tensorrt::execute_engine" in str(torch.jit.load(compiled).graph)
    assert rel(torch.jit.load(compiled)(x), expected) < 1e-5
    told = re.fullmatch(r"output \[2, 10\], sum (\S+)\n", run(programs / "run_module", compiled, "2", "1", "28", "28"))
    assert abs(float(told[1]) - expected.sum().item()) < 1e-4 * expected.abs().sum().item()


@pytest.mark.slow
def test_the_deployed_program_does_not_need_the_compiler(programs):
    needed = run("ldd", programs / "run_module")
    assert "libtorchtrt_runtime.so" in needed and "not found" not in needed
    assert "libtorchtrt.so" not in needed and "libpython" not in needed and "libtorch_python" not in needed


@pytest.mark.slow
def test_mistakes_are_told_and_nothing_crashes(programs, model, tmp_path):
    done = try_run(programs / "compile_module", model, tmp_path / "compiled.ts", "2", "1", "28")
    assert done.returncode == 1 and done.stderr.startswith("compile_module: ")
    done = try_run(programs / "compile_module", tmp_path / "missing.ts", tmp_path / "compiled.ts", "1")
    assert done.returncode == 1 and "missing.ts" in done.stderr
    run(programs / "compile_module", model, tmp_path / "compiled.ts", "2", "1", "28", "28")
    done = try_run(programs / "run_module", tmp_path / "compiled.ts", "3", "1", "28", "28")
    assert done.returncode == 1 and done.stderr.startswith("run_module: ")


@pytest.mark.slow
def test_a_graph_from_text_becomes_an_engine(programs):
    told = run(programs / "graph_to_engine")
    assert told.startswith("rows: 6\n")
    assert re.search(r"output \[6, 8\], as PyTorch\n$", told)
