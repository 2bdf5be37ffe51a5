"""save and load with their defaults, for each kind of module."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
import torch
from models import Mlp
from torch import nn

import torch_tensorrt
from torch_tensorrt import Input, _paths, load, save

X = torch.linspace(-1, 1, 32).reshape(2, 16)


@pytest.fixture(scope="module")
def compiled() -> torch.jit.ScriptModule:
    return torch_tensorrt.compile(torch.jit.script(Mlp().eval()), inputs=[X], device="cpu")


def engine_module() -> nn.Module:
    engine = torch_tensorrt.convert_method_to_trt_engine(torch.jit.script(Mlp().eval()), inputs=[X], device="cpu")
    return torch_tensorrt.runtime.TorchTensorRTModule(engine, "mlp", target_device="cpu")


def test_a_module_around_an_engine(tmp_path):
    module = engine_module()
    save(module, tmp_path / "a.ts")
    assert torch.equal(load(tmp_path / "a.ts")(X), module(X))
    assert torch.equal(torch.jit.load(tmp_path / "a.ts")(X), module(X))


def test_a_module_that_holds_compiled_ones(compiled, tmp_path):
    scripted = nn.Sequential(nn.ReLU(), compiled)
    save(scripted, tmp_path / "a.ts")
    assert torch.equal(load(tmp_path / "a.ts")(X), scripted(X))
    traced = nn.Sequential(nn.ReLU(), engine_module())
    save(traced, tmp_path / "b.ts", inputs=[X])
    assert torch.equal(load(tmp_path / "b.ts")(X), traced(X))
    with pytest.raises(RuntimeError, match="give inputs, and it is traced"):
        save(traced, tmp_path / "b.ts")
    with pytest.raises(ValueError, match="must be 'torchscript' for a module with engines"):
        save(scripted, tmp_path / "a.pt2", output_format="exported_program", inputs=[X])


def test_a_plain_module(tmp_path):
    module = Mlp().eval()
    save(module, tmp_path / "a.pt2", inputs=[X], extra_files={"notes": "of today"})
    extra = {"notes": ""}
    loaded = load(tmp_path / "a.pt2", extra)
    assert isinstance(loaded, torch.export.ExportedProgram) and extra["notes"] in ("of today", b"of today")
    torch.testing.assert_close(loaded.module()(X), module(X))
    save(module, tmp_path / "a.pt2", inputs=[Input(min_shape=(2, 16), opt_shape=(2, 16), max_shape=(8, 16))])
    torch.testing.assert_close(load(tmp_path / "a.pt2").module()(torch.ones(7, 16)), module(torch.ones(7, 16)))
    batch = torch.export.Dim("batch", min=2, max=8)
    save(module, tmp_path / "a.pt2", arg_inputs=[X], dynamic_shapes=({0: batch},))
    assert load(tmp_path / "a.pt2").module()(torch.ones(5, 16)).shape == (5, 4)
    save(module, tmp_path / "a.ts", output_format="torchscript")
    torch.testing.assert_close(load(tmp_path / "a.ts")(X), module(X))
    with pytest.raises(ValueError, match="inputs are missing: an nn.Module"):
        save(module, tmp_path / "a.pt2")
    with pytest.raises(ValueError, match=r"extra_files\['raw'\] of an exported program must be UTF-8 text"):
        save(module, tmp_path / "a.pt2", inputs=[X], extra_files={"raw": b"\xff"})


def test_an_exported_program(tmp_path):
    program = torch.export.export(Mlp().eval(), (X,))
    save(program, tmp_path / "a.pt2")
    torch.testing.assert_close(load(tmp_path / "a.pt2").module()(X), program.module()(X))
    again = torch_tensorrt.compile(load(tmp_path / "a.pt2"), device="cpu")
    torch.testing.assert_close(again(X), program.module()(X))


def test_an_exported_program_as_torchscript_for_the_command_line(tmp_path):
    program = torch.export.export(Mlp().eval(), (X,))
    source, made = tmp_path / "a.ts", tmp_path / "compiled.ts"
    save(program, source, output_format="torchscript")
    torch.testing.assert_close(torch.jit.load(source)(X), program.module()(X))
    shape = ",".join(map(str, X.shape))
    done = subprocess.run(
        [str(_paths.bin_dir / "torchtrtc"), str(source), str(made), f"({shape})", "-d", "cpu"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    torch.testing.assert_close(load(made)(X), program.module()(X))


@pytest.mark.parametrize("output_format", ["aot_inductor", "executorch"])
def test_formats_without_engines(compiled, output_format, tmp_path):
    for module in (compiled, Mlp(), torch.export.export(Mlp(), (X,))):
        with pytest.raises(ValueError, match="save a compiled module as 'torchscript'"):
            save(module, tmp_path / "a", output_format=output_format, inputs=[X])
    assert list(tmp_path.iterdir()) == []


def test_options_without_effect_warn(compiled, tmp_path):
    with pytest.warns(UserWarning, match="save ignores inputs, kwarg_inputs, dynamic_shapes, pickle_protocol, retrace"):
        save(
            *(compiled, tmp_path / "a.ts"),
            inputs=[X],
            kwarg_inputs={"a": X},
            dynamic_shapes=({},),
            pickle_protocol=4,
            retrace=False,
        )
    assert load(tmp_path / "a.ts") is not None


def test_keywords_and_kinds_that_are_refused(compiled, tmp_path):
    with pytest.raises(TypeError, match="unknown keyword outputformat"):
        save(compiled, tmp_path / "a.ts", outputformat="x")
    with pytest.raises(TypeError, match="module is dict, must be a ScriptModule, an nn.Module or an ExportedProgram"):
        save({}, tmp_path / "a.ts")
    with pytest.raises(ValueError, match="either inputs or arg_inputs"):
        save(Mlp(), tmp_path / "a.ts", inputs=[X], arg_inputs=[X])
    save(compiled, tmp_path / "a.ts")
    with pytest.raises(TypeError, match="got the keyword maplocation; the format torchscript takes map_location"):
        load(tmp_path / "a.ts", maplocation="cpu")
    save(Mlp().eval(), tmp_path / "a.pt2", inputs=[X])
    with pytest.raises(
        TypeError, match="got the keyword map_location; the format exported_program takes expected_opset"
    ):
        load(tmp_path / "a.pt2", map_location="cpu")
    with pytest.raises(ValueError, match="file_path is empty"):
        load()
    with zipfile.ZipFile(tmp_path / "package.pt2", "w") as archive:
        archive.writestr("package/data/aotinductor/model/x.so", b"")
    with pytest.raises(ValueError, match="aoti_load_package"):
        load(tmp_path / "package.pt2")


def test_a_failed_save_leaves_the_old_file(compiled, tmp_path):
    class NotExportable(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    path = tmp_path / "a.pt2"
    path.write_text("old")
    path.chmod(0o640)
    with pytest.raises(Exception, match="(?i)data-dependent|guard"):
        save(NotExportable(), path, inputs=[X])
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    save(Mlp().eval(), path, inputs=[X])
    assert path.stat().st_mode & 0o777 == 0o640 and list(tmp_path.iterdir()) == [path]
    with pytest.raises(RuntimeError, match="cannot write .*No such file or directory"):
        save(Mlp().eval(), tmp_path / "no folder" / "a.pt2", inputs=[X])


@pytest.mark.parametrize(
    ("made", "wanted", "message"),
    [
        ("torchscript", "exported_program", "is a TorchScript file; give format='torchscript'"),
        ("exported_program", "torchscript", "is an exported program; give format='exported_program'"),
    ],
)
def test_a_file_of_another_format_than_wanted(tmp_path, capfd, caplog, made, wanted, message):
    save(Mlp().eval(), tmp_path / "a", inputs=[X], output_format=made)
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "a", format=wanted)
    assert not caplog.records and capfd.readouterr() == ("", "")
    load(tmp_path / "a", format=made)


def test_a_program_in_a_file_without_pt2(tmp_path, capfd, caplog):
    save(torch.export.export(Mlp().eval(), (X,)), tmp_path / "a", extra_files={"notes": "kept"})
    extra = {"notes": ""}
    assert load(tmp_path / "a", extra_files=extra).module()(X).shape[0] == len(X)
    assert extra == {"notes": "kept"}
    assert not caplog.records and capfd.readouterr() == ("", "")


def test_a_program_as_torchscript_of_a_model_with_submodules(tmp_path):
    model = nn.Sequential(nn.Sequential(nn.Linear(16, 4), nn.ReLU()), nn.Linear(4, 4)).eval()
    save(torch.export.export(model, (X,)), tmp_path / "a.ts", output_format="torchscript")
    torch.testing.assert_close(torch.jit.load(tmp_path / "a.ts")(X), model(X))


def test_the_guide_tells_what_replaces_module_of_a_loaded_program(compiled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    guide = (Path(__file__).parents[2] / "docs" / "migration.md").read_text()
    names = {"torch_tensorrt": torch_tensorrt, "trt": compiled, "x": X}
    for call in ('torch_tensorrt.save(trt, "trt.ts")', 'torch_tensorrt.load("trt.ts")(x)'):
        assert f"`{call}`" in guide
        result = eval(call, names)
    assert torch.equal(result, compiled(X))
