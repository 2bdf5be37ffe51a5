"""Finds and loads the C++ libraries. None of them needs a GPU."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from torch_tensorrt import _log, _progress
from torch_tensorrt._version import __version__, built_for_torch

# Ops that may take seconds.
_LONG = ("_compile", "_refit_module", "_convert_method_to_engine", "_check", "_check_method_op_support", "_load_engine")
_LIBRARIES = ("libtorchtrt_runtime.so", "libtorchtrt.so")


def library_dir() -> Path:
    """Returns the folder of the libraries: ``TORCHTRT_LIBRARY_DIR`` if set, else ``lib`` in the package."""
    override = os.environ.get("TORCHTRT_LIBRARY_DIR")
    return Path(override) if override else Path(__file__).resolve().parent / "lib"


def load() -> None:
    """Loads the runtime and the compiler.

    Raises:
        ImportError: another torch is installed than the libraries were built for, or a file is missing or does not
            load.
    """
    if "TORCHTRT_LIBRARY_DIR" not in os.environ:
        _require_torch(torch.__version__)
    for name in _LIBRARIES:
        path = library_dir() / name
        if not path.exists():
            raise ImportError(
                f"{path} is missing: torch_tensorrt is not built or not completely installed; run `pip install .`"
            )
        try:
            torch.ops.load_library(str(path))
        except OSError as error:
            raise ImportError(
                f"{path} does not load with torch {torch.__version__}: {error}. "
                "It must be built against the installed torch; run `pip install .` again"
            ) from error
    _log.start()


def _interruptible(operator: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        with _progress.interruptible():
            return operator(*arguments)

    return call


class _Operators:
    """The compiler's ops (``torch.ops.torch_tensorrt``); Python's logger has the messages of a call when it returns."""

    def __getattr__(self, name: str) -> Any:
        is_long = name in _LONG
        operator = getattr(torch.ops.torch_tensorrt, name)
        operator = _log.following(_interruptible(operator) if is_long else operator, is_long)
        setattr(self, name, operator)
        return operator


_OPERATORS = _Operators()


def _require_torch(found: str) -> None:
    """Raises ``ImportError`` for a torch of another minor version, whose C++ interface is another."""
    if built_for_torch.split(".")[:2] != found.split(".")[:2]:
        wanted = ".".join(built_for_torch.split(".")[:2])
        raise ImportError(
            f"torch_tensorrt {__version__} was built for torch {built_for_torch}, but torch {found} is installed, "
            f"which has another C++ interface; run `pip install 'torch=={wanted}.*'`, or build torch_tensorrt for "
            f"torch {found} with `pip install .` in its source folder"
        )


def compiler() -> Any:
    """Returns the compiler's ops."""
    return _OPERATORS


def to_json(spec: dict[str, Any]) -> str:
    """Returns a specification as JSON for the ops. Raises ``RuntimeError`` for a string not valid in UTF-8."""
    for key, value in spec.items():
        require_text(key, *_strings(value))
    return json.dumps(spec)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for element in value.values():
            yield from _strings(element)
    elif isinstance(value, (list, tuple)):
        for element in value:
            yield from _strings(element)


def require_text(what: str, *texts: str) -> None:
    """Raises ``RuntimeError`` for a string not valid in UTF-8, such as a file name with other bytes."""
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{what} has {text!r}, must be a string")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise RuntimeError(f"{what} has {text!r}, which is not valid UTF-8 text") from error
