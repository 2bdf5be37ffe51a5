"""Inputs with several ranges of shapes: Input(profiles=)."""

from __future__ import annotations

import io
import re

import pytest
import torch

import torch_tensorrt
from torch_tensorrt import Input

SMALL = ((1, 3), (1, 3), (2, 3))
LARGE = ((64, 3), (64, 3), (64, 3))


class Rows(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x).view(x.size(0), -1).sum(1)


class Two(torch.nn.Module):
    def forward(self, x, y):
        return x + y


class Branch(torch.nn.Module):
    def forward(self, x):
        if x.size(0) > 10:
            return x + 1
        return x - 1


def compiled_of(module: torch.nn.Module, *inputs: Input, **settings) -> torch.jit.ScriptModule:
    settings = {"device": "cpu", "require_full_compilation": True, **settings}
    return torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=list(inputs), **settings)


def check(module, compiled, *inputs: torch.Tensor) -> None:
    torch.testing.assert_close(compiled(*inputs), module(*inputs))


def test_shapes_of_each_profile_run_and_those_between_do_not():
    compiled = compiled_of(Rows(), Input(profiles=[SMALL, LARGE]))
    for rows in (1, 2, 64, 1, 64):
        check(Rows(), compiled, torch.randn(rows, 3))
    for rows in (3, 63):
        with pytest.raises(RuntimeError, match="none of the 2 profiles") as error:
            compiled(torch.randn(rows, 3))
        assert f"input x (input_0) has dims {rows}x3, may have 1x3 to 2x3 or 64x3 to 64x3" in str(error.value)
    with pytest.raises(RuntimeError, match="65x3.*1x3 to 64x3"):
        compiled(torch.randn(65, 3))


def test_one_profile_must_fit_all_inputs():
    compiled = compiled_of(Two(), Input(profiles=[SMALL, LARGE]), Input(profiles=[SMALL, LARGE]))
    for rows in (2, 64):
        check(Two(), compiled, torch.randn(rows, 3), torch.randn(rows, 3))
    with pytest.raises(RuntimeError, match="none of the 2 profiles"):
        compiled(torch.randn(1, 3), torch.randn(64, 3))


def test_an_input_of_one_shape_has_it_in_every_profile():
    compiled = compiled_of(Two(), Input(profiles=[SMALL, LARGE]), Input((1, 3)))
    for rows in (1, 2, 64):
        check(Two(), compiled, torch.randn(rows, 3), torch.randn(1, 3))


def test_a_saved_module_keeps_its_profiles():
    file = io.BytesIO()
    torch.jit.save(compiled_of(Rows(), Input(profiles=[SMALL, LARGE])), file)
    file.seek(0)
    loaded = torch.jit.load(file)
    check(Rows(), loaded, torch.randn(64, 3))
    with pytest.raises(RuntimeError, match="none of the 2 profiles"):
        loaded(torch.randn(10, 3))


def test_profiles_are_told_in_any_of_two_ways():
    as_dict = [dict(zip(("min_shape", "opt_shape", "max_shape"), profile, strict=True)) for profile in (SMALL, LARGE)]
    assert Input(profiles=as_dict) == Input(profiles=[SMALL, LARGE])
    assert Input(profiles=[SMALL]) == Input(min_shape=(1, 3), opt_shape=(1, 3), max_shape=(2, 3))
    assert Input(profiles=[SMALL, LARGE]) != Input(profiles=[SMALL])
    assert "(64, 3)" in str(Input(profiles=[SMALL, LARGE]))


def test_a_condition_must_come_out_the_same_in_all_profiles():
    with pytest.raises(RuntimeError, match=r"depends on dimension 0 of input x \(1 to 64\)"):
        compiled_of(Branch(), Input(profiles=[SMALL, LARGE]))
    check(Branch(), compiled_of(Branch(), Input(profiles=[SMALL, ((4, 3), (4, 3), (9, 3))])), torch.randn(5, 3))


class View(torch.nn.Module):
    def forward(self, x):
        return x.view(-1, 8)


def test_an_end_of_a_profile_that_does_not_fit_is_a_warning_and_an_opt_shape_an_error(capfd):
    fits = ((8, 3), (8, 3), (16, 3))
    compiled = compiled_of(View(), Input(profiles=[fits, ((5, 3), (8, 3), (8, 3))]))
    assert re.search(r"WARNING.*does not fit the smallest .*\(from 5x3 to 8x3\)", capfd.readouterr().err)
    check(View(), compiled, torch.randn(8, 3))
    with pytest.raises(RuntimeError, match=r"does not fit the opt shapes, input x 5x3 \(from 5x3 to 8x3\)"):
        compiled_of(View(), Input(profiles=[fits, ((5, 3), (5, 3), (8, 3))]))


def test_inputs_with_other_numbers_of_profiles():
    with pytest.raises(RuntimeError, match="input x has 2 ranges of shapes, but input y has 3"):
        compiled_of(Two(), Input(profiles=[SMALL, LARGE]), Input(profiles=[SMALL, LARGE, LARGE]))
    report = torch_tensorrt.check(Two().eval(), [Input(profiles=[SMALL, LARGE]), Input(profiles=[SMALL] * 3)])
    assert "2 ranges of shapes" in report.problem


def test_profiles_of_one_shape_are_that_shape():
    compiled = compiled_of(Two(), Input(profiles=[LARGE, LARGE]), Input((64, 3)))
    check(Two(), compiled, torch.randn(64, 3), torch.randn(64, 3))


@pytest.mark.parametrize(
    ("profiles", "more", "reason"),
    [
        ([], {}, "profiles is empty"),
        ([SMALL], {"shape": (1, 3)}, "give profiles alone"),
        ([SMALL], {"min_shape": (1, 3)}, "give profiles alone"),
        ([SMALL], {"is_shape_tensor": True, "dtype": torch.int64}, "give profiles alone"),
        ([SMALL, ((1,), (1,), (1,))], {}, r"the ranks \[1, 2\]"),
        ([SMALL, ((2, 3), (1, 3), (2, 3))], {}, "must not decrease"),
        ([SMALL, ((2, 3), (2, 3))], {}, "profile 1 is .* must be a dict or a tuple"),
        (
            [{"min_shape": (1, 3), "opt": (1, 3)}],
            {},
            "profile 0 has the unknown key opt; keys are min_shape, opt_shape, max_shape",
        ),
        ([{"min_shape": (1, 3), "opt_shape": (1, 3)}], {}, "max_shape missing"),
        ([3], {}, "profile 0 is 3"),
    ],
)
def test_what_does_not_fit_together(profiles, more, reason):
    with pytest.raises(ValueError, match=reason):
        Input(profiles=profiles, **more)
