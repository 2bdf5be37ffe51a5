"""The precisions of the benchmarks, and what each is for the compiler."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

# name -> the precisions that the builder may use; None: the compiler's default
PRECISIONS: dict[str, set[torch.dtype] | None] = {
    "f32": None,
    "bf16": {torch.float32, torch.bfloat16},
    "fp16": {torch.float32, torch.float16},
    "int8": {torch.float32, torch.int8},
    "int8+bf16": {torch.float32, torch.bfloat16, torch.int8},
}

# The largest error of a model with random weights that its rounding explains. Beyond it, a time means nothing.
LIMITS = {"f32": 1e-3, "bf16": 0.1, "fp16": 0.02, "int8": 0.5, "int8+bf16": 0.5}

Batch = tuple[torch.Tensor, ...]


def parse(text: str) -> list[str]:
    """Returns the precisions of a list with commas.

    Raises:
        ValueError: a precision is unknown, or the list has one twice.
    """
    names = text.split(",")
    wrong = [name for name in names if name not in PRECISIONS]
    if wrong:
        raise ValueError(f"unknown precision {', '.join(map(repr, wrong))}; known are {', '.join(PRECISIONS)}")
    if len(set(names)) < len(names):
        raise ValueError(f"{text} has a precision twice")
    return names


def loader(batches: Iterable[Batch]) -> torch.utils.data.DataLoader:
    """Returns what yields the batches: the tensor of a model with one input, otherwise the tuple of its inputs."""
    items = [batch[0] if len(batch) == 1 else batch for batch in batches]
    return torch.utils.data.DataLoader(items, batch_size=None, collate_fn=_unchanged)


def _unchanged(item: Any) -> Any:
    return item


def settings(precision: str, calibration: Iterable[Batch], every_layer: bool = False) -> dict[str, Any]:
    """Returns the arguments of ``torch_tensorrt.compile`` for a precision; int8 is calibrated with the batches.

    With ``every_layer``, all layers that can leave f32 do, whatever time they take.
    """
    allowed = PRECISIONS[precision]
    if allowed is None:
        return {}
    if every_layer:
        allowed = allowed - {torch.float32}
    if torch.int8 not in allowed:
        return {"enabled_precisions": allowed}
    import torch_tensorrt

    calibrator = torch_tensorrt.ptq.DataLoaderCalibrator(
        loader(calibration),
        cache_file=None,
        use_cache=False,
        algo_type=torch_tensorrt.ptq.CalibrationAlgo.ENTROPY_CALIBRATION_2,
    )
    return {"enabled_precisions": allowed, "calibrator": calibrator}
