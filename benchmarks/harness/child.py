"""Measures memory and load time in a fresh process. Prints one JSON object.

python child.py build SCRIPT.ts INPUT.pt COMPILED.ts    compiles; prints seconds and peak memory
python child.py load COMPILED.ts INPUT.pt               loads and calls; prints seconds
python child.py memory MODULE.ts ARGUMENTS.pt LIBRARY   loads and calls; prints memory. LIBRARY is imported first
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

import torch_tensorrt

_STATUS = Path("/proc/self/status")


def in_child(*command: str) -> dict[str, Any]:
    """Returns the results of this file as a program."""
    done = subprocess.run([sys.executable, __file__, *command], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _memory(field: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no field {field}")


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def build(script: str, example: str, compiled_path: str) -> dict[str, Any]:
    """Returns the time of a compilation, and its memory above that of the process with the loaded module."""
    x = torch.load(example)
    module = torch.jit.load(script).eval()
    weights = sum(t.numel() * t.element_size() for t in [*module.parameters(), *module.buffers()])
    before = _memory("VmRSS")
    _reset_peak()
    start = time.perf_counter()
    compiled = torch_tensorrt.compile(module, inputs=[x], device="cpu")
    seconds = time.perf_counter() - start
    peak = _memory("VmHWM") - before
    torch.jit.save(compiled, compiled_path)
    return {
        "build_s": seconds,
        "module_weight_bytes": weights,
        "build_peak_bytes": peak,
        "file_bytes": Path(compiled_path).stat().st_size,
    }


def load(compiled_path: str, example: str) -> dict[str, Any]:
    """Returns the time to load a module from a file in the page cache, and the time of its first call."""
    x = torch.load(example)
    start = time.perf_counter()
    module = torch.jit.load(compiled_path)
    loaded = time.perf_counter()
    with torch.inference_mode():
        module(x)
    return {"load_s": loaded - start, "first_call_s": time.perf_counter() - loaded}


def memory(path: str, arguments_path: str, library: str) -> dict[str, Any]:
    """Returns the memory of a module above that of the process, after three calls and at its peak."""
    importlib.import_module(library)
    arguments = torch.load(arguments_path)
    before = _memory("VmRSS")
    _reset_peak()
    module = torch.jit.load(path)
    with torch.inference_mode():
        for _ in range(3):
            module(*arguments)
    return {"resident_bytes": _memory("VmRSS") - before, "peak_bytes": _memory("VmHWM") - before}


if __name__ == "__main__":
    print(json.dumps({"build": build, "load": load, "memory": memory}[sys.argv[1]](*sys.argv[2:])))
