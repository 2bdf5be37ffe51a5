"""The code blocks of README.md and of the pages of the guide run unchanged."""

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

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
ON_THE_CPU = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}


def blocks_of(page: Path, language: str) -> list[tuple[int, str]]:
    """Returns the first line and the text of each block of the language in a page."""
    found, fence = [], None
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    for i, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if fence is not None:
            found.append((lines[fence].strip("`\n"), fence + 1, "".join(lines[fence + 1 : i])))
        fence = i if fence is None else None
    return [(line, text) for name, line, text in found if name == language]


def blocks(language: str) -> list[tuple[str, str]]:
    """Returns the place (page and line) and the text of each block of the language in all pages."""
    return [(f"{page.name}:{line}", text) for page in PAGES for line, text in blocks_of(page, language)]


PYTHON_PAGES = [page for page in PAGES if blocks_of(page, "python")]


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, env=ON_THE_CPU, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=lambda page: page.stem)
def test_the_python_blocks_of_a_page_run_one_after_the_other(tmp_path, page):
    script = ""
    for line, text in blocks_of(page, "python"):  # at the lines of the page, for error messages
        script += "\n" * (line - script.count("\n")) + text
    (tmp_path / "page.py").write_text(script)
    run(sys.executable, "-W", "ignore", "page.py", cwd=tmp_path)
    for name in re.findall(r'(?:torch\.jit\.save\(\w+, |report\.save\()"([^"]+)"', script):
        assert (tmp_path / name).exists(), f"{page.name} writes no {name}"


def test_pages_have_python_blocks():
    names = {page.stem for page in PYTHON_PAGES}
    assert {"README", "first-model", "hybrid-modules", "new-weights", "precision", "debugging"} <= names


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
    assert blocks("c++")
    for place, text in blocks("c++"):
        lines = [part for part in text.splitlines() if part and not part.startswith("#include")]
        assert re.sub(r"\s+", "", "".join(lines)) in code, f"{place} is in no example"


def test_the_path_of_the_runtime_library_loads():
    show = "import torch_tensorrt; print(torch_tensorrt.runtime.library_path())"
    path = run(sys.executable, "-c", show, cwd=Path("/")).strip()
    load = f"import torch; torch.ops.load_library({path!r}); torch.classes.tensorrt.Engine"
    run(sys.executable, "-c", load, cwd=Path("/"))
