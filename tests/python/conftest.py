"""Helpers of the Python tests: fixed seeds and the comparison of results."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def one_thread():
    """One thread trains and runs small models fastest on a busy machine. Importing silero_vad sets it for all tests."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Returns the largest difference, divided by the largest expected magnitude."""
    assert found.shape == expected.shape, f"shape {tuple(found.shape)}, expected {tuple(expected.shape)}"
    assert found.dtype == expected.dtype, f"dtype {found.dtype}, expected {expected.dtype}"
    if expected.numel() == 0:
        return 0.0
    scale = expected.abs().max().double().item()
    return (found.double() - expected.double()).abs().max().item() / max(scale, 1e-30)


@pytest.fixture
def rel() -> object:
    """The function ``relative_error``."""
    return relative_error
