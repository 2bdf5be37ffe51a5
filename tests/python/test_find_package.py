"""Builds the C++ examples as a user does: find_package(torchtrt CONFIG) in a project outside the tree."""

from __future__ import annotations

import ctypes.util
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

    # Runs the file in Python, and in a program with only the runtime; the seed makes their inputs equal.
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


@pytest.mark.slow
def test_pytorchs_part_for_gpus_is_loaded_where_there_is_a_driver(programs, tmp_path):
    (tmp_path / "driver.c").write_text("int cuInit(unsigned flags) { return 100; }\n")  # 100: no device
    run("cc", "-shared", "-o", tmp_path / "libcuda.so.1", tmp_path / "driver.c")

    def loads_it(*environment: str) -> bool:
        told = try_run("env", "LD_DEBUG=files", *environment, programs / "run_module", tmp_path / "missing.ts", "1")
        assert told.returncode == 1 and "run_module: " in told.stderr
        return "/libtorch_cuda.so" in told.stderr

    has_part = (Path(torch.__file__).parent / "lib" / "libtorch_cuda.so").exists()
    driver = f"LD_LIBRARY_PATH={tmp_path}"
    assert loads_it(driver) == has_part
    assert not loads_it(driver, "TORCHTRT_LOAD_CUDA=0")
    if ctypes.util.find_library("cuda") is None:
        assert not loads_it()
