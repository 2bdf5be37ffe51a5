"""torchtrtc never writes over a file that it reads, or writes twice."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import torch
from models import WritesItsArgument
from torch import nn

import torch_tensorrt

TORCHTRTC = Path(sysconfig.get_path("scripts")) / "torchtrtc"


def run(*arguments, cwd):
    command = [sys.executable, TORCHTRTC, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    module = torch.jit.script(nn.Sequential(nn.Linear(8, 4), nn.ReLU()).eval())
    module.save(str(tmp_path / "model.ts"))
    np.save(tmp_path / "in.npy", np.ones((2, 8), np.float32))
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "a.npy", np.ones((2, 8), np.float32))
    (tmp_path / "specs.txt").write_text("in.npy\n")
    (tmp_path / "more.txt").write_text("@in.npy\n")
    (tmp_path / "link").symlink_to("in.npy")
    return tmp_path


def contents(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


INT8 = ["-d", "cpu", "-p", "float", "-p", "int8"]
DATA = [*INT8, "--calibration-data", "data"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["model.ts", "in.npy", "in.npy", "-d", "cpu"], "the output in.npy is also the input spec"),
        (["model.ts", "in.npy", "0:in.npy", "-d", "cpu"], "is also the input spec"),
        (["model.ts", "link", "in.npy", "-d", "cpu"], "the output link is also the input spec, under the name in.npy"),
        (["model.ts", "specs.txt", "@specs.txt", "-d", "cpu"], "the output specs.txt is also the input spec"),
        (["model.ts", "in.npy", "@specs.txt", "-d", "cpu"], "the output in.npy is also the input spec"),
        (["model.ts", "in.npy", "@more.txt", "-d", "cpu"], "the output in.npy is also the input spec"),
        (["model.ts", "data/a.npy", "2x8", *DATA], "the output data/a.npy is also the calibration data"),
        (["model.ts", "out.ts", "2x8", *DATA, "--calibration-cache-file", "model.ts"], "is also the input"),
        (
            ["model.ts", "out.ts", "2x8", *DATA, "--calibration-cache-file", "data/a.npy"],
            "is also the calibration data",
        ),
        (["model.ts", "out.ts", "2x8", *DATA, "--calibration-cache-file", "out.ts"], "is also the calibration cache"),
        (["model.ts", "out.ts", "2x8", *INT8, "--calibration-cache-file", "out.ts"], "is also the calibration cache"),
        (["model.ts", "out.ts", "2x8", *DATA, "--timing-cache", "data/a.npy"], "is also the calibration data"),
        (["bench", "model.ts", "--input", "in.npy", "-d", "cpu", "--timing-cache", "in.npy"], "is also the input spec"),
    ],
)
def test_files_are_distinct(folder, arguments, what):
    before = contents(folder)
    done = run(*arguments, cwd=folder)
    assert done.returncode == 1 and what in done.stderr and "would be overwritten" in done.stderr, done.stderr
    assert contents(folder) == before


def test_other_files_are_taken_for_no_calibration_cache(folder):
    done = run("model.ts", "out.ts", "2x8", *DATA, "--calibration-cache-file", "no/cache", cwd=folder)
    assert done.returncode == 1 and "there is no folder no" in done.stderr, done.stderr
    (folder / "notes.txt").write_text("the user's")
    before = contents(folder)
    done = run("model.ts", "out.ts", "2x8", *DATA, "--calibration-cache-file", "notes.txt", cwd=folder)
    assert done.returncode == 1 and "notes.txt is not a calibration file and would be overwritten" in done.stderr
    assert contents(folder) == before
    for _ in range(2):  # the second writes over the first's
        done = run("model.ts", "out.ts", "2x8", *DATA, "--calibration-cache-file", "new.cache", cwd=folder)
        assert done.returncode == 0, done.stderr


def test_verify_and_the_self_check_give_each_module_its_own_arguments(tmp_path):
    torch.manual_seed(0)
    torch.jit.script(WritesItsArgument().eval()).save(str(tmp_path / "model.ts"))
    torch.jit.script(WritesItsArgument().eval()).save(str(tmp_path / "other.ts"))
    np.save(tmp_path / "x.npy", np.random.default_rng(0).standard_normal((4, 8)).astype(np.float32))
    done = run("model.ts", "out.ts", "4x8", "-d", "cpu", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run("verify", "model.ts", "out.ts", "--data", "x.npy", cwd=tmp_path)
    assert done.returncode == 0 and "PASSED" in done.stdout, done.stdout
    # The infinities of both hide no error.
    done = run("verify", "other.ts", "out.ts", "--data", "x.npy", cwd=tmp_path)
    assert done.returncode == 2 and "FAILED" in done.stdout, done.stdout


def test_verify_compares_no_engines_with_other_operators(tmp_path):
    module = torch.jit.script(nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU()).eval())
    module.save(str(tmp_path / "model.ts"))
    compiled = torch_tensorrt.compile(
        module, inputs=[torch.ones(2, 8)], device="cpu", min_block_size=1, torch_executed_ops=["aten::relu"]
    )
    compiled.save(str(tmp_path / "out.ts"))
    np.save(tmp_path / "x.npy", np.ones((2, 8), np.float32))
    done = run("verify", "model.ts", "out.ts", "--data", "x.npy", cwd=tmp_path)
    assert done.returncode == 0 and "no layers are compared: the engines" in done.stdout, done.stdout


def test_labels_behind_the_arguments_are_left_out(folder):
    torch.save((torch.ones(2, 8), torch.tensor(3)), folder / "labelled.pt")
    done = run("model.ts", "out.ts", "2x8", *INT8, "--calibration-data", "labelled.pt", cwd=folder)
    assert done.returncode == 0, done.stderr
    done = run("verify", "model.ts", "out.ts", "--data", "labelled.pt", cwd=folder)
    assert done.returncode == 0 and "PASSED" in done.stdout, done.stderr


def test_state_dicts_are_no_data(folder):
    torch.save(nn.Linear(8, 4).state_dict(), folder / "weights.pt")
    done = run("verify", "model.ts", "model.ts", "--data", "weights.pt", cwd=folder)
    assert done.returncode == 1 and "(a state_dict is one)" in done.stderr and "bug" not in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2x8", *INT8, "--calibration-algo", "minmax"], "--calibration-algo was given without --calibration-data"),
        (["in.npy", "-d", "cpu", "--preprocess", "scale=0"], "scale is 0"),
    ],
)
def test_options_without_a_meaning_are_errors(folder, arguments, message):
    done = run("model.ts", "out.ts", *arguments, cwd=folder)
    assert done.returncode != 0 and message in done.stderr, done.stderr
    assert not (folder / "out.ts").exists()


def test_verify_takes_modules_that_are_not_compiled(folder):
    done = run("verify", "model.ts", "model.ts", "--data", "in.npy", cwd=folder)
    assert done.returncode == 0 and "the compiled module has no engines" in done.stdout, done.stderr
