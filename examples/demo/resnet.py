"""Second part of the demo: compiles a ResNet-50, times it against PyTorch, and lists its layers."""

from __future__ import annotations

import os
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torchvision
from terminal import Step, heading, line, note

import torch_tensorrt

SHAPE = (1, 3, 224, 224)
_ROUNDS, _CALLS = 6, 5


def _time_alternating(runs: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Returns the median milliseconds of a call of each. They take turns, so other work affects all alike."""
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(_ROUNDS):
        for name, run in runs.items():
            run()  # does not count: it loads the weights into the caches
            for _ in range(_CALLS):
                start = time.perf_counter()
                run()
                samples[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(times) for name, times in samples.items()}


def engine_information(module: torch.jit.ScriptModule) -> dict[str, Any]:
    """Returns the layer information of the module's first engine."""
    return torch_tensorrt.inspect(module).methods[0].engines[0].information


def _show_engine(information: dict[str, Any], operations: int) -> None:
    layers = [layer for layer in information["layers"] if layer["tactic"]]
    line("Operations -> layers", f"{operations} -> {len(layers)}")
    for (kind, fused), count in Counter((layer["kind"], layer["fused"]) for layer in layers).most_common():
        note(f"{count:3} x {kind}" + (f" with {fused}" if fused else ""))
    arena, bound = information["arena_bytes"], information["arena_lower_bound_bytes"]
    line("Memory for activations", f"{arena / 1e6:.1f} MB (lower bound {bound / 1e6:.1f} MB)")


def show(folder: Path) -> None:
    """Compiles, compares, times, and lists the fused layers."""
    heading("ResNet-50, random weights, one image of 224 x 224")
    torch.manual_seed(0)
    model = torchvision.models.resnet50(weights=None).eval()
    x = torch.randn(SHAPE)
    script = torch.jit.script(model)
    frozen = torch.jit.freeze(torch.jit.trace(model, x))
    with Step("torch_tensorrt.compile") as build:
        compiled = torch_tensorrt.compile(script, inputs=[torch_tensorrt.Input(SHAPE)])
    path = folder / "resnet50_compiled.ts"
    torch.jit.save(compiled, path)

    runs = {
        "PyTorch eager": lambda: model(x),
        "TorchScript, frozen": lambda: frozen(x),
        "torch_tensorrt": lambda: compiled(x),
    }
    with torch.inference_mode():
        expected, found = model(x), compiled(x)
        with Step(f"Timing, {_ROUNDS * _CALLS} calls of each in turn"):
            medians = _time_alternating(runs)
    for name, median in medians.items():
        speed = medians["PyTorch eager"] / median
        line(name, f"{median:6.1f} ms  {speed:5.2f} x eager   (median, {torch.get_num_threads()} threads)")
    error = ((found - expected).abs().max() / expected.abs().max()).item()
    line("Largest difference to eager", f"{error:.1e} of the largest output")
    line("Build time", f"{build.seconds:.1f} s")
    line("Size of the saved module", f"{os.path.getsize(path) / 1e6:.1f} MB")
    nodes = [node for node in frozen.inlined_graph.nodes() if node.kind().startswith("aten::")]
    _show_engine(engine_information(compiled), len(nodes))
