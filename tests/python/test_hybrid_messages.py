"""The message about a hybrid module: what PyTorch runs, where, why, and how to get one engine or an error."""

from __future__ import annotations

import re
import subprocess
import sys

import torch
from outside import EXAMPLES
from torch import nn

import torch_tensorrt

HERE = re.escape(__file__)


def message(capfd, module: nn.Module, *inputs, level: str = "WARNING", **settings) -> list[str]:
    """Compiles the module and returns the lines of the message about its parts."""
    capfd.readouterr()
    script = torch.jit.script(module.eval())
    inputs = inputs or (torch_tensorrt.Input((2, 4)),)
    with torch_tensorrt.logging.info():
        torch_tensorrt.compile(script, inputs=list(inputs), device="cpu", min_block_size=1, **settings)
    shown = capfd.readouterr().err
    found = re.search(rf"{level}: \[Torch-TensorRT\] - ((no part|\d+ engine).*(\n( |require_full).*)*)", shown)
    assert found, shown
    return found[1].splitlines()


class Mixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        y = torch.relu(self.layer(x))
        for _ in range(2):
            y = torch.igamma(y + 1.0, y.abs() + 1.0)
        return {"y": y, "unique": torch.unique(y), "calls": torch.tensor(self.calls)}


def test_a_row_has_the_operator_its_uses_line_and_reason(capfd):
    lines = message(capfd, Mixed())
    assert re.fullmatch(r"\d engines run \d+ operations of forward; PyTorch runs:", lines[0]), lines
    rows = "\n".join(lines[1:-1])
    assert re.search(rf"^  - 2 x aten::igamma, first at {HERE}:\d+: \S", rows, re.MULTILINE), rows
    # The line of the call, not the line in torch/functional.py.
    assert re.search(rf"^  - aten::_unique2 at {HERE}:\d+: the shape of the result depends on", rows, re.MULTILINE), (
        rows
    )
    assert "%" not in rows


def test_the_last_line_names_the_settings(capfd):
    assert message(capfd, Mixed())[-1] == (
        "require_full_compilation=True makes one engine of the method, or an error; "
        "torch_tensorrt.check(module, inputs) lists all operators"
    )


class NonZero(nn.Module):
    def forward(self, x):
        return (torch.relu(x) + 1.0).nonzero()


def test_the_reason_of_a_backend_is_one_line(capfd):
    lines = message(capfd, NonZero(), backend="native")
    assert lines[0] == "1 engine runs 2 operations of forward; PyTorch runs:"
    assert re.fullmatch(rf"  - aten::nonzero at {HERE}:\d+: the shape of the result depends on the values .*", lines[1])
    assert len(lines) == 3


class AfterComplex(nn.Module):
    def forward(self, x):
        return torch.fft.fft(x).abs() + 1.0


def test_a_reason_names_the_operator_that_a_value_comes_from(capfd):
    rows = "\n".join(message(capfd, AfterComplex()))
    assert re.search(r"aten::abs at .*: it takes a result of aten::fft_fft, whose dtype, rank or size engines", rows), (
        rows
    )


class AllOfPyTorch(nn.Module):
    def forward(self, x):
        return torch.igamma(x, x)


def test_no_engine_is_said_so(capfd):
    assert message(capfd, AllOfPyTorch())[0] == "no part of forward runs in an engine; PyTorch runs:"


class Many(nn.Module):
    def forward(self, x):
        a = torch.igamma(x, x) + torch.igammac(x, x) + torch.special.i0(x)
        b = torch.special.i0e(a) + torch.special.i1(a) + torch.special.i1e(a) + torch.special.ndtri(a)
        c = torch.special.bessel_j0(b) + torch.special.bessel_j1(b) + torch.special.bessel_y0(b)
        d = torch.special.bessel_y1(c) + torch.special.modified_bessel_i0(c) + torch.special.modified_bessel_i1(c)
        e = torch.special.modified_bessel_k0(d) + torch.special.modified_bessel_k1(d) + torch.mvlgamma(d + 9, 2)
        return e + torch.special.airy_ai(e) + torch.special.zeta(e, e) + torch.polygamma(2, e) + torch.igamma(e, e)


def test_the_list_has_an_end(capfd):
    lines = message(capfd, Many())
    assert len(lines) == 15
    assert re.match(r"  - 2 x aten::igamma, first at", lines[1])  # the most uses come first
    assert re.fullmatch(r"  - and \d+ more operations", lines[13])


class View(nn.Module):
    def forward(self, x):
        return x.view(-1), torch.relu(x) + 1.0


def test_a_module_without_operators_for_pytorch_causes_no_warning(capfd):
    lines = message(capfd, View(), level="INFO")
    assert lines == [
        "1 engine runs 2 operations of forward; it is not one engine, because result 0 may share the memory of the "
        "argument x"
    ]


def test_the_example_runs(tmp_path):
    saved = tmp_path / "novelty.ts"
    call = [sys.executable, EXAMPLES / "hybrid" / "novelty.py", saved]
    done = subprocess.run(call, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("novelty") == 3
    assert "after reset: 0 batches" in done.stdout
    assert "PyTorch runs:" in done.stderr
    assert torch.jit.load(saved).batches == 0
