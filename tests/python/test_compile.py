"""compile and convert_method_to_trt_engine on small models."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys

import pytest
import torch
from models import LeNet, Mlp, TwoInputs, Unsupported
from processor import HAS_FP16

import torch_tensorrt


def script(module: torch.nn.Module) -> torch.jit.ScriptModule:
    return torch.jit.script(module.eval())


@pytest.mark.parametrize("make", ["script", "trace", "module"])
def test_lenet(make, rel):
    model = LeNet().eval()
    x = torch.randn(1, 1, 28, 28)
    given = {
        "script": lambda: torch.jit.script(model),
        "trace": lambda: torch.jit.trace(model, x),
        "module": lambda: model,
    }
    compiled = torch_tensorrt.compile(given[make](), inputs=[torch_tensorrt.Input((1, 1, 28, 28))])
    assert isinstance(compiled, torch.jit.ScriptModule)
    assert rel(compiled(x), model(x)) < 1e-5
    assert "tensorrt::execute_engine" in str(compiled.graph)


def test_example_tensor_as_input(rel):
    model, x = script(Mlp()), torch.randn(3, 16)
    assert rel(torch_tensorrt.compile(model, inputs=[x])(x), model(x)) < 1e-5


def test_the_given_module_is_not_changed():
    model, x = torch.jit.script(Mlp().eval()), torch.randn(3, 16)
    before, graph = model(x), str(model.graph)
    torch_tensorrt.compile(model, inputs=[x])
    assert torch.equal(model(x), before)
    assert str(model.graph) == graph


def test_several_inputs_and_outputs(rel):
    a, b = torch.randn(2, 3), torch.randn(2, 3)
    model = script(TwoInputs())
    found = torch_tensorrt.compile(model, inputs=[a, b])(a, b)
    assert isinstance(found, tuple) and len(found) == 2
    for got, want in zip(found, model(a, b), strict=True):
        assert rel(got, want) < 1e-6


def test_input_signature(rel):
    class Nested(torch.nn.Module):
        def forward(self, pair: tuple[torch.Tensor, torch.Tensor], rest: list[torch.Tensor]) -> torch.Tensor:
            return pair[0] * pair[1] + rest[0] - rest[1]

    model = script(Nested())
    x = [torch.randn(2, 3) for _ in range(4)]
    signature = ((torch_tensorrt.Input((2, 3)), torch_tensorrt.Input((2, 3))), [torch_tensorrt.Input((2, 3))] * 2)
    compiled = torch_tensorrt.ts.compile(model, input_signature=signature)
    assert rel(compiled((x[0], x[1]), [x[2], x[3]]), model((x[0], x[1]), [x[2], x[3]])) < 1e-6


def test_dynamic_batch(rel):
    model = script(LeNet())
    spec = torch_tensorrt.Input(min_shape=(1, 1, 28, 28), opt_shape=(4, 1, 28, 28), max_shape=(8, 1, 28, 28))
    compiled = torch_tensorrt.compile(model, inputs=[spec])
    for batch in (1, 3, 8, 4):
        x = torch.randn(batch, 1, 28, 28)
        assert rel(compiled(x), model(x)) < 1e-5
    with pytest.raises(RuntimeError, match=r"9x1x28x28"):
        compiled(torch.randn(9, 1, 28, 28))


def test_save_and_load_in_a_new_process(tmp_path):
    model = script(LeNet())
    x = torch.randn(2, 1, 28, 28)
    torch.jit.save(torch_tensorrt.compile(model, inputs=[x]), tmp_path / "model.ts")
    torch.save((x, model(x)), tmp_path / "data.pt")
    program = (
        "import sys, torch, torch_tensorrt; folder = sys.argv[1]\n"
        "x, want = torch.load(folder + '/data.pt'); found = torch.jit.load(folder + '/model.ts')(x)\n"
        "assert torch.allclose(found, want, rtol=1e-4, atol=1e-5)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=120)


def test_a_saved_module_needs_only_the_runtime_library(tmp_path):
    model = script(LeNet())
    x = torch.randn(2, 1, 28, 28)
    torch.jit.save(torch_tensorrt.compile(model, inputs=[x]), tmp_path / "model.ts")
    library = torch_tensorrt._library.library_dir() / "libtorchtrt_runtime.so"
    program = (
        "import sys, torch; torch.ops.load_library(sys.argv[2])\n"
        "print(tuple(torch.jit.load(sys.argv[1])(torch.randn(2, 1, 28, 28)).shape))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "model.ts"), str(library)]
    done = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True)
    assert done.stdout.strip() == "(2, 10)"


def test_engine_bytes_round_trip(rel, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHTRT_TIMING_CACHE", str(tmp_path / "timings"))
    model, x = script(Mlp()), torch.randn(3, 16)
    engine = torch_tensorrt.convert_method_to_trt_engine(model, "forward", inputs=[x])
    assert isinstance(engine, bytes)
    # the same input and the same timing cache give the same bytes
    again = torch_tensorrt.convert_method_to_trt_engine(model, "forward", inputs=[x])
    assert again == torch_tensorrt.convert_method_to_trt_engine(model, "forward", inputs=[x])
    embedded = torch_tensorrt.embed_engine_in_new_module(engine)
    assert rel(embedded(x), model(x)) < 1e-5
    buffer = io.BytesIO()
    torch.jit.save(embedded, buffer)
    buffer.seek(0)
    assert torch.equal(torch.jit.load(buffer)(x), embedded(x))


def test_engine_of_another_method(rel):
    class Other(torch.nn.Module):
        def forward(self, x):
            return x

        @torch.jit.export
        def twice(self, x):
            return x + x

    x = torch.randn(2, 2)
    engine = torch_tensorrt.convert_method_to_trt_engine(script(Other()), "twice", inputs=[x])
    assert rel(torch_tensorrt.embed_engine_in_new_module(engine)(x), x + x) < 1e-6


def test_one_direction_of_binding_names_may_be_left_out(rel):
    a, b = torch.randn(2, 3), torch.randn(2, 3)
    model = script(TwoInputs())
    engine = torch_tensorrt.convert_method_to_trt_engine(model, inputs=[a, b])
    embed = torch_tensorrt.embed_engine_in_new_module
    swapped = embed(engine, input_binding_names=["input_1", "input_0"])
    for found in (swapped(b, a), embed(engine, output_binding_names=["output_1", "output_0"])(a, b)[::-1]):
        for got, want in zip(found, model(a, b), strict=True):
            assert rel(got, want) < 1e-6


def test_damaged_engine_is_an_error():
    engine = torch_tensorrt.convert_method_to_trt_engine(script(Mlp()), inputs=[torch.randn(3, 16)])
    for damaged in (b"", b"no engine at all", engine[: len(engine) // 2], engine[:-1] + bytes([engine[-1] ^ 1])):
        with pytest.raises(RuntimeError):
            torch_tensorrt.embed_engine_in_new_module(damaged)


def test_unsupported_operation_names_node_schema_and_what_to_do():
    model = script(Unsupported())
    with pytest.raises(RuntimeError) as caught:
        torch_tensorrt.compile(model, inputs=[torch.randn(3)], require_full_compilation=True)
    text = str(caught.value)
    assert "Unable to convert node: " in text and "aten::special_bessel_j0(%" in text
    assert "models.py:" in text
    assert "Schema: aten::special_bessel_j0(Tensor self) -> Tensor" in text
    assert "Converter for aten::special_bessel_j0 requested, but no such converter was found." in text
    assert "If you need a converter for this operator, you can try implementing one yourself" in text
    x = torch.rand(3)
    torch.testing.assert_close(torch_tensorrt.compile(model, inputs=[x])(x), model(x))
    # the process continues
    x = torch.randn(3, 16)
    assert torch_tensorrt.compile(script(Mlp()), inputs=[x])(x).shape == (3, 4)


def test_check_method_op_support(capfd):
    assert torch_tensorrt.check_method_op_support(script(Mlp()))
    assert not torch_tensorrt.check_method_op_support(script(Unsupported()))
    assert "aten::special_bessel_j0" in capfd.readouterr().err


def test_wrong_inputs_at_run_time():
    model = torch_tensorrt.compile(script(LeNet()), inputs=[torch_tensorrt.Input((1, 1, 28, 28))])
    with pytest.raises(RuntimeError):
        model(torch.randn(1, 1, 28, 27))
    with pytest.raises(RuntimeError):
        model(torch.randn(1, 28, 28))
    with pytest.raises(RuntimeError, match="Expected input tensors to have type"):
        model(torch.randn(1, 1, 28, 28).double())
    with pytest.raises(RuntimeError):
        model()
    with pytest.raises(RuntimeError):
        model(torch.randn(1, 1, 28, 28, device="meta"))


def test_strided_inputs_give_the_right_result(rel):
    model = script(LeNet())
    compiled = torch_tensorrt.compile(model, inputs=[torch_tensorrt.Input((2, 1, 28, 28))])
    wide = torch.randn(2, 1, 28, 56)
    for x in (
        wide[..., ::2],
        torch.randn(28, 28, 1, 2).permute(3, 2, 0, 1),
        torch.randn(1, 1, 28, 28).expand(2, -1, -1, -1),
    ):
        assert rel(compiled(x), model(x)) < 1e-5
    x = torch.randn(2, 1, 28, 28, requires_grad=True)
    assert rel(compiled(x).detach(), model(x).detach()) < 1e-5


class Modes(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.BatchNorm2d(3)
        self.drop = torch.nn.Dropout()

    def forward(self, x):
        return self.drop(self.norm(x))


def test_a_program_exported_in_eval_mode_is_compiled_without_a_warning(rel, capfd):
    model, x = Modes().eval(), torch.randn(2, 3, 4, 4)
    compiled = torch_tensorrt.compile(torch.export.export(model, (x,)), inputs=[x], device="cpu")
    assert "training mode" not in capfd.readouterr().err
    assert rel(compiled(x), model(x)) < 1e-5


def test_a_program_exported_in_training_mode_updates_its_statistics(rel):
    model, x = Modes().train(), torch.randn(2, 3, 4, 4)
    model.drop.p = 0.0
    compiled = torch_tensorrt.compile(torch.export.export(model, (x,)), inputs=[x], device="cpu")
    assert model.norm.num_batches_tracked == 0
    for _ in range(3):
        x = torch.randn(2, 3, 4, 4)
        assert rel(compiled(x), model(x).detach()) < 1e-5
    assert rel(compiled.state_dict()["norm.running_var"], model.norm.running_var) < 1e-5


@pytest.mark.parametrize("make", [script, lambda module: module], ids=["script", "module"])
def test_the_front_end_fx_is_refused(make):
    module, x = make(Mlp().eval()), torch.randn(3, 16)
    with pytest.raises(ValueError, match="ir='fx' is not available; ir='dynamo' compiles"):
        torch_tensorrt.compile(module, ir="fx", inputs=[x])
    with pytest.raises(ValueError, match="ir='fx' is not available"):
        torch_tensorrt.convert_method_to_trt_engine(module, ir="fx", inputs=[x])


class AnyNumber(torch.nn.Module):
    """``torch.jit.script`` takes no ``*inputs``."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)
        self.linear.register_forward_hook(lambda module, inputs, result: result * 2)

    def forward(self, *inputs, bias=None):
        total = sum(self.linear(x).relu() for x in inputs)
        return total if bias is None else total + bias


