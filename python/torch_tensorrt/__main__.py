"""Prints what a C++ build needs to know about the installed package, and reports about compiled modules.

``python -m torch_tensorrt --help``, ``python -m torch_tensorrt report --help``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from torch_tensorrt import _paths
from torch_tensorrt._version import __version__

TORCH = Path(torch.__file__).resolve().parent
INCLUDES = [_paths.include_dir, TORCH / "include", TORCH / "include" / "torch" / "csrc" / "api" / "include"]
LIBRARIES = [_paths.lib_dir, TORCH / "lib"]


def _lines(paths: Sequence[Path]) -> str:
    return "\n".join(map(str, paths))


ROWS: dict[str, tuple[str, Callable[[], str]]] = {
    "--cmake-prefix": (
        "the CMAKE_PREFIX_PATH for find_package(torchtrt CONFIG)",
        lambda: _paths.cmake_prefix_path,
    ),
    "--include": ("the folders of headers: those of this package and of torch, one a line", lambda: _lines(INCLUDES)),
    "--libraries": (
        "the folders of libraries: those of this package and of torch, one a line",
        lambda: _lines(LIBRARIES),
    ),
    "--pkg-config-path": (
        "the PKG_CONFIG_PATH for pkg-config torchtrt (the compiler) and torchtrt-runtime (to run compiled modules)",
        lambda: str(_paths.lib_dir / "pkgconfig"),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the paths that the arguments ask for, in the order of the options, and returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] == "report":
        from torch_tensorrt._report_command import main as report_main

        return report_main(arguments[1:])
    if arguments[:1] == ["bench"]:  # torchtrtc calls it
        from torch_tensorrt._bench_command import main as bench_main

        return bench_main(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="python -m torch_tensorrt",
        description="Prints the paths that a C++ build needs. To compile modules, run torchtrtc.",
        epilog="python -m torch_tensorrt report MODULE_FILE reports about a compiled module; see its --help.",
    )
    parser.add_argument("--version", action="version", version=f"torch_tensorrt {__version__}")
    for flag, (text, _) in ROWS.items():
        parser.add_argument(flag, action="store_true", help=f"print {text}")
    given = vars(parser.parse_args(arguments))
    asked = [print_row for flag, (_, print_row) in ROWS.items() if given[flag.strip("-").replace("-", "_")]]
    if not asked:
        parser.print_usage(sys.stderr)
        print("python -m torch_tensorrt: name what to print", file=sys.stderr)
        return 2
    for row in asked:
        print(row())
    return 0


if __name__ == "__main__":
    sys.exit(main())
