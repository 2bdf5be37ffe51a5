"""TensorRT alone, without this library: builds from an ONNX file, runs as one CUDA graph. See tensorrt_alone.cpp."""

from __future__ import annotations

import ctypes
import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

_THREAD_LOCAL = 1  # cudaStreamCaptureModeThreadLocal


def export_onnx(model: nn.Module, x: torch.Tensor, path: Path) -> None:
    from torch.onnx._internal.torchscript_exporter import onnx_proto_utils

    try:
        import onnx  # noqa: F401
    except ImportError:
        # The export uses the package only for functions in ONNX script, and these models have none.
        onnx_proto_utils._add_onnxscript_fn = lambda model_bytes, opsets: model_bytes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (x,), str(path), dynamo=False, opset_version=17)


class TensorRTAlone:
    """The library of build/tensorrt_check (tools/tensorrt.sh). The loader must find libnvinfer and its ONNX parser."""

    def __init__(self, path: Path) -> None:
        for vendor in ("libnvinfer.so.10", "libnvonnxparser.so.10"):
            ctypes.CDLL(vendor, mode=ctypes.RTLD_GLOBAL)
        self.library = ctypes.CDLL(str(path))
        self.library.alone_build.restype = ctypes.c_double
        for function in (self.library.alone_tensor, self.library.alone_layers):
            function.restype = ctypes.c_char_p
        self.library.alone_open.restype = ctypes.c_void_p
        self.library.alone_tensor_bytes.restype = ctypes.c_int64

    def build(
        self,
        onnx: Path,
        plan: Path,
        timing_cache: Path,
        fp16: bool = True,
        batches: Sequence[torch.Tensor] = (),
        timing_iterations: int = 1,
    ) -> float:
        """Builds a plan and returns the seconds. `fp16` allows f16 beside f32, batches on the GPU int8 too."""
        pointers = (ctypes.c_void_p * max(len(batches), 1))(*(batch.data_ptr() for batch in batches))
        size = len(batches[0]) if batches else 1
        paths = [str(file).encode() for file in (onnx, timing_cache, plan)]
        calibration = (pointers, len(batches), size)
        seconds = self.library.alone_build(paths[0], int(fp16), *calibration, timing_iterations, *paths[1:])
        if seconds < 0:
            raise RuntimeError(f"TensorRT cannot build an engine of {onnx}")
        return seconds

    def load(self, plan: Path, x: torch.Tensor, output: torch.Tensor) -> AloneEngine:
        return AloneEngine(self.library, plan, x, output)


class AloneEngine:
    """An engine with one input and one output, bound to two tensors on the GPU. A call launches its CUDA graph."""

    def __init__(self, library: ctypes.CDLL, plan: Path, x: torch.Tensor, output: torch.Tensor) -> None:
        self.library, self.kept = library, (x, output)
        self.engine = ctypes.c_void_p(library.alone_open(str(plan).encode()))
        if not self.engine:
            raise RuntimeError(f"TensorRT cannot load {plan}")
        for index in range(library.alone_tensor_count(self.engine)):
            name = library.alone_tensor(self.engine, index)
            tensor = x if library.alone_is_input(self.engine, name) else output
            assert library.alone_tensor_bytes(self.engine, name) == tensor.nbytes, name
            assert library.alone_bind(self.engine, name, ctypes.c_void_p(tensor.data_ptr())) == 0, name
        self.cuda = ctypes.CDLL("libcudart.so.13")
        self.graph = self._record()

    def _check(self, status: int) -> None:
        if status != 0:
            raise RuntimeError(f"CUDA status {status}")

    def _record(self) -> ctypes.c_void_p:
        stream = torch.cuda.Stream()
        handle, graph, ready = ctypes.c_void_p(stream.cuda_stream), ctypes.c_void_p(), ctypes.c_void_p()
        assert self.library.alone_enqueue(self.engine, handle) == 0
        stream.synchronize()
        self._check(self.cuda.cudaStreamBeginCapture(handle, _THREAD_LOCAL))
        assert self.library.alone_enqueue(self.engine, handle) == 0
        self._check(self.cuda.cudaStreamEndCapture(handle, ctypes.byref(graph)))
        self._check(self.cuda.cudaGraphInstantiate(ctypes.byref(ready), graph, ctypes.c_ulonglong(0)))
        return ready

    def launcher(self, stream: torch.cuda.Stream):
        """Returns a call that launches the graph, and keeps the engine and its tensors alive."""
        launch, handle = self.cuda.cudaGraphLaunch, ctypes.c_void_p(stream.cuda_stream)
        return lambda: launch(self.graph, handle)

    def layers(self) -> list:
        return json.loads(self.library.alone_layers(self.engine).decode()).get("Layers", [])
