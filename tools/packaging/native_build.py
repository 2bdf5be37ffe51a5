"""Builds the C++ libraries with CMake and Ninja, for setup.py. Uses only the standard library."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import jetpack

ROOT = Path(__file__).resolve().parents[2]
PINNED_TORCH = "2.11.0"
# Processor time of a whole build of the package, measured without ccache.
CPU_MINUTES = 15
SECONDS_BETWEEN_REPORTS = 20.0
# Set by `setup.py install --jetpack-version`.
JETPACK_VERSION = os.environ.get("TORCHTRT_JETPACK_VERSION", "")


def find_torch() -> Path | None:
    """Returns the torch package of this process, or (in an isolated build) of the target environment."""
    spec = importlib.util.find_spec("torch")
    candidates = list(spec.submodule_search_locations) if spec and spec.submodule_search_locations else []
    candidates += [os.path.join(sysconfig.get_path(name), "torch") for name in ("platlib", "purelib")]
    for candidate in map(Path, candidates):
        if (candidate / "include" / "torch" / "script.h").exists():
            return candidate.resolve()
    return None


def find_onednn() -> Path | None:
    """Returns the prefix of oneDNN's Python packages; an isolated build has them in an environment of its own."""
    for entry in map(Path, sys.path):
        if entry.name == "site-packages" and (entry.parents[2] / "include" / "oneapi" / "dnnl" / "dnnl.hpp").exists():
            return entry.parents[2]
    return None


def torch_version(torch_dir: Path) -> str:
    namespace: dict = {}
    exec((torch_dir / "version.py").read_text(), namespace)
    return namespace["__version__"]


def minor(version: str) -> str:
    """Returns ``2.11`` for ``2.11.0+cpu``: two torches with one C++ interface."""
    return ".".join(version.split(".")[:2])


def torch_requirement() -> str:
    """Returns the torch that the libraries run with: that of the build, since each minor has its own C++ interface."""
    torch_dir = find_torch()
    return f"torch=={minor(torch_version(torch_dir) if torch_dir else PINNED_TORCH)}.*"


def cached(build_dir: Path, name: str) -> str:
    """Returns a variable of a configured build directory, or an empty string."""
    cache = build_dir / "CMakeCache.txt"
    if not cache.exists():
        return ""
    for line in cache.read_text().splitlines():
        if line.startswith(name + ":"):
            return line.partition("=")[2]
    return ""


def _is_for(build_dir: Path, version: str) -> bool:
    """Whether a directory was configured for a torch of this version that still exists."""
    old = cached(build_dir, "TORCHTRT_TORCH_DIR")
    if not old or not (build_dir / "build.ninja").exists() or not (Path(old) / "version.py").exists():
        return False
    return cached(build_dir, "CMAKE_HOME_DIRECTORY") == str(ROOT) and torch_version(Path(old)) == version


def _run(*command: str) -> None:
    try:
        subprocess.check_call(command)
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: `{' '.join(command)}` failed with status {error.returncode}")


def _configure(build_dir: Path, torch_dir: Path) -> None:
    if cached(build_dir, "TORCHTRT_TORCH_DIR") not in ("", str(torch_dir)):
        (build_dir / "CMakeCache.txt").unlink()
    options = {
        "TORCHTRT_BUILD_TESTS": "OFF",
        "TORCHTRT_PYTHON": sys.executable,
        "TORCHTRT_TORCH_DIR": torch_dir,
        "ONEDNN_ROOT": find_onednn() or "",
    }
    if JETPACK_VERSION:
        try:
            options |= jetpack.cmake_options(JETPACK_VERSION)
        except jetpack.JetpackError as error:
            sys.exit(f"error: {error}")
    defines = [f"-D{name}={value}" for name, value in options.items()]
    _run("cmake", "-S", str(ROOT), "-B", str(build_dir), "-G", "Ninja", *defines)


@contextmanager
def _terminal() -> Iterator[TextIO | None]:
    """The user's terminal: pip keeps the output of a build to itself, unless it is called with ``-v``."""
    if sys.stdout.isatty():
        yield sys.stdout
        return
    try:
        terminal = open("/dev/tty", "w")  # noqa: SIM115 - closed below
    except OSError:
        yield None
        return
    with terminal:
        yield terminal


def _say(terminal: TextIO | None, text: str) -> None:
    print(f"torch_tensorrt: {text}", file=terminal or sys.stdout, flush=True)


def _jobs() -> int:
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return max(1, min(len(os.sched_getaffinity(0)), int(memory_gb / 2)))


def _compile(build_dir: Path) -> None:
    """Runs Ninja, whose output goes on to standard output, and reports the progress to the terminal."""
    command = ["cmake", "--build", str(build_dir), "--target", "torchtrt_package"]
    environment = {**os.environ, "NINJA_STATUS": "[%f/%t] "}
    with (
        _terminal() as terminal,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environment
        ) as ninja,
    ):
        start = last = time.monotonic()
        announced = False
        for line in ninja.stdout:
            sys.stdout.write(line)
            status = re.match(r"\[(\d+)/(\d+)\] ", line)
            if not status:
                continue
            done, total = int(status[1]), int(status[2])
            if not announced and total - done > 50:
                minutes = max(1, round(CPU_MINUTES / _jobs()))
                _say(terminal, f"a first build compiles {total} files: about {minutes} minutes on this machine")
                announced = True
            if announced and terminal is not sys.stdout and time.monotonic() - last > SECONDS_BETWEEN_REPORTS:
                last = time.monotonic()
                _say(terminal, f"{done} of {total} files, {(last - start) / 60:.1f} min")
    if ninja.returncode != 0:
        sys.exit(f"error: `{' '.join(command)}` failed with status {ninja.returncode}; `pip install -v .` shows why")


def build(base: Path) -> Path:
    """Builds the package and returns its build directory.

    Takes a directory that ``tools/build.sh`` configured for the same torch, else one below ``base``.
    """
    torch_dir = find_torch()
    if torch_dir is None:
        sys.exit(
            "error: torch is not installed, and torch_tensorrt needs it to build; run: "
            f"pip install 'torch=={minor(PINNED_TORCH)}.*'"
        )
    for program in ("cmake", "ninja"):
        if shutil.which(program) is None:
            sys.exit(f"error: {program} is not installed; tools/setup.sh installs the requirements of a build")
    version = torch_version(torch_dir)
    jetpack_suffix = f"-jetpack-{JETPACK_VERSION}" if JETPACK_VERSION else ""
    # tools/build.sh configures for no JetPack.
    for build_dir in () if JETPACK_VERSION else (ROOT / "build", ROOT / f"build-{minor(version)}"):
        if _is_for(build_dir, version):
            break
    else:
        build_dir = base / f"package-{minor(version)}{jetpack_suffix}"
        _configure(build_dir, torch_dir)
    _compile(build_dir)
    return build_dir


def install(build_dir: Path, prefix: Path) -> None:
    """Installs a built package into a folder."""
    _run("cmake", "--install", str(build_dir), "--prefix", str(prefix))


def link_into(package: Path, prefix: Path) -> None:
    """Links the installed folders into the source package, for an editable installation."""
    for folder in ("lib", "bin", "include", "share"):
        link = package / folder
        if link.is_symlink():
            link.unlink()
        elif link.exists():
            shutil.rmtree(link)
        link.symlink_to(os.path.relpath(prefix / folder, package), target_is_directory=True)
