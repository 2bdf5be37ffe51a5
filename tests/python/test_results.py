"""Results that are nests of tuples and lists: structure, order and values."""

from __future__ import annotations

import io

import pytest
import torch
from torch import Tensor
from torch.utils import _pytree

import torch_tensorrt

# Annotations of methods below are read by TorchScript, which resolves them here.
Pair = tuple[Tensor, Tensor]


class Pairs(torch.nn.Module):
    def forward(self, x: Tensor) -> list[Pair]:
        return [(x + 1, x + 2), (x + 3, x + 4)]


class Lists(torch.nn.Module):
    def forward(self, x: Tensor) -> list[list[Tensor]]:
        return [[x + 1], [x + 2, x + 3]]


class AnEmptyList(torch.nn.Module):
    def forward(self, x: Tensor) -> list[list[Tensor]]:
        nothing: list[Tensor] = []
        return [[x + 1, x * 2], nothing]


class Deep(torch.nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, list[tuple[Tensor, list[Tensor]]]]:
        return x * 2, [(x + 1, [x + 2, x + 3]), (x + 4, [x + 5])]


class Joined(torch.nn.Module):
    def forward(self, x: Tensor) -> list[Pair]:
        return [(x + 1, x + 2)] + [(x + 3, x + 4)]


class TwoLists(torch.nn.Module):
    def forward(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        return x.split(1), x.chunk(3, dim=1)


class Appended(torch.nn.Module):
    def forward(self, x: Tensor) -> list[Pair]:
        found: list[Pair] = []
        for i in range(3):
            found.append((x + i, x - i))
        return found


def structure(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return "tensor"
    assert isinstance(value, (tuple, list))
    return type(value).__name__, [structure(element) for element in value]


@pytest.mark.parametrize("model", [Pairs, Lists, AnEmptyList, Deep, Joined, TwoLists, Appended])
def test_nests_keep_their_structure(model, rel):
    x = torch.randn(2, 6)
    script = torch.jit.script(model().eval())
    compiled = torch_tensorrt.compile(script, inputs=[x], device="cpu")
    file = io.BytesIO()
    torch.jit.save(compiled, file)
    file.seek(0)
    wanted = script(x)
    for module in (compiled, torch.jit.load(file)):
        got = module(x)
        assert structure(got) == structure(wanted)
        for mine, theirs in zip(_pytree.tree_leaves(got), _pytree.tree_leaves(wanted), strict=True):
            assert rel(mine, theirs) < 1e-6


class Mixed(torch.nn.Module):
    def forward(self, x: Tensor) -> list[list[Pair]]:
        nothing: list[Pair] = []
        return [[(x + 1, x + 2)], nothing]


def test_a_list_whose_elements_have_no_common_type_is_refused_before_anything_is_timed(monkeypatch, tmp_path):
    times = tmp_path / "times"
    monkeypatch.setenv("TORCHTRT_TIMING_CACHE", str(times))
    x = torch.randn(2, 6)
    script = torch.jit.script(Mixed().eval())
    with pytest.raises(RuntimeError, match="result 0 cannot be returned: a list of elements of different types"):
        torch_tensorrt.compile(script, inputs=[x], device="cpu")
    assert not times.exists()
    # The bytes of an engine have no structure.
    torch_tensorrt.convert_method_to_trt_engine(script, inputs=[x], device="cpu")
    assert times.exists()
