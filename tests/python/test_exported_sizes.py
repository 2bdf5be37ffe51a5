"""Programs of torch.export: ranges of sizes and relations between them."""

from __future__ import annotations

import io

import pytest
import torch
import transformers
from torch import nn
from torch.export import Dim

import torch_tensorrt
from torch_tensorrt._exported_sizes import Sizes

BATCH = Dim("b", min=1, max=8)


class Apart(nn.Module):
    """Takes arguments of any sizes."""

    def forward(self, x, y):
        return x.relu().sum() * 2, y.relu().sum() * 3


class Nested(nn.Module):
    def forward(self, d):
        return d["a"][0].relu().sum() * 2, d["b"].relu().sum() * 3


class ByThree(nn.Module):
    def forward(self, x):
        return x.relu().view(-1, 3, 4).sum(1) * 2


def rows(*counts: int) -> tuple[torch.Tensor, ...]:
    return tuple(torch.randn(count, 4) for count in counts)


def equal(found, expected) -> None:
    torch.testing.assert_close(found, expected)


TIES = {
    "one Dim": (
        ({0: BATCH}, {0: BATCH}),
        [(1, 1), (2, 2), (8, 8)],
        (3, 5),
        r"x's size 0 and y's size 0 must be equal \(Dim b\); the call has 3 and 5",
    ),
    "derived": (
        ({0: BATCH}, {0: 2 * BATCH + 1}),
        [(1, 3), (2, 5), (8, 17)],
        (3, 5),
        r"y's size 0 must be 2 \* x's size 0 \+ 1 \(2\*b \+ 1\); the call has 5, and needs 7",
    ),
    "derived, with a negative number": (
        ({0: BATCH}, {0: 2 * BATCH - 1}),
        [(2, 3), (8, 15)],
        (3, 4),
        r"y's size 0 must be 2 \* x's size 0 - 1 \(2\*b - 1\); the call has 4, and needs 5",
    ),
    "multiple": (
        ({0: 3 * BATCH}, {0: 3 * BATCH}),
        [(3, 3), (6, 6), (24, 24)],
        (7, 7),
        r"x's size 0 must be a multiple of 3 \(3\*b\); the call has 7",
    ),
    "multiples": (
        ({0: 3 * BATCH}, {0: 2 * BATCH}),
        [(3, 2), (6, 4), (24, 16)],
        (6, 6),
        r"y's size 0 must be 2 \* \(x's size 0 / 3\) \(2\*b\); the call has 6, and needs 4",
    ),
}
FORMS = {
    "whole": {"require_full_compilation": True},
    "hybrid": {"torch_executed_ops": ["aten::relu"]},
    "default": {"min_block_size": 1},
}


