"""Trains, compiles, saves and loads a LeNet, then compiles and times a ResNet-50. `make demo` runs it."""

from __future__ import annotations

import time
from pathlib import Path

import digits
import resnet
import torch
from terminal import heading, line

import torch_tensorrt

BUILD = Path(__file__).resolve().parents[2] / "build" / "demo"


def main() -> None:
    """Runs both parts."""
    start = time.perf_counter()
    BUILD.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    print(f"torch_tensorrt {torch_tensorrt.__version__}, PyTorch {torch.__version__}, ", end="")
    print(f"{torch.get_num_threads()} threads on the CPU")
    digits.show(BUILD)
    resnet.show(BUILD)
    heading("Done")
    line("Total time", f"{time.perf_counter() - start:.0f} s")
    line("Folder of the saved modules", str(BUILD))


if __name__ == "__main__":
    main()
