"""Times engines on an NVIDIA GPU in fp16, with PyTorch and, if available, TensorRT alone for comparison.

    python benchmarks/gpu.py --work DIR [--cases resnet50_b1 ...] [--runners eager ours alone ...] [--build-only]

DIR keeps everything that is built, so each build happens once; `--build-only` stops after the builds. All runners that
use TensorRT share a timing cache in DIR, so equal layers get equal kernels. The runners take short turns in one
process, in a random order each round. The figures are medians over all calls in ms, between CUDA events around a call
from Python on a stream of its own, with CUDA graphs. CASE.times.json keeps each time.

    eager          PyTorch, the module in half precision
    eager_graph    the same, as one CUDA graph
    ours           the f32 module compiled for TensorRT with f16 allowed, as for `alone`
    ours_captured  the same engine in a CUDA graph of PyTorch, without the cost of a call (as `alone` runs)
    ours_half      the module in half precision compiled for TensorRT, every tensor in its own dtype
    native         the module in half precision compiled with our own engine
    native_launched  the same engine without CUDA graphs
    alone          TensorRT's own build of the ONNX export (f32, f16 allowed), without this library
    ours_int8      as `ours` with int8 allowed too, calibrated (entropy 2) with some batches of noise
    ours_int8_captured  the same engine in a CUDA graph of PyTorch
    alone_int8     as `alone`, calibrated by TensorRT with the same batches and algorithm
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import shlex
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from harness.gpu_cases import CASES, Case
from harness.tensorrt_alone import TensorRTAlone, export_onnx
from torch import nn

import torch_tensorrt

ROOT = Path(__file__).parents[1]
COMPILED = {
    "ours": ("tensorrt", False),
    "ours_half": ("tensorrt", True),
    "native": ("native", True),
    "ours_int8": ("tensorrt", False),
}
WITHOUT_GRAPHS = "native_launched"
ALONE = ["alone", "alone_int8"]
CAPTURED = {"ours_captured": "ours", "ours_int8_captured": "ours_int8"}  # and the engine that they capture
RUNNERS = ["eager", "eager_graph", *COMPILED, WITHOUT_GRAPHS, *CAPTURED, *ALONE]
CALIBRATION_IMAGES = 64
TIMING_ITERATIONS = 8  # of TensorRT; with one, noise chooses kernels
WARM_UP_CALLS, TURN_WARM_UP_CALLS, TURN_CALLS = 30, 3, 20

Call = Callable[[], object]


def trace(model: nn.Module, x: torch.Tensor) -> torch.jit.ScriptModule:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.trace(model, x, check_trace=False)


class Workshop:
    """The folder of all builds, with the seconds that each took."""

    def __init__(self, folder: Path, alone: Path) -> None:
        self.folder, self.alone_path = folder, alone
        self._alone: TensorRTAlone | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def alone(self) -> TensorRTAlone:
        self._alone = self._alone or TensorRTAlone(self.alone_path)
        return self._alone

    def note(self, case: Case, runner: str, seconds: float) -> None:
        (self.folder / f"{case.name}.{runner}.seconds").write_text(f"{seconds:.1f}")

    def seconds(self, case: Case, runner: str) -> str:
        path = self.folder / f"{case.name}.{runner}.seconds"
        return path.read_text() if path.exists() else ""

    def compiled(self, case: Case, runner: str) -> Path:
        path = self.folder / f"{case.name}.{runner}.ts"
        if path.exists():
            return path
        backend, half = COMPILED[runner]
        model, x = case.build()
        int8 = {}
        if runner == "ours_int8":
            int8 = {"calibrator": torch_tensorrt.ptq.DataLoaderCalibrator(batches_like(x))}
        model, x = (model.cuda().half(), x.cuda().half()) if half else (model.cuda(), x.cuda())
        traced = trace(model, x)
        begin = time.monotonic()
        module = torch_tensorrt.compile(
            traced,
            inputs=[x],
            device="cuda:0",
            backend=backend,
            enabled_precisions={torch.half, torch.float32, *([torch.int8] if int8 else [])},
            timing_cache_path=str(self.folder / "timing"),
            num_avg_timing_iters=TIMING_ITERATIONS,
            **int8,
        )
        self.note(case, runner, time.monotonic() - begin)
        torch.jit.save(module, str(path))
        return path

    def plan(self, case: Case, runner: str) -> Path:
        path = self.folder / f"{case.name}.{runner}.plan"
        if path.exists():
            return path
        model, x = case.build()
        onnx = self.folder / f"{case.name}.onnx"
        export_onnx(model, x, onnx)
        batches = [batch.cuda() for batch in batches_like(x)] if runner == "alone_int8" else []
        cache = self.folder / "timing.tensorrt"
        seconds = self.alone().build(onnx, path, cache, batches=batches, timing_iterations=TIMING_ITERATIONS)
        self.note(case, runner, seconds)
        onnx.unlink()
        return path

    def build(self, case: Case, runner: str) -> None:
        if runner in COMPILED:
            self.compiled(case, runner)
        elif runner in ALONE:
            self.plan(case, runner)


def batches_like(x: torch.Tensor) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(x.shape, generator=generator) for _ in range(max(1, CALIBRATION_IMAGES // len(x)))]


def graph_of(call: Call) -> torch.cuda.CUDAGraph:
    for _ in range(3):
        call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph


def without_own_graphs(call: Call) -> Call:
    torch.ops.tensorrt.set_cudagraphs_mode(0)
    try:
        return graph_of(call).replay
    finally:
        torch.ops.tensorrt.set_cudagraphs_mode(1)


def make_call(workshop: Workshop, case: Case, runner: str, stream: torch.cuda.Stream) -> tuple[Call, Call]:
    """Returns the call to time, and a call that returns its result."""
    model, x = case.build()
    if runner in ("eager", "eager_graph"):
        model, x = model.cuda().half(), x.cuda().half()
        if runner == "eager":
            return (lambda: model(x)), (lambda: model(x))
        return graph_of(lambda: model(x)).replay, lambda: model(x)
    if runner in CAPTURED:
        module, x = torch.jit.load(str(workshop.compiled(case, CAPTURED[runner]))), x.cuda()
        return without_own_graphs(lambda: module(x)), lambda: module(x)
    if runner in COMPILED or runner == WITHOUT_GRAPHS:
        runner = "native" if runner == WITHOUT_GRAPHS else runner
        x = x.cuda().half() if COMPILED[runner][1] else x.cuda()
        module = torch.jit.load(str(workshop.compiled(case, runner)))
        (workshop.folder / f"{case.name}.{runner}.layers.json").write_text(module.engine.get_engine_layer_info())
        return (lambda: module(x)), (lambda: module(x))
    x = x.cuda()
    output = torch.empty(model.cuda()(x).shape, device="cuda")
    engine = workshop.alone().load(workshop.plan(case, runner), x, output)
    (workshop.folder / f"{case.name}.{runner}.layers.json").write_text(json.dumps(engine.layers()))
    launch = engine.launcher(stream)

    def result() -> torch.Tensor:
        launch()
        return output

    return launch, result


def times_of(call: Call, calls: int, stream: torch.cuda.Stream) -> list[float]:
    times = []
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    for _ in range(calls):
        begin.record(stream)
        call()
        end.record(stream)
        end.synchronize()
        times.append(begin.elapsed_time(end))
    return times


def relative_error(result: torch.Tensor, expected: torch.Tensor) -> float:
    return ((result.float() - expected).abs().max() / expected.abs().max()).item()


def measure(workshop: Workshop, case: Case, runners: list[str], rounds: int) -> dict[str, dict]:
    model, x = case.build()
    expected = model.cuda()(x.cuda())
    stream = torch.cuda.Stream()
    rows: dict[str, dict] = {}
    calls: dict[str, Call] = {}
    kept = []  # a recorded graph does not keep its inputs alive
    with torch.cuda.stream(stream):
        for runner in runners:
            torch.ops.tensorrt.set_cudagraphs_mode(int(runner != WITHOUT_GRAPHS))
            try:
                call, result = make_call(workshop, case, runner, stream)
                error = relative_error(result(), expected)
            except Exception as failure:
                rows[runner] = {"failed": str(failure).splitlines()[0][:200]}
                continue
            kept.append(result)
            calls[runner], rows[runner] = call, {"error": error, "build_s": workshop.seconds(case, runner)}
            times_of(call, WARM_UP_CALLS, stream)
        times: dict[str, list[float]] = {runner: [] for runner in calls}
        order = list(calls)
        draw = random.Random(0)
        for _ in range(rounds):
            draw.shuffle(order)
            for runner in order:
                torch.ops.tensorrt.set_cudagraphs_mode(int(runner != WITHOUT_GRAPHS))
                turn = times_of(calls[runner], TURN_WARM_UP_CALLS + TURN_CALLS, stream)
                times[runner] += turn[TURN_WARM_UP_CALLS:]
    (workshop.folder / f"{case.name}.times.json").write_text(json.dumps(times))
    for runner, values in times.items():
        rows[runner] |= {"ms": statistics.median(values), "min_ms": min(values)}
    return rows


def table_rows(case: Case, rows: dict[str, dict]) -> list[str]:
    lines = []
    for runner, row in rows.items():
        alone = rows.get("alone_int8" if runner.endswith("int8") else "alone", {}).get("ms")
        if "failed" in row:
            lines.append(f"| {case.name} | {runner} | failed: {row['failed']} | | | | |")
            continue
        beside = ""
        if alone and runner not in ALONE:
            beside = f"{(row['ms'] - alone) * 1e3:+.0f} us, {row['ms'] / alone - 1:+.1%}"
        figures = f"{row['ms']:.4f} | {row['min_ms']:.4f} | {beside} | {row['error']:.0e} | {row['build_s']}"
        lines.append(f"| {case.name} | {runner} | {figures} |")
    return lines


def header() -> list[str]:
    return [
        f"{datetime.date.today()}, {torch.cuda.get_device_name()}, torch {torch.__version__}",
        "",
        "    python benchmarks/gpu.py " + shlex.join(sys.argv[1:]),
        "",
        torch_tensorrt.get_environment_report(),
        "| case | runner | median ms | min ms | to TensorRT alone | error | build s |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [case.name for case in CASES]
    parser.add_argument("--work", type=Path, required=True, help="folder for the builds")
    parser.add_argument("--cases", nargs="+", default=names, choices=names)
    parser.add_argument("--runners", nargs="+", default=RUNNERS, choices=RUNNERS)
    parser.add_argument("--alone", type=Path, default=ROOT / "build/tensorrt_check/libtensorrt_alone.so")
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    torch.backends.mha.set_fastpath_enabled(False)  # all runners get the same operators
    workshop = Workshop(options.work, options.alone)
    lines = header()
    with torch.inference_mode():
        for case in (case for case in CASES if case.name in options.cases):
            if options.build_only:
                for runner in options.runners:
                    workshop.build(case, runner)
                    print(case.name, runner, workshop.seconds(case, runner), "s", flush=True)
                continue
            lines += table_rows(case, measure(workshop, case, options.runners, options.rounds))
            print(*lines[-len(options.runners) :], sep="\n", flush=True)
            if options.write:
                options.write.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