@pytest.mark.parametrize("settings", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(("shapes", "right", "wrong", "message"), TIES.values(), ids=TIES)
def test_a_call_whose_sizes_contradict_the_export_is_an_error(shapes, right, wrong, message, settings):
    program = torch.export.export(Apart(), rows(*right[1]), dynamic_shapes=shapes)
    compiled = torch_tensorrt.compile(program, device="cpu", **settings)
    for counts in right:
        given = rows(*counts)
        equal(compiled(*given), Apart()(*given))
    with pytest.raises(torch.jit.Error, match=message):
        compiled(*rows(*wrong))
    file = io.BytesIO()
    torch.jit.save(compiled, file)
    file.seek(0)
    with pytest.raises(torch.jit.Error, match=message):
        torch.jit.load(file)(*rows(*wrong))
    with pytest.raises(torch.jit.Error, match=message):
        torch_tensorrt.refit_module_weights(compiled, program)(*rows(*wrong))


def test_a_loaded_program_has_no_names_of_its_dims():
    file = io.BytesIO()
    program = torch.export.export(Apart(), rows(2, 2), dynamic_shapes=TIES["one Dim"][0])
    torch.export.save(program, file)
    file.seek(0)
    compiled = torch_tensorrt.compile(torch.export.load(file), device="cpu", min_block_size=1)
    with pytest.raises(torch.jit.Error, match="x's size 0 and y's size 0 must be equal; the call has 3 and 5"):
        compiled(*rows(3, 5))


def test_sizes_of_tensors_in_dicts_and_lists():
    x, y = rows(2, 2)
    shapes = ({"a": [{0: BATCH}], "b": {0: BATCH}},)
    program = torch.export.export(Nested(), ({"a": [x], "b": y},), dynamic_shapes=shapes)
    rules = Sizes(program).rules({})
    assert [rule.message.split(";")[0] for rule in rules] == [
        "d['a'][0]'s size 0 and d['b']'s size 0 must be equal (Dim b)"
    ]


@pytest.mark.parametrize("settings", [{}, {"require_full_compilation": True}], ids=["default", "whole"])
def test_the_ends_of_a_range_fit_the_program(settings, capfd):
    """The size 3 is not in the program: torch.export gives ByThree the guard ``x.size(0) // 3 != 1``."""
    program = torch.export.export(ByThree(), rows(6), dynamic_shapes=({0: 3 * BATCH},))
    compiled = torch_tensorrt.compile(program, device="cpu", **{"min_block_size": 1, **settings})
    assert "WARNING" not in "".join(capfd.readouterr())
    for count in (6, 9, 24):
        (x,) = rows(count)
        equal(compiled(x), ByThree()(x))
    for count, message in ((7, "must be a multiple of 3"), (3, "6x4 to 24x4"), (27, "6x4 to 24x4")):
        with pytest.raises((RuntimeError, torch.jit.Error), match=message):
            compiled(*rows(count))


def test_a_wrong_rank_is_told_before_a_wrong_size():
    program = torch.export.export(Apart(), rows(2, 2), dynamic_shapes=TIES["one Dim"][0])
    for settings in FORMS.values():
        compiled = torch_tensorrt.compile(program, device="cpu", **settings)
        with pytest.raises((RuntimeError, torch.jit.Error), match=r"y.* has (dims 5|the shape \[5\])"):
            compiled(torch.randn(3, 4), torch.randn(5))


def test_an_engine_alone_refuses_sizes_that_contradict_the_export():
    program = torch.export.export(Apart(), rows(2, 2), dynamic_shapes=TIES["one Dim"][0])
    engine = torch_tensorrt.convert_method_to_trt_engine(program, device="cpu")
    embedded = torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")
    given = rows(5, 5)
    equal(tuple(embedded(*given)), Apart()(*given))
    with pytest.raises((RuntimeError, torch.jit.Error), match="does not fit the shapes of this call"):
        embedded(*rows(3, 5))


def text_model(name: str) -> nn.Module:
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    if name == "bert":
        return transformers.BertModel(transformers.BertConfig(vocab_size=100, **small))
    if name == "gpt2":
        config = transformers.GPT2Config(vocab_size=100, n_embd=32, n_layer=2, n_head=4, n_positions=32)
        config.use_cache, config.bos_token_id, config.eos_token_id = False, 0, 1
        return transformers.GPT2LMHeadModel(config)
    return transformers.T5EncoderModel(
        transformers.T5Config(vocab_size=100, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4)
    )


def text(batch: int, length: int) -> dict[str, torch.Tensor]:
    mask = torch.ones(batch, length, dtype=torch.long)
    mask[0, length - 2 :] = 0
    return {"input_ids": torch.randint(0, 100, (batch, length)), "attention_mask": mask}


@pytest.mark.parametrize("has_length", [False, True], ids=["batch", "batch and length"])
@pytest.mark.parametrize("name", ["bert", "gpt2", "t5"])
def test_a_text_model_is_one_engine(name, has_length, capfd):
    torch.manual_seed(0)
    model = text_model(name).eval()
    dims = {0: BATCH, **({1: Dim("length", min=4, max=16)} if has_length else {})}
    given = text(2, 10)
    with torch.no_grad():
        program = torch.export.export(model, (), given, dynamic_shapes=dict.fromkeys(given, dims))
    capfd.readouterr()
    compiled = torch_tensorrt.compile(program, device="cpu")
    assert "WARNING" not in "".join(capfd.readouterr())
    (method,) = torch_tensorrt.inspect(compiled).methods
    assert len(method.engines) == 1
    for batch, length in ((1, 10), (5, 10), (8, 10), *(((3, 4), (8, 16)) if has_length else ())):
        given = text(batch, length)
        with torch.no_grad():
            found, expected = compiled(**given), model(**given)
        for key, value in found.items():
            torch.testing.assert_close(value, expected[key], rtol=1e-4, atol=1e-5)
    with pytest.raises(torch.jit.Error, match="input_ids's size 0 and attention_mask's size 0 must be equal"):
        compiled(input_ids=text(3, 10)["input_ids"], attention_mask=text(5, 10)["attention_mask"])
