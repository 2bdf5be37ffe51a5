"""The code blocks of README.md run unchanged."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import torch
from outside import EXAMPLES

import torch_tensorrt

README = Path(__file__).resolve().parents[2] / "README.md"
ON_THE_CPU = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}


def blocks(language: str) -> list[tuple[int, str]]:
    """Returns the first line and the text of each block of the language."""
    found, fence = [], None
    lines = README.read_text().splitlines(keepends=True)
    for i, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if fence is not None:
            found.append((lines[fence].strip("`\n"), fence + 1, "".join(lines[fence + 1 : i])))
        fence = i if fence is None else None
    return [(line, text) for name, line, text in found if name == language]


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, env=ON_THE_CPU, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_python_blocks_run_one_after_the_other(tmp_path):
    found = blocks("python")
    assert len(found) >= 3
    script = ""
    for line, text in found:  # at the lines of README.md, for error messages
        script += "\n" * (line - script.count("\n")) + text
    (tmp_path / "README.py").write_text(script)
    run(sys.executable, "-W", "ignore", "README.py", cwd=tmp_path)
    assert (tmp_path / "trt_torchscript_module.ts").exists()


class Picture(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 2, 3, stride=8)

    def forward(self, x):
        return torch.relu(self.conv(x))


def commands() -> list[str]:
    lines = [line for _, text in blocks("") for line in text.splitlines()]
    return [line for line in lines if line.startswith("torchtrtc ")]


@pytest.mark.parametrize("command", commands())
def test_the_commands_run(tmp_path, command):
    model = torch.jit.script(Picture().eval())
    model.save(tmp_path / "model.ts")
    torch_tensorrt.compile(model, inputs=[torch.randn(1, 3, 8, 8)], device="cpu").save(tmp_path / "compiled.ts")
    launcher = Path(sysconfig.get_path("scripts")) / "torchtrtc"
    run(str(launcher), *shlex.split(command)[1:], cwd=tmp_path)


def test_there_are_commands():
    assert len(commands()) >= 4
    assert shutil.which("torchtrtc", path=sysconfig.get_path("scripts"))


def test_the_cpp_blocks_are_examples_that_are_built():
    programs = "\n".join(path.read_text() for path in sorted(EXAMPLES.rglob("*.cpp")))
    code = re.sub(r"\s+", "", programs)
    for line, text in blocks("c++"):
        lines = [part for part in text.splitlines() if part and not part.startswith("#include")]
        assert re.sub(r"\s+", "", "".join(lines)) in code, f"README:{line} is in no example"


def test_the_path_of_the_runtime_library_loads():
    show = "import torch_tensorrt; print(torch_tensorrt.runtime.library_path())"
    path = run(sys.executable, "-c", show, cwd=Path("/")).strip()
    load = f"import torch; torch.ops.load_library({path!r}); torch.classes.tensorrt.Engine"
    run(sys.executable, "-c", load, cwd=Path("/"))
