"""``setup.py install --jetpack-version`` on a Jetson board, with headers laid out like the vendor's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Runs setup.py as on a Jetson board; prints the JetPack that pip's process would get instead of running pip.
ON_A_BOARD = """
import os, platform, runpy, subprocess, sys
platform.machine = lambda: "aarch64"
def call(command):
    print("pip builds for", os.environ.get("TORCHTRT_JETPACK_VERSION"))
    return 0
subprocess.call = call
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# The variables that native_build.py gives to CMake.
OPTIONS = "import jetpack, sys; print(jetpack.cmake_options(sys.argv[1]))"


def lay_out(root: Path, major: int, minor: int, folder: str = "include") -> Path:
    (root / folder).mkdir(parents=True)
    text = f"#define NV_TENSORRT_MAJOR {major} //!< major\n#define NV_TENSORRT_MINOR {minor}\n"
    if (major, minor) >= (10, 13):
        text = f"#define TRT_MAJOR_ENTERPRISE {major}\n#define TRT_MINOR_ENTERPRISE {minor}\n"
        text += "#define NV_TENSORRT_MAJOR TRT_MAJOR_ENTERPRISE\n#define NV_TENSORRT_MINOR TRT_MINOR_ENTERPRISE\n"
    (root / folder / "NvInferVersion.h").write_text(text)
    return root / folder


def run(code: str, *arguments: str, tensorrt: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TensorRT_ROOT": str(tensorrt), "PYTHONPATH": str(ROOT / "tools" / "packaging")}
    environment.pop("TORCHTRT_JETPACK_VERSION", None)
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def install(tensorrt: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(ON_A_BOARD, str(ROOT / "setup.py"), "install", *arguments, tensorrt=tensorrt)


@pytest.mark.parametrize("version", ["4.5", "4.6", "4.6.1", "5.0", "6.0"])
def test_a_jetpack_with_an_old_tensorrt_builds_without_its_backend(tmp_path, version):
    lay_out(tmp_path, 10, 3)  # not looked at
    done = install(tmp_path, "--jetpack-version", version)
    assert done.returncode == 0 and f"pip builds for {version}\n" in done.stdout
    assert re.search(rf"JetPack {version} has TensorRT [78]\.\d; the backend tensorrt .* is not built", done.stdout)
    assert run(OPTIONS, version, tensorrt=tmp_path).stdout == "{'TORCHTRT_WITH_TENSORRT': 'OFF'}\n"


@pytest.mark.parametrize(
    ("version", "major", "minor", "folder"),
    [
        ("6.1", 10, 3, "include"),
        ("6.2.1", 10, 3, "targets/aarch64-linux-gnu/include"),
        ("7.0", 10, 13, "include"),
    ],
)
def test_a_jetpack_with_tensorrt_10_builds_its_backend(tmp_path, version, major, minor, folder):
    headers = lay_out(tmp_path, major, minor, folder)
    done = install(tmp_path, "--jetpack-version", version)
    assert done.returncode == 0 and f"pip builds for {version}\n" in done.stdout
    assert (
        f"JetPack {version} has TensorRT {major}.{minor}; the backend tensorrt is built with the headers in {headers}"
        in done.stdout
    )
    expected = {"TORCHTRT_WITH_TENSORRT": "ON", "TensorRT_INCLUDE_DIR": str(headers)}
    assert run(OPTIONS, version, tensorrt=tmp_path).stdout == f"{expected}\n"


@pytest.mark.parametrize("version", ["3.3", "8", "latest", "4.6.x"])
def test_an_unknown_jetpack_is_refused(tmp_path, version):
    done = install(tmp_path, "--jetpack-version", version)
    assert done.returncode == 2 and "pip builds" not in done.stdout
    assert f"--jetpack-version: JetPack {version} is unknown; known are 4.4, 4.5, 4.6, 5.0" in done.stderr


def test_absent_headers_are_told(tmp_path):
    done = install(tmp_path, "--jetpack-version", "6.2")
    assert done.returncode == 2 and "pip builds" not in done.stdout
    assert f"JetPack 6.2 has TensorRT 10.3, but {tmp_path / 'include'} has no NvInferVersion.h" in done.stderr
    assert "libnvinfer-headers-dev" in done.stderr


def test_headers_of_another_jetpack_are_told(tmp_path):
    headers = lay_out(tmp_path, 8, 6)
    done = install(tmp_path, "--jetpack-version", "6.2")
    assert done.returncode == 2 and "pip builds" not in done.stdout
    assert f"JetPack 6.2 has TensorRT 10.3, but the headers in {headers} are of TensorRT 8.6" in done.stderr


def test_without_the_option_the_headers_decide(tmp_path):
    done = install(tmp_path)
    assert done.returncode == 0 and done.stdout == "pip builds for None\n"


def test_a_version_given_to_pip_itself_is_checked_too(tmp_path):
    code = "import native_build, pathlib; native_build._configure(pathlib.Path('build'), pathlib.Path('torch'))"
    environment = {**os.environ, "TORCHTRT_JETPACK_VERSION": "3.3", "PYTHONPATH": str(ROOT / "tools" / "packaging")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.startswith("error: JetPack 3.3 is unknown")
