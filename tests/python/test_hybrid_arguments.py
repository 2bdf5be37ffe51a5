"""Arguments and results of modules that run engines and PyTorch: collections, values, optional and named arguments."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

import pytest
import torch
from processor import HAS_FP16
from torch import nn
from torch.utils import _pytree

import torch_tensorrt
from torch_tensorrt import Input

Tensor = torch.Tensor


# TorchScript does not read the annotations of a class under `from __future__ import annotations`.
Pair = NamedTuple("Pair", [("first", torch.Tensor), ("second", torch.Tensor)])  # noqa: UP014


def build(module: nn.Module, *inputs: Any, **settings: Any) -> tuple[Any, Any]:
    """The TorchScript module and its compiled form."""
    script = torch.jit.script(module.eval())
    settings = {"inputs": list(inputs), **settings} if inputs else settings
    return script, torch_tensorrt.compile(script, device="cpu", min_block_size=1, **settings)


def schema_of(module: Any) -> str:
    """The schema of forward. A class name that PyTorch gave a number already has another number in a copy."""
    return re.sub(r"___torch_mangle_\d+\.", "", str(module.forward.schema))


def engines(compiled: Any) -> int:
    return str(compiled.graph).count("tensorrt::execute_engine")


def assert_same(found: Any, expected: Any, tolerance: float = 1e-5) -> None:
    """Compares values, types and the structure."""
    is_named = hasattr(expected, "_fields")
    assert type(found).__name__ == type(expected).__name__ if is_named else type(found) is type(expected)
    if is_named:
        assert found._fields == expected._fields
    if isinstance(expected, torch.Tensor):
        assert found.dtype == expected.dtype and found.shape == expected.shape
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key], tolerance)
    elif isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for mine, theirs in zip(found, expected, strict=True):
            assert_same(mine, theirs, tolerance)
    else:
        assert found == expected


def check(script: Any, compiled: Any, *arguments: Any, **keywords: Any) -> None:
    with torch.no_grad():
        wanted = script(*arguments, **keywords)
        found = compiled(*arguments, **keywords)
    assert_same(found, wanted)
    assert schema_of(compiled).partition("->")[2] == schema_of(script).partition("->")[2]


def assert_hybrid(script: Any, compiled: Any, least: int = 1) -> None:
    assert engines(compiled) >= least
    assert schema_of(compiled) == schema_of(script)


def randn(*shape: int) -> Tensor:
    return torch.randn(*shape)


# ---- collections -----------------------------------------------------------------------------------------------------


class OfADict(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, batch: dict[str, Tensor]):
        y = torch.relu(self.linear(batch["image"]))
        if "mask" in batch:
            y = y * batch["mask"]
        return {"out": y, "sum": y.sum(1)}


def test_a_dict():
    batch = {"image": randn(2, 4), "mask": randn(2, 4)}
    script, compiled = build(OfADict(), {"image": Input((2, 4)), "mask": Input((2, 4))})
    assert_hybrid(script, compiled)
    check(script, compiled, batch)
    check(script, compiled, dict(reversed(batch.items())))
    with pytest.raises(torch.jit.Error, match="argument batch has another number of entries.*: 2, but the call has 1"):
        compiled({"image": batch["image"]})
    with pytest.raises(torch.jit.Error, match="argument batch has no entry with the key mask"):
        compiled({"image": batch["image"], "other": batch["mask"]})


def test_a_dict_of_fewer_entries_takes_the_other_branch():
    script, compiled = build(OfADict(), {"image": randn(2, 4)})
    check(script, compiled, {"image": randn(2, 4)})
    assert "aten::__contains__" in str(compiled.graph)  # the check of the keys
    with pytest.raises(torch.jit.Error, match="another number of entries"):
        compiled({"image": randn(2, 4), "mask": randn(2, 4)})


class OrderOfADict(nn.Module):
    def forward(self, batch: dict[str, Tensor]):
        total = torch.zeros(3)
        factor = 1.0
        for value in batch.values():
            total = total + torch.relu(value) * factor
            factor *= 2.0
        out: dict[str, Tensor] = {}
        for key, value in batch.items():
            out[key] = torch.sigmoid(value)
        return out, total


def test_the_order_of_keys_counts_if_the_module_reads_it():
    batch = {"a": randn(3), "b": randn(3)}
    script, compiled = build(OrderOfADict(), {"a": Input((3,)), "b": Input((3,))})
    check(script, compiled, batch)
    with pytest.raises(torch.jit.Error, match="argument batch has its keys in another order"):
        compiled({"b": batch["b"], "a": batch["a"]})


class OfIntKeys(nn.Module):
    def forward(self, batch: dict[int, Tensor]) -> dict[int, Tensor]:
        return {1: torch.relu(batch[1] + batch[2]), 2: batch[1] * batch[2]}


def test_a_dict_with_numbers_as_keys():
    script, compiled = build(OfIntKeys(), {1: randn(3), 2: randn(3)})
    assert_hybrid(script, compiled)
    check(script, compiled, {1: randn(3), 2: randn(3)})
    with pytest.raises(torch.jit.Error, match="no entry with the key 2"):
        compiled({1: randn(3), 3: randn(3)})


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, nest: tuple[Pair, list[dict[str, tuple[Tensor, Tensor]]]], xs: list[list[Tensor]]):
        pair, parts = nest
        y = self.linear(pair.first) + pair.second
        for part in parts:
            y = y + part["a"][0] * part["b"][1]
        for row in xs:
            y = y + torch.relu(row[0])
        return Pair(y, y.sum(1)), [[y, y + 1], [y * 2]], {"deep": [(y, Pair(y - 1, y))]}


def test_a_nest_of_everything():
    def x() -> Tensor:
        return randn(2, 4)

    nest = (Pair(x(), x()), [{"a": (x(), x()), "b": (x(), x())}, {"a": (x(), x()), "b": (x(), x())}])
    rows = [[x()], [x(), x()]]
    script, compiled = build(Nested(), nest, rows)
    assert_hybrid(script, compiled)
    check(script, compiled, nest, rows)
    specs = _pytree.tree_map(lambda tensor: Input(tuple(tensor.shape)), (nest, rows))
    script, compiled = build(Nested(), input_signature=specs)
    check(script, compiled, nest, rows)
    with pytest.raises(
        torch.jit.Error, match=r"argument nest\[1\] has another number of elements.*: 2, but the call has 1"
    ):
        compiled((nest[0], nest[1][:1]), rows)
    with pytest.raises(
        torch.jit.Error, match=r"argument xs\[1\] has another number of elements.*: 2, but the call has 1"
    ):
        compiled(nest, [rows[0], rows[1][:1]])


class OfAList(nn.Module):
    def forward(self, xs: list[Tensor]):
        total = torch.zeros(2, 3)
        for x in xs:
            total = total + torch.relu(x)
        return total, {"count": len(xs)}


def test_a_list_has_one_length():
    script, compiled = build(OfAList(), [randn(2, 3), randn(2, 3)])
    assert schema_of(compiled) == schema_of(script)
    check(script, compiled, [randn(2, 3), randn(2, 3)])
    for wrong in ([randn(2, 3)], [randn(2, 3)] * 3):
        with pytest.raises(
            torch.jit.Error, match="argument xs has another number of elements in the compiled module: 2"
        ):
            compiled(wrong)


def test_an_empty_list_and_a_range_of_shapes():
    class Model(nn.Module):
        def forward(self, x, xs: list[Tensor]) -> dict[str, Tensor]:
            y = torch.relu(x) + 1
            for other in xs:
                y = y + other
            return {"y": y}

    batches = Input(min_shape=(1, 3), opt_shape=(2, 3), max_shape=(8, 3))
    script, compiled = build(Model(), batches, [])
    assert_hybrid(script, compiled)
    for batch in (1, 5, 8):
        check(script, compiled, randn(batch, 3), [])
    with pytest.raises(torch.jit.Error, match="argument xs has another number of elements"):
        compiled(randn(2, 3), [randn(2, 3)])


# ---- values ----------------------------------------------------------------------------------------------------------


class Values(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, rounds: int, scale: float = 2.0, negate: bool = False, mode: str = "relu"):
        y = self.linear(x) * scale
        for _ in range(rounds):
            y = self.linear(y)
        y = torch.relu(y) if mode == "relu" else torch.sigmoid(y)
        return -y if negate else y


def test_values_of_each_call():
    script, compiled = build(Values(), Input((2, 4)))
    assert_hybrid(script, compiled)
    x = randn(2, 4)
    for rounds in (0, 1, 3):
        check(script, compiled, x, rounds)
        check(script, compiled, x, rounds, 0.5, True, "sigmoid")
        check(script, compiled, x=x, mode="sigmoid", rounds=rounds)
    check(script, compiled, x, 1, scale=3)
    with pytest.raises(RuntimeError, match="rounds"):
        compiled(x)


def test_values_that_are_compiled_in():
    script, compiled = build(Values(), Input((2, 4)), 2, 0.5, True, "sigmoid")
    assert_hybrid(script, compiled)
    assert "prim::Loop" not in str(compiled.graph)
    x = randn(2, 4)
    check(script, compiled, x, 2, 0.5, True, "sigmoid")
    for wrong, said in (
        (
            (x, 3, 0.5, True, "sigmoid"),
            "argument rounds has another value in the compiled module: 2, but the call has 3",
        ),
        ((x, 2, 0.25, True, "sigmoid"), "argument scale has another value in the compiled module: 0.5"),
        ((x, 2, 0.5, False, "sigmoid"), "argument negate has another value in the compiled module: True"),
        ((x, 2, 0.5, True, "relu"), "argument mode has another value in the compiled module: sigmoid.*has relu"),
        ((x, 2), "argument scale has another value in the compiled module: 0.5, but the call has 2."),
    ):
        with pytest.raises(torch.jit.Error, match=said):
            compiled(*wrong)


def test_some_values_are_compiled_in():
    script, compiled = build(Values(), Input((2, 4)), 2)
    x = randn(2, 4)
    check(script, compiled, x, 2)
    check(script, compiled, x, 2, 3.0, True, "sigmoid")
    with pytest.raises(torch.jit.Error, match="argument rounds has another value"):
        compiled(x, 1)
    script, compiled = build(Values(), Input((2, 4)), kwarg_inputs={"mode": "sigmoid", "scale": 3})
    check(script, compiled, x, 1, mode="sigmoid", scale=3.0)
    check(script, compiled, x, 4, 3.0, True, "sigmoid")
    with pytest.raises(torch.jit.Error, match="argument mode has another value"):
        compiled(x, 1, 3.0)


def test_values_inside_of_collections():
    class Model(nn.Module):
        def forward(self, x, how: tuple[Tensor, int, str], sizes: list[int], table: dict[str, float]):
            y = x + how[0] if how[2] == "add" else x - how[0]
            for _ in range(how[1]):
                y = torch.relu(y) + 1
            return {"y": y.reshape(sizes) * table["scale"]}

    x, y = randn(2, 6), randn(2, 6)
    script, compiled = build(Model(), x, (y, 2, "add"), [3, 4], {"scale": 0.5})
    assert_hybrid(script, compiled)
    check(script, compiled, x, (y, 2, "add"), [3, 4], {"scale": 0.5})
    for arguments, said in (
        (((y, 3, "add"), [3, 4], {"scale": 0.5}), r"argument how\[1\] has another value.*: 2, but the call has 3"),
        (((y, 2, "sub"), [3, 4], {"scale": 0.5}), r"argument how\[2\] has another value.*: add, but the call has sub"),
        (((y, 2, "add"), [4, 3], {"scale": 0.5}), r"argument sizes\[0\] has another value.*: 3, but the call has 4"),
        (((y, 2, "add"), [3, 4], {"scale": 2.0}), r"argument table\['scale'\] has another value.*: 0.5"),
    ):
        with pytest.raises(torch.jit.Error, match=said):
            compiled(x, *arguments)


def test_infinity():
    class Model(nn.Module):
        def forward(self, x, fill: float) -> dict[str, Tensor]:
            return {"y": torch.relu(x).masked_fill(x > 0, fill)}

    script, compiled = build(Model(), randn(3), float("-inf"))
    check(script, compiled, randn(3), float("-inf"))
    with pytest.raises(torch.jit.Error, match="argument fill has another value in the compiled module: -inf"):
        compiled(randn(3), 0.0)


# ---- optional arguments ----------------------------------------------------------------------------------------------


class Optionals(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, mask: Optional[Tensor] = None, k: Optional[int] = None, pair: Optional[Pair] = None):  # noqa: UP045
        y = torch.relu(self.linear(x))
        if mask is not None:
            y = y * mask
        if k is not None:
            y = y + k
        if pair is not None:
            y = y + pair.first * pair.second
        return {"y": y}


def test_optional_arguments():
    x, mask, pair = randn(2, 4), randn(2, 4), Pair(randn(2, 4), randn(2, 4))
    given = [Input((2, 4)), Input((2, 4)), 3, pair]
    script, compiled = build(Optionals(), *given)
    assert_hybrid(script, compiled)
    check(script, compiled, x, mask, 3, pair)
    for wrong, said in (
        ((x, None, 3, pair), "argument mask is not None in the compiled module"),
        ((x,), "argument mask is not None in the compiled module"),
        ((x, mask, None, pair), "argument k is not None in the compiled module"),
        ((x, mask, 4, pair), "argument k has another value in the compiled module: 3, but the call has 4"),
        ((x, mask, 3), "argument pair is not None in the compiled module"),
    ):
        with pytest.raises(torch.jit.Error, match=said):
            compiled(*wrong)


def test_optional_arguments_that_are_none():
    x, mask = randn(2, 4), randn(2, 4)
    for given in ([x], [x, None], [x, None, None, None]):
        script, compiled = build(Optionals(), *given)
        assert_hybrid(script, compiled)
        check(script, compiled, x)
        check(script, compiled, x, None)
        with pytest.raises(torch.jit.Error, match="argument mask is None in the compiled module"):
            compiled(x, mask)
    check(*build(Optionals(), x), x, None, 5)  # numbers are free
    with pytest.raises(torch.jit.Error, match="argument k is None in the compiled module"):
        compiled(x, None, 5)


def test_entries_by_name():
    x, mask, pair = randn(2, 4), randn(2, 4), Pair(randn(2, 4), randn(2, 4))
    script, compiled = build(Optionals(), x, kwarg_inputs={"pair": pair})
    assert_hybrid(script, compiled)
    check(script, compiled, x, pair=pair)
    check(script, compiled, x, k=2, pair=pair)
    script, compiled = build(Optionals(), kwarg_inputs={"mask": Input((2, 4)), "x": Input((2, 4))})
    check(script, compiled, x, mask)
    with pytest.raises(RuntimeError, match="forward has no argument image; its arguments are x, mask, k, pair"):
        build(Optionals(), x, kwarg_inputs={"image": mask})
    with pytest.raises(RuntimeError, match="argument x of forward is given twice, by position and by name"):
        build(Optionals(), x, kwarg_inputs={"x": mask})


# ---- mistakes --------------------------------------------------------------------------------------------------------


class Strict(nn.Module):
    def forward(self, x, pair: tuple[Tensor, Tensor], table: dict[str, Tensor], n: int, xs: list[Tensor]):
        return {"y": x + pair[0] + pair[1] + table["a"] + n + xs[0]}


T = Input((2,))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (
            [(2, 3)],
            r"argument x of forward is Tensor, but the inputs have a tuple of 2 for it; give a torch_tensorrt."
            r"Input or an example tensor; give a shape as torch_tensorrt.Input\(\(2, 3\)\)",
        ),
        ([3], "argument x of forward is Tensor, but the inputs have 3 for it"),
        ([None], "argument x of forward is Tensor, but the inputs have None for it"),
        ([T, T], r"argument pair of forward is Tuple\[Tensor, Tensor\], but the inputs have a tensor for it"),
        ([T, (T,)], "argument pair .* but the inputs have a tuple of 1 for it; give a tuple of 2"),
        ([T, (T, (T, T))], r"argument pair\[1\] of forward is Tensor, but the inputs have a tuple of 2 for it"),
        ([T, (T, T), [T]], r"argument table of forward is Dict\[str, Tensor\], but the inputs have a list of 1"),
        ([T, (T, T), {1: T}], r"argument table\[1\] of forward is str"),
        ([T, (T, T), {"a": 3}], r"argument table\['a'\] of forward is Tensor, but the inputs have 3 for it"),
        ([T, (T, T), {"a": T}, 2.5], "argument n of forward is int, but the inputs have 2.5 for it"),
        ([T, (T, T), {"a": T}, True], "argument n of forward is int, but the inputs have True for it"),
        ([T, (T, T), {"a": T}, 3, {"a": T}], r"argument xs of forward is List\[Tensor\], but .* the keys 'a' for it"),
        ([T, (T, T), {"a": T}, 3], "found 4 input tensors and 4 dimension specs. forward takes .*xs : List"),
        ([T, (T, T), {"a": T}, 3, [T], T], "found 4 input tensors and 6 dimension specs"),
    ],
)
def test_an_entry_of_another_structure(inputs, said):
    with pytest.raises(RuntimeError, match=said):
        build(Strict(), *inputs)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [([object()], "found object"), ([2**70], "no 64-bit integer"), ([{None: T}], "keys of a dict of inputs must be")],
)
def test_what_no_argument_can_be(inputs, said):
    with pytest.raises(KeyError, match=said):
        build(Strict(), *inputs)


def test_one_engine_takes_no_dicts_and_values():
    x = randn(2, 4)
    with pytest.raises(RuntimeError, match=r"forward returns .*Dict\[str, Tensor\]"):
        build(OfADict(), {"image": x}, require_full_compilation=True)
    with pytest.raises(RuntimeError, match="argument rounds of forward is an int and has no default"):
        build(Values(), x, 2, require_full_compilation=True)
    with pytest.raises(RuntimeError, match="argument mask of forward has the value None in the inputs"):
        build(OptionalTensor(), x, None, require_full_compilation=True)
    with pytest.raises(RuntimeError, match="argument rounds of forward is an int and has no default"):
        torch_tensorrt.convert_method_to_trt_engine(torch.jit.script(Values().eval()), inputs=[x], device="cpu")
    report = torch_tensorrt.check(torch.jit.script(OfADict().eval()), [{"image": x}])
    assert not report and "forward returns" in report.problem
    assert "has no default" in torch_tensorrt.check(torch.jit.script(Values().eval()), [x, 2]).problem


class OptionalTensor(nn.Module):
    def forward(self, x, mask: Optional[Tensor] = None):  # noqa: UP045
        return torch.relu(x) if mask is None else x * mask


def test_none_is_an_entry_for_an_optional_tensor():
    x = randn(2, 4)
    script, compiled = build(OptionalTensor(), x, None)
    assert_hybrid(script, compiled)
    check(script, compiled, x)
    with pytest.raises(torch.jit.Error, match="argument mask is None in the compiled module"):
        compiled(x, x)


# ---- dtypes ----------------------------------------------------------------------------------------------------------


class FloatHybrid(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, batch: dict[str, Tensor]):
        y = torch.relu(self.conv(batch["image"]))
        return {"y": y * batch["scale"], "found": torch.nonzero(y > 0).size(0) >= 0, "same": batch["image"]}


@pytest.mark.parametrize("given", [torch.half, torch.bfloat16, torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("precision", [torch.float, torch.half], ids=str)
def test_floats_of_another_dtype_in_a_dict(given, precision):
    image, scale = randn(1, 3, 6, 6).to(given), randn(1).to(given)
    batch = {"image": Input(image.shape, dtype=given), "scale": Input(scale.shape, dtype=given)}
    script, compiled = build(FloatHybrid(), batch, enabled_precisions={precision})
    assert_hybrid(script, compiled)
    with torch.no_grad():
        wanted = script({"image": image.float(), "scale": scale.float()})
    # f16 has 11 bits: the input, the weights and the results of sums up to 5 are each rounded by 2^-11.
    tolerance = 3 * 5 * 2**-11 if precision == torch.half and HAS_FP16 else 1e-5
    assert_same(compiled({"image": image, "scale": scale}), wanted, tolerance)


class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x, y):
        if bool(x.sum() > 0):
            return self.linear(x).relu() + y
        return self.linear(x).sigmoid() - y


def test_floats_of_another_dtype_in_a_branch():
    script, compiled = build(Branch(), Input((2, 4), dtype=torch.half), Input((2, 4), dtype=torch.half))
    assert schema_of(compiled) == schema_of(script)
    for sign in (1, -1):
        x, y = (randn(2, 4).abs() * sign).half(), randn(2, 4).half()
        with torch.no_grad():
            assert_same(compiled(x, y), script(x.float(), y.float()))


def test_what_pytorch_takes_is_not_cast():
    class Promotes(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(4)

        def forward(self, x) -> dict[str, Tensor]:
            return {"x": torch.relu(x), "norm": self.norm(x)}

    x = randn(2, 4).half()
    script, compiled = build(Promotes(), x)
    with torch.no_grad():
        assert_same(compiled(x), script(x), 2e-3)


def test_integers_are_not_cast():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.linear = nn.Embedding(5, 4), nn.Linear(4, 4)

        def forward(self, batch: dict[str, Tensor]):
            return {"y": self.linear(self.embedding(batch["ids"]) + batch["x"])}

    ids, x = torch.tensor([[1, 4]]), randn(1, 2, 4).half()
    script, compiled = build(Model(), {"ids": ids, "x": x})
    assert_hybrid(script, compiled)
    with torch.no_grad():
        assert_same(compiled({"ids": ids, "x": x}), script({"ids": ids, "x": x.float()}))


# ---- results and files -----------------------------------------------------------------------------------------------


class Results(nn.Module):
    def forward(self, x):
        y = torch.relu(x) + 1
        none: Optional[Tensor] = None  # noqa: UP045
        return (
            {"pair": (Pair(y, y * 2), [y.size(0), 3]), "pairs": (Pair(y, y), [1, 2])},
            none,
            "text",
            y.size(0) * 0.5,
            True,
        )


def test_results_of_every_kind():
    x = randn(2, 4)
    script, compiled = build(Results(), x)
    assert_hybrid(script, compiled)
    check(script, compiled, x)


def test_a_saved_module_keeps_its_checks(tmp_path):
    path = str(tmp_path / "module.ts")
    x = randn(2, 4)
    script, compiled = build(Values(), x, 2)
    torch.jit.save(compiled, path)
    loaded = torch.jit.load(path)
    assert_hybrid(script, loaded)
    check(script, loaded, x, 2, 0.5)
    with pytest.raises(torch.jit.Error, match="argument rounds has another value"):
        loaded(x, 1)
