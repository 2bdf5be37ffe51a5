"""Versions of what this package was built with and runs with."""

from __future__ import annotations

from torch_tensorrt._library import compiler


def get_build_info() -> str:
    """Version of this package, and of the libraries it was built with; one line each."""
    return compiler()._get_build_info()


def dump_build_info() -> None:
    """Prints :func:`get_build_info`."""
    print(get_build_info(), end="")


def get_environment_report() -> str:
    """The build, the devices of this machine, and each backend with its version, or why it cannot be used on a device.

    ``torchtrtc doctor`` prints it.
    """
    return compiler()._get_environment_report()


def set_device(gpu_id: int) -> None:
    """Makes a GPU the current one. Raises ``RuntimeError`` when there is no such GPU."""
    compiler()._set_device(int(gpu_id))
