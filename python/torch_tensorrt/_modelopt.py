"""Exports modules that NVIDIA's ModelOpt has quantized to integers."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import torch

_BACKEND = "torch_tensorrt"
_MOST_BITS = 16
# ModelOpt rounds tensors without a larger magnitude to 0. So does this scale, and products of two of them are finite.
_NO_MAGNITUDE, _SCALE_OF_NOTHING = 2.0**-24, 2.0**60


@contextlib.contextmanager
def exportable(module: torch.nn.Module) -> Iterator[None]:
    """Lets ``torch.export`` take the module's quantizers, as fake quantization.

    A quantizer of ModelOpt reads its ranges in Python on a CPU, and ``torch.export`` refuses that.

    Raises:
        RuntimeError: a quantizer rounds to floating-point numbers, or has a scale for each block.
    """
    package: Any = sys.modules.get("modelopt.torch.quantization.nn.modules.tensor_quantizer")
    if package is not None:
        _decline_others(module, package)
    quantizers: list[Any] = (
        [] if package is None else [part for part in module.modules() if _is_constant(part, package)]
    )
    if package is None or not quantizers:
        yield
        return
    for quantizer in quantizers:
        quantizer.backend = _BACKEND
    package.register_quant_backend(_BACKEND, _fake_quantized)
    try:
        yield
    finally:
        package.unregister_quant_backend(_BACKEND)
        for quantizer in quantizers:
            quantizer.backend = None


def _decline_others(module: torch.nn.Module, package: Any) -> None:
    for name, part in module.named_modules():
        if not isinstance(part, package.TensorQuantizer) or not getattr(part, "is_enabled", True):
            continue
        if not isinstance(part.num_bits, int):
            form = "fp8" if sum(part.num_bits) == 7 else "floating-point numbers"
            raise RuntimeError(
                f"the quantizer {name} rounds to {form} (num_bits {tuple(part.num_bits)}); no engine does. Quantize "
                "to int8 (INT8_DEFAULT_CFG)"
            )
        if part.block_sizes is not None:
            raise RuntimeError(
                f"the quantizer {name} has a scale for each block of {part.num_bits}-bit integers; engines have one "
                "for a tensor or for each channel. Quantize to int8 (INT8_DEFAULT_CFG)"
            )


def _is_constant(part: Any, package: Any) -> bool:
    """Tells whether the module rounds to integers with known ranges, for all elements or along one dimension."""
    if not isinstance(part, package.TensorQuantizer) or part.backend is not None or part.block_sizes is not None:
        return False
    amax = getattr(part, "_amax", None)
    if amax is None or part.bias_calibrator is not None or part._use_constant_amax:
        return False
    is_integer = isinstance(part.num_bits, int) and 2 <= part.num_bits <= _MOST_BITS
    return is_integer and sum(size != 1 for size in amax.shape) <= 1 and bool((amax >= 0).all())


def _fake_quantized(inputs: torch.Tensor, quantizer: Any) -> torch.Tensor:
    amax = quantizer._amax.detach().float()
    high = 2 ** (quantizer.num_bits - (not quantizer._unsigned)) - 1
    low = 0 if quantizer._unsigned else -high - (not quantizer._narrow_range)
    scale = torch.where(amax <= _NO_MAGNITUDE, _SCALE_OF_NOTHING, amax / high)
    if amax.numel() == 1:
        zero = torch.zeros((), dtype=torch.int32, device=amax.device)
        return torch.fake_quantize_per_tensor_affine(inputs, scale.reshape(()), zero, low, high)
    (dim,) = [dim for dim, size in enumerate(amax.shape) if size != 1]
    zeros = torch.zeros(amax.numel(), dtype=torch.int32, device=amax.device)
    dim += inputs.dim() - amax.dim()
    return torch.fake_quantize_per_channel_affine(inputs, scale.flatten(), zeros, dim, low, high)
