"""Files of torchtrtc: it writes over none that it reads, and says what is wrong with those that it cannot read."""

from __future__ import annotations

import os
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
from torch_tensorrt._bench_command import measure

TORCHTRTC = Path(sysconfig.get_path("scripts")) / "torchtrtc"


def run(*arguments, cwd, **variables):
    command = [sys.executable, TORCHTRTC, *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    module = torch.jit.script(nn.Sequential(nn.Linear(8, 4), nn.ReLU()).eval())
    module.save(str(tmp_path / "model.ts"))
    np.save(tmp_path / "in.npy", np.ones((2, 8), np.float32))
    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "a.npy", np.ones((2, 8), np.float32))
    (tmp_path / "specs.txt").write_text("in.npy\n")
    (tmp_path / "more.txt").write_text("@in.npy\n")
    (tmp_path / "named.txt").write_text("# one\n0:@in.npy\n")
    (tmp_path / "link").symlink_to("in.npy")
    (tmp_path / "new-link").symlink_to("new.ts")
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
        (["bench", "model.ts", "--input", "2x8", "-d", "cpu", "--timing-cache", "model.ts"], "is also the module"),
        (["model.ts", "in.npy", "@named.txt", "-d", "cpu"], "the output in.npy is also the input spec"),
        (["model.ts", "new-link", "2x8", "-d", "cpu", "--timing-cache", "new.ts"], "is also the timing cache"),
        (["inspect", "specs.txt", "--html", "specs.txt"], "the output specs.txt is also the input"),
    ],
)
def test_files_are_distinct(folder, arguments, what):
    before = contents(folder)
    done = run(*arguments, cwd=folder)
    assert done.returncode == 1 and what in done.stderr and "would be overwritten" in done.stderr, done.stderr
    assert contents(folder) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["model.ts", "times", "2x8", "-d", "cpu"],
        ["times", "out.ts", "2x8", "-d", "cpu"],
        ["verify", "model.ts", "times", "--data", "in.npy"],
        ["verify", "model.ts", "model.ts", "--data", "times"],
    ],
)
def test_the_timing_cache_of_the_environment_is_distinct(folder, arguments):
    (folder / "times").touch()
    done = run(*arguments, cwd=folder, TORCHTRT_TIMING_CACHE="times")
    assert done.returncode == 1 and "TORCHTRT_TIMING_CACHE" in done.stderr and "would be" in done.stderr, done.stderr
    assert (folder / "times").read_bytes() == b""


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none/a.cache", "there is no folder none"),
        ("data", "it is a folder"),
        ("specs.txt", "is not a calibration file"),
    ],
)
def test_the_place_of_the_calibration_cache_is_checked_first(folder, path, message):
    # The module is no module: the error of the cache comes before that of loading.
    (folder / "broken.ts").write_text("no module")
    calibration = [*DATA, "--calibration-cache-file", path]
    for command in (["compile", "broken.ts", "out.ts", "2x8"], ["check", "broken.ts"], ["bench", "broken.ts"]):
        done = run(*command, *calibration, cwd=folder)
        assert done.returncode == 1 and message in done.stderr, done.stderr


def test_other_files_are_no_calibrations_to_read(folder):
    done = run("model.ts", "out.ts", "2x8", *INT8, "--calibration-cache-file", "specs.txt", cwd=folder)
    assert done.returncode == 1 and "specs.txt is not a calibration file; name one" in done.stderr, done.stderr


def test_other_files_are_taken_for_no_calibration_cache(folder):
    done = run("model.ts", "out.ts", "2x8", *DATA, "--calibration-cache-file", "no/cache", cwd=folder)
    assert done.returncode == 1 and "there is no folder no" in done.stderr, done.stderr
    (folder / "notes.txt").write_text("the user's")
    before = contents(folder)
    done = run("model.ts", "out.ts", "2x8", *DATA, "--calibration-cache-file", "notes.txt", cwd=folder)
    assert done.returncode == 1 and "notes.txt is not a calibration file and would be overwritten" in done.stderr
    assert contents(folder) == before
    (folder / "new.cache").touch()  # an empty file holds nothing that would be lost
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


