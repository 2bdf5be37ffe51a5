"""Results with data-dependent sizes: the backends that support them, and the values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import torch
from ops.discover import late_rows
from ops.table import Row, compile_for, dynamic_specs, script_row, static_specs
from outside import BUILD

import torch_tensorrt
from torch_tensorrt import Input

TORCHTRTC = Path(sysconfig.get_path("scripts")) / "torchtrtc"
ROWS = late_rows()
HERE = Path(__file__).resolve().parent
REFERENCE = BUILD / "test_backends" / "reference"  # built by the target torchtrt_reference
REASON = "the shape of the result depends on the values of the input"
CASES = [f"{row.name} ({how})" for row in ROWS for how in ("static", "range") if how == "static" or not row.static_only]


def kind(row: Row) -> str:
    return row.op.partition(".")[0]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_our_engine_declines_with_layer_and_reason(row: Row) -> None:
    with pytest.raises(RuntimeError, match=REASON) as error:
        compile_for(script_row(row), static_specs(row))
    assert 'non_zero "%' in str(error.value)
    assert kind(row) in str(error.value)
    assert "where(mask, x, y) or masked_fill, which keep the shape" in str(error.value)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.static_only], ids=lambda row: row.name)
def test_so_it_does_for_a_range(row: Row) -> None:
    with pytest.raises(RuntimeError, match=f'non_zero "%.*{REASON}'):
        compile_for(script_row(row), dynamic_specs(row)[0])


@pytest.fixture(scope="module")
def by_reference() -> dict[str, str]:
    assert REFERENCE.is_dir(), f"build the target torchtrt_reference: {REFERENCE} is not there"
    environment = dict(os.environ, TORCHTRT_BACKEND_PATH=str(REFERENCE))
    run = [sys.executable, str(HERE / "late_rows_by_reference.py")]
    done = subprocess.run(run, capture_output=True, text=True, env=environment, cwd=HERE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_a_backend_that_takes_them_gives_what_pytorch_gives(by_reference: dict[str, str], name: str) -> None:
    assert by_reference[name] == ""


class Rows(torch.nn.Module):
    def forward(self, x, mask):
        picked = x[mask]
        return picked.sum(0)


class Branch(torch.nn.Module):
    def forward(self, x):
        found = x.nonzero()
        if found.size(0) > 2:
            return found
        return found + 1


SPECS = [Input((4, 3)), Input((4,), dtype=torch.bool)]


def test_check_tells_what_the_backend_takes() -> None:
    for backend in ("auto", "native"):
        report = torch_tensorrt.check(Rows().eval(), SPECS, backend=backend)
        assert not report
        assert all(op.how != "pytorch" for op in report.operators)
        assert "backend native: it does not take 1 of the" in report.problem
        assert REASON in report.problem
        assert "test_late_sizes.py" in report.problem  # the user's line
    assert "these inputs cannot be compiled: backend native" in str(report)


class Found(torch.nn.Module):
    def forward(self, x):
        return x.nonzero()


@pytest.mark.parametrize("inputs", [None, [Input((4, 3))]])
def test_check_lists_the_operator_that_the_backend_does_not_take(inputs) -> None:
    report = torch_tensorrt.check(Found().eval(), inputs)
    assert not report
    (operator,) = report.operators
    assert (operator.how, operator.op.partition("(")[0]) == ("pytorch", "aten::nonzero")
    assert operator.reason.startswith(REASON)
    assert "x.nonzero()" in operator.source


def test_check_of_a_backend_that_is_not_there_says_so() -> None:
    assert 'no backend "no_such"' in torch_tensorrt.check(Rows().eval(), SPECS, backend="no_such").problem


def test_check_asks_the_backend_that_is_named() -> None:
    code = """
import sys
sys.path.insert(0, "HERE")
import test_late_sizes as here, torch_tensorrt
report = torch_tensorrt.check(here.Rows().eval(), here.SPECS, backend="reference")
assert report, report.table
report = torch_tensorrt.check(here.Found().eval(), backend="reference")
assert report, report.table
""".replace("HERE", str(HERE))
    environment = dict(os.environ, TORCHTRT_BACKEND_PATH=str(REFERENCE))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("backend", "code"), [("native", 2), ("reference", 0), ("auto", 0)])
def test_the_program_asks_the_backend_that_is_named(tmp_path, backend: str, code: int) -> None:
    path = tmp_path / "found.ts"
    torch.jit.script(Found().eval()).save(str(path))
    environment = dict(os.environ, TORCHTRT_BACKEND_PATH=str(REFERENCE))
    command = [TORCHTRTC, "check", path, "(4,3)", "--backend", backend]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert (REASON in done.stdout) is (code == 2)


def test_a_mask_of_another_size_is_an_error_of_the_run() -> None:
    code = """
import sys
sys.path.insert(0, "HERE")
import pytest, torch, test_late_sizes as here, torch_tensorrt
from torch_tensorrt import Input
specs = [Input(min_shape=(1, 3), opt_shape=(4, 3), max_shape=(8, 3)),
         Input(min_shape=(1,), opt_shape=(4,), max_shape=(8,), dtype=torch.bool)]
compiled = torch_tensorrt.compile(here.Rows().eval(), inputs=specs, device="cpu", backend="reference")
x = torch.randn(4, 3)
torch.testing.assert_close(compiled(x, torch.ones(4, dtype=torch.bool)), x.sum(0))
for size in (3, 5):
    with pytest.raises(RuntimeError, match=f"cannot reshape {size} to 4"):
        compiled(x, torch.ones(size, dtype=torch.bool))
""".replace("HERE", str(HERE))
    environment = dict(os.environ, TORCHTRT_BACKEND_PATH=str(REFERENCE))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


def test_a_condition_on_such_a_size_depends_on_values() -> None:
    module = torch.jit.script(Branch().eval())
    with pytest.raises(RuntimeError, match="the condition of .* depends on the values of an input"):
        torch_tensorrt.compile(module, inputs=[Input((5,))], device="cpu", require_full_compilation=True)
    compiled = torch_tensorrt.compile(module, inputs=[Input((5,))], device="cpu", min_block_size=1)
    for x in (torch.ones(5), torch.eye(5)[2], torch.zeros(5)):
        assert torch.equal(compiled(x), module(x))


class Pick(torch.nn.Module):
    def forward(self, x, mask):
        return x[:, mask]


@pytest.mark.parametrize(
    ("shape", "mask", "reason"),
    [
        ((4, 3), (4,), "dimension 0 of the mask has size 4, must have 3 like dimension 1"),
        ((4, 3), (3, 1), "a mask of rank 2 does not fit dimensions from 1 on of a tensor of rank 2"),
        ((4, 3), (), "a mask of rank 0"),
    ],
)
def test_a_mask_that_does_not_fit(shape, mask, reason) -> None:
    with pytest.raises(RuntimeError, match=reason):
        torch_tensorrt.compile(
            torch.jit.script(Pick().eval()), inputs=[Input(shape), Input(mask, dtype=torch.bool)], device="cpu"
        )


class Known(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.tensor([True, False, True, True]))

    def forward(self, x):
        return torch.masked_select(x, self.mask), x[:, self.mask], self.mask.nonzero()


def test_a_mask_that_is_known_has_known_places() -> None:
    module, x = torch.jit.script(Known().eval()), torch.randn(3, 4)
    compiled = torch_tensorrt.compile(module, inputs=[Input((3, 4))], device="cpu", backend="native")
    for mine, theirs in zip(compiled(x), module(x), strict=True):
        assert mine.dtype == theirs.dtype
        assert torch.equal(mine, theirs)
