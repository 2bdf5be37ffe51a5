"""Random modules do the same compiled as in TorchScript; ``python -m hybrid.run`` checks more of them."""

from __future__ import annotations

import pytest
import torch
from hybrid.check import check_seed
from hybrid.generate import generate
from hybrid.shrink import report, shrink

COUNT, CHUNK = 300, 10


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("first", range(0, COUNT, CHUNK))
def test_compiled_modules_do_what_torchscript_does(first):
    failures = []
    for seed in range(first, first + CHUNK):
        outcome = check_seed(seed)
        if outcome.status in ("failed", "refused"):
            failures.append(outcome)
    if failures:
        small, last = shrink(generate(failures[0].seed), failures[0], 20.0)
        others = ", ".join(str(outcome.seed) for outcome in failures[1:])
        pytest.fail(report(small, last) + (f"\nother seeds that fail: {others}" if others else ""))


# Lists built in loops or changed in place whose elements share memory, an early return, and a write after a reshape.
@pytest.mark.parametrize("seed", [201606, 202629, 203631, 204529, 204656])
def test_modules_that_once_differed(seed):
    outcome = check_seed(seed)
    assert outcome.status == "equal", outcome.text
