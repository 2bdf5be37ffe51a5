"""Tests that need an NVIDIA GPU. `make test-gpu` runs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parents[1] / "python"))  # shared models of tests/python

BACKENDS = os.environ.get("TORCHTRT_TEST_BACKENDS", "native,tensorrt").split(",")


def pytest_configure(config: pytest.Config) -> None:
    if not torch.cuda.is_available():
        raise pytest.UsageError("tests/gpu needs a GPU, but PyTorch finds none on this machine")
    # TensorRT's fp32 with TF32 off is compared with PyTorch's fp32.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return request.param
