"""The settings of a build for type checkers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

from torch_tensorrt._progress import Progress


class Settings(TypedDict, total=False):
    """The settings of :func:`torch_tensorrt.ts.compile` that :func:`torch_tensorrt.compile` passes on.

    ``enabled_precisions`` is an argument of its own. A test compares the names and types with the settings.
    """

    disable_tf32: bool
    sparse_weights: bool
    refit: bool
    debug: bool
    num_avg_timing_iters: int
    workspace_size: int
    dla_sram_size: int
    dla_local_dram_size: int
    dla_global_dram_size: int
    truncate_long_and_double: bool
    require_full_compilation: bool
    min_block_size: int
    torch_executed_ops: Iterable[Any] | None
    torch_executed_modules: Iterable[str] | None
    allow_shape_tensors: bool
    max_specializations: int
    backend: str
    mix_backends: bool
    timing_cache_path: str | os.PathLike[str]
    optimization_level: int | None
    version_compatible: bool
    hardware_compatible: bool
    use_explicit_typing: bool
    precision_overrides: Iterable[str] | None
    strict_precisions: bool
    deterministic: bool
    weight_only: str
    num_threads: int
    input_signature: Any
    device: Any
    calibrator: Any
    capability: Any
    progress: bool | Callable[[Progress], Any] | None
