"""torchtrtc bench: the times of modules that run by turns."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy
import pytest
import torch
from models import Mlp, TwoInputs
from outside import TORCHTRTC, try_run
from torch import nn

import torch_tensorrt
from torch_tensorrt._bench_command import measure


def torchtrtc(*arguments: str | Path, status: int = 0) -> tuple[str, str]:
    done = try_run(TORCHTRTC, *arguments)
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


def bench(*arguments: str | Path) -> dict:
    return json.loads(torchtrtc("bench", *arguments, "--json")[0])


@pytest.fixture
def model(tmp_path) -> Path:
    torch.jit.script(Mlp().eval()).save(str(tmp_path / "model.ts"))
    return tmp_path / "model.ts"


def test_modules_run_by_turns(model, tmp_path):
    module = torch_tensorrt.compile(torch.jit.load(model), inputs=[torch.randn(4, 16)], device="cpu")
    module.save(str(tmp_path / "compiled.ts"))
    report = bench(model, tmp_path / "compiled.ts", "--input", "4x16", "--iterations", "7", "--warmup=0", "--threads=1")
    assert report["threads"] == 1 and report["warmup"] == 0
    assert [row["name"] for row in report["rows"]] == [str(model), str(tmp_path / "compiled.ts")]
    for row in report["rows"]:
        assert row["iterations"] == 7 and row["batch"] == 4 and row["device"] == "cpu"
        assert 0 < row["min_ms"] <= row["p50_ms"] <= row["p90_ms"] <= row["p99_ms"]
        assert row["min_ms"] <= row["mean_ms"] <= row["p99_ms"]
        assert row["items_per_s"] == pytest.approx(4 / row["mean_ms"] * 1e3)
        assert row["speedup"] == pytest.approx(report["rows"][0]["p50_ms"] / row["p50_ms"])


def test_several_calls_at_one_time(model):
    flags = ("--input", "4x16", "--iterations", "5", "--warmup=1", "--threads=1", "--streams", "3")
    report = bench(model, "--vs", "backend=native", "-d", "cpu", *flags)
    assert report["streams"] == 3 and report["threads"] == 1
    for row in report["rows"]:
        assert row["iterations"] == 15
        assert row["items_per_s"] == pytest.approx(3 * 4 / row["mean_ms"] * 1e3)


def test_a_failure_of_one_of_several_calls_is_told(model):
    told = torchtrtc("bench", model, "--input", "4x17", "--streams", "2", status=1)[1]
    assert told.count("\n") == 1 and "does not run" in told


def test_layers_are_measured(model):
    flags = ("--vs", "backend=native", "-d", "cpu", "--input", "4x16", "--iterations", "3")
    original, compiled = bench(model, *flags, "--layers")["rows"]
    assert original["layers"] == []
    assert compiled["layers"] and all(layer["ms"] > 0 and layer["engine"] for layer in compiled["layers"])
    assert any("aten::linear" in layer["layer"] for layer in compiled["layers"])
    table = torchtrtc("bench", model, *flags, "--layers")[0]
    assert "aten::linear" in table and "backend=native: " in table
    assert "layers" not in bench(model, *flags)["rows"][1]


def test_torch_compile_runs_in_python(model):
    flags = ("-d", "cpu", "--input", "4x16", "--iterations", "3", "--warmup=1", "--threads=1")
    report = bench(model, "--vs", "eager,frozen,torch.compile,backend=native", *flags)
    assert [row["name"] for row in report["rows"][1:]] == ["eager", "frozen", "torch.compile", "backend=native"]
    assert all(row["iterations"] == 3 and row["min_ms"] > 0 for row in report["rows"])
    timed = bench(model, "--vs", "torch.compile", "-d", "cpu", "--input", "4x16", "--duration", "0.2", "--warmup=0")
    assert all(row["iterations"] >= 2 for row in timed["rows"])


def test_torch_compile_gets_the_converted_program(model, tmp_path, monkeypatch):
    programs = []
    monkeypatch.setattr(torch, "compile", lambda program: programs.append(program) or program)
    torch.save((torch.randn(4, 16),), tmp_path / "arguments.pt")
    rows = [
        {"name": name, "path": str(model), "device": "cpu", "by_torch_compile": name == "torch.compile"}
        for name in ("eager", "torch.compile")
    ]
    given = {
        "modules": rows, "arguments": str(tmp_path / "arguments.pt"), "libraries": [], "warmup": 0, "iterations": 2,
        "duration": None, "threads": None,
    }  # fmt: skip
    assert [len(times) for times in measure(given)] == [2, 2]
    assert len(programs) == 1 and isinstance(programs[0], torch.fx.GraphModule)


def test_torch_compile_needs_one_stream_and_python(model):
    flags = ("--vs", "torch.compile", "-d", "cpu", "--input", "4x16")
    assert "omit one" in torchtrtc("bench", model, *flags, "--streams", "2", status=1)[1]
    done = subprocess.run(
        [TORCHTRTC, "bench", model, *flags],
        capture_output=True,
        text=True,
        env=os.environ | {"TORCHTRTC_PYTHON": "none"},
    )
    assert done.returncode == 1 and "torch.compile needs Python with the package torch_tensorrt" in done.stderr
    told = torchtrtc("bench", model, *flags[:-1], "4x17", status=1)[1]
    assert "does not run" in told or "does not convert" in told


class Loops(nn.Module):
    """Takes a time that grows with its repetitions."""

    def __init__(self, repetitions: int) -> None:
        super().__init__()
        self.repetitions = repetitions

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(self.repetitions):
            x = torch.sin(x)
        return x


def test_the_speedup_is_that_of_the_first_module_over_the_row(tmp_path):
    for count in (10, 200):
        torch.jit.script(Loops(count)).save(str(tmp_path / f"{count}.ts"))
    report = bench(tmp_path / "200.ts", tmp_path / "10.ts", "--input=100x1000", "--iterations=9")
    assert report["rows"][0]["speedup"] == 1
    assert report["rows"][1]["speedup"] > 3  # 20 without the cost of a call


def test_forms_of_a_module_and_batches(model):
    report = bench(
        model,
        "--vs",
        "eager,frozen,backend=native",
        "-d",
        "cpu",
        "--input=x:2x16",
        "--batch=1",
        "--batch=8",
        "--duration=0.2",
    )
    names = [str(model), "eager", "frozen", "backend=native"]
    assert [(row["name"], row["batch"]) for row in report["rows"]] == [(n, b) for b in (1, 8) for n in names]
    assert all(row["iterations"] >= 2 for row in report["rows"])


def test_inputs_from_a_file(tmp_path):
    torch.jit.script(TwoInputs().eval()).save(str(tmp_path / "two.ts"))
    numpy.savez(tmp_path / "ab.npz", a=numpy.ones((2, 8), "float32"), b=numpy.ones((2, 8), "float32"))
    report = bench(tmp_path / "two.ts", "--input", tmp_path / "ab.npz", "--iterations=3")
    assert report["rows"][0]["batch"] == 2
    told = torchtrtc("bench", tmp_path / "two.ts", "--input", tmp_path / "ab.npz", "--batch=3", status=1)[1]
    assert "--batch was given with a file as an input" in told


def test_the_table(model):
    text = torchtrtc("bench", model, "--vs=frozen", "--input=2x16", "--iterations=3")[0]
    head, first, second = text.splitlines()
    assert head.split()[:4] == ["module", "batch", "min", "ms"] and head.endswith("speedup")
    assert first.split()[0] == str(model) and first.split()[-1] == "1.00" and second.split()[0] == "frozen"


@pytest.mark.parametrize(
    ("flags", "status", "complaint"),
    [
        ([], 1, "no inputs were given; give --input SPEC"),
        (["--input=2x17"], 1, "model.ts does not run: "),
        (["--input=()", "--batch=2"], 1, "--batch was given with a scalar"),
        (["--input=2x16", "--vs=fast"], 3, "'fast' is none of eager, frozen, torch.compile, backend=NAME"),
        (["--input=2x16", "--vs=backend=nobody"], 1, 'there is no backend "nobody"'),
        (["--input=2x16", "--iterations=0"], 3, "'0' is not a whole number from 1"),
        (["--input=2x16", "--warmup=-1"], 3, "'-1' is not a whole number from 0"),
        (["--input=2x16", "--threads=0"], 3, "'0' is not a whole number from 1 to 1024"),
        (["--input=2x16", "--batch=0"], 3, "'0' is not a whole number from 1"),
        (["--input=2x16", "--duration=-1"], 3, "'-1' is not a number of 0 or more"),
        (["--input=2x16", "--duration=1", "--iterations=2"], 3, "excludes"),
    ],
)
def test_mistakes(flags, status, complaint, model):
    told = torchtrtc("bench", model, "-d", "cpu", *flags, status=status)[1]
    assert complaint in told and told.count("\n") == 1
