"""A compiled module whose arguments and results have the structure of the user's program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from torch_tensorrt._structure import Structure
from torch_tensorrt._torchscript import no_deprecation

#: The entry of a file of TorchScript with the structure.
ENTRY = "torch_tensorrt_structure.json"


class StructuredModule(torch.nn.Module):
    """A compiled program whose arguments or results TorchScript has no types for: dataclasses, results of transformers,
    dicts of tensors and numbers.

    A call takes the arguments of the program and returns its results, of the user's classes. A number, text or None of
    the export must have the same value.

    Attributes:
        script: the ScriptModule that runs, for C++ and other uses of TorchScript. Where TorchScript has no type for the
            arguments (the results), it takes tensor after tensor (returns a tuple).
        structure: that of the arguments and results.

    Raises:
        TypeError: in a call, arguments are missing, unknown or given twice.
        ValueError: in a call, an argument has another structure or constant than that of the export.
    """

    script: torch.jit.ScriptModule

    def __init__(self, script: torch.jit.ScriptModule, structure: Structure) -> None:
        super().__init__()
        self.script = script
        self.structure = structure
        self.training = script.training

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.structure.results(self.script(*self.structure.inputs(args, kwargs)))

    def extra_repr(self) -> str:
        return str(self.structure)

    @property
    def report(self) -> Any:
        """The :class:`torch_tensorrt.Report` of the module, without times."""
        from torch_tensorrt._report_make import report

        return report(self)

    def save(self, f: str | Path, _extra_files: dict[str, Any] | None = None) -> None:
        """Saves the module as ``torch.jit.save`` does; :func:`torch_tensorrt.load` reads the file.

        ``torch.jit.load`` and C++ read :attr:`script` from it.
        """
        with no_deprecation():
            torch.jit.save(self.script, f, _extra_files=self.extra_files(_extra_files))

    def save_to_buffer(self, _extra_files: dict[str, Any] | None = None) -> bytes:
        """Returns the content of the file of :meth:`save`, for ``torch.jit.save`` too."""
        return bytes(self.script.save_to_buffer(_extra_files=self.extra_files(_extra_files)))

    def extra_files(self, given: dict[str, Any] | None) -> dict[str, Any]:
        """Returns the entries of a file, with that of the structure.

        Raises:
            RuntimeError: a file cannot name a class of the user.
        """
        return {**(given or {}), ENTRY: self.structure.to_json()}


def script_of(module: Any) -> Any:
    """Returns the ScriptModule of a :class:`StructuredModule`, and any other module itself."""
    return module.script if isinstance(module, StructuredModule) else module


def structured(script: torch.jit.ScriptModule, structure: Structure | None) -> Any:
    """Returns the module with the structure; the ScriptModule without one."""
    return script if structure is None else StructuredModule(script, structure)