def test_a_module_that_cannot_be_scripted_is_exported_with_a_warning(rel):
    model, inputs = AnyNumber().eval(), [torch.randn(2, 4), torch.randn(2, 4)]
    model.register_forward_hook(lambda module, inputs, result: result + 1)
    rows = torch_tensorrt.Input(min_shape=(1, 4), opt_shape=(2, 4), max_shape=(8, 4))
    with pytest.warns(UserWarning, match=r"torch.jit.script fails on AnyNumber \(.*\), so torch.export takes it"):
        compiled = torch_tensorrt.compile(model, inputs=[rows, rows], kwarg_inputs={"bias": torch.ones(4)})
    for size in (1, 2, 8):
        x, y, bias = torch.randn(size, 4), torch.randn(size, 4), torch.randn(4)
        assert rel(compiled(x, y, bias=bias), model(x, y, bias=bias).detach()) < 1e-5
    with pytest.raises(RuntimeError, match="torch.jit.script fails on AnyNumber; try"):
        torch_tensorrt.compile(model, ir="ts", inputs=inputs)


class NeitherNor(AnyNumber):
    def forward(self, *inputs):
        return inputs[0] if inputs[0].sum() > 0 else inputs[0] + 1


def test_a_module_that_cannot_be_exported_either_has_both_reasons():
    with pytest.raises(RuntimeError, match=r"(?s)torch.jit.script fails on NeitherNor; try.*torch.export fails too: "):
        torch_tensorrt.compile(NeitherNor().eval(), inputs=[torch.randn(2, 4)])


