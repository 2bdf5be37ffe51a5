"""Runs cmake/FindTensorRT.cmake on header trees laid out like the vendor's."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

MODULES = Path(__file__).resolve().parents[2] / "cmake"
PROJECT = """
cmake_minimum_required(VERSION 3.22)
project(find LANGUAGES NONE)
list(APPEND CMAKE_MODULE_PATH "{modules}")
find_package(TensorRT QUIET)
message(STATUS "found=${{TensorRT_FOUND}} version=${{TensorRT_VERSION}} include=${{TensorRT_INCLUDE_DIR}}")
"""
PLAIN = "#define NV_TENSORRT_MAJOR 10 //!< major\n#define NV_TENSORRT_MINOR 6\n#define NV_TENSORRT_PATCH 0\n"
ENTERPRISE = (
    "#define TRT_MAJOR_ENTERPRISE 10\n#define TRT_MINOR_ENTERPRISE 13\n#define TRT_PATCH_ENTERPRISE 3\n"
    "#define NV_TENSORRT_MAJOR TRT_MAJOR_ENTERPRISE\n#define NV_TENSORRT_MINOR TRT_MINOR_ENTERPRISE\n"
    "#define NV_TENSORRT_PATCH TRT_PATCH_ENTERPRISE\n"
)


def lay_out(include: Path, version: str) -> None:
    include.mkdir(parents=True)
    (include / "NvInfer.h").write_text("")
    (include / "NvInferVersion.h").write_text(version)


def find(folder: Path, root: Path) -> dict[str, str]:
    project = folder / "project"
    project.mkdir(exist_ok=True)
    (project / "CMakeLists.txt").write_text(PROJECT.format(modules=MODULES))
    done = subprocess.run(
        ["cmake", "-S", project, "-B", folder / "build", f"-DTensorRT_ROOT={root}"],
        capture_output=True,
        text=True,
        check=True,
    )
    told = re.search(r"found=(\S*) version=(\S*) include=(\S*)", done.stdout)
    return {"found": told[1], "version": told[2], "include": told[3]}


@pytest.mark.parametrize("below", ["include", "targets/x86_64-linux-gnu/include", "targets/aarch64-linux-gnu/include"])
def test_the_tarball_is_found(tmp_path, below):
    lay_out(tmp_path / "root" / below, PLAIN)
    assert find(tmp_path, tmp_path / "root") == {
        "found": "TRUE",
        "version": "10.6.0",
        "include": str(tmp_path / "root" / below),
    }


def test_versions_that_stand_behind_another_name_are_read(tmp_path):
    lay_out(tmp_path / "root" / "include", ENTERPRISE)
    assert find(tmp_path, tmp_path / "root")["version"] == "10.13.3"


def test_a_root_without_headers_is_not_left_for_another_place(tmp_path):
    (tmp_path / "root").mkdir()
    assert find(tmp_path, tmp_path / "root")["found"] in ("FALSE", "0")


def test_another_root_is_looked_in_again(tmp_path):
    lay_out(tmp_path / "old" / "include", PLAIN)
    lay_out(tmp_path / "new" / "include", ENTERPRISE)
    assert find(tmp_path, tmp_path / "old")["version"] == "10.6.0"
    assert find(tmp_path, tmp_path / "new")["version"] == "10.13.3"
