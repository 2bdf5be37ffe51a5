"""A project outside the tree finds the installed CMake package, links each target, and runs."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from torch_tensorrt import _paths

PROJECT = Path(__file__).resolve().parents[1] / "cmake_package"
PREFIXES = {
    "package": str(_paths.package_dir),
    "cmake_prefix_path": _paths.cmake_prefix_path,
    "prefix of the Python": sysconfig.get_path("data"),
}


def run(*command, cwd=None) -> str:
    # The package must find torch by itself, and the programs their libraries.
    hidden = {"LD_LIBRARY_PATH", "CMAKE_PREFIX_PATH", "VIRTUAL_ENV", "PYTHONPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def configure(build: Path, prefix: str) -> None:
    run("cmake", "-S", str(PROJECT), "-B", str(build), "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES.keys())
def test_every_prefix_leads_to_the_package(tmp_path, prefix):
    configure(tmp_path, prefix)
    cache = (tmp_path / "CMakeCache.txt").read_text()
    torch_dir = (_paths.package_dir.parent / "torch").resolve()
    assert f"TORCHTRT_TORCH_DIR:PATH={torch_dir}" in cache


@pytest.mark.slow
def test_programs_link_and_run(tmp_path):
    configure(tmp_path, sysconfig.get_path("data"))
    run("cmake", "--build", str(tmp_path))
    assert "torch not loaded" in run(str(tmp_path / "use_engine"), cwd="/")
    assert run(str(tmp_path / "use_runtime"), cwd="/") == "op found, class found\n"
    assert run(str(tmp_path / "use_compiler"), cwd="/") == "prefix consumer, rank 4\n"
    assert run(str(tmp_path / "use_core_names"), cwd="/") == "converted\nresult 0, rank 2, 2 segments\n"


def printed(*flags) -> list[str]:
    return run(sys.executable, "-m", "torch_tensorrt", *flags).splitlines()


def test_the_package_prints_its_paths():
    assert printed("--cmake-prefix") == [_paths.cmake_prefix_path]
    includes, libraries = printed("--include"), printed("--libraries")
    assert printed("--libraries", "--include") == includes + libraries
    assert (Path(includes[0]) / "torch_tensorrt" / "torch_tensorrt.h").exists()
    assert any((Path(folder) / "torch" / "script.h").exists() for folder in includes)
    for name in ("libtorchtrt.so", "libtorch_cpu.so"):
        assert any((Path(folder) / name).exists() for folder in libraries)


@pytest.mark.parametrize(("flags", "message"), [([], "name what to print"), (["--nothing"], "unrecognized arguments")])
def test_wrong_arguments_for_paths(flags, message):
    done = subprocess.run([sys.executable, "-m", "torch_tensorrt", *flags], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and message in done.stderr and not done.stdout


@pytest.mark.slow
def test_pkg_config_gives_the_flags_of_a_build(tmp_path):
    (path,) = printed("--pkg-config-path")

    def flags(*wanted: str) -> list[str]:
        return run("env", f"PKG_CONFIG_PATH={path}", "pkg-config", *wanted).split()

    for name, source, expected in [
        ("torchtrt-runtime", "use_runtime.cpp", "op found, class found\n"),
        ("torchtrt", "use_core_names.cpp", "converted\nresult 0, rank 2, 2 segments\n"),
    ]:
        program = tmp_path / name
        (standard,) = flags("--variable=cxx_standard", name)
        command = ["c++", f"-std=c++{standard}", str(PROJECT / source), "-o", str(program)]
        run(*command, *flags("--cflags", "--libs", name))
        assert run(str(program), cwd="/") == expected


def test_every_header_of_core_has_its_short_name():
    long = {path.relative_to(_paths.include_dir / "torch_tensorrt") for path in _installed("torch_tensorrt/core")}
    short = {path.relative_to(_paths.include_dir) for path in _installed("core")}
    assert short == long and Path("core/util/prelude.h") in short
    for path in short:
        assert (_paths.include_dir / path).read_text() == f'#pragma once\n#include "torch_tensorrt/{path}"\n'


def test_binaries_do_not_tell_where_they_were_built():
    for path in [*_paths.lib_dir.glob("libtorchtrt*.so"), _paths.bin_dir / "torchtrtc"]:
        content = path.read_bytes()
        for folder in (PROJECT.parents[1], _paths.package_dir.parent / "torch"):
            assert os.fsencode(folder) not in content, f"{path} names {folder}"


def _installed(folder: str) -> list[Path]:
    return list((_paths.include_dir / folder).rglob("*.h"))


@pytest.mark.parametrize("ours_first", [True, False])
def test_the_stand_in_for_nvinfer_gives_way_to_the_real_header(ours_first, tmp_path):
    (tmp_path / "tensorrt").mkdir()
    (tmp_path / "tensorrt" / "NvInfer.h").write_text("namespace nvinfer1 { struct OnlyInTheRealOne {}; }\n")
    (tmp_path / "real.cpp").write_text('#include "NvInfer.h"\nnvinfer1::OnlyInTheRealOne real;\n')
    (tmp_path / "ours.cpp").write_text('#include "NvInfer.h"\nnvinfer1::Dims dims;\n')
    ours, real = ["-isystem", str(_paths.include_dir)], ["-isystem", str(tmp_path / "tensorrt")]
    check = ["c++", "-std=c++17", "-fsyntax-only"]
    run(*check, *(ours + real if ours_first else real + ours), str(tmp_path / "real.cpp"))
    run(*check, *ours, str(tmp_path / "ours.cpp"))


def test_torchtrtc_starts_without_torch():
    launcher = Path(sysconfig.get_path("scripts")) / "torchtrtc"
    assert "Usage" in run(str(launcher), "--help")
    # Ends where the program would start, and reports whether torch was loaded.
    stop = "os.execv = lambda *arguments: sys.exit('torch' in sys.modules)"
    run(sys.executable, "-c", f"import os, sys; {stop}; exec(open({str(launcher)!r}).read())")
