"""Loads an operation of our own with its converter and compiles a module that uses it.

Usage: python use_squared_relu.py build/libsquared_relu_converter.so
"""

import ctypes
import sys

import torch

import torch_tensorrt


def main() -> None:
    """Compiles with the library from the command line, and compares the results with PyTorch's."""
    ctypes.CDLL(sys.argv[1])

    class Model(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = torch.ops.example.squared_relu(x + 1, 0.5)
            return result

    model = torch.jit.script(Model().eval())
    x = torch.randn(2, 3, 4)
    compiled = torch_tensorrt.compile(model, inputs=[x])
    print("largest difference:", (compiled(x) - model(x)).abs().max().item())


if __name__ == "__main__":
    main()
