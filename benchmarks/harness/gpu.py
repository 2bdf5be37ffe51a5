"""The device of a benchmark: what to wait for, and what it adds to the facts and the settings."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import torch

import torch_tensorrt


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of benchmarks that run on a CPU and on a GPU."""
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="default: cpu")
    parser.add_argument("--backend", default="", help="backend of the engines; default: the compiler's choice")
    parser.add_argument("--graphs", action="store_true", help="engines on a GPU record CUDA graphs")


def set_up(arguments: argparse.Namespace) -> Callable[[], None]:
    """Gives a GPU's float32 all its digits, and returns what waits for the device."""
    if arguments.device == "cpu":
        return lambda: None
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch_tensorrt.runtime.set_cudagraphs_mode(arguments.graphs)
    return torch.cuda.synchronize


def settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns settings of the compiler."""
    found: dict[str, Any] = {"device": arguments.device}
    if arguments.backend:
        found["backend"] = arguments.backend
    if arguments.device != "cpu":
        found["disable_tf32"] = True
    return found


def describe(about: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Adds the GPU to the facts about the machine."""
    if arguments.device != "cpu":
        about["gpu"] = torch.cuda.get_device_name()
    return about
