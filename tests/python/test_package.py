"""The wheel and the source distribution: what they hold, for whom they are, and what they do not tell."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
import torch
from outside import ROOT, TORCHTRTC, run

from torch_tensorrt import _library, _version

VERSION = (ROOT / "VERSION").read_text().strip()
TORCH_MINOR = ".".join(torch.__version__.split(".")[:2])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    environment = {**os.environ, "TORCHTRT_FAST_WHEEL": "1"}
    # setuptools works in the folder build of the tree, so processes of pytest take turns.
    with (ROOT / "build" / ".wheel-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([*pip, "--wheel-dir", str(folder), str(ROOT)], check=True, env=environment, timeout=900)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(unpacked) -> Message:
    return Parser().parsestr((unpacked / f"torch_tensorrt-{VERSION}.dist-info" / "METADATA").read_text())


@pytest.mark.slow
def test_one_wheel_serves_every_python(wheel, unpacked, metadata):
    assert re.fullmatch(rf"torch_tensorrt-{re.escape(VERSION)}-py3-none-linux_\w+\.whl", wheel.name)
    assert metadata["Requires-Python"] == ">=3.10"
    for library in unpacked.rglob("*.so*"):
        needed = run("readelf", "-d", library)
        assert "libpython" not in needed and "libtorch_python" not in needed and "cpython" not in library.name


@pytest.mark.slow
def test_metadata_is_whole(metadata):
    assert metadata.get_all("Requires-Dist") == [f"torch=={TORCH_MINOR}.*"]
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Summary"] and metadata["Description-Content-Type"] == "text/markdown"
    assert {"Typing :: Typed", "Operating System :: POSIX :: Linux"} <= set(metadata.get_all("Classifier"))


@pytest.mark.slow
def test_licenses_are_in_the_wheel(unpacked, metadata):
    texts = {"LICENSE", *(f"licenses/{path.name}" for path in (ROOT / "licenses").glob("*.txt"))}
    assert set(metadata.get_all("License-File")) == texts
    for text in texts:
        inside = unpacked / f"torch_tensorrt-{VERSION}.dist-info" / "licenses" / text
        assert inside.read_text() == (ROOT / text).read_text()


def test_onednns_licenses_are_those_of_the_library_that_is_redistributed():
    documents = Path(sysconfig.get_path("data")) / "share" / "doc" / "onednn"
    if not documents.exists():
        pytest.skip("oneDNN is not a Python package here")
    for name, ours in {"LICENSE": "LICENSE", "THIRD-PARTY-PROGRAMS": "THIRD-PARTY-PROGRAMS"}.items():
        assert (documents / name).read_text() == (ROOT / "licenses" / f"oneDNN-{ours}.txt").read_text()


@pytest.mark.slow
def test_types_are_in_the_wheel(unpacked):
    assert (unpacked / "torch_tensorrt" / "py.typed").exists()


@pytest.mark.slow
def test_no_file_tells_where_it_was_built(unpacked):
    folders = {ROOT, Path(sys.prefix), Path(sys.base_prefix), Path(torch.__file__).parent, Path.home()} - {Path("/")}
    libraries = [*unpacked.glob("torch_tensorrt/lib/*.so*"), unpacked / "torch_tensorrt" / "bin" / "torchtrtc"]
    assert {"libtorchtrt.so", "libtorchtrt_runtime.so", "libtorchtrt_engine.so"} <= {path.name for path in libraries}
    for path in [*libraries, *unpacked.rglob("*.cmake"), *unpacked.rglob("*.pc"), *unpacked.rglob("*.py")]:
        content = path.read_bytes()
        for folder in folders:
            assert os.fsencode(folder) + b"/" not in content, f"{path.name} names {folder}"
    for path in libraries:
        paths = re.findall(r"(?:RUNPATH|RPATH).*\[(.*)\]", run("readelf", "-d", path))
        assert all(entry.startswith("$ORIGIN") for entry in ":".join(paths).split(":") if entry), (
            f"{path.name}: {paths}"
        )
        assert paths or "libdnnl" in path.name


@pytest.mark.slow
def test_auditwheel_finds_a_tag_and_adds_no_library(wheel, tmp_path):
    without = [f"--exclude={name}" for name in ("libtorch_cpu.so", "libc10.so", "libgomp.so.1")]
    environment = {**os.environ, "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "auditwheel", "repair", *without, "--wheel-dir", str(tmp_path), str(wheel)]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    (repaired,) = tmp_path.glob("*.whl")
    assert re.search(r"-py3-none-manylinux_2_\d+_x86_64\.whl$", repaired.name)

    def binaries(path: Path) -> dict[str, bytes]:
        names = [name for name in zipfile.ZipFile(path).namelist() if ".so" in name or name.endswith("/bin/torchtrtc")]
        return {name: zipfile.ZipFile(path).read(name) for name in names}

    assert binaries(repaired) == binaries(wheel)


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    program = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, capture_output=True)
    with tarfile.open(folder / f"torch_tensorrt-{VERSION}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / f"torch_tensorrt-{VERSION}"


def test_the_source_distribution_is_the_tree(source):
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    files = run("git", "-C", ROOT, "ls-files", "-z").split("\0")
    expected = {name for name in files if name and not name.startswith((".git", ".ci/")) and (ROOT / name).exists()}
    assert expected <= {str(path.relative_to(source)) for path in source.rglob("*")}
    assert not list(source.rglob("*.so")) and not (source / "build" / "build.ninja").exists()


@pytest.mark.slow
def test_the_source_distribution_configures(source, tmp_path):
    told = run("cmake", "-S", source, "-B", tmp_path, "-G", "Ninja", f"-DTORCHTRT_PYTHON={sys.executable}")
    assert f"torch {torch.__version__.split('+')[0]}:" in told
    sources = [*(ROOT / "cpp").rglob("*.cpp"), *(ROOT / "tests").rglob("*.cpp")]
    assert len(sources) == len([*(source / "cpp").rglob("*.cpp"), *(source / "tests").rglob("*.cpp")])


def backend(source: Path) -> object:
    spec = importlib.util.spec_from_file_location("build_backend", source / "tools" / "packaging" / "build_backend.py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(source / "tools" / "packaging"))
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.path[0]
    return module


def test_an_editable_build_requires_what_a_wheel_requires(monkeypatch):
    module = backend(ROOT)
    monkeypatch.setattr(module, "_has_onednn", lambda: False)
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    monkeypatch.setattr(module.native_build, "find_torch", lambda: None)
    monkeypatch.setattr(module._base, "get_requires_for_build_wheel", lambda settings: [])
    monkeypatch.setattr(module._base, "get_requires_for_build_editable", lambda settings: [])
    required = module.get_requires_for_build_wheel()
    assert required == module.get_requires_for_build_editable()
    pinned = {line.split(";")[0] for line in (ROOT / "requirements" / "build.txt").read_text().splitlines()}
    assert {name for name in required if name.startswith(("torch", "onednn"))} <= pinned
    assert {name.split("==")[0].split(">")[0] for name in required} >= {"torch", "cmake", "ninja"}


NINJA = """#!/bin/sh
echo '[1/200] Building a.cpp.o'
echo '[200/200] Linking'
exit $FAKE_STATUS
"""


@pytest.mark.parametrize("status", [0, 3])
def test_a_first_build_tells_how_long_it_takes(tmp_path, status):
    (tmp_path / "cmake").write_text(NINJA)
    (tmp_path / "cmake").chmod(0o755)
    code = "import native_build, pathlib; native_build._compile(pathlib.Path('build'))"
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "FAKE_STATUS": str(status)}
    environment["PYTHONPATH"] = str(ROOT / "tools" / "packaging")
    command = [sys.executable, "-c", code]
    # In a session of its own, which has no terminal.
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, start_new_session=True)
    told = re.findall(r"^torch_tensorrt: (.*)$", done.stdout, re.MULTILINE)
    assert len(told) == 1 and re.match(r"a first build compiles 200 files: about \d+ minutes on this machine", told[0])
    assert "[200/200] Linking" in done.stdout
    assert done.returncode == (1 if status else 0) and ("failed with status 3" in done.stderr) == bool(status)


def setup_py(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs setup.py without the packages of this environment."""
    command = [sys.executable, "-I", "-S", str(ROOT / "setup.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_setup_py_without_setuptools_tells_what_to_do():
    done = setup_py("bdist_wheel")
    assert done.returncode == 1 and re.match(
        r"error: setuptools 77 or newer is not installed.*`pip install \.`", done.stderr
    )


def test_setup_py_install_needs_no_setuptools_to_read_its_options():
    done = setup_py("install", "--jetpack-version", "4.6")
    assert done.returncode == 2 and "--jetpack-version 4.6 is for Jetson boards (aarch64)" in done.stderr
    assert "--prefix" in setup_py("install", "--help").stdout
    done = setup_py("install")  # nor is there pip
    assert done.returncode == 1 and done.stderr.startswith("error: `python3 setup.py install` calls pip, which is not")


def test_another_torch_than_that_of_the_build_is_told():
    _library._require_torch(f"{TORCH_MINOR}.99+cpu")
    with pytest.raises(ImportError, match=rf"built for torch {TORCH_MINOR}\S*, but torch 2\.99\.0 is installed"):
        _library._require_torch("2.99.0")
    assert _version.built_for_torch == torch.__version__


def test_torchtrtc_tells_of_another_torch(tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").touch()
    (tmp_path / "torch" / "version.py").write_text("__version__ = '2.99.0'\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([TORCHTRTC, "--help"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and re.search(rf"built for torch {TORCH_MINOR}\S*, but torch 2\.99\.0", done.stderr)
