"""``save``, torchtrtc and engines replace files completely or not at all."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from models import Mlp
from outside import TORCHTRTC, try_run

import torch_tensorrt


@pytest.fixture(scope="module")
def compiled() -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(torch.jit.script(Mlp().eval()), inputs=[torch.ones(2, 16)], device="cpu")


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def save(module: torch.jit.ScriptModule, path: Path | str) -> None:
    torch_tensorrt.save(module, path, output_format="torchscript")


def test_a_saved_file_keeps_its_mode_and_its_links(compiled, tmp_path):
    path, link, x = tmp_path / "file", tmp_path / "link", torch.randn(2, 16)
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to("file")
    save(compiled, link)
    assert link.is_symlink() and torch.equal(torch.jit.load(path)(x), compiled(x))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["file", "link"]


def test_what_lies_beside_a_saved_module(compiled, tmp_path):
    extra = {"text": "of today", "bytes": b"\xff\x00", "nothing": ""}
    torch_tensorrt.save(compiled, tmp_path / "m.ts", output_format="torchscript", extra_files=extra)
    found = dict.fromkeys(extra, "")
    torch.jit.load(tmp_path / "m.ts", _extra_files=found)
    as_bytes = {name: content.encode() if isinstance(content, str) else content for name, content in found.items()}
    assert as_bytes == {"text": b"of today", "bytes": b"\xff\x00", "nothing": b""}
    with pytest.raises(TypeError, match=r"extra_files\['number'\] is int"):
        torch_tensorrt.save(compiled, tmp_path / "n.ts", output_format="torchscript", extra_files={"number": 1})
    assert names(tmp_path) == ["m.ts"]


def test_saving_where_it_cannot_be(compiled, tmp_path):
    for path, reason in [
        (tmp_path / "no" / "file.ts", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (Path("/dev/full"), "No space left on device"),
    ]:
        with pytest.raises(RuntimeError, match=f"cannot write {path}: {reason}"):
            save(compiled, path)
    assert names(tmp_path) == []


def python(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_saving_leaves_a_whole_file_and_nothing_else(number, compiled, tmp_path):
    path = tmp_path / "m.ts"
    save(compiled, path)
    program = (
        "import os, signal, sys, torch, torch_tensorrt\n"
        "from torch_tensorrt._files import signals_wait\n"
        "signal.signal(int(sys.argv[2]), signal.SIG_DFL)  # whatever the tests were started under\n"
        "with signals_wait():\n"
        "    os.kill(os.getpid(), int(sys.argv[2]))\n"
        "    torch_tensorrt.save(torch.jit.load(sys.argv[1]), sys.argv[1], output_format='torchscript')\n"
        "    print('saved', flush=True)\n"
        "print('behind', flush=True)\n"
    )
    done = python(program, path, int(number))
    assert done.returncode == -number and done.stdout == "saved\n", done.stderr
    assert torch.jit.load(path)(torch.ones(2, 16)).shape == (2, 4) and names(tmp_path) == ["m.ts"]


def test_saving_over_a_file_that_cannot_be_finished(compiled, tmp_path):
    # A limit on the size of files simulates a full disk.
    path = tmp_path / "compiled.ts"
    save(compiled, path)
    before = path.read_bytes()
    program = (
        "import resource, signal, sys, torch, torch_tensorrt\n"
        "m = torch.jit.load(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "torch_tensorrt.save(m, sys.argv[1], output_format='torchscript')\n"
    )
    done = python(program, path)
    assert done.returncode == 1 and f"cannot write {path}: File too large" in done.stderr
    assert path.read_bytes() == before and names(tmp_path) == ["compiled.ts"]


@pytest.mark.parametrize("name", ["caf\udce9.ts", "folder\udcff/module.ts"])
def test_names_that_are_not_utf8(compiled, name, tmp_path):
    path, x = tmp_path / name, torch.randn(2, 16)
    path.parent.mkdir(exist_ok=True)
    save(compiled, path)
    assert names(path.parent) == [path.name]
    assert torch.equal(torch_tensorrt.load(path)(x), compiled(x))


@pytest.mark.parametrize("link", ["", "symbolic", "hard", "relative", "folder"])
@pytest.mark.parametrize("flags", [[], ["--save-engine"]], ids=["module", "engine"])
def test_torchtrtc_never_overwrites_its_input(flags, link, tmp_path):
    model = tmp_path / "model.ts"
    torch.jit.script(Mlp().eval()).save(str(model))
    before = model.read_bytes()
    output: Path | str = tmp_path / "other.ts"
    if link == "":
        output = model
    elif link == "symbolic":
        output.symlink_to(model)
    elif link == "hard":
        output.hardlink_to(model)
    elif link == "relative":
        output = f"{tmp_path}/../{tmp_path.name}/./model.ts"
    else:
        (tmp_path / "folder").symlink_to(tmp_path)
        output = tmp_path / "folder" / "model.ts"
    done = try_run(TORCHTRTC, "-d", "cpu", *flags, model, output, "(2,16)")
    assert done.returncode == 1 and f"the output {output} is also the input" in done.stderr
    assert model.read_bytes() == before


def test_torchtrtc_never_overwrites_its_timing_cache(tmp_path):
    model = tmp_path / "model.ts"
    torch.jit.script(Mlp().eval()).save(str(model))
    done = try_run(TORCHTRTC, "-d", "cpu", "--timing-cache", tmp_path / "out.ts", model, tmp_path / "out.ts", "(2,16)")
    assert done.returncode == 1 and "is also the timing cache" in done.stderr
    assert not (tmp_path / "out.ts").exists()


def test_no_other_file_is_taken_for_a_timing_cache(tmp_path):
    model = tmp_path / "model.ts"
    torch.jit.script(Mlp().eval()).save(str(model))
    before = model.read_bytes()
    done = try_run(TORCHTRTC, "-d", "cpu", "--timing-cache", model, model, tmp_path / "out.ts", "(2,16)")
    assert done.returncode == 1 and "is also the input, which would be overwritten" in done.stderr
    settings = {"inputs": [torch.ones(2, 16)], "device": "cpu", "timing_cache_path": str(model)}
    with pytest.raises(RuntimeError, match="is not a timing cache and would be overwritten"):
        torch_tensorrt.compile(torch.jit.script(Mlp().eval()), **settings)
    assert model.read_bytes() == before and names(tmp_path) == ["model.ts"]


class Wide(torch.nn.Module):
    """A module of tens of megabytes, which takes a while to write."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(*[torch.nn.Linear(2048, 2048) for _ in range(2)])

    def forward(self, x):
        return self.layers(x)


