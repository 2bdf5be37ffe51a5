"""Commands and projects outside the tree, without environment variables that would help them find the package."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
BUILD = Path(os.environ.get("TORCHTRT_BUILD_DIR", ROOT / "build"))  # of C++ tests and what Python tests need of them
TORCHTRTC = Path(sysconfig.get_path("scripts")) / "torchtrtc"
_HIDDEN = {"LD_LIBRARY_PATH", "CMAKE_PREFIX_PATH", "VIRTUAL_ENV", "PYTHONPATH"}


def try_run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder outside the tree; the result has the exit status and both outputs."""
    environment = {name: value for name, value in os.environ.items() if name not in _HIDDEN}
    arguments = [str(part) for part in command]
    return subprocess.run(arguments, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=600)


def run(*command: str | Path) -> str:
    """Runs a command as ``try_run`` does, fails the test if the command fails, and returns its standard output."""
    done = try_run(*command)
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
    )
    return done.stdout


def build_project(source: Path, build: Path) -> None:
    """Configures a project with the prefix of this Python, as a user would, and builds it."""
    prefix = f"-DCMAKE_PREFIX_PATH={sysconfig.get_path('data')}"
    run("cmake", "-S", source, "-B", build, "-G", "Ninja", prefix)
    run("cmake", "--build", build)
