"""Damaged files of compiled modules: the error names the damage, as text that Python can print."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import torch
from models import Mlp

import torch_tensorrt


@pytest.fixture(scope="module")
def saved() -> bytes:
    module = torch_tensorrt.compile(torch.jit.script(Mlp().eval()), inputs=[torch.ones(2, 16)], device="cpu")
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    return buffer.getvalue()


def changed(archive: bytes, name: str, change: Callable[[bytes], bytes]) -> io.BytesIO:
    """Returns the archive with one of its files changed."""
    source, target = zipfile.ZipFile(io.BytesIO(archive)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        for entry in source.namelist():
            content = source.read(entry)
            out.writestr(entry, change(content) if entry.endswith(name) else content)
    return io.BytesIO(target.getvalue())


def error_of(archive: io.BytesIO) -> str:
    with pytest.raises(RuntimeError) as caught:
        torch.jit.load(archive)
    return str(caught.value)


@pytest.mark.parametrize("left", [0, 1, 100, 1000, -1000])
def test_the_engine_is_cut_short(saved, left):
    told = error_of(changed(saved, "/data/0", lambda content: content[:left]))
    assert "the saved engine has fewer bytes in the file" in told and "The file is damaged" in told


@pytest.mark.parametrize("field", [b"Mlp_engine", b"input_0", b"output_0", b"cpu avx"])
def test_fields_that_are_not_text(saved, field):
    archive = zipfile.ZipFile(io.BytesIO(saved))
    if not any(field in archive.read(name) for name in archive.namelist() if name.endswith("/data.pkl")):
        assert field == b"cpu avx"  # the name of another processor
        return
    broken = b"\xff" + field[1:]
    told = error_of(changed(saved, "/data.pkl", lambda content: content.replace(field, broken)))
    assert "\\xff" in told and "which is not UTF-8 text" in told


def test_an_engine_of_no_bytes():
    for engine in (b"", bytearray()):
        with pytest.raises(RuntimeError, match="empty, it has 0 bytes"):
            torch_tensorrt.ts.embed_engine_in_new_module(engine, device="cpu")
        with pytest.raises(RuntimeError, match="empty, it has 0 bytes"):
            torch_tensorrt.runtime.TorchTensorRTModule(engine, "name")


def test_messages_show_what_is_no_text(capfd):
    torch_tensorrt.ts.logging.log(torch_tensorrt.ts.logging.Level.Error, "the file caf\udce9")
    assert "the file caf\\udce9" in capfd.readouterr().err


def test_binding_names_that_are_not_text():
    engine = torch_tensorrt.convert_method_to_trt_engine(
        torch.jit.script(Mlp().eval()), inputs=[torch.ones(2, 16)], device="cpu"
    )
    module = torch.jit.script(Mlp().eval())
    for setting in (
        {"inputs": [torch_tensorrt.Input((2, 16), name="caf\udce9")]},
        {"timing_cache_path": "caf\udce9"},
        {"torch_executed_ops": ["caf\udce9"]},
    ):
        name = next(iter(setting))
        with pytest.raises(RuntimeError, match=rf"{name} has 'caf\\udce9', which is not valid UTF-8 text"):
            torch_tensorrt.compile(module, **{"inputs": [torch.ones(2, 16)], "device": "cpu", **setting})
    with pytest.raises(RuntimeError, match="method_name has .*, which is not valid UTF-8 text"):
        torch_tensorrt.ts.check_method_op_support(module, "caf\udce9")
    for name in ("caf\udce9", "input\udcff"):
        with pytest.raises(RuntimeError, match="input_binding_names has .*, which is not valid UTF-8 text"):
            torch_tensorrt.ts.embed_engine_in_new_module(engine, [name], ["output_0"], device="cpu")
        with pytest.raises(RuntimeError, match="output_binding_names has .*, which is not valid UTF-8 text"):
            torch_tensorrt.ts.embed_engine_in_new_module(engine, ["input_0"], [name], device="cpu")
        with pytest.raises(RuntimeError, match="name has .*, which is not valid UTF-8 text"):
            torch_tensorrt.runtime.TorchTensorRTModule(engine, name)