class TakesOnes(nn.Module):
    """Raises in its first call unless the argument holds ones, and writes it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        if bool(self.calls[0] == 0) and bool((x != 1).any()):
            raise ValueError("another module wrote the argument")
        self.calls.add_(1)
        x.mul_(2)
        return x + 1


def test_bench_gives_each_module_its_own_arguments(tmp_path):
    torch.jit.script(TakesOnes().eval()).save(str(tmp_path / "ones.ts"))
    np.save(tmp_path / "ones.npy", np.ones((4, 8), np.float32))
    for arguments in (["--input", "ones.npy"], ["--input", "x:ones.npy", "--vs", "eager"]):
        once = ["--warmup", "0", "--iterations", "1", "-d", "cpu"]
        done = run("bench", "ones.ts", "ones.ts", *arguments, *once, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    # The same in the process of Python, which is there for torch.compile.
    row = {"name": "ones", "path": str(tmp_path / "ones.ts"), "device": "cpu", "by_torch_compile": False}
    given = {"modules": [row, row], "libraries": [], "warmup": 0, "iterations": 1, "duration": None, "threads": None}
    for arguments in ((torch.ones(4, 8),), {"x": torch.ones(4, 8)}):
        torch.save(arguments, tmp_path / "arguments.pt")
        assert len(measure({**given, "arguments": str(tmp_path / "arguments.pt")})) == 2


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


ONE_LINE_ERRORS = [
    ("module", nn.Linear(8, 4), "objects of other classes (torch.nn.modules.linear.Linear), must hold a tensor"),
    ("numpy", (torch.ones(2, 8), np.ones(2)), "must hold a tensor"),
    ("first", (3, torch.ones(2, 8)), "does not fit forward(input)"),
    ("nothing", (), "missing value for argument 'input'"),
    ("text", "text", "holds a value of type String, must hold a tensor"),
]


@pytest.mark.parametrize(("name", "value", "message"), ONE_LINE_ERRORS, ids=[row[0] for row in ONE_LINE_ERRORS])
def test_files_of_other_values_are_refused_by_name(folder, name, value, message):
    path = f"{name}.pt"
    torch.save(value, folder / path)
    for arguments in (
        ["verify", "model.ts", "model.ts", "--data", path],
        ["model.ts", "out.ts", "2x8", *INT8, "--calibration-data", path],
    ):
        told = run(*arguments, cwd=folder).stderr
        assert message in told and path in told and told.count("\n") == 1, told
        assert "frame #" not in told and "Exception raised" not in told and "Declaration" not in told, told


def test_data_that_do_not_run_are_an_error_without_a_backtrace(folder):
    np.save(folder / "double.npy", np.ones((2, 8)))
    told = run("model.ts", "out.ts", "2x8", *INT8, "--calibration-data", "double.npy", cwd=folder).stderr
    assert "batch 1 of the calibration data does not run in the module: " in told, told
    assert not any(part in told for part in ("frame #", "Traceback", "Error thrown at", "std::", ".cpp:")), told


def test_older_forms_of_files_are_named(folder):
    torch.save(torch.ones(2, 8), folder / "old.pt", _use_new_zipfile_serialization=False)
    (folder / "text.pt").write_text("no archive")
    for path, message in (("old.pt", "old versions of torch.save"), ("text.pt", "it is a text file")):
        told = run("verify", "model.ts", "model.ts", "--data", path, cwd=folder).stderr
        assert f"{path} is no file of torch.save" in told and message in told and "miniz" not in told, told


def test_help_tells_of_values_behind_the_arguments(folder):
    for command in ("verify", "compile"):
        told = " ".join(run(command, "--help", cwd=folder).stdout.split())
        assert "Values behind the arguments, such as labels, are left out" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2x8", *INT8, "--calibration-algo", "minmax"], "--calibration-algo was given without --calibration-data"),
        (["2x8", *INT8, "--calibration-algo", "entropy_2"], "--calibration-algo was given without"),  # the default
        (["in.npy", "-d", "cpu", "--preprocess", "scale=0"], "scale is 0"),
        (["in.npy", "-d", "cpu", "--preprocess", "std=1:0:1"], "none of which is 0"),
        (["in.npy", "-d", "cpu", "--preprocess", ""], "--preprocess: it has no steps"),
        (["in.npy", "-d", "cpu", "--preprocess", "crop=8"], "--preprocess was given without images"),
        (["2x8", *DATA, "--preprocess", "crop=8"], "--preprocess was given without images"),
    ],
)
def test_options_without_a_meaning_are_errors(folder, arguments, message):
    done = run("model.ts", "out.ts", *arguments, cwd=folder)
    assert done.returncode != 0 and message in done.stderr, done.stderr
    assert not (folder / "out.ts").exists()


def test_verify_takes_modules_that_are_not_compiled(folder):
    done = run("verify", "model.ts", "model.ts", "--data", "in.npy", cwd=folder)
    assert done.returncode == 0 and "the compiled module has no engines" in done.stdout, done.stderr


def test_verify_and_inspect_refuse_flags_for_images_without_images(folder):
    verify = ["verify", "model.ts", "model.ts", "--data", "data"]
    for arguments, flag in (
        ([*verify, "--preprocess", "crop=8"], "--preprocess"),
        ([*verify, "--batch-size", "2"], "--batch-size 2"),
        (["inspect", "model.ts", "--preprocess", "crop=8"], "--preprocess"),
    ):
        done = run(*arguments, cwd=folder)
        assert done.returncode == 1 and f"{flag} was given without images" in done.stderr, done.stderr


def test_verify_takes_data_of_dtypes_that_no_engine_takes(tmp_path):
    torch.jit.script(nn.Identity()).save(str(tmp_path / "model.ts"))
    torch.save(torch.ones(2, dtype=torch.complex64), tmp_path / "x.pt")
    done = run("verify", "model.ts", "model.ts", "--data", "x.pt", "--atol", "0", cwd=tmp_path)
    assert "no layers are compared: the module does not compile in float32" in done.stdout, done.stderr


def test_a_file_of_specs_may_be_a_pipe(folder):
    command = f"{sys.executable} {TORCHTRTC} model.ts out.ts @<(echo 2x8) -d cpu"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_folder_of_links_to_nothing_has_no_data(folder):
    (folder / "links").mkdir()
    (folder / "links" / "a.npy").symlink_to("a.npy")
    done = run("verify", "model.ts", "model.ts", "--data", "links", cwd=folder)
    assert done.returncode == 1 and "--data: the folder links has no file" in done.stderr, done.stderr
