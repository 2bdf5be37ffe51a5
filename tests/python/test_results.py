"""Results of nested tuples and lists: structure, order and values."""

from __future__ import annotations

import io
import os
import random

import named_results
import pytest
import torch
from named_results import NamedArgument, NamedInside, NamedTuples
from torch import Tensor
from torch.utils import _pytree

import torch_tensorrt

# TorchScript reads the annotations of methods below and resolves them here.
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


# ---- results without tensors ----------------------------------------------------------------------------------------


class Numbers(torch.nn.Module):
    def forward(self, x):
        rows = x.size(0)
        return x + 1, rows, x.shape[1] * 2 - 1, rows / 2, rows > 2, 1.5, True, "text", None


class OnlyNumbers(torch.nn.Module):
    def forward(self, x):
        return x.size(0), x.shape[1] / 4


class OneNumber(torch.nn.Module):
    def forward(self, x):
        return x.shape[0] * 3


class Shape(torch.nn.Module):
    def forward(self, x):
        return x.shape, [x.size(1), 7], x.dim(), x.numel(), x * 2


class Values(torch.nn.Module):
    def forward(self, x):
        n = int(x.sum().item())
        return n, float(x.mean()), bool(x.sum() > 0), x.sum().item(), n * 2 + 1


class Sums(torch.nn.Module):
    def forward(self, x):
        return int(x.sum().item())


class MaybeNone(torch.nn.Module):
    def forward(self, x) -> tuple[Tensor, Tensor | None, Tensor | None]:
        return x + 1, None, x * 2


class ListOfMaybe(torch.nn.Module):
    def forward(self, x) -> list[Tensor | None]:
        return [x + 1, None, x * 2]


class InNests(torch.nn.Module):
    def forward(self, x):
        return [(x + 1, x.size(0)), (x + 2, 4)], (x.size(1), (None, "end"))


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = torch.nn.MultiheadAttention(6, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x[None], x[None], x[None], need_weights=False)


class Dtype(torch.nn.Module):
    def forward(self, x):
        return x.dtype, x.device, x.is_floating_point(), x + 1


NO_TENSORS = [Numbers, OnlyNumbers, OneNumber, Shape, Values, Sums, MaybeNone, ListOfMaybe, InNests, Attention, Dtype]


def require_same(mine: object, theirs: object) -> None:
    """Checks for equal types, fields and numbers, and tensors equal within the rounding of sums."""
    assert type(mine).__name__ == type(theirs).__name__, f"{mine!r}, PyTorch gives {theirs!r}"
    if isinstance(theirs, (tuple, list)):
        assert getattr(mine, "_fields", None) == getattr(theirs, "_fields", None)
        assert len(mine) == len(theirs)
        for one, other in zip(mine, theirs, strict=True):
            require_same(one, other)
    elif isinstance(theirs, (torch.Tensor, float)):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)
    else:
        assert mine == theirs


