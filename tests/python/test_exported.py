"""Programs of torch.export: the engine has the dynamic sizes of the program, and no others."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input


def of_range(low: tuple, usual: tuple, high: tuple, **settings) -> Input:
    return Input(**range_of(low, usual, high), **settings)


def range_of(low: tuple, usual: tuple, high: tuple) -> dict[str, tuple]:
    return {"min_shape": low, "opt_shape": usual, "max_shape": high}


def compile_exported(program: torch.export.ExportedProgram, inputs=None) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(program, inputs=inputs, device="cpu")


class Sizes(nn.Module):
    """Results with values that depend on the sizes."""

    def forward(self, x):
        batch, width = x.shape
        half = width // 2
        return (
            x.sum(1) / width,
            x.view(batch, 2, half)[:, 0],
            x[:, : half - 1],
            torch.full((half,), float("inf")),
            x.new_zeros([]) + max(batch, half) - min(batch, 3),
        )


def export_sizes() -> torch.export.ExportedProgram:
    half = torch.export.Dim("half", min=2, max=32)
    batch = torch.export.Dim("batch", min=1, max=8)
    return torch.export.export(Sizes(), (torch.randn(2, 8),), dynamic_shapes=({0: batch, 1: 2 * half},))


@pytest.mark.parametrize("given", [True, False])
def test_sizes_are_those_of_the_call(given):
    inputs = [of_range((1, 4), (2, 8), (8, 64))] if given else None
    compiled = compile_exported(export_sizes(), inputs)
    for shape in ((2, 8), (1, 4), (5, 12), (8, 64)):
        x = torch.randn(shape)
        for mine, theirs in zip(compiled(x), Sizes()(x), strict=True):
            torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "swin_t", "shufflenet_v2_x0_5"])
def test_models_over_a_range_of_batches(name):
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None).eval()
    batch = torch.export.Dim("batch", min=1, max=8)
    program = torch.export.export(model, (torch.randn(2, 3, 64, 64),), dynamic_shapes=({0: batch},))
    compiled = compile_exported(program)
    for size in (3, 1, 8):
        x = torch.randn(size, 3, 64, 64)
        with torch.no_grad():
            torch.testing.assert_close(compiled(x), model(x), rtol=1e-4, atol=1e-5)


class Written(nn.Module):
    """Writes in place, indexes with gaps, has lists, a constant and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("places", torch.tensor([0, 2]))
        self.linear = nn.Linear(4, 4)

    def forward(self, x, y):
        z = self.linear(x).clone()
        z.add_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        first, second = torch.split(z, [1, 3], dim=1)
        return {"none": None}["none"] or [torch.cat([second, first], 1), (x[:, self.places] + y).mean([], keepdim=True)]


def test_lists_buffers_constants_and_writing_in_place():
    torch.manual_seed(0)
    model = Written().eval()
    batch = torch.export.Dim("batch", min=1, max=8)
    shapes = ({0: batch}, {0: batch})
    program = torch.export.export(model, (torch.randn(2, 4), torch.randn(2, 2)), dynamic_shapes=shapes)
    compiled = compile_exported(program)
    x, y = torch.randn(5, 4), torch.randn(5, 2)
    with torch.no_grad():
        expected = model(x, y)
    found = compiled(x, y)
    assert type(found) is list
    for mine, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_a_program_of_fixed_sizes_without_inputs(recwarn):
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU()).eval()
    x = torch.randn(2, 4)
    compiled = compile_exported(torch.export.export(model, (x,)))
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), model(x))
    assert [str(warning.message) for warning in recwarn if "training" in str(warning.message)] == []


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([of_range((1, 2), (2, 8), (8, 64))], "dimension 1 of input x is 2, .* exported for 4 to 64"),
        (
            [Input(profiles=[range_of((1, 4), (2, 8), (8, 64)), range_of((9, 4), (9, 8), (9, 64))])],
            "dimension 0 of input x is 9",
        ),
        ([Input((9, 8))], "dimension 0 of input x is 9, .* exported for 1 to 8"),
        ([torch.randn(2, 66)], "dimension 1 of input x is 66"),
        ([Input((2, 8, 1))], r"has the shape \[2, 8, 1\], .* exported for rank 2"),
        ([Input((2, 8)), Input((2, 8))], "has 1 inputs, 2 were given"),
    ],
)
def test_shapes_that_the_program_was_not_exported_for(inputs, message):
    with pytest.raises(ValueError, match=message):
        compile_exported(export_sizes(), inputs)


def test_a_program_of_fixed_sizes_takes_no_range():
    program = torch.export.export(Sizes(), (torch.randn(2, 8),))
    with pytest.raises(ValueError, match="dimension 1 of input x is 4, but the program was exported for 8"):
        compile_exported(program, [of_range((2, 4), (2, 8), (2, 64))])


