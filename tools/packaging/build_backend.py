"""PEP 517 backend: setuptools, with torch, oneDNN, CMake and Ninja as requirements only if they are missing.

An isolated build finds its target environment through sysconfig and uses the torch installed there, so `pip install .`
does not download gigabytes a second time.
"""

import shutil
import sysconfig
from pathlib import Path

import native_build
from setuptools import build_meta as _base
from setuptools.build_meta import *  # noqa: F403  (a backend is its module's functions)

TORCH = f"torch=={native_build.PINNED_TORCH}"
ONEDNN = ["onednn-cpu-gomp==2023.2.0", "onednn-devel-cpu-gomp==2023.2.0"]


def _has_onednn() -> bool:
    prefixes = [Path(sysconfig.get_path("data")), Path("/usr"), Path("/usr/local")]
    return any((prefix / "include" / "oneapi" / "dnnl" / "dnnl.hpp").exists() for prefix in prefixes)


def _requires() -> list[str]:
    requires = []
    if native_build.find_torch() is None:
        requires.append(TORCH)
    if not _has_onednn() and sysconfig.get_platform() == "linux-x86_64":
        requires += ONEDNN
    if not shutil.which("cmake"):
        requires.append("cmake>=3.22")
    if not shutil.which("ninja"):
        requires.append("ninja")
    return requires


def get_requires_for_build_wheel(config_settings=None):
    return [*_base.get_requires_for_build_wheel(config_settings), *_requires()]


def get_requires_for_build_editable(config_settings=None):
    return [*_base.get_requires_for_build_editable(config_settings), *_requires()]
