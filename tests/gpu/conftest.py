"""Tests that need an NVIDIA GPU. `make test-gpu` runs them; a machine without one cannot."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1] / "python"))  # models that the other tests use, too

BACKENDS = os.environ.get("TORCHTRT_TEST_BACKENDS", "native,tensorrt").split(",")


def pytest_configure(config: pytest.Config) -> None:
    if not torch.cuda.is_available():
        raise pytest.UsageError("tests/gpu needs a GPU, and PyTorch sees none on this machine")
    # What TensorRT calls fp32 with TF32 off is to be compared with PyTorch's fp32.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return request.param
