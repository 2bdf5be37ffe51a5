"""The forms of an exported program: as it is, in core ATen, saved and loaded."""

from __future__ import annotations

import io

import pytest
import torch

import torch_tensorrt


def compile_exported(program: torch.export.ExportedProgram, **settings) -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(program, device="cpu", **settings)


def saved_and_loaded(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    file = io.BytesIO()
    torch.export.save(program, file)
    file.seek(0)
    return torch.export.load(file)


def decomposed(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    return program.run_decompositions()


def as_it_is(program: torch.export.ExportedProgram) -> torch.export.ExportedProgram:
    return program


FORMS = pytest.mark.parametrize("form", [as_it_is, decomposed, saved_and_loaded])
