"""python -m torch_tensorrt report: the files that it writes, and its complaints."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy
import pytest
import torch
from models import Mlp, TwoInputs
from outside import try_run

import torch_tensorrt


def command(*arguments: str | Path, status: int = 0) -> tuple[str, str]:
    done = try_run(sys.executable, "-m", "torch_tensorrt", "report", *arguments)
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


def compiled(module: torch.nn.Module, inputs: list, path: Path) -> Path:
    made = torch_tensorrt.compile(torch.jit.script(module.eval()), inputs=inputs, device="cpu")
    made.save(str(path))
    return path


@pytest.fixture(scope="module")
def mlp(tmp_path_factory) -> Path:
    return compiled(Mlp(), [torch.ones(1, 16)], tmp_path_factory.mktemp("report") / "mlp.ts")


def test_without_a_file_it_prints_text(mlp):
    told, _ = command(mlp)
    assert told.startswith("Mlp: 1 engine") and "times were not measured" in told


@pytest.mark.parametrize(
    ("flags", "name", "start"),
    [
        (("--html",), "page.txt", "<!DOCTYPE html>"),
        ((), "page.html", "<!DOCTYPE html>"),
        (("--json",), "report.data", "{"),
        ((), "report.json", "{"),
        ((), "report.txt", "Mlp: 1 engine"),
    ],
)
def test_the_form_follows_from_the_flag_or_the_ending(mlp, tmp_path, flags, name, start):
    assert command(mlp, *flags, "--out", tmp_path / name) == ("", "")
    assert (tmp_path / name).read_text().startswith(start)


def test_inputs_are_measured(mlp, tmp_path):
    numpy.save(tmp_path / "x.npy", numpy.ones((1, 16), numpy.float32))
    torch.save(torch.ones(1, 16), tmp_path / "x.pt")
    numpy.savez(tmp_path / "x.npz", numpy.ones((1, 16), numpy.float32))
    for name in ("x.npy", "x.pt", "x.npz"):
        told, _ = command(mlp, "--json", "--inputs", tmp_path / name)
        assert json.loads(told)["times"]["total"] > 0


def test_inputs_by_name(tmp_path):
    module = compiled(TwoInputs(), [torch.ones(2, 4), torch.ones(2, 4)], tmp_path / "two.ts")
    names = [argument.name for argument in torch.jit.load(module).forward.schema.arguments[1:]]
    numpy.savez(tmp_path / "inputs.npz", **dict.fromkeys(names, numpy.ones((2, 4), numpy.float32)))
    told, _ = command(module, "--json", "--inputs", tmp_path / "inputs.npz")
    assert json.loads(told)["times"]["engine_calls"] == 1


def test_files_for_other_programs(mlp, tmp_path):
    numpy.save(tmp_path / "x.npy", numpy.ones((1, 16), numpy.float32))
    trace, folder = tmp_path / "trace.json", tmp_path / "files"
    files = ("--trace", trace, "--onnx", folder, "--trex", folder, "--inputs", tmp_path / "x.npy", "--import", "json")
    assert command(mlp, *files) == ("", "")
    assert json.loads(trace.read_text())["traceEvents"]
    assert {"engine_0.onnx", "engine_0.graph.json", "engine_0.profile.json"} <= {one.name for one in folder.iterdir()}


PROGRAM_WITH_TORCHVISION = """
import sys
import torch
import torchvision
import torch_tensorrt

class Boxes(torch.nn.Module):
    def forward(self, boxes, scores):
        return torch.ops.torchvision.nms(boxes.relu(), scores, 0.5)

inputs = [torch.rand(4, 4), torch.rand(4)]
script = torch.jit.script(Boxes().eval())
torch_tensorrt.compile(script, inputs=inputs, device="cpu", min_block_size=1).save(sys.argv[1])
"""


def test_operators_of_other_libraries_are_imported(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM_WITH_TORCHVISION)
    done = try_run(sys.executable, tmp_path / "program.py", tmp_path / "boxes.ts")
    assert done.returncode == 0, done.stderr
    _, complained = command(tmp_path / "boxes.ts", status=1)
    assert "Unknown builtin op: torchvision::nms; import" in complained and "--import torchvision" in complained
    told, _ = command(tmp_path / "boxes.ts", "--import", "torchvision")
    assert "torchvision::nms" in told


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("missing.ts",), "there is no file"),
        (("{mlp}", "--inputs", "missing.npy"), "there is no file missing.npy"),
        (("{mlp}", "--inputs", "{mlp}"), "must end in .npy, .npz, .pt, .pth"),
        (("{mlp}", "--inputs", "{folder}/bad.npy"), "bad.npy is no file of tensors"),
        (("{mlp}", "--out", "{mlp}"), "would overwrite the module"),
        (("{mlp}", "--out", "{folder}/report.pdf"), "must end in"),
        (("{plain}",), "not compiled"),
        (("{mlp}", "--trace", "{folder}/trace.json"), "--trace needs --inputs"),
        (("{mlp}", "--import", "no_such_module"), "No module named 'no_such_module'"),
    ],
)
def test_complaints(mlp, tmp_path, arguments, complaint):
    (tmp_path / "bad.npy").write_text("no array")
    torch.jit.script(Mlp()).save(str(tmp_path / "plain.ts"))
    names = {"mlp": mlp, "folder": tmp_path, "plain": tmp_path / "plain.ts"}
    told, complained = command(*(text.format(**names) for text in arguments), status=1)
    assert told == "" and complained.startswith("python -m torch_tensorrt report: ")
    assert complaint in complained and len(complained.splitlines()) == 1
