"""Loads a saved file in a process that has compiled nothing, as a deployment does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

_CODE = """
import sys, torch, torch_tensorrt
data = torch.load(sys.argv[1] + "/data.pt")
found = torch.jit.load(sys.argv[1] + "/compiled.ts")(data["x"].to(data["device"]))
found = found if isinstance(found, (tuple, list)) else [found]
for mine, theirs in zip(found, data["y"], strict=True):
    torch.testing.assert_close(mine.cpu(), theirs, rtol=1e-5, atol=1e-6)
"""


def run_saved_in_a_new_process(
    compiled: torch.jit.ScriptModule, x: torch.Tensor, folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Fails if the results of the new process differ from those of this one. `environment` replaces this process's."""
    torch.jit.save(compiled, str(folder / "compiled.ts"))
    results = compiled(x)
    results = results if isinstance(results, (tuple, list)) else [results]
    torch.save({"x": x.cpu(), "device": str(x.device), "y": [y.cpu() for y in results]}, folder / "data.pt")
    return subprocess.run([sys.executable, "-c", _CODE, str(folder)], capture_output=True, text=True, env=environment)


def assert_same_in_a_new_process(compiled: torch.jit.ScriptModule, x: torch.Tensor, folder: Path) -> None:
    done = run_saved_in_a_new_process(compiled, x, folder)
    assert done.returncode == 0, done.stderr
