"""PEP 517 backend: setuptools, with torch, oneDNN, CMake and Ninja as requirements only if they are missing.

An isolated build finds its target environment through sysconfig and uses the torch installed there, so `pip install .`
does not download gigabytes a second time.
"""

import importlib.util
import shutil
import sysconfig
from pathlib import Path

from setuptools import build_meta as _base
from setuptools.build_meta import *  # noqa: F403  (a backend is its module's functions)

TORCH = "torch==2.11.0"
ONEDNN = ["onednn-cpu-gomp==2023.2.0", "onednn-devel-cpu-gomp==2023.2.0"]


def _has_torch() -> bool:
    if importlib.util.find_spec("torch") is not None:
        return True
    return (Path(sysconfig.get_path("platlib")) / "torch" / "include" / "torch" / "script.h").exists()


def _has_onednn() -> bool:
    prefixes = [Path(sysconfig.get_path("data")), Path("/usr"), Path("/usr/local")]
    return any((prefix / "include" / "oneapi" / "dnnl" / "dnnl.hpp").exists() for prefix in prefixes)


def get_requires_for_build_wheel(config_settings=None):
    requires = list(_base.get_requires_for_build_wheel(config_settings))
    if not _has_torch():
        requires.append(TORCH)
    if not _has_onednn() and sysconfig.get_platform() == "linux-x86_64":
        requires += ONEDNN
    if not shutil.which("cmake"):
        requires.append("cmake>=3.22")
    if not shutil.which("ninja"):
        requires.append("ninja")
    return requires
