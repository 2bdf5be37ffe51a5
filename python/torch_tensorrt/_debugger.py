"""Torch-TensorRT's ``Debugger``: more messages and files about the builds in a block."""

from __future__ import annotations

import contextlib
import getpass
import os
import tempfile
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any

from torch_tensorrt import logging

_LEVELS = {
    "internal_errors": logging.internal_errors,
    "error": logging.errors,
    "errors": logging.errors,
    "warning": logging.warnings,
    "warnings": logging.warnings,
    "info": logging.info,
    "debug": logging.debug,
    "graphs": logging.graphs,
}
_DUMPS = "TORCHTRT_DUMP_DIRECTORY"


class Debugger(contextlib.AbstractContextManager["Debugger"]):
    """Sets the level of the log and writes the network of each build, in a block.

    ``with torch_tensorrt.dynamo.Debugger("graphs", logging_dir="logs"): ...``. The texts of the network, before the
    passes and after each one, are in ``logging_dir`` in the folder ``ENGINE/BACKEND``.

    Args:
        log_level: ``"graphs"``, ``"debug"``, ``"info"``, ``"warning"``, ``"error"`` or ``"internal_errors"``.
        logging_dir: folder of the files; default ``torch_tensorrt_USER/debug_logs`` in the folder of temporary files.
        engine_builder_monitor: no effect; the log tells the progress.
        capture_fx_graph_before, capture_fx_graph_after, save_engine_profile, profile_format, save_layer_info: no
            effect, with a warning.

    Raises:
        ValueError: the level is unknown.
    """

    def __init__(
        self,
        log_level: str = "debug",
        capture_fx_graph_before: Any = None,
        capture_fx_graph_after: Any = None,
        save_engine_profile: bool = False,
        profile_format: str = "perfetto",
        engine_builder_monitor: bool = True,
        logging_dir: str | os.PathLike[str] | None = None,
        save_layer_info: bool = False,
    ) -> None:
        if log_level not in _LEVELS:
            raise ValueError(f"log_level is {log_level!r}, must be one of {', '.join(_LEVELS)}")
        unused = {
            "capture_fx_graph_before": (
                capture_fx_graph_before,
                "the texts of the network in logging_dir show each pass",
            ),
            "capture_fx_graph_after": (
                capture_fx_graph_after,
                "the texts of the network in logging_dir show each pass",
            ),
            "save_engine_profile": (save_engine_profile, "call enable_profiling() of the module's engine"),
            "save_layer_info": (save_layer_info, "call get_engine_layer_info() of the module's engine"),
        }
        for name, (value, instead) in unused.items():
            if value:
                warnings.warn(f"{name} of Debugger has no effect: {instead}", stacklevel=2)
        default = Path(tempfile.gettempdir()) / f"torch_tensorrt_{getpass.getuser()}" / "debug_logs"
        self.logging_dir = Path(logging_dir) if logging_dir is not None else default
        self._level = _LEVELS[log_level]()

    def __enter__(self) -> Debugger:
        self.logging_dir.mkdir(parents=True, exist_ok=True)
        self._before = os.environ.get(_DUMPS)
        os.environ[_DUMPS] = str(self.logging_dir)
        self._level.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._level.__exit__(kind, error, trace)
        del os.environ[_DUMPS]
        if self._before is not None:
            os.environ[_DUMPS] = self._before
