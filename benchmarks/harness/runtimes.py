"""Runtimes for a PyTorch model on a CPU. Each is a function that takes a job and returns a function that runs it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from harness import precisions

Run = Callable[[], Any]


class Unsupported(Exception):
    """The runtime has no such precision."""


@dataclass
class Job:
    """A model in eval mode, its input, inputs for the calibration, and the number of threads."""

    model: torch.nn.Module
    x: torch.Tensor
    threads: int
    calibration: list[torch.Tensor] = field(default_factory=list)
    transformer: bool = False
    traced: bool = False
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="torchtrt-bench-")))

    def onnx_file(self) -> str:
        """Exports the model to ONNX and returns the path."""
        path = self.folder / "model.onnx"
        fast = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)  # ONNX has no form of its operator
        try:
            with _quiet(), torch.no_grad():
                torch.onnx.export(self.model, (self.x,), str(path), dynamo=False, opset_version=17, input_names=["x"])
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
        return str(path)

    def script(self) -> torch.jit.ScriptModule:
        """Returns the model as TorchScript."""
        if self.traced:
            return torch.jit.trace(self.model, self.x, check_trace=False)
        return torch.jit.script(self.model)


@contextlib.contextmanager
def _quiet() -> Any:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _traced(job: Job) -> torch.jit.ScriptModule:
    return torch.jit.freeze(torch.jit.trace(job.model, job.x, check_trace=False))


def eager(job: Job, precision: str) -> Run:
    """PyTorch's own execution under ``torch.inference_mode``."""
    return lambda: job.model(job.x)


def torchscript(job: Job, precision: str) -> Run:
    """A traced and frozen module."""
    frozen = _traced(job)
    return lambda: frozen(job.x)


def torchscript_optimized(job: Job, precision: str) -> Run:
    """A traced and frozen module after ``torch.jit.optimize_for_inference``."""
    optimized = torch.jit.optimize_for_inference(_traced(job))
    return lambda: optimized(job.x)


def inductor(job: Job, precision: str) -> Run:
    """``torch.compile`` with frozen parameters; bf16 is ``torch.autocast``."""
    import torch._inductor.config

    torch._dynamo.reset()
    torch._inductor.config.freezing = True
    compiled = torch.compile(job.model)
    if precision == "f32":
        return lambda: compiled(job.x)

    def run() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return compiled(job.x)

    return run


def onnxruntime(job: Job, precision: str) -> Run:
    """ONNX Runtime's CPU provider; int8 is ``quantize_static`` with activations of u8, its fastest on x86."""
    if "bf16" in precision:
        raise Unsupported("no bf16 kernels on CPUs")
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = job.threads
    path = job.onnx_file() if precision == "f32" else _quantize_for_onnxruntime(job)
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"x": job.x.numpy()}
    return lambda: session.run(None, feed)[0]


def _quantize_for_onnxruntime(job: Job) -> str:
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared, path = str(job.folder / "prepared.onnx"), str(job.folder / "quantized.onnx")
    batches = iter(job.calibration)

    class Reader(quantization.CalibrationDataReader):
        def get_next(self) -> dict[str, Any] | None:
            batch = next(batches, None)
            return None if batch is None else {"x": batch.numpy()}

    with _quiet():
        quant_pre_process(job.onnx_file(), prepared)
        quantization.quantize_static(
            prepared,
            path,
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=False,
        )
    return path


# precision -> what layers that are not quantized may compute in
_OPENVINO_HINTS = {"f32": "f32", "bf16": "bf16", "int8": "f32", "int8+bf16": "bf16"}


def openvino(job: Job, precision: str) -> Run:
    """OpenVINO's CPU plugin, tuned for latency; int8 is NNCF's quantization after training."""
    import openvino

    core = openvino.Core()
    settings = {
        "INFERENCE_NUM_THREADS": job.threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": _OPENVINO_HINTS[precision],
    }
    model = core.read_model(job.onnx_file())
    if "int8" in precision:
        model = _quantize_for_openvino(job, model)
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    inputs = [job.x.numpy()]
    return lambda: request.infer(inputs, share_inputs=True, share_outputs=True)[0]


def _quantize_for_openvino(job: Job, model: Any) -> Any:
    os.environ.setdefault("NNCF_CI", "1")  # without it, NNCF sends statistics of its use
    with _quiet():
        import nncf

        return nncf.quantize(
            model,
            nncf.Dataset([batch.numpy() for batch in job.calibration]),
            subset_size=len(job.calibration),
            model_type=nncf.ModelType.TRANSFORMER if job.transformer else None,
        )


def ours(job: Job, precision: str) -> Run:
    """``torch_tensorrt.compile`` of the scripted or traced model."""
    import torch_tensorrt

    settings = precisions.settings(precision, [(batch,) for batch in job.calibration])
    compiled = torch_tensorrt.compile(job.script(), inputs=[job.x], device="cpu", **settings)
    return lambda: compiled(job.x)


@dataclass(frozen=True)
class Runtime:
    """A runtime, the package that has its version, its title in tables, and precisions to measure or to decline."""

    prepare: Callable[[Job, str], Run]
    package: str
    title: str
    precisions: tuple[str, ...] = ("f32",)


RUNTIMES = {
    "eager": Runtime(eager, "torch", "PyTorch eager"),
    "torchscript": Runtime(torchscript, "torch", "TorchScript, frozen"),
    "torchscript_optimized": Runtime(torchscript_optimized, "torch", "TorchScript, optimize_for_inference"),
    "inductor": Runtime(inductor, "torch", "torch.compile, freezing", ("f32", "bf16")),
    "onnxruntime": Runtime(onnxruntime, "onnxruntime", "ONNX Runtime", ("f32", "bf16", "int8", "int8+bf16")),
    "openvino": Runtime(openvino, "openvino", "OpenVINO", ("f32", "bf16", "int8", "int8+bf16")),
    "ours": Runtime(ours, "torch_tensorrt", "torch_tensorrt (ours)", tuple(precisions.PRECISIONS)),
}


def row_name(runtime: str, precision: str) -> str:
    """Returns the key of a runtime's row: its name, and the precision unless it is f32."""
    return runtime if precision == "f32" else f"{runtime} {precision}"


def row_title(runtime: str, precision: str) -> str:
    """Returns the title of a runtime's row."""
    row = RUNTIMES[runtime]
    return f"{row.title}, {precision}" if len(row.precisions) > 1 else row.title


def package_version(package: str) -> str | None:
    """Returns the version of a package, or None if it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
