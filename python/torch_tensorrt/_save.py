"""Saves compiled modules to files and loads them."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from torch_tensorrt._files import readable, signals_wait
from torch_tensorrt._library import compiler, require_text

_HEAD_BYTES = 4096
_FORMATS = ("exported_program", "torchscript", "aot_inductor", "executorch")


def save(
    module: torch.jit.ScriptModule,
    file_path: str | Path = "",
    *,
    extra_files: dict[str, Any] | None = None,
    output_format: str | None = None,
    inputs: Sequence[Any] | None = None,
    arg_inputs: Sequence[Any] | None = None,
    kwarg_inputs: dict[str, Any] | None = None,
    retrace: bool = True,
    use_legacy_exporter: bool | None = None,
    pickle_protocol: int = 2,
    dynamic_shapes: Any = None,
    **kwargs: Any,
) -> None:
    """Saves a compiled module to a file, like ``torch.jit.save``.

    Args:
        module: a ScriptModule.
        file_path: path of the file. An existing file is replaced when the new file is complete.
        extra_files: names and contents (``str`` or ``bytes``) of further entries in the file.
        output_format: ``"torchscript"`` (default), the only format of a ScriptModule.
        inputs, arg_inputs, kwarg_inputs, retrace, use_legacy_exporter, pickle_protocol, dynamic_shapes: for other
            formats, and ignored.

    Raises:
        TypeError: ``module`` is not a ScriptModule, an extra file is neither text nor bytes, or a keyword is unknown.
        ValueError: the format is another one, or the path is empty.
        RuntimeError: the file cannot be written; an existing file does not change.
    """
    if kwargs:
        raise TypeError(f"save() got the unknown keyword {', '.join(sorted(kwargs))}")
    if not isinstance(module, torch.jit.ScriptModule):
        raise TypeError(f"module is {type(module).__name__}, must be a ScriptModule such as compile returns")
    output_format = output_format or "torchscript"
    if output_format not in _FORMATS:
        raise ValueError(f"output_format={output_format!r} is not one of {', '.join(_FORMATS)}")
    if output_format != "torchscript":
        raise ValueError(f"output_format is {output_format!r}, must be 'torchscript' for a ScriptModule")
    if not str(file_path):
        raise ValueError("file_path is empty")
    require_text("extra_files", *(extra_files or {}))
    extra = {name: _as_bytes(name, content) for name, content in (extra_files or {}).items()}
    with signals_wait():
        compiler()._save_module(
            module._c, _as_tensor(os.fsencode(file_path)), list(extra), [_as_tensor(c) for c in extra.values()]
        )


def _as_bytes(name: str, content: Any) -> bytes:
    if not isinstance(content, (str, bytes, bytearray)):
        raise TypeError(f"extra_files[{name!r}] is {type(content).__name__}, must be str or bytes")
    if isinstance(content, str):
        require_text(f"extra_files[{name!r}]", content)
        return content.encode()
    return bytes(content)


def _as_tensor(content: bytes) -> torch.Tensor:
    if not content:
        return torch.empty(0, dtype=torch.uint8)
    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def load(
    file_path: str | Path = "",
    extra_files: dict[str, Any] | None = None,
    *,
    format: str | None = None,  # noqa: A002 - the public name
    **kwargs: Any,
) -> torch.jit.ScriptModule | torch.export.ExportedProgram:
    """Loads a ScriptModule, or a program that ``torch.export.save`` wrote.

    Args:
        file_path: path of the file.
        extra_files: names of further entries in the file; ``load`` replaces the values by their contents.
        format: ``"torchscript"`` or ``"exported_program"``. Default: the format of the file.
        **kwargs: keywords of ``torch.jit.load`` or ``torch.export.load`` (``map_location``).

    Raises:
        ValueError: the format is unknown, or the file has neither format.
        FileNotFoundError: the file does not exist.
    """
    if format not in (None, "torchscript", "exported_program"):
        raise ValueError(f"format is {format!r}, must be 'torchscript' or 'exported_program'")
    kind = format or _format_of(Path(file_path))
    with readable(file_path) as path:
        if kind == "torchscript":
            return torch.jit.load(path, _extra_files=extra_files, **kwargs)
        return torch.export.load(path, extra_files=extra_files, **kwargs)


def _format_of(path: Path) -> str:
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is neither a TorchScript file nor an exported program: {_plain_kind(path)}")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any("/code/" in name for name in names):
        return "torchscript"
    if any(name.endswith(("archive_format", "serialized_exported_program.json")) for name in names):
        return "exported_program"
    weights = any(name.endswith("/data.pkl") for name in names)
    kind = "torch.save wrote it, with weights or a pickled object" if weights else "it is another zip archive"
    raise ValueError(f"{path} is neither a TorchScript file nor an exported program: {kind}")


def _plain_kind(path: Path) -> str:
    if not path.is_file():
        return "it is not a regular file"
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        return "it is empty"
    starts = {
        b"PK\x03\x04": "it is a zip archive without its end, cut short",
        b"TRTCPLAN": "it is an engine; make a module of its bytes with embed_engine_in_new_module",
        b"\x80\x02": "it is a pickle of an old version of torch.save",
    }
    known = next((kind for start, kind in starts.items() if head.startswith(start)), None)
    if known is not None:
        return known
    is_text = all(byte >= 0x20 or 0x09 <= byte <= 0x0D for byte in head)
    return "it is a text file" if is_text else "its first bytes are those of neither"