def test_the_front_ends_of_dynamo_take_modules():
    module, x = script(Mlp().eval()), torch.randn(3, 16)
    with pytest.raises(TypeError, match="ir='dynamo' takes an nn.Module or an ExportedProgram, not a Recursive"):
        torch_tensorrt.compile(module, ir="dynamo", inputs=[x])
    with pytest.raises(ValueError, match="ir='torch_compile' makes no engine"):
        torch_tensorrt.convert_method_to_trt_engine(Mlp().eval(), ir="torch_compile", inputs=[x])


def test_setting_mistakes():
    model, x = script(Mlp()), torch.randn(3, 16)
    with pytest.raises(KeyError):
        torch_tensorrt.ts.compile(model)
    with pytest.raises(KeyError):
        torch_tensorrt.compile(model, inputs=["x"])
    with pytest.raises(TypeError):
        torch_tensorrt.ts.compile(torch.jit.trace(torch.relu, x), inputs=[x])
    with pytest.raises(ValueError, match="require_full_compilation"):
        torch_tensorrt.compile(model, inputs=[x], require_full_compilation=True, torch_executed_ops=["aten::add"])
    with pytest.raises(ValueError):
        torch_tensorrt.compile(model, inputs=[x], workspace_size=-1)
    with pytest.raises(ValueError):
        torch_tensorrt.compile(model, inputs=[x], dla_sram_size=4095)
    with pytest.raises(TypeError):
        torch_tensorrt.compile(model, inputs=[x], enabled_precisions={torch.int64})
    with pytest.raises(ValueError, match="ir="):
        torch_tensorrt.compile(model, ir="onnx", inputs=[x])
    with pytest.raises(RuntimeError, match="1 input tensors|dimension specs"):
        torch_tensorrt.compile(model, inputs=[x, x])
    with pytest.raises(RuntimeError, match="is Tensor, but the inputs have a tuple of 1 for it"):
        torch_tensorrt.ts.compile(model, input_signature=(((x,),),))


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for a GPU that must not be there")
def test_a_device_that_is_not_there_is_an_error():
    with pytest.raises(RuntimeError, match="(?i)gpu"):
        torch_tensorrt.compile(script(Mlp()), inputs=[torch.randn(3, 16)], device="gpu:0")


