"""docs/supported_ops.md matches the registry of a new process, because tests may register operators in this one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
TORCH = re.search(r"schemas of torch ([0-9.]+);", (ROOT / "docs" / "supported_ops.md").read_text())[1]
of_the_torch_of_the_page = pytest.mark.skipif(
    torch.__version__.split("+")[0] != TORCH, reason=f"the page has the schemas of torch {TORCH}"
)


def run(tool: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, tool, *arguments], capture_output=True, text=True)


@of_the_torch_of_the_page
def test_the_page_is_that_of_the_registry() -> None:
    found = run(ROOT / "tools" / "supported_ops.py", "--check")
    assert found.returncode == 0, found.stderr


@of_the_torch_of_the_page
def test_a_page_that_differs_is_found_and_mended(tmp_path: Path) -> None:
    tool = tmp_path / "tools" / "supported_ops.py"
    page = tmp_path / "docs" / "supported_ops.md"
    tool.parent.mkdir()
    page.parent.mkdir()
    shutil.copy(ROOT / "tools" / "supported_ops.py", tool)
    text = (ROOT / "docs" / "supported_ops.md").read_text()
    page.write_text(text.replace("| `aten::relu` |", "| `aten::rely` |"))
    found = run(tool, "--check")
    assert found.returncode == 1
    assert "run tools/supported_ops.py" in found.stderr
    assert run(tool).returncode == 0
    assert page.read_text() == text


def test_what_is_registered_for_its_reason_alone_is_declined() -> None:
    text = (ROOT / "docs" / "supported_ops.md").read_text()
    converted, declined = text.split("## Declined")
    for name in ("aten::unique_dim", "aten::bincount"):
        assert f"| `{name}` |  | the shape of the result depends on the values" in declined
        assert f"`{name}`" not in converted
    assert "| `aten::batch_norm` |  | `training` is true and there are running statistics |" in converted
    late = "the backend is `native`: the shape of the result depends on the values of the input"
    for name in ("aten::nonzero", "aten::masked_select", "aten::argwhere"):
        assert f"| `{name}` |  | {late} |" in converted
        assert f"`{name}`" not in declined
    assert "| `aten::conv2d` | `aten::_convolution` |" in converted
    assert "| `aten::dropout` | its input |" in converted
