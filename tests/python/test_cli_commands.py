"""The commands of torchtrtc: their help, exit codes, and what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import torch
from models import LeNet, Mlp, Unsupported
from outside import TORCHTRTC, try_run

import torch_tensorrt  # noqa: F401  (engines load)

COMMANDS = ("compile", "check", "inspect", "verify", "bench", "embed", "refit", "doctor")


def saved(module: torch.nn.Module, path: Path) -> Path:
    torch.jit.script(module.eval()).save(str(path))
    return path


def torchtrtc(*arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = try_run(TORCHTRTC, *arguments)
    assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def help_of(*arguments: str, columns: int = 80) -> str:
    environment = {**os.environ, "COLUMNS": str(columns)}
    command = [TORCHTRTC, *arguments, "--help"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=lambda names: "".join(names) or "none")
def test_help_has_examples_and_exit_codes(command):
    text = help_of(*command)
    assert "Examples:\n  torchtrtc " in text
    assert "Exit codes: 0 success; 1 an error; " in " ".join(text.split())
    assert ("2 " in text.split("Exit codes")[-1]) == (command in (("check",), ("verify",)))


@pytest.mark.parametrize("columns", [50, 80, 110])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_the_terminal(command, columns):
    lines = help_of(command, columns=columns).splitlines()
    long = [line for line in lines if len(line) > columns and not line.startswith("  torchtrtc ")]
    assert all(" " not in line.strip() for line in long), long  # one word
    assert max(map(len, lines)) > columns * 0.7


def test_check_takes_every_flag_of_an_engine():
    def flags(command: str, groups: set[str]) -> set[str]:
        found: set[str] = set()
        for part in help_of(command).split("\n\n"):
            title, _, body = part.strip().partition(":\n")
            if title in groups:
                found |= set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", body))
        return found

    groups = {"Engines", "Settings", "Device", "Calibration"}
    assert flags("compile", groups) == flags("check", groups)
    assert {"--enable-precision", "--mbs", "--gpu-id", "--num-threads"} <= flags("check", groups)


def test_compile_with_and_without_its_name(tmp_path):
    model = saved(Mlp(), tmp_path / "model.ts")
    said = []
    for i, name in enumerate(([], ["compile"])):
        out = tmp_path / f"out{i}.ts"
        said.append(torchtrtc(*name, model, out, "(3,16)", "-p", "f32", "-d", "cpu", "--rtol=1e-4").stdout)
        x = torch.randn(3, 16)
        torch.testing.assert_close(torch.jit.load(out)(x), torch.jit.load(model)(x), rtol=1e-4, atol=1e-5)
        assert re.fullmatch(rf"wrote {out}: 1 engine, no nodes left to PyTorch, \d+\.\d kB, \d+\.\d s\n", said[-1])


def test_the_line_of_a_hybrid_module_and_of_an_engine(tmp_path):
    model = saved(Unsupported(), tmp_path / "model.ts")
    out = torchtrtc(model, tmp_path / "out.ts", "(3)", "-d", "cpu", "--mbs=1").stdout
    assert "1 engine, 1 node left to PyTorch" in out
    mlp = saved(Mlp(), tmp_path / "mlp.ts")
    out = torchtrtc("--save-engine", mlp, tmp_path / "mlp.engine", "(3,16)", "-d", "cpu", "--rtol=1e-4").stdout
    assert out.startswith(f"wrote {tmp_path / 'mlp.engine'}: one engine, ") and out.count("\n") == 1
    assert torchtrtc("-w", mlp, tmp_path / "out.ts", "(3,16)", "-d", "cpu", "--rtol=1e-4").stdout == ""


def test_a_file_with_the_name_of_a_command(tmp_path):
    saved(Mlp(), tmp_path / "check")
    command = f"cd {tmp_path} && {TORCHTRTC} compile check inspect '(3,16)' -d cpu --rtol=1e-4"
    done = try_run("bash", "-c", command)
    assert done.returncode == 0 and (tmp_path / "inspect").exists(), done.stderr


def test_embed(tmp_path):
    model, engine, out = saved(Mlp(), tmp_path / "model.ts"), tmp_path / "model.engine", tmp_path / "out.ts"
    torchtrtc("--save-engine", model, engine, "(3,16)", "-d", "cpu", "--rtol=1e-4")
    torchtrtc("embed", engine, out, "-d", "cpu")
    x = torch.randn(3, 16)
    torch.testing.assert_close(torch.jit.load(out)(x), torch.jit.load(model)(x), rtol=1e-4, atol=1e-5)
    assert "it is a TorchScript module" in torchtrtc("embed", model, out, "-d", "cpu", status=1).stderr
    assert "output_file is required" in torchtrtc("embed", engine, status=3).stderr


def test_refit(tmp_path):
    torch.manual_seed(0)
    old, new = saved(LeNet(), tmp_path / "old.ts"), saved(LeNet(), tmp_path / "new.ts")
    compiled, out, x = tmp_path / "compiled.ts", tmp_path / "out.ts", torch.randn(2, 1, 28, 28)
    torchtrtc(old, compiled, "(2,1,28,28)", "-d", "cpu", "--rtol=1e-4")
    torchtrtc("refit", compiled, new, out)
    torch.testing.assert_close(torch.jit.load(out)(x), torch.jit.load(new)(x), rtol=1e-4, atol=1e-5)
    before = new.read_bytes()
    assert "also the module with the weights" in torchtrtc("refit", compiled, new, new, status=1).stderr
    assert new.read_bytes() == before
    other = saved(Mlp(), tmp_path / "mlp.ts")
    assert torchtrtc("refit", compiled, other, out, status=1).stderr.count("\n") == 1
    assert torchtrtc("refit", old, new, out, status=1).stderr.count("\n") == 1  # not compiled


def test_check_answers_for_its_settings(tmp_path):
    model = saved(Mlp(), tmp_path / "model.ts")
    assert json.loads(torchtrtc("check", model, "(3,16)", "--json", "-p", "bf16").stdout)["whole"]
    forced = torchtrtc("check", model, "(3,16)", "--teo", "aten::gelu", "--json", status=2)
    assert not json.loads(forced.stdout)["whole"]
    told = torchtrtc("check", model, "--mbs=-1", status=3).stderr
    assert "'-1' is not a whole number" in told and "see torchtrtc check --help" in told
    told = torchtrtc("check", model, "-d", "cpu", "--gpu-id", "1", status=1).stderr
    assert "--gpu-id 1 was given with -d cpu" in told


@pytest.mark.parametrize("command", COMMANDS)
def test_unknown_options_end_with_3(command):
    told = torchtrtc(command, "--no-such-flag", status=3).stderr
    assert told.startswith("torchtrtc: ") and f"see torchtrtc {command} --help" in told and told.count("\n") == 1


def test_an_error_is_one_line_and_has_its_place_only_with_v(tmp_path):
    model = saved(LeNet(), tmp_path / "model.ts")
    arguments = (model, tmp_path / "out.ts", "(3,4)", "-d", "cpu")
    told = torchtrtc(*arguments, status=1).stderr
    assert told.startswith("torchtrtc: ") and told.count("\n") == 1
    assert "input has rank 2, must have the rank of the weight" in told and "(at code/" in told
    assert ".cpp" not in told and "Schema:" not in told
    told = torchtrtc("-v", *arguments, status=1).stderr
    assert re.search(r"Error thrown at \S+\.cpp:\d+\]", told) and "Schema:" in told
