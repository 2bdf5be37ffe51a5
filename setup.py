"""Builds the C++ libraries and packs them, headers, CMake package and torchtrtc into the wheel.

`pip install .` installs it, `pip install -e .` links the sources instead, and `python3 setup.py install` calls pip.
"""

import argparse
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools" / "packaging"))
import jetpack  # noqa: E402 - the folder comes first
import native_build  # noqa: E402


def install_with_pip(arguments: list[str]) -> int:
    """Runs `setup.py install` through pip, which needs no setuptools here and can uninstall the package."""
    parser = argparse.ArgumentParser(prog="setup.py install", allow_abbrev=False)
    parser.add_argument("--user", action="store_true", help="install for this user alone")
    parser.add_argument("--prefix", help="folder of the installation")
    parser.add_argument("--root", help="folder that stands for / in the installation")
    parser.add_argument(
        "--jetpack-version",
        metavar="VERSION",
        help="JetPack of this Jetson board (aarch64 only): the backend tensorrt is built with the headers of its "
        "TensorRT, which must be installed, or not built if its TensorRT is older than 10.1 (JetPack 6.0 and older). "
        f"Without the option, the headers that are found decide. Known: {', '.join(jetpack.TENSORRT)}",
    )
    options = parser.parse_args(arguments)
    if options.jetpack_version:
        if platform.machine() != "aarch64":
            parser.error(
                f"--jetpack-version {options.jetpack_version} is for Jetson boards (aarch64), "
                f"but this machine is {platform.machine()}; omit the option"
            )
        try:
            jetpack.cmake_options(options.jetpack_version)
        except jetpack.JetpackError as error:
            parser.error(f"--jetpack-version: {error}")
        print(jetpack.describe(options.jetpack_version), flush=True)
        os.environ["TORCHTRT_JETPACK_VERSION"] = options.jetpack_version  # native_build.py reads it, in pip's process
    if importlib.util.find_spec("pip") is None:
        sys.exit(
            "error: `python3 setup.py install` calls pip, which is not installed for this Python; "
            "`python3 -m ensurepip` installs it"
        )
    command = [sys.executable, "-m", "pip", "install"]
    command += ["--user"] if options.user else []
    command += ["--prefix", options.prefix] if options.prefix else []
    command += ["--root", options.root] if options.root else []
    return subprocess.call([*command, str(ROOT)])


if sys.argv[1:2] == ["install"]:
    sys.exit(install_with_pip(sys.argv[2:]))

try:
    from setuptools import Distribution, setup
    from setuptools.command.bdist_wheel import bdist_wheel
    from setuptools.command.build_py import build_py
except ImportError:
    sys.exit(
        "error: setuptools 77 or newer is not installed for this Python; `pip install .` and "
        "`python3 setup.py install` bring it for the build"
    )

VERSION = (ROOT / "VERSION").read_text().strip()
BUILD = ROOT / "build"
EDITABLE = BUILD / "editable" / "torch_tensorrt"


class BuildWithCMake(build_py):
    """Copies Python sources and everything that `cmake --install` installs into one package directory."""

    def run(self):
        source = ROOT / "python" / "torch_tensorrt"
        package = Path(self.build_lib) / "torch_tensorrt"
        if self.editable_mode:
            package = source
        else:
            shutil.rmtree(package, ignore_errors=True)  # no file that the tree no longer has
            super().run()
        build_dir = native_build.build(BUILD)
        built_for = native_build.cached(build_dir, "TORCHTRT_TORCH_DIR")
        package.mkdir(parents=True, exist_ok=True)
        (package / "_version.py").write_text(
            f'__version__ = "{VERSION}"\nbuilt_for_torch = "{native_build.torch_version(Path(built_for))}"\n'
        )
        if self.editable_mode:
            shutil.rmtree(EDITABLE, ignore_errors=True)
            native_build.install(build_dir, EDITABLE)
            native_build.link_into(source, EDITABLE)
        else:
            native_build.install(build_dir, package)


class PlatformWheel(bdist_wheel):
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


def pages() -> list[tuple[str, list[str]]]:
    """Returns the manual page and the completions of torchtrtc, with the folders of the prefix for them."""
    share = ROOT / "cpp" / "bin" / "torchtrtc" / "share"
    files = sorted(path for path in share.rglob("*") if path.is_file())
    return [(str("share" / path.parent.relative_to(share)), [os.path.relpath(path, ROOT)]) for path in files]


setup(
    distclass=BinaryDistribution,
    cmdclass={"build_py": BuildWithCMake, "bdist_wheel": PlatformWheel},
    install_requires=[native_build.torch_requirement()],
    scripts=["tools/packaging/torchtrtc"],
    data_files=[("lib/cmake/torchtrt", forwarding_configs()), *pages()],
    options={"build": {"build_base": "build/python"}, "egg_info": {"egg_base": "build/python"}},
    zip_safe=False,
)