@pytest.fixture(scope="module")
def wide(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("wide") / "wide.ts"
    torch.jit.script(Wide().eval()).save(str(path))
    return path


@pytest.mark.parametrize("flags", [[], ["--save-engine"]], ids=["module", "engine"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killing_torchtrtc_while_it_writes_leaves_the_old_file(wide, number, flags, tmp_path):
    output = tmp_path / "out"
    output.write_text("the old one")
    arguments = [TORCHTRTC, "-d", "cpu", "-w", "--no-threshold-check", *flags, wide, output, "(2,2048)"]
    process = subprocess.Popen([str(part) for part in arguments], stderr=subprocess.DEVNULL)
    while process.poll() is None and names(tmp_path) == ["out"]:
        time.sleep(0.001)
    process.send_signal(number)
    status = process.wait()
    if status == 0:  # it ended before the signal
        assert output.stat().st_size > 1000
        return
    assert status == -number
    assert output.read_text() == "the old one"
    if number != signal.SIGKILL:
        assert names(tmp_path) == ["out"]


def test_torchtrtc_and_a_limit_on_the_size_of_files(wide, tmp_path):
    output = tmp_path / "out.ts"
    output.write_text("the old one")
    command = f"ulimit -f 100; exec {TORCHTRTC} -d cpu -w --no-threshold-check {wide} {output} '(2,2048)'"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"cannot write {output}: File too large" in done.stderr
    assert output.read_text() == "the old one" and names(tmp_path) == ["out.ts"]


@pytest.mark.parametrize("flags", [[], ["--save-engine"]], ids=["module", "engine"])
def test_torchtrtc_still_writes_to_standard_output(flags, tmp_path):
    model, x = tmp_path / "model.ts", torch.randn(2, 16)
    torch.jit.script(Mlp().eval()).save(str(model))
    command = [str(TORCHTRTC), "-d", "cpu", "-w", *flags, str(model), "/dev/stdout", "(2,16)"]
    through_pipe = subprocess.run(command, capture_output=True, check=True).stdout
    with open(tmp_path / "redirected", "wb") as file:
        subprocess.run(command, stdout=file, check=True)
    for content in (through_pipe, (tmp_path / "redirected").read_bytes()):
        if flags:
            module = torch_tensorrt.embed_engine_in_new_module(content, device="cpu")
        else:
            (tmp_path / "copy.ts").write_bytes(content)
            module = torch.jit.load(tmp_path / "copy.ts")
        assert module(x).shape == (2, 4)


def test_what_engines_write_is_replaced_whole(compiled, tmp_path):
    target, link = tmp_path / "info.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to("info.json")
    compiled.engine.dump_engine_layer_info_to_file(str(link))
    assert link.is_symlink() and target.read_text().startswith("{")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(RuntimeError, match="cannot write /dev/full: No space left on device"):
        compiled.engine.dump_engine_layer_info_to_file("/dev/full")
    assert names(tmp_path) == ["info.json", "link.json"]
