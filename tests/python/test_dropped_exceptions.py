"""The warning about exceptions of a module that one engine does not raise."""

from __future__ import annotations

import re
import subprocess

import pytest
import torch
import torch.nn.functional as F
from outside import TORCHTRTC
from torch import Tensor, nn

import torch_tensorrt
from torch_tensorrt import Input

ROWS = Input(min_shape=(1, 4), opt_shape=(3, 4), max_shape=(8, 4))
FIXED = Input((3, 4))


class OfData(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        assert bool((x > -100).all()), "too small"
        if x.sum() > 1000.0:
            raise ValueError("too large")
        return x.relu() * 2


class OfSizes(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.size(0) > 4:
            raise ValueError(f"{x.size(0)} rows are too many")
        return x.relu() * 2


class InLoop(nn.Module):
    """The same line raises in each round."""

    def forward(self, x: Tensor) -> Tensor:
        for i in range(3):
            assert bool(x[0, i] < 100), "too large"
            x = x.relu() * 2
        return x


class NoMessage(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        assert bool((x > -100).all())
        return x.relu() * 2


class Never(nn.Module):
    """Raises for no declared size."""

    def forward(self, x: Tensor) -> Tensor:
        assert x.size(0) <= 8, "too many rows"
        assert x.size(1) == 4 and x.dim() == 2
        return F.softmax(x, dim=1) + F.layer_norm(x, [4])


def warned(capfd, model: nn.Module, spec: Input, **settings) -> list[str]:
    """Returns the lines of the warning about exceptions."""
    capfd.readouterr()
    module = torch.jit.script(model.eval())
    compiled = torch_tensorrt.compile(module, inputs=[spec], device="cpu", **settings)
    x = torch.rand(3, 4)
    torch.testing.assert_close(compiled(x), module(x))
    return exceptions_in(capfd.readouterr().err)


def exceptions_in(text: str) -> list[str]:
    found = re.search(r"WARNING: \[Torch-TensorRT\] - an engine raises no exceptions.*((?:\n  .*)+)\nA module", text)
    return [line.strip() for line in found[1].strip().splitlines()] if found else []


@pytest.mark.parametrize(
    ("model", "spec", "lines"),
    [
        (
            OfData,
            FIXED,
            ['assert bool((x > -100).all()), "too small"|too small', 'raise ValueError("too large")|too large'],
        ),
        (OfSizes, ROWS, ['raise ValueError(f"{x.size(0)} rows are too many")|{} rows are too many']),
        (InLoop, FIXED, ['assert bool(x[0, i] < 100), "too large"|too large']),
    ],
)
def test_the_warning_names_lines_and_messages(capfd, model: type[nn.Module], spec: Input, lines: list[str]) -> None:
    found = warned(capfd, model(), spec, require_full_compilation=True)
    assert len(found) == len(lines)
    for line, expected in zip(found, lines, strict=True):
        code, _, message = expected.partition("|")
        assert re.fullmatch(rf"{re.escape(__file__)}:\d+: {re.escape(code)} \(\".*{re.escape(message)}\"\)", line)


def test_an_assert_without_a_message_has_its_line(capfd) -> None:
    (line,) = warned(capfd, NoMessage(), FIXED, require_full_compilation=True)
    assert "assert bool((x > -100).all())" in line


@pytest.mark.parametrize("model", [OfData, OfSizes, InLoop])
def test_a_module_that_raises_them_warns_of_none(capfd, model: type[nn.Module]) -> None:
    assert warned(capfd, model(), ROWS) == []


@pytest.mark.parametrize("spec", [ROWS, FIXED])
def test_exceptions_that_the_inputs_rule_out_are_not_named(capfd, spec: Input) -> None:
    assert warned(capfd, Never(), spec, require_full_compilation=True) == []


def test_of_the_sizes_of_one_call_none_is_too_large(capfd) -> None:
    assert warned(capfd, OfSizes(), FIXED, require_full_compilation=True) == []


def test_an_engine_outside_a_module_warns_too(capfd) -> None:
    module = torch.jit.script(OfData().eval())
    torch_tensorrt.ts.convert_method_to_trt_engine(module, "forward", inputs=[FIXED], device="cpu")
    assert len(exceptions_in(capfd.readouterr().err)) == 2


def test_the_program_warns_too(tmp_path) -> None:
    path = tmp_path / "module.ts"
    torch.jit.script(OfData().eval()).save(str(path))
    command = [TORCHTRTC, path, tmp_path / "compiled.ts", "(3,4)", "--device-type", "cpu", "--require-full-compilation"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(exceptions_in(done.stdout + done.stderr)) == 2
