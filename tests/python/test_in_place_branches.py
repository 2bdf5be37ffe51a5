"""Branches and loops that are unknown at compile time may select the tensor of a write in place."""

from __future__ import annotations

import pytest
import torch
from in_place_branches import BranchingProgram
from in_place_programs import check_programs, flat, lowered, unoptimized
from torch import nn

import torch_tensorrt


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_random_programs_with_branches_do_what_torchscript_does(first):
    # Freezing loses the writes of a loop in program 83.
    check_programs(range(first, first + 40), BranchingProgram, refused_at_most=9)


class WritesWhatABranchGave(nn.Module):
    def forward(self, x, w):
        y, z = x * 2.0, w + 1.0
        a = y if x.size(0) == 3 else z
        b = y[1:] if x.size(0) == 3 else z[0:1]
        a.relu_()
        b.add_(1.0)
        return a, y, z


class WritesTheArgumentInABranch(nn.Module):
    def forward(self, x, w):
        if x.size(0) == 3:
            x = x * w
        for _ in range(2):
            x = x.detach().add_(1.0)
        return x


class WritesWhatRoundsMade(nn.Module):
    def forward(self, x, w):
        y = x * 2.0
        z = y
        for i in range(x.size(0)):
            z.add_(1.0)
            z = z * w if i == 1 else z
        return z, y


class WritesTensorsThatChangePlaces(nn.Module):
    def forward(self, x, w):
        a, b = x * 2.0, x + 1.0
        y, z = a, b
        for i in range(x.size(0)):
            y, z = z, y
            z[0] = w[0] * i
        return a, b, y


@pytest.mark.parametrize("rows", [2, 3])
@pytest.mark.parametrize(
    "kind", [WritesWhatABranchGave, WritesTheArgumentInABranch, WritesWhatRoundsMade, WritesTensorsThatChangePlaces]
)
def test_which_tensor_is_written_depends_on_sizes(kind, rows):
    torch.manual_seed(0)
    mine = [torch.randn(rows, 4), torch.randn(rows, 4)]
    theirs = [tensor.clone() for tensor in mine]
    module = torch.jit.script(kind().eval())
    got, want = (
        torch_tensorrt.compile(module, inputs=[tensor.clone() for tensor in mine], device="cpu")(*mine),
        module(*theirs),
    )
    for g, w in zip(flat(got), flat(want), strict=True):
        torch.testing.assert_close(g, w)
    for m, t in zip(mine, theirs, strict=True):
        torch.testing.assert_close(m, t)


class WritesWhatALoopHandsOn(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = 1.0  # a lowering pass for dead code evaluates values that depend on it

    def forward(self, x, w, rounds: int):
        first, second = w, x
        made = [first]  # without the list, TorchScript itself drops the write below
        for _ in range(rounds):
            x = first * 2.0
            made.append(x)
        for i in range(x.size(0)):
            x[i].mul_(self.factor + 1.0)
        return second


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_loop_of_no_rounds_hands_on_what_it_was_given(rounds):
    module = torch.jit.script(WritesWhatALoopHandsOn().eval())
    mine, theirs = ([torch.arange(12.0).reshape(3, 4), torch.ones(3, 4)] for _ in range(2))
    got, want = lowered(module)(*mine, rounds), unoptimized(module, *theirs, rounds)
    assert torch.equal(got, want)
    assert torch.equal(mine[0], theirs[0])
    assert torch.equal(mine[0], torch.arange(12.0).reshape(3, 4) * (1 if rounds else 2))


class WritesWhatABranchMayShare(nn.Module):
    def forward(self, x, w, rounds: int):
        base = x.clone()
        perhaps = base.sum_to_size([3, 4])
        result = x if rounds > 0 else perhaps.t()
        written = base
        for i in range(rounds):
            written = base if i == 1 else x
        written.mul_(2.0)
        return result


def test_what_a_branch_gave_may_be_shared():
    with pytest.raises(RuntimeError, match="it is not known whether a result shares the written memory"):
        lowered(torch.jit.script(WritesWhatABranchMayShare().eval()))


class WritesItsArgumentAsOut(nn.Module):
    def forward(self, x, w):
        torch.add(w, 1.0, out=x)
        return x * 1.0


def test_the_callers_tensor_keeps_its_shape():
    module = lowered(torch.jit.script(WritesItsArgumentAsOut().eval()))
    x, w = torch.zeros(3, 4), torch.ones(4)
    with pytest.raises(RuntimeError, match="shape"):
        module(x, w)
    assert torch.equal(x, torch.zeros(3, 4))
    assert torch.equal(module(x, torch.ones(3, 4)), torch.full((3, 4), 2.0))
