"""Tests that need an NVIDIA GPU. `make test-gpu` runs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "tests/python"), str(ROOT / "zoo")]  # models that other tests share

# "cpu" runs what needs no GPU of the tests of hybrid modules (test_hybrid*.py), to try these tests themselves.
DEVICE = os.environ.get("TORCHTRT_TEST_DEVICE", "cuda:0")
FUSES = os.environ.get("TORCHTRT_TEST_FUSER", "1") != "0"  # TorchScript makes kernels of its own
BACKENDS = os.environ.get("TORCHTRT_TEST_BACKENDS", "native,tensorrt").split(",")


def pytest_configure(config: pytest.Config) -> None:
    if DEVICE != "cpu" and not torch.cuda.is_available():
        raise pytest.UsageError("tests/gpu needs a GPU, but PyTorch finds none on this machine")
    if not FUSES:
        torch._C._jit_set_texpr_fuser_enabled(False)
    # TensorRT's fp32 with TF32 off is compared with PyTorch's fp32.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return request.param
