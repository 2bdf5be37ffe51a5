"""Versions of this package and of its libraries, at build time and now."""

from __future__ import annotations

from torch_tensorrt._library import compiler


def get_build_info() -> str:
    """Returns the versions of this package and of the libraries that it was built with, one per line."""
    return compiler()._get_build_info()


def dump_build_info() -> None:
    """Prints :func:`get_build_info`."""
    print(get_build_info(), end="")


def get_environment_report() -> str:
    """Reports the build, the libraries found, the devices of this machine and the backends, and gives advice.

    Each backend has its version or, for a device that it cannot use, the reason. The advice says what is missing, and
    how to get it. ``torchtrtc doctor`` prints the same.
    """
    return compiler()._get_environment_report()


def set_device(gpu_id: int) -> None:
    """Makes a GPU the current device.

    Args:
        gpu_id: index of the GPU.

    Raises:
        RuntimeError: the machine has no GPU with this index.
    """
    compiler()._set_device(int(gpu_id))
