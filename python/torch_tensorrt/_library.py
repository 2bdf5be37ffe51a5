"""Finds and loads the C++ libraries. Nothing here asks for a GPU."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

_LIBRARIES = ("libtorchtrt_runtime.so", "libtorchtrt.so")


def library_dir() -> Path:
    """Where the libraries are: ``TORCHTRT_LIBRARY_DIR`` if set, else beside the package."""
    override = os.environ.get("TORCHTRT_LIBRARY_DIR")
    return Path(override) if override else Path(__file__).resolve().parent / "lib"


def load() -> None:
    """Loads the runtime and the compiler. Raises ``ImportError`` saying which file is missing or what it lacks."""
    for name in _LIBRARIES:
        path = library_dir() / name
        if not path.exists():
            raise ImportError(
                f"{path} is missing: torch_tensorrt was not built or not installed whole; run `pip install .`"
            )
        try:
            torch.ops.load_library(str(path))
        except OSError as error:
            raise ImportError(
                f"{path} does not load with torch {torch.__version__}: {error}. "
                "It must be built against the installed torch; run `pip install .` again"
            ) from error


def compiler() -> Any:
    """The compiler's ops (``torch.ops.torch_tensorrt``)."""
    return torch.ops.torch_tensorrt


def to_json(spec: dict[str, Any]) -> str:
    """A specification as the compiler's ops take it. Raises ``RuntimeError`` for a string that UTF-8 cannot hold."""
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
    """Raises ``RuntimeError`` for a string that UTF-8 cannot hold, such as a file name of other bytes."""
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{what} has {text!r}, must be a string")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise RuntimeError(f"{what} has {text!r}, which is not text: UTF-8 cannot hold it") from error
