"""Saves compiled modules to files and loads them."""

from __future__ import annotations

import dataclasses
import os
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from torch_tensorrt import _export
from torch_tensorrt._engine_module import TorchTensorRTModule
from torch_tensorrt._exported import to_script
from torch_tensorrt._exported_form import form_of
from torch_tensorrt._files import readable, replaced_when_complete, signals_wait
from torch_tensorrt._library import compiler, require_text
from torch_tensorrt._mutable import MutableTorchTensorRTModule
from torch_tensorrt._structure import Structure
from torch_tensorrt._structured_module import ENTRY, StructuredModule, script_of, structured
from torch_tensorrt._torchscript import no_deprecation

_HEAD_BYTES = 4096
_FORMATS = ("exported_program", "torchscript", "aot_inductor", "executorch")
_NO_FORMAT = {
    "aot_inductor": "a package of AOTInductor holds no engine; save a compiled module as 'torchscript', which Python "
    "and C++ load, or package a program that is not compiled with torch._inductor.aoti_compile_and_package",
    "executorch": "no engine runs in ExecuTorch; save a compiled module as 'torchscript', which Python and C++ load",
}
_KEYWORDS_OF_LOADING = {
    "torchscript": ("map_location", "_restore_shapes"),
    "exported_program": ("expected_opset_version",),
}


