"""Models with dynamic shapes against PyTorch, over their whole ranges."""

from __future__ import annotations

import json
import random
import re
import warnings

import dynamic_picture_models  # noqa: F401 - adds to the table
import dynamic_position_models  # noqa: F401 - the same
import pytest
import torch
from dynamic_models import MODELS, Case, Range

import torch_tensorrt


def flatten(result) -> list[torch.Tensor]:
    if isinstance(result, torch.Tensor):
        return [result]
    return [tensor for part in result for tensor in flatten(part)]


def shape_at(spec: Range, part: float, step: int) -> tuple[int, ...]:
    """Returns the shape at a fraction of the way from the lower end to the upper end."""
    sizes = []
    for low, high in zip(spec.low, spec.high, strict=True):
        between = int(low + (high - low) * part)
        sizes.append(between if low == high else max(low, between // step * step))
    return tuple(sizes)


def make(spec: Range, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    if spec.dtype.is_floating_point:
        return torch.randn(shape, generator=generator).to(spec.dtype)
    return torch.randint(*spec.limits, shape, generator=generator).to(spec.dtype)


def compile_whole(module, specs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch_tensorrt.compile(module, inputs=specs, device="cpu", require_full_compilation=True)


def compare(found, expected, rtol: float) -> None:
    found, expected = flatten(found), flatten(expected)
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.dtype == theirs.dtype, f"dtype {mine.dtype}, PyTorch's is {theirs.dtype}"
        assert mine.shape == theirs.shape, f"shape {tuple(mine.shape)}, PyTorch's is {tuple(theirs.shape)}"
        torch.testing.assert_close(mine, theirs, rtol=rtol, atol=rtol, equal_nan=True)


def prepare(case: Case, way: str) -> tuple[torch.nn.Module, torch.jit.ScriptModule]:
    """Returns the model and the compiled module."""
    torch.manual_seed(0)
    module = case.make().eval()
    if way == "script":
        return module, torch.jit.script(module)
    generator = torch.Generator().manual_seed(1)
    examples = tuple(make(spec, shape_at(spec, 1.0, case.step), generator) for spec in case.inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns about sizes that become numbers
        return module, torch.jit.trace(module, examples, check_trace=False)


def check_case(case: Case, way: str) -> None:
    module, given = prepare(case, way)
    specs = [
        torch_tensorrt.Input(
            min_shape=spec.low, opt_shape=shape_at(spec, 0.5, case.step), max_shape=spec.high, dtype=spec.dtype
        )
        for spec in case.inputs
    ]
    compiled = compile_whole(given, specs)
    generator = torch.Generator().manual_seed(2)
    for part in (0.0, 1.0, 0.5, 0.3, 0.8):
        inputs = [make(spec, shape_at(spec, part, case.step), generator) for spec in case.inputs]
        with torch.no_grad():
            compare(compiled(*inputs), module(*inputs), case.rtol)


@pytest.mark.parametrize(
    ("case", "way"), [(case, way) for case in MODELS for way in case.ways], ids=lambda x: getattr(x, "name", x)
)
def test_model(case: Case, way: str) -> None:
    check_case(case, way)


# ---- inputs ---------------------------------------------------------------------------------------------------------


def scripted(source: type) -> torch.jit.ScriptModule:
    return torch.jit.script(source().eval())


class Affine(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x * 2 + 1)


def ranged(low, opt, high, **settings) -> torch_tensorrt.Input:
    return torch_tensorrt.Input(min_shape=low, opt_shape=opt, max_shape=high, **settings)


def test_a_range_of_one_shape_is_static():
    compiled = compile_whole(scripted(Affine), [ranged((2, 3), (2, 3), (2, 3))])
    x = torch.randn(2, 3)
    compare(compiled(x), Affine()(x), 1e-6)
    engine = json.loads(compiled.engine.get_engine_layer_info())
    assert "-1" not in json.dumps([layer["outputs"] for layer in engine["layers"]])
    with pytest.raises(RuntimeError, match="2x4"):
        compiled(torch.randn(2, 4))


def test_inputs_without_dimensions():
    compiled = compile_whole(scripted(Affine), [torch_tensorrt.Input(())])
    x = torch.tensor(1.5)
    compare(compiled(x), Affine()(x), 0)
    with pytest.raises(RuntimeError, match="rank"):
        compiled(torch.randn(1))


@pytest.mark.parametrize("low", [0, 1])
def test_sizes_0_and_1(low):
    convolutions = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, 2), torch.nn.Softmax(-1),
    ).eval()  # fmt: skip
    compiled = compile_whole(torch.jit.script(convolutions), [ranged((low, 3, 8, 8), (2, 3, 8, 8), (4, 3, 8, 8))])
    for batch in range(low, 5):
        x = torch.randn(batch, 3, 8, 8)
        compare(compiled(x), convolutions(x), 1e-5)


@pytest.mark.parametrize("shape", [(0, 4, 8), (2, 0, 8), (0, 0, 8), (3, 5, 8)])
def test_nothing_along_a_dimension(shape):
    class Layers(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = torch.nn.LayerNorm(8)
            self.linear = torch.nn.Linear(8, 8)

        def forward(self, x):
            y = self.linear(self.norm(x))
            scores = torch.softmax(y @ y.transpose(1, 2), dim=-1) @ y
            return scores, y.sum(1), torch.cat([y, x[:, :1]], dim=1), y.reshape(y.size(0) * y.size(1), 8)

    module = Layers().eval()
    compiled = compile_whole(torch.jit.script(module), [ranged((0, 0, 8), (2, 4, 8), (4, 6, 8))])
    x = torch.randn(shape)
    with torch.no_grad():
        compare(compiled(x), module(x), 1e-5)


def test_a_shape_that_is_empty_at_every_size():
    compiled = compile_whole(scripted(Affine), [torch_tensorrt.Input((0, 3))])
    assert compiled(torch.zeros(0, 3)).shape == (0, 3)


def test_inputs_have_ranges_of_their_own():
    compiled = compile_whole(
        torch.jit.script(TwoSides().eval()), [ranged((1, 2, 3), (2, 4, 3), (4, 8, 3)), ranged((1, 1), (1, 5), (1, 9))]
    )
    for batch, rows, columns in [(1, 2, 1), (4, 8, 9), (3, 5, 2), (2, 8, 1)]:
        x, y = torch.randn(batch, rows, 3), torch.randn(1, columns)
        compare(compiled(x, y), TwoSides()(x, y), 1e-6)


class TwoSides(torch.nn.Module):
    def forward(self, x, y):
        return x.mean(2, keepdim=True) * y[:, None], y.expand(x.size(0), -1)


def test_ranges_in_a_signature():
    class Nested(torch.nn.Module):
        def forward(self, pair: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
            return torch.cat([pair[0], pair[1]], dim=1).view(pair[0].size(0), -1)

    spec = ((ranged((1, 2), (2, 3), (4, 5)), ranged((1, 1), (2, 1), (4, 1))),)
    compiled = torch_tensorrt.ts.compile(scripted(Nested), input_signature=spec, device="cpu")
    for batch, width in [(1, 2), (4, 5), (3, 4)]:
        pair = (torch.randn(batch, width), torch.randn(batch, 1))
        compare(compiled(pair), Nested()(pair), 1e-6)


# ---- unknown values -------------------------------------------------------------------------------------------------


class Branches(torch.nn.Module):
    def forward(self, x):
        if x.size(0) % 2 == 0:
            return x * 2
        return x[:1]


class Loops(torch.nn.Module):
    def forward(self, x):
        total = x[:, 0]
        for i in range(x.size(1)):
            total = total + x[:, i] * i
        return total


class DependsOnValues(torch.nn.Module):
    def forward(self, x):
        if bool(x.sum() > 0):
            return x * 2
        return x


def test_a_condition_that_the_range_leaves_open():
    with pytest.raises(RuntimeError) as caught:
        compile_whole(scripted(Branches), [ranged((1, 3), (2, 3), (4, 3))])
    text = str(caught.value)
    assert "depends on dimension 0 of input x (1 to 4)" in text
    assert "give one size for it instead of a range" in text
    assert "if x.size(0) % 2 == 0" in text, "the user's line"
    report = torch_tensorrt.check(scripted(Branches), [ranged((1, 3), (2, 3), (4, 3))])
    assert not report.whole and "dimension 0 of input x (1 to 4)" in report.problem
    x = torch.randn(3, 3)
    compare(compile_whole(scripted(Branches), [torch_tensorrt.Input((3, 3))])(x), Branches()(x), 0)


def test_a_loop_over_a_dynamic_size():
    with pytest.raises(RuntimeError, match=r"trip count depends on dimension 1 of input x \(2 to 5\)"):
        compile_whole(scripted(Loops), [ranged((1, 2), (2, 3), (4, 5))])
    x = torch.randn(3, 4)
    compiled = compile_whole(scripted(Loops), [ranged((1, 4), (2, 4), (4, 4))])
    compare(compiled(x), Loops()(x), 1e-6)


def test_a_condition_on_values_is_told_apart():
    with pytest.raises(RuntimeError, match="depends on the values of an input"):
        compile_whole(scripted(DependsOnValues), [ranged((1, 3), (2, 3), (4, 3))])


class PickedNumbers(torch.nn.Module):
    def forward(self, x):
        n = x.size(1)
        pad = 0 if n % 4 == 0 else 4 - n % 4
        k = n if n < 5 and x.size(0) > 1 else 3
        return torch.nn.functional.pad(x, [0, pad]), x[:, :k], torch.full((1,), float(pad))


def test_branches_that_only_compute_numbers_are_picked_from():
    compiled = compile_whole(scripted(PickedNumbers), [ranged((1, 3), (2, 5), (3, 9))])
    for batch in (1, 2, 3):
        for width in range(3, 10):
            x = torch.randn(batch, width)
            compare(compiled(x), PickedNumbers()(x), 0)


# ---- the ends of a range --------------------------------------------------------------------------------------------


class Shrinks(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 2, 5)

    def forward(self, x):
        return self.conv(x)


class Views(torch.nn.Module):
    def forward(self, x):
        return x.view(-1, 8) * 2


@pytest.mark.parametrize(
    ("model", "low", "opt", "high", "end", "line"),
    [
        (Shrinks, (1, 1, 3, 8), (1, 1, 8, 8), (1, 1, 9, 9), "smallest .*input x 1x1x3x8", "conv.py:"),
        (Views, (2, 4), (2, 4), (3, 4), "largest .*input x 3x4 .from 2x4 to 3x4", "test_dynamic.py:"),
    ],
)
def test_sizes_that_do_not_fit_at_an_end(model, low, opt, high, end, line, capfd):
    script = scripted(model)
    compiled = compile_whole(script, [ranged(low, opt, high)])
    said = capfd.readouterr().err
    assert re.search(f"(?s)WARNING.*does not fit the {end}", said) and line in said
    compare(compiled(torch.ones(opt)), script(torch.ones(opt)), 1e-5)
    bad = low if model is Shrinks else high
    with pytest.raises(RuntimeError, match=f"does not fit the shapes of this call, input x {'x'.join(map(str, bad))}"):
        compiled(torch.ones(bad))
    compare(compiled(torch.ones(opt)), script(torch.ones(opt)), 1e-5)
    assert torch_tensorrt.check(scripted(model), [ranged(low, opt, high)]).whole


def test_the_opt_shape_must_fit():
    with pytest.raises(RuntimeError, match=r"(?s)does not fit the opt shapes, input x 3x4 .*Give an opt_shape"):
        compile_whole(scripted(Views), [ranged((2, 4), (3, 4), (4, 4))])


class Adds(torch.nn.Module):
    def forward(self, x, y):
        return x + y, (x * y).sum(-1)


class Multiplies(torch.nn.Module):
    def forward(self, x, y):
        return torch.relu(x) @ y


class Concatenates(torch.nn.Module):
    def forward(self, x, y):
        return torch.cat((x, y), 0) * 2


class Picks(torch.nn.Module):
    def forward(self, x, y):
        return torch.where(x > 0, x, y) - y.mean(0)


# Ranges of two inputs whose ends do not match.
UNEQUAL = [
    (Adds, ((3, 2, 3), (3, 4, 3), (3, 8, 3)), ((2, 3), (4, 3), (6, 3))),
    (Adds, ((1, 4), (5, 4), (8, 4)), ((2, 4), (5, 4), (6, 4))),
    (Adds, ((2, 1), (3, 5), (4, 9)), ((2, 2), (3, 5), (4, 6))),
    (Multiplies, ((2, 3), (4, 5), (6, 8)), ((2, 3), (5, 4), (9, 6))),
    (Multiplies, ((1, 2, 4), (2, 3, 4), (4, 6, 5)), ((1, 4, 2), (2, 4, 2), (3, 5, 7))),
    (Concatenates, ((1, 2), (3, 4), (5, 6)), ((1, 3), (2, 4), (6, 8))),
    (Picks, ((2, 3), (4, 5), (5, 8)), ((3, 3), (4, 5), (7, 5))),
]


@pytest.mark.parametrize(("model", "first", "second"), UNEQUAL)
def test_ranges_whose_ends_do_not_go_together(model, first, second):
    script = scripted(model)
    compiled = compile_whole(script, [ranged(*first), ranged(*second)])
    generator = random.Random(0)
    outcomes = set()
    for _ in range(60):
        shapes = [
            [generator.randint(low, high) for low, high in zip(spec[0], spec[2], strict=True)]
            for spec in (first, second)
        ]
        for one, other in ((-1, -2),) if model is Multiplies else ((-1, -1), (-2, -2)):  # often the same
            if generator.random() < 0.8 and len(shapes[0]) >= -one and len(shapes[1]) >= -other:
                size = max(first[0][one], second[0][other])
                shapes[0][one], shapes[1][other] = min(size, first[2][one]), min(size, second[2][other])
        x, y = (torch.randn(shape) for shape in shapes)
        try:
            expected = script(x, y)
        except RuntimeError:
            outcomes.add("refused")
            with pytest.raises(RuntimeError, match="does not fit the shapes of this call, input x .*, input y "):
                compiled(x, y)
            continue
        outcomes.add("taken")
        compare(compiled(x, y), expected, 1e-5)
    assert outcomes == {"taken", "refused"}


def test_a_named_backend_takes_ranges(rel):
    class Rows(torch.nn.Module):
        def forward(self, x):
            return x.reshape(x.shape[0] * x.shape[1], -1) + x.shape[2]

    module = torch.jit.script(Rows().eval())
    specs = [torch_tensorrt.Input(min_shape=(1, 3, 6), opt_shape=(2, 3, 9), max_shape=(4, 3, 16))]
    settings = {"device": "cpu", "backend": "native", "require_full_compilation": True}
    compiled = torch_tensorrt.compile(module, inputs=specs, **settings)
    for shape in ((2, 3, 9), (4, 3, 10)):
        x = torch.randn(shape)
        assert rel(compiled(x), module(x)) < 1e-5
