"""The parts of Torch-TensorRT that this library has, for programs that branch on them."""

from __future__ import annotations

from typing import NamedTuple


class FeatureSet(NamedTuple):
    """A flag for each part, under the names of Torch-TensorRT."""

    torchscript_frontend: bool
    torch_tensorrt_runtime: bool
    dynamo_frontend: bool
    fx_frontend: bool
    refit: bool
    qdp_plugin: bool
    windows_cross_compile: bool
    tensorrt_rtx: bool
    trtllm_for_nccl: bool
    native_trt_collectives: bool
    complex_decomposition: bool


ENABLED_FEATURES = FeatureSet(
    torchscript_frontend=True,
    torch_tensorrt_runtime=True,
    dynamo_frontend=True,
    fx_frontend=False,
    refit=True,
    qdp_plugin=False,
    windows_cross_compile=False,
    tensorrt_rtx=False,
    trtllm_for_nccl=False,
    native_trt_collectives=False,
    complex_decomposition=False,
)
