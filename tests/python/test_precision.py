"""enabled_precisions on a CPU: layers compute in bf16 where that is allowed and faster."""

from __future__ import annotations

import json
import re

import pytest
import torch
from processor import HAS_FP16, needs_bf16
from torch import nn

import torch_tensorrt

BF16 = {torch.float32, torch.bfloat16}
UNIT = 2.0**-8  # rounding to bf16 changes a number by half of this at most, relative to it


class Pictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Conv2d(16, 128, 3), nn.Conv2d(128, 128, 3), nn.Conv2d(128, 128, 1)
        self.classify = nn.Linear(128, 10)

    def forward(self, x):
        y = self.first(x).relu()
        y = (self.third(self.second(y).relu()) + y[:, :, 1:-1, 1:-1]).relu()
        return self.classify(y.mean((2, 3)))


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 128)
        self.encode = nn.TransformerEncoderLayer(128, 4, 256, batch_first=True, activation="gelu")

    def forward(self, ids):
        return self.encode(self.embed(ids))


MODELS = {
    # The deepest chain of roundings: inputs and outputs of the layers one after the other, and the weights of each.
    "pictures": (Pictures, lambda: torch.randn(2, 16, 40, 40), 12),
    "text": (Text, lambda: torch.randint(0, 50, (4, 64)), 24),
}


def build(model, x, precisions, **settings):
    script = torch.jit.script(model)
    return torch_tensorrt.compile(
        script, inputs=[x], device="cpu", enabled_precisions=precisions, require_full_compilation=True, **settings
    )


def build_in_bf16(model, x):
    """Builds until some layer computes in bf16: the times that decide vary on a busy machine."""
    for _ in range(4):
        compiled = build(model, x, BF16)
        if "BFloat16" in dtypes(compiled):
            return compiled
    return pytest.skip(f"bf16 was not faster here: {note(compiled)}")


def information(compiled) -> dict:
    return json.loads(compiled.engine.get_engine_layer_info())


def dtypes(compiled) -> set[str]:
    layers = information(compiled)["Layers"]
    formats = " ".join(tensor["Format/Datatype"] for layer in layers for tensor in layer["Outputs"])
    return set(re.findall(r"FP32|BFloat16|FP16", formats))


def note(compiled) -> str:
    return next((text for text in information(compiled)["notes"] if text.startswith("precision")), "")


@pytest.fixture(params=MODELS)
def case(request):
    make, inputs, roundings = MODELS[request.param]
    return make().eval(), inputs(), roundings


@needs_bf16
def test_layers_compute_in_bf16(case, rel):
    model, x, roundings = case
    with torch.no_grad():
        expected = model(x)
    compiled = build_in_bf16(model, x)
    found = compiled(x)
    assert found.dtype == torch.float32
    # Errors of independent roundings of the largest magnitude add up like this at worst.
    assert 0 < rel(found, expected) <= roundings * UNIT
    assert "bf16 in" in note(compiled)


@pytest.mark.parametrize(("precisions", "settings"), [({torch.float32}, {}), (BF16, {"use_explicit_typing": True})])
def test_nothing_changes_where_bf16_is_not_allowed(case, precisions, settings):
    model, x, _ = case
    compiled = build(model, x, precisions, **settings)
    assert "BFloat16" not in dtypes(compiled)
    assert ("as use_explicit_typing says" in note(compiled)) is bool(settings)


def test_f16_needs_instructions(capfd):
    model, x = Pictures().eval(), torch.randn(2, 16, 40, 40)
    compiled = build(model, x, {torch.float32, torch.float16})
    reason = "has no instructions for f16"
    assert (reason in capfd.readouterr().err) is not HAS_FP16
    assert (reason in note(compiled)) is not HAS_FP16
    if not HAS_FP16:
        assert dtypes(compiled) == {"FP32"}
    torch.testing.assert_close(compiled(x), model(x), rtol=2e-2, atol=2e-2)