def save(
    module: Any,
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
    """Saves a module or program to a file that :func:`load` reads.

    ====================================================  ======================  ===============================
    module                                                default format          others
    ====================================================  ======================  ===============================
    compiled module, any other ScriptModule               ``torchscript``
    ``runtime.TorchTensorRTModule``                       ``torchscript``
    ``nn.Module`` with one of these among its submodules  ``torchscript``
    any other ``nn.Module``                               ``exported_program``    ``torchscript``
    ExportedProgram                                       ``exported_program``    ``torchscript``
    ====================================================  ======================  ===============================

    A program saved as ``torchscript`` is for C++ and ``torchtrtc``, which read no exported programs. Where TorchScript
    has no type for its arguments (results), the file takes tensor after tensor (returns a tuple). The file of a
    compiled program has the structure as an entry for :func:`load`; ``torch.jit.load`` and C++ load it without.

    Args:
        file_path: path of the file. An existing file is replaced when the new file is complete.
        extra_files: names and contents (``str`` or ``bytes``) of further entries in the file.
        output_format: the format.
        inputs, arg_inputs, kwarg_inputs: for an ``nn.Module``: the inputs that it is exported for, or for the format
            ``torchscript`` traced with (without inputs it is scripted). Exports take :class:`torch_tensorrt.Input` with
            ranges too.
        dynamic_shapes: for the export of an ``nn.Module`` with example tensors: of ``torch.export.export``.
        pickle_protocol: for exported programs.
        retrace, use_legacy_exporter: no effect. An option without effect on a module causes a warning.

    Raises:
        TypeError: ``module`` is of another type, an extra file is neither text nor bytes, or a keyword is unknown.
        ValueError: the module cannot have the format, inputs are missing, or the path is empty.
        RuntimeError: the file cannot be written, or the module neither scripted nor exported; an existing file does not
            change.
    """
    if kwargs:
        raise TypeError(f"save() got the unknown keyword {', '.join(sorted(kwargs))}")
    if inputs is not None and arg_inputs is not None:
        raise ValueError("give either inputs or arg_inputs, not both")
    inputs = inputs if inputs is not None else arg_inputs
    kind = _checked_format(module, output_format)
    if not str(file_path):
        raise ValueError("file_path is empty")
    require_text("extra_files", *(extra_files or {}))
    extra = {name: _as_bytes(name, content) for name, content in (extra_files or {}).items()}
    is_made = isinstance(module, torch.nn.Module) and not _is_compiled(module)
    is_exported = is_made and kind == "exported_program"
    _warn_of_options(
        module,
        {
            "inputs": inputs is not None and not is_made,
            "kwarg_inputs": kwarg_inputs is not None and not is_made,
            "dynamic_shapes": dynamic_shapes is not None and not is_exported,
            "pickle_protocol": pickle_protocol != _PICKLE_PROTOCOL and kind != "exported_program",
            "retrace": not retrace,
            "use_legacy_exporter": use_legacy_exporter is not None,
        },
    )
    if kind == "torchscript":
        script = _as_script(module, inputs, kwarg_inputs)
        if isinstance(module, StructuredModule):
            extra[ENTRY] = module.structure.to_json().encode()
        with signals_wait():
            compiler()._save_module(
                script._c, _as_tensor(os.fsencode(file_path)), list(extra), [_as_tensor(c) for c in extra.values()]
            )
        return
    texts = _texts(extra)
    program = _exported(module, inputs, kwarg_inputs, dynamic_shapes) if is_exported else module
    with replaced_when_complete(file_path) as file:
        torch.export.save(program, file, extra_files=texts, pickle_protocol=pickle_protocol)


_PICKLE_PROTOCOL = 2


def _is_compiled(module: Any) -> bool:
    return isinstance(module, (torch.jit.ScriptModule, StructuredModule, TorchTensorRTModule))


def _holds_compiled(module: torch.nn.Module) -> bool:
    return any(_is_compiled(part) for part in module.modules())


def _checked_format(module: Any, wanted: str | None) -> str:
    """Returns the format of the file; the default of the kind of module if none is wanted."""
    if isinstance(module, MutableTorchTensorRTModule):
        raise TypeError(
            "module is a MutableTorchTensorRTModule; save it with MutableTorchTensorRTModule.save(module, path), or "
            "save what torch_tensorrt.compile returns"
        )
    is_module = isinstance(module, torch.nn.Module)
    if not is_module and not isinstance(module, torch.export.ExportedProgram):
        raise TypeError(
            f"module is {type(module).__name__}, must be a ScriptModule, an nn.Module or an ExportedProgram"
        )
    if wanted is not None and wanted not in _FORMATS:
        raise ValueError(f"output_format={wanted!r} is not one of {', '.join(_FORMATS)}")
    holds_compiled = is_module and _holds_compiled(module)
    default = "torchscript" if holds_compiled else "exported_program"
    wanted = wanted or default
    if holds_compiled and wanted != "torchscript":
        what = "a ScriptModule" if isinstance(module, torch.jit.ScriptModule) else "a module with engines"
        reason = f"; {_NO_FORMAT[wanted]}" if wanted in _NO_FORMAT else ""
        raise ValueError(f"output_format is {wanted!r}, must be 'torchscript' for {what}{reason}")
    if wanted in _NO_FORMAT:
        raise ValueError(f"output_format is {wanted!r}: {_NO_FORMAT[wanted]}")
    return wanted


def _warn_of_options(module: Any, unused: dict[str, bool]) -> None:
    names = ", ".join(name for name, is_unused in unused.items() if is_unused)
    if names:
        kind = type(module).__name__
        article = "an" if kind[0] in "AEIO" else "a"
        warnings.warn(f"save ignores {names}: it has no effect on {article} {kind}", stacklevel=3)


def _as_script(module: Any, inputs: Any, keywords: Any) -> torch.jit.ScriptModule:
    if isinstance(module, (torch.jit.ScriptModule, StructuredModule)):
        return script_of(module)
    if isinstance(module, torch.export.ExportedProgram):
        form = form_of(module, is_whole=False)
        return to_script(module, dataclasses.replace(form, constants=False), views=True)
    if isinstance(module, TorchTensorRTModule):
        return module.to_script()
    if inputs is None and not keywords:
        try:
            with no_deprecation():
                return torch.jit.script(module)
        except Exception as error:
            raise RuntimeError(
                f"torch.jit.script fails on {type(module).__name__}; give inputs, and it is traced. The error: {error}"
            ) from error
    with torch.no_grad(), no_deprecation():
        return torch.jit.trace(module, tuple(inputs or ()) or None, example_kwarg_inputs=keywords)


def _exported(module: torch.nn.Module, inputs: Any, keywords: Any, shapes: Any) -> torch.export.ExportedProgram:
    if inputs is None and not keywords:
        raise ValueError(
            f"inputs are missing: an nn.Module ({type(module).__name__}) is exported for them; or give "
            "output_format='torchscript'"
        )
    if shapes is not None:
        return torch.export.export(module, tuple(inputs or ()), keywords, dynamic_shapes=shapes)
    return _export.export(module, inputs, keywords)


def _texts(extra: dict[str, bytes]) -> dict[str, str]:
    """The form in which torch.export.save takes extra files."""
    texts = {}
    for name, content in extra.items():
        try:
            texts[name] = content.decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"extra_files[{name!r}] of an exported program must be UTF-8 text: {error}") from None
    return texts


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
        **kwargs: ``map_location`` for TorchScript, ``expected_opset_version`` for exported programs.

    Raises:
        TypeError: the keyword is not one of the format's.
        ValueError: the format is unknown or not that of the file, or the file has neither format.
        FileNotFoundError: the file does not exist.
        RuntimeError: an argument or result is of a class that this process has not imported.
    """
    if format not in (None, "torchscript", "exported_program"):
        raise ValueError(f"format is {format!r}, must be 'torchscript' or 'exported_program'")
    if not str(file_path):
        raise ValueError("file_path is empty")
    kind = _format_of(Path(file_path))
    if format not in (None, kind):
        what = {"torchscript": "a TorchScript file", "exported_program": "an exported program"}[kind]
        raise ValueError(f"format is {format!r}, but {file_path} is {what}; give format={kind!r}, or no format")
    unknown = [name for name in kwargs if name not in _KEYWORDS_OF_LOADING[kind]]
    if unknown:
        known = ", ".join(name for name in _KEYWORDS_OF_LOADING[kind] if not name.startswith("_"))
        raise TypeError(f"load() got the keyword {', '.join(unknown)}; the format {kind} takes {known}")
    with readable(file_path) as path:
        if kind == "torchscript":
            with no_deprecation():
                return _loaded(path, extra_files, kwargs)
        with open(path, "rb") as file:  # PyTorch logs an error for a path that does not end in .pt2
            return torch.export.load(file, extra_files=extra_files, **kwargs)


def _loaded(path: str, extra_files: dict[str, Any] | None, kwargs: dict[str, Any]) -> Any:
    with zipfile.ZipFile(path) as archive:
        name = next((name for name in archive.namelist() if name.endswith(f"/extra/{ENTRY}")), None)
        structure = None if name is None else Structure.from_json(archive.read(name).decode())
    return structured(torch.jit.load(path, _extra_files=extra_files, **kwargs), structure)


def _format_of(path: Path) -> str:
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is neither a TorchScript file nor an exported program: {_plain_kind(path)}")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any("/code/" in name for name in names):
        return "torchscript"
    if any("/aotinductor/" in name for name in names):
        raise ValueError(f"{path} is a package of AOTInductor; torch._inductor.aoti_load_package loads it")
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
