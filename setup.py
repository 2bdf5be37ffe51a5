"""Builds the C++ libraries with CMake and Ninja and packs them, headers, CMake package and torchtrtc into the wheel.

`pip install .` installs it; `python3 setup.py install` does the same through pip. The build reuses `build/` if that
was configured for the same torch.
"""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py
from setuptools.command.install import install

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70.1
    try:
        from wheel.bdist_wheel import bdist_wheel
    except ImportError:  # `setup.py install` alone, which leaves the wheel to pip
        bdist_wheel = None

ROOT = Path(__file__).resolve().parent
VERSION = (ROOT / "VERSION").read_text().strip()
BUILD = ROOT / "build"
TORCH_REQUIREMENT = "torch==2.11.*"


def find_torch() -> Path:
    """Returns the torch package of this process, or (in an isolated build) of the target environment."""
    spec = importlib.util.find_spec("torch")
    candidates = list(spec.submodule_search_locations) if spec and spec.submodule_search_locations else []
    candidates += [os.path.join(sysconfig.get_path(name), "torch") for name in ("platlib", "purelib")]
    for candidate in map(Path, candidates):
        if (candidate / "include" / "torch" / "script.h").exists():
            return candidate.resolve()
    sys.exit(
        f"error: torch is not installed, and torch_tensorrt needs it to build; run: pip install '{TORCH_REQUIREMENT}'"
    )


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


def cached(build_dir: Path, name: str) -> str:
    """Returns a variable of a configured build directory, or an empty string."""
    cache = build_dir / "CMakeCache.txt"
    if not cache.exists():
        return ""
    for line in cache.read_text().splitlines():
        if line.startswith(name + ":"):
            return line.partition("=")[2]
    return ""


def usable_build_dir(torch_dir: Path) -> Path | None:
    """Returns `build/` if it was configured for a torch of the same version that still exists, else None."""
    old = cached(BUILD, "TORCHTRT_TORCH_DIR")
    if not old or not (BUILD / "build.ninja").exists() or not (Path(old) / "version.py").exists():
        return None
    if cached(BUILD, "CMAKE_HOME_DIRECTORY") != str(ROOT):
        return None
    return BUILD if torch_version(Path(old)) == torch_version(torch_dir) else None


def run(*command: str) -> None:
    try:
        subprocess.check_call(command)
    except FileNotFoundError:
        sys.exit(f"error: {command[0]} is not installed; tools/setup.sh installs the requirements of a build")
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: `{' '.join(command)}` failed with status {error.returncode}")


def configure(build_dir: Path, torch_dir: Path) -> None:
    if cached(build_dir, "TORCHTRT_TORCH_DIR") not in ("", str(torch_dir)):
        (build_dir / "CMakeCache.txt").unlink()
    options = {
        "TORCHTRT_BUILD_TESTS": "OFF",
        "TORCHTRT_PYTHON": sys.executable,
        "TORCHTRT_TORCH_DIR": torch_dir,
        "ONEDNN_ROOT": find_onednn() or "",
    }
    defines = [f"-D{name}={value}" for name, value in options.items()]
    run("cmake", "-S", str(ROOT), "-B", str(build_dir), "-G", "Ninja", *defines)


class BuildWithCMake(build_py):
    """Copies Python sources and everything that `cmake --install` installs into one package directory."""

    def run(self):
        package = Path(self.build_lib) / "torch_tensorrt"
        shutil.rmtree(package, ignore_errors=True)  # no file that the tree no longer has
        super().run()
        package.mkdir(parents=True, exist_ok=True)
        (package / "_version.py").write_text(f'__version__ = "{VERSION}"\n')

        torch_dir = find_torch()
        build_dir = usable_build_dir(torch_dir)
        if build_dir is None:
            build_dir = BUILD / "package"
            configure(build_dir, torch_dir)
        run("cmake", "--build", str(build_dir), "--target", "torchtrt_package")
        run("cmake", "--install", str(build_dir), "--prefix", str(package))


class InstallWithPip(install):
    """Runs `setup.py install` through pip, so that the package can be uninstalled."""

    user_options = install.user_options + [
        ("jetpack-version=", None, "JetPack version of this Jetson board, for example 4.6 (aarch64 only)")
    ]

    def initialize_options(self):
        super().initialize_options()
        self.jetpack_version = None

    def finalize_options(self):
        if self.jetpack_version and platform.machine() != "aarch64":
            sys.exit(
                f"error: --jetpack-version {self.jetpack_version} is for Jetson boards (aarch64), "
                f"but this machine is {platform.machine()}; omit the option"
            )
        super().finalize_options()

    def run(self):
        if "install" not in self.distribution.commands:
            super().run()  # bdist_wheel lays out the wheel with this command
            return
        command = [sys.executable, "-m", "pip", "install"]
        # An isolated build installs missing requirements.
        if importlib.util.find_spec("wheel") and find_onednn():
            command.append("--no-build-isolation")
        if self.user:
            command.append("--user")
        for option, value in (
            ("--prefix", self.distribution.command_options["install"].get("prefix")),
            ("--root", self.root),
        ):
            if value:
                command += [option, value[1] if isinstance(value, tuple) else value]
        run(*command, str(ROOT))


class PlatformWheel(bdist_wheel or install):
    """Tags the wheel for every Python of the platform, because it has libraries but no extension module."""

    def initialize_options(self):
        super().initialize_options()
        if os.environ.get("TORCHTRT_FAST_WHEEL"):  # tools/build.sh unpacks the wheel and deletes it
            self.compression = "stored"

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return True


def forwarding_configs() -> list[str]:
    """Returns the two files that let find_package(torchtrt) work from the prefix of the Python itself."""
    source = ROOT / "cmake" / "torchtrtConfig.forward.cmake"
    target = BUILD / "python" / "forward"
    target.mkdir(parents=True, exist_ok=True)
    names = ["torchtrtConfig.cmake", "torchtrtConfigVersion.cmake"]
    for name in names:
        shutil.copyfile(source, target / name)
    return [os.path.relpath(target / name, ROOT) for name in names]


setup(
    distclass=BinaryDistribution,
    cmdclass={
        "build_py": BuildWithCMake,
        "install": InstallWithPip,
        **({"bdist_wheel": PlatformWheel} if bdist_wheel else {}),
    },
    scripts=["tools/packaging/torchtrtc"],
    data_files=[("lib/cmake/torchtrt", forwarding_configs())],
    options={"build": {"build_base": "build/python"}, "egg_info": {"egg_base": "build/python"}},
    zip_safe=False,
)