def test_a_range_of_one_shape_is_that_shape():
    x = torch.randn(2, 8)
    compiled = compile_exported(torch.export.export(Sizes(), (x,)), [of_range((2, 8), (2, 8), (2, 8))])
    torch.testing.assert_close(compiled(x)[0], Sizes()(x)[0])


def test_a_range_without_an_end_needs_inputs():
    shapes = {"input": {0: torch.export.Dim.DYNAMIC}}
    program = torch.export.export(nn.ReLU(), (torch.randn(3, 4),), dynamic_shapes=shapes)
    with pytest.raises(ValueError, match="size without an upper bound; give inputs"):
        compile_exported(program)
    compiled = compile_exported(program, [of_range((2, 4), (3, 4), (6, 4))])
    x = torch.randn(6, 4)
    assert torch.equal(compiled(x), torch.relu(x))


class Related(nn.Module):
    """Broadcasts silently where the sizes differ."""

    def forward(self, x, y, z):
        return (x + y).relu() * 2 + z.sum(), x.mean(0) + y.mean(0)


def test_sizes_that_the_export_relates_are_checked_in_a_call():
    rows, half = torch.export.Dim("rows", min=1, max=8), torch.export.Dim("half", min=1, max=4)
    shapes = ({0: rows}, {0: rows}, {0: 2 * half, 1: half + 1})
    x, y, z = torch.randn(3, 4), torch.randn(3, 4), torch.randn(4, 3)
    compiled = compile_exported(torch.export.export(Related(), (x, y, z), dynamic_shapes=shapes))
    assert len(torch_tensorrt.inspect(compiled).methods[0].engines) == 1
    torch.testing.assert_close(compiled(x, y, z), Related()(x, y, z))
    x, y, z = torch.randn(5, 4), torch.randn(5, 4), torch.randn(2, 2)
    torch.testing.assert_close(compiled(x, y, z), Related()(x, y, z))
    for wrong, message in (
        ((x, y[:1], z), r"x's size 0 and y's size 0 must be equal \(Dim rows\); the call has 5 and 1"),
        ((x, y, torch.randn(3, 2)), r"z's size 0 must be a multiple of 2 \(2\*half\); the call has 3"),
        ((x, y, torch.randn(4, 2)), r"z's size 1 must be \(z's size 0 / 2\) \+ 1 \(half \+ 1\); .* needs 3"),
    ):
        with pytest.raises(torch.jit.Error, match=message):
            compiled(*wrong)


class Decides(nn.Module):
    def forward(self, x):
        if x.shape[0] == 4:
            return x * 0
        return (x + 1).relu() * 2


def test_sizes_for_which_the_model_does_something_else_are_refused_in_a_call():
    model = Decides()
    given = [of_range((1, 4), (3, 4), (8, 4))]
    compiled = torch_tensorrt.compile(model, ir="dynamo", inputs=given, device="cpu")
    assert len(torch_tensorrt.inspect(compiled).methods[0].engines) == 1
    for rows in (1, 3, 5, 8):
        x = torch.randn(rows, 4)
        torch.testing.assert_close(compiled(x), model(x))
    with pytest.raises(torch.jit.Error, match="exported for x's size 0 != 4; the call has 4"):
        compiled(torch.randn(4, 4))


class DecidesByOne(nn.Module):
    def forward(self, x, y):
        return x - y if y.shape[0] == 1 else (x + 1).relu() * y.sum()


def test_a_range_with_the_size_1_needs_a_model_that_does_the_same_for_it():
    x = of_range((1, 4), (3, 4), (8, 4))
    with pytest.raises(ValueError, match="DecidesByOne computes something else where a size is 1, .* ranges from 2 on"):
        torch_tensorrt.compile(DecidesByOne(), ir="dynamo", inputs=[x, x], device="cpu")
    given = [x, of_range((2, 4), (3, 4), (8, 4))]
    compiled = torch_tensorrt.compile(DecidesByOne(), ir="dynamo", inputs=given, device="cpu")
    for rows in (1, 8):
        x, y = torch.randn(rows, 4), torch.randn(2, 4)
        torch.testing.assert_close(compiled(x, y), DecidesByOne()(x, y))


class SlicesTheWhole(nn.Module):
    def forward(self, x):
        return x[:, : x.shape[1]].relu()[: x.shape[0]].expand(x.shape[0], -1) + 1


class SqueezesOne(nn.Module):
    def forward(self, x):
        return x.squeeze(0) if x.shape[0] == 1 else x


def test_views_that_change_nothing_are_no_other_path():
    given = [of_range((1, 4), (3, 4), (8, 4))]
    compiled = torch_tensorrt.compile(SlicesTheWhole(), ir="dynamo", inputs=given, device="cpu")
    for rows in (1, 8):
        x = torch.randn(rows, 4)
        torch.testing.assert_close(compiled(x), SlicesTheWhole()(x))
    with pytest.raises(ValueError, match="SqueezesOne computes something else where a size is 1"):
        torch_tensorrt.compile(SqueezesOne(), ir="dynamo", inputs=given, device="cpu")
