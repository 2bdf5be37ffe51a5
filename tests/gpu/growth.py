"""Measures whether calls use up memory of the whole GPU, so nothing else may run on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

_SLACK = 1 << 20


def assert_no_growth(call: Callable, inputs: Sequence, warm_ups: int, rounds: int) -> None:
    """Calls with each of the inputs in turn, first `warm_ups` times, then `rounds` times."""
    for x in list(inputs) * warm_ups:
        call(x)
    torch.cuda.synchronize()
    free, reserved = torch.cuda.mem_get_info()[0], torch.cuda.memory_reserved()
    for x in list(inputs) * rounds:
        call(x)
    torch.cuda.synchronize()
    assert torch.cuda.memory_reserved() == reserved
    assert torch.cuda.mem_get_info()[0] >= free - _SLACK