def test_a_module_in_training_mode_is_compiled_for_evaluation_and_says_so(capfd, rel):
    model, x = Mlp().train(), torch.randn(3, 16)
    compiled = torch_tensorrt.compile(torch.jit.script(model), inputs=[x])
    assert capfd.readouterr().err.count("the module is in training mode") == 1
    assert model.training
    assert rel(compiled(x), model.eval()(x)) < 1e-5


def test_graphs_are_printed_before_and_after(capfd):
    with torch_tensorrt.logging.graphs():
        torch_tensorrt.compile(script(LeNet()), inputs=[torch_tensorrt.Input((1, 1, 28, 28))])
    text = capfd.readouterr().err
    assert text.count("graph(") >= 2
    assert "aten::_convolution" in text and "prim::CallMethod" not in text.split("graph(")[-1]


def test_build_info():
    info = torch_tensorrt.get_build_info()
    assert torch_tensorrt.__version__ in info and torch.__version__.split("+")[0] in info


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"enabled_precisions": {torch.half}}, "precision"),
        ({"workspace_size": 1 << 20}, "workspace_size"),
        ({"debug": True}, "debug"),
        ({"sparse_weights": True}, "sparse_weights"),
    ],
    ids=["half", "workspace_size", "debug", "sparse_weights"],
)
def test_settings_without_effect_on_a_cpu_are_said(setting, said, capfd):
    model, x = torch.jit.script(torch.nn.Linear(3, 4).eval()), torch.randn(2, 3)
    compiled = torch_tensorrt.compile(model, inputs=[x], device="cpu", **setting)
    warnings = [line for line in capfd.readouterr().err.splitlines() if "WARNING" in line]
    has_effect = "enabled_precisions" in setting and HAS_FP16
    assert any(said in line for line in warnings) is not has_effect, warnings
    assert compiled(x).dtype == torch.float