def saved(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    file = io.BytesIO()
    torch.jit.save(module, file)
    file.seek(0)
    return torch.jit.load(file)


@pytest.mark.parametrize("is_range", [False, True], ids=["one shape", "a range"])
@pytest.mark.parametrize("model", [*NO_TENSORS, NamedTuples, NamedInside, Mixed])
def test_results_are_what_torchscript_gives(model, is_range):
    spec = torch_tensorrt.Input((3, 6))
    if is_range:
        spec = torch_tensorrt.Input(min_shape=(2, 6), opt_shape=(3, 6), max_shape=(5, 6))
    script = torch.jit.script(model().eval())
    compiled = torch_tensorrt.compile(script, inputs=[spec], device="cpu")
    for module in (compiled, saved(compiled)):
        for rows in (2, 3, 4, 5) if is_range else (3,):
            x = torch.randn(rows, 6)
            require_same(module(x), script(x))


def test_a_named_tuple_as_argument():
    pair = named_results.Pair(torch.randn(2), torch.randn(2))
    script = torch.jit.script(NamedArgument().eval())
    signature = (named_results.Pair(torch_tensorrt.Input((2,)), torch_tensorrt.Input((2,))),)
    compiled = torch_tensorrt.compile(script, input_signature=signature, device="cpu")
    for module in (compiled, saved(compiled)):
        require_same(module(pair), script(pair))


def test_a_compiled_module_with_numbers_is_called_by_a_scripted_one():
    class Around(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            result = self.inner(x)
            return result.logits * result.count

    inner = torch.jit.script(NamedTuples().eval())
    x = torch.randn(3, 6)
    around = torch.jit.script(Around(torch_tensorrt.compile(inner, inputs=[x], device="cpu")))
    require_same(saved(around)(x), (x + 1) * 3)


class Nothing(torch.nn.Module):
    def forward(self, x):
        return None, "text"


def test_a_result_without_tensors_and_numbers_is_no_engine():
    script = torch.jit.script(Nothing().eval())
    with pytest.raises(RuntimeError, match="returns neither a tensor nor a number"):
        torch_tensorrt.compile(script, inputs=[torch.ones(2)], device="cpu", require_full_compilation=True)
    assert torch_tensorrt.compile(script, inputs=[torch.ones(2)], device="cpu")(torch.ones(2)) == (None, "text")


def test_engine_bytes_have_the_tensors_of_mixed_results():
    script = torch.jit.script(InNests().eval())
    x = torch.randn(3, 6)
    engine = torch_tensorrt.convert_method_to_trt_engine(script, inputs=[x], device="cpu")
    found = torch_tensorrt.embed_engine_in_new_module(engine, device="cpu")(x)
    require_same(found, (x + 1, x + 2))


def random_result(draw: random.Random, depth: int, in_list: bool = False) -> tuple[str, str]:
    """Returns the text of a result and of its type. TorchScript has no list type for None alone."""
    leaves = [
        ("x + 1", "Tensor"),
        ("x * x.size(0)", "Tensor"),
        ("x.size(0)", "int"),
        ("x.size(1) * 2", "int"),
        ("x.size(0) / 3", "float"),
        ("x.size(0) > 3", "bool"),
        ("int(x.sum())", "int"),
        ("float(x.max())", "float"),
        ("2.5", "float"),
        ("-4", "int"),
        ('"text"', "str"),
        ("None", "Optional[Tensor]"),
    ]
    kind = draw.choice(["leaf", "leaf", "tuple", "list", "named"]) if depth else "leaf"
    if kind == "leaf":
        return draw.choice(leaves[:-1] if in_list else leaves)
    if kind == "list":
        text, annotation = random_result(draw, depth - 1, in_list=True)
        count = draw.randint(1, 3)
        return "[" + ", ".join([text] * count) + "]", f"List[{annotation}]"
    if kind == "named":
        return "Named(x * 3, x.sin(), x.size(1), None)", "Named"
    parts = [random_result(draw, depth - 1, in_list) for _ in range(draw.randint(2, 4))]
    return f"({', '.join(text for text, _ in parts)})", f"Tuple[{', '.join(kind for _, kind in parts)}]"


@pytest.mark.parametrize("seed", range(int(os.environ.get("RESULT_SEEDS", "12"))))
def test_random_nests(seed, tmp_path, monkeypatch):
    draw = random.Random(seed)
    text, annotation = random_result(draw, 3)
    name = f"random_result_{seed}"
    (tmp_path / f"{name}.py").write_text(
        "from typing import List, NamedTuple, Optional, Tuple\nimport torch\nfrom torch import Tensor\n\n\n"
        "class Named(NamedTuple):\n    a: Tensor\n    b: Tensor\n    c: int\n    d: Optional[Tensor]\n\n\n"
        f"class Model(torch.nn.Module):\n    def forward(self, x) -> Tuple[Tensor, {annotation}]:\n"
        f"        return x * 2, {text}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    script = torch.jit.script(__import__(name).Model().eval())
    spec = torch_tensorrt.Input(min_shape=(2, 3), opt_shape=(4, 3), max_shape=(6, 5))
    compiled = saved(torch_tensorrt.compile(script, inputs=[spec], device="cpu"))
    for shape in [(2, 3), (4, 5), (6, 3)]:
        x = torch.randn(shape)
        require_same(compiled(x), script(x))
