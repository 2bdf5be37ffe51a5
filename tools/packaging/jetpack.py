"""What ``--jetpack-version`` selects: the part of a build that depends on the JetPack of a Jetson board, TensorRT."""

from __future__ import annotations

import os
import re
from pathlib import Path

# The TensorRT of each JetPack, as NVIDIA's release notes list it. A patch release may have a later one below 10:
# JetPack 4.6.1 has 8.2.
TENSORRT = {
    "4.4": (7, 1),
    "4.5": (7, 1),
    "4.6": (8, 0),
    "5.0": (8, 4),
    "5.1": (8, 5),
    "6.0": (8, 6),
    "6.1": (10, 3),
    "6.2": (10, 3),
    "7.0": (10, 13),
}
OLDEST_TENSORRT = (10, 1)
SYSTEM_HEADERS = Path("/usr/include/aarch64-linux-gnu")


class JetpackError(Exception):
    """The JetPack is unknown, or this board has another TensorRT."""


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _tensorrt(jetpack: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+\.\d+)(\.\d+)?", jetpack)
    if not match or match[1] not in TENSORRT:
        raise JetpackError(f"JetPack {jetpack} is unknown; known are {', '.join(TENSORRT)}, and their patch releases")
    return TENSORRT[match[1]]


def _headers() -> Path:
    root = os.environ.get("TensorRT_ROOT")  # noqa: SIM112 - the name is that of CMake's find_package
    if not root:
        return SYSTEM_HEADERS
    folders = [Path(root) / "include", Path(root) / "targets" / "aarch64-linux-gnu" / "include"]
    return next((folder for folder in folders if (folder / "NvInferVersion.h").exists()), folders[0])


def _installed_tensorrt(headers: Path) -> tuple[int, int] | None:
    file = headers / "NvInferVersion.h"
    if not file.exists():
        return None
    numbers = []
    for part in ("MAJOR", "MINOR"):
        # From 10.13 on NV_TENSORRT_MAJOR stands for TRT_MAJOR_ENTERPRISE.
        found = re.search(
            rf"^#define (?:NV_TENSORRT_{part}|TRT_{part}_ENTERPRISE) +(\d+)", file.read_text(), re.MULTILINE
        )
        if not found:
            raise JetpackError(f"{file} does not define TensorRT's version")
        numbers.append(int(found[1]))
    return numbers[0], numbers[1]


def describe(jetpack: str) -> str:
    """Returns what the build does on this JetPack, as a sentence for the user."""
    version = _tensorrt(jetpack)
    if version < OLDEST_TENSORRT:
        return (
            f"JetPack {jetpack} has TensorRT {_text(version)}; the backend tensorrt needs {_text(OLDEST_TENSORRT)} or "
            "newer, so it is not built, and the backend native runs the engines"
        )
    return (
        f"JetPack {jetpack} has TensorRT {_text(version)}; "
        f"the backend tensorrt is built with the headers in {_headers()}"
    )


def cmake_options(jetpack: str) -> dict[str, str]:
    """Returns the CMake variables of a build for this JetPack.

    Raises:
        JetpackError: The JetPack is unknown, or the headers of its TensorRT are absent or of another version.
    """
    version = _tensorrt(jetpack)
    if version < OLDEST_TENSORRT:
        return {"TORCHTRT_WITH_TENSORRT": "OFF"}
    headers = _headers()
    installed = _installed_tensorrt(headers)
    wanted = f"JetPack {jetpack} has TensorRT {_text(version)}"
    if installed is None:
        raise JetpackError(
            f"{wanted}, but {headers} has no NvInferVersion.h; install JetPack's package libnvinfer-headers-dev, or "
            "set TensorRT_ROOT to the folder of TensorRT"
        )
    if installed != version:
        raise JetpackError(
            f"{wanted}, but the headers in {headers} are of TensorRT {_text(installed)}; give the JetPack of this "
            "board, or omit --jetpack-version to build with these headers"
        )
    return {"TORCHTRT_WITH_TENSORRT": "ON", "TensorRT_INCLUDE_DIR": str(headers)}