def test_refit_has_an_effect_on_a_cpu(capfd):
    torch_tensorrt.compile(script(Mlp()), inputs=[torch.randn(3, 16)], device="cpu", refit=True)
    assert "refit" not in capfd.readouterr().err


def test_networks_are_dumped_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCHTRT_DUMP_DIRECTORY", str(tmp_path))
    x = torch.randn(3, 16)
    torch_tensorrt.compile(script(Mlp()), inputs=[x], device="cpu")
    torch_tensorrt.compile(script(torch.nn.ReLU()), inputs=[x], device="cpu")
    dumped = sorted((tmp_path / "Mlp_forward" / "native").iterdir())
    assert dumped[0].name == "000_input.txt" and len(dumped) > 1
    first, last = dumped[0].read_text(), dumped[-1].read_text()
    assert first.startswith("network ") and " = activation(" in first
    assert last.startswith("network ") and last != first
    assert (tmp_path / "ReLU_forward" / "native" / "000_input.txt").exists()
    taken = tmp_path / "taken"
    taken.write_text("")
    monkeypatch.setenv("TORCHTRT_DUMP_DIRECTORY", str(taken))
    with pytest.raises(RuntimeError, match="cannot make the dump directory"):
        torch_tensorrt.compile(script(Mlp()), inputs=[x], device="cpu")


def test_without_a_folder_for_temporary_files(monkeypatch, rel, tmp_path):
    monkeypatch.setenv("TMPDIR", "/no/such/folder")
    model, x = script(Mlp()), torch.randn(3, 16)
    compiled = torch_tensorrt.compile(model, inputs=[x], device="cpu")
    torch.jit.save(compiled, tmp_path / "model.ts")
    loaded = torch.jit.load(tmp_path / "model.ts")
    assert rel(loaded(x), model(x)) < 1e-5
    with pytest.raises(RuntimeError, match="cannot write profiles to /no/such/folder: No such file"):
        loaded.engine.enable_profiling()
    loaded.engine.profile_path_prefix = str(tmp_path)
    loaded.engine.enable_profiling()
    loaded(x)
    assert [len(json.loads(trace.read_text())) > 0 for trace in tmp_path.glob("*.trace")] == [True]


def test_the_module_has_what_every_module_has():
    compiled = torch_tensorrt.compile(torch.jit.script(Mlp().eval()), inputs=[torch.ones(2, 16)], device="cpu")
    assert not compiled.training
    assert not compiled.eval().training


