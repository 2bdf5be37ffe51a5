"""Arguments and results of exported programs have the structure of the program."""

from __future__ import annotations

import pytest
import torch
from exported_forms import FORMS, compile_exported
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


class Keywords(nn.Module):
    def forward(self, x, scale: float, *, bias=None, mask=None, mode="sum"):
        y = x * scale
        if bias is not None:
            y = y + bias
        if mask is not None:
            y = y.masked_fill(mask, 0.0)
        return y.sum(1) if mode == "sum" else y.mean(1)


def keyword_program() -> tuple[torch.export.ExportedProgram, torch.Tensor, dict[str, torch.Tensor]]:
    x, given = torch.randn(3, 4), {"mask": torch.rand(3, 4) > 0.5, "bias": torch.randn(4)}
    return torch.export.export(Keywords(), (x, 2.0), {**given, "mode": "mean"}), x, given


@FORMS
def test_arguments_by_keyword(form):
    program, x, given = keyword_program()
    compiled = compile_exported(form(program))
    expected = Keywords()(x, 2.0, **given, mode="mean")
    torch.testing.assert_close(compiled(x, 2.0, **given, mode="mean"), expected)
    torch.testing.assert_close(compiled(x=x, scale=2.0, bias=given["bias"], mask=given["mask"]), expected)
    with pytest.raises(torch.jit.Error, match="argument scale has another value in the compiled module: 2"):
        compiled(x, 3.0, **given)
    alone = compile_exported(form(program), require_full_compilation=True)
    torch.testing.assert_close(alone(x, **given), expected)


def test_inputs_of_arguments_by_keyword():
    program, x, given = keyword_program()
    inputs = {name: Input(tuple(value.shape), dtype=value.dtype) for name, value in given.items()}
    expected = Keywords()(x, 2.0, **given, mode="mean")
    for settings in (
        {"arg_inputs": [x], "kwarg_inputs": inputs},
        {"arg_inputs": [x, 2.0], "kwarg_inputs": {**inputs, "mode": "mean"}},
        {"inputs": [x, *inputs.values()]},
        {"kwarg_inputs": {"x": x, **inputs}},
    ):
        torch.testing.assert_close(compile_exported(program, **settings)(x, 2.0, **given), expected)


def test_keywords_that_do_not_fit():
    program, x, given = keyword_program()
    with pytest.raises(ValueError, match="no argument masks; its arguments are x, scale, mask, bias, mode"):
        compile_exported(program, arg_inputs=[x], kwarg_inputs={**given, "masks": given["mask"]})
    with pytest.raises(ValueError, match="argument mode is 'sum', but the program was exported for 'mean'"):
        compile_exported(program, arg_inputs=[x], kwarg_inputs={**given, "mode": "sum"})
    with pytest.raises(ValueError, match="has 3 inputs, 2 were given"):
        compile_exported(program, arg_inputs=[x], kwarg_inputs={"mask": given["mask"]})
    with pytest.raises(ValueError, match=r"input mask has the shape \[3\], .* exported for rank 2"):
        compile_exported(program, arg_inputs=[x], kwarg_inputs={**given, "mask": given["mask"][:, 0]})


class Nested(nn.Module):
    def forward(self, x, pair, several, nothing=None):
        return pair[0] * x + pair[1], [one + x for one in several]


@FORMS
def test_tuples_and_lists_of_tensors(form):
    pair, several = (torch.randn(3), torch.randn(3)), [torch.randn(3), torch.randn(1)]
    x = torch.randn(3)
    program = form(torch.export.export(Nested(), (x, pair, several, None)))
    for inputs in (None, [x, pair, several], [x, *pair, *several]):
        found = compile_exported(program, inputs=inputs)(x, pair, several)
        expected = Nested()(x, pair, several)
        assert type(found[1]) is list
        torch.testing.assert_close(found, expected)
    assert torch_tensorrt.check(program, [x, pair, several])
    engine = torch_tensorrt.convert_method_to_trt_engine(program, device="cpu")
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")
    torch.testing.assert_close(embedded(x, *pair, *several)[0], Nested()(x, pair, several)[0])


@FORMS
def test_an_argument_that_is_a_dict(form):
    class Sums(nn.Module):
        def forward(self, batch):
            return batch["a"] + batch["b"]

    batch = {"a": torch.randn(2), "b": torch.randn(2)}
    program = form(torch.export.export(Sums(), (batch,)))
    for inputs in (None, [batch], [{name: Input((2,)) for name in batch}]):
        torch.testing.assert_close(compile_exported(program, inputs=inputs)(batch), batch["a"] + batch["b"])
    engine = torch_tensorrt.convert_method_to_trt_engine(program, device="cpu")
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")
    torch.testing.assert_close(embedded(*batch.values()), batch["a"] + batch["b"])


