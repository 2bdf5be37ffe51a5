"""save, load and ENABLED_FEATURES."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from models import Mlp

import torch_tensorrt


@pytest.fixture(scope="module")
def compiled() -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(torch.jit.script(Mlp().eval()), inputs=[torch.ones(2, 16)], device="cpu")


def test_a_compiled_module_and_what_lies_beside_it(compiled, tmp_path):
    path, x = tmp_path / "compiled.ts", torch.randn(2, 16)
    torch_tensorrt.save(compiled, path, output_format="torchscript", extra_files={"notes": "of today"})
    extra = {"notes": ""}
    assert torch.equal(torch_tensorrt.load(str(path), extra)(x), compiled(x))
    assert extra["notes"] in ("of today", b"of today")
    assert torch.equal(torch_tensorrt.load(path, format="torchscript", map_location="cpu")(x), compiled(x))


def test_an_exported_program_is_read_as_one(tmp_path):
    x = torch.randn(2, 16)
    program = torch.export.export(Mlp().eval(), (x,))
    torch.export.save(program, tmp_path / "program.pt2")
    loaded = torch_tensorrt.load(tmp_path / "program.pt2")
    assert isinstance(loaded, torch.export.ExportedProgram)
    assert torch.equal(loaded.module()(x), program.module()(x))


@pytest.mark.parametrize("output_format", ["exported_program", "aot_inductor", "executorch"])
def test_a_scriptmodule_has_one_format(compiled, output_format, tmp_path):
    with pytest.raises(ValueError, match=f"output_format is '{output_format}', must be 'torchscript'"):
        torch_tensorrt.save(compiled, tmp_path / "x", output_format=output_format)
    assert not (tmp_path / "x").exists()


def test_mistakes_in_saving(compiled, tmp_path):
    with pytest.raises(ValueError, match="output_format='onnx' is not one of"):
        torch_tensorrt.save(compiled, tmp_path / "x", output_format="onnx")
    with pytest.raises(ValueError, match="file_path is empty"):
        torch_tensorrt.save(compiled, output_format="torchscript")
    with pytest.raises(TypeError, match="module is Tensor, must be a ScriptModule"):
        torch_tensorrt.save(torch.ones(2), tmp_path / "x", output_format="torchscript")


def test_mistakes_in_loading(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        torch_tensorrt.load(tmp_path / "nothing")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(ValueError, match="neither a TorchScript file nor an exported program"):
        torch_tensorrt.load(tmp_path / "text")
    torch.save({"a": torch.ones(1)}, tmp_path / "state.pt")
    with pytest.raises(ValueError, match="neither a TorchScript file nor an exported program"):
        torch_tensorrt.load(tmp_path / "state.pt")
    cut = tmp_path / "cut.ts"
    torch.jit.save(torch.jit.script(Mlp()), cut)
    for content, kind in [
        (b"", "it is empty"),
        (b"no archive\n", "it is a text file"),
        (bytes(range(256)), "its first bytes are those of neither"),
        (cut.read_bytes()[:2000], "it is a zip archive without its end, cut short"),
        (b"TRTCPLAN" + bytes(200), "it is an engine"),
    ]:
        cut.write_bytes(content)
        with pytest.raises(ValueError, match=f"neither a TorchScript file nor an exported program: .*{kind}"):
            torch_tensorrt.load(cut)
    with pytest.raises(ValueError, match="torch.save wrote it, with weights"):
        torch_tensorrt.load(tmp_path / "state.pt")
    with pytest.raises(ValueError, match="format is 'aot_inductor', must be 'torchscript' or 'exported_program'"):
        torch_tensorrt.load(tmp_path / "text", format="aot_inductor")


def test_features_are_told():
    features = torch_tensorrt.ENABLED_FEATURES
    assert features.torchscript_frontend
    assert features.refit
    assert features.dynamo_frontend
    assert not features.fx_frontend
    assert len(features) == 11


class Branch(torch.nn.Module):
    def forward(self, x):
        if bool(x.sum() > 0):
            return (x * 2 + 1).relu()
        return (x * 3 - 1).sigmoid()


@pytest.mark.parametrize("parts", ["one engine", "engines and PyTorch"])
def test_a_file_that_is_loaded_without_the_package_names_it(compiled, parts, tmp_path):
    if parts != "one engine":
        compiled = torch_tensorrt.compile(Branch().eval(), inputs=[torch_tensorrt.Input((2, 3))], min_block_size=1)
        assert len(torch_tensorrt.inspect(compiled).methods[0].engines) > 1
    torch.jit.save(compiled, tmp_path / "a.ts")
    program = "import sys, torch; torch.jit.load(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "a.ts"], capture_output=True, text=True)
    assert done.returncode != 0 and "import_torch_tensorrt_first" in done.stderr
    assert "__torch__.torch.classes.tensorrt.Engine" in done.stderr
