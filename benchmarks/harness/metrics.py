"""Measures of quality, and of the difference between two results."""

from __future__ import annotations

import math

import torch


def share_equal(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Returns the share of equal elements, in percent."""
    _check_shapes(found, expected)
    return 100.0 * (found == expected).double().mean().item()


def spearman(x: torch.Tensor, y: torch.Tensor) -> float:
    """Returns Spearman's rank correlation of two vectors, times 100. Equal elements have the mean of their ranks."""
    _check_shapes(x, y)
    return 100.0 * torch.corrcoef(torch.stack([_ranks(x), _ranks(y)]))[0, 1].item()


def largest_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Returns the largest absolute difference, divided by the largest expected magnitude; infinity if one is NaN."""
    _check_shapes(found, expected)
    difference = (found.double() - expected.double()).abs().max() / expected.double().abs().max()
    return math.inf if difference.isnan() else difference.item()


def _ranks(values: torch.Tensor) -> torch.Tensor:
    _, inverse, counts = torch.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    return (last - (counts - 1) / 2)[inverse]


def _check_shapes(found: torch.Tensor, expected: torch.Tensor) -> None:
    if found.shape != expected.shape:
        raise ValueError(f"the result has the shape {list(found.shape)}, must have {list(expected.shape)}")
