"""Times engines on an NVIDIA GPU, fp16: PyTorch eager, and each backend as Python calls it.

    python benchmarks/gpu.py [--models resnet50 ...] [--batch 1 8] [--backends native tensorrt] [--trtbench PROGRAM]

Every runner has its turn again and again in one process; the figures are medians of CUDA-event times of single calls,
in ms, with a CUDA graph a shape where the backend has them. `--trtbench` names a program that times TensorRT alone on
an ONNX file (`PROGRAM model.onnx fp16` printing "graph X ms"), which is run on the export of the same model.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import torch
import torchvision
from torch import nn

import torch_tensorrt


class EncoderLayer(nn.Module):
    """Attention and feed-forward with norms behind them, as in BERT."""

    def __init__(self, width: int = 768, heads: int = 12) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        y = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, width)
        x = self.norm1(x + self.out(y))
        return self.norm2(x + self.down(nn.functional.gelu(self.up(x))))


def image(batch: int) -> torch.Tensor:
    return torch.randn(batch, 3, 224, 224)


MODELS = {
    "resnet50": (lambda: torchvision.models.resnet50(weights=None), image),
    "mobilenet_v3_large": (lambda: torchvision.models.mobilenet_v3_large(weights=None), image),
    "vit_b_16": (lambda: torchvision.models.vit_b_16(weights=None), image),
    "encoder_128": (
        lambda: nn.Sequential(*[EncoderLayer() for _ in range(12)]),
        lambda batch: torch.randn(batch, 128, 768),
    ),
}


def median_ms(call, calls: int) -> float:
    times = []
    for _ in range(calls):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        call()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def compile_for(backend: str, model: nn.Module, x: torch.Tensor):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(model, x, check_trace=False)
    return torch_tensorrt.compile(
        traced, inputs=[x], device="cuda:0", backend=backend, enabled_precisions={torch.half, torch.float32}
    )


def tensorrt_alone(program: str, model: nn.Module, x: torch.Tensor) -> str:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        torch.onnx.export(model.float().cpu(), (x.float().cpu(),), str(path), dynamo=False, opset_version=17)
        done = subprocess.run([program, str(path), "fp16"], capture_output=True, text=True)
    found = re.search(r"graph ([\d.]+) ms", done.stdout)
    return found[1] if found else f"failed: {done.stderr.strip()[-200:]}"


def measure(name: str, batch: int, options: argparse.Namespace) -> list[tuple[str, str, str]]:
    """(runner, median ms, note) a runner."""
    torch.manual_seed(0)
    make, make_input = MODELS[name]
    model, x = make().eval().cuda().half(), make_input(batch).cuda().half()
    expected = model(x)
    runners, rows = {"PyTorch eager": lambda: model(x)}, {"PyTorch eager": ""}
    for backend in options.backends:
        begin = time.monotonic()
        try:
            compiled = compile_for(backend, model, x)
            error = (compiled(x) - expected).abs().max().item() / expected.abs().max().item()
        except RuntimeError as failure:
            rows[backend] = "failed: " + str(failure).splitlines()[0][:120]
            continue
        runners[backend] = lambda compiled=compiled: compiled(x)
        rows[backend] = f"build {time.monotonic() - begin:.0f} s, error {error:.0e}"
    for call in runners.values():
        median_ms(call, 20)
    times: dict[str, list[float]] = {runner: [] for runner in runners}
    for _ in range(options.rounds):
        for runner, call in runners.items():
            times[runner].append(median_ms(call, 50))
    table = [(r, f"{statistics.median(times[r]):.4f}" if r in times else "-", note) for r, note in rows.items()]
    if options.trtbench:
        table.append(("TensorRT alone, graph", tensorrt_alone(options.trtbench, model, x), "from ONNX"))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--batch", nargs="+", type=int, default=[1])
    parser.add_argument("--backends", nargs="+", default=["native", "tensorrt"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trtbench", default="")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    torch.ops.tensorrt.set_cudagraphs_mode(1)
    lines = [
        f"{datetime.date.today()}, {torch.cuda.get_device_name()}, torch {torch.__version__}",
        "",
        "    python benchmarks/gpu.py " + shlex.join(sys.argv[1:]),
        "",
        torch_tensorrt.get_environment_report(),
        "| model | batch | runner | ms | |",
        "| --- | ---: | --- | ---: | --- |",
    ]
    with torch.inference_mode():
        for name in options.models:
            for batch in options.batch:
                for runner, ms, note in measure(name, batch, options):
                    lines.append(f"| {name} | {batch} | {runner} | {ms} | {note} |")
                    print(lines[-1], flush=True)
    if options.write:
        options.write.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
