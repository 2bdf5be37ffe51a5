"""refit_module_weights of hybrid modules in new processes: modules from files, and engines of another backend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from test_hybrid_refit import Branches, Mixed, Outer, Stateful, compile_hybrid
from test_refit import REFERENCE, trained


def run_python(code: str, **variables: str) -> None:
    """Runs the code in a new process that can import the tests."""
    environment = {**os.environ, **variables, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("make", [Mixed, Branches, Stateful, Outer])
def test_a_new_process_refits_a_file(make, tmp_path):
    path = tmp_path / "compiled.ts"
    torch.jit.save(compile_hybrid(torch.jit.script(trained(make(), 1))), str(path))
    run_python(f"""
import torch
from test_hybrid_refit import {make.__name__}, refit, trained

new = torch.jit.script(trained({make.__name__}(), 2))
refitted = refit(torch.jit.load({str(path)!r}), new)
x = torch.randn(3, 6)
with torch.no_grad():
    torch.testing.assert_close(refitted(x), new(x), rtol=1e-5, atol=1e-5)
""")


def test_engines_of_another_backend_stay_with_it():
    assert REFERENCE.is_dir(), f"build the target torchtrt_reference: {REFERENCE} is not there"
    code = """
import torch, torch_tensorrt
from test_hybrid_refit import Mixed, compile_hybrid, refit, trained

old, new, x = trained(Mixed(), 1), trained(Mixed(), 2), torch.randn(2, 6)
compiled = compile_hybrid(old, backend="reference", refit=True)
for _ in range(2):
    refitted = refit(compiled, new, arg_inputs=[x], verify_output=True)
    engines = torch_tensorrt.inspect(refitted).methods[0].engines
    assert [engine.information["backend"] for engine in engines] == ["reference"] * 2
    torch.testing.assert_close(compiled(x), old(x), rtol=1e-4, atol=1e-4)
    compiled, old, new = refitted, new, old
"""
    run_python(code, TORCHTRT_BACKEND_PATH=str(REFERENCE))
