"""``python -m torch_tensorrt report``: the report of a compiled module in a file."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import torch

_PROGRAM = "python -m torch_tensorrt report"


def _arrays(path: Path) -> Any:
    """The arrays of an .npz file: by position if ``numpy.savez`` named them (arr_0, ...), else by name."""
    with numpy.load(path, allow_pickle=False) as file:
        arrays = {name: torch.from_numpy(file[name]) for name in file.files}
    if all(re.fullmatch(r"arr_\d+", name) for name in arrays):
        return tuple(arrays[name] for name in sorted(arrays, key=lambda name: int(name.removeprefix("arr_"))))
    return arrays


def _array(path: Path) -> Any:
    return (torch.from_numpy(numpy.load(path, allow_pickle=False)),)


def _torch_file(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


_READERS = {".npz": _arrays, ".npy": _array, ".pt": _torch_file, ".pth": _torch_file, "": _torch_file}


def read_inputs(path: str | Path) -> Any:
    """Returns the arguments of a call from a file, as ``torchtrtc`` reads it.

    Raises:
        ValueError: there is an ending, and it is not .pt, .pth, .npy or .npz, or the file holds something else.
        FileNotFoundError: there is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        endings = ", ".join(sorted(filter(None, _READERS)))
        raise ValueError(f"the name of the inputs' file {path} must end in {endings}")
    try:
        return reader(path)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path} is no file of tensors: {reason}") from None


def main(arguments: Sequence[str]) -> int:
    """Runs the command and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog=_PROGRAM, description="Reports how a compiled module runs: its engines, layers, times, memory, reasons."
    )
    parser.add_argument("module", metavar="MODULE_FILE", help="a file of a compiled module")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--html", action="store_true", help="a page; the default is the form of FILE's ending, or text")
    form.add_argument("--json", action="store_true", help="JSON")
    parser.add_argument("--out", metavar="FILE", help="the file to write; default: standard output")
    parser.add_argument(
        "--inputs",
        metavar="FILE",
        help="arguments of a call (.pt, .pth, .npy, .npz): the module runs, and its layers are measured",
    )
    parser.add_argument("--trace", metavar="FILE", help="write a trace of one call for Perfetto; needs --inputs")
    parser.add_argument("--onnx", metavar="FOLDER", help="write each engine's network as an ONNX model for Netron")
    parser.add_argument("--trex", metavar="FOLDER", help="write the files of NVIDIA's trt-engine-explorer")
    parser.add_argument(
        "--import",
        metavar="MODULE",
        action="append",
        default=[],
        dest="modules",
        help="import a Python module first, whose operators the file needs, such as torchvision",
    )
    parser.add_argument(
        "--library", metavar="FILE", action="append", default=[], help="load a library of operators first"
    )
    parser.add_argument("--called-by", help=argparse.SUPPRESS)  # the program that a message names
    given = parser.parse_args(arguments)
    try:
        return _write(given)
    except (ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
        print(f"{given.called_by or _PROGRAM}: {_complaint(error)}", file=sys.stderr)
        return 1


def _complaint(error: Exception) -> str:
    text = re.sub(r"^\[Error thrown at \S+\] ", "", str(error).strip())
    if text.startswith("The following operation failed in the TorchScript interpreter"):
        text = text.splitlines()[-1]  # behind the call stack
    unknown = re.match(r"Unknown builtin op: (\w+)::\w+", text)
    if unknown is None:
        return text
    return f"{unknown[0]}; import the Python module that brings it, for example --import {unknown[1]}"


def _write(given: argparse.Namespace) -> int:
    import torch_tensorrt

    if given.out and Path(given.out).resolve() == Path(given.module).resolve():
        raise ValueError(f"--out {given.out} would overwrite the module")
    if given.trace and given.inputs is None:
        raise ValueError("--trace needs --inputs, because a trace has measured times")
    for library in given.library:
        torch.ops.load_library(library)
    for name in given.modules:
        importlib.import_module(name)
    inputs = None if given.inputs is None else read_inputs(given.inputs)
    report = torch_tensorrt.report(torch_tensorrt.load(given.module), inputs)
    if given.trace:
        report.save_trace(given.trace)
    if given.onnx:
        report.save_onnx(given.onnx)
    if given.trex:
        report.save_trex(given.trex)
    if not given.out and not given.html and not given.json and (given.trace or given.onnx or given.trex):
        return 0
    if given.out and not given.html and not given.json:
        report.save(given.out)
        return 0
    text = report.to_html() if given.html else report.to_json() if given.json else str(report)
    if given.out:
        Path(given.out).write_text(text + "\n", encoding="utf-8")
    else:
        print(text)
    return 0
