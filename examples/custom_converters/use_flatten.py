"""Loads a converter of our own for ``aten::flatten`` and compiles a module with it.

Usage: python use_flatten.py build/libflatten_converter.so
"""

import ctypes
import sys

import torch

import torch_tensorrt


class Model(torch.nn.Module):
    """Convolution, flatten, linear."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 4, 3)
        self.linear = torch.nn.Linear(4 * 6 * 6, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        scores: torch.Tensor = self.linear(torch.flatten(self.conv(x), 1))
        return scores


def main() -> None:
    """Compiles with the library from the command line, and compares the results with PyTorch's."""
    ctypes.CDLL(sys.argv[1])
    torch.manual_seed(0)
    model = torch.jit.script(Model().eval())
    x = torch.randn(2, 1, 8, 8)
    with torch_tensorrt.logging.info():
        compiled = torch_tensorrt.compile(model, inputs=[x])
    print("largest difference:", (compiled(x) - model(x)).abs().max().item())


if __name__ == "__main__":
    main()