@FORMS
def test_none_beside_tensors_in_a_dict_or_list(form):
    class Adds(nn.Module):
        def forward(self, batch, pair):
            found = batch["x"].relu() * 2 + pair[0]
            return found if batch["mask"] is None else found * batch["mask"]

    def batch(rows: int, others: int) -> tuple:
        return {"x": torch.randn(rows, 2), "mask": None}, [torch.randn(others, 2), None]

    rows = {0: torch.export.Dim("rows", min=1, max=8)}
    shapes = ({"x": rows, "mask": None}, [rows, None])
    program = form(torch.export.export(Adds(), batch(3, 3), dynamic_shapes=shapes))
    low_high = {"min_shape": (1, 2), "opt_shape": (3, 2), "max_shape": (8, 2)}
    for inputs in (None, [{"x": Input(**low_high), "mask": None}, [Input(**low_high), None]]):
        compiled = compile_exported(program, inputs=inputs)
        for count in (1, 3, 8):
            given = batch(count, count)
            torch.testing.assert_close(compiled(*given), Adds()(*given))
        _, pair = given
        for wrong, message in (
            (({"x": pair[0], "mask": pair[0]}, pair), r"batch\['mask'\] is None in the compiled module"),
            (({"x": None, "mask": None}, pair), r"batch\['x'\] is not None in the compiled module"),
            (batch(3, 5), r"batch\['x'\]'s size 0 and pair\[0\]'s size 0 must be equal.*; the call has 3 and 5"),
        ):
            with pytest.raises(torch.jit.Error, match=message):
                compiled(*wrong)


def test_an_argument_that_is_a_number_which_varies():
    class Times(nn.Module):
        def forward(self, x, n: int):
            return x.relu() * n, x.new_ones(n)

    shapes = (None, torch.export.Dim.DYNAMIC)
    program = torch.export.export(Times(), (torch.ones(2), 3), dynamic_shapes=shapes)
    compiled = compile_exported(program)
    for n in (3, 4, 8):
        torch.testing.assert_close(compiled(torch.ones(2), n), (torch.ones(2) * n, torch.ones(n)))


class Names(nn.Module):
    def forward(self, x):
        return {"result": x + 1, "parts": [x * 2, {"last": (x, None, 3)}]}


@FORMS
def test_a_dict_as_result(form):
    x = torch.ones(2)
    found = compile_exported(form(torch.export.export(Names(), (x,))))(x)
    assert list(found) == ["result", "parts"]
    assert found["parts"][1]["last"][1:] == (None, 3)
    torch.testing.assert_close(found["result"], x + 1)


def test_the_module_of_a_program():
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU()).eval(), torch.randn(3, 4)
    rows = torch.export.Dim("rows", min=1, max=8)
    module = torch.export.export(model, (x,), dynamic_shapes=({0: rows},)).module()
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu", require_full_compilation=True)
    torch.testing.assert_close(compiled(x), model(x))
    given = Input(min_shape=(1, 4), opt_shape=(3, 4), max_shape=(8, 4))
    compiled = torch_tensorrt.compile(module, inputs=[given], device="cpu", require_full_compilation=True)
    for size in (1, 3, 8):
        x = torch.randn(size, 4)
        torch.testing.assert_close(compiled(x), model(x))
    with pytest.raises(KeyError, match="inputs are missing: torch.export needs"):
        torch_tensorrt.compile(module, device="cpu")


def test_the_names_of_the_front_end_dynamo():
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(4, 4), nn.ReLU()).eval(), torch.randn(3, 4)
    rows = Input(min_shape=(1, 4), opt_shape=(3, 4), max_shape=(8, 4))
    program = torch_tensorrt.dynamo.trace(model, arg_inputs=[rows])
    compiled = torch_tensorrt.dynamo.compile(program, [rows], device="cpu", min_block_size=1)
    torch.testing.assert_close(compiled(x[:1]), model(x[:1]))
    engine = torch_tensorrt.dynamo.convert_exported_program_to_serialized_trt_engine(program, [rows], device="cpu")
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")
    torch.testing.assert_close(embedded(x), model(x))
    new = nn.Sequential(nn.Linear(4, 4), nn.ReLU()).eval()
    refitted = torch_tensorrt.dynamo.refit_module_weights(compiled, torch_tensorrt.dynamo.trace(new, [rows]))
    torch.testing.assert_close(refitted(x), new(x))
