"""Flags and commands of torchtrtc: each has a test and takes no bad value."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import torch
from models import Mlp
from outside import TORCHTRTC, try_run
from PIL import Image
from test_cli_commands import saved, torchtrtc

TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def commands() -> dict[str, dict]:
    return {command["name"]: command for command in json.loads(torchtrtc("man", "--json").stdout)["commands"]}


@pytest.fixture(scope="module")
def mlp(tmp_path_factory) -> Path:
    return saved(Mlp(), tmp_path_factory.mktemp("mlp") / "model.ts")


def names_in_tests(texts: list[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", text)}


def untested(commands: dict[str, dict], texts: list[str]) -> list[str]:
    named = names_in_tests(texts)
    names = {name for command in commands.values() for option in command["options"] for name in option["names"]}
    return sorted(names - named)


def test_each_flag_has_a_test(commands):
    texts = [path.read_text() for path in TESTS.glob("test_cli*.py")]
    assert untested(commands, texts) == []
    assert untested(commands, ["--json"]) != []


def test_each_command_has_a_test(commands):
    texts = "".join(path.read_text() for path in TESTS.glob("test_cli*.py"))
    assert [name for name in commands if not re.search(rf'torchtrtc\("{name}"', texts)] == []


# ---- good values ----------------------------------------------------------------------------------------------------


def settings_of(compiled: Path) -> dict:
    methods = json.loads(torchtrtc("inspect", compiled, "--json").stdout)["methods"]
    return methods[0]["engines"][0]["information"]["settings"]


def test_settings_reach_the_engine(mlp, tmp_path):
    out, cache = tmp_path / "out.ts", tmp_path / "times"
    flags = (
        "--disable-tf32", "--num-avg-timing-iters", "2", "--dla-sram-size", "8192", "--dla-local-dram-size", "4096",
        "--dla-global-dram-size", "4096", "--truncate", "--max-specializations", "3", "--explicit-typing",
        "--num-threads", "1", "--strict-precisions", "--precision-override", "*=f32", "--weight-only", "int8",
        "--engine-capability", "standard", "--timing-cache", cache, "--require-full-compilation",
        "--min-block-size", "2", "--allow-shape-tensors", "--backend", "auto",
    )  # fmt: skip
    torchtrtc("compile", mlp, out, "(3,16)", "-d", "cpu", "--no-threshold-check", *flags)
    found = settings_of(out)
    wanted = {
        "disable_tf32": True, "num_avg_timing_iters": 2, "dla_sram_size": 8192, "dla_local_dram_size": 4096,
        "dla_global_dram_size": 4096, "truncate_long_and_double": True, "max_specializations": 3,
        "use_explicit_typing": True, "num_threads": 1, "strict_precisions": True, "precision_overrides": ["*=f32"],
        "weight_only": "int8",
    }  # fmt: skip
    assert {name: found.get(name) for name in wanted} == wanted
    assert cache.exists()


def test_settings_of_gpus_warn_or_fail_on_a_cpu(mlp, tmp_path):
    for flags in (["--refit"], ["--build-debuggable-engine"], ["--sparse-weights"], ["--workspace-size", "1000"],
                  ["--optimization-level", "3"], ["--version-compatible"], ["--hardware-compatible"]):  # fmt: skip
        out = tmp_path / "out.ts"
        done = try_run(TORCHTRTC, "compile", mlp, out, "(3,16)", "-d", "cpu", "--rtol=1e-4", *flags)
        assert done.returncode == 0 or done.stderr.count("\n") == 1, done.stderr
        name = flags[0][2:].replace("-", "_").replace("build_debuggable_engine", "debug")
        if done.returncode == 0 and not done.stderr:
            assert settings_of(out).get(name), name
        else:
            assert name in done.stderr or flags[0] in done.stderr, done.stderr
            assert out.exists() == (done.returncode == 0)


def test_a_deterministic_build_repeats(mlp, tmp_path):
    engines = []
    for name in ("a", "b"):
        flags = ("-d", "cpu", "--save-engine", "--deterministic")
        torchtrtc("compile", mlp, tmp_path / name, "(3,16)", *flags)
        engines.append((tmp_path / name).read_bytes())
    assert engines[0] == engines[1]


def test_mix_backends_contradicts_one_engine(mlp, tmp_path):
    flags = ("--mix-backends", "--require-full-compilation")
    told = torchtrtc("compile", mlp, tmp_path / "out.ts", "(3,16)", "-d", "cpu", *flags, status=1).stderr
    assert "mix_backends" in told and "require_full_compilation" in told


@pytest.mark.parametrize(
    ("flag", "value", "name"),
    [
        *[(flag, [], "truncate_long_and_double") for flag in ("--truncate-long-double", "--truncate-64bit")],
        *[(flag, ["bf16"], "") for flag in ("--enable-precision", "--enabled-precision", "-p")],
    ],
)
def test_other_names_of_flags(flag, value, name, mlp, tmp_path):
    out = tmp_path / "out.ts"
    torchtrtc("compile", mlp, out, "(3,16)", "--device-type", "cpu", "--no-threshold-check", flag, *value)
    assert not name or settings_of(out)[name]


@pytest.mark.parametrize("flag", ["--teo", "--torch-executed-op"])
def test_operators_left_to_pytorch(flag, mlp):
    rows = json.loads(torchtrtc("check", mlp, "(3,16)", flag, "aten::gelu", "--json", status=2).stdout)["operators"]
    assert any("aten::gelu" in row["op"] and row["how"] == "pytorch" for row in rows)


@pytest.mark.parametrize("flag", ["--tem", "--torch-executed-mod"])
def test_modules_left_to_pytorch(flag, mlp):
    name = "torch.nn.modules.linear.Linear"
    report = torchtrtc("check", mlp, "(3,16)", flag, name, "--json", status=2).stdout
    assert not json.loads(report)["whole"]


def test_a_method_and_libraries_that_are_not_there(mlp, tmp_path):
    assert "no method 'encode'" in torchtrtc("check", mlp, "--method", "encode", status=1).stderr
    for flag in ("--custom-torch-ops", "--custom-converters"):
        told = torchtrtc("inspect", mlp, flag, tmp_path / "none.so", status=1).stderr
        assert "cannot load the library" in told and told.count("\n") == 1


def test_verify_stacks_images_to_batches(tmp_path):
    model, compiled = saved(torch.nn.Conv2d(3, 2, 3), tmp_path / "model.ts"), tmp_path / "out.ts"
    torchtrtc("compile", model, compiled, "[(1,3,8,8);(2,3,8,8);(2,3,8,8)]", "-d", "cpu", "--rtol=1e-4")
    images = tmp_path / "images"
    images.mkdir()
    for number in range(4):
        Image.new("RGB", (8, 8), (60 * number, 20, 90)).save(images / f"{number}.png")
    report = torchtrtc("verify", model, compiled, "--data", images, "--batch-size", "2", "--json").stdout
    assert json.loads(report)["batches"] == 2 and json.loads(report)["passed"]
    told = torchtrtc("verify", model, compiled, "--data", images, "--batch-size", "5", status=1).stderr
    assert "there are 4 images, and a batch has 5" in told


def test_levels_of_messages(mlp, tmp_path):
    said = {}
    for flag in ("-v", "--verbose", "-i", "--info", "--i", "-w", "--warnings"):
        done = torchtrtc("compile", mlp, tmp_path / "out.ts", "(3,16)", "-d", "cpu", "--rtol=1e-4", flag)
        said[flag] = set(re.findall(r"^([A-Z]+): ", done.stderr, re.MULTILINE))
    assert all("DEBUG" in said[flag] for flag in ("-v", "--verbose"))
    assert all("INFO" in said[flag] and "DEBUG" not in said[flag] for flag in ("-i", "--info", "--i"))
    assert all(not said[flag] for flag in ("-w", "--warnings"))


def test_help_and_version_of_commands(commands):
    for name in ("-h", "--help"):
        assert all(command in torchtrtc(name).stdout for command in commands)
    assert "Version" in torchtrtc("--version").stdout


# ---- json -----------------------------------------------------------------------------------------------------------


def test_each_command_has_json(commands):
    without = [name for name, command in commands.items()
               if not any("--json" in option["names"] for option in command["options"])]  # fmt: skip
    assert without == ["completion"]


def test_json_of_the_commands_that_write(mlp, tmp_path):
    out, engine = tmp_path / "out.ts", tmp_path / "model.engine"
    made = json.loads(torchtrtc("compile", mlp, out, "(3,16)", "-d", "cpu", "--rtol=1e-4", "--json").stdout)
    assert made["output"] == str(out) and made["bytes"] == out.stat().st_size and made["seconds"] > 0
    assert (made["engines"], made["left_to_pytorch"], made["self_check"]) == (1, 0, "passed")
    flags = ("--save-engine", "--json", "--no-threshold-check")
    made = json.loads(torchtrtc("compile", mlp, engine, "(3,16)", "-d", "cpu", *flags).stdout)
    assert made["bytes"] == engine.stat().st_size and made["self_check"] == "left out"
    made = json.loads(torchtrtc("embed", engine, out, "-d", "cpu", "--json").stdout)
    assert made["output"] == str(out) and made["engines"] == 1
    made = json.loads(torchtrtc("refit", out, mlp, tmp_path / "refitted.ts", "--json").stdout)
    assert made["output"] == str(tmp_path / "refitted.ts") and made["engines"] == 1
    asked = json.loads(torchtrtc("compile", mlp, "--check-method-support", "forward", "--json").stdout)
    assert asked == {"method": "forward", "supported": True}


def test_json_of_a_failed_self_check(mlp, tmp_path):
    flags = ("--atol=0", "--rtol=0", "-p", "bf16", "--json")
    done = try_run(TORCHTRTC, "compile", mlp, tmp_path / "out.ts", "(3,16)", "-d", "cpu", *flags)
    made = json.loads(done.stdout)
    assert made["self_check"] == {0: "passed", 1: "failed"}[done.returncode]
    assert bool(made["differences"]) == (done.returncode == 1)


def test_each_success_is_one_line(mlp, tmp_path):
    out, engine = tmp_path / "out.ts", tmp_path / "model.engine"
    torchtrtc("compile", "--save-engine", mlp, engine, "(3,16)", "-d", "cpu", "--rtol=1e-4")
    for arguments in (("embed", engine, out, "-d", "cpu"), ("refit", out, mlp, tmp_path / "refitted.ts")):
        said = torchtrtc(*arguments).stdout
        assert re.fullmatch(r"wrote \S+: 1 engine, no nodes left to PyTorch, \d+\.\d kB, \d+\.\d s\n", said)
        assert torchtrtc(*arguments, "-w").stdout == ""


# ---- bad values -----------------------------------------------------------------------------------------------------


def strict_values(commands: dict[str, dict]) -> list[tuple[str, list[str]]]:
    """A command and the names of each flag whose value is a number or one of a fixed set."""
    found: dict[str, tuple[str, list[str]]] = {}
    for name, command in commands.items():
        for option in command["options"]:
            is_number = option["value"] in ("N", "X")
            is_choice = option["choices"] and option["names"][0] not in ("--backend", "--weight-only")
            if is_number or is_choice:
                found.setdefault(option["names"][-1], (name, option["names"]))
    return list(found.values())


def arguments_of(command: str, mlp: Path, tmp_path: Path) -> list[str | Path]:
    places = {"compile": [mlp, tmp_path / "out.ts"], "check": [mlp], "inspect": [mlp], "bench": [mlp],
              "verify": [mlp, mlp, "--data", mlp], "embed": [mlp, tmp_path / "out.ts"]}  # fmt: skip
    return places.get(command, [])


def test_no_flag_takes_a_bad_value(commands, mlp, tmp_path):
    rows = strict_values(commands)
    assert len(rows) > 20
    for command, names in rows:
        flag = names[-1]
        for bad in ("nonsense", ""):
            done = try_run(TORCHTRTC, command, *arguments_of(command, mlp, tmp_path), flag, bad)
            assert done.returncode == 3, f"{command} {flag} {bad!r}: {done.returncode} {done.stderr}"
            assert any(name in done.stderr for name in names) and done.stderr.count("\n") == 1, done.stderr


def test_no_flag_with_one_value_is_taken_twice(commands, mlp, tmp_path):
    flags = [("compile", "--num-threads", "1"), ("bench", "--warmup", "1"), ("verify", "--atol", "1")]
    for command, flag, value in flags:
        arguments = arguments_of(command, mlp, tmp_path)
        assert torchtrtc(command, *arguments, flag, value, flag, value, status=3).stderr.count("\n") == 1


def test_a_calibration_without_int8_is_refused(mlp, tmp_path):
    torch.save(torch.randn(3, 16), tmp_path / "batch.pt")
    for command, places in (("check", [mlp, "(3,16)"]), ("compile", [mlp, tmp_path / "out.ts", "(3,16)"])):
        told = torchtrtc(command, *places, "-d", "cpu", "--calibration-data", tmp_path / "batch.pt", status=1).stderr
        assert "--calibration-data was given without -p int8" in told
        told = torchtrtc(command, *places, "-d", "cpu", "--calibration-cache-file", tmp_path / "x", status=1).stderr
        assert "--calibration-cache-file was given without -p int8" in told


def test_check_reads_the_calibration(mlp, tmp_path):
    batch = tmp_path / "batch.pt"
    torch.save(torch.randn(3, 16), batch)
    precisions = ("-p", "float", "-p", "int8")
    torchtrtc("check", mlp, "(3,16)", *precisions, "--calibration-data", batch, "--calibration-algo", "minmax")
    torch.save({"y": torch.randn(3, 16)}, batch)
    told = torchtrtc("check", mlp, "(3,16)", *precisions, "--calibration-data", batch, status=1).stderr
    assert "batch.pt has a value for 'y', but the arguments of forward are x" in told
    told = torchtrtc("check", mlp, "(3,16)", *precisions, "--calibration-cache-file", tmp_path / "x", status=1).stderr
    assert "cannot read" in told and "there is no such file" in told


# ---- the page of inspect --------------------------------------------------------------------------------------------


def test_inspect_writes_a_page(mlp, tmp_path):
    compiled, page = tmp_path / "out.ts", tmp_path / "page.html"
    torchtrtc("compile", mlp, compiled, "(3,16)", "-d", "cpu", "--rtol=1e-4")
    said = torchtrtc("inspect", compiled, "--html", page, "--input", "3x16").stdout
    assert re.fullmatch(rf"wrote {page}: 1 engine, no nodes left to PyTorch, \d+\.\d kB, \d+\.\d s\n", said)
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")
    made = json.loads(torchtrtc("inspect", compiled, "--html", page, "--json").stdout)
    assert made["bytes"] == page.stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.ts", "page.html"]


def test_a_page_needs_python_and_a_compiled_module(mlp, tmp_path):
    compiled, page = tmp_path / "out.ts", tmp_path / "page.html"
    torchtrtc("compile", mlp, compiled, "(3,16)", "-d", "cpu", "--rtol=1e-4")
    environment = {**os.environ, "TORCHTRTC_PYTHON": "/nowhere/python"}
    command = [TORCHTRTC, "inspect", compiled, "--html", page]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "needs Python with the package torch_tensorrt" in done.stderr and "TORCHTRTC_PYTHON" in done.stderr
    assert torchtrtc("inspect", mlp, "--html", page, status=1).stderr.count("\n") <= 2
    told = torchtrtc("inspect", compiled, "--html", page, "--input", "3x17", status=1).stderr
    assert told.startswith("torchtrtc: ")
    assert "the output" in torchtrtc("inspect", compiled, "--html", compiled, status=1).stderr
    assert "--html" in torchtrtc("inspect", compiled, "--input", "3x16", status=3).stderr
    assert not page.exists()
