"""Random modules that are refitted do what TorchScript does with the new weights."""

from __future__ import annotations

import copy

import pytest
import torch
from hybrid import build, compare
from hybrid.generate import generate

import torch_tensorrt

COUNT, CHUNK = 150, 50
PLENTY = 12  # programs of a chunk with parameters


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def refitted(seed: int) -> tuple[str, str]:
    """Returns a status (equal, plain, refused, failed, unsound) and the error or the differences."""
    program = generate(seed)
    program.settings["refit"] = True
    old, new = build.with_two_weights(program)
    if not list(new.parameters()):
        return "plain", ""
    try:
        compiled = build.compiled(program, old)
    except RuntimeError as error:
        return "refused", str(error)
    reference = copy.deepcopy(new)
    try:
        made = torch_tensorrt.refit_module_weights(compiled, new)
    except RuntimeError as error:
        return "failed", str(error)
    found = compare.differences(reference, made, build.calls(program), program.state_names(), saves=program.saves)
    if not found:
        return "equal", ""
    is_sound = compare.is_sound(lambda: build.with_two_weights(program)[1], build.calls(program), program.state_names())
    return "failed" if is_sound else "unsound", "\n".join(map(str, found))


@pytest.mark.parametrize("first", range(0, COUNT, CHUNK))
def test_refitted_modules_do_what_torchscript_does(first):
    outcomes = {seed: refitted(seed) for seed in range(first, first + CHUNK)}
    failures = {seed: text for seed, (status, text) in outcomes.items() if status == "failed"}
    assert not failures
    assert sum(status == "equal" for status, _ in outcomes.values()) >= PLENTY
