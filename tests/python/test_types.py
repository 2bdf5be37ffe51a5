"""Programs that use the package pass `mypy --strict`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from outside import EXAMPLES, ROOT

STRICT = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml")]
FOLDERS = sorted({path.parent for path in EXAMPLES.rglob("*.py")})


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def check(cache: Path, cwd: Path, *files: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "MYPYPATH"}
    command = [*STRICT, "--cache-dir", str(cache), *files]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_examples_pass(cache, folder):
    done = check(cache, folder, *sorted(path.name for path in folder.glob("*.py")))
    assert done.returncode == 0, done.stdout


WRONG = """
import torch
import torch_tensorrt

module = torch.jit.script(torch.nn.ReLU())
compiled: int = torch_tensorrt.compile(module, inputs=[torch_tensorrt.Input((1, 2))])
engine: str = torch_tensorrt.convert_method_to_trt_engine(module, inputs=[torch.ones(1, 2)])
report: int = torch_tensorrt.check(module)
torch_tensorrt.Input(shape="large")
torch_tensorrt.compiled
function: int = torch_tensorrt.compile(torch.nn.ReLU(), ir="torch_compile")
script: int = torch_tensorrt.ts.compile(module, inputs=[])
torch_tensorrt.compile(module, inputs=[], min_blok_size=3)
torch_tensorrt.compile(module, inputs=[], min_block_size="three")
torch_tensorrt.compile(module, inputs=[], min_block_size=3, device="cpu", torch_executed_ops={"aten::relu"})
"""


@pytest.mark.slow
def test_mistakes_are_found(cache, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    done = check(cache, tmp_path, "wrong.py")
    lines = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert lines == set(range(6, 15)), done.stdout