class Large(nn.Module):
    """A layer whose results exceed 65504, the largest number of f16."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Linear(256, 256), nn.Linear(256, 256), nn.Linear(256, 256)
        self.first.weight.data *= 3e3
        self.second.weight.data *= 1e-6

    def forward(self, x):
        return self.third(self.second(self.first(x * 100).relu()).relu())


def test_numbers_beyond_f16_stay_in_f32():
    model, x = Large().eval(), torch.randn(64, 256)
    assert model.first(x * 100).max() > 65504
    calibrator = torch_tensorrt.ptq.DataLoaderCalibrator([x])
    compiled = build(model, x, {torch.float16}, calibrator=calibrator)  # every layer that can is in f16
    torch.testing.assert_close(compiled(x), model(x), rtol=2e-2, atol=2e-2)
    notes = "\n".join(information(compiled)["notes"])
    assert ("the calibration saw numbers beyond 65504" in notes) is HAS_FP16


class Transposed(nn.Module):
    """PyTorch computes with a weight before it is read."""

    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(64, 64))

    def forward(self, x):
        return (x @ self.matrix.t()).relu() @ (self.matrix * 2)


def test_what_was_calibrated_for_f16_takes_other_weights():
    x = torch.randn(8, 64)
    calibrator = torch_tensorrt.ptq.DataLoaderCalibrator([x])
    compiled = build(Transposed().eval(), x, {torch.float32, torch.float16}, calibrator=calibrator)
    other = torch.jit.script(Transposed().eval())
    refitted = torch_tensorrt.refit_module_weights(compiled, other)
    torch.testing.assert_close(refitted(x), other(x), rtol=2e-2, atol=1)


def test_a_layer_that_bf16_does_not_help_stays_f32():
    compiled = build(nn.Sequential(nn.Linear(2, 2)).eval(), torch.randn(1, 2), BF16)
    assert dtypes(compiled) == {"FP32"}
    assert re.search("bf16 is not used", note(compiled))


@needs_bf16
def test_a_saved_module_keeps_its_precision(case, tmp_path):
    model, x, _ = case
    compiled = build_in_bf16(model, x)
    torch.jit.save(compiled, tmp_path / "a.ts")
    loaded = torch.jit.load(tmp_path / "a.ts")
    assert torch.equal(loaded(x), compiled(x))
    assert dtypes(loaded) == dtypes(compiled)


@needs_bf16
def test_a_refit_keeps_the_precision(case, rel):
    model, x, roundings = case
    compiled = build_in_bf16(model, x)
    other = type(model)().eval()
    refitted = torch_tensorrt.refit_module_weights(compiled, torch.jit.script(other))
    assert note(refitted) == note(compiled)
    assert [layer["LayerType"] for layer in information(refitted)["Layers"]] == [
        layer["LayerType"] for layer in information(compiled)["Layers"]
    ]
    with torch.no_grad():
        assert rel(refitted(x), other(x)) <= roundings * UNIT


@needs_bf16
def test_a_range_of_shapes(rel):
    model = Pictures().eval()
    shapes = torch_tensorrt.Input(min_shape=(1, 16, 20, 20), opt_shape=(2, 16, 40, 40), max_shape=(4, 16, 48, 48))
    compiled = build_in_bf16(model, shapes)
    for size in ((1, 16, 20, 20), (4, 16, 48, 31)):
        x = torch.randn(size)
        with torch.no_grad():
            assert rel(compiled(x), model(x)) <= 12 * UNIT


@needs_bf16
@pytest.mark.parametrize("name", MODELS)
def test_a_module_that_is_bf16_itself_runs_in_kernels_of_onednn(name, rel):
    make, inputs, roundings = MODELS[name]
    model, x = make().eval(), inputs()
    with torch.no_grad():
        expected = model(x)
    model = model.bfloat16()
    x = x.bfloat16() if x.is_floating_point() else x
    compiled = build(model, x, {torch.float32})
    found = compiled(x)
    assert found.dtype == torch.bfloat16
    assert rel(found.float(), expected) <= roundings * UNIT
    assert any(layer["TacticName"].startswith("onednn.") for layer in information(compiled)["Layers"])


LEAST = torch.finfo(torch.float32).min  # minus infinity as bf16


class Filled(nn.Module):
    def __init__(self):
        super().__init__()
        self.least = LEAST
        self.scores, self.values = nn.Linear(256, 256), nn.Linear(256, 256)

    def forward(self, x, mask):
        return self.values(self.scores(x).masked_fill(mask > 0, self.least).softmax(-1))


class Added(Filled):
    def forward(self, x, mask):
        return self.values((self.scores(x) + mask * self.least).softmax(-1))


class Given(Filled):
    def forward(self, x, mask):
        return self.values((self.scores(x) + mask).softmax(-1))


@pytest.mark.parametrize(("model", "value"), [(Filled, 1.0), (Added, 1.0), (Given, LEAST)])
def test_a_row_whose_every_score_is_masked(model, value, rel):
    model, x, mask = model().eval(), torch.randn(4, 256, 256), torch.zeros(4, 256, 256)
    mask[:, :5] = value
    compiled = torch_tensorrt.compile(
        torch.jit.script(model), inputs=[x, mask], device="cpu", enabled_precisions=BF16, require_full_compilation=True
    )
    with torch.no_grad():
        assert rel(compiled(x, mask), model(x, mask)) <= 4 * UNIT


def test_limits_beyond_bf16(rel):
    class Limited(nn.Module):
        def __init__(self):
            super().__init__()
            self.least = LEAST
            self.conv = nn.Conv2d(32, 32, 3)

        def forward(self, x):
            return self.conv(x).clamp(self.least, -self.least)

    model, x = Limited().eval(), torch.randn(2, 32, 64, 64)
    with torch.no_grad():
        assert rel(build(model, x, BF16)(x), model(x)) <= 4 * UNIT


def test_indices_that_are_computed_in_floats():
    class Buckets(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(2600, 64)

        def forward(self, position, h):
            place = position * 1.0 + h * 0 + 1.0
            return self.embed(torch.minimum(place, torch.full_like(place, 2590.0)).long())

    model, position = Buckets().eval(), torch.arange(0.0, 2560, 10).repeat(64, 1)
    inputs = [position, torch.randn(64, 256)]
    compiled = torch_tensorrt.compile(
        torch.jit.script(model), inputs=inputs, device="cpu", enabled_precisions=BF16, require_full_compilation=True
    )
    with torch.no_grad():
        assert torch.equal(compiled(*inputs), model(*inputs))


def test_a_refit_with_numbers_beyond_bf16():
    class Shifted(Filled):
        def __init__(self, shift):
            super().__init__()
            self.shift = nn.Parameter(torch.full((256,), shift))

        def forward(self, x):
            return self.values((self.scores(x) + self.shift).softmax(-1))

    x = torch.randn(4, 256, 256)
    compiled = build(Shifted(0.5).eval(), x, BF16)
    other = Shifted(LEAST).eval()
    with torch.no_grad():
        expected = other(x)
        assert expected.isfinite().all()
        found = torch_tensorrt.refit_module_weights(compiled, torch.jit.script(other))(x)
    torch.testing.assert_close(found, expected, rtol=4 * UNIT, atol=4 * UNIT)