def test_a_computed_size_that_does_not_fit_is_an_error(rel):
    class Model(torch.nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return torch.relu(x).view(y.size(0), 12)

    rows = [
        torch_tensorrt.Input(min_shape=[1, *rest], opt_shape=[2, *rest], max_shape=[4, *rest]) for rest in ([12], [])
    ]
    model = Model().eval()
    compiled = torch_tensorrt.compile(torch.jit.script(model), inputs=rows, device="cpu")
    x, y = torch.randn(2, 12), torch.randn(2)
    assert rel(compiled(x, y), model(x, y)) == 0
    with pytest.raises(RuntimeError, match="shuffle"):
        compiled(x, torch.randn(3))
    assert rel(compiled(x, y), model(x, y)) == 0


def test_max_pooling_keeps_nan_and_infinities():
    x = torch.randn(1, 16, 8, 8)
    x[0, 0, 0, 0] = float("nan")
    x[0, 1] = -float("inf")
    module = torch.nn.Sequential(torch.nn.MaxPool2d(2), torch.nn.AdaptiveMaxPool2d(1)).eval()
    compiled = torch_tensorrt.compile(
        torch.jit.script(module), inputs=[torch_tensorrt.Input(x.shape)], device="cpu", require_full_compilation=True
    )
    torch.testing.assert_close(compiled(x), module(x), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("backend", ["auto", "native", "fastest"])
def test_backends_that_are_always_there(backend, rel):
    model, x = script(Mlp()), torch.randn(3, 16)
    compiled = torch_tensorrt.compile(model, inputs=[x], device="cpu", backend=backend)
    assert rel(compiled(x), model(x)) < 1e-5
    told = json.loads(compiled.engine.get_engine_layer_info())
    assert told["backend"] == "native"
    times = [note for note in told["notes"] if note.startswith("fastest backend of: native ")]
    assert len(times) == (1 if backend == "fastest" else 0)


def test_a_backend_that_is_not_there_is_an_error():
    with pytest.raises(
        RuntimeError, match='no backend "nobody"; known are: native.*libtorchtrt_nobody.so is neither in '
    ):
        torch_tensorrt.compile(script(Mlp()), inputs=[torch.randn(3, 16)], device="cpu", backend="nobody")
    with pytest.raises(ValueError, match="backend is '', must be"):
        torch_tensorrt.compile(script(Mlp()), inputs=[torch.randn(3, 16)], device="cpu", backend="")


def test_timing_caches_are_the_same_in_every_locale(tmp_path):
    # Made here, so that the machine need not have it.
    make = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(tmp_path / "de_DE.UTF-8")]
    subprocess.run(make, check=True, timeout=120)
    program = """
import locale, sys, torch, torch_tensorrt
locale.setlocale(locale.LC_ALL, sys.argv[2])
assert locale.localeconv()["decimal_point"] == sys.argv[3]
model = torch.jit.script(torch.nn.Linear(3, 4).eval())
compiled = torch_tensorrt.compile(model, inputs=[torch.randn(2, 3)], device="cpu", timing_cache_path=sys.argv[1])
sys.stdout.write(compiled.engine.get_engine_layer_info())
"""
    times = tmp_path / "times"
    found = []
    for name, point in (("de_DE.UTF-8", ","), ("C", "."), ("de_DE.UTF-8", ",")):
        environment = dict(os.environ, LOCPATH=str(tmp_path))
        command = [sys.executable, "-c", program, str(times), name, point]
        done = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True, env=environment)
        assert "damaged" not in done.stderr
        json.loads(done.stdout)
        found.append(set(times.read_text().splitlines()))
    numbers = [line.split(" ")[0] for line in found[0] if not line.startswith("torch_tensorrt")]
    assert numbers and all(re.fullmatch(r"\d+\.\d{3}", number) for number in numbers), numbers
    assert found[0] <= found[1] <= found[2], "times were measured anew"


def _half_of(x: torch.Tensor) -> torch.Tensor:
    return torch.relu(x) * 0.5


def _half_and_one(x: torch.Tensor) -> torch.Tensor:
    return _half_of(x) + 1.0


class Calls(torch.nn.Module):
    """Calls a function that calls another."""

    def forward(self, x):
        return _half_and_one(x)


@pytest.mark.parametrize("require_full_compilation", [True, False])
def test_functions_that_ran_without_optimization_are_inlined(require_full_compilation):
    module, x = torch.jit.script(Calls().eval()), torch.randn(2, 3)
    with torch.jit.optimized_execution(False):
        expected = module(x)
    compiled = torch_tensorrt.compile(
        module, ir="ts", inputs=[x], device="cpu", require_full_compilation=require_full_compilation, min_block_size=1
    )
    assert "prim::CallFunction" not in str(compiled.graph)
    torch.testing.assert_close(compiled(x), expected)
