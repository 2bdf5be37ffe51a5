"""First part of the demo: a LeNet from training to a C++ program."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import torch
from lenet import accuracy, load_digits, train
from terminal import Step, heading, line

import torch_tensorrt

HERE = Path(__file__).resolve().parent
# Kernels round differently; all compute in float32.
TOLERANCE = 1e-4


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"error: `{' '.join(command)}` failed with status {done.returncode}:\n{done.stdout}")


def _difference(found: torch.Tensor, expected: torch.Tensor) -> str:
    error = ((found - expected).abs().max() / expected.abs().max()).item()
    if not error < TOLERANCE:
        sys.exit(f"error: scores differ from PyTorch's by {error:.1e} of the largest score, more than {TOLERANCE:.0e}")
    return f"largest difference {error:.1e} (of the largest score)"


def _build_program(folder: Path) -> str:
    build = folder / "cpp"
    generator = [] if (build / "CMakeCache.txt").exists() else ["-G", "Ninja"]
    prefix = f"-DCMAKE_PREFIX_PATH={sysconfig.get_path('data')}"
    _run("cmake", "-S", str(HERE), "-B", str(build), *generator, prefix, "-DCMAKE_BUILD_TYPE=Release")
    _run("cmake", "--build", str(build))
    return str(build / "load_saved")


def show(folder: Path) -> None:
    """Trains, scripts, compiles and saves a LeNet, loads it in a new process and in C++, and compares all results."""
    heading("LeNet on handwritten digits")
    data = load_digits()
    with Step("Training on 1437 images"):
        model = train(data)
    script = torch.jit.script(model)
    pictures, labels = data.test_pictures, data.test_labels

    with Step("torch_tensorrt.compile"):
        compiled = torch_tensorrt.compile(script, inputs=[torch_tensorrt.Input(pictures.shape)])
    with torch.inference_mode():
        expected, found = script(pictures), compiled(pictures)
    line("Accuracy before compiling", accuracy(expected, labels))
    line("Accuracy after compiling", accuracy(found, labels))
    line("Scores against PyTorch", _difference(found, expected))

    saved, given, got = (str(folder / name) for name in ("lenet_compiled.ts", "pictures.pt", "scores.pt"))
    torch.jit.save(compiled, saved)
    torch.save(pictures, given)
    line("torch.jit.save", f"{os.path.getsize(saved) / 1e6:.2f} MB")

    with Step("Loading in a new Python process"):
        _run(sys.executable, str(HERE / "load_saved.py"), saved, given, got)
    line("Scores of the new process", _difference(torch.load(got), expected))

    with Step("Building a C++ program that loads the module"):
        program = _build_program(folder)
    with Step("Loading in the C++ program"):
        _run(program, saved, given, got)
    line("Scores of the C++ program", _difference(torch.load(got), expected))
