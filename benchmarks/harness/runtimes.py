"""Runtimes for a PyTorch model on a CPU. Each is a function that takes a job and returns a function that runs it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import logging
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

Run = Callable[[], Any]


@dataclass
class Job:
    """A model in eval mode, its input, and the number of threads."""

    model: torch.nn.Module
    x: torch.Tensor
    threads: int
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="torchtrt-bench-")))

    def onnx_file(self) -> str:
        """Exports the model to ONNX and returns the path."""
        path = self.folder / "model.onnx"
        with _quiet(), torch.no_grad():
            torch.onnx.export(self.model, (self.x,), str(path), dynamo=False, opset_version=17, input_names=["x"])
        return str(path)


@contextlib.contextmanager
def _quiet() -> Any:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        yield


def _traced(job: Job) -> torch.jit.ScriptModule:
    return torch.jit.freeze(torch.jit.trace(job.model, job.x, check_trace=False))


def eager(job: Job) -> Run:
    """PyTorch's own execution under ``torch.inference_mode``."""
    return lambda: job.model(job.x)


def torchscript(job: Job) -> Run:
    """A traced and frozen module."""
    frozen = _traced(job)
    return lambda: frozen(job.x)


def torchscript_optimized(job: Job) -> Run:
    """A traced and frozen module after ``torch.jit.optimize_for_inference``."""
    optimized = torch.jit.optimize_for_inference(_traced(job))
    return lambda: optimized(job.x)


def inductor(job: Job) -> Run:
    """``torch.compile`` with frozen parameters."""
    import torch._inductor.config

    torch._dynamo.reset()
    torch._inductor.config.freezing = True
    compiled = torch.compile(job.model)
    return lambda: compiled(job.x)


def onnxruntime(job: Job) -> Run:
    """ONNX Runtime's CPU provider."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = job.threads
    session = ort.InferenceSession(job.onnx_file(), options, providers=["CPUExecutionProvider"])
    feed = {"x": job.x.numpy()}
    return lambda: session.run(None, feed)[0]


def openvino(job: Job) -> Run:
    """OpenVINO's CPU plugin in f32, tuned for latency."""
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": job.threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.Core().compile_model(job.onnx_file(), "CPU", settings).create_infer_request()
    inputs = [job.x.numpy()]
    return lambda: request.infer(inputs, share_inputs=True, share_outputs=True)[0]


def ours(job: Job) -> Run:
    """``torch_tensorrt.compile`` of the scripted model."""
    import torch_tensorrt

    compiled = torch_tensorrt.compile(torch.jit.script(job.model), inputs=[job.x], device="cpu")
    return lambda: compiled(job.x)


# name -> (function, package for the version, title in tables)
RUNTIMES: dict[str, tuple[Callable[[Job], Run], str, str]] = {
    "eager": (eager, "torch", "PyTorch eager"),
    "torchscript": (torchscript, "torch", "TorchScript, frozen"),
    "torchscript_optimized": (torchscript_optimized, "torch", "TorchScript, optimize_for_inference"),
    "inductor": (inductor, "torch", "torch.compile, freezing"),
    "onnxruntime": (onnxruntime, "onnxruntime", "ONNX Runtime"),
    "openvino": (openvino, "openvino", "OpenVINO, f32"),
    "ours": (ours, "torch_tensorrt", "torch_tensorrt (ours)"),
}


def version(name: str) -> str | None:
    """Returns the version of the runtime's package, or None if it is not installed."""
    try:
        return importlib.metadata.version(RUNTIMES[name][1])
    except importlib.metadata.PackageNotFoundError:
        return None
