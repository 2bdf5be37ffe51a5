"""Messages of torchtrtc about files that it cannot use."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from models import Mlp
from outside import TORCHTRTC, try_run

import torch_tensorrt


def torchtrtc_fails(*arguments: str | Path) -> str:
    """Runs torchtrtc, which must exit with 1, and returns standard error."""
    done = try_run(TORCHTRTC, *arguments)
    assert done.returncode == 1, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stderr


def cut(path: Path, size: int, to: Path) -> Path:
    to.write_bytes(path.read_bytes()[:size])
    return to


def file_of(kind: str, folder: Path) -> Path:
    path, model, x = folder / f"{kind}.ts", folder / "model.ts", torch.ones(1, 16)
    torch.jit.script(Mlp().eval()).save(str(model))
    if kind == "program":
        torch.export.save(torch.export.export(Mlp().eval(), (x,)), path.with_suffix(".pt2"))
        return path.with_suffix(".pt2")
    if kind == "state":
        torch.save(Mlp().state_dict(), path)
    elif kind == "old_state":
        torch.save(Mlp().state_dict(), path, _use_new_zipfile_serialization=False)
    elif kind == "text":
        path.write_text("no module\n")
    elif kind == "binary":
        path.write_bytes(bytes(range(256)))
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    elif kind == "cut":
        cut(model, 3000, path)
    elif kind == "engine":
        path.write_bytes(torch_tensorrt.convert_method_to_trt_engine(torch.jit.load(model), inputs=[x], device="cpu"))
    elif kind == "module":
        return model
    elif kind == "compiled":
        torch.jit.save(torch_tensorrt.compile(torch.jit.load(model), inputs=[x], device="cpu"), path)
    return path


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("program", "it is a program of torch.export (.pt2)"),
        ("state", "it was written by torch.save and holds weights"),
        ("old_state", "it is a pickle, as old versions of torch.save wrote it"),
        ("text", "it is a text file"),
        ("binary", "it does not start like a TorchScript module"),
        ("empty", "it is empty"),
        ("folder", "it is a folder"),
        ("missing", "there is no such file"),
        ("cut", "it was cut short"),
        ("engine", "it is an engine; wrap it in a module with --embed-engine"),
        ("compiled", "the module is compiled already: it runs the engine"),
    ],
)
def test_inputs_that_are_no_module_are_named(kind, complaint, tmp_path):
    path = file_of(kind, tmp_path)
    told = torchtrtc_fails("-d", "cpu", path, tmp_path / "out.ts", "(1,16)")
    assert complaint in told and (kind == "compiled" or str(path) in told)
    assert len(told.splitlines()) <= 3
    assert not (tmp_path / "out.ts").exists()


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("module", "it is a TorchScript module, not an engine"),
        ("program", "it is a program of torch.export"),
        ("text", "it is a text file"),
        ("empty", "it is empty"),
        ("missing", "there is no such file"),
        ("binary", "it does not start like an engine"),
    ],
)
def test_inputs_that_are_no_engine_are_named(kind, complaint, tmp_path):
    path = file_of(kind, tmp_path)
    told = torchtrtc_fails("-d", "cpu", "--embed-engine", path, tmp_path / "out.ts")
    assert f"cannot read the engine {path}" in told and complaint in told


def test_an_engine_that_is_cut_short_is_named(tmp_path):
    engine = file_of("engine", tmp_path)
    short = cut(engine, engine.stat().st_size // 2, tmp_path / "short.engine")
    told = torchtrtc_fails("-d", "cpu", "--embed-engine", short, tmp_path / "out.ts")
    assert f"cannot make a module of the engine {short}" in told
